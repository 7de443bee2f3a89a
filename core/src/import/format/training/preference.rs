//! Preferences between two responses: TRL's forms (text or chat, the prompt given or contained in both sides), `ShareGPT`'s
//! `conversations` with two last messages, OpenAI's `preferred_output`. Each pair is two traces of one problem.

use serde_json::Value;

use crate::import::fields::{Fields, float, scalar_text, warn};
use crate::import::format::asked::take_prompt;
use crate::import::response::{self, Turn, add_response, add_turns};
use crate::import::{Imported, Importer, Recognition, RowError, Sample};
use crate::model::{ChatMessage, ImportedValue, Metadata, Problem, Prompt, ScoreKind, TraceBuilder};

const CHOSEN: &[&str] = &["chosen", "preferred_output", "chosen_response"];
const REJECTED: &[&str] = &["rejected", "non_preferred_output", "rejected_response"];
const SOURCE: &str = "dataset";

/// Reads pairs of responses.
pub(super) struct Preference;

impl Importer for Preference {
    fn name(&self) -> &'static str {
        "preference"
    }

    fn caption(&self) -> &'static str {
        "Preferences: a chosen and a rejected response"
    }

    fn needs(&self) -> &'static [&'static [&'static str]] {
        &[CHOSEN, REJECTED]
    }

    fn recognise(&self, sample: &Sample) -> Option<Recognition> {
        sample.recognise("a chosen and a rejected response", |row| {
            let has_side = |keys: &[&str]| keys.iter().any(|key| side(&row[*key]).is_some());
            has_side(CHOSEN) && has_side(REJECTED)
        })
    }

    fn read_row(&self, row: Value, sample: &Sample) -> Result<Vec<Imported>, RowError> {
        let mut fields = Fields::new(row)?;
        let mut chosen = take_side(&mut fields, CHOSEN)?;
        let mut rejected = take_side(&mut fields, REJECTED)?;
        let equal = chosen == rejected;
        let mut extras = Metadata::new();
        let given = take_prompt(&mut fields, &mut extras);
        let (prompt, unused) = common_prompt(given, &mut chosen, &mut rejected, &mut extras);
        let mut problem = Problem { prompt, answer: fields.text_of(&["answer", "ground_truth"]), ..Problem::default() };
        let id = fields.text_of(&["id", "uid", "prompt_id", "pair_id"]);
        let mut of_chosen = of_side(&mut fields, &["chosen"]);
        let mut of_rejected = of_side(&mut fields, &["rejected"]);
        problem.metadata = fields.rest();
        if let Some(unused) = unused {
            problem.metadata.insert("prompt".into(), unused.into());
        }
        if !extras.is_empty() {
            problem.metadata.insert("message_extras".into(), extras.into());
        }
        let sides = [
            (chosen, &mut of_chosen, "chosen", ImportedValue::Preferred),
            (rejected, &mut of_rejected, "rejected", ImportedValue::Dispreferred),
        ];
        let mut imported = Vec::with_capacity(2);
        for (side, about, name, value) in sides {
            let mut builder = TraceBuilder::new(problem.clone());
            builder = builder.source_id(format!("{}#{name}", id.as_deref().unwrap_or_default()));
            match side {
                Side::Text(text) => add_response(&mut builder, &text, sample),
                Side::Turns(turns) => add_turns(&mut builder, turns, sample),
            }
            builder.label(None, value, SOURCE, name, "");
            if equal {
                warn(&mut builder, "the chosen and the rejected response are equal; the preference teaches nothing");
            }
            if problem.text().is_empty() {
                warn(&mut builder, "the two sides have no common beginning; the problem is empty");
            }
            describe(&mut builder, std::mem::take(about));
            imported.push(builder.into());
        }
        Ok(imported)
    }
}

/// One of the two responses, or the whole chat that ends in it.
#[derive(Debug, PartialEq)]
enum Side {
    Text(String),
    Turns(Vec<Turn>),
}

fn side(value: &Value) -> Option<Side> {
    match value {
        Value::String(text) => Some(Side::Text(text.clone())),
        Value::Array(_) => response::turns(value).map(Side::Turns),
        _ => response::turn(value).map(|turn| Side::Turns(vec![turn])),
    }
}

fn take_side(fields: &mut Fields, keys: &[&str]) -> Result<Side, RowError> {
    let found = keys.iter().find_map(|key| Some((key, side(fields.get(key)?)?)));
    let (key, side) = found.ok_or_else(|| {
        RowError::new(format!("`{}` is neither a text nor messages; make it the response", keys.join("` or `")))
    })?;
    fields.take(key);
    Ok(side)
}

