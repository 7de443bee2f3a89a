//! The dialog of what annotators are asked for: presets, what the draft asks, what keeps it from being saved.

use stepscope_core::annotation::{LabelSchema, PRESETS, Scope, preset};
use stepscope_core::model::{LabelKind, StepRating};

use crate::state::schema_draft::SchemaDraft;

/// What the dialog shows beside the draft itself.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "testing", derive(serde::Serialize))]
pub struct SchemaModel {
    /// Identity and name of each preset.
    pub presets: Vec<(&'static str, String)>,
    /// What is asked, in one line.
    pub summary: String,
    /// Under which revision labels are given now.
    pub revision: String,
    /// What keeps it from being saved.
    pub problems: Vec<String>,
    /// It can be saved.
    pub can_save: bool,
}

impl SchemaModel {
    /// Builds it from the draft.
    pub fn new(draft: &SchemaDraft, can_write: bool) -> Self {
        let schema = draft.ready();
        let mut problems = schema.problems();
        if !can_write {
            problems.push("The project is open read-only".into());
        }
        problems.extend(Some(draft.failure.clone()).filter(|failure| !failure.is_empty()));
        let can_save = problems.is_empty() && draft.is_changed();
        let revision = match draft.before.revision {
            0 => "not saved with the project yet".to_owned(),
            number => format!("revision {number}"),
        };
        let presets = PRESETS.iter().filter_map(|(id, _)| Some((*id, preset(id)?.name)));
        Self { presets: presets.collect(), summary: summary(&schema), revision, problems, can_save }
    }
}

fn summary(schema: &LabelSchema) -> String {
    let ratings: Vec<&str> =
        StepRating::ALL.into_iter().filter(|&rating| schema.offers_rating(rating)).map(StepRating::name).collect();
    let mut parts = vec![format!("Steps {}", ratings.join(", "))];
    let mut count = |number: usize, one: &str, many: &str| match number {
        0 => {}
        1 => parts.push(format!("1 {one}")),
        number => parts.push(format!("{number} {many}")),
    };
    count(schema.errors.len(), "kind of error", "kinds of errors");
    count(schema.errors.iter().map(|kind| kind.subs.len()).sum(), "kind within", "kinds within");
    count(schema.severities.len(), "severity", "severities");
    let of = |scope| schema.dimensions.iter().filter(move |scale| scale.scope == scope).count();
    count(of(Scope::Step), "scale of steps", "scales of steps");
    count(of(Scope::Trace), "scale of traces", "scales of traces");
    count(schema.tags.len(), "tag", "tags");
    count(schema.criteria.len(), "criterion", "criteria");
    parts.join(" · ")
}

/// The sorts of labels that a schema may offer or leave out, with their titles.
pub const OFFERED: [(&[LabelKind], &str); 17] = [
    (&[LabelKind::Error], "Kind of error"),
    (&[LabelKind::Redundant], "Redundant"),
    (&[LabelKind::Corrected], "Corrected later"),
    (&[LabelKind::Missing], "Missing step"),
    (&[LabelKind::Soft], "Soft value"),
    (&[LabelKind::Rated], "Scales"),
    (&[LabelKind::Tag], "Tags"),
    (&[LabelKind::Critique], "Critiques"),
    (&[LabelKind::Span], "Words"),
    (&[LabelKind::Link], "Links"),
    (&[LabelKind::Unsafe], "Unsafe"),
    (&[LabelKind::Masked], "Mask"),
    (&[LabelKind::Outcome], "Answer right or wrong"),
    (&[LabelKind::Reason], "Reasons"),
    (&[LabelKind::Written], "Written steps"),
    (&[LabelKind::Best, LabelKind::Rank, LabelKind::Preferred], "Comparisons"),
    (&[LabelKind::Cut, LabelKind::Joined], "Splitting and merging"),
];

/// What follows from how an annotator works, whatever is asked for.
pub const ALWAYS: &[LabelKind] = &[LabelKind::Verified, LabelKind::Inspected];
