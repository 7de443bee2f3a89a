//! The tables of a report: the same in the terminal, in files and in the window.

use serde::Serialize;

use super::chance::Interval;
use super::report::{FirstErrorFigures, Report};
use super::response::{Against, ResponseReport};
use super::steps::{Group, StepFigures, StepReport};

/// A table of figures.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Table {
    /// What it shows.
    pub title: String,
    /// The heads of its columns.
    pub heads: Vec<String>,
    /// Its rows.
    pub rows: Vec<Vec<String>>,
}

impl Table {
    fn new(title: impl Into<String>, heads: &[&str], rows: impl Iterator<Item = Vec<String>>) -> Self {
        let heads = heads.iter().map(|head| (*head).to_owned()).collect();
        Self { title: title.into(), heads, rows: rows.collect() }
    }

    /// With so many rows at most; a last one says how many more there are.
    #[must_use]
    pub fn cut(mut self, most: usize) -> Self {
        let more = self.rows.len().saturating_sub(most);
        if more > 0 {
            self.rows.truncate(most);
            self.rows.push(vec![format!("and {more} more")]);
        }
        self
    }
}

/// The heads of tables of steps.
const OF_STEPS: [&str; 12] = [
    "",
    "good passed",
    "good flagged",
    "bad passed",
    "bad flagged",
    "AUC",
    "AP bad",
    "AP good",
    "F1 bad",
    "Brier",
    "ECE",
    "PRM-Score",
];

impl Report {
    /// All its tables; those without a row are left out.
    pub fn tables(&self) -> Vec<Table> {
        let mut tables = vec![self.first_errors(), self.mistakes()];
        tables.extend(of_steps(&self.step));
        tables.push(self.ranks());
        tables.extend(self.response.iter().map(attempts));
        tables.retain(|table| !table.rows.is_empty());
        tables
    }

    fn first_errors(&self) -> Table {
        let row = |name: &str, figures: &FirstErrorFigures| {
            let FirstErrorFigures { f1, acc_error, acc_correct, counts, intervals } = figures;
            vec![
                if name.is_empty() { "(none)".to_owned() } else { name.to_owned() },
                share_between(*f1, intervals.f1),
                share_between(*acc_error, intervals.acc_error),
                share_between(*acc_correct, intervals.acc_correct),
                format!("{} of {}", counts.error_hits, counts.erroneous),
                format!("{} of {}", counts.correct_hits, counts.correct),
            ]
        };
        let groups = self.by.iter().map(|group| row(&group.value, &group.figures));
        let rows = std::iter::once(row("all", &self.first_error)).chain(groups);
        let field = self.by_field.as_deref().unwrap_or_default();
        let title = if field.is_empty() { "First error".to_owned() } else { format!("First error by {field}") };
        let heads = [field, "F1", "on erroneous traces", "on correct traces", "erroneous", "correct"];
        Table::new(title, &heads, rows)
    }

    fn mistakes(&self) -> Table {
        let rows = self.failures.iter().map(|one| vec![one.failure.caption().to_owned(), one.traces.to_string()]);
        Table::new("Mistakes", &["", "traces"], rows)
    }

    /// How often the attempt with the highest score of all is right.
    fn ranks(&self) -> Table {
        let Some(first) = self.response.first() else { return Table::default() };
        let heads: Vec<&str> = std::iter::once("score").chain(self.response.iter().map(by)).collect();
        let rows = first.by_aggregate.iter().map(|one| {
            let rank = |of: &ResponseReport| {
                let same = of.by_aggregate.iter().find(|other| other.aggregate == one.aggregate);
                percent(same.and_then(|same| same.rank_at_1))
            };
            std::iter::once(one.aggregate.to_owned()).chain(self.response.iter().map(rank)).collect()
        });
        Table::new("Rank@1 among all attempts", &heads, rows)
    }
}

fn of_steps(step: &StepReport) -> Vec<Table> {
    let main = [("up to the first error", &step.figures), ("after it", &step.after_error), ("all", &step.all)];
    let mut tables = vec![steps("Steps", main.into_iter())];
    let groups: [(&str, &[Group]); 4] = [
        ("Steps by place", &step.by_position),
        ("Steps by sort", &step.by_kind),
        ("Prose and formulas", &step.by_text),
        ("Steps by length", &step.by_length),
    ];
    for (title, groups) in groups.into_iter().filter(|(_, groups)| groups.len() > 1) {
        tables.push(steps(title, groups.iter().map(|group| (group.name.as_str(), &group.figures))));
    }
    let errors = step.by_error.iter().map(|one| {
        let counts = [one.name.clone(), (one.bad - one.flagged).to_string(), one.flagged.to_string()];
        counts.into_iter().chain([percent(one.recall), digits(one.auc)]).collect()
    });
    let heads = ["", "bad passed", "bad flagged", "share flagged", "AUC"];
    tables.push(Table::new("Bad steps by kind of error", &heads, errors));
    tables
}

fn steps<'a>(title: &str, groups: impl Iterator<Item = (&'a str, &'a StepFigures)>) -> Table {
    let rows = groups.filter(|(_, of)| of.good + of.bad > 0).map(|(name, of)| {
        let at = &of.confusion;
        let counts = [at.good_passed, at.good_flagged, at.bad_passed, at.bad_flagged];
        let figures =
            [of.auc, of.average_precision_bad, of.average_precision_good, of.f1_bad, of.brier, of.ece, of.prm_score];
        let counts = counts.into_iter().map(|count| count.to_string());
        std::iter::once(name.to_owned()).chain(counts).chain(figures.map(digits)).collect()
    });
    Table::new(title, &OF_STEPS, rows)
}

fn attempts(of: &ResponseReport) -> Table {
    let title = format!("Choosing among {} attempts at {} problems, {}", of.attempts, of.problems, by(of));
    let heads = ["score", "of", "problems", "one", "best", "gain", "any", "vote", "weighted vote"];
    let rows = of.by_aggregate.iter().flat_map(|one| {
        one.curve.iter().map(move |at| {
            let names = [one.aggregate.to_owned(), at.n.to_string(), at.problems.to_string()];
            let gain = format!("{:+.1} %", at.gain * 100.0);
            let chosen = [percent(Some(at.mean)), percent(Some(at.best)), gain, percent(Some(at.pass))];
            let votes = [percent(at.majority), percent(at.weighted_majority)];
            names.into_iter().chain(chosen).chain(votes).collect()
        })
    });
    Table::new(title, &heads, rows)
}

/// What makes an attempt a right one.
const fn by(of: &ResponseReport) -> &'static str {
    match of.against {
        Against::Outcome => "by final answer",
        Against::Process => "by steps",
    }
}

/// A share as per cent, or a dash.
fn percent(share: Option<f64>) -> String {
    share.map_or_else(|| "–".into(), |share| format!("{:.1} %", share * 100.0))
}

/// The same with its interval.
fn share_between(share: Option<f64>, interval: Option<Interval>) -> String {
    let between = interval.map(|i| format!(" ({:.1}–{:.1})", i.low * 100.0, i.high * 100.0)).unwrap_or_default();
    format!("{}{between}", percent(share))
}

/// A figure with three digits, or a dash.
fn digits(value: Option<f64>) -> String {
    value.map_or_else(|| "–".into(), |value| format!("{value:.3}"))
}
