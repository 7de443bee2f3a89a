//! Under which circumstances something was said: part of every record, so that labels can be weighed later.

use std::borrow::Cow;

use serde::de::value::{Error as ValueError, StrDeserializer};
use serde::de::{Deserializer, IntoDeserializer as _};
use serde::{Deserialize, Serialize};

use super::event::Target;
use super::fact::{Place, Subject};
use super::log::AnnotationLog;
use crate::model::TraceId;

/// The circumstances of a record.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Context {
    /// Revision of the label schema; 0 where the project has none.
    #[serde(skip_serializing_if = "is_zero")]
    pub schema: u32,
    /// Version of the guideline that the schema names.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub guideline: String,
    /// What could be seen at the time that bears on the label, in the order of [`Seen`].
    #[serde(skip_serializing_if = "Vec::is_empty", deserialize_with = "known_ones")]
    pub saw: Vec<Seen>,
    /// How the annotator worked.
    #[serde(skip_serializing_if = "Way::is_linear", deserialize_with = "known_or_default")]
    pub way: Way,
    /// Milliseconds of work on the trace since the record before it, without idle time.
    #[serde(skip_serializing_if = "is_zero")]
    pub spent_ms: u32,
    /// Who proposed what is said here, where it was proposed; see [`Verified::by`](crate::model::Verified::by).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub proposed_by: Option<String>,
}

/// Something that may lead an annotator.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Seen {
    /// Scores of the trace.
    Scores,
    /// Whether the final answer is right, and the reference answer.
    Outcome,
    /// Labels that came with the data.
    Imported,
    /// Labels of other annotators.
    Others,
    /// A proposed label.
    Proposal,
}

/// How the annotator worked.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Way {
    /// Reading down.
    #[default]
    Linear,
    /// Halving the undecided span.
    Halving,
    /// Confirming or correcting a proposal.
    Verify,
    /// Many traces at once.
    Bulk,
    /// Taken over from a file.
    Adopted,
}

impl Way {
    #[expect(clippy::trivially_copy_pass_by_ref, reason = "serde hands out references")]
    const fn is_linear(&self) -> bool {
        matches!(self, Self::Linear)
    }
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde hands out references")]
const fn is_zero(number: &u32) -> bool {
    *number == 0
}

/// Names of a later version say nothing here, and must not make the record unreadable.
fn named<'a, T: Deserialize<'a>>(name: &'a str) -> Option<T> {
    let name: StrDeserializer<'a, ValueError> = name.into_deserializer();
    T::deserialize(name).ok()
}

fn known_ones<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<Seen>, D::Error> {
    let names = Vec::<Cow<'de, str>>::deserialize(deserializer)?;
    Ok(names.iter().filter_map(|name| named(name)).collect())
}

fn known_or_default<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Way, D::Error> {
    let name = Cow::<'de, str>::deserialize(deserializer)?;
    Ok(named(&name).unwrap_or_default())
}

impl Context {
    /// True where nothing is known, as of records of older versions.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

impl AnnotationLog {
    /// True where the annotator judged that trace once and took it back: what is hidden until then was seen.
    pub fn was_judged(&self, trace: &TraceId) -> bool {
        let target = Target::Trace(trace.clone());
        let was = |place| self.fold().was_taken_back(&Subject::new(&target, place));
        was(Place::FirstError) || was(Place::Status)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn circumstances_of_a_later_version_are_passed_over() {
        let text = r#"{"saw":["dreams","scores"],"way":"asleep","spent_ms":7,"mood":"calm"}"#;
        let read: Context = serde_json::from_str(text).unwrap();
        assert_eq!(read, Context { saw: vec![Seen::Scores], spent_ms: 7, ..Context::default() });
    }
}
