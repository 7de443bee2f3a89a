//! A project in memory, and short ways to fill it.

use std::collections::{BTreeMap, HashMap};

use crate::annotation::{StepAnnotation, TraceAnnotation};
use crate::export::{ExportOptions, Preview, preview};
use crate::import::native::NativeScores;
use crate::job::JobContext;
use crate::labels::{Corpus, Provenance, SourceFile};
use crate::model::{
    AnnotatorId, FirstError, ImportedValue, Problem, ScoreKind, Step, StepHash, StepRating, Trace, TraceBuilder,
    TraceId, TraceStatus, Verdict,
};

/// A project in memory.
#[derive(Default)]
pub(super) struct Project {
    pub(super) traces: Vec<Trace>,
    pub(super) said: BTreeMap<AnnotatorId, HashMap<TraceId, TraceAnnotation>>,
    pub(super) scores: HashMap<TraceId, Vec<NativeScores>>,
    /// Scores of one scorer, by key.
    pub(super) by_key: HashMap<StepHash, f32>,
    pub(super) sources: Vec<SourceFile>,
    pub(super) provenance: Provenance,
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
        self.said.get(annotator).is_some_and(|said| said.values().any(TraceAnnotation::is_labelled))
    }

    fn scores(&self, trace: &Trace) -> Vec<NativeScores> {
        if self.by_key.is_empty() {
            return self.scores.get(&trace.id).cloned().unwrap_or_default();
        }
        let values = trace.score_keys().iter().map(|key| self.by_key.get(key).copied()).collect();
        let (scorer, fingerprint, kind) = ("prm".into(), "f".into(), ScoreKind::Correctness);
        vec![NativeScores { scorer, fingerprint, kind, values, more: BTreeMap::new() }]
    }

    fn sources(&self) -> Vec<SourceFile> {
        self.sources.clone()
    }

    fn provenance(&self) -> Result<Provenance, String> {
        Ok(self.provenance.clone())
    }
}

impl Project {
    /// A project of that trace alone.
    pub(super) fn of(trace: Trace) -> Self {
        Self { traces: vec![trace], ..Self::default() }
    }

    /// What `annotator` says of the first trace, to be changed.
    pub(super) fn says(&mut self, annotator: &str) -> &mut TraceAnnotation {
        let trace = self.traces[0].id.clone();
        self.said.entry(AnnotatorId::new(annotator)).or_default().entry(trace).or_default()
    }

    /// Labels the first trace: per step `+`, `0`, `-`, `?` or a space for nothing; then the marked first error.
    pub(super) fn label(mut self, ratings: &str, first_error: Option<isize>) -> Self {
        let steps = self.traces[0].steps.clone();
        let main_path = self.traces[0].tree().main_path(&steps);
        let said = self.says("ann");
        for (step, sign) in steps.iter().zip(ratings.chars()) {
            if let Some(rating) = rating(sign) {
                let rated = StepAnnotation { rating: Some(rating), ..StepAnnotation::default() };
                said.steps.insert(step.hash.clone(), rated);
            }
        }
        said.first_error = first_error.map(|at| match usize::try_from(at) {
            Ok(at) => FirstError::At(steps[at].hash.clone()),
            Err(_) => FirstError::NoneUpTo(steps[*main_path.last().unwrap() as usize].hash.clone()),
        });
        self
    }

    pub(super) fn status(mut self, status: TraceStatus) -> Self {
        self.says("ann").status = status;
        self
    }

    pub(super) fn preview(&self, options: &ExportOptions) -> Preview {
        preview(self, options, 100, &JobContext::foreground(None)).unwrap()
    }
}

pub(super) fn rating(sign: char) -> Option<StepRating> {
    match sign {
        '+' => Some(StepRating::Good),
        '0' => Some(StepRating::Neutral),
        '-' => Some(StepRating::Bad),
        '?' => Some(StepRating::Unsure),
        _ => None,
    }
}

/// A chain `a`, `b`, … of that many steps, answering `1+1?` wrongly.
pub(super) fn chain(steps: usize) -> Trace {
    let builder =
        TraceBuilder::new(Problem::from_text("1+1?")).source_id("t").generator("m").verdict(Verdict::Incorrect);
    ["a", "b", "c", "d", "e", "f"].iter().take(steps).fold(builder, |b, text| b.thought(*text)).build()
}

/// A trace with steps of those parents; the first children lie on the returned path.
pub(super) fn tree(parents: &[(Option<u32>, &str)]) -> Trace {
    let mut builder = TraceBuilder::new(Problem::from_text("1+1?")).source_id("tree").verdict(Verdict::Correct);
    for &(parent, text) in parents {
        builder.push(Step { parent, text: text.into(), ..Step::default() });
    }
    builder.build()
}

/// Labels that came with the data, as in [`Project::label`].
pub(super) fn import(trace: &mut Trace, source: &str, ratings: &str) {
    for (step, sign) in (0..).zip(ratings.chars()) {
        if let Some(rating) = rating(sign) {
            import_one(trace, source, Some(step), ImportedValue::Rating(rating));
        }
    }
}

pub(super) fn import_one(trace: &mut Trace, source: &str, step: Option<u32>, value: ImportedValue) {
    let mut builder = TraceBuilder::default();
    builder.label(step, value, source, "label", "raw");
    trace.labels.append(&mut builder.trace_mut().labels);
}

/// Options of that format, with named options set.
pub(super) fn options(format: &str, policy: &[(&str, &str)]) -> ExportOptions {
    let mut options = ExportOptions::new(format).unwrap();
    for (name, value) in policy {
        options.policy.set(name, value).unwrap();
    }
    options
}

/// The labels of the TRL rows, `+` and `-`, or the reason why there is none: "step 2 has no label".
pub(super) fn outcome(project: &Project, options: &ExportOptions) -> String {
    let preview = project.preview(options);
    let rows = preview.sample.iter().map(|line| {
        let row: serde_json::Value = serde_json::from_str(line).unwrap();
        let labels = row["labels"].as_array().unwrap();
        labels.iter().map(|good| if good.as_bool().unwrap() { '+' } else { '-' }).collect::<String>()
    });
    let left_out = preview.left_out.iter().map(|one| one.reason.clone());
    rows.chain(left_out).collect::<Vec<_>>().join(" | ")
}
