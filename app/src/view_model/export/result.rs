//! What an export comes to: counts, parts, what is left out and why, what is removed.

use stepscope_core::export::split::Overlap;
use stepscope_core::export::{LeftOut, Preview, Rule};
use stepscope_core::model::{StepHash, StepIndex, TraceId};

use super::ExportFacts;
use super::sample::{ExportShown, SampleModel};
use crate::state::ExportDraft;
use crate::state::export_draft::ResultPage;
use crate::view_model::one_line;

/// Removed problems that are shown.
const REMOVED: usize = 100;

/// What an export comes to.
#[derive(Clone, Debug, Default, PartialEq)]
#[cfg_attr(feature = "testing", derive(serde::Serialize))]
pub struct ResultModel<'a> {
    /// How many rows; empty where that is not known yet.
    pub rows: String,
    /// What was counted in them, in order of the names.
    pub counts: Vec<(String, String)>,
    /// Whose labels, and of how many traces.
    pub about: String,
    /// Counting is under way: the figures are those before.
    pub is_counting: bool,
    /// How far it is.
    pub progress: String,
    /// Why nothing could be counted.
    pub fault: Option<String>,
    /// The parts: name, rows, problems.
    pub parts: Vec<(&'static str, String, String)>,
    /// What is probably not meant.
    pub warnings: Vec<String>,
    /// How many traces, or paths, are left out.
    pub left_out: u64,
    /// The reasons, the most frequent first.
    pub groups: Vec<LeftOutGroup>,
    /// Something is looked for that is tested with elsewhere.
    pub has_tests: bool,
    /// How many problems are removed for that.
    pub removed_total: u64,
    /// The first of them, where they are shown.
    pub removed: Vec<RemovedLine>,
    /// The first rows.
    pub sample: &'a [SampleModel],
    /// Why neither rows nor reasons are shown.
    pub hidden: Option<&'static str>,
}

/// What one rule left out.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "testing", derive(serde::Serialize))]
pub struct LeftOutGroup {
    /// The rule.
    pub rule: Rule,
    /// `12 without labels`.
    pub title: String,
    /// Its traces are listed.
    pub is_open: bool,
    /// The first of them, where they are listed.
    pub lines: Vec<LeftOutLine>,
    /// How many more there are.
    pub more: u64,
}

/// A trace that is left out.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "testing", derive(serde::Serialize))]
pub struct LeftOutLine {
    /// The trace.
    pub trace: TraceId,
    /// The step in question.
    pub step: Option<StepIndex>,
    /// Its hash: whoever looks may have cut the trace into other steps.
    #[cfg_attr(feature = "testing", serde(skip))]
    pub hash: Option<StepHash>,
    /// The name its source gives it.
    pub name: String,
    /// Why.
    pub reason: String,
}

/// A problem that is removed.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "testing", derive(serde::Serialize))]
pub struct RemovedLine {
    /// What it asks, and how many rows are lost.
    pub title: String,
    /// What it is like, and how.
    pub reason: String,
}

impl<'a> ResultModel<'a> {
    pub(super) fn new(facts: &ExportFacts<'a>) -> Self {
        let is_counting = facts.counting.is_some();
        let progress = facts.counting.as_ref().map(|progress| match progress.total {
            Some(total) if total > 0 => format!("Counting: {} of {}", number(progress.done), number(total)),
            _ => "Counting…".to_owned(),
        });
        let plain = Self { is_counting, progress: progress.unwrap_or_default(), ..Self::default() };
        if let Some(problem) = &facts.problem {
            return Self { fault: Some(problem.message.clone()), ..plain };
        }
        match facts.shown {
            None => plain,
            Some(Err(fault)) => Self { fault: Some(fault.clone()).filter(|_| !is_counting), ..plain },
            Some(Ok(shown)) => {
                let counted = plain.counted(facts.draft, shown);
                if facts.is_hidden { counted.hidden() } else { counted }
            }
        }
    }

    /// The same without what tells labels.
    fn hidden(self) -> Self {
        let hidden = Some("Labels of others are written, not shown while you judge blind");
        Self { hidden, counts: Vec::new(), groups: Vec::new(), sample: &[], ..self }
    }

