//! The mapping that a file most likely needs: what the dialog starts from.

use serde_json::Value;

use super::path::{PathInfo, paths};
use super::{FieldPath, LabelMapping, LabelSays, Mapping, OutcomeMapping, ScoreMapping};
use crate::import::Sample;
use crate::import::fields::whole_number;
use crate::model::{ScoreKind, Splitter};

const PROBLEM: &[&str] = &["problem", "question", "prompt", "query", "instruction", "task", "input", "goal", "x"];
const STEPS: &[&str] = &[
    "steps",
    "reasoning_steps",
    "solution_steps",
    "completions",
    "thoughts",
    "chain",
    "trajectory",
    "nodes",
    "sentences",
    "chunks",
    "process",
    "history",
    "messages",
];
const TEXT: &[&str] = &[
    "reasoning",
    "cot",
    "chain_of_thought",
    "rationale",
    "thinking",
    "solution",
    "response",
    "completion",
    "output",
    "generation",
    "model_output",
    "answer",
    "text",
    "content",
];
const STEP_TEXT: &[&str] =
    &["text", "content", "step", "thought", "value", "action", "description", "sentence", "chunk"];
const STEP_ID: &[&str] = &["id", "step_id", "node_id", "index", "name"];
const STEP_PARENT: &[&str] = &["parent", "parent_id", "parentId", "parent_node"];
const LABELS: &[&str] =
    &["labels", "step_labels", "ratings", "rating", "annotations", "verdicts", "correctness", "label"];
const FIRST_ERROR: &[&str] =
    &["first_error", "first_error_step", "error_step", "error_index", "mistake_index", "mistake_step", "label"];
const SCORES: &[&str] = &[
    "step_scores",
    "scores",
    "rewards",
    "step_rewards",
    "values",
    "prm_scores",
    "probs",
    "q",
    "value",
    "reward",
    "score",
];
const OUTCOME: &[&str] = &[
    "is_correct",
    "correct",
    "final_answer_correct",
    "success",
    "passed",
    "solved",
    "is_solved",
    "outcome",
    "acc",
    "accuracy",
    "reward",
    "score",
];
const ID: &[&str] = &["id", "uid", "uuid", "trace_id", "task_id", "question_id", "idx", "index", "key"];
const GENERATOR: &[&str] = &["generator", "model", "model_name", "policy", "agent", "llm"];
const ANSWER: &[&str] =
    &["ground_truth", "gold", "gold_answer", "gt_answer", "reference_answer", "target", "expected", "answer"];
const ROWS: &[&str] = &["data", "rows", "items", "examples", "traces", "samples", "records", "results"];

/// The mapping that fits these rows best, as far as their keys and values tell. It may lack steps, where nothing looks
/// like them.
pub fn guess(sample: &Sample) -> Mapping {
    let mut mapping = Mapping::default();
    let rows = inner_rows(sample, &mut mapping);
    let found = paths(&rows);
    let guess = Guess { rows: &rows, paths: &found };
    mapping.keys = sample.keys().into_iter().take(12).map(str::to_owned).collect();
    if let Some(steps) = guess.steps() {
        mapping.steps.clone_from(&steps.path);
        guess.step_keys(steps, &mut mapping);
    } else if let Some(text) = guess.text() {
        mapping.splitter = guess.splitter(&text).to_string();
        mapping.steps = text;
    }
    let mut taken = vec![mapping.steps.clone()];
    let take = |names: &[&str], fits: &dyn Fn(&Value) -> bool, taken: &mut Vec<String>| {
        let path = guess.named(names, taken, fits).unwrap_or_default();
        taken.push(path.clone());
        path
    };
    let is_text = |value: &Value| value.as_str().is_some_and(|text| !text.trim().is_empty());
    mapping.problem = take(PROBLEM, &|value| is_text(value) || is_messages(value), &mut taken);
    if mapping.problem.is_empty()
        && guess.rows.iter().any(|row| FieldPath::new(&mapping.steps).get(row).is_some_and(Value::is_array))
    {
        mapping.problem = guess.longest_text(&mapping.steps).unwrap_or_default();
        taken.push(mapping.problem.clone());
    }
    if mapping.labels.is_none() {
        mapping.labels = guess.labels(&mapping.steps, &mut taken);
    }
    if mapping.scores.is_empty() {
        mapping.scores.extend(guess.scores(&mapping.steps, &mut taken));
    }
    let is_verdict = |value: &Value| value.is_boolean() || matches!(whole_number(value), Some(0 | 1));
    let path = take(OUTCOME, &is_verdict, &mut taken);
    mapping.outcome = (!path.is_empty()).then(|| OutcomeMapping { path, ..OutcomeMapping::default() });
    let is_name = |value: &Value| value.as_str().is_some_and(|text| text.len() <= 200) || value.is_u64();
    mapping.id = take(ID, &is_name, &mut taken);
    mapping.generator = take(GENERATOR, &is_name, &mut taken);
    mapping.answer = take(ANSWER, &|value| is_name(value) || value.is_number(), &mut taken);
    mapping
}

