//! Search trees and what searches leave behind.

mod omegaprm;

use crate::import::Importer;
use crate::import::detect::Neighbour;

pub(super) const FORMATS: &[&dyn Importer] = &[&omegaprm::OmegaPrm];

pub(super) const NEIGHBOURS: &[Neighbour] = &[];
