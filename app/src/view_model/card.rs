//! One step, as its card shows it.

use stepscope_core::annotation::TraceAnnotation;
use stepscope_core::model::{ImportedLabel, ImportedValue, ScoreKind, Step, StepIndex, StepKind, StepRating};

use super::scores::{ScoreSeries, score_text, score_tone};
use super::{Chip, Tone, alternatives, calls, written};
use crate::state::OpenTrace;

/// One step.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "testing", derive(serde::Serialize))]
#[expect(clippy::struct_excessive_bools, reason = "each is an independent fact")]
pub struct StepCardModel<'a> {
    /// Its position in the trace.
    pub step: StepIndex,
    /// Its number on the path, from 1.
    pub number: usize,
    /// Kind and author, such as `tool call · search`.
    pub heading: String,
    /// Where the result of a call stands, or the call of a result; how long it took, and whether it failed.
    #[cfg_attr(feature = "testing", serde(skip_serializing_if = "Option::is_none"))]
    pub call: Option<String>,
    /// The text.
    pub body: &'a str,
    /// The arguments of a tool call.
    pub arguments: Option<&'a str>,
    /// Set in a fixed-width font.
    pub is_code: bool,
    /// The score of the chosen scorer.
    pub score: Option<ScoreChip>,
    /// Labels, own ones first.
    pub chips: Vec<Chip>,
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
    /// Scorer, kind and all digits.
    pub hint: String,
}

#[expect(clippy::too_many_arguments, reason = "one card, put together in one place")]
/// The card of a step; `position` is that on the path, from 0.
pub fn card<'a>(
    open: &'a OpenTrace,
    index: StepIndex,
    position: usize,
    step: &'a Step,
    said: Option<&'a TraceAnnotation>,
    scores: Option<&ScoreSeries>,
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
    chips.extend(open.trace.labels.iter().filter(|label| label.step == Some(index)).map(|label| {
        let (text, tone) = imported_text(label);
        let hint = format!("{} = {}, from {}", label.field, label.raw, label.source);
        Chip { text: format!("{}: {text}", label.source), tone, imported: true, hint }
    }));
    StepCardModel {
        step: index,
        number: position + 1,
        heading: heading(step),
        call: calls::call_text(open, index),
        body: &step.text,
        // Some sources write the call out in the text as well.
        arguments: step.tool.as_ref().map(|tool| tool.arguments.as_str()).filter(|args| !step.text.contains(args)),
        is_code: matches!(step.kind, StepKind::Code | StepKind::ToolResult),
        score: scores.map(|series| series.at(index).map_or_else(|| unscored(series), |v| score_chip(series, index, v))),
        chips,
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
    ScoreChip { text: "–".into(), fraction: None, tone: Tone::Muted, hint }
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
        hint,
    }
}
