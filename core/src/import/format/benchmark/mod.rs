//! First-error and step-label benchmarks.

mod autorace;
mod bbmistake;
mod deltabench;
mod gsm8k;
mod mr_ben;
mod mr_gsm8k;
mod processbench;
mod rprm;

use crate::import::Importer;
use crate::import::detect::Neighbour;

pub(super) const FORMATS: &[&dyn Importer] = &[
    &processbench::ProcessBench,
    &bbmistake::BigBenchMistake,
    &mr_gsm8k::MrGsm8k,
    &mr_ben::MrBen,
    &deltabench::DeltaBench,
    &rprm::RPrm,
    &autorace::AutoRace,
    &gsm8k::Gsm8k,
];

pub(super) const NEIGHBOURS: &[Neighbour] = &[];
