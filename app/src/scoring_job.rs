//! Scoring in the background: worker processes that keep their model, fed from a queue that the view reorders.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::io;
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::{Duration, Instant};

use stepscope_core::annotation::{Annotations, TraceAnnotation, overlaid};
use stepscope_core::job::{JobError, Outcome, Wake};
use stepscope_core::model::{ScoreKind, StepHash, TraceId};
use stepscope_core::scoring::{
    PoolEvent, PoolSpec, PoolStatus, ScoreBook, ScoreQueue, ScoringPool, TreeText, WorkerSpec,
};
use stepscope_core::store::Store;

use crate::app::App;
use crate::state::workers::origin;

/// What the annotator said of the traces whose steps were cut, joined or written: those are scored as shown.
type Reshaped = Arc<Mutex<HashMap<TraceId, TraceAnnotation>>>;
/// What the scores of each row will be kept under: its steps when it was given to a worker.
type Sent = Mutex<HashMap<u32, Vec<StepHash>>>;

/// Workers with their model, at work or waiting for more.
pub struct ScoringJob {
    pool: ScoringPool,
    workers: Vec<WorkerSpec>,
    /// Where scores come from, of the workers that run; one slot for each.
    origins: Vec<Option<String>>,
    /// The name under which the project keeps the scores, and what they mean; known once a model is loaded.
    scorer: Arc<OnceLock<(String, ScoreKind)>>,
    busy_since: Option<Instant>,
    /// Why steps or traces have no score, since it began to work.
    troubles: Vec<String>,
    /// The rows that were to be scored, and how many were, since it began to work.
    asked: HashSet<u32>,
    scored: usize,
    /// Critiques being written: row, step and number of the critique.
    critiques: BTreeMap<(u32, u32, u32), String>,
    reshaped: Reshaped,
}

impl ScoringJob {
    /// Starts the workers, which load the model.
    pub fn start(spec: PoolSpec, store: Store, book: ScoreBook, wake: Wake) -> io::Result<Self> {
        let workers = spec.workers.clone();
        let scorer: Arc<OnceLock<(String, ScoreKind)>> = Arc::default();
        let (known, adopted, texts, done) = (Arc::clone(&scorer), Arc::clone(&scorer), store, book.clone());
        let reshaped = Reshaped::default();
        let (shapes, sent) = (Arc::clone(&reshaped), Arc::new(Sent::default()));
        let given = Arc::clone(&sent);
        let text_of = move |row: u32| {
            let trace = texts.trace(row).map_err(|error| error.to_string())?;
            let said = locked(&shapes).get(&trace.id).cloned();
            let trace = said.and_then(|said| overlaid(&trace, &said)).unwrap_or(trace);
            let keys = trace.score_keys();
            let scorer = known.get().map_or("", |(name, _)| name.as_str());
            // Scored before, perhaps in an earlier run: nothing to do.
            let missing = keys.iter().any(|key| done.get(scorer, key).is_none());
            // The annotator may cut and join steps while they are being scored.
            locked(&given).insert(row, keys);
            Ok(missing.then(|| TreeText::from_trace(&trace)))
        };
        let keep = move |event: &PoolEvent| keep(event, &sent, &book, &adopted);
        let pool = ScoringPool::start(spec, ScoreQueue::new(), text_of, keep, wake)?;
        let origins = vec![None; workers.len()];
        Ok(Self {
            pool,
            workers,
            origins,
            scorer,
            busy_since: Some(Instant::now()),
            troubles: Vec::new(),
            asked: HashSet::new(),
            scored: 0,
            critiques: BTreeMap::new(),
            reshaped,
        })
    }

    /// Adds rows, that one first, and goes on where it was paused. Steps are scored as the annotator made them by now.
    pub fn add(&mut self, first: Option<u32>, rows: &[u32], said: &Annotations) {
        let reshaped = said.traces().filter(|(_, said)| said.is_reshaped());
        *locked(&self.reshaped) = reshaped.map(|(trace, said)| (trace.clone(), said.clone())).collect();
        let queue = self.pool.queue();
        queue.resume();
        queue.push(rows.iter().copied());
        self.asked.extend(rows.iter().copied().chain(first));
        if let Some(first) = first {
            queue.prefer(first);
        }
        self.busy_since.get_or_insert_with(Instant::now);
    }

