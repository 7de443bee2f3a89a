//! From a row to a trace, by a mapping.

use std::collections::HashMap;

use serde_json::{Map, Value};

use super::{FieldPath, LabelMapping, LabelSays, Mapping, OutcomeMapping, ScoreMapping};
use crate::import::detect::kind;
use crate::import::fields::{float, raw_text, says_none, scalar_text, warn, whole_number};
use crate::import::{Imported, RowError, Sample};
use crate::model::{
    ChatMessage, ImportedValue, Problem, Prompt, Step, StepIndex, StepKind, StepRating, TraceBuilder, Verdict,
};

const SOURCE: &str = "dataset";

/// The trace of a row.
pub(super) fn trace(mapping: &Mapping, row: Value, sample: &Sample) -> Result<Imported, RowError> {
    let text = |path: &str| FieldPath::new(path).get(&row).and_then(scalar_text);
    let problem = Problem {
        prompt: prompt(mapping, &row)?,
        answer: text(&mapping.answer),
        solution: text(&mapping.solution),
        ..Problem::default()
    };
    let mut builder = TraceBuilder::new(problem);
    let steps = FieldPath::new(&mapping.steps).get(&row);
    let steps = steps.ok_or_else(|| {
        RowError::new(format!("there is nothing at `{}`; correct the path of the steps", mapping.steps))
    })?;
    let objects = add_steps(&mut builder, mapping, steps, sample)?;
    if let Some(labels) = &mapping.labels {
        label(&mut builder, labels, &row, &objects);
    }
    for scores in &mapping.scores {
        score(&mut builder, scores, &row, &objects);
    }
    if let Some(outcome) = &mapping.outcome {
        set_outcome(&mut builder, outcome, &row);
    }
    let (id, generator) = (text(&mapping.id), text(&mapping.generator));
    let trace = builder.trace_mut();
    (trace.source_id, trace.generator) = (id, generator);
    trace.metadata = rest(mapping, row);
    Ok(builder.into())
}

/// The keys that were not taken whole.
fn rest(mapping: &Mapping, row: Value) -> Map<String, Value> {
    let Value::Object(mut map) = row else { return Map::new() };
    let mut taken = vec![&mapping.problem, &mapping.id, &mapping.generator, &mapping.answer, &mapping.solution];
    // Steps that are objects may hold more than their text.
    let steps = FieldPath::new(&mapping.steps);
    let plain = steps.head().and_then(|key| map.get(key)).is_some_and(|value| match value {
        Value::Array(list) => list.iter().all(|step| !step.is_object()),
        other => !other.is_object(),
    });
    if plain {
        taken.push(&mapping.steps);
    }
    for path in taken {
        let path = FieldPath::new(path);
        if let Some(key) = path.head().filter(|_| path.is_key()) {
            map.shift_remove(key);
        }
    }
    map
}

fn prompt(mapping: &Mapping, row: &Value) -> Result<Prompt, RowError> {
    if mapping.problem.is_empty() {
        return Ok(Prompt::default());
    }
    match FieldPath::new(&mapping.problem).get(row) {
        Some(Value::Array(messages)) => {
            let message = |value: &Value| {
                let text = |key: &str| value.get(key).and_then(Value::as_str).map(str::to_owned);
                Some(ChatMessage { role: text("role")?, content: text("content")? })
            };
            let messages: Option<Vec<ChatMessage>> = messages.iter().map(message).collect();
            let wrong = || RowError::new(format!("`{}` is a list, but not one of messages", mapping.problem));
            Ok(Prompt::Messages(messages.ok_or_else(wrong)?))
        }
        Some(value) => {
            let text = scalar_text(value);
            let wrong = || RowError::new(format!("`{}` is {}; expected a text", mapping.problem, kind(value)));
            Ok(Prompt::Text(text.ok_or_else(wrong)?))
        }
        None => {
            Err(RowError::new(format!("there is nothing at `{}`; correct the path of the problem", mapping.problem)))
        }
    }
}

