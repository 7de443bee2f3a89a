//! Checks training files that anyone made, by the rules that exports are held to before they are written.
//!
//! Each row is checked by its format; beyond that all rows must have the same columns and types, since readers infer
//! them from the first rows, names must be unique, and no row may repeat or contradict another. Rows of JSONL are read
//! one at a time, of which only hashes are kept; a JSON array is read whole.

use std::collections::{BTreeMap, HashMap};
use std::fmt;
use std::fs::File;
use std::io::{self, BufRead as _, BufReader, Read};
use std::path::Path;

use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use serde_json::{Map, Value};

use crate::import::{each_row, is_table};
use crate::job::{JobContext, Progress};
use crate::model::ContentHasher;

use super::ExportError;
use super::columns::Kind;
use super::format::{ExportFormat, FORMATS};
use super::left_out::Rule;
use super::policy::Policy;

/// Rows between two looks at whether to stop.
const REPORT_EVERY: u64 = 256;
const BOM: &[u8] = b"\xEF\xBB\xBF";

/// What to hold a file against.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct LintOptions {
    /// The format with its options; `None`: what the first readable row looks like.
    pub format: Option<(&'static dyn ExportFormat, Policy)>,
    /// How many problems are listed; all are counted.
    pub limit: usize,
}

/// What is wrong with a file.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct LintReport {
    /// `stepscope.lint/1`.
    pub schema: String,
    /// The file.
    pub file: String,
    /// The format.
    pub format: String,
    /// How many rows it has.
    pub rows: u64,
    /// How many problems there are.
    pub problems_total: u64,
    /// The first of them, in the order of the rows; those of the whole file last.
    pub problems: Vec<LintProblem>,
}

/// One thing that is wrong.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct LintProblem {
    /// The row, from 1: a line of JSONL, an element of an array. 0 for the whole file.
    pub row: u64,
    /// The step in question, from 0.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub step: Option<u32>,
    /// The rule.
    pub rule: Rule,
    /// The same in a sentence for the user; steps are numbered from 1 there.
    pub message: String,
}

impl LintReport {
    /// Names the shape of the report.
    pub const SCHEMA: &'static str = "stepscope.lint/1";
}

impl fmt::Display for LintReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {} rows of {}, {} problems", self.file, self.rows, self.format, self.problems_total)?;
        for problem in &self.problems {
            let LintProblem { row, message, .. } = problem;
            if *row == 0 { write!(f, "\n  file: {message}")? } else { write!(f, "\n  row {row}: {message}")? }
        }
        let more = self.problems_total - self.problems.len() as u64;
        if more > 0 { write!(f, "\n  and {more} more") } else { Ok(()) }
    }
}

/// Checks a file: JSONL, a JSON array or a table (CSV, Parquet, Arrow), also compressed. Can be stopped every 256 rows.
pub fn lint(file: &Path, options: &LintOptions, ctx: &JobContext) -> Result<LintReport, ExportError> {
    let failed = |source| ExportError::Io { doing: "reading", path: file.into(), source };
    if is_table(file, ctx) {
        return lint_table(file, options, ctx);
    }
    let mut input = BufReader::new(opened(file).map_err(failed)?);
    let mut run = Run::new(options);
    let starts = input.fill_buf().map_err(failed)?;
    if starts.starts_with(BOM) {
        run.problem(0, None, Rule::Encoding, "begins with a byte order mark; some readers take it for text".into());
        input.consume(BOM.len());
    }
    let is_array = input.fill_buf().map_err(failed)?.iter().find(|byte| !byte.is_ascii_whitespace()) == Some(&b'[');
    if is_array {
        let rows: Vec<Box<RawValue>> = match serde_json::from_reader(input) {
            Ok(rows) => rows,
            Err(error) if error.is_io() => return Err(failed(error.into())),
            Err(error) => {
                run.problem(0, None, Rule::Json, format!("is no JSON array: {error}"));
                Vec::new()
            }
        };
        for row in rows {
            run.next(row.get(), ctx)?;
        }
    } else {
        let mut line = Vec::new();
        while input.read_until(b'\n', &mut line).map_err(failed)? > 0 {
            run.line(&line, ctx)?;
            line.clear();
        }
    }
    run.end(file)
}

/// The same of a table. Cells of CSV have no types: the format tells which of its columns are texts.
fn lint_table(file: &Path, options: &LintOptions, ctx: &JobContext) -> Result<LintReport, ExportError> {
    let mut run = Run::new(options);
    let is_cells = !is_typed(file).map_err(|source| ExportError::Io { doing: "reading", path: file.into(), source })?;
    each_row(file, ctx, &mut |row| match row {
        Ok(line) if is_cells => run.cells(line, ctx),
        Ok(line) => run.next(line, ctx),
        Err(fault) => {
            run.rows += 1;
            run.problem(run.rows, None, Rule::Shape, fault);
            Ok::<(), ExportError>(())
        }
    })?;
    run.end(file)
}

