//! Pairs of next steps after a shared beginning: Step-DPO (dvlab-research/Step-DPO) and rStar-Math's pairs of siblings
//! (microsoft/rStar, branch rStar-math). One trace: the beginning, then the candidates beside one another.

use serde_json::Value;

use crate::import::detect::kind;
use crate::import::fields::{Fields, scalar_text, warn};
use crate::import::{Imported, Importer, Recognition, RowError, Sample};
use crate::model::{ImportedValue, Problem, Splitter, Step, StepIndex, StepKind, TraceBuilder};

const SOURCE: &str = "dataset";

/// Reads Step-DPO.
pub(super) struct StepDpo;

impl Importer for StepDpo {
    fn name(&self) -> &'static str {
        "step_dpo"
    }

    fn caption(&self) -> &'static str {
        "Step-DPO: a preferred and a rejected next step"
    }

    fn needs(&self) -> &'static [&'static [&'static str]] {
        &[&["prompt"], &["initial_reason_steps"], &["chosen"], &["rejected"]]
    }

    fn recognise(&self, sample: &Sample) -> Option<Recognition> {
        sample.recognise("`initial_reason_steps` and two next steps", |row| {
            ["prompt", "initial_reason_steps", "chosen", "rejected"].iter().all(|key| row[*key].is_string())
        })
    }

    fn read_row(&self, row: Value, sample: &Sample) -> Result<Vec<Imported>, RowError> {
        let mut fields = Fields::new(row)?;
        let problem =
            Problem { prompt: fields.prompt(&["prompt"])?, answer: fields.text("answer"), ..Problem::default() };
        let mut pair = Pair::new(problem, sample);
        let beginning = text(&mut fields, "initial_reason_steps")?;
        let heading = pair.beginning(&beginning);
        let sides = [("chosen", "full_chosen"), ("rejected", "full_rejected")];
        let mut texts = Vec::new();
        for (key, full) in sides {
            let step = text(&mut fields, key)?;
            // The rest of the solution, where the file has it.
            let rest = fields.get(full).and_then(Value::as_str).and_then(|whole| whole.strip_prefix(step.as_str()));
            let rest = rest.map(str::to_owned);
            if rest.is_some() {
                fields.take(full);
            } else if fields.get(full).is_some_and(|full| !full.is_null()) {
                let said = format!("`{full}` does not start with `{key}`; it is kept in the metadata");
                warn(&mut pair.builder, said);
            }
            pair.candidate(key, &format!("{heading}{step}"), rest.as_deref().unwrap_or_default());
            texts.push(step);
        }
        pair.compare(&texts);
        Ok(vec![pair.end(fields)])
    }
}

/// Reads rStar-Math's pairs, with a single pair per row or lists of good and bad steps.
pub(super) struct RstarPairs;

/// The candidates, each with the key of the path that goes on from it.
const STAGE_1: &[(&str, &str)] = &[("chosen_step", "chosen_steps"), ("rejected_step", "rejected_steps")];
const STAGE_2: &[&str] = &["pos", "neg"];

impl Importer for RstarPairs {
    fn name(&self) -> &'static str {
        "rstar_pairs"
    }

    fn caption(&self) -> &'static str {
        "rStar-Math: good and bad next steps after the same beginning"
    }

    fn needs(&self) -> &'static [&'static [&'static str]] {
        &[&["prefix", "prompt"], &["chosen_step", "pos"], &["rejected_step", "neg"]]
    }

    fn recognise(&self, sample: &Sample) -> Option<Recognition> {
        sample.recognise("next steps of a search, good ones and bad ones", |row| {
            let steps = |key: &str| row[key].is_string() || row[key].is_array();
            row["prefix"].is_string() && row["chosen_step"].is_string() && row["rejected_step"].is_string()
                || row["prompt"].is_string() && steps("pos") && steps("neg")
        })
    }

    fn read_row(&self, row: Value, sample: &Sample) -> Result<Vec<Imported>, RowError> {
        let mut fields = Fields::new(row)?;
        let beginning = fields.text_of(&["prefix", "prompt"]);
        let beginning = beginning.ok_or_else(|| RowError::new("`prefix` or `prompt` is missing; add the beginning"))?;
        let question = fields.text_of(&["question", "problem"]);
        let (question, steps) = split_beginning(question, &beginning);
        let mut pair = Pair::new(Problem::from_text(question), sample);
        let heading = pair.beginning(&steps);
        if !heading.is_empty() {
            // Candidates bring their own headings here, so this one opens nothing.
            pair.builder.chain(StepKind::Thought, heading);
            pair.end = pair.builder.last_step();
        }
        let mut texts = Vec::new();
        for (key, whole) in STAGE_1 {
            let Some(step) = fields.text(key) else { continue };
            let rest = path_text(fields.get(whole)).and_then(|path| Some(path.strip_prefix(&step)?.to_owned()));
            if rest.is_some() {
                fields.take(whole);
            }
            pair.candidate(key, &step, rest.as_deref().unwrap_or_default());
            texts.push(step);
        }
        for key in STAGE_2 {
            for step in candidates(&mut fields, key)? {
                pair.candidate(key, &step, "");
                texts.push(step);
            }
        }
        pair.compare(&texts);
        Ok(vec![pair.end(fields)])
    }
}

