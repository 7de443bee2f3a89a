//! Training sets: step labels, preferences, instructions.

mod math_shepherd;
mod prm800k;
mod prm800k_rows;
mod prm800k_scored;
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
    &steps::Steps,
];

pub(super) const NEIGHBOURS: &[Neighbour] = &[];
