//! What a division and a list of test problems come to in one export: which problems go where, and which not at all.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::path::Path;

use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use super::asked::{SplitAsked, problems_in};
use super::{Overlap, Split, SplitPart, SplitProblem, SplitReport, decontaminate, split};
use crate::export::ExportError;
use crate::export::rows::{ExportOptions, Produced, each_row};
use crate::job::JobContext;
use crate::labels::{Corpus, Selection};
use crate::model::ProblemId;

/// Where the problems of an export go.
#[derive(Clone, Debug, Default)]
pub(in crate::export) struct Plan {
    /// The part of each problem; `None` where all rows stand together.
    pub(in crate::export) parts: Option<BTreeMap<ProblemId, SplitPart>>,
    /// The division for the manifest.
    pub(in crate::export) split: Option<SplitMade>,
    /// What is not exported.
    pub(in crate::export) removed: Option<Decontamination>,
}

/// A division as the manifest holds it: enough to make it again.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SplitMade {
    /// What was asked for; the lists as identities of problems.
    pub asked: SplitAsked,
    /// What came of it.
    pub made: SplitReport,
    /// Entries of the lists that name no problem with rows.
    pub unknown: Vec<String>,
}

/// What was not exported because it is like problems that are to be tested with.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Decontamination {
    /// `stepscope.decontamination/1`.
    pub schema: String,
    /// The files with test problems.
    pub tests: Vec<TestFile>,
    /// From this share of common runs of three words on two problems are alike.
    pub near: f64,
    /// Each problem that was removed.
    pub removed: Vec<Removed>,
}

/// A file with test problems.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct TestFile {
    /// Its path as it was given.
    pub path: String,
    /// The SHA-256 of its content, in hexadecimal digits.
    pub sha256: String,
    /// How many problems it names.
    pub problems: u64,
}

/// A problem that was removed.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Removed {
    /// Its identity.
    pub problem: ProblemId,
    /// What it asks.
    pub text: String,
    /// How many rows were lost with it.
    pub rows: u64,
    /// What it shares with the test problem.
    pub reason: Overlap,
    /// The file of the test problem most like it.
    pub test_file: String,
    /// The position of that problem among those of the file, from 1.
    pub test_number: u64,
    /// What it asks.
    pub test_text: String,
}

impl Decontamination {
    /// Names the shape of the file.
    pub const SCHEMA: &'static str = "stepscope.decontamination/1";

    /// How many rows were lost.
    pub fn rows(&self) -> u64 {
        self.removed.iter().map(|one| one.rows).sum()
    }
}

impl Plan {
    /// Works out where problems go. Makes every row once, because ratios are of rows; where nothing is asked, none.
    pub(in crate::export) fn new(
        source: &dyn Corpus,
        options: &ExportOptions,
        ctx: &JobContext,
    ) -> Result<Self, ExportError> {
        let mut plan = Self::default();
        if options.split.is_none() && options.decontaminate.is_empty() {
            return Ok(plan);
        }
        let mut problems = problems_with_rows(source, options, ctx)?;
        if !options.decontaminate.is_empty() {
            let removed = remove(&problems, options, ctx)?;
            let gone: HashSet<&ProblemId> = removed.removed.iter().map(|one| &one.problem).collect();
            problems.retain(|problem| !gone.contains(&problem.id));
            plan.removed = Some(removed);
        }
        if let Some(asked) = &options.split {
            let (settled, unknown) = asked.settle(&problems);
            let Split { parts, report } = split(&problems, &settled, ctx)?;
            let mut lists: BTreeMap<SplitPart, Vec<String>> = BTreeMap::new();
            for (id, &part) in &settled.lists {
                lists.entry(part).or_default().push(id.as_str().into());
            }
            plan.split = Some(SplitMade { asked: SplitAsked { lists, ..asked.clone() }, made: report, unknown });
            plan.parts = Some(parts);
        }
        Ok(plan)
    }

    /// What is left of the source; `None`: all of it.
    pub(in crate::export) fn kept<'a>(&self, source: &'a dyn Corpus) -> Result<Option<Selection<'a>>, ExportError> {
        let Some(removed) = self.removed.as_ref().filter(|removed| !removed.removed.is_empty()) else {
            return Ok(None);
        };
        let gone: HashSet<&ProblemId> = removed.removed.iter().map(|one| &one.problem).collect();
        let mut rows = Vec::new();
        for row in 0..u32::try_from(source.len()).unwrap_or(u32::MAX) {
            let problem = source.problem(row).map_err(|reason| ExportError::Trace { row, reason })?;
            if !gone.contains(&problem) {
                rows.push(row);
            }
        }
        Ok(Some(Selection::new(source, rows)))
    }
}

/// The problems that rows are made of, in the order in which they first occur.
fn problems_with_rows(
    source: &dyn Corpus,
    options: &ExportOptions,
    ctx: &JobContext,
) -> Result<Vec<SplitProblem>, ExportError> {
    let mut problems: Vec<SplitProblem> = Vec::new();
    let mut places: HashMap<ProblemId, usize> = HashMap::new();
    each_row(source, options, ctx, &mut |produced| {
        let Produced::Row(trace, _) = produced else { return Ok(()) };
        let id = trace.problem.id();
        if let Some(known) = places.get(&id).and_then(|&place| problems.get_mut(place)) {
            known.rows += 1;
        } else {
            places.insert(id.clone(), problems.len());
            problems.push(SplitProblem { id, text: trace.problem.text().into_owned(), rows: 1 });
        }
        Ok(())
    })?;
    Ok(problems)
}

fn remove(
    problems: &[SplitProblem],
    options: &ExportOptions,
    ctx: &JobContext,
) -> Result<Decontamination, ExportError> {
    let (mut files, mut texts, mut places) = (Vec::new(), Vec::new(), Vec::new());
    for path in &options.decontaminate {
        let found = problems_in(path, ctx)?;
        if found.is_empty() {
            return Err(ExportError::NoProblems { path: path.clone() });
        }
        places.extend((1..=found.len() as u64).map(|number| (files.len(), number)));
        let (path, sha256) = (path.display().to_string(), file_hash(path)?);
        files.push(TestFile { path, sha256, problems: found.len() as u64 });
        texts.extend(found);
    }
    let by_id: HashMap<&ProblemId, &SplitProblem> = problems.iter().map(|problem| (&problem.id, problem)).collect();
    let removed = decontaminate(problems, &texts, options.near, ctx)?.into_iter().filter_map(|one| {
        let &(file, test_number) = places.get(one.test)?;
        Some(Removed {
            text: by_id.get(&one.problem)?.text.clone(),
            problem: one.problem,
            rows: one.rows,
            reason: one.overlap,
            test_file: files.get(file)?.path.clone(),
            test_number,
            test_text: texts.get(one.test)?.clone(),
        })
    });
    let (schema, removed) = (Decontamination::SCHEMA.into(), removed.collect());
    Ok(Decontamination { schema, tests: files, near: options.near, removed })
}

/// The SHA-256 of a file, in hexadecimal digits.
pub(in crate::export) fn file_hash(path: &Path) -> Result<String, ExportError> {
    let failed = |source| ExportError::Io { doing: "reading", path: path.into(), source };
    let mut hash = Sha256::new();
    std::io::copy(&mut std::fs::File::open(path).map_err(failed)?, &mut hash).map_err(failed)?;
    Ok(format!("{:x}", hash.finalize()))
}
