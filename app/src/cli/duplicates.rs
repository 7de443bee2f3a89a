//! `stepscope duplicates`: problems that files share, in the same words or nearly, and traces that are copies.

use std::fmt;
use std::path::PathBuf;

use clap::Args;
use serde::Serialize;
use stepscope_core::query::{self, Alike, Duplicates, Likeness};
use stepscope_core::store::{ProjectDir, Store};

use super::Failure;
use super::output::{Ending, Output};

/// Pairs of files, and clusters, that are listed as text.
const PAIRS: usize = 20;
const LISTED: usize = 50;

/// Arguments of `duplicates`.
#[derive(Args, Debug)]
pub struct DuplicatesArgs {
    /// The project folder.
    #[arg(long, value_name = "DIR")]
    project: PathBuf,
    /// From this share of common runs of three words on two problems are nearly the same, 0.1 to 1; 2: only equal ones.
    #[arg(long, value_name = "SHARE", default_value_t = query::NEAR, value_parser = share)]
    near: f64,
    /// Print one JSON object.
    #[arg(long)]
    pub json: bool,
}

fn share(text: &str) -> Result<f64, String> {
    // Of a share above 1 there is none.
    let share = text.parse::<f64>().ok().filter(|share| (0.1..=1.0).contains(share) || text == "2");
    share.ok_or_else(|| "write a share from 0.1 to 1, or 2 for equal ones only".into())
}

#[derive(Serialize)]
struct Report {
    schema: &'static str,
    #[serde(flatten)]
    found: Duplicates,
    /// The identity of each trace of the clusters, by its row.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    traces: Vec<TraceName>,
}

#[derive(Serialize)]
struct TraceName {
    row: u32,
    trace: String,
    source_id: Option<String>,
    file: String,
}

/// Looks.
pub fn run(args: &DuplicatesArgs, out: &Output) -> Result<Ending, Failure> {
    let store = Store::open(&ProjectDir::new(&args.project))?;
    let found = query::duplicates(&store, args.near, &out.context())?;
    let mut rows: Vec<u32> = found.clusters.iter().flat_map(|cluster| cluster.rows.iter().copied()).collect();
    rows.sort_unstable();
    rows.dedup();
    let name = |row: u32| {
        let trace = store.summary(row)?;
        Some(TraceName { row, trace: trace.id.to_string(), source_id: trace.source_id, file: trace.file })
    };
    let traces = if args.json { rows.into_iter().filter_map(name).collect() } else { Vec::new() };
    out.report(&Report { schema: "stepscope.duplicates/1", found, traces })?;
    Ok(Ending::Done)
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Duplicates { pairs, clusters, .. } = &self.found;
        if clusters.is_empty() {
            return f.write_str("No problem stands in several files or in nearly the same words, and no trace twice");
        }
        let folder = common_folder(clusters.iter().flat_map(|cluster| &cluster.files));
        let name = |file: &str| file.get(folder..).unwrap_or(file).to_owned();
        for pair in pairs.iter().take(PAIRS) {
            let [a, b] = pair.files.each_ref().map(|file| name(file));
            writeln!(f, "{a} and {b} share {}", pair.words())?;
        }
        if pairs.len() > PAIRS {
            writeln!(f, "and {} more pairs of files; --json lists all", pairs.len() - PAIRS)?;
        }
        if !pairs.is_empty() {
            writeln!(f)?;
        }
        // Those that are only nearly the same come first: they have to be looked at.
        let (near, same): (Vec<&Alike>, Vec<&Alike>) = clusters.iter().partition(|one| one.likeness == Likeness::Near);
        for cluster in near.into_iter().chain(same).take(LISTED) {
            let Alike { likeness, rows, files, asks, .. } = cluster;
            let files: Vec<String> = files.iter().map(|file| name(file)).collect();
            writeln!(f, "{}: {} traces in {}", likeness.words(), rows.len(), files.join(", "))?;
            writeln!(f, "   {asks}")?;
        }
        if clusters.len() > LISTED {
            writeln!(f, "and {} more; --json lists all", clusters.len() - LISTED)?;
        }
        Ok(())
    }
}

/// The length of the folder in which all these files are, with the slash behind it.
fn common_folder<'a>(mut files: impl Iterator<Item = &'a String>) -> usize {
    let Some(first) = files.next() else { return 0 };
    let shared = |a: &str, b: &str| a.bytes().zip(b.bytes()).take_while(|(a, b)| a == b).count();
    let length = files.fold(first.len(), |length, file| shared(first, file).min(length));
    let common = first.as_bytes().get(..length).unwrap_or_default();
    common.iter().rposition(|&byte| byte == b'/').map_or(0, |at| at + 1)
}

#[cfg(test)]
mod tests {
    use super::common_folder;

    #[test]
    fn files_are_told_by_what_differs() {
        let check = |files: &[&str], expected: usize| {
            let files: Vec<String> = files.iter().map(|&file| file.to_owned()).collect();
            assert_eq!(common_folder(files.iter()), expected, "{files:?}");
        };
        check(&[], 0);
        check(&["/data/a.json"], 6);
        check(&["/data/a.json", "/data/ab.json", "/data/b/a.json"], 6);
        check(&["/data/é.json", "/data/è.json"], 6);
        check(&["a.json", "b.json"], 0);
        check(&["/a", "b"], 0);
    }
}
