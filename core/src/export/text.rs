//! The texts of steps as a format wants them, and what must not stand in them.

use std::borrow::Cow;
use std::sync::LazyLock;

use regex::Regex;

use crate::model::{Step, StepIndex};

use super::left_out::{Objection, Rule};
use super::policy::{Headings, Policy};

/// A heading at the start of a step, with what sets it off: `Step 3: `, `**Step 3.** `.
#[expect(clippy::expect_used, reason = "a fixed pattern, which the tests compile")]
static HEADING: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"^\s*(?:[#*_]+\s*)?[Ss]tep\s+(\d+)\s*[:.)](?:\s*[*_]+)?[ \t]*\n?").expect("the pattern is right")
});

/// The text of a step, its heading as the policy says; `number` counts from 1.
pub(super) fn step_text<'a>(text: &'a str, number: usize, policy: &Policy) -> Cow<'a, str> {
    match policy.headings {
        Headings::Keep => Cow::Borrowed(text),
        Headings::Strip => Cow::Borrowed(without_heading(text)),
        // What is numbered so already stays as it is.
        Headings::Number if text.starts_with(&format!("Step {number}:")) => Cow::Borrowed(text),
        Headings::Number => Cow::Owned(format!("Step {number}: {}", without_heading(text))),
    }
}

/// The text after its heading.
pub(super) fn without_heading(text: &str) -> &str {
    HEADING.find(text).and_then(|heading| text.get(heading.end()..)).unwrap_or(text)
}

/// The objection to a step without words; `shown` is its text as [`step_text`] gives it.
pub(super) fn check_words(step: &Step, index: StepIndex, shown: &str, policy: &Policy) -> Result<(), Objection> {
    let words = if policy.headings == Headings::Number { without_heading(shown) } else { shown };
    if !words.trim().is_empty() {
        return Ok(());
    }
    let reason = if step.tool.is_some() { "is a tool call without text" } else { "has no text" };
    Err(Objection::at(Rule::EmptyStep, index, reason))
}

/// A step begins or ends with the separator.
pub(super) fn check_edges(text: &str, policy: &Policy) -> Result<(), (Rule, &'static str)> {
    let separator = policy.step_separator.as_str();
    if text.trim().is_empty() {
        return Err((Rule::EmptyStep, "has no text"));
    }
    if !separator.is_empty() && text.starts_with(separator) {
        return Err((Rule::Separator, "begins with the step separator"));
    }
    if !separator.is_empty() && text.ends_with(separator) {
        return Err((Rule::Separator, "ends with the step separator"));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headings_are_kept_taken_off_or_counted() {
        let check = |text: &str, expected: [&str; 3]| {
            let shown = [Headings::Keep, Headings::Strip, Headings::Number].map(|headings| {
                let policy = Policy { headings, ..Policy::default() };
                step_text(text, 2, &policy).into_owned()
            });
            assert_eq!(shown, expected, "{text:?}");
        };
        check("so 2", ["so 2", "so 2", "Step 2: so 2"]);
        check("Step 2: so 2", ["Step 2: so 2", "so 2", "Step 2: so 2"]);
        check("Step 7: so 2", ["Step 7: so 2", "so 2", "Step 2: so 2"]);
        check("**Step 2.** so 2", ["**Step 2.** so 2", "so 2", "Step 2: so 2"]);
        check("Steps are many", ["Steps are many", "Steps are many", "Step 2: Steps are many"]);
        check("Step 2 is next", ["Step 2 is next", "Step 2 is next", "Step 2: Step 2 is next"]);
    }
}