/// Adds the steps, and gives the objects they came from, by position of the step.
fn add_steps<'a>(
    builder: &mut TraceBuilder,
    mapping: &Mapping,
    steps: &'a Value,
    sample: &Sample,
) -> Result<Vec<Option<&'a Value>>, RowError> {
    let list = match steps {
        Value::Array(list) => list,
        value => {
            let text = scalar_text(value).ok_or_else(|| {
                RowError::new(format!("`{}` is {}; expected a list or a text", mapping.steps, kind(value)))
            })?;
            let chosen = mapping.splitter_or_default().map_err(|error| RowError::new(error.0))?;
            let splitter = if mapping.splitter.is_empty() { sample.splitter_or(chosen) } else { chosen };
            for piece in splitter.split(&text) {
                builder.chain(StepKind::Thought, piece);
            }
            builder.trace_mut().splitter = Some(splitter.to_string());
            return Ok(vec![None; builder.trace_mut().steps.len()]);
        }
    };
    let text_path = FieldPath::new(if mapping.step_text.is_empty() { "text" } else { &mapping.step_text });
    let text_of = |step: &Value| match step {
        Value::Null => Some(String::new()),
        Value::Object(_) => text_path.get(step).and_then(scalar_text),
        other => scalar_text(other),
    };
    let mut texts = Vec::with_capacity(list.len());
    for (number, step) in (1..).zip(list) {
        let missing = || {
            let key = text_path.last().unwrap_or("text");
            RowError::new(format!("step {number} has no text at `{key}`; correct the path of the step text"))
        };
        texts.push(text_of(step).ok_or_else(missing)?);
    }
    if mapping.step_parent.is_empty() {
        for text in texts {
            builder.chain(StepKind::Thought, text);
        }
        return Ok(list.iter().map(Some).collect());
    }
    let order = tree_order(builder, mapping, list);
    let mut place: HashMap<usize, StepIndex> = HashMap::new();
    let mut objects = Vec::with_capacity(order.len());
    for (index, parent) in order {
        let parent = parent.and_then(|parent| place.get(&parent).copied());
        let text = texts.get_mut(index).map(std::mem::take).unwrap_or_default();
        place.insert(index, builder.push(Step { parent, text, ..Step::default() }));
        objects.push(list.get(index));
    }
    mark_path(builder);
    Ok(objects)
}

/// The steps with their parents, parents first. A parent that is not there or a circle makes a first step, with a
/// warning.
fn tree_order(builder: &mut TraceBuilder, mapping: &Mapping, list: &[Value]) -> Vec<(usize, Option<usize>)> {
    let (id, parent) = (FieldPath::new(&mapping.step_id), FieldPath::new(&mapping.step_parent));
    let mut by_id: HashMap<String, usize> = HashMap::new();
    for (index, step) in list.iter().enumerate() {
        if let Some(name) = id.get(step).and_then(scalar_text)
            && by_id.insert(name.clone(), index).is_some()
        {
            warn(builder, format!("two steps are called `{name}`; what continues it was attached to the later one"));
        }
    }
    let mut parents: Vec<Option<usize>> = Vec::with_capacity(list.len());
    for (number, step) in (1..).zip(list) {
        let name = parent.get(step).and_then(scalar_text);
        let found = name.as_ref().and_then(|name| by_id.get(name).copied());
        if let (Some(name), None) = (&name, found) {
            warn(builder, format!("step {number} continues `{name}`, which is not there; it was made a first step"));
        }
        parents.push(found);
    }
    let mut children: HashMap<Option<usize>, Vec<usize>> = HashMap::new();
    for (index, parent) in parents.iter().enumerate() {
        children.entry(*parent).or_default().push(index);
    }
    let mut order = Vec::with_capacity(list.len());
    let mut done = vec![false; list.len()];
    let visit = |start: Vec<(usize, Option<usize>)>, order: &mut Vec<_>, done: &mut Vec<bool>| {
        let mut open = start;
        open.reverse();
        while let Some((index, parent)) = open.pop() {
            let Some(seen) = done.get_mut(index).filter(|seen| !**seen) else { continue };
            *seen = true;
            order.push((index, parent));
            open.extend(children.get(&Some(index)).into_iter().flatten().rev().map(|&child| (child, Some(index))));
        }
    };
    let first = children.get(&None).cloned().unwrap_or_default();
    visit(first.into_iter().map(|index| (index, None)).collect(), &mut order, &mut done);
    for index in 0..list.len() {
        if done.get(index).copied().unwrap_or(true) {
            continue;
        }
        warn(builder, format!("step {} continues itself in a circle, which was cut there", index + 1));
        visit(vec![(index, None)], &mut order, &mut done);
    }
    order
}

