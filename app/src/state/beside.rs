//! What stands beside the open trace, and which steps correspond.

/// What stands beside the open trace.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct BesideState {
    /// It is shown.
    pub shown: bool,
}

/// What the side asks for.
#[derive(Clone, Debug, PartialEq)]
pub enum BesideRequest {}
