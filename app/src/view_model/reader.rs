//! The middle of the window: the problem and the steps of the chosen path as cards.

use stepscope_core::annotation::{LabelSchema, TraceAnnotation};
use stepscope_core::model::{FirstError, Label, LabelKind, Prompt, StepHash, StepIndex, StepRating, Verdict};

use super::card::{StepCardModel, card, imported_text};
use super::scores::{ScoreSeries, score_text};
use super::{Chip, Tone, labels};
use crate::state::OpenTrace;
use crate::state::splitting::SplitDraft;

/// The problem and the steps of the chosen path.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "testing", derive(serde::Serialize))]
pub struct ReaderModel<'a> {
    /// Heading of the trace: its name, generator and outcome.
    pub title: String,
    /// The outcome and what the annotator said of the whole trace.
    pub chips: Vec<Chip>,
    /// The messages of the prompt with their roles; a plain problem has one without a role.
    pub prompt: Vec<(&'a str, &'a str)>,
    /// The reference answer.
    pub answer: Option<&'a str>,
    /// What was noticed on import.
    pub warnings: &'a [String],
    /// The note on the whole trace.
    pub note: &'a str,
    /// Some step of the path has a score, so that the gutter is worth its room.
    pub has_scores: bool,
    /// The steps of the path.
    pub cards: Vec<StepCardModel<'a>>,
}

impl<'a> ReaderModel<'a> {
    /// Builds it from the open trace, what the annotator said, and the scores, chosen series first.
    pub fn new(
        open: &'a OpenTrace,
        said: Option<&'a TraceAnnotation>,
        scores: &[ScoreSeries],
        show_imported: bool,
    ) -> Self {
        let trace = &open.trace;
        let first_error = said.and_then(|s| s.first_error.as_ref());
        let error_at = match first_error {
            Some(FirstError::At(hash)) => trace.find_step(hash),
            _ => None,
        };
        let error_position = error_at.and_then(|step| open.position(step));
        let keep = |chips: Vec<Chip>| chips.into_iter().filter(|chip| show_imported || !chip.imported).collect();
        let cards = open.path.iter().enumerate().filter_map(|(position, &index)| {
            let step = trace.step(index)?;
            let after_error = error_position.is_some_and(|error| position > error);
            let card = card(open, index, position, step, said, scores.first(), error_at == Some(index), after_error);
            Some(StepCardModel { chips: keep(card.chips), ..card })
        });
        Self {
            title: title(open),
            chips: keep(trace_chips(open, said)),
            prompt: prompt(&trace.problem.prompt),
            answer: trace.problem.answer.as_deref().filter(|answer| !answer.is_empty()),
            warnings: &trace.warnings,
            note: said.map_or("", |s| s.note.as_str()),
            has_scores: !scores.is_empty(),
            cards: cards.collect(),
        }
    }

    /// Puts a caret into the step that is being cut.
    #[must_use]
    pub fn with_caret(mut self, open: &OpenTrace, split: &SplitDraft) -> Self {
        let step = open.find_step(&split.step).filter(|_| open.trace.id == split.trace);
        for card in self.cards.iter_mut().filter(|card| Some(card.step) == step) {
            card.caret = Some(split.at);
        }
        self
    }

    /// Adds what the annotator said besides first error, rating, status and note. `picked` are words of the selected step.
    pub fn add_labels(
        &mut self,
        open: &'a OpenTrace,
        said: Option<&'a TraceAnnotation>,
        schema: &LabelSchema,
        picked: Option<(usize, usize)>,
    ) {
        let own = |chips: &[Chip]| chips.iter().position(|chip| chip.imported).unwrap_or(chips.len());
        if let Some(said) = said {
            let at = own(&self.chips);
            self.chips.splice(at..at, labels::chips(&said.labels, schema, open));
        }
        for card in &mut self.cards {
            card.picked = picked.filter(|_| card.selected);
            let hash = open.trace.step(card.step).map(|step| &step.hash);
            let Some(of_step) = said.zip(hash).and_then(|(said, hash)| said.steps.get(hash)) else { continue };
            let at = own(&card.chips);
            card.chips.splice(at..at, labels::chips(&of_step.labels, schema, open));
            card.links = labels::links_text(&of_step.labels, open);
            for label in of_step.labels.iter() {
                match label {
                    Label::Span(span) => {
                        card.spans.push((span.start, span.end, labels::span_says(&span.says, schema)));
                    }
                    Label::Critique(critique) => card.remarks.push(labels::critique_text(critique)),
                    Label::Missing(text) if !text.is_empty() => card.remarks.push(format!("Missing before  {text}")),
                    _ => {}
                }
            }
            // Whoever says this much of a step after the first error has judged it.
            card.unjudged &= !JUDGES.iter().any(|&kind| of_step.labels.has(kind));
            if card.tone.is_none() && of_step.labels.has(LabelKind::Error) {
                card.tone = Some(Tone::Bad);
            }
        }
    }
}

/// Labels that judge a step.
const JUDGES: [LabelKind; 6] = [
    LabelKind::Error,
    LabelKind::Soft,
    LabelKind::Redundant,
    LabelKind::Corrected,
    LabelKind::Unsafe,
    LabelKind::Rated,
];

