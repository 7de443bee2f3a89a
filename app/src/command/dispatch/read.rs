//! Reading the open trace: finding, folding, typeset or as written.

use crate::app::App;
use crate::command::Command;
use crate::state::reading::ReadRequest;

pub(super) fn run(app: &mut App, command: Command) {
    match command {
        Command::ToggleSource => app.view.reading.as_written = !app.view.reading.as_written,
        Command::Find | Command::FindNext | Command::FindPrevious | Command::FoldStep | Command::FoldAll => {}
        Command::NextLowScore | Command::NextToolError | Command::NextEdit | Command::CallPartner => {
            super::shape::run(app, command);
        }
        Command::ToggleBeside
        | Command::ChooseBeside
        | Command::BesideNext
        | Command::BesidePrevious
        | Command::LinkBeside
        | Command::ToggleDiff
        | Command::Parting => super::beside::run(app, command),
        _ => super::canvas::run(app, command),
    }
}

/// Does what find bar and cards ask for.
pub(super) fn answer(app: &mut App, request: ReadRequest) {
    if let ReadRequest::ScrollTo(spot) = request {
        app.view.reading.scroll_to = Some(spot);
    }
}