    fn counted(self, draft: &ExportDraft, shown: &'a ExportShown) -> Self {
        let preview = &shown.preview;
        // What was dropped stands last, and only where something was.
        let is_dropped = |name: &str| name.starts_with("dropped");
        let mut counts: Vec<_> =
            preview.counts.0.iter().filter(|(name, count)| **count > 0 || !is_dropped(name)).collect();
        counts.sort_by_key(|(name, _)| is_dropped(name));
        let counts = counts.into_iter().map(|(name, count)| (name.replace('_', " "), number(*count)));
        let part = |(part, of): (&stepscope_core::export::split::SplitPart, &stepscope_core::export::PartReport)| {
            (part.name(), plural(of.rows, "row", "rows"), plural(of.problems, "problem", "problems"))
        };
        Self {
            rows: plural(preview.rows, "row", "rows"),
            counts: counts.collect(),
            about: preview.labels.as_ref().map_or("All labels".into(), |labels| format!("Labels: {labels}")),
            parts: preview.parts.iter().map(part).collect(),
            warnings: warnings(preview),
            left_out: preview.left_out_total,
            groups: groups(preview, &draft.look.open),
            has_tests: !draft.tests.is_empty(),
            removed_total: preview.removed.as_ref().map_or(0, |removed| removed.removed.len() as u64),
            // They are many, and this is built for every frame.
            removed: if draft.look.shows == ResultPage::Removed { removed(preview) } else { Vec::new() },
            sample: &shown.rows,
            ..self
        }
    }
}

fn warnings(preview: &Preview) -> Vec<String> {
    let unknown = preview.unknown_problems.len() as u64;
    let unknown = (unknown > 0).then(|| {
        let first = preview.unknown_problems.first().map(|one| one_line(one, 60)).unwrap_or_default();
        format!("{} of the lists name no problem here, first “{first}”", plural(unknown, "entry", "entries"))
    });
    let empty = preview.parts.iter().filter(|(_, of)| of.rows == 0 && preview.rows > 0).map(|(part, _)| part.name());
    let empty: Vec<&str> = empty.collect();
    let empty = (!empty.is_empty()).then(|| format!("No row goes to {}", empty.join(", ")));
    unknown.into_iter().chain(empty).collect()
}

fn groups(preview: &Preview, open: &[Rule]) -> Vec<LeftOutGroup> {
    let mut rules: Vec<(&Rule, &u64)> = preview.left_out_by_rule.iter().collect();
    rules.sort_by(|(_, a), (_, b)| b.cmp(a));
    let group = |(rule, count): (&Rule, &u64)| {
        let is_open = open.contains(rule);
        let listed = preview.left_out.iter().filter(|one| is_open && one.rule == *rule);
        let lines: Vec<LeftOutLine> = listed.map(line).collect();
        LeftOutGroup {
            rule: *rule,
            title: format!("{} {}", number(*count), rule.caption()),
            is_open,
            more: if is_open { count.saturating_sub(lines.len() as u64) } else { 0 },
            lines,
        }
    };
    rules.into_iter().map(group).collect()
}

fn line(left: &LeftOut) -> LeftOutLine {
    let name = left.source_id.clone().filter(|id| !id.is_empty()).unwrap_or_else(|| left.trace.to_string());
    LeftOutLine {
        trace: left.trace.clone(),
        step: left.step,
        hash: left.hash.clone(),
        name: one_line(&name, 40),
        reason: left.reason.clone(),
    }
}

fn removed(preview: &Preview) -> Vec<RemovedLine> {
    let removed = preview.removed.iter().flat_map(|removed| &removed.removed);
    let line = |one: &stepscope_core::export::split::Removed| {
        let how = match &one.reason {
            Overlap::Equal => "says the same as".to_owned(),
            Overlap::Words(words) => format!("shares “{}” with", one_line(words, 60)),
            Overlap::Near(share) => format!("is {:.0} % like", share * 100.0),
        };
        let file = one.test_file.rsplit(['/', '\\']).next().unwrap_or_default();
        RemovedLine {
            title: format!("{} · {}", plural(one.rows, "row", "rows"), one_line(&one.text, 160)),
            reason: format!("{how} problem {} of {file}: {}", one.test_number, one_line(&one.test_text, 160)),
        }
    };
    removed.take(REMOVED).map(line).collect()
}

/// A count with its thousands apart.
pub(super) fn number(count: u64) -> String {
    let digits = count.to_string();
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

fn plural(count: u64, one: &str, many: &str) -> String {
    format!("{} {}", number(count), if count == 1 { one } else { many })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn thousands_stand_apart() {
        let check = |count, expected: &str| assert_eq!(number(count), expected);
        check(0, "0");
        check(999, "999");
        check(1_000, "1,000");
        check(1_234_567, "1,234,567");
        assert_eq!(plural(1, "row", "rows"), "1 row");
    }
}
