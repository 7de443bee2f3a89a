//! The language in which traces are asked for. What it means is written down in `language.md`; here it is read.

mod catalog;
mod clauses;
mod complete;
mod error;
mod fields;
mod near;
mod parse;
mod reference;
mod scan;
mod source;
mod specs;
mod tells;
#[cfg(test)]
mod tests;
mod tree;
mod value;

pub(super) use catalog::meta_name;
pub(super) use catalog::{Field, Kind, Of, Part, Said, What};
pub use catalog::{FieldHelp, field_help};
pub use clauses::{Clause, clauses};
pub use complete::{Suggestion, complete};
pub(crate) use complete::{in_quotes, quoted};
pub use error::QueryError;
pub(super) use fields::Known;
pub use fields::{Fields, KnownValue};
pub(super) use near::nearest;
pub(super) use parse::parse_field;
pub(super) use source::voices;
pub(super) use specs::is_alias;
pub use tells::{Tells, field_before, tells};
pub(super) use tree::{Compare, Is, Matcher, Node, Quantifier, Side, Test};

use self::scan::Scanner;

/// The language as users read it: its grammar, what it means, and examples.
pub const LANGUAGE: &str = include_str!("language.md");

/// A question about traces, read and checked.
#[derive(Clone, Debug, PartialEq)]
pub struct Filter {
    pub(super) node: Node,
    doubts: Vec<QueryError>,
}

impl Filter {
    /// Reads a question. An empty text asks for all traces. Names of scorers, sources and metadata are looked up in
    /// `fields`, where those are known.
    pub fn parse(text: &str, fields: &Fields) -> Result<Self, QueryError> {
        let mut parser = parse::Parser::new(Scanner::new(text), fields);
        let node = parser.all()?;
        Ok(Self { node, doubts: parser.into_doubts() })
    }

    /// What is probably not meant: values that no trace has.
    pub fn doubts(&self) -> &[QueryError] {
        &self.doubts
    }

    /// True where it asks for all traces.
    pub fn is_empty(&self) -> bool {
        self.node == Node::And(Vec::new())
    }

    /// The words, in lower case, where the question consists of words alone: those it is answered fastest for.
    pub(super) fn words(&self) -> Option<Vec<&str>> {
        let word = |node: &'_ Node| matches!(node, Node::Word(_));
        match &self.node {
            Node::And(all) if all.iter().all(word) => Some(all.iter().filter_map(Node::word).collect()),
            Node::Word(word) => Some(vec![word]),
            _ => None,
        }
    }
}
