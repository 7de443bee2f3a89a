//! How long the annotator worked on which trace, without idle time, and what became of it. Counts seconds, not keys.

use std::collections::{HashMap, HashSet};

use stepscope_core::annotation::{Agreement, Event, Gesture, StepRef, Target};
use stepscope_core::model::{FirstError, Label, StepHash, TraceId, TraceStatus};

/// Whoever touches nothing for so long is elsewhere, in seconds.
pub const IDLE_SECONDS: f64 = 60.0;

/// Measures work on the open trace. Fed once a frame.
#[derive(Clone, Debug, Default)]
pub struct Sitting {
    /// When the frame before this one was, in seconds of any clock that only goes forward.
    last_frame: f64,
    last_input: f64,
    had_focus: bool,
    /// Work that no record tells of yet.
    unrecorded: HashMap<TraceId, f64>,
    /// Work in this sitting, with or without an open trace.
    active: f64,
    /// Gestures undone.
    undone: usize,
    /// Number of the last record before it.
    start: u64,
}

impl Sitting {
    /// A sitting that begins after that record of the log. The clock goes on.
    pub fn begin(&mut self, last_record: u64) {
        let Self { last_frame, last_input, had_focus, .. } = *self;
        *self = Self { last_frame, last_input, had_focus, start: last_record, ..Self::default() };
    }

    /// Takes in the time since the frame before. It counts as far as the window had the focus and the last input is not
    /// too long ago, for the trace that was open.
    pub fn frame(&mut self, now: f64, has_input: bool, has_focus: bool, open: Option<&TraceId>) {
        if self.had_focus {
            let worked = (now.min(self.last_input + IDLE_SECONDS) - self.last_frame).max(0.0);
            self.active += worked;
            if let Some(trace) = open.filter(|_| worked > 0.0) {
                match self.unrecorded.get_mut(trace) {
                    Some(seconds) => *seconds += worked,
                    None => drop(self.unrecorded.insert(trace.clone(), worked)),
                }
            }
        }
        // Coming back to the window is an input as well.
        if has_input || has_focus && !self.had_focus {
            self.last_input = now;
        }
        (self.last_frame, self.had_focus) = (now, has_focus);
    }

    /// Milliseconds of work on that trace that no record tells of yet.
    pub fn unrecorded_ms(&self, trace: &TraceId) -> u32 {
        let seconds = self.unrecorded.get(trace).copied().unwrap_or_default();
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "casts stop at the ends")]
        let ms = (seconds * 1000.0).round() as u32;
        ms
    }

    /// A record tells of the work on that trace now.
    pub fn recorded(&mut self, trace: &TraceId) {
        self.unrecorded.remove(trace);
    }

    /// A gesture was undone.
    pub fn undone(&mut self) {
        self.undone += 1;
    }

    /// What came of it; `gestures` are those of the log, newest first.
    pub fn report<'a>(&self, gestures: impl Iterator<Item = &'a Gesture>) -> SittingReport {
        let mut traces: HashSet<&TraceId> = HashSet::new();
        let mut steps: HashSet<(&TraceId, &StepHash)> = HashSet::new();
        let mut spent: HashMap<TraceId, u64> = HashMap::new();
        // Numbers fall, so that nothing older is read.
        for gesture in gestures.take_while(|gesture| gesture.id > self.start) {
            let trace = gesture.events.first().and_then(Event::target);
            if let Some(trace) = trace.as_ref().map(Target::trace) {
                *spent.entry(trace.clone()).or_default() += u64::from(gesture.under.spent_ms);
            }
            for event in &gesture.events {
                match event {
                    Event::FirstErrorMarked { trace, mark: Some(mark), .. } => {
                        traces.insert(trace);
                        if let FirstError::At(step) = mark {
                            steps.insert((trace, step));
                        }
                    }
                    Event::StatusSet { trace, status, .. } if *status != TraceStatus::Open => {
                        traces.insert(trace);
                    }
                    Event::StepRated { step: StepRef { trace, step }, rating: Some(_), .. } => {
                        steps.insert((trace, step));
                    }
                    // A look on the way is no judgement of the step.
                    Event::Labelled { target: Target::Step(StepRef { trace, step }), label: Some(label), .. }
                        if !matches!(label, Label::Inspected(_)) =>
                    {
                        steps.insert((trace, step));
                    }
                    _ => {}
                }
            }
        }
        let labelled: HashSet<TraceId> = traces.iter().map(|trace| (*trace).clone()).collect();
        let mut times: Vec<u64> = labelled.iter().filter_map(|trace| spent.get(trace).copied()).collect();
        times.sort_unstable();
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "casts stop at the ends")]
        let active_ms = (self.active * 1000.0) as u64;
        SittingReport {
            steps: steps.len(),
            active_ms,
            median_ms: times.get(times.len() / 2).copied().filter(|ms| *ms > 0),
            undone: self.undone,
            traces: labelled,
        }
    }
}

