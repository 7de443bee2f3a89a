//! The texts that were made ready, and those that are being made so.

use std::collections::HashMap;
use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use stepscope_core::job::Wake;
use stepscope_core::model::{Metadata, StepHash, TraceId};

use super::{Document, Formulas, TextKind, images};

/// Documents are kept up to so many bytes; those not shown for longest leave.
const KEPT_BYTES: usize = 96 << 20;

/// Texts that wait are kept up to so many bytes; what is still shown is asked for again.
const WAITING_BYTES: usize = 32 << 20;

/// A text up to so many bytes can be read at once.
const SHORT_BYTES: usize = 4_096;

/// So long texts are read at once in one frame.
const FRAME: Duration = Duration::from_millis(2);

/// Which text it is. What is the same text has the same key, and the other way round.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum TextKey {
    /// The text of a step.
    Step(StepHash),
    /// The arguments of a step's call.
    Arguments(StepHash),
    /// The pictures beside the text of a step: attempts that begin with the same words may have others.
    Pictures(TraceId, StepHash),
    /// Any other text, known by itself.
    Of(u64),
}

/// How far a text is.
#[derive(Clone, Debug)]
pub enum Reading {
    /// It can be shown.
    Ready(Arc<Document>),
    /// It is being made ready; meanwhile it is shown as it is written.
    Pending,
}

/// The texts that were made ready. Short ones are read at once, others on a thread of their own.
pub struct Texts {
    shared: Arc<Shared>,
    has_worker: bool,
}

/// What the window and the worker share.
struct Shared {
    state: Mutex<State>,
    wanted: Condvar,
    formulas: Formulas,
}

/// A text, and how it is to be read.
type Which = (TextKey, TextKind);

#[derive(Default)]
struct State {
    ready: HashMap<Which, Kept>,
    /// Bytes of all that is ready.
    bytes: usize,
    /// The one wanted last stands last.
    waiting: Vec<(Which, Arc<str>)>,
    reading: Option<Which>,
    /// Counts what was asked for: what is shown has a high number.
    asked: u64,
    /// Counts what was asked for before it was ready.
    late: u64,
    /// Time spent in this frame.
    spent: Duration,
    /// The fonts were read, which takes long the first time.
    is_warm: bool,
    is_closed: bool,
}

struct Kept {
    document: Arc<Document>,
    bytes: usize,
    asked: u64,
}

impl fmt::Debug for Texts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let state = self.shared.lock();
        let (ready, waiting) = (state.ready.len(), state.waiting.len());
        f.debug_struct("Texts").field("ready", &ready).field("waiting", &waiting).finish_non_exhaustive()
    }
}

impl Texts {
    /// None yet. `wake` is called when a text that was pending is ready.
    pub fn new(wake: Wake) -> Self {
        let shared = Arc::new(Shared {
            state: Mutex::new(State::default()),
            wanted: Condvar::new(),
            formulas: Formulas::default(),
        });
        let theirs = Arc::clone(&shared);
        let worker = std::thread::Builder::new().name("texts".to_owned()).spawn(move || theirs.work(&wake));
        Self { shared, has_worker: worker.is_ok() }
    }

    /// The text made ready, if it is; else it will be.
    pub fn get(&self, key: &TextKey, text: &str, kind: &TextKind) -> Reading {
        let which = (key.clone(), kind.clone());
        let mut state = self.shared.lock();
        state.asked += 1;
        let asked = state.asked;
        if let Some(kept) = state.ready.get_mut(&which) {
            kept.asked = asked;
            return Reading::Ready(Arc::clone(&kept.document));
        }
        if state.reading.as_ref() == Some(&which) {
            return state.pending();
        }
        // What is asked for last is read first.
        if let Some(at) = state.waiting.iter().position(|(waiting, _)| *waiting == which) {
            let one = state.waiting.remove(at);
            state.waiting.push(one);
            return state.pending();
        }
        if !self.has_worker || (state.spent < FRAME && is_quick(text, kind, state.is_warm)) {
            drop(state);
            return Reading::Ready(self.shared.read_now(which, text));
        }
        state.waiting.push((which, Arc::from(text)));
        state.drop_oldest_waiting();
        self.shared.wanted.notify_one();
        state.pending()
    }