/// Without a word of the file on it, the path of the first children is the one to read.
fn mark_path(builder: &mut TraceBuilder) {
    let steps = &mut builder.trace_mut().steps;
    let mut first_child: HashMap<Option<StepIndex>, StepIndex> = HashMap::new();
    for (index, step) in (0..).zip(steps.iter()) {
        first_child.entry(step.parent).or_insert(index);
    }
    let mut at = first_child.get(&None).copied();
    while let Some(index) = at {
        if let Some(step) = steps.get_mut(index as usize) {
            step.on_path = true;
        }
        at = first_child.get(&Some(index)).copied();
    }
}

fn label(builder: &mut TraceBuilder, map: &LabelMapping, row: &Value, objects: &[Option<&Value>]) {
    let source = if map.source.is_empty() { SOURCE } else { &map.source };
    if !map.in_step.is_empty() {
        let path = FieldPath::new(&map.in_step);
        for (step, object) in (0..).zip(objects) {
            if let Some(value) = object.and_then(|object| path.get(object)) {
                rate(builder, map, source, &map.in_step, step, value);
            }
        }
        return;
    }
    let Some(value) = FieldPath::new(&map.path).get(row) else { return };
    match (map.says, value) {
        (LabelSays::FirstError, value) => first_error(builder, map, source, value),
        (LabelSays::Rating, Value::Array(list)) => {
            if list.len() != objects.len() {
                let text = format!(
                    "`{}` has {} labels for {} steps; attached from the first on",
                    map.path,
                    list.len(),
                    objects.len()
                );
                warn(builder, text);
            }
            for (step, value) in (0..).zip(list) {
                rate(builder, map, source, &map.path, step, value);
            }
        }
        (LabelSays::Rating, Value::Object(by_step)) => {
            for (number, value) in by_step {
                let step = number.trim().parse::<u32>().ok().and_then(|number| number.checked_sub(map.base));
                match step {
                    Some(step) => rate(builder, map, source, &map.path, step, value),
                    None => warn(builder, format!("`{}` names step `{number}`, which is no step number", map.path)),
                }
            }
        }
        (LabelSays::Rating, value) => {
            warn(builder, format!("`{}` is {}; expected one label per step", map.path, kind(value)));
        }
    }
}

fn rate(builder: &mut TraceBuilder, map: &LabelMapping, source: &str, field: &str, step: u32, value: &Value) {
    if value.is_null() {
        return;
    }
    let raw = raw_text(value);
    if step as usize >= builder.trace_mut().steps.len() {
        return warn(builder, format!("`{field}` labels step {step}, counted from 0, which the trace lacks"));
    }
    match reading(map, value, &raw) {
        Some(says) => builder.label(Some(step), says, source, field, &raw),
        None => warn(builder, format!("the label `{raw}` of step {} has no meaning in the mapping; add it", step + 1)),
    }
}

fn reading(map: &LabelMapping, value: &Value, raw: &str) -> Option<ImportedValue> {
    let is_in = |values: &[String]| values.iter().any(|value| value == raw);
    let rating = |rating| Some(ImportedValue::Rating(rating));
    if is_in(&map.good) {
        return rating(StepRating::Good);
    }
    if is_in(&map.neutral) {
        return rating(StepRating::Neutral);
    }
    if is_in(&map.bad) {
        return rating(StepRating::Bad);
    }
    if !(map.good.is_empty() && map.neutral.is_empty() && map.bad.is_empty()) {
        return None;
    }
    match raw.trim().to_lowercase().as_str() {
        "1" | "true" | "+" | "good" | "correct" | "yes" => rating(StepRating::Good),
        "0" | "false" | "-" | "-1" | "bad" | "wrong" | "incorrect" | "no" => rating(StepRating::Bad),
        "neutral" => rating(StepRating::Neutral),
        "unsure" => rating(StepRating::Unsure),
        _ => float(value).map(ImportedValue::Soft),
    }
}

