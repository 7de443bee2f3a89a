//! Writes a new generation of tables aside, and puts it in place when it is complete.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::fs::{self, File, TryLockError};
use std::io::{BufWriter, Write as _};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::manifest::{Manifest, SourceEntry, TableEntry, sync_folder};
use super::schema::{labels, problems, scores, steps, traces};
use super::summary::main_path_scores;
use super::table::{Cell, TableWriter};
use super::text::preview;
use super::{ProjectDir, Store, StoreError, exact_json};
use crate::model::{ContentHasher, FirstError, ImportedValue, Problem, Prompt, Trace, is_branching};

pub(super) const REJECTS: &str = "rejects.jsonl";
const LOCK: &str = "lock";

/// A row that could not be read, kept for the user to see and save.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reject {
    /// Path as the user gave it.
    pub file: String,
    /// Row in the file, from 1.
    pub row: u64,
    /// Why, in a sentence for the user.
    pub reason: String,
    /// The row as it stands in the file, perhaps cut.
    pub text: String,
}

/// Writes traces into a new generation of tables, in bounded memory.
///
/// The project changes only with [`finish`](Self::finish); dropped before, the writer leaves it as it was.
pub struct StoreWriter {
    dir: ProjectDir,
    generation: u64,
    tables: Tables,
    rejects: BufWriter<File>,
    /// Where all that is written. Stands below the files, so that they are closed before it is removed.
    folder: UnfinishedFolder,
    rejected: u64,
    /// Rows of problems already written, by a hash of all their fields.
    problem_rows: HashMap<String, u32>,
    ids: HashSet<String>,
    /// The number to try next for an identity that is taken.
    next_suffix: HashMap<String, u32>,
    /// Held until the writer is gone, so that two imports do not mix.
    _lock: File,
}

struct Tables {
    problems: TableWriter,
    traces: TableWriter,
    steps: TableWriter,
    labels: TableWriter,
    scores: TableWriter,
}

impl StoreWriter {
    /// Starts a new generation, and removes what an interrupted import left behind.
    ///
    /// Creates the project folder. A `project.toml` of a newer format is an error.
    pub fn create(dir: &ProjectDir) -> Result<Self, StoreError> {
        let store = dir.store();
        let made = (!dir.path().exists()).then(|| dir.clone());
        fs::create_dir_all(&store).map_err(StoreError::io("create the project folder", &store))?;
        let lock = lock(dir)?;
        let generation = match Manifest::read(dir) {
            Ok(manifest) => {
                remove_generations(&store, manifest.generation);
                manifest.generation + 1
            }
            Err(StoreError::NotAProject { .. }) => {
                remove_generations(&store, 0);
                1
            }
            // The tables may still be good: a person who repairs the project file gets them back.
            Err(StoreError::Manifest { .. }) => last_generation(&store) + 1,
            Err(error) => return Err(error),
        };
        let folder = store.join(format!("gen-{generation}.tmp"));
        fs::remove_dir_all(&folder).ok();
        fs::create_dir(&folder).map_err(StoreError::io("create a folder", &folder))?;
        let folder = UnfinishedFolder(folder, made);
        let rejects_path = folder.0.join(REJECTS);
        let rejects = File::create_new(&rejects_path).map_err(StoreError::io("create a file", &rejects_path))?;
        let tables = Tables {
            problems: TableWriter::create(&folder.0, &problems::TABLE)?,
            traces: TableWriter::create(&folder.0, &traces::TABLE)?,
            steps: TableWriter::create(&folder.0, &steps::TABLE)?,
            labels: TableWriter::create(&folder.0, &labels::TABLE)?,
            scores: TableWriter::create(&folder.0, &scores::TABLE)?,
        };
        Ok(Self {
            dir: dir.clone(),
            generation,
            tables,
            rejects: BufWriter::new(rejects),
            folder,
            rejected: 0,
            problem_rows: HashMap::new(),
            ids: HashSet::new(),
            next_suffix: HashMap::new(),
            _lock: lock,
        })
    }

