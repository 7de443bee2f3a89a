//! `stepscope show`: one trace as plain text or JSON.

use std::fmt::{self, Write as _};
use std::path::PathBuf;

use clap::Args;
use serde::Serialize;
use serde_json::{Value, json};
use stepscope_core::annotation::{self, TraceAnnotation};
use stepscope_core::import;
use stepscope_core::labels::{Panel, SideBySide};
use stepscope_core::model::{FirstError, ImportedLabel, ImportedValue, StepHash, StepIndex, Trace};
use stepscope_core::scoring::ScoreBook;
use stepscope_core::store::{ProjectDir, Store};

use super::Failure;
use super::import_options::ReadArgs;
use super::output::{Ending, Output};
use crate::startup::Startup;
use crate::state::corpus::ProjectCorpus;

/// Arguments of `show`.
#[derive(Args, Debug)]
pub struct ShowArgs {
    /// A trace file, with `--row`.
    #[arg(required_unless_present = "project", conflicts_with = "project", requires = "row")]
    path: Option<PathBuf>,
    /// Row of the file, from 1.
    #[arg(long, value_name = "N")]
    row: Option<u64>,
    /// A project folder, with `--trace`.
    #[arg(long, value_name = "DIR", requires = "trace")]
    project: Option<PathBuf>,
    /// Identity of the trace, the name its source gives it, or the beginning of either.
    #[arg(long, value_name = "ID")]
    trace: Option<String>,
    #[command(flatten)]
    read: ReadArgs,
    /// Print one JSON object.
    #[arg(long)]
    pub json: bool,
}

/// Shows.
pub fn run(args: &ShowArgs, startup: &Startup, out: &Output) -> Result<Ending, Failure> {
    let shown = match (&args.project, &args.trace, &args.path, args.row) {
        (Some(project), Some(id), _, _) => from_project(&ProjectDir::new(project), id)?,
        (_, _, Some(path), Some(row)) => from_file(path, row, args, startup, out)?,
        _ => return Err("give --project DIR --trace ID, or PATH --row N".into()),
    };
    out.report(&shown)?;
    Ok(Ending::Done)
}

fn from_project(dir: &ProjectDir, id: &str) -> Result<Shown, Failure> {
    let store = Store::open(dir)?;
    let row =
        store.find(id).ok_or_else(|| format!("`{id}` names no trace, or several, in {}", dir.path().display()))?;
    let trace = store.trace(row)?;
    let mut said = Vec::new();
    for annotator in annotation::list_annotators(&dir.annotations())? {
        let (annotations, _) = annotation::read(&dir.annotations(), &annotator)?;
        if let Some(trace) = annotations.trace(&trace.id).filter(|said| !said.is_empty()) {
            said.push((format!("own:{annotator}"), trace.clone()));
        }
    }
    let (scores, _) = ScoreBook::open(&dir.scores())?;
    let mut shown = Shown::new(&trace, &said, &scores);
    let corpus = ProjectCorpus::new(store, None, scores)?;
    shown.side_by_side = Some(Panel::of_trace(&corpus, &trace)?.side_by_side(&trace));
    Ok(shown)
}

fn from_file(
    path: &std::path::Path,
    row: u64,
    args: &ShowArgs,
    startup: &Startup,
    out: &Output,
) -> Result<Shown, Failure> {
    let trace = import::read_row(path, row, &args.read.options(startup)?, &out.context())?;
    Ok(Shown::new(&trace, &[], &ScoreBook::default()))
}

#[derive(Serialize)]
struct Shown {
    schema: &'static str,
    id: String,
    source_id: Option<String>,
    problem: String,
    answer: Option<String>,
    steps: Vec<ShownStep>,
    outcome: Value,
    generator: Option<String>,
    labels: Vec<Value>,
    notes: Vec<Value>,
    warnings: Vec<String>,
    source: Value,
    /// Of a project: what each label source says of each step.
    #[serde(skip_serializing_if = "Option::is_none")]
    side_by_side: Option<SideBySide>,
}

#[derive(Serialize)]
struct ShownStep {
    id: String,
    parent: Option<StepIndex>,
    kind: &'static str,
    author: Option<String>,
    text: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    tool: Option<Value>,
    labels: Vec<Value>,
    scores: serde_json::Map<String, Value>,
}

impl Shown {
    fn new(trace: &Trace, said: &[(String, TraceAnnotation)], book: &ScoreBook) -> Self {
        let steps = (0..).zip(&trace.steps).map(|(index, step)| {
            let imported = trace.labels.iter().filter(|label| label.step == Some(index)).map(imported_label);
            let own = said.iter().flat_map(|(source, said)| labels_of_parts(source, said, &step.hash));
            let imported_scores = trace.scores.iter().filter(|score| score.step == Some(index));
            let mut scores: serde_json::Map<String, Value> =
                imported_scores.map(|score| (score.name.clone(), json!(score.value))).collect();
            let computed = book.scorers().into_iter();
            scores.extend(computed.filter_map(|scorer| {
                let score = book.get(&scorer.name, &step.hash)?;
                Some((scorer.name, short(score)))
            }));
            ShownStep {
                id: step.hash.to_string(),
                parent: step.parent,
                kind: step.kind.name(),
                author: step.author.clone(),
                text: step.text.clone(),
                tool: step.tool.as_ref().map(|tool| json!(tool)),
                labels: imported.chain(own).collect(),
                scores,
            }
        });
        Self {
            schema: "stepscope.show/1",
            id: trace.id.to_string(),
            source_id: trace.source_id.clone(),
            problem: trace.problem.text().into_owned(),
            answer: trace.problem.answer.clone(),
            steps: steps.collect(),
            outcome: json!(trace.outcome),
            generator: trace.generator.clone(),
            labels: trace_labels(trace, said),
            notes: said
                .iter()
                .filter(|(_, said)| !said.note.is_empty())
                .map(|(source, said)| json!({ "source": source, "text": said.note }))
                .collect(),
            warnings: trace.warnings.clone(),
            source: json!(trace.source),
            side_by_side: None,
        }
    }
}

