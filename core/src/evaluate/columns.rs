//! What an evaluation needs of the traces of a project, in columns: no text, a few bytes per step.

use std::collections::HashMap;
use std::ops::Range;
use std::sync::Arc;

use rayon::prelude::*;

use crate::job::{JobContext, JobError};
use crate::model::{ScoreKind, StepKind, StepRating, Verdict};
use crate::query::{Groups, Views, groups};

/// Stands for nothing in columns of numbers.
pub(super) const NOTHING: u32 = u32::MAX;

/// So many traces are worth another thread.
const GRAIN: usize = 8192;

/// Where a trace first goes wrong on its main path, according to the labels.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Gold {
    /// The labels do not say.
    #[default]
    Unknown,
    /// Nowhere.
    NoError,
    /// At this position of the path, from 0.
    At(u32),
}

impl Gold {
    /// The first error; the outer `None` where it is not known, the inner where there is none.
    pub const fn known(self) -> Option<Option<u32>> {
        match self {
            Self::Unknown => None,
            Self::NoError => Some(None),
            Self::At(at) => Some(Some(at)),
        }
    }
}

/// One trace, along its main path.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct TraceFacts {
    /// Its row in the corpus.
    pub row: u32,
    /// Where its steps begin in the columns of steps.
    pub first_step: u32,
    /// How many steps its main path has.
    pub steps: u32,
    /// Its problem, as a code.
    pub problem: u32,
    /// Where it first goes wrong.
    pub gold: Gold,
    /// Whether its final answer is right.
    pub outcome: Verdict,
    /// Its final answer as a code; `u32::MAX` where none was found.
    pub answer: u32,
    /// Words of the path.
    pub words: u32,
    /// Words after the step that first states the final answer as a result; `u32::MAX` where that is not known.
    pub after_answer: u32,
}

/// The steps of all main paths, one after the other.
#[derive(Clone, Debug, Default)]
pub struct StepFacts {
    /// What the labels take it for.
    pub rating: Vec<Option<StepRating>>,
    /// What sort of step it is.
    pub kind: Vec<StepKind>,
    /// Words of its text.
    pub words: Vec<u32>,
    /// Rather formulas than prose; see [`is_math`](super::is_math).
    pub math: Vec<bool>,
    /// Called redundant by the labels.
    pub redundant: Vec<bool>,
    /// The kind of error, as a code of [`Columns::error_kinds`]; 0 is none.
    pub error: Vec<u32>,
    /// The tool called, as a code of [`Columns::tools`]; 0 is none.
    pub tool: Vec<u32>,
}

/// What was judged: a number per step.
#[derive(Clone, Debug, Default)]
pub struct RaterColumn {
    /// The scorer, or the label source.
    pub name: String,
    /// What its numbers mean; `None` for label sources.
    pub kind: Option<ScoreKind>,
    /// One per step; NaN where it says nothing. Of a label source 1 for good and neutral, 0 for bad, or the soft label.
    /// Shared by all columns of the project.
    pub values: Arc<Vec<f64>>,
    /// The lowest and the highest of them that is finite, in the whole project.
    pub ends: Option<(f64, f64)>,
    /// True of the traces of which it says enough to name a first error, or that there is none.
    pub speaks: Vec<bool>,
    /// Of a scorer that gave no step of the project a score: the names of those that did, as a list.
    pub missing: Option<String>,
}

impl RaterColumn {
    /// Its numbers may be probabilities: by what they mean, and as all of them lie between 0 and 1.
    pub fn is_probability(&self) -> bool {
        let may_be = |kind: ScoreKind| kind.is_unit() || matches!(kind, ScoreKind::Vote | ScoreKind::Other);
        self.kind.is_none_or(may_be) && self.ends.is_some_and(|(low, high)| low >= 0.0 && high <= 1.0)
    }
}

/// A field of traces, each value once.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Field {
    /// Its name.
    pub name: String,
    /// The values that occur, in the order of their first appearance; the first is the empty one.
    pub values: Arc<[String]>,
    /// One per trace: which of the values it has.
    pub codes: Vec<u32>,
    /// For each value the condition that asks for it.
    pub clauses: Arc<[String]>,
    /// The values have an order, which is theirs.
    pub is_ordered: bool,
}

/// Why traces have no labels, counted.
#[derive(Clone, Debug, Default, PartialEq, Eq, serde::Serialize)]
pub struct LeftOut {
    /// The reason in a few words.
    pub reason: String,
    /// How many traces.
    pub traces: u64,
}

/// The traces of a project, or some of them, ready to be judged.
#[derive(Clone, Debug, Default)]
pub struct Columns {
    /// Whose labels.
    pub labels: String,
    /// One per trace, in the order of the corpus.
    pub traces: Vec<TraceFacts>,
    /// All steps of the project; [`range`](Self::range) says which are of a trace.
    pub steps: Arc<StepFacts>,
    /// What is judged, as it was asked for. The first is the one that figures are about.
    pub raters: Vec<RaterColumn>,
    /// What traces can be grouped by: `generator` and `file`, then what was asked for.
    pub fields: Vec<Field>,
    /// Names of the kinds of errors; the first is empty.
    pub error_kinds: Vec<String>,
    /// Names of tools; the first is empty.
    pub tools: Vec<String>,
    /// The identities of problems, by code.
    pub problem_names: Arc<Vec<String>>,
    /// Traces without clear labels, by reason.
    pub left_out: Vec<LeftOut>,
}

