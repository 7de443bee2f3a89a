//! Takes the keys an importer knows out of a row; what is left becomes metadata.

use serde_json::Value;

use super::RowError;
use super::detect::kind;
use crate::model::{
    ChatMessage, ImportedValue, Metadata, Prompt, Splitter, StepIndex, StepKind, StepRating, TraceBuilder, Verdict,
};

/// The keys of a row that nobody has taken yet.
#[derive(Clone, Debug)]
pub(super) struct Fields(Metadata);

impl From<Metadata> for Fields {
    fn from(map: Metadata) -> Self {
        Self(map)
    }
}

impl Fields {
    pub(super) fn new(row: Value) -> Result<Self, RowError> {
        match row {
            Value::Object(map) => Ok(Self(map)),
            other => Err(RowError::new(format!("the row is {}; expected an object", kind(&other)))),
        }
    }

    /// Looks without taking.
    pub(super) fn get(&self, key: &str) -> Option<&Value> {
        self.0.get(key)
    }

    pub(super) fn take(&mut self, key: &str) -> Option<Value> {
        self.0.shift_remove(key)
    }

    /// Takes a text, or a number as it is written. Anything else stays.
    pub(super) fn text(&mut self, key: &str) -> Option<String> {
        match self.0.get(key)? {
            Value::String(_) | Value::Number(_) => text_from(self.take(key)?),
            _ => None,
        }
    }

    /// Takes the first text that is there.
    pub(super) fn text_of(&mut self, keys: &[&str]) -> Option<String> {
        keys.iter().find_map(|key| self.text(key))
    }

    /// Takes `true` or `false`. Anything else stays.
    pub(super) fn bool_of(&mut self, keys: &[&str]) -> Option<bool> {
        let (key, value) = keys.iter().find_map(|key| Some((key, self.0.get(*key)?.as_bool()?)))?;
        self.take(key);
        Some(value)
    }

    pub(super) fn list(&mut self, keys: &[&str]) -> Result<Vec<Value>, RowError> {
        for key in keys {
            match self.0.get(*key) {
                None | Some(Value::Null) => {}
                Some(Value::Array(_)) => {
                    if let Some(Value::Array(list)) = self.take(key) {
                        return Ok(list);
                    }
                }
                Some(other) => {
                    return Err(RowError::new(format!(
                        "`{key}` is {}; make it a list with one entry per step",
                        kind(other)
                    )));
                }
            }
        }
        Err(RowError::new(format!("`{}` is missing; add it or choose another format", keys.join("` or `"))))
    }

    /// Takes the question: a text, or a list of chat messages.
    pub(super) fn prompt(&mut self, keys: &[&str]) -> Result<Prompt, RowError> {
        for key in keys {
            match self.0.get(*key) {
                None | Some(Value::Null) => {}
                Some(Value::Array(list)) => {
                    let messages: Option<Vec<ChatMessage>> = list.iter().map(chat_message).collect();
                    let messages = messages.ok_or_else(|| {
                        RowError::new(format!("`{key}` is a list, but not one of messages with `role` and `content`"))
                    })?;
                    self.take(key);
                    return Ok(Prompt::Messages(messages));
                }
                Some(Value::String(_) | Value::Number(_)) => {
                    return Ok(Prompt::Text(self.text(key).unwrap_or_default()));
                }
                Some(other) => {
                    let message = format!("`{key}` is {}; expected the text of the problem", kind(other));
                    return Err(RowError::new(message));
                }
            }
        }
        Err(RowError::new(format!("`{}` is missing; add the text of the problem", keys.join("` or `"))))
    }

    /// The keys that nobody has taken yet.
    pub(super) fn keys(&self) -> impl Iterator<Item = &str> {
        self.0.keys().map(String::as_str)
    }

    /// Puts something in that may be taken again.
    pub(super) fn add(&mut self, more: Metadata) {
        self.0.extend(more);
    }

    /// What nobody took.
    pub(super) fn rest(self) -> Metadata {
        self.0
    }
}

