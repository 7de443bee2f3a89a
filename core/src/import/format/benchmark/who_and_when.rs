//! Who&When (`ag2ai/Agents_Failure_Attribution`): failed runs of several agents, with the step that decided.
//!
//! Each entry of the history is a step, so that the number of the step stays what it was. The label is of that one
//! step: nothing is said of the others, which may be wrong as well.

use serde_json::Value;

use crate::import::detect::kind;
use crate::import::fields::{Fields, raw_text, scalar_text, warn, whole_number};
use crate::import::{Imported, Importer, Recognition, RowError, Sample};
use crate::model::{ImportedValue, Problem, Step, StepIndex, StepKind, StepRating, TraceBuilder, Verdict};

const STEP: &str = "mistake_step";
const AGENT: &str = "mistake_agent";
const REASON: &str = "mistake_reason";
const TYPE: &str = "mistake_type";

/// Reads Who&When.
pub(super) struct WhoAndWhen;

impl Importer for WhoAndWhen {
    fn name(&self) -> &'static str {
        "who_and_when"
    }

    fn caption(&self) -> &'static str {
        "Who&When: runs of several agents with the decisive mistake"
    }

    fn needs(&self) -> &'static [&'static [&'static str]] {
        &[&["history"], &[STEP], &[AGENT], &["question"]]
    }

    fn recognise(&self, sample: &Sample) -> Option<Recognition> {
        sample.recognise("`history` with `role` and `content`, and the step and agent of the mistake", |row| {
            let entry = |entry: &Value| entry["role"].is_string() && entry.get("content").is_some();
            row["history"].as_array().is_some_and(|history| history.iter().all(entry))
                && row["question"].is_string()
                && row[AGENT].is_string()
                && row.get(STEP).is_some()
        })
    }

    fn read_row(&self, row: Value, _: &Sample) -> Result<Vec<Imported>, RowError> {
        let mut fields = Fields::new(row)?;
        let mut problem = Problem {
            prompt: fields.prompt(&["question"])?,
            answer: fields.text("ground_truth"),
            ..Problem::default()
        };
        if let Some(level) = fields.take("level").filter(|level| !level.is_null()) {
            problem.metadata.insert("level".into(), level);
        }
        let mut builder = TraceBuilder::new(problem);
        for (index, entry) in fields.list(&["history"])?.into_iter().enumerate() {
            if !entry.is_object() {
                let found = kind(&entry);
                return Err(RowError::new(format!(
                    "entry {index} (from 0) of `history` is {found}; expected an object"
                )));
            }
            let step = read_entry(entry, builder.last_step())?;
            builder.push(step);
        }
        if builder.last_step().is_none() {
            warn(&mut builder, "`history` is empty; the trace has no steps");
        }
        mark(&mut builder, &mut fields);
        let trace = builder.trace_mut();
        trace.source_id = fields.text("question_ID");
        if let Some(right) = fields.bool_of(&["is_correct", "is_corrected"]) {
            trace.outcome.verdict = Verdict::from_bool(right);
        }
        trace.metadata.extend(fields.rest());
        Ok(vec![builder.into()])
    }
}

/// One entry of the history. A role such as `Orchestrator (-> WebSurfer)` tells the author and whom they speak to.
fn read_entry(entry: Value, parent: Option<StepIndex>) -> Result<Step, RowError> {
    let mut fields = Fields::new(entry)?;
    let role = fields.text("role").unwrap_or_default();
    let text = match fields.take("content") {
        None | Some(Value::Null) => String::new(),
        Some(content) => scalar_text(&content).unwrap_or_else(|| content.to_string()),
    };
    let (speaker, aside) = match role.strip_suffix(')').and_then(|role| role.split_once(" (")) {
        Some((speaker, aside)) => (speaker, Some(aside)),
        None => (role.as_str(), None),
    };
    let author = fields.text("name").unwrap_or_else(|| speaker.to_owned());
    let is_terminal = matches!(author.to_lowercase().as_str(), "computer_terminal" | "computerterminal");
    let step_kind = match aside {
        Some("thought") => StepKind::Thought,
        Some(aside) if !aside.starts_with("->") => StepKind::Note,
        None if is_terminal => StepKind::Observation,
        _ => StepKind::Message,
    };
    let mut metadata = fields.rest();
    if author != role {
        metadata.insert("role".into(), role.as_str().into());
    }
    if let Some(to) = aside.and_then(|aside| aside.strip_prefix("->")) {
        metadata.insert("to".into(), to.trim().into());
    }
    let author = (!author.is_empty()).then_some(author);
    Ok(Step { parent, kind: step_kind, text, author, on_path: true, metadata, ..Step::default() })
}

/// Labels the decisive step, and only that one.
fn mark(builder: &mut TraceBuilder, fields: &mut Fields) {
    let Some(value) = fields.get(STEP).filter(|value| !value.is_null()).cloned() else {
        return warn(builder, format!("`{STEP}` is missing; the decisive mistake is not marked"));
    };
    let steps = builder.trace_mut().steps.len();
    let number = whole_number(&value).and_then(|number| StepIndex::try_from(number).ok());
    let Some((number, step)) = number.and_then(|n| Some((n, builder.trace_mut().steps.get(n as usize)?.clone())))
    else {
        let message = format!(
            "`{STEP}` is {}, but the steps are numbered 0 to {}; kept in the metadata",
            raw_text(&value),
            steps.saturating_sub(1)
        );
        return warn(builder, message);
    };
    fields.take(STEP);
    builder.label(Some(number), ImportedValue::Rating(StepRating::Bad), "human", STEP, &raw_text(&value));
    if let Some(label) = builder.last_label() {
        label.base = Some(0);
        label.rationale = fields.text(REASON);
    }
    if let Some(sort) = fields.text(TYPE) {
        builder.label(Some(number), ImportedValue::Tag, "human", TYPE, &sort);
    }
    let Some(agent) = fields.get(AGENT).and_then(Value::as_str) else { return };
    let told = |key: &str| step.metadata.get(key).and_then(Value::as_str);
    let author = step.author.as_deref();
    if ![author, told("role"), told("to")].contains(&Some(agent)) {
        let author = author.unwrap_or("nobody");
        warn(
            builder,
            format!("`{AGENT}` is {agent}, but step {number} (from 0) is by {author}; check which one is meant"),
        );
    }
}
