//! Finds the mathematics of a prose text, before its markdown is read: `_`, `*` and `\\` mean something else in it.
//!
//! Money, shell variables, code and delimiters without a partner are left as text.

use std::collections::HashMap;
use std::ops::Range;

use super::likely::{is_bracketed_mathematics, is_mathematics, is_prose};

/// A formula inside of `$` or `\(` is at most this long, in bytes.
const INLINE_BYTES: usize = 4_000;

/// A formula on lines of its own is at most this long, in bytes.
const DISPLAY_BYTES: usize = 20_000;

/// Environments in each other are followed this deep.
const ENVIRONMENTS: usize = 64;

/// Environments that are mathematics without any sign around them.
const MATHEMATICAL: [&str; 28] = [
    "align",
    "align*",
    "aligned",
    "alignat",
    "alignat*",
    "alignedat",
    "array",
    "bmatrix",
    "Bmatrix",
    "cases",
    "CD",
    "dcases",
    "eqnarray",
    "eqnarray*",
    "equation",
    "equation*",
    "gather",
    "gather*",
    "gathered",
    "matrix",
    "multline",
    "multline*",
    "pmatrix",
    "rcases",
    "smallmatrix",
    "split",
    "vmatrix",
    "Vmatrix",
];

/// Commands that are written without any sign around them, and how many arguments they have.
const COMMANDS: [(&str, usize); 11] = [
    ("boxed", 1),
    ("fbox", 1),
    ("ce", 1),
    ("pu", 1),
    ("frac", 2),
    ("dfrac", 2),
    ("tfrac", 2),
    ("cfrac", 2),
    ("sqrt", 1),
    ("binom", 2),
    ("overline", 1),
];

/// Commands for one sign that are written without any sign around them.
const SIGNS: [&str; 44] = [
    "times",
    "cdot",
    "div",
    "pm",
    "mp",
    "leq",
    "geq",
    "le",
    "ge",
    "neq",
    "ne",
    "approx",
    "equiv",
    "sim",
    "infty",
    "pi",
    "theta",
    "alpha",
    "beta",
    "gamma",
    "delta",
    "Delta",
    "lambda",
    "mu",
    "sigma",
    "omega",
    "phi",
    "angle",
    "triangle",
    "circ",
    "degree",
    "rightarrow",
    "Rightarrow",
    "implies",
    "iff",
    "to",
    "therefore",
    "because",
    "in",
    "ldots",
    "cdots",
    "dots",
    "cap",
    "cup",
];

/// Around a drawing.
const DRAWING: (&str, &str) = ("[asy]", "[/asy]");

/// A formula in a text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Found {
    /// Where it stands, with the signs around it.
    pub source: Range<usize>,
    /// What is to be typeset of it.
    pub tex: Range<usize>,
    /// How it stands.
    pub kind: FoundKind,
}

/// How a formula stands in a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum FoundKind {
    /// In a line.
    Inline,
    /// On a line of its own.
    Display,
    /// A drawing in the language of mathematical contests: program text.
    Drawing,
}

/// The formulas of a prose text, in order.
pub(super) fn find(text: &str) -> Vec<Found> {
    if !text.bytes().any(|byte| matches!(byte, b'$' | b'\\')) && !text.contains(DRAWING.0) {
        return Vec::new();
    }
    let last_drawing = text.rfind(DRAWING.1).unwrap_or(0);
    let finder = Finder { text, bytes: text.as_bytes(), environments: environments(text), paragraph: 0, last_drawing };
    finder.all()
}

struct Finder<'a> {
    text: &'a str,
    bytes: &'a [u8],
    /// Where each environment that begins at a place ends.
    environments: HashMap<usize, usize>,
    /// Where the paragraph looked at ends.
    paragraph: usize,
    /// Where the last drawing ends; 0 where none does.
    last_drawing: usize,
}

