//! What came of this sitting, in a few lines.

use stepscope_core::annotation::Agreement;

use crate::state::sitting::{GoldFigures, SittingReport};

/// The lines: name and value.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "testing", derive(serde::Serialize))]
pub struct SittingModel {
    /// What was done.
    pub lines: Vec<(&'static str, String)>,
    /// How it compares with known answers: name, this sitting, all in all.
    pub gold: Vec<(&'static str, String, String)>,
    /// Why there is no comparison; empty where there is one.
    pub no_gold: &'static str,
}

impl SittingModel {
    /// Builds it; `gold` is `None` while it is being counted, `has_gold` is false where no answers are known.
    pub fn new(report: &SittingReport, has_gold: bool, gold: Option<&GoldFigures>) -> Self {
        let pace = report.median_ms.map_or_else(|| "–".into(), |ms| format!("{} per trace, median", time_text(ms)));
        let lines = vec![
            ("Traces judged", report.traces.len().to_string()),
            ("Steps labelled", report.steps.to_string()),
            ("Time at work", time_text(report.active_ms)),
            ("Pace", pace),
            ("Undone", report.undone.to_string()),
        ];
        let no_gold = match (has_gold, gold) {
            (false, _) => "No traces with known answers are mixed in",
            (true, None) => "Comparing with known answers…",
            (true, Some(figures)) if figures.all.total() == 0 => "No trace with a known answer was judged yet",
            (true, Some(_)) => "",
        };
        let gold = gold.filter(|_| no_gold.is_empty()).map(|GoldFigures { sitting, all }| {
            let line = |name, of: fn(&Agreement) -> String| (name, of(sitting), of(all));
            vec![
                line("Known answers seen", |a| a.total().to_string()),
                line("Same answer", |a| percent(a.exact())),
                line("First error found", |a| counted(a.faulty_right, a.faulty)),
                line("Clean ones found clean", |a| counted(a.clean_right, a.clean)),
                line("F1 as in ProcessBench", |a| percent(a.f1())),
            ]
        });
        Self { lines, gold: gold.unwrap_or_default(), no_gold }
    }
}

fn percent(share: Option<f64>) -> String {
    share.map_or_else(|| "–".into(), |share| format!("{:.0} %", share * 100.0))
}

fn counted(part: u32, of: u32) -> String {
    if of == 0 { "–".into() } else { format!("{part} of {of}") }
}

/// A time for people: `1:40`, `2:05:09`.
pub fn time_text(ms: u64) -> String {
    let seconds = ms / 1000;
    let (hours, minutes, seconds) = (seconds / 3600, seconds / 60 % 60, seconds % 60);
    if hours > 0 { format!("{hours}:{minutes:02}:{seconds:02}") } else { format!("{minutes}:{seconds:02}") }
}

#[cfg(test)]
mod tests {
    use super::time_text;

    #[test]
    fn times_are_read_at_a_glance() {
        let check = |ms: u64, expected: &str| assert_eq!(time_text(ms), expected);
        check(999, "0:00");
        check(100_000, "1:40");
        check(7_509_000, "2:05:09");
    }
}
