//! What a target format has to be able to do, and the one list of them.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::annotation::TraceAnnotation;
use crate::import::native::NativeScores;
use crate::model::{AnnotatorId, Step, StepIndex, StepRating, Trace};

use super::native::Native;
use super::policy::Policy;
use super::processbench::ProcessBench;
use super::trl_stepwise::TrlStepwise;
use super::{ExportError, Objection, Rule};

/// A target format. A new one is one file and one entry in [`FORMATS`].
pub trait ExportFormat: Sync {
    /// The name used on the command line and in manifests.
    fn name(&self) -> &'static str;

    /// What it is for, in one line.
    fn caption(&self) -> &'static str;

    /// What one row holds.
    fn scope(&self) -> Scope;

    /// Names of the policy options that have an effect here.
    fn options(&self) -> &'static [&'static str];

    /// The options that fit the target.
    fn defaults(&self) -> Policy {
        Policy::default()
    }

    /// What is counted, in order; every count appears in reports, also where it is 0.
    fn counted(&self) -> &'static [&'static str];

    /// Makes a row, or says why there can be none.
    fn row(&self, input: &RowInput<'_>, policy: &Policy) -> Result<Row, Objection>;

    /// Checks a line against the schema and the rules of the format, whoever wrote it.
    fn check(&self, line: &str, policy: &Policy) -> Result<(), Objection>;
}

impl fmt::Debug for dyn ExportFormat {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl PartialEq for dyn ExportFormat {
    fn eq(&self, other: &Self) -> bool {
        self.name() == other.name()
    }
}

/// Every format, most used first.
pub const FORMATS: &[&dyn ExportFormat] = &[&TrlStepwise, &ProcessBench, &Native];

/// The format of that name; dashes count as underscores.
pub fn format_by_name(name: &str) -> Result<&'static dyn ExportFormat, ExportError> {
    let wanted = name.replace('-', "_");
    FORMATS.iter().copied().find(|format| format.name() == wanted).ok_or_else(|| {
        let known = FORMATS.iter().map(|format| format.name()).collect::<Vec<_>>().join(", ");
        ExportError::UnknownFormat { name: name.into(), known }
    })
}

/// What one row holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scope {
    /// One judged path from a first step to a leaf.
    Path,
    /// A whole trace with everything known of it; labels need not be there.
    Trace,
}

/// What a row is made from.
#[derive(Clone, Debug)]
pub struct RowInput<'a> {
    /// The trace.
    pub trace: &'a Trace,
    /// A name that no other row of the file has.
    pub id: &'a str,
    /// The path, from a first step to a leaf.
    pub path: &'a [StepIndex],
    /// Whether it is the path that the source returned as the solution.
    pub is_main_path: bool,
    /// What each step of the trace is taken for, by the chosen label source.
    pub ratings: &'a [Option<StepRating>],
    /// Whether an unlabelled step may count as good: with own labels only in finished traces.
    pub may_assume_good: bool,
    /// What each annotator says of the trace, by name. Gathered for [`Scope::Trace`] only.
    pub annotations: &'a [(AnnotatorId, &'a TraceAnnotation)],
    /// What the scorers of the project gave. Gathered for [`Scope::Trace`] only.
    pub scores: &'a [NativeScores],
}

impl<'a> RowInput<'a> {
    /// The rating of a step of the trace.
    pub fn rating(&self, step: StepIndex) -> Option<StepRating> {
        self.ratings.get(step as usize).copied().flatten()
    }

    /// The steps of the path.
    pub fn steps(&self) -> impl Iterator<Item = (StepIndex, &'a Step)> {
        self.path.iter().filter_map(|&index| Some((index, self.trace.step(index)?)))
    }
}

/// One line of the file, without its newline.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Row {
    /// The line.
    pub line: String,
    /// What it adds to the counts.
    pub counts: Vec<(&'static str, u64)>,
}

/// One line of JSON; what JSON cannot hold is an objection.
pub(super) fn to_json(line: &impl Serialize) -> Result<String, Objection> {
    serde_json::to_string(line).map_err(|error| Objection::new(Rule::Shape, error.to_string()))
}

/// A line of JSON in the shape of a format.
pub(super) fn from_json<'a, T: Deserialize<'a>>(line: &'a str) -> Result<T, Objection> {
    serde_json::from_str(line).map_err(|error| Objection::new(Rule::Shape, error.to_string()))
}
