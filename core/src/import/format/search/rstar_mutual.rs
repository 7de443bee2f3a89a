//! rStar runs: per question a sheet of solutions, one of rollouts and the answer (zhentingqi/rStar). Each row of a
//! sheet is a path of the search; the paths that begin alike are put together to one tree.

mod tree;

use std::collections::HashMap;

use serde_json::{Map, Value};

use tree::Tree;

use crate::import::detect::kind;
use crate::import::fields::Fields;
use crate::import::{Bundle, Imported, Importer, Recognition, RowError, Sample, Unit};
use crate::model::{Problem, TraceBuilder};

const FINAL: &str = " - Final Solutions.json";
const ROLLOUT: &str = " - Rollout Solutions.json";
const ANSWER: &str = " - Answer.json";

/// Reads rStar answer sheets.
pub(super) struct RStarMutual;

impl Importer for RStarMutual {
    fn name(&self) -> &'static str {
        "rstar_mutual"
    }

    fn caption(&self) -> &'static str {
        "rStar: answer sheets of a run, one tree per question"
    }

    fn needs(&self) -> &'static [&'static [&'static str]] {
        &[&["trace"], &["rollout_id"]]
    }

    fn recognise(&self, sample: &Sample) -> Option<Recognition> {
        let found = sample.recognise("`trace` from a `user_question` on and a `rollout_id`", is_path)?;
        Some(Recognition { unit: if sample.in_list { Unit::Document } else { Unit::Group }, ..found })
    }

    /// A sheet is one question, also as lines.
    fn continues(&self, _: &[Value], _: &Value) -> bool {
        true
    }

    fn bundles(&self, paths: &[&str]) -> Vec<Bundle> {
        let mut sheets: Vec<(&str, Vec<String>)> = Vec::new();
        let mut places: HashMap<&str, usize> = HashMap::new();
        for ending in [FINAL, ROLLOUT, ANSWER] {
            for &path in paths {
                let Some(question) = path.strip_suffix(ending) else { continue };
                let place = *places.entry(question).or_insert(sheets.len());
                match sheets.get_mut(place) {
                    Some((_, files)) => files.push(path.to_owned()),
                    // An answer without solutions is no trace.
                    None if ending == ANSWER => drop(places.remove(question)),
                    None => sheets.push((question, vec![path.to_owned()])),
                }
            }
        }
        sheets.into_iter().map(|(_, shared)| Bundle { shared, each: Vec::new() }).collect()
    }

    fn read_row(&self, row: Value, _: &Sample) -> Result<Vec<Imported>, RowError> {
        match row {
            Value::Array(paths) => read_question("", Value::Null, paths, Vec::new()),
            Value::Object(mut files) if files.keys().any(|name| name.ends_with(FINAL) || name.ends_with(ROLLOUT)) => {
                let mut take = |ending: &str| {
                    let name = files.keys().find(|name| name.ends_with(ending))?.clone();
                    Some((name.clone(), files.shift_remove(&name)?))
                };
                let answer = take(ANSWER).map(|(_, answer)| answer).unwrap_or_default();
                let list = |found: Option<(String, Value)>| match found {
                    Some((name, Value::Array(list))) => Ok((Some(name), list)),
                    None => Ok((None, Vec::new())),
                    Some((name, other)) => {
                        Err(RowError::new(format!("{name} is {}; expected a list of paths", kind(&other))))
                    }
                };
                let (name, solutions) = list(take(FINAL))?;
                let (other, rollouts) = list(take(ROLLOUT))?;
                let name = name.or(other).unwrap_or_default();
                read_question(&name, answer, solutions, rollouts)
            }
            // A path that stands alone.
            row => read_question("", Value::Null, vec![row], Vec::new()),
        }
    }
}

/// An answer sheet beside the solutions: it has no trace of its own.
pub(super) fn is_answer_sheet(sample: &Sample) -> bool {
    let keys = sample.keys();
    sample.rows.len() == 1
        && ["model_completion", "all_model_completions", "gold_answer"].iter().all(|k| keys.contains(k))
}

/// The configuration of a run.
pub(super) fn is_run_config(sample: &Sample) -> bool {
    let keys = sample.keys();
    let has = |key: &&str| keys.contains(key);
    sample.rows.len() == 1
        && has(&"num_rollouts")
        && ["mcts_exploration_weight", "run_outputs_dir", "answer_sheets_dir"].iter().any(has)
}

/// What a run writes of its calls and tokens.
pub(super) fn is_call_count(sample: &Sample) -> bool {
    matches!(sample.rows.as_slice(), [Value::String(text)] if text.starts_with("Total calls: "))
}

fn is_path(row: &Value) -> bool {
    row["trace"].is_object() && question(row).is_some() && row.get("rollout_id").is_some()
}

fn question(row: &Value) -> Option<&str> {
    row["trace"]["0"]["user_question"].as_str()
}

fn read_question(
    file: &str,
    answer: Value,
    solutions: Vec<Value>,
    rollouts: Vec<Value>,
) -> Result<Vec<Imported>, RowError> {
    let mut answer = if answer.is_object() { Fields::new(answer)? } else { Fields::new(Map::new().into())? };
    let rows = || solutions.iter().chain(&rollouts);
    // Without the answer sheet the problem is what most paths ask: others put it in other words.
    let mut asked: Vec<(&str, usize)> = Vec::new();
    for text in rows().filter_map(question) {
        match asked.iter_mut().find(|(known, _)| *known == text) {
            Some((_, count)) => *count += 1,
            None => asked.push((text, 1)),
        }
    }
    let most = asked.iter().rev().max_by_key(|(_, count)| *count).map(|(text, _)| (*text).to_owned());
    let prompt = answer.text("problem").or(most);
    let prompt =
        prompt.ok_or_else(|| RowError::new("no path has a `user_question`; add it to `trace`, under \"0\""))?;
    let gold = answer.text("gold_answer");
    let solution = answer.text("gold_solution");
    let problem = Problem { answer: gold, solution, ..Problem::from_text(prompt.clone()) };
    let mut builder = TraceBuilder::new(problem);
    let (folder, name) = file.rsplit_once('/').unwrap_or(("", file));
    if let Some((name, _)) = name.split_once(" - ") {
        builder = builder.source_id(name);
    }
    if let Some(model) = model_of(folder) {
        builder = builder.generator(model);
    }
    let mut tree = Tree::default();
    for (sheet, rows) in [("solutions", solutions), ("rollouts", rollouts)] {
        for (number, row) in rows.into_iter().enumerate() {
            tree.add_path(&mut builder, &prompt, sheet, number, row)?;
        }
    }
    super::node::mark_path(&mut builder, None);
    let trace = builder.trace_mut();
    trace.metadata.extend(answer.rest().into_iter().filter(|(_, value)| !value.is_null()));
    if let Some((run, _)) = folder.rsplit_once("/answer_sheets").or_else(|| folder.split_once("answer_sheets")) {
        trace.metadata.insert("run".into(), run.into());
    }
    Ok(vec![builder.into()])
}

/// The model in `…/MODEL/DATE---[note]/answer_sheets`.
fn model_of(folder: &str) -> Option<&str> {
    let run = folder.strip_suffix("answer_sheets")?.trim_end_matches('/');
    run.rsplit('/').nth(1)
}
