//! Best-of-N pools and dumps of reasoning text: whole texts that are split into steps here.

mod gsm8k_models;

use crate::import::Importer;
use crate::import::detect::Neighbour;

pub(super) const FORMATS: &[&dyn Importer] = &[&gsm8k_models::Gsm8kModels];

pub(super) const NEIGHBOURS: &[Neighbour] = &[];
