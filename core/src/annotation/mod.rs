//! What people say about traces: an append-only log of events, and the state that is a fold over it.

mod event;
mod state;

pub use event::{Event, GestureId, NoteTarget, Record, StepRef};
pub use state::{Annotations, StepAnnotation, TraceAnnotation};
