//! Verifies every log of a project, repairs torn last lines and makes bad snapshots anew, for `stepscope check`.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::disk::{Disk, RealDisk};
use super::load::{LoadReport, Loaded, load, load_all, repair};
use super::lock::{Claim, claim};
use super::log_file::LogFile;
use super::name::{LogPaths, annotator_of};
use super::schema::LabelSchema;
use super::snapshot::{self, Unfit};
use crate::model::AnnotatorId;

/// Something found in one log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Checked {
    /// The kind: `torn`, `rescued`, `line`, `log`, `name`, `snapshot`, `schema`, `unknown`.
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

/// Reads the label schema in `project.toml`; says nothing where it can be read or there is none.
pub fn check_schema(manifest: &Path) -> Option<Checked> {
    // That the file can be read at all is for the check of the store to say.
    let project: toml::Table = fs::read_to_string(manifest).ok()?.parse().ok()?;
    let error = project.get("labels")?.clone().try_into::<LabelSchema>().err()?;
    let detail = format!("The label schema under [labels] cannot be read: {}", error.to_string().trim_end());
    Some(Checked { what: "schema", file: manifest.into(), detail, repaired: false })
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
    let report = loaded.progress.report.clone();
    match check_snapshot(&disk, &paths, &annotator, loaded, matches!(claimed, Claim::Held(_))) {
        None => {}
        Some((detail, repaired)) => add("snapshot", detail, repaired),
    }
    let LoadReport { warnings, unknown, rescued, .. } = report;
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

/// A snapshot is to say what all lines of the log say. One that does not is made anew.
fn check_snapshot(
    disk: &Arc<dyn Disk>,
    paths: &LogPaths,
    annotator: &AnnotatorId,
    mut loaded: Loaded,
    is_held: bool,
) -> Option<(String, bool)> {
    let wrong = match snapshot::read(&**disk, paths) {
        Err(Unfit::Absent) => return None,
        Err(Unfit::Unreadable) => "is damaged or of another version",
        Err(Unfit::OfOther) => "does not belong to the log as it is",
        Ok(_) => match load(disk, paths, annotator) {
            Ok(quick) if quick.progress.fold == loaded.progress.fold => return None,
            Ok(_) => "says something else than the log",
            Err(_) => "cannot be used",
        },
    };
    let name = "The snapshot for a quick start";
    if !is_held {
        return Some((format!("{name} {wrong}; the log cannot be locked and written here to make it anew"), false));
    }
    let progress = std::mem::take(&mut loaded.progress);
    let made = snapshot::write(&LogFile::new(Arc::clone(disk), paths.clone(), &mut loaded), &progress);
    Some(match made {
        Ok(()) => (format!("{name} {wrong}; it was made anew from the log"), true),
        Err(error) => (format!("{name} {wrong} and could not be made anew: {error}. Delete it"), false),
    })
}

fn repair_if_held<T>(claimed: &Claim, repair: impl FnOnce() -> T) -> Option<T> {
    matches!(claimed, Claim::Held(_)).then(repair)
}
