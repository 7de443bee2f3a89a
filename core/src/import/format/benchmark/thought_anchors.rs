//! Thought Anchors (interp-reasoning/thought-anchors.com): a long chain of thought in chunks, with what each chunk
//! depends on and how much it matters. A problem is a folder of files that belong together.
//!
//! Chunks are steps. What follows them in the solution, the answer after the thinking, is one more step. Of the up to
//! a hundred resamples of a chunk their number and the most frequent ones are kept, so that a trace stays readable;
//! dependencies and impacts stay with the chunk, under the numbers that the files use.

mod chunks;
mod parts;

use serde_json::{Map, Value};

pub(super) use self::parts::PARTS;
use crate::import::fields::{Fields, raw_text, warn};
use crate::import::paths::Paths;
use crate::import::{Bundle, Imported, Importer, Recognition, RowError, Sample, Unit};
use crate::model::{Problem, Prompt, StepKind, TraceBuilder, Verdict};

const BASE: &str = "base_solution.json";
const CHUNKS: &str = "chunks_labeled.json";
const RESAMPLED: &str = "chunks_resampled.json";
const IMPACTS: &str = "step_importance.json";
const MORE_IMPACTS: &str = "step_importance_supp.json";
const PROBLEM: &str = "problem.json";
const SCENARIO: &str = "scenario.json";
const SUMMARY: &str = "summary.json";
const FILES: [&str; 8] = [CHUNKS, BASE, PROBLEM, SCENARIO, RESAMPLED, IMPACTS, MORE_IMPACTS, SUMMARY];

/// Reads folders of chunks.
pub(super) struct ThoughtAnchors;

impl Importer for ThoughtAnchors {
    fn name(&self) -> &'static str {
        "thought_anchors"
    }

    fn caption(&self) -> &'static str {
        "Thought Anchors: chunks of a chain of thought and how much they matter"
    }

    fn needs(&self) -> &'static [&'static [&'static str]] {
        &[&["chunk"], &["chunk_idx"], &["function_tags", "depends_on"]]
    }

    fn recognise(&self, sample: &Sample) -> Option<Recognition> {
        let found = sample.recognise("`chunk` with its number, tags and dependencies", chunks::is_chunk)?;
        // The chunks of one file are one trace.
        (sample.in_list && found.share >= 1.0).then_some(Recognition { unit: Unit::Document, ..found })
    }

    fn bundles(&self, paths: &[&str]) -> Vec<Bundle> {
        let known = Paths::new(paths);
        let bundle = |folder: &str| {
            let files = FILES.iter().map(|file| format!("{folder}{file}"));
            Bundle { shared: files.filter(|path| known.contains(path)).collect(), each: Vec::new() }
        };
        let folders = paths.iter().filter_map(|path| path.strip_suffix(CHUNKS));
        let folders = folders.filter(|folder| folder.is_empty() || folder.ends_with('/'));
        folders.map(bundle).filter(|bundle| bundle.shared.len() > 1).collect()
    }

    fn read_row(&self, row: Value, sample: &Sample) -> Result<Vec<Imported>, RowError> {
        let mut folder = Folder::new(row, sample)?;
        let Value::Array(list) = folder.take(CHUNKS) else {
            return Err(RowError::new(format!("{CHUNKS} is missing or no list; it has the steps of the trace")));
        };
        let mut base = folder.object(BASE)?;
        let scenario = folder.object(SCENARIO)?;
        let is_scenario = scenario.get("scenario_id").is_some();
        let mut builder = TraceBuilder::new(problem(&mut base, folder.object(PROBLEM)?, scenario));
        if builder.trace_mut().problem.text().is_empty() {
            warn(&mut builder, format!("{PROBLEM} is missing, so the problem is empty; open the whole folder"));
        }
        chunks::read(&mut builder, list, is_scenario)?;
        chunks::resamples(&mut builder, folder.take(RESAMPLED));
        for (file, key) in [(IMPACTS, "target_impacts"), (MORE_IMPACTS, "target_impacts_supp")] {
            chunks::impacts(&mut builder, file, key, folder.take(file));
        }
        finish_solution(&mut builder, &mut base);
        let trace = builder.trace_mut();
        if let Some(right) = base.bool_of(&["is_correct"]) {
            trace.outcome.verdict = Verdict::from_bool(right);
        }
        (trace.source_id, trace.generator) = folder.names();
        trace.metadata.extend(base.rest());
        let mut summary = folder.object(SUMMARY)?.rest();
        summary.retain(|_, value| !value.is_array());
        trace.metadata.extend(summary);
        for (name, value) in folder.rest() {
            trace.metadata.insert(name, value);
        }
        Ok(vec![builder.into()])
    }
}

