//! The views as tables: what SQL is asked of. Columns and their meaning are those of [`COLUMNS`].

use polars::prelude::{
    BooleanChunked, Column, DataFrame, DataType, Float64Chunked, IntoColumn as _, NamedFrom as _, PolarsError, Series,
    StringChunked, UInt32Chunked,
};

use super::values::Values;
use super::{NOTHING, Views};
use crate::job::{JobContext, JobError};
use crate::query::language::{Field, Of, Part, Said, What};

/// The tables.
pub(in crate::query) const TABLES: [&str; 4] = ["traces", "steps", "labels", "scores"];

/// Every column: its table, its name, what it holds. Traces and steps are numbered from 1; `trace` is the `row` of the
/// trace, `step` the `index` of the step. Of metadata each key is a column of `traces`, called `meta.KEY`.
pub const COLUMNS: &[(&str, &str, &str)] = &[
    ("traces", "row", "number of the trace in the project"),
    ("traces", "id", "its identity"),
    ("traces", "source_id", "the name that its source gives it"),
    ("traces", "problem", "text of the problem"),
    ("traces", "answer", "the reference answer"),
    ("traces", "generator", "the model that wrote it"),
    ("traces", "outcome", "correct, incorrect or unknown"),
    ("traces", "reward", "the reward that the data give"),
    ("traces", "steps", "how many steps it has"),
    ("traces", "branching", "whether some step has several continuations"),
    ("traces", "file", "the file it was read from"),
    ("traces", "format", "the format it was read as"),
    ("traces", "splitter", "how its text was split into steps"),
    ("traces", "warnings", "how many warnings came up when it was read"),
    ("traces", "state", "how far you got with it"),
    ("traces", "first_error", "number of the first wrong step; your word, else that of the data"),
    ("traces", "own_first_error", "the same, by you"),
    ("traces", "imported_first_error", "the same, by the data"),
    ("traces", "first_error_says", "at, none, unsure or lost: what is said of the first error"),
    ("traces", "score_min", "lowest score in force along the main path"),
    ("traces", "score_mean", "mean of these scores"),
    ("traces", "score_last", "the last of them"),
    ("steps", "trace", "row of its trace"),
    ("steps", "index", "its number among all steps of the trace"),
    ("steps", "number", "its number on the path that leads to it"),
    ("steps", "kind", "thought, tool_call, tool_result, …"),
    ("steps", "text", "its text"),
    ("steps", "tool", "the tool that is called"),
    ("steps", "arguments", "the arguments of the call"),
    ("steps", "section", "the part of the trace it belongs to"),
    ("steps", "author", "who wrote it"),
    ("steps", "words", "how many words its text has"),
    ("steps", "failed", "whether a tool or a program failed here"),
    ("steps", "is_last", "whether nothing continues it"),
    ("steps", "on_path", "whether it is on the main path"),
    ("steps", "is_error", "whether the first error is here"),
    ("steps", "score", "its score in force"),
    ("steps", "delta", "that score less that of the step before"),
    ("labels", "trace", "row of its trace"),
    ("labels", "step", "index of its step; empty for the whole trace"),
    ("labels", "origin", "own or imported"),
    ("labels", "source", "who said it: own:NAME, or a source of the data"),
    ("labels", "says", "good, bad, first_error, tag, error, …"),
    ("labels", "value", "the tag, the kind of error, the words"),
    ("labels", "number", "a soft label, a value on a scale"),
    ("scores", "trace", "row of its trace"),
    ("scores", "step", "index of its step; empty for the whole trace"),
    ("scores", "origin", "computed here or imported"),
    ("scores", "scorer", "its name"),
    ("scores", "value", "the score"),
];

#[expect(clippy::needless_pass_by_value, reason = "handed to map_err")]
fn failed(error: PolarsError) -> JobError {
    JobError::Failed(format!("a view could not be made: {error}"))
}

