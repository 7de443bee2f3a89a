//! Writes a new generation of tables aside, and puts it in place when it is complete.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::fs::{self, File, TryLockError};
use std::io::{self, BufWriter, Write as _};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::before::{Before, Rows};
use super::manifest::{Manifest, Part, SourceEntry, TableEntry, sync_folder};
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

/// Writes traces into a new generation of tables, or behind the rows of one, in bounded memory.
///
/// The project changes only with [`finish`](Self::finish); dropped before, the writer leaves it as it was.
pub struct StoreWriter {
    dir: ProjectDir,
    generation: u64,
    /// What is appended to; `None` for a new generation.
    before: Option<Before>,
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
        Self::start(dir, generation, None, (folder, made), lock)
    }

    /// Starts to append to the tables of `old`, and removes what an interrupted import left behind.
    ///
    /// `None` where everything has to be imported again: the project is another by now or was written by an older
    /// version, or has been appended to very often.
    pub fn append(old: &Store) -> Result<Option<Self>, StoreError> {
        let dir = old.dir();
        let lock = lock(dir)?;
        let manifest = Manifest::read(dir)?;
        // Tables of older versions may lack columns.
        if !manifest.holds_same_tables(old.manifest()) || manifest.schema != Manifest::schema() {
            return Ok(None);
        }
        let Some(before) = Before::new(old) else { return Ok(None) };
        let generation = manifest.generation;
        remove_generations(&dir.store(), generation);
        remove_parts(dir, &manifest);
        let folder = dir.part(generation, before.number).with_extension("tmp");
        let mut writer = Self::start(dir, generation, Some(before), (folder, None), lock)?;
        writer.merge()?;
        Ok(Some(writer))
    }

    fn start(
        dir: &ProjectDir,
        generation: u64,
        before: Option<Before>,
        (folder, made): (PathBuf, Option<ProjectDir>),
        lock: File,
    ) -> Result<Self, StoreError> {
        fs::remove_dir_all(&folder).ok();
        fs::create_dir(&folder).map_err(StoreError::io("create a folder", &folder))?;
        let folder = UnfinishedFolder(folder, made);
        let rejects_path = folder.0.join(REJECTS);
        let rejects = File::create_new(&rejects_path).map_err(StoreError::io("create a file", &rejects_path))?;
        let first = before.as_ref().map_or_else(Rows::default, Before::rows);
        let tables = Tables {
            problems: TableWriter::create(&folder.0, &problems::TABLE, first.problems)?,
            traces: TableWriter::create(&folder.0, &traces::TABLE, first.traces)?,
            steps: TableWriter::create(&folder.0, &steps::TABLE, first.steps)?,
            labels: TableWriter::create(&folder.0, &labels::TABLE, first.labels)?,
            scores: TableWriter::create(&folder.0, &scores::TABLE, first.scores)?,
        };
        Ok(Self {
            dir: dir.clone(),
            generation,
            before,
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

    /// Writes small parts once more, so that they become one with what is appended.
    fn merge(&mut self) -> Result<(), StoreError> {
        let Some(before) = &self.before else { return Ok(()) };
        let (store, from) = (before.store.clone(), before.rows().traces);
        let numbers: Vec<u64> = before.merged().iter().map(|part| part.number).collect();
        if numbers.is_empty() {
            return Ok(());
        }
        for row in from..u32::try_from(store.len()).unwrap_or(u32::MAX) {
            self.push(&store.trace(row)?)?;
        }
        for number in numbers {
            let path = self.dir.part(self.generation, number).join(REJECTS);
            let mut file = File::open(&path).map_err(|error| StoreError::damaged(&path, error.to_string()))?;
            io::copy(&mut file, &mut self.rejects).map_err(StoreError::io("copy a file", &path))?;
        }
        Ok(())
    }

    /// Puts the new rows in place and opens the tables: a new generation instead of the old one, or one more part.
    ///
    /// A `project.toml` that cannot be read is set aside as `project.toml.damaged`.
    pub fn finish(self, sources: Vec<SourceEntry>) -> Result<Store, StoreError> {
        if self.before.is_some() {
            return self.finish_part(sources);
        }
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
        let parts = Vec::new();
        Manifest { schema: Manifest::schema(), generation, rejected, tables, sources, parts, other }.write(&dir)?;
        remove_generations(&dir.store(), generation);
        Store::open(&dir)
    }

    fn finish_part(self, sources: Vec<SourceEntry>) -> Result<Store, StoreError> {
        let Self { dir, generation, before, tables, mut rejects, folder, rejected, _lock, .. } = self;
        let flushed = rejects.flush().and_then(|()| rejects.get_ref().sync_all());
        flushed.map_err(StoreError::io("write a file", &folder.0.join(REJECTS)))?;
        drop(rejects);
        // Read again: other parts of the program may have added keys meanwhile.
        let mut manifest = Manifest::read(&dir)?;
        let any = |before: &Before| before.rows().traces < tables.traces.rows() || rejected > 0;
        if let Some(Before { parts, number, .. }) = before.filter(any) {
            let tables = tables.finish()?;
            sync_folder(&folder.0);
            let place = dir.part(generation, number);
            fs::rename(&folder.0, &place).map_err(StoreError::io("put the new tables in place", &place))?;
            sync_folder(&dir.generation(generation));
            manifest.parts = parts;
            manifest.parts.push(Part { number, tables });
        }
        manifest.rejected += rejected;
        manifest.sources = sources;
        manifest.write(&dir)?;
        remove_parts(&dir, &manifest);
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

/// Keeps other writers away from the project as long as it lives.
pub(super) fn lock(dir: &ProjectDir) -> Result<File, StoreError> {
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

/// Removes the parts of the current generation that the project file does not mention.
fn remove_parts(dir: &ProjectDir, manifest: &Manifest) {
    let keep: Vec<String> = manifest.parts.iter().map(|part| format!("part-{}", part.number)).collect();
    for entry in fs::read_dir(dir.generation(manifest.generation)).into_iter().flatten().flatten() {
        let name = entry.file_name();
        let name = name.to_string_lossy();
        if name.starts_with("part-") && !keep.iter().any(|kept| *kept == name) {
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
        let id = problem.id();
        let known = self.before.as_ref().and_then(|before| before.problem_row(id.as_str(), fields));
        if let Some(row) = known {
            self.problem_rows.insert(key, row);
            return Ok(row);
        }
        let row = self.tables.problems.rows();
        let [text, messages, answer, solution, metadata] = fields.map(Cell::Text);
        let preview = preview(fields[0].unwrap_or_default());
        let (id, preview) = (Cell::Text(Some(id.as_str())), Cell::Text(Some(&preview)));
        self.tables.problems.push(&[id, preview, text, messages, answer, solution, metadata])?;
        self.problem_rows.insert(key, row);
        Ok(row)
    }

    fn unique_id(&mut self, id: &str) -> String {
        let before = self.before.as_ref();
        let is_free = |id: &str| before.is_none_or(|before| !before.has_trace(id));
        if is_free(id) && self.ids.insert(id.to_owned()) {
            return id.to_owned();
        }
        let next = self.next_suffix.entry(id.to_owned()).or_insert(2);
        loop {
            let numbered = format!("{id}-{next}");
            *next += 1;
            if is_free(&numbered) && self.ids.insert(numbered.clone()) {
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
