//! Best-of-N pools and dumps of reasoning text: whole texts that are split into steps here.

mod best_of_n;
mod candidates;
mod gsm8k_models;
mod landscape;
mod shapes;
mod texts;

use crate::import::Importer;
use crate::import::detect::Neighbour;

pub(super) const FORMATS: &[&dyn Importer] = &[
    &gsm8k_models::Gsm8kModels,
    &shapes::PURE_MATH,
    &shapes::SEARCH_AND_LEARN,
    &shapes::RLHFLOW_BON,
    &shapes::RPRM_BO8,
    &shapes::TOT_SAMPLES,
    &landscape::Landscape,
    &shapes::ANY,
    &texts::Texts,
];

pub(super) const NEIGHBOURS: &[Neighbour] = &[];
