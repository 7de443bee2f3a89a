//! What a file would give, read in one way or another: for the dialog where the user decides.

use std::path::{Path, PathBuf};

use super::mapping::{Mapping, PathInfo, guess, paths};
use super::{First, ImportError, ImportOptions, Sample, first_traces, run};
use crate::job::JobContext;

/// What a file would give.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct FilePreview {
    /// The file that was looked at: the first that can be read.
    pub file: PathBuf,
    /// The format that its content suggests; `None` where no importer knows it.
    pub format: Option<&'static str>,
    /// Why that one, or why none.
    pub why: String,
    /// The format that fits next best.
    pub runner_up: Option<&'static str>,
    /// The paths that its rows offer to a mapping.
    pub paths: Vec<PathInfo>,
    /// The mapping that fits best.
    pub guess: Mapping,
    /// The first traces, read with the options given.
    pub first: First,
    /// Why there are none.
    pub fault: Option<String>,
}

/// Looks at the first readable file of `files`, and reads its first `count` traces with these options.
pub fn preview(
    files: &[PathBuf],
    count: usize,
    options: &ImportOptions,
    ctx: &JobContext,
) -> Result<FilePreview, ImportError> {
    let mut fault = None;
    for file in files {
        match look(file, options, ctx) {
            Ok(mut preview) => {
                match first_traces(std::slice::from_ref(file), count, options, ctx) {
                    Ok(first) => preview.first = first,
                    Err(error) if error.is_fatal() => return Err(error),
                    Err(error) => preview.fault = Some(error.to_string()),
                }
                return Ok(preview);
            }
            Err(error) if matches!(error, ImportError::Cancelled) => return Err(error),
            Err(error) => fault = fault.or(Some(error)),
        }
    }
    Err(fault.unwrap_or(ImportError::NothingToRead))
}

fn look(file: &Path, options: &ImportOptions, ctx: &JobContext) -> Result<FilePreview, ImportError> {
    // What the content suggests, whatever was chosen; the user's saved mappings are part of that.
    let suggested = ImportOptions { known: options.known.clone(), ..ImportOptions::default() };
    let (sample, choice) = match run::look(file, &suggested, ctx) {
        Ok(looked) => looked,
        Err(error) if error.is_fatal() => return Err(error),
        // An archive or a binary file has no rows of its own to offer.
        Err(error) => (Sample::default(), Err(error)),
    };
    let mut preview =
        FilePreview { file: file.into(), paths: paths(&sample.rows), guess: guess(&sample), ..FilePreview::default() };
    match choice {
        Ok(choice) => {
            preview.format = Some(choice.importer.name());
            preview.why = choice.recognition.reason;
            preview.runner_up = choice.runner_up.map(super::Importer::name);
        }
        Err(error) => preview.why = error.reason(),
    }
    Ok(preview)
}
