//! Whole columns of the tables, for the views that queries run on. Nothing is copied: the columns stay mapped.

use polars::prelude::{BooleanChunked, Float64Chunked, StringChunked, UInt32Chunked};

use super::Store;
use super::exact_json::metadata_from_text;
use super::schema::{labels::says, traces::error};
use crate::model::{ImportedValue, Metadata, StepRating};

/// One row per trace.
pub(crate) struct TraceTable {
    pub(crate) id: StringChunked,
    pub(crate) source_id: StringChunked,
    /// Row of the problem table.
    pub(crate) problem: UInt32Chunked,
    pub(crate) generator: StringChunked,
    pub(crate) verdict: StringChunked,
    pub(crate) reward: Float64Chunked,
    /// First row of the step table.
    pub(crate) first_step: UInt32Chunked,
    pub(crate) steps: UInt32Chunked,
    pub(crate) branching: BooleanChunked,
    pub(crate) file: StringChunked,
    pub(crate) format: StringChunked,
    pub(crate) metadata: StringChunked,
    pub(crate) warnings: UInt32Chunked,
    pub(crate) splitter: StringChunked,
    /// What the data say of the first error, in the words of [`error_says`].
    pub(crate) error: StringChunked,
    /// Its step, from 0.
    pub(crate) error_step: UInt32Chunked,
}

/// One row per step; those of a trace stand together, in order.
pub(crate) struct StepTable {
    pub(crate) parent: UInt32Chunked,
    pub(crate) kind: StringChunked,
    pub(crate) author: StringChunked,
    pub(crate) text: StringChunked,
    pub(crate) tool: StringChunked,
    pub(crate) arguments: StringChunked,
    pub(crate) on_path: BooleanChunked,
    pub(crate) hash: StringChunked,
    pub(crate) section: StringChunked,
    /// With blanks between them.
    pub(crate) flags: StringChunked,
    pub(crate) metadata: StringChunked,
}

/// One row per problem.
pub(crate) struct ProblemTable {
    pub(crate) text: StringChunked,
    pub(crate) answer: StringChunked,
    pub(crate) metadata: StringChunked,
}

/// One row per imported label; those of a trace stand together.
pub(crate) struct LabelTable {
    pub(crate) trace: UInt32Chunked,
    pub(crate) step: UInt32Chunked,
    pub(crate) says: StringChunked,
    pub(crate) rating: StringChunked,
    pub(crate) value: Float64Chunked,
    pub(crate) source: StringChunked,
    pub(crate) raw: StringChunked,
}

/// One row per imported score; those of a trace stand together.
pub(crate) struct ScoreTable {
    pub(crate) trace: UInt32Chunked,
    pub(crate) step: UInt32Chunked,
    pub(crate) name: StringChunked,
    pub(crate) kind: StringChunked,
    pub(crate) value: Float64Chunked,
}

impl LabelTable {
    /// What a label says, from its cells; `None` for words that this version does not know.
    pub(crate) fn value(says: &str, rating: Option<&str>, value: Option<f64>) -> Option<ImportedValue> {
        Some(match says {
            says::FIRST_ERROR => ImportedValue::FirstError,
            says::NO_ERROR => ImportedValue::NoError,
            says::RATING => ImportedValue::Rating(StepRating::from_name(rating?)?),
            says::SOFT => ImportedValue::Soft(value?),
            says::ERROR_SOMEWHERE => ImportedValue::ErrorSomewhere,
            says::PREFERRED => ImportedValue::Preferred,
            says::DISPREFERRED => ImportedValue::Dispreferred,
            says::TAG => ImportedValue::Tag,
            says::REMARK => ImportedValue::Remark,
            _ => return None,
        })
    }
}

impl TraceTable {
    /// Whether the data mark a step.
    pub(crate) const ERROR_AT: &'static str = error::AT;
    /// Whether the data say that there is no error.
    pub(crate) const NO_ERROR: &'static str = error::NOWHERE;
}

impl Store {
    pub(crate) fn trace_table(&self) -> TraceTable {
        let (columns, rows) = (&self.0.traces, self.0.traces.rows);
        TraceTable {
            id: columns.id.whole(rows),
            source_id: columns.source_id.whole(rows),
            problem: columns.problem.whole(rows),
            generator: columns.generator.whole(rows),
            verdict: columns.verdict.whole(rows),
            reward: columns.reward.whole(rows),
            first_step: columns.first_step.whole(rows),
            steps: columns.steps.whole(rows),
            branching: columns.branching.whole(rows),
            file: columns.file.whole(rows),
            format: columns.format.whole(rows),
            metadata: columns.metadata.whole(rows),
            warnings: columns.warning_count.whole(rows),
            splitter: columns.splitter.whole(rows),
            error: columns.error.whole(rows),
            error_step: columns.error_step.whole(rows),
        }
    }

    pub(crate) fn step_table(&self) -> StepTable {
        let (columns, rows) = (&self.0.steps, self.0.steps.rows);
        StepTable {
            parent: columns.parent.whole(rows),
            kind: columns.kind.whole(rows),
            author: columns.author.whole(rows),
            text: columns.text.whole(rows),
            tool: columns.tool_name.whole(rows),
            arguments: columns.tool_arguments.whole(rows),
            on_path: columns.on_path.whole(rows),
            hash: columns.hash.whole(rows),
            section: columns.section.whole(rows),
            flags: columns.flags.whole(rows),
            metadata: columns.metadata.whole(rows),
        }
    }

    pub(crate) fn problem_table(&self) -> ProblemTable {
        let (columns, rows) = (&self.0.problems, self.0.problems.rows);
        ProblemTable {
            text: columns.text.whole(rows),
            answer: columns.answer.whole(rows),
            metadata: columns.metadata.whole(rows),
        }
    }

    pub(crate) fn label_table(&self) -> LabelTable {
        let (columns, rows) = (&self.0.labels, self.0.labels.rows);
        LabelTable {
            trace: columns.trace.whole(rows),
            step: columns.step.whole(rows),
            says: columns.says.whole(rows),
            rating: columns.rating.whole(rows),
            value: columns.value.whole(rows),
            source: columns.source.whole(rows),
            raw: columns.raw.whole(rows),
        }
    }

    pub(crate) fn score_table(&self) -> ScoreTable {
        let (columns, rows) = (&self.0.scores, self.0.scores.rows);
        ScoreTable {
            trace: columns.trace.whole(rows),
            step: columns.step.whole(rows),
            name: columns.name.whole(rows),
            kind: columns.kind.whole(rows),
            value: columns.value.whole(rows),
        }
    }

    /// The metadata that stand in a cell; empty for what cannot be read.
    pub(crate) fn metadata_of(text: Option<&str>) -> Metadata {
        metadata_from_text(text).unwrap_or_default()
    }
}
