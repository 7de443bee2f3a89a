//! Numbers and texts as bytes, for snapshots: seven bits a byte, and texts after their lengths.

/// Bytes to come.
#[derive(Debug, Default)]
pub(super) struct Packer(pub(super) Vec<u8>);

impl Packer {
    pub(super) fn number(&mut self, mut number: u64) {
        while number >= 0x80 {
            self.0.push(number.to_le_bytes()[0] | 0x80);
            number >>= 7;
        }
        self.0.push(number.to_le_bytes()[0]);
    }

    pub(super) fn count(&mut self, count: usize) {
        self.number(count as u64);
    }

    pub(super) fn bytes(&mut self, bytes: &[u8]) {
        self.count(bytes.len());
        self.0.extend_from_slice(bytes);
    }

    pub(super) fn text(&mut self, text: &str) {
        self.bytes(text.as_bytes());
    }

    /// A number that is near another one.
    pub(super) fn step(&mut self, from: u64, to: u64) {
        let difference = to.wrapping_sub(from);
        // The sign goes to the last bit, so that small steps in either direction are small numbers.
        self.number((difference << 1) ^ 0_u64.wrapping_sub(difference >> 63));
    }
}

/// Bytes as packed. Whatever is not there gives `None`.
#[derive(Debug)]
pub(super) struct Unpacker<'a>(pub(super) &'a [u8]);

impl<'a> Unpacker<'a> {
    pub(super) fn number(&mut self) -> Option<u64> {
        let mut number = 0;
        for shift in (0..64).step_by(7) {
            let byte = *self.0.split_off_first()?;
            number |= u64::from(byte & 0x7f) << shift;
            if byte < 0x80 {
                return Some(number);
            }
        }
        None
    }

    /// How many things follow. Each takes a byte at least, so that a wrong number cannot ask for all memory.
    pub(super) fn count(&mut self) -> Option<usize> {
        usize::try_from(self.number()?).ok().filter(|count| *count <= self.0.len())
    }

    pub(super) fn bytes(&mut self) -> Option<&'a [u8]> {
        let length = self.count()?;
        self.0.split_off(..length)
    }

    pub(super) fn text(&mut self) -> Option<&'a str> {
        std::str::from_utf8(self.bytes()?).ok()
    }

    pub(super) fn step(&mut self, from: u64) -> Option<u64> {
        let number = self.number()?;
        Some(from.wrapping_add((number >> 1) ^ 0_u64.wrapping_sub(number & 1)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_packed_comes_out_again() {
        let numbers = [0, 1, 127, 128, 300, u64::from(u32::MAX), u64::MAX - 1, u64::MAX];
        let mut packer = Packer::default();
        for pair in numbers.windows(2) {
            packer.number(pair[0]);
            packer.step(pair[0], pair[1]);
            packer.step(pair[1], pair[0]);
            packer.text("≠ x");
        }
        let mut unpacker = Unpacker(&packer.0);
        for pair in numbers.windows(2) {
            assert_eq!(unpacker.number(), Some(pair[0]));
            assert_eq!((unpacker.step(pair[0]), unpacker.step(pair[1])), (Some(pair[1]), Some(pair[0])));
            assert_eq!(unpacker.text(), Some("≠ x"));
        }
        assert_eq!(unpacker.number(), None);
        assert_eq!(Unpacker(&[0xff; 20]).number(), None);
        assert_eq!(Unpacker(&[9, 1]).bytes(), None);
    }
}
