//! Choices of the dialog that decides how files are read.

use std::path::PathBuf;
use std::sync::Arc;

use stepscope_core::import::mapping::{LabelMapping, LabelSays, OutcomeMapping, ScoreMapping};
use stepscope_core::import::{ImportOptions, Mapping};
use stepscope_core::model::ScoreKind;

/// How files are to be read.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ImportDraft {
    /// The files.
    pub paths: Vec<PathBuf>,
    /// The project folder they belong to, where one is open.
    pub project: Option<PathBuf>,
    /// By what.
    pub way: ReadWay,
    /// How texts are split: the name of a [`Splitter`](stepscope_core::model::Splitter); empty for the format's own way.
    pub splitter: String,
    /// The mapping, as far as it is filled in.
    pub mapping: Mapping,
    /// The mapping was filled in by the first look at the file, or by the user.
    pub has_mapping: bool,
}

/// By what files are read.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ReadWay {
    /// By what their content suggests.
    #[default]
    Detected,
    /// By that format.
    Format(&'static str),
    /// By a mapping of the user's.
    Mapping,
}

impl ImportDraft {
    /// The draft that gives these options again.
    pub fn from_options(paths: Vec<PathBuf>, project: Option<PathBuf>, options: &ImportOptions) -> Self {
        let format = options.format.as_deref().and_then(stepscope_core::import::importer);
        let way = match (&options.map, format) {
            (Some(_), _) => ReadWay::Mapping,
            (None, Some(importer)) => ReadWay::Format(importer.name()),
            (None, None) => ReadWay::Detected,
        };
        Self {
            paths,
            project,
            way,
            splitter: options.splitter.as_ref().map(ToString::to_string).unwrap_or_default(),
            mapping: options.map.as_deref().cloned().unwrap_or_default(),
            has_mapping: options.map.is_some(),
        }
    }

    /// The options for the import, or what is wrong with them.
    pub fn options(&self) -> Result<ImportOptions, String> {
        let splitter = (!self.splitter.is_empty()).then(|| self.splitter.parse()).transpose();
        let splitter = splitter.map_err(|error: stepscope_core::model::SplitterError| error.to_string())?;
        let mut options = ImportOptions { splitter, ..ImportOptions::default() };
        match self.way {
            ReadWay::Detected => {}
            ReadWay::Format(name) => options.format = Some(name.to_owned()),
            ReadWay::Mapping => {
                let mapping = Mapping { splitter: self.splitter.clone(), ..self.mapping.clone() };
                mapping.check().map_err(|error| error.to_string())?;
                options.map = Some(Arc::new(mapping));
            }
        }
        Ok(options)
    }
}

/// A field of a mapping, as the dialog shows it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MapField {
    /// The list of rows.
    Rows,
    /// The problem.
    Problem,
    /// The steps, or the text to split.
    Steps,
    /// The text of a step object.
    StepText,
    /// The name of a step object.
    StepId,
    /// The name of the step that it continues.
    StepParent,
    /// Labels in the row.
    Labels,
    /// Labels in each step.
    LabelInStep,
    /// The number of the first step.
    LabelBase,
    /// Values that mean no error.
    LabelNone,
    /// Values that mean good.
    LabelGood,
    /// Values that mean neutral.
    LabelNeutral,
    /// Values that mean bad.
    LabelBad,
    /// Who gave the labels.
    LabelSource,
    /// Scores in the row.
    Scores,
    /// Scores in each step.
    ScoreInStep,
    /// The outcome.
    Outcome,
    /// Values that mean success.
    OutcomeCorrect,
    /// The name of the trace.
    Id,
    /// The model.
    Generator,
    /// The reference answer.
    Answer,
    /// The reference solution.
    Solution,
}

impl MapField {
    /// Every field, in the order of the dialog.
    pub const ALL: [Self; 22] = [
        Self::Rows,
        Self::Problem,
        Self::Steps,
        Self::StepText,
        Self::StepId,
        Self::StepParent,
        Self::Labels,
        Self::LabelInStep,
        Self::LabelBase,
        Self::LabelNone,
        Self::LabelGood,
        Self::LabelNeutral,
        Self::LabelBad,
        Self::LabelSource,
        Self::Scores,
        Self::ScoreInStep,
        Self::Outcome,
        Self::OutcomeCorrect,
        Self::Id,
        Self::Generator,
        Self::Answer,
        Self::Solution,
    ];

    /// What stands in the field.
    pub fn get(self, mapping: &Mapping) -> String {
        let labels = mapping.labels.clone().unwrap_or_default();
        let scores = mapping.scores.first().cloned().unwrap_or_default();
        let outcome = mapping.outcome.clone().unwrap_or_default();
        match self {
            Self::Rows => mapping.rows.clone(),
            Self::Problem => mapping.problem.clone(),
            Self::Steps => mapping.steps.clone(),
            Self::StepText => mapping.step_text.clone(),
            Self::StepId => mapping.step_id.clone(),
            Self::StepParent => mapping.step_parent.clone(),
            Self::Labels => labels.path,
            Self::LabelInStep => labels.in_step,
            Self::LabelBase => labels.base.to_string(),
            Self::LabelNone => labels.none.join(", "),
            Self::LabelGood => labels.good.join(", "),
            Self::LabelNeutral => labels.neutral.join(", "),
            Self::LabelBad => labels.bad.join(", "),
            Self::LabelSource => labels.source,
            Self::Scores => scores.path,
            Self::ScoreInStep => scores.in_step,
            Self::Outcome => outcome.path,
            Self::OutcomeCorrect => outcome.correct.join(", "),
            Self::Id => mapping.id.clone(),
            Self::Generator => mapping.generator.clone(),
            Self::Answer => mapping.answer.clone(),
            Self::Solution => mapping.solution.clone(),
        }
    }

