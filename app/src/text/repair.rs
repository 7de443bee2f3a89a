//! Puts right what language models write in formulas and the typesetter does not take, where it is certain what was meant.
//!
//! Nothing here changes what a formula says: what is not certain is left, and the formula is shown as written.

use super::formulas::closing_brace;

/// Commands that are written otherwise here: the name, and what stands for it and its arguments.
const NAMES: [(&str, usize, &str); 47] = [
    ("cline", 1, "\\hline"),
    ("label", 1, ""),
    ("vspace", 1, ""),
    ("vspace*", 1, ""),
    ("noindent", 0, ""),
    ("centering", 0, ""),
    ("par", 0, ""),
    ("bigskip", 0, ""),
    ("medskip", 0, ""),
    ("require", 1, ""),
    ("mbox", 1, "\\text{#1}"),
    ("hbox", 1, "\\text{#1}"),
    ("intertext", 1, "\\text{#1}\\\\"),
    ("mathds", 1, "\\mathbb{#1}"),
    ("mathbbm", 1, "\\mathbb{#1}"),
    ("overarc", 1, "\\overset{\\frown}{#1}"),
    ("wideparen", 1, "\\overset{\\frown}{#1}"),
    ("overparen", 1, "\\overset{\\frown}{#1}"),
    ("euro", 0, "\\text{€}"),
    ("qed", 0, "\\square"),
    ("eqref", 1, "\\text{(#1)}"),
    ("ref", 1, "\\text{#1}"),
    ("dd", 0, "\\mathrm{d}"),
    ("abs", 1, "\\left|#1\\right|"),
    ("norm", 1, "\\left\\|#1\\right\\|"),
    ("angstrom", 0, "\\text{Å}"),
    ("celsius", 0, "{}^{\\circ}\\mathrm{C}"),
    ("textsuperscript", 1, "{}^{\\text{#1}}"),
    ("textsubscript", 1, "{}_{\\text{#1}}"),
    ("SI", 2, "#1\\,\\mathrm{#2}"),
    ("qty", 2, "#1\\,\\mathrm{#2}"),
    ("si", 1, "\\mathrm{#1}"),
    ("unit", 1, "\\mathrm{#1}"),
    ("num", 1, "#1"),
    ("multicolumn", 3, "{#3}"),
    ("root", 2, "\\sqrt[#1]{#2}"),
    ("cancelto", 2, "\\cancel{#2}^{#1}"),
    ("lcm", 0, "\\operatorname{lcm}"),
    ("rank", 0, "\\operatorname{rank}"),
    ("tr", 0, "\\operatorname{tr}"),
    ("Tr", 0, "\\operatorname{Tr}"),
    ("sgn", 0, "\\operatorname{sgn}"),
    ("sign", 0, "\\operatorname{sign}"),
    ("Var", 0, "\\operatorname{Var}"),
    ("Cov", 0, "\\operatorname{Cov}"),
    ("argmax", 0, "\\operatorname*{argmax}"),
    ("argmin", 0, "\\operatorname*{argmin}"),
];

/// Environments that are written otherwise here.
const ENVIRONMENTS: [(&str, &str, &str); 6] = [
    ("eqnarray", "\\begin{array}{rcl}", "\\end{array}"),
    ("eqnarray*", "\\begin{array}{rcl}", "\\end{array}"),
    ("multline", "\\begin{gather*}", "\\end{gather*}"),
    ("multline*", "\\begin{gather*}", "\\end{gather*}"),
    ("tabular", "\\begin{array}", "\\end{array}"),
    ("center", "", ""),
];

/// Environments that the typesetter numbers, each formula from 1 on, which the source does not say.
const NUMBERED: [&str; 4] = ["align", "alignat", "equation", "gather"];

