//! What a survey can be about, and what was chosen of it.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;
use stepscope_core::evaluate::{Rater, Threshold};
use stepscope_core::job::{JobContext, JobError};
use stepscope_core::labels::{Corpus, LabelSource};
use stepscope_core::model::Trace;

/// Traces that are looked at to see what there is.
const LOOKED_AT: u32 = 400;

/// Fields of metadata with more values than this are no groups.
const MOST_VALUES: usize = 40;

/// What was chosen; what was not is as [`Offered`] has it first.
#[derive(Clone, Debug, PartialEq)]
pub struct SurveyChoices {
    /// The scorer, or label source, that figures are about.
    pub rater: Option<Rater>,
    /// What it is compared with.
    pub other: Option<Rater>,
    /// Whose labels count as true.
    pub labels: Option<LabelSource>,
    /// What traces are grouped by.
    pub by: String,
    /// Two values of it that are compared.
    pub pair: Option<(String, String)>,
    /// Where the threshold comes from.
    pub threshold: Threshold,
}

impl Default for SurveyChoices {
    fn default() -> Self {
        Self { rater: None, other: None, labels: None, by: "generator".into(), pair: None, threshold: Threshold::Usual }
    }
}

/// What can be chosen.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Offered {
    /// Scorers, those whose scores were computed here first; then label sources.
    pub raters: Vec<Rater>,
    /// Label sources that can count as true.
    pub labels: Vec<LabelSource>,
    /// Fields that traces can be grouped by.
    pub fields: Vec<String>,
}

/// What there is to choose from: of large projects what some hundred traces, spread evenly, have. `scorers` are those
/// whose scores were computed here.
pub fn offered(corpus: &dyn Corpus, scorers: &[String], ctx: &JobContext) -> Result<Offered, JobError> {
    let total = u32::try_from(corpus.len()).unwrap_or(u32::MAX);
    let every = total.div_ceil(LOOKED_AT).max(1);
    let (mut names, mut sources) = (BTreeSet::new(), BTreeSet::new());
    let mut fields: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for row in (0..total).step_by(every as usize) {
        ctx.checkpoint()?;
        // Told of where the columns are made.
        let Ok(trace) = corpus.trace(row) else { continue };
        names.extend(trace.scores.iter().filter(|score| score.step.is_some()).map(|score| score.name.clone()));
        sources.extend(trace.labels.iter().map(|label| label.source.clone()));
        note_fields(&trace, &mut fields);
    }
    let computed = scorers.iter().cloned().map(Rater::Scorer);
    let imported = names.into_iter().filter(|name| !scorers.contains(name)).map(Rater::Scorer);
    let annotators = corpus.annotators().into_iter().filter(|name| corpus.has_labels(name));
    let mut labels: Vec<LabelSource> =
        annotators.map(|name| LabelSource::Own(Some(name.as_str().to_owned()))).collect();
    // Those of the data first: mostly they speak of more traces.
    if sources.len() > 1 {
        labels.splice(0..0, sources.iter().cloned().map(|name| LabelSource::Imported(Some(name))));
    }
    if !sources.is_empty() {
        labels.insert(0, LabelSource::Imported(None));
    }
    let groups = fields.into_iter().filter(|(_, values)| (2..=MOST_VALUES).contains(&values.len()));
    let usual = ["generator", "file", "outcome"].map(str::to_owned);
    Ok(Offered {
        raters: computed.chain(imported).chain(labels.iter().cloned().map(Rater::Labels)).collect(),
        labels,
        fields: usual.into_iter().chain(groups.map(|(name, _)| name)).collect(),
    })
}

/// Names, truths and small numbers; texts that are no names are left out.
fn note_fields(trace: &Trace, fields: &mut BTreeMap<String, BTreeSet<String>>) {
    for (key, value) in trace.metadata.iter().chain(&trace.problem.metadata) {
        let text = match value {
            Value::String(text) if text.chars().count() <= 40 => text.clone(),
            Value::Bool(_) => value.to_string(),
            Value::Number(number) if number.is_i64() => value.to_string(),
            _ => continue,
        };
        let values = fields.entry(key.clone()).or_default();
        // One more than may be is enough to know.
        if values.len() <= MOST_VALUES {
            values.insert(text);
        }
    }
}
