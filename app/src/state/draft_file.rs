//! The note that is being typed, kept in a file beside the log, so that a program that is killed loses no more than the
//! last second of it. Half words do not belong into the log; a file that is replaced each time does not mind them.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use serde::{Deserialize, Serialize};
use stepscope_core::annotation::Target;
use stepscope_core::job::{Job, Outcome, Wake};

use super::NoteDraft;
use super::aside;

/// A draft that changes is written this often.
pub const WRITE_EVERY: Duration = Duration::from_secs(1);

/// What the file holds.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Draft {
    /// What the note is about.
    pub target: Target,
    /// What was typed so far.
    pub text: String,
}

impl From<&NoteDraft> for Draft {
    fn from(note: &NoteDraft) -> Self {
        Self { target: note.target.clone(), text: note.text.clone() }
    }
}

/// Keeps the file as it should be, by jobs that never hold up the window.
pub struct DraftFile {
    path: PathBuf,
    /// What the file holds, as far as is known.
    written: Option<Draft>,
    begun: Option<Instant>,
    job: Option<Job<Option<Draft>>>,
    /// A draft could not be written; told once.
    failed: bool,
}

/// The draft in that file; `None` where there is none, or none that can be read.
pub fn read_draft(path: &Path) -> Option<Draft> {
    serde_json::from_slice(&fs::read(path).ok()?).ok()
}

impl DraftFile {
    /// The file of that name, which holds `written`.
    pub fn new(path: PathBuf, written: Option<Draft>) -> Self {
        Self { path, written, begun: None, job: None, failed: false }
    }

    /// Brings the file nearer to what should be in it. The answer is how long until it wants to be asked again, and
    /// an error the first time that writing fails.
    pub fn keep(&mut self, wanted: Option<&Draft>, wake: &Wake) -> Result<Option<Duration>, String> {
        if let Some(outcome) = self.job.as_mut().and_then(Job::poll) {
            self.job = None;
            match outcome {
                Outcome::Done(written) => self.written = written,
                Outcome::Cancelled => {}
                Outcome::Failed(error) => {
                    // Asked for again with the next change, so that a full disk does not keep a thread busy.
                    self.written = wanted.cloned();
                    if !std::mem::replace(&mut self.failed, true) {
                        return Err(error.to_string());
                    }
                }
            }
        }
        if self.job.is_some() || self.written.as_ref() == wanted {
            return Ok(None);
        }
        let since = self.begun.map_or(WRITE_EVERY, |begun| begun.elapsed());
        if wanted.is_some() && since < WRITE_EVERY {
            return Ok(Some(WRITE_EVERY.saturating_sub(since)));
        }
        self.begun = Some(Instant::now());
        let (path, draft) = (self.path.clone(), wanted.cloned());
        let job = Job::spawn("keep draft", wake.clone(), move |_| {
            write(&path, draft.as_ref()).map_err(super::open::failed)?;
            Ok(draft)
        });
        self.job = job.ok();
        Ok(None)
    }

    /// True while the file is being written.
    pub fn is_busy(&self) -> bool {
        self.job.is_some()
    }

    /// Removes the file at once: what it held is in the log. For the end of the program.
    pub fn remove(&mut self) {
        self.job = None;
        self.written = None;
        fs::remove_file(&self.path).ok();
    }
}

fn write(path: &Path, draft: Option<&Draft>) -> io::Result<()> {
    let Some(draft) = draft else {
        return match fs::remove_file(path) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
            _ => Ok(()),
        };
    };
    aside::write(path, &serde_json::to_vec(draft)?)
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use stepscope_core::model::TraceId;

    use super::*;

    fn keep(file: &mut DraftFile, wanted: Option<&Draft>) {
        let wake: Wake = Arc::new(|| {});
        let deadline = Instant::now() + Duration::from_secs(20);
        while file.keep(wanted, &wake).unwrap().is_some() || file.is_busy() {
            assert!(Instant::now() < deadline, "never written");
            std::thread::sleep(Duration::from_millis(5));
        }
    }

    #[test]
    fn the_file_follows_what_is_typed_and_goes_with_it() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("ada.draft");
        let draft = |text: &str| Draft { target: Target::Trace(TraceId::new("t")), text: text.into() };
        let mut file = DraftFile::new(path.clone(), None);
        for text in ["ha", "half", "half a ≠"] {
            keep(&mut file, Some(&draft(text)));
            assert_eq!(read_draft(&path), Some(draft(text)));
        }
        keep(&mut file, None);
        assert!(!path.exists());
        fs::write(&path, "{\"target").unwrap();
        assert_eq!(read_draft(&path), None, "a broken file is no draft");
    }

    #[test]
    fn a_folder_that_is_gone_is_told_once() {
        let wake: Wake = Arc::new(|| {});
        let draft = Draft { target: Target::Trace(TraceId::new("t")), text: "x".into() };
        let mut file = DraftFile::new(PathBuf::from("/no/such/folder/ada.draft"), None);
        let deadline = Instant::now() + Duration::from_secs(20);
        let mut told = 0;
        while told == 0 && Instant::now() < deadline {
            told += usize::from(file.keep(Some(&draft), &wake).is_err());
            std::thread::sleep(Duration::from_millis(5));
        }
        assert_eq!(told, 1);
        assert_eq!(file.keep(Some(&draft), &wake), Ok(None), "and not tried without end");
    }
}
