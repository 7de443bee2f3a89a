//! Labels beside rating, first error and status: kinds of errors, scales, tags, critiques, links.

use crate::app::App;
use crate::command::Command;

pub(super) fn run(app: &mut App, command: Command) {
    let _ = (app, command);
}
