//! The table of fields.

use super::catalog::{Kind, Spec, Takes, What};

/// Other names of fields.
pub(super) const ALIASES: [(&str, &str); 9] = [
    ("source", "file"),
    ("rating", "label"),
    ("error_number", "first_error"),
    ("model", "generator"),
    ("is_failed", "failed"),
    ("last", "is_last"),
    ("args", "arguments"),
    ("name", "source_id"),
    ("errors", "error_type"),
];

/// It is another name of a field.
pub(in crate::query) fn is_alias(name: &str) -> bool {
    ALIASES.iter().any(|(alias, _)| *alias == name)
}

const fn of_trace(name: &'static str, what: What, kind: Kind, help: &'static str) -> Spec {
    Spec { name, what, kind, takes: Takes::Nothing, is_step: false, help }
}

const fn of_step(name: &'static str, what: What, kind: Kind, help: &'static str) -> Spec {
    Spec { name, what, kind, takes: Takes::Nothing, is_step: true, help }
}

#[expect(clippy::needless_pass_by_value, reason = "made for this call")]
const fn taking(takes: Takes, spec: Spec) -> Spec {
    Spec { takes, ..spec }
}

/// What no table holds.
pub(super) const FALLBACK: Spec = of_trace("", What::Row, Kind::Number, "");

/// In the order of lists.
pub(super) const SPECS: &[Spec] = &[
    of_trace("generator", What::Generator, Kind::Name, "the model that wrote the trace"),
    of_trace("file", What::File, Kind::Name, "the file it was read from"),
    of_trace("format", What::Format, Kind::Name, "the format it was read as"),
    of_trace("splitter", What::Splitter, Kind::Name, "how its text was split into steps, where the data do not say"),
    of_trace("outcome", What::Outcome, Kind::Name, "correct, incorrect or unknown: the final answer"),
    of_trace("reward", What::Reward, Kind::Number, "the reward that the data give"),
    of_trace("steps", What::Steps, Kind::Number, "how many steps it has"),
    of_trace("branching", What::Branching, Kind::Flag, "some step has several continuations"),
    of_trace("warnings", What::Warnings, Kind::Number, "how many warnings came up when it was read"),
    of_trace("problem", What::Problem, Kind::Words, "the text of the problem"),
    of_trace("answer", What::Answer, Kind::Words, "the reference answer"),
    of_trace("id", What::Id, Kind::Name, "its identity"),
    of_trace("source_id", What::SourceId, Kind::Name, "the name that its source gives it"),
    of_trace("row", What::Row, Kind::Number, "its number in the project, from 1"),
    of_trace(
        "state",
        What::State,
        Kind::Name,
        "unlabelled, labelled, done, skipped, defective or given_up: how far you got",
    ),
    taking(
        Takes::Source,
        of_trace("first_error", What::FirstError, Kind::Number, "number of the first wrong step, from 1; none, unsure"),
    ),
    taking(
        Takes::Source,
        of_trace("label", What::Label, Kind::Names, "what was said of it or of a step: good, bad, …"),
    ),
    taking(
        Takes::Source,
        of_trace(
            "error_type",
            What::ErrorType,
            Kind::Names,
            "kinds of its errors, such as calculation/arithmetic; tags of the data",
        ),
    ),
    taking(Takes::Source, of_trace("severity", What::Severity, Kind::Names, "how bad its errors are")),
    taking(Takes::Source, of_trace("tag", What::Tag, Kind::Names, "its tags and those of its steps")),
    taking(Takes::Source, of_trace("soft", What::Soft, Kind::Number, "the lowest soft label of a step")),
    taking(Takes::Key, of_trace("scale", What::Scale, Kind::Number, "its value on that scale of the label schema")),
    of_trace("label_source", What::LabelSource, Kind::Names, "who gave labels: sources of the data, own:NAME"),
    of_trace("annotator", What::Annotator, Kind::Names, "who labelled it in this project"),
    of_trace("note", What::Note, Kind::Names, "what was noted on it or on a step"),
    taking(
        Takes::Scorer,
        of_trace("score", What::Score, Kind::Number, "its scores along the main path: .min and others"),
    ),
    taking(Takes::Key, of_trace("meta", What::Meta, Kind::Name, "metadata of the trace or its problem: meta.level")),
    of_step("kind", What::Kind, Kind::Name, "thought, tool_call, tool_result, …; tool for both of these"),
    of_step("text", What::Text, Kind::Words, "its text"),
    of_step("tool", What::Tool, Kind::Name, "the tool that is called"),
    of_step("arguments", What::Arguments, Kind::Words, "the arguments of the call"),
    of_step("section", What::Section, Kind::Name, "the named part of the trace it belongs to"),
    of_step("author", What::Author, Kind::Name, "who wrote it: a role, an agent"),
    of_step("words", What::Words, Kind::Number, "how many words its text has"),
    of_step("number", What::StepNumber, Kind::Number, "its number on the path that leads to it, from 1"),
    of_step("index", What::StepIndex, Kind::Number, "its number among all steps of the trace, from 1"),
    of_step("is_first", What::IsFirst, Kind::Flag, "nothing stands before it"),
    of_step("is_last", What::IsLast, Kind::Flag, "nothing continues it"),
    of_step("on_path", What::OnPath, Kind::Flag, "it is on the main path"),
    of_step("failed", What::Failed, Kind::Flag, "a tool or a program failed here"),
    of_step("flag", What::Flag, Kind::Names, "pruned, terminal, failed, copied, synthetic"),
    taking(
        Takes::Source,
        of_step("is_error", What::IsError, Kind::Flag, "the first error is here; your word, else that of the data"),
    ),
    taking(Takes::Source, of_step("label", What::StepLabel, Kind::Names, "what was said of it: good, bad, …")),
    taking(
        Takes::Source,
        of_step("error_type", What::StepErrorType, Kind::Names, "the kind of its error; tags of the data"),
    ),
    taking(Takes::Source, of_step("severity", What::StepSeverity, Kind::Names, "how bad its error is")),
    taking(Takes::Source, of_step("tag", What::StepTag, Kind::Names, "its tags")),
    taking(Takes::Source, of_step("soft", What::StepSoft, Kind::Number, "its soft label")),
    taking(Takes::Key, of_step("scale", What::StepScale, Kind::Number, "its value on that scale of the label schema")),
    of_step("note", What::StepNote, Kind::Names, "what was noted on it"),
    taking(Takes::Scorer, of_step("score", What::StepScore, Kind::Number, "its score")),
    taking(Takes::Scorer, of_step("delta", What::Delta, Kind::Number, "its score less that of the step before")),
    taking(Takes::Key, of_step("meta", What::StepMeta, Kind::Name, "metadata of the step: step.meta.cost_usd")),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_field_has_one_entry() {
        for (at, spec) in SPECS.iter().enumerate() {
            assert_eq!(SPECS.iter().position(|s| s.what == spec.what), Some(at), "{}", spec.name);
            let same = SPECS.iter().filter(|s| s.name == spec.name && s.is_step == spec.is_step).count();
            assert_eq!(same, 1, "{}", spec.name);
            assert!(!spec.help.is_empty());
        }
        for (_, name) in ALIASES {
            assert!(SPECS.iter().any(|spec| spec.name == name), "{name}");
        }
    }
}