/// A formula as the typesetter should see it: a percent sign would hide what follows it.
pub(super) fn prepared(tex: &str) -> String {
    let mut out = String::with_capacity(tex.len() + 8);
    let mut is_escaped = false;
    for c in tex.chars() {
        if c == '%' && !is_escaped {
            out.push('\\');
        }
        is_escaped = c == '\\' && !is_escaped;
        // What turns the direction of writing must not act here either; letters are kept.
        if !matches!(c, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\r')
        {
            out.push(c);
        }
    }
    for name in NUMBERED {
        for word in ["begin", "end"] {
            let written = format!("\\{word}{{{name}}}");
            if out.contains(&written) {
                out = out.replace(&written, &format!("\\{word}{{{name}*}}"));
            }
        }
    }
    out
}

/// The formula with one thing put right, by the reason for which it could not be set.
pub(super) fn repaired(tex: &str, reason: &str) -> Option<String> {
    if let Some(name) = reason.strip_prefix("Undefined control sequence: \\") {
        return command(tex, name);
    }
    if let Some(name) = reason.strip_prefix("No such environment: ") {
        let (_, begin, end) = ENVIRONMENTS.iter().find(|(known, ..)| *known == name.trim())?;
        let tex = tex.replace(&format!("\\begin{{{}}}", name.trim()), begin);
        return Some(tex.replace(&format!("\\end{{{}}}", name.trim()), end));
    }
    if reason.starts_with("\\renewcommand") {
        return with_arguments(tex, "renewcommand", 2, "");
    }
    if reason.starts_with("Can't use function '$'") {
        return Some(escaped(tex, '$'));
    }
    if reason.starts_with("Can't use function '\\)'") || reason.starts_with("Can't use function '\\('") {
        return without_delimiters(tex);
    }
    if reason.contains("'\\right', got 'EOF'") {
        return Some(format!("{tex}\\right."));
    }
    if reason.contains("'}', got 'EOF'") || reason.starts_with("Unexpected end of input") {
        let missing = braces(tex);
        return (1..=3).contains(&missing).then(|| {
            let open = tex.trim_end();
            (!open.ends_with(['{', '\\'])).then(|| format!("{open}{}", "}".repeat(missing.unsigned_abs())))
        })?;
    }
    if reason.contains("'EOF', got '}'") {
        // One too many at the end is shown as it is written.
        return (braces(tex) == -1).then(|| tex.trim_end().strip_suffix('}').map(|rest| format!("{rest}\\}}")))?;
    }
    if reason.contains("'EOF', got '&'") && !tex.contains("\\text") && !tex.contains("\\begin") {
        return Some(format!("\\begin{{aligned}}{tex}\\end{{aligned}}"));
    }
    if reason.contains("'EOF', got '") {
        return words_escaped(tex);
    }
    if reason.starts_with("Unknown column alignment: @") {
        return without_gaps(tex);
    }
    if reason.contains("argument to '\\.'") {
        return Some(replaced(tex, ".", "."));
    }
    None
}

/// A command that is not known.
fn command(tex: &str, name: &str) -> Option<String> {
    if matches!(name, "[" | "]") {
        return without_delimiters(tex);
    }
    if let Some((_, arguments, instead)) = NAMES.iter().find(|(known, ..)| *known == name) {
        return with_arguments(tex, name, *arguments, instead);
    }
    if name == "*" {
        return Some(replaced(tex, "*", "*"));
    }
    // The end of a line, written as a program writes it.
    if let Some(rest) = name.strip_prefix('n')
        && rest.len() <= 3
    {
        return Some(replaced(tex, name, &format!(" {rest}")));
    }
    // The end of a row that lost one of its two signs.
    let has_rows = tex.contains("\\\\") || tex.contains("\\begin{");
    let is_row = name.chars().count() == 1 && name.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '&'));
    (has_rows && is_row).then(|| replaced(tex, name, &format!("\\\\{name}")))
}

/// Puts something in the place of a command; two backslashes before it are no command, and neither is a longer name.
fn replaced(tex: &str, name: &str, instead: &str) -> String {
    let mut out = String::with_capacity(tex.len() + 8);
    let mut rest = tex;
    while let Some(at) = rest.find('\\') {
        let (before, command) = rest.split_at(at);
        out.push_str(before);
        let body = command.get(1..).unwrap_or_default();
        let is_letter = name.starts_with(|c: char| c.is_ascii_alphabetic());
        let follows =
            body.strip_prefix(name).filter(|rest| !is_letter || !rest.starts_with(|c: char| c.is_ascii_alphabetic()));
        if let Some(follows) = follows {
            out.push_str(instead);
            rest = follows;
        } else {
            let length = 1 + body.chars().next().map_or(0, char::len_utf8);
            out.push_str(command.get(..length).unwrap_or(command));
            rest = command.get(length..).unwrap_or_default();
        }
    }
    out.push_str(rest);
    out
}

