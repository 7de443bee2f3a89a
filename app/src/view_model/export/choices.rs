//! What can be chosen besides the format: each choice with what it is, what is wrong with it, and why one would change it.

use std::ops::Range;
use std::path::Path;

use stepscope_core::export::pairs::PairRule;
use stepscope_core::export::split::SplitPart;
use stepscope_core::export::{Policy, PolicyOption, format_by_name};
use stepscope_core::labels::{LabelSource, SOURCE_HELP};

use super::sample::ExportShown;
use super::title_of;
use crate::state::ExportDraft;
use crate::state::asking::Problem;
use crate::state::export_draft::{ExportField, ExportScope, LABELS, is_long};

/// Whose labels.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "testing", derive(serde::Serialize))]
pub struct LabelsModel {
    /// What stands in the field; empty for the default.
    pub text: String,
    /// What could stand there.
    pub offers: Vec<String>,
    /// How it is written.
    pub help: String,
    /// Why it is none.
    pub fault: Option<String>,
}

/// An option of the format.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "testing", derive(serde::Serialize))]
pub struct OptionModel {
    /// Its name.
    pub name: &'static str,
    /// The same as a title.
    pub title: String,
    /// What it is set to; line breaks of one line of text as `\n`.
    pub value: String,
    /// How it is chosen.
    pub kind: OptionKind,
    /// What the value does, or why one would change it.
    pub says: String,
    /// Why one would change it.
    pub reason: &'static str,
    /// Why what was typed is no value.
    pub fault: Option<String>,
    /// It differs from the default of the format.
    pub is_changed: bool,
}

/// How an option is chosen.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "testing", derive(serde::Serialize))]
pub enum OptionKind {
    /// One of these, each with what it does.
    OneOf(Vec<(&'static str, &'static str)>),
    /// Any of these: name, what it does, whether it is chosen.
    AnyOf(Vec<(&'static str, &'static str, bool)>),
    /// A text of one line.
    Text,
    /// A text of several lines.
    Lines,
}

/// Which traces.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "testing", derive(serde::Serialize))]
pub struct ScopeModel {
    /// The choices: title, whether it is chosen, whether it can be.
    pub choices: Vec<(String, bool, bool)>,
    /// Which choice each is.
    #[cfg_attr(feature = "testing", serde(skip))]
    pub scopes: Vec<ExportScope>,
    /// The question; `None` where none is asked.
    pub question: Option<String>,
    /// Bytes of it that are wrong.
    pub mark: Option<Range<usize>>,
    /// What is wrong with it.
    pub fault: Option<String>,
    /// The question as it was probably meant, and what is put there.
    pub remedy: Option<(String, String)>,
}

/// A field, and what is wrong in it.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "testing", derive(serde::Serialize))]
pub struct FieldModel {
    /// What stands in it.
    pub text: String,
    /// What is wrong with that.
    pub fault: Option<String>,
}

