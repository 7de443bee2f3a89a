//! A question as a tree.

use super::Field;

/// A condition on a trace, or inside a quantifier on a step.
#[derive(Clone, Debug, PartialEq)]
pub(in crate::query) enum Node {
    /// All of them hold; of none, always.
    And(Vec<Self>),
    /// At least one holds.
    Or(Vec<Self>),
    /// It does not hold.
    Not(Box<Self>),
    /// The text occurs, in any case; in lower case.
    Word(String),
    /// The regular expression finds something.
    Pattern(String),
    /// A field compares so.
    Test(Test),
    /// A field has a value.
    Has(Field),
    /// So many steps meet the condition.
    Steps(Quantifier, Box<Self>),
    /// Of a step: one that meets the condition stands on that side of it, not further than so many steps.
    Near(Option<u32>, Side, Box<Self>),
}

/// How many steps.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(in crate::query) enum Quantifier {
    Any,
    All,
    None,
    Count(Compare, f64),
}

/// Where the step looked for stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::query) enum Side {
    /// This step comes after it.
    After,
    /// This step comes before it.
    Before,
}

/// A field and what it is to be.
#[derive(Clone, Debug, PartialEq)]
pub(in crate::query) struct Test {
    pub(in crate::query) field: Field,
    pub(in crate::query) is: Is,
}

/// What a field is to be. What is missing is nothing of this.
#[derive(Clone, Debug, PartialEq)]
pub(in crate::query) enum Is {
    Number(Compare, f64),
    /// From the one to the other, both included.
    Between(Option<f64>, Option<f64>),
    Text(Matcher),
    /// Has a value, and another.
    NotText(Matcher),
    Flag(bool),
    /// Compared with another number.
    Field(Compare, Field),
}

/// What a text is to be, without regard to case.
#[derive(Clone, Debug, PartialEq)]
pub(in crate::query) enum Matcher {
    /// In lower case.
    Exactly(String),
    /// A path, or the last part of one, in lower case.
    FileName(String),
    /// `*` stands for anything.
    Glob(String),
    /// In lower case.
    Contains(String),
    /// A regular expression.
    Pattern(String),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::query) enum Compare {
    Equal,
    Unequal,
    Less,
    AtMost,
    More,
    AtLeast,
}

impl Node {
    pub(super) fn word(&self) -> Option<&str> {
        match self {
            Self::Word(word) => Some(word),
            _ => None,
        }
    }
}

impl Compare {
    pub(in crate::query) fn holds(self, left: f64, right: f64) -> bool {
        match self {
            #[expect(clippy::float_cmp, reason = "equality is what was asked for")]
            Self::Equal => left == right,
            #[expect(clippy::float_cmp, reason = "inequality is what was asked for")]
            Self::Unequal => left != right,
            Self::Less => left < right,
            Self::AtMost => left <= right,
            Self::More => left > right,
            Self::AtLeast => left >= right,
        }
    }
}

impl Matcher {
    /// The same as a regular expression that ignores case.
    pub(in crate::query) fn pattern(&self) -> String {
        match self {
            Self::Exactly(text) => format!("(?is)^{}$", regex::escape(text)),
            Self::FileName(text) => format!(r"(?is)(?:^|[/\\]){}$", regex::escape(text)),
            Self::Contains(text) => format!("(?is){}", regex::escape(text)),
            Self::Glob(text) => {
                let parts: Vec<String> = text.split('*').map(regex::escape).collect();
                format!("(?is)^{}$", parts.join(".*"))
            }
            Self::Pattern(pattern) => format!("(?i){pattern}"),
        }
    }
}