    /// Adds a trace. One whose identity is taken gets it with `-2`, `-3`, … After an error the writer is of no use.
    pub fn push(&mut self, trace: &Trace) -> Result<(), StoreError> {
        let row = self.tables.traces.rows();
        let problem = self.problem_row(&trace.problem)?;
        let id = self.unique_id(trace.id.as_str());
        let (error, error_step) = imported_error(trace);
        let (min_score, last_score) = main_path_scores(trace);
        let metadata = self.json(exact_json::text_from_metadata(&trace.metadata))?;
        let warnings = match trace.warnings.as_slice() {
            [] => None,
            warnings => self.json(serde_json::to_string(warnings).map(Some))?,
        };
        let count = |n: usize| Cell::U32(u32::try_from(n).ok());
        self.tables.traces.push(&[
            Cell::Text(Some(&id)),
            Cell::Text(trace.source_id.as_deref()),
            Cell::U32(Some(problem)),
            Cell::Text(trace.generator.as_deref()),
            Cell::Text(Some(trace.outcome.verdict.name())),
            Cell::F64(trace.outcome.reward),
            Cell::U32(Some(self.tables.steps.rows())),
            count(trace.steps.len()),
            Cell::Bool(is_branching(&trace.steps)),
            Cell::U32(Some(self.tables.labels.rows())),
            count(trace.labels.len()),
            Cell::U32(Some(self.tables.scores.rows())),
            count(trace.scores.len()),
            Cell::Text(error),
            Cell::U32(error_step),
            Cell::F64(min_score),
            Cell::F64(last_score),
            Cell::Text(Some(&trace.source.file)),
            Cell::U64(trace.source.row),
            Cell::Text(Some(&trace.source.format)),
            Cell::Text(metadata.as_deref()),
            Cell::Text(warnings.as_deref()),
            count(trace.warnings.len()),
            Cell::Text(trace.splitter.as_deref()),
        ])?;
        self.push_steps(row, trace)?;
        self.push_labels(row, trace)?;
        self.push_scores(row, trace)
    }

    /// Keeps a row that could not be read.
    pub fn reject(&mut self, reject: &Reject) -> Result<(), StoreError> {
        let line = self.json(serde_json::to_string(reject))?;
        writeln!(self.rejects, "{line}").map_err(StoreError::io("write a file", &self.folder.0.join(REJECTS)))?;
        self.rejected += 1;
        Ok(())
    }

    /// Puts the new generation in place of the old one and opens it.
    ///
    /// A `project.toml` that cannot be read is set aside as `project.toml.damaged`.
    pub fn finish(self, sources: Vec<SourceEntry>) -> Result<Store, StoreError> {
        let Self { dir, generation, tables, mut rejects, folder, rejected, _lock, .. } = self;
        let flushed = rejects.flush().and_then(|()| rejects.get_ref().sync_all());
        flushed.map_err(StoreError::io("write a file", &folder.0.join(REJECTS)))?;
        drop(rejects);
        let tables = tables.finish()?;
        sync_folder(&folder.0);
        let place = dir.generation(generation);
        fs::rename(&folder.0, &place).map_err(StoreError::io("put the new tables in place", &place))?;
        sync_folder(&dir.store());
        // Read again: other parts of the program may have added keys meanwhile.
        let other = match Manifest::read(&dir) {
            Ok(manifest) => manifest.other,
            Err(StoreError::NotAProject { .. }) => toml::Table::new(),
            Err(StoreError::Manifest { path, .. }) => {
                let aside = path.with_extension("toml.damaged");
                fs::rename(&path, &aside).map_err(StoreError::io("set the damaged project file aside", &path))?;
                toml::Table::new()
            }
            Err(error) => return Err(error),
        };
        Manifest { schema: Manifest::schema(), generation, rejected, tables, sources, other }.write(&dir)?;
        remove_generations(&dir.store(), generation);
        Store::open(&dir)
    }
}

