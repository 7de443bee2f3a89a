//! Writes training files: one file per target format, labels resolved by named policies, a manifest beside each file.
//!
//! The way of a row: [`Corpus`](crate::labels::Corpus) gives a trace → a [`Judge`](crate::labels::Judge) says what the chosen source judges →
//! `paths` picks the root-to-leaf paths → the [`ExportFormat`] applies the [`Policy`], checks and writes a line.
//! What cannot become a row is [`LeftOut`], with trace, step and rule; nothing is guessed. Rows of [`pairs`] are made of
//! all attempts at a problem instead.

mod best_of_n;
mod card;
mod columns;
mod container;
mod correction_sft;
mod critique_sft;
mod error;
mod features;
mod format;
pub mod house;
mod left_out;
mod lint;
mod maker;
mod manifest;
mod math_shepherd;
mod mc_tree;
mod messages;
mod named;
mod native;
mod origins;
mod pair_format;
pub mod pairs;
mod paths;
mod policy;
mod preview;
mod prm800k;
mod processbench;
mod report;
mod rerun;
mod rlhflow_chat;
mod rows;
mod rstar_pairs;
mod shapes;
mod shards;
pub mod split;
mod step_dpo;
mod steps;
mod table;
mod tally;
mod target;
#[cfg(test)]
mod tests;
mod text;
mod trl_preference;
mod trl_preference_chat;
mod trl_stepwise;
mod trl_unpaired;
mod trl_unpaired_chat;
mod verdicts;
mod weighted_pairs;
mod write;

pub use container::{Container, Layout, Packing};
pub use error::ExportError;
pub use format::{Columns, ExportFormat, FORMATS, Made, Row, RowInput, Scope, Words, format_by_name};
pub use left_out::{LeftOut, Objection, Rule};
pub use lint::{LintOptions, LintProblem, LintReport, lint};
pub use manifest::{DecontaminationNote, Manifest, ManifestFile, PseudonymNote, manifest_path};
pub use origins::Origins;
pub use pair_format::Sides;
pub use policy::{
    AfterError, ChatKeys, CritiqueLayout, Finite, Headings, NeutralSteps, PerRow, Policy, PolicyOption, SelfCorrected,
    SoftLabels, UnlabelledSteps, UnsureSteps, VerdictLine,
};
pub use preview::{Preview, preview};
pub use report::{ExportReport, PartReport, RemovedReport};
pub use rerun::read_manifest;
pub use rows::ExportOptions;
pub use shapes::{AttemptLayout, LossAs, ToolArguments, ToolTurns, TreeLayout, TreeValues, WrongSteps};
pub use tally::Counts;
pub use write::write;
