//! Content hashes: BLAKE3 over length-prefixed parts, so that `ab, c` and `a, bc` differ.

use std::fmt::Write as _;

/// Collects parts and gives a hexadecimal digest of them.
#[derive(Clone, Default)]
pub struct ContentHasher(blake3::Hasher);

impl ContentHasher {
    /// Starts a hash for one purpose; the same parts under another purpose hash differently.
    pub fn new(purpose: &str) -> Self {
        Self::default().part(purpose)
    }

    /// Adds one part.
    #[must_use]
    pub fn part(mut self, part: impl AsRef<[u8]>) -> Self {
        let bytes = part.as_ref();
        self.0.update(&(bytes.len() as u64).to_le_bytes());
        self.0.update(bytes);
        self
    }

    /// The first `digits` hexadecimal digits of the digest; at most 64.
    pub fn hex(&self, digits: usize) -> String {
        let mut text = String::with_capacity(64);
        for byte in self.0.finalize().as_bytes() {
            write!(text, "{byte:02x}").ok();
        }
        text.truncate(digits);
        text
    }
}
