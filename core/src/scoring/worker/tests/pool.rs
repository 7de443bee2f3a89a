//! Pools of workers on one queue: order, losses, memory, silence, stopping and pausing.

use std::collections::BTreeMap;

use super::*;
use crate::model::{Problem, TraceBuilder};

const SOON: Duration = Duration::from_secs(30);

fn member(name: &str, launch: Launch) -> WorkerSpec {
    WorkerSpec { name: name.into(), launch, source: ModelSource::default() }
}

/// Workers that behave so.
fn spec(behaviours: &[&str]) -> PoolSpec {
    let workers = behaviours.iter().map(|behaviour| member(behaviour, this_binary(behaviour))).collect();
    PoolSpec { workers, silence: None }
}

fn closed(rows: impl IntoIterator<Item = u32>) -> ScoreQueue {
    let queue = ScoreQueue::new();
    queue.push(rows);
    queue.close();
    queue
}

#[expect(clippy::unnecessary_wraps, reason = "a pool asks for text in this way")]
fn text_of(row: u32) -> Result<Option<TreeText>, String> {
    Ok(Some(tree(&format!("row {row}"))))
}

fn rows(events: &[PoolEvent]) -> Vec<u32> {
    let row = |event: &PoolEvent| match event {
        PoolEvent::Scored { row, .. } => Some(*row),
        _ => None,
    };
    events.iter().filter_map(row).collect()
}

fn scores(events: &[PoolEvent]) -> BTreeMap<u32, TreeScores> {
    let scored = |event: &PoolEvent| match event {
        PoolEvent::Scored { row, scores } => Some((*row, scores.clone())),
        _ => None,
    };
    events.iter().filter_map(scored).collect()
}

fn failures(events: &[PoolEvent]) -> Vec<(u32, String)> {
    let failed = |event: &PoolEvent| match event {
        PoolEvent::Failed { row, reason } => Some((*row, reason.clone())),
        _ => None,
    };
    events.iter().filter_map(failed).collect()
}

fn losses(events: &[PoolEvent]) -> Vec<String> {
    let lost = |event: &PoolEvent| match event {
        PoolEvent::Lost { reason, .. } => Some(reason.clone()),
        _ => None,
    };
    events.iter().filter_map(lost).collect()
}

/// Runs a pool to its end.
fn run(spec: &PoolSpec, queue: &ScoreQueue) -> (Result<PoolSummary, JobError>, Vec<PoolEvent>) {
    let mut events = Vec::new();
    let mut keep = |event: &PoolEvent| {
        events.push(event.clone());
        Ok(())
    };
    let result = run_pool(spec, queue, &text_of, &mut keep, &here());
    (result, events)
}

fn end(pool: &mut ScoringPool) -> Outcome<PoolSummary> {
    let deadline = Instant::now() + SOON;
    loop {
        if let Some(outcome) = pool.poll() {
            return outcome;
        }
        assert!(Instant::now() < deadline, "the pool did not end");
        thread::sleep(Duration::from_millis(2));
    }
}

fn until(pool: &ScoringPool, events: &mut Vec<PoolEvent>, seen: impl Fn(&[PoolEvent]) -> bool) {
    let deadline = Instant::now() + SOON;
    while !seen(events) {
        assert!(Instant::now() < deadline, "not seen in {events:?}");
        events.extend(pool.events());
        thread::sleep(Duration::from_millis(2));
    }
}

#[test]
fn what_is_looked_at_comes_first() {
    let queue = ScoreQueue::new();
    queue.push([0, 1, 2, 3, 2]);
    queue.hurry(9);
    queue.hurry(3);
    let shared = queue.clone();
    let text_of = move |row: u32| {
        if row == 3 {
            shared.hurry(2);
        }
        match row {
            0 => Ok(None),
            1 => Err("the store is gone".into()),
            _ => text_of(row),
        }
    };
    let mut pool = ScoringPool::start(spec(&["prompt"]), queue, text_of, |_| Ok(()), quiet()).unwrap();
    let mut events = Vec::new();
    until(&pool, &mut events, |events| events.contains(&PoolEvent::Idle));
    assert!(matches!(events[..2], [PoolEvent::Started { .. }, PoolEvent::Loaded { .. }]), "{events:?}");
    assert_eq!(rows(&events), [3, 2]);
    assert_eq!(failures(&events), [(1, "the store is gone".into())]);
    assert!(pool.queue().is_idle());
    pool.queue().push([5]);
    pool.queue().close();
    let outcome = end(&mut pool);
    assert!(matches!(outcome, Outcome::Done(PoolSummary { scored: 3, failed: 1 })), "{outcome:?}");
    assert_eq!(rows(&pool.events()), [5]);
}

