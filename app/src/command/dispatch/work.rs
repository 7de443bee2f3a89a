//! Ways of working: halving, verifying, judging blind, what comes next, the sitting.

use super::bulk;
use crate::app::App;
use crate::command::Command;

pub(super) fn run(app: &mut App, command: Command) {
    bulk::run(app, command);
}
