//! Reward models: which one, what to score.

use std::path::Path;
use std::sync::Arc;

use stepscope_core::scoring::ScorerInfo;

use crate::app::App;
use crate::command::Command;
use crate::scoring_job::ScoringJob;
use crate::state::workers::pool_of;

pub(super) fn run(app: &mut App, command: Command) {
    match command {
        Command::ChooseModel => super::models::begin(app),
        Command::ScoreTrace => {
            let row = app.view.open.as_ref().map(|open| open.row);
            score(app, row, &[]);
        }
        Command::ScoreAll => {
            let row = app.view.open.as_ref().map(|open| open.row).filter(|row| app.view.rows.contains(row));
            let rows = app.view.rows.clone();
            score(app, row, &rows);
        }
        Command::NextAggregate => {
            let next = app.settings.next_aggregate();
            app.settings.aggregate = next.name().into();
            app.save_settings();
            app.scores_changed();
        }
        Command::PauseScoring => {
            if let Some(job) = &app.jobs.scoring {
                job.toggle_pause();
            }
        }
        Command::ToggleCritiques => toggle_critiques(app),
        Command::StopScoring => {
            if let Some(job) = &app.jobs.scoring {
                job.cancel();
            }
        }
        _ => {}
    }
}

fn score(app: &mut App, first: Option<u32>, rows: &[u32]) {
    if app.jobs.scoring.is_none() {
        let Some(project) = &app.project else { return };
        let settings = &app.settings;
        let spec = pool_of(
            &settings.workers,
            Some(project.dir().path()),
            &app.startup,
            settings.scoring_model(),
            &settings.device,
            settings.dtype,
        );
        let spec = spec.map(|spec| spec.writing(settings.writing()));
        let (store, book) = (project.store.clone(), project.scores.clone());
        let started = spec.and_then(|spec| {
            ScoringJob::start(spec, store, book, Arc::clone(&app.wake)).map_err(|error| error.to_string())
        });
        match started {
            Ok(job) => app.jobs.scoring = Some(job),
            Err(error) => return app.notices.error("Scoring not started", error),
        }
    }
    if let (Some(job), Some(project)) = (&mut app.jobs.scoring, &app.project) {
        job.add(first, rows, project.annotations());
    }
}

/// Lets judges write from now on, or judge at once.
fn toggle_critiques(app: &mut App) {
    app.settings.critiques = u32::from(app.settings.critiques == 0);
    app.save_settings();
    // The workers were loaded for the other way.
    app.jobs.scoring = None;
    let (title, detail) = if app.settings.critiques > 0 {
        (
            "Judges write critiques",
            "For GenPRM, ThinkPRM and their like; settings.toml sets how many and how long. {score.trace} scores this trace",
        )
    } else {
        ("Judges give verdicts at once", "Critiques that were written stay")
    };
    app.notices.info(title, app.keys.fill(detail));
}

/// Uses the model in that folder from now on.
pub(super) fn use_model(app: &mut App, folder: &Path) {
    let is_built_in = folder.to_string_lossy().starts_with("builtin:");
    let holds = |name: &str| folder.join(name).is_file();
    if !is_built_in && !holds("config.json") && !holds("adapter_config.json") {
        let detail =
            format!("A model folder holds config.json, tokenizer.json and safetensors files: {}", folder.display());
        return app.notices.error("This is no model folder", detail);
    }
    let stopped = app.jobs.scoring.take().is_some_and(|job| job.is_busy());
    let keys = app.keys.fill("{score.trace} scores this trace, {score.all} all");
    let stopped = if stopped { ". Scoring with the other one was stopped; what it had scored is kept" } else { "" };
    app.notices.info("Reward model chosen", format!("{}. {keys}{stopped}", folder.display()));
    let model = folder.to_string_lossy().into_owned();
    // What it has scored before is shown at once.
    let scorers = app.project.as_ref().map(|project| project.scores.scorers()).unwrap_or_default();
    let is_it = |scorer: &&ScorerInfo| scorer.model == model || format!("builtin:{}", scorer.name) == model;
    if let Some(scorer) = scorers.iter().find(is_it) {
        show_scorer(app, scorer.name.clone());
    }
    app.settings.model = Some(model);
    app.save_settings();
}

/// Shows the scores of that scorer in table and gutter.
pub(super) fn show_scorer(app: &mut App, name: String) {
    app.view.scorer = Some(name);
    app.scores_changed();
}
