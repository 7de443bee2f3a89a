//! First-error and step-label benchmarks.

pub(super) mod agentprocessbench;
mod prmbench;
mod processbench;
mod reasoneval;
mod thought_anchors;
mod who_and_when;

use crate::import::Importer;
use crate::import::detect::Neighbour;

pub(super) const FORMATS: &[&dyn Importer] = &[
    &processbench::ProcessBench,
    &reasoneval::ReasonEval,
    &reasoneval::ReasonEvalScores,
    &prmbench::PrmBench,
    &prmbench::PrmBenchScores,
    &agentprocessbench::AgentProcessBench,
    &who_and_when::WhoAndWhen,
    &thought_anchors::ThoughtAnchors,
];

pub(super) const NEIGHBOURS: &[Neighbour] = thought_anchors::PARTS;
