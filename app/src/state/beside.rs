//! What stands beside the open trace, and which steps correspond.

use std::collections::HashSet;
use std::hash::{DefaultHasher, Hash as _, Hasher as _};

use stepscope_core::annotation::{StepRef, TraceAnnotation};
use stepscope_core::model::{Label, LabelKind, Link, Relation, Splitter, StepHash, Trace, TraceId, Verdict};
use stepscope_core::store::Store;

use super::OpenTrace;
use super::text_kind::TextKind;

/// Traces that a search by name lists.
pub const MOST_FOUND: usize = 40;

/// The name that importers give a trace which a benchmark changed, before the change.
const ORIGINAL: &str = "#original";

/// A paragraph of a reference longer than this is cut into sentences where it is all there is, in bytes.
const LONG: usize = 160;

/// What stands beside the open trace.
#[derive(Clone, Debug, Default, PartialEq)]
#[expect(clippy::struct_excessive_bools, reason = "each is an independent fact")]
pub struct BesideState {
    /// It is shown.
    pub shown: bool,
    /// Linked steps show how they differ.
    pub diff: bool,
    /// The steps at the start that both have are shown one by one.
    pub unfolded: bool,
    /// What stands there; `None` where nothing was found.
    pub side: Option<Side>,
    /// Position of the step selected in it.
    pub at: usize,
    /// The selected step should be scrolled to.
    pub scroll: bool,
    /// Pairs of the first guess that were taken away, until another side is shown.
    pub refused: HashSet<(usize, usize)>,
    /// The record of the log, and the step, for which the side was last brought in step.
    pub followed: Option<(u64, Option<u32>)>,
    /// The trace for which something was last looked for by itself, and how many traces there were.
    pub looked_for: Option<(TraceId, usize)>,
}

/// What can stand beside a trace.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum BesideWhat {
    /// The reference solution of its problem.
    Solution,
    /// The trace in that row of the store.
    Trace(u32),
}

/// What stands beside one trace.
#[derive(Clone, Debug, PartialEq)]
pub struct Side {
    /// The trace beside which it stands.
    pub of: TraceId,
    /// What it is.
    pub what: BesideWhat,
    /// It shows how the problem is solved rightly, so that blind annotators must not see it.
    pub is_reference: bool,
    /// Its name.
    pub title: String,
    /// Whether it succeeded, as far as the data says.
    pub verdict: Verdict,
    /// Its steps.
    pub steps: Vec<SideStep>,
    /// The first guess which steps correspond: position on the path shown, position here.
    pub guess: Vec<(usize, usize)>,
    /// How many steps at the start are the same; 0 for a reference solution.
    pub shared: usize,
    /// The path to which guess and shared steps belong; see [`path_key`].
    pub path: u64,
}

/// A step of what stands beside.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SideStep {
    /// Its number, as links name it: that of the line for a reference solution.
    pub number: String,
    /// By what links of the annotator name it.
    pub link: String,
    /// The text.
    pub text: String,
    /// How it is to be read.
    pub reads: TextKind,
    /// Names the text among those made ready.
    pub key: u64,
}

impl SideStep {
    fn new(number: String, link: String, text: String, reads: TextKind) -> Self {
        let mut hasher = DefaultHasher::new();
        (&text, &reads).hash(&mut hasher);
        Self { number, link, text, reads, key: hasher.finish() }
    }
}

/// Something that can be chosen to stand beside.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Candidate {
    /// What it is.
    pub what: BesideWhat,
    /// Its name.
    pub title: String,
    /// Why it is listed.
    pub detail: &'static str,
    /// Whether it succeeded, as far as the data says.
    pub verdict: Verdict,
    /// Blind annotators must not see it.
    pub is_reference: bool,
}

/// The dialog that chooses.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct BesideDraft {
    /// What was typed to find a trace by its name.
    pub text: String,
    /// What goes with the open trace.
    pub near: Vec<Candidate>,
    /// What was found by name.
    pub found: Vec<Candidate>,
    /// Position of the selected entry.
    pub selected: usize,
}

impl BesideDraft {
    /// Everything listed, in order.
    pub fn all(&self) -> impl Iterator<Item = &Candidate> {
        self.near.iter().chain(&self.found)
    }
}

/// What the side asks for.
#[derive(Clone, Debug, PartialEq)]
pub enum BesideRequest {
    /// Show that.
    Show(BesideWhat),
    /// Find traces by name, for the dialog.
    Look(String),
    /// Select another entry of the dialog.
    Pick(usize),
    /// Select that step of the side.
    Select(usize),
    /// Select the step of the open trace that corresponds to that one.
    Follow(usize),
    /// Link a step of the path, by position, with one of the side; again to take the link away.
    Link(usize, usize),
    /// Show the steps that both have at the start, or hide them.
    Unfold,
}

