//! Verifies every log of a project and repairs torn last lines, for `stepscope check`.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::disk::{Disk, RealDisk};
use super::load::{LoadReport, load_all, repair};
use super::lock::{Claim, claim};
use super::name::{LogPaths, annotator_of};

/// Something found in one log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Checked {
    /// The kind: `torn`, `rescued`, `line`, `log`, `name`, `unknown`.
    pub what: &'static str,
    /// The log.
    pub file: PathBuf,
    /// What was found, and what was done about it.
    pub detail: String,
    /// True where it is repaired now.
    pub repaired: bool,
}

/// Reads every log in the folder. Says nothing of logs that are whole; a missing folder has no logs.
pub fn check(folder: &Path) -> Vec<Checked> {
    let mut found = Vec::new();
    let entries = match fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return found,
        Err(error) => {
            let detail = format!("The folder cannot be read: {error}");
            return vec![Checked { what: "log", file: folder.into(), detail, repaired: false }];
        }
    };
    let mut files: Vec<PathBuf> = entries.filter_map(|entry| Some(entry.ok()?.path())).collect();
    files.sort();
    for file in files.into_iter().filter(|file| file.extension().is_some_and(|ending| ending == "jsonl")) {
        check_log(folder, &file, &mut found);
    }
    found
}

fn check_log(folder: &Path, file: &Path, found: &mut Vec<Checked>) {
    let mut add = |what, detail, repaired| found.push(Checked { what, file: file.into(), detail, repaired });
    let name = file.file_name().and_then(|name| name.to_str());
    let Some(annotator) = name.and_then(annotator_of) else {
        return add("name", "Is no log that Stepscope wrote, and is ignored; rename it to use it".into(), false);
    };
    let disk: Arc<dyn Disk> = Arc::new(RealDisk);
    let (paths, claimed) = match LogPaths::new(folder, &annotator) {
        Ok(paths) => {
            let claimed = claim(&*disk, &paths);
            (paths, claimed)
        }
        Err(error) => return add("name", error.to_string(), false),
    };
    let mut loaded = match load_all(&disk, &paths, &annotator) {
        Ok(loaded) => loaded,
        Err(error) => return add("log", error.to_string(), false),
    };
    let torn = loaded.torn.len();
    if torn > 0 {
        match (&claimed, repair_if_held(&claimed, || repair(&*disk, &paths, &mut loaded))) {
            (_, Some(Ok(()))) => {
                let aside =
                    loaded.progress.report.torn.as_deref().map(|aside| aside.display().to_string()).unwrap_or_default();
                add("torn", format!("The last line was cut short ({torn} bytes) and was moved to {aside}"), true);
            }
            (_, Some(Err(error))) => add("torn", error.to_string(), false),
            // To us, a line that another window is writing just now looks the same.
            (Claim::Taken, None) => {}
            (_, None) => {
                let detail = "The last line is cut short, but the log cannot be locked and written here to repair it";
                add("torn", detail.into(), false);
            }
        }
    }
    let LoadReport { warnings, unknown, rescued, .. } = loaded.progress.report;
    for aside in rescued {
        add(
            "rescued",
            format!("Labels that could not be saved lie in {}; append them to the log", aside.display()),
            false,
        );
    }
    for warning in warnings {
        add("line", format!("Line {} {}", warning.line, warning.message), false);
    }
    if unknown > 0 {
        add("unknown", format!("Records that only a later Stepscope knows: {unknown}; they are kept"), false);
    }
}

fn repair_if_held<T>(claimed: &Claim, repair: impl FnOnce() -> T) -> Option<T> {
    matches!(claimed, Claim::Held(_)).then(repair)
}
