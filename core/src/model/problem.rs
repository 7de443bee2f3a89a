//! What the traces try to solve.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};

use super::{ContentHasher, ProblemId};

/// Keys of the source that have no field of their own, kept as they were.
pub type Metadata = serde_json::Map<String, serde_json::Value>;

/// A problem that one or more traces try to solve.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Problem {
    /// What was asked.
    pub prompt: Prompt,
    /// The reference answer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub answer: Option<String>,
    /// The reference solution.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub solution: Option<String>,
    /// Everything else the source says of the problem.
    #[serde(default, skip_serializing_if = "Metadata::is_empty")]
    pub metadata: Metadata,
}

/// The question, as one text or as the chat that led to it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Prompt {
    /// Plain text.
    Text(String),
    /// Messages before the first step; the last one is usually the user's.
    Messages(Vec<ChatMessage>),
}

/// One message of a chat prompt.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct ChatMessage {
    /// `system`, `user`, `assistant`, …
    pub role: String,
    /// The text of the message.
    pub content: String,
}

impl Default for Prompt {
    fn default() -> Self {
        Self::Text(String::new())
    }
}

impl Problem {
    /// A problem given as plain text.
    pub fn from_text(text: impl Into<String>) -> Self {
        Self { prompt: Prompt::Text(text.into()), ..Self::default() }
    }

    /// The question as one text: the messages joined by blank lines, system messages left out.
    pub fn text(&self) -> Cow<'_, str> {
        match &self.prompt {
            Prompt::Text(text) => Cow::Borrowed(text),
            Prompt::Messages(messages) => {
                let asked: Vec<&str> =
                    messages.iter().filter(|m| m.role != "system").map(|m| m.content.as_str()).collect();
                Cow::Owned(asked.join("\n\n"))
            }
        }
    }

    /// The identity of the problem: a hash of its prompt.
    pub fn id(&self) -> ProblemId {
        let hasher = match &self.prompt {
            Prompt::Text(text) => ContentHasher::new("problem").part(text),
            Prompt::Messages(messages) => messages
                .iter()
                .fold(ContentHasher::new("problem-chat"), |hasher, m| hasher.part(&m.role).part(&m.content)),
        };
        ProblemId::new(hasher.hex(16))
    }
}