impl Views {
    /// A table with the columns that are among the mentioned words; all of them where `*` is.
    pub(in crate::query) fn frame(
        &self,
        table: &str,
        words: &[String],
        ctx: &JobContext,
    ) -> Result<DataFrame, JobError> {
        let is_meant = |name: &str| words.iter().any(|word| word == "*" || word == name);
        let mut columns: Vec<Column> = match table {
            "labels" => self.label_columns(ctx)?,
            "scores" => self.score_columns(ctx)?,
            _ => Vec::new(),
        };
        if columns.is_empty() {
            for (_, name, _) in COLUMNS.iter().filter(|(of, name, _)| *of == table && is_meant(name)) {
                ctx.checkpoint()?;
                let mut column = self.trace_or_step_column(table, name, ctx)?;
                column.rename((*name).into());
                columns.push(column);
            }
            if table == "traces" && words.iter().any(|word| word == "*" || word.starts_with("meta.")) {
                self.add_meta(&mut columns, &is_meant, ctx)?;
            }
        }
        let (traces, steps) = self.sizes();
        let height = columns.first().map_or(if table == "steps" { steps } else { traces }, Column::len);
        if columns.is_empty() {
            // Something to count.
            let rows: UInt32Chunked = (1..).take(height).map(Some).collect();
            columns.push(rows.with_name("row".into()).into_column());
        }
        DataFrame::new(height, columns).map_err(failed)
    }

    fn trace_or_step_column(&self, table: &str, name: &str, ctx: &JobContext) -> Result<Column, JobError> {
        let plain = |what: What| Field::plain(what);
        let first_error = |said: Said| Field { what: What::FirstError, of: Of::Source(said), part: Part::Whole };
        let score = |part: Part| Field { what: What::Score, of: Of::Scorer(None), part };
        let field = match (table, name) {
            ("steps", "trace") => {
                let rows: UInt32Chunked = self.shape()?.owners().iter().map(|row| Some(row + 1)).collect();
                return Ok(rows.into_column());
            }
            ("traces", "first_error_says") => {
                return Ok(column(&Values::Names(self.marks(&Said::Anyone, ctx)?.names().into())));
            }
            ("traces", "first_error") => first_error(Said::Anyone),
            ("traces", "own_first_error") => first_error(Said::Own(None)),
            ("traces", "imported_first_error") => first_error(Said::Imported(None)),
            ("traces", "score_min") => score(Part::Min),
            ("traces", "score_mean") => score(Part::Mean),
            ("traces", "score_last") => score(Part::Last),
            ("traces", "row") => plain(What::Row),
            ("traces", "id") => plain(What::Id),
            ("traces", "source_id") => plain(What::SourceId),
            ("traces", "problem") => plain(What::Problem),
            ("traces", "answer") => plain(What::Answer),
            ("traces", "generator") => plain(What::Generator),
            ("traces", "outcome") => plain(What::Outcome),
            ("traces", "reward") => plain(What::Reward),
            ("traces", "steps") => plain(What::Steps),
            ("traces", "branching") => plain(What::Branching),
            ("traces", "file") => plain(What::File),
            ("traces", "format") => plain(What::Format),
            ("traces", "splitter") => plain(What::Splitter),
            ("traces", "warnings") => plain(What::Warnings),
            ("traces", _) => plain(What::State),
            (_, "index") => plain(What::StepIndex),
            (_, "number") => plain(What::StepNumber),
            (_, "kind") => plain(What::Kind),
            (_, "text") => plain(What::Text),
            (_, "tool") => plain(What::Tool),
            (_, "arguments") => plain(What::Arguments),
            (_, "section") => plain(What::Section),
            (_, "author") => plain(What::Author),
            (_, "words") => plain(What::Words),
            (_, "failed") => plain(What::Failed),
            (_, "is_last") => plain(What::IsLast),
            (_, "on_path") => plain(What::OnPath),
            (_, "is_error") => plain(What::IsError),
            (_, "score") => plain(What::StepScore),
            _ => plain(What::Delta),
        };
        let made = column(&self.values(&field, ctx)?);
        let is_whole = matches!(
            field.what,
            What::Row
                | What::Steps
                | What::Warnings
                | What::FirstError
                | What::StepIndex
                | What::StepNumber
                | What::Words
        );
        if is_whole { made.cast(&DataType::UInt32).map_err(failed) } else { Ok(made) }
    }

