//! What stands beside the open trace: the reference or another attempt, and which steps correspond.

use crate::app::App;
use crate::command::Command;
use crate::state::beside::BesideRequest;

pub(super) fn run(_app: &mut App, _command: Command) {}

/// Does what the side asks for.
pub(super) fn answer(_app: &mut App, request: BesideRequest) {
    match request {}
}
