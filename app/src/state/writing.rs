//! A step that is being written: one of the annotator's own, in place of another or after it.

use std::collections::HashMap;

use stepscope_core::annotation::{Change, NewStep, Refusal, Reshape, StepRef, TraceAnnotation};
use stepscope_core::model::{Label, LabelKind, StepHash, StepKind, TraceId, WrittenStep};

use super::OpenTrace;
use super::comparing::CompareRequest;
use super::splitting::SplitRequest;
use super::taking::TakeRequest;

/// What is being written.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Purpose {
    /// What should stand in place of that step.
    Instead(StepHash),
    /// Another text for that step of the annotator's own.
    Edit(StepHash),
    /// A step after that one.
    After(StepHash),
}

/// What names a text that is being written: its trace, and what it is for.
pub type DraftKey = (TraceId, Purpose);

/// Texts that were left before they were saved. Kept while the window is open.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Drafts(HashMap<DraftKey, String>);

/// The text that is being written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StepDraft {
    /// The trace it belongs to.
    pub trace: TraceId,
    /// What it is for.
    pub purpose: Purpose,
    /// `Rewrite step 4`.
    pub title: String,
    /// The text that the differences are shown against; `None` where there is none.
    pub original: Option<String>,
    /// The step before it, to be read while writing; empty where the original says enough.
    pub before: String,
    /// The text as it is saved; empty where none is.
    pub saved: String,
    /// The text as typed.
    pub text: String,
    /// What sort of step it is.
    pub kind: StepKind,
    /// What sort of step it was.
    pub kind_before: StepKind,
}

/// What the dialog asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DraftRequest {
    /// Take over what was typed.
    Type(String),
    /// Make it the final answer, or a thought again.
    IsAnswer(bool),
    /// Save it; true to go on with the next step.
    Save(bool),
    /// Close the dialog and keep what was typed.
    Leave,
    /// Close the dialog and forget what was typed.
    Discard,
}

/// What the dialogs of writing ask for.
#[derive(Clone, Debug, PartialEq)]
pub enum WriteRequest {
    /// The one that writes a step.
    Draft(DraftRequest),
    /// The one that takes steps from elsewhere.
    Take(TakeRequest),
    /// The caret that cuts a step.
    Split(SplitRequest),
    /// The one that compares alternatives.
    Compare(CompareRequest),
}

impl Drafts {
    /// The text that was left there.
    pub fn get(&self, key: &DraftKey) -> Option<&str> {
        self.0.get(key).map(String::as_str)
    }

    /// Keeps a text.
    pub(crate) fn keep(&mut self, key: DraftKey, text: String) {
        self.0.insert(key, text);
    }

    /// Forgets a text.
    pub(crate) fn forget(&mut self, key: &DraftKey) {
        self.0.remove(key);
    }

    /// How many texts wait to be saved.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// True where none waits.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl StepDraft {
    /// What should stand in place of the selected step; where that is one's own, or was rewritten before, another text
    /// for it.
    pub fn instead(open: &OpenTrace, said: Option<&TraceAnnotation>) -> Option<Self> {
        let step = open.step()?;
        let written = if step.hash.is_written() { said?.written(&step.hash) } else { rewrite_of(said, &step.hash) };
        let text_of = |hash: &StepHash| Some(open.trace.step(open.find_step(hash)?)?.text.clone());
        let number = open.at + 1;
        let plain = Self { trace: open.trace.id.clone(), ..Self::empty(step.hash.clone()) };
        if let Some(own) = written {
            let title = if own.replaces.is_some() { "Rewrite" } else { "Change" };
            return Some(Self {
                purpose: Purpose::Edit(own.id.clone()),
                title: format!("{title} step {number}, as you wrote it"),
                original: Some(own.replaces.as_ref().and_then(text_of).unwrap_or_else(|| own.text.clone())),
                saved: own.text.clone(),
                text: own.text.clone(),
                kind: own.kind,
                kind_before: own.kind,
                ..plain
            });
        }
        let arguments = step.tool.as_ref().map(|tool| tool.arguments.as_str());
        let text = if step.text.is_empty() { arguments.unwrap_or_default() } else { &step.text };
        Some(Self {
            purpose: Purpose::Instead(step.hash.clone()),
            title: format!("Rewrite step {number}"),
            original: Some(text.to_owned()),
            text: text.to_owned(),
            kind: step.kind,
            kind_before: step.kind,
            ..plain
        })
    }

