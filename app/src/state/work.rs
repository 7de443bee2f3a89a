//! How the annotator works just now: halving, verifying, blind; and what may be seen of a trace meanwhile.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use stepscope_core::annotation::{Annotations, Halving, LabelSchema, Seen, TraceAnnotation, Way};
use stepscope_core::labels::LabelSource;
use stepscope_core::model::{AnnotatorId, FirstError, StepHash, Trace, TraceId, Verdict};
use stepscope_core::query::first_below;
use stepscope_core::scoring::ScoreBook;

use super::OpenTrace;

/// How the annotator works. Kept from one run to the next with the place in the project.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct WorkState {
    /// First errors are found by halving.
    pub halving: bool,
    /// Whose labels are shown as proposals.
    pub verify: Option<LabelSource>,
    /// The annotator wants to judge blind.
    pub blind: bool,
    /// What is proposed for the open trace; `None` where nothing is, or where it may not be seen.
    pub proposal: Option<Proposal>,
    /// What was shown of each trace of this sitting: what was seen once is not unseen.
    pub shown: HashMap<TraceId, Visible>,
    /// The traces of which labels of others were shown.
    pub others_shown: HashSet<TraceId>,
}

impl WorkState {
    /// Notes what is shown of a trace, and whether labels of others are among it.
    pub fn show(&mut self, trace: &TraceId, visible: Visible, others: bool) {
        if others && !self.others_shown.contains(trace) {
            self.others_shown.insert(trace.clone());
        }
        match self.shown.get_mut(trace) {
            Some(shown) => *shown = shown.or(visible),
            None => {
                self.shown.insert(trace.clone(), visible);
            }
        }
    }

    /// Whether labels of others were shown of that trace.
    pub fn showed_others(&self, trace: &TraceId) -> bool {
        self.others_shown.contains(trace)
    }

    /// What was shown of that trace up to now, `visible` among it.
    pub fn shown(&self, trace: &TraceId, visible: Visible) -> Visible {
        self.shown.get(trace).map_or(visible, |shown| shown.or(visible))
    }

    /// The way of working that records of the present moment bear.
    pub const fn way(&self) -> Way {
        match (self.halving, &self.proposal) {
            (true, _) => Way::Halving,
            (false, Some(_)) => Way::Verify,
            (false, None) => Way::Linear,
        }
    }
}

/// A label that somebody proposes.
#[derive(Clone, Debug, PartialEq)]
pub struct Proposal {
    /// Who, as it is written into the log.
    pub by: String,
    /// The first error, or none.
    pub mark: FirstError,
}

/// What the source says of the first error on the path shown; `None` where it says nothing or could not decide.
pub fn proposal(
    source: &LabelSource,
    open: &OpenTrace,
    book: &ScoreBook,
    others: &[(AnnotatorId, Arc<Annotations>)],
) -> Option<Proposal> {
    let trace = &open.trace;
    let mark = match source {
        LabelSource::Imported(name) => trace.imported_first_error(name.as_deref())?,
        LabelSource::Own(name) => {
            let (_, said) = others.iter().find(|(annotator, _)| Some(annotator.as_str()) == name.as_deref())?;
            said.trace(&trace.id)?.first_error.clone()?
        }
        LabelSource::Scorer { name, threshold } => {
            let scores = scores_of(name, open, book);
            match first_below(scores.iter().copied(), *threshold) {
                Some(at) => FirstError::At(trace.step(*open.path.get(at)?)?.hash.clone()),
                // Of steps without a score nothing is known.
                None if scores.iter().all(Option::is_some) => open.no_error()?,
                None => return None,
            }
        }
        // Nobody in particular proposes it.
        LabelSource::Consensus(_) => return None,
    };
    let is_here = match &mark {
        FirstError::At(step) | FirstError::NoneUpTo(step) => open.has(step),
        FirstError::Unsure => false,
    };
    is_here.then(|| Proposal { by: source.to_string(), mark })
}

/// The scores along the path shown: those computed here, else those of that name that came with the trace.
fn scores_of(name: &str, open: &OpenTrace, book: &ScoreBook) -> Vec<Option<f64>> {
    let keys = open.trace.score_keys();
    let steps = || open.path.iter().map(|&step| (step, keys.get(step as usize)));
    let computed: Vec<Option<f64>> =
        steps().map(|(_, key)| book.get(name, key?).map(f64::from).filter(|score| !score.is_nan())).collect();
    if computed.iter().any(Option::is_some) {
        return computed;
    }
    let imported = open.trace.imported_scores(name);
    steps().map(|(step, _)| imported.get(step as usize).copied().flatten()).collect()
}