impl Columns {
    /// The columns of those rows of the corpus, which may be in any order. What is said of steps is shared, not copied.
    #[must_use]
    pub fn of_rows(&self, rows: &[u32]) -> Self {
        let last = self.traces.last().map_or(0, |trace| trace.row as usize + 1);
        let mut wanted = vec![false; last];
        for row in rows {
            if let Some(slot) = wanted.get_mut(*row as usize) {
                *slot = true;
            }
        }
        let is_wanted = |trace: &TraceFacts| wanted.get(trace.row as usize).copied().unwrap_or_default();
        let all = self.traces.par_iter().enumerate().with_min_len(GRAIN);
        let places: Vec<usize> = all.filter(|(_, trace)| is_wanted(trace)).map(|(place, _)| place).collect();
        let traces: Vec<TraceFacts> = taken(&self.traces, &places);
        let rater = |rater: &RaterColumn| RaterColumn {
            name: rater.name.clone(),
            values: Arc::clone(&rater.values),
            speaks: taken(&rater.speaks, &places),
            missing: rater.missing.clone(),
            ..*rater
        };
        let field = |field: &Field| Field {
            codes: taken(&field.codes, &places),
            name: field.name.clone(),
            values: field.values.clone(),
            clauses: field.clauses.clone(),
            is_ordered: field.is_ordered,
        };
        // Why they have none is known of all of them together only.
        let unknown = traces.iter().filter(|trace| trace.gold == Gold::Unknown).count() as u64;
        let left_out = (unknown > 0).then(|| LeftOut { reason: "no clear labels".into(), traces: unknown });
        Self {
            labels: self.labels.clone(),
            raters: self.raters.iter().map(rater).collect(),
            fields: self.fields.iter().map(field).collect(),
            steps: Arc::clone(&self.steps),
            error_kinds: self.error_kinds.clone(),
            tools: self.tools.clone(),
            problem_names: Arc::clone(&self.problem_names),
            left_out: left_out.into_iter().collect(),
            traces,
        }
    }

    /// Where the steps of a trace stand.
    pub const fn range(&self, trace: &TraceFacts) -> Range<usize> {
        let first = trace.first_step as usize;
        first..first + trace.steps as usize
    }

    /// What a rater says of the steps of a trace.
    pub fn scores(&self, rater: usize, trace: &TraceFacts) -> &[f64] {
        self.raters.get(rater).and_then(|rater| rater.values.get(self.range(trace))).unwrap_or_default()
    }

    /// What the labels say of the steps of a trace.
    pub fn ratings(&self, trace: &TraceFacts) -> &[Option<StepRating>] {
        self.steps.rating.get(self.range(trace)).unwrap_or_default()
    }

    /// Whether the rater says enough of the trace at that place to be judged.
    pub fn speaks(&self, rater: usize, place: usize) -> bool {
        self.raters.get(rater).is_some_and(|rater| rater.speaks.get(place).copied().unwrap_or(false))
    }

    /// The field of that name.
    pub fn field(&self, name: &str) -> Option<usize> {
        self.fields.iter().position(|field| field.name == name)
    }

    /// Gives the traces the rows that they have in the project, where the corpus was some of these, in rising order.
    pub fn in_project(&mut self, rows: &[u32]) {
        for trace in &mut self.traces {
            trace.row = rows.get(trace.row as usize).copied().unwrap_or(trace.row);
        }
    }

    /// Groups the traces by a field of questions, where they are not yet; `row` is the row in the project of a row of the
    /// corpus. Gives the place of the field.
    pub fn group_by(
        &mut self,
        name: &str,
        views: &Views,
        row: impl Fn(u32) -> u32,
        ctx: &JobContext,
    ) -> Result<usize, JobError> {
        if let Some(known) = self.field(name) {
            return Ok(known);
        }
        let Groups { groups, codes, is_ordered } = groups(views, name, ctx)?;
        let code = |trace: &TraceFacts| codes.get(row(trace.row) as usize).copied().unwrap_or(0);
        let codes = self.traces.iter().map(code).collect();
        let (values, clauses): (Vec<String>, Vec<String>) =
            groups.into_iter().map(|group| (group.name, group.clause)).unzip();
        let (values, clauses) = (values.into(), clauses.into());
        self.fields.push(Field { name: name.to_owned(), values, codes, clauses, is_ordered });
        Ok(self.fields.len() - 1)
    }

    /// The value of a field for the trace at that place; empty where it has none.
    pub fn value(&self, field: usize, place: usize) -> u32 {
        self.fields.get(field).and_then(|field| field.codes.get(place)).copied().unwrap_or(0)
    }
}

/// What stands at those places.
fn taken<T: Copy + Default + Send + Sync>(all: &[T], places: &[usize]) -> Vec<T> {
    let places = places.par_iter().with_min_len(GRAIN);
    places.map(|&place| all.get(place).copied().unwrap_or_default()).collect()
}

/// Gives every text a number, in the order of their first appearance.
#[derive(Clone, Debug, Default)]
pub(super) struct Codes {
    numbers: HashMap<String, u32>,
    names: Vec<String>,
}

impl Codes {
    /// With the empty text as 0.
    pub(super) fn with_empty() -> Self {
        let mut codes = Self::default();
        codes.code("");
        codes
    }

    pub(super) fn code(&mut self, text: &str) -> u32 {
        if let Some(code) = self.numbers.get(text) {
            return *code;
        }
        let code = u32::try_from(self.names.len()).unwrap_or(NOTHING);
        self.numbers.insert(text.to_owned(), code);
        self.names.push(text.to_owned());
        code
    }

    pub(super) fn names(self) -> Vec<String> {
        self.names
    }
}
