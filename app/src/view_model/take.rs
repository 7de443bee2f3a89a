//! Steps that can be taken from elsewhere.

use stepscope_core::model::Verdict;

use super::{Chip, Tone};
use crate::state::taking::{TakeDraft, TakeSource};

/// Longer texts are cut in the preview.
const MOST_CHARACTERS: usize = 1200;

/// Sources and the steps of the chosen one.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "testing", derive(serde::Serialize))]
pub struct TakeModel {
    /// What is continued.
    pub title: String,
    /// Where steps can be taken from.
    pub sources: Vec<SourceModel>,
    /// The steps of the chosen source.
    pub steps: Vec<TakeStepModel>,
    /// What the first button does.
    pub take: String,
    /// There is something to take.
    pub can_take: bool,
    /// The keys.
    pub hint: &'static str,
}

/// A source.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "testing", derive(serde::Serialize))]
pub struct SourceModel {
    /// Its name.
    pub title: String,
    /// How it ended.
    pub chip: Option<Chip>,
    /// It is the chosen one.
    pub selected: bool,
}

/// A step of the chosen source.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "testing", derive(serde::Serialize))]
pub struct TakeStepModel {
    /// Its number on its path.
    pub number: usize,
    /// The text.
    pub text: String,
    /// Enter takes it.
    pub taken: bool,
    /// It is the highlighted one.
    pub selected: bool,
}

impl TakeModel {
    /// Builds it; how the attempt in a row of the store ended is shown only where `shows` allows it.
    pub fn new(draft: &TakeDraft, shows: impl Fn(u32) -> bool) -> Self {
        let source = |(position, source): (usize, &TakeSource)| {
            let (title, verdict) = match source {
                TakeSource::Alternative { number, .. } => (format!("After alternative {number}"), Verdict::Unknown),
                TakeSource::Attempt { row, name, verdict } => {
                    (name.clone(), if shows(*row) { *verdict } else { Verdict::Unknown })
                }
            };
            SourceModel { title, chip: outcome(verdict), selected: position == draft.source }
        };
        let step = |(position, step): (usize, &crate::state::taking::TakenStep)| TakeStepModel {
            number: step.number,
            text: cut(&step.text),
            taken: position >= draft.step,
            selected: position == draft.step,
        };
        let count = draft.steps.len().saturating_sub(draft.step);
        Self {
            title: format!("Continue step {} with steps from elsewhere", draft.number),
            sources: draft.sources.iter().enumerate().map(source).collect(),
            steps: draft.steps.iter().enumerate().map(step).collect(),
            take: if count == 1 { "Take 1 step".into() } else { format!("Take {count} steps") },
            can_take: count > 0,
            hint: "↑ ↓ choose the first step, ← → another source",
        }
    }
}

/// How an attempt ended, according to the data.
pub fn outcome(verdict: Verdict) -> Option<Chip> {
    let (text, tone) = match verdict {
        Verdict::Correct => ("answer right", Tone::Good),
        Verdict::Incorrect => ("answer wrong", Tone::Bad),
        Verdict::Unknown => return None,
    };
    Some(Chip { text: text.into(), tone, imported: true, hint: "According to the data".into() })
}

fn cut(text: &str) -> String {
    let end = text.char_indices().nth(MOST_CHARACTERS).map(|(at, _)| at);
    end.and_then(|end| text.get(..end)).map_or_else(|| text.to_owned(), |text| format!("{text}…"))
}
