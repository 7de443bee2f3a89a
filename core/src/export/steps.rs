//! The flat step table: one row per step of every trace, labelled or not, for tables and statistics.
//!
//! Columns are `trace`, `problem`, `generator`, `outcome`, `step` and `parent` (from 0; -1 for none), `kind`, `text`,
//! `label` (empty for none), `soft` where the project has soft labels, `rationale`, `note` and `critique` where it has
//! such words (empty for none), and `score.NAME` for each score of the project.

use std::collections::HashMap;

use serde_json::{Map, Value};

use crate::model::{Label, LabelKind, StepIndex, StepKind, StepRating, Verdict};

use super::format::{ExportFormat, Made, Row, RowInput, Scope, Words, from_json, to_json};
use super::left_out::{Objection, Rule};
use super::policy::Policy;

/// The table of all steps.
pub(super) struct Steps;

const SOFT: &str = "soft";
const SCORE: &str = "score.";

impl ExportFormat for Steps {
    fn name(&self) -> &'static str {
        "steps"
    }

    fn caption(&self) -> &'static str {
        "Table of steps: a row per step with label and scores, also unlabelled ones"
    }

    fn scope(&self) -> Scope {
        Scope::Tree { labels_needed: false }
    }

    fn options(&self) -> &'static [&'static str] {
        &["only_finished"]
    }

    fn needs_scores(&self) -> bool {
        true
    }

    fn needs_columns(&self) -> bool {
        true
    }

    fn is_text(&self, column: &str) -> bool {
        !matches!(column, "step" | "parent" | SOFT) && !column.starts_with(SCORE)
    }

    fn counted(&self) -> &'static [&'static str] {
        &["good", "neutral", "bad", "unsure", "unlabelled"]
    }

    fn rows(&self, input: &RowInput<'_>, _policy: &Policy) -> Vec<Made> {
        if input.trace.steps.is_empty() {
            return vec![Err(Objection::new(Rule::NoSteps, "the trace has no steps"))];
        }
        let values = scores(input);
        (0..).zip(&input.trace.steps).map(|(index, _)| row(input, index, &values)).collect()
    }

    fn recognise(&self, row: &Map<String, Value>) -> Option<Policy> {
        let is_one = ["trace", "step", "parent", "text"].iter().all(|key| row.contains_key(*key));
        is_one.then(|| self.defaults())
    }

    fn check(&self, line: &str, _policy: &Policy) -> Result<(), Objection> {
        check_line(&from_json(line)?)
    }
}

/// The scores of each column, by step. Computed ones come before imported ones of the same name.
fn scores<'a>(input: &RowInput<'a>) -> HashMap<(&'a str, StepIndex), f64> {
    let mut values = HashMap::new();
    for score in input.trace.scores.iter().filter(|score| score.value.is_finite()) {
        if let Some(step) = score.step {
            // Of several of one step the last counts, as in `Trace::imported_scores`.
            values.insert((score.name.as_str(), step), score.value);
        }
    }
    for scores in input.scores {
        for (step, value) in (0..).zip(&scores.values) {
            if let Some(value) = value.filter(|value| value.is_finite()) {
                values.insert((scores.scorer.as_str(), step), shortest(value));
            }
        }
    }
    values
}

/// The number that reads as it was computed: 0.1, not 0.10000000149.
fn shortest(value: f32) -> f64 {
    value.to_string().parse().unwrap_or_else(|_error| f64::from(value))
}

/// The same of a number that may have been a shorter one.
#[expect(
    clippy::float_cmp,
    clippy::cast_possible_truncation,
    reason = "only what was a shorter number comes back as it was"
)]
pub(super) fn shown(value: f64) -> f64 {
    if f64::from(value as f32) == value { shortest(value as f32) } else { value }
}

