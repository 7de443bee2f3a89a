//! Critiques to train judges on: a problem with numbered steps, a critique in words, and the verdict that it comes to,
//! as a chat or flat.
//!
//! The steps are read off the question by their headings. The critique is the rationale of the verdict.

use serde_json::Value;

use crate::import::fields::{
    Fields, float, mark_first_error_from, raw_text, says_none, step_texts, ternary, warn, whole_number,
};
use crate::import::format::asked::{asks, take_prompt};
use crate::import::response;
use crate::import::{Imported, Importer, Recognition, RowError, Sample};
use crate::model::{ImportedValue, Metadata, Problem, Prompt, Splitter, StepIndex, StepKind, StepRating, TraceBuilder};

const MESSAGES: &str = "messages";
const CRITIQUE: &str = "critique";
const VERDICT: &str = "verdict";
const SOURCE: &str = "dataset";

/// Reads critiques.
pub(super) struct Critique;

impl Importer for Critique {
    fn name(&self) -> &'static str {
        "critique"
    }

    fn caption(&self) -> &'static str {
        "Critiques of numbered steps with their verdict"
    }

    fn needs(&self) -> &'static [&'static [&'static str]] {
        &[&[MESSAGES, CRITIQUE], &[VERDICT, "prompt", "problem", "question"]]
    }

    fn recognise(&self, sample: &Sample) -> Option<Recognition> {
        sample.recognise("a question and a critique with its verdict", |row| {
            let chat = response::turns(&row[MESSAGES])
                .is_some_and(|turns| turns.len() > 1 && turns.last().is_some_and(|turn| turn.role == "assistant"));
            chat && row.get(VERDICT).is_some() || row[CRITIQUE].is_string() && asks(row)
        })
    }

    fn read_row(&self, row: Value, sample: &Sample) -> Result<Vec<Imported>, RowError> {
        let mut fields = Fields::new(row)?;
        let mut extras = Metadata::new();
        let (prompt, critique) = if let Some(critique) = fields.text(CRITIQUE) {
            (take_prompt(&mut fields, &mut extras).unwrap_or_default(), critique)
        } else {
            let mut turns = fields.get(MESSAGES).and_then(response::turns).unwrap_or_default();
            let last = turns.pop().filter(|turn| turn.role == "assistant");
            let last =
                last.ok_or_else(|| RowError::new("no message of the assistant ends the row; add the critique"))?;
            fields.take(MESSAGES);
            let thinking = last.thinking.map_or(String::new(), |thinking| format!("{thinking}\n\n"));
            (response::prompt(turns, &mut extras), thinking + &last.text)
        };
        let mut builder = match fields.get("steps") {
            Some(Value::Array(_)) => {
                let mut builder = TraceBuilder::new(Problem { prompt, ..Problem::default() });
                for text in step_texts("steps", &fields.list(&["steps"])?, &mut builder)? {
                    builder = builder.thought(text);
                }
                builder
            }
            _ => read_steps(prompt, sample),
        };
        let judged = builder.last_step().is_some();
        if !judged {
            let splitter = sample.splitter_or(Splitter::BlankLine);
            for piece in splitter.split(&critique) {
                builder.chain(StepKind::Critique, piece);
            }
            builder.trace_mut().splitter = Some(splitter.to_string());
            warn(&mut builder, "the question has no numbered steps; the critique was read as the steps");
        }
        let before = builder.trace_mut().labels.len();
        if let Some(verdict) = fields.take(VERDICT) {
            judge(&mut builder, verdict, judged, sample);
        }
        if judged {
            if builder.trace_mut().labels.len() == before {
                builder.label(None, ImportedValue::Remark, SOURCE, CRITIQUE, "");
            }
            if let Some(label) = builder.trace_mut().labels.get_mut(before) {
                label.rationale = Some(critique);
            }
        }
        let trace = builder.trace_mut();
        trace.source_id = fields.text_of(&["id"]);
        trace.metadata.extend(fields.rest());
        if !extras.is_empty() {
            trace.metadata.insert("message_extras".into(), extras.into());
        }
        Ok(vec![builder.into()])
    }
}

/// Steps with headings, cut off the end of what is asked.
fn read_steps(prompt: Prompt, sample: &Sample) -> TraceBuilder {
    let splitter = sample.splitter_or(Splitter::Heading);
    let asked = match &prompt {
        Prompt::Text(text) => text.as_str(),
        Prompt::Messages(messages) => messages.last().map_or("", |message| message.content.as_str()),
    };
    let pieces: Vec<String> = splitter.split(asked).into_iter().map(str::to_owned).collect();
    let Some((question, steps)) = pieces.split_first().filter(|(_, steps)| !steps.is_empty()) else {
        return TraceBuilder::new(Problem { prompt, ..Problem::default() });
    };
    let prompt = match prompt {
        Prompt::Text(_) => Prompt::Text(question.clone()),
        Prompt::Messages(mut messages) => {
            if let Some(last) = messages.last_mut() {
                last.content.clone_from(question);
            }
            Prompt::Messages(messages)
        }
    };
    let mut builder = TraceBuilder::new(Problem { prompt, ..Problem::default() });
    for step in steps {
        builder.chain(StepKind::Thought, step.as_str());
    }
    builder.trace_mut().splitter = Some(splitter.to_string());
    builder
}

