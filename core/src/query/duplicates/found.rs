//! What was found to be equal or nearly so: clusters, and what each two files share.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet, HashSet};

use serde::Serialize;

use crate::store::Store;

/// What stands in more files than this is what they are about, and is not counted for each two of them.
const MOST_FILES: usize = 64;

/// What is equal or nearly so in a project.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Duplicates {
    /// From this share of common runs of three words on problems were taken for nearly equal.
    pub near: f64,
    /// What each two files share, most first; files that share nothing are left out.
    pub pairs: Vec<FilePair>,
    /// What belongs together: first what stands in several files, then the largest.
    pub clusters: Vec<Alike>,
}

/// What two files share. What stands in more than 64 files is not counted.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct FilePair {
    /// Their names, in alphabetical order.
    pub files: [String; 2],
    /// Problems in the same words.
    pub equal: u64,
    /// Clusters of problems in nearly the same words.
    pub near: u64,
    /// Traces of which both have a copy.
    pub copies: u64,
}

impl FilePair {
    /// What they share, in words.
    pub fn words(&self) -> String {
        let several = |count: u64, one: &str, many: &str| {
            let word = if count == 1 { one } else { many };
            (count > 0).then(|| format!("{count} {word}"))
        };
        let parts = [
            several(self.equal, "problem", "problems"),
            several(self.near, "group of nearly the same problems", "groups of nearly the same problems"),
            several(self.copies, "trace", "traces"),
        ];
        parts.into_iter().flatten().collect::<Vec<_>>().join(", ")
    }
}

/// Traces that belong together.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Alike {
    /// What they share.
    pub likeness: Likeness,
    /// How many different problems they try to solve; by what is asked, to the letter.
    pub problems: usize,
    /// Their files, in alphabetical order.
    pub files: Vec<String>,
    /// Their rows in the store, in order.
    pub rows: Vec<u32>,
    /// The beginning of what the first of them is asked, on one line.
    pub asks: String,
}

/// What traces share.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Likeness {
    /// The words of the problem; case, blanks and punctuation apart.
    Equal,
    /// Nearly the words of the problem.
    Near,
    /// Nearly the words of the problem, and exactly those of every step.
    Copies,
}

impl Likeness {
    /// In words.
    pub const fn words(self) -> &'static str {
        match self {
            Self::Equal => "same problem",
            Self::Near => "nearly the same problem",
            Self::Copies => "copies",
        }
    }
}

impl Duplicates {
    /// Adds a cluster, unless it is nothing but attempts at one problem in one file.
    pub(super) fn add(&mut self, likeness: Likeness, rows: Vec<u32>, store: &Store) {
        let Some(&first) = rows.first() else { return };
        let files: BTreeSet<&str> = rows.iter().filter_map(|&row| store.file(row)).collect();
        let problems: HashSet<&str> = rows
            .iter()
            .filter_map(|&row| store.problem_row(row))
            .map(|problem| store.problem_id_text(problem as usize))
            .collect();
        let problems = problems.len();
        if files.len() < 2 && problems < 2 && likeness != Likeness::Copies {
            return;
        }
        let asks = store.summary(first).map(|summary| summary.problem).unwrap_or_default();
        let files = files.into_iter().map(str::to_owned).collect();
        self.clusters.push(Alike { likeness, problems, files, rows, asks });
    }

    /// Puts clusters in order and counts what files share.
    pub(super) fn finish(&mut self) {
        let mut pairs: BTreeMap<[&str; 2], [u64; 3]> = BTreeMap::new();
        for cluster in self.clusters.iter().filter(|cluster| cluster.files.len() <= MOST_FILES) {
            for (at, a) in cluster.files.iter().enumerate() {
                for b in cluster.files.iter().skip(at + 1) {
                    let [equal, near, copies] = pairs.entry([a, b]).or_default();
                    match cluster.likeness {
                        Likeness::Equal => *equal += 1,
                        Likeness::Near => *near += 1,
                        Likeness::Copies => *copies += 1,
                    }
                }
            }
        }
        let pair = |(files, [equal, near, copies]): ([&str; 2], [u64; 3])| FilePair {
            files: files.map(str::to_owned),
            equal,
            near,
            copies,
        };
        self.pairs = pairs.into_iter().map(pair).collect();
        self.pairs.sort_by_key(|pair| Reverse((pair.equal + pair.near, pair.copies)));
        self.clusters.sort_by_key(|cluster| {
            let inside = cluster.files.len() < 2;
            (inside, cluster.likeness, Reverse(cluster.rows.len()), cluster.rows.first().copied())
        });
    }
}