fn text(fields: &mut Fields, key: &str) -> Result<String, RowError> {
    fields.text(key).ok_or_else(|| RowError::new(format!("`{key}` is no text; make it the text of the steps")))
}

/// The steps of a path as one text.
fn path_text(path: Option<&Value>) -> Option<String> {
    match path? {
        Value::Array(list) => list.iter().map(scalar_text).collect(),
        other => scalar_text(other),
    }
}

fn candidates(fields: &mut Fields, key: &str) -> Result<Vec<String>, RowError> {
    let list = match fields.take(key) {
        None | Some(Value::Null) => return Ok(Vec::new()),
        Some(Value::Array(list)) => list,
        Some(other) => vec![other],
    };
    let text = |step: &Value| scalar_text(step).or_else(|| path_text(Some(step)));
    let texts: Option<Vec<String>> = list.iter().map(text).collect();
    texts.ok_or_else(|| {
        let odd = list.iter().find(|step| text(step).is_none()).map_or("missing", kind);
        RowError::new(format!("an entry of `{key}` is {odd}; expected the text of a step"))
    })
}

/// Question and steps of a beginning that may hold both, in the words of a chat template.
fn split_beginning(question: Option<String>, beginning: &str) -> (String, String) {
    let steps = beginning.split_once("<|assistant|>:").map(|(_, steps)| steps);
    match (question, steps) {
        (Some(question), None) => {
            let steps = beginning.strip_prefix(question.as_str()).unwrap_or(beginning).to_owned();
            (question, steps)
        }
        (Some(question), Some(steps)) => (question, steps.to_owned()),
        (None, Some(steps)) => {
            let asked = beginning.get(..beginning.len() - steps.len()).unwrap_or_default();
            let asked = asked.strip_suffix("<|assistant|>:").unwrap_or(asked);
            let asked = asked.strip_prefix("<|user|>:").unwrap_or(asked);
            (asked.trim().to_owned(), steps.to_owned())
        }
        (None, None) => (beginning.to_owned(), String::new()),
    }
}

/// A beginning with candidates for the next step.
struct Pair {
    builder: TraceBuilder,
    splitter: Splitter,
    /// The last step of the beginning.
    end: Option<StepIndex>,
    chosen: bool,
}

impl Pair {
    fn new(problem: Problem, sample: &Sample) -> Self {
        let splitter = sample.splitter_or(Splitter::Heading);
        Self { builder: TraceBuilder::new(problem), splitter, end: None, chosen: false }
    }

    /// Adds the shared steps. Gives what stands open at their end, such as `Step 3:`: it belongs to the candidates.
    fn beginning(&mut self, text: &str) -> String {
        let pieces: Vec<String> = self.splitter.split(text).into_iter().map(str::to_owned).collect();
        let many = pieces.len() > 1;
        let mut open = String::new();
        for (index, piece) in pieces.into_iter().enumerate() {
            if !open.is_empty() {
                self.builder.chain(StepKind::Thought, std::mem::take(&mut open));
            }
            if is_open_heading(&piece) {
                open = piece;
            } else {
                let announces = index == 0 && many && !starts_with_step(&piece);
                self.builder.chain(if announces { StepKind::Note } else { StepKind::Thought }, piece);
            }
        }
        self.end = self.builder.last_step();
        open
    }

    /// Adds a candidate and what follows it.
    fn candidate(&mut self, key: &str, text: &str, rest: &str) {
        let good = matches!(key, "chosen" | "chosen_step" | "pos");
        let on_path = good && !self.chosen;
        self.chosen |= good;
        let step = self.builder.push(Step { parent: self.end, text: text.into(), on_path, ..Step::default() });
        let value = if good { ImportedValue::Preferred } else { ImportedValue::Dispreferred };
        self.builder.label(Some(step), value, SOURCE, key, "");
        let mut parent = Some(step);
        for piece in self.splitter.split(rest) {
            parent = Some(self.builder.push(Step { parent, text: piece.into(), on_path, ..Step::default() }));
        }
    }

    fn compare(&mut self, texts: &[String]) {
        for (index, text) in texts.iter().enumerate() {
            if texts.iter().take(index).any(|other| other.trim() == text.trim()) {
                return warn(&mut self.builder, "two candidates are equal; a preference between them teaches nothing");
            }
        }
    }

    fn end(mut self, mut fields: Fields) -> Imported {
        let trace = self.builder.trace_mut();
        trace.splitter = Some(self.splitter.to_string());
        trace.source_id = fields.text_of(&["id", "idx"]);
        trace.metadata.extend(fields.rest());
        self.builder.into()
    }
}

fn starts_with_step(text: &str) -> bool {
    text.trim_start().get(..4).is_some_and(|start| start.eq_ignore_ascii_case("step"))
}

/// A heading without text behind it.
fn is_open_heading(text: &str) -> bool {
    let Some(rest) = starts_with_step(text).then(|| text.trim_start().get(4..)).flatten() else { return false };
    let rest = rest.trim_start().trim_start_matches(|c: char| c.is_ascii_digit());
    rest.trim().trim_start_matches([':', '.', ')']).trim().is_empty()
}
