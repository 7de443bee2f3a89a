//! A report as a file to hand on: one HTML page with its figures inside, or Markdown. The same report gives the same
//! bytes.

use std::fmt::Write as _;

use super::figures::Figure;
use super::figures::escaped;
use super::report::Report;

const STYLE: &str = ":root{color-scheme:light dark}body{font:15px/1.5 system-ui,sans-serif;max-width:56rem;\
margin:2rem auto;padding:0 1rem;color:#1d1d1f;background:#fff}table{border-collapse:collapse;margin:1rem 0}\
td,th{padding:.2rem .6rem;border-bottom:1px solid #d5d5da;text-align:right}td:first-child,th:first-child{text-align:left}\
@media(prefers-color-scheme:dark){body{color:#ececf0;background:#161619}td,th{border-color:#3a3a42}}";

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
            write!(page, "<h2>{}</h2><table><tr>", escaped(&table.title)).ok();
            for head in &table.heads {
                write!(page, "<th>{}</th>", escaped(head)).ok();
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
        let plain = |text: &str| text.replace('|', "\\|").replace('\n', " ");
        let line = |cells: &[String]| cells.iter().map(|cell| plain(cell)).collect::<Vec<_>>().join(" | ");
        let mut text = format!("# {}\n\n{}\n", plain(&self.title()), plain(&self.intro()));
        for table in self.tables() {
            write!(text, "\n## {}\n\n| {} |\n", plain(&table.title), line(&table.heads)).ok();
            writeln!(text, "|{}", " --- |".repeat(table.heads.len())).ok();
            for row in &table.rows {
                writeln!(text, "| {} |", line(row)).ok();
            }
        }
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
}
