//! The right side: labels of the chosen step and trace, scores by scorer, notes.

use stepscope_core::annotation::{LabelSchema, Labels, TraceAnnotation};
use stepscope_core::model::{FirstError, ImportedLabel, ImportedValue, Label, LabelKey, StepRating, TraceStatus};
use stepscope_core::scoring::Aggregate;

use super::labels::label_text;
use super::scores::{ScoreDetail, ScoreSeries, aggregate_text, score_text, score_tone};
use super::{Tone, one_line};
use crate::state::OpenTrace;

/// What is known and said of the selected step and its trace.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "testing", derive(serde::Serialize))]
pub struct InspectorModel {
    /// `Step 3 of 7`.
    pub step_title: String,
    /// The rating given to the step.
    pub rating: Option<StepRating>,
    /// The ratings that the project asks for.
    #[cfg_attr(feature = "testing", serde(skip))]
    pub ratings: Vec<StepRating>,
    /// What else the annotator said of the step.
    #[cfg_attr(feature = "testing", serde(skip_serializing_if = "Vec::is_empty"))]
    pub step_labels: Vec<SaidLine>,
    /// What else the annotator said of the trace.
    #[cfg_attr(feature = "testing", serde(skip_serializing_if = "Vec::is_empty"))]
    pub trace_labels: Vec<SaidLine>,
    /// The step is marked as the first error.
    pub is_first_error: bool,
    /// The path shown is marked as free of errors, to its end.
    pub is_all_correct: bool,
    /// How far the annotator got.
    pub status: TraceStatus,
    /// The note on the step.
    pub step_note: String,
    /// The note on the trace.
    pub trace_note: String,
    /// Short title of what the scores on a path make together.
    pub aggregate: &'static str,
    /// Scores of the selected step by scorer.
    pub scores: Vec<ScoreLine>,
    /// Scores are hidden until the trace is judged.
    #[cfg_attr(feature = "testing", serde(skip_serializing_if = "std::ops::Not::not"))]
    pub hides_scores: bool,
    /// What a judge has written so far of the step.
    #[cfg_attr(feature = "testing", serde(skip_serializing_if = "String::is_empty"))]
    pub critique: String,
    /// Labels that came with the data, on the step or the trace.
    pub imported: Vec<(String, Tone)>,
    /// Facts about the trace, name and value.
    pub facts: Vec<(&'static str, String)>,
    /// Fields of the source that have no place of their own, name and value.
    pub metadata: Vec<(String, String)>,
}

/// A label of the annotator's, which can be taken away.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "testing", derive(serde::Serialize))]
pub struct SaidLine {
    /// What it says.
    pub text: String,
    /// What that means.
    pub tone: Tone,
    /// More about it.
    pub hint: String,
    /// Which it is.
    #[cfg_attr(feature = "testing", serde(skip))]
    pub key: LabelKey,
}

/// The score of one scorer.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "testing", derive(serde::Serialize))]
pub struct ScoreLine {
    /// Name of the scorer.
    pub name: String,
    /// What its numbers mean.
    pub kind: &'static str,
    /// The score of the step, and what it suggests.
    pub step: Option<(String, Tone)>,
    /// What the scores on the path make together.
    pub path: Option<String>,
    /// The last score on the path.
    pub last: Option<String>,
    /// Shown in table and gutter.
    pub chosen: bool,
    /// What the scorer says of the step besides: the spread of an ensemble, evidence, a critique.
    pub note: String,
}

impl InspectorModel {
    /// Builds it from the open trace, what the annotator said, and the scores, chosen series first.
    pub fn new(
        open: &OpenTrace,
        said: Option<&TraceAnnotation>,
        scores: &[ScoreSeries],
        show_imported: bool,
        aggregate: Aggregate,
    ) -> Self {
        let trace = &open.trace;
        let own = open.step().and_then(|step| said?.steps.get(&step.hash));
        let first_error = said.and_then(|s| s.first_error.as_ref());
        Self {
            step_title: format!("Step {} of {}", open.at + 1, open.path.len()),
            rating: own.and_then(|s| s.rating),
            ratings: StepRating::ALL.to_vec(),
            step_labels: Vec::new(),
            trace_labels: Vec::new(),
            is_first_error: matches!((first_error, open.step()), (Some(FirstError::At(hash)), Some(step)) if step.hash == *hash),
            is_all_correct: first_error.is_some_and(|mark| Some(mark) == open.no_error().as_ref()),
            status: said.map(|s| s.status).unwrap_or_default(),
            step_note: own.map(|s| s.note.clone()).unwrap_or_default(),
            trace_note: said.map(|s| s.note.clone()).unwrap_or_default(),
            aggregate: aggregate_text(aggregate).0,
            scores: (0..).zip(scores).map(|(rank, series)| score_line(open, series, rank == 0, aggregate)).collect(),
            hides_scores: false,
            critique: String::new(),
            imported: if show_imported { imported(open) } else { Vec::new() },
            facts: facts(open, show_imported),
            metadata: trace.metadata.iter().map(|(key, value)| (key.clone(), value_text(value))).collect(),
        }
    }

