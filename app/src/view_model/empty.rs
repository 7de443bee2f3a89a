//! What the middle says while it shows no trace: how to begin, what is being read, what went wrong and what helps.

use std::path::Path;

use stepscope_core::job::Progress;

use crate::command::Command;

/// The middle without a trace.
#[derive(Clone, Debug, Default, PartialEq)]
#[cfg_attr(feature = "testing", derive(serde::Serialize))]
pub struct EmptyModel {
    /// What is the matter, in a few words.
    pub title: String,
    /// More about it; keys are named as `{command.id}`.
    pub detail: String,
    /// How far it got, 0..=1, where that is known; `None` where nothing runs.
    pub progress: Option<Option<f32>>,
    /// What can be done, with what each does; the first suits best.
    #[cfg_attr(feature = "testing", serde(serialize_with = "ids"))]
    pub ways: Vec<(Command, &'static str)>,
    /// The filter can be cleared.
    pub can_clear: bool,
}

/// What is known of the project.
#[derive(Clone, Debug, Default)]
pub struct EmptyFacts<'a> {
    /// A project is open, with so many traces.
    pub traces: Option<usize>,
    /// Files are being read.
    pub opening: Option<Progress>,
    /// The table is being filtered or sorted.
    pub is_asking: bool,
    /// What was to be opened.
    pub paths: &'a [std::path::PathBuf],
    /// Why it could not be opened.
    pub failure: Option<&'a str>,
    /// What the filter holds.
    pub filter: &'a str,
    /// Rows that could not be read.
    pub rejects: usize,
}

impl EmptyModel {
    /// Builds it.
    pub fn new(facts: &EmptyFacts<'_>) -> Self {
        match facts {
            EmptyFacts { opening: Some(progress), .. } => Self::opening(facts, progress),
            EmptyFacts { traces: None, failure: Some(failure), .. } => Self {
                title: format!("{} could not be opened", name(facts.paths)),
                detail: without_formats(failure).to_owned(),
                ways: vec![
                    (Command::ReadAs, "say how the files are to be read"),
                    (Command::OpenFile, "open other files"),
                    (Command::OpenSample, "look around with sample data"),
                ],
                ..Self::default()
            },
            EmptyFacts { traces: None, .. } => Self {
                title: "Nothing is open".into(),
                detail: "Drop trace files or a folder here, or begin with".into(),
                ways: vec![
                    (Command::OpenFile, "one or more trace files, in any published format"),
                    (Command::OpenFolder, "all trace files of a folder, or a project folder"),
                    (Command::OpenSample, "small traces of every kind, to look around"),
                ],
                ..Self::default()
            },
            EmptyFacts { is_asking: true, .. } => {
                Self { title: "Looking through the traces…".into(), progress: Some(None), ..Self::default() }
            }
            EmptyFacts { traces: Some(0), .. } => Self {
                title: "No trace was read".into(),
                detail: match facts.rejects {
                    0 => "The files have no rows".into(),
                    1 => "The only row could not be read".into(),
                    count => format!("None of {count} rows could be read"),
                },
                ways: vec![
                    (Command::ReadAs, "say how the files are to be read"),
                    (Command::ShowRejects, "see what is wrong with each row"),
                    (Command::OpenFile, "open other files"),
                ],
                ..Self::default()
            },
            EmptyFacts { traces: Some(count), filter, .. } if !filter.trim().is_empty() => Self {
                title: "No trace matches the filter".into(),
                detail: format!("None of {count} traces fits “{}”", filter.trim()),
                ways: vec![(Command::Filter, "change what is asked for")],
                can_clear: true,
                ..Self::default()
            },
            EmptyFacts { traces: Some(count), .. } => Self {
                title: "No trace is shown".into(),
                detail: format!("The table lists {count}"),
                ways: vec![(Command::NextTrace, "show the first")],
                ..Self::default()
            },
        }
    }

    fn opening(facts: &EmptyFacts<'_>, progress: &Progress) -> Self {
        let count = match (progress.done, progress.total) {
            (0, None) => String::new(),
            (done, None) => format!("{done} "),
            (done, Some(total)) => format!("{done} of {total} "),
        };
        let note = if progress.note.is_empty() { "reading" } else { progress.note.as_str() };
        Self {
            title: format!("Opening {}", name(facts.paths)),
            detail: format!("{count}{note}"),
            progress: Some(progress.fraction()),
            ..Self::default()
        }
    }
}

/// Why files could not be read, without the names of all formats that they could have had.
fn without_formats(failure: &str) -> &str {
    failure.split("; expected ").next().unwrap_or(failure)
}

/// What is opened, in a few words.
fn name(paths: &[std::path::PathBuf]) -> String {
    let of = |path: &Path| {
        path.file_name().map_or_else(|| path.display().to_string(), |name| name.to_string_lossy().into_owned())
    };
    match paths {
        [] => "the project".into(),
        [path] => of(path),
        [path, rest @ ..] => format!("{} and {} more", of(path), rest.len()),
    }
}

#[cfg(feature = "testing")]
fn ids<S: serde::Serializer>(ways: &[(Command, &'static str)], serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_seq(ways.iter().map(|(command, what)| format!("{}: {what}", command.spec().id)))
}