    /// The pictures that metadata name, as a document without words. Those of one key are looked for once.
    pub fn pictures(&self, key: &TextKey, metadata: &Metadata) -> Option<Arc<Document>> {
        if metadata.is_empty() {
            return None;
        }
        let which = (key.clone(), TextKind::Plain);
        let mut state = self.shared.lock();
        state.asked += 1;
        let asked = state.asked;
        let document = if let Some(kept) = state.ready.get_mut(&which) {
            kept.asked = asked;
            Arc::clone(&kept.document)
        } else {
            let document = Arc::new(Document::of_pictures(images::of_metadata(metadata)));
            state.keep(which, Arc::clone(&document));
            document
        };
        (!document.blocks.is_empty()).then_some(document)
    }

    /// How often a text was asked for that was not ready: what is painted while it rises is not at its height yet.
    pub fn late(&self) -> u64 {
        self.shared.lock().late
    }

    /// Begins a frame: some texts can be read at once again.
    pub fn begin_frame(&self) {
        self.shared.lock().spent = Duration::ZERO;
    }

    /// True while no text is being made ready.
    pub fn is_idle(&self) -> bool {
        let state = self.shared.lock();
        state.waiting.is_empty() && state.reading.is_none()
    }
}

impl Drop for Texts {
    fn drop(&mut self) {
        let mut state = self.shared.lock();
        state.is_closed = true;
        state.waiting.clear();
        self.shared.wanted.notify_one();
    }
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Reads one text after the other until the window is gone.
    fn work(&self, wake: &Wake) {
        let mut state = self.lock();
        loop {
            if state.is_closed {
                return;
            }
            let Some((which, text)) = state.waiting.pop() else {
                state = self.wanted.wait(state).unwrap_or_else(PoisonError::into_inner);
                continue;
            };
            state.reading = Some(which.clone());
            let is_warm = state.is_warm;
            drop(state);
            if !is_warm {
                self.formulas.get("x", false);
            }
            let document = self.read(&text, &which.1);
            state = self.lock();
            state.reading = None;
            state.is_warm = true;
            state.keep(which, document);
            drop(state);
            wake();
            state = self.lock();
        }
    }

    /// Reads a text on the window's thread.
    fn read_now(&self, which: Which, text: &str) -> Arc<Document> {
        let begun = Instant::now();
        let document = self.read(text, &which.1);
        let mut state = self.lock();
        state.spent += begun.elapsed();
        state.keep(which, Arc::clone(&document));
        document
    }

    fn read(&self, text: &str, kind: &TextKind) -> Arc<Document> {
        // A text that cannot be read is shown as it is written; the window and the thread go on.
        let read = || Document::read_with(text, kind, &self.formulas);
        let document = catch_unwind(AssertUnwindSafe(read)).unwrap_or_else(|_| {
            tracing::error!(bytes = text.len(), "a text could not be read");
            Document::read_with(text, &TextKind::Plain, &self.formulas)
        });
        Arc::new(document)
    }
}

impl State {
    fn pending(&mut self) -> Reading {
        self.late += 1;
        Reading::Pending
    }

    fn keep(&mut self, which: Which, document: Arc<Document>) {
        let bytes = document.bytes();
        self.bytes += bytes;
        let kept = Kept { document, bytes, asked: self.asked };
        if let Some(before) = self.ready.insert(which, kept) {
            self.bytes -= before.bytes;
        }
        if self.bytes > KEPT_BYTES {
            self.drop_oldest();
        }
    }

    /// Lets those go that were not shown for longest, a quarter of all, so that it is not done each time.
    fn drop_oldest(&mut self) {
        let mut order: Vec<(u64, Which)> = self.ready.iter().map(|(which, kept)| (kept.asked, which.clone())).collect();
        order.sort_by_key(|(asked, _)| *asked);
        // The newest stays, however large it is.
        order.pop();
        for (_, which) in order {
            if self.bytes <= KEPT_BYTES / 4 * 3 {
                break;
            }
            if let Some(kept) = self.ready.remove(&which) {
                self.bytes -= kept.bytes;
            }
        }
    }

