//! What was entered in the dialog of keys.

/// Choices of the dialog. Commands are named by their identity, chords as the settings write them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct KeysDraft {
    /// Words that the commands must contain.
    pub filter: String,
    /// The selected command; the first that is listed where `None`.
    pub selected: Option<&'static str>,
    /// What the next key press is for.
    pub listening: Option<Listening>,
    /// The chord that was pressed and belongs to another command; the user is asked.
    pub pressed: Option<String>,
    /// Why a chord that was pressed cannot be used.
    pub refused: Option<String>,
    /// The user asked to reset everything and has not confirmed yet.
    pub reset_all: bool,
    /// The selected line should be scrolled to.
    pub scroll: bool,
}

/// What a key press is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Listening {
    /// It becomes the only key of the command.
    Change,
    /// It becomes one more key of the command.
    Add,
}
