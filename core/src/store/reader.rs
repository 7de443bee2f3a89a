//! Reads traces back from the mapped tables of a project.

use std::collections::HashMap;
use std::fs::File;
use std::io::{BufRead as _, BufReader};
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};

use super::columns::{LabelColumns, ProblemColumns, ScoreColumns, StepColumns, TraceColumns, U32};
use super::manifest::Manifest;
use super::problem_index::ProblemIndex;
use super::schema::{labels::says, traces::error};
use super::summary::{Mark, TraceSummary, main_path_values};
use super::text::Needle;
use super::writer::REJECTS;
use super::{ProjectDir, Reject, SourceEntry, StoreError, exact_json, rank};
use crate::model::{
    ImportedLabel, ImportedScore, ImportedValue, Outcome, Problem, ProblemId, Prompt, ScoreKind, SourceRef, Step,
    StepFlag, StepHash, StepIndex, StepKind, StepRating, StepTree, ToolCall, Trace, TraceId, Verdict,
};

/// The traces of a project, mapped into memory: texts stay on disk until they are read. Cheap to clone.
#[derive(Clone)]
pub struct Store(pub(super) Arc<Inner>);

pub(super) struct Inner {
    dir: ProjectDir,
    manifest: Manifest,
    pub(super) problems: ProblemColumns,
    pub(super) traces: TraceColumns,
    pub(super) steps: StepColumns,
    pub(super) labels: LabelColumns,
    pub(super) scores: ScoreColumns,
    /// Trace rows in the order of their identities; made when first asked for, like those below.
    by_id: OnceLock<Vec<u32>>,
    /// Trace rows by their problem; made when first asked for.
    by_problem: OnceLock<ProblemIndex>,
    /// The place of each problem in the order of previews.
    problem_ranks: OnceLock<Vec<u32>>,
    /// The place of each trace's generator in the order of generators.
    generator_ranks: OnceLock<Vec<Option<u32>>>,
}

impl Store {
    /// Opens the current generation of a project. Takes time independent of its size.
    pub fn open(dir: &ProjectDir) -> Result<Self, StoreError> {
        let mut manifest = Manifest::read(dir)?;
        loop {
            let generation = manifest.generation;
            let error = match Self::open_generation(dir, manifest) {
                Ok(store) => return Ok(store),
                Err(error) => error,
            };
            // Another process may have finished an import meanwhile, and removed what was being opened.
            manifest = Manifest::read(dir)?;
            if manifest.generation == generation {
                return Err(error);
            }
        }
    }

    fn open_generation(dir: &ProjectDir, manifest: Manifest) -> Result<Self, StoreError> {
        let pieces = manifest.pieces(dir);
        let (problems, traces) = (ProblemColumns::open(&pieces)?, TraceColumns::open(&pieces)?);
        let (steps, labels) = (StepColumns::open(&pieces)?, LabelColumns::open(&pieces)?);
        let scores = ScoreColumns::open(&pieces)?;
        Ok(Self(Arc::new(Inner {
            dir: dir.clone(),
            problems,
            traces,
            steps,
            labels,
            scores,
            manifest,
            by_id: OnceLock::new(),
            by_problem: OnceLock::new(),
            problem_ranks: OnceLock::new(),
            generator_ranks: OnceLock::new(),
        })))
    }

    /// True where there is a project, readable or not.
    pub fn exists(dir: &ProjectDir) -> bool {
        dir.manifest().is_file()
    }

    /// The folder of the project.
    pub fn dir(&self) -> &ProjectDir {
        &self.0.dir
    }

    /// The files the traces came from.
    pub fn sources(&self) -> &[SourceEntry] {
        &self.0.manifest.sources
    }

    /// Number of the import that made these tables, from 1.
    pub fn generation(&self) -> u64 {
        self.0.manifest.generation
    }

    /// How many traces there are.
    pub fn len(&self) -> usize {
        self.0.traces.rows
    }

    /// True where there is no trace.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// How many steps all traces have together.
    pub fn step_total(&self) -> usize {
        self.0.steps.rows
    }

