//! The export dialog: what can be chosen, what it comes to, and the same as a command.

mod again;
mod choices;
mod command;
mod formats;
mod result;
mod sample;

pub use again::AgainModel;
pub use choices::{FieldModel, FilesModel, LabelsModel, OptionKind, OptionModel, PartsModel, ScopeModel};
pub use command::command_line;
pub use formats::{FormatGroup, FormatLine, groups, title_of};
pub use result::{LeftOutGroup, LeftOutLine, RemovedLine, ResultModel};
pub use sample::{ExportShown, SampleBody, SampleModel, SidesModel};

use std::path::Path;

use stepscope_core::export::format_by_name;
use stepscope_core::job::Progress;
use stepscope_core::labels::LabelSource;

use crate::state::ExportDraft;
use crate::state::asking::Problem;
use crate::state::export_draft::{ExportPage, ExportScope, ResultPage};

/// What the dialog is made of.
pub struct ExportFacts<'a> {
    /// The choices.
    pub draft: &'a ExportDraft,
    /// What they came to, as last counted.
    pub shown: Option<&'a Result<ExportShown, String>>,
    /// How far counting is, where it is under way.
    pub counting: Option<Progress>,
    /// Whose labels there are.
    pub sources: Vec<LabelSource>,
    /// What is wrong with the question.
    pub problem: Option<Problem>,
    /// How many traces there are, are listed, are selected.
    pub traces: [usize; 3],
    /// The project folder.
    pub project: &'a Path,
    /// The question that finds the chosen traces, as the command line takes it; `None` where none does.
    pub question: Option<&'a str>,
    /// What was counted tells labels that are not to be seen yet.
    pub is_hidden: bool,
}

/// The dialog.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "testing", derive(serde::Serialize))]
pub struct ExportModel<'a> {
    /// The pages of choices: title, how many choices differ from the usual ones, whether something is wrong there.
    pub pages: Vec<PageTab>,
    /// The formats by trainer, as far as they have what is looked for.
    pub groups: Vec<FormatGroup>,
    /// What the chosen format is for.
    pub caption: String,
    /// Whose labels; `None` where the format takes all.
    pub labels: Option<LabelsModel>,
    /// The options of the format.
    pub options: Vec<OptionModel>,
    /// Which traces.
    pub scope: ScopeModel,
    /// How they are divided.
    pub parts: PartsModel,
    /// What is written.
    pub files: FilesModel,
    /// What it comes to.
    pub result: ResultModel<'a>,
    /// The same on the command line.
    pub command: String,
    /// Why nothing can be written; `None` where something can.
    pub blocked: Option<String>,
}

/// A page of choices.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "testing", derive(serde::Serialize))]
pub struct PageTab {
    /// Which one.
    #[cfg_attr(feature = "testing", serde(skip))]
    pub page: ExportPage,
    /// Its title.
    pub title: &'static str,
    /// So many of its choices differ from the usual ones.
    pub changed: usize,
    /// Something on it is wrong.
    pub is_wrong: bool,
}

impl PageTab {
    /// What stands on it.
    pub fn text(&self) -> String {
        match (self.is_wrong, self.changed) {
            (true, _) => format!("{} !", self.title),
            (false, 0) => self.title.to_owned(),
            (false, changed) => format!("{} · {changed}", self.title),
        }
    }
}

impl<'a> ExportModel<'a> {
    /// Builds it.
    pub fn new(facts: &ExportFacts<'a>) -> Self {
        let draft = facts.draft;
        let labels = LabelsModel::new(draft, &facts.sources);
        let options = choices::options(draft);
        let scope = ScopeModel::new(draft, facts.traces, facts.problem.as_ref());
        let (parts, files) = (PartsModel::new(draft), FilesModel::new(draft, facts.shown));
        let result = ResultModel::new(facts);
        let blocked = blocked(facts, &files, &result);
        Self {
            pages: pages(labels.as_ref(), &options, &scope, &parts, &files, draft),
            groups: groups(draft.format, &draft.look.search),
            caption: format_by_name(draft.format).map(|format| format.caption().to_owned()).unwrap_or_default(),
            labels,
            options,
            scope,
            parts,
            files,
            result,
            command: command_line(draft, facts.project, facts.question),
            blocked,
        }
    }
}

fn pages(
    labels: Option<&LabelsModel>,
    options: &[OptionModel],
    scope: &ScopeModel,
    parts: &PartsModel,
    files: &FilesModel,
    draft: &ExportDraft,
) -> Vec<PageTab> {
    let own = options.iter().filter(|option| option.is_changed).count() + usize::from(draft.labels.is_some());
    let wrong_labels = labels.is_some_and(|labels| labels.fault.is_some());
    let narrowed = usize::from(draft.scope != ExportScope::All);
    let choices = [draft.parts.divided, !draft.tests.is_empty()];
    let divided = choices.into_iter().filter(|is_set| *is_set).count();
    let other = ExportDraft { format: draft.format, policy: draft.policy.clone(), ..usual(draft) };
    let set = [draft.folder, draft.end != other.end, !draft.shard_mb.trim().is_empty(), draft.pseudonyms, draft.strict];
    let set = set.into_iter().filter(|is_set| *is_set).count();
    let tab = |page, title, changed, is_wrong| PageTab { page, title, changed, is_wrong };
    vec![
        tab(ExportPage::Format, "Format", 0, false),
        tab(
            ExportPage::Options,
            "Labels and options",
            own,
            wrong_labels || options.iter().any(|option| option.fault.is_some()),
        ),
        tab(ExportPage::Traces, "Traces and parts", narrowed + divided, scope.fault.is_some() || parts.is_wrong()),
        tab(ExportPage::Files, "Files", set, files.is_wrong()),
    ]
}

fn usual(draft: &ExportDraft) -> ExportDraft {
    format_by_name(draft.format).map_or_else(|_| draft.clone(), ExportDraft::new)
}

fn blocked(facts: &ExportFacts<'_>, files: &FilesModel, result: &ResultModel<'_>) -> Option<String> {
    let draft = facts.draft;
    let wrong = facts.problem.as_ref().filter(|_| draft.scope == ExportScope::Question).map(|p| p.message.clone());
    if let Some(fault) = wrong.or_else(|| draft.first_fault()).or_else(|| files.end_fault.clone()) {
        return Some(fault);
    }
    if result.is_counting {
        return None;
    }
    match facts.shown {
        None => Some("Nothing is counted yet".into()),
        Some(Err(error)) => Some(error.clone()),
        Some(Ok(shown)) if shown.preview.rows == 0 => Some("No row would be written".into()),
        Some(Ok(shown)) if draft.strict && shown.preview.left_out_total > 0 => {
            Some("Some traces would be left out, which Strict does not allow".into())
        }
        Some(Ok(_)) => None,
    }
}

/// The pages of results, with how many things each lists.
pub fn result_tabs(model: &ResultModel<'_>) -> Vec<(ResultPage, String)> {
    let mut tabs = vec![
        (ResultPage::Rows, "First rows".to_owned()),
        (ResultPage::LeftOut, format!("Left out ({})", result::number(model.left_out))),
    ];
    if model.has_tests {
        tabs.push((ResultPage::Removed, format!("Removed ({})", result::number(model.removed_total))));
    }
    tabs
}
