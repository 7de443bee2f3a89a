//! One pair: a beginning and two ways to go on, of which one is better.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::group::Member;
use crate::model::{StepIndex, Trace};

/// A beginning and two ways to go on. It holds no text of its own: that stays with the attempts.
#[derive(Clone, Copy, Debug)]
pub struct Pair<'a> {
    /// The better continuation. The steps before it are the beginning of both.
    pub chosen: Side<'a>,
    /// The worse one.
    pub rejected: Side<'a>,
    /// By which rule.
    pub rule: PairRule,
    /// How much better: the difference of the two values, above 0. Labels count 1 (good), 0.5 (neutral) and 0 (bad),
    /// preferences their strength 1 to 3, ranks their distance, outcomes and corrections 1.
    pub margin: f64,
    /// The difference of the means along the two paths, where the rule has one; else the margin.
    pub path_margin: f64,
    /// In what respect; empty for all in all.
    pub criterion: &'a str,
    /// Who says so.
    pub judge: Judge<'a>,
    /// True where whole attempts are compared, so that their first steps alone say nothing.
    pub is_whole: bool,
}

/// One way to go on.
#[derive(Clone, Copy, Debug)]
pub struct Side<'a> {
    /// The attempt.
    pub member: &'a Member<'a>,
    /// The first step of the continuation; of a correction that stands beside the trace, the step it corrects.
    pub step: StepIndex,
    /// The words that stand in place of that step; nothing follows them.
    pub words: Option<&'a str>,
    /// The step that the continuation ends in; `None`: along the returned solution, else along first children.
    pub leaf: Option<StepIndex>,
    /// Who wrote it.
    pub by: Author<'a>,
}

/// Who wrote a side.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Author<'a> {
    /// A model, by the name that the data gives it.
    Generator(&'a str),
    /// An annotator of this project.
    Annotator(&'a str),
    /// A label source of the data: `human`, `model:NAME`.
    Source(&'a str),
    /// The data does not say.
    Unknown,
}

/// Who says that one side is better.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Judge<'a> {
    /// The labels in use: `own:NAME`, `imported:NAME`, `scorer:NAME@T`.
    Labels(&'a str),
    /// A source of labels in the data.
    Imported(&'a str),
    /// A score, by name.
    Score(&'a str),
    /// The outcomes that came with the data.
    Outcome,
    /// The search, by the solution that it returned.
    Returned,
}

/// Whether both sides were written by the model that is to be trained.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OnPolicy {
    /// Both were.
    Yes,
    /// One was not.
    No,
    /// It is not known who wrote them, or which model is to be trained.
    Unknown,
}

/// By which rule two continuations are compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum PairRule {
    /// Somebody said that one is better.
    Preference,
    /// A step and what was written in its place.
    Rewrite,
    /// Alternatives in a tree, a good one and a bad one.
    Label,
    /// The first error of an attempt, and how another went on from there.
    FirstError,
    /// Ratings on a scale of the schema.
    Criterion,
    /// Alternatives by q value, as rStar-Math chooses them.
    Search,
    /// Alternatives by Monte-Carlo value.
    MonteCarlo,
    /// Alternatives by any score.
    Score,
    /// The returned solution of a search and what it left.
    Returned,
    /// A right attempt and a wrong one.
    Outcome,
    /// Attempts by a score of the whole.
    BestWorst,
}

impl PairRule {
    /// Every rule. Where two rules propose the same pair, the earlier one is named.
    pub const ALL: [Self; 11] = [
        Self::Preference,
        Self::Rewrite,
        Self::Label,
        Self::FirstError,
        Self::Criterion,
        Self::Search,
        Self::MonteCarlo,
        Self::Score,
        Self::Returned,
        Self::Outcome,
        Self::BestWorst,
    ];

    /// The name used in files and on the command line.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Preference => "preference",
            Self::Rewrite => "rewrite",
            Self::Label => "label",
            Self::FirstError => "first_error",
            Self::Criterion => "criterion",
            Self::Search => "search",
            Self::MonteCarlo => "monte_carlo",
            Self::Score => "score",
            Self::Returned => "returned",
            Self::Outcome => "outcome",
            Self::BestWorst => "best_worst",
        }
    }

    /// What it compares, in one line.
    pub const fn caption(self) -> &'static str {
        match self {
            Self::Preference => "What somebody said is better: preferences, ranks, best of the alternatives.",
            Self::Rewrite => "A step and what was written in its place.",
            Self::Label => "Alternatives in a tree, a good one and a bad one.",
            Self::FirstError => {
                "The first error of an attempt, and a good step or right attempt from the same beginning."
            }
            Self::Criterion => "Ratings on the scales of the schema, one pair for each scale.",
            Self::Search => "Alternatives by q value, two and two per fork as rStar-Math takes them.",
            Self::MonteCarlo => "Alternatives by Monte-Carlo value.",
            Self::Score => "Alternatives by any score.",
            Self::Returned => "The steps of the returned solution of a search and the alternatives that it left.",
            Self::Outcome => "A right attempt and a wrong one.",
            Self::BestWorst => "Attempts by a score of the whole attempt.",
        }
    }

    /// The rule of that name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|rule| rule.name() == name)
    }
}

