//! Turns the runs of ATIF into one tree of steps.

use serde_json::{Map, Value};

use super::super::run::{Run, beside_text, content_text, rename, take_text};
use crate::import::RowError;
use crate::import::fields::{Fields, scalar_text};
use crate::model::{Metadata, StepFlag, StepIndex, StepKind, TraceBuilder};

/// Sub-agents of sub-agents are followed this far.
const DEPTH: usize = 16;

/// A run with those that belong to it.
#[derive(Default)]
pub(super) struct Reader {
    run: Run,
    /// Runs that may be referred to, by the name of the file, until they are used.
    others: Vec<(String, Value)>,
}

impl Reader {
    pub(super) fn with(files: Vec<(String, Value)>) -> Self {
        Self { others: files, ..Self::default() }
    }

    pub(super) fn read(mut self, run: Value) -> Result<TraceBuilder, RowError> {
        let mut fields = Fields::new(run)?;
        let steps = fields.list(&["steps"])?;
        self.embedded(fields.take("subagent_trajectories"));
        self.steps(steps, 0);
        let mut next = fields.text("continued_trajectory_ref");
        while let Some(name) = next.take() {
            let Some(Value::Object(mut more)) = self.find(&name, None, None) else {
                self.run.warn(format!("the run goes on in {name}, which is not among the files; import its folder"));
                self.run.builder.trace_mut().metadata.insert("continued_trajectory_ref".into(), name.into());
                break;
            };
            next = take_text(&mut more, "continued_trajectory_ref");
            self.embedded(more.shift_remove("subagent_trajectories"));
            if let Some(Value::Array(steps)) = more.shift_remove("steps") {
                self.steps(steps, 0);
            }
            self.run.builder.trace_mut().metadata.insert(name, more.into());
        }
        while !self.others.is_empty() {
            let (name, other) = self.others.remove(0);
            self.run.warn(format!("no step refers to {name}; its steps hang on the last step"));
            self.branch(&name, other, 0);
        }
        let trace = self.run.builder.trace_mut();
        let agent = fields.get("agent");
        trace.generator = agent.and_then(|agent| agent["model_name"].as_str()).map(str::to_owned);
        trace.source_id = fields.get("trajectory_id").or_else(|| fields.get("session_id")).and_then(scalar_text);
        trace.metadata.extend(fields.rest());
        if let Some(Value::Object(agent)) = trace.metadata.get_mut("agent")
            && let Some(tools) = agent.shift_remove("tool_definitions")
        {
            trace.problem.metadata.insert("tools".into(), tools);
        }
        Ok(self.run.finish())
    }

    /// Runs of sub-agents that are written inside the run.
    fn embedded(&mut self, runs: Option<Value>) {
        if let Some(Value::Array(runs)) = runs {
            self.others.extend(runs.into_iter().map(|run| {
                let name = run["trajectory_id"].as_str().or_else(|| run["session_id"].as_str());
                (name.unwrap_or("a sub-agent").to_owned(), run)
            }));
        }
    }

    /// Takes the run that is meant: by its path, which may lack the beginning of the name, or by an id.
    fn find(&mut self, path: &str, session: Option<&str>, id: Option<&str>) -> Option<Value> {
        let last = path.rsplit(['/', '\\']).next().unwrap_or_default();
        let by_path = |(name, _): &(String, Value)| !last.is_empty() && name.ends_with(last);
        let by_id = |(_, run): &(String, Value)| {
            session.is_some_and(|s| run["session_id"] == s) || id.is_some_and(|i| run["trajectory_id"] == i)
        };
        let place = self.others.iter().position(by_path).or_else(|| self.others.iter().position(by_id))?;
        Some(self.others.remove(place).1)
    }

    fn steps(&mut self, steps: Vec<Value>, depth: usize) {
        for (index, step) in steps.into_iter().enumerate() {
            if let Value::Object(step) = step {
                self.step(index, step, depth);
            } else {
                self.run.warn(format!("step {index} (from 0) is no object; left out"));
            }
        }
    }

