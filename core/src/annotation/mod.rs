//! What people say about traces: an append-only log of events, and the state that is a fold over it.

mod adopt;
mod backup;
mod change;
mod check;
mod context;
mod disk;
mod error;
mod event;
mod fact;
mod fold;
mod fold_pack;
mod gold;
mod halving;
mod line;
mod load;
mod lock;
mod log;
mod log_file;
mod lot;
mod name;
mod overlay;
mod pack;
mod place;
mod quick;
mod replay;
mod reshape;
mod schema;
mod schema_check;
mod schema_file;
mod snapshot;
mod state;
mod sum;
mod superseded;
#[cfg(test)]
mod tests;
mod unite;
mod writer;

pub use adopt::{Adopted, adopt};
pub use change::Change;
pub use check::{Checked, check, check_schema};
pub use context::{Context, Seen, Way};
pub use error::AnnotationError;
pub use event::{Event, GestureId, LOG_VERSION, Record, StepRef, Target};
pub use fold::{Gesture, Reversal};
pub use gold::{Agreement, KnownAnswers, Others, agrees};
pub use halving::{Found, Halving, answer_halving};
pub use load::{LineWarning, LoadReport, list_annotators, read};
pub use log::{Access, AnnotationLog};
pub use lot::{Draw, drawn, lot};
pub use name::file_stem;
pub use overlay::overlaid;
pub use reshape::{NewStep, Refusal, Reshape};
pub use schema::{
    Blind, Dimension, ErrorKind, Gold, Guideline, LabelSchema, Named, PRESETS, Scope, preset, schema_from_toml,
};
pub use schema_check::letters;
pub use schema_file::SchemaError;
pub use state::{Annotations, Labels, StepAnnotation, TraceAnnotation};
pub use superseded::{Superseded, keep_superseded, read_superseded};
pub use unite::{Conflict, UniteReport, United, unite};
pub use writer::SaveState;
