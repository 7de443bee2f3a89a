//! Best-of-N pools and dumps of reasoning text: whole texts that are split into steps here.

mod best_of_n;
mod candidates;
mod gsm8k_models;
mod landscape;
mod texts;

use crate::import::Importer;
use crate::import::detect::Neighbour;

pub(super) const FORMATS: &[&dyn Importer] = &[
    &gsm8k_models::Gsm8kModels,
    &best_of_n::PURE_MATH,
    &best_of_n::SEARCH_AND_LEARN,
    &best_of_n::RLHFLOW_BON,
    &best_of_n::RPRM_BO8,
    &best_of_n::TOT_SAMPLES,
    &landscape::Landscape,
    &best_of_n::ANY,
    &texts::Texts,
];

pub(super) const NEIGHBOURS: &[Neighbour] = &[];
