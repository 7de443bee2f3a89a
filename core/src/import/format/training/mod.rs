//! Training sets: step labels, preferences, instructions.

mod math_shepherd;
mod prm800k;
mod steps;

use crate::import::Importer;
use crate::import::detect::Neighbour;

pub(super) const FORMATS: &[&dyn Importer] = &[&prm800k::Prm800k, &math_shepherd::MathShepherd, &steps::Steps];

pub(super) const NEIGHBOURS: &[Neighbour] = &[];
