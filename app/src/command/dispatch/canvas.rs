//! The tree as a picture: where it is looked at from, what is folded, what its colours mean.

use crate::app::App;
use crate::command::Command;
use crate::state::canvas::CanvasRequest;

pub(super) fn run(_app: &mut App, _command: Command) {}

/// Does what the picture asks for.
pub(super) fn answer(_app: &mut App, request: CanvasRequest) {
    match request {}
}
