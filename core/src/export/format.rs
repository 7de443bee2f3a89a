//! What a target format has to be able to do, and the one list of them.

use std::collections::BTreeSet;
use std::fmt;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::annotation::TraceAnnotation;
use crate::import::native::NativeScores;
use crate::model::{AnnotatorId, Step, StepIndex, StepRating, Trace};

use super::best_of_n::BestOfN;
use super::correction_sft::CorrectionSft;
use super::critique_sft::CritiqueSft;
use super::house::House;
use super::math_shepherd::MathShepherd;
use super::mc_tree::McTree;
use super::native::Native;
use super::pair_format::Sides;
use super::pairs::{Group, Pair, no_single_row};
use super::policy::Policy;
use super::prm800k::Prm800k;
use super::processbench::ProcessBench;
use super::rlhflow_chat::RlhflowChat;
use super::rstar_pairs::RstarPairs;
use super::step_dpo::StepDpo;
use super::steps::Steps;
use super::trl_preference::TrlPreference;
use super::trl_preference_chat::TrlPreferenceChat;
use super::trl_stepwise::TrlStepwise;
use super::trl_unpaired::TrlUnpaired;
use super::trl_unpaired_chat::TrlUnpairedChat;
use super::weighted_pairs::WeightedPairs;
use super::{ExportError, Objection, Rule};
use crate::labels::LabelSource;

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

    /// Values of its options that mean nothing here, as option and value.
    fn lacks(&self) -> &'static [(&'static str, &'static str)] {
        &[]
    }

    /// Whether [`RowInput::scores`] is needed; whole traces always come with them.
    fn needs_scores(&self) -> bool {
        false
    }

    /// Makes the rows of an input: one, several (one per judged step), or the reason why there is none.
    fn rows(&self, input: &RowInput<'_>, policy: &Policy) -> Vec<Made>;

    /// Whether all rows have the same columns and types; what is lossless may hold anything.
    fn has_columns(&self) -> bool {
        true
    }

    /// Whether a column of plain values holds texts, for files that do not say so.
    fn is_text(&self, _column: &str) -> bool {
        true
    }

    /// Whether [`RowInput::columns`] is needed, for which every trace is read once more.
    fn needs_columns(&self) -> bool {
        false
    }

    /// The options that a row shows, where it looks like one of this format.
    fn recognise(&self, row: &Map<String, Value>) -> Option<Policy>;

    /// Makes the rows of the pairs of one problem, each with the trace it is of. For [`Scope::Problem`] only.
    fn pair_rows<'a>(&self, _pairs: &[Pair<'a>], _policy: &Policy) -> Vec<(&'a Trace, Made)> {
        Vec::new()
    }

    /// The two sides of a row, to be compared by eye; `None` where it has none.
    fn sides(&self, _row: &Map<String, Value>) -> Option<Sides> {
        None
    }

    /// Makes the row of all attempts at one problem. For [`Scope::Attempts`] only.
    fn group_row(&self, _group: &Group<'_>, _policy: &Policy) -> Made {
        no_single_row()
    }

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
pub const FORMATS: &[&dyn ExportFormat] = &[
    &TrlStepwise,
    &TrlPreference,
    &TrlPreferenceChat,
    &TrlUnpaired,
    &TrlUnpairedChat,
    &StepDpo,
    &RstarPairs,
    &WeightedPairs,
    &ProcessBench,
    &MathShepherd,
    &RlhflowChat,
    &Prm800k,
    &CritiqueSft,
    &CorrectionSft,
    &McTree,
    &BestOfN,
    &Steps,
    &House,
    &Native,
];

/// The format of that name; dashes count as underscores.
pub fn format_by_name(name: &str) -> Result<&'static dyn ExportFormat, ExportError> {
    let wanted = name.replace('-', "_");
    FORMATS.iter().copied().find(|format| format.name() == wanted).ok_or_else(|| {
        let known = FORMATS.iter().map(|format| format.name()).collect::<Vec<_>>().join(", ");
        ExportError::UnknownFormat { name: name.into(), known }
    })
}

/// What rows are made from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scope {
    /// One judged path from a first step to a leaf.
    Path,
    /// All steps of a trace with what the chosen labels say of them.
    Tree {
        /// Whether a trace without labels is left out.
        labels_needed: bool,
    },
    /// A whole trace with everything known of it, whoever said it; labels need not be there.
    Trace,
    /// Attempts at one problem, compared; see [`pairs`](super::pairs).
    Problem,
    /// All attempts at one problem, together.
    Attempts,
}

/// A row, or why there is none.
pub type Made = Result<Row, Objection>;

/// What a row is made from.
#[derive(Clone, Debug)]
pub struct RowInput<'a> {
    /// The trace.
    pub trace: &'a Trace,
    /// A name that no other row of the file has.
    pub id: &'a str,
    /// The path, from a first step to a leaf; of a tree, its main path.
    pub path: &'a [StepIndex],
    /// How many steps at the start of the path an earlier path of the trace had as well.
    pub shared: usize,
    /// Whether it is the path that the source returned as the solution.
    pub is_main_path: bool,
    /// What each step of the trace is taken for, by the chosen label source.
    pub ratings: &'a [Option<StepRating>],
    /// The soft label of each step of the trace, by the chosen label source.
    pub soft: &'a [Option<f64>],
    /// The label source; `None` where the format takes all labels.
    pub labels: Option<&'a LabelSource>,
    /// Whether an unlabelled step may count as good: with own labels only in finished traces.
    pub may_assume_good: bool,
    /// What each annotator says of the trace, by name.
    pub annotations: &'a [(AnnotatorId, &'a TraceAnnotation)],
    /// The columns of tables, found by a first look at all traces.
    pub columns: &'a Columns,
    /// What the scorers of the project gave, where the format [needs](ExportFormat::needs_scores) it.
    pub scores: &'a [NativeScores],
}

/// Columns that depend on the project. Every row of a table has all of them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Columns {
    /// The names of all scores of steps, imported and computed.
    pub scores: BTreeSet<String>,
    /// Whether there are soft labels.
    pub soft: bool,
    /// What steps are said of in words, by the names of [`Words`].
    pub words: BTreeSet<Words>,
}

/// What is said of a step in words.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Words {
    /// Why the data rates it so.
    Rationale,
    /// What the annotator noted.
    Note,
    /// What the annotator says against it, or stands by.
    Critique,
}

impl Words {
    /// Every one.
    pub const ALL: [Self; 3] = [Self::Rationale, Self::Note, Self::Critique];

    /// The name of their column.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Rationale => "rationale",
            Self::Note => "note",
            Self::Critique => "critique",
        }
    }
}

impl<'a> RowInput<'a> {
    /// The rating of a step of the trace.
    pub fn rating(&self, step: StepIndex) -> Option<StepRating> {
        self.ratings.get(step as usize).copied().flatten()
    }

    /// The soft label of a step of the trace.
    pub fn soft(&self, step: StepIndex) -> Option<f64> {
        self.soft.get(step as usize).copied().flatten()
    }

    /// What the annotator says whose labels are used; `None` with labels of others.
    pub fn own(&self) -> Option<&'a TraceAnnotation> {
        let Some(LabelSource::Own(Some(name))) = self.labels else { return None };
        self.annotations.iter().find(|(by, _)| by.as_str() == name).map(|(_, said)| *said)
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