impl Finder<'_> {
    fn all(mut self) -> Vec<Found> {
        let mut found: Vec<Found> = Vec::new();
        let mut missing = HashMap::new();
        let mut at = 0;
        while at < self.bytes.len() {
            if (at == 0 || self.byte(at - 1) == b'\n')
                && let Some(end) = fence(self.text, at)
            {
                at = end;
                continue;
            }
            let one = match self.byte(at) {
                b'`' => {
                    at = self.code_span(at, &mut missing);
                    continue;
                }
                b'$' if self.byte(at + 1) == b'$' => self.double_dollar(at),
                b'$' => self.dollar(at),
                b'\\' => self.backslash(at),
                b'[' if self.slice(at..self.text.len()).starts_with(DRAWING.0) => self.drawing(at),
                _ => {
                    at += 1;
                    continue;
                }
            };
            at = match one {
                Some(one) => {
                    let end = one.source.end;
                    found.push(one);
                    end
                }
                // An escaped sign or the second of two dollars begins nothing.
                None if self.byte(at) == b'\\' && self.byte(at + 1).is_ascii_punctuation() => at + 2,
                None => {
                    at + self.bytes.get(at..).map_or(1, |rest| rest.iter().take_while(|b| **b == b'$').count()).max(1)
                }
            };
        }
        found
    }

    /// The byte at a place; nothing that means anything behind the end.
    fn byte(&self, at: usize) -> u8 {
        self.bytes.get(at).copied().unwrap_or(0)
    }

    fn slice(&self, range: Range<usize>) -> &str {
        self.text.get(range).unwrap_or_default()
    }

    fn before(&self, at: usize) -> Option<char> {
        self.slice(0..at).chars().next_back()
    }

    fn after(&self, at: usize) -> Option<char> {
        self.slice(at..self.text.len()).chars().next()
    }

    /// Where the paragraph that holds a place ends: at the next empty line.
    fn paragraph_end(&mut self, at: usize) -> usize {
        if at >= self.paragraph {
            self.paragraph = empty_line(self.text, at);
        }
        self.paragraph
    }

    /// Behind a span of code that begins here, or behind the signs that begin none.
    fn code_span(&mut self, at: usize, missing: &mut HashMap<usize, usize>) -> usize {
        let bytes = self.bytes;
        let ticks = |at: usize| bytes.get(at..).map_or(0, |rest| rest.iter().take_while(|b| **b == b'`').count());
        let length = ticks(at);
        let begin = at + length;
        if missing.get(&length).is_some_and(|end| at < *end) {
            return begin;
        }
        let end = self.paragraph_end(begin);
        let mut place = begin;
        while place < end {
            if self.byte(place) != b'`' {
                place += 1;
                continue;
            }
            let other = ticks(place);
            if other == length {
                return place + other;
            }
            place += other;
        }
        missing.insert(length, end);
        begin
    }

    fn double_dollar(&mut self, at: usize) -> Option<Found> {
        let begin = at + 2;
        if self.byte(begin) == b'$' {
            return None;
        }
        let end = self.closing(begin, DISPLAY_BYTES, b"$$")?;
        let inner = self.slice(begin..end);
        let has_gap = empty_line(inner.trim(), 0) < inner.trim().len();
        if inner.trim().is_empty() || has_gap || is_prose(inner) {
            return None;
        }
        Some(Found { source: at..end + 2, tex: begin..end, kind: FoundKind::Display })
    }

    fn dollar(&mut self, at: usize) -> Option<Found> {
        let begin = at + 1;
        let limit = self.paragraph_end(at).min(begin + INLINE_BYTES);
        let mut place = begin;
        while place < limit {
            match self.byte(place) {
                b'$' => break,
                b'`' => return None,
                b'\\' => place = self.behind_words(place, limit).unwrap_or(place + 2),
                _ => place += 1,
            }
        }
        if place >= limit || self.byte(place) != b'$' {
            return None;
        }
        // A dollar in braces is money in a formula, or the formula lacks its end.
        if open_braces(self.slice(begin..place)) > 0
            && let Some(end) = self.balanced_dollar(begin, place, limit)
        {
            place = end;
        }
        let inner = self.slice(begin..place);
        if inner.ends_with('{') || !is_mathematics(inner, self.before(at), self.after(place + 1)) {
            return None;
        }
        Some(Found { source: at..place + 1, tex: begin..place, kind: FoundKind::Inline })
    }

    /// The dollar behind `place` up to which all braces are closed.
    fn balanced_dollar(&self, begin: usize, place: usize, limit: usize) -> Option<usize> {
        let ends = self.slice(place + 1..limit).match_indices('$').map(|(at, _)| place + 1 + at).take(3);
        ends.into_iter().find(|end| open_braces(self.slice(begin..*end)) == 0)
    }

    /// Behind a group of words in a formula, such as `\text{if $x$}`, which may hold signs of its own.
    fn behind_words(&self, at: usize, limit: usize) -> Option<usize> {
        let name = command(self.text, at)?;
        let brace = at + 1 + name.len();
        (name.starts_with("text") || name == "mbox" || name == "hbox")
            .then(|| closing_brace(self.bytes, brace, limit))
            .flatten()
    }

    fn backslash(&mut self, at: usize) -> Option<Found> {
        match self.byte(at + 1) {
            b'(' => {
                let limit = self.paragraph_end(at).saturating_sub(at).min(INLINE_BYTES);
                self.bracketed(at, b"\\(", b"\\)", limit).map(|(source, tex)| Found {
                    source,
                    tex,
                    kind: FoundKind::Inline,
                })
            }
            b'[' => self.bracketed(at, b"\\[", b"\\]", DISPLAY_BYTES).map(|(source, tex)| Found {
                source,
                tex,
                kind: FoundKind::Display,
            }),
            b'b' if self.environments.contains_key(&at) => self.environment(at),
            byte if byte.is_ascii_alphabetic() => self.bare(at),
            _ => None,
        }
    }

    fn bracketed(&self, at: usize, open: &[u8], close: &[u8], limit: usize) -> Option<(Range<usize>, Range<usize>)> {
        let begin = at + 2;
        let end = self.closing(begin, limit, close)?;
        let inner = self.bytes.get(begin..end)?;
        let is_nested =
            inner.windows(2).enumerate().any(|(i, pair)| pair == open && (i == 0 || inner.get(i - 1) != Some(&b'\\')));
        let is_empty = self.slice(begin..end).trim().is_empty();
        (!is_nested && !is_empty && is_bracketed_mathematics(self.slice(begin..end), self.before(at)))
            .then_some((at..end + 2, begin..end))
    }

    /// Where `sign` stands next, over escaped signs.
    fn closing(&self, begin: usize, limit: usize, sign: &[u8]) -> Option<usize> {
        let limit = (begin + limit).min(self.bytes.len());
        let mut place = begin;
        while place < limit {
            if self.bytes.get(place..).is_some_and(|rest| rest.starts_with(sign)) {
                return Some(place);
            }
            place += if self.byte(place) == b'\\' { 2 } else { 1 };
        }
        None
    }

    fn drawing(&self, at: usize) -> Option<Found> {
        if at >= self.last_drawing {
            return None;
        }
        let begin = at + DRAWING.0.len();
        let length = self.slice(begin..self.text.len()).find(DRAWING.1)?;
        let tex = begin..begin + length;
        Some(Found { source: at..tex.end + DRAWING.1.len(), tex, kind: FoundKind::Drawing })
    }

    fn environment(&self, at: usize) -> Option<Found> {
        let end = *self.environments.get(&at)?;
        (end - at <= DISPLAY_BYTES).then_some(Found { source: at..end, tex: at..end, kind: FoundKind::Display })
    }

    /// A command that stands in the text without signs around it.
    fn bare(&mut self, at: usize) -> Option<Found> {
        let name = command(self.text, at)?;
        let mut end = at + 1 + name.len();
        if let Some((_, arguments)) = COMMANDS.iter().find(|(known, _)| *known == name) {
            let limit = self.paragraph_end(at).min(at + INLINE_BYTES);
            if name == "sqrt" && self.byte(end) == b'[' {
                let length = self.slice(end..limit).find(']').filter(|length| *length < 20)?;
                end += length + 1;
            }
            for _ in 0..*arguments {
                end = closing_brace(self.bytes, end, limit)?;
            }
        } else {
            let is_apart = self.before(at).is_none_or(|c| !c.is_ascii_alphabetic() && !"\\/:".contains(c));
            let follows = self.byte(end);
            if !SIGNS.contains(&name) || !is_apart || matches!(follows, b'\\' | b'/' | b'{' | b'[') {
                return None;
            }
        }
        Some(Found { source: at..end, tex: at..end, kind: FoundKind::Inline })
    }
}

