//! Results to stdout, as text or JSON; progress and warnings to stderr. Nothing else writes to stdout but the worker.

use std::fmt::Display;
use std::io::{self, IsTerminal as _, Write as _};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use serde::Serialize;
use stepscope_core::job::{JobContext, Progress, Reporter};

/// Where a subcommand's results go.
pub struct Output {
    json: bool,
}

/// How a subcommand that did not fail ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ending {
    /// Everything was done.
    Done,
    /// Done, but some input was rejected, as reported.
    SomeRejected,
    /// It ran, and what it found is a failure.
    Failed,
}

impl Ending {
    /// The exit status of the process.
    pub const fn status(self) -> u8 {
        match self {
            Self::Done => 0,
            Self::Failed => 1,
            Self::SomeRejected => 3,
        }
    }
}

impl Output {
    /// Text for people, or JSON.
    pub const fn new(json: bool) -> Self {
        Self { json }
    }

    /// Writes a report.
    pub fn report<T: Serialize + Display>(&self, report: &T) -> io::Result<()> {
        if self.json { self.line(report) } else { self.text(report) }
    }

    /// Writes one line of JSON, whatever was asked for.
    pub fn line<T: Serialize>(&self, value: &T) -> io::Result<()> {
        let mut line = serde_json::to_vec(value)?;
        line.push(b'\n');
        put(&line)
    }

    /// Writes text, with a line break at its end.
    pub fn text(&self, text: &impl Display) -> io::Result<()> {
        let text = text.to_string();
        put(format!("{}\n", text.trim_end_matches('\n')).as_bytes())
    }

    /// A context whose progress goes to stderr, where that is a terminal.
    pub fn context(&self) -> JobContext {
        JobContext::foreground(io::stderr().is_terminal().then(progress_line))
    }
}

/// A line of progress stands at the end of the terminal.
static HAS_PROGRESS: AtomicBool = AtomicBool::new(false);

/// Takes the line of progress away, so that nothing is written behind it.
fn clear_progress() {
    if HAS_PROGRESS.swap(false, Ordering::Relaxed) {
        write!(io::stderr(), "\r\x1b[K").ok();
    }
}

/// A reader that has seen enough, such as `head`, is no failure.
fn put(bytes: &[u8]) -> io::Result<()> {
    clear_progress();
    match io::stdout().lock().write_all(bytes) {
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        other => other,
    }
}

/// Tells the user something that is not the result.
pub fn warn(text: impl Display) {
    clear_progress();
    writeln!(io::stderr(), "{text}").ok();
}

fn progress_line() -> Reporter {
    let last: Mutex<Option<Instant>> = Mutex::default();
    Arc::new(move |progress: &Progress| {
        let mut last = last.lock().unwrap_or_else(PoisonError::into_inner);
        if last.is_none_or(|at| at.elapsed() > Duration::from_millis(200)) {
            *last = Some(Instant::now());
            let share = progress.fraction().map(|share| format!("{:3.0} % ", share * 100.0)).unwrap_or_default();
            HAS_PROGRESS.store(true, Ordering::Relaxed);
            write!(io::stderr(), "\r\x1b[K{share}{}", progress.note).ok();
        }
    })
}
