//! The dialog that decides how files are read: what was recognised, the fields of a mapping, the first traces.

use stepscope_core::import::mapping::{LabelSays, PathInfo};
use stepscope_core::import::{FilePreview, importers};
use stepscope_core::model::Trace;

use super::card::imported_text;
use super::scores::{score_text, score_tone};
use super::{Chip, one_line};
use crate::state::import_draft::{ImportDraft, MapField, ReadWay};
use crate::state::open::name_of;

/// Steps shown of each trace of the preview.
const STEPS: usize = 12;
/// Characters shown of each step.
const STEP_TEXT: usize = 110;

/// The dialog.
#[derive(Clone, Debug, Default, PartialEq)]
#[cfg_attr(feature = "testing", derive(serde::Serialize))]
pub struct ImportModel {
    /// The file that is looked at, and how many more there are.
    pub file: String,
    /// What its content suggests, and why.
    pub detected: String,
    /// The fields of the mapping; none where it is not used.
    pub fields: Vec<FieldModel>,
    /// The first traces.
    pub traces: Vec<TracePreview>,
    /// Why there are none, or what is wrong with the choices.
    pub fault: Option<String>,
}

/// A field of the mapping.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "testing", derive(serde::Serialize))]
pub struct FieldModel {
    /// Which one.
    #[cfg_attr(feature = "testing", serde(skip))]
    pub field: MapField,
    /// Its name.
    pub title: &'static str,
    /// What stands in it.
    pub value: String,
    /// What it is for, and what an empty one means.
    pub hint: &'static str,
    /// Paths that the file offers, each with an example.
    pub offers: Vec<(String, String)>,
}

/// One of the first traces.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "testing", derive(serde::Serialize))]
pub struct TracePreview {
    /// Row, name, generator and outcome.
    pub title: String,
    /// The problem on one line.
    pub problem: String,
    /// The first steps on one line each, with labels and scores.
    pub steps: Vec<(String, Vec<Chip>)>,
    /// How many more there are.
    pub more: usize,
    /// What could not be read as meant.
    pub warnings: Vec<String>,
}

impl ImportModel {
    /// The dialog for that draft and what the files would give.
    pub fn new(draft: &ImportDraft, preview: Option<&Result<FilePreview, String>>) -> Self {
        let mut model = Self { fault: draft.options().err(), ..Self::default() };
        let looked = match preview {
            None => None,
            Some(Err(error)) => {
                model.fault.get_or_insert_with(|| error.clone());
                None
            }
            Some(Ok(looked)) => Some(looked),
        };
        if let Some(looked) = looked {
            model.file = match draft.paths.len().saturating_sub(1) {
                0 => name_of(&looked.file),
                more => format!("{} and {more} more", name_of(&looked.file)),
            };
            model.detected = match (looked.format, looked.runner_up) {
                (Some(format), None) => format!("{format}: {}", looked.why),
                (Some(format), Some(next)) => format!("{format}: {}. Next best: {next}", looked.why),
                (None, _) => format!("Not recognised: {}", looked.why),
            };
            model.traces = looked.first.traces.iter().map(|(row, trace)| trace_preview(*row, trace)).collect();
            if model.fault.is_none() && model.traces.is_empty() {
                let reject = looked.first.rejects.first().map(|r| format!("Row {}: {}", r.row, r.reason));
                model.fault = reject.or_else(|| looked.fault.clone());
            }
        }
        if draft.way == ReadWay::Mapping {
            let paths = looked.map(|looked| looked.paths.as_slice()).unwrap_or_default();
            model.fields = MapField::ALL.into_iter().filter_map(|field| field_model(field, draft, paths)).collect();
        }
        model
    }
}

/// Names of all formats with what they read, for the choice.
pub fn formats() -> Vec<(&'static str, &'static str)> {
    importers().filter(|importer| importer.name() != "mapped").map(|i| (i.name(), i.caption())).collect()
}