    /// Scores that row next, if it waits.
    pub fn prioritise(&self, row: u32) {
        self.pool.queue().hurry(row);
    }

    /// Gives out no more rows, or does again.
    pub fn toggle_pause(&self) {
        let queue = self.pool.queue();
        if queue.is_paused() { queue.resume() } else { queue.pause() }
    }

    /// True while something is loaded, scored or paused.
    pub fn is_busy(&self) -> bool {
        self.busy_since.is_some()
    }

    /// How far it got.
    pub fn status(&self) -> PoolStatus {
        self.pool.status()
    }

    /// Who scores, what the scores mean, and where they come from.
    pub fn source(&self) -> String {
        let mut parts: Vec<String> = Vec::new();
        if let Some((name, kind)) = self.scorer.get() {
            parts.push(format!("{name} ({})", kind.name()));
        }
        parts.extend(self.origins.iter().flatten().cloned());
        parts.join(" · ")
    }

    /// What a judge has written so far of a step that it has not judged yet.
    pub fn critique(&self, row: u32, step: u32) -> String {
        let of_step = self.critiques.range((row, step, 0)..=(row, step, u32::MAX));
        of_step.map(|(_, text)| text.trim()).collect::<Vec<_>>().join("\n\n---\n\n")
    }

    /// Time since it began to work.
    pub fn elapsed(&self) -> Duration {
        self.busy_since.map_or(Duration::ZERO, |since| since.elapsed())
    }

    /// Asks it to stop; finished scores stay.
    pub fn cancel(&self) {
        self.pool.cancel();
    }
}

/// Writes scores down on the pool's threads, so that the window never waits for the disk.
fn keep(
    event: &PoolEvent,
    sent: &Sent,
    book: &ScoreBook,
    scorer: &OnceLock<(String, ScoreKind)>,
) -> Result<(), JobError> {
    match event {
        PoolEvent::Loaded { scorer: info, .. } => {
            scorer.set((book.adopt(info), info.kind)).ok();
        }
        PoolEvent::Scored { row, scores } => {
            let keys = locked(sent).remove(row).unwrap_or_default();
            let values = scores.by_step(&keys);
            let name = scorer.get().map_or("", |(name, _)| name.as_str());
            book.append(name, &values).map_err(|e| JobError::from_error(&e))?;
        }
        PoolEvent::Started { .. }
        | PoolEvent::Critique { .. }
        | PoolEvent::Failed { .. }
        | PoolEvent::Lost { .. }
        | PoolEvent::Idle => {}
    }
    Ok(())
}

fn locked<T>(shared: &Mutex<T>) -> MutexGuard<'_, T> {
    shared.lock().unwrap_or_else(PoisonError::into_inner)
}

/// How many traces were scored of those that were asked for, and what became of the others of the project.
fn tally(scored: usize, asked: usize, all: usize, has_trouble: bool) -> (String, String) {
    if asked <= 1 {
        let title = if scored == 0 && !has_trouble { "The trace had its scores" } else { "Scored" };
        return (title.to_owned(), String::new());
    }
    let listed = if asked < all { " listed" } else { "" };
    let others = all.saturating_sub(asked);
    let rest = match others {
        0 => String::new(),
        1 => "1 other trace is not listed".to_owned(),
        _ => format!("{others} other traces are not listed"),
    };
    let had = if scored < asked && !has_trouble { "; the others had their scores" } else { "" };
    (format!("Scored {scored} of {asked}{listed} traces{had}"), rest)
}

