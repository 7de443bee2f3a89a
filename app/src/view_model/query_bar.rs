//! The field in which traces are asked for: what is wrong with the question, what could follow, and its conditions.

use std::ops::Range;

use stepscope_core::query::Suggestion;

use super::{Tone, one_line};
use crate::state::asking::{Asking, ClauseText};

/// The field and what belongs to it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "testing", derive(serde::Serialize))]
pub struct QueryBarModel {
    /// What stands in the field.
    pub text: String,
    /// Bytes that are underlined, and how seriously.
    pub marks: Vec<(Range<usize>, Tone)>,
    /// What is wrong with it or probably not meant; keys are named as `{command.id}`.
    pub message: Option<(String, Tone)>,
    /// What was probably meant, to be put there.
    pub remedy: Option<String>,
    /// What could be written at the cursor.
    pub offers: Vec<OfferModel>,
    /// The offer chosen with the arrows.
    pub picked: Option<usize>,
    /// The conditions in force, to be taken away.
    pub chips: Vec<ClauseChip>,
    /// An earlier question can be recalled.
    pub can_recall: bool,
}

/// Something that could be written.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "testing", derive(serde::Serialize))]
pub struct OfferModel {
    /// What is written.
    pub text: String,
    /// What it means.
    pub detail: String,
    /// How many have it.
    pub count: String,
}

/// A condition in force.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "testing", derive(serde::Serialize))]
pub struct ClauseChip {
    /// As it is shown.
    pub text: String,
    /// The whole of it.
    pub full: String,
    /// Where it stands among the conditions; `None` for the restriction to an answer.
    pub places: Option<Range<usize>>,
}

impl ClauseChip {
    /// The name by which assistive technology finds the button that takes it away.
    pub fn name(&self) -> String {
        format!("Without {}", self.full)
    }
}

impl QueryBarModel {
    /// Builds it.
    pub fn new(asking: &Asking) -> Self {
        let problem = asking.problem.as_ref();
        // Whoever is still writing a condition, and is offered how it can go on, has made no mistake.
        let is_unfinished =
            problem.is_some_and(|problem| problem.span.end >= asking.cursor) && !asking.offers.is_empty();
        let mut marks: Vec<(Range<usize>, Tone)> =
            asking.doubts.iter().map(|doubt| (doubt.span.clone(), Tone::Unsure)).collect();
        marks.extend(problem.filter(|_| !is_unfinished).map(|problem| (problem.span.clone(), Tone::Bad)));
        let doubt = asking.doubts.first().map(|doubt| (doubt.to_string(), Tone::Unsure));
        Self {
            text: asking.text.clone(),
            marks,
            message: match problem {
                Some(_) if is_unfinished => None,
                Some(problem) => Some((problem.message.clone(), Tone::Bad)),
                None => doubt,
            },
            remedy: problem.and_then(|problem| problem.remedy.as_ref()).map(|(_, put)| put.clone()),
            offers: asking.offers.iter().map(OfferModel::new).collect(),
            picked: asking.picked,
            chips: chips(asking),
            can_recall: !asking.history.is_empty() && (asking.text.is_empty() || asking.recalled.is_some()),
        }
    }
}

impl OfferModel {
    fn new(offer: &Suggestion) -> Self {
        let count = offer.count.map(|count| count.to_string()).unwrap_or_default();
        Self { text: offer.insert.clone(), detail: offer.detail.clone(), count }
    }

    /// The name by which assistive technology finds it.
    pub fn name(&self) -> String {
        let count = if self.count.is_empty() { String::new() } else { format!(", {} have it", self.count) };
        let detail = if self.detail.is_empty() { String::new() } else { format!(", {}", self.detail) };
        format!("Write {}{count}{detail}", self.text)
    }
}

/// Letters of all chips together.
const ROOM: usize = 72;

/// Words side by side are one chip.
fn chips(asking: &Asking) -> Vec<ClauseChip> {
    let mut chips: Vec<(bool, ClauseChip)> = Vec::new();
    for (at, ClauseText { text, is_word, .. }) in asking.clauses.iter().enumerate() {
        if let Some((true, last)) = chips.last_mut()
            && *is_word
        {
            last.full = format!("{} {text}", last.full);
            last.places = last.places.clone().map(|places| places.start..at + 1);
            continue;
        }
        chips.push((*is_word, ClauseChip { text: String::new(), full: text.clone(), places: Some(at..at + 1) }));
    }
    let among = asking.among.iter().map(|among| {
        let full = format!("{} traces of {}", among.rows.len(), among.from);
        ClauseChip { text: String::new(), full, places: None }
    });
    let all = chips.into_iter().map(|(_, chip)| chip).chain(among);
    let all: Vec<ClauseChip> = all.collect();
    // The more there are, the shorter, so that all stay in reach.
    let most = (ROOM / all.len().max(1)).clamp(10, 40);
    all.into_iter().map(|chip| ClauseChip { text: one_line(&chip.full, most), ..chip }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_one_chip() {
        let mut asking = Asking::default();
        asking.note_clauses("carry the steps > 3 one");
        let chips = QueryBarModel::new(&asking).chips;
        let chips: Vec<_> = chips.iter().map(|chip| (chip.full.as_str(), chip.places.clone().unwrap())).collect();
        assert_eq!(chips, [("carry the", 0..2), ("steps > 3", 2..3), ("one", 3..4)]);
    }
}