/// Puts something in the place of a command and its arguments.
fn with_arguments(tex: &str, name: &str, arguments: usize, instead: &str) -> Option<String> {
    let mut out = String::with_capacity(tex.len());
    let mut at = 0;
    let written = format!("\\{name}");
    while let Some(found) = tex.get(at..)?.find(&written) {
        let start = at + found;
        let mut end = start + written.len();
        out.push_str(tex.get(at..start)?);
        if tex.get(end..)?.starts_with(|c: char| c.is_ascii_alphabetic()) {
            out.push_str(&written);
            at = end;
            continue;
        }
        let mut text = instead.to_owned();
        for number in 1..=arguments {
            while tex.get(end..)?.starts_with(char::is_whitespace) {
                end += 1;
            }
            // `\root 3 \of {x}`
            if name == "root" && number == 1 && !tex.get(end..)?.starts_with('{') {
                let (index, _) = tex.get(end..)?.split_once("\\of")?;
                text = text.replace("#1", index.trim());
                end += index.len() + "\\of".len();
                continue;
            }
            let close = closing_brace(tex.as_bytes(), end, tex.len())?;
            text = text.replace(&format!("#{number}"), tex.get(end + 1..close - 1)?);
            end = close;
        }
        out.push_str(&text);
        if arguments == 0 && !text.is_empty() {
            out.push(' ');
        }
        at = end;
    }
    out.push_str(tex.get(at..)?);
    Some(out)
}

/// Without signs that begin or end a formula, at its ends.
fn without_delimiters(tex: &str) -> Option<String> {
    let mut inner = tex.trim();
    for sign in ["\\(", "\\["] {
        inner = inner.strip_prefix(sign).unwrap_or(inner).trim_start();
    }
    let stop = inner.ends_with(['.', ',']).then(|| inner.len() - 1);
    let (body, end) = inner.split_at(stop.unwrap_or(inner.len()));
    let mut body = body.trim_end();
    for sign in ["\\)", "\\]"] {
        body = body.strip_suffix(sign).unwrap_or(body).trim_end();
    }
    let inner = format!("{body}{end}");
    (inner != tex).then_some(inner)
}

/// With a backslash before each sign that has none.
fn escaped(tex: &str, sign: char) -> String {
    let mut out = String::with_capacity(tex.len() + 4);
    let mut is_escaped = false;
    for c in tex.chars() {
        if c == sign && !is_escaped {
            out.push('\\');
        }
        is_escaped = c == '\\' && !is_escaped;
        out.push(c);
    }
    out
}

/// With signs escaped that stand among words: `\text{a_b}`.
fn words_escaped(tex: &str) -> Option<String> {
    let mut out = String::with_capacity(tex.len() + 4);
    let mut at = 0;
    while let Some(found) = tex.get(at..)?.find("\\text") {
        let start = at + found;
        let brace = start + tex.get(start..)?.find('{')?;
        let end = closing_brace(tex.as_bytes(), brace, tex.len())?;
        out.push_str(tex.get(at..brace)?);
        let mut words = tex.get(brace..end)?.to_owned();
        if !words.contains('$') {
            for sign in ['_', '&', '#'] {
                words = escaped(&words, sign);
            }
            words = words.replace('^', "\\textasciicircum ");
        }
        out.push_str(&words);
        at = end;
    }
    out.push_str(tex.get(at..)?);
    (out != tex).then_some(out)
}

/// Columns of an array without what stands between them: `@{\;}`.
fn without_gaps(tex: &str) -> Option<String> {
    let mut out = String::with_capacity(tex.len());
    let mut at = 0;
    while let Some(found) = tex.get(at..)?.find("@{") {
        let start = at + found;
        out.push_str(tex.get(at..start)?);
        at = closing_brace(tex.as_bytes(), start + 1, tex.len())?;
    }
    out.push_str(tex.get(at..)?);
    (out != tex).then_some(out)
}

/// How many braces are open at the end; less than none where one too many closes.
fn braces(tex: &str) -> isize {
    let mut depth = 0;
    let mut is_escaped = false;
    for c in tex.chars() {
        if !is_escaped {
            depth += match c {
                '{' => 1,
                '}' => -1,
                _ => 0,
            };
        }
        is_escaped = c == '\\' && !is_escaped;
    }
    depth
}
