//! PRM800K with one row per candidate, as in "Enhancing PRM800K" (xhghhh): the steps so far, the candidate, its rating.
//!
//! The rows of a solution follow one another. A new one starts where no steps stand before the candidate again, or
//! where the question changes; grouping by question would mix solutions of the same one.

use std::collections::HashMap;

use serde_json::Value;

use crate::import::detect::kind;
use crate::import::fields::{Fields, raw_text, scalar_text, ternary, warn, whole_number};
use crate::import::{Imported, Importer, Recognition, RowError, Sample, Unit};
use crate::model::{ImportedValue, Metadata, Problem, Step, StepIndex, StepKind, StepRating, TraceBuilder};

const QUESTION: &str = "instruction";
const BEFORE: &str = "responses";
const CANDIDATE: &str = "next_response";
const CHOSEN: &str = "is_preferred_response";

/// Reads PRM800K in rows of candidates.
pub(super) struct Prm800kRows;

impl Importer for Prm800kRows {
    fn name(&self) -> &'static str {
        "prm800k_rows"
    }

    fn caption(&self) -> &'static str {
        "PRM800K: one row per rated candidate"
    }

    fn needs(&self) -> &'static [&'static [&'static str]] {
        &[&[QUESTION], &[BEFORE], &[CANDIDATE], &["rating"]]
    }

    fn recognise(&self, sample: &Sample) -> Option<Recognition> {
        let reason = "an `instruction`, the `responses` so far and the `next_response`";
        let fits = |row: &Value| {
            row[QUESTION].is_string()
                && (row[BEFORE].is_array() || row[BEFORE].is_null() && row.get(BEFORE).is_some())
                && row[CANDIDATE].is_string()
                && row.get("rating").is_some()
        };
        sample.recognise(reason, fits).map(|found| Recognition { unit: Unit::Group, ..found })
    }

    fn continues(&self, group: &[Value], row: &Value) -> bool {
        let steps = |row: &Value| row[BEFORE].as_array().map_or(0, Vec::len);
        group.last().is_some_and(|last| last[QUESTION] == row[QUESTION] && (steps(row) > 0 || steps(last) == 0))
    }

    fn read_row(&self, row: Value, _: &Sample) -> Result<Vec<Imported>, RowError> {
        let Value::Array(rows) = row else {
            return Err(RowError::new(format!("the row is {}; expected the rows of one solution", kind(&row))));
        };
        let question = rows.first().and_then(|row| scalar_text(&row[QUESTION]));
        let question = question.ok_or_else(|| RowError::new(format!("`{QUESTION}` is missing; add the question")))?;
        let mut walk = Walk { builder: TraceBuilder::new(Problem::from_text(question)), ..Walk::default() };
        for (number, row) in (1..).zip(rows) {
            walk.row(number, row)?;
        }
        Ok(vec![walk.builder.into()])
    }
}

/// The walk along the rows of one solution.
#[derive(Default)]
struct Walk {
    builder: TraceBuilder,
    /// The step that continues another with this text; the preferred one where several do.
    by_text: HashMap<(Option<StepIndex>, String), StepIndex>,
    /// The last step of the main path.
    end: Option<StepIndex>,
}

impl Walk {
    fn row(&mut self, number: usize, row: Value) -> Result<(), RowError> {
        let mut fields = Fields::new(row)?;
        fields.take(QUESTION);
        let missing = || RowError::new(format!("`{CANDIDATE}` of row {number} of the solution is no text; add it"));
        let text = fields.text(CANDIDATE).ok_or_else(missing)?;
        let before = fields.list(&[BEFORE]).unwrap_or_default();
        fields.take(BEFORE);
        let parent = self.parent(number, &before);
        let chosen = fields.bool_of(&[CHOSEN]) == Some(true);
        let human = fields.bool_of(&["is_human_response"]) == Some(true);
        let ends = fields.bool_of(&["is_solution"]) == Some(true) || text.contains("# Answer");
        let key = (parent, text.clone());
        let on_path = chosen && parent == self.end;
        let step = self.builder.push(Step {
            parent,
            kind: if ends { StepKind::Answer } else { StepKind::Thought },
            text,
            author: human.then(|| "human".to_owned()),
            on_path,
            ..Step::default()
        });
        if on_path {
            self.end = Some(step);
        }
        if chosen {
            self.by_text.insert(key, step);
        } else {
            self.by_text.entry(key).or_insert(step);
        }
        let rationale = fields.text("error_reason").filter(|reason| !reason.trim().is_empty());
        let rating = fields.take("rating").unwrap_or_default();
        match whole_number(&rating).and_then(ternary) {
            Some(known) => {
                self.builder.label(Some(step), ImportedValue::Rating(known), "human", "rating", &raw_text(&rating));
            }
            // Written to replace rated candidates, so good by definition; the data gives it no rating.
            None if rating.is_null() && human => {
                let good = ImportedValue::Rating(StepRating::Good);
                self.builder.label(Some(step), good, "rule", "is_human_response", "true");
            }
            None if rating.is_null() && rationale.is_some() => {
                self.builder.label(Some(step), ImportedValue::Remark, "human", "error_reason", "");
            }
            None if rating.is_null() => {}
            None => warn(&mut self.builder, format!("step {}: rating {rating} is none of 1, 0, -1", step + 1)),
        }
        if let Some(reason) = rationale
            && let Some(label) = self.builder.last_label().filter(|label| label.step == Some(step))
        {
            label.rationale = Some(reason);
        }
        let rest: Metadata = fields.rest().into_iter().filter(|(_, value)| !value.is_null()).collect();
        if let Some(step) = self.builder.trace_mut().steps.get_mut(step as usize) {
            step.metadata = rest;
        }
        Ok(())
    }

    /// The step that the candidate continues. Steps that no row brought are added, so that the tree hangs together.
    fn parent(&mut self, number: usize, before: &[Value]) -> Option<StepIndex> {
        let mut at = None;
        for text in before {
            let text = scalar_text(text).unwrap_or_default();
            let key = (at, text.clone());
            at = Some(self.by_text.get(&key).copied().unwrap_or_else(|| {
                let on_path = at == self.end;
                let step = self.builder.push(Step { parent: at, text, on_path, ..Step::default() });
                let said = format!("row {number} of the solution continues a step that no row rates; it was added");
                warn(&mut self.builder, said);
                if on_path {
                    self.end = Some(step);
                }
                self.by_text.insert(key, step);
                step
            }));
        }
        at
    }
}
