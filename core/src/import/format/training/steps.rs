//! Plain step lists: a problem and its steps, with or without labels and scores. TRL's stepwise supervision is one.

use serde_json::Value;

use crate::import::detect::kind;
use crate::import::fields::{
    Fields, float, mark_first_error, raw_text, scalar_text, step_text, step_texts, ternary, warn, whole_number,
};
use crate::import::{Imported, Importer, Recognition, RowError, Sample};
use crate::model::{
    ImportedScore, ImportedValue, Metadata, Problem, ScoreKind, StepIndex, StepRating, TraceBuilder, Verdict,
};

/// The data does not say who gave the labels.
const SOURCE: &str = "dataset";

const PROBLEM: &[&str] = &["problem", "prompt", "question"];
const STEPS: &[&str] = &["steps", "completions"];

/// Keys of a step that is an object.
const STEP_LABELS: &[&str] = &["label", "rating"];
const STEP_SCORES: &[&str] = &["score", "reward", "value"];

/// Reads plain step lists.
pub(super) struct Steps;

impl Importer for Steps {
    fn name(&self) -> &'static str {
        "steps"
    }

    fn caption(&self) -> &'static str {
        "Step lists, such as TRL stepwise supervision"
    }

    fn needs(&self) -> &'static [&'static [&'static str]] {
        &[PROBLEM, STEPS]
    }

    fn recognise(&self, sample: &Sample) -> Option<Recognition> {
        sample.recognise("a problem and a list of step texts", |row| {
            let list = STEPS.iter().find_map(|key| row[*key].as_array());
            PROBLEM.iter().any(|key| row[*key].is_string() || row[*key].is_array())
                && list.is_some_and(|steps| steps.iter().all(|step| step_text(step).is_some()))
        })
    }

    fn read_row(&self, row: Value, sample: &Sample) -> Result<Vec<Imported>, RowError> {
        let mut fields = Fields::new(row)?;
        let mut problem = Problem { prompt: fields.prompt(PROBLEM)?, ..Problem::default() };
        problem.answer = fields.text_of(&["ground_truth_answer", "reference_answer", "answer"]);
        problem.solution = fields.text_of(&["ground_truth_solution", "reference_solution"]);
        let steps = fields.list(STEPS)?;
        let mut builder = TraceBuilder::new(problem);
        for text in step_texts("steps", &steps, &mut builder)? {
            builder = builder.thought(text);
        }
        let three_valued = steps.iter().any(Value::is_object) && sample.rows.iter().any(objects_have_minus_one);
        for (step, value) in (0 as StepIndex..).zip(steps) {
            if let Value::Object(about) = value {
                describe_step(&mut builder, step, about, three_valued);
            }
        }
        if let Some(labels) = fields.take("labels") {
            label_steps(&mut builder, labels, sample);
        }
        if fields.get("label").is_some_and(|label| whole_number(label).is_some())
            && let Some(label) = fields.take("label")
        {
            mark_first_error(&mut builder, "label", SOURCE, label);
        }
        if let Some(scores) = fields.take("scores") {
            score_steps(&mut builder, scores);
        }
        let trace = builder.trace_mut();
        if let Some(value) = fields.get("score").and_then(Value::as_f64) {
            fields.take("score");
            trace.scores.push(ImportedScore { step: None, name: "score".into(), kind: ScoreKind::Other, value });
        }
        trace.source_id = fields.text("id");
        trace.generator = fields.text_of(&["generator", "model"]);
        let correct = fields.bool_of(&["final_answer_correct", "is_correct"]);
        trace.outcome.verdict = correct.map_or(Verdict::Unknown, Verdict::from_bool);
        trace.metadata.extend(fields.rest());
        Ok(vec![builder.into()])
    }
}

/// What an object says of its step besides its text: a label, scores; the rest becomes metadata of the step.
fn describe_step(builder: &mut TraceBuilder, step: StepIndex, mut about: Metadata, three_valued: bool) {
    about.shift_remove(if about.contains_key("text") { "text" } else { "content" });
    for key in STEP_LABELS {
        // A rating is one of three wherever it stands.
        let three_valued = three_valued || *key == "rating";
        let said = about.get(*key).filter(|label| !label.is_null()).and_then(|label| label_value(label, three_valued));
        if let Some(value) = said
            && let Some(label) = about.shift_remove(*key)
        {
            builder.label(Some(step), value, SOURCE, &format!("steps.{key}"), &raw_text(&label));
        }
    }
    for key in STEP_SCORES {
        if let Some(value) = about.get(*key).filter(|score| score.is_number()).and_then(float) {
            about.shift_remove(*key);
            builder.score(Some(step), key, ScoreKind::Other, value);
        }
    }
    if let Some(step) = builder.trace_mut().steps.get_mut(step as usize) {
        step.author = about.get("role").and_then(scalar_text);
        if step.author.is_some() {
            about.shift_remove("role");
        }
        step.metadata = about;
    }
}