    /// A step after the selected one.
    pub fn after(open: &OpenTrace) -> Option<Self> {
        let step = open.step()?;
        Some(Self {
            trace: open.trace.id.clone(),
            purpose: Purpose::After(step.hash.clone()),
            title: format!("Write step {}", open.at + 2),
            before: step.text.clone(),
            ..Self::empty(step.hash.clone())
        })
    }

    fn empty(after: StepHash) -> Self {
        Self {
            trace: TraceId::default(),
            purpose: Purpose::After(after),
            title: String::new(),
            original: None,
            before: String::new(),
            saved: String::new(),
            text: String::new(),
            kind: StepKind::Thought,
            kind_before: StepKind::Thought,
        }
    }

    /// True where it can be made the final answer, or a thought again.
    pub fn can_be_answer(&self) -> bool {
        matches!(self.kind, StepKind::Thought | StepKind::Answer)
    }

    /// Makes it the final answer, or a thought again.
    pub(crate) fn set_answer(&mut self, is_answer: bool) {
        if self.can_be_answer() {
            self.kind = if is_answer { StepKind::Answer } else { StepKind::Thought };
        }
    }

    /// What names it among the texts that were left.
    pub fn key(&self) -> DraftKey {
        (self.trace.clone(), self.purpose.clone())
    }

    /// The text that stands there when nothing is typed.
    fn begin(&self) -> &str {
        if self.saved.is_empty() { self.original.as_deref().unwrap_or_default() } else { &self.saved }
    }

    /// True where something was typed that is not saved.
    pub fn is_changed(&self) -> bool {
        self.text != self.begin()
    }

    /// Why it cannot be saved; `None` where it can.
    pub fn refusal(&self) -> Option<&'static str> {
        if self.text.trim().is_empty() {
            return Some("A step needs some words");
        }
        let same = match self.purpose {
            Purpose::Instead(_) => !self.is_changed(),
            Purpose::Edit(_) => !self.is_changed() && self.kind == self.kind_before,
            Purpose::After(_) => false,
        };
        same.then_some("The text is the same as before")
    }

    /// What the log is to say, and the identity of the step.
    pub fn changes(&self, open: &OpenTrace, desk: &Reshape<'_>) -> Result<(Vec<Change>, StepHash), Refusal> {
        let (Purpose::Instead(step) | Purpose::Edit(step) | Purpose::After(step)) = &self.purpose;
        let index = open.find_step(step).filter(|_| open.trace.id == self.trace);
        let index = index.ok_or("The step that it belongs to is gone; the text stays here")?;
        match &self.purpose {
            Purpose::Instead(_) => {
                desk.rewrite(index, &self.text).map(|(changes, id)| (self.with_kind(changes, &id), id))
            }
            Purpose::Edit(step) => {
                desk.edit_written(index, &self.text).map(|changes| (self.with_kind(changes, step), step.clone()))
            }
            Purpose::After(_) => {
                let new = NewStep { text: self.text.clone(), kind: self.kind, taken_from: None };
                let (changes, ids) = desk.continue_after(Some(index), vec![new])?;
                ids.into_iter().next().map(|id| (changes, id)).ok_or("There is no text")
            }
        }
    }

    /// Gives the written step the chosen sort.
    fn with_kind(&self, mut changes: Vec<Change>, id: &StepHash) -> Vec<Change> {
        for change in &mut changes {
            if let Change::Give { label: Label::Written(step), .. } = change
                && step.id == *id
            {
                step.kind = self.kind;
            }
        }
        changes
    }
}

/// A step of the annotator's own.
pub fn written<'a>(said: &'a TraceAnnotation, step: &StepHash) -> Option<&'a WrittenStep> {
    said.written(step)
}

/// What the annotator wrote in place of that step.
fn rewrite_of<'a>(said: Option<&'a TraceAnnotation>, step: &StepHash) -> Option<&'a WrittenStep> {
    said?.labels.of_kind(LabelKind::Written).find_map(|label| match label {
        Label::Written(own) if own.id.is_written() && own.replaces.as_ref() == Some(step) => Some(own),
        _ => None,
    })
}

/// A step, named for the log.
pub fn step_ref(open: &OpenTrace, step: &StepHash) -> StepRef {
    StepRef { trace: open.trace.id.clone(), step: step.clone() }
}
