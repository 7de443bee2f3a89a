//! Options of formats that know several shapes of a row.

use serde::{Deserialize, Serialize};

use super::ExportError;
use super::policy::{choice, unknown_value};

choice! {
    /// What an attempt is in a row of several.
    AttemptLayout "attempts" {
        /// A list of its steps.
        #[default]
        Steps = "steps",
        /// One text, the steps joined by the separator.
        Text = "text",
    }
}

choice! {
    /// How a tree is written.
    TreeLayout "tree_layout" {
        /// A list of nodes, each of which names its parent: the same columns for every tree.
        #[default]
        Nodes = "nodes",
        /// Nodes within nodes, as `OmegaPRM` has them; for trees of up to 60 levels.
        Nested = "nested",
    }
}

choice! {
    /// Where the values of a tree come from.
    TreeValues "tree_values" {
        /// The values that came with the data or were computed, by `pair_score` or the first of the kind.
        #[default]
        Given = "given",
        /// The share of right ends among the known ends at and below a node.
        Counted = "counted",
    }
}

choice! {
    /// What becomes of tool calls, their results and turns of others.
    ToolTurns "tools" {
        /// What has such turns is left out.
        #[default]
        Refuse = "refuse",
        /// They are messages of their own, and a column `tools` says which tools there are.
        Messages = "messages",
    }
}

choice! {
    /// How the arguments of a tool call are written.
    ToolArguments "tool_arguments" {
        /// As an object, as chat templates want them.
        #[default]
        Object = "object",
        /// As the text of that object: columns stay the same whatever tools take.
        Text = "text",
    }
}

choice! {
    /// How a row says what is learned from.
    LossAs "loss_as" {
        /// `weight` of each message, 0 or 1, as OpenAI's fine-tuning reads it.
        #[default]
        Weight = "weight",
        /// `train` of each message, true or false, as axolotl reads it.
        Train = "train",
        /// `loss` of each message, true or false, as ms-swift reads it.
        Loss = "loss",
        /// A prompt and a completion: only the corrected part is learned from, as TRL does it.
        Completion = "completion",
    }
}

choice! {
    /// What becomes of the step that was wrong.
    WrongSteps "wrong_steps" {
        /// The correction stands in its place.
        #[default]
        Replace = "replace",
        /// It stays before its correction, and nothing is learned from it.
        Keep = "keep",
    }
}