/// The name of the command that begins with a backslash here.
fn command(text: &str, at: usize) -> Option<&str> {
    let rest = text.get(at + 1..)?;
    let end = rest.find(|c: char| !c.is_ascii_alphabetic()).unwrap_or(rest.len());
    rest.get(..end).filter(|name| !name.is_empty())
}

/// Behind the brace that closes the one that stands here.
pub(super) fn closing_brace(bytes: &[u8], at: usize, limit: usize) -> Option<usize> {
    if bytes.get(at) != Some(&b'{') {
        return None;
    }
    let (mut depth, mut place) = (0_usize, at);
    while place < limit.min(bytes.len()) {
        match bytes.get(place) {
            Some(b'{') => depth += 1,
            Some(b'}') => {
                depth -= 1;
                if depth == 0 {
                    return Some(place + 1);
                }
            }
            Some(b'\\') => place += 1,
            _ => {}
        }
        place += 1;
    }
    None
}

/// How many braces are left open.
fn open_braces(text: &str) -> usize {
    let mut depth = 0_usize;
    let mut bytes = text.bytes();
    while let Some(byte) = bytes.next() {
        match byte {
            b'{' => depth += 1,
            b'}' => depth = depth.saturating_sub(1),
            b'\\' => {
                bytes.next();
            }
            _ => {}
        }
    }
    depth
}