    fn drop_oldest_waiting(&mut self) {
        let mut bytes: usize = self.waiting.iter().map(|(_, text)| text.len()).sum();
        while bytes > WAITING_BYTES && self.waiting.len() > 1 {
            let (_, text) = self.waiting.remove(0);
            bytes -= text.len();
        }
    }
}

/// Whether a text is read in less time than the eye notices: short, without program text to colour.
fn is_quick(text: &str, kind: &TextKind, is_warm: bool) -> bool {
    if text.len() > SHORT_BYTES {
        return false;
    }
    let is_indented = text.starts_with("    ") || text.starts_with('\t');
    let has_code = || is_indented || ["```", "~~~", "\n    ", "\n\t", "[asy]"].iter().any(|sign| text.contains(sign));
    match kind {
        TextKind::Code(_) => false,
        TextKind::Value => text.trim_start().starts_with(['{', '[']),
        TextKind::Plain => true,
        // Fonts are read the first time, which takes too long.
        TextKind::Prose | TextKind::Output => !has_code() && (is_warm || !text.contains(['$', '\\'])),
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::*;

    fn texts() -> (Texts, Arc<AtomicUsize>) {
        let woken = Arc::new(AtomicUsize::new(0));
        let theirs = Arc::clone(&woken);
        let wake: Wake = Arc::new(move || {
            theirs.fetch_add(1, Ordering::SeqCst);
        });
        (Texts::new(wake), woken)
    }

    fn wait(texts: &Texts) {
        let begun = Instant::now();
        while !texts.is_idle() {
            assert!(begun.elapsed() < Duration::from_mins(1), "it comes to rest");
            std::thread::sleep(Duration::from_millis(2));
        }
    }

    fn is_ready(reading: &Reading) -> bool {
        matches!(reading, Reading::Ready(_))
    }

    #[test]
    fn short_texts_are_there_at_once_and_long_ones_later() {
        let (texts, woken) = texts();
        assert!(is_ready(&texts.get(&TextKey::Of(1), "short", &TextKind::Prose)));
        let long = "A long line of words. ".repeat(2_000);
        assert!(!is_ready(&texts.get(&TextKey::Of(2), &long, &TextKind::Prose)));
        wait(&texts);
        assert!(is_ready(&texts.get(&TextKey::Of(2), &long, &TextKind::Prose)));
        while woken.load(Ordering::SeqCst) == 0 {
            std::thread::sleep(Duration::from_millis(1));
        }
        assert!(!is_ready(&texts.get(&TextKey::Of(2), &long, &TextKind::Code(String::new()))), "read otherwise");
        wait(&texts);
    }

    #[test]
    fn a_frame_reads_no_more_than_it_has_time_for() {
        let (texts, _) = texts();
        texts.shared.lock().spent = FRAME;
        assert!(!is_ready(&texts.get(&TextKey::Of(1), "one", &TextKind::Prose)));
        texts.begin_frame();
        assert!(is_ready(&texts.get(&TextKey::Of(2), "two", &TextKind::Prose)));
        wait(&texts);
    }

    #[test]
    fn what_was_not_shown_for_longest_leaves() {
        let mut state = State::default();
        for number in 0..10 {
            state.asked += 1;
            let bytes = KEPT_BYTES / 8;
            let kept = Kept { document: Arc::default(), bytes, asked: state.asked };
            state.ready.insert((TextKey::Of(number), TextKind::Plain), kept);
            state.bytes += bytes;
        }
        state.drop_oldest();
        let is_kept = |number| state.ready.contains_key(&(TextKey::Of(number), TextKind::Plain));
        assert!(!is_kept(0) && !is_kept(3) && is_kept(4) && is_kept(9));
        assert_eq!(state.bytes, KEPT_BYTES / 8 * 6);
    }

    #[test]
    fn the_worker_ends_with_the_window() {
        let (texts, _) = texts();
        let shared = Arc::downgrade(&texts.shared);
        drop(texts);
        let begun = Instant::now();
        while shared.strong_count() > 0 {
            assert!(begun.elapsed() < Duration::from_secs(10), "the thread is gone");
            std::thread::sleep(Duration::from_millis(1));
        }
    }
}
