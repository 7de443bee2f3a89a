//! The survey, in place of the reader.

use std::time::Duration;

use eframe::egui::Ui;
use stepscope_core::job::Job;

use crate::app::App;
use crate::command::CommandSink;
use crate::panel::survey::{SurveyFrame, survey_ui};

/// So long the figures from before are painted as they were.
const PATIENCE: Duration = Duration::from_millis(150);

impl App {
    /// Paints the survey.
    pub(super) fn survey(&self, ui: &mut Ui, sink: &mut CommandSink) {
        let shown = self.shown_survey();
        // What is there in a moment need not flicker.
        let is_long = |job: &Job<_>| shown.is_none() || job.elapsed() > PATIENCE;
        let busy = self.jobs.survey.as_ref().filter(|(_, job)| is_long(job)).map(|(_, job)| {
            let progress = job.progress();
            match progress.total {
                Some(total) => format!("{} of {total} {}", progress.done, progress.note),
                None => progress.note,
            }
        });
        let stopped = self.view.survey.stopped.is_some() && self.view.survey.stopped == self.asked_of_survey();
        let frame = SurveyFrame {
            state: &self.view.survey,
            model: shown.map(|shown| &shown.model),
            controls: shown.or(self.jobs.shown_survey.iter().flatten().next()).map(|shown| &shown.controls),
            hidden: &self.settings.hidden_figures,
            // The table says it, where it is shown.
            only: self.view.only.as_ref().filter(|_| !self.settings.show_table).map(|only| only.name.as_str()),
            busy,
            stopped,
        };
        survey_ui(ui, &frame, sink);
    }
}
