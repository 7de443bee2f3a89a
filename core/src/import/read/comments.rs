//! Takes `//` and `/* */` comments out of JSON, chunk by chunk.

/// Where the filter stands.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum State {
    #[default]
    Outside,
    Text,
    Escape,
    Slash,
    Line,
    Block,
    BlockStar,
}

/// Copies everything but comments. Line ends stay, so that line numbers do too.
#[derive(Clone, Debug, Default)]
pub(super) struct CommentFilter {
    state: State,
    found: bool,
}

impl CommentFilter {
    pub(super) fn filter(&mut self, input: &[u8], output: &mut Vec<u8>) {
        for &byte in input {
            self.state = match (self.state, byte) {
                (State::Outside, b'/') => State::Slash,
                (State::Slash, b'/') => {
                    self.found = true;
                    State::Line
                }
                (State::Slash, b'*') => {
                    self.found = true;
                    State::Block
                }
                (State::Block | State::BlockStar, b'*') => State::BlockStar,
                (State::BlockStar, b'/') => State::Outside,
                (State::Block | State::BlockStar, b'\n') => {
                    output.push(byte);
                    State::Block
                }
                (State::Block | State::BlockStar, _) => State::Block,
                (State::Line, b'\n') => {
                    output.push(byte);
                    State::Outside
                }
                (State::Line, _) => State::Line,
                (State::Slash, _) => {
                    output.extend([b'/', byte]);
                    if byte == b'"' { State::Text } else { State::Outside }
                }
                (state, _) => {
                    output.push(byte);
                    match (state, byte) {
                        (State::Text, b'\\') => State::Escape,
                        (State::Escape, _) | (State::Outside, b'"') => State::Text,
                        // A text cannot span lines: after a broken row the next line starts afresh.
                        (State::Text, b'"' | b'\n') => State::Outside,
                        (state, _) => state,
                    }
                }
            };
        }
    }

    /// The text without comments, if there are any.
    pub(super) fn strip(text: &[u8]) -> Option<Vec<u8>> {
        let mut filter = Self::default();
        let mut output = Vec::with_capacity(text.len());
        filter.filter(text, &mut output);
        filter.found.then_some(output)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn comments_go_and_texts_stay() {
        let check = |input: &str, expected: Option<&str>| {
            let found = CommentFilter::strip(input.as_bytes()).map(|bytes| String::from_utf8(bytes).unwrap());
            assert_eq!(found.as_deref(), expected, "{input}");
        };
        check(r#"{"a": "http://x /* y */"}"#, None);
        check("{// one\n\"a\": /* two\n */ 1}", Some("{\n\"a\": \n 1}"));
        check(r#"["\"//", 1] // end"#, Some(r#"["\"//", 1] "#));
        check("/***/1", Some("1"));
        check("1 / 2", None);
    }
}
