//! Scores and critiques of ReasonEval's solutions: rows with nothing but the number of the solution.
//!
//! The folder names the data set, the file who judged. Where steps have several lines, scores are given by lines.

use serde_json::Value;

use super::{LAST_LINE, join_key};
use crate::import::fields::{Fields, float, raw_text, says_none};
use crate::import::{Attachment, Imported, Importer, Numbering, Recognition, RowError, Sample, Unit};
use crate::model::{ImportedLabel, ImportedScore, ImportedValue, ScoreKind, StepIndex, StepRating};

/// The classes of three scores for a step.
const CLASSES: [&str; 3] = ["negative", "neutral", "positive"];
const ERROR_STEP: &str = "error_step_pred";
const CORRECTNESS: &str = "correctness_pred";

/// Reads scores and critiques of solutions that are in another file.
pub(in super::super) struct ReasonEvalScores;

impl Importer for ReasonEvalScores {
    fn name(&self) -> &'static str {
        "reasoneval_scores"
    }

    fn caption(&self) -> &'static str {
        "ReasonEval: scores and critiques of its solutions"
    }

    fn needs(&self) -> &'static [&'static [&'static str]] {
        &[&["id", "rid"], &["scores", ERROR_STEP]]
    }

    fn recognise(&self, sample: &Sample) -> Option<Recognition> {
        let found = sample.recognise("a solution's number and its scores or critique, and no text of it", |row| {
            let Some(map) = row.as_object() else { return false };
            let id = map.get("id").or_else(|| map.get("rid"));
            let is_id = id.is_some_and(|id| id.is_string() || id.is_u64());
            let scores = map.len() == 2 && map.get("scores").is_some_and(are_scores);
            let critique = map.len() == 4
                && ["response", CORRECTNESS, ERROR_STEP].iter().all(|key| map.get(*key).is_some_and(Value::is_string));
            is_id && (scores || critique)
        })?;
        Some(Recognition { unit: Unit::Attachment, ..found })
    }

    fn read_row(&self, _: Value, _: &Sample) -> Result<Vec<Imported>, RowError> {
        Err(RowError::new("the row has scores, but no text; open the folder that also holds the solutions"))
    }

    fn read_attachments(&self, row: Value, sample: &Sample) -> Result<Vec<Attachment>, RowError> {
        let mut fields = Fields::new(row)?;
        let (judge, dataset) = about(sample);
        let id = fields.text("id").or_else(|| Some(format!("rid:{}", fields.text("rid")?)));
        let id = id.ok_or_else(|| RowError::new("`id` is missing; without it the solution cannot be found"))?;
        let join = join_key(&dataset, &id);
        let mut found = Attachment { join, ..Attachment::default() };
        if let Some(scores) = fields.take("scores") {
            found.numbering = Numbering::Parts(LAST_LINE);
            found.scores = read_scores(&scores, &judge, kind_of(sample))?;
        }
        if let Some(named) = fields.text(ERROR_STEP) {
            let wrong = fields.get(CORRECTNESS).is_some_and(|said| raw_text(said).to_lowercase().starts_with("wrong"));
            found.labels = critique(&judge, &named, wrong, fields.text("response"));
        }
        found.metadata = fields.rest();
        Ok(vec![found])
    }
}

/// Who judged, by the name of the file, and which data set, by the folder.
fn about(sample: &Sample) -> (String, String) {
    let stem = sample.path.file_stem().unwrap_or_default().to_string_lossy();
    let stem = stem.strip_suffix("_eval_results").unwrap_or(&stem);
    for part in ["_perturbed", "_original"] {
        if let Some(judge) = stem.strip_suffix(part) {
            return (judge.into(), "perturbation".into());
        }
    }
    let folder = sample.path.parent().and_then(|folder| folder.file_name()).unwrap_or_default();
    (stem.into(), folder.to_string_lossy().into_owned())
}

fn are_scores(value: &Value) -> bool {
    let numbers = |list: &[Value]| list.iter().all(|value| float(value).is_some());
    match value {
        Value::Array(list) => {
            let classes = |value: &Value| value.as_array().is_some_and(|c| c.len() == CLASSES.len() && numbers(c));
            numbers(list) || list.iter().all(classes)
        }
        other => float(other).is_some(),
    }
}

/// Scores of steps are probabilities, unless one in the sample says otherwise. Those of solutions declare nothing.
fn kind_of(sample: &Sample) -> ScoreKind {
    let mut all = sample.rows.iter().filter_map(|row| row["scores"].as_array()).flatten().filter_map(Value::as_f64);
    if all.all(|score| (0.0..=1.0).contains(&score)) { ScoreKind::Correctness } else { ScoreKind::Other }
}

fn read_scores(scores: &Value, judge: &str, kind: ScoreKind) -> Result<Vec<ImportedScore>, RowError> {
    let fault = || RowError::new("`scores` is neither a number, nor a list of numbers or of three for each step");
    let score = |step, name: String, kind, value: &Value| {
        Ok(ImportedScore { step, name, kind, value: float(value).ok_or_else(fault)? })
    };
    let Value::Array(list) = scores else { return Ok(vec![score(None, judge.into(), ScoreKind::Other, scores)?]) };
    let mut found = Vec::with_capacity(list.len());
    for (step, value) in (0..).zip(list) {
        match value {
            Value::Array(classes) => {
                for (class, value) in CLASSES.iter().zip(classes) {
                    let name = format!("{judge} {class}");
                    found.push(score(Some(step), name, ScoreKind::ClassProbability, value)?);
                }
            }
            value => found.push(score(Some(step), judge.into(), kind, value)?),
        }
    }
    Ok(found)
}

/// What a model said where the error is: "3", "Step 3", "3.", "Steps 1, 2", "N/A".
fn critique(judge: &str, named: &str, wrong: bool, response: Option<String>) -> Vec<ImportedLabel> {
    let label = |step, value| ImportedLabel {
        step,
        value,
        source: format!("model:{judge}"),
        field: ERROR_STEP.into(),
        raw: named.into(),
        base: Some(1),
        rationale: None,
        correction: None,
    };
    let numbers = named.split(|c: char| !c.is_ascii_digit()).filter_map(|digits| digits.parse::<StepIndex>().ok());
    let mut steps: Vec<StepIndex> = numbers.filter_map(|number| number.checked_sub(1)).collect();
    steps.sort_unstable();
    steps.dedup();
    let mut labels: Vec<ImportedLabel> = match steps.split_first() {
        Some((first, others)) => {
            let others = others.iter().map(|step| label(Some(*step), ImportedValue::Rating(StepRating::Bad)));
            std::iter::once(label(Some(*first), ImportedValue::FirstError)).chain(others).collect()
        }
        None if wrong => vec![label(None, ImportedValue::ErrorSomewhere)],
        None if says_none(&named.into()) => vec![label(None, ImportedValue::NoError)],
        None => vec![label(None, ImportedValue::Remark)],
    };
    if let Some(first) = labels.first_mut() {
        first.rationale = response;
    }
    labels
}
