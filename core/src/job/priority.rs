//! Background work gives way to the window: where both want a core, the window has it.

use std::sync::Once;

use polars_core::runtime::THREAD_POOL;
use thread_priority::{ThreadPriority, ThreadPriorityValue, set_current_thread_priority};
use tracing::debug;

/// Below what threads have otherwise: niceness 9 on Linux, "below normal" on Windows, 25 of 31 on macOS.
const BACKGROUND: u8 = 25;

/// Lets this thread, and those of the pools that it shares its work with, give way for as long as they live.
pub(super) fn give_way() {
    static POOLS: Once = Once::new();
    lower();
    POOLS.call_once(|| {
        rayon::broadcast(|_| lower());
        THREAD_POOL.broadcast(|_| lower());
    });
}

/// Only this thread.
pub(super) fn lower() {
    let wanted = ThreadPriorityValue::try_from(BACKGROUND).map(ThreadPriority::Crossplatform);
    // Refused where it is lower already; then all is well.
    if let Ok(Err(error)) = wanted.map(set_current_thread_priority) {
        debug!("this thread keeps its priority: {error:?}");
    }
}

#[cfg(test)]
#[cfg(target_os = "linux")]
mod tests {
    use std::sync::Arc;
    use std::time::{Duration, Instant};
    use std::{fs, thread};

    use polars_core::runtime::THREAD_POOL;

    use crate::job::{Job, JobContext, Outcome, for_each_unit};

    /// Of the calling thread: the 19th word of its state; the second, its name, stands in brackets.
    fn niceness() -> i32 {
        let state = fs::read_to_string("/proc/thread-self/stat").unwrap();
        let (_, words) = state.rsplit_once(')').unwrap();
        words.split_whitespace().nth(16).unwrap().parse().unwrap()
    }

    /// Of all threads that units are done on.
    fn of_units(context: &JobContext) -> Vec<i32> {
        let seen = std::sync::Mutex::new(Vec::new());
        for_each_unit(64, "look", context, &|_| {
            seen.lock().unwrap().push(niceness());
            thread::sleep(Duration::from_micros(100));
        })
        .unwrap();
        seen.into_inner().unwrap()
    }

    #[test]
    fn jobs_give_way_and_what_waits_for_them_does_not() {
        let own = niceness();
        assert!(
            of_units(&JobContext::foreground(None)).into_iter().all(|of| of == own),
            "the command line has no window"
        );
        let mut job = Job::spawn("look", Arc::new(|| {}), |context| {
            let pools = [rayon::broadcast(|_| niceness()), THREAD_POOL.broadcast(|_| niceness())].concat();
            Ok([vec![niceness()], of_units(context), pools].concat())
        })
        .unwrap();
        let deadline = Instant::now() + Duration::from_secs(10);
        let seen = loop {
            match job.poll() {
                Some(Outcome::Done(seen)) => break seen,
                Some(other) => panic!("{other:?}"),
                None => assert!(Instant::now() < deadline, "the job did not end"),
            }
            thread::sleep(Duration::from_millis(1));
        };
        assert!(seen.iter().all(|of| *of == own.max(9)), "{own} {seen:?}");
        assert_eq!(niceness(), own);
    }
}
