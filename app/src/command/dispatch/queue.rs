//! Which trace comes next.

use stepscope_core::query::{Queue, Sort};

use crate::app::App;
use crate::state::DialogState;

pub(super) fn begin(app: &mut App) {
    app.view.dialog = Some(DialogState::Queue(app.view.query.queue.clone()));
}

/// Lets traces come in that order from now on. The open one stays.
pub(super) fn set(app: &mut App, queue: Queue) {
    app.view.dialog = None;
    // Clicked columns would hide the order that was just chosen.
    app.view.query.sort = Sort::default();
    app.view.query.queue = queue;
    app.start_query();
}
