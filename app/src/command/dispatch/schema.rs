//! The dialog of what annotators are asked for: opening it, saving what was entered.

use stepscope_core::annotation::LabelSchema;
use stepscope_core::job::{Job, JobError, Outcome};

use super::proposals;
use crate::app::App;
use crate::state::DialogState;
use crate::state::schema_draft::SchemaDraft;

/// Opens the dialog.
pub(super) fn begin(app: &mut App) {
    let Some(project) = &app.project else { return };
    app.view.dialog = Some(DialogState::Schema(Box::new(SchemaDraft::new(project.schema.clone()))));
}

/// Makes the schema of the dialog the project's.
pub(super) fn save(app: &mut App) {
    let (Some(project), Some(DialogState::Schema(draft))) = (&app.project, &app.view.dialog) else { return };
    if !project.can_write() || app.jobs.schema.is_some() {
        return;
    }
    let (schema, dir) = (draft.ready(), project.dir().clone());
    let job = Job::spawn("save schema", std::sync::Arc::clone(&app.wake), move |_| {
        schema.save(&dir).map_err(|error| JobError::from_error(&error))
    });
    app.jobs.schema = app.started(job);
}

/// Takes over what was saved, or tells in the dialog why it was not.
pub(crate) fn saved(app: &mut App, outcome: Outcome<LabelSchema>) {
    match outcome {
        Outcome::Done(schema) => {
            let detail = "Labels from now on say that they were given under it; those given before stay as they are";
            app.notices.info(format!("{}: revision {} saved", schema.name, schema.revision), detail);
            if let Some(project) = &mut app.project {
                project.schema = schema;
            }
            // What is hidden, and which known answers are mixed in, may be otherwise now.
            proposals::refresh(app);
            app.start_query();
            if matches!(app.view.dialog, Some(DialogState::Schema(_))) {
                app.view.dialog = None;
            }
        }
        Outcome::Cancelled => {}
        Outcome::Failed(error) => match &mut app.view.dialog {
            Some(DialogState::Schema(draft)) => draft.failure = error.to_string(),
            _ => app.notices.error("Labels of the project not saved", error.to_string()),
        },
    }
}
