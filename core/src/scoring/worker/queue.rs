//! What waits to be scored, in an order that the user's eyes decide.

use std::collections::{HashSet, VecDeque};
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::time::Duration;

use crate::job::{JobContext, JobError};

/// How often a wish to stop is looked for while the queue is empty.
const NAP: Duration = Duration::from_millis(50);

/// Rows of the store that wait to be scored. Clones share it.
#[derive(Clone, Default)]
pub struct ScoreQueue {
    shared: Arc<(Mutex<Waiting>, Condvar)>,
}

#[derive(Default)]
struct Waiting {
    rows: VecDeque<u32>,
    known: HashSet<u32>,
    closed: bool,
    /// A session has done all there was and waits for more.
    idle: bool,
}

impl ScoreQueue {
    /// An empty queue. A session waits for more until it is [closed](Self::close).
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds rows at the end, those that wait already excepted.
    pub fn push(&self, rows: impl IntoIterator<Item = u32>) {
        self.change(|waiting| {
            for row in rows {
                if waiting.known.insert(row) {
                    waiting.rows.push_back(row);
                }
            }
        });
    }

    /// Puts a row in front, whether or not it waited already.
    pub fn prefer(&self, row: u32) {
        self.change(|waiting| {
            if !waiting.known.insert(row) {
                waiting.rows.retain(|r| *r != row);
            }
            waiting.rows.push_front(row);
        });
    }

    /// Puts a row in front if it waits; does nothing otherwise. For the trace that the user looks at.
    pub fn hurry(&self, row: u32) {
        if self.read(|waiting| waiting.known.contains(&row)) {
            self.prefer(row);
        }
    }

    /// Takes all rows out.
    pub fn clear(&self) {
        self.change(|waiting| {
            waiting.rows.clear();
            waiting.known.clear();
        });
    }

    /// Lets a session end once the queue is empty.
    pub fn close(&self) {
        self.change(|waiting| waiting.closed = true);
    }

    /// Number of rows that wait.
    pub fn len(&self) -> usize {
        self.read(|waiting| waiting.rows.len())
    }

    /// True where none waits.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// True where a session has done all there was and nothing was added since.
    pub fn is_idle(&self) -> bool {
        self.read(|waiting| waiting.idle)
    }

    fn read<T>(&self, look: impl FnOnce(&Waiting) -> T) -> T {
        look(&self.shared.0.lock().unwrap_or_else(PoisonError::into_inner))
    }

    fn change(&self, change: impl FnOnce(&mut Waiting)) {
        let mut waiting = self.shared.0.lock().unwrap_or_else(PoisonError::into_inner);
        change(&mut waiting);
        waiting.idle &= waiting.rows.is_empty();
        drop(waiting);
        self.shared.1.notify_all();
    }

    /// The next row; none once the queue is closed and empty. `idle` is called when there is a wait.
    pub(super) fn next(
        &self,
        context: &JobContext,
        idle: &mut dyn FnMut() -> Result<(), JobError>,
    ) -> Result<Option<u32>, JobError> {
        let mut said = false;
        let mut waiting = self.shared.0.lock().unwrap_or_else(PoisonError::into_inner);
        loop {
            context.checkpoint()?;
            if let Some(row) = waiting.rows.pop_front() {
                waiting.known.remove(&row);
                return Ok(Some(row));
            }
            if waiting.closed {
                return Ok(None);
            }
            if !said {
                said = true;
                waiting.idle = true;
                idle()?;
            }
            let (guard, _) = self.shared.1.wait_timeout(waiting, NAP).unwrap_or_else(PoisonError::into_inner);
            waiting = guard;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_queue_with_something_new_is_not_idle() {
        let queue = ScoreQueue::new();
        assert!(!queue.is_idle(), "no session has looked yet");
        queue.change(|waiting| waiting.idle = true);
        queue.push([]);
        assert!(queue.is_idle());
        queue.push([1]);
        assert!(!queue.is_idle());
        queue.clear();
        assert!(!queue.is_idle(), "only a session can say so");
    }
}