/// A field, unless it says nothing in this mapping.
fn field_model(field: MapField, draft: &ImportDraft, paths: &[PathInfo]) -> Option<FieldModel> {
    let mapping = &draft.mapping;
    let steps = paths.iter().find(|info| info.path == mapping.steps);
    let has_objects = steps.is_some_and(|info| !info.entry_keys.is_empty()) || !mapping.step_text.is_empty();
    let (has_labels, has_outcome) = (mapping.labels.is_some(), mapping.outcome.is_some());
    let says = mapping.labels.as_ref().map(|labels| labels.says);
    let (rates, names_one) = (says == Some(LabelSays::Rating), says == Some(LabelSays::FirstError));
    let in_row = |wanted: &[&str]| -> Vec<(String, String)> {
        let fits = |info: &&PathInfo| wanted.is_empty() || wanted.contains(&info.kind);
        paths.iter().filter(fits).map(|info| (info.path.clone(), one_line(&info.example, 60))).collect()
    };
    let in_step =
        || steps.map(|s| s.entry_keys.iter().map(|key| (key.clone(), String::new())).collect()).unwrap_or_default();
    let text = ["a text", "a list"];
    let scalar = ["a text", "a number", "true or false"];
    let (title, hint, offers, shown) = match field {
        MapField::Rows => (
            "Rows",
            "List of rows inside the document; empty if each line or entry is a row",
            in_row(&["a list"]),
            true,
        ),
        MapField::Problem => {
            ("Problem", "Text of the question, or the messages before the first step", in_row(&text), true)
        }
        MapField::Steps => ("Steps", "List of steps, or one text to split", in_row(&text), true),
        MapField::StepText => ("Step text", "Key of the text in each step; empty: text", in_step(), has_objects),
        MapField::StepId => ("Step name", "Key by which steps are named; only for trees", in_step(), has_objects),
        MapField::StepParent => {
            ("Step parent", "Key with the name of the step that it continues", in_step(), has_objects)
        }
        MapField::Labels => ("Labels", "One value per step, or the number of the first error", in_row(&[]), true),
        MapField::LabelInStep => ("Label in step", "Key of the label in each step, instead", in_step(), has_objects),
        MapField::LabelBase => {
            ("First step is", "Number that the labels give to the first step: 0 or 1", Vec::new(), has_labels)
        }
        MapField::LabelNone => ("Means no error", "Values, with commas; empty: -1, null, N/A", Vec::new(), names_one),
        MapField::LabelGood => ("Means good", "Values, with commas; empty: 1, true, +", Vec::new(), rates),
        MapField::LabelNeutral => ("Means neutral", "Values, with commas", Vec::new(), rates),
        MapField::LabelBad => ("Means bad", "Values, with commas; empty: 0, -1, false, -", Vec::new(), rates),
        MapField::LabelSource => ("Labels by", "human, model:NAME, rollout; empty: dataset", Vec::new(), has_labels),
        MapField::Scores => {
            ("Scores", "One number per step, or one for the trace", in_row(&["a list", "a number"]), true)
        }
        MapField::ScoreInStep => ("Score in step", "Key of the score in each step, instead", in_step(), has_objects),
        MapField::Outcome => ("Outcome", "Whether the attempt succeeded", in_row(&scalar), true),
        MapField::OutcomeCorrect => {
            ("Means success", "Values, with commas; empty: true, 1, correct, pass", Vec::new(), has_outcome)
        }
        MapField::Id => ("Name", "Name of the trace", in_row(&scalar), true),
        MapField::Generator => ("Generator", "Model that wrote it", in_row(&scalar), true),
        MapField::Answer => ("Reference answer", "What the answer should be", in_row(&scalar), true),
        MapField::Solution => ("Reference solution", "How it could be solved", in_row(&["a text"]), true),
    };
    let value = field.get(mapping);
    (shown || !value.is_empty() && has_labels).then_some(FieldModel { field, title, value, hint, offers })
}

fn trace_preview(row: u64, trace: &Trace) -> TracePreview {
    let outcome = trace.outcome.verdict.name();
    let parts = [trace.source_id.as_deref(), trace.generator.as_deref(), (outcome != "unknown").then_some(outcome)];
    let mut title = format!("Row {row}");
    for part in parts.into_iter().flatten() {
        title.push_str(" · ");
        title.push_str(part);
    }
    let steps = (0..).zip(&trace.steps).take(STEPS).map(|(index, step)| {
        let labels = trace.labels.iter().filter(|label| label.step == Some(index)).map(|label| {
            let (text, tone) = imported_text(label);
            Chip { text: one_line(&text, 24), tone, imported: true, hint: format!("{} = {}", label.field, label.raw) }
        });
        let scores = trace.scores.iter().filter(|score| score.step == Some(index)).map(|score| Chip {
            text: score_text(score.value),
            tone: score_tone(score.kind, score.value),
            imported: true,
            hint: format!("{} ({})", score.name, score.kind.name()),
        });
        let text = match &step.tool {
            Some(tool) if step.text.is_empty() => format!("{} {}", tool.name, tool.arguments),
            _ => step.text.clone(),
        };
        (one_line(&text, STEP_TEXT), labels.chain(scores).take(4).collect())
    });
    let mut warnings = trace.warnings.clone();
    let whole: Vec<String> =
        trace.labels.iter().filter(|label| label.step.is_none()).map(|label| imported_text(label).0).collect();
    if !whole.is_empty() {
        title.push_str(" · ");
        title.push_str(&whole.join(", "));
    }
    warnings.truncate(3);
    TracePreview {
        title,
        problem: one_line(&trace.problem.text(), 160),
        steps: steps.collect(),
        more: trace.steps.len().saturating_sub(STEPS),
        warnings,
    }
}
