//! The survey, in place of the reader.

use std::time::Duration;

use eframe::egui::Ui;
use stepscope_core::job::Job;

use crate::app::App;
use crate::command::CommandSink;
use crate::panel::survey::{SurveyFrame, survey_ui};
use crate::state::survey::Page;
use crate::view_model::survey::AgreementModel;

/// So long the figures from before are painted as they were.
const PATIENCE: Duration = Duration::from_millis(150);

/// How far a job got.
fn progress_text<T: Send + 'static>(job: &Job<T>) -> String {
    let progress = job.progress();
    match progress.total {
        Some(total) => format!("{} of {total} {}", progress.done, progress.note),
        None => progress.note,
    }
}

impl App {
    /// Paints the survey.
    pub(super) fn survey(&self, ui: &mut Ui, sink: &mut CommandSink) {
        if self.view.survey.page == Page::Agreement {
            return self.agreement(ui, sink);
        }
        let shown = self.shown_survey();
        // What is there in a moment need not flicker.
        let is_long = |job: &Job<_>| shown.is_none() || job.elapsed() > PATIENCE;
        let busy = self.jobs.survey.as_ref().filter(|(_, job)| is_long(job)).map(|(_, job)| progress_text(job));
        let stopped = self.view.survey.stopped.is_some() && self.view.survey.stopped == self.asked_of_survey();
        let frame = SurveyFrame {
            state: &self.view.survey,
            model: shown.map(|shown| &shown.model),
            agreement: None,
            controls: shown.or(self.jobs.shown_survey.iter().flatten().next()).map(|shown| &shown.controls),
            compared: self.view.sources.chosen.as_deref().unwrap_or_default(),
            hidden: &self.settings.hidden_figures,
            // The table says it, where it is shown.
            only: self.view.only.as_ref().filter(|_| !self.settings.show_table).map(|only| only.name.as_str()),
            busy,
            stopped,
        };
        survey_ui(ui, &frame, sink);
    }

    /// The page on agreement, for tests too.
    pub fn agreement_model(&self) -> Option<AgreementModel> {
        let own = self.startup.annotator.as_str();
        let shown = self.jobs.shown_agreement.as_ref()?;
        Some(AgreementModel::new(shown, self.view.survey.measure, own))
    }

    fn agreement(&self, ui: &mut Ui, sink: &mut CommandSink) {
        let is_long = |job: &Job<_>| self.jobs.shown_agreement.is_none() || job.elapsed() > PATIENCE;
        let busy = self.jobs.agreement.as_ref().filter(|(_, job)| is_long(job)).map(|(_, job)| progress_text(job));
        let is_looking = self.jobs.offered.is_some() && self.view.sources.in_use().is_none();
        let stopped = self.view.sources.stopped.is_some() && self.view.sources.stopped == self.asked_of_agreement();
        let model = self.agreement_model();
        let frame = SurveyFrame {
            state: &self.view.survey,
            model: None,
            agreement: model.as_ref(),
            controls: None,
            compared: &[],
            hidden: &[],
            only: self.view.only.as_ref().filter(|_| !self.settings.show_table).map(|only| only.name.as_str()),
            busy: busy.or_else(|| is_looking.then(|| "looking for label sources".to_owned())),
            stopped,
        };
        survey_ui(ui, &frame, sink);
    }
}
