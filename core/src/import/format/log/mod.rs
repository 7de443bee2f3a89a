//! Logs of evaluation and observation tools.

mod inspect;
mod instant;
mod langfuse;
mod part;
mod span;
mod talk;
mod turn;

use crate::import::Importer;
use crate::import::detect::Neighbour;

pub(super) const FORMATS: &[&dyn Importer] = &[&inspect::Inspect, &langfuse::Langfuse];

pub(super) const NEIGHBOURS: &[Neighbour] = &[
    inspect::BARE_LOG,
    inspect::SUMMARIES,
    inspect::REDUCTIONS,
    inspect::SCORER_CASES,
    inspect::EVENT_CASES,
    langfuse::EXPECTATIONS,
];