impl Side {
    /// The reference solution of the open trace's problem, where there is one.
    pub fn solution(open: &OpenTrace) -> Option<Self> {
        let text = open.trace.problem.solution.as_deref().filter(|text| !text.trim().is_empty())?;
        let step =
            |(number, text): (String, &str)| SideStep::new(number.clone(), number, text.to_owned(), TextKind::Prose);
        let steps = solution_steps(text).into_iter().map(step);
        Some(Self {
            of: open.trace.id.clone(),
            what: BesideWhat::Solution,
            is_reference: true,
            title: "Reference solution".into(),
            verdict: Verdict::Unknown,
            steps: steps.collect(),
            guess: Vec::new(),
            shared: 0,
            path: 0,
        })
    }

    /// Another trace, along the path that its source returned.
    pub fn of_trace(open: &OpenTrace, row: u32, trace: &Trace) -> Self {
        let path = trace.tree().main_path(&trace.steps);
        let steps = (1..).zip(path.iter().filter_map(|&step| trace.step(step)));
        let name = trace.source_id.clone().unwrap_or_else(|| trace.id.to_string());
        Self {
            of: open.trace.id.clone(),
            what: BesideWhat::Trace(row),
            is_reference: is_original(&name),
            title: trace.generator.as_ref().map_or(name.clone(), |generator| format!("{name} · {generator}")),
            verdict: trace.outcome.verdict,
            steps: steps
                .map(|(number, step): (usize, _)| {
                    let text = match step.tool.as_ref().filter(|tool| !step.text.contains(&tool.arguments)) {
                        Some(tool) if step.text.is_empty() => format!("{}({})", tool.name, tool.arguments),
                        Some(tool) => format!("{}\n{}({})", step.text, tool.name, tool.arguments),
                        None => step.text.clone(),
                    };
                    SideStep::new(number.to_string(), link_to(&trace.id, &step.hash), text, TextKind::of(step))
                })
                .collect(),
            guess: Vec::new(),
            shared: 0,
            path: 0,
        }
    }

    /// The links between the path shown and the side: what the annotator said, and where they said nothing the guess.
    pub fn links(
        &self,
        open: &OpenTrace,
        said: Option<&TraceAnnotation>,
        refused: &HashSet<(usize, usize)>,
    ) -> Vec<SideLink> {
        let mut links = Vec::new();
        if let Some(said) = said {
            let at = |link: &Link| {
                let exact = self.steps.iter().position(|step| step.link == link.to);
                exact.or_else(|| self.line_of(&link.to))
            };
            for (left, step) in open.path.iter().filter_map(|&step| open.trace.step(step)).enumerate() {
                let Some(labels) = said.steps.get(&step.hash).map(|said| &said.labels) else { continue };
                for label in labels.of_kind(LabelKind::Link) {
                    if let Label::Link(link) = label
                        && link.relation == Relation::Reference
                        && let Some(right) = at(link)
                    {
                        links.push(SideLink { left, right, own: true });
                    }
                }
            }
        }
        let own: HashSet<usize> = links.iter().map(|link| link.left).collect();
        let guess = self.guess.iter().filter(|pair| !own.contains(&pair.0) && !refused.contains(pair));
        links.extend(guess.map(|&(left, right)| SideLink { left, right, own: false }));
        links.sort_unstable();
        links.dedup();
        links
    }

    /// The step that holds a line of a reference solution, where it holds several: links name the line.
    fn line_of(&self, number: &str) -> Option<usize> {
        if self.what != BesideWhat::Solution {
            return None;
        }
        let line = |number: &str| number.split('.').next()?.parse::<usize>().ok();
        let wanted = line(number)?;
        self.steps.iter().rposition(|step| line(&step.number).is_some_and(|first| first <= wanted))
    }
}

/// A link between two steps, by position.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SideLink {
    /// Position on the path shown.
    pub left: usize,
    /// Position at the side.
    pub right: usize,
    /// The annotator said so; else it is a guess.
    pub own: bool,
}

/// How a link names a step of another trace.
pub fn link_to(trace: &TraceId, step: &StepHash) -> String {
    format!("{trace} {step}")
}

/// The trace and step that a link names; `None` where it names a line of the reference solution.
pub fn linked_step(to: &str) -> Option<StepRef> {
    let (trace, step) = to.split_once(' ')?;
    Some(StepRef { trace: TraceId::new(trace), step: StepHash::new(step) })
}

/// The label that links a step to one of the side.
pub fn link_label(step: &SideStep) -> Label {
    Label::Link(Link { relation: Relation::Reference, to: step.link.clone() })
}

/// True for the name of a trace as it was before a benchmark put errors into it.
fn is_original(name: &str) -> bool {
    name.ends_with(ORIGINAL)
}

