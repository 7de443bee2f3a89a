//! What a survey can be about, and what was chosen of it.

use std::collections::{BTreeMap, BTreeSet};

use stepscope_core::evaluate::{Rater, Threshold, usual_threshold};
use stepscope_core::job::{JobContext, JobError};
use stepscope_core::labels::{Consensus, ConsensusRule, Corpus, LabelSource, Member};
use stepscope_core::model::ScoreKind;
use stepscope_core::query::{Views, group_fields};

/// Traces that are looked at to see what there is.
const LOOKED_AT: u32 = 400;

/// What was chosen; what was not is as [`Offered`] has it first.
#[derive(Clone, Debug, PartialEq)]
pub struct SurveyChoices {
    /// The scorer, or label source, that figures are about.
    pub rater: Option<Rater>,
    /// What it is compared with.
    pub other: Option<Rater>,
    /// Whose labels count as true.
    pub labels: Option<LabelSource>,
    /// The field of questions that traces are grouped by.
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
    /// Further ones, made of others: what these agree on, and scorers at a threshold.
    pub made: Vec<LabelSource>,
    /// Fields that traces can be grouped by.
    pub fields: Vec<String>,
}

/// What there is to choose from: of large projects what some hundred traces, spread evenly, have. `scorers` are those
/// whose scores were computed here.
pub fn offered(
    corpus: &dyn Corpus,
    scorers: &[(String, ScoreKind)],
    views: &Views,
    ctx: &JobContext,
) -> Result<Offered, JobError> {
    let total = u32::try_from(corpus.len()).unwrap_or(u32::MAX);
    let every = total.div_ceil(LOOKED_AT).max(1);
    let (mut in_data, mut sources) = (BTreeMap::new(), BTreeSet::new());
    for row in (0..total).step_by(every as usize) {
        ctx.checkpoint()?;
        // Told of where the columns are made.
        let Ok(trace) = corpus.trace(row) else { continue };
        let of_steps = trace.scores.iter().filter(|score| score.step.is_some());
        in_data.extend(of_steps.map(|score| (score.name.clone(), score.kind)));
        sources.extend(trace.labels.iter().map(|label| label.source.clone()));
    }
    in_data.retain(|name, _| !scorers.iter().any(|(known, _)| known == name));
    let scorers: Vec<(String, ScoreKind)> = scorers.iter().cloned().chain(in_data).collect();
    let annotators = corpus.annotators().into_iter().filter(|name| corpus.has_labels(name));
    let annotators: Vec<LabelSource> =
        annotators.map(|name| LabelSource::Own(Some(name.as_str().to_owned()))).collect();
    // Those of the data first: mostly they speak of more traces.
    let named = sources.iter().cloned().map(|name| LabelSource::Imported(Some(name))).filter(|_| sources.len() > 1);
    let named: Vec<LabelSource> = named.collect();
    let all = (!sources.is_empty()).then_some(LabelSource::Imported(None));
    // Who can agree with whom: each once.
    let only = all.clone().filter(|_| named.is_empty());
    let voices: Vec<LabelSource> = only.iter().chain(&named).chain(&annotators).cloned().collect();
    let labels: Vec<LabelSource> = all.into_iter().chain(named).chain(annotators).collect();
    let of_scorers = scorers.iter().map(|(name, _)| Rater::Scorer(name.clone()));
    Ok(Offered {
        raters: of_scorers.chain(labels.iter().cloned().map(Rater::Labels)).collect(),
        labels,
        made: made_of(&voices, &scorers),
        fields: group_fields(views, ctx)?,
    })
}

/// What these agree on by each rule, and scorers at their usual threshold.
fn made_of(voices: &[LabelSource], scorers: &[(String, ScoreKind)]) -> Vec<LabelSource> {
    let rules = ConsensusRule::EVERY.into_iter().filter(|_| voices.len() > 1);
    let agreed = rules.map(|rule| {
        let members = voices.iter().map(|source| Member { source: source.clone(), above: None }).collect();
        LabelSource::Consensus(Consensus { rule, members, min: None })
    });
    let tells = scorers.iter().filter(|(_, kind)| kind.is_quality());
    let at_threshold =
        tells.map(|(name, kind)| LabelSource::Scorer { name: name.clone(), threshold: usual_threshold(Some(*kind)) });
    agreed.chain(at_threshold).collect()
}
