//! The tables and their columns: the only place where their names are spelled.
//!
//! Words such as step kinds are stored by name, so that other programs can read the files without a code book.

use polars::prelude::DataType;

/// What a column holds. Every column may have empty cells.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum ColumnKind {
    Text,
    U32,
    U64,
    F64,
    Bool,
}

/// A table: the stem of its file and its columns, in the order in which they are written.
#[derive(Debug)]
pub(super) struct TableSchema {
    pub(super) name: &'static str,
    pub(super) columns: &'static [(&'static str, ColumnKind)],
    /// Columns that projects of older versions lack; there they are empty.
    pub(super) added: &'static [&'static str],
}

impl ColumnKind {
    pub(super) const fn dtype(self) -> DataType {
        match self {
            Self::Text => DataType::String,
            Self::U32 => DataType::UInt32,
            Self::U64 => DataType::UInt64,
            Self::F64 => DataType::Float64,
            Self::Bool => DataType::Boolean,
        }
    }
}

impl TableSchema {
    pub(super) fn file_name(&self) -> String {
        format!("{}.arrow", self.name)
    }
}

pub(super) const TABLES: [&TableSchema; 5] =
    [&problems::TABLE, &traces::TABLE, &steps::TABLE, &labels::TABLE, &scores::TABLE];

/// One row per distinct problem; traces point at it by row.
pub(super) mod problems {
    use super::ColumnKind::Text;
    use super::TableSchema;

    pub(in crate::store) const ID: &str = "problem_id";
    /// One line of at most 200 characters, for lists.
    pub(in crate::store) const PREVIEW: &str = "preview";
    /// The prompt as text; chat messages joined.
    pub(in crate::store) const TEXT: &str = "text";
    /// The chat messages as JSON; empty for a prompt given as text.
    pub(in crate::store) const MESSAGES: &str = "messages";
    pub(in crate::store) const ANSWER: &str = "answer";
    pub(in crate::store) const SOLUTION: &str = "solution";
    pub(in crate::store) const METADATA: &str = "metadata";

    pub(in crate::store) const TABLE: TableSchema = TableSchema {
        name: "problems",
        columns: &[
            (ID, Text),
            (PREVIEW, Text),
            (TEXT, Text),
            (MESSAGES, Text),
            (ANSWER, Text),
            (SOLUTION, Text),
            (METADATA, Text),
        ],
        added: &[],
    };
}

/// One row per trace.
pub(super) mod traces {
    use super::ColumnKind::{Bool, F64, Text, U32, U64};
    use super::TableSchema;

    pub(in crate::store) const ID: &str = "trace_id";
    pub(in crate::store) const SOURCE_ID: &str = "source_id";
    /// Row in `problems`.
    pub(in crate::store) const PROBLEM: &str = "problem";
    pub(in crate::store) const GENERATOR: &str = "generator";
    pub(in crate::store) const VERDICT: &str = "verdict";
    pub(in crate::store) const REWARD: &str = "reward";
    /// First row in `steps`, and how many.
    pub(in crate::store) const FIRST_STEP: &str = "first_step";
    pub(in crate::store) const STEPS: &str = "steps";
    pub(in crate::store) const BRANCHING: &str = "branching";
    /// First row in `labels`, and how many.
    pub(in crate::store) const FIRST_LABEL: &str = "first_label";
    pub(in crate::store) const LABELS: &str = "labels";
    /// First row in `scores`, and how many.
    pub(in crate::store) const FIRST_SCORE: &str = "first_score";
    pub(in crate::store) const SCORES: &str = "scores";
    /// What the imported labels say of the first error, and its step.
    pub(in crate::store) const ERROR: &str = "first_error";
    pub(in crate::store) const ERROR_STEP: &str = "first_error_step";
    /// Imported scores along the main path.
    pub(in crate::store) const MIN_SCORE: &str = "min_score";
    pub(in crate::store) const LAST_SCORE: &str = "last_score";
    /// Where it was read.
    pub(in crate::store) const FILE: &str = "file";
    pub(in crate::store) const ROW: &str = "row";
    pub(in crate::store) const FORMAT: &str = "format";
    pub(in crate::store) const METADATA: &str = "metadata";
    pub(in crate::store) const WARNINGS: &str = "warnings";
    pub(in crate::store) const WARNING_COUNT: &str = "warning_count";
    pub(in crate::store) const SPLITTER: &str = "splitter";

    /// What stands in [`ERROR`].
    pub(in crate::store) mod error {
        pub(in crate::store) const AT: &str = "at";
        pub(in crate::store) const NOWHERE: &str = "none";
        pub(in crate::store) const UNSURE: &str = "unsure";
    }

