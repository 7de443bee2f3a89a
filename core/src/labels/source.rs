//! Whose labels are used, as text and resolved against a project.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::model::AnnotatorId;

use super::consensus::{Consensus, Member};
use super::{Corpus, LabelError};

/// Whose labels are used. Written `own`, `own:NAME`, `imported`, `imported:NAME`, `scorer:NAME@THRESHOLD`,
/// `consensus:RULE` or `consensus:RULE(MEMBER, …)`; [`Consensus`] has the rules and how members are written.
#[derive(Clone, Debug, PartialEq)]
pub enum LabelSource {
    /// The user's own: the only annotator, or the named one.
    Own(Option<String>),
    /// Those that came with the data: of every source, or of the named one.
    Imported(Option<String>),
    /// A step is good where its score is at least the threshold. Computed scores first, else imported ones.
    Scorer {
        /// The scorer, or the imported score's name.
        name: String,
        /// The least score of a good step.
        threshold: f64,
    },
    /// What several sources agree on.
    Consensus(Consensus),
}

/// How label sources are written, for help.
pub const SOURCE_HELP: &str = "own, own:NAME, imported, imported:NAME, scorer:NAME@THRESHOLD, consensus:RULE or \
    consensus:RULE(SOURCE, SOURCE, min=N) with RULE all, majority, any-bad or first-error; in it imported:NAME>T takes \
    soft labels above T as good";

impl LabelSource {
    /// True where what the other says is part of what this source says.
    pub fn includes(&self, other: &Self) -> bool {
        match self {
            Self::Imported(None) => matches!(other, Self::Imported(_)),
            Self::Own(None) => matches!(other, Self::Own(_)),
            // Without members it is that of all annotators.
            Self::Consensus(of) if of.members.is_empty() => matches!(other, Self::Own(_)),
            Self::Consensus(of) => of.members.iter().any(|member| member.source.includes(other)),
            Self::Own(Some(_)) | Self::Imported(Some(_)) | Self::Scorer { .. } => self == other,
        }
    }
}

impl fmt::Display for LabelSource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Own(None) => f.write_str("own"),
            Self::Own(Some(name)) => write!(f, "own:{name}"),
            Self::Imported(None) => f.write_str("imported"),
            Self::Imported(Some(name)) => write!(f, "imported:{name}"),
            Self::Scorer { name, threshold } => write!(f, "scorer:{name}@{threshold}"),
            Self::Consensus(consensus) => write!(f, "consensus:{consensus}"),
        }
    }
}

impl FromStr for LabelSource {
    type Err = LabelError;

    fn from_str(text: &str) -> Result<Self, LabelError> {
        let refuse = |reason: &str| LabelError::Source { text: text.into(), reason: reason.into() };
        let (kind, name) = match text.split_once(':') {
            Some((_, "")) => return Err(refuse("a name must follow the colon")),
            Some((kind, name)) => (kind, Some(name.to_owned())),
            None => (text, None),
        };
        match (kind, name) {
            ("own", name) => Ok(Self::Own(name)),
            ("imported", name) => Ok(Self::Imported(name)),
            ("scorer", Some(rest)) => {
                // The last `@`: names of scorers may hold others.
                let (name, threshold) =
                    rest.rsplit_once('@').ok_or_else(|| refuse("write it as scorer:NAME@THRESHOLD"))?;
                let threshold: f64 = threshold.parse().map_err(|_error| refuse("the threshold is not a number"))?;
                if name.is_empty() || !threshold.is_finite() {
                    return Err(refuse("write it as scorer:NAME@THRESHOLD, with a finite threshold"));
                }
                Ok(Self::Scorer { name: name.into(), threshold })
            }
            ("scorer", None) => Err(refuse("write it as scorer:NAME@THRESHOLD")),
            ("consensus", Some(rest)) => rest.parse().map(Self::Consensus).map_err(|reason: String| refuse(&reason)),
            ("consensus", None) => {
                Err(refuse("write it as consensus:RULE with RULE all, majority, any-bad or first-error"))
            }
            _ => Err(refuse("choose own, own:NAME, imported, imported:NAME, scorer:NAME@THRESHOLD or consensus:RULE")),
        }
    }
}