    /// True where the data brought scores of steps.
    pub fn has_step_scores(&self) -> bool {
        self.0.traces.min_score.has_any()
    }

    /// How many rows could not be read at import.
    pub fn rejected(&self) -> u64 {
        self.0.manifest.rejected
    }

    /// What a list shows of a trace; `None` where there is no such row.
    pub fn summary(&self, row: u32) -> Option<TraceSummary> {
        let (traces, at) = (&self.0.traces, row as usize);
        let owned = |text: Option<&str>| text.map(str::to_owned);
        let problem = self.problem_row(row)? as usize;
        Some(TraceSummary {
            row,
            id: self.trace_id(row)?,
            source_id: owned(traces.source_id.get(at)),
            problem_id: ProblemId::new(self.0.problems.id.get(problem)?),
            problem: owned(self.0.problems.preview.get(problem))?,
            generator: owned(self.generator(row)),
            steps: self.step_count(row),
            branching: traces.branching.get(at).unwrap_or_default(),
            verdict: self.verdict(row),
            format: owned(traces.format.get(at)).unwrap_or_default(),
            file: owned(traces.file.get(at)).unwrap_or_default(),
            imported_first_error: self.imported_mark(row),
            min_score: traces.min_score.get(at),
            last_score: traces.last_score.get(at),
            warnings: traces.warning_count.get(at).unwrap_or_default(),
        })
    }

    /// A whole trace, equal to what was pushed but for the number of a repeated identity.
    pub fn trace(&self, row: u32) -> Result<Trace, StoreError> {
        let (traces, at) = (&self.0.traces, row as usize);
        let path = traces.path.as_path();
        if at >= traces.rows {
            return Err(StoreError::NoSuchRow { row, len: self.len(), path: self.0.dir.path().to_path_buf() });
        }
        let json = |e: serde_json::Error| StoreError::damaged(path, format!("row {row}: {e}"));
        let verdict = traces.verdict.expect(at, path)?;
        let owned = |text: Option<&str>| text.map(str::to_owned);
        Ok(Trace {
            id: TraceId::new(traces.id.expect(at, path)?),
            source_id: owned(traces.source_id.get(at)),
            problem: self.problem(traces.problem.expect(at, path)?)?,
            generator: owned(traces.generator.get(at)),
            outcome: Outcome {
                verdict: Verdict::from_name(verdict).ok_or_else(|| unknown(path, at, verdict))?,
                reward: traces.reward.get(at),
            },
            steps: self.step_rows(row)?.map(|at| self.step(at)).collect::<Result<_, _>>()?,
            labels: self.label_rows(row)?.map(|at| self.label(at)).collect::<Result<_, _>>()?,
            scores: self.score_rows(row)?.map(|at| self.score(at)).collect::<Result<_, _>>()?,
            metadata: exact_json::metadata_from_text(traces.metadata.get(at)).map_err(json)?,
            source: SourceRef {
                file: traces.file.expect(at, path)?.to_owned(),
                row: traces.row.expect(at, path)?,
                format: traces.format.expect(at, path)?.to_owned(),
            },
            splitter: owned(traces.splitter.get(at)),
            warnings: traces.warnings.get(at).map_or(Ok(Vec::new()), serde_json::from_str).map_err(json)?,
        })
    }

    /// The row of the trace with that identity. The first call sorts all identities.
    pub fn row_of(&self, id: &TraceId) -> Option<u32> {
        let by_id = self.by_id();
        let at = by_id.binary_search_by(|&row| self.id_text(row).cmp(id.as_str())).ok()?;
        by_id.get(at).copied()
    }

    /// The trace that a user means: by identity, else by the name its source gives it, else by the only identity
    /// that begins so.
    pub fn find(&self, text: &str) -> Option<u32> {
        if let Some(row) = self.row_of(&TraceId::new(text)) {
            return Some(row);
        }
        let mut rows = 0..u32::try_from(self.len()).unwrap_or(u32::MAX);
        if let Some(row) = rows.find(|&row| self.source_id(row) == Some(text)) {
            return Some(row);
        }
        let by_id = self.by_id();
        let from = by_id.partition_point(|&row| self.id_text(row) < text);
        let mut matching = by_id.iter().skip(from).take_while(|&&row| self.id_text(row).starts_with(text));
        matching.next().filter(|_| !text.is_empty() && matching.next().is_none()).copied()
    }