fn first_error(builder: &mut TraceBuilder, map: &LabelMapping, source: &str, value: &Value) {
    let raw = raw_text(value);
    let says_so = map.none.contains(&raw);
    let by_default = map.none.is_empty() && (says_none(value) || whole_number(value) == Some(-1) || value.is_null());
    let steps = builder.trace_mut().steps.len();
    if says_so || by_default {
        builder.label(None, ImportedValue::NoError, source, &map.path, &raw);
    } else {
        let index = whole_number(value).and_then(|number| u32::try_from(number - i64::from(map.base)).ok());
        let Some(step) = index.filter(|&step| (step as usize) < steps) else {
            let text =
                format!("`{}` is {raw}, which names none of the {steps} steps, counted from {}", map.path, map.base);
            return warn(builder, text);
        };
        builder.label(Some(step), ImportedValue::FirstError, source, &map.path, &raw);
    }
    if let Some(label) = builder.last_label() {
        label.base = Some(map.base);
    }
}

fn score(builder: &mut TraceBuilder, map: &ScoreMapping, row: &Value, objects: &[Option<&Value>]) {
    let written = if map.path.is_empty() { &map.in_step } else { &map.path };
    let path = FieldPath::new(written);
    let name = if map.name.is_empty() { path.last().unwrap_or("score") } else { &map.name };
    if map.path.is_empty() {
        for (step, object) in (0..).zip(objects) {
            if let Some(value) = object.and_then(|object| path.get(object)).and_then(float) {
                builder.score(Some(step), name, map.kind, value);
            }
        }
        return;
    }
    match path.get(row) {
        Some(Value::Array(list)) => {
            if list.len() != objects.len() {
                let text = format!(
                    "`{written}` has {} scores for {} steps; attached from the first on",
                    list.len(),
                    objects.len()
                );
                warn(builder, text);
            }
            for (step, value) in (0..).zip(list).take(objects.len()) {
                match float(value) {
                    Some(value) => builder.score(Some(step), name, map.kind, value),
                    None if value.is_null() => {}
                    None => warn(builder, format!("`{written}`: the score of step {} is {}", step + 1, kind(value))),
                }
            }
        }
        Some(value) => match float(value) {
            Some(value) => builder.score(None, name, map.kind, value),
            None if value.is_null() => {}
            None => warn(builder, format!("`{written}` is {}; expected numbers", kind(value))),
        },
        None => {}
    }
}

fn set_outcome(builder: &mut TraceBuilder, map: &OutcomeMapping, row: &Value) {
    let Some(value) = FieldPath::new(&map.path).get(row).filter(|value| !value.is_null()) else { return };
    let raw = raw_text(value);
    let correct = if map.correct.is_empty() {
        match raw.trim().to_lowercase().as_str() {
            "true" | "1" | "1.0" | "correct" | "success" | "pass" | "passed" | "yes" => Some(true),
            "false" | "0" | "0.0" | "incorrect" | "wrong" | "failure" | "fail" | "failed" | "no" => Some(false),
            _ => None,
        }
    } else {
        Some(map.correct.contains(&raw))
    };
    let outcome = &mut builder.trace_mut().outcome;
    outcome.verdict = correct.map_or(Verdict::Unknown, Verdict::from_bool);
    if correct.is_none() {
        outcome.reward = float(value);
        if outcome.reward.is_none() {
            warn(
                builder,
                format!("the outcome `{raw}` has no meaning in the mapping; add it to `correct` or correct the path"),
            );
        }
    }
}