/// A score with the digits it has, and not those that a wider number format would add.
fn short(score: f32) -> Value {
    json!(score.to_string().parse::<f64>().unwrap_or(f64::from(score)))
}

fn imported_label(label: &ImportedLabel) -> Value {
    let value = match label.value {
        ImportedValue::Soft(value) => json!(value),
        other => json!(other.name()),
    };
    let mut shown = json!({ "source": label.source, "value": value, "field": label.field, "raw": label.raw });
    for (key, text) in [("rationale", &label.rationale), ("correction", &label.correction)] {
        if let Some(text) = text {
            shown[key] = json!(text);
        }
    }
    shown
}

/// What an annotator said of a step of the source and of its parts, in the order of the text. What is said of a part
/// names it.
fn labels_of_parts(source: &str, said: &TraceAnnotation, step: &StepHash) -> Vec<Value> {
    let mut parts: Vec<(usize, &StepHash)> = said
        .named_steps()
        .into_iter()
        .filter_map(|named| named.whole().1.filter(|_| named.whole().0 == *step).map(|end| (end, named)))
        .collect();
    parts.sort_unstable();
    let mut labels: Vec<Value> =
        parts.into_iter().flat_map(|(_, part)| named(own_labels(source, said, part), part)).collect();
    labels.extend(own_labels(source, said, step));
    labels
}

fn named(mut labels: Vec<Value>, step: &StepHash) -> Vec<Value> {
    for label in &mut labels {
        label["step"] = json!(step);
    }
    labels
}

/// What an annotator said of a step; labels other than ratings, first errors and notes as they stand in the log.
fn own_labels(source: &str, said: &TraceAnnotation, step: &StepHash) -> Vec<Value> {
    let mut labels = Vec::new();
    if matches!(&said.first_error, Some(FirstError::At(hash)) if hash == step) {
        labels.push(json!({ "source": source, "value": "first_error" }));
    }
    if let Some(own) = said.steps.get(step) {
        if let Some(rating) = own.rating {
            labels.push(json!({ "source": source, "value": rating.name() }));
        }
        labels.extend(own.labels.iter().map(|label| json!({ "source": source, "label": label })));
        if !own.note.is_empty() {
            labels.push(json!({ "source": source, "note": own.note }));
        }
    }
    labels
}

fn trace_labels(trace: &Trace, said: &[(String, TraceAnnotation)]) -> Vec<Value> {
    let mut labels: Vec<Value> = trace.labels.iter().filter(|l| l.step.is_none()).map(imported_label).collect();
    for (source, said) in said {
        match &said.first_error {
            // The last step that was read: the trace may have grown since.
            Some(FirstError::NoneUpTo(step)) => {
                labels.push(json!({ "source": source, "value": "no_error", "up_to": step }));
            }
            Some(FirstError::Unsure) => labels.push(json!({ "source": source, "value": "unsure" })),
            Some(FirstError::At(_)) | None => {}
        }
        labels.push(json!({ "source": source, "status": said.status.name() }));
        labels.extend(said.labels.iter().map(|label| json!({ "source": source, "label": label })));
        // Written steps are not among those of the source, so what is said of them stands here.
        let mut written: Vec<&StepHash> = said.named_steps().into_iter().filter(|step| step.is_written()).collect();
        written.sort_unstable_by_key(|step| step.written_number());
        labels.extend(written.into_iter().flat_map(|step| named(own_labels(source, said, step), step)));
    }
    labels
}

impl fmt::Display for Shown {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{}  {}", self.id, self.source_id.as_deref().unwrap_or_default())?;
        writeln!(
            f,
            "generator {}  outcome {}",
            self.generator.as_deref().unwrap_or("unknown"),
            self.outcome["verdict"].as_str().unwrap_or_default()
        )?;
        writeln!(f, "\n{}\n", self.problem)?;
        for (number, step) in (1..).zip(&self.steps) {
            let mut head = format!("{number}. {}", step.kind);
            if let Some(parent) = step.parent.filter(|parent| *parent + 2 != number) {
                write!(head, " (after {})", parent + 1)?;
            }
            for label in &step.labels {
                let value =
                    ["value", "note", "label"].into_iter().find_map(|key| label.get(key)).unwrap_or(&Value::Null);
                write!(head, "  [{}: {value}]", label["source"].as_str().unwrap_or_default())?;
            }
            for (name, score) in &step.scores {
                write!(head, "  {name} {score}")?;
            }
            writeln!(f, "{head}")?;
            for line in step.text.lines() {
                writeln!(f, "   {line}")?;
            }
            // Some sources write the call out in the text as well.
            let arguments = step.tool.as_ref().and_then(|tool| tool["arguments"].as_str()).unwrap_or_default();
            if !arguments.is_empty() && !step.text.contains(arguments) {
                let name = step.tool.as_ref().and_then(|tool| tool["name"].as_str()).unwrap_or_default();
                writeln!(f, "   {name} {arguments}")?;
            }
        }
        for label in &self.labels {
            writeln!(f, "{label}")?;
        }
        for note in &self.notes {
            let (source, text) = (note["source"].as_str(), note["text"].as_str());
            writeln!(f, "note ({}): {}", source.unwrap_or_default(), text.unwrap_or_default())?;
        }
        for warning in &self.warnings {
            writeln!(f, "warning: {warning}")?;
        }
        Ok(())
    }
}
