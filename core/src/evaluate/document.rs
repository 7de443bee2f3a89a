//! A report as a file to hand on: one HTML page with its figures inside, or Markdown. The same report gives the same
//! bytes.

use std::fmt::Write as _;

use super::figures::Figure;
use super::figures::escaped;
use super::report::{FirstErrorFigures, Report};
use super::steps::StepFigures;
use super::text::{between, digits, percent};

const STYLE: &str = ":root{color-scheme:light dark}body{font:15px/1.5 system-ui,sans-serif;max-width:46rem;\
margin:2rem auto;padding:0 1rem;color:#1d1d1f;background:#fff}table{border-collapse:collapse;margin:1rem 0}\
td,th{padding:.2rem .7rem;border-bottom:1px solid #d5d5da;text-align:right}td:first-child,th:first-child{text-align:left}\
@media(prefers-color-scheme:dark){body{color:#ececf0;background:#161619}td,th{border-color:#3a3a42}}";

/// A table: its title, heads and rows.
struct Table {
    title: &'static str,
    heads: Vec<&'static str>,
    rows: Vec<Vec<String>>,
}

impl Report {
    /// One HTML page that needs nothing else, with those figures inside.
    pub fn to_html(&self, figures: &[Figure]) -> String {
        let (title, intro) = (escaped(&self.title()), escaped(&self.intro()));
        let mut page = format!(
            "<!doctype html><html lang=\"en\"><meta charset=\"utf-8\"><meta name=\"viewport\" \
             content=\"width=device-width\"><title>{title}</title><style>{STYLE}</style><h1>{title}</h1><p>{intro}</p>"
        );
        for table in self.tables() {
            // Writing to a string cannot fail, here and below.
            write!(page, "<h2>{}</h2><table><tr>", table.title).ok();
            for head in &table.heads {
                write!(page, "<th>{head}</th>").ok();
            }
            for row in &table.rows {
                page.push_str("</tr><tr>");
                for cell in row {
                    write!(page, "<td>{}</td>", escaped(cell)).ok();
                }
            }
            page.push_str("</tr></table>");
        }
        for figure in figures {
            write!(page, "<figure>{}", figure.to_svg()).ok();
            if !figure.notes.is_empty() {
                write!(page, "<figcaption>{}</figcaption>", escaped(&figure.notes.join("; "))).ok();
            }
            page.push_str("</figure>");
        }
        for note in &self.notes {
            write!(page, "<p>{}</p>", escaped(note)).ok();
        }
        page.push_str("</html>\n");
        page
    }

    /// The same as Markdown, with the figures as tables.
    pub fn to_markdown(&self, figures: &[Figure]) -> String {
        let mut text = format!("# {}\n\n{}\n", self.title(), self.intro());
        let plain = |cell: &str| cell.replace('|', "\\|").replace('\n', " ");
        let mut table = |table: &Table| {
            write!(text, "\n## {}\n\n| {} |\n", table.title, table.heads.join(" | ")).ok();
            writeln!(text, "|{}", " --- |".repeat(table.heads.len())).ok();
            for row in &table.rows {
                writeln!(text, "| {} |", row.iter().map(|cell| plain(cell)).collect::<Vec<_>>().join(" | ")).ok();
            }
        };
        self.tables().iter().for_each(&mut table);
        for figure in figures {
            write!(text, "\n## {}\n\n```csv\n{}```\n", figure.title, figure.to_csv()).ok();
            for note in &figure.notes {
                write!(text, "\n{note}\n").ok();
            }
        }
        for note in &self.notes {
            write!(text, "\nNote: {note}\n").ok();
        }
        text
    }

    fn title(&self) -> String {
        format!("{} against the labels {}", self.scorer, self.labels)
    }

    fn intro(&self) -> String {
        let left_out: Vec<String> =
            self.left_out.iter().map(|one| format!("{} traces left out: {}", one.traces, one.reason)).collect();
        let left_out = if left_out.is_empty() { String::new() } else { format!(" {}.", left_out.join("; ")) };
        format!(
            "{} of {} traces judged; a step is flagged where its score is below {} ({}).{left_out}",
            self.judged, self.traces, self.threshold, self.threshold_from
        )
    }

    fn tables(&self) -> Vec<Table> {
        let first = |name: &str, figures: &FirstErrorFigures| {
            let FirstErrorFigures { f1, acc_error, acc_correct, counts, intervals } = figures;
            vec![
                name.to_owned(),
                format!("{}{}", percent(*f1), between(intervals.f1)),
                format!("{}{}", percent(*acc_error), between(intervals.acc_error)),
                format!("{}{}", percent(*acc_correct), between(intervals.acc_correct)),
                counts.erroneous.to_string(),
                counts.correct.to_string(),
            ]
        };
        let groups = self.by.iter().map(|group| first(&group.value, &group.figures));
        let mut tables = vec![Table {
            title: "First error",
            heads: vec!["", "F1", "erroneous", "correct", "erroneous traces", "correct traces"],
            rows: std::iter::once(first("all", &self.first_error)).chain(groups).collect(),
        }];
        let wrong = self.failures.iter().map(|one| vec![one.failure.caption().to_owned(), one.traces.to_string()]);
        tables.push(Table { title: "Mistakes", heads: vec!["", "traces"], rows: wrong.collect() });
        let step = |name: &str, figures: &StepFigures| {
            let list = [figures.auc, figures.average_precision_bad, figures.brier, figures.ece, figures.prm_score];
            let counts = [name.to_owned(), figures.good.to_string(), figures.bad.to_string()];
            counts.into_iter().chain(list.map(digits)).collect::<Vec<_>>()
        };
        let of = &self.step;
        let mut rows =
            vec![step("up to the first error", &of.figures), step("after it", &of.after_error), step("all", &of.all)];
        for group in [&of.by_position, &of.by_kind, &of.by_text, &of.by_length].into_iter().flatten() {
            rows.push(step(&group.name, &group.figures));
        }
        let heads = vec!["steps", "good", "bad", "AUC", "AP of bad", "Brier", "ECE", "PRM-Score"];
        tables.push(Table { title: "Steps", heads, rows });
        for response in &self.response {
            let title = match response.against {
                super::response::Against::Outcome => "Choosing among attempts, by final answer",
                super::response::Against::Process => "Choosing among attempts, by steps",
            };
            let mut rows = Vec::new();
            for one in &response.by_aggregate {
                for at in &one.curve {
                    let list = [Some(at.mean), Some(at.best), Some(at.pass), at.majority, at.weighted_majority];
                    let names = [one.aggregate.to_owned(), at.n.to_string(), at.problems.to_string()];
                    rows.push(names.into_iter().chain(list.map(percent)).collect());
                }
            }
            let heads = vec!["score", "of", "problems", "one", "best", "any", "vote", "weighted vote"];
            tables.push(Table { title, heads, rows });
        }
        tables
    }
}
