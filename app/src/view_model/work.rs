//! Above the steps: what the way of working asks, what is proposed, what is hidden; and how the cards show it.

use stepscope_core::annotation::{Found, Halving, TraceAnnotation};
use stepscope_core::labels::LabelSource;
use stepscope_core::model::{FirstError, Label, LabelKind, Verified};

use super::reader::ReaderModel;
use super::{Chip, Tone};
use crate::command::Command;
use crate::state::OpenTrace;
use crate::state::work::{Proposal, Visible, WorkState, halving_of};

/// One bar above the steps.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "testing", derive(serde::Serialize))]
pub struct WorkBarModel {
    /// What is asked or said.
    pub title: String,
    /// More about it.
    pub detail: String,
    /// What its colour means.
    pub tone: Tone,
    /// What can be done about it: the title of a button and its command.
    #[cfg_attr(feature = "testing", serde(skip))]
    pub buttons: Vec<(&'static str, Command)>,
}

/// The bars for the open trace.
pub fn bars(open: &OpenTrace, said: Option<&TraceAnnotation>, work: &WorkState, visible: Visible) -> Vec<WorkBarModel> {
    if open.attempts.is_some() {
        return Vec::new();
    }
    let mut bars = Vec::new();
    if work.halving {
        bars.push(halving_bar(open, said));
    }
    if let Some(proposal) = &work.proposal {
        bars.push(proposal_bar(open, proposal));
    } else if work.verify.is_some() && visible.proposal {
        bars.extend(verified_bar(said));
    }
    if !visible.scores {
        bars.push(WorkBarModel {
            title: "Blind".into(),
            detail: "Scores, outcome and labels of others show once you have judged".into(),
            tone: Tone::Muted,
            buttons: Vec::new(),
        });
    }
    bars
}

fn halving_bar(open: &OpenTrace, said: Option<&TraceAnnotation>) -> WorkBarModel {
    let bar = |title: String, detail: String, tone, buttons| WorkBarModel { title, detail, tone, buttons };
    if let Some(mark) = said.and_then(|said| said.first_error.as_ref()) {
        let detail = "{label.done} finishes and goes on; {work.halving} stops halving".to_owned();
        return bar(capital(&mark_text(open, mark)), detail, Tone::Accent, Vec::new());
    }
    if said.is_some_and(TraceAnnotation::is_judged) {
        let detail = "{label.reopen} opens it again; {label.done} goes on".to_owned();
        return bar("Finished without a mark".into(), detail, Tone::Muted, Vec::new());
    }
    let search = halving_of(open, said);
    let asks = vec![("Yes, right up to here", Command::RateGood), ("No, an error by here", Command::RateBad)];
    let title = format!("Still right up to step {}?", open.at + 1);
    match search.found() {
        // Looks without a mark: somebody took it away.
        Some(found) => {
            let text = match found {
                Found::At(at) => format!("Your looks say: first error at step {}", at + 1),
                Found::NoError => "Your looks say: all steps correct".to_owned(),
            };
            bar(title, format!("{text}. Answer again, or mark it"), Tone::Accent, asks)
        }
        None => bar(title, span_text(&search), Tone::Accent, asks),
    }
}

/// `steps 3–7 undecided, at most 3 looks left`.
fn span_text(search: &Halving) -> String {
    let (span, looks) = (search.undecided(), search.looks_left());
    let steps = match span.len() {
        0 => return "No step to look at".into(),
        1 => format!("Step {} is undecided", span.end),
        _ => format!("Steps {}–{} are undecided", span.start + 1, span.end),
    };
    let looks = if looks == 1 { "1 look left".to_owned() } else { format!("at most {looks} looks left") };
    format!("{steps}, {looks}")
}

fn proposal_bar(open: &OpenTrace, proposal: &Proposal) -> WorkBarModel {
    WorkBarModel {
        title: format!("{} proposes: {}", who(&proposal.by), mark_text(open, &proposal.mark)),
        detail: "{label.confirm} confirms and goes on; any other mark corrects it".into(),
        tone: Tone::Unsure,
        buttons: vec![("Confirm", Command::ConfirmProposal)],
    }
}

fn verified_bar(said: Option<&TraceAnnotation>) -> Option<WorkBarModel> {
    let bar = |title: String, tone| WorkBarModel { title, detail: String::new(), tone, buttons: Vec::new() };
    match said.and_then(|said| said.labels.only(LabelKind::Verified)) {
        Some(Label::Verified(Verified { by, agreed: true })) => {
            Some(bar(format!("You agreed with {}", who(by)), Tone::Good))
        }
        Some(Label::Verified(Verified { by, agreed: false })) => {
            Some(bar(format!("You corrected {}", who(by)), Tone::Unsure))
        }
        _ if said.is_some_and(TraceAnnotation::is_judged) => None,
        _ => Some(bar("Nothing is proposed for this trace".into(), Tone::Muted)),
    }
}

/// Puts on the cards what the way of working says of them: looks, the undecided span, the proposal.
pub fn dress(model: &mut ReaderModel<'_>, open: &OpenTrace, said: Option<&TraceAnnotation>, work: &WorkState) {
    let asks = work.halving && !said.is_some_and(TraceAnnotation::is_judged);
    let undecided = asks.then(|| halving_of(open, said).undecided());
    let proposed = work.proposal.as_ref().and_then(|proposal| match &proposal.mark {
        FirstError::At(step) => Some((open.find_step(step)?, proposal)),
        _ => None,
    });
    if let Some((step, proposal)) = proposed {
        let hint = "Proposed as the first error: confirm it, or mark otherwise".to_owned();
        let text = format!("✖ proposed by {}", who(&proposal.by));
        model.propose(step, Chip { text, tone: Tone::Unsure, imported: true, hint });
    }
    model.look_at(undecided);
    if let Some(proposal) = work.proposal.as_ref().filter(|proposal| matches!(proposal.mark, FirstError::NoneUpTo(_))) {
        let text = format!("✔ all correct, proposed by {}", who(&proposal.by));
        let hint = "Proposed: confirm it, or mark otherwise".to_owned();
        model.chips.push(Chip { text, tone: Tone::Unsure, imported: true, hint });
    }
}

/// Who proposed, for people: `scorer:NAME@0.5` is `NAME below 0.5`.
pub fn who(by: &str) -> String {
    match by.parse() {
        Ok(LabelSource::Scorer { name, threshold }) => format!("{name} (below {threshold})"),
        Ok(LabelSource::Imported(Some(name))) => format!("{name} (in the data)"),
        Ok(LabelSource::Imported(None)) => "the data".into(),
        Ok(LabelSource::Own(Some(name))) => name,
        Ok(LabelSource::Own(None) | LabelSource::Consensus(_)) | Err(_) => by.to_owned(),
    }
}

/// A first error in words: `first error at step 4`.
pub fn mark_text(open: &OpenTrace, mark: &FirstError) -> String {
    match mark {
        FirstError::At(step) => {
            let step = open.find_step(step);
            let number = step.map(|step| open.tree.path_to(&open.trace.steps, step).len());
            number.map_or_else(|| "first error at a step that is gone".into(), |n| format!("first error at step {n}"))
        }
        FirstError::NoneUpTo(_) => "all steps correct".into(),
        FirstError::Unsure => "first error unclear".into(),
    }
}

/// What is told after a trace whose answer is known.
pub fn known_answer_text(open: &OpenTrace, known: &FirstError, said: &FirstError) -> String {
    let (known, said) = (mark_text(open, known), mark_text(open, said));
    if known == said { capital(&known) } else { format!("Known answer: {known}; you said: {said}") }
}

fn capital(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map(|first| first.to_uppercase().chain(letters).collect()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn proposers_are_named_for_people() {
        let check = |by: &str, expected: &str| assert_eq!(who(by), expected);
        check("scorer:prm@v2@0.25", "prm@v2 (below 0.25)");
        check("imported:human", "human (in the data)");
        check("imported", "the data");
        check("own:bob", "bob");
        check("some later kind", "some later kind");
    }
}
