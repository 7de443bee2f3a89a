//! What one label source says of the steps of a trace: an annotator, the data, a scorer at a threshold, or several of
//! them agreed; and how far sources agree with one another.
//!
//! [`LabelSource`] is the name that users write. A [`Judge`] is that source, settled for one [`Corpus`]; asked about a
//! trace, it gives the ratings it [`Resolved`], or why it is [`Unclear`]. A [`Panel`] asks several of them at once: for
//! the figures of [`agreement`], the [`queue`](disputed) of disputed traces, and to see them [`SideBySide`].

mod agreement;
mod alpha;
mod consensus;
mod corpus;
mod error;
mod judge;
mod kappa;
mod panel;
mod place;
mod pseudonyms;
mod queue;
mod resolve;
mod selection;
mod source;
#[cfg(test)]
mod tests;
mod vote;

pub use agreement::{AgreementReport, Figures, FirstErrors, PairFigures, Verdicts, agreement};
pub use alpha::{Coincidences, Metric};
pub use consensus::{Consensus, ConsensusRule, Member, sources_from_list};
pub(crate) use corpus::compare_traces;
pub use corpus::{Corpus, Provenance, RecordFile, RecordKind, SourceFile, Standing, scores_of};
pub use error::{LabelError, Unclear, Why};
pub use judge::{Judge, Said};
pub use kappa::{Crosstab, wilson};
pub use panel::{Panel, SideBySide, SourceSays, StepSays, Voice};
pub use place::Place;
pub use pseudonyms::{Pseudonymous, pseudonym};
pub use queue::{Disputed, disputed, disputed_steps, stake};
pub use resolve::{Ratings, Resolved, resolve};
pub use selection::Selection;
pub use source::{Chosen, LabelSource, SOURCE_HELP};
pub use vote::{Vote, count};
