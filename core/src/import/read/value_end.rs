//! Finds where a JSON value ends without parsing it, across chunks.

/// Counts brackets outside texts. What lies between is judged by the parser later.
#[derive(Clone, Debug, Default)]
pub(super) struct ValueEnd {
    depth: u64,
    started: bool,
    in_text: bool,
    escaped: bool,
    scalar: bool,
}

impl ValueEnd {
    /// Takes bytes from the start of a value on. Gives how many of them belong to it once its end is reached.
    pub(super) fn feed(&mut self, bytes: &[u8]) -> Option<usize> {
        for (index, &byte) in bytes.iter().enumerate() {
            if self.in_text {
                match byte {
                    _ if self.escaped => self.escaped = false,
                    b'\\' => self.escaped = true,
                    b'"' => {
                        self.in_text = false;
                        if self.depth == 0 {
                            return Some(index + 1);
                        }
                    }
                    _ => {}
                }
                continue;
            }
            let ends_scalar = byte.is_ascii_whitespace() || matches!(byte, b',' | b']' | b'}' | b'[' | b'{' | b'"');
            if self.scalar && ends_scalar {
                return Some(index);
            }
            match byte {
                b'"' => self.in_text = true,
                b'{' | b'[' => self.depth += 1,
                b'}' | b']' if self.depth > 0 => {
                    self.depth -= 1;
                    if self.depth == 0 {
                        return Some(index + 1);
                    }
                }
                // A stray bracket is a row of its own, so that reading always goes on.
                b'}' | b']' if !self.started => return Some(index + 1),
                _ if self.depth == 0 => self.scalar = true,
                _ => {}
            }
            self.started = true;
        }
        None
    }

    /// True if the end of the file may be the end of the value.
    pub(super) const fn may_end_here(&self) -> bool {
        self.scalar
    }
}
