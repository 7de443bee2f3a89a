//! Logs of evaluation and observation tools.

mod answers;
mod attributes;
mod docent;
mod inspect;
mod instant;
mod langchain;
mod langfuse;
mod lighteval;
mod lm_eval;
mod otlp;
mod part;
mod span;
mod spans;
mod talk;
mod turn;

use crate::import::Importer;
use crate::import::detect::Neighbour;

pub(super) const FORMATS: &[&dyn Importer] = &[
    &inspect::Inspect,
    &langfuse::Langfuse,
    &langchain::LangChain,
    &otlp::Otlp,
    &docent::Docent,
    &lm_eval::LmEval,
    &lighteval::LightEval,
    &spans::Spans,
];

pub(super) const NEIGHBOURS: &[Neighbour] = &[
    inspect::BARE_LOG,
    inspect::SUMMARIES,
    inspect::REDUCTIONS,
    inspect::SCORER_CASES,
    inspect::EVENT_CASES,
    langfuse::EXPECTATIONS,
];
