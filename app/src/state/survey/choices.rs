//! What a survey can be about, and what was chosen of it.

use stepscope_core::evaluate::{Rater, Threshold, usual_threshold};
use stepscope_core::job::{JobContext, JobError};
use stepscope_core::labels::{Consensus, ConsensusRule, Corpus, LabelSource, Member};
use stepscope_core::model::ScoreKind;
use stepscope_core::query::{Views, group_fields};

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

/// What there is to choose from. `scorers` are those whose scores were computed here.
pub fn offered(
    corpus: &dyn Corpus,
    scorers: &[(String, ScoreKind)],
    views: &Views,
    ctx: &JobContext,
) -> Result<Offered, JobError> {
    let in_data = views.in_data()?;
    let others = in_data.scorers.iter().filter(|(name, _)| !scorers.iter().any(|(known, _)| known == name));
    let scorers: Vec<(String, ScoreKind)> = scorers.iter().chain(others).cloned().collect();
    let sources = &in_data.sources;
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
    let mut labels: Vec<LabelSource> = all.into_iter().chain(named).chain(annotators).collect();
    // Of the same traces several together say nothing of what they differ on: people go before models.
    let is_human = |source: &LabelSource| matches!(source, LabelSource::Imported(Some(name)) if ["human", "gold"].iter().any(|word| name.starts_with(word)));
    if in_data.is_shared
        && let Some(first) = labels.iter().position(is_human)
    {
        labels[..=first].rotate_right(1);
    }
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
