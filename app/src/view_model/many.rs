//! The dialog that labels many traces at once: what would happen, with every number in words.

use stepscope_core::model::TraceStatus;

use super::Tone;
use crate::state::many::{ManyDraft, ManyPlan, ManyScope, ManyWhat, Saying};

/// From so many traces on, the user is asked once more.
pub const ASK_FROM: usize = 100;

/// The dialog.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "testing", derive(serde::Serialize))]
pub struct ManyModel {
    /// Which traces: words, and whether that is chosen.
    pub scopes: Vec<(String, bool)>,
    /// What is said of them: words, and whether that is chosen.
    pub whats: Vec<(&'static str, bool)>,
    /// A tag is needed.
    pub needs_tag: bool,
    /// What would change; what is being changed.
    pub outcome: String,
    /// What to think of before.
    pub warnings: Vec<(String, Tone)>,
    /// Words of the button; `None` while nothing can be said.
    pub button: Option<String>,
    /// Share done, while it is being said.
    pub progress: Option<f32>,
}

/// How many traces each scope holds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ManyCounts {
    /// Selected traces.
    pub selected: usize,
    /// Selected traces that the table does not list.
    pub hidden: usize,
    /// Traces that the table lists.
    pub listed: usize,
    /// Traces in all.
    pub all: usize,
}

impl ManyModel {
    /// Puts the choices and what follows from them into words. `plan` is none while it is being worked out.
    pub fn new(
        draft: &ManyDraft,
        counts: ManyCounts,
        plan: Option<&Result<ManyPlan, String>>,
        saying: Option<&Saying>,
    ) -> Self {
        let scope = |scope, words| (words, draft.scope == scope);
        let mut model = Self {
            scopes: vec![
                scope(ManyScope::Selected, selected_text(counts)),
                scope(ManyScope::Listed, listed_text(counts)),
            ],
            whats: ManyWhat::ALL.into_iter().map(|what| (what_text(what), draft.what == what)).collect(),
            needs_tag: draft.what.needs_tag(),
            outcome: String::new(),
            warnings: Vec::new(),
            button: None,
            progress: None,
        };
        if let Some(saying) = saying {
            let done = saying.total - saying.left.len();
            model.outcome = format!("Labelling {} — {done} of {} changes", traces(saying.traces), saying.total);
            model.progress = Some(done as f32 / saying.total.max(1) as f32);
            return model;
        }
        match plan {
            None => model.outcome = "Counting…".into(),
            Some(Err(error)) => model.outcome = format!("Not counted: {error}"),
            Some(Ok(plan)) => model.take(draft, plan),
        }
        model
    }

    fn take(&mut self, draft: &ManyDraft, plan: &ManyPlan) {
        if draft.what.needs_tag() && draft.tag.trim().is_empty() {
            self.outcome = "Type a tag".into();
            return;
        }
        let mut parts = vec![match plan.changing {
            0 => "Nothing would change".into(),
            1 => "1 trace will change".into(),
            count => format!("{count} traces will change"),
        }];
        if plan.already > 0 {
            parts.push(format!("{} {} so already", plan.already, if plan.already == 1 { "is" } else { "are" }));
        }
        if plan.impossible > 0 {
            parts.push(format!(
                "{} without steps {} left out",
                plan.impossible,
                if plan.impossible == 1 { "is" } else { "are" }
            ));
        }
        self.outcome = parts.join(", ");
        if plan.changing == 0 {
            return;
        }
        let many = plan.changing > ASK_FROM;
        if many {
            let text = format!("This changes {} at once; one undo takes all of it back", traces(plan.changing));
            self.warnings.push((text, Tone::Unsure));
        }
        if plan.judged > 0 {
            let fate = if draft.what == ManyWhat::Clear { "goes away" } else { "is replaced" };
            let text = format!("Of {} you have judged errors or ratings yourself; that {fate}", traces(plan.judged));
            self.warnings.push((text, Tone::Unsure));
        }
        if plan.unjudged > 0 {
            let text =
                format!("{} would be done without a judgement; training files leave them out", traces(plan.unjudged));
            self.warnings.push((text, Tone::Muted));
        }
        let verb = match draft.what {
            ManyWhat::Clear => "Clear",
            _ => "Label",
        };
        let yes = if many && draft.asked { "Yes: " } else { "" };
        let ask = if many && !draft.asked { "…" } else { "" };
        self.button = Some(format!("{yes}{verb} {}{ask}", traces(plan.changing)));
    }
}

