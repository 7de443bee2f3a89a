//! Solutions in which a token ends each step, `<extra_0>`, as Qwen's process reward models read them; with or without
//! labels and scores beside them. (Qwen/Qwen2.5-Math-PRM)

use serde_json::Value;

use crate::import::fields::{Fields, float, raw_text, warn};
use crate::import::response;
use crate::import::{Imported, Importer, Recognition, RowError, Sample};
use crate::model::{
    ImportedValue, Metadata, Problem, Prompt, ScoreKind, Splitter, StepIndex, StepKind, StepRating, TraceBuilder,
    Verdict,
};

const TOKEN: &str = "<extra_0>";
const PROBLEM: &[&str] = &["problem", "question", "query", "prompt", "instruction"];
const TEXT: &[&str] = &["response", "solution", "text", "completion", "output", "steps", "process"];
const MESSAGES: &[&str] = &["messages", "conversations"];
const LABELS: &[&str] = &["labels", "label"];
const SCORES: &[&str] = &["step_rewards", "step_reward", "step_scores", "scores", "rewards"];
const SOURCE: &str = "dataset";

/// Reads texts with the token.
pub(super) struct ExtraToken;

impl Importer for ExtraToken {
    fn name(&self) -> &'static str {
        "extra_token"
    }

    fn caption(&self) -> &'static str {
        "Solutions with <extra_0> after each step (Qwen PRM)"
    }

    fn needs(&self) -> &'static [&'static [&'static str]] {
        &[&["response", "solution", "text", "completion", "output", "steps", "process", "messages", "conversations"]]
    }

    fn recognise(&self, sample: &Sample) -> Option<Recognition> {
        sample.recognise("`<extra_0>` after each step of a text", |row| {
            row.is_object()
                && (TEXT.iter().any(|key| row[*key].as_str().is_some_and(|text| text.contains(TOKEN)))
                    || MESSAGES.iter().any(|key| last_text(&row[*key]).is_some_and(|text| text.contains(TOKEN))))
        })
    }

    fn read_row(&self, row: Value, _: &Sample) -> Result<Vec<Imported>, RowError> {
        let mut fields = Fields::new(row)?;
        let mut extras = Metadata::new();
        let (prompt, text) = prompt_and_text(&mut fields, &mut extras)?;
        let answer = fields.text_of(&["ground_truth_answer", "ground_truth", "answer"]);
        let mut builder = TraceBuilder::new(Problem { prompt, answer, ..Problem::default() });
        let splitter = Splitter::Marker(TOKEN.into());
        for piece in splitter.split(&text) {
            builder.chain(StepKind::Thought, piece);
        }
        builder.trace_mut().splitter = Some(splitter.to_string());
        each_step(&mut builder, &mut fields, LABELS, |builder, step, key, value| match rating(value) {
            Some(rating) => builder.label(Some(step), ImportedValue::Rating(rating), SOURCE, key, &raw_text(value)),
            None => match float(value) {
                Some(soft) => builder.label(Some(step), ImportedValue::Soft(soft), SOURCE, key, &raw_text(value)),
                None => warn(builder, format!("step {}: the label {value} is none of 0, 1, -1, + and -", step + 1)),
            },
        });
        // The model's own reading of its head: the probability that the step is right.
        each_step(&mut builder, &mut fields, SCORES, |builder, step, key, value| match float(value) {
            Some(score) => builder.score(Some(step), key, ScoreKind::Correctness, score),
            None => warn(builder, format!("step {}: `{key}` is {value}, no number", step + 1)),
        });
        let trace = builder.trace_mut();
        let correct = fields.bool_of(&["final_answer_correct", "is_correct", "correct"]);
        trace.outcome.verdict = correct.map_or(Verdict::Unknown, Verdict::from_bool);
        trace.source_id = fields.text_of(&["id", "idx"]);
        trace.generator = fields.text_of(&["generator", "model"]);
        trace.metadata.extend(fields.rest());
        if !extras.is_empty() {
            trace.metadata.insert("message_extras".into(), extras.into());
        }
        Ok(vec![builder.into()])
    }
}

fn last_text(messages: &Value) -> Option<String> {
    response::turn(messages.as_array()?.last()?).map(|turn| turn.text)
}

fn prompt_and_text(fields: &mut Fields, extras: &mut Metadata) -> Result<(Prompt, String), RowError> {
    for key in MESSAGES {
        if let Some(mut turns) = fields.get(key).and_then(response::turns) {
            fields.take(key);
            let last = turns.pop().unwrap_or_default();
            return Ok((response::prompt(turns, extras), last.text));
        }
    }
    let key = TEXT.iter().find(|key| fields.get(key).and_then(Value::as_str).is_some_and(|t| t.contains(TOKEN)));
    let text = key.and_then(|key| fields.text(key));
    let text = text.ok_or_else(|| {
        RowError::new(format!("no text has `{TOKEN}`; expected it after each step of `{}`", TEXT.join("`, `")))
    })?;
    // A solution in tokens without its problem is still worth a look.
    let asked = PROBLEM.iter().any(|key| fields.get(key).is_some_and(|value| !value.is_null()));
    let prompt = if asked { fields.prompt(PROBLEM)? } else { Prompt::default() };
    Ok((prompt, text))
}

/// Hands on a list with one entry per step. What is no such list stays, and lists that are too long are kept as well.
fn each_step(
    builder: &mut TraceBuilder,
    fields: &mut Fields,
    keys: &[&str],
    mut each: impl FnMut(&mut TraceBuilder, StepIndex, &str, &Value),
) {
    let Some(key) = keys.iter().find(|key| fields.get(key).is_some_and(Value::is_array)) else { return };
    let Some(Value::Array(list)) = fields.take(key) else { return };
    let steps = builder.trace_mut().steps.len();
    for (step, value) in (0 as StepIndex..).zip(&list).take(steps).filter(|(_, value)| !value.is_null()) {
        each(builder, step, key, value);
    }
    if list.len() != steps {
        warn(builder, format!("`{key}` has {} entries for {steps} steps; attached from the first step on", list.len()));
        builder.trace_mut().metadata.insert((*key).into(), list.into());
    }
}

fn rating(value: &Value) -> Option<StepRating> {
    let good = match value {
        Value::Bool(good) => Some(*good),
        // 1.0 is a soft label among soft ones.
        Value::Number(number) => match number.as_i64() {
            Some(1) => Some(true),
            Some(0 | -1) => Some(false),
            _ => None,
        },
        Value::String(text) => match text.trim() {
            "+" => Some(true),
            "-" => Some(false),
            _ => None,
        },
        _ => None,
    };
    good.map(|good| if good { StepRating::Good } else { StepRating::Bad })
}
