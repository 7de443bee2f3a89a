//! Problems, traces as step trees, labels, scores, and the identities that survive re-import.

mod calls;
mod edit;
mod estimate;
mod facts;
mod first_bad;
mod hash;
mod id;
mod instant;
mod label;
mod merge;
mod own_label;
mod problem;
mod sample_label;
mod score;
mod search_order;
mod splitter;
mod step;
mod time;
mod trace;
mod tree;

pub use calls::{Calls, is_call, is_result};
pub use edit::is_edit;
pub use estimate::{Estimate, leaf_outcomes, monte_carlo, wilson};
pub use facts::{RunFacts, StepFacts, StepSpan, failure, is_run, word_count};
pub(crate) use first_bad::NOT_THE_AGENT;
pub use first_bad::{FirstBad, RatedStep, first_bad};
pub use hash::ContentHasher;
pub use id::{AnnotatorId, ProblemId, StepHash, TraceId};
pub use instant::instant_ns;
pub use label::{FirstError, ImportedLabel, ImportedValue, StepRating, TraceStatus};
pub use merge::{Attempt, NodeIndex, PrefixNode, PrefixTree, Tally, Visit, normalised_text};
pub use own_label::{
    Critique, ErrorLabel, Label, LabelKey, LabelKind, Link, OutcomeLabel, Preference, Rated, Relation, Span, Verified,
    WrittenStep,
};
pub use problem::{ChatMessage, Metadata, Problem, Prompt};
pub use sample_label::{LABEL_KINDS, is_of_trace, sample_label};
pub use score::{ImportedScore, ScoreKind};
pub use search_order::{ITERATION, SearchOrder};
pub use splitter::{Splitter, SplitterError};
pub use step::{Step, StepFlag, StepIndex, StepKind, ToolCall};
pub use time::{Clock, FixedClock, Timestamp};
pub use trace::{Outcome, SourceRef, Trace, TraceBuilder, Verdict};
pub use tree::StepTree;
pub(crate) use tree::{is_branching, main_path};