    /// The rows of all traces of the problem that this one tries to solve, itself among them, in order: problems are
    /// one where their prompts are, whatever files they came from. The row alone where there is no prompt. The first
    /// call looks at all traces.
    pub fn rows_of_problem(&self, row: u32) -> Vec<u32> {
        let Some(problem) = self.problem_row(row) else { return Vec::new() };
        self.by_problem().rows_of(problem).map_or_else(|| vec![row], <[u32]>::to_vec)
    }

    /// The rows of all traces of that problem, in order.
    pub fn rows_with_problem(&self, id: &ProblemId) -> Vec<u32> {
        let index = self.by_problem();
        let id_of = |row: u32| self.0.problems.id.get(row as usize);
        index.find(id.as_str(), id_of).and_then(|problem| index.rows_of(problem)).unwrap_or_default().to_vec()
    }

    /// The rows that could not be read at import.
    pub fn rejects(&self) -> Result<Vec<Reject>, StoreError> {
        let mut rejects = Vec::new();
        for path in self.reject_files() {
            let file = File::open(&path).map_err(|e| StoreError::damaged(&path, e.to_string()))?;
            for line in BufReader::new(file).lines() {
                let line = line.map_err(|e| StoreError::damaged(&path, e.to_string()))?;
                rejects.push(serde_json::from_str(&line).map_err(|e| StoreError::damaged(&path, e.to_string()))?);
            }
        }
        Ok(rejects)
    }

    pub(super) fn reject_files(&self) -> Vec<PathBuf> {
        self.manifest().pieces(self.dir()).into_iter().map(|piece| piece.folder.join(REJECTS)).collect()
    }

    pub(super) fn manifest(&self) -> &Manifest {
        &self.0.manifest
    }

    /// The hashes of a trace's steps, in order; empty where there is no such row.
    pub fn step_hashes(&self, row: u32) -> Vec<StepHash> {
        let rows = self.step_rows(row).unwrap_or_default();
        rows.filter_map(|at| self.0.steps.hash.get(at)).map(StepHash::new).collect()
    }

    /// True where problem, steps, tool calls, source name or generator contain the text, which is in lower case
    /// already.
    pub fn contains_text(&self, row: u32, needle_lowercase: &str) -> bool {
        self.contains(row, &Needle::new(needle_lowercase))
    }

    pub(super) fn contains(&self, row: u32, needle: &Needle) -> bool {
        let found = |text: Option<&str>| text.is_some_and(|text| needle.is_in(text));
        let problem = || self.problem_row(row).and_then(|at| self.0.problems.text.get(at as usize));
        found(self.source_id(row))
            || found(self.generator(row))
            || found(problem())
            || self.step_rows(row).unwrap_or_default().any(|at| {
                let steps = &self.0.steps;
                [&steps.text, &steps.tool_name, &steps.tool_arguments].into_iter().any(|column| found(column.get(at)))
            })
    }
}

/// Single cells, for filtering and sorting without building summaries.
impl Store {
    /// The identity of the trace in that row.
    pub fn trace_id(&self, row: u32) -> Option<TraceId> {
        self.0.traces.id.get(row as usize).map(TraceId::new)
    }

    pub(crate) fn problem_row(&self, row: u32) -> Option<u32> {
        self.0.traces.problem.get(row as usize)
    }

    pub(crate) fn source_id(&self, row: u32) -> Option<&str> {
        self.0.traces.source_id.get(row as usize)
    }

    pub(crate) fn generator(&self, row: u32) -> Option<&str> {
        self.0.traces.generator.get(row as usize)
    }

    pub(crate) fn file(&self, row: u32) -> Option<&str> {
        self.0.traces.file.get(row as usize)
    }