fn row(input: &RowInput<'_>, index: StepIndex, scores: &HashMap<(&str, StepIndex), f64>) -> Made {
    let trace = input.trace;
    let Some(step) = trace.step(index) else { return Err(Objection::at(Rule::LostStep, index, "is not there")) };
    let rating = input.rating(index);
    let mut line = Map::new();
    let mut put = |key: &str, value: Value| drop(line.insert(key.to_owned(), value));
    put("trace", trace.id.as_str().into());
    put("problem", trace.problem.id().as_str().into());
    put("generator", trace.generator.as_deref().unwrap_or_default().into());
    put("outcome", trace.outcome.verdict.name().into());
    put("step", index.into());
    put("parent", step.parent.map_or(-1, i64::from).into());
    put("kind", step.kind.name().into());
    put("text", step.text.as_str().into());
    put("label", rating.map_or("", StepRating::name).into());
    if input.columns.soft {
        put(SOFT, input.soft(index).filter(|value| value.is_finite()).into());
    }
    for &words in &input.columns.words {
        put(words.name(), said(input, index, words).into());
    }
    for name in &input.columns.scores {
        put(&format!("{SCORE}{name}"), scores.get(&(name.as_str(), index)).copied().into());
    }
    check_line(&line)?;
    let count = rating.map_or("unlabelled", StepRating::name);
    Ok(Row { line: to_json(&line)?, counts: vec![(count, 1)] })
}

/// What is said of a step in those words, each once: by the data, else by the annotator whose labels are used.
fn said(input: &RowInput<'_>, index: StepIndex, words: Words) -> String {
    let own = || input.own().zip(input.trace.step(index)).and_then(|(own, step)| own.steps.get(&step.hash));
    let mut texts: Vec<&str> = match words {
        Words::Rationale => {
            let labels = input.trace.labels.iter().filter(|label| label.step == Some(index));
            labels.filter_map(|label| label.rationale.as_deref()).collect()
        }
        Words::Note => own().map(|said| said.note.as_str()).into_iter().collect(),
        Words::Critique => {
            let labels = own().into_iter().flat_map(|said| said.labels.of_kind(LabelKind::Critique));
            let critiques = labels.filter_map(|label| match label {
                Label::Critique(critique) if critique.by.is_empty() || critique.accepted => {
                    Some(critique.text.as_str())
                }
                _ => None,
            });
            critiques.collect()
        }
    };
    texts.retain(|text| !text.trim().is_empty());
    texts.dedup();
    texts.join("\n\n")
}

fn check_line(line: &Map<String, Value>) -> Result<(), Objection> {
    let shape = |reason: String| Err(Objection::new(Rule::Shape, reason));
    let text = |key: &str| line.get(key).and_then(Value::as_str);
    for key in ["trace", "problem", "generator", "outcome", "kind", "text", "label"] {
        if text(key).is_none() {
            return shape(format!("`{key}` is no text"));
        }
    }
    for words in Words::ALL {
        let key = words.name();
        if line.get(key).is_some_and(|value| !value.is_string()) {
            return shape(format!("`{key}` is no text"));
        }
    }
    let (step, parent) = (line.get("step").and_then(Value::as_i64), line.get("parent").and_then(Value::as_i64));
    match (step, parent) {
        (Some(step), Some(parent)) if parent >= -1 && step > parent => {}
        _ => return shape("`parent` is not the number of an earlier step, or -1".into()),
    }
    let named = |key: &str, known: bool| {
        let value = text(key).unwrap_or_default();
        if known { Ok(()) } else { Err(Objection::new(Rule::Shape, format!("`{value}` is no {key}"))) }
    };
    named("label", text("label").is_some_and(|label| label.is_empty() || StepRating::from_name(label).is_some()))?;
    named("kind", text("kind").is_some_and(|kind| StepKind::from_name(kind).is_some()))?;
    named("outcome", text("outcome").is_some_and(|outcome| Verdict::from_name(outcome).is_some()))?;
    let mut numbers = line.iter().filter(|(key, _)| *key == SOFT || key.starts_with(SCORE));
    match numbers.find(|(_, value)| !value.is_null() && !value.is_number()) {
        Some((key, _)) => shape(format!("`{key}` is neither a number nor null")),
        None => Ok(()),
    }
}
