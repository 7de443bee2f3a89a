//! One step, as its card shows it.

use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::ops::Range;

use stepscope_core::annotation::TraceAnnotation;
use stepscope_core::model::{ImportedLabel, ImportedValue, Metadata, ScoreKind, Step, StepIndex, StepKind, StepRating};

use super::facts::{Fact, evidence, facts, first_lines};
use super::fold::FoldModel;
use super::scores::{ScoreSeries, score_text, score_tone};
use super::sources::SourcesRow;
use super::{Chip, Tone, alternatives, calls, one_line, written};
use crate::state::OpenTrace;
use crate::text::{TextKey, TextKind};

/// One step.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "testing", derive(serde::Serialize))]
#[expect(clippy::struct_excessive_bools, reason = "each is an independent fact")]
pub struct StepCardModel<'a> {
    /// Its position in the trace.
    pub step: StepIndex,
    /// Its number on the path, from 1.
    pub number: usize,
    /// A small sign of its kind; none for a thought.
    #[cfg_attr(feature = "testing", serde(skip))]
    pub sign: &'static str,
    /// Kind and author, such as `tool call · search`.
    pub heading: String,
    /// Length, time, cost.
    pub facts: Vec<Fact>,
    /// Where the result of a call stands, or the call of a result; how long it took, and whether it failed.
    #[cfg_attr(feature = "testing", serde(skip_serializing_if = "Option::is_none"))]
    pub call: Option<String>,
    /// The text.
    pub body: &'a str,
    /// How the text is to be read, and as which it is kept.
    #[cfg_attr(feature = "testing", serde(skip))]
    pub reading: (TextKey, TextKind),
    /// The same of the arguments.
    #[cfg_attr(feature = "testing", serde(skip))]
    pub arguments_reading: (TextKey, TextKind),
    /// Where its source may name pictures, and as which they are kept.
    #[cfg_attr(feature = "testing", serde(skip))]
    pub pictures: (TextKey, &'a Metadata),
    /// So many bytes of the text are shown, and so many of the arguments.
    #[cfg_attr(feature = "testing", serde(skip))]
    pub shown: (usize, usize),
    /// It is long, and shown short or whole.
    #[cfg_attr(feature = "testing", serde(skip_serializing_if = "Option::is_none"))]
    pub fold: Option<FoldModel>,
    /// What was looked for, as bytes of the text, and whether it is the match gone to.
    #[cfg_attr(feature = "testing", serde(skip_serializing_if = "Vec::is_empty"))]
    pub found: Vec<(Range<usize>, bool)>,
    /// The same in the arguments.
    #[cfg_attr(feature = "testing", serde(skip_serializing_if = "Vec::is_empty"))]
    pub found_in_arguments: Vec<(Range<usize>, bool)>,
    /// The arguments of a tool call.
    pub arguments: Option<&'a str>,
    /// Set in a fixed-width font.
    pub is_code: bool,
    /// The score of the chosen scorer.
    pub score: Option<ScoreChip>,
    /// Those of the other scorers.
    #[cfg_attr(feature = "testing", serde(skip_serializing_if = "Vec::is_empty"))]
    pub others: Vec<ScoreChip>,
    /// What each label source says of it, where that is shown.
    #[cfg_attr(feature = "testing", serde(skip_serializing_if = "Option::is_none"))]
    pub sources: Option<SourcesRow>,
    /// Labels, own ones first.
    pub chips: Vec<Chip>,
    /// What became of it, what tests and checkers said.
    #[cfg_attr(feature = "testing", serde(skip_serializing_if = "Vec::is_empty"))]
    pub evidence: Vec<Chip>,
    /// First lines of critiques that came with the data.
    #[cfg_attr(feature = "testing", serde(skip_serializing_if = "Vec::is_empty"))]
    pub critiques: Vec<String>,
    /// Which alternative it is, of how many.
    pub branch: Option<(usize, usize)>,
    /// The note on the step.
    pub note: &'a str,
    /// Marked words as bytes of the text, with what is said of them.
    #[cfg_attr(feature = "testing", serde(skip_serializing_if = "Vec::is_empty"))]
    pub spans: Vec<(usize, usize, String)>,
    /// The words that are being picked, as bytes of the text.
    #[cfg_attr(feature = "testing", serde(skip_serializing_if = "Option::is_none"))]
    pub picked: Option<(usize, usize)>,
    /// What it rests on or corresponds to.
    #[cfg_attr(feature = "testing", serde(skip_serializing_if = "String::is_empty"))]
    pub links: String,
    /// Critiques that the annotator wrote or judged, and what a missing step would say.
    #[cfg_attr(feature = "testing", serde(skip_serializing_if = "Vec::is_empty"))]
    pub remarks: Vec<String>,
    /// Colour of the edge: the own label, else none.
    pub tone: Option<Tone>,
    /// After the first error and not judged: shown paler.
    pub unjudged: bool,
    /// Out of what is looked for: shown paler.
    #[cfg_attr(feature = "testing", serde(skip_serializing_if = "std::ops::Not::not"))]
    pub dimmed: bool,
    /// It is the selected step.
    pub selected: bool,
    /// It is being cut; so many bytes into its text.
    #[cfg_attr(feature = "testing", serde(skip_serializing_if = "Option::is_none"))]
    pub caret: Option<usize>,
}