impl Tables {
    fn finish(self) -> Result<BTreeMap<String, TableEntry>, StoreError> {
        let entries = [
            (problems::TABLE.name, self.problems.finish()?),
            (traces::TABLE.name, self.traces.finish()?),
            (steps::TABLE.name, self.steps.finish()?),
            (labels::TABLE.name, self.labels.finish()?),
            (scores::TABLE.name, self.scores.finish()?),
        ];
        Ok(entries.into_iter().map(|(name, entry)| (name.to_owned(), entry)).collect())
    }
}

/// A folder of an import under way; removed unless it was renamed. So is the project's own folder, where it was made for
/// this import and never became a project.
struct UnfinishedFolder(PathBuf, Option<ProjectDir>);

impl Drop for UnfinishedFolder {
    fn drop(&mut self) {
        fs::remove_dir_all(&self.0).ok();
        if let Some(dir) = self.1.as_ref().filter(|dir| !dir.manifest().exists()) {
            fs::remove_file(dir.store().join(LOCK)).ok();
            // Each only where it is empty.
            fs::remove_dir(dir.store()).ok();
            fs::remove_dir(dir.path()).ok();
        }
    }
}

fn lock(dir: &ProjectDir) -> Result<File, StoreError> {
    let path = dir.store().join(LOCK);
    let open = File::options().create(true).truncate(false).write(true).open(&path);
    let file = open.map_err(StoreError::io("create a file", &path))?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => Err(StoreError::Busy { path: dir.path().to_path_buf() }),
        Err(TryLockError::Error(error)) => Err(StoreError::io("lock the project", &path)(error)),
    }
}

/// The highest number of a generation that is there; 0 where there is none.
fn last_generation(store: &Path) -> u64 {
    let names = fs::read_dir(store).into_iter().flatten().flatten().map(|entry| entry.file_name());
    names.filter_map(|name| name.to_str()?.strip_prefix("gen-")?.parse().ok()).max().unwrap_or_default()
}

/// Removes all generations but one. One that is still mapped may resist on Windows; the next import tries again.
fn remove_generations(store: &Path, keep: u64) {
    let keep = format!("gen-{keep}");
    for entry in fs::read_dir(store).into_iter().flatten().flatten() {
        let name = entry.file_name();
        if name.to_string_lossy().starts_with("gen-") && name != *keep {
            fs::remove_dir_all(entry.path()).ok();
        }
    }
}

fn imported_error(trace: &Trace) -> (Option<&'static str>, Option<u32>) {
    // What the data says, it says of the text beside it: nothing can be lost.
    match trace.imported_first_error(None) {
        Some(FirstError::At(hash)) => (Some(traces::error::AT), trace.find_step(&hash)),
        Some(FirstError::NoneUpTo(_)) => (Some(traces::error::NOWHERE), None),
        Some(FirstError::Unsure) => (Some(traces::error::UNSURE), None),
        None => (None, None),
    }
}

impl StoreWriter {
    fn problem_row(&mut self, problem: &Problem) -> Result<u32, StoreError> {
        let metadata = self.json(exact_json::text_from_metadata(&problem.metadata))?;
        let messages = match &problem.prompt {
            Prompt::Text(_) => None,
            Prompt::Messages(messages) => Some(self.json(serde_json::to_string(messages))?),
        };
        let text = problem.text();
        let fields = [
            Some(text.as_ref()),
            messages.as_deref(),
            problem.answer.as_deref(),
            problem.solution.as_deref(),
            metadata.as_deref(),
        ];
        let hasher = fields.iter().fold(ContentHasher::new("problem-row"), |hasher, field| match field {
            Some(text) => hasher.part([1]).part(text),
            None => hasher.part([0]),
        });
        let key = hasher.hex(32);
        if let Some(&row) = self.problem_rows.get(&key) {
            return Ok(row);
        }
        let row = self.tables.problems.rows();
        let [text, messages, answer, solution, metadata] = fields.map(Cell::Text);
        let (id, preview) = (problem.id(), preview(fields[0].unwrap_or_default()));
        let (id, preview) = (Cell::Text(Some(id.as_str())), Cell::Text(Some(&preview)));
        self.tables.problems.push(&[id, preview, text, messages, answer, solution, metadata])?;
        self.problem_rows.insert(key, row);
        Ok(row)
    }