/// How traces are divided, and which are for testing.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "testing", derive(serde::Serialize))]
pub struct PartsModel {
    /// They are divided.
    pub divided: bool,
    /// Each part with how much goes to it.
    pub ratios: Vec<(&'static str, String)>,
    /// What is wrong with that.
    pub ratios_fault: Option<String>,
    /// The seed.
    pub seed: FieldModel,
    /// Files with problems of a part: part, file name.
    pub lists: Vec<(&'static str, String)>,
    /// Nearly equal problems count as one.
    pub together: bool,
    /// From where on.
    pub near: FieldModel,
    /// Files with problems to be tested with.
    pub tests: Vec<String>,
}

/// What is written.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "testing", derive(serde::Serialize))]
pub struct FilesModel {
    /// The size of a file.
    pub shard_mb: FieldModel,
    /// Why the end of the name does not fit the rows.
    pub end_fault: Option<String>,
    /// What will be there, by name.
    pub names: Vec<String>,
    /// Who looks at the file can work out who the annotators are.
    pub is_guessable: bool,
}

impl LabelsModel {
    pub(super) fn new(draft: &ExportDraft, sources: &[LabelSource]) -> Option<Self> {
        // A format that takes every label as it is has no options.
        format_by_name(draft.format).ok().filter(|format| !format.options().is_empty())?;
        let known = draft.labels.as_ref().map(ToString::to_string).unwrap_or_default();
        Some(Self {
            text: draft.typed.get(LABELS).cloned().unwrap_or(known),
            offers: sources.iter().map(ToString::to_string).collect(),
            help: format!("Write {SOURCE_HELP}"),
            fault: draft.option_fault(LABELS),
        })
    }
}

/// The options of the chosen format, in the order of the policy.
pub(super) fn options(draft: &ExportDraft) -> Vec<OptionModel> {
    let Ok(format) = format_by_name(draft.format) else { return Vec::new() };
    let usual = format.defaults();
    let options = Policy::OPTIONS.iter().chain(Policy::PAIR_OPTIONS);
    let known = options.filter(|option| format.options().contains(&option.name));
    known.map(|option| option_model(draft, option, format.lacks(), &usual)).collect()
}

fn option_model(draft: &ExportDraft, option: &PolicyOption, lacks: &[(&str, &str)], usual: &Policy) -> OptionModel {
    let PolicyOption { name, reason, values } = *option;
    let set = draft.policy.get(name).unwrap_or_default();
    let kind = match name {
        "pairs" => {
            let chosen: Vec<&str> = set.split(',').collect();
            let rule = |rule: PairRule| (rule.name(), rule.caption(), chosen.contains(&rule.name()));
            OptionKind::AnyOf(PairRule::ALL.map(rule).into())
        }
        _ if !values.is_empty() => {
            OptionKind::OneOf(values.iter().copied().filter(|(value, _)| !lacks.contains(&(name, *value))).collect())
        }
        _ if is_long(name) => OptionKind::Lines,
        _ => OptionKind::Text,
    };
    let shown = if is_long(name) { set.clone() } else { set.replace('\n', "\\n") };
    let does = values.iter().find(|(value, _)| *value == set).map_or(reason, |(_, does)| does);
    let says =
        if name == "pairs" { "What makes one side better; the first rule that finds a pair names it" } else { does };
    OptionModel {
        name,
        title: title_of(name),
        value: draft.typed.get(name).cloned().unwrap_or(shown),
        kind,
        says: says.into(),
        reason,
        fault: draft.option_fault(name),
        is_changed: usual.get(name).is_ok_and(|usual| usual != set),
    }
}

impl ScopeModel {
    pub(super) fn new(draft: &ExportDraft, [all, listed, selected]: [usize; 3], problem: Option<&Problem>) -> Self {
        let counted = |what: &str, count: usize| format!("{what} ({count})");
        let choices = [
            (ExportScope::All, counted("All of the project", all), true),
            (ExportScope::Listed, counted("Those listed now", listed), listed > 0),
            (ExportScope::Selected, counted("Those selected", selected), selected > 0),
            (ExportScope::Question, "Those that a question finds".into(), true),
        ];
        let asked = draft.scope == ExportScope::Question;
        let problem = problem.filter(|_| asked);
        Self {
            scopes: choices.iter().map(|(scope, ..)| *scope).collect(),
            choices: choices.into_iter().map(|(scope, text, can)| (text, draft.scope == scope, can)).collect(),
            question: asked.then(|| draft.question.clone()),
            mark: problem.map(|problem| problem.span.clone()),
            fault: problem.map(|problem| problem.message.clone()),
            remedy: problem.and_then(|problem| problem.remedy.clone()),
        }
    }
}

impl PartsModel {
    pub(super) fn new(draft: &ExportDraft) -> Self {
        let parts = &draft.parts;
        let name = |path: &Path| path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        Self {
            divided: parts.divided,
            ratios: SplitPart::ALL
                .into_iter()
                .zip(&parts.ratios)
                .map(|(part, text)| (part.name(), text.clone()))
                .collect(),
            ratios_fault: draft.fault(ExportField::Ratios),
            seed: FieldModel { text: parts.seed.clone(), fault: draft.fault(ExportField::Seed) },
            lists: parts.lists.iter().map(|(part, path)| (part.name(), name(path))).collect(),
            together: parts.together,
            near: FieldModel { text: parts.near.clone(), fault: draft.fault(ExportField::Near) },
            tests: draft.tests.iter().map(|path| name(path)).collect(),
        }
    }

    pub(super) fn is_wrong(&self) -> bool {
        self.ratios_fault.is_some() || self.seed.fault.is_some() || self.near.fault.is_some()
    }
}

impl FilesModel {
    pub(super) fn new(draft: &ExportDraft, shown: Option<&Result<ExportShown, String>>) -> Self {
        let shown = shown.and_then(|shown| shown.as_ref().ok());
        let nested = shown.filter(|_| draft.end.starts_with("csv")).and_then(|shown| shown.nested.as_deref());
        let nested = nested.map(|name| format!("`{name}` holds a list or an object, for which CSV has no place"));
        Self {
            shard_mb: FieldModel { text: draft.shard_mb.clone(), fault: draft.fault(ExportField::ShardMb) },
            end_fault: draft.end_fault().map(str::to_owned).or(nested),
            names: names(draft),
            is_guessable: draft.pseudonyms && draft.key.is_empty(),
        }
    }

    pub(super) fn is_wrong(&self) -> bool {
        self.shard_mb.fault.is_some() || self.end_fault.is_some()
    }
}

/// The files that an export gives, with the name that is proposed.
fn names(draft: &ExportDraft) -> Vec<String> {
    let parts: Vec<&str> = if draft.parts.divided {
        let given = SplitPart::ALL.into_iter().zip(&draft.parts.ratios);
        given.filter(|(_, share)| !matches!(share.trim(), "" | "0")).map(|(part, _)| part.name()).collect()
    } else {
        Vec::new()
    };
    let (format, end) = (draft.format, draft.end.as_str());
    let number = if draft.folder || !draft.shard_mb.trim().is_empty() { "-00000-of-…" } else { "" };
    let mut names: Vec<String> = match (draft.folder, parts.as_slice()) {
        (true, []) => vec![format!("data/train{number}.{end}")],
        (true, parts) => parts.iter().map(|part| format!("data/{part}{number}.{end}")).collect(),
        (false, []) => vec![format!("{format}{number}.{end}")],
        (false, parts) => parts.iter().map(|part| format!("{format}-{part}{number}.{end}")).collect(),
    };
    let tested = !draft.tests.is_empty();
    if draft.folder {
        names.extend(tested.then(|| "decontamination.json".to_owned()));
        names.extend(["README.md".to_owned(), "manifest.json".to_owned()]);
    } else {
        names.extend(tested.then(|| format!("{format}.{end}.decontamination.json")));
        names.push(format!("{format}.{end}.manifest.json"));
    }
    names
}
