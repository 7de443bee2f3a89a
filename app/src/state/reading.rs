//! How the open trace is read: typeset or as written, what is folded, what is looked for.

/// How traces are read.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ReadState {
    /// Texts are shown as they are written, not typeset.
    pub as_written: bool,
}

/// What find bar and cards ask for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ReadRequest {}