/// What may be seen of a trace that could lead the annotator.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(clippy::struct_excessive_bools, reason = "each is an independent fact")]
pub struct Visible {
    /// Scores.
    pub scores: bool,
    /// Whether the final answer is right, as the data says.
    pub verdict: bool,
    /// The reference answer, and whatever else the source says.
    pub answer: bool,
    /// Labels that came with the data.
    pub imported: bool,
    /// Proposals made of labels that came with the data.
    pub imported_proposal: bool,
    /// Other proposals.
    pub proposal: bool,
}

/// What decides on that.
#[derive(Clone, Copy, Debug)]
pub struct Rules<'a> {
    /// What the project asks for.
    pub schema: &'a LabelSchema,
    /// Who looks.
    pub annotator: &'a AnnotatorId,
    /// The annotator wants to judge blind.
    pub blind: bool,
    /// The annotator wants to see what the data says.
    pub show_imported: bool,
}

impl Rules<'_> {
    /// True where nothing may be seen of any trace that is not judged.
    pub fn hides_all(&self) -> bool {
        let by_project = self.schema.blind.share >= 1.0
            || self.schema.blind.annotators.iter().any(|name| name == self.annotator.as_str());
        self.blind || by_project
    }

    /// What may be asked about all traces at once: what may be seen of each of them before it is judged.
    pub fn of_all(&self) -> Visible {
        self.seen(self.hides_all() || self.schema.blind.share > 0.0, false)
    }

    /// What may be seen of a trace that is judged blind or not, and was judged or not.
    fn seen(&self, is_blind: bool, is_judged: bool) -> Visible {
        // Of all traces alike, or those with known answers would be told from the others by what they lack.
        let is_test = !is_judged && self.schema.gold.as_ref().is_some_and(|gold| gold.source.starts_with("imported"));
        let data = !is_blind && !is_test;
        Visible {
            scores: !is_blind,
            verdict: data && self.show_imported,
            answer: !is_blind,
            imported: data && self.show_imported,
            imported_proposal: data,
            proposal: !is_blind,
        }
    }

    /// True where the project hides that trace, whatever the annotator wants.
    pub fn is_hidden_by_project(&self, trace: &TraceId) -> bool {
        self.schema.blind.hides(self.annotator, trace)
    }
}

/// What may be seen of a trace: everything once it is judged.
pub fn visible(rules: Rules<'_>, trace: &TraceId, said: Option<&TraceAnnotation>) -> Visible {
    let is_judged = said.is_some_and(TraceAnnotation::is_judged);
    let is_blind = !is_judged && (rules.blind || rules.is_hidden_by_project(trace));
    rules.seen(is_blind, is_judged)
}

impl Visible {
    /// Everything, as far as the annotator wants to see what the data says.
    pub const fn all(show_imported: bool) -> Self {
        Self {
            scores: true,
            verdict: show_imported,
            answer: true,
            imported: show_imported,
            imported_proposal: true,
            proposal: true,
        }
    }

    /// What was seen of either.
    #[must_use]
    pub const fn or(self, other: Self) -> Self {
        Self {
            scores: self.scores || other.scores,
            verdict: self.verdict || other.verdict,
            answer: self.answer || other.answer,
            imported: self.imported || other.imported,
            imported_proposal: self.imported_proposal || other.imported_proposal,
            proposal: self.proposal || other.proposal,
        }
    }

    /// What may be seen of both.
    #[must_use]
    pub const fn and(self, other: Self) -> Self {
        Self {
            scores: self.scores && other.scores,
            verdict: self.verdict && other.verdict,
            answer: self.answer && other.answer,
            imported: self.imported && other.imported,
            imported_proposal: self.imported_proposal && other.imported_proposal,
            proposal: self.proposal && other.proposal,
        }
    }