/// Takes in what the workers did since the last frame.
pub(crate) fn poll(app: &mut App) {
    let Some(job) = &mut app.jobs.scoring else { return };
    // Polled first, so that the last events before the end are not missed.
    let outcome = job.pool.poll();
    let (mut finished, mut loaded) = (false, false);
    for event in job.pool.events() {
        // Rows may have been added just after it had said that nothing waits.
        if matches!(event, PoolEvent::Scored { .. } | PoolEvent::Failed { .. }) {
            finished = false;
            job.busy_since.get_or_insert_with(Instant::now);
        }
        let trouble = match event {
            PoolEvent::Started { worker, greeting } => {
                if let (Some(spec), Some(slot)) = (job.workers.get(worker), job.origins.get_mut(worker)) {
                    *slot = Some(origin(spec, &greeting));
                }
                None
            }
            PoolEvent::Loaded { .. } => {
                app.view.scorer = job.scorer.get().map(|(name, _)| name.clone());
                loaded = true;
                None
            }
            PoolEvent::Critique { row, step, sample, text } => {
                job.critiques.entry((row, step, sample)).or_default().push_str(&text);
                None
            }
            PoolEvent::Scored { row, scores } => {
                job.scored += 1;
                job.critiques.retain(|(of, ..), _| *of != row);
                app.view.has_scores = true;
                let unscored = scores.unscored.into_iter().find(|step| !step.abstained);
                unscored.map(|step| format!("{}, step {}: {}", scores.id, step.step + 1, step.reason))
            }
            PoolEvent::Failed { row, reason } => Some(format!("trace in row {}: {reason}", row + 1)),
            PoolEvent::Lost { worker, reason, left } => {
                if let Some(slot) = job.origins.get_mut(worker) {
                    *slot = None;
                }
                let others = if left == 1 { "Another goes on".into() } else { format!("{left} others go on") };
                app.notices.warning("A scoring worker is lost", format!("{others} with its traces. {reason}"));
                None
            }
            PoolEvent::Idle => {
                // It may have been said before the user asked for more.
                finished = job.pool.queue().is_idle();
                None
            }
        };
        job.troubles.extend(trouble);
    }
    if finished {
        job.busy_since = None;
        let (asked, all) = (std::mem::take(&mut job.asked).len(), app.project.as_ref().map_or(0, |p| p.store.len()));
        let (scored, troubles) = (std::mem::take(&mut job.scored).min(asked), std::mem::take(&mut job.troubles));
        let (title, rest) = tally(scored, asked, all, !troubles.is_empty());
        match troubles.as_slice() {
            [] => {
                let kept = "The scores are kept in the project; scoring again costs nothing";
                app.notices.info(title, [rest.as_str(), kept].join("\n").trim_start());
            }
            [first, others @ ..] => {
                let more = if others.is_empty() { String::new() } else { format!(" (and {} more)", others.len()) };
                let detail = format!("{first}{more}\n{title}. {rest}");
                app.notices.warning("Not every step could be scored", detail.trim_end());
            }
        }
    }
    if loaded || finished || outcome.is_some() {
        app.scores_changed();
    }
    match outcome {
        None => {}
        Some(outcome) => {
            app.jobs.scoring = None;
            match outcome {
                Outcome::Done(_) => {}
                Outcome::Cancelled => app.notices.info("Scoring stopped", "Finished scores are kept"),
                Outcome::Failed(error) => {
                    let again = app.keys.fill("{score.trace} or {score.all} starts it again");
                    let detail = format!("{error}\nLabels and finished scores are kept. {again}");
                    app.notices.error("Scoring stopped", detail);
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_scored_is_counted() {
        let check = |scored, asked, all, expected: (&str, &str)| {
            let (title, rest) = tally(scored, asked, all, false);
            assert_eq!((title.as_str(), rest.as_str()), expected);
        };
        check(1, 1, 400, ("Scored", ""));
        check(0, 1, 400, ("The trace had its scores", ""));
        check(400, 400, 400, ("Scored 400 of 400 traces", ""));
        check(300, 400, 400, ("Scored 300 of 400 traces; the others had their scores", ""));
        let rest = "329 other traces are not listed";
        check(0, 71, 400, ("Scored 0 of 71 listed traces; the others had their scores", rest));
        check(70, 70, 71, ("Scored 70 of 70 listed traces", "1 other trace is not listed"));
        assert_eq!(tally(9, 10, 10, true).0, "Scored 9 of 10 traces");
    }
}
