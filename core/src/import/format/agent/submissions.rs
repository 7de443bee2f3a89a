//! What `LeetCode` said of code that was handed in (noahshinn/reflexion: `leetcode_metadata`).

use serde_json::Value;

use super::run::Run;
use crate::import::fields::Fields;
use crate::import::{Imported, Importer, Recognition, RowError, Sample};
use crate::model::{Prompt, StepFlag, StepKind, Verdict};

/// Reads submissions.
pub(super) struct Submissions;

impl Importer for Submissions {
    fn name(&self) -> &'static str {
        "submissions"
    }

    fn caption(&self) -> &'static str {
        "LeetCode submissions"
    }

    fn needs(&self) -> &'static [&'static [&'static str]] {
        &[&["status"], &["reward"], &["info"]]
    }

    fn recognise(&self, sample: &Sample) -> Option<Recognition> {
        sample.recognise("`status`, `reward` and the `info` of a judge", |row| {
            row["status"].is_string() && row["reward"].is_boolean() && row["info"].get("state").is_some()
        })
    }

    fn read_row(&self, row: Value, _: &Sample) -> Result<Vec<Imported>, RowError> {
        let mut fields = Fields::new(row)?;
        let mut run = Run::default();
        if let Some(code) = fields.text("code") {
            run.push(StepKind::Code, code, "assistant");
        }
        let solved = fields.bool_of(&["reward"]);
        let status = fields.get("status").and_then(Value::as_str).unwrap_or_default().to_owned();
        let step = run.push(StepKind::Observation, status, "judge");
        if solved == Some(false) {
            run.flag(Some(step), StepFlag::Failed);
        }
        let number = fields.get("info").map(|info| info["question_id"].clone());
        let submission = fields.get("info").and_then(|info| info["submission_id"].as_str().map(str::to_owned));
        let name = fields.text("name");
        let trace = run.builder.trace_mut();
        trace.outcome.verdict = solved.map_or(Verdict::Unknown, Verdict::from_bool);
        let question = name.or_else(|| number?.as_str().map(|number| format!("LeetCode question {number}")));
        if question.is_none() {
            trace.warnings.push("neither `name` nor `info.question_id` tells the problem; it is empty".into());
        }
        trace.problem.prompt = Prompt::Text(question.unwrap_or_default());
        trace.source_id = submission;
        trace.metadata.extend(fields.rest());
        Ok(vec![run.builder.into()])
    }
}