    /// True where labels came with the trace.
    pub(crate) fn has_labels(&self, row: u32) -> bool {
        self.0.traces.labels.get(row as usize).is_some_and(|count| count > 0)
    }

    pub(crate) fn step_count(&self, row: u32) -> u32 {
        self.0.traces.steps.get(row as usize).unwrap_or_default()
    }

    pub(crate) fn verdict(&self, row: u32) -> Verdict {
        self.0.traces.verdict.get(row as usize).and_then(Verdict::from_name).unwrap_or_default()
    }

    pub(crate) fn imported_mark(&self, row: u32) -> Option<Mark> {
        match self.0.traces.error.get(row as usize)? {
            error::AT => self.0.traces.error_step.get(row as usize).map(Mark::At),
            error::NOWHERE => Some(Mark::NoError),
            error::UNSURE => Some(Mark::Unsure),
            _ => None,
        }
    }

    /// Lowest and last imported score along the main path.
    pub(crate) fn imported_scores(&self, row: u32) -> (Option<f64>, Option<f64>) {
        (self.0.traces.min_score.get(row as usize), self.0.traces.last_score.get(row as usize))
    }

    /// All imported scores along the main path; reads the whole trace.
    pub(crate) fn imported_path_scores(&self, row: u32) -> Vec<f64> {
        self.trace(row).map(|trace| main_path_values(&trace)).unwrap_or_default()
    }

    /// The hashes along the main path.
    pub(crate) fn main_path_hashes(&self, row: u32) -> Vec<StepHash> {
        if self.0.traces.branching.get(row as usize) == Some(false) {
            return self.step_hashes(row);
        }
        let shape = |at: usize| Step {
            parent: self.0.steps.parent.get(at),
            on_path: self.0.steps.on_path.get(at).unwrap_or_default(),
            hash: StepHash::new(self.0.steps.hash.get(at).unwrap_or_default()),
            ..Step::default()
        };
        let mut steps: Vec<Step> = self.step_rows(row).unwrap_or_default().map(shape).collect();
        let path = StepTree::new(&steps).main_path(&steps);
        let hash = |index: StepIndex| steps.get_mut(index as usize).map(|step| std::mem::take(&mut step.hash));
        path.into_iter().filter_map(hash).collect()
    }

    /// The hashes of the steps that lead to a step, from the first, and its own.
    pub(crate) fn path_hashes(&self, row: u32, step: StepIndex) -> Vec<StepHash> {
        let first = self.step_rows(row).map_or(0, |rows| rows.start);
        let (mut path, mut next) = (Vec::new(), Some(step));
        while let Some(at) = next {
            path.push(StepHash::new(self.0.steps.hash.get(first + at as usize).unwrap_or_default()));
            // A parent stands before its children, so this ends.
            next = self.0.steps.parent.get(first + at as usize).filter(|parent| *parent < at);
        }
        path.reverse();
        path
    }

    /// True where no step of the trace continues this one.
    pub(crate) fn is_leaf(&self, row: u32, step: StepIndex) -> bool {
        self.step_rows(row).is_ok_and(|mut rows| !rows.any(|at| self.0.steps.parent.get(at) == Some(step)))
    }

    /// The position of a step in its trace.
    pub(crate) fn step_index(&self, row: u32, hash: &StepHash) -> Option<StepIndex> {
        let mut rows = self.step_rows(row).ok()?;
        let at = rows.position(|at| self.0.steps.hash.get(at) == Some(hash.as_str()))?;
        StepIndex::try_from(at).ok()
    }
}

impl Store {
    pub(crate) fn id_text(&self, row: u32) -> &str {
        self.0.traces.id.get(row as usize).unwrap_or_default()
    }

    fn by_id(&self) -> &[u32] {
        self.0.by_id.get_or_init(|| {
            let rows = 0..u32::try_from(self.len()).unwrap_or(u32::MAX);
            let mut sorted: Vec<(u64, u32)> = rows.map(|row| (rank::head(self.id_text(row)), row)).collect();
            // The first letters settle nearly all.
            sorted.sort_unstable_by(|(a, x), (b, y)| {
                a.cmp(b).then_with(|| (self.id_text(*x), x).cmp(&(self.id_text(*y), y)))
            });
            sorted.into_iter().map(|(_, row)| row).collect()
        })
    }