    fn add_meta(
        &self,
        columns: &mut Vec<Column>,
        is_meant: &dyn Fn(&str) -> bool,
        ctx: &JobContext,
    ) -> Result<(), JobError> {
        let meta = self.meta(ctx)?;
        for (key, _) in meta.keys() {
            let name = format!("meta.{key}");
            if !is_meant(&name) && !is_meant(&name.to_lowercase()) {
                continue;
            }
            let Values::Many(many) = self.of_meta(key, false, ctx)? else { continue };
            let rows = 0..u32::try_from(self.sizes().0).unwrap_or(u32::MAX);
            let texts: Vec<Option<&str>> = rows.map(|row| many.of(row).next()).collect();
            let numbers: Option<Vec<Option<f64>>> =
                texts.iter().map(|text| text.map_or(Some(None), |text| text.parse().ok().map(Some))).collect();
            columns.push(match numbers {
                Some(numbers) => Series::new(name.into(), numbers).into_column(),
                None => Series::new(name.into(), texts).into_column(),
            });
        }
        Ok(())
    }

    fn label_columns(&self, ctx: &JobContext) -> Result<Vec<Column>, JobError> {
        let both = [(self.imported_labels()?, "imported"), (self.own_labels(ctx)?, "own")];
        let rows = || both.iter().flat_map(|(labels, origin)| labels.rows.iter().map(move |row| (labels, origin, row)));
        let trace: UInt32Chunked = rows().map(|(_, _, row)| Some(row.trace + 1)).collect();
        let step: UInt32Chunked = rows().map(|(_, _, row)| (row.step != NOTHING).then(|| row.step + 1)).collect();
        let origin: StringChunked = rows().map(|(_, origin, _)| Some(*origin)).collect();
        let source: StringChunked = rows().map(|(labels, _, row)| labels.name(row.source)).collect();
        let says: StringChunked = rows().map(|(labels, _, row)| labels.name(row.says)).collect();
        let value: StringChunked = rows().map(|(labels, _, row)| labels.name(row.value)).collect();
        let number: Float64Chunked = rows().map(|(_, _, row)| (!row.number.is_nan()).then_some(row.number)).collect();
        Ok(vec![
            trace.with_name("trace".into()).into_column(),
            step.with_name("step".into()).into_column(),
            origin.with_name("origin".into()).into_column(),
            source.with_name("source".into()).into_column(),
            says.with_name("says".into()).into_column(),
            value.with_name("value".into()).into_column(),
            number.with_name("number".into()).into_column(),
        ])
    }

    fn score_columns(&self, ctx: &JobContext) -> Result<Vec<Column>, JobError> {
        let table = self.store.score_table();
        let shape = self.shape()?;
        let rows = table.trace.len();
        let mut trace: Vec<Option<u32>> = table.trace.iter().map(|row| row.map(|row| row + 1)).collect();
        let mut step: Vec<Option<u32>> = table.step.iter().map(|step| step.map(|step| step + 1)).collect();
        let mut scorer: Vec<Option<String>> = table.name.iter().map(|name| name.map(str::to_owned)).collect();
        let mut value: Vec<Option<f64>> = table.value.iter().collect();
        for info in self.book.scorers() {
            let scores = self.step_scores(Some(&info.name), ctx)?;
            for ((at, owner), score) in (0_u32..).zip(shape.owners()).zip(scores.raw()) {
                if !score.is_nan() {
                    let first = shape.steps(*owner as usize).start;
                    trace.push(Some(owner + 1));
                    step.push(Some(at.saturating_sub(u32::try_from(first).unwrap_or_default()) + 1));
                    scorer.push(Some(info.name.clone()));
                    value.push(Some(*score));
                }
            }
        }
        let origins = (0..trace.len()).map(|at| Some(if at < rows { "imported" } else { "computed" }));
        let origin: StringChunked = origins.collect();
        Ok(vec![
            Series::new("trace".into(), trace).into_column(),
            Series::new("step".into(), step).into_column(),
            origin.with_name("origin".into()).into_column(),
            Series::new("scorer".into(), scorer).into_column(),
            Series::new("value".into(), value).into_column(),
        ])
    }
}

/// Values as a column of the usual types.
fn column(values: &Values) -> Column {
    match values {
        Values::Names(names) => {
            let texts: StringChunked =
                names.codes.iter().map(|code| names.names.get(code? as usize).map(String::as_str)).collect();
            texts.into_column()
        }
        Values::Numbers(numbers) => numbers.values.clone().into_column(),
        Values::Texts(texts) => texts.clone().into_column(),
        Values::Flags(flags) => flags.clone().into_column(),
        // None of the columns has several values.
        Values::Many(_) => BooleanChunked::default().into_column(),
    }
}
