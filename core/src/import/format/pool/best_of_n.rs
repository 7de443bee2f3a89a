//! Reads best-of-N pools, which differ in their keys only; see `shapes` for these.

use serde_json::Value;

use super::candidates::{self, Lists};
use super::shapes::TOT_SAMPLES;
use crate::import::fields::Fields;
use crate::import::format::asked::take_prompt;
use crate::import::{Imported, Importer, Recognition, RowError, Sample};
use crate::model::{ContentHasher, Metadata, Problem, Prompt};

/// A pool by its keys.
#[derive(Debug)]
pub(super) struct BestOfN {
    pub(super) name: &'static str,
    pub(super) caption: &'static str,
    pub(super) needs: &'static [&'static [&'static str]],
    /// Where the attempts are; the first list that is there. Further ones that are equal to it are left out.
    pub(super) attempts: &'static [&'static str],
    pub(super) lists: Lists,
    /// The pool is recognised by these words and this test.
    pub(super) looks_like: &'static str,
    pub(super) fits: fn(&Value) -> bool,
}

impl Importer for BestOfN {
    fn name(&self) -> &'static str {
        self.name
    }

    fn caption(&self) -> &'static str {
        self.caption
    }

    fn needs(&self) -> &'static [&'static [&'static str]] {
        self.needs
    }

    fn recognise(&self, sample: &Sample) -> Option<Recognition> {
        sample.recognise(self.looks_like, self.fits)
    }

    fn read_row(&self, row: Value, sample: &Sample) -> Result<Vec<Imported>, RowError> {
        let mut fields = Fields::new(row)?;
        let attempts = self.take_attempts(&mut fields)?;
        spread_infos(&mut fields, attempts.len());
        let id = fields.text_of(&["id", "unique_id", "uuid", "problem_id", "idx"]);
        let mut extras = Metadata::new();
        let mut problem = Problem::default();
        let mut unasked = false;
        if let Some(prompt) = take_prompt(&mut fields, &mut extras) {
            problem.prompt = prompt;
        } else {
            problem.prompt = Prompt::Text(nameless(id.as_deref(), &attempts));
            unasked = true;
        }
        let asked = match &problem.prompt {
            Prompt::Text(text) => Some(text),
            Prompt::Messages(messages) => messages.last().map(|message| &message.content),
        };
        // What PURE's files say twice.
        if asked.is_some_and(|asked| fields.get("query").and_then(Value::as_str) == Some(asked)) {
            fields.take("query");
        }
        problem.answer = fields.text_of(&["ground_truth_answer", "ground_truth", "gt", "answer", "reference_answer"]);
        problem.solution = fields.text_of(&["ground_truth_solution", "gt_cot", "solution", "reference_solution"]);
        if !extras.is_empty() {
            problem.metadata.insert("message_extras".into(), extras.into());
        }
        let mut imported = candidates::read(problem, id.as_deref(), attempts, fields, &self.lists, sample)?;
        for trace in imported.iter_mut().map(|imported| &mut imported.trace) {
            if unasked {
                trace.warnings.push("the file does not hold the text of the problem".into());
            }
            if self.name == TOT_SAMPLES.name {
                trace.outcome.reward = trace.scores.iter().find(|score| score.name == "r").map(|score| score.value);
            }
        }
        Ok(imported)
    }
}

/// A stand-in for the text of a problem: rows of different problems must not pass for attempts at one.
fn nameless(id: Option<&str>, attempts: &[Value]) -> String {
    let id = id.map_or_else(
        || attempts.iter().fold(ContentHasher::new("row"), |hash, text| hash.part(text.to_string())).hex(8),
        str::to_owned,
    );
    format!("Problem {id} (its text is not in the file)")
}

impl BestOfN {
    fn take_attempts(&self, fields: &mut Fields) -> Result<Vec<Value>, RowError> {
        let key = self.attempts.iter().find(|key| fields.get(key).is_some_and(Value::is_array));
        let key = key.ok_or_else(|| {
            RowError::new(format!("`{}` is no list; make it one text per attempt", self.attempts.join("` or `")))
        })?;
        let attempts = fields.list(&[key])?;
        for twin in self.attempts {
            if fields.get(twin).and_then(Value::as_array) == Some(&attempts) {
                fields.take(twin);
            }
        }
        Ok(attempts)
    }
}

/// Lists of objects beside the attempts are taken apart, so that their keys are lists beside the attempts.
fn spread_infos(fields: &mut Fields, count: usize) {
    const INFOS: &str = "infos";
    let Some(list) = fields.get(INFOS).and_then(Value::as_array).filter(|list| list.len() == count) else { return };
    let maps: Option<Vec<&Metadata>> = list.iter().map(Value::as_object).collect();
    let Some(maps) = maps else { return };
    let mut columns = Metadata::new();
    for key in maps.iter().flat_map(|map| map.keys()) {
        if !columns.contains_key(key) {
            let column: Vec<Value> = maps.iter().map(|map| map.get(key).cloned().unwrap_or_default()).collect();
            columns.insert(key.clone(), column.into());
        }
    }
    fields.take(INFOS);
    fields.add(columns);
}
