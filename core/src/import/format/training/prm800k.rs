//! PRM800K, both phases: at each position the candidates that were rated, and which of them the solution went on with.
//!
//! Each position becomes siblings under the step chosen at the position before. In phase 2 the labelled positions
//! follow a solution that was generated beforehand; what it holds beyond them becomes unlabelled steps.

use serde_json::Value;

use crate::import::detect::kind;
use crate::import::fields::{Fields, scalar_text, ternary, warn, whole_number};
use crate::import::{Imported, Importer, Recognition, RowError, Sample};
use crate::model::{
    ImportedScore, ImportedValue, Problem, ScoreKind, Step, StepIndex, StepKind, StepRating, TraceBuilder,
};

/// Reads PRM800K.
pub(super) struct Prm800k;

impl Importer for Prm800k {
    fn name(&self) -> &'static str {
        "prm800k"
    }

    fn caption(&self) -> &'static str {
        "PRM800K: rated candidates for each step"
    }

    fn needs(&self) -> &'static [&'static [&'static str]] {
        &[&["question"], &["label"], &["labeler", "finish_reason", "generation"]]
    }

    fn recognise(&self, sample: &Sample) -> Option<Recognition> {
        sample.recognise("`question.problem` and `label.steps`", |row| {
            row["question"]["problem"].is_string() && row["label"]["steps"].is_array()
        })
    }

    fn read_row(&self, row: Value, _: &Sample) -> Result<Vec<Imported>, RowError> {
        let mut fields = Fields::new(row)?;
        let mut question = nested(&mut fields, "question")?;
        let mut label = nested(&mut fields, "label")?;
        let problem = Problem {
            prompt: question.prompt(&["problem"])?,
            answer: question.text("ground_truth_answer"),
            solution: question.text("ground_truth_solution"),
            ..Problem::default()
        };
        let planned: Vec<String> = question
            .get("pre_generated_steps")
            .and_then(Value::as_array)
            .map(Vec::as_slice)
            .unwrap_or_default()
            .iter()
            .filter_map(scalar_text)
            .collect();
        let positions = label.list(&["steps"])?;
        let mut walk = Walk {
            builder: TraceBuilder::new(problem),
            planned: &planned,
            at: None,
            follows_plan: true,
            stopped: false,
        };
        for (index, position) in positions.into_iter().enumerate() {
            walk.position(index, position)?;
        }
        if walk.follow_plan() {
            question.take("pre_generated_steps");
        }
        let mut builder = walk.builder;
        if let Some(value) = question.get("pre_generated_verifier_score").and_then(Value::as_f64) {
            let name = "pre_generated_verifier_score".to_owned();
            question.take(&name);
            builder.trace_mut().scores.push(ImportedScore { step: None, name, kind: ScoreKind::Other, value });
        }
        if builder.last_step().is_none() {
            warn(&mut builder, "no position has a candidate; the trace has no steps");
        }
        let metadata = &mut builder.trace_mut().metadata;
        metadata.extend(fields.rest());
        for (key, rest) in [("question", question.rest()), ("label", label.rest())] {
            if !rest.is_empty() {
                metadata.insert(key.into(), Value::Object(rest));
            }
        }
        Ok(vec![builder.into()])
    }
}

fn nested(fields: &mut Fields, key: &str) -> Result<Fields, RowError> {
    match fields.take(key) {
        Some(value @ Value::Object(_)) => Fields::new(value),
        Some(other) => Err(RowError::new(format!("`{key}` is {}; expected an object", kind(&other)))),
        None => Err(RowError::new(format!("`{key}` is missing; add it or choose another format"))),
    }
}

/// The walk along the positions.
struct Walk<'a> {
    builder: TraceBuilder,
    /// The steps of the solution generated beforehand (phase 2).
    planned: &'a [String],
    /// The last step of the main path.
    at: Option<StepIndex>,
    /// The main path is the planned solution so far.
    follows_plan: bool,
    /// At the last position nothing was chosen.
    stopped: bool,
}

