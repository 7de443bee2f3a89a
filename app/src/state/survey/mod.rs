//! The survey: figures of the listed traces, and how well a scorer does, in the middle of the window.

mod agreement;
mod choices;
mod work;

use std::cell::Cell;
use std::path::PathBuf;

use stepscope_core::evaluate::{Failure, Threshold};

pub use agreement::{Agreed, AskedAgreement, Measure, TOO_FEW, agreed, listing};
pub use choices::{Offered, SurveyChoices, offered};
pub use work::{Asked, Kept, Plotted, Stamp, SurveyJob, Surveyed};

/// What the survey shows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Page {
    /// Figures of the traces.
    #[default]
    Figures,
    /// How well a scorer does.
    Scorer,
    /// How far label sources agree.
    Agreement,
}

/// The survey as it is shown.
#[derive(Clone, Debug, Default)]
pub struct SurveyState {
    /// It takes the place of the reader.
    pub shown: bool,
    /// What it shows.
    pub page: Page,
    /// What it is about.
    pub choices: SurveyChoices,
    /// The figure that the keys go to, by its place; on the page of agreement, the cell of the matrix.
    pub at: usize,
    /// That figure fills the survey.
    pub enlarged: bool,
    /// The mark of the enlarged figure that the keys go to.
    pub mark: Option<usize>,
    /// The survey should scroll to the figure that the keys go to.
    pub scroll: bool,
    /// What the matrix of agreement shows.
    pub measure: Measure,
    /// The user stopped working this out; it begins again with another choice.
    pub stopped: Option<Asked>,
    /// How many figures stand side by side; written back while they are painted.
    pub across: Cell<usize>,
}

/// What the survey asks for.
#[derive(Clone, Debug, PartialEq)]
pub enum SurveyRequest {
    /// Show that page.
    Page(Page),
    /// Choose otherwise.
    Choose(SurveyChoices),
    /// Show another measure of agreement.
    Measure(Measure),
    /// Give the keys to that figure.
    Select(usize),
    /// Let that figure fill the survey, or show all of them again.
    Enlarge(usize),
    /// Go so many figures, or marks of the enlarged one, on: across and down.
    Move(isize, isize),
    /// Enter: let the figure fill the survey; in it, list what the mark counts.
    Enter,
    /// Escape: show all figures again, then the reader.
    Back,
    /// Backspace: list again what was listed before the last mark.
    Widen,
    /// List the traces that a mark counts: figure, series, mark.
    List(usize, usize, usize),
    /// List all others.
    ListOthers(usize, usize, usize),
    /// List the traces that some marks of a series count.
    ListSpan(usize, std::ops::Range<usize>),
    /// List the traces that these marks of a figure count, by series and mark.
    ListMarks(usize, Vec<(usize, usize)>),
    /// List the traces that are judged wrongly in that way.
    Wrong(Failure),
    /// Take another threshold.
    Threshold(Threshold),
    /// Show a figure, by its name, or leave it out.
    ShowFigure(String, bool),
    /// Ask where to save it.
    AskSave(ToSave),
    /// Save it there.
    Save(ToSave, PathBuf),
    /// Put a counted figure into the clipboard, as a picture.
    Copy(usize),
    /// Show the reader again.
    Close,
    /// Begin again what was stopped.
    Again,
}

/// What can be saved.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ToSave {
    /// A figure as a drawing, by its place among all that were worked out.
    Drawing(usize),
    /// The numbers of a figure, as CSV.
    Numbers(usize),
    /// The report on the scorer: HTML, or Markdown where the name says so.
    Report,
}
