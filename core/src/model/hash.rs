//! Content hashes: BLAKE3 over length-prefixed parts, so that `ab, c` and `a, bc` differ.

/// More than this is hashed as it comes, not collected first.
const COLLECTED_BYTES: usize = 64 << 10;
/// Most steps and problems are no longer.
const USUAL_BYTES: usize = 512;

/// Collects parts and gives a hexadecimal digest of them.
#[derive(Clone)]
pub struct ContentHasher {
    /// Parts not yet hashed. Most texts are short, and hashing them at one go is several times faster.
    collected: Vec<u8>,
    hasher: Option<Box<blake3::Hasher>>,
}

impl Default for ContentHasher {
    fn default() -> Self {
        Self { collected: Vec::with_capacity(USUAL_BYTES), hasher: None }
    }
}

impl ContentHasher {
    /// Starts a hash for one purpose; the same parts under another purpose hash differently.
    pub fn new(purpose: &str) -> Self {
        Self::default().part(purpose)
    }

    /// Adds one part.
    #[must_use]
    pub fn part(mut self, part: impl AsRef<[u8]>) -> Self {
        self.add(part.as_ref());
        self
    }

    /// The first `digits` hexadecimal digits of the digest; at most 64.
    pub fn hex(&self, digits: usize) -> String {
        let digest = match &self.hasher {
            None => blake3::hash(&self.collected),
            Some(hasher) => hasher.clone().update(&self.collected).finalize(),
        };
        let mut text = hex(digest.as_bytes().get(..digits.div_ceil(2)).unwrap_or(digest.as_bytes()));
        text.truncate(digits);
        text
    }

    /// The first 64 bits of the digest, to draw lots with.
    pub fn number(&self) -> u64 {
        u64::from_str_radix(&self.hex(16), 16).unwrap_or_default()
    }

    /// Adds one part in place.
    pub(crate) fn add(&mut self, bytes: &[u8]) {
        self.collected.extend_from_slice(&(bytes.len() as u64).to_le_bytes());
        if self.collected.len() + bytes.len() <= COLLECTED_BYTES {
            self.collected.extend_from_slice(bytes);
        } else {
            let hasher = self.hasher.get_or_insert_default();
            hasher.update(&self.collected).update(bytes);
            self.collected.clear();
        }
    }

    /// Forgets all parts but the purpose, so that one hasher serves many texts.
    pub(crate) fn restart(&mut self, purpose: &str) {
        self.collected.clear();
        self.hasher = None;
        self.add(purpose.as_bytes());
    }
}

/// Bytes as hexadecimal digits.
fn hex(bytes: &[u8]) -> String {
    let digit = |value: u8| char::from(if value < 10 { b'0' + value } else { b'a' + value - 10 });
    let mut text = String::with_capacity(bytes.len() * 2);
    for byte in bytes {
        text.push(digit(byte >> 4));
        text.push(digit(byte & 15));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_texts_hash_like_short_ones() {
        let plain = |parts: &[&[u8]]| {
            let mut hasher = blake3::Hasher::new();
            for part in parts {
                hasher.update(&(part.len() as u64).to_le_bytes()).update(part);
            }
            hasher.finalize().to_hex().to_string()
        };
        let long = vec![b'x'; COLLECTED_BYTES + 1];
        for parts in [[&b"a"[..], b"bc"], [&long[..], b"a"], [b"", &long[..]], [&long[..], &long[..]]] {
            let made = parts.iter().fold(ContentHasher::default(), ContentHasher::part);
            assert_eq!(made.hex(64), plain(&parts));
            assert_eq!(made.hex(7), plain(&parts)[..7]);
        }
    }
}
