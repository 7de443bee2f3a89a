//! Single responses with a thumb up or down, as KTO trains on them: TRL's `prompt`, `completion`, `label`, and chats
//! with a `label` or `kto_tag`.

use serde_json::Value;

use crate::import::fields::{Fields, raw_text};
use crate::import::format::asked::{asks, take_prompt};
use crate::import::response::{self, Turn, add_response, add_turns};
use crate::import::{Imported, Importer, Recognition, RowError, Sample};
use crate::model::{ImportedValue, Metadata, Problem, Prompt, StepRating, TraceBuilder};

const CHAT: &[&str] = &["messages", "conversations"];
const RESPONSE: &[&str] = &["completion", "response", "output"];
const LABEL: &[&str] = &["label", "kto_tag"];
const SOURCE: &str = "dataset";

/// Reads responses with a thumb up or down.
pub(super) struct Unpaired;

impl Importer for Unpaired {
    fn name(&self) -> &'static str {
        "unpaired"
    }

    fn caption(&self) -> &'static str {
        "Responses labelled as wanted or not (KTO)"
    }

    fn needs(&self) -> &'static [&'static [&'static str]] {
        &[&["completion", "response", "output", "messages", "conversations"], LABEL]
    }

    fn recognise(&self, sample: &Sample) -> Option<Recognition> {
        sample.recognise("a response and a `label` that is true or false", |row| {
            let chat = CHAT.iter().any(|key| response::turns(&row[*key]).is_some_and(|turns| answers(&turns)));
            let text = RESPONSE.iter().any(|key| row[*key].is_string() || response::turns(&row[*key]).is_some());
            LABEL.iter().any(|key| row[*key].is_boolean()) && (chat || text && asks(row))
        })
    }

    fn read_row(&self, row: Value, sample: &Sample) -> Result<Vec<Imported>, RowError> {
        let mut fields = Fields::new(row)?;
        let key = LABEL.iter().find(|key| fields.get(key).is_some_and(Value::is_boolean));
        let key = key.ok_or_else(|| RowError::new("`label` is neither true nor false; add the verdict"))?;
        let label = fields.take(key).unwrap_or_default();
        let mut extras = Metadata::new();
        let (prompt, side) =
            if let Some(key) = RESPONSE.iter().find(|key| fields.get(key).is_some_and(|value| !value.is_null())) {
                let side = fields.take(key).unwrap_or_default();
                let turns = response::turns(&side);
                let side = match (turns, side) {
                    (Some(turns), _) => Ok(turns),
                    (None, Value::String(text)) => Err(text),
                    (None, _) => return Err(RowError::new(format!("`{key}` is neither a text nor messages"))),
                };
                (take_prompt(&mut fields, &mut extras).unwrap_or_default(), side)
            } else {
                let turns = CHAT.iter().find_map(|key| Some((key, response::turns(fields.get(key)?)?)));
                let (key, mut turns) = turns.ok_or_else(|| RowError::new("no response; add `completion`"))?;
                fields.take(key);
                let last = turns.pop();
                (response::prompt(turns, &mut extras), Ok(last.into_iter().collect()))
            };
        let mut builder = TraceBuilder::new(Problem { prompt, ..Problem::default() });
        read_side(&mut builder, side, sample);
        let rating = if label == Value::Bool(true) { StepRating::Good } else { StepRating::Bad };
        builder.label(None, ImportedValue::Rating(rating), SOURCE, key, &raw_text(&label));
        let trace = builder.trace_mut();
        trace.source_id = fields.text_of(&["id", "uid"]);
        trace.generator = fields.text_of(&["generator", "model"]);
        trace.metadata.extend(fields.rest());
        if !extras.is_empty() {
            trace.metadata.insert("message_extras".into(), extras.into());
        }
        if trace.problem.prompt == Prompt::default() {
            trace.warnings.push("nothing is asked before the response; the problem is empty".into());
        }
        Ok(vec![builder.into()])
    }
}

fn answers(turns: &[Turn]) -> bool {
    turns.last().is_some_and(|turn| turn.role == "assistant")
}

fn read_side(builder: &mut TraceBuilder, side: Result<Vec<Turn>, String>, sample: &Sample) {
    match side {
        Ok(turns) => add_turns(builder, turns, sample),
        Err(text) => add_response(builder, &text, sample),
    }
}
