//! Logs of `ReAct` and chain-of-thought agents as plain text (ysymyth/ReAct; noahshinn/reflexion: `hotpotqa_runs`).
//!
//! Each question is a trace: `Thought 1:`, `Action 1: Tool[argument]`, `Observation 1:`. Logs of several trials repeat
//! the questions; banners between them give trial and outcome. Numbers are missing in chain-of-thought logs.

use std::sync::LazyLock;

use regex::Regex;
use serde_json::Value;

use super::run::Run;
use crate::import::{Imported, Importer, Recognition, RowError, Sample};
use crate::model::{Prompt, StepKind, ToolCall, Verdict};

#[expect(clippy::unwrap_used, reason = "written here and tested")]
static FIELD: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"^[ \t]*(Question|Context|Correct answer|Reflections?|Thought|Action|Observation)(?: ?(\d+))?: ?")
        .unwrap()
});

#[expect(clippy::unwrap_used, reason = "written here and tested")]
static BANNER: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"^-+ ?BEGIN (CORRECT|INCORRECT|HALTED) AGENTS ?-+$|^BEGIN TRIAL (\d+)$|^(Trial summary: .*)$|^#{10,}$")
        .unwrap()
});

#[expect(clippy::unwrap_used, reason = "written here and tested")]
static TOOL: LazyLock<Regex> = LazyLock::new(|| Regex::new(r"(?s)^\s*([A-Za-z_]\w*)\[(.*)\]\s*$").unwrap());

/// What is added to a question that was tried before, on the same line.
const BEFORE: &str = "You have attempted to answer following question before and failed.";

/// Reads `ReAct` logs.
pub(super) struct ReactText;

impl Importer for ReactText {
    fn name(&self) -> &'static str {
        "react_text"
    }

    fn caption(&self) -> &'static str {
        "ReAct and chain-of-thought logs in plain text"
    }

    fn needs(&self) -> &'static [&'static [&'static str]] {
        &[]
    }

    fn recognise(&self, sample: &Sample) -> Option<Recognition> {
        sample.recognise("lines that begin with `Question:` and `Thought`", |row| {
            let Some(text) = row.as_str() else { return false };
            let has = |word: &str| text.lines().any(|line| FIELD.is_match(line) && line.trim_start().starts_with(word));
            has("Question") && (has("Thought") || has("Action"))
        })
    }

    fn read_row(&self, row: Value, _: &Sample) -> Result<Vec<Imported>, RowError> {
        let Value::String(text) = row else {
            return Err(RowError::new("the row is no text; expected a log with `Question:` and `Thought`"));
        };
        let mut log = Log::default();
        for line in text.split('\n') {
            log.line(line.strip_suffix('\r').unwrap_or(line));
        }
        log.end_field();
        log.end_trace();
        if log.traces.is_empty() {
            return Err(RowError::new("the text has no line that begins with `Question:`"));
        }
        Ok(log.traces)
    }
}

#[derive(Default)]
struct Log {
    traces: Vec<Imported>,
    attempt: Option<Attempt>,
    /// Name, number and text of the field that is read.
    field: Option<(String, Option<u64>, String)>,
    trial: Option<String>,
    summary: Option<String>,
    verdict: Verdict,
    halted: bool,
}

/// One question, once.
#[derive(Default)]
struct Attempt {
    run: Run,
    context: String,
    question: Option<String>,
    answer: Option<String>,
    verdict: Verdict,
    /// Whether the answer was judged.
    done: bool,
}

impl Log {
    fn line(&mut self, line: &str) {
        if let Some(found) = BANNER.captures(line) {
            self.end_field();
            self.end_trace();
            let group = |number| found.get(number).map(|m| m.as_str().to_owned());
            if let Some(word) = group(1) {
                self.halted = word == "HALTED";
                self.verdict = match word.as_str() {
                    "CORRECT" => Verdict::Correct,
                    "INCORRECT" => Verdict::Incorrect,
                    _ => Verdict::Unknown,
                };
            }
            if let Some(trial) = group(2) {
                (self.trial, self.summary, self.verdict, self.halted) = (Some(trial), None, Verdict::Unknown, false);
            }
            self.summary = group(3).or(self.summary.take());
            return;
        }
        if let Some(found) = FIELD.captures(line) {
            self.end_field();
            let name = found.get(1).map_or("", |m| m.as_str()).to_owned();
            let number = found.get(2).and_then(|m| m.as_str().parse().ok());
            let rest = line.get(found.get(0).map_or(0, |m| m.end())..).unwrap_or_default();
            let begun = self.attempt.as_ref().is_some_and(|a| a.question.is_some() || a.run.at.is_some());
            // Without a question, the first thought after an answer begins anew.
            let again = name == "Thought" && number.is_none_or(|number: u64| number == 1);
            let done = self.attempt.as_ref().is_some_and(|attempt| attempt.done);
            if begun && (name == "Question" || name == "Context") || again && done {
                self.end_trace();
            }
            self.field = Some((name, number, rest.to_owned()));
            return;
        }
        if let Some((_, _, text)) = &mut self.field {
            text.push('\n');
            text.push_str(line);
        }
    }

