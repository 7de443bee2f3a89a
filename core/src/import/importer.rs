//! What one format family has to offer, and the sample rows by which it recognises its files.

use std::path::PathBuf;

use serde_json::Value;

use std::sync::Arc;

use super::{Carried, ImportOptions, Mapping, RowError};
use crate::model::{ImportedLabel, ImportedScore, Metadata, Splitter, Trace, TraceBuilder, Verdict};

/// Reads one family of published formats. Foreign field names are spelled in its file only.
pub trait Importer: Sync {
    /// Short stable name, for `--format` and for the source of each trace.
    fn name(&self) -> &'static str;

    /// One line for dialogs and help.
    fn caption(&self) -> &'static str;

    /// Groups of keys of which a row needs one each; for messages about rows that come close.
    fn needs(&self) -> &'static [&'static [&'static str]];

    /// Whether the file looks like one of the family, and why.
    fn recognise(&self, sample: &Sample) -> Option<Recognition>;

    /// Turns one row into traces. The sample settles what a single row leaves open.
    ///
    /// What a row is, the importer has said in [`Recognition::unit`]: a row of the file, all rows of a trace as a list,
    /// a whole document, or the files of a [`Bundle`].
    fn read_row(&self, row: Value, sample: &Sample) -> Result<Vec<Imported>, RowError>;

    /// Whether the row belongs to the trace of the rows before it, of which there is at least one. Asked for
    /// [`Unit::Group`] only.
    fn continues(&self, _group: &[Value], _row: &Value) -> bool {
        false
    }

    /// Labels and scores of a row that has no text of its own. Asked for [`Unit::Attachment`] only.
    fn read_attachments(&self, row: Value, _sample: &Sample) -> Result<Vec<Attachment>, RowError> {
        Err(RowError::new(format!(
            "{} has no rows without text; this one is {}",
            self.name(),
            super::detect::kind(&row)
        )))
    }

    /// Whether what a row gives beside its first trace may stand in other rows as well, as a reference solution does
    /// with each attempt that is compared with it. It is read once then.
    fn shares_siblings(&self) -> bool {
        false
    }

    /// Which files of a folder or archive belong together, by their paths from there, with `/`. Those named in no
    /// bundle are read alone.
    fn bundles(&self, _paths: &[&str]) -> Vec<Bundle> {
        Vec::new()
    }

    /// Keys, at any depth, whose values repeat what stands elsewhere in the row: skipped while parsing.
    fn repeats(&self) -> &'static [&'static str] {
        &[]
    }
}

/// Files that make sense together only.
///
/// They reach [`Importer::read_row`] as one object of parsed files, `{path: value, …}`; a file of JSON Lines as a list, a
/// text as a string, pictures and the like not at all. With `each`, there is one row per path in it, which also holds
/// the shared ones; the path of the row itself is under `""`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Bundle {
    /// Files that every row holds.
    pub shared: Vec<String>,
    /// Files that make one row each.
    pub each: Vec<String>,
}

/// Labels and scores without text, for a trace of another file.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Attachment {
    /// Which trace: equal to its [`Imported::join`]. Begins with the name of the family.
    pub join: String,
    /// What the step numbers of the labels and scores count.
    pub numbering: Numbering,
    /// Where the same is said again and again, which one this is.
    pub edition: Option<Edition>,
    /// The labels. A step that the trace does not have becomes a warning there.
    pub labels: Vec<ImportedLabel>,
    /// The scores.
    pub scores: Vec<ImportedScore>,
    /// Whether the trace succeeded, where this is said here.
    pub verdict: Option<Verdict>,
    /// What else is said; goes into the metadata of the trace, under the name of the file.
    pub metadata: Metadata,
}

/// What the step numbers of an [`Attachment`] count, from 0.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Numbering {
    /// Steps.
    #[default]
    Steps,
    /// What each step holds under that key of its metadata; steps, where none has the key.
    Key(&'static str),
    /// Parts of steps, such as lines. A step holds the number of its last part under that key; steps are counted where
    /// none has it. The score of the last part is the score of the step; those of the others are kept in its metadata.
    Parts(&'static str),
}

/// One of several answers of the same judge about the same trace: the latest counts, the others are kept as history.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Edition {
    /// Whose answer it is.
    pub judge: String,
    /// When it was given; ISO 8601 where possible.
    pub at: String,
    /// All of it, for the history.
    pub row: Value,
}

/// What a row gave.
#[derive(Clone, Debug, PartialEq)]
pub struct Imported {
    /// The trace; its source is filled in by the caller where it has none.
    pub trace: Trace,
    /// Labels and scores of a native file.
    pub carried: Option<Carried>,
    /// By what labels and scores of other files find the trace; see [`Attachment::join`].
    pub join: Option<String>,
}

impl From<TraceBuilder> for Imported {
    fn from(builder: TraceBuilder) -> Self {
        Self { trace: builder.build(), carried: None, join: None }
    }
}

/// An importer's opinion of a file.
#[derive(Clone, Debug, PartialEq)]
pub struct Recognition {
    /// Share of the sample rows that fit, above 0 and up to 1.
    pub share: f32,
    /// Why, for the user.
    pub reason: String,
    /// What one row is.
    pub unit: Unit,
}

/// What an importer wants to be given as one row.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Unit {
    /// A line, or an element of the outer list.
    #[default]
    Row,
    /// A whole document: here the outer list is itself one trace.
    Document,
    /// Consecutive rows that [`Importer::continues`] puts together, as one list; even where it is one row.
    Group,
    /// A row without text: labels or scores for traces of other files.
    Attachment,
}

/// Rows from the start of a file and a few from its middle and end.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Sample {
    /// The rows that could be parsed.
    pub rows: Vec<Value>,
    /// Number of the first of them.
    pub first_row: u64,
    /// True where the rows are elements of one list.
    pub in_list: bool,
    /// How the user wants texts to be split into steps.
    pub splitter: Option<Splitter>,
    /// The mapping that the user chose.
    pub map: Option<Arc<Mapping>>,
    /// The user's mappings for files that have their keys.
    pub known: Vec<Arc<Mapping>>,
    /// Path of the file, or of the folder of a bundle; empty where rows come from elsewhere. Labels without text often
    /// say by it only whose they are.
    pub path: PathBuf,
}

impl Sample {
    /// All keys that occur in any of the rows, in order of appearance.
    pub fn keys(&self) -> Vec<&str> {
        let mut keys: Vec<&str> = Vec::new();
        for key in self.rows.iter().filter_map(Value::as_object).flat_map(|row| row.keys()) {
            if !keys.contains(&key.as_str()) {
                keys.push(key);
            }
        }
        keys
    }

    /// What the user decided, for the importers to see.
    pub(super) fn set_options(&mut self, options: &ImportOptions) {
        self.splitter.clone_from(&options.splitter);
        self.map.clone_from(&options.map);
        self.known.clone_from(&options.known);
    }

    /// How to split texts into steps: as the user wants, else in this way.
    pub fn splitter_or(&self, usual: Splitter) -> Splitter {
        self.splitter.clone().unwrap_or(usual)
    }

    /// A recognition, where at least one row fits.
    pub fn recognise(&self, reason: &str, fits: impl Fn(&Value) -> bool) -> Option<Recognition> {
        let fitting = self.rows.iter().filter(|row| fits(row)).count();
        (fitting > 0).then(|| Recognition {
            share: fitting as f32 / self.rows.len() as f32,
            reason: format!("{fitting} of {} sample rows have {reason}", self.rows.len()),
            unit: Unit::Row,
        })
    }
}
