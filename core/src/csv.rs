//! Values between commas, as RFC 4180 has them, with lines that end as on Unix.

/// Adds a line. `None` is nothing; an empty text is quoted, so that it differs from nothing. So is what has a comma, a
/// quote, a line break, or blanks at its ends.
pub fn push_line<T: AsRef<str>>(text: &mut String, cells: impl IntoIterator<Item = Option<T>>) {
    for (number, cell) in cells.into_iter().enumerate() {
        if number > 0 {
            text.push(',');
        }
        match cell.as_ref().map(AsRef::as_ref) {
            Some(cell) if cell.is_empty() || cell.contains([',', '"', '\n', '\r']) || cell.trim() != cell => {
                text.push('"');
                text.push_str(&cell.replace('"', "\"\""));
                text.push('"');
            }
            Some(cell) => text.push_str(cell),
            None => {}
        }
    }
    text.push('\n');
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_would_be_misread_is_quoted() {
        let mut text = String::new();
        push_line(&mut text, [Some("a"), Some("b, c"), None, Some(""), Some("say \"x\""), Some(" d"), Some("e\nf")]);
        assert_eq!(text, "a,\"b, c\",,\"\",\"say \"\"x\"\"\",\" d\",\"e\nf\"\n");
    }
}
