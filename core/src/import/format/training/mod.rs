//! Training sets: step labels, preferences, instructions.

mod extra_token;
mod math_shepherd;
mod prm800k;
mod prm800k_rows;
mod prm800k_scored;
mod rlhflow_chat;
mod step_pairs;
mod steps;
mod versaprm;

use crate::import::Importer;
use crate::import::detect::Neighbour;

pub(super) const FORMATS: &[&dyn Importer] = &[
    &prm800k::Prm800k,
    &prm800k_scored::Prm800kScored,
    &prm800k_rows::Prm800kRows,
    &versaprm::VersaPrm,
    &math_shepherd::MathShepherd,
    &rlhflow_chat::RlhflowChat,
    &extra_token::ExtraToken,
    &step_pairs::StepDpo,
    &step_pairs::RstarPairs,
    &steps::Steps,
];

pub(super) const NEIGHBOURS: &[Neighbour] = &[];
