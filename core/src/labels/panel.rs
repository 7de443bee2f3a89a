//! Several label sources asked about the same trace.

use serde::Serialize;

use super::Corpus;
use super::error::{LabelError, Unclear, Why};
use super::judge::Judge;
use super::place::Place;
use super::resolve::Resolved;
use super::source::{LabelSource, labelling};
use crate::annotation::TraceAnnotation;
use crate::job::{JobContext, JobError};
use crate::model::{StepRating, Trace};

/// Label sources of one corpus, each settled.
#[derive(Clone)]
pub struct Panel<'a> {
    corpus: &'a dyn Corpus,
    judges: Vec<Judge<'a>>,
}

/// What one source says of a trace, of its steps as they came.
#[derive(Clone, Debug, PartialEq)]
pub struct Voice {
    /// Ratings and soft labels; of nothing where it says nothing clear.
    pub said: Resolved,
    /// Where the main path first goes wrong; `None` where the source does not say that.
    pub first_error: Option<Place>,
    /// Why it says nothing clear; `None` where it does.
    pub unclear: Option<Unclear>,
}

/// What several sources say of one trace, step by step.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct SideBySide {
    /// The sources, in the order they were asked for.
    pub sources: Vec<SourceSays>,
    /// Per step of the trace what each source says that says anything of it.
    pub steps: Vec<Vec<StepSays>>,
}

/// What one source says of a trace as a whole.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct SourceSays {
    /// The source.
    pub source: LabelSource,
    /// Where the main path first goes wrong: `{"step": N}` from 0, `no_error`, or null where it does not say that.
    pub first_error: Option<Place>,
    /// Why it says nothing clear.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub unclear: Option<String>,
}

/// What one source says of a step.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct StepSays {
    /// The source.
    pub source: LabelSource,
    /// What it takes the step for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rating: Option<StepRating>,
    /// Its soft label.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub soft: Option<f64>,
}

impl<'a> Panel<'a> {
    /// Settles the sources. One that is named twice counts once.
    pub fn new(sources: &[LabelSource], corpus: &'a dyn Corpus) -> Result<Self, LabelError> {
        let mut judges: Vec<Judge<'a>> = Vec::new();
        for source in sources {
            let judge = Judge::new(Some(source), corpus)?;
            if judges.iter().all(|other| other.chosen() != judge.chosen()) {
                judges.push(judge);
            }
        }
        Ok(Self { corpus, judges })
    }

    /// All annotators with labels; where these are fewer than two, each source of labels in the data as well, for which
    /// every trace is read. Stops at each trace when asked to.
    pub fn of_all(corpus: &'a dyn Corpus, ctx: &JobContext) -> Result<Self, JobError> {
        let mut sources: Vec<LabelSource> =
            labelling(corpus).iter().map(|by| LabelSource::Own(Some(by.as_str().into()))).collect();
        if sources.len() < 2 {
            let mut names: Vec<String> = Vec::new();
            for row in 0..u32::try_from(corpus.len()).unwrap_or(u32::MAX) {
                ctx.checkpoint()?;
                add_names(&mut names, &corpus.trace(row).map_err(JobError::Failed)?);
            }
            names.sort();
            sources.extend(names.into_iter().map(|name| LabelSource::Imported(Some(name))));
        }
        Self::new(&sources, corpus).map_err(|error| JobError::from_error(&error))
    }

    /// Those who say something of this trace: annotators and sources of labels in the data.
    pub fn of_trace(corpus: &'a dyn Corpus, trace: &Trace) -> Result<Self, LabelError> {
        let mut annotators = corpus.annotators();
        annotators.sort();
        annotators.retain(|by| corpus.annotation(by, &trace.id).is_some_and(TraceAnnotation::is_labelled));
        let mut sources: Vec<LabelSource> =
            annotators.iter().map(|by| LabelSource::Own(Some(by.as_str().into()))).collect();
        let mut names = Vec::new();
        add_names(&mut names, trace);
        names.sort();
        sources.extend(names.into_iter().map(|name| LabelSource::Imported(Some(name))));
        Self::new(&sources, corpus)
    }

    /// The corpus.
    pub const fn corpus(&self) -> &'a dyn Corpus {
        self.corpus
    }

    /// The sources as they are written, settled.
    pub fn sources(&self) -> Vec<LabelSource> {
        self.judges.iter().map(Judge::name).collect()
    }

    /// What each source says, in the order of [`Panel::sources`].
    pub fn voices(&self, trace: &Trace) -> Vec<Voice> {
        let tree = trace.tree();
        let main = tree.main_path(&trace.steps);
        let voice = |judge: &Judge<'a>| match judge.judge_as_came(trace, &tree) {
            Ok(said) => Voice { first_error: Place::on(&main, &trace.steps, &said.ratings), said, unclear: None },
            Err(unclear) => {
                Voice { said: Resolved::nothing(trace.steps.len()), first_error: None, unclear: Some(unclear) }
            }
        };
        self.judges.iter().map(voice).collect()
    }

    /// What each source says, step by step.
    pub fn side_by_side(&self, trace: &Trace) -> SideBySide {
        let (names, voices) = (self.sources(), self.voices(trace));
        let at = |step: usize| {
            let says = |(name, voice): (&LabelSource, &Voice)| {
                let of = |source: &LabelSource, rating, soft| StepSays { source: source.clone(), rating, soft };
                let rating = voice.said.ratings.get(step).copied().flatten();
                let soft = voice.said.soft.get(step).copied().flatten();
                (rating.is_some() || soft.is_some()).then(|| of(name, rating, soft))
            };
            names.iter().zip(&voices).filter_map(says).collect()
        };
        let steps = (0..trace.steps.len()).map(at).collect();
        let source = |(source, voice): (&LabelSource, &Voice)| {
            let unclear = voice.unclear.as_ref().filter(|unclear| unclear.why != Why::NoLabels);
            let unclear = unclear.map(|unclear| unclear.reason.clone());
            SourceSays { source: source.clone(), first_error: voice.first_error, unclear }
        };
        SideBySide { sources: names.iter().zip(&voices).map(source).collect(), steps }
    }
}

/// Only what says something of steps makes a source.
fn add_names(names: &mut Vec<String>, trace: &Trace) {
    use crate::model::ImportedValue::{FirstError, NoError, Rating, Soft};
    for label in &trace.labels {
        let judges = matches!(label.value, FirstError | NoError)
            || label.step.is_some() && matches!(label.value, Rating(_) | Soft(_));
        if judges && !names.contains(&label.source) {
            names.push(label.source.clone());
        }
    }
}
