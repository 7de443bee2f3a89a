//! The texts that were made ready, and those that are being made so.

use std::sync::Arc;

use stepscope_core::model::StepHash;

use super::{Document, TextKind};

/// Which text it is. What is the same text has the same key, and the other way round.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum TextKey {
    /// The text of a step.
    Step(StepHash),
    /// The arguments of a step's call.
    Arguments(StepHash),
    /// Any other text, known by itself.
    Of(u64),
}

/// How far a text is.
#[derive(Clone, Debug)]
pub enum Reading {
    /// It can be shown.
    Ready(Arc<Document>),
    /// It is being made ready; meanwhile it is shown as it is written.
    Pending,
}

/// The texts that were made ready.
#[derive(Debug, Default)]
pub struct Texts {}

impl Texts {
    /// The text made ready, if it is; else it will be.
    pub fn get(&self, _key: &TextKey, text: &str, kind: &TextKind) -> Reading {
        Reading::Ready(Arc::new(Document::read(text, kind)))
    }
}
