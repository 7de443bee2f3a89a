//! ReST-MCTS* samples: beginnings of solutions with their value, whole solutions with their outcome (THUDM/ReST-MCTS).

use serde_json::Value;

use super::node::mark_path;
use super::prefix::push_prefixes;
use crate::import::detect::kind;
use crate::import::fields::{Fields, float, warn};
use crate::import::{Imported, Importer, Recognition, RowError, Sample, Unit};
use crate::model::{Metadata, Problem, ScoreKind, Splitter, Step, StepFlag, TraceBuilder, Verdict};

/// Between problem and solution in a value sample.
const PARTS: [(&str, &str); 2] = [("Problem:", "\nSolution:\n"), ("问题:", "\n步骤:\n")];

/// Reads ReST-MCTS samples.
pub(super) struct RestMcts;

impl Importer for RestMcts {
    fn name(&self) -> &'static str {
        "rest_mcts"
    }

    fn caption(&self) -> &'static str {
        "ReST-MCTS: value and policy samples"
    }

    fn needs(&self) -> &'static [&'static [&'static str]] {
        &[&["content", "prompt_answer"], &["value_samples", "policy_samples", "summary", "label"]]
    }

    fn recognise(&self, sample: &Sample) -> Option<Recognition> {
        let value = sample
            .recognise("a problem and the start of its solution in `prompt_answer`, and a `label`", |row| {
                parts(row).is_some() && float(&row["label"]).is_some()
            });
        let value = value.map(|found| Recognition { unit: Unit::Group, ..found });
        value.or_else(|| {
            sample.recognise(
                "`content` with `value_samples` or `policy_samples`, or with `summary` and `label`",
                |row| {
                    let policy =
                        row["summary"].is_string() && row.get("real_answer").is_some() && row.get("label").is_some();
                    let samples = samples(row, "value_samples", "steps") || samples(row, "policy_samples", "solution");
                    row["content"].is_string() && (samples || policy)
                },
            )
        })
    }

    fn continues(&self, group: &[Value], row: &Value) -> bool {
        let problem = |row: &Value| parts(row).map(|(problem, _)| problem.to_owned());
        group.last().is_some_and(|last| problem(last) == problem(row))
    }

    fn read_row(&self, row: Value, sample: &Sample) -> Result<Vec<Imported>, RowError> {
        match row {
            Value::Array(rows) => value_rows(&rows),
            row if row["prompt_answer"].is_string() => value_rows(&[row]),
            row if row["summary"].is_string() => policy_row(row, sample),
            row => search(row),
        }
    }
}

fn samples(row: &Value, list: &str, text: &str) -> bool {
    row[list].as_array().is_some_and(|list| !list.is_empty() && list.iter().all(|sample| sample[text].is_string()))
}

/// The problem of a value sample, and the start of its solution.
fn parts(row: &Value) -> Option<(&str, &str)> {
    let text = row["prompt_answer"].as_str()?;
    PARTS.into_iter().find_map(|(problem, solution)| text.strip_prefix(problem)?.split_once(solution))
}

/// Consecutive value samples of one problem.
fn value_rows(rows: &[Value]) -> Result<Vec<Imported>, RowError> {
    let all: Option<Vec<(&str, &str)>> = rows.iter().map(parts).collect();
    let all = all.filter(|all| !all.is_empty());
    let all =
        all.ok_or_else(|| RowError::new("`prompt_answer` is not `Problem:…`, a line `Solution:` and its start"))?;
    let problem = all.first().map_or("", |(problem, _)| *problem);
    let mut builder = TraceBuilder::new(Problem::from_text(problem));
    let texts: Vec<&str> = all.iter().map(|(_, text)| *text).collect();
    for (at, step) in push_prefixes(&mut builder, "", &texts) {
        let Some(Value::Object(row)) = rows.get(at) else { continue };
        value(&mut builder, step, "label", row.get("label").unwrap_or(&Value::Null));
        let rest = row.iter().filter(|(key, _)| !matches!(key.as_str(), "prompt_answer" | "label"));
        let rest: Metadata = rest.map(|(key, value)| (key.clone(), value.clone())).collect();
        keep(&mut builder, step, rest);
    }
    mark_path(&mut builder, None);
    Ok(vec![builder.into()])
}

