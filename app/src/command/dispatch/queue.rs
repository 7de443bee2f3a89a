//! Which trace comes next.

use std::collections::HashSet;

use stepscope_core::query::{LabelState, Queue, QueueOrder, Sort};

use super::asking::permitted;
use crate::app::App;
use crate::state::work::Visible;
use crate::state::{DialogState, QueueDraft};

pub(super) fn begin(app: &mut App) {
    let (listed, left) = left(app);
    let mut queue = app.view.query.queue.clone();
    // A saved schema says how many are to read each trace.
    if let Some(schema) = app.project.as_ref().map(|project| &project.schema).filter(|schema| schema.revision > 0) {
        queue.readers = schema.readers.max(1);
    }
    app.view.dialog = Some(DialogState::Queue(QueueDraft { queue, listed, left }));
}

/// Lets traces come in that order from now on. The open one stays.
pub(super) fn set(app: &mut App, queue: Queue) {
    if queue.order.tells() && !permits_telling(permitted(app)) {
        let detail = "Its order would tell what you are not to see yet";
        return app.notices.info("This order is not for judging blind", detail);
    }
    app.view.dialog = None;
    // Clicked columns would hide the order that was just chosen.
    app.view.query.sort = Sort::default();
    app.view.asking.by = None;
    app.view.query.queue = queue;
    app.start_query();
}

/// An order was stopped before it was made: traces come as their source has them.
pub(crate) fn order_stopped(app: &mut App) {
    let order = &mut app.view.query.queue.order;
    if *order != QueueOrder::File {
        *order = QueueOrder::File;
        app.start_query();
        let again = app.keys.fill("{work.queue} chooses an order again");
        app.notices.info("Traces are listed in the order of the source", again);
    }
}

/// Whether an order may tell of scores and of what others said.
pub(super) const fn permits_telling(permitted: Visible) -> bool {
    permitted.scores && permitted.proposal
}

/// How many traces the table lists, and how many of them are not labelled.
fn left(app: &App) -> (usize, usize) {
    let Some(project) = &app.project else { return (0, 0) };
    let labelled =
        project.annotations().traces().filter(|(_, said)| LabelState::new(Some(said)) != LabelState::Unlabelled);
    let rows = &app.view.rows;
    // Without a filter every labelled trace is listed; with one, those are looked for.
    let count = if rows.len() == project.store.len() {
        labelled.count()
    } else {
        let listed: HashSet<u32> = rows.iter().copied().collect();
        labelled.filter(|(id, _)| project.store.row_of(id).is_some_and(|row| listed.contains(&row))).count()
    };
    (rows.len(), rows.len().saturating_sub(count))
}