/// The texts of a list of steps: texts and numbers as they are, objects by their `text`, messages by their content,
/// null as an empty step.
pub(super) fn step_texts(field: &str, steps: &[Value], builder: &mut TraceBuilder) -> Result<Vec<String>, RowError> {
    if steps.is_empty() {
        warn(builder, format!("`{field}` is empty; the trace has no steps"));
    }
    let mut texts = Vec::with_capacity(steps.len());
    for (index, step) in steps.iter().enumerate() {
        let text = step_text(step).ok_or_else(|| {
            RowError::new(format!("entry {} of `{field}` is {}; expected the text of a step", index + 1, kind(step)))
        })?;
        if step.is_null() {
            warn(builder, format!("entry {} of `{field}` is null; read as an empty step", index + 1));
        }
        texts.push(text);
    }
    Ok(texts)
}

/// The text of one entry of a list of steps.
pub(super) fn step_text(step: &Value) -> Option<String> {
    match step {
        Value::Null => Some(String::new()),
        Value::Object(map) => {
            let text = map.get("text").or_else(|| map.get("role").and(map.get("content")));
            text.and_then(Value::as_str).map(str::to_owned)
        }
        // A chat of one message.
        Value::Array(list) => list.first().filter(|only| only.is_object() && list.len() == 1).and_then(step_text),
        other => scalar_text(other),
    }
}

/// A text, or a number as text.
pub(super) fn scalar_text(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    }
}

fn chat_message(value: &Value) -> Option<ChatMessage> {
    let role = value.get("role")?.as_str()?.to_owned();
    let content = value.get("content")?.as_str()?.to_owned();
    Some(ChatMessage { role, content })
}

/// A whole number, also where it is written as 3.0, " 3 ", "Step 3" or in full-width digits.
pub(super) fn whole_number(value: &Value) -> Option<i64> {
    match value {
        Value::Number(number) => number.as_i64().or_else(|| {
            let float = number.as_f64().filter(|f| f.fract() == 0.0 && f.abs() < 9e15)?;
            #[expect(clippy::cast_possible_truncation, reason = "whole and small, as just checked")]
            Some(float as i64)
        }),
        Value::String(text) => {
            let text = text.trim();
            let text = text.strip_prefix("Step").or_else(|| text.strip_prefix("step")).unwrap_or(text).trim_start();
            let digits = |c: char| match c {
                // Full-width digits, as East Asian keyboards give them.
                '\u{FF10}'..='\u{FF19}' => char::from_u32(c as u32 - 0xFF10 + 0x30).unwrap_or(c),
                '\u{2212}' => '-',
                c => c,
            };
            text.chars().map(digits).collect::<String>().parse().ok()
        }
        _ => None,
    }
}

/// Labels the first error, counted from 0, −1 for none. A number that names no step is kept as a warning.
pub(super) fn mark_first_error(builder: &mut TraceBuilder, field: &str, source: &str, value: Value) {
    mark_first_error_from(0, builder, field, source, value);
}

/// The same, counted from `base`. None is -1 or a text that says so, such as `N/A`.
pub(super) fn mark_first_error_from(base: u32, builder: &mut TraceBuilder, field: &str, source: &str, value: Value) {
    let raw = raw_text(&value);
    let steps = builder.trace_mut().steps.len();
    match whole_number(&value) {
        _ if value.is_null() => return,
        Some(-1) => {
            builder.label(None, ImportedValue::NoError, source, field, &raw);
            return set_base(builder, base);
        }
        None if says_none(&value) => {
            builder.label(None, ImportedValue::NoError, source, field, &raw);
            return set_base(builder, base);
        }
        Some(number) => {
            let index = number.checked_sub(i64::from(base)).and_then(|index| StepIndex::try_from(index).ok());
            if let Some(step) = index.filter(|&step| (step as usize) < steps) {
                builder.label(Some(step), ImportedValue::FirstError, source, field, &raw);
                return set_base(builder, base);
            }
            warn(
                builder,
                format!(
                    "`{field}` is {number}, but the steps are numbered {base} to {}; kept in the metadata",
                    steps.saturating_sub(1) + base as usize
                ),
            );
        }
        None => warn(
            builder,
            format!("`{field}` is {}; expected a step number, so it is kept in the metadata", kind(&value)),
        ),
    }
    builder.trace_mut().metadata.insert(field.into(), value);
}