/// A solution with its outcome.
fn policy_row(row: Value, sample: &Sample) -> Result<Vec<Imported>, RowError> {
    let mut fields = Fields::new(row)?;
    let prompt = fields.prompt(&["content"])?;
    let problem = Problem { prompt, answer: fields.text("real_answer"), ..Problem::default() };
    let mut builder = TraceBuilder::new(problem);
    let text = fields.text("summary").unwrap_or_default();
    let splitter = sample.splitter_or(Splitter::Heading);
    for step in splitter.split(&text) {
        builder = builder.thought(step);
    }
    builder.trace_mut().splitter = Some(splitter.to_string());
    if let Some(verdict) = fields.get("label").and_then(outcome) {
        fields.take("label");
        builder = builder.verdict(verdict);
    }
    builder.trace_mut().metadata.extend(fields.rest());
    Ok(vec![builder.into()])
}

/// A whole search: its value samples are the nodes of a tree, its solutions the leaves.
fn search(row: Value) -> Result<Vec<Imported>, RowError> {
    let mut fields = Fields::new(row)?;
    let prompt = fields.prompt(&["content"])?;
    let problem = Problem { prompt, answer: fields.text("real_answer"), ..Problem::default() };
    let mut builder = TraceBuilder::new(problem);
    let mut list = |key: &str| match fields.take(key) {
        Some(Value::Array(list)) => list,
        _ => Vec::new(),
    };
    let (values, solutions) = (list("value_samples"), list("policy_samples"));
    let whole = |sample: &Value| {
        let (solution, summary) = (sample["solution"].as_str()?, sample["summary"].as_str().unwrap_or_default());
        let same = summary.is_empty() || solution.contains(summary);
        Some(if same { solution.to_owned() } else { format!("{solution}{summary}") })
    };
    let wholes: Vec<String> = solutions.iter().filter_map(whole).collect();
    let mut texts: Vec<&str> = values.iter().filter_map(|sample| sample["steps"].as_str()).collect();
    let known = texts.len();
    if known < values.len() || wholes.len() < solutions.len() {
        warn(&mut builder, "a sample has neither `steps` nor `solution`; it is left out of the tree");
    }
    texts.extend(wholes.iter().map(String::as_str));
    let named: Vec<&Value> = values.iter().filter(|sample| sample["steps"].is_string()).collect();
    let ended: Vec<&Value> = solutions.iter().filter(|sample| sample["solution"].is_string()).collect();
    for (at, step) in push_prefixes(&mut builder, "", &texts) {
        if let Some(sample) = named.get(at) {
            value(&mut builder, step, "value", &sample["value"]);
        } else if let Some(sample) = at.checked_sub(known).and_then(|at| ended.get(at)) {
            let skip = |key: &str| matches!(key, "solution" | "summary");
            let rest = sample.as_object().into_iter().flatten().filter(|(key, _)| !skip(key));
            let rest = rest.map(|(key, value)| (key.clone(), value.clone())).collect();
            keep(&mut builder, step, rest);
            if let Some(step) = step.and_then(|step| builder.trace_mut().steps.get_mut(step as usize)) {
                step.flags.push(StepFlag::Terminal);
            }
        }
    }
    // With one solution its outcome is that of the search.
    if let [only] = solutions.as_slice()
        && let Some(verdict) = outcome(&only["correct"])
    {
        builder = builder.verdict(verdict);
    }
    mark_path(&mut builder, None);
    builder.trace_mut().metadata.extend(fields.rest());
    Ok(vec![builder.into()])
}

fn value(builder: &mut TraceBuilder, step: Option<u32>, name: &str, value: &Value) {
    match float(value) {
        Some(value) => builder.score(step, name, ScoreKind::Value, value),
        None if value.is_null() => {}
        None => warn(builder, format!("`{name}` is {}; expected a number", kind(value))),
    }
}

fn keep(builder: &mut TraceBuilder, step: Option<u32>, mut rest: Metadata) {
    let trace = builder.trace_mut();
    let step: Option<&mut Step> = step.and_then(|step| trace.steps.get_mut(step as usize));
    step.map_or(&mut trace.metadata, |step| &mut step.metadata).append(&mut rest);
}

/// Right or wrong, said in words or as 1 and 0.
fn outcome(value: &Value) -> Option<Verdict> {
    match value {
        Value::Bool(right) => Some(Verdict::from_bool(*right)),
        value => match float(value)? {
            1.0 => Some(Verdict::Correct),
            0.0 => Some(Verdict::Incorrect),
            _ => None,
        },
    }
}
