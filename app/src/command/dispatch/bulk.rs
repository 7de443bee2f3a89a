//! Selection, labels on many traces at once, history.

use crate::app::App;
use crate::command::Command;

pub(super) fn run(app: &mut App, command: Command) {
    let _ = (app, command);
}
