//! PRMBench (ssmisya/PRMBench): solutions into which errors were brought on purpose, with every step that is wrong.
//!
//! A row gives two traces: the modified solution, its changed steps flagged as synthetic, and the original.
//! Each belongs to its own question; for most rows that is the same one. Rows also come inside questionnaires.

mod scores;

use serde_json::{Map, Value};

pub(super) use self::scores::PrmBenchScores;
use crate::import::fields::{Fields, raw_text, step_texts, warn, whole_number};
use crate::import::{Imported, Importer, Recognition, RowError, Sample};
use crate::model::{ImportedValue, Metadata, Problem, Prompt, StepFlag, StepIndex, StepRating, TraceBuilder};

const MODIFIED: &str = "modified_process";
const ORIGINAL: &[&str] = &["original_process", "origin_process"];
const ERRORS: &[&str] = &["error_steps", "hallucination_steps"];
const CHANGED: &str = "modified_steps";
const CLASS: &str = "classification";
/// Where a questionnaire has the row.
const CUSTOM: &str = "custom";
/// The same texts once more, laid out for reading.
const CONVERSATION: &str = "conversation";
const SOURCE: &str = "synthetic";

/// Reads PRMBench.
pub(super) struct PrmBench;

impl Importer for PrmBench {
    fn name(&self) -> &'static str {
        "prmbench"
    }

    fn caption(&self) -> &'static str {
        "PRMBench: solutions with errors brought in on purpose"
    }

    fn needs(&self) -> &'static [&'static [&'static str]] {
        &[&[MODIFIED, CUSTOM], ORIGINAL, ERRORS]
    }

    fn recognise(&self, sample: &Sample) -> Option<Recognition> {
        sample.recognise("a modified and an original process and numbers of the wrong steps", |row| {
            let row = if row[CUSTOM].is_object() { &row[CUSTOM] } else { row };
            let texts = |key: &str| row[key].as_array().is_some_and(|list| list.iter().all(Value::is_string));
            let errors = ERRORS.iter().filter_map(|key| row[*key].as_array());
            texts(MODIFIED)
                && ORIGINAL.iter().any(|key| texts(key))
                && errors.flatten().all(|number| whole_number(number).is_some())
                && ERRORS.iter().any(|key| row[*key].is_array())
        })
    }

    fn shares_siblings(&self) -> bool {
        true
    }

    fn repeats(&self) -> &'static [&'static str] {
        &[CONVERSATION]
    }

    fn read_row(&self, row: Value, _: &Sample) -> Result<Vec<Imported>, RowError> {
        let (row, mut around) = unwrapped(row);
        let mut fields = Fields::new(row)?;
        let question = fields.text("question");
        let answer = fields.text("ground_truth");
        let modified_question = fields.text("modified_question").or_else(|| question.clone());
        let original_question = fields.text("original_question").or_else(|| question.clone());
        // Some rows spell the question in a third way.
        let third = question.filter(|q| Some(q) != modified_question.as_ref() && Some(q) != original_question.as_ref());
        let problem = |text: Option<String>| {
            let text = text.ok_or_else(|| RowError::new("`question` is missing; add the text of the problem"))?;
            let metadata = third.iter().map(|third| ("question".to_owned(), Value::from(third.as_str()))).collect();
            Ok(Problem { prompt: Prompt::Text(text), answer: answer.clone(), metadata, ..Problem::default() })
        };
        let mut builder = TraceBuilder::new(problem(modified_question)?);
        let steps = fields.list(&[MODIFIED])?;
        for text in step_texts(MODIFIED, &steps, &mut builder)? {
            builder = builder.thought(text);
        }
        let mut sibling = TraceBuilder::new(problem(original_question)?);
        let steps = fields.list(ORIGINAL)?;
        for text in step_texts("original_process", &steps, &mut sibling)? {
            sibling = sibling.thought(text);
        }
        let judged = verdict(&mut builder, &around);
        mark_errors(&mut builder, &mut fields, judged)?;
        mark_changed(&mut builder, &mut fields);
        if let Some(Value::Array(types)) = fields.take("hallucination_types") {
            for kind in &types {
                builder.label(None, ImportedValue::Tag, SOURCE, "hallucination_types", &raw_text(kind));
            }
        }
        let index = fields.text("idx");
        // Numbers start again in the file of each class.
        let id = index.as_ref().map(|index| match fields.get(CLASS).and_then(Value::as_str) {
            Some(class) => format!("{class}_{index}"),
            None => index.clone(),
        });
        let trace = builder.trace_mut();
        let join = id.as_ref().map(|id| format!("prmbench:{id}"));
        trace.source_id = id;
        trace.metadata.extend(fields.rest());
        around.retain(|_, value| !value.is_null());
        trace.metadata.extend(around);
        sibling.trace_mut().source_id = index.map(|index| format!("{index}#original"));
        Ok(vec![Imported { join, ..builder.into() }, sibling.into()])
    }
}