/// The rows themselves, or those inside of a single document.
fn inner_rows(sample: &Sample, mapping: &mut Mapping) -> Vec<Value> {
    if let [Value::Object(only)] = sample.rows.as_slice()
        && !STEPS.iter().chain(TEXT).any(|key| only.contains_key(*key))
        && let Some((key, rows)) = ROWS.iter().find_map(|key| Some((key, only.get(*key)?.as_array()?)))
        && rows.first().is_some_and(Value::is_object)
    {
        (*key).clone_into(&mut mapping.rows);
        return rows.iter().take(64).cloned().collect();
    }
    sample.rows.clone()
}

struct Guess<'a> {
    rows: &'a [Value],
    paths: &'a [PathInfo],
}

impl Guess<'_> {
    /// The values at a path.
    fn values(&self, path: &str) -> impl Iterator<Item = &Value> {
        let path = FieldPath::new(path);
        self.rows.iter().filter_map(move |row| path.get(row)).filter(|value| !value.is_null())
    }

    /// True where there are values and most of them fit.
    fn most(&self, path: &str, fits: &dyn Fn(&Value) -> bool) -> bool {
        let (all, good) = self.values(path).fold((0, 0), |(all, good), v| (all + 1, good + usize::from(fits(v))));
        good * 2 > all
    }

    /// The first path whose last key has one of the names, in the order of the names; shallower paths first.
    fn named(&self, names: &[&str], taken: &[String], fits: &dyn Fn(&Value) -> bool) -> Option<String> {
        names.iter().find_map(|name| {
            let called = |info: &&PathInfo| {
                let path = FieldPath::new(&info.path);
                path.last().is_some_and(|last| last.eq_ignore_ascii_case(name))
            };
            let mut found: Vec<&PathInfo> =
                self.paths.iter().filter(called).filter(|info| !taken.contains(&info.path)).collect();
            found.sort_by_key(|info| info.path.matches(['.', '/']).count());
            found.into_iter().find(|info| self.most(&info.path, fits)).map(|info| info.path.clone())
        })
    }

    /// A list of texts, or of objects with a text: by name, else the longest such list.
    fn steps(&self) -> Option<&PathInfo> {
        let is_steps = |value: &Value| {
            value.as_array().is_some_and(|list| {
                list.iter().any(|step| step_text(step).is_some_and(|text| text.len() > 1))
                    && list.iter().all(|step| step.is_null() || step_text(step).is_some())
            })
        };
        if let Some(path) = self.named(STEPS, &[], &is_steps) {
            return self.paths.iter().find(|info| info.path == path);
        }
        let length = |info: &&PathInfo| {
            let texts = |list: &Vec<Value>| list.iter().filter_map(step_text).map(str::len).sum::<usize>();
            self.values(&info.path).filter_map(Value::as_array).map(texts).sum::<usize>()
        };
        let lists = self.paths.iter().filter(|info| info.kind == "a list" && self.most(&info.path, &is_steps));
        lists.max_by_key(length).filter(|info| length(info) > 0)
    }

    fn text(&self) -> Option<String> {
        let is_long = |value: &Value| value.as_str().is_some_and(|text| text.len() > 20);
        let is_text = |value: &Value| value.is_string();
        self.named(TEXT, &[], &is_long).or_else(|| self.named(TEXT, &[], &is_text)).or_else(|| self.longest_text(""))
    }

    /// The path of the longest texts, but for that one.
    fn longest_text(&self, but: &str) -> Option<String> {
        let length = |info: &&PathInfo| self.values(&info.path).filter_map(Value::as_str).map(str::len).sum::<usize>();
        let texts = self.paths.iter().filter(|info| info.kind == "a text" && info.path != but);
        texts.max_by_key(length).map(|info| info.path.clone())
    }

    /// The splitter that cuts most texts into a handful of steps.
    fn splitter(&self, path: &str) -> Splitter {
        let texts: Vec<&str> = self.values(path).filter_map(Value::as_str).take(16).collect();
        let cuts = |splitter: &Splitter| texts.iter().filter(|text| splitter.split(text).len() > 2).count();
        let [blank, line, heading, sentence, _, whole] = Splitter::plain();
        let marker =
            ["ки", "<extra_0>", "\u{2581}ки"].iter().find(|mark| texts.iter().any(|text| text.contains(**mark)));
        if let Some(marker) = marker {
            return Splitter::Marker((*marker).to_owned());
        }
        let enough = texts.len().div_ceil(2);
        [heading, blank, line, sentence].into_iter().find(|splitter| cuts(splitter) >= enough.max(1)).unwrap_or(whole)
    }

    /// What the objects of the list of steps hold besides their text.
    fn step_keys(&self, steps: &PathInfo, mapping: &mut Mapping) {
        if steps.entry_keys.is_empty() {
            return;
        }
        let lists: Vec<&Vec<Value>> = self.values(&steps.path).filter_map(Value::as_array).collect();
        let entries = || lists.iter().copied().flatten();
        let key = |names: &[&str], fits: &dyn Fn(&Value) -> bool| {
            let called = |name: &&&str| steps.entry_keys.iter().any(|key| key == **name);
            let mut called = names.iter().filter(called);
            called.find(|name| entries().filter_map(|entry| entry.get(**name)).any(fits)).map(|name| (*name).to_owned())
        };
        mapping.step_text = key(STEP_TEXT, &|value| value.is_string()).unwrap_or_default();
        let named = |value: &Value| value.is_string() || value.is_u64();
        if let (Some(id), Some(parent)) = (key(STEP_ID, &named), key(STEP_PARENT, &named)) {
            (mapping.step_id, mapping.step_parent) = (id, parent);
        }
        let is_label = |value: &Value| value.is_boolean() || value.is_i64() || value.is_string();
        if let Some(in_step) = key(LABELS, &is_label).filter(|key| *key != mapping.step_text) {
            mapping.labels = Some(LabelMapping { in_step, ..LabelMapping::default() });
        }
        if let Some(in_step) = key(SCORES, &|value| value.is_number()) {
            mapping.scores.push(ScoreMapping { kind: kind_of(&in_step), in_step, ..ScoreMapping::default() });
        }
    }

    fn labels(&self, steps: &str, taken: &mut Vec<String>) -> Option<LabelMapping> {
        let rates = |value: &Value| {
            value.as_array().is_some_and(|list| {
                !list.is_empty() && list.iter().all(|v| v.is_null() || v.is_boolean() || v.is_i64() || v.is_string())
            })
        };
        if let Some(path) = self.named(LABELS, taken, &rates) {
            taken.push(path.clone());
            return Some(LabelMapping { path, ..LabelMapping::default() });
        }
        let is_number = |value: &Value| whole_number(value).is_some();
        let path = self.named(FIRST_ERROR, taken, &is_number)?;
        taken.push(path.clone());
        // Counted from 1 where a label equals the number of steps and none is 0.
        let lengths = |row: &Value| FieldPath::new(steps).get(row).and_then(Value::as_array).map(Vec::len);
        let number = |row: &Value| FieldPath::new(&path).get(row).and_then(whole_number);
        let past_the_end = self.rows.iter().any(|row| {
            matches!((number(row), lengths(row)), (Some(n), Some(len)) if usize::try_from(n).is_ok_and(|n| n == len))
        });
        let has_zero = self.rows.iter().any(|row| number(row) == Some(0));
        let base = u32::from(past_the_end && !has_zero);
        Some(LabelMapping { path, says: LabelSays::FirstError, base, ..LabelMapping::default() })
    }

    fn scores(&self, steps: &str, taken: &mut Vec<String>) -> Option<ScoreMapping> {
        let per_step = |value: &Value| {
            value.as_array().is_some_and(|list| list.len() > 1 && list.iter().all(|v| v.is_null() || v.is_f64()))
        };
        let path = self.named(SCORES, taken, &per_step).filter(|path| path != steps)?;
        taken.push(path.clone());
        Some(ScoreMapping { kind: kind_of(&path), path, ..ScoreMapping::default() })
    }
}

fn is_messages(value: &Value) -> bool {
    let is_message = |value: &Value| value.get("role").is_some() && value.get("content").is_some();
    value.as_array().is_some_and(|list| !list.is_empty() && list.iter().all(is_message))
}

fn step_text(step: &Value) -> Option<&str> {
    match step {
        Value::String(text) => Some(text),
        Value::Object(map) => STEP_TEXT.iter().find_map(|key| map.get(*key)?.as_str()),
        _ => None,
    }
}

/// What the name of a score gives away; the user knows better.
fn kind_of(name: &str) -> ScoreKind {
    let name = name.to_lowercase();
    if name.contains("reward") {
        ScoreKind::Reward
    } else if name.contains("value") || name.ends_with('q') {
        ScoreKind::Value
    } else if name.contains("prob") || name.contains("prm") {
        ScoreKind::Correctness
    } else {
        ScoreKind::Other
    }
}
