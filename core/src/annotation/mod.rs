//! What people say about traces: an append-only log of events, and the state that is a fold over it.

mod adopt;
mod change;
mod check;
mod error;
mod event;
mod fold;
mod load;
mod lock;
mod log;
mod log_file;
mod name;
mod state;
mod superseded;
#[cfg(test)]
mod tests;
mod writer;

pub use adopt::{Adopted, adopt};
pub use change::Change;
pub use check::{Checked, check};
pub use error::AnnotationError;
pub use event::{Event, GestureId, LOG_VERSION, NoteTarget, Record, StepRef};
pub use fold::Reversal;
pub use load::{LineWarning, LoadReport, list_annotators, read};
pub use log::{Access, AnnotationLog};
pub use state::{Annotations, StepAnnotation, TraceAnnotation};
pub use superseded::{Superseded, keep_superseded, read_superseded};
pub use writer::SaveState;
