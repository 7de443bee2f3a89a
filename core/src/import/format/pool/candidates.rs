//! Several attempts at one problem in a row: lists of texts, of lists of steps, or of objects, with outcomes and scores
//! in lists beside them. Each attempt becomes a trace.

use serde_json::Value;

use crate::import::detect::kind;
use crate::import::fields::{Fields, float, scalar_text, step_texts, warn, whole_number};
use crate::import::response::{add_response, add_thinking_and_response, add_turns, turns};
use crate::import::{Imported, RowError, Sample};
use crate::model::{Metadata, Problem, ScoreKind, StepIndex, StepKind, TraceBuilder, Verdict};

/// What the lists beside the attempts mean, by their keys.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Lists {
    /// Whether the attempt is right: true, false, 1, 0.
    pub(super) verdicts: &'static [&'static str],
    /// One number per attempt, or a list of one.
    pub(super) trace_scores: &'static [(&'static str, ScoreKind)],
    /// A list of numbers per attempt, one per step; a single number is a score of the attempt.
    pub(super) step_scores: &'static [(&'static str, ScoreKind)],
    /// What wrote the attempt.
    pub(super) generators: &'static [&'static str],
    /// Lists that belong to the problem, however long they are.
    pub(super) shared: &'static [&'static str],
}

/// Keys of an attempt that is an object.
const TEXT: &[&str] = &["response", "text", "content", "solution", "completion", "output", "generation", "answer"];
const THINKING: &[&str] = &["reasoning", "thinking", "reasoning_content"];
const STEPS: &[&str] = &["steps"];
const VERDICT: &[&str] = &["is_correct", "correct", "label", "final_answer_correct"];
const SCORES: &[&str] = &["score", "reward", "overall_score", "rating"];
const STEP_SCORES: &[&str] = &["step_scores", "scores", "rewards"];

/// Whether the value is an attempt.
pub(super) fn is_attempt(value: &Value) -> bool {
    match value {
        Value::String(_) => true,
        Value::Array(list) => !list.is_empty() && (list.iter().all(Value::is_string) || turns(value).is_some()),
        Value::Object(map) => {
            TEXT.iter().any(|key| map.get(*key).is_some_and(Value::is_string))
                || map.get("steps").is_some_and(Value::is_array)
        }
        _ => false,
    }
}

/// Reads a row whose problem and attempts are taken already.
pub(super) fn read(
    problem: Problem,
    id: Option<&str>,
    attempts: Vec<Value>,
    fields: Fields,
    lists: &Lists,
    sample: &Sample,
) -> Result<Vec<Imported>, RowError> {
    if attempts.is_empty() {
        return Err(RowError::new("the list of attempts is empty; there is nothing to show"));
    }
    let count = attempts.len();
    let (mut each, shared, odd) = deal(fields.rest(), count, lists);
    let mut problem = problem;
    problem.metadata.extend(shared);
    let generator = lists.generators.iter().find_map(|key| problem.metadata.get(*key).and_then(scalar_text));
    let mut imported = Vec::with_capacity(count);
    each.reverse();
    for (number, attempt) in attempts.into_iter().enumerate() {
        let mut builder = TraceBuilder::new(problem.clone());
        // Attempts with equal texts are different attempts.
        builder = builder.source_id(format!("{}#{number}", id.unwrap_or_default()));
        builder.trace_mut().generator.clone_from(&generator);
        attempt_steps(&mut builder, attempt, number, sample)?;
        describe(&mut builder, each.pop().unwrap_or_default(), lists);
        for key in &odd {
            warn(
                &mut builder,
                format!("`{key}` has not one entry for each of the {count} attempts; kept with the problem"),
            );
        }
        imported.push(builder.into());
    }
    Ok(imported)
}

/// Deals lists with one entry per attempt out to these. Second, what is left; third, keys of known lists among that
/// which have another length.
fn deal(rest: Metadata, count: usize, lists: &Lists) -> (Vec<Metadata>, Metadata, Vec<String>) {
    let mut each = vec![Metadata::new(); count];
    let mut shared = Metadata::new();
    let mut odd = Vec::new();
    let known = |key: &str| {
        lists.verdicts.contains(&key)
            || lists.trace_scores.iter().chain(lists.step_scores).any(|(name, _)| *name == key)
    };
    for (key, value) in rest {
        match value {
            Value::Array(list) if list.len() == count && !lists.shared.contains(&key.as_str()) => {
                for (about, value) in each.iter_mut().zip(list) {
                    if !value.is_null() {
                        about.insert(key.clone(), value);
                    }
                }
            }
            value => {
                if known(&key) && value.is_array() {
                    odd.push(key.clone());
                }
                shared.insert(key, value);
            }
        }
    }
    (each, shared, odd)
}

