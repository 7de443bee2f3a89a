//! Landscape of Thoughts: sampled chains as tuples of steps, chosen letter and whether it is right.
//! (tmlr-group/landscape-of-thoughts)

use serde_json::Value;

use crate::import::fields::{Fields, scalar_text, warn};
use crate::import::{Imported, Importer, Recognition, RowError, Sample};
use crate::model::{Problem, StepKind, TraceBuilder, Verdict};

const QUESTION: &str = "model_input";
const TRIALS: &str = "trial_thoughts";

/// Reads Landscape of Thoughts.
pub(super) struct Landscape;

impl Importer for Landscape {
    fn name(&self) -> &'static str {
        "landscape"
    }

    fn caption(&self) -> &'static str {
        "Landscape of Thoughts: sampled chains with their answers"
    }

    fn needs(&self) -> &'static [&'static [&'static str]] {
        &[&[QUESTION], &[TRIALS]]
    }

    fn recognise(&self, sample: &Sample) -> Option<Recognition> {
        sample.recognise("`model_input` and tuples in `trial_thoughts`", |row| {
            row[QUESTION].is_string()
                && row[TRIALS].as_array().is_some_and(|trials| trials.iter().all(|trial| trial[0].is_array()))
        })
    }

    fn read_row(&self, row: Value, _: &Sample) -> Result<Vec<Imported>, RowError> {
        let mut fields = Fields::new(row)?;
        let problem = Problem {
            prompt: fields.prompt(&[QUESTION])?,
            answer: fields.text_of(&["answer_gt_short", "answer_gt_full"]),
            solution: fields.text("answer_gt_expl").filter(|text| !text.is_empty()),
            ..Problem::default()
        };
        let generator = fields.text("model");
        let trials = fields.list(&[TRIALS])?;
        let problem = Problem { metadata: fields.rest(), ..problem };
        let mut imported = Vec::with_capacity(trials.len());
        for (number, trial) in trials.into_iter().enumerate() {
            // The file is one problem, so the number alone would name traces of other files as well.
            let mut builder = TraceBuilder::new(problem.clone()).source_id(format!("#{number}"));
            builder.trace_mut().generator.clone_from(&generator);
            read_trial(&mut builder, trial);
            imported.push(builder.into());
        }
        Ok(imported)
    }
}

fn read_trial(builder: &mut TraceBuilder, trial: Value) {
    let texts = trial[0].as_array().and_then(|steps| steps.iter().map(scalar_text).collect::<Option<Vec<_>>>());
    let parts = trial.as_array().map_or(0, Vec::len);
    let Some(texts) = texts.filter(|_| parts == 3) else {
        warn(builder, format!("an entry of `{TRIALS}` is no tuple of steps, letter and outcome; kept in the metadata"));
        builder.trace_mut().metadata.insert(TRIALS.into(), trial);
        return;
    };
    if texts.is_empty() {
        warn(builder, "the chain is empty; the trace has no steps");
    }
    for text in texts {
        builder.chain(StepKind::Thought, text);
    }
    let trace = builder.trace_mut();
    if let Some(last) = trace.steps.last_mut() {
        last.kind = StepKind::Answer;
    }
    // An empty letter: no answer could be read off the text.
    trace.metadata.insert("answer".into(), trial[1].clone());
    trace.outcome.verdict = trial[2].as_bool().map_or(Verdict::Unknown, Verdict::from_bool);
}
