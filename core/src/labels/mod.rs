//! What one label source says of the steps of a trace: an annotator, the data, a scorer at a threshold.
//!
//! [`LabelSource`] is the name that users write. A [`Judge`] is that source, settled for one [`Corpus`]; asked about a
//! trace, it gives the ratings it [`Resolved`], or why it is [`Unclear`].

mod corpus;
mod error;
mod judge;
mod pseudonyms;
mod resolve;
mod selection;
mod source;

pub use corpus::{Corpus, Provenance, RecordFile, RecordKind, SourceFile, Standing};
pub use error::{LabelError, Unclear, Why};
pub use judge::{Judge, Said};
pub use pseudonyms::Pseudonymous;
pub use resolve::{Ratings, Resolved, resolve};
pub use selection::Selection;
pub use source::{Chosen, LabelSource};