#[test]
fn one_of_two_is_killed_half_way_and_every_step_is_scored_once() {
    let (alone, expected) = run(&spec(&["prompt"]), &closed(0..30));
    assert_eq!(alone, Ok(PoolSummary { scored: 30, failed: 0 }));
    for behaviour in ["exit-after:5", "abort-after:5"] {
        // Neither takes so long that the other does everything before it is there.
        let (result, events) = run(&spec(&["slow:60", behaviour]), &closed(0..30));
        assert_eq!(result, Ok(PoolSummary { scored: 30, failed: 0 }), "{behaviour}");
        assert_eq!(rows(&events).len(), 30, "{behaviour}: once each");
        assert_eq!(scores(&events), scores(&expected), "{behaviour}: the same numbers");
        let losses = losses(&events);
        assert!(losses.len() == 1 && losses[0].contains("a word from the worker"), "{losses:?}");
    }
}

#[test]
fn another_pool_takes_up_what_lost_workers_left() {
    let queue = closed(0..4);
    let (result, events) = run(&spec(&["exit-after:2"]), &queue);
    let Err(JobError::Failed(reason)) = result else { panic!("{result:?}") };
    assert!(reason.starts_with("the scoring worker ended (exit status 3)"), "{reason}");
    assert_eq!((rows(&events), queue.len(), queue.held()), (vec![0, 1], 2, 0));
    let (result, events) = run(&spec(&["prompt"]), &queue);
    assert_eq!((result, rows(&events)), (Ok(PoolSummary { scored: 2, failed: 0 }), vec![2, 3]));
    let absent = member("absent", Launch::new("no-such-program", [""; 0]));
    let workers = PoolSpec { workers: vec![absent.clone(), absent], silence: None };
    let (result, _) = run(&workers, &closed(0..4));
    let Err(JobError::Failed(reason)) = result else { panic!("{result:?}") };
    assert!(reason.starts_with("every scoring worker is lost\nabsent: the scoring worker cannot"), "{reason}");
}

#[test]
fn an_absent_or_silent_worker_is_replaced() {
    let mut spec = spec(&["slow:20", "stall"]);
    spec.workers.push(member("absent", Launch::new("no-such-program", [""; 0])));
    spec.silence = Some(Duration::from_millis(700));
    let mut pool = ScoringPool::start(spec, ScoreQueue::new(), text_of, |_| Ok(()), quiet()).unwrap();
    let mut events = Vec::new();
    // Both stand ready when the rows come, so that the silent one gets some.
    let loaded = |events: &[PoolEvent]| events.iter().filter(|e| matches!(e, PoolEvent::Loaded { .. })).count();
    until(&pool, &mut events, |events| loaded(events) == 2);
    pool.queue().push(0..40);
    until(&pool, &mut events, |events| rows(events).len() == 40 && losses(events).len() == 2);
    assert_eq!(scores(&events).len(), 40);
    assert_eq!(rows(&events).len(), 40);
    let losses = losses(&events).join("\n");
    assert!(losses.contains("absent: the scoring worker cannot be started"), "{losses}");
    assert!(losses.contains("stall: the scoring worker was silent for 0.7 s"), "{losses}");
    pool.queue().close();
    assert!(matches!(end(&mut pool), Outcome::Done(PoolSummary { scored: 40, failed: 0 })));
}

#[test]
fn a_slow_worker_holds_nobody_up() {
    let begun = Instant::now();
    let (result, events) = run(&spec(&["prompt", "slow:400"]), &closed(0..200));
    assert_eq!(result, Ok(PoolSummary { scored: 200, failed: 0 }));
    assert_eq!(scores(&events).len(), 200);
    assert!(begun.elapsed() < Duration::from_secs(20), "alone it would take 80 s: {:?}", begun.elapsed());
}

#[test]
fn what_is_too_much_at_once_is_scored_in_parts() {
    let (result, events) = run(&spec(&["cramped:3"]), &closed(0..20));
    assert_eq!(result, Ok(PoolSummary { scored: 20, failed: 0 }));
    assert_eq!(rows(&events), (0..20).collect::<Vec<_>>(), "in order");
    let (result, events) = run(&spec(&["cramped:0"]), &closed(0..3));
    assert_eq!(result, Ok(PoolSummary { scored: 0, failed: 3 }));
    assert!(failures(&events).iter().all(|(_, reason)| reason.starts_with("out of memory")), "{events:?}");
}

#[test]
fn a_pool_outlives_traces_that_fail() {
    let (result, events) = run(&spec(&["fail"]), &closed(0..3));
    assert_eq!(result, Ok(PoolSummary { scored: 0, failed: 3 }));
    let reason = "the computation failed: the fake scorer was told to fail";
    assert!(failures(&events).iter().all(|(_, found)| found == reason), "{events:?}");
}