fn attempt_steps(builder: &mut TraceBuilder, attempt: Value, number: usize, sample: &Sample) -> Result<(), RowError> {
    match attempt {
        Value::String(text) => add_response(builder, &text, sample),
        Value::Array(steps) => match turns(&Value::Array(steps.clone())) {
            Some(turns) => add_turns(builder, turns, sample),
            None => chain(builder, &steps)?,
        },
        Value::Object(_) => attempt_object(builder, Fields::new(attempt)?, sample)?,
        Value::Null => warn(builder, "the attempt is null; it has no steps"),
        other => {
            return Err(RowError::new(format!(
                "attempt {number} (from 0) is {}; expected a text, a list of steps or an object",
                kind(&other)
            )));
        }
    }
    Ok(())
}

fn chain(builder: &mut TraceBuilder, steps: &[Value]) -> Result<(), RowError> {
    for text in step_texts("steps", steps, builder)? {
        builder.chain(StepKind::Thought, text);
    }
    if let Some(last) = builder.trace_mut().steps.last_mut() {
        last.kind = StepKind::Answer;
    }
    Ok(())
}

fn attempt_object(builder: &mut TraceBuilder, mut fields: Fields, sample: &Sample) -> Result<(), RowError> {
    if fields.get("steps").is_some_and(Value::is_array) {
        chain(builder, &fields.list(STEPS)?)?;
    } else {
        let thinking = fields.text_of(THINKING);
        let text = fields.text_of(TEXT).unwrap_or_default();
        match thinking {
            Some(thinking) => add_thinking_and_response(builder, &thinking, &text, sample),
            None => add_response(builder, &text, sample),
        }
    }
    let generator = fields.text_of(&["model", "generator"]);
    if generator.is_some() {
        builder.trace_mut().generator = generator;
    }
    for key in VERDICT {
        if let Some(verdict) = fields.get(key).and_then(verdict) {
            fields.take(key);
            builder.trace_mut().outcome.verdict = verdict;
            break;
        }
    }
    for key in SCORES {
        if let Some(value) = fields.get(key).and_then(float) {
            fields.take(key);
            builder.score(None, key, ScoreKind::Other, value);
        }
    }
    for key in STEP_SCORES {
        if let Some(value) = fields.take(key) {
            score(builder, key, ScoreKind::Other, value);
        }
    }
    builder.trace_mut().metadata.extend(fields.rest());
    Ok(())
}

/// What the lists say of one attempt.
fn describe(builder: &mut TraceBuilder, about: Metadata, lists: &Lists) {
    let kind_of =
        |list: &[(&str, ScoreKind)], key: &str| list.iter().find(|(name, _)| *name == key).map(|(_, kind)| *kind);
    for (key, value) in about {
        if lists.verdicts.contains(&key.as_str())
            && builder.trace_mut().outcome.verdict == Verdict::Unknown
            && let Some(verdict) = verdict(&value)
        {
            builder.trace_mut().outcome.verdict = verdict;
        } else if let Some(kind) = kind_of(lists.trace_scores, &key) {
            let number = float(&value).or_else(|| value.as_array().filter(|l| l.len() == 1)?.first().and_then(float));
            match number {
                Some(number) => builder.score(None, &key, kind, number),
                None => drop(builder.trace_mut().metadata.insert(key, value)),
            }
        } else if let Some(kind) = kind_of(lists.step_scores, &key) {
            score(builder, &key, kind, value);
        } else if lists.generators.contains(&key.as_str())
            && let Some(name) = scalar_text(&value)
        {
            builder.trace_mut().generator = Some(name);
        } else {
            builder.trace_mut().metadata.insert(key, value);
        }
    }
}

/// A score of the attempt, or one per step from the first on.
fn score(builder: &mut TraceBuilder, key: &str, kind: ScoreKind, value: Value) {
    if let Some(number) = float(&value) {
        return builder.score(None, key, kind, number);
    }
    let numbers: Option<Vec<Option<f64>>> = value
        .as_array()
        .and_then(|list| list.iter().map(|n| if n.is_null() { Some(None) } else { float(n).map(Some) }).collect());
    let Some(numbers) = numbers else {
        builder.trace_mut().metadata.insert(key.into(), value);
        return;
    };
    let steps = builder.trace_mut().steps.len();
    for (step, number) in (0 as StepIndex..).zip(&numbers).take(steps) {
        if let Some(number) = number {
            builder.score(Some(step), key, kind, *number);
        }
    }
    if numbers.len() != steps {
        warn(
            builder,
            format!("`{key}` has {} scores for {steps} steps; attached from the first step on", numbers.len()),
        );
        builder.trace_mut().metadata.insert(key.into(), value);
    }
}

/// Right or wrong, where the value says so.
pub(super) fn verdict(value: &Value) -> Option<Verdict> {
    let right = match value {
        Value::Bool(right) => *right,
        Value::Number(_) => match whole_number(value)? {
            1 => true,
            0 | -1 => false,
            _ => return None,
        },
        Value::String(word) => match word.trim().to_lowercase().as_str() {
            "correct" | "true" | "right" => true,
            "incorrect" | "false" | "wrong" => false,
            _ => return None,
        },
        _ => return None,
    };
    Some(Verdict::from_bool(right))
}
