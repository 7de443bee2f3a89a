//! What is read off texts by rule of thumb: the final answer, when it was reached, whether a step is rather formulas.
//!
//! None of it is certain, so every figure that rests on it says so.

use std::sync::LazyLock;

use crate::model::{Step, StepIndex, StepKind, Trace};

/// The final answer of a path, without marks around it: what the last step puts in a box (`\boxed{…}`), what it says
/// after `answer is`, `answer:` or `####`, or the whole of it where it is a short step of kind answer.
pub fn final_answer(trace: &Trace, path: &[StepIndex]) -> Option<String> {
    let step = trace.step(*path.last()?)?;
    let text = step.text.as_str();
    let found = boxed(text).or_else(|| after_words(text)).or_else(|| {
        (step.kind == StepKind::Answer && text.len() <= LONGEST_ANSWER && !text.trim().contains('\n')).then_some(text)
    })?;
    let answer = normalised(found);
    (!answer.is_empty()).then_some(answer)
}

/// Longer texts are no mere answers, in bytes.
const LONGEST_ANSWER: usize = 200;

/// What the last box of a text holds.
fn boxed(text: &str) -> Option<&str> {
    const BOX: &str = "\\boxed{";
    let from = text.rfind(BOX)? + BOX.len();
    let rest = text.get(from..)?;
    let mut depth = 1_u32;
    for (at, byte) in rest.bytes().enumerate() {
        match byte {
            b'{' => depth += 1,
            b'}' => depth -= 1,
            _ => {}
        }
        if depth == 0 {
            return rest.get(..at);
        }
    }
    None
}

/// What stands after the last words that announce an answer, up to the end of the line.
fn after_words(text: &str) -> Option<&str> {
    let lower = text.to_ascii_lowercase();
    let announced = ["answer is", "answer:", "####"];
    let from = announced.iter().filter_map(|words| Some(lower.rfind(words)? + words.len())).max()?;
    let line = text.get(from..)?.trim_start_matches([' ', ':', '*']).lines().next()?;
    (line.len() <= LONGEST_ANSWER).then_some(line)
}

/// Answers that differ in marks only are one.
fn normalised(text: &str) -> String {
    let around = |c: char| c.is_whitespace() || matches!(c, '$' | '*' | '"' | '`');
    // A point in front belongs to a number: `.5`.
    let text = text.trim_start_matches(around).trim_end_matches(|c| c == '.' || around(c));
    let text = text.trim_start_matches("\\(").trim_end_matches("\\)");
    without_separators(text).chars().filter(|c| !c.is_whitespace()).collect()
}

/// The text without the commas that part the thousands of numbers.
fn without_separators(text: &str) -> String {
    let is_separator = |at: usize| {
        let (before, rest) = (text.get(..at).unwrap_or_default(), text.get(at + 1..).unwrap_or_default());
        let digits = rest.bytes().take_while(u8::is_ascii_digit).count();
        digits == 3 && before.ends_with(|c: char| c.is_ascii_digit())
    };
    text.char_indices().filter(|(at, c)| *c != ',' || !is_separator(*at)).map(|(_, c)| c).collect()
}

/// The position in the path of the first step that states the answer as a result: after `=`, `is` or `:`, or in a
/// box, as a word of its own. A step that only mentions the number does not count, and a result that happens to equal
/// the answer does.
pub fn answer_reached(steps: &[&Step], answer: &str) -> Option<usize> {
    if answer.is_empty() {
        return None;
    }
    steps.iter().position(|step| states(&step.text, answer))
}

fn states(text: &str, answer: &str) -> bool {
    // Without spaces and thousands separators, as answers are compared; a space separates words, so it stays one.
    let plain: String = without_separators(text).chars().filter(|c| !matches!(c, '$' | '*' | '`' | '"')).collect();
    let ends = |rest: &str| !rest.starts_with(|c: char| c.is_alphanumeric()) && !is_decimal(rest);
    plain.match_indices(answer).any(|(at, _)| {
        let (before, rest) = (plain.get(..at).unwrap_or_default(), plain.get(at + answer.len()..).unwrap_or_default());
        let before = before.trim_end_matches([' ', '\n', '(', '\\']);
        let announced = before.ends_with(['=', ':', '≈'])
            || before.ends_with("boxed{")
            || [" is", " equals"].iter().any(|word| before.ends_with(word));
        announced && ends(rest)
    })
}

