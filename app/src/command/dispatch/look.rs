//! Which panels are shown and how large, how dense, and in which theme.

use eframe::egui::{Context, Theme};

use crate::app::App;
use crate::command::Command;
use crate::state::look::{SizedPanel, ThemeChoice};
use crate::state::survey::Page;
use crate::ui_kit::tokens;

pub(super) fn run(app: &mut App, command: Command, ctx: &Context) {
    match command {
        Command::ToggleMinimap => app.settings.show_minimap = !app.settings.show_minimap,
        Command::ToggleTimeline => app.settings.show_timeline = !app.settings.show_timeline,
        Command::ToggleTable => app.settings.show_table = !app.settings.show_table,
        Command::ToggleFacets => app.settings.show_facets = !app.settings.show_facets,
        Command::ToggleInspector => app.settings.show_inspector = !app.settings.show_inspector,
        Command::ToggleTheme => {
            app.settings.theme = if ctx.theme() == Theme::Dark { ThemeChoice::Light } else { ThemeChoice::Dark };
            tokens::set_theme(ctx, app.settings.theme);
        }
        Command::SystemTheme => {
            app.settings.theme = ThemeChoice::System;
            tokens::set_theme(ctx, app.settings.theme);
            let name = if ctx.theme() == Theme::Dark { "dark" } else { "light" };
            let detail = app.keys.fill("{view.theme} chooses the other one for good");
            app.notices.info(format!("The theme follows the system, which is {name} now"), detail);
        }
        Command::NextDensity => {
            app.settings.density = app.settings.density.next();
            tokens::set_density(ctx, app.settings.density);
        }
        _ => return,
    }
    app.save_settings();
}

impl App {
    /// Whether what a command shows is shown, or the way it chooses is chosen; `None` for those that do something.
    pub(crate) fn is_on(&self, command: Command) -> Option<bool> {
        let settings = &self.settings;
        Some(match command {
            Command::ToggleMinimap => settings.show_minimap,
            Command::ToggleTimeline => settings.show_timeline,
            Command::ToggleTable => settings.show_table,
            Command::ToggleFacets => settings.show_facets,
            Command::ToggleInspector => settings.show_inspector,
            Command::ToggleCurve => settings.show_curve,
            Command::ToggleSurvey => self.view.survey.shown && self.view.survey.page == Page::Figures,
            Command::JudgeScorer => self.view.survey.shown && self.view.survey.page == Page::Scorer,
            Command::ShowAgreement => self.view.survey.shown && self.view.survey.page == Page::Agreement,
            Command::ToggleSources => settings.show_sources,
            Command::ToggleStrip => settings.show_strip,
            Command::ToggleImported => settings.show_imported,
            Command::ToggleFollow => settings.follow,
            Command::GoOn => settings.go_on,
            Command::SystemTheme => settings.theme == ThemeChoice::System,
            Command::ToggleSource => self.view.reading.as_written,
            Command::ToggleBeside => self.view.beside.shown,
            Command::ToggleDiff => self.view.beside.diff,
            Command::Blind => self.view.work.blind,
            Command::Halving => self.view.work.halving,
            Command::MergeAttempts => self.view.open.as_ref().is_some_and(|open| open.attempts.is_some()),
            _ => return None,
        })
    }
}

/// Keeps the size to which a panel was dragged, as a share of its room.
pub(super) fn keep_size(app: &mut App, panel: SizedPanel, share: f32) {
    app.settings.panels.set(panel, share);
    app.save_settings();
}