impl Serialize for LabelSource {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for LabelSource {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}

/// A label source in which nothing is left to be found out.
#[derive(Clone, Debug, PartialEq)]
pub enum Chosen {
    /// An annotator.
    Own(AnnotatorId),
    /// What came with the data: of every source, or of the named one.
    Imported(Option<String>),
    /// A score; a step is good from the threshold on.
    Scorer {
        /// The scorer, or the imported score's name.
        name: String,
        /// The least score of a good step.
        threshold: f64,
    },
    /// What several sources agree on.
    Consensus(Consensus<Self>),
}

impl Chosen {
    /// Settles the source: the default is `own`, else `imported` where nobody has labelled.
    pub fn settle(asked: Option<&LabelSource>, source: &dyn Corpus) -> Result<Self, LabelError> {
        match asked {
            Some(LabelSource::Own(Some(name))) => named(name, source),
            Some(LabelSource::Own(None)) => only(source)?.map_or_else(
                || {
                    let reason = "nobody has labelled in this project; label some traces or choose `imported`".into();
                    Err(LabelError::Source { text: "own".into(), reason })
                },
                |annotator| Ok(Self::Own(annotator)),
            ),
            Some(LabelSource::Imported(name)) => Ok(Self::Imported(name.clone())),
            Some(LabelSource::Scorer { name, threshold }) => {
                Ok(Self::Scorer { name: name.clone(), threshold: *threshold })
            }
            Some(LabelSource::Consensus(consensus)) => agreeing(consensus, source).map(Self::Consensus),
            None => Ok(only(source)?.map_or(Self::Imported(None), Self::Own)),
        }
    }

    /// The source as the manifest names it.
    pub fn name(&self) -> LabelSource {
        match self {
            Self::Own(annotator) => LabelSource::Own(Some(annotator.as_str().into())),
            Self::Imported(name) => LabelSource::Imported(name.clone()),
            Self::Scorer { name, threshold } => LabelSource::Scorer { name: name.clone(), threshold: *threshold },
            Self::Consensus(Consensus { rule, members, min }) => {
                let named = |member: &Member<Self>| Member { source: member.source.name(), above: member.above };
                let members = members.iter().map(named).collect();
                LabelSource::Consensus(Consensus { rule: *rule, members, min: *min })
            }
        }
    }
}

/// Everyone with labels, in the order of their names.
pub(super) fn labelling(source: &dyn Corpus) -> Vec<AnnotatorId> {
    let mut labelling = source.annotators();
    labelling.sort();
    labelling.retain(|annotator| source.has_labels(annotator));
    labelling
}

fn agreeing(asked: &Consensus, source: &dyn Corpus) -> Result<Consensus<Chosen>, LabelError> {
    let refuse = |reason: String| {
        let text = LabelSource::Consensus(asked.clone()).to_string();
        Err(LabelError::Source { text, reason })
    };
    let mut members: Vec<Member<Chosen>> = Vec::new();
    for Member { source: member, above } in &asked.members {
        let chosen = Chosen::settle(Some(member), source)?;
        if members.iter().any(|other| other.source == chosen) {
            return refuse(format!("{} is named twice", chosen.name()));
        }
        members.push(Member { source: chosen, above: *above });
    }
    if asked.members.is_empty() {
        let everyone = labelling(source);
        if everyone.len() < 2 {
            let who = if everyone.is_empty() { "nobody".into() } else { format!("only {}", join(&everyone)) };
            return refuse(format!("{who} has labelled in this project; name members: consensus:RULE(SOURCE, SOURCE)"));
        }
        members = everyone.into_iter().map(|by| Member { source: Chosen::Own(by), above: None }).collect();
    }
    let settled = Consensus { rule: asked.rule, members, min: asked.min };
    if settled.least() > settled.members.len() {
        return refuse(format!("min={} is more than the {} members", settled.least(), settled.members.len()));
    }
    Ok(settled)
}

fn only(source: &dyn Corpus) -> Result<Option<AnnotatorId>, LabelError> {
    let mut labelling = labelling(source);
    match labelling.len() {
        0 | 1 => Ok(labelling.pop()),
        _ => Err(LabelError::SeveralAnnotators { names: join(&labelling) }),
    }
}

fn named(name: &str, source: &dyn Corpus) -> Result<Chosen, LabelError> {
    let mut annotators = source.annotators();
    annotators.sort();
    let known = if annotators.is_empty() { "none".into() } else { join(&annotators) };
    let found = annotators.into_iter().find(|annotator| annotator.as_str() == name);
    found.map(Chosen::Own).ok_or_else(|| LabelError::UnknownAnnotator { name: name.into(), known })
}

fn join(annotators: &[AnnotatorId]) -> String {
    annotators.iter().map(AnnotatorId::as_str).collect::<Vec<_>>().join(", ")
}
