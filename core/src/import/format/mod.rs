//! Every published format, by family: one file per format, one list per family.
//!
//! Detection reads these lists in order; see [`detect`](super::detect) for how ties are settled.

mod agent;
mod asked;
mod benchmark;
mod log;
pub mod native;
mod pool;
mod search;
mod training;

use super::Importer;
use super::detect::Neighbour;
use super::mapping::Mapped;

/// The families. Where two formats fit a file equally well, the one that asks for more keys reads it, then the earlier.
pub(super) const FAMILIES: &[&[&dyn Importer]] = &[
    &[&Mapped, &native::Native],
    benchmark::FORMATS,
    training::FORMATS,
    search::FORMATS,
    agent::FORMATS,
    log::FORMATS,
    pool::FORMATS,
];

/// Files that lie beside traces and are none.
pub(super) const NEIGHBOURS: &[&[Neighbour]] = &[
    benchmark::NEIGHBOURS,
    training::NEIGHBOURS,
    search::NEIGHBOURS,
    agent::NEIGHBOURS,
    log::NEIGHBOURS,
    pool::NEIGHBOURS,
];
