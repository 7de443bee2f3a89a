//! Logs of evaluation and observation tools.

use crate::import::Importer;
use crate::import::detect::Neighbour;

pub(super) const FORMATS: &[&dyn Importer] = &[];

pub(super) const NEIGHBOURS: &[Neighbour] = &[];
