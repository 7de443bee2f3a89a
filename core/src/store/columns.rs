//! The columns of all tables, found once when a store is opened.

use std::path::{Path, PathBuf};

use polars::prelude::{BooleanType, Float64Type, PolarsDataType, StringType, UInt32Type, UInt64Type};

use super::StoreError;
use super::manifest::Piece;
use super::map::{MappedTable, TypedColumn};
use super::schema::{labels, problems, scores, steps, traces};

pub(super) type Text = TypedColumn<StringType>;
pub(super) type U32 = TypedColumn<UInt32Type>;
pub(super) type U64 = TypedColumn<UInt64Type>;
pub(super) type F64 = TypedColumn<Float64Type>;
pub(super) type Bool = TypedColumn<BooleanType>;

pub(super) struct ProblemColumns {
    pub(super) path: PathBuf,
    pub(super) rows: usize,
    pub(super) id: Text,
    pub(super) preview: Text,
    pub(super) text: Text,
    pub(super) messages: Text,
    pub(super) answer: Text,
    pub(super) solution: Text,
    pub(super) metadata: Text,
}

pub(super) struct TraceColumns {
    pub(super) path: PathBuf,
    pub(super) rows: usize,
    pub(super) id: Text,
    pub(super) source_id: Text,
    pub(super) problem: U32,
    pub(super) generator: Text,
    pub(super) verdict: Text,
    pub(super) reward: F64,
    pub(super) first_step: U32,
    pub(super) steps: U32,
    pub(super) branching: Bool,
    pub(super) first_label: U32,
    pub(super) labels: U32,
    pub(super) first_score: U32,
    pub(super) scores: U32,
    pub(super) error: Text,
    pub(super) error_step: U32,
    pub(super) min_score: F64,
    pub(super) last_score: F64,
    pub(super) file: Text,
    pub(super) row: U64,
    pub(super) format: Text,
    pub(super) metadata: Text,
    pub(super) warnings: Text,
    pub(super) warning_count: U32,
    pub(super) splitter: Text,
}

pub(super) struct StepColumns {
    pub(super) path: PathBuf,
    pub(super) rows: usize,
    pub(super) trace: U32,
    pub(super) parent: U32,
    pub(super) kind: Text,
    pub(super) author: Text,
    pub(super) text: Text,
    pub(super) tool_name: Text,
    pub(super) tool_arguments: Text,
    pub(super) tool_call_id: Text,
    pub(super) on_path: Bool,
    pub(super) hash: Text,
    pub(super) section: Text,
    pub(super) flags: Text,
    pub(super) metadata: Text,
}

pub(super) struct LabelColumns {
    pub(super) path: PathBuf,
    pub(super) rows: usize,
    pub(super) trace: U32,
    pub(super) step: U32,
    pub(super) says: Text,
    pub(super) rating: Text,
    pub(super) value: F64,
    pub(super) source: Text,
    pub(super) field: Text,
    pub(super) raw: Text,
    pub(super) base: U32,
    pub(super) rationale: Text,
    pub(super) correction: Text,
}

pub(super) struct ScoreColumns {
    pub(super) path: PathBuf,
    pub(super) rows: usize,
    pub(super) trace: U32,
    pub(super) step: U32,
    pub(super) name: Text,
    pub(super) kind: Text,
    pub(super) value: F64,
}