/// Where the next empty line begins, from `at` on; the end of the text if there is none.
pub(super) fn empty_line(text: &str, at: usize) -> usize {
    let Some(rest) = text.get(at..) else { return text.len() };
    let mut line = at;
    for (count, part) in rest.split_inclusive('\n').enumerate() {
        if count > 0 && part.trim().is_empty() {
            return line;
        }
        line += part.len();
    }
    text.len()
}

/// Behind the fenced code that begins with the line that begins here; it may stand in a list or a quotation.
pub(super) fn fence(text: &str, at: usize) -> Option<usize> {
    let mut lines = text.get(at..)?.split_inclusive('\n');
    let first = lines.next()?;
    let opening = first.trim_start_matches([' ', '\t', '>', '-', '*', '+']);
    let sign = opening.chars().next().filter(|c| matches!(c, '`' | '~'))?;
    let length = opening.chars().take_while(|c| *c == sign).count();
    if length < 3 || (sign == '`' && opening.trim_start_matches('`').contains('`')) {
        return None;
    }
    let mut end = at + first.len();
    for line in lines {
        end += line.len();
        let closing = line.trim_start_matches([' ', '\t', '>']);
        let signs = closing.chars().take_while(|c| *c == sign).count();
        if signs >= length && closing.trim_start_matches(sign).trim().is_empty() {
            break;
        }
    }
    Some(end)
}