    fn by_problem(&self) -> &ProblemIndex {
        self.0.by_problem.get_or_init(|| {
            let problems = (0..self.0.problems.rows).map(|row| {
                let named = self.0.problems.text.get(row).is_some_and(|text| !text.trim().is_empty());
                self.0.problems.id.get(row).filter(|_| named)
            });
            let rows = 0..u32::try_from(self.len()).unwrap_or(u32::MAX);
            ProblemIndex::new(problems, rows.map(|row| self.problem_row(row)))
        })
    }

    /// The place of a trace's problem in the order of previews, without regard to case first.
    pub(crate) fn problem_rank(&self, row: u32) -> Option<u32> {
        let problems = &self.0.problems;
        let ranks = self.0.problem_ranks.get_or_init(|| {
            let previews = (0..problems.rows).map(|at| problems.preview.get(at).unwrap_or_default());
            rank::ranks(&previews.collect::<Vec<_>>())
        });
        ranks.get(self.problem_row(row)? as usize).copied()
    }

    /// The place of a trace's generator among all, without regard to case first.
    pub(crate) fn generator_rank(&self, row: u32) -> Option<u32> {
        let ranks = self.0.generator_ranks.get_or_init(|| {
            let mut numbers: HashMap<&str, usize> = HashMap::new();
            let mut names = Vec::new();
            let rows = 0..u32::try_from(self.len()).unwrap_or(u32::MAX);
            let of_row: Vec<Option<usize>> = rows
                .map(|row| {
                    let name = self.generator(row)?;
                    // Few models write most traces.
                    if let Some(number) = names.iter().take(8).position(|known| *known == name) {
                        return Some(number);
                    }
                    Some(*numbers.entry(name).or_insert_with(|| {
                        names.push(name);
                        names.len() - 1
                    }))
                })
                .collect();
            let ranks = rank::ranks(&names);
            of_row.into_iter().map(|number| ranks.get(number?).copied()).collect()
        });
        *ranks.get(row as usize)?
    }

    pub(crate) fn step_rows(&self, row: u32) -> Result<Range<usize>, StoreError> {
        let (inner, traces) = (&*self.0, &self.0.traces);
        span(&traces.path, row, &traces.first_step, &traces.steps, inner.steps.rows)
    }

    pub(super) fn label_rows(&self, row: u32) -> Result<Range<usize>, StoreError> {
        let (inner, traces) = (&*self.0, &self.0.traces);
        span(&traces.path, row, &traces.first_label, &traces.labels, inner.labels.rows)
    }

    pub(super) fn score_rows(&self, row: u32) -> Result<Range<usize>, StoreError> {
        let (inner, traces) = (&*self.0, &self.0.traces);
        span(&traces.path, row, &traces.first_score, &traces.scores, inner.scores.rows)
    }

    /// The trace that a row of the step table says it belongs to.
    pub(super) fn step_owner(&self, at: usize) -> Option<u32> {
        self.0.steps.trace.get(at)
    }

    /// Rows of the tables of labels and of scores.
    pub(super) fn label_and_score_totals(&self) -> (usize, usize) {
        (self.0.labels.rows, self.0.scores.rows)
    }

    fn problem(&self, row: u32) -> Result<Problem, StoreError> {
        let (problems, at) = (&self.0.problems, row as usize);
        if at >= problems.rows {
            return Err(StoreError::damaged(&problems.path, format!("row {row} is missing")));
        }
        let json = |e: serde_json::Error| StoreError::damaged(&problems.path, format!("row {row}: {e}"));
        let prompt = match problems.messages.get(at) {
            Some(messages) => Prompt::Messages(serde_json::from_str(messages).map_err(json)?),
            None => Prompt::Text(problems.text.expect(at, &problems.path)?.to_owned()),
        };
        Ok(Problem {
            prompt,
            answer: problems.answer.get(at).map(str::to_owned),
            solution: problems.solution.get(at).map(str::to_owned),
            metadata: exact_json::metadata_from_text(problems.metadata.get(at)).map_err(json)?,
        })
    }

