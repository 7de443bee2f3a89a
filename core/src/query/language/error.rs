//! What is wrong with a question, and where.

use std::ops::Range;

/// What is wrong with a question, and where.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}{}", hint.as_ref().map(|hint| format!("; {hint}")).unwrap_or_default())]
pub struct QueryError {
    /// The bytes of the text that are meant; empty at its end where something is lacking.
    pub span: Range<usize>,
    /// What is wrong, in a sentence without a full stop.
    pub message: String,
    /// What might have been meant, or what to do.
    pub hint: Option<String>,
}

impl QueryError {
    pub(super) fn new(span: Range<usize>, message: impl Into<String>) -> Self {
        Self { span, message: message.into(), hint: None }
    }

    pub(super) fn with_hint(self, hint: impl Into<String>) -> Self {
        Self { hint: Some(hint.into()), ..self }
    }

    /// The line of the text that is meant, with carets under the place, for terminals.
    pub fn pointed_out(&self, text: &str) -> String {
        let before = text.get(..self.span.start).unwrap_or(text);
        let line_start = before.rfind('\n').map_or(0, |at| at + 1);
        let line = text.get(line_start..).unwrap_or_default().lines().next().unwrap_or_default();
        let indent = before.get(line_start..).unwrap_or_default().chars().count();
        let marked = text.get(self.span.clone()).unwrap_or_default().lines().next().unwrap_or_default();
        format!("{line}\n{}{}", " ".repeat(indent), "^".repeat(marked.chars().count().max(1)))
    }
}