#[test]
fn scores_that_cannot_be_kept_end_the_pool() {
    let queue = closed(0..9);
    let full = || JobError::Failed("the disk is full".into());
    let mut refuse = |event: &PoolEvent| match event {
        PoolEvent::Scored { .. } => Err(full()),
        _ => Ok(()),
    };
    let result = run_pool(&spec(&["prompt", "prompt"]), &queue, &text_of, &mut refuse, &here());
    assert_eq!((result, queue.len(), queue.held()), (Err(full()), 9, 0));
}

#[test]
fn stopping_takes_no_time() {
    // The limit is ten times what is aimed at, for computers that are busy with other tests.
    for (behaviour, seen) in [("stall", 1), ("slow:60000", 1), ("prompt", 2)] {
        let queue = ScoreQueue::new();
        queue.push(0..5);
        let mut pool = ScoringPool::start(spec(&[behaviour, behaviour]), queue, text_of, |_| Ok(()), quiet()).unwrap();
        let loaded = |event: &&PoolEvent| matches!(event, PoolEvent::Loaded { .. });
        until(&pool, &mut Vec::new(), |events| events.iter().filter(loaded).count() >= seen);
        thread::sleep(Duration::from_millis(50));
        let asked = Instant::now();
        pool.cancel();
        assert!(matches!(end(&mut pool), Outcome::Cancelled), "{behaviour}");
        assert!(asked.elapsed() < Duration::from_secs(2), "{behaviour}: {:?}", asked.elapsed());
        let left = pool.queue().len() + scores(&pool.events()).len();
        assert_eq!((left, pool.queue().held()), (if behaviour == "prompt" { left } else { 5 }, 0), "{behaviour}");
    }
}

#[test]
fn a_paused_pool_waits() {
    let queue = ScoreQueue::new();
    queue.push(0..1000);
    let pool = ScoringPool::start(spec(&["slow:5"]), queue, text_of, |_| Ok(()), quiet()).unwrap();
    let mut events = Vec::new();
    until(&pool, &mut events, |events| rows(events).len() > 2);
    pool.queue().pause();
    until(&pool, &mut events, |_| pool.queue().held() == 0);
    events.extend(pool.events());
    let before = rows(&events).len();
    thread::sleep(Duration::from_millis(150));
    events.extend(pool.events());
    assert_eq!((rows(&events).len(), pool.status().paused), (before, true));
    assert!(before < 1000, "a batch is finished, not the queue");
    assert!(pool.status().tokens_per_second.is_some_and(|speed| speed > 0.0), "{:?}", pool.status());
    pool.queue().resume();
    until(&pool, &mut events, |events| rows(events).len() == 1000);
}

#[cfg(unix)]
#[test]
fn a_killed_worker_costs_no_score_and_can_be_started_again() {
    let folder = tempfile::tempdir().unwrap();
    let (book, _) = ScoreBook::open(folder.path()).unwrap();
    let trace = |row: u32| TraceBuilder::new(Problem::from_text(row.to_string())).thought("so").build();
    let queue = closed(0..100);
    let start = |behaviour: &str| {
        let book = book.clone();
        let mut name = String::new();
        let keep = move |event: &PoolEvent| {
            match event {
                PoolEvent::Loaded { scorer, .. } => name = book.adopt(scorer),
                PoolEvent::Scored { row, scores } => book
                    .append(&name, &scores.by_step(&trace(*row).score_keys()))
                    .map_err(|e| JobError::Failed(e.to_string()))?,
                _ => {}
            }
            Ok(())
        };
        let text_of = move |row| Ok(Some(TreeText::from_trace(&trace(row))));
        ScoringPool::start(spec(&[behaviour]), queue.clone(), text_of, keep, quiet()).unwrap()
    };
    let mut pool = start("slow:10");
    while book.count("fake") < 5 {
        thread::sleep(Duration::from_millis(1));
    }
    let pid = pool.events().iter().find_map(PoolEvent::process_id).unwrap().to_string();
    assert!(std::process::Command::new("kill").args(["-9", &pid]).status().unwrap().success());
    let Outcome::Failed(error) = end(&mut pool) else { panic!("not failed") };
    assert!(error.to_string().contains("killed by signal 9"), "{error}");
    let kept = book.count("fake");
    assert_eq!(kept + queue.len(), 100, "each trace is either scored or waits");
    let outcome = end(&mut start("prompt"));
    assert!(matches!(outcome, Outcome::Done(_)), "{outcome:?}");
    let (again, report) = ScoreBook::open(folder.path()).unwrap();
    assert_eq!((again.count("fake"), report), (100, BookReport::default()));
}
