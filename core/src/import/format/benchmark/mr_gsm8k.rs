//! MR-GSM8K: solutions with a first error counted from 1 and its reason, what a model said of them, and what a judge
//! said of the model's reason; and the demonstrations beside them, whose critique is plain text
//! (dvlab-research/MR-GSM8K).

use serde_json::Value;

use crate::import::fields::{
    Fields, mark_first_error_from, push_solution, says_none, step_texts, take_outcome, verdict, warn,
};
use crate::import::{Imported, Importer, Recognition, RowError, Sample};
use crate::model::{ImportedValue, Problem, StepKind, TraceBuilder, Verdict};

const STEPS: &str = "model_output_steps";
const ERROR_STEP: &str = "model_output_solution_first_error_step";
const CORRECTNESS: &str = "model_output_solution_correctness";
const DEMO_STEPS: &str = "output_steps";
/// Behind the name of the model that wrote the critique.
const CRITIQUE: &str = "_eval_output";
/// Behind the name of the model that judged the reason in the critique.
const JUDGEMENT: &str = "_error_reason_correctness_analysis";

/// Reads MR-GSM8K.
pub(super) struct MrGsm8k;

impl Importer for MrGsm8k {
    fn name(&self) -> &'static str {
        "mr_gsm8k"
    }

    fn caption(&self) -> &'static str {
        "MR-GSM8K: first error with reason, and models' critiques"
    }

    fn needs(&self) -> &'static [&'static [&'static str]] {
        &[&["question"], &[STEPS, DEMO_STEPS], &[ERROR_STEP, CORRECTNESS, "evaluation"]]
    }

    fn recognise(&self, sample: &Sample) -> Option<Recognition> {
        sample.recognise("the steps of a model and where they first go wrong", |row| {
            let graded = row[STEPS].is_array() && (row.get(ERROR_STEP).is_some() || row[CORRECTNESS].is_string());
            let demo = row[DEMO_STEPS].is_array() && row["evaluation"].is_string();
            row["question"].is_string() && (graded || demo)
        })
    }

    fn read_row(&self, row: Value, _: &Sample) -> Result<Vec<Imported>, RowError> {
        let ending = |end: &str| -> Vec<String> {
            row.as_object()
                .into_iter()
                .flatten()
                .map(|(key, _)| key)
                .filter(|key| key.ends_with(end))
                .cloned()
                .collect()
        };
        let (critiques, judgements) = (ending(CRITIQUE), ending(JUDGEMENT));
        let mut fields = Fields::new(row)?;
        let problem = Problem {
            prompt: fields.prompt(&["question"])?,
            answer: fields.text_of(&["ground_truth_answer", "answer"]),
            solution: fields.text_of(&["ground_truth_solution", "gt_cot"]),
            ..Problem::default()
        };
        let field = if fields.get(STEPS).is_some() { STEPS } else { DEMO_STEPS };
        let steps = fields.list(&[field])?;
        let mut builder = TraceBuilder::new(problem);
        let texts = step_texts(field, &steps, &mut builder)?;
        if fields.get("question_type").and_then(Value::as_str) == Some("POT") {
            for text in texts {
                builder.chain(StepKind::Code, text);
            }
        } else {
            push_solution(&mut builder, texts);
        }
        builder.trace_mut().source_id = fields.text("uuid");
        take_outcome(&mut builder, &mut fields, "model_output_answer_correctness");
        if field == STEPS {
            Opinion {
                source: "human",
                correctness: (CORRECTNESS, fields.text(CORRECTNESS)),
                step: (ERROR_STEP, fields.take(ERROR_STEP)),
                reason: fields.text("model_output_solution_first_error_reason"),
            }
            .store(&mut builder);
        } else if let Some(text) = fields.text("evaluation") {
            demonstration(&mut builder, text);
        }
        for key in critiques {
            critique(&mut builder, &mut fields, &key);
        }
        if let Some(said) = fields.text("error_reason_correctness") {
            remark(&mut builder, "human", "error_reason_correctness", &said, said.clone());
        }
        for key in judgements {
            judgement(&mut builder, &mut fields, &key);
        }
        builder.trace_mut().metadata.extend(fields.rest());
        Ok(vec![builder.into()])
    }
}