/// Where each mathematical environment begins and ends; what is inside of another one counts too.
fn environments(text: &str) -> HashMap<usize, usize> {
    let mut pairs = HashMap::new();
    let mut open: Vec<(&str, usize)> = Vec::new();
    for (at, _) in text.match_indices('\\') {
        let rest = text.get(at + 1..).unwrap_or_default();
        let (is_begin, name) = match (rest.strip_prefix("begin{"), rest.strip_prefix("end{")) {
            (Some(name), _) => (true, name),
            (_, Some(name)) => (false, name),
            _ => continue,
        };
        let Some(name) = name.get(..name.bytes().take(12).position(|b| b == b'}').unwrap_or(0)) else { continue };
        if !MATHEMATICAL.contains(&name) {
            continue;
        }
        if is_begin {
            open.push((name, at));
            if open.len() > ENVIRONMENTS {
                open.remove(0);
            }
        } else if let Some(place) = open.iter().rposition(|(known, _)| *known == name) {
            if let Some((_, begin)) = open.get(place) {
                pairs.insert(*begin, at + "\\end{}".len() + name.len());
            }
            open.truncate(place);
        }
    }
    pairs
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, expected: &[&str]) {
        let found: Vec<&str> = find(text).into_iter().map(|found| &text[found.source]).collect();
        assert_eq!(found, expected, "{text}");
    }

    #[test]
    fn finds_every_way_to_write_a_formula() {
        check("so $x^2$ is", &["$x^2$"]);
        check("$a$, $b$ and $c$.", &["$a$", "$b$", "$c$"]);
        check("$AB$ and $CD$; the $n$th", &["$AB$", "$CD$", "$n$"]);
        check("$ x = 5 $ holds", &["$ x = 5 $"]);
        check("so \\(x_1*y\\) and \\[ z \\\\[2pt] y \\]", &["\\(x_1*y\\)", "\\[ z \\\\[2pt] y \\]"]);
        check("$$\nx\n$$ then", &["$$\nx\n$$"]);
        check(
            "a \\begin{align*} x &= 1 \\\\ y &= 2 \\end{align*} b",
            &["\\begin{align*} x &= 1 \\\\ y &= 2 \\end{align*}"],
        );
        check("\\boxed{\\frac{1}{2}} is it", &["\\boxed{\\frac{1}{2}}"]);
        check("water \\ce{H2O}", &["\\ce{H2O}"]);
        check("$\\text{if $x$ is}$ y", &["$\\text{if $x$ is}$"]);
        check("$\\{1, 2\\}$ and $10$", &["$\\{1, 2\\}$", "$10$"]);
        check("3 \\times 4 = \\frac{24}{2}", &["\\times", "\\frac{24}{2}"]);
        check("$|x| < 3$", &["$|x| < 3$"]);
        check("in $[-3,5].$ If $k,$ or $x$.", &["$[-3,5].$", "$k,$", "$x$"]);
        check("($xyz = 2.$) It costs $5 or $6, so $n;$", &["$xyz = 2.$", "$n;$"]);
        check("$speed = distance / time$", &["$speed = distance / time$"]);
    }

    #[test]
    fn leaves_money_and_shells_alone() {
        for text in [
            "$5 and $6",
            "$5 and $7.",
            "it was $5, $6; or $7.",
            "$5,$6 and $5.$7",
            "cut $a,$b and $1.$2",
            "She has $18 - $10 = $8 left",
            "$ 5 - $ 3 = $ 2",
            "costs $5, or 6$",
            "between $5-$10",
            "$HOME/$USER and ${A}/${B}",
            "10$, or 12$",
            "($5)+($6)",
            "2 * $3 = $<<2*3=6>>6",
            "pay \\$5 and \\$6",
            "one $x without partner",
            "`$x$` and ``a`$y$``",
            "```\n$x$\n```",
            "- ~~~sh\n  echo $a$b\n  ~~~",
            "earned $$$ in $$$",
            "C:\\times\\pi and a\\in\\b",
            "\\begin{itemize} \\item a \\end{itemize}",
            "open \\(x and \\[y",
            "$a\n\nb$",
            "\\boxed{open",
            "cited\\[1\\] and \\[edit\\]",
            "it is $31. So \\boxed{$",
        ] {
            check(text, &[]);
        }
    }
}