fn objects_have_minus_one(row: &Value) -> bool {
    let steps = STEPS.iter().find_map(|steps| row[*steps].as_array());
    steps.into_iter().flatten().any(|step| step["label"].as_i64() == Some(-1))
}

/// One label per step. What does not fit stays in the metadata.
fn label_steps(builder: &mut TraceBuilder, labels: Value, sample: &Sample) {
    let Value::Array(list) = &labels else {
        if !labels.is_null() {
            warn(
                builder,
                format!("`labels` is {}; expected one label per step, so it is kept in the metadata", kind(&labels)),
            );
            builder.trace_mut().metadata.insert("labels".into(), labels);
        }
        return;
    };
    let steps = builder.trace_mut().steps.len();
    // Decided once for the whole file, so that equal labels mean the same in each of its rows.
    let three_valued = sample.rows.iter().any(|row| row["labels"].as_array().is_some_and(|l| has_minus_one(l)));
    if !three_valued && has_minus_one(list) && list.iter().any(|label| label.as_i64() == Some(0)) {
        warn(
            builder,
            "`labels` has -1 here, but not in the rows by which the file was recognised; 0 was read as bad, as in \
             these. If 0 means neutral, move such a row to the start of the file",
        );
    }
    let mut odd = Vec::new();
    for ((step, number), label) in (0 as StepIndex..).zip(1..).zip(list) {
        match label_value(label, three_valued) {
            _ if label.is_null() => {}
            Some(value) if (step as usize) < steps => {
                builder.label(Some(step), value, SOURCE, "labels", &raw_text(label));
            }
            _ => odd.push(number),
        }
    }
    if list.len() != steps {
        warn(builder, format!("{} labels for {steps} steps; attached from the first step on", list.len()));
    } else if let Some(first) = odd.first() {
        warn(builder, format!("{} labels were not understood, the first at step {first}", odd.len()));
    }
    if !odd.is_empty() {
        builder.trace_mut().metadata.insert("labels".into(), labels);
    }
}

/// Where −1 occurs, 0 is neutral; else 0 is bad.
fn has_minus_one(labels: &[Value]) -> bool {
    labels.iter().any(|label| label.as_i64() == Some(-1))
}

fn label_value(label: &Value, three_valued: bool) -> Option<ImportedValue> {
    let good_or_bad = |good| ImportedValue::Rating(if good { StepRating::Good } else { StepRating::Bad });
    match label {
        Value::Bool(good) => Some(good_or_bad(*good)),
        Value::Number(number) => match number.as_i64() {
            Some(number) if three_valued => ternary(number).map(ImportedValue::Rating),
            Some(number @ (-1..=1)) => Some(good_or_bad(number == 1)),
            Some(_) => None,
            None => number.as_f64().map(ImportedValue::Soft),
        },
        Value::String(text) => match text.trim() {
            "+" => Some(good_or_bad(true)),
            "-" => Some(good_or_bad(false)),
            name => StepRating::from_name(name).map(ImportedValue::Rating),
        },
        _ => None,
    }
}

/// One score per step. Lists of numbers only; anything else stays in the metadata.
fn score_steps(builder: &mut TraceBuilder, scores: Value) {
    let steps = builder.trace_mut().steps.len();
    let numbers: Option<Vec<Option<f64>>> = scores
        .as_array()
        .and_then(|list| list.iter().map(|s| if s.is_null() { Some(None) } else { float(s).map(Some) }).collect());
    let Some(numbers) = numbers else {
        builder.trace_mut().metadata.insert("scores".into(), scores);
        return;
    };
    for (step, value) in (0 as StepIndex..).zip(&numbers).take(steps) {
        if let Some(value) = *value {
            let score = ImportedScore { step: Some(step), name: "scores".into(), kind: ScoreKind::Other, value };
            builder.trace_mut().scores.push(score);
        }
    }
    if numbers.len() != steps {
        warn(builder, format!("{} scores for {steps} steps; attached from the first step on", numbers.len()));
        builder.trace_mut().metadata.insert("scores".into(), scores);
    }
}
