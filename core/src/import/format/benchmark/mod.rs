//! First-error and step-label benchmarks.

pub(super) mod agentprocessbench;
mod autorace;
mod bbmistake;
mod deltabench;
mod gsm8k;
mod mr_ben;
mod mr_gsm8k;
mod prmbench;
mod processbench;
mod reasoneval;
mod rprm;
mod thought_anchors;
mod who_and_when;

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
    &reasoneval::ReasonEval,
    &reasoneval::ReasonEvalScores,
    &prmbench::PrmBench,
    &prmbench::PrmBenchScores,
    &agentprocessbench::AgentProcessBench,
    &who_and_when::WhoAndWhen,
    &thought_anchors::ThoughtAnchors,
];

pub(super) const NEIGHBOURS: &[Neighbour] = thought_anchors::PARTS;