    /// What of it there is to see, for the log.
    pub fn saw(self, trace: &Trace, has_scores: bool, proposal: Option<&Proposal>) -> Vec<Seen> {
        let outcome = self.verdict && (trace.outcome.verdict != Verdict::Unknown || trace.outcome.reward.is_some());
        let answer = self.answer && trace.problem.answer.as_ref().is_some_and(|answer| !answer.is_empty());
        let of_others = proposal.is_some_and(|proposal| proposal.by.starts_with("own:"));
        let things = [
            (Seen::Scores, self.scores && has_scores),
            (Seen::Outcome, outcome || answer),
            (Seen::Imported, self.imported && !trace.labels.is_empty()),
            (Seen::Others, of_others),
            (Seen::Proposal, proposal.is_some()),
        ];
        things.into_iter().filter(|(_, seen)| *seen).map(|(thing, _)| thing).collect()
    }
}

/// The identities of the steps of the path shown.
pub fn path_of(open: &OpenTrace) -> Vec<StepHash> {
    open.path.iter().filter_map(|&step| Some(open.trace.step(step)?.hash.clone())).collect()
}

/// How far halving got on the path shown.
pub fn halving_of(open: &OpenTrace, said: Option<&TraceAnnotation>) -> Halving {
    Halving::of(&path_of(open), said)
}

#[cfg(test)]
mod tests {
    use stepscope_core::annotation::{Blind, Gold};
    use stepscope_core::model::{ImportedScore, ImportedValue, Problem, ScoreKind, TraceBuilder};

    use super::*;

    fn trace() -> Trace {
        let mut builder = TraceBuilder::new(Problem::from_text("1+1?")).verdict(Verdict::Incorrect);
        for (step, value) in (0..).zip([0.9, 0.45, 0.2]) {
            builder = builder.thought(format!("step {step}"));
            let score = ImportedScore { step: Some(step), name: "prm".into(), kind: ScoreKind::Correctness, value };
            builder.trace_mut().scores.push(score);
        }
        builder.label(Some(2), ImportedValue::FirstError, "human", "label", "2");
        builder.build()
    }

    #[test]
    fn each_source_proposes_what_it_says() {
        let open = OpenTrace::new(0, trace());
        let (book, none) = (ScoreBook::default(), Vec::new());
        let at = |source: &str| {
            let source: LabelSource = source.parse().unwrap();
            proposal(&source, &open, &book, &none).map(|proposal| match proposal.mark {
                FirstError::At(hash) => open.find_step(&hash).unwrap() + 1,
                _ => 0,
            })
        };
        assert_eq!(at("scorer:prm@0.5"), Some(2));
        assert_eq!(at("scorer:prm@0.3"), Some(3));
        assert_eq!(at("scorer:prm@0.1"), Some(0), "all correct");
        assert_eq!(at("scorer:other@0.5"), None);
        assert_eq!((at("imported"), at("imported:human"), at("imported:rule")), (Some(3), Some(3), None));
        assert_eq!(at("own:bob"), None, "bob has no log");
        let others = [(AnnotatorId::new("bob"), Arc::new(Annotations::default()))];
        assert_eq!(proposal(&"own:bob".parse().unwrap(), &open, &book, &others), None, "bob has said nothing");
    }

    #[test]
    fn what_is_seen_depends_on_who_looks_and_when() {
        let (trace, ann) = (trace(), AnnotatorId::new("ann"));
        let done = TraceAnnotation { status: stepscope_core::model::TraceStatus::Done, ..TraceAnnotation::default() };
        let check = |schema: &LabelSchema, blind, show_imported, said: Option<&TraceAnnotation>, expected: &[Seen]| {
            let rules = Rules { schema, annotator: &ann, blind, show_imported };
            assert_eq!(visible(rules, &trace.id, said).saw(&trace, true, None), expected, "{rules:?}");
        };
        let usual = LabelSchema::default();
        let all = [Seen::Scores, Seen::Outcome, Seen::Imported];
        check(&usual, false, true, None, &all);
        check(&usual, false, false, None, &[Seen::Scores]);
        check(&usual, true, true, None, &[]);
        check(&usual, true, true, Some(&done), &all);
        let noted = TraceAnnotation { note: "n".into(), ..TraceAnnotation::default() };
        check(&usual, true, true, Some(&noted), &[]);
        let named = LabelSchema {
            blind: Blind { annotators: vec!["ann".into()], ..Blind::default() },
            ..LabelSchema::default()
        };
        check(&named, false, true, None, &[]);
        let tested = LabelSchema { gold: Some(Gold::default()), ..LabelSchema::default() };
        check(&tested, false, true, None, &[Seen::Scores]);
        check(&tested, false, true, Some(&done), &all);
    }
}