/// What is said when it is done.
pub fn done_text(what: ManyWhat, count: usize) -> String {
    let count = traces(count);
    match what {
        ManyWhat::Status(TraceStatus::Open) => format!("{count} opened again"),
        ManyWhat::Status(TraceStatus::Done) => format!("{count} labelled as done"),
        ManyWhat::Status(TraceStatus::Skipped) => format!("{count} labelled as skipped"),
        ManyWhat::Status(TraceStatus::Defective) => format!("{count} flagged as defective"),
        ManyWhat::Status(TraceStatus::GivenUp) => format!("{count} given up"),
        ManyWhat::AllCorrect => format!("{count} marked as all correct"),
        ManyWhat::Tag => format!("{count} tagged"),
        ManyWhat::Untag => format!("{count} without the tag now"),
        ManyWhat::Clear => format!("{count} cleared"),
    }
}

/// What the table's selection is, for the status bar; empty where nothing is selected.
pub fn selection_text(selected: usize) -> String {
    if selected == 0 { String::new() } else { format!(" · {selected} selected") }
}

const fn what_text(what: ManyWhat) -> &'static str {
    match what {
        ManyWhat::Status(TraceStatus::Done) => "Done",
        ManyWhat::Status(TraceStatus::Skipped) => "Skipped",
        ManyWhat::Status(TraceStatus::Defective) => "Problem defective",
        ManyWhat::Status(TraceStatus::Open) => "Open again",
        ManyWhat::Status(TraceStatus::GivenUp) => "Given up",
        ManyWhat::AllCorrect => "All steps correct, on the main path",
        ManyWhat::Tag => "Add a tag",
        ManyWhat::Untag => "Take a tag away",
        ManyWhat::Clear => "Clear all labels; notes and steps written, cut or joined stay",
    }
}

fn selected_text(counts: ManyCounts) -> String {
    match (counts.selected, counts.hidden) {
        (0, _) => "The selected traces: none is selected".into(),
        (count, 0) => format!("The {} selected", traces(count)),
        (count, hidden) => format!("The {} selected, {hidden} of which the table does not list", traces(count)),
    }
}

fn listed_text(counts: ManyCounts) -> String {
    if counts.listed == counts.all {
        format!("All {}", traces(counts.all))
    } else {
        format!("The {} that the table lists, of {}", traces(counts.listed), counts.all)
    }
}

fn traces(count: usize) -> String {
    if count == 1 { "1 trace".into() } else { format!("{count} traces") }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn draft(what: ManyWhat) -> ManyDraft {
        ManyDraft { scope: ManyScope::Listed, what, tag: "odd".into(), focus: false, asked: false }
    }

    const COUNTS: ManyCounts = ManyCounts { selected: 3, hidden: 1, listed: 312, all: 400 };

    #[test]
    fn every_number_is_said() {
        let plan =
            ManyPlan { changing: 300, already: 10, impossible: 2, judged: 5, unjudged: 7, ..ManyPlan::default() };
        let check = |what, asked, button: &str| {
            let model = ManyModel::new(&ManyDraft { asked, ..draft(what) }, COUNTS, Some(&Ok(plan.clone())), None);
            assert_eq!(model.outcome, "300 traces will change, 10 are so already, 2 without steps are left out");
            assert_eq!(model.button.as_deref(), Some(button));
            model
        };
        let model = check(ManyWhat::Status(TraceStatus::Done), false, "Label 300 traces…");
        assert_eq!(model.warnings.len(), 3, "{:?}", model.warnings);
        assert_eq!(model.scopes[0], ("The 3 traces selected, 1 of which the table does not list".to_owned(), false));
        assert_eq!(model.scopes[1], ("The 312 traces that the table lists, of 400".to_owned(), true));
        check(ManyWhat::AllCorrect, true, "Yes: Label 300 traces");
        check(ManyWhat::Clear, true, "Yes: Clear 300 traces");
    }

    #[test]
    fn little_is_said_plainly() {
        let model = |draft: &ManyDraft, plan| ManyModel::new(draft, COUNTS, plan, None);
        let done = draft(ManyWhat::Status(TraceStatus::Done));
        let one = Ok(ManyPlan { changing: 1, ..ManyPlan::default() });
        assert_eq!(model(&done, Some(&one)).outcome, "1 trace will change");
        assert_eq!(model(&done, Some(&one)).button.as_deref(), Some("Label 1 trace"));
        assert!(model(&done, Some(&one)).warnings.is_empty());
        let none = Ok(ManyPlan { already: 1, ..ManyPlan::default() });
        assert_eq!(model(&done, Some(&none)).outcome, "Nothing would change, 1 is so already");
        assert_eq!(model(&done, Some(&none)).button, None);
        assert_eq!(model(&done, None).outcome, "Counting…");
        let untyped = ManyDraft { tag: " ".into(), ..draft(ManyWhat::Tag) };
        assert_eq!(model(&untyped, Some(&none)).outcome, "Type a tag");
        for what in ManyWhat::ALL {
            assert!(done_text(what, 312).starts_with("312 traces"), "{what:?}");
        }
    }
}
