//! A label source, asked about one trace after another.

use crate::annotation::{TraceAnnotation, overlaid};
use crate::import::native::NativeScores;
use crate::model::{AnnotatorId, StepRating, StepTree, Trace, TraceId, TraceStatus};

use super::consensus::{Consensus, Member};
use super::corpus::Standing;
use super::error::{LabelError, Unclear, Why};
use super::resolve::{Resolved, resolve};
use super::source::Chosen;
use super::vote::{Vote, count};
use super::{Corpus, LabelSource};

/// What each annotator says of a trace, by name.
pub type Said<'a> = Vec<(AnnotatorId, &'a TraceAnnotation)>;

/// A label source of a project, in which nothing is left to be found out.
#[derive(Clone)]
pub struct Judge<'a> {
    corpus: &'a dyn Corpus,
    chosen: Chosen,
    annotators: Vec<AnnotatorId>,
}

impl<'a> Judge<'a> {
    /// Settles the source; `None` is the default: own labels, else imported ones where nobody has labelled.
    pub fn new(asked: Option<&LabelSource>, corpus: &'a dyn Corpus) -> Result<Self, LabelError> {
        let chosen = Chosen::settle(asked, corpus)?;
        let mut annotators = corpus.annotators();
        annotators.sort();
        Ok(Self { corpus, chosen, annotators })
    }

    /// The settled source.
    pub const fn chosen(&self) -> &Chosen {
        &self.chosen
    }

    /// The source as manifests name it.
    pub fn name(&self) -> LabelSource {
        self.chosen.name()
    }

    /// What everyone says of that trace.
    pub fn said(&self, trace: &TraceId) -> Said<'a> {
        let corpus = self.corpus;
        self.annotators.iter().filter_map(|by| Some((by.clone(), corpus.annotation(by, trace)?))).collect()
    }

    /// What the annotator says whose labels are used; `None` with labels of others.
    pub fn own(&self, said: &Said<'a>) -> Option<&'a TraceAnnotation> {
        let Chosen::Own(by) = &self.chosen else { return None };
        said.iter().find(|(annotator, _)| annotator == by).map(|(_, said)| *said)
    }

    /// The trace as the annotator cut, joined and wrote it; `None` where it is as it came.
    pub fn overlaid(&self, trace: &Trace, said: &Said<'a>) -> Option<Trace> {
        self.own(said).and_then(|said| overlaid(trace, said))
    }

    /// With own labels that annotator's word counts; with others everyone's, so that no defective problem slips through.
    pub fn standing(&self, said: &Said<'_>) -> Standing {
        let mut standing = Standing::default();
        for (annotator, said) in said {
            if !matches!(&self.chosen, Chosen::Own(by) if by != annotator) {
                standing.add(said.status);
            }
        }
        standing
    }

    /// What speaks against the trace as a whole.
    pub fn refusal(&self, said: &Said<'a>) -> Option<Unclear> {
        let standing = self.standing(said);
        if standing.defective {
            return Some(Unclear::new(Why::Defective, "the problem is flagged as defective"));
        }
        let skipped = standing.skipped && self.own(said).is_some();
        skipped.then(|| Unclear::new(Why::Skipped, "the annotator skipped it or gave it up"))
    }

    /// Whether steps of which nothing is said may be taken for good. Not before an annotator has finished, and not where
    /// members of a consensus may disagree on them.
    pub fn may_assume_good(&self, said: &Said<'a>) -> bool {
        match &self.chosen {
            Chosen::Own(_) => self.own(said).is_none() || self.standing(said).finished,
            Chosen::Imported(_) | Chosen::Scorer { .. } => true,
            Chosen::Consensus(_) => false,
        }
    }

    /// What the source says of the steps of a trace, as [`Self::overlaid`] made it.
    pub fn resolve(&self, trace: &Trace, tree: &StepTree, said: &Said<'a>) -> Result<Resolved, Unclear> {
        let is_scored = match &self.chosen {
            Chosen::Scorer { .. } => true,
            Chosen::Consensus(consensus) => {
                consensus.members.iter().any(|member| matches!(member.source, Chosen::Scorer { .. }))
            }
            Chosen::Own(_) | Chosen::Imported(_) => false,
        };
        let scores = if is_scored { self.corpus.scores(trace) } else { Vec::new() };
        match &self.chosen {
            Chosen::Consensus(consensus) => agreed(consensus, trace, tree, said, &scores),
            chosen => resolve(trace, tree, chosen, self.own(said), &scores),
        }
    }

    /// The same of a trace as it came, with all that may speak against it.
    pub fn judge(&self, trace: &Trace) -> Result<(Option<Trace>, Resolved), Unclear> {
        let said = self.said(&trace.id);
        if let Some(unclear) = self.refusal(&said) {
            return Err(unclear);
        }
        let made = self.overlaid(trace, &said);
        let seen = made.as_ref().unwrap_or(trace);
        let resolved = self.resolve(seen, &seen.tree(), &said)?;
        Ok((made, resolved))
    }

    /// The same of the steps as they came, so that sources can be compared step by step. What is said of parts of a step
    /// that an annotator cut counts for nothing then, and so does what is said of steps that were written.
    pub fn judge_as_came(&self, trace: &Trace, tree: &StepTree) -> Result<Resolved, Unclear> {
        let said = self.said(&trace.id);
        self.refusal(&said).map_or_else(|| self.resolve(trace, tree, &said), Err)
    }
}

fn agreed(
    consensus: &Consensus<Chosen>,
    trace: &Trace,
    tree: &StepTree,
    said: &Said<'_>,
    scores: &[NativeScores],
) -> Result<Resolved, Unclear> {
    let vote = |member: &Member<Chosen>| {
        let named = Member { source: member.source.name(), above: member.above };
        Vote { name: named.to_string(), said: voice(member, trace, tree, said, scores) }
    };
    let votes: Vec<Vote> = consensus.members.iter().map(vote).collect();
    count(consensus.rule, consensus.least(), &votes, &tree.main_path(&trace.steps), &trace.steps)
}

/// What one member says. Who skipped a trace or gave it up has no vote.
fn voice(
    member: &Member<Chosen>,
    trace: &Trace,
    tree: &StepTree,
    said: &Said<'_>,
    scores: &[NativeScores],
) -> Result<Resolved, Unclear> {
    let own = match &member.source {
        Chosen::Own(by) => said.iter().find(|(annotator, _)| annotator == by).map(|(_, said)| *said),
        _ => None,
    };
    if own.is_some_and(|own| matches!(own.status, TraceStatus::Skipped | TraceStatus::GivenUp)) {
        return Err(Unclear::new(Why::Skipped, "skipped or given up"));
    }
    let mut resolved = resolve(trace, tree, &member.source, own, scores)?;
    if let Some(above) = member.above {
        let rate = |value: f64| if value > above { StepRating::Good } else { StepRating::Bad };
        resolved.ratings = resolved.soft.iter().map(|value| value.map(rate)).collect();
    }
    Ok(resolved)
}
