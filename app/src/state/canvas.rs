//! The tree as a picture: from where it is seen, what is folded, what its colours mean.

use std::collections::HashSet;
use std::path::PathBuf;

use stepscope_core::model::{StepHash, StepIndex, TraceId};

/// The picture of the open trace's tree.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct CanvasState {
    /// It is shown instead of the outline.
    pub shown: bool,
    /// The trace that the rest is about.
    pub of: Option<(TraceId, bool)>,
    /// From where it is seen; the whole tree where `None`.
    pub camera: Option<Camera>,
    /// Width and height of the picture on screen, in points; zero before it was painted.
    pub size: [f32; 2],
    /// It was painted in the dark theme.
    pub dark: bool,
    /// What is folded.
    pub folds: Folds,
    /// What colours mean; the first that there is where `None`.
    pub colour: Option<ColourBy>,
    /// The tree is shown as it was after that iteration of the search, from 1; as it ended where `None`.
    pub iteration: Option<u32>,
}

/// A point of view.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Camera {
    /// What is at the middle of the picture, in columns of the layout.
    pub x: f32,
    /// The same in levels.
    pub y: f32,
    /// Points per column.
    pub zoom: f32,
}

/// Which branches are folded. Names of steps, so that they stay folded when the tree grows.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Folds {
    /// Folded one by one.
    pub closed: HashSet<StepHash>,
    /// Open although a rule would fold them.
    pub opened: HashSet<StepHash>,
    /// Everything below that level is folded, from 1.
    pub depth: Option<u32>,
    /// Branches that begin with a low score are folded.
    pub low: bool,
}

/// What the colour of nodes means.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ColourBy {
    /// Scores of that name.
    Series(String),
    /// What the annotator said.
    Own,
    /// Labels that came with the data.
    Imported,
    /// How it ended, at leaves; the share of right ends above them.
    Outcome,
    /// How often the search came there.
    Visits,
    /// What sort of step it is.
    Kind,
}

/// What the picture asks for.
#[derive(Clone, Debug, PartialEq)]
pub enum CanvasRequest {
    /// It is painted in that size.
    Resize {
        /// Width and height in points.
        size: [f32; 2],
        /// In the dark theme.
        dark: bool,
    },
    /// Look from there.
    Look(Camera),
    /// Look at all of it.
    Fit,
    /// Give colours that meaning.
    Colour(ColourBy),
    /// Fold the branch, or unfold it.
    Fold(StepIndex),
    /// Show it as it was after that iteration; as it ended where `None`.
    Iteration(Option<u32>),
    /// Write it into that file.
    Save(PathBuf),
}