impl ProblemColumns {
    pub(super) fn open(pieces: &[Piece<'_>]) -> Result<Self, StoreError> {
        let table = MappedTable::open(pieces, &problems::TABLE)?;
        Ok(Self {
            path: table.path().to_path_buf(),
            rows: table.rows(),
            id: table.column(problems::ID)?,
            preview: table.column(problems::PREVIEW)?,
            text: table.column(problems::TEXT)?,
            messages: table.column(problems::MESSAGES)?,
            answer: table.column(problems::ANSWER)?,
            solution: table.column(problems::SOLUTION)?,
            metadata: table.column(problems::METADATA)?,
        })
    }
}

impl TraceColumns {
    pub(super) fn open(pieces: &[Piece<'_>]) -> Result<Self, StoreError> {
        let table = MappedTable::open(pieces, &traces::TABLE)?;
        Ok(Self {
            path: table.path().to_path_buf(),
            rows: table.rows(),
            id: table.column(traces::ID)?,
            source_id: table.column(traces::SOURCE_ID)?,
            problem: table.column(traces::PROBLEM)?,
            generator: table.column(traces::GENERATOR)?,
            verdict: table.column(traces::VERDICT)?,
            reward: table.column(traces::REWARD)?,
            first_step: table.column(traces::FIRST_STEP)?,
            steps: table.column(traces::STEPS)?,
            branching: table.column(traces::BRANCHING)?,
            first_label: table.column(traces::FIRST_LABEL)?,
            labels: table.column(traces::LABELS)?,
            first_score: table.column(traces::FIRST_SCORE)?,
            scores: table.column(traces::SCORES)?,
            error: table.column(traces::ERROR)?,
            error_step: table.column(traces::ERROR_STEP)?,
            min_score: table.column(traces::MIN_SCORE)?,
            last_score: table.column(traces::LAST_SCORE)?,
            file: table.column(traces::FILE)?,
            row: table.column(traces::ROW)?,
            format: table.column(traces::FORMAT)?,
            metadata: table.column(traces::METADATA)?,
            warnings: table.column(traces::WARNINGS)?,
            warning_count: table.column(traces::WARNING_COUNT)?,
            splitter: table.column(traces::SPLITTER)?,
        })
    }
}

impl StepColumns {
    pub(super) fn open(pieces: &[Piece<'_>]) -> Result<Self, StoreError> {
        let table = MappedTable::open(pieces, &steps::TABLE)?;
        Ok(Self {
            path: table.path().to_path_buf(),
            rows: table.rows(),
            trace: table.column(steps::TRACE)?,
            parent: table.column(steps::PARENT)?,
            kind: table.column(steps::KIND)?,
            author: table.column(steps::AUTHOR)?,
            text: table.column(steps::TEXT)?,
            tool_name: table.column(steps::TOOL_NAME)?,
            tool_arguments: table.column(steps::TOOL_ARGUMENTS)?,
            tool_call_id: table.column(steps::TOOL_CALL_ID)?,
            on_path: table.column(steps::ON_PATH)?,
            hash: table.column(steps::HASH)?,
            section: table.column(steps::SECTION)?,
            flags: table.column(steps::FLAGS)?,
            metadata: table.column(steps::METADATA)?,
        })
    }
}

impl LabelColumns {
    pub(super) fn open(pieces: &[Piece<'_>]) -> Result<Self, StoreError> {
        let table = MappedTable::open(pieces, &labels::TABLE)?;
        Ok(Self {
            path: table.path().to_path_buf(),
            rows: table.rows(),
            trace: table.column(labels::TRACE)?,
            step: table.column(labels::STEP)?,
            says: table.column(labels::SAYS)?,
            rating: table.column(labels::RATING)?,
            value: table.column(labels::VALUE)?,
            source: table.column(labels::SOURCE)?,
            field: table.column(labels::FIELD)?,
            raw: table.column(labels::RAW)?,
            base: table.column(labels::BASE)?,
            rationale: table.column(labels::RATIONALE)?,
            correction: table.column(labels::CORRECTION)?,
        })
    }
}

impl ScoreColumns {
    pub(super) fn open(pieces: &[Piece<'_>]) -> Result<Self, StoreError> {
        let table = MappedTable::open(pieces, &scores::TABLE)?;
        Ok(Self {
            path: table.path().to_path_buf(),
            rows: table.rows(),
            trace: table.column(scores::TRACE)?,
            step: table.column(scores::STEP)?,
            name: table.column(scores::NAME)?,
            kind: table.column(scores::KIND)?,
            value: table.column(scores::VALUE)?,
        })
    }
}

impl<T: PolarsDataType> TypedColumn<T> {
    /// The cell in that row, or an error naming the file: for columns without empty cells.
    pub(super) fn expect(&self, row: usize, path: &Path) -> Result<T::Physical<'_>, StoreError> {
        self.get(row).ok_or_else(|| StoreError::damaged(path, format!("an empty cell in row {row}")))
    }
}
