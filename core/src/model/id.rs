//! Identities: strings that mean the same thing in every file, run and machine.

use std::borrow::Borrow;
use std::fmt;

use serde::{Deserialize, Serialize};

macro_rules! id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(String);

        impl $name {
            /// Wraps a text that is already such an identity.
            pub fn new(text: impl Into<String>) -> Self {
                Self(text.into())
            }

            /// The identity as text.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl Borrow<str> for $name {
            fn borrow(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }
    };
}

id! {
    /// Identifies a problem by its content: 16 hexadecimal digits of a hash of the prompt.
    ProblemId
}
id! {
    /// Identifies a trace: 16 hexadecimal digits, with `-2`, `-3`, … for further identical traces.
    ///
    /// A trace whose source names it is known by that name and its first step, so it keeps its identity when it grows
    /// and gets another when it is written anew. One without a name is known by all its steps.
    TraceId
}
id! {
    /// Identifies a step by its text and the texts of all its ancestors: 32 hexadecimal digits, unique in a trace.
    StepHash
}
id! {
    /// Names a person who labels; also the stem of the log's file name.
    AnnotatorId
}

/// Stands between the identity of a step and the place where a part of it ends.
const PART: char = '@';
/// Begins the identity of a step that an annotator wrote.
const WRITTEN: &str = "own-";

impl StepHash {
    /// The part of this step that ends `end` bytes into its text, as cut off by an annotator.
    ///
    /// A step is known by all that is read up to its end, so the last part of a step that was cut is still that step,
    /// and one joined to the step after it goes by the name of that one.
    #[must_use]
    pub fn part(&self, end: usize) -> Self {
        Self(format!("{}{PART}{end}", self.0))
    }

    /// The step of the source that this is, or is a part of, and where the part ends in its text.
    pub fn whole(&self) -> (Self, Option<usize>) {
        let cut = self.0.rsplit_once(PART).and_then(|(whole, end)| Some((whole, end.parse().ok()?)));
        cut.map_or_else(|| (self.clone(), None), |(whole, end)| (Self(whole.into()), Some(end)))
    }

    /// A step that an annotator wrote; `number` is given once per log.
    pub fn written(number: u64) -> Self {
        Self(format!("{WRITTEN}{number}"))
    }

    /// True where an annotator wrote the step.
    pub fn is_written(&self) -> bool {
        self.0.starts_with(WRITTEN)
    }

    /// The number of a step that an annotator wrote.
    pub fn written_number(&self) -> Option<u64> {
        self.0.strip_prefix(WRITTEN)?.parse().ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_part_names_its_step_and_where_it_ends() {
        let step = StepHash::new("ab");
        assert_eq!(step.part(12).as_str(), "ab@12");
        assert_eq!(step.part(12).whole(), (step.clone(), Some(12)));
        assert_eq!(step.whole(), (step.clone(), None));
        assert!(StepHash::written(3).is_written());
        assert_eq!(StepHash::written(3).written_number(), Some(3));
        assert_eq!(step.written_number(), None);
    }
}
