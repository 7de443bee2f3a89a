//! A project in memory, written in a few signs.

use std::collections::HashMap;
use std::sync::Arc;

use crate::annotation::TraceAnnotation;
use crate::evaluate::columns::Codes;
use crate::evaluate::{Columns, EvaluateError, Field, Report, Request, Settings, collect, report};
use crate::import::native::NativeScores;
use crate::job::JobContext;
use crate::labels::Corpus;
use crate::model::{
    AnnotatorId, ImportedValue, Problem, ScoreKind, StepIndex, StepKind, StepRating, Trace, TraceBuilder, TraceId,
    Verdict,
};

/// A project in memory.
#[derive(Default)]
pub(super) struct Project {
    pub(super) traces: Vec<Trace>,
    pub(super) said: HashMap<AnnotatorId, HashMap<TraceId, TraceAnnotation>>,
    pub(super) computed: HashMap<TraceId, NativeScores>,
}

impl Corpus for Project {
    fn len(&self) -> usize {
        self.traces.len()
    }

    fn trace(&self, row: u32) -> Result<Trace, String> {
        self.traces.get(row as usize).cloned().ok_or_else(|| "no such row".into())
    }

    fn annotators(&self) -> Vec<AnnotatorId> {
        self.said.keys().cloned().collect()
    }

    fn annotation(&self, annotator: &AnnotatorId, trace: &TraceId) -> Option<&TraceAnnotation> {
        self.said.get(annotator)?.get(trace)
    }

    fn has_labels(&self, annotator: &AnnotatorId) -> bool {
        self.said.contains_key(annotator)
    }

    fn scores(&self, trace: &Trace) -> Vec<NativeScores> {
        self.computed.get(&trace.id).cloned().into_iter().collect()
    }
}

/// A trace in short.
pub(super) struct Short<'a> {
    /// The problem.
    pub(super) problem: &'a str,
    pub(super) generator: &'a str,
    /// Per step `+`, `0`, `-`, `?`, or a space for no label.
    pub(super) ratings: &'a str,
    /// Per step; NaN for none.
    pub(super) scores: &'a [f64],
    pub(super) verdict: Verdict,
    /// Texts of the steps; those that are missing are numbers.
    pub(super) texts: &'a [&'a str],
}

impl Default for Short<'_> {
    fn default() -> Self {
        Self { problem: "p", generator: "m", ratings: "", scores: &[], verdict: Verdict::Unknown, texts: &[] }
    }
}

impl Project {
    /// Adds a trace with labels and a scorer `prm` that came with the data.
    pub(super) fn add(&mut self, short: &Short<'_>) {
        let name = format!("t{}", self.traces.len());
        let mut builder = TraceBuilder::new(Problem::from_text(short.problem))
            .source_id(name)
            .generator(short.generator)
            .verdict(short.verdict);
        let count = short.scores.len().max(short.ratings.len()).max(short.texts.len());
        for at in 0..count {
            let text = short.texts.get(at).map_or_else(|| format!("number {at}"), |text| (*text).to_owned());
            builder.chain(StepKind::Thought, text);
        }
        for (at, sign) in (0..).zip(short.ratings.chars()) {
            if let Some(rating) = rating(sign) {
                builder.label(Some(at), ImportedValue::Rating(rating), "human", "labels", "raw");
            }
        }
        for (at, &score) in (0..).zip(short.scores) {
            if !score.is_nan() {
                builder.score(Some(at), "prm", ScoreKind::Correctness, score);
            }
        }
        self.traces.push(builder.build());
    }

    /// Tags a step of the trace added last.
    pub(super) fn tag(&mut self, step: StepIndex, tag: &str) {
        let mut builder = TraceBuilder::default();
        builder.label(Some(step), ImportedValue::Tag, "human", "classification", tag);
        self.traces.last_mut().unwrap().labels.append(&mut builder.trace_mut().labels);
    }
}

fn rating(sign: char) -> Option<StepRating> {
    match sign {
        '+' => Some(StepRating::Good),
        '0' => Some(StepRating::Neutral),
        '-' => Some(StepRating::Bad),
        '?' => Some(StepRating::Unsure),
        _ => None,
    }
}

/// Reads and judges a project, grouped by generator and outcome.
pub(super) fn evaluate(
    project: &Project,
    request: &Request,
    settings: &Settings,
    ctx: &JobContext,
) -> Result<(Arc<Columns>, Report), EvaluateError> {
    let mut columns = collect(project, request, ctx)?;
    columns.fields.push(field(project, "generator", |trace| trace.generator.clone().unwrap_or_default()));
    columns.fields.push(field(project, "outcome", |trace| trace.outcome.verdict.name().to_owned()));
    report(&Arc::new(columns), settings, ctx)
}

fn field(project: &Project, name: &str, value: impl Fn(&Trace) -> String) -> Field {
    let mut codes = Codes::with_empty();
    let of_traces = project.traces.iter().map(|trace| codes.code(&value(trace))).collect();
    Field { name: name.to_owned(), codes: of_traces, values: codes.names().into(), ..Field::default() }
}
