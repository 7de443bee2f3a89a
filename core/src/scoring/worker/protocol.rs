//! What owner and worker say to each other: one JSON object per line, unknown fields ignored.
//!
//! ARCHITECTURE.md shows a line of each; a test reads them. Before the worker's `hello`, and between its replies, it
//! may print anything: lines that are no reply are its log. A worker leaves when its input ends.

use serde::{Deserialize, Serialize};

use crate::scoring::{
    DeviceChoice, EncoderInfo, ModelSource, NumberFormat, ScoreEvent, ScorerInfo, TreeText, WorkerError,
};

/// Raised when an older side would misunderstand.
pub const PROTOCOL: u32 = 2;

/// Pairs replies with the request; chosen by the owner.
pub type RequestId = u64;

/// What the owner says.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Request {
    /// Load a model; answered by `Loaded` or `Failed`.
    Load {
        /// Pairs the replies.
        id: RequestId,
        /// Which, on the worker's computer.
        #[serde(flatten)]
        source: Box<ModelSource>,
    },
    /// Score traces; answered by an `Event` as each is done, then `Finished`, or by `Failed`.
    Score {
        /// Pairs the replies.
        id: RequestId,
        /// Text travels, files do not.
        trees: Vec<TreeText>,
    },
    /// Load a sentence encoder; answered by `EncoderLoaded` or `Failed`.
    LoadEncoder {
        /// Pairs the replies.
        id: RequestId,
        /// Its folder, on the worker's computer.
        folder: String,
    },
    /// Give a vector for each text; answered by `Encoded` and `Finished`, or by `Failed`.
    Encode {
        /// Pairs the replies.
        id: RequestId,
        /// The texts.
        texts: Vec<String>,
    },
    /// Stop working on that request; it ends with `Finished` or `Failed`.
    Cancel {
        /// The request to stop.
        id: RequestId,
    },
    /// No more is wanted; the worker stops what it does, says `Bye` and leaves.
    Bye,
}

/// What a worker can do. An older or simpler one leaves it out.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Capabilities {
    /// What runs the models.
    pub engine: String,
    /// Number formats that can be asked for.
    pub formats: Vec<NumberFormat>,
    /// Models that need no folder, such as `builtin:equations`.
    pub builtins: Vec<String>,
    /// It can run judges that write a critique before they score.
    pub judges: bool,
    /// The server that the text is sent on to, where the worker does not compute itself.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub server: Option<String>,
}

/// What the worker says.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Reply {
    /// First of all, once.
    Hello {
        /// See [`PROTOCOL`].
        protocol: u32,
        /// Version of Stepscope.
        version: String,
        /// Device asked for, used, and why.
        device: DeviceChoice,
        /// What it can do.
        #[serde(default)]
        capabilities: Capabilities,
    },
    /// The model is ready.
    Loaded {
        /// Pairs the reply.
        id: RequestId,
        /// Who will give the scores.
        scorer: ScorerInfo,
    },
    /// The encoder is ready.
    EncoderLoaded {
        /// Pairs the reply.
        id: RequestId,
        /// Who will give the vectors.
        encoder: EncoderInfo,
    },
    /// The texts as vectors of length 1, in the order of the request.
    Encoded {
        /// Pairs the reply.
        id: RequestId,
        /// One for each text.
        vectors: Vec<Vec<f32>>,
    },
    /// A sign of life; the owner counts silence.
    Progress {
        /// Pairs the reply.
        id: RequestId,
        /// Units done.
        done: u64,
        /// All units, where known.
        #[serde(default)]
        total: Option<u64>,
        /// What is being done.
        #[serde(default)]
        note: String,
    },
    /// What came out, as it comes.
    Event {
        /// Pairs the reply.
        id: RequestId,
        /// A trace that is scored or failed, or a part of a critique.
        #[serde(flatten)]
        event: ScoreEvent,
    },
    /// The request is done.
    Finished {
        /// Pairs the reply.
        id: RequestId,
    },
    /// The request has ended early.
    Failed {
        /// Pairs the reply.
        id: RequestId,
        /// Why.
        error: WorkerError,
    },
    /// The worker leaves; what it was asked for and has not told is not done.
    Bye {
        /// Why.
        reason: String,
    },
}

impl Reply {
    /// The request that is answered; none for greeting and farewell.
    pub const fn id(&self) -> Option<RequestId> {
        match self {
            Self::Hello { .. } | Self::Bye { .. } => None,
            Self::Loaded { id, .. }
            | Self::EncoderLoaded { id, .. }
            | Self::Encoded { id, .. }
            | Self::Progress { id, .. }
            | Self::Event { id, .. }
            | Self::Finished { id }
            | Self::Failed { id, .. } => Some(*id),
        }
    }
}