/// What the verdict says: the number of the first error, labels for all steps, or a word on the whole. What is not
/// understood, and numbers of steps that are not there, stay in the metadata.
fn judge(builder: &mut TraceBuilder, verdict: Value, steps_are_there: bool, sample: &Sample) {
    match verdict {
        Value::Object(mut map) => {
            let base = map.get("base").and_then(whole_number).and_then(|base| u32::try_from(base).ok());
            // A base that is none stays in the metadata.
            if base.is_some() {
                map.shift_remove("base");
            }
            let base = base.unwrap_or_default();
            if let Some(first) = map.shift_remove("first_error") {
                first_error(builder, base, first, steps_are_there);
            }
            match map.shift_remove("labels") {
                Some(Value::Array(labels)) if steps_are_there => rate(builder, labels, sample),
                Some(labels) => drop(map.insert("labels".into(), labels)),
                None => {}
            }
            if !map.is_empty() {
                builder.trace_mut().metadata.insert(VERDICT.into(), map.into());
            }
        }
        verdict if whole_number(&verdict).is_some() || verdict.is_null() || says_none(&verdict) => {
            first_error(builder, 0, verdict, steps_are_there);
        }
        verdict => {
            let raw = raw_text(&verdict);
            let rating = match raw.trim().to_lowercase().as_str() {
                "correct" | "true" | "yes" | "right" => StepRating::Good,
                "incorrect" | "false" | "no" | "wrong" => StepRating::Bad,
                _ => {
                    builder.trace_mut().metadata.insert(VERDICT.into(), verdict);
                    return;
                }
            };
            builder.label(None, ImportedValue::Rating(rating), SOURCE, VERDICT, &raw);
        }
    }
}

fn first_error(builder: &mut TraceBuilder, base: u32, first: Value, steps_are_there: bool) {
    const FIELD: &str = "verdict.first_error";
    if first.is_null() || says_none(&first) {
        builder.label(None, ImportedValue::NoError, SOURCE, FIELD, &raw_text(&first));
        if let Some(label) = builder.last_label() {
            label.base = Some(base);
        }
    } else if steps_are_there {
        mark_first_error_from(base, builder, FIELD, SOURCE, first);
    } else {
        let said =
            if whole_number(&first) == Some(-1) { ImportedValue::NoError } else { ImportedValue::ErrorSomewhere };
        builder.label(None, said, SOURCE, FIELD, &raw_text(&first));
    }
}

fn rate(builder: &mut TraceBuilder, labels: Vec<Value>, sample: &Sample) {
    const FIELD: &str = "verdict.labels";
    let steps = builder.trace_mut().steps.len();
    // Decided once for the whole file, so that equal labels mean the same in each of its rows.
    let mut all = sample.rows.iter().filter_map(|row| row[VERDICT]["labels"].as_array()).flatten();
    let three_valued = all.any(|label| label.as_i64() == Some(-1));
    let mut kept = labels.len() != steps;
    for (step, label) in (0 as StepIndex..).zip(&labels).take(steps).filter(|(_, label)| !label.is_null()) {
        let good = |good| if good { StepRating::Good } else { StepRating::Bad };
        let rating = match label {
            Value::Bool(right) => Some(good(*right)),
            Value::String(word) => match word.trim().to_lowercase().as_str() {
                "correct" | "+" => Some(StepRating::Good),
                "incorrect" | "-" => Some(StepRating::Bad),
                word => StepRating::from_name(word),
            },
            number => match number.as_i64() {
                Some(number) if three_valued => ternary(number),
                Some(number @ (-1..=1)) => Some(good(number == 1)),
                _ => None,
            },
        };
        match (rating, float(label)) {
            (Some(rating), _) => {
                builder.label(Some(step), ImportedValue::Rating(rating), SOURCE, FIELD, &raw_text(label));
            }
            (None, Some(soft)) => builder.label(Some(step), ImportedValue::Soft(soft), SOURCE, FIELD, &raw_text(label)),
            (None, None) => kept = true,
        }
    }
    if kept {
        let said =
            format!("{} labels in the verdict for {steps} steps, or labels of unknown meaning; kept", labels.len());
        warn(builder, said);
        builder.trace_mut().metadata.insert(FIELD.into(), labels.into());
    }
}
