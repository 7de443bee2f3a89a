//! What was said of a step as one of several alternatives: best, its place in an order, better than another.

use stepscope_core::annotation::StepAnnotation;
use stepscope_core::model::{Label, LabelKind, Preference, StepIndex};

use super::{Chip, Tone};
use crate::state::OpenTrace;

/// How clearly one is better, in words; 0 to 3.
pub const fn strength_text(strength: u8) -> &'static str {
    match strength {
        0 => "no difference",
        1 => "slightly",
        2 => "clearly",
        _ => "by far",
    }
}

/// The chips of one alternative.
pub fn chips(open: &OpenTrace, of_step: Option<&StepAnnotation>, step: StepIndex) -> Vec<Chip> {
    let labels = of_step.into_iter().flat_map(|said| {
        let kinds = [LabelKind::Best, LabelKind::Rank, LabelKind::Preferred];
        kinds.into_iter().flat_map(|kind| said.labels.of_kind(kind))
    });
    let own = |text: String, tone, hint: &str| Chip { text, tone, imported: false, hint: hint.into() };
    let chip = |label: &Label| match label {
        Label::Best => Some(own("★ best".into(), Tone::Good, "You find it the best of the alternatives")),
        Label::Rank(place) => Some(own(format!("rank {place}"), Tone::Accent, "Its place among the alternatives")),
        Label::Preferred(preference) => {
            let text = preference_text(preference, number_of(open, step, preference));
            Some(own(text, Tone::Accent, "You compared the two"))
        }
        _ => None,
    };
    labels.filter_map(chip).collect()
}

/// Which of the alternatives the other one is, from 1.
fn number_of(open: &OpenTrace, step: StepIndex, preference: &Preference) -> Option<usize> {
    let other = open.find_step(&preference.over)?;
    let siblings = open.tree.siblings(&open.trace.steps, step);
    Some(siblings.iter().position(|&sibling| sibling == other)? + 1)
}

fn preference_text(preference: &Preference, other: Option<usize>) -> String {
    let other = other.map_or_else(|| "another".to_owned(), |number| number.to_string());
    let text = match preference.strength {
        0 => format!("as good as {other}"),
        strength => format!("better than {other}, {}", strength_text(strength)),
    };
    if preference.criterion.is_empty() { text } else { format!("{text}, in {}", preference.criterion) }
}
