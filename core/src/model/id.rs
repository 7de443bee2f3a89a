//! Identities: strings that mean the same thing in every file, run and machine.

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
