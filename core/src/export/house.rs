//! A format of the user's own: a template in Jinja that gives a JSON value for each trace, or a map of fields in TOML.
//!
//! In a template every `{{ … }}` writes JSON, texts with their quotes: `{"q": {{ problem.text }}, "a": {{ path |
//! map(attribute="text") | list }}}`. What it gives for a trace must be one JSON value; nothing but white space leaves
//! the trace out. A map of fields is TOML whose texts are expressions: `q = "problem.text"`, tables make objects.
//!
//! Both see:
//! - `problem`: `id`, `text`, `messages` (`role`, `content`), `answer`, `solution`, `metadata`
//! - `trace`: `id`, `name`, `generator`, `outcome` (`correct`, `incorrect`, `unknown`), `reward`, `metadata`
//! - `steps`: all steps, and `path`: those of the returned solution; each with `index` (from 0), `parent`, `kind`, `text`,
//!   `author`, `section`, `tool` (`name`, `arguments`, `call_id`), `on_path`, `metadata`, `label` (`good`, `neutral`,
//!   `bad`, `unsure` or none), `soft`, `scores` by name
//! - `scores`: the names of all scores of the trace
//! - `labels`: whose labels these are; `first_error`: the place in `path` of the first bad step, or none; `note`
//!
//! What is not known is none. A name that is not there is an error, which names the line.

use std::collections::BTreeSet;

use minijinja::{Environment, ErrorKind, UndefinedBehavior};
use serde_json::{Map, Value, json};

use super::ExportError;
use super::format::{ExportFormat, Made, Row, RowInput, Scope, from_json, to_json};
use super::left_out::{Objection, Rule};
use super::pairs::step_values;
use super::policy::Policy;
use super::steps::shown;
use crate::model::{ChatMessage, Prompt, Step, StepIndex, StepRating};

/// What templates see, for help.
pub const HELP: &str = "
Every {{ expression }} writes JSON. A template gives one JSON value for each trace, or nothing to leave it out:
  {\"q\": {{ problem.text }}, \"steps\": {{ path | map(attribute=\"text\") | list }}, \"bad\": {{ first_error }}}
It sees
- problem: id, text, messages, answer, solution, metadata
- trace: id, name, generator, outcome, reward, metadata
- steps, and path (those of the solution): index, parent, kind, text, author, section, tool, on_path, metadata, label, \
  soft, scores
- scores (names), labels (whose), first_error (place in path), note
What is not known is none.";

/// Rows by the user's template.
pub(super) struct House;

/// Ends in `.json`, so that what a template writes is JSON.
const NAME: &str = "template.json";

impl ExportFormat for House {
    fn name(&self) -> &'static str {
        "house"
    }

    fn caption(&self) -> &'static str {
        "A format of your own: by a template or a map of fields"
    }

    fn scope(&self) -> Scope {
        Scope::Tree { labels_needed: false }
    }

    fn options(&self) -> &'static [&'static str] {
        &["template", "fields", "only_finished"]
    }

    fn needs_scores(&self) -> bool {
        true
    }

    fn counted(&self) -> &'static [&'static str] {
        &["labelled"]
    }

    fn rows(&self, input: &RowInput<'_>, policy: &Policy) -> Vec<Made> {
        vec![row(input, policy)]
    }

    fn recognise(&self, _row: &Map<String, Value>) -> Option<Policy> {
        None
    }

    fn check(&self, line: &str, _policy: &Policy) -> Result<(), Objection> {
        from_json::<Value>(line).map(|_value| ())
    }
}

/// Whether a template can be read; the error names its line.
pub(super) fn check_template(source: &str) -> Result<(), ExportError> {
    environment().add_template(NAME, source).map_err(|error| ExportError::Template { reason: said(&error) })
}

/// Whether a map of fields can be read; the error names the field.
pub(super) fn check_fields(source: &str) -> Result<(), ExportError> {
    let failed = |reason| ExportError::Template { reason };
    let fields: toml::Table = toml::from_str(source).map_err(|error| failed(error.to_string()))?;
    let value = |field: &str, text: &str| {
        let read = environment().template_from_named_str(NAME, &printed(text)).map(|_template| Value::Null);
        read.map_err(|error| format!("field `{field}`: {}", reason(&error)))
    };
    each_expression(&fields, "", &mut { value }).map(|_fields| ()).map_err(failed)
}

/// A template that writes what an expression comes to.
fn printed(expression: &str) -> String {
    format!("{{{{ ({expression}) }}}}")
}

fn environment<'a>() -> Environment<'a> {
    let mut environment = Environment::new();
    environment.set_undefined_behavior(UndefinedBehavior::Strict);
    environment.set_unknown_method_callback(minijinja_contrib::pycompat::unknown_method_callback);
    environment
}

fn row(input: &RowInput<'_>, policy: &Policy) -> Made {
    let context = context(input);
    let value = match (policy.template.trim(), policy.fields.trim()) {
        ("", "") => {
            let reason = "neither a template nor a map of fields is given; choose one with --template or --fields";
            return Err(Objection::new(Rule::Shape, reason));
        }
        ("", fields) => mapped(fields, &context)?,
        (_, "") => rendered(&policy.template, &context)?,
        _ => return Err(Objection::new(Rule::Shape, "both a template and a map of fields are given; choose one")),
    };
    let labelled = (0..).take(input.trace.steps.len()).any(|step| input.rating(step).is_some());
    Ok(Row { line: to_json(&value)?, counts: vec![("labelled", u64::from(labelled))] })
}

