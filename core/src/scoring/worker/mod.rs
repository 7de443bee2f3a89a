//! The model runs in another process: it may crash, run out of memory or sit on another computer, and the window
//! lives on. Both sides and the lines between them are here.

mod client;
mod protocol;
mod serve;
mod session;
#[cfg(test)]
mod tests;

pub use client::{Greeting, Launch, WorkerClient};
pub use protocol::{PROTOCOL, Reply, Request, RequestId};
pub use serve::serve;
pub use session::{
    OnEvent, ScoreQueue, ScoringSession, SessionEvent, SessionSpec, SessionSummary, TextOf, run_session,
};
