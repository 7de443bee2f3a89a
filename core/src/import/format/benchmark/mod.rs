//! First-error and step-label benchmarks.

mod processbench;

use crate::import::Importer;
use crate::import::detect::Neighbour;

pub(super) const FORMATS: &[&dyn Importer] = &[&processbench::ProcessBench];

pub(super) const NEIGHBOURS: &[Neighbour] = &[];
