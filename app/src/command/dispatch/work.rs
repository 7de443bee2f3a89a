//! Ways of working: halving, verifying, judging blind, what comes next, the sitting.

use super::{bulk, schema};
use crate::app::App;
use crate::command::Command;

pub(super) fn run(app: &mut App, command: Command) {
    match command {
        Command::Schema => schema::begin(app),
        other => bulk::run(app, other),
    }
}