/// A score beside a step.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "testing", derive(serde::Serialize))]
pub struct ScoreChip {
    /// The number.
    pub text: String,
    /// Length of the bar, 0..=1, for kinds on that scale.
    pub fraction: Option<f32>,
    /// What it suggests.
    pub tone: Tone,
    /// How it differs from that of the step before, such as `▲ +0.12`.
    #[cfg_attr(feature = "testing", serde(skip_serializing_if = "Option::is_none"))]
    pub delta: Option<(String, Tone)>,
    /// Scorer, kind and all digits.
    pub hint: String,
}

/// More scorers than this have no bar on a card.
const MOST_SCORERS: usize = 4;

/// Lines of a critique that a tooltip shows.
const CRITIQUE_LINES: usize = 3;

#[expect(clippy::too_many_arguments, reason = "one card, put together in one place")]
/// The card of a step; `position` is that on the path, from 0.
pub fn card<'a>(
    open: &'a OpenTrace,
    index: StepIndex,
    position: usize,
    step: &'a Step,
    said: Option<&'a TraceAnnotation>,
    scores: &[ScoreSeries],
    is_first_error: bool,
    after_error: bool,
) -> StepCardModel<'a> {
    let own = said.and_then(|s| s.steps.get(&step.hash));
    let rating = own.and_then(|s| s.rating);
    let siblings = open.tree.siblings(&open.trace.steps, index);
    let mut chips = Vec::new();
    if is_first_error {
        let hint = "You marked this step as the first error".into();
        chips.push(Chip { text: "✖ first error".into(), tone: Tone::Bad, imported: false, hint });
    }
    if let Some(rating) = rating {
        let (text, tone) = rating_text(rating);
        let hint = format!("You rated this step {}", rating.name());
        chips.push(Chip { text: text.into(), tone, imported: false, hint });
    }
    chips.extend(alternatives::chips(open, own, index));
    chips.extend(written::chips(open, said, step));
    let mut critiques = Vec::new();
    for label in open.labels_of(index) {
        if let Some(words) = label.rationale.as_ref().or((label.value == ImportedValue::Remark).then_some(&label.raw)) {
            critiques.push(format!("{}: {}", label.source, first_lines(words, CRITIQUE_LINES)));
        }
        if label.value == ImportedValue::Remark {
            continue;
        }
        let hint = format!("{} = {}, from {}", label.field, label.raw, label.source);
        chips.push(Chip { text: chip_text(label), tone: imported_text(label).1, imported: true, hint });
    }
    let bar = |series: &ScoreSeries| {
        let Some(value) = series.at(index) else { return unscored(series) };
        let before = position.checked_sub(1).and_then(|before| series.at(*open.path.get(before)?));
        ScoreChip {
            delta: before.and_then(|before| delta(series.kind, before, value)),
            ..score_chip(series, index, value)
        }
    };
    let arguments = step.tool.as_ref().map(|tool| tool.arguments.as_str());
    // Some sources write the call out in the text as well.
    let arguments = arguments.filter(|args| !args.is_empty() && !step.text.contains(args));
    let call = calls::call_text(open, index);
    let mut facts = facts(step);
    // How long a call took is said with the call.
    facts.retain(|fact| !call.as_ref().is_some_and(|call| call.contains(&fact.text)));
    StepCardModel {
        step: index,
        number: position + 1,
        sign: sign(step.kind),
        heading: heading(step),
        facts,
        call,
        body: &step.text,
        reading: (TextKey::Step(step.hash.clone()), TextKind::of(step)),
        arguments_reading: (TextKey::Arguments(step.hash.clone()), TextKind::Value),
        pictures: (TextKey::Pictures(open.trace.id.clone(), step.hash.clone()), &step.metadata),
        shown: (step.text.len(), arguments.map_or(0, str::len)),
        fold: None,
        found: Vec::new(),
        found_in_arguments: Vec::new(),
        arguments,
        is_code: matches!(step.kind, StepKind::Code | StepKind::ToolResult),
        score: scores.first().map(bar),
        others: scores.iter().skip(1).take(MOST_SCORERS - 1).map(bar).collect(),
        sources: None,
        chips,
        evidence: evidence(step),
        critiques,
        branch: (siblings.len() > 1)
            .then(|| (siblings.iter().position(|&s| s == index).unwrap_or(0) + 1, siblings.len())),
        note: own.map_or("", |s| s.note.as_str()),
        spans: Vec::new(),
        picked: None,
        links: String::new(),
        remarks: Vec::new(),
        tone: if is_first_error { Some(Tone::Bad) } else { rating.map(|r| rating_text(r).1) },
        unjudged: after_error && rating.is_none(),
        dimmed: false,
        selected: open.selected() == Some(index),
        caret: None,
    }
}

