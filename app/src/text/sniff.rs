//! Tells prose from plain lines, where a tool may have returned either.

/// How many lines are looked at.
const LOOKED_AT: usize = 400;

/// Whether a text is written for people, with markdown or in sentences.
pub(super) fn is_prose(text: &str) -> bool {
    let lines: Vec<&str> = text.lines().filter(|line| !line.trim().is_empty()).take(LOOKED_AT).collect();
    has_fence(&lines) || has_markdown(&lines) || is_sentences(&lines)
}

fn has_fence(lines: &[&str]) -> bool {
    // With a second one: output may hold one in a string.
    lines.iter().filter(|line| line.trim_start().starts_with("```")).count() >= 2
}

/// Several signs of markdown that mean something else nowhere.
fn has_markdown(lines: &[&str]) -> bool {
    let is_heading = |line: &str| {
        let signs = line.bytes().take_while(|byte| *byte == b'#').count();
        (1..=6).contains(&signs) && line.get(signs..).is_some_and(|rest| rest.starts_with(' '))
    };
    let mut signs = 0;
    for line in lines {
        signs += line.matches("](http").count();
        signs += usize::from(line.starts_with("|--") || line.starts_with("| --") || line.starts_with("|:-"));
        signs += usize::from(line.matches("**").count() >= 2 && !line.contains("***"));
        // One `#` begins a comment as often as a heading.
        signs += usize::from(line.starts_with("##") && is_heading(line));
    }
    signs >= 2 && signs * 30 >= lines.len()
}

/// Long lines of words.
fn is_sentences(lines: &[&str]) -> bool {
    let (mut words, mut letters, mut others, mut indented) = (0, 0, 0, 0);
    for line in lines {
        words += line.split_whitespace().count();
        indented += usize::from(line.starts_with([' ', '\t']));
        for c in line.chars() {
            if c.is_alphabetic() || matches!(c, ' ' | ',' | '.' | '\'' | '?' | '!') {
                letters += 1;
            } else {
                others += 1;
            }
        }
    }
    !lines.is_empty() && words >= 7 * lines.len() && letters >= 8 * others && indented * 10 <= lines.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tells_prose_from_output() {
        let check = |text: &str, expected: bool| assert_eq!(is_prose(text), expected, "{text}");
        check("I have looked up your order, and it will arrive on Monday.", true);
        check("# Title\n\nSee [one](http://a) and [two](http://b).", true);
        check("text\n```python\nx = 1\n```", true);
        check("total 12\ndrwxr-xr-x 2 root root 4096 Jan 1 a\n-rw-r--r-- 1 root root 12 Jan 1 b", false);
        check("# a comment\nx = 1\n# another\ny = 2", false);
        check("Traceback (most recent call last):\n  File \"a.py\", line 1, in <module>\nValueError: x", false);
        check("", false);
    }
}
