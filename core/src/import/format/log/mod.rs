//! Logs of evaluation and observation tools.

mod inspect;
mod instant;
mod part;
mod talk;
mod turn;

use crate::import::Importer;
use crate::import::detect::Neighbour;

pub(super) const FORMATS: &[&dyn Importer] = &[&inspect::Inspect];

pub(super) const NEIGHBOURS: &[Neighbour] = inspect::NEIGHBOURS;