impl StepCardModel<'_> {
    /// How many critiques there are, with their first lines; `None` where there are none.
    pub fn critique_chip(&self) -> Option<Chip> {
        let count = self.critiques.len();
        let text = if count == 1 { "✎ 1 critique".into() } else { format!("✎ {count} critiques") };
        let hint = self.critiques.join("\n\n");
        (count > 0).then_some(Chip { text, tone: Tone::Muted, imported: true, hint })
    }

    /// Shows so much of text and arguments, each as it is written where that is wanted. Texts that are not those of the
    /// source are kept by what they say, for a step may bear the name of another text.
    pub(super) fn show(&mut self, shown: (usize, usize), as_written: bool, by_text: bool) {
        let reads = |reading: &mut (TextKey, TextKind), text: &str, shown: usize| {
            if as_written {
                reading.1 = TextKind::Plain;
            }
            if as_written || by_text || shown < text.len() {
                let mut hasher = DefaultHasher::new();
                (&reading.0, as_written, shown).hash(&mut hasher);
                if by_text {
                    text.get(..shown).hash(&mut hasher);
                }
                reading.0 = TextKey::Of(hasher.finish());
            }
        };
        reads(&mut self.reading, self.body, shown.0);
        reads(&mut self.arguments_reading, self.arguments.unwrap_or_default(), shown.1);
        self.shown = shown;
    }
}

/// A small sign of a kind; every font has it.
pub const fn sign(kind: StepKind) -> &'static str {
    match kind {
        StepKind::Thought => "",
        StepKind::Answer => "◆",
        StepKind::ToolCall => "▶",
        StepKind::ToolResult => "◀",
        StepKind::Observation => "◉",
        StepKind::Message => "✉",
        StepKind::Code => "≡",
        StepKind::System => "⚙",
        StepKind::Critique => "✎",
        StepKind::Action => "➤",
        StepKind::State => "▣",
        StepKind::Note => "✐",
        StepKind::Other => "○",
    }
}