    fn unique_id(&mut self, id: &str) -> String {
        if self.ids.insert(id.to_owned()) {
            return id.to_owned();
        }
        let next = self.next_suffix.entry(id.to_owned()).or_insert(2);
        loop {
            let numbered = format!("{id}-{next}");
            *next += 1;
            if self.ids.insert(numbered.clone()) {
                return numbered;
            }
        }
    }

    fn push_steps(&mut self, row: u32, trace: &Trace) -> Result<(), StoreError> {
        for step in &trace.steps {
            let tool = step.tool.as_ref();
            let flags: Vec<&str> = step.flags.iter().map(|flag| flag.name()).collect();
            let flags = (!flags.is_empty()).then(|| flags.join(" "));
            let metadata = self.json(exact_json::text_from_metadata(&step.metadata))?;
            self.tables.steps.push(&[
                Cell::U32(Some(row)),
                Cell::U32(step.parent),
                Cell::Text(Some(step.kind.name())),
                Cell::Text(step.author.as_deref()),
                Cell::Text(Some(&step.text)),
                Cell::Text(tool.map(|t| t.name.as_str())),
                Cell::Text(tool.map(|t| t.arguments.as_str())),
                Cell::Text(tool.and_then(|t| t.call_id.as_deref())),
                Cell::Bool(step.on_path),
                Cell::Text(Some(step.hash.as_str())),
                Cell::Text(step.section.as_deref()),
                Cell::Text(flags.as_deref()),
                Cell::Text(metadata.as_deref()),
            ])?;
        }
        Ok(())
    }

    fn push_labels(&mut self, row: u32, trace: &Trace) -> Result<(), StoreError> {
        for label in &trace.labels {
            let (says, rating, value) = match label.value {
                ImportedValue::Rating(rating) => (labels::says::RATING, Some(rating.name()), None),
                ImportedValue::Soft(value) => (labels::says::SOFT, None, Some(value)),
                ImportedValue::FirstError => (labels::says::FIRST_ERROR, None, None),
                ImportedValue::NoError => (labels::says::NO_ERROR, None, None),
                ImportedValue::ErrorSomewhere => (labels::says::ERROR_SOMEWHERE, None, None),
                ImportedValue::Preferred => (labels::says::PREFERRED, None, None),
                ImportedValue::Dispreferred => (labels::says::DISPREFERRED, None, None),
                ImportedValue::Tag => (labels::says::TAG, None, None),
                ImportedValue::Remark => (labels::says::REMARK, None, None),
            };
            self.tables.labels.push(&[
                Cell::U32(Some(row)),
                Cell::U32(label.step),
                Cell::Text(Some(says)),
                Cell::Text(rating),
                Cell::F64(value),
                Cell::Text(Some(&label.source)),
                Cell::Text(Some(&label.field)),
                Cell::Text(Some(&label.raw)),
                Cell::U32(label.base),
                Cell::Text(label.rationale.as_deref()),
                Cell::Text(label.correction.as_deref()),
            ])?;
        }
        Ok(())
    }

    fn push_scores(&mut self, row: u32, trace: &Trace) -> Result<(), StoreError> {
        for score in &trace.scores {
            self.tables.scores.push(&[
                Cell::U32(Some(row)),
                Cell::U32(score.step),
                Cell::Text(Some(&score.name)),
                Cell::Text(Some(score.kind.name())),
                Cell::F64(Some(score.value)),
            ])?;
        }
        Ok(())
    }

    fn json<T>(&self, written: Result<T, serde_json::Error>) -> Result<T, StoreError> {
        written.map_err(|e| StoreError::Write { reason: e.to_string(), path: self.folder.0.clone() })
    }
}
