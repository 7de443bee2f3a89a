//! Keeps where the annotator is, so that the project opens there again.

use std::sync::Arc;
use std::time::Duration;

use stepscope_core::job::Job;

use crate::app::App;
use crate::state::place::Place;

/// Seconds between two moves within a trace that are kept; whatever else changes is kept at once.
const STEP_SECONDS: f64 = 1.0;

/// What is kept, and when it was.
#[derive(Debug, Default)]
pub(crate) struct KeptPlace {
    place: Place,
    at: f64,
}

impl KeptPlace {
    /// This is what the file says.
    pub(crate) fn is(place: Place) -> Self {
        Self { place, at: 0.0 }
    }
}

/// Writes the place where it has changed, off the window's thread. Gives the time until it should be asked again.
pub(crate) fn keep(app: &mut App, now: f64) -> Option<Duration> {
    let place = changed(app)?;
    let only_step = place == Place { step: place.step.clone(), ..app.kept.place.clone() };
    let wait = app.kept.at + STEP_SECONDS - now;
    if only_step && wait > 0.0 {
        return Some(Duration::from_secs_f64(wait.min(STEP_SECONDS)));
    }
    if app.jobs.place.is_some() {
        return None;
    }
    let (dir, annotator) = (app.project.as_ref()?.dir().clone(), app.startup.annotator.clone());
    app.kept = KeptPlace { place: place.clone(), at: now };
    // A place that cannot be kept is no harm worth a word.
    let job = Job::spawn("keep the place", Arc::clone(&app.wake), move |_| Ok(place.save(&dir, &annotator).ok()));
    app.jobs.place = job.ok();
    None
}

/// Writes it now, before the project is closed.
pub(crate) fn keep_now(app: &mut App) {
    let Some(place) = changed(app) else { return };
    if let Some(project) = &app.project {
        place.save(project.dir(), &app.startup.annotator).ok();
        app.kept.place = place;
    }
}

/// The present place where it is not what is kept. While the table is being made there is none to keep.
fn changed(app: &App) -> Option<Place> {
    let project = app.project.as_ref().filter(|project| project.can_write())?;
    app.view.open.as_ref().filter(|_| !project.store.is_empty())?;
    let place = Place::of(&app.view);
    (place != app.kept.place).then_some(place)
}
