//! Runs of `OSWorld`: `traj.jsonl` with an action per row, `result.txt` with the score, pictures (xlang-ai/OSWorld).
//!
//! The task itself is in neither file; the folder is named after it.

use serde_json::{Map, Value};

use super::run::{Run, content_text, rename};
use crate::import::fields::float;
use crate::import::paths::Paths;
use crate::import::{Bundle, Imported, Importer, Recognition, RowError, Sample, Unit};
use crate::model::{Prompt, ScoreKind, StepFlag, StepIndex, StepKind, ToolCall, Verdict};

const ROWS: &str = "traj.jsonl";
const RESULT: &str = "result.txt";

/// Reads `OSWorld` runs.
pub(super) struct OsWorld;

impl Importer for OsWorld {
    fn name(&self) -> &'static str {
        "osworld"
    }

    fn caption(&self) -> &'static str {
        "OSWorld runs (traj.jsonl)"
    }

    fn needs(&self) -> &'static [&'static [&'static str]] {
        &[&["step_num"], &["action", "response"]]
    }

    fn recognise(&self, sample: &Sample) -> Option<Recognition> {
        let found = sample.recognise("`step_num` and an action on the screen", |row| {
            let seen = ["screenshot_file", "action_timestamp", "done", "reward", "info", "response"];
            let known = seen.iter().any(|key| row.get(key).is_some());
            row["step_num"].is_number() && (row.get("action").is_some() || row.get("response").is_some()) && known
                || row.get("Error").is_some() && row.as_object().is_some_and(|map| map.len() == 1)
        })?;
        Some(Recognition { unit: Unit::Group, ..found })
    }

    fn continues(&self, group: &[Value], row: &Value) -> bool {
        // A file has one run; a number that falls begins another.
        let number = |row: &Value| row["step_num"].as_i64();
        let last = || group.iter().rev().find_map(number);
        number(row).is_none_or(|number| last().is_none_or(|last| number >= last))
    }

    fn bundles(&self, paths: &[&str]) -> Vec<Bundle> {
        let known = Paths::new(paths);
        let folders = paths.iter().filter_map(|path| path.strip_suffix(ROWS));
        let folders = folders.filter(|folder| folder.is_empty() || folder.ends_with('/'));
        let with_result = folders.filter_map(|folder| {
            let result = format!("{folder}{RESULT}");
            let there = known.contains(&result);
            there.then(|| Bundle { shared: vec![format!("{folder}{ROWS}"), result], each: Vec::new() })
        });
        with_result.collect()
    }

    fn read_row(&self, row: Value, _: &Sample) -> Result<Vec<Imported>, RowError> {
        let (rows, result, folder) = match row {
            Value::Array(rows) => (rows, None, String::new()),
            Value::Object(files) if files.keys().any(|name| name.ends_with(ROWS)) => of_bundle(files),
            other => (vec![other], None, String::new()),
        };
        let mut run = Run::default();
        for (index, row) in rows.into_iter().enumerate() {
            let Value::Object(row) = row else {
                return Err(RowError::new(format!("row {} is no object; expected `step_num` and `action`", index + 1)));
            };
            step(&mut run, row);
        }
        let trace = run.builder.trace_mut();
        if let Some(result) = result {
            trace.outcome.reward = Some(result);
            trace.outcome.verdict = match result {
                1.0 => Verdict::Correct,
                0.0 => Verdict::Incorrect,
                // Some tasks give part of the score.
                _ => Verdict::Unknown,
            };
        }
        if !folder.is_empty() {
            let name = folder.trim_end_matches('/');
            trace.source_id = Some(name.to_owned());
            // Runs of one task share its id, which is the last part.
            let task = name.rsplit('/').next().unwrap_or(name);
            trace.problem.prompt = Prompt::Text(format!("OSWorld task {task}"));
            trace.warnings.push("the files do not tell the task; the problem is named after the folder".into());
        }
        Ok(vec![run.finish().into()])
    }
}

/// The rows, the score and the folder of a run.
fn of_bundle(files: Map<String, Value>) -> (Vec<Value>, Option<f64>, String) {
    let (mut rows, mut result, mut folder) = (Vec::new(), None, String::new());
    for (name, value) in files {
        if let Some(of) = name.strip_suffix(ROWS) {
            of.clone_into(&mut folder);
            rows = if let Value::Array(rows) = value { rows } else { vec![value] };
        } else if name.ends_with(RESULT) {
            result = float(&value);
        }
    }
    (rows, result, folder)
}

fn step(run: &mut Run, mut row: Map<String, Value>) {
    let first = run.len();
    if let Some(error) = row.shift_remove("Error") {
        let step = run.push(StepKind::Note, content_text(&error), "environment");
        return run.flag(Some(step), StepFlag::Failed);
    }
    let response = row.shift_remove("response").unwrap_or_default();
    let said = match &response {
        Value::Object(map) => {
            map.get("response").or_else(|| map.get("content")).map_or_else(|| response.to_string(), content_text)
        }
        other => content_text(other),
    };
    // Several actions may come from one response, which each of their rows repeats.
    let number = row.get("step_num").cloned().unwrap_or_default();
    let repeated = run.at.and_then(|at| {
        let thought =
            run.builder.trace_mut().steps.iter().take(at as usize + 1).rfind(|s| s.kind == StepKind::Thought)?;
        Some(thought.text == said && thought.metadata.get("step_num") == Some(&number))
    });
    if !said.trim().is_empty() && repeated != Some(true) {
        let step = run.push(StepKind::Thought, said, "agent");
        run.note(Some(step), "step_num", number.clone());
    }
    let action = row.shift_remove("action").unwrap_or_default();
    if !action.is_null() {
        act(run, &action);
    }
    if run.len() == first {
        run.push(StepKind::Action, "", "agent");
    }
    let at = run.at;
    if let Some(reward) = row.get("reward").and_then(float) {
        run.builder.score(at, "reward", ScoreKind::Reward, reward);
        row.shift_remove("reward");
    }
    if row.shift_remove("done") == Some(Value::Bool(true)) {
        run.flag(at, StepFlag::Terminal);
    }
    rename(&mut row, "action_timestamp", "started_at");
    run.note_all(at, row);
}

/// Program text, a word such as `DONE`, or an object with a type and its arguments.
fn act(run: &mut Run, action: &Value) -> StepIndex {
    match action {
        Value::Object(map) => {
            let name = ["action_type", "type", "name"].iter().find_map(|key| map.get(*key)?.as_str());
            let tool = ToolCall {
                name: name.unwrap_or("action").to_owned(),
                arguments: action.to_string(),
                call_id: map.get("call_id").and_then(Value::as_str).map(str::to_owned),
            };
            run.called(action.to_string(), tool, "agent")
        }
        other => run.push(StepKind::Action, content_text(other), "agent"),
    }
}
