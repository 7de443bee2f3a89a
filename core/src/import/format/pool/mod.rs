//! Best-of-N pools and dumps of reasoning text: whole texts that are split into steps here.

use crate::import::Importer;
use crate::import::detect::Neighbour;

pub(super) const FORMATS: &[&dyn Importer] = &[];

pub(super) const NEIGHBOURS: &[Neighbour] = &[];
