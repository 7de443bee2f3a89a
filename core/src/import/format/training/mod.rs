//! Training sets: step labels, preferences, instructions.

mod critique;
mod extra_token;
mod math_shepherd;
mod preference;
mod prm800k;
mod prm800k_rows;
mod prm800k_scored;
mod rlhflow_chat;
mod single_turn;
mod step_pairs;
mod steps;
mod unpaired;
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
    &preference::Preference,
    &unpaired::Unpaired,
    &critique::Critique,
    &steps::Steps,
    &single_turn::SingleTurn,
];

pub(super) const NEIGHBOURS: &[Neighbour] = &[];