fn set_base(builder: &mut TraceBuilder, base: u32) {
    if let Some(label) = builder.last_label() {
        label.base = Some(base);
    }
}

/// A text that says that there is no step to name.
pub(super) fn says_none(value: &Value) -> bool {
    let word = value.as_str().unwrap_or("?").trim().to_lowercase();
    matches!(word.as_str(), "n/a" | "na" | "none" | "no error" | "null")
}

/// A number, also one that JSON cannot hold and the file spells as a word: `NaN`, `Infinity`.
pub(super) fn float(value: &Value) -> Option<f64> {
    match value {
        Value::Number(number) => number.as_f64(),
        Value::String(text) => match text.trim() {
            "NaN" | "nan" => Some(f64::NAN),
            "Infinity" | "inf" => Some(f64::INFINITY),
            "-Infinity" | "-inf" => Some(f64::NEG_INFINITY),
            number => number.parse().ok(),
        },
        _ => None,
    }
}

/// The value as the file writes it; texts without their quotes.
pub(super) fn raw_text(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

/// Adds a sentence for the user to the trace.
pub(super) fn warn(builder: &mut TraceBuilder, message: impl Into<String>) {
    builder.trace_mut().warnings.push(message.into());
}

/// The rating of 1 / 0 / −1.
pub(super) fn ternary(number: i64) -> Option<StepRating> {
    match number {
        1 => Some(StepRating::Good),
        0 => Some(StepRating::Neutral),
        -1 => Some(StepRating::Bad),
        _ => None,
    }
}

/// Continues the trace with these steps; the last one states the answer.
pub(super) fn push_solution<T: Into<String>>(builder: &mut TraceBuilder, texts: impl IntoIterator<Item = T>) {
    let before = builder.trace_mut().steps.len();
    for text in texts {
        builder.chain(StepKind::Thought, text);
    }
    let steps = &mut builder.trace_mut().steps;
    if steps.len() > before
        && let Some(last) = steps.last_mut()
    {
        last.kind = StepKind::Answer;
    }
}

/// Splits a text into the steps of a solution and records how.
pub(super) fn push_split(builder: &mut TraceBuilder, text: &str, splitter: &Splitter) {
    let steps = splitter.split(text);
    if steps.is_empty() {
        warn(builder, "the text of the solution is empty; the trace has no steps");
    }
    push_solution(builder, steps);
    builder.trace_mut().splitter = Some(splitter.to_string());
}

/// Right or wrong, as true and false, 1 and 0, or a word.
pub(super) fn verdict(value: &Value) -> Option<Verdict> {
    let right = match value {
        Value::Bool(right) => Some(*right),
        Value::String(word) => match word.trim().to_lowercase().as_str() {
            "correct" | "right" | "true" | "1" => Some(true),
            "wrong" | "incorrect" | "false" | "0" => Some(false),
            _ => None,
        },
        value => match whole_number(value) {
            Some(1) => Some(true),
            Some(0) => Some(false),
            _ => None,
        },
    };
    right.map(Verdict::from_bool)
}

/// Takes whether the final answer is right. What is neither is told and stays.
pub(super) fn take_outcome(builder: &mut TraceBuilder, fields: &mut Fields, key: &str) {
    let Some(value) = fields.get(key).filter(|value| !value.is_null()) else { return };
    if let Some(verdict) = verdict(value) {
        builder.trace_mut().outcome.verdict = verdict;
        fields.take(key);
    } else {
        let found = raw_text(value);
        warn(builder, format!("`{key}` is {found}, neither right nor wrong; kept in the metadata"));
    }
}

/// A text, or a number as text, without copying.
fn text_from(value: Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text),
        other => scalar_text(&other),
    }
}

/// As [`step_texts`], without copying.
pub(super) fn own_step_texts(
    field: &str,
    steps: Vec<Value>,
    builder: &mut TraceBuilder,
) -> Result<Vec<String>, RowError> {
    if steps.is_empty() || !steps.iter().all(Value::is_string) {
        return step_texts(field, &steps, builder);
    }
    Ok(steps.into_iter().filter_map(text_from).collect())
}
