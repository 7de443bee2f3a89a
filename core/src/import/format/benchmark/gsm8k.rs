//! GSM8K: reference solutions in lines, the last of which is `#### ` and the answer (openai/grade-school-math).
//!
//! In the Socratic variant each line is a question and its answer, with ` ** ` in between; calculator marks such as
//! `<<48/2=24>>` stand in both.

use serde_json::Value;

use crate::import::fields::{Fields, push_split};
use crate::import::{Imported, Importer, Recognition, RowError, Sample};
use crate::model::{Problem, Splitter, TraceBuilder};

const ANSWER: &str = "####";

/// Reads GSM8K.
pub(super) struct Gsm8k;

impl Importer for Gsm8k {
    fn name(&self) -> &'static str {
        "gsm8k"
    }

    fn caption(&self) -> &'static str {
        "GSM8K: solutions in lines that end with #### and the answer"
    }

    fn needs(&self) -> &'static [&'static [&'static str]] {
        &[&["question"], &["answer"]]
    }

    fn recognise(&self, sample: &Sample) -> Option<Recognition> {
        sample.recognise("a `question` and an `answer` that ends with `####`", |row| {
            row["question"].is_string() && row["answer"].as_str().is_some_and(|text| final_answer(text).is_some())
        })
    }

    fn read_row(&self, row: Value, sample: &Sample) -> Result<Vec<Imported>, RowError> {
        let mut fields = Fields::new(row)?;
        let prompt = fields.prompt(&["question"])?;
        let text = fields.text("answer").ok_or_else(|| {
            RowError::new("`answer` is missing; add the text of the solution or choose another format")
        })?;
        let answer = final_answer(&text).map(str::to_owned);
        let mut builder = TraceBuilder::new(Problem { prompt, answer, ..Problem::default() });
        push_split(&mut builder, &text, &sample.splitter_or(Splitter::Line));
        let trace = builder.trace_mut();
        trace.source_id = fields.text("id");
        trace.metadata.extend(fields.rest());
        Ok(vec![builder.into()])
    }
}

/// What stands behind the mark in the last line.
fn final_answer(text: &str) -> Option<&str> {
    Some(text.trim_end().lines().next_back()?.trim_start().strip_prefix(ANSWER)?.trim())
}