/// The prompt: as given, and what both sides begin with, which is cut off them. Second, a given text that is not part
/// of it.
fn common_prompt(
    given: Option<Prompt>,
    chosen: &mut Side,
    rejected: &mut Side,
    extras: &mut Metadata,
) -> (Prompt, Option<String>) {
    match (chosen, rejected) {
        (Side::Turns(chosen), Side::Turns(rejected)) => {
            let shared = chosen.iter().zip(rejected.iter()).take_while(|(a, b)| a == b).count();
            // Equal sides leave their last message to both.
            let shared = shared.min(chosen.len().saturating_sub(1)).min(rejected.len().saturating_sub(1));
            let both: Vec<Turn> = chosen.drain(..shared).collect();
            rejected.drain(..shared);
            shared_messages(given, both, extras)
        }
        (Side::Text(chosen), Side::Text(rejected)) => {
            if let Some(prompt) = given {
                let start = prompt_text(&prompt);
                if !start.is_empty() && chosen.starts_with(&start) && rejected.starts_with(&start) {
                    *chosen = chosen.split_off(start.len());
                    *rejected = rejected.split_off(start.len());
                }
                (prompt, None)
            } else {
                let at = divergence(chosen, rejected);
                let rest = chosen.split_off(at);
                *rejected = rejected.split_off(at);
                (Prompt::Text(std::mem::replace(chosen, rest)), None)
            }
        }
        _ => (given.unwrap_or_default(), None),
    }
}

fn shared_messages(given: Option<Prompt>, both: Vec<Turn>, extras: &mut Metadata) -> (Prompt, Option<String>) {
    if both.is_empty() {
        return (given.unwrap_or_default(), None);
    }
    let mut more = Metadata::new();
    let Prompt::Messages(both) = response::prompt(both, &mut more) else { return (Prompt::default(), None) };
    match given {
        None => {
            extras.extend(more);
            (Prompt::Messages(both), None)
        }
        // The sides repeat the prompt, or go on from it.
        Some(Prompt::Messages(given)) if both.starts_with(&given) => (Prompt::Messages(both), None),
        Some(Prompt::Messages(mut given)) => {
            given.extend(both);
            (Prompt::Messages(given), None)
        }
        Some(Prompt::Text(text)) => {
            let known = both.iter().any(|message: &ChatMessage| message.content == text);
            extras.extend(more);
            (Prompt::Messages(both), (!known).then_some(text))
        }
    }
}

fn prompt_text(prompt: &Prompt) -> String {
    match prompt {
        Prompt::Text(text) => text.clone(),
        Prompt::Messages(_) => String::new(),
    }
}

/// Where two texts part: after the last turn of the assistant that both open, else in front of the word that differs.
fn divergence(a: &str, b: &str) -> usize {
    const TURN: &str = "\n\nAssistant:";
    let same = a.char_indices().zip(b.chars()).take_while(|((_, x), y)| x == y);
    let end = same.last().map_or(0, |((at, c), _)| at + c.len_utf8());
    let shared = a.get(..end).unwrap_or_default();
    if let Some(turn) = shared.rfind(TURN) {
        return turn + TURN.len();
    }
    let in_front = shared.trim_end_matches(|c: char| !c.is_whitespace());
    in_front.trim_end().len()
}

/// Takes what is said of one side: keys such as `score_chosen`, `chosen_model`, `chosen-rating`.
fn of_side(fields: &mut Fields, names: &[&str]) -> Metadata {
    let keys: Vec<String> = fields
        .keys()
        .filter(|key| names.iter().any(|name| key.split(['_', '-', '.']).any(|part| part == *name)))
        .map(str::to_owned)
        .collect();
    keys.into_iter().filter_map(|key| Some((key.clone(), fields.take(&key)?))).collect()
}

/// Numbers that rate become scores, the model becomes the generator.
fn describe(builder: &mut TraceBuilder, about: Metadata) {
    const RATES: &[&str] = &["score", "rating", "reward", "logp", "logps"];
    for (key, value) in about {
        let is = |words: &[&str]| key.split(['_', '-', '.']).any(|part| words.contains(&part));
        match (float(&value).filter(|_| !value.is_string()), scalar_text(&value)) {
            (Some(number), _) if is(RATES) => builder.score(None, &key, ScoreKind::Other, number),
            (_, Some(name)) if is(&["model"]) => builder.trace_mut().generator = Some(name),
            _ => drop(builder.trace_mut().metadata.insert(key, value)),
        }
    }
}
