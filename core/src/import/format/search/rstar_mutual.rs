//! rStar runs: per question a sheet of solutions, one of rollouts and the answer (zhentingqi/rStar). Each row of a
//! sheet is a path of the search; the paths that begin alike are put together to one tree.

use std::collections::{HashMap, HashSet};

use serde_json::{Map, Value};

use crate::import::detect::kind;
use crate::import::fields::{Fields, float, scalar_text, warn};
use crate::import::{Bundle, Imported, Importer, Recognition, RowError, Sample, Unit};
use crate::model::{Problem, ScoreKind, Step, StepIndex, StepKind, TraceBuilder};

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
    sample.rows.len() == 1
        && ["num_rollouts", "mcts_exploration_weight", "run_outputs_dir"].iter().any(|k| keys.contains(k))
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

/// A node of a path.
struct Node {
    kind: StepKind,
    text: String,
    value: Option<f64>,
    /// The field it came from.
    field: &'static str,
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

/// The steps that are there, by what stands above them.
#[derive(Default)]
struct Tree {
    steps: HashMap<(Option<StepIndex>, &'static str, String), StepIndex>,
    /// The values that each step has got, bit by bit: sheets repeat them.
    values: HashSet<(StepIndex, u64)>,
}

impl Tree {
    fn add_path(
        &mut self,
        builder: &mut TraceBuilder,
        prompt: &str,
        sheet: &str,
        number: usize,
        mut row: Value,
    ) -> Result<(), RowError> {
        let mut take = |key: &str| row.get_mut(key).map(Value::take).unwrap_or_default();
        let rollout = take("rollout_id");
        let Value::Object(trace) = take("trace") else {
            return Err(RowError::new(format!("path {} of the {sheet} has no `trace`; add it", number + 1)));
        };
        let mut at = None;
        for node in path(trace, prompt, builder) {
            let key = (at, node.field, node.text);
            let step = if let Some(&step) = self.steps.get(&key) {
                step
            } else {
                let (parent, _, text) = &key;
                let step = Step { parent: *parent, kind: node.kind, text: text.clone(), ..Step::default() };
                let step = builder.push(step);
                self.steps.insert(key, step);
                step
            };
            if let Some(value) = node.value.filter(|value| self.values.insert((step, value.to_bits()))) {
                // The share of samples that agree with the answer.
                builder.score(Some(step), "value", ScoreKind::Correctness, value);
            }
            at = Some(step);
        }
        // The last step of the path remembers which rollouts it ended.
        if let Some(step) = at.and_then(|at| builder.trace_mut().steps.get_mut(at as usize)) {
            let ended = step.metadata.entry(sheet).or_insert_with(|| Value::Array(Vec::new()));
            if let Value::Array(ended) = ended {
                ended.push(rollout);
            }
        }
        Ok(())
    }
}

/// The nodes of a path, in the order of their numbers.
fn path(trace: Map<String, Value>, prompt: &str, builder: &mut TraceBuilder) -> Vec<Node> {
    let mut parts: Vec<(u64, Value)> = Vec::new();
    for (key, value) in trace {
        match key.trim().parse() {
            Ok(number) => parts.push((number, value)),
            Err(_) => warn(builder, format!("`{key}` in `trace` is no number, so its place in the path is not known")),
        }
    }
    parts.sort_by_key(|(number, _)| *number);
    let mut nodes = Vec::new();
    let thought = |field, value: &Value| {
        let (text, value) = if value.is_object() { (&value["text"], float(&value["value"])) } else { (value, None) };
        scalar_text(text).map(|text| Node { kind: StepKind::Thought, text, value, field })
    };
    for (_, part) in parts {
        // The question itself is no step; the same in other words is the first of its branch.
        nodes.extend(thought("user_question", &part["user_question"]).filter(|node| node.text != prompt));
        nodes.extend(thought("subquestion", &part["subquestion"]));
        nodes.extend(thought("subanswer", &part["subanswer"]));
        let mut single: Vec<(u64, &Value)> = part["ost_step"]
            .as_object()
            .into_iter()
            .flatten()
            .map(|(number, step)| (number.trim().parse().unwrap_or(u64::MAX), step))
            .collect();
        single.sort_by_key(|(number, _)| *number);
        nodes.extend(single.into_iter().filter_map(|(_, step)| thought("ost_step", step)));
        let answer = thought("direct_answer", &part["direct_answer"]);
        nodes.extend(answer.map(|node| Node { kind: StepKind::Answer, ..node }));
    }
    nodes
}
