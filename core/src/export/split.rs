//! Which problems are for training, validation and testing: by problem, never by row, so that nothing leaks.
//!
//! Problems that say the same, or nearly the same, form one cluster, and a cluster goes to one part. [`SplitAsked`] is
//! what a user says; `plan` finds the problems of an export, removes those that are to be tested with elsewhere, and
//! divides the rest by [`split()`], which needs only each problem's identity, text and number of rows.

mod asked;
mod decontaminate;
mod plan;
#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, HashMap, HashSet};

use serde::{Deserialize, Serialize};

use crate::job::{JobContext, JobError};
use crate::model::{ContentHasher, ProblemId};
use crate::query::{NEAR, clusters};

pub use asked::{SplitAsked, problems_in};
pub use decontaminate::{Contaminated, Overlap, decontaminate};
pub use plan::{Decontamination, Removed, SplitMade, TestFile};

pub(super) use plan::{Plan, file_hash};

/// One problem of an export.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SplitProblem {
    /// Its identity.
    pub id: ProblemId,
    /// What is asked.
    pub text: String,
    /// How many rows it has: what ratios are about.
    pub rows: u64,
}

/// A part of the data.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SplitPart {
    /// To learn from.
    Train,
    /// To choose by.
    Validation,
    /// To report.
    Test,
}

impl SplitPart {
    /// Every part.
    pub const ALL: [Self; 3] = [Self::Train, Self::Validation, Self::Test];

    /// The name used in files and on the command line.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Train => "train",
            Self::Validation => "validation",
            Self::Test => "test",
        }
    }

    /// The part of that name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|part| part.name() == name)
    }
}

/// How problems are divided.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SplitOptions {
    /// How much goes to each part, in the order of [`SplitPart::ALL`]; only their relation counts.
    pub ratios: [f64; 3],
    /// Another seed gives another division.
    pub seed: u64,
    /// Problems that are to go to a part whatever the ratios say; with all they are joined to.
    pub lists: BTreeMap<ProblemId, SplitPart>,
    /// From this share of common shingles on two problems are nearly the same, 0..=1; above 1: only equal ones.
    pub near: f64,
}

impl Default for SplitOptions {
    fn default() -> Self {
        Self { ratios: [0.9, 0.05, 0.05], seed: 0, lists: BTreeMap::new(), near: NEAR }
    }
}

/// Where each problem goes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Split {
    /// The part of each problem.
    pub parts: BTreeMap<ProblemId, SplitPart>,
    /// What was done.
    pub report: SplitReport,
}

/// What a split did, for manifests.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct SplitReport {
    /// Problems in each part.
    pub problems: BTreeMap<SplitPart, u64>,
    /// Rows in each part.
    pub rows: BTreeMap<SplitPart, u64>,
    /// Clusters of problems that are equal or nearly equal, with at least two problems.
    pub joined: Vec<Vec<ProblemId>>,
    /// Clusters whose problems are in the lists of several parts. All of such a cluster goes to the last of them (test
    /// before validation before train), so that nothing that is tested was learned.
    pub conflicts: Vec<Vec<ProblemId>>,
    /// Problems of the lists that are not in the data.
    pub unknown: Vec<ProblemId>,
}