impl Walk<'_> {
    fn position(&mut self, index: usize, position: Value) -> Result<(), RowError> {
        let mut fields =
            Fields::new(position).map_err(|error| RowError::new(format!("position {}: {error}", index + 1)))?;
        if self.stopped {
            warn(&mut self.builder, format!("position {} follows one at which no step was chosen", index + 1));
        }
        let candidates = match fields.take("completions") {
            Some(Value::Array(list)) => list,
            Some(Value::Null) | None => Vec::new(),
            Some(other) => {
                let found = kind(&other);
                return Err(RowError::new(format!(
                    "`completions` of position {} is {found}; expected a list or null",
                    index + 1
                )));
            }
        };
        let texts: Option<Vec<String>> = candidates.iter().map(|c| scalar_text(c.get("text")?)).collect();
        let texts = texts
            .ok_or_else(|| RowError::new(format!("a completion of position {} has no `text`; add it", index + 1)))?;
        let planned = self.planned.get(index);
        let chosen = self.chosen(index, fields.take("chosen_completion"), &texts);
        let human = fields.take("human_completion").filter(|human| !human.is_null());
        // At an error nothing is chosen, yet the planned step is the one that the solution took.
        let on_path = chosen.or_else(|| match human {
            None if self.follows_plan => texts.iter().position(|text| Some(text) == planned),
            _ => None,
        });
        let parent = self.at;
        let mut next = None;
        for (number, (candidate, text)) in candidates.iter().zip(texts).enumerate() {
            let is_next = on_path == Some(number);
            let step = self.push(parent, text, None, is_next);
            self.rate(step, candidate);
            if is_next {
                next = Some(step);
            }
        }
        if let Some(human) = human {
            let text = scalar_text(&human).or_else(|| scalar_text(human.get("text")?));
            let text = text.ok_or_else(|| {
                RowError::new(format!("`human_completion` of position {} has no `text`; add it", index + 1))
            })?;
            let step = self.push(parent, text, Some("human"), next.is_none());
            // Written to replace rated candidates, so good by definition; the data gives it no rating.
            self.builder.label(Some(step), ImportedValue::Rating(StepRating::Good), "rule", "human_completion", "");
            next = next.or(Some(step));
        }
        self.stopped = next.is_none();
        let path_text = next.and_then(|step| self.builder.trace_mut().step(step).map(|step| step.text.clone()));
        self.follows_plan &= path_text.is_none() || path_text.as_ref() == planned;
        self.at = next.or(self.at);
        Ok(())
    }

    fn chosen(&mut self, index: usize, value: Option<Value>, texts: &[String]) -> Option<usize> {
        let value = value.filter(|value| !value.is_null())?;
        let chosen = whole_number(&value).and_then(|number| usize::try_from(number).ok()).filter(|&n| n < texts.len());
        if chosen.is_none() {
            let message =
                format!("`chosen_completion` of position {} is {value}, which names no completion", index + 1);
            warn(&mut self.builder, message);
        }
        chosen
    }

    fn push(&mut self, parent: Option<StepIndex>, text: String, author: Option<&str>, on_path: bool) -> StepIndex {
        let kind = if text.contains("# Answer") { StepKind::Answer } else { StepKind::Thought };
        self.builder.push(Step { parent, kind, text, author: author.map(str::to_owned), on_path, ..Step::default() })
    }

    fn rate(&mut self, step: StepIndex, candidate: &Value) {
        let rating = &candidate["rating"];
        let known = whole_number(rating).and_then(ternary);
        if candidate["flagged"] == Value::Bool(true) {
            let raw = serde_json::json!({ "rating": rating, "flagged": true }).to_string();
            self.builder.label(Some(step), ImportedValue::Rating(StepRating::Unsure), "human", "flagged", &raw);
        } else if let Some(known) = known {
            self.builder.label(Some(step), ImportedValue::Rating(known), "human", "rating", &rating.to_string());
        } else if !rating.is_null() {
            warn(&mut self.builder, format!("step {}: rating {rating} is none of 1, 0, -1", step + 1));
        }
    }

    /// Adds what the planned solution holds beyond the labelled positions. True if all of the plan is in the trace.
    fn follow_plan(&mut self) -> bool {
        if !self.follows_plan {
            return false;
        }
        let mut done = 0;
        let mut at = self.at;
        while let Some(step) = at {
            done += 1;
            at = self.builder.trace_mut().step(step).and_then(|step| step.parent);
        }
        for text in self.planned.iter().skip(done) {
            self.at = Some(self.push(self.at, text.clone(), None, true));
        }
        true
    }
}
