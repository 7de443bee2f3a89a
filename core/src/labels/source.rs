//! Whose labels are used, as text and resolved against a project.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::model::AnnotatorId;

use super::{Corpus, LabelError};

/// Whose labels are used. Written `own`, `own:NAME`, `imported`, `imported:NAME`, `scorer:NAME@THRESHOLD`.
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
}

impl fmt::Display for LabelSource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Own(None) => f.write_str("own"),
            Self::Own(Some(name)) => write!(f, "own:{name}"),
            Self::Imported(None) => f.write_str("imported"),
            Self::Imported(Some(name)) => write!(f, "imported:{name}"),
            Self::Scorer { name, threshold } => write!(f, "scorer:{name}@{threshold}"),
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
            ("consensus", _) => {
                Err(refuse("consensus of several annotators is not available yet; name one with own:NAME"))
            }
            _ => Err(refuse("choose own, own:NAME, imported, imported:NAME or scorer:NAME@THRESHOLD")),
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
            None => Ok(only(source)?.map_or(Self::Imported(None), Self::Own)),
        }
    }

    /// The source as the manifest names it.
    pub fn name(&self) -> LabelSource {
        match self {
            Self::Own(annotator) => LabelSource::Own(Some(annotator.as_str().into())),
            Self::Imported(name) => LabelSource::Imported(name.clone()),
            Self::Scorer { name, threshold } => LabelSource::Scorer { name: name.clone(), threshold: *threshold },
        }
    }
}

fn only(source: &dyn Corpus) -> Result<Option<AnnotatorId>, LabelError> {
    let mut labelling = source.annotators();
    labelling.sort();
    labelling.retain(|annotator| source.has_labels(annotator));
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
