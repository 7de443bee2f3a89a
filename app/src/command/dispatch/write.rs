//! Steps of the annotator's own, cuts and joints, and comparing alternatives.

use crate::app::App;
use crate::command::Command;

pub(super) fn run(app: &mut App, command: Command) {
    let _ = (app, command);
}