fn title(open: &OpenTrace) -> String {
    let trace = &open.trace;
    let name = trace.source_id.as_deref().unwrap_or(trace.id.as_str());
    match &trace.generator {
        Some(generator) => format!("{name} · {generator}"),
        None => name.into(),
    }
}

fn trace_chips(open: &OpenTrace, said: Option<&TraceAnnotation>) -> Vec<Chip> {
    let mut chips = Vec::new();
    let mut add = |text: &str, tone, imported, hint: &str| {
        chips.push(Chip { text: text.into(), tone, imported, hint: hint.into() });
    };
    match said.and_then(|s| s.first_error.as_ref()) {
        Some(FirstError::NoneUpTo(hash)) => {
            let (text, tone, hint) = no_error_text(open, hash);
            add(&text, tone, false, hint);
        }
        Some(FirstError::Unsure) => add("? unsure", Tone::Unsure, false, "You looked and could not decide"),
        Some(FirstError::At(hash)) if open.find_step(hash).is_none() => {
            add(
                "first error lost",
                Tone::Unsure,
                false,
                "The step you marked as the first error has changed: look again",
            );
        }
        Some(FirstError::At(_)) | None => {}
    }
    if said.is_some_and(|said| said.is_of_other_text(|step| open.has(step))) {
        add(
            "text changed",
            Tone::Unsure,
            false,
            "Labels of yours are about an older text; {view.old_text} shows it as you labelled it",
        );
    }
    if let Some(hint) = said.and_then(|said| contradiction(open, said)) {
        add("⚠ contradiction", Tone::Unsure, false, hint);
    }
    match said.map(|s| s.status).unwrap_or_default() {
        stepscope_core::model::TraceStatus::Done => add("done", Tone::Accent, false, "You finished this trace"),
        stepscope_core::model::TraceStatus::Skipped => add("skipped", Tone::Muted, false, "You left this trace"),
        stepscope_core::model::TraceStatus::Defective => {
            add("⚑ defective problem", Tone::Bad, false, "You flagged the problem itself");
        }
        stepscope_core::model::TraceStatus::GivenUp => add("given up", Tone::Muted, false, "You gave this trace up"),
        stepscope_core::model::TraceStatus::Open => {}
    }
    match open.trace.outcome.verdict {
        Verdict::Correct => add("answer right", Tone::Good, true, "According to the data"),
        Verdict::Incorrect => add("answer wrong", Tone::Bad, true, "According to the data"),
        Verdict::Unknown => {}
    }
    if let Some(reward) = open.trace.outcome.reward {
        add(&format!("reward {}", score_text(reward)), Tone::Muted, true, "According to the data");
    }
    for label in open.trace.labels.iter().filter(|label| label.step.is_none()) {
        let (text, tone) = imported_text(label);
        add(&format!("{}: {text}", label.source), tone, true, &format!("{} = {}", label.field, label.raw));
    }
    chips
}

/// Labels that cannot both hold. They are kept as they were said, but no training file takes them.
fn contradiction(open: &OpenTrace, said: &TraceAnnotation) -> Option<&'static str> {
    let rating = |step: &StepIndex| said.steps.get(&open.trace.step(*step)?.hash)?.rating;
    let judged = |last: &StepHash| {
        let last = open.find_step(last)?;
        Some((open.tree.path_to(&open.trace.steps, last), last))
    };
    match said.first_error.as_ref()? {
        FirstError::NoneUpTo(hash) => {
            let (path, _) = judged(hash)?;
            let bad = path.iter().any(|step| rating(step) == Some(StepRating::Bad));
            bad.then_some("All steps are marked as correct, but one is rated bad; exports leave the trace out")
        }
        FirstError::At(hash) => {
            let (path, last) = judged(hash)?;
            if matches!(rating(&last), Some(StepRating::Good | StepRating::Neutral)) {
                return Some("The first error is rated as no error; exports leave the trace out");
            }
            let earlier = path.iter().any(|step| *step != last && rating(step) == Some(StepRating::Bad));
            earlier.then_some("A step before the first error is rated bad; exports leave the trace out")
        }
        FirstError::Unsure => None,
    }
}

/// What has become of "all correct": it holds for the text that was read, which may have changed or grown since.
fn no_error_text(open: &OpenTrace, last: &StepHash) -> (String, Tone, &'static str) {
    let Some(step) = open.find_step(last) else {
        let hint = "You marked every step as correct, but the text has changed since: look again";
        return ("lost".into(), Tone::Unsure, hint);
    };
    // What the annotator wrote is no text that has come since.
    let goes_on = |next: &StepIndex| open.trace.step(*next).is_some_and(|next| !next.hash.is_written());
    if open.tree.children(step).iter().any(goes_on) {
        let number = open.tree.path_to(&open.trace.steps, step).len();
        let hint = "You marked every step as correct, but more have come since: look again";
        return (format!("✔ correct up to step {number}"), Tone::Unsure, hint);
    }
    if open.position(step).is_some() {
        ("✔ all correct".into(), Tone::Good, "You marked every step as correct")
    } else {
        ("✔ another path correct".into(), Tone::Good, "You marked every step of another path as correct")
    }
}

fn prompt(prompt: &Prompt) -> Vec<(&str, &str)> {
    match prompt {
        Prompt::Text(text) => vec![("", text)],
        Prompt::Messages(messages) => messages.iter().map(|m| (m.role.as_str(), m.content.as_str())).collect(),
    }
}
