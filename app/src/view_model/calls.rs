//! Calls and their results in words, and which steps a jump looks for.

use stepscope_core::model::{StepIndex, StepKind, is_call, is_result};

use super::scores::ScoreSeries;
use crate::state::OpenTrace;

/// Below this a score on a scale of 0 to 1 says that the step is rather wrong than right.
pub const THRESHOLD: f64 = 0.5;

/// Where the result of a call stands and how it went, or where the call of a result stands; `None` for other steps.
pub fn call_text(open: &OpenTrace, step: StepIndex) -> Option<String> {
    let calls = &open.facts.calls;
    let (arrow, what, partner, result) = if let Some(call) = calls.call_of(step) {
        ("←", "call", call, step)
    } else {
        let result = calls.result_on(step, &open.path)?;
        ("→", "result", result, result)
    };
    let place = match open.position(partner) {
        Some(position) => format!("{arrow} {what} in step {}", position + 1),
        None => format!("{arrow} {what} on another branch"),
    };
    let facts = open.facts.of(result)?;
    let took = facts.seconds.map(seconds_text);
    let parts = [Some(place), took, facts.failure.clone()];
    Some(parts.into_iter().flatten().collect::<Vec<_>>().join(", "))
}

/// Why a step counts as failed. That the model itself failed is an outcome, which is shown only where outcomes are.
pub fn failure(open: &OpenTrace, step: StepIndex, shows_outcome: bool) -> Option<&str> {
    let kind = open.trace.step(step)?;
    let is_outcome = !is_call(kind) && !is_result(kind) && !matches!(kind.kind, StepKind::Code | StepKind::Note);
    let facts = open.facts.of(step)?;
    facts.failure.as_deref().filter(|_| shows_outcome || !is_outcome)
}

/// Below which score, or up to which, a step counts as low.
#[derive(Clone, Copy, Debug, PartialEq)]
#[cfg_attr(feature = "testing", derive(serde::Serialize))]
pub struct Low {
    /// The threshold.
    pub value: f64,
    /// The tenth with the lowest scores, for kinds without a threshold of their own.
    pub is_decile: bool,
}

impl Low {
    /// What counts as low along a path; `None` where the scores say nothing of quality.
    pub fn of(series: &ScoreSeries, path: &[StepIndex]) -> Option<Self> {
        if !series.kind.is_quality() && !series.kind.is_unit() {
            return None;
        }
        if series.kind.is_unit() {
            return Some(Self { value: THRESHOLD, is_decile: false });
        }
        let mut values: Vec<f64> = path.iter().filter_map(|&step| series.at(step)).filter(|v| !v.is_nan()).collect();
        values.sort_by(f64::total_cmp);
        let value = *values.get(values.len().div_ceil(10).checked_sub(1)?)?;
        Some(Self { value, is_decile: true })
    }

    /// True where a score is low.
    pub fn holds(self, score: f64) -> bool {
        if self.is_decile { score <= self.value } else { score < self.value }
    }
}

/// The next position after the selected one, round and round, of a step that is looked for; the selected one last.
pub fn next_on_path(open: &OpenTrace, is_sought: impl Fn(StepIndex) -> bool) -> Option<usize> {
    let count = open.path.len();
    let positions = (1..=count).map(|by| (open.at + by) % count.max(1));
    positions.into_iter().find(|&position| open.path.get(position).is_some_and(|&step| is_sought(step)))
}

/// A length of time in the unit that suits it.
pub fn seconds_text(seconds: f64) -> String {
    match seconds {
        s if !s.is_finite() => "–".into(),
        s if s < 0.0005 => "0 s".into(),
        s if s < 0.9995 => format!("{:.0} ms", s * 1000.0),
        s if s < 9.95 => format!("{s:.1} s"),
        s if s < 59.5 => format!("{s:.0} s"),
        s if s < 3_570.0 => split_text(s, 60.0, "min", "s"),
        s if s < 86_400.0 => split_text(s / 60.0, 60.0, "h", "min"),
        s => split_text(s / 3_600.0, 24.0, "d", "h"),
    }
}

/// As `2 min 5 s`.
fn split_text(value: f64, per: f64, large: &str, small: &str) -> String {
    let whole = value.round();
    let (units, rest) = ((whole / per).floor(), whole % per);
    if rest == 0.0 { format!("{units:.0} {large}") } else { format!("{units:.0} {large} {rest:.0} {small}") }
}

/// Money, with as many digits as it takes to see it.
pub fn cost_text(cost: f64) -> String {
    match cost {
        c if c >= 0.995 => format!("${c:.2}"),
        c if c >= 0.000_95 => format!("${c:.3}"),
        c if c > 0.0 => format!("${c:.6}"),
        _ => "$0".into(),
    }
}

/// A number of tokens or the like, short.
pub fn count_text(count: u64) -> String {
    let number = count as f64;
    match count {
        0..10_000 => count.to_string(),
        10_000..1_000_000 => format!("{:.0}k", number / 1e3),
        _ => format!("{:.1}M", number / 1e6),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_have_a_unit_that_suits_them() {
        let cases = [
            (0.0, "0 s"),
            (0.0934, "93 ms"),
            (0.9999, "1.0 s"),
            (2.34, "2.3 s"),
            (59.4, "59 s"),
            (59.6, "1 min"),
            (125.0, "2 min 5 s"),
            (3_599.0, "1 h"),
            (7_260.0, "2 h 1 min"),
            (90_000.0, "1 d 1 h"),
        ];
        for (seconds, expected) in cases {
            assert_eq!(seconds_text(seconds), expected, "{seconds}");
        }
    }

    #[test]
    fn money_and_numbers_are_short() {
        assert_eq!([0.0, 0.000_004, 0.0123, 2.5].map(cost_text), ["$0", "$0.000004", "$0.012", "$2.50"]);
        assert_eq!([999, 12_345, 2_500_000].map(count_text), ["999", "12k", "2.5M"]);
    }
}