/// True for Parquet and Arrow, which begin with bytes that no text has or with their name.
fn is_typed(file: &Path) -> io::Result<bool> {
    let mut input = BufReader::new(opened(file)?);
    let starts = input.fill_buf()?;
    Ok(starts.starts_with(b"PAR1") || starts.starts_with(b"ARROW1") || starts.starts_with(&[0xFF; 4]))
}

/// The bytes of a file, unpacked by what they begin with.
fn opened(file: &Path) -> io::Result<Box<dyn Read>> {
    let mut file = BufReader::new(File::open(file)?);
    let starts = file.fill_buf()?;
    Ok(if starts.starts_with(&[0x1F, 0x8B]) {
        Box::new(flate2::bufread::MultiGzDecoder::new(file))
    } else if starts.starts_with(&[0x28, 0xB5, 0x2F, 0xFD]) {
        Box::new(zstd::Decoder::with_buffer(file)?)
    } else {
        Box::new(file)
    })
}

/// What a row says of what; both as hashes.
struct Claim {
    of: u64,
    says: u64,
}

struct Run<'a> {
    options: &'a LintOptions,
    format: Option<(&'static dyn ExportFormat, Policy)>,
    rows: u64,
    problems: Vec<LintProblem>,
    total: u64,
    columns: Option<Kind>,
    /// The row of each name.
    names: HashMap<u64, u64>,
    /// What was said of what, and in which row.
    claims: HashMap<u64, (u64, u64)>,
    /// How often each answer of a format of wanted and unwanted answers occurs.
    answers: BTreeMap<bool, u64>,
}

impl<'a> Run<'a> {
    fn new(options: &'a LintOptions) -> Self {
        Self {
            options,
            format: options.format.clone(),
            rows: 0,
            problems: Vec::new(),
            total: 0,
            columns: None,
            names: HashMap::new(),
            claims: HashMap::new(),
            answers: BTreeMap::new(),
        }
    }

    fn problem(&mut self, row: u64, step: Option<u32>, rule: Rule, message: String) {
        self.total += 1;
        if self.problems.len() < self.options.limit {
            self.problems.push(LintProblem { row, step, rule, message });
        }
    }

    fn line(&mut self, line: &[u8], ctx: &JobContext) -> Result<(), ExportError> {
        let line = line.strip_suffix(b"\n").unwrap_or(line);
        let bare = line.strip_suffix(b"\r").unwrap_or(line);
        if bare.len() < line.len() && self.rows == 0 {
            self.problem(
                1,
                None,
                Rule::Encoding,
                "ends with a carriage return; lines must end with a line feed".into(),
            );
        }
        match std::str::from_utf8(bare) {
            Ok(text) => self.next(text, ctx),
            Err(error) => {
                self.rows += 1;
                let message = format!("is no UTF-8 from byte {} on", error.valid_up_to());
                self.problem(self.rows, None, Rule::Encoding, message);
                Ok(())
            }
        }
    }

    /// A row of cells: what looks like a number is a text where the format has texts.
    fn cells(&mut self, line: &str, ctx: &JobContext) -> Result<(), ExportError> {
        let Ok(row) = serde_json::from_str::<Map<String, Value>>(line) else { return self.next(line, ctx) };
        if self.format.is_none() {
            self.format = recognised(&row);
        }
        let Some((format, _)) = self.format.clone() else { return self.next(line, ctx) };
        // The very digits of the cell: 007 and 1.0 are what they are.
        let raw: BTreeMap<String, &RawValue> = serde_json::from_str(line)?;
        let cell = |(name, value): (&String, Value)| match value {
            Value::String(text) => Value::String(text),
            Value::Null if format.is_text(name) => Value::String(String::new()),
            value if format.is_text(name) => raw.get(name).map_or(value, |raw| Value::String(raw.get().to_owned())),
            value => value,
        };
        let row: Map<String, Value> =
            row.iter().map(|(name, value)| (name.clone(), cell((name, value.clone())))).collect();
        self.next(&Value::Object(row).to_string(), ctx)
    }

    fn next(&mut self, line: &str, ctx: &JobContext) -> Result<(), ExportError> {
        self.rows += 1;
        if self.rows.is_multiple_of(REPORT_EVERY) {
            ctx.checkpoint()?;
            ctx.report(Progress { done: self.rows, total: None, note: "rows checked".into() });
        }
        let number = self.rows;
        if line.trim().is_empty() {
            self.problem(number, None, Rule::Json, "is empty".into());
            return Ok(());
        }
        let row: Map<String, Value> = match serde_json::from_str(line) {
            Ok(row) => row,
            Err(error) => {
                let message = error.to_string();
                if message.contains("surrogate") || message.contains("hex escape") {
                    let said = format!("holds half a character, a lone surrogate: {message}");
                    self.problem(number, None, Rule::Encoding, said);
                } else {
                    self.problem(number, None, Rule::Json, format!("is no JSON object: {message}"));
                }
                return Ok(());
            }
        };
        if self.format.is_none() {
            self.format = recognised(&row);
        }
        let Some((format, policy)) = self.format.clone() else {
            self.problem(number, None, Rule::Shape, "is of no known format".into());
            return Ok(());
        };
        match format.check(line, &policy) {
            Err(objection) => self.problem(number, objection.step, objection.rule, objection.reason),
            // Only sound rows are compared with one another.
            Ok(()) => self.compare(number, &row, format),
        }
        Ok(())
    }