    pub(in crate::store) const TABLE: TableSchema = TableSchema {
        name: "traces",
        columns: &[
            (ID, Text),
            (SOURCE_ID, Text),
            (PROBLEM, U32),
            (GENERATOR, Text),
            (VERDICT, Text),
            (REWARD, F64),
            (FIRST_STEP, U32),
            (STEPS, U32),
            (BRANCHING, Bool),
            (FIRST_LABEL, U32),
            (LABELS, U32),
            (FIRST_SCORE, U32),
            (SCORES, U32),
            (ERROR, Text),
            (ERROR_STEP, U32),
            (MIN_SCORE, F64),
            (LAST_SCORE, F64),
            (FILE, Text),
            (ROW, U64),
            (FORMAT, Text),
            (METADATA, Text),
            (WARNINGS, Text),
            (WARNING_COUNT, U32),
            (SPLITTER, Text),
        ],
        added: &[SPLITTER],
    };
}

/// One row per step; those of a trace stand together, in order.
pub(super) mod steps {
    use super::ColumnKind::{Bool, Text, U32};
    use super::TableSchema;

    /// Row in `traces`.
    pub(in crate::store) const TRACE: &str = "trace";
    pub(in crate::store) const PARENT: &str = "parent";
    pub(in crate::store) const KIND: &str = "kind";
    pub(in crate::store) const AUTHOR: &str = "author";
    pub(in crate::store) const TEXT: &str = "text";
    /// Empty where the step has no tool call.
    pub(in crate::store) const TOOL_NAME: &str = "tool_name";
    pub(in crate::store) const TOOL_ARGUMENTS: &str = "tool_arguments";
    pub(in crate::store) const TOOL_CALL_ID: &str = "tool_call_id";
    pub(in crate::store) const ON_PATH: &str = "on_path";
    pub(in crate::store) const HASH: &str = "hash";
    pub(in crate::store) const SECTION: &str = "section";
    /// Names of flags with blanks between them.
    pub(in crate::store) const FLAGS: &str = "flags";
    pub(in crate::store) const METADATA: &str = "metadata";

    pub(in crate::store) const TABLE: TableSchema = TableSchema {
        name: "steps",
        columns: &[
            (TRACE, U32),
            (PARENT, U32),
            (KIND, Text),
            (AUTHOR, Text),
            (TEXT, Text),
            (TOOL_NAME, Text),
            (TOOL_ARGUMENTS, Text),
            (TOOL_CALL_ID, Text),
            (ON_PATH, Bool),
            (HASH, Text),
            (SECTION, Text),
            (FLAGS, Text),
            (METADATA, Text),
        ],
        added: &[SECTION, FLAGS, METADATA],
    };
}

/// One row per imported label; those of a trace stand together, in order.
pub(super) mod labels {
    use super::ColumnKind::{F64, Text, U32};
    use super::TableSchema;

    /// Row in `traces`.
    pub(in crate::store) const TRACE: &str = "trace";
    /// Position in the trace; empty for a label of the whole trace.
    pub(in crate::store) const STEP: &str = "step";
    pub(in crate::store) const SAYS: &str = "says";
    pub(in crate::store) const RATING: &str = "rating";
    pub(in crate::store) const VALUE: &str = "value";
    pub(in crate::store) const SOURCE: &str = "source";
    pub(in crate::store) const FIELD: &str = "field";
    pub(in crate::store) const RAW: &str = "raw";
    pub(in crate::store) const BASE: &str = "base";
    pub(in crate::store) const RATIONALE: &str = "rationale";
    pub(in crate::store) const CORRECTION: &str = "correction";

    /// What stands in [`SAYS`].
    pub(in crate::store) mod says {
        pub(in crate::store) const FIRST_ERROR: &str = "first_error";
        pub(in crate::store) const NO_ERROR: &str = "no_error";
        pub(in crate::store) const RATING: &str = "rating";
        pub(in crate::store) const SOFT: &str = "soft";
        pub(in crate::store) const ERROR_SOMEWHERE: &str = "error_somewhere";
        pub(in crate::store) const PREFERRED: &str = "preferred";
        pub(in crate::store) const DISPREFERRED: &str = "dispreferred";
        pub(in crate::store) const TAG: &str = "tag";
        pub(in crate::store) const REMARK: &str = "remark";
    }

    pub(in crate::store) const TABLE: TableSchema = TableSchema {
        name: "labels",
        columns: &[
            (TRACE, U32),
            (STEP, U32),
            (SAYS, Text),
            (RATING, Text),
            (VALUE, F64),
            (SOURCE, Text),
            (FIELD, Text),
            (RAW, Text),
            (BASE, U32),
            (RATIONALE, Text),
            (CORRECTION, Text),
        ],
        added: &[BASE, RATIONALE, CORRECTION],
    };
}

/// One row per imported score; those of a trace stand together, in order.
pub(super) mod scores {
    use super::ColumnKind::{F64, Text, U32};
    use super::TableSchema;

    /// Row in `traces`.
    pub(in crate::store) const TRACE: &str = "trace";
    /// Position in the trace; empty for a score of the whole trace.
    pub(in crate::store) const STEP: &str = "step";
    pub(in crate::store) const NAME: &str = "name";
    pub(in crate::store) const KIND: &str = "kind";
    pub(in crate::store) const VALUE: &str = "value";

    pub(in crate::store) const TABLE: TableSchema = TableSchema {
        name: "scores",
        columns: &[(TRACE, U32), (STEP, U32), (NAME, Text), (KIND, Text), (VALUE, F64)],
        added: &[],
    };
}
