//! The page on agreement: what is worked out for it, and the cell that the keys go to.

use std::sync::Arc;

use stepscope_core::job::{Job, Outcome};
use stepscope_core::labels::LabelSource;

use crate::app::App;
use crate::command::dispatch::sources;
use crate::state::corpus::ProjectCorpus;
use crate::state::sources::SourcesRequest;
use crate::state::survey::{AskedAgreement, Page, agreed};

/// Takes in what the job has finished.
pub(super) fn poll(app: &mut App) {
    let Some(outcome) = app.jobs.agreement.as_mut().and_then(|(_, job)| job.poll()) else { return };
    let Some((asked, _)) = app.jobs.agreement.take() else { return };
    match outcome {
        Outcome::Done(agreed) => {
            app.jobs.shown_agreement = Some(Arc::new(agreed));
            if app.view.survey.page == Page::Agreement {
                // The first cell that says something.
                let last = compared(app).len().pow(2).saturating_sub(1);
                app.view.survey.at = app.view.survey.at.clamp(1, last.max(1));
            }
        }
        Outcome::Cancelled => app.view.sources.stopped = Some(asked),
        Outcome::Failed(error) => {
            app.view.sources.stopped = Some(asked);
            app.notices.error("Agreement not worked out", error.to_string());
        }
    }
}

/// Works out what is shown and not worked out yet.
pub(super) fn follow(app: &mut App) {
    let Some(asked) = app.asked_of_agreement() else { return };
    let is_known = app.jobs.shown_agreement.as_ref().is_some_and(|shown| shown.asked == asked);
    if is_known || app.view.sources.stopped.as_ref() == Some(&asked) {
        return;
    }
    // While scores come in, what was begun with the older ones is still worth its end.
    if app.jobs.agreement.as_ref().is_some_and(|(running, _)| running.is_older(&asked)) {
        return;
    }
    let Some(project) = &app.project else { return };
    let (corpus, rows, of) = (ProjectCorpus::later(project), app.view.rows.clone(), asked.clone());
    let job = Job::spawn("agreement", Arc::clone(&app.wake), move |ctx| agreed(of, corpus, rows, ctx));
    app.jobs.agreement = app.started(job).map(|job| (asked, job));
}

/// The sources of the matrix.
fn compared(app: &App) -> &[LabelSource] {
    let report = app.jobs.shown_agreement.as_ref().and_then(|shown| shown.report.as_ref().ok());
    report.map_or(&[], |report| report.sources.as_slice())
}

/// Moves among the cells.
pub(super) fn go(app: &mut App, across: isize, down: isize) {
    let count = compared(app).len();
    let at = &mut app.view.survey.at;
    let Some(last) = count.checked_sub(1) else { return };
    let (row, column) = (*at / count, *at % count);
    *at = row.saturating_add_signed(down).min(last) * count + column.saturating_add_signed(across).min(last);
    app.view.survey.scroll = true;
}

/// Lists what the sources of the cell dispute.
pub(super) fn enter(app: &mut App) {
    let (compared, at) = (compared(app), app.view.survey.at);
    let count = compared.len().max(1);
    let (a, b) = (compared.get(at / count), compared.get(at % count));
    if let Some((a, b)) = a.cloned().zip(b.cloned()).filter(|(a, b)| a != b) {
        sources::answer(app, SourcesRequest::ListDisputed(a, b));
    }
}

impl App {
    /// What the page on agreement is to show; `None` while it is not known which sources there are.
    pub(crate) fn asked_of_agreement(&self) -> Option<AskedAgreement> {
        let sources = self.view.sources.in_use()?.to_vec();
        Some(AskedAgreement { stamp: self.survey_stamp()?, listed: self.view.listed, sources })
    }
}