    /// Adds what the project asks for, and what the annotator said beside first error, rating, status and note.
    pub fn add_labels(&mut self, open: &OpenTrace, said: Option<&TraceAnnotation>, schema: &LabelSchema) {
        self.ratings.retain(|&rating| schema.offers_rating(rating));
        let lines = |labels: &Labels| labels.iter().filter_map(|label| said_line(label, schema, open)).collect();
        self.trace_labels = said.map(|said| lines(&said.labels)).unwrap_or_default();
        let own = open.step().and_then(|step| said?.steps.get(&step.hash));
        self.step_labels = own.map(|own| lines(&own.labels)).unwrap_or_default();
    }
}

fn said_line(label: &Label, schema: &LabelSchema, open: &OpenTrace) -> Option<SaidLine> {
    let (text, tone, hint) = label_text(label, schema, open)?;
    Some(SaidLine { text: one_line(&text, 120), tone, hint, key: label.key() })
}

impl InspectorModel {
    /// Leaves out what the source says besides labels: the answer, and fields that may hold anything.
    pub fn hide_answer(&mut self) {
        self.facts.retain(|(name, _)| *name != "Reference answer");
        self.metadata.clear();
    }
}

fn score_line(open: &OpenTrace, series: &ScoreSeries, chosen: bool, aggregate: Aggregate) -> ScoreLine {
    let on_path = || open.path.iter().filter_map(|&step| series.at(step));
    ScoreLine {
        name: series.name.clone(),
        kind: series.kind.name(),
        step: open.selected().and_then(|s| series.at(s)).map(|v| (score_text(v), score_tone(series.kind, v))),
        path: series.along(&open.path, aggregate).map(score_text),
        last: on_path().next_back().map(score_text),
        chosen,
        note: open.selected().and_then(|step| series.details.get(&step)).map(detail_text).unwrap_or_default(),
    }
}

fn detail_text(detail: &ScoreDetail) -> String {
    let spread = detail.spread.map(|spread| format!("± {spread:.3}"));
    let parts = [spread, detail.note.clone()];
    parts.into_iter().flatten().collect::<Vec<_>>().join("  ")
}

fn imported(open: &OpenTrace) -> Vec<(String, Tone)> {
    let here = open.selected();
    let labels = open.trace.labels.iter().filter(|label| label.step.is_none() || label.step == here);
    let who = |label: &ImportedLabel| {
        let of_all = label.step.is_none() && here.is_some();
        if of_all { format!("{}, of the whole", label.source) } else { label.source.clone() }
    };
    labels
        .map(|label| match label.value {
            ImportedValue::Rating(rating) => {
                (format!("{}: {}", who(label), rating.name()), super::card::rating_text(rating).1)
            }
            ImportedValue::Soft(value) => (format!("{}: {}", who(label), score_text(value)), Tone::Muted),
            ImportedValue::FirstError => (format!("{}: first error", label.source), Tone::Bad),
            ImportedValue::NoError => (format!("{}: no error", label.source), Tone::Good),
            _ => {
                let (text, tone) = super::card::imported_text(label);
                (format!("{}: {text}", label.source), tone)
            }
        })
        .collect()
}

fn facts(open: &OpenTrace, show_imported: bool) -> Vec<(&'static str, String)> {
    let trace = &open.trace;
    let mut facts = Vec::new();
    if show_imported {
        facts.push(("Outcome", trace.outcome.verdict.name().to_owned()));
    }
    if let Some(answer) = &trace.problem.answer {
        facts.push(("Reference answer", one_line(answer, 60)));
    }
    if let Some(generator) = &trace.generator {
        facts.push(("Generator", generator.clone()));
    }
    if let Some(attempts) = open.attempts {
        // Several traces have no one source.
        facts.push(("Attempts", attempts.to_string()));
        return facts;
    }
    facts.push(("Format", trace.source.format.clone()));
    let file = trace.source.file.rsplit(['/', '\\']).next().unwrap_or_default();
    facts.push(("Source", format!("{file}, row {}", trace.source.row)));
    facts.push(("Identity", trace.id.to_string()));
    facts
}

fn value_text(value: &serde_json::Value) -> String {
    match value {
        serde_json::Value::String(text) => one_line(text, 120),
        other => one_line(&other.to_string(), 120),
    }
}
