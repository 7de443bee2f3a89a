//! Scores and verdicts that reward models gave PRMBench's solutions: rows without text, found by their index.

use serde_json::Value;

use crate::import::fields::{Fields, float};
use crate::import::{Attachment, Imported, Importer, Recognition, RowError, Sample, Unit};
use crate::model::{ImportedLabel, ImportedScore, ImportedValue, ScoreKind, StepRating};

const VALIDITY_SCORES: &str = "step_level_validity_scores";
const VALIDITY_LABELS: &str = "step_level_validity_labels";

/// Reads scores of solutions that are in another file.
pub(in super::super) struct PrmBenchScores;

impl Importer for PrmBenchScores {
    fn name(&self) -> &'static str {
        "prmbench_scores"
    }

    fn caption(&self) -> &'static str {
        "PRMBench: scores of its solutions"
    }

    fn needs(&self) -> &'static [&'static [&'static str]] {
        &[&["scores"], &["idx"]]
    }

    fn recognise(&self, sample: &Sample) -> Option<Recognition> {
        let found = sample.recognise("`idx` and scores for the validity of steps, and no text", |row| {
            (row["idx"].is_string() || row["idx"].is_u64())
                && (row["scores"][VALIDITY_SCORES].is_array() || row["scores"][VALIDITY_LABELS].is_array())
        })?;
        Some(Recognition { unit: Unit::Attachment, ..found })
    }

    fn read_row(&self, _: Value, _: &Sample) -> Result<Vec<Imported>, RowError> {
        Err(RowError::new("the row has scores, but no text; open the folder that also holds the solutions"))
    }

    fn read_attachments(&self, row: Value, sample: &Sample) -> Result<Vec<Attachment>, RowError> {
        let mut fields = Fields::new(row)?;
        let index = fields.text("idx").ok_or_else(|| RowError::new("`idx` is missing; give the solution's"))?;
        let judge = sample.path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        let mut given = Fields::new(fields.take("scores").unwrap_or_default())?;
        let mut found = Attachment { join: format!("prmbench:{index}"), ..Attachment::default() };
        if given.get(VALIDITY_SCORES).and_then(Value::as_array).is_some_and(|l| l.iter().all(|s| float(s).is_some())) {
            let values: Vec<f64> = given.list(&[VALIDITY_SCORES])?.iter().filter_map(float).collect();
            let is_unit = values.iter().all(|value| (0.0..=1.0).contains(value));
            let kind = if is_unit { ScoreKind::Correctness } else { ScoreKind::Other };
            let score = |(step, value)| ImportedScore { step: Some(step), name: judge.clone(), kind, value };
            found.scores = (0..).zip(values).map(score).collect();
        }
        if given.get(VALIDITY_LABELS).and_then(Value::as_array).is_some_and(|l| l.iter().all(Value::is_boolean)) {
            for (step, said) in (0..).zip(given.list(&[VALIDITY_LABELS])?) {
                let rating = if said == Value::Bool(true) { StepRating::Good } else { StepRating::Bad };
                found.labels.push(ImportedLabel {
                    step: Some(step),
                    value: ImportedValue::Rating(rating),
                    source: format!("model:{judge}"),
                    field: VALIDITY_LABELS.into(),
                    raw: said.to_string(),
                    base: None,
                    rationale: None,
                    correction: None,
                });
            }
        }
        // What is left in there, such as scores for redundancy, has no declared meaning.
        let left = given.rest();
        found.metadata = fields.rest();
        if !left.is_empty() {
            found.metadata.insert("scores".into(), left.into());
        }
        Ok(vec![found])
    }
}
