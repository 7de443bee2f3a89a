//! What the annotator made of a step: written, taken, cut, joined.

use stepscope_core::annotation::TraceAnnotation;
use stepscope_core::model::{Label, LabelKind, Step, StepHash};

use super::{Chip, Tone};
use crate::state::OpenTrace;
use crate::state::writing::written;

/// The chips that say so.
pub fn chips(open: &OpenTrace, said: Option<&TraceAnnotation>, step: &Step) -> Vec<Chip> {
    let Some(said) = said else { return Vec::new() };
    // Calm, and shown also to those who judge without the labels of the data.
    let own = |text: String, hint: String| Chip { text, tone: Tone::Muted, imported: false, hint };
    if step.hash.is_written() {
        let Some(written) = written(said, &step.hash) else { return Vec::new() };
        let number = |of: &StepHash| {
            let index = open.find_step(of)?;
            Some(open.tree.path_to(&open.trace.steps, index).len())
        };
        let hint = |text: &str| format!("{text}; Delete takes it away");
        let taken = written.taken_from.as_ref().map(|(trace, from)| match number(from) {
            Some(number) if *trace == open.trace.id => {
                own(format!("taken from step {number}"), hint("You took it from another branch"))
            }
            _ => own("taken from another attempt".into(), hint(&format!("You took it from the trace {trace}"))),
        });
        let first = taken.unwrap_or_else(|| own("written by you".into(), hint("A step of your own")));
        let instead =
            written.replaces.as_ref().and_then(number).map(|number| {
                own(format!("instead of step {number}"), "What should stand there, in your words".into())
            });
        return std::iter::once(first).chain(instead).collect();
    }
    let part = part(said, &step.hash).map(|(part, of)| {
        own(format!("part {part} of {of}"), "You cut a step of the source; {write.merge} joins".into())
    });
    let joined = joined(open, said, &step.hash)
        .map(|count| own(format!("{count} steps in one"), "You joined steps of the source; Y cuts".into()));
    part.into_iter().chain(joined).collect()
}

/// Which part of a cut step it is, of how many.
fn part(said: &TraceAnnotation, step: &StepHash) -> Option<(usize, usize)> {
    let (whole, end) = step.whole();
    let cuts = said.steps.get(&whole)?.labels.of_kind(LabelKind::Cut).filter_map(|label| match label {
        Label::Cut(at) => Some(*at),
        _ => None,
    });
    let cuts: Vec<usize> = cuts.collect();
    let before = cuts.iter().filter(|&&at| end.is_none_or(|end| at < end)).count();
    (!cuts.is_empty()).then_some((before + 1, cuts.len() + 1))
}

/// How many steps of the source it holds, where that is more than one.
fn joined(open: &OpenTrace, said: &TraceAnnotation, step: &StepHash) -> Option<usize> {
    let source = open.source();
    let is_joined = |step: &Step| said.steps.get(&step.hash).is_some_and(|said| said.labels.has(LabelKind::Joined));
    // What came before is in the first part of a step that was cut.
    if part(said, step).is_some_and(|(part, _)| part > 1) || !said.steps.contains_key(&step.whole().0) {
        return None;
    }
    let mut at = source.step(open.find_in_source(&step.whole().0)?)?;
    let mut count = 1;
    while is_joined(at)
        && let Some(before) = at.parent.and_then(|parent| source.step(parent))
    {
        count += 1;
        at = before;
    }
    (count > 1).then_some(count)
}