/// How a score differs from that of the step before, where two digits show it.
fn delta(kind: ScoreKind, before: f64, value: f64) -> Option<(String, Tone)> {
    let by = value - before;
    let text = score_text(by.abs());
    if !by.is_finite() || text == "0.00" {
        return None;
    }
    let (sign, tone) = if by > 0.0 { ("▲ +", Tone::Good) } else { ("▼ −", Tone::Bad) };
    // What is no matter of right and wrong only rises and falls; so does what changes little.
    let tone = if kind.is_unit() && by.abs() >= 0.1 { tone } else { Tone::Muted };
    Some((format!("{sign}{text}"), tone))
}

fn heading(step: &Step) -> String {
    let kind = match step.kind {
        StepKind::Thought => "",
        StepKind::Answer => "answer",
        StepKind::ToolCall => "tool call",
        StepKind::ToolResult => "tool result",
        StepKind::Observation => "observation",
        StepKind::Message => "message",
        StepKind::Code => "code",
        StepKind::System => "system",
        StepKind::Critique => "critique",
        StepKind::Action => "action",
        StepKind::State => "state",
        StepKind::Note => "note",
        StepKind::Other => "other",
    };
    let tool = step.tool.as_ref().map(|tool| tool.name.as_str());
    // What a tool answers is often signed with its name.
    let author = step.author.as_deref().filter(|&author| tool != Some(author));
    let parts = [Some(kind), author, tool];
    parts.into_iter().flatten().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(" · ")
}

/// Word and colour of a rating.
pub fn rating_text(rating: StepRating) -> (&'static str, Tone) {
    match rating {
        StepRating::Good => ("✔ good", Tone::Good),
        StepRating::Neutral => ("● neutral", Tone::Neutral),
        StepRating::Bad => ("✖ bad", Tone::Bad),
        StepRating::Unsure => ("? unsure", Tone::Unsure),
    }
}

/// The words on the chip of an imported label.
pub fn chip_text(label: &ImportedLabel) -> String {
    format!("{}: {}", label.source, one_line(&imported_text(label).0, 60))
}

/// Words and colour of an imported label.
pub fn imported_text(label: &ImportedLabel) -> (String, Tone) {
    match label.value {
        ImportedValue::Rating(rating) => (rating.name().into(), rating_text(rating).1),
        ImportedValue::Soft(value) => (score_text(value), score_tone(ScoreKind::Correctness, value)),
        ImportedValue::FirstError => ("first error".into(), Tone::Bad),
        ImportedValue::NoError => ("no error".into(), Tone::Good),
        ImportedValue::ErrorSomewhere => ("an error somewhere".into(), Tone::Bad),
        ImportedValue::Preferred => ("preferred".into(), Tone::Good),
        ImportedValue::Dispreferred => ("passed over".into(), Tone::Bad),
        ImportedValue::Tag => (label.raw.clone(), Tone::Muted),
        ImportedValue::Remark => (label.rationale.clone().unwrap_or_else(|| label.raw.clone()), Tone::Muted),
    }
}

#[expect(clippy::cast_possible_truncation, reason = "a length on screen")]
fn share(value: f64) -> f32 {
    value.clamp(0.0, 1.0) as f32
}

fn unscored(series: &ScoreSeries) -> ScoreChip {
    let hint = format!("{} gives this step no score", series.name);
    ScoreChip { text: "–".into(), fraction: None, tone: Tone::Muted, delta: None, hint }
}

/// A score beside a step.
pub fn score_chip(series: &ScoreSeries, step: StepIndex, value: f64) -> ScoreChip {
    let who = format!("{} ({}): {value}", series.name, series.kind.name());
    let detail = series.details.get(&step);
    let spread = detail.and_then(|detail| detail.spread).map(|spread| format!("Its members disagree by ± {spread:.3}"));
    let note = detail.and_then(|detail| detail.note.clone());
    let hint = [Some(who), spread, note].into_iter().flatten().collect::<Vec<_>>().join("\n");
    ScoreChip {
        text: score_text(value),
        fraction: (series.kind.is_unit() && value.is_finite()).then(|| share(value)),
        tone: score_tone(series.kind, value),
        delta: None,
        hint,
    }
}