    fn step(&mut self, index: usize, mut step: Map<String, Value>, depth: usize) {
        let number = step.shift_remove("step_id").unwrap_or_else(|| index.into());
        let place = format!("step {number}");
        let source = take_text(&mut step, "source").unwrap_or_default();
        let message = step.shift_remove("message").unwrap_or_default();
        let text = content_text(&message);
        if let Some(rest) = beside_text(&message) {
            step.insert("message".into(), rest);
        }
        if matches!(source.as_str(), "system" | "user") && self.run.at.is_none() && !self.run.aside {
            rename(&mut step, "timestamp", "started_at");
            step.shift_remove("is_copied_context");
            return self.run.ask_with(&source, text, step);
        }
        if step.shift_remove("is_copied_context") == Some(Value::Bool(true)) {
            self.run.flags = vec![StepFlag::Copied];
        }
        let first = self.run.len();
        if let Some(reasoning) = take_text(&mut step, "reasoning_content").filter(|text| !text.trim().is_empty()) {
            self.run.push(StepKind::Thought, reasoning, &source);
        }
        let calls = if let Some(Value::Array(calls)) = step.shift_remove("tool_calls") { calls } else { Vec::new() };
        if !text.trim().is_empty() || calls.is_empty() && self.run.len() == first {
            let kind = if source == "system" { StepKind::System } else { StepKind::Message };
            self.run.push(kind, text, &source);
        }
        for call in &calls {
            let name = call["function_name"].as_str().unwrap_or_default().to_owned();
            self.run.call(&place, name, &call["arguments"], scalar_text(&call["tool_call_id"]), &source);
        }
        self.keep(first, number, step.shift_remove("metrics"), &mut step);
        if let Some(observation) = step.shift_remove("observation") {
            self.observation(&place, observation, &calls, depth);
        }
        let at = StepIndex::try_from(first).ok();
        self.run.note_all(at, step);
        self.run.flags.clear();
    }

    /// Times, tokens and costs go to the first step that a turn gives.
    fn keep(&mut self, first: usize, number: Value, metrics: Option<Value>, step: &mut Metadata) {
        let at = StepIndex::try_from(first).ok();
        self.run.note(at, "step_id", number);
        rename(step, "timestamp", "started_at");
        if let Some(Value::Object(mut metrics)) = metrics {
            rename(&mut metrics, "prompt_tokens", "input_tokens");
            rename(&mut metrics, "completion_tokens", "output_tokens");
            self.run.note_all(at, metrics);
        }
    }

    fn observation(&mut self, place: &str, observation: Value, calls: &[Value], depth: usize) {
        let results = match observation {
            Value::Object(mut map) => match map.shift_remove("results") {
                Some(Value::Array(results)) => results,
                _ => vec![map.into()],
            },
            other => vec![serde_json::json!({ "content": other })],
        };
        for mut result in results {
            let Some(result) = result.as_object_mut() else {
                self.run.warn(format!("a result of {place} is no object; left out"));
                continue;
            };
            let refs = result.shift_remove("subagent_trajectory_ref");
            let content = result.shift_remove("content").unwrap_or_default();
            if !content.is_null() || refs.is_none() {
                let id = take_text(result, "source_call_id");
                let text = content_text(&content);
                if let Some(rest) = beside_text(&content) {
                    result.insert("content".into(), rest);
                }
                let step = if let (None, true) = (&id, calls.is_empty()) {
                    self.run.push(StepKind::Observation, text, "environment")
                } else {
                    // A result that names no call is that of the turn, which has mostly one.
                    let only = if let ([call], None) = (calls, &id) { call["function_name"].as_str() } else { None };
                    self.run.result(place, id, only.map(str::to_owned), text)
                };
                self.run.note_all(Some(step), std::mem::take(result));
            }
            let refs = match refs {
                Some(Value::Array(refs)) => refs,
                Some(Value::Null) | None => Vec::new(),
                Some(one) => vec![one],
            };
            for one in refs {
                self.follow(place, &one, depth);
            }
        }
    }

    /// A reference to the run of a sub-agent.
    fn follow(&mut self, place: &str, reference: &Value, depth: usize) {
        let path = reference["trajectory_path"].as_str().unwrap_or_default();
        let (session, id) = (reference["session_id"].as_str(), reference["trajectory_id"].as_str());
        let name = id.or(session).unwrap_or(path);
        let found = if depth < DEPTH { self.find(path, session, id) } else { None };
        let step = self.run.at;
        if let Some(run) = found {
            self.branch(name, run, depth + 1);
            return;
        }
        self.run.warn(format!(
            "{place} refers to the run of a sub-agent, {name}, which is not among the files; import its folder"
        ));
        let seen = step.and_then(|step| self.run.step_mut(step));
        if let Some(Value::Array(list)) =
            seen.map(|step| step.metadata.entry("subagent_trajectory_ref").or_insert_with(|| Value::Array(Vec::new())))
        {
            list.push(reference.clone());
        }
    }

    /// The run of a sub-agent, beside the main path.
    fn branch(&mut self, name: &str, run: Value, depth: usize) {
        let Value::Object(mut run) = run else { return };
        let steps = if let Some(Value::Array(steps)) = run.shift_remove("steps") { steps } else { Vec::new() };
        self.embedded(run.shift_remove("subagent_trajectories"));
        let agent = run.get("agent").and_then(|agent| agent["name"].as_str()).unwrap_or(name).to_owned();
        let before = (self.run.at, self.run.aside, self.run.section.take(), std::mem::take(&mut self.run.flags));
        self.run.aside = true;
        self.run.section = Some(agent);
        let first = self.run.len();
        self.steps(steps, depth);
        let first = StepIndex::try_from(first).ok();
        self.run.note(first, "sub_run", Value::Object(run));
        (self.run.at, self.run.aside, self.run.section, self.run.flags) = before;
    }
}