/// A point with a digit after it goes on with the number.
fn is_decimal(rest: &str) -> bool {
    rest.strip_prefix('.').is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_digit()))
}

/// Rather formulas than prose: at least a third of what is no white space is digits, signs of arithmetic and marks of
/// formulas, or letters of commands such as `\frac`.
pub fn is_math(text: &str) -> bool {
    let (mut all, mut signs, mut in_command) = (0_u32, 0_u32, false);
    let ascii = &*ASCII;
    for c in text.chars() {
        in_command = c == '\\' || in_command && c.is_ascii_alphabetic();
        // Most letters by far are of ASCII, and there are very many.
        let (is_blank, is_sign) = match u8::try_from(c).ok().and_then(|byte| ascii.get(usize::from(byte))) {
            Some(known) => *known,
            None => (c.is_whitespace(), "×÷±≤≥≠≈√∑∫·".contains(c)),
        };
        if is_blank {
            continue;
        }
        all += 1;
        signs += u32::from(in_command || is_sign);
    }
    all > 0 && signs * 3 >= all
}

/// Of each letter of ASCII: it is blank, it is a sign or digit of mathematics.
static ASCII: LazyLock<[(bool, bool); 128]> = LazyLock::new(|| {
    std::array::from_fn(|byte| {
        let c = u8::try_from(byte).map_or('\0', char::from);
        let is_sign = c.is_ascii_digit() || c.is_ascii_punctuation() && !"!\"#&',.:;?@`~".contains(c);
        (c.is_whitespace(), is_sign)
    })
});

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Problem, TraceBuilder};

    fn answer(kind: StepKind, text: &str) -> Option<String> {
        let mut builder = TraceBuilder::new(Problem::from_text("?"));
        builder.chain(kind, text);
        final_answer(&builder.build(), &[0])
    }

    #[test]
    fn answers_are_found_where_they_are_announced() {
        let check = |text: &str, expected: Option<&str>| {
            assert_eq!(answer(StepKind::Thought, text).as_deref(), expected, "{text}");
        };
        check("so \\boxed{\\frac{1}{2}} it is", Some("\\frac{1}{2}"));
        check("first \\boxed{1}, then \\boxed{1,200}", Some("1200"));
        check("The answer is: **18** .", Some("18"));
        check("#### 7", Some("7"));
        check("\\boxed{.5}", Some(".5"));
        check("The answer is (1, 234).", Some("(1,234)"));
        check("The answer is 1,234,567.", Some("1234567"));
        check("The answer is (1, 2)", Some("(1,2)"));
        check("Therefore 7 apples", None);
        check("\\boxed{open", None);
        assert_eq!(answer(StepKind::Answer, "x = 2").as_deref(), Some("x=2"));
        assert_eq!(answer(StepKind::Answer, "a\nb"), None, "a text, not an answer");
    }

    #[test]
    fn an_answer_is_reached_where_it_is_stated() {
        let reached = |texts: &[&str], answer: &str| {
            let steps: Vec<Step> = texts.iter().map(|text| Step { text: (*text).into(), ..Step::default() }).collect();
            answer_reached(&steps.iter().collect::<Vec<_>>(), answer)
        };
        assert_eq!(reached(&["There are 18 eggs.", "9 * 2 = $18.", "so 18"], "18"), Some(1));
        assert_eq!(reached(&["x = 180", "x = 18.5", "the total is 18"], "18"), Some(2));
        assert_eq!(reached(&["1 + 1 = 1,200"], "1200"), Some(0));
        assert_eq!(reached(&["nothing"], "18"), None);
        assert_eq!(reached(&["x = 1"], ""), None);
    }

    #[test]
    fn formulas_are_told_from_prose() {
        for (text, expected) in [
            ("3 + 4 = 7", true),
            ("\\frac{a}{b}", true),
            ("±½ ≤ ·", true),
            ("+-*/=<>^_$\\{}()[]|%", true),
            ("!\"#&',.:;?@`~", false),
            ("We count the apples on 2 trees.", false),
            ("", false),
        ] {
            assert_eq!(is_math(text), expected, "{text}");
        }
    }
}
