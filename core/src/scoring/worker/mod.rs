//! The model runs in another process: it may crash, run out of memory or sit on another computer, and the window
//! lives on. Both sides and the lines between them are here.

mod client;
mod encode;
mod launch;
mod pool;
mod process;
mod protocol;
mod queue;
mod serve;
#[cfg(test)]
mod tests;

use std::io::{BufRead as _, BufReader, Read};

pub use client::{Greeting, WorkerClient};
pub use encode::WorkerEncoder;
pub use launch::Launch;
pub use pool::{OnEvent, PoolEvent, PoolSpec, PoolStatus, PoolSummary, ScoringPool, TextOf, WorkerSpec, run_pool};
pub use protocol::{Capabilities, PROTOCOL, Reply, Request, RequestId};
pub use queue::ScoreQueue;
pub use serve::serve;

/// Lines as text, whatever their bytes: what a library prints need not be UTF-8, and must not end the reading.
fn lines(reader: impl Read) -> impl Iterator<Item = String> {
    let lines = BufReader::new(reader).split(b'\n').map_while(Result::ok);
    lines.map(|line| String::from_utf8_lossy(&line).trim_end_matches('\r').to_string())
}
