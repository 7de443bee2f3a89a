//! First-error and step-label benchmarks.

mod prmbench;
mod processbench;
mod reasoneval;

use crate::import::Importer;
use crate::import::detect::Neighbour;

pub(super) const FORMATS: &[&dyn Importer] = &[
    &processbench::ProcessBench,
    &reasoneval::ReasonEval,
    &reasoneval::ReasonEvalScores,
    &prmbench::PrmBench,
    &prmbench::PrmBenchScores,
];

pub(super) const NEIGHBOURS: &[Neighbour] = &[];
