//! The system's own file dialogs, asked for on a thread of their own so that the window never waits.

use std::path::PathBuf;
use std::time::{Duration, Instant};

use stepscope_core::export::split::SplitPart;
use stepscope_core::job::{Job, JobError, Wake};

use crate::state::export_draft::ENDS;
use crate::state::survey::ToSave;

/// What a file dialog is for; decides what happens with the answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ask {
    /// Trace files to open.
    OpenFiles,
    /// A folder to open.
    OpenFolder,
    /// A model folder.
    ModelFolder,
    /// The folder of a sentence encoder.
    EncoderFolder,
    /// A folder with models.
    ModelsFolder,
    /// Where to write the export: a file with that end.
    ExportFile(&'static str),
    /// The folder to write it into.
    ExportFolder,
    /// Where to make an export again.
    AgainFile,
    /// A manifest of an export.
    Manifest,
    /// Files with problems of a part, or to be tested with.
    Problems(Option<SplitPart>),
    /// Where to write the rejected rows.
    RejectsFile,
    /// Where to write the saved views.
    ViewsFile,
    /// A file with views.
    ReadViews,
    /// Where to write an answer in SQL.
    AnswerFile,
    /// Where to write the picture of a tree.
    TreeFile,
    /// Where to write a figure of the survey, or the report on a scorer.
    SurveyFile(ToSave),
}

/// The answer to a file dialog: nothing where it was closed.
pub type Answer = (Ask, Vec<PathBuf>);

/// Nobody closes a dialog sooner: there was none. Where a desktop has no portal and no zenity, that is all there is to
/// tell it by.
const SEEN: Duration = Duration::from_millis(250);

/// What was chosen, so long after it was asked for.
fn outcome(what: Ask, paths: Vec<PathBuf>, took: Duration) -> Result<Answer, JobError> {
    if !paths.is_empty() || took >= SEEN || !cfg!(target_os = "linux") {
        return Ok((what, paths));
    }
    let way = match what {
        Ask::OpenFiles | Ask::OpenFolder => {
            "Drop files or a folder on the window, or start it with their names: stepscope FILE…"
        }
        Ask::ExportFile(_) | Ask::ExportFolder | Ask::AgainFile | Ask::Manifest => {
            "On the command line, stepscope export writes the same"
        }
        _ => "Install one of them and try again",
    };
    let why = "The desktop showed none: it has neither an XDG desktop portal for files nor zenity";
    Err(JobError::Failed(format!("{why}. {way}")))
}

/// Shows a file dialog.
pub fn ask(what: Ask, suggested_name: &str, wake: Wake) -> std::io::Result<Job<Answer>> {
    let name = suggested_name.to_owned();
    Job::spawn("File dialog", wake, move |_| {
        let began = Instant::now();
        let dialog = rfd::FileDialog::new();
        let paths = match what {
            Ask::OpenFiles => dialog
                .set_title("Open traces")
                .add_filter("Traces", &["json", "jsonl", "ndjson", "txt"])
                .add_filter("All files", &["*"])
                .pick_files()
                .unwrap_or_default(),
            Ask::OpenFolder => dialog.set_title("Open a folder of traces").pick_folder().into_iter().collect(),
            Ask::ModelFolder => dialog.set_title("Choose a reward model").pick_folder().into_iter().collect(),
            Ask::EncoderFolder => dialog.set_title("Choose a sentence encoder").pick_folder().into_iter().collect(),
            Ask::ModelsFolder => dialog.set_title("Add a folder with models").pick_folder().into_iter().collect(),
            Ask::ExportFile(end) => {
                // The chosen one first, for that is the one in force.
                let ends = ENDS.iter().filter(|other| **other != end);
                let dialog = std::iter::once(&end)
                    .chain(ends)
                    .fold(dialog.set_title("Export"), |dialog, end| dialog.add_filter(format!(".{end}"), &[end]));
                dialog.set_file_name(name).save_file().into_iter().collect()
            }
            Ask::ExportFolder => dialog.set_title("Choose the folder to fill").pick_folder().into_iter().collect(),
            Ask::AgainFile => dialog.set_title("Export again").set_file_name(name).save_file().into_iter().collect(),
            Ask::Manifest => {
                let dialog = dialog.set_title("Choose the manifest of an export").add_filter("Manifests", &["json"]);
                dialog.pick_file().into_iter().collect()
            }
            Ask::Problems(_) => dialog
                .set_title("Choose files with problems")
                .add_filter(
                    "Traces, or a problem a line",
                    &["txt", "json", "jsonl", "ndjson", "csv", "parquet", "gz", "zst"],
                )
                .add_filter("All files", &["*"])
                .pick_files()
                .unwrap_or_default(),
            Ask::ViewsFile => {
                dialog.set_title("Hand on the views").set_file_name(name).save_file().into_iter().collect()
            }
            Ask::ReadViews => {
                dialog.set_title("Take over views").add_filter("Views", &["toml"]).pick_file().into_iter().collect()
            }
            Ask::AnswerFile => {
                dialog.set_title("Save the answer").set_file_name(name).save_file().into_iter().collect()
            }
            Ask::TreeFile => dialog
                .set_title("Save tree as picture")
                .add_filter("Drawing", &["svg"])
                .add_filter("Picture", &["png"])
                .set_file_name(name)
                .save_file()
                .into_iter()
                .collect(),
            Ask::SurveyFile(_) => dialog.set_title("Save").set_file_name(name).save_file().into_iter().collect(),
            Ask::RejectsFile => {
                dialog.set_title("Save rejected rows").set_file_name(name).save_file().into_iter().collect()
            }
        };
        outcome(what, paths, began.elapsed())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_dialog_that_never_was_is_told_from_one_that_was_closed() {
        let told = |paths: Vec<PathBuf>, ms| outcome(Ask::OpenFiles, paths, Duration::from_millis(ms)).is_err();
        assert!(!told(Vec::new(), 900));
        assert!(!told(vec!["a.jsonl".into()], 3));
        assert_eq!(told(Vec::new(), 3), cfg!(target_os = "linux"));
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn the_way_out_is_named() {
        let way = |what| outcome(what, Vec::new(), Duration::ZERO).unwrap_err().to_string();
        assert!(way(Ask::OpenFiles).contains("stepscope FILE"));
        assert!(way(Ask::ExportFolder).contains("stepscope export"));
    }
}
