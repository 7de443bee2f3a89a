//! Characters that cannot be seen or that turn the direction of writing, by name: they are shown, and do nothing.

use std::ops::Range;

/// The name of a character that is shown as a sign; `None` for all others.
///
/// Characters that join or part letters have their place in some scripts and in emoji; `before` and `after` tell.
pub fn sign(c: char, before: Option<char>, after: Option<char>) -> Option<String> {
    let name = match c {
        '\n' | '\t' | ' '..='~' => return None,
        '\u{0}'..='\u{1f}' => CONTROL.get(c as usize).copied().unwrap_or("CTRL"),
        '\u{7f}' => "DEL",
        '\u{80}'..='\u{9f}' | '\u{fff9}'..='\u{fffb}' | '\u{206a}'..='\u{206f}' | '\u{2061}'..='\u{2064}' => {
            return Some(number(c));
        }
        '\u{ad}' => "SHY",
        '\u{34f}' => "CGJ",
        '\u{61c}' => "ALM",
        '\u{115f}' | '\u{1160}' | '\u{3164}' | '\u{ffa0}' => "FILLER",
        '\u{180e}' => "MVS",
        '\u{200b}' => "ZWSP",
        '\u{200c}' | '\u{200d}' if joins(before) && joins(after) => return None,
        '\u{200c}' => "ZWNJ",
        '\u{200d}' => "ZWJ",
        '\u{200e}' => "LRM",
        '\u{200f}' => "RLM",
        '\u{2028}' => "LS",
        '\u{2029}' => "PS",
        '\u{202a}' => "LRE",
        '\u{202b}' => "RLE",
        '\u{202c}' => "PDF",
        '\u{202d}' => "LRO",
        '\u{202e}' => "RLO",
        '\u{2060}' => "WJ",
        '\u{2066}' => "LRI",
        '\u{2067}' => "RLI",
        '\u{2068}' => "FSI",
        '\u{2069}' => "PDI",
        '\u{feff}' => "BOM",
        '\u{e0000}'..='\u{e007f}' if before == Some('\u{1f3f4}') => return None,
        // Letters of ASCII in disguise: what is hidden in them is shown.
        '\u{e0020}'..='\u{e007e}' => {
            return Some(format!("TAG {}", char::from_u32(c as u32 - 0xe0000).unwrap_or('?')));
        }
        '\u{e0000}'..='\u{e007f}' => "TAG",
        '\u{e0100}'..='\u{e01ef}' if before.is_some_and(|c| !c.is_ascii() && c.is_alphabetic()) => return None,
        '\u{e0100}'..='\u{e01ef}' => return Some(number(c)),
        _ => return None,
    };
    Some(name.to_owned())
}

/// The signs in a part of a text, with their places.
pub fn signs(text: &str, part: Range<usize>) -> Vec<(Range<usize>, String)> {
    let mut found = Vec::new();
    let Some(words) = text.get(part.clone()) else { return found };
    if words.bytes().all(|byte| matches!(byte, b' '..=b'~' | b'\n' | b'\t')) {
        return found;
    }
    let mut before = text.get(..part.start).and_then(|text| text.chars().next_back());
    let mut chars = words.char_indices().peekable();
    while let Some((at, c)) = chars.next() {
        let after = chars.peek().map(|(_, c)| *c);
        if let Some(name) = sign(c, before, after) {
            let start = part.start + at;
            found.push((start..start + c.len_utf8(), name));
        } else if before == Some('\u{1f3f4}') && matches!(c, '\u{e0020}'..='\u{e007f}') {
            // All tags of a flag belong to it.
            continue;
        }
        before = Some(c);
    }
    found
}

/// A text in which signs stand by name; for what is shown apart from its source.
pub fn named(text: &str) -> String {
    let found = signs(text, 0..text.len());
    let mut shown = String::with_capacity(text.len());
    let mut at = 0;
    for (range, name) in found {
        shown.push_str(text.get(at..range.start).unwrap_or_default());
        shown.push('⟨');
        shown.push_str(&name);
        shown.push('⟩');
        at = range.end;
    }
    shown.push_str(text.get(at..).unwrap_or_default());
    shown
}

fn number(c: char) -> String {
    format!("U+{:04X}", c as u32)
}

/// Letters of scripts that need them, and the parts of an emoji.
fn joins(c: Option<char>) -> bool {
    c.is_some_and(|c| match c {
        // Arabic, Syriac, Thaana, N'Ko, the scripts of India and their neighbours, Mongolian.
        '\u{600}'..='\u{8ff}' | '\u{900}'..='\u{109f}' | '\u{1780}'..='\u{18af}' => c.is_alphanumeric() || is_mark(c),
        // Arabic as it is printed, and emoji.
        '\u{fb50}'..='\u{fdff}'
        | '\u{fe70}'..='\u{fefc}'
        | '\u{fe0f}'
        | '\u{2600}'..='\u{27bf}'
        | '\u{2190}'..='\u{21ff}'
        | '\u{2b00}'..='\u{2bff}'
        | '\u{1f000}'..='\u{1faff}' => true,
        _ => false,
    })
}

/// Signs above and below letters of India, which are no letters by themselves.
fn is_mark(c: char) -> bool {
    matches!(c, '\u{900}'..='\u{dff}')
}

const CONTROL: [&str; 32] = [
    "NUL", "SOH", "STX", "ETX", "EOT", "ENQ", "ACK", "BEL", "BS", "TAB", "LF", "VT", "FF", "CR", "SO", "SI", "DLE",
    "DC1", "DC2", "DC3", "DC4", "NAK", "SYN", "ETB", "CAN", "EM", "SUB", "ESC", "FS", "GS", "RS", "US",
];

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, expected: &str) {
        assert_eq!(named(text), expected);
    }

    #[test]
    fn names_what_cannot_be_seen() {
        check("plain\ttext\n", "plain\ttext\n");
        check("a\u{200b}b", "a⟨ZWSP⟩b");
        check("if \u{202e}admin\u{2066}", "if ⟨RLO⟩admin⟨LRI⟩");
        check("\u{0}\u{1b}[31m\u{85}", "⟨NUL⟩⟨ESC⟩[31m⟨U+0085⟩");
        check("hi\u{e0041}\u{e0042}", "hi⟨TAG A⟩⟨TAG B⟩");
        check("a\u{200d}b", "a⟨ZWJ⟩b");
    }

    #[test]
    fn leaves_scripts_and_emoji_whole() {
        for text in
            ["👩\u{200d}👩\u{200d}👧", "می\u{200c}خواهم", "क\u{94d}\u{200d}ष", "❤\u{fe0f}\u{200d}🔥", "日本語 العربية"]
        {
            check(text, text);
        }
        let wales = "🏴\u{e0067}\u{e0062}\u{e0077}\u{e006c}\u{e0073}\u{e007f}";
        check(wales, wales);
    }
}
