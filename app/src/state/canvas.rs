//! The tree as a picture: from where it is seen, what is folded, what its colours mean.

/// The picture of the open trace's tree.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct CanvasState {
    /// It is shown instead of the outline.
    pub shown: bool,
}

/// What the picture asks for.
#[derive(Clone, Debug, PartialEq)]
pub enum CanvasRequest {}
