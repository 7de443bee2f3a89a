//! `VersaPRM`'s training rows: chains with 0/1 labels, and further candidates for single positions (`augs`).
//!
//! A candidate stands beside the step of its position; a position just past the last step is the next step.

use serde_json::Value;

use crate::import::detect::kind;
use crate::import::fields::{Fields, raw_text, scalar_text, step_texts, warn, whole_number};
use crate::import::{Imported, Importer, Recognition, RowError, Sample};
use crate::model::{ImportedValue, Problem, Step, StepFlag, StepIndex, StepRating, TraceBuilder};

const CHAINS: &str = "chain_of_thoughts";
const SOURCE: &str = "dataset";

/// Reads `VersaPRM`.
pub(super) struct VersaPrm;

impl Importer for VersaPrm {
    fn name(&self) -> &'static str {
        "versaprm"
    }

    fn caption(&self) -> &'static str {
        "VersaPRM: labelled chains with further candidates for single steps"
    }

    fn needs(&self) -> &'static [&'static [&'static str]] {
        &[&["question"], &[CHAINS]]
    }

    fn recognise(&self, sample: &Sample) -> Option<Recognition> {
        sample.recognise("a `question` and `chain_of_thoughts` with `steps`", |row| {
            row["question"].is_string()
                && row[CHAINS].as_array().is_some_and(|chains| chains.iter().all(|chain| chain["steps"].is_array()))
        })
    }

    fn read_row(&self, row: Value, _: &Sample) -> Result<Vec<Imported>, RowError> {
        let mut fields = Fields::new(row)?;
        let prompt = fields.prompt(&["question"])?;
        // The answer is a worked solution in some domains and a letter in others.
        let problem = Problem { prompt, answer: fields.text("answer"), ..Problem::default() };
        let id = fields.text_of(&["id", "q_id"]).unwrap_or_default();
        let chains = fields.list(&[CHAINS])?;
        let rest = fields.rest();
        let many = chains.len() > 1;
        let mut imported = Vec::with_capacity(chains.len());
        for (number, chain) in chains.into_iter().enumerate() {
            let mut builder = TraceBuilder::new(problem.clone());
            if many {
                builder = builder.source_id(format!("{id}#{number}"));
            } else if !id.is_empty() {
                builder = builder.source_id(id.clone());
            }
            builder.trace_mut().metadata.clone_from(&rest);
            imported.push(read_chain(builder, chain)?.into());
        }
        Ok(imported)
    }
}

fn read_chain(mut builder: TraceBuilder, chain: Value) -> Result<TraceBuilder, RowError> {
    let mut fields = Fields::new(chain)?;
    let steps = fields.list(&["steps"])?;
    for text in step_texts("steps", &steps, &mut builder)? {
        builder = builder.thought(text);
    }
    let labels = fields.list(&["labels"]).unwrap_or_default();
    if labels.len() != steps.len() {
        let text = format!("{} labels for {} steps; attached from the first step on", labels.len(), steps.len());
        warn(&mut builder, text);
    }
    let mut kept = labels.len() > steps.len();
    for (step, label) in (0 as StepIndex..).zip(&labels).take(steps.len()) {
        kept |= !rate(&mut builder, step, "labels", label);
    }
    if kept {
        warn(&mut builder, "some `labels` name no step or are none of 0, 1, -1; all are kept in the metadata");
        builder.trace_mut().metadata.insert("labels".into(), labels.into());
    }
    let augs = fields.list(&["augs"]).unwrap_or_default();
    let odd: Vec<Value> = augs.into_iter().filter_map(|aug| add_candidate(&mut builder, steps.len(), aug)).collect();
    if !odd.is_empty() {
        let text =
            format!("{} of `augs` lack a text or a position up to {}; kept in the metadata", odd.len(), steps.len());
        warn(&mut builder, text);
        builder.trace_mut().metadata.insert("augs".into(), odd.into());
    }
    builder.trace_mut().metadata.extend(fields.rest());
    Ok(builder)
}

/// Adds a candidate beside the step of its position. Gives it back where it cannot be placed.
fn add_candidate(builder: &mut TraceBuilder, steps: usize, aug: Value) -> Option<Value> {
    let position = whole_number(&aug["aug_idx"]).and_then(|at| usize::try_from(at).ok()).filter(|&at| at <= steps);
    let (Some(position), Some(text)) = (position, scalar_text(&aug["aug_step"])) else { return Some(aug) };
    let parent = position.checked_sub(1).and_then(|before| StepIndex::try_from(before).ok());
    let Value::Object(mut rest) = aug else { return Some(aug) };
    rest.shift_remove("aug_step");
    rest.shift_remove("aug_idx");
    let label = rest.shift_remove("aug_type").unwrap_or_default();
    let flags = vec![StepFlag::Synthetic];
    let step = builder.push(Step { parent, text, flags, ..Step::default() });
    if !rate(builder, step, "aug_type", &label) {
        let text = format!("`aug_type` of a candidate is {}; expected 1 or -1", kind(&label));
        warn(builder, text);
        rest.insert("aug_type".into(), label);
    }
    if let Some(step) = builder.trace_mut().steps.get_mut(step as usize) {
        step.metadata = rest;
    }
    None
}

/// 1 is good; 0 in `labels` and −1 in `augs` are bad.
fn rate(builder: &mut TraceBuilder, step: StepIndex, field: &str, label: &Value) -> bool {
    let rating = match whole_number(label) {
        _ if label.is_null() => return true,
        Some(1) => StepRating::Good,
        Some(0 | -1) => StepRating::Bad,
        _ => return false,
    };
    builder.label(Some(step), ImportedValue::Rating(rating), SOURCE, field, &raw_text(label));
    true
}