/// What somebody said of a solution; each part with the field that it came from.
struct Opinion<'a> {
    source: &'a str,
    correctness: (&'a str, Option<String>),
    step: (&'a str, Option<Value>),
    reason: Option<String>,
}

impl Opinion<'_> {
    fn store(self, builder: &mut TraceBuilder) {
        let Self { source, correctness: (field, said), step: (step_field, step), reason } = self;
        let said = said.map(Value::String);
        let correct = said.as_ref().and_then(verdict);
        let step = step.filter(|step| {
            !step.is_null() && !says_none(step) && step.as_str().is_none_or(|text| !text.trim().is_empty())
        });
        let before = builder.trace_mut().labels.len();
        let located = step.is_some();
        if let Some(step) = step {
            mark_first_error_from(1, builder, step_field, source, step);
        }
        let raw = said.as_ref().and_then(Value::as_str).unwrap_or_default();
        if builder.trace_mut().labels.len() == before {
            match correct {
                Some(Verdict::Incorrect) => {
                    builder.label(None, ImportedValue::ErrorSomewhere, source, field, raw);
                    if !located {
                        warn(builder, format!("`{field}` is {raw}, but `{step_field}` names no step"));
                    }
                }
                Some(Verdict::Correct) if !located => builder.label(None, ImportedValue::NoError, source, field, raw),
                _ => {}
            }
        } else if correct == Some(Verdict::Correct) {
            warn(builder, format!("`{field}` is {raw}, yet `{step_field}` names a step; the step was kept"));
        }
        if let (None, Some(said)) = (correct, said) {
            builder.trace_mut().metadata.insert(field.into(), said);
        }
        let reason = reason.filter(|reason| !says_none(&Value::String(reason.clone())) && !reason.trim().is_empty());
        if builder.trace_mut().labels.len() > before {
            if let Some(label) = builder.last_label() {
                label.rationale = reason;
            }
        } else if let Some(reason) = reason {
            remark(builder, source, step_field, "", reason);
        }
    }
}

/// What a model said of the solution.
fn critique(builder: &mut TraceBuilder, fields: &mut Fields, key: &str) {
    let Some(mut said) = object(fields, key) else { return };
    let source = format!("model:{}", key.strip_suffix(CRITIQUE).unwrap_or(key));
    let field = |name: &str| format!("{key}.{name}");
    Opinion {
        source: &source,
        correctness: (&field("correctness_pred"), said.text("correctness_pred")),
        step: (&field("error_step_pred"), said.take("error_step_pred")),
        reason: said.text("error_reason"),
    }
    .store(builder);
    if let Some(text) = said.text("response") {
        remark(builder, &source, &field("response"), "", text);
    }
    keep(builder, key, said);
}

/// What another model said of the reason in the critique.
fn judgement(builder: &mut TraceBuilder, fields: &mut Fields, key: &str) {
    let Some(mut said) = object(fields, key) else { return };
    let source = format!("model:{}", key.strip_suffix(JUDGEMENT).unwrap_or(key));
    let decision = said.text("Final Decision").unwrap_or_default();
    let text = said.text("response").unwrap_or_else(|| decision.clone());
    remark(builder, &source, &format!("{key}.Final Decision"), &decision, text);
    keep(builder, key, said);
}

/// A critique that ends with the lines `Final Judgement: …`, `First Error Step: …` and `Error Analysis: …`.
fn demonstration(builder: &mut TraceBuilder, text: String) {
    let after = |heading: &str| text.find(heading).and_then(|at| text.get(at + heading.len()..));
    let line = |heading: &str| Some(after(heading)?.lines().next()?.trim().to_owned());
    Opinion {
        source: "human",
        correctness: ("evaluation", line("Final Judgement:")),
        step: ("evaluation", line("First Error Step:").map(Value::String)),
        reason: after("Error Analysis:").map(|reason| reason.trim().to_owned()),
    }
    .store(builder);
    remark(builder, "human", "evaluation", "", text);
}

/// Takes an object; anything else stays.
fn object(fields: &mut Fields, key: &str) -> Option<Fields> {
    fields.get(key)?.as_object()?;
    Fields::new(fields.take(key)?).ok()
}

fn keep(builder: &mut TraceBuilder, key: &str, rest: Fields) {
    let rest = rest.rest();
    if !rest.is_empty() {
        builder.trace_mut().metadata.insert(key.into(), rest.into());
    }
}

fn remark(builder: &mut TraceBuilder, source: &str, field: &str, raw: &str, words: String) {
    builder.label(None, ImportedValue::Remark, source, field, raw);
    if let Some(label) = builder.last_label() {
        label.rationale = Some(words);
    }
}