    fn compare(&mut self, number: u64, row: &Map<String, Value>, format: &dyn ExportFormat) {
        if format.has_columns() {
            let kind = Kind::of_row(row);
            match self.columns.take() {
                None => self.columns = Some(kind),
                Some(columns) => {
                    let (joined, clash) = columns.joined(kind);
                    self.columns = Some(joined);
                    if let Some(clash) = clash {
                        self.problem(number, None, Rule::Columns, format!("differs from the rows before it: {clash}"));
                    }
                }
            }
        }
        if let Some(id) = row.get("id").and_then(Value::as_str) {
            let name = ContentHasher::new("id").part(id).number();
            if let Some(&before) = self.names.get(&name) {
                self.problem(number, None, Rule::Repeated, format!("has the id `{id}` of row {before}"));
            } else {
                self.names.insert(name, number);
            }
        }
        if let Some(answer) = row.get("label").and_then(Value::as_bool) {
            *self.answers.entry(answer).or_default() += 1;
        }
        let Claim { of, says } = claim(row);
        match self.claims.get(&of) {
            None => drop(self.claims.insert(of, (says, number))),
            Some(&(before, at)) if before == says => {
                self.problem(number, None, Rule::Repeated, format!("repeats row {at}"));
            }
            Some(&(_, at)) => {
                self.problem(number, None, Rule::Contradiction, format!("labels what row {at} has in another way"));
            }
        }
    }

    fn end(mut self, file: &Path) -> Result<LintReport, ExportError> {
        if self.rows == 0 && self.total == 0 {
            self.problem(0, None, Rule::Shape, "has no rows".into());
        }
        if self.format.is_none() && self.rows > 0 {
            let known = FORMATS.iter().map(|format| format.name()).collect::<Vec<_>>().join(", ");
            return Err(ExportError::Unrecognised { path: file.into(), known });
        }
        for column in self.columns.take().map(|kind| kind.without_type()).unwrap_or_default() {
            self.problem(
                0,
                None,
                Rule::Columns,
                format!("`{column}` is null or empty in every row, so it has no type"),
            );
        }
        if self.answers.len() == 1 {
            let only = self.answers.keys().next().copied().unwrap_or_default();
            let message = format!("every label is {only}; a trainer of wanted and unwanted answers needs both");
            self.problem(0, None, Rule::NothingToLearn, message);
        }
        Ok(LintReport {
            schema: LintReport::SCHEMA.into(),
            file: file.display().to_string(),
            format: self.format.map_or("unknown", |(format, _)| format.name()).into(),
            rows: self.rows,
            problems_total: self.total,
            problems: self.problems,
        })
    }
}

/// The format that a row looks like, with the options that its shape shows.
pub(super) fn recognised(row: &Map<String, Value>) -> Option<(&'static dyn ExportFormat, Policy)> {
    FORMATS.iter().find_map(|&format| Some((format, format.recognise(row)?)))
}

/// Names of fields that judge; `id` names the row alone.
const JUDGING: [&str; 5] = ["label", "labels", "verdict", "critique", "id"];

/// What a row is about, and what it says of it. Of chats, answers of one sign are what is said.
fn claim(row: &Map<String, Value>) -> Claim {
    let (mut of, mut says) = (ContentHasher::new("of"), ContentHasher::new("says"));
    // Two sides are the same question whichever of them is chosen; by several criteria it is several questions.
    if let (Some(chosen), Some(rejected)) = (row.get("chosen"), row.get("rejected")) {
        let mut sides = [chosen.to_string(), rejected.to_string()];
        says = says.part(&sides[0]);
        sides.sort_unstable();
        for key in ["prompt", "initial_reason_steps", "criterion"] {
            of = of.part(row.get(key).unwrap_or(&Value::Null).to_string());
        }
        return Claim { of: sides.into_iter().fold(of, ContentHasher::part).number(), says: says.number() };
    }
    // A row of a table is about its step; PRM800K has its texts where others have labels alone.
    let is_table = row.contains_key("trace") && row.contains_key("step");
    let judged_inside = row.contains_key("question");
    for (key, value) in row {
        if is_table && !matches!(key.as_str(), "trace" | "step") {
            says = says.part(key).part(value.to_string());
        } else if JUDGING.contains(&key.as_str()) && !judged_inside {
            if key != "id" {
                says = says.part(key).part(value.to_string());
            }
        } else if let Some(messages) = value.as_array().filter(|_| matches!(key.as_str(), "messages" | "conversations"))
        {
            for message in messages {
                let sign = ["content", "value"].iter().find_map(|key| message[*key].as_str());
                if matches!(sign, Some("+" | "-")) || message["role"] == "assistant" {
                    says = says.part(message.to_string());
                } else {
                    of = of.part(message.to_string());
                }
            }
        } else {
            of = of.part(key).part(value.to_string());
        }
    }
    Claim { of: of.number(), says: says.number() }
}