impl<'a> Pair<'a> {
    /// The steps that both sides continue, in the trace of the chosen one.
    pub fn prefix(&self) -> Vec<StepIndex> {
        self.chosen.member.prefix(self.chosen.step)
    }

    /// Their texts.
    pub fn prefix_texts(&self) -> Vec<&'a str> {
        let member = self.chosen.member;
        self.prefix().into_iter().map(|step| member.text(step)).collect()
    }

    /// Whether both sides are by that model; with an empty name, of a model that is not known.
    pub fn on_policy(&self, model: &str) -> OnPolicy {
        match (self.chosen.by, self.rejected.by) {
            (Author::Annotator(_) | Author::Source(_), _) | (_, Author::Annotator(_) | Author::Source(_)) => {
                OnPolicy::No
            }
            _ if model.is_empty() => OnPolicy::Unknown,
            (Author::Generator(a), Author::Generator(b)) if a == model && b == model => OnPolicy::Yes,
            (Author::Generator(other), _) | (_, Author::Generator(other)) if other != model => OnPolicy::No,
            _ => OnPolicy::Unknown,
        }
    }

    /// The same pair, with the other side chosen.
    #[cfg(test)]
    pub(super) fn reversed(self) -> Self {
        Self { chosen: self.rejected, rejected: self.chosen, ..self }
    }
}

impl<'a> Side<'a> {
    /// A step of an attempt and what follows it.
    pub fn step(member: &'a Member<'a>, annotator: Option<&'a str>, step: StepIndex) -> Self {
        let written = member.trace.step(step).is_some_and(|step| step.hash.is_written());
        let by = match (annotator, member.trace.generator.as_deref()) {
            (Some(annotator), _) if written => Author::Annotator(annotator),
            (_, Some(generator)) if !generator.is_empty() => Author::Generator(generator),
            _ => Author::Unknown,
        };
        Self { member, step, words: None, leaf: None, by }
    }

    /// The same, ending in that step.
    #[must_use]
    pub fn ending(self, leaf: StepIndex) -> Self {
        Self { leaf: Some(leaf), ..self }
    }

    /// The whole of an attempt, as its source returned it; `None` where it has no steps.
    pub fn whole(member: &'a Member<'a>) -> Option<Self> {
        let path = member.main_path();
        Some(Self::step(member, None, *path.first()?).ending(*path.last()?))
    }

    /// The trace.
    pub fn trace(&self) -> &'a Trace {
        &self.member.trace
    }

    /// The text of its first step.
    pub fn text(&self) -> &'a str {
        self.words.unwrap_or_else(|| self.member.text(self.step))
    }

    /// The steps of the trace that it goes through, the first among them.
    pub fn steps(&self) -> Vec<StepIndex> {
        if self.words.is_some() {
            return vec![self.step];
        }
        let (tree, steps) = (&self.member.tree, &self.member.trace.steps);
        let path = match self.leaf {
            Some(leaf) => tree.path_to(steps, leaf),
            None => tree.path_through(steps, self.step),
        };
        let before = path.iter().position(|&step| step == self.step).unwrap_or(path.len());
        path.into_iter().skip(before).collect()
    }

    /// The texts of all its steps.
    pub fn texts(&self) -> Vec<&'a str> {
        if let Some(words) = self.words {
            return vec![words];
        }
        self.steps().into_iter().map(|step| self.member.text(step)).collect()
    }
}

impl fmt::Display for Author<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Generator(name) => write!(f, "generator:{name}"),
            Self::Annotator(name) => write!(f, "annotator:{name}"),
            Self::Source(name) => write!(f, "source:{name}"),
            Self::Unknown => f.write_str("unknown"),
        }
    }
}

impl fmt::Display for Judge<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Labels(name) => f.write_str(name),
            Self::Imported(name) => write!(f, "imported:{name}"),
            Self::Score(name) => write!(f, "score:{name}"),
            Self::Outcome => f.write_str("outcome"),
            Self::Returned => f.write_str("returned"),
        }
    }
}