/// The row, and what a questionnaire says around it.
fn unwrapped(row: Value) -> (Value, Metadata) {
    match row {
        Value::Object(mut around) if around.get(CUSTOM).is_some_and(Value::is_object) => {
            let row = around.shift_remove(CUSTOM).unwrap_or_default();
            around.shift_remove(CONVERSATION);
            (row, around)
        }
        row => (row, Map::new()),
    }
}

/// What people said of the whole solution. True where they did.
fn verdict(builder: &mut TraceBuilder, around: &Metadata) -> bool {
    const FIELD: &str = "evaluation.conversation_evaluation.correct";
    let said = around.get("evaluation").map(|evaluation| &evaluation["conversation_evaluation"]["correct"]);
    let Some(said) = said.filter(|said| !said.is_null()) else { return false };
    let raw = raw_text(said);
    let rating = match raw.trim() {
        "true" => StepRating::Good,
        "false" => StepRating::Bad,
        _ => {
            warn(builder, format!("`{FIELD}` is {raw}, neither true nor false; it stays in the metadata"));
            return false;
        }
    };
    builder.label(None, ImportedValue::Rating(rating), "human", FIELD, &raw);
    true
}

/// All wrong steps are listed, so the lowest is the first error, and with an empty list there is none; unless people
/// looked at the solution and said so themselves.
fn mark_errors(builder: &mut TraceBuilder, fields: &mut Fields, judged: bool) -> Result<(), RowError> {
    let field = ERRORS.iter().copied().find(|key| fields.get(key).is_some_and(Value::is_array)).unwrap_or_default();
    let list = fields.list(ERRORS)?;
    let reason = fields.text("reason").filter(|reason| !reason.is_empty());
    let class = fields.get(CLASS).and_then(Value::as_str).unwrap_or_default().to_owned();
    let (mut steps, outside) = places(builder, &list);
    steps.sort_unstable_by_key(|(step, _)| *step);
    for (place, (step, raw)) in steps.iter().enumerate() {
        let value = if place == 0 { ImportedValue::FirstError } else { ImportedValue::Rating(StepRating::Bad) };
        builder.label(Some(*step), value, SOURCE, field, raw);
        if let Some(label) = builder.last_label() {
            label.base = Some(1);
            label.rationale = reason.clone().filter(|_| place == 0);
        }
        if !class.is_empty() {
            builder.label(Some(*step), ImportedValue::Tag, SOURCE, CLASS, &class);
        }
    }
    if list.is_empty() && !judged {
        builder.label(None, ImportedValue::NoError, SOURCE, field, "[]");
        if let Some(label) = builder.last_label() {
            label.rationale.clone_from(&reason);
        }
    } else if let Some(reason) = reason.filter(|_| steps.is_empty()) {
        builder.trace_mut().metadata.insert("reason".into(), reason.into());
    }
    keep_outside(builder, field, list, &outside);
    Ok(())
}

/// Flags the steps that were changed.
fn mark_changed(builder: &mut TraceBuilder, fields: &mut Fields) {
    let Some(Value::Array(list)) = fields.get(CHANGED) else { return };
    let list = list.clone();
    fields.take(CHANGED);
    let (steps, outside) = places(builder, &list);
    for (step, _) in steps {
        if let Some(step) = builder.trace_mut().steps.get_mut(step as usize) {
            step.flags.push(StepFlag::Synthetic);
        }
    }
    keep_outside(builder, CHANGED, list, &outside);
}

/// The steps that a list names, counted from 1, each once, and the numbers of none.
fn places(builder: &mut TraceBuilder, list: &[Value]) -> (Vec<(StepIndex, String)>, Vec<String>) {
    let count = builder.trace_mut().steps.len();
    let (mut steps, mut outside) = (Vec::<(StepIndex, String)>::new(), Vec::new());
    for number in list {
        let step = whole_number(number).and_then(|number| StepIndex::try_from(number.checked_sub(1)?).ok());
        match step.filter(|&step| (step as usize) < count) {
            Some(step) if steps.iter().any(|(other, _)| *other == step) => {}
            Some(step) => steps.push((step, raw_text(number))),
            None => outside.push(raw_text(number)),
        }
    }
    (steps, outside)
}

fn keep_outside(builder: &mut TraceBuilder, field: &str, list: Vec<Value>, outside: &[String]) {
    if !outside.is_empty() {
        let count = builder.trace_mut().steps.len();
        let named = outside.join(", ");
        warn(
            builder,
            format!("`{field}` names {named}, but the steps are numbered 1 to {count}; kept in the metadata"),
        );
        builder.trace_mut().metadata.insert(field.into(), list.into());
    }
}
