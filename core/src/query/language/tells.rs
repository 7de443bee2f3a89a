//! What a question could tell somebody who is to judge without knowing it.

use super::catalog::{Field, Of, Said, What};
use super::complete::{start_of_piece, value_of};
use super::parse::parse_field;
use super::source::voices;
use super::tree::{Is, Node, Test};
use super::{Fields, Filter};
use crate::labels::LabelSource;

/// What the values of a field tell.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Tells {
    /// Nothing that leads an annotator.
    Nothing,
    /// What a scorer holds of the steps.
    Scores,
    /// Whether the final answer is right, as the data say.
    Outcome,
    /// The reference answer, and whatever else the source says.
    Answer,
    /// Labels of the data or of others.
    Labels,
}

/// What the field of that name tells; nothing where there is none.
pub fn tells(name: &str) -> Tells {
    parse_field(name, &Fields::default()).map_or(Tells::Nothing, |field| of_field(&field))
}

/// The field whose value is being written at that byte of a question.
pub fn field_before(text: &str, cursor: usize) -> Option<&str> {
    let before = text.get(..cursor)?;
    let (name, _) = value_of(before.get(start_of_piece(before)..)?)?;
    Some(name)
}

impl Filter {
    /// The fields that are asked about, as they are written, with what they tell.
    pub fn mentions(&self) -> Vec<(String, Tells)> {
        let mut found = Vec::new();
        collect(&self.node, &mut found);
        found
    }
}

fn collect(node: &Node, found: &mut Vec<(String, Tells)>) {
    let mut add = |field: &Field| {
        // What is worked out of scores and labels together tells of both.
        found.extend(tells_scores(field).then(|| (field.name(), Tells::Scores)));
        found.push((field.name(), of_field(field)));
        found.dedup();
    };
    match node {
        Node::And(nodes) | Node::Or(nodes) => nodes.iter().for_each(|node| collect(node, found)),
        Node::Not(node) | Node::Steps(_, node) | Node::Near(_, _, node) => collect(node, found),
        Node::Word(_) | Node::Pattern(_) => {}
        Node::Has(field) => add(field),
        Node::Test(Test { field, is }) => {
            add(field);
            if let Is::Field(_, other) = is {
                add(other);
            }
        }
    }
}

/// The sources that are asked, where it is worked out what they say.
fn judged_by(field: &Field) -> Option<LabelSource> {
    let Of::Source(Said::Judged(source)) = &field.of else { return None };
    source.parse().ok()
}

fn tells_scores(field: &Field) -> bool {
    let is_scorer = |source: &&LabelSource| matches!(source, LabelSource::Scorer { .. });
    judged_by(field).is_some_and(|source| voices(&source).iter().any(is_scorer))
}

fn of_field(field: &Field) -> Tells {
    match field.what {
        _ if matches!(judged_by(field), Some(LabelSource::Scorer { .. })) => Tells::Scores,
        What::Score | What::StepScore | What::Delta => Tells::Scores,
        What::Outcome | What::Reward => Tells::Outcome,
        What::Answer | What::Meta | What::StepMeta => Tells::Answer,
        // What the annotator said is known to them.
        _ if field.of == Of::Source(Said::Own(None)) => Tells::Nothing,
        What::FirstError
        | What::IsError
        | What::Label
        | What::StepLabel
        | What::ErrorType
        | What::StepErrorType
        | What::Severity
        | What::StepSeverity
        | What::Tag
        | What::StepTag
        | What::Soft
        | What::StepSoft
        | What::Scale
        | What::StepScale
        | What::Note
        | What::StepNote
        | What::LabelSource => Tells::Labels,
        What::Row
        | What::Id
        | What::SourceId
        | What::Problem
        | What::Generator
        | What::File
        | What::Format
        | What::Splitter
        | What::Steps
        | What::Branching
        | What::Warnings
        | What::State
        | What::Annotator
        | What::StepNumber
        | What::StepIndex
        | What::Kind
        | What::Text
        | What::Tool
        | What::Arguments
        | What::Section
        | What::Author
        | What::Words
        | What::IsFirst
        | What::IsLast
        | What::OnPath
        | What::Failed
        | What::Flag => Tells::Nothing,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_field_of_a_question_is_mentioned() {
        let check = |text: &str, expected: &[(&str, Tells)]| {
            let found = Filter::parse(text, &Fields::default()).unwrap().mentions();
            let found: Vec<_> = found.iter().map(|(name, tells)| (name.as_str(), *tells)).collect();
            assert_eq!(found, expected, "{text}");
        };
        check("carry /the/ \"one\"", &[]);
        check("steps > 3 or -state:done", &[("steps", Tells::Nothing), ("state", Tells::Nothing)]);
        check("not any(kind:code and score < 0.5)", &[("step.kind", Tells::Nothing), ("step.score", Tells::Scores)]);
        check(
            "first_error(own) != first_error(imported)",
            &[("first_error(own)", Tells::Nothing), ("first_error(imported)", Tells::Labels)],
        );
        check("has:reward any(is_error)", &[("reward", Tells::Outcome), ("step.is_error", Tells::Labels)]);
        check("first_error(scorer:q@0.5) > 2", &[("first_error(\"scorer:q@0.5\")", Tells::Scores)]);
        let both = "first_error(\"consensus:all(imported, scorer:q@0.5)\")";
        check(&format!("{both}:none"), &[(both, Tells::Scores), (both, Tells::Labels)]);
        check("meta.level:5", &[("meta.level", Tells::Answer)]);
        assert_eq!((tells("outcome"), tells("nothing such")), (Tells::Outcome, Tells::Nothing));
    }

    #[test]
    fn the_field_of_a_value_is_known() {
        let check = |text: &str, expected| assert_eq!(field_before(text, text.len()), expected, "{text}");
        check("steps > 3 outcome:cor", Some("outcome"));
        check("(label(own):g", Some("label(own)"));
        check("outc", None);
    }
}