fn rendered(source: &str, context: &minijinja::Value) -> Result<Value, Objection> {
    let mut environment = environment();
    let failed = |error: &minijinja::Error| Objection::new(Rule::Template, said(error));
    environment.add_template(NAME, source).map_err(|error| failed(&error))?;
    let text = environment.get_template(NAME).and_then(|template| template.render(context));
    let text = text.map_err(|error| failed(&error))?;
    if text.trim().is_empty() {
        return Err(Objection::new(Rule::NothingToLearn, "the template gives nothing for it"));
    }
    serde_json::from_str(&text).map_err(|error| {
        let line = text.lines().nth(error.line().saturating_sub(1)).unwrap_or_default();
        let near: String = line.chars().skip(error.column().saturating_sub(20)).take(40).collect();
        Objection::new(Rule::Template, format!("what the template gives is no JSON value: {error}, near `{near}`"))
    })
}

fn mapped(source: &str, context: &minijinja::Value) -> Result<Value, Objection> {
    let failed = |reason: String| Objection::new(Rule::Template, reason);
    let fields: toml::Table = toml::from_str(source).map_err(|error| failed(error.to_string()))?;
    let value = |field: &str, text: &str| {
        let (environment, written) = (environment(), printed(text));
        let template = environment.template_from_named_str(NAME, &written);
        let found = template.and_then(|template| template.render(context));
        let found = found.map_err(|error| format!("field `{field}`: {}", reason(&error)))?;
        serde_json::from_str(&found).map_err(|error| format!("field `{field}` is no JSON: {error}"))
    };
    each_expression(&fields, "", &mut { value }).map_err(failed)
}

/// An object with what `value` gives for each text; numbers and the like stand as they are.
fn each_expression(
    fields: &toml::Table,
    place: &str,
    value: &mut dyn FnMut(&str, &str) -> Result<Value, String>,
) -> Result<Value, String> {
    let mut object = Map::new();
    for (name, field) in fields {
        let place = if place.is_empty() { name.clone() } else { format!("{place}.{name}") };
        let made = match field {
            toml::Value::String(text) => value(&place, text)?,
            toml::Value::Table(inner) => each_expression(inner, &place, value)?,
            plain => serde_json::to_value(plain).map_err(|error| format!("field `{place}`: {error}"))?,
        };
        object.insert(name.clone(), made);
    }
    Ok(Value::Object(object))
}

/// The error with the line of the template.
fn said(error: &minijinja::Error) -> String {
    match error.line() {
        Some(line) => format!("line {line} of the template: {}", reason(error)),
        None => format!("the template: {}", reason(error)),
    }
}

fn reason(error: &minijinja::Error) -> String {
    match error.detail() {
        Some(detail) => detail.to_owned(),
        None if error.kind() == ErrorKind::UndefinedError => "a name is used that is not there".into(),
        None => error.kind().to_string(),
    }
}

fn context(input: &RowInput<'_>) -> minijinja::Value {
    let trace = input.trace;
    let names: BTreeSet<&str> = trace
        .scores
        .iter()
        .filter(|score| score.step.is_some())
        .map(|score| score.name.as_str())
        .chain(input.scores.iter().map(|scores| scores.scorer.as_str()))
        .collect();
    let scores: Vec<_> =
        names.iter().filter_map(|name| Some((*name, step_values(trace, input.scores, name, |_| false)?))).collect();
    let step = |index: StepIndex, step: &Step| {
        let values =
            scores.iter().filter_map(|(name, values)| Some(((*name).to_owned(), values.of(index).map(shown)?.into())));
        json!({
            "index": index,
            "parent": step.parent,
            "kind": step.kind.name(),
            "text": step.text,
            "author": step.author,
            "section": step.section,
            "tool": step.tool,
            "on_path": step.on_path,
            "metadata": step.metadata,
            "label": input.rating(index).map(StepRating::name),
            "soft": input.soft(index).filter(|value| value.is_finite()),
            "scores": values.collect::<Map<String, Value>>(),
        })
    };
    let steps: Vec<Value> = (0..).zip(&trace.steps).map(|(index, one)| step(index, one)).collect();
    let path: Vec<&Value> = input.path.iter().filter_map(|&index| steps.get(index as usize)).collect();
    let first_error = input.path.iter().position(|&index| input.rating(index) == Some(StepRating::Bad));
    let messages = match &trace.problem.prompt {
        Prompt::Text(text) => vec![ChatMessage { role: "user".into(), content: text.clone() }],
        Prompt::Messages(messages) => messages.clone(),
    };
    let problem = json!({
        "id": trace.problem.id().as_str(),
        "text": trace.problem.text(),
        "messages": messages,
        "answer": trace.problem.answer,
        "solution": trace.problem.solution,
        "metadata": trace.problem.metadata,
    });
    let about = json!({
        "id": trace.id.as_str(),
        "name": trace.source_id,
        "generator": trace.generator,
        "outcome": trace.outcome.verdict.name(),
        "reward": trace.outcome.reward.filter(|reward| reward.is_finite()),
        "metadata": trace.metadata,
    });
    seen(&json!({
        "problem": problem,
        "trace": about,
        "path": path,
        "steps": steps,
        "scores": names,
        "labels": input.labels.map(ToString::to_string),
        "first_error": first_error,
        "note": input.own().map(|said| said.note.as_str()),
    }))
}

/// A value as templates see it.
fn seen(value: &Value) -> minijinja::Value {
    match value {
        Value::Null => minijinja::Value::from(()),
        Value::Bool(value) => (*value).into(),
        Value::Number(number) => match (number.as_i64(), number.as_f64()) {
            (Some(whole), _) => whole.into(),
            (None, number) => number.into(),
        },
        Value::String(text) => text.as_str().into(),
        Value::Array(list) => list.iter().map(seen).collect::<Vec<_>>().into(),
        Value::Object(map) => minijinja::Value::from_pairs(map.iter().map(|(key, value)| (key.as_str(), seen(value)))),
    }
}
