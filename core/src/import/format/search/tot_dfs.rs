//! Tree of Thoughts, depth first: the moves of a puzzle, with what the check said after each
//! (princeton-nlp/tree-of-thought-llm, crosswords). A position continues the one without its last move.

use std::collections::HashMap;

use serde_json::Value;

use super::node::mark_path;
use crate::import::detect::kind;
use crate::import::fields::{Fields, float, scalar_text, warn};
use crate::import::{Imported, Importer, Recognition, RowError, Sample, Unit};
use crate::model::{ITERATION, Metadata, Problem, ScoreKind, Step, StepFlag, StepIndex, StepKind, TraceBuilder};

/// Reads depth-first logs.
pub(super) struct TotDfs;

impl Importer for TotDfs {
    fn name(&self) -> &'static str {
        "tot_dfs"
    }

    fn caption(&self) -> &'static str {
        "Tree of Thoughts, depth first"
    }

    fn needs(&self) -> &'static [&'static [&'static str]] {
        &[&["actions"], &["env_step"], &["info"]]
    }

    fn recognise(&self, sample: &Sample) -> Option<Recognition> {
        let games = sample.recognise("lists of positions with `actions`, `env_step` and `info`", |row| {
            row.as_array().is_some_and(|game| !game.is_empty() && game.iter().all(is_position))
        });
        games.or_else(|| {
            let found = sample.recognise("`actions`, `env_step` and `info`", is_position)?;
            Some(Recognition { unit: if sample.in_list { Unit::Document } else { Unit::Group }, ..found })
        })
    }

    /// In a file of lines, a game starts over with one move.
    fn continues(&self, _: &[Value], row: &Value) -> bool {
        row["total_step"].as_u64() != Some(0)
    }

    fn read_row(&self, row: Value, _: &Sample) -> Result<Vec<Imported>, RowError> {
        let positions = match row {
            Value::Array(list) => list,
            row @ Value::Object(_) => vec![row],
            other => {
                return Err(RowError::new(format!("the game is {}; expected a list of positions", kind(&other))));
            }
        };
        let mut builder = TraceBuilder::new(Problem::default());
        warn(&mut builder, "the file does not say what the puzzle was");
        let mut known: HashMap<Vec<String>, StepIndex> = HashMap::new();
        for (number, position) in positions.into_iter().enumerate() {
            let mut fields = Fields::new(position)?;
            let moves: Option<Vec<String>> = fields.list(&["actions"])?.iter().map(scalar_text).collect();
            let moves = moves.ok_or_else(|| {
                RowError::new(format!("position {} has a move in `actions` that is no text", number + 1))
            })?;
            let parent = parent(&mut builder, &mut known, &moves, number);
            let mut scores = take_scores(&mut fields, "info", ScoreKind::Reward);
            scores.extend(take_scores(&mut fields, "count", ScoreKind::Count));
            let text = moves.last().cloned().unwrap_or_default();
            let mut metadata = fields.rest();
            // Positions stand in the order in which they were looked at.
            metadata.insert(ITERATION.into(), (number + 1).into());
            let step = builder.push(Step { parent, kind: StepKind::Action, text, metadata, ..Step::default() });
            for (name, kind, value) in scores {
                builder.score(Some(step), &name, kind, value);
            }
            // A position that is reached again goes on from there.
            known.insert(moves, step);
        }
        mark_path(&mut builder, None);
        Ok(vec![builder.into()])
    }
}

fn is_position(row: &Value) -> bool {
    row["actions"].is_array() && row["info"].is_object() && row.get("env_step").is_some()
}

/// The step of all moves but the last. Moves that no position shows are filled in.
fn parent(
    builder: &mut TraceBuilder,
    known: &mut HashMap<Vec<String>, StepIndex>,
    moves: &[String],
    number: usize,
) -> Option<StepIndex> {
    let before = moves.split_last().map(|(_, before)| before).unwrap_or_default();
    let (mut at, mut from) = (None, 0);
    for length in (1..=before.len()).rev() {
        if let Some(&step) = before.get(..length).and_then(|moves| known.get(moves)) {
            (at, from) = (Some(step), length);
            break;
        }
    }
    if from < before.len() {
        let text = format!("position {} continues moves that no position shows; they were filled in", number + 1);
        warn(builder, text);
    }
    for length in from + 1..=before.len() {
        let Some(moves) = before.get(..length) else { break };
        let text = moves.last().cloned().unwrap_or_default();
        let flags = vec![StepFlag::Synthetic];
        let step = builder.push(Step { parent: at, kind: StepKind::Action, text, flags, ..Step::default() });
        known.insert(moves.to_vec(), step);
        at = Some(step);
    }
    at
}

/// Takes the numbers of an object; what else it holds stays.
fn take_scores(fields: &mut Fields, key: &str, kind: ScoreKind) -> Vec<(String, ScoreKind, f64)> {
    let all_numbers = |map: &Metadata| map.values().all(Value::is_number);
    if !fields.get(key).and_then(Value::as_object).is_some_and(all_numbers) {
        return Vec::new();
    }
    let taken = fields.take(key).unwrap_or_default();
    let numbers = taken.as_object().into_iter().flatten();
    numbers.filter_map(|(name, value)| Some((name.clone(), kind, float(value)?))).collect()
}