/// Why problems cannot be divided.
#[derive(Clone, Debug, thiserror::Error)]
pub enum SplitError {
    /// The ratios are no ratios.
    #[error("split ratios must be numbers from 0 that are not all 0, as in train=0.9,validation=0.05,test=0.05")]
    Ratios,
    /// The job was stopped.
    #[error(transparent)]
    Job(#[from] JobError),
}

/// Divides problems. The same problems and options give the same parts, in whatever order the problems are given.
///
/// Clusters are drawn in an order that the seed decides, each to the part that lacks most of its share of rows.
pub fn split(problems: &[SplitProblem], options: &SplitOptions, ctx: &JobContext) -> Result<Split, SplitError> {
    let sum: f64 = options.ratios.iter().sum();
    if options.ratios.iter().any(|ratio| !ratio.is_finite() || *ratio < 0.0) || !sum.is_finite() || sum <= 0.0 {
        return Err(SplitError::Ratios);
    }
    let mut report = SplitReport::default();
    let problems = unique(problems);
    let known: HashSet<&ProblemId> = problems.iter().map(|problem| &problem.id).collect();
    report.unknown = options.lists.keys().filter(|id| !known.contains(id)).cloned().collect();
    let texts: Vec<&str> = problems.iter().map(|problem| problem.text.as_str()).collect();
    let mut drawn = Vec::new();
    let mut rows = [0_u64; 3];
    let mut parts = BTreeMap::new();
    for cluster in clusters(&texts, options.near, ctx)? {
        let cluster: Vec<&SplitProblem> = cluster.into_iter().filter_map(|at| problems.get(at)).collect();
        let ids = || cluster.iter().map(|problem| problem.id.clone()).collect::<Vec<_>>();
        if cluster.len() > 1 {
            report.joined.push(ids());
        }
        let listed: HashSet<SplitPart> =
            cluster.iter().filter_map(|problem| options.lists.get(&problem.id)).copied().collect();
        if listed.len() > 1 {
            report.conflicts.push(ids());
        }
        let size: u64 = cluster.iter().map(|problem| problem.rows).sum();
        match SplitPart::ALL.into_iter().rev().find(|part| listed.contains(part)) {
            Some(part) => put(&cluster, part, &mut parts, &mut rows),
            None => drawn.push((lot(&cluster, options.seed), cluster, size)),
        }
    }
    // Large clusters first: a small one fits where there is little room left.
    drawn.sort_by(|(lot, _, size), (other, _, larger)| larger.cmp(size).then(lot.cmp(other)));
    let total = problems.iter().map(|problem| problem.rows).sum::<u64>() as f64;
    for (_, cluster, _) in drawn {
        let room = |part: SplitPart| {
            let (place, ratio) = (part as usize, options.ratios.get(part as usize).copied().unwrap_or_default());
            ratio / sum * total - rows.get(place).copied().unwrap_or_default() as f64
        };
        let open =
            SplitPart::ALL.into_iter().filter(|part| options.ratios.get(*part as usize).is_some_and(|r| *r > 0.0));
        let part = open.rev().max_by(|a, b| room(*a).total_cmp(&room(*b))).unwrap_or(SplitPart::Train);
        put(&cluster, part, &mut parts, &mut rows);
    }
    for part in SplitPart::ALL {
        let problems = parts.values().filter(|other| **other == part).count();
        report.problems.insert(part, problems as u64);
        report.rows.insert(part, rows.get(part as usize).copied().unwrap_or_default());
    }
    Ok(Split { parts, report })
}

fn put(cluster: &[&SplitProblem], part: SplitPart, parts: &mut BTreeMap<ProblemId, SplitPart>, rows: &mut [u64; 3]) {
    for problem in cluster {
        parts.insert(problem.id.clone(), part);
        if let Some(count) = rows.get_mut(part as usize) {
            *count += problem.rows;
        }
    }
}

/// Each identity once, with the rows of all; in the order of identities, so that the order given makes no difference.
fn unique(problems: &[SplitProblem]) -> Vec<SplitProblem> {
    let mut known: HashMap<&ProblemId, SplitProblem> = HashMap::new();
    for problem in problems {
        let entry = known.entry(&problem.id).or_insert_with(|| SplitProblem { rows: 0, ..problem.clone() });
        entry.rows += problem.rows;
    }
    let mut unique: Vec<SplitProblem> = known.into_values().collect();
    unique.sort_by(|a, b| a.id.cmp(&b.id));
    unique
}

/// What a cluster draws: decided by the seed and by what is in it, so that a further problem elsewhere changes nothing.
fn lot(cluster: &[&SplitProblem], seed: u64) -> u64 {
    let hasher = ContentHasher::new("split").part(seed.to_le_bytes());
    cluster.iter().fold(hasher, |hasher, problem| hasher.part(problem.id.as_str())).number()
}