    /// Puts a text into the field.
    pub fn set(self, mapping: &mut Mapping, text: &str) {
        let text = text.trim();
        let owned = text.to_owned();
        match self {
            Self::Rows => mapping.rows = owned,
            Self::Problem => mapping.problem = owned,
            Self::Steps => mapping.steps = owned,
            Self::StepText => mapping.step_text = owned,
            Self::StepId => mapping.step_id = owned,
            Self::StepParent => mapping.step_parent = owned,
            Self::Labels => with_labels(mapping, |labels| {
                labels.path = owned;
                labels.in_step.clear();
            }),
            Self::LabelInStep => with_labels(mapping, |labels| {
                labels.in_step = owned;
                labels.path.clear();
            }),
            Self::LabelBase => with_labels(mapping, |labels| labels.base = text.parse().unwrap_or_default()),
            Self::LabelNone => with_labels(mapping, |labels| labels.none = words(text)),
            Self::LabelGood => with_labels(mapping, |labels| labels.good = words(text)),
            Self::LabelNeutral => with_labels(mapping, |labels| labels.neutral = words(text)),
            Self::LabelBad => with_labels(mapping, |labels| labels.bad = words(text)),
            Self::LabelSource => with_labels(mapping, |labels| labels.source = owned),
            Self::Scores => with_scores(mapping, |scores| {
                scores.path = owned;
                scores.in_step.clear();
            }),
            Self::ScoreInStep => with_scores(mapping, |scores| {
                scores.in_step = owned;
                scores.path.clear();
            }),
            Self::Outcome => {
                let outcome = mapping.outcome.get_or_insert_with(OutcomeMapping::default);
                outcome.path = owned;
                if outcome.path.is_empty() {
                    mapping.outcome = None;
                }
            }
            Self::OutcomeCorrect => {
                if let Some(outcome) = &mut mapping.outcome {
                    outcome.correct = words(text);
                }
            }
            Self::Id => mapping.id = owned,
            Self::Generator => mapping.generator = owned,
            Self::Answer => mapping.answer = owned,
            Self::Solution => mapping.solution = owned,
        }
    }
}

/// What a label number says; the dialog asks it beside the path.
pub fn label_says(mapping: &Mapping) -> Option<LabelSays> {
    mapping.labels.as_ref().map(|labels| labels.says)
}

/// Changes what a label number says.
pub fn set_label_says(mapping: &mut Mapping, says: LabelSays) {
    with_labels(mapping, |labels| labels.says = says);
}

/// What the scores mean; `None` where there are none.
pub fn score_kind(mapping: &Mapping) -> Option<ScoreKind> {
    mapping.scores.first().map(|scores| scores.kind)
}

/// Changes what the scores mean.
pub fn set_score_kind(mapping: &mut Mapping, kind: ScoreKind) {
    with_scores(mapping, |scores| scores.kind = kind);
}

/// Changes the labels; without a path there are none.
fn with_labels(mapping: &mut Mapping, change: impl FnOnce(&mut LabelMapping)) {
    let mut labels = mapping.labels.take().unwrap_or_default();
    change(&mut labels);
    mapping.labels = (!labels.path.is_empty() || !labels.in_step.is_empty()).then_some(labels);
}

/// Changes the first scores; without a path there are none.
fn with_scores(mapping: &mut Mapping, change: impl FnOnce(&mut ScoreMapping)) {
    let mut scores = if mapping.scores.is_empty() { ScoreMapping::default() } else { mapping.scores.remove(0) };
    change(&mut scores);
    if !scores.path.is_empty() || !scores.in_step.is_empty() {
        mapping.scores.insert(0, scores);
    }
}

fn words(text: &str) -> Vec<String> {
    text.split(',').map(|word| word.trim().to_owned()).filter(|word| !word.is_empty()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_read_back_what_was_put_in() {
        let mut mapping = Mapping { steps: "s".into(), ..Mapping::default() };
        MapField::Labels.set(&mut mapping, "l");
        MapField::Scores.set(&mut mapping, "sc");
        MapField::Outcome.set(&mut mapping, "o");
        for field in MapField::ALL {
            let text = if field == MapField::LabelBase { "1" } else { "a, b" };
            field.set(&mut mapping, text);
            assert_eq!(field.get(&mapping), text, "{field:?}");
        }
        for field in [MapField::LabelInStep, MapField::ScoreInStep, MapField::Outcome] {
            field.set(&mut mapping, "");
        }
        assert_eq!((mapping.labels, mapping.scores.len(), mapping.outcome), (None, 0, None));
    }

    #[test]
    fn options_come_back_as_a_draft() {
        let draft = ImportDraft { way: ReadWay::Format("steps"), splitter: "line".into(), ..ImportDraft::default() };
        let again = ImportDraft::from_options(Vec::new(), None, &draft.options().unwrap());
        assert_eq!(again, draft);
        let wrong = ImportDraft { way: ReadWay::Mapping, ..ImportDraft::default() };
        assert!(wrong.options().unwrap_err().contains("`steps` is empty"));
    }
}