/// The question is the plain one where there is a file for it; what the model was shown is kept beside it.
fn problem(base: &mut Fields, mut about: Fields, scenario: Fields) -> Problem {
    let shown = base.text("prompt");
    let text = about.text("problem");
    let mut problem = Problem {
        prompt: Prompt::Text(text.clone().or_else(|| shown.clone()).unwrap_or_default()),
        answer: about.text("gt_answer"),
        solution: about.text("gt_solution"),
        metadata: about.rest(),
    };
    problem.metadata.extend(scenario.rest());
    if let Some(shown) = shown.filter(|_| text.is_some()) {
        problem.metadata.insert("prompt".into(), shown.into());
    }
    problem
}

/// Adds the answer that follows the thinking, and drops the copy of prompt and solution.
fn finish_solution(builder: &mut TraceBuilder, base: &mut Fields) {
    let text = |key: &str, base: &Fields| base.get(key).and_then(Value::as_str).unwrap_or_default().to_owned();
    let solution = text("solution", base);
    if text("full_cot", base).ends_with(&solution) {
        base.take("full_cot");
    }
    let Some((thinking, answer)) = solution.split_once("</think>") else { return };
    // In scenarios the chunks go on to the end of the answer.
    let last = builder.trace_mut().steps.last();
    let ends_with_chunks = |text: &str| last.is_some_and(|last| text.trim_end().ends_with(last.text.trim_end()));
    let is_chunked = ends_with_chunks(answer) && !ends_with_chunks(thinking);
    if !answer.trim().is_empty() && !is_chunked {
        for step in &mut builder.trace_mut().steps {
            step.section = Some("thinking".into());
        }
        builder.chain(StepKind::Answer, answer);
        if let Some(step) = builder.trace_mut().steps.last_mut() {
            step.section = Some("response".into());
        }
    }
}

/// The files of a problem, by their names without folder.
struct Folder {
    files: Map<String, Value>,
    /// Where they are, as far as that is known.
    path: String,
}

impl Folder {
    /// Also takes the list of chunks alone.
    fn new(row: Value, sample: &Sample) -> Result<Self, RowError> {
        let mut files = Map::new();
        if row.is_array() {
            files.insert(CHUNKS.into(), row);
            return Ok(Self { files, path: String::new() });
        }
        let mut path = sample.path.to_string_lossy().replace('\\', "/");
        let Value::Object(given) = row else {
            return Err(RowError::new(format!("the row is {}; expected a list of chunks", raw_text(&row))));
        };
        for (name, value) in given {
            let (folder, name) = name.rsplit_once('/').unwrap_or(("", &name));
            if name == CHUNKS && !folder.is_empty() {
                path = format!("{path}/{folder}");
            }
            files.insert(name.into(), value);
        }
        Ok(Self { files, path })
    }

    fn take(&mut self, name: &str) -> Value {
        self.files.shift_remove(name).unwrap_or_default()
    }

    /// A file that is an object; anything else is left for the metadata.
    fn object(&mut self, name: &str) -> Result<Fields, RowError> {
        let found = self.files.get(name).is_some_and(Value::is_object).then(|| self.take(name));
        Fields::new(found.unwrap_or_else(|| Map::new().into()))
    }

    /// The name of the problem and the model: `MODEL/correct_base_solution/problem_7`.
    fn names(&self) -> (Option<String>, Option<String>) {
        let mut parts = self.path.rsplit('/').filter(|part| !part.is_empty());
        let (problem, sort, model) = (parts.next(), parts.next(), parts.next());
        let model = model.filter(|_| sort.is_some_and(|sort| sort.ends_with("base_solution")));
        (problem.map(str::to_owned), model.map(str::to_owned))
    }

    fn rest(self) -> Map<String, Value> {
        self.files
    }
}
