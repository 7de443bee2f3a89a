//! Finds where a JSON value ends without parsing it, across chunks.

/// Counts brackets outside texts. What lies between is judged by the parser later.
#[derive(Clone, Debug, Default)]
pub(super) struct ValueEnd {
    depth: u64,
    within: Within,
}

/// What the next byte is part of.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Within {
    #[default]
    Nothing,
    Brackets,
    Text,
    Escape,
    Scalar,
}

impl ValueEnd {
    /// Takes bytes from the start of a value on. Gives how many of them belong to it once its end is reached.
    pub(super) fn feed(&mut self, bytes: &[u8]) -> Option<usize> {
        for (index, &byte) in bytes.iter().enumerate() {
            self.within = match (self.within, byte) {
                (Within::Text, b'\\') => Within::Escape,
                (Within::Text, b'"') if self.depth == 0 => return Some(index + 1),
                (Within::Text, b'"') => Within::Brackets,
                (Within::Text | Within::Escape, _) | (Within::Nothing | Within::Brackets, b'"') => Within::Text,
                (Within::Scalar, b',' | b'[' | b']' | b'{' | b'}' | b'"') => return Some(index),
                (Within::Scalar, _) if byte.is_ascii_whitespace() => return Some(index),
                (Within::Nothing | Within::Brackets, b'[' | b'{') => {
                    self.depth += 1;
                    Within::Brackets
                }
                // A stray bracket, too, is a value, so that reading always goes on.
                (Within::Nothing | Within::Brackets, b']' | b'}') if self.depth <= 1 => return Some(index + 1),
                (Within::Brackets, b']' | b'}') => {
                    self.depth -= 1;
                    Within::Brackets
                }
                (Within::Brackets, _) => Within::Brackets,
                (Within::Nothing | Within::Scalar, _) => Within::Scalar,
            };
        }
        None
    }

    /// True if the end of the file may be the end of the value.
    pub(super) const fn may_end_here(&self) -> bool {
        matches!(self.within, Within::Scalar)
    }
}