/// A reference solution as steps, each with its number: that of its first line among those with words in them. Lines
/// that belong together, as those of a displayed formula, are one step; a text of one long line is cut into sentences,
/// which are numbered `1.1`, `1.2`.
pub fn solution_steps(text: &str) -> Vec<(String, &str)> {
    let mut steps: Vec<(usize, usize, usize)> = Vec::new();
    let (mut at, mut number, mut open) = (0, 0, 0_i32);
    for line in text.split_inclusive('\n') {
        let (from, to) = (at, at + line.len());
        at = to;
        if line.trim().is_empty() {
            continue;
        }
        number += 1;
        match steps.last_mut().filter(|_| open > 0) {
            Some(step) => step.2 = to,
            None => steps.push((number, from, to)),
        }
        open = (open + opened(line, open > 0)).max(0);
    }
    let words = |from: usize, to: usize| text.get(from..to).unwrap_or_default().trim();
    let mut named: Vec<(String, &str)> =
        steps.iter().map(|&(number, from, to)| (number.to_string(), words(from, to))).collect();
    if let [(_, whole)] = named.as_slice()
        && whole.len() > LONG
    {
        let sentences = Splitter::Sentence.split(whole);
        if sentences.len() > 1 {
            named =
                (1..).zip(sentences).map(|(at, sentence): (usize, _)| (format!("1.{at}"), sentence.trim())).collect();
        }
    }
    named
}

/// How many displayed formulas, environments and code blocks a line opens and does not close.
fn opened(line: &str, is_inside: bool) -> i32 {
    let count = |what: &str| i32::try_from(line.matches(what).count()).unwrap_or(0);
    let turns = (count("$$") + i32::from(line.trim_start().starts_with("```"))) % 2;
    let turn = if is_inside { -turns } else { turns };
    count("\\[") - count("\\]") + count("\\begin{") - count("\\end{") + turn
}

/// A number for the path shown, another one where any of its steps is another.
pub fn path_key(open: &OpenTrace) -> u64 {
    let mut hasher = DefaultHasher::new();
    open.trace.id.as_str().hash(&mut hasher);
    for step in open.path.iter().filter_map(|&step| open.trace.step(step)) {
        step.hash.as_str().hash(&mut hasher);
    }
    hasher.finish()
}

/// The texts of the path shown.
pub fn path_texts(open: &OpenTrace) -> Vec<&str> {
    open.path.iter().filter_map(|&step| open.trace.step(step)).map(|step| step.text.as_str()).collect()
}

/// What goes with the open trace, what suits best first: the reference solution, the trace before a benchmark changed
/// it, the other attempts.
pub fn near(open: &OpenTrace, store: &Store) -> Vec<Candidate> {
    let mut found = Vec::new();
    if open.trace.problem.solution.as_deref().is_some_and(|text| !text.trim().is_empty()) {
        found.push(Candidate {
            what: BesideWhat::Solution,
            title: "Reference solution".into(),
            detail: "comes with the problem",
            verdict: Verdict::Unknown,
            is_reference: true,
        });
    }
    let attempts: Vec<u32> = store.rows_of_problem(open.row).into_iter().filter(|&row| row != open.row).collect();
    let origin = &open.source().source;
    // What was made of the same row of the file stands next to it.
    let around = [open.row.checked_add(1), open.row.checked_sub(1)].into_iter().flatten();
    let twins = around
        .filter(|row| !attempts.contains(row) && store.summary(*row).is_some_and(|other| other.file == origin.file));
    for row in twins {
        let same = store.trace(row).is_ok_and(|other| other.source == *origin);
        found.extend(same.then(|| candidate(store, row, "from the same row of the file")).flatten());
    }
    let others = attempts.into_iter().filter_map(|row| candidate(store, row, "another attempt"));
    found.extend(others);
    found.sort_by_key(|candidate| !candidate.is_reference);
    found
}

/// A trace as something that can be chosen.
pub fn candidate(store: &Store, row: u32, detail: &'static str) -> Option<Candidate> {
    let summary = store.summary(row)?;
    let name = summary.source_id.clone().unwrap_or_else(|| summary.id.to_string());
    Some(Candidate {
        what: BesideWhat::Trace(row),
        is_reference: is_original(&name),
        title: summary.generator.as_ref().map_or(name.clone(), |generator| format!("{name} · {generator}")),
        detail,
        verdict: summary.verdict,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, expected: &[(&str, &str)]) {
        let steps = solution_steps(text);
        let steps: Vec<(&str, &str)> = steps.iter().map(|(number, text)| (number.as_str(), *text)).collect();
        assert_eq!(steps, expected);
    }

    #[test]
    fn a_solution_is_cut_where_links_can_name_it() {
        check("", &[]);
        check("One.\n\nTwo.\nThree.\n", &[("1", "One."), ("2", "Two."), ("3", "Three.")]);
        check("We see\n\\[\nx = 2\n\\]\nDone", &[("1", "We see"), ("2", "\\[\nx = 2\n\\]"), ("5", "Done")]);
        check("$$\na\n$$\nb", &[("1", "$$\na\n$$"), ("4", "b")]);
        check(
            "\\begin{align*}\na &= \\begin{cases} 1 \\\\ 2\n\\end{cases}\n\\end{align*}\nb",
            &[("1", "\\begin{align*}\na &= \\begin{cases} 1 \\\\ 2\n\\end{cases}\n\\end{align*}"), ("5", "b")],
        );
        let long = "First the sides are added, which gives twice the length and twice the width of the field. Then half of \
                    it is taken, so that one of each is left over, as was asked. It is 12.";
        let numbers: Vec<String> = solution_steps(long).into_iter().map(|(number, _)| number).collect();
        assert_eq!(numbers, ["1.1", "1.2", "1.3"]);
    }
}
