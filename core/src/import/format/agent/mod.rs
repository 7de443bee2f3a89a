//! Agent runs and conversations with tools.

mod agentbench;
mod atif;
mod chat;
mod code_attempts;
mod coding;
mod dialogue;
mod env_results;
mod harbor;
mod mini_swe;
mod openhands;
mod osworld;
mod react_text;
mod run;
mod sharegpt;
mod submissions;
mod swe_agent;

use crate::import::Importer;
use crate::import::detect::Neighbour;

pub(super) const FORMATS: &[&dyn Importer] = &[
    &chat::Chat,
    &sharegpt::ShareGpt,
    &dialogue::Dialogue,
    &harbor::HarborTraces,
    &agentbench::AgentBench,
    &swe_agent::SweAgent,
    &mini_swe::MiniSwe,
    &openhands::OpenHands,
    &atif::Atif,
    &coding::claude::ClaudeCode,
    &coding::codex::Codex,
    &coding::pi::Pi,
    &coding::kiro::Kiro,
    &coding::editor::Editor,
    &coding::gemini::Gemini,
    &osworld::OsWorld,
    &react_text::ReactText,
    &env_results::EnvResults,
    &code_attempts::CodeAttempts,
    &submissions::Submissions,
];

pub(super) const NEIGHBOURS: &[Neighbour] = &[agentbench::SUMMARY];
