//! The conditions that stand side by side in a question, so that each can be shown and taken away.

use std::ops::Range;

use super::parse::{Parser, Placed};
use super::scan::Scanner;
use super::tree::Node;
use super::{Fields, QueryError};

/// One of the conditions that must all be met.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Clause {
    /// Its bytes in the question.
    pub span: Range<usize>,
    /// It is a text to search for.
    pub is_word: bool,
    /// It consists of alternatives without brackets around them, and so is the whole question.
    pub is_open: bool,
}

/// The conditions of a question, of which all must be met.
pub fn clauses(text: &str, fields: &Fields) -> Result<Vec<Clause>, QueryError> {
    let found = Parser::new(Scanner::new(text), fields).clauses()?;
    let clause = |(span, node): Placed, is_open| Clause { span, is_word: node.word().is_some(), is_open };
    if let Some(all) = found {
        return Ok(all.into_iter().map(|found| clause(found, false)).collect());
    }
    let start = text.len() - text.trim_start().len();
    let whole = start..text.trim_end().len();
    Ok(vec![clause((whole, Node::Or(Vec::new())), true)])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn conditions_are_told_apart() {
        let check = |text: &str, expected: &[&str]| {
            let found = clauses(text, &Fields::default()).unwrap();
            let found: Vec<&str> = found.into_iter().map(|clause| &text[clause.span]).collect();
            assert_eq!(found, expected, "{text}");
        };
        check("", &[]);
        check(
            "carry  outcome:correct and steps > 10 -file:\"a b\"",
            &["carry", "outcome:correct", "steps > 10", "-file:\"a b\""],
        );
        check("not (a or b) count(failed) >= 3", &["not (a or b)", "count(failed) >= 3"]);
        check(" a or b c ", &["a or b c"]);
        assert!(clauses("a or b", &Fields::default()).unwrap()[0].is_open);
        assert!(clauses("(a", &Fields::default()).is_err());
    }
}