    fn step(&self, at: usize) -> Result<Step, StoreError> {
        let steps = &self.0.steps;
        let kind = steps.kind.expect(at, &steps.path)?;
        let tool = match steps.tool_name.get(at) {
            None => None,
            Some(name) => Some(ToolCall {
                name: name.to_owned(),
                arguments: steps.tool_arguments.expect(at, &steps.path)?.to_owned(),
                call_id: steps.tool_call_id.get(at).map(str::to_owned),
            }),
        };
        Ok(Step {
            parent: steps.parent.get(at),
            kind: StepKind::from_name(kind).ok_or_else(|| unknown(&steps.path, at, kind))?,
            text: steps.text.expect(at, &steps.path)?.to_owned(),
            author: steps.author.get(at).map(str::to_owned),
            tool,
            on_path: steps.on_path.expect(at, &steps.path)?,
            hash: StepHash::new(steps.hash.expect(at, &steps.path)?),
            section: steps.section.get(at).map(str::to_owned),
            flags: steps.flags.get(at).unwrap_or_default().split(' ').filter_map(StepFlag::from_name).collect(),
            metadata: exact_json::metadata_from_text(steps.metadata.get(at))
                .map_err(|e| StoreError::damaged(&steps.path, format!("row {at}: {e}")))?,
        })
    }

    fn label(&self, at: usize) -> Result<ImportedLabel, StoreError> {
        let labels = &self.0.labels;
        let path = labels.path.as_path();
        let value = match labels.says.expect(at, path)? {
            says::FIRST_ERROR => ImportedValue::FirstError,
            says::NO_ERROR => ImportedValue::NoError,
            says::SOFT => ImportedValue::Soft(labels.value.expect(at, path)?),
            says::ERROR_SOMEWHERE => ImportedValue::ErrorSomewhere,
            says::PREFERRED => ImportedValue::Preferred,
            says::DISPREFERRED => ImportedValue::Dispreferred,
            says::TAG => ImportedValue::Tag,
            says::REMARK => ImportedValue::Remark,
            says::RATING => {
                let rating = labels.rating.expect(at, path)?;
                ImportedValue::Rating(StepRating::from_name(rating).ok_or_else(|| unknown(path, at, rating))?)
            }
            other => return Err(unknown(path, at, other)),
        };
        Ok(ImportedLabel {
            step: labels.step.get(at),
            value,
            source: labels.source.expect(at, path)?.to_owned(),
            field: labels.field.expect(at, path)?.to_owned(),
            raw: labels.raw.expect(at, path)?.to_owned(),
            base: labels.base.get(at),
            rationale: labels.rationale.get(at).map(str::to_owned),
            correction: labels.correction.get(at).map(str::to_owned),
        })
    }

    fn score(&self, at: usize) -> Result<ImportedScore, StoreError> {
        let scores = &self.0.scores;
        let path = scores.path.as_path();
        let kind = scores.kind.expect(at, path)?;
        Ok(ImportedScore {
            step: scores.step.get(at),
            name: scores.name.expect(at, path)?.to_owned(),
            kind: ScoreKind::from_name(kind).ok_or_else(|| unknown(path, at, kind))?,
            value: scores.value.expect(at, path)?,
        })
    }
}

/// The rows that a trace has in another table of that many rows.
fn span(path: &Path, row: u32, first: &U32, count: &U32, rows: usize) -> Result<Range<usize>, StoreError> {
    let first = first.expect(row as usize, path)? as usize;
    let end = first + count.expect(row as usize, path)? as usize;
    if end > rows {
        return Err(StoreError::damaged(path, format!("row {row} points behind the end of another table")));
    }
    Ok(first..end)
}

fn unknown(path: &Path, row: usize, word: &str) -> StoreError {
    StoreError::damaged(path, format!("row {row}: unknown word {word:?}"))
}
