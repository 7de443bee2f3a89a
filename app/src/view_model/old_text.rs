//! A trace as it was when it was labelled, with what was said of it.

use stepscope_core::annotation::{Superseded, TraceAnnotation, overlaid};
use stepscope_core::model::{FirstError, Trace};

use super::card::rating_text;
use super::{Chip, Tone};

/// A trace as it was when it was labelled.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "testing", derive(serde::Serialize))]
pub struct OldTextModel {
    /// When it was found to have changed.
    pub title: String,
    /// The problem.
    pub problem: String,
    /// The steps, each with what was said of it.
    pub steps: Vec<(String, Vec<Chip>)>,
}

impl OldTextModel {
    /// The old text with the labels that hang on it, its steps as the annotator cut, joined and wrote them.
    pub fn new(kept: &Superseded, said: Option<&TraceAnnotation>) -> Self {
        let source = Trace { steps: kept.trace.steps.clone(), ..Trace::default() };
        let trace = said.and_then(|said| overlaid(&source, said)).unwrap_or(source);
        let own =
            |text: &str, tone| Chip { text: text.into(), tone, imported: false, hint: "Said of this text".into() };
        let chips = |hash| {
            let mut chips = Vec::new();
            match said.and_then(|said| said.first_error.as_ref()) {
                Some(FirstError::At(step)) if step == hash => chips.push(own("first error", Tone::Bad)),
                Some(FirstError::NoneUpTo(step)) if step == hash => chips.push(own("no error up to here", Tone::Good)),
                _ => {}
            }
            let step = said.and_then(|said| said.steps.get(hash));
            if let Some(rating) = step.and_then(|step| step.rating) {
                let (text, tone) = rating_text(rating);
                chips.push(own(text, tone));
            }
            if let Some(note) = step.map(|step| &step.note).filter(|note| !note.is_empty()) {
                chips.push(own(note, Tone::Muted));
            }
            chips
        };
        Self {
            title: format!("As it was before {}", kept.at),
            problem: kept.trace.problem.text().into_owned(),
            steps: trace.steps.iter().map(|step| (step.text.clone(), chips(&step.hash))).collect(),
        }
    }
}