    /// A field is complete: blank lines after it are layout.
    fn end_field(&mut self) {
        let Some((name, number, text)) = self.field.take() else { return };
        let text = text.trim_end_matches('\n').to_owned();
        let attempt = self.attempt.get_or_insert_default();
        let step = match name.as_str() {
            "Context" => {
                attempt.context = text;
                return;
            }
            "Question" => return attempt.ask(&text),
            "Correct answer" => {
                attempt.answer = Some(text);
                return;
            }
            "Thought" => attempt.run.push(StepKind::Thought, text, "agent"),
            "Action" => attempt.act(text),
            "Observation" => attempt.observe(text),
            _ => attempt.reflect(&name, &text),
        };
        if let Some(number) = number {
            attempt.run.note(Some(step), "number", number);
        }
    }

    fn end_trace(&mut self) {
        let Some(mut attempt) = self.attempt.take() else { return };
        let number = self.traces.len() + 1;
        let trace = attempt.run.builder.trace_mut();
        let question = match attempt.question {
            Some(question) => question,
            None if trace.steps.is_empty() => return,
            None => {
                trace.warnings.push("no line begins with `Question:`; the problem is empty".into());
                String::new()
            }
        };
        // The context is part of what was asked.
        let asked =
            if attempt.context.trim().is_empty() { question } else { format!("{}\n\n{question}", attempt.context) };
        trace.problem.prompt = Prompt::Text(asked);
        trace.problem.answer = attempt.answer;
        // The banner speaks of the trial; without one the last answer tells.
        let known = self.verdict != Verdict::Unknown || self.halted;
        trace.outcome.verdict = if known { self.verdict } else { attempt.verdict };
        if self.halted {
            trace.metadata.insert("halted".into(), true.into());
        }
        let trial = self.trial.as_ref().map_or(String::new(), |trial| format!("trial {trial}, "));
        trace.source_id = Some(format!("{trial}question {number}"));
        for (key, value) in [("trial", &self.trial), ("trial_summary", &self.summary)] {
            if let Some(value) = value {
                trace.metadata.insert(key.into(), value.clone().into());
            }
        }
        // A question that was solved in an earlier trial has no steps here, which is no fault.
        self.traces.push(attempt.run.builder.into());
    }
}

impl Attempt {
    fn ask(&mut self, text: &str) {
        let (question, before) = text.split_at(text.find(BEFORE).unwrap_or(text.len()));
        self.question = Some(question.to_owned());
        if !before.is_empty() {
            self.run.push(StepKind::Critique, before, "agent");
        }
    }

    fn act(&mut self, text: String) -> u32 {
        let Some(found) = TOOL.captures(&text) else { return self.run.push(StepKind::Action, text, "agent") };
        let part = |number| found.get(number).map_or("", |m| m.as_str()).to_owned();
        let tool = ToolCall { name: part(1), arguments: part(2), call_id: None };
        if tool.name == "Finish" {
            return self.run.push(StepKind::Answer, text, "agent");
        }
        self.run.called(text.clone(), tool, "agent")
    }

    fn observe(&mut self, text: String) -> u32 {
        match text.trim() {
            "Answer is CORRECT" => self.verdict = Verdict::Correct,
            "Answer is INCORRECT" => self.verdict = Verdict::Incorrect,
            _ => {}
        }
        self.done |= self.verdict != Verdict::Unknown;
        let called = self.run.builder.trace_mut().steps.last().is_some_and(|step| step.kind == StepKind::ToolCall);
        if called {
            self.run.result("", None, None, text)
        } else {
            self.run.push(StepKind::Observation, text, "environment")
        }
    }

    /// Reflections that open an attempt go on where the question said that it was tried before.
    fn reflect(&mut self, name: &str, text: &str) -> u32 {
        let last = self.run.at.and_then(|at| self.run.step_mut(at));
        if let Some(last) = last.filter(|step| step.text.starts_with(BEFORE)) {
            let blank = if text.starts_with('\n') { "" } else { " " };
            last.text.extend(["\n", name, ":", blank, text]);
            return 0;
        }
        self.run.push(StepKind::Critique, text.trim_start_matches('\n'), "agent")
    }
}