/// What came of a sitting.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SittingReport {
    /// Traces that were judged.
    pub traces: HashSet<TraceId>,
    /// How many steps were.
    pub steps: usize,
    /// Work, in milliseconds.
    pub active_ms: u64,
    /// Half of the judged traces took less, in milliseconds.
    pub median_ms: Option<u64>,
    /// Gestures undone.
    pub undone: usize,
}

/// How an annotator's labels compare with known answers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct GoldFigures {
    /// Of this sitting.
    pub sitting: Agreement,
    /// Of all.
    pub all: Agreement,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn trace(name: &str) -> TraceId {
        TraceId::new(name)
    }

    #[test]
    fn idle_time_and_other_windows_are_left_out() {
        let mut sitting = Sitting::default();
        let (a, b) = (trace("a"), trace("b"));
        let mut frame = |now: f64, has_input, has_focus, open: Option<&TraceId>| {
            sitting.frame(now, has_input, has_focus, open);
            (sitting.unrecorded_ms(&a), sitting.unrecorded_ms(&b))
        };
        frame(100.0, true, true, Some(&a));
        // Reading without a key for a while is work.
        assert_eq!(frame(140.0, false, true, Some(&a)), (40_000, 0));
        assert_eq!(frame(500.0, false, true, Some(&a)), (60_000, 0), "after a minute nobody is there");
        assert_eq!(frame(600.0, true, true, Some(&a)), (60_000, 0));
        assert_eq!(frame(610.0, true, true, Some(&b)), (60_000, 10_000), "of the trace that was open");
        assert_eq!(frame(615.0, true, false, Some(&b)), (60_000, 15_000));
        assert_eq!(frame(640.0, false, true, Some(&b)), (60_000, 15_000), "another window had the focus");
        assert_eq!(frame(650.0, false, true, Some(&b)), (60_000, 25_000), "coming back counts as input");
        assert_eq!(frame(655.0, false, true, None), (60_000, 25_000));
        sitting.recorded(&a);
        assert_eq!((sitting.unrecorded_ms(&a), sitting.unrecorded_ms(&b)), (0, 25_000), "kept for its next record");
    }

    #[test]
    fn a_clock_set_back_takes_nothing_away() {
        let mut sitting = Sitting::default();
        sitting.frame(100.0, true, true, Some(&trace("a")));
        sitting.frame(90.0, true, true, Some(&trace("a")));
        sitting.frame(95.0, true, true, Some(&trace("a")));
        assert_eq!(sitting.unrecorded_ms(&trace("a")), 5000);
    }

    #[test]
    fn the_report_counts_what_stands() {
        let at = |step: &str| Some(FirstError::At(StepHash::new(step)));
        let mark = |trace: &str, mark| Event::FirstErrorMarked { trace: TraceId::new(trace), mark, before: None };
        let look = |trace: &str, step: &str| Event::Labelled {
            target: Target::Step(StepRef { trace: TraceId::new(trace), step: StepHash::new(step) }),
            label: Some(Label::Inspected(true)),
            before: None,
        };
        let status =
            |trace: &str, status| Event::StatusSet { trace: TraceId::new(trace), status, before: TraceStatus::Done };
        let gesture = |id: u64, spent_ms: u32, events: Vec<Event>| Gesture {
            id,
            at: stepscope_core::model::Timestamp(0),
            under: stepscope_core::annotation::Context { spent_ms, ..Default::default() },
            events,
        };
        let gestures = [
            gesture(1, 9000, vec![mark("old", at("s"))]),
            gesture(3, 1000, vec![look("a", "s")]),
            gesture(4, 2000, vec![look("a", "t"), mark("a", at("t"))]),
            gesture(6, 5000, vec![mark("b", Some(FirstError::NoneUpTo(StepHash::new("z"))))]),
            gesture(7, 500, vec![mark("b", at("s"))]),
            // Opened again: no judgement.
            gesture(8, 100, vec![status("c", TraceStatus::Open)]),
        ];
        let mut sitting = Sitting::default();
        sitting.begin(2);
        sitting.undone();
        let report = sitting.report(gestures.iter().rev());
        assert_eq!((report.traces.len(), report.steps, report.undone), (2, 2, 1));
        assert_eq!(report.median_ms, Some(5500), "3.0 s and 5.5 s");
        let skipped = [gesture(3, 0, vec![status("c", TraceStatus::Skipped)])];
        assert_eq!(sitting.report(skipped.iter()).traces.len(), 1);
        let older = gestures.iter().rev().chain(std::iter::repeat_with(|| panic!("reads what is older")));
        assert_eq!(sitting.report(older), report);
    }
}
