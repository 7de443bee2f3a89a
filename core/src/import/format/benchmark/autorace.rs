//! `AutoRace` and its kin (LLM Reasoners, ROSCOE): a question, a chain of thought in one text, the reference answer and
//! whether a person found the chain right (maitrix-org/llm-reasoners).
//!
//! The text is split before `Step k:` and `Step k -`, else before numbered items, else not at all; the user may ask
//! for another way. The human label judges the whole chain, so it is an outcome and no step label.

use std::sync::LazyLock;

use regex::Regex;
use serde_json::Value;

use crate::import::fields::{Fields, push_split, take_outcome};
use crate::import::{Imported, Importer, Recognition, RowError, Sample};
use crate::model::{Problem, Splitter, TraceBuilder};

const TEXT: &[&str] = &["gpt", "reasoning_chain", "metadata_generation", "cot"];
const ANSWER: &[&str] = &["gt_answer", "answer"];

#[expect(clippy::unwrap_used, reason = "written here and tested")]
static STEP: LazyLock<Regex> = LazyLock::new(|| Regex::new(r"(?m)^[ \t]*(Step \d+\s*[:\-])").unwrap());

/// Reads `AutoRace`.
pub(super) struct AutoRace;

impl Importer for AutoRace {
    fn name(&self) -> &'static str {
        "autorace"
    }

    fn caption(&self) -> &'static str {
        "AutoRace and ROSCOE: chain of thought in one text, with a human verdict"
    }

    fn needs(&self) -> &'static [&'static [&'static str]] {
        &[&["question"], TEXT]
    }

    fn recognise(&self, sample: &Sample) -> Option<Recognition> {
        sample.recognise("a `question` and a chain of thought in one text", |row| {
            row["question"].is_string() && TEXT.iter().any(|key| row[*key].is_string())
        })
    }

    fn read_row(&self, row: Value, sample: &Sample) -> Result<Vec<Imported>, RowError> {
        let mut fields = Fields::new(row)?;
        let prompt = fields.prompt(&["question"])?;
        let text = fields
            .text_of(TEXT)
            .ok_or_else(|| RowError::new(format!("`{}` is missing; add the text of the chain", TEXT.join("` or `"))))?;
        let answer = fields.text_of(ANSWER);
        let mut builder = TraceBuilder::new(Problem { prompt, answer, ..Problem::default() });
        push_split(&mut builder, &text, &sample.splitter_or(usual(&text)));
        take_outcome(&mut builder, &mut fields, "human_label");
        builder.trace_mut().metadata.extend(fields.rest());
        Ok(vec![builder.into()])
    }
}

/// How to split that text.
fn usual(text: &str) -> Splitter {
    if STEP.is_match(text) {
        Splitter::Pattern(Box::new(STEP.clone()))
    } else if Splitter::Heading.split(text).len() > 1 {
        Splitter::Heading
    } else {
        Splitter::Whole
    }
}
