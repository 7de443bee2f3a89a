//! What a user asks of a division, before it is known which problems there are.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::path::Path;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{SplitOptions, SplitPart, SplitProblem};
use crate::export::ExportError;
use crate::import::{ImportOptions, each_trace};
use crate::job::{JobContext, JobError};
use crate::model::ProblemId;
use crate::query::shingle::{text_hash, words};

/// How problems are to be divided.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SplitAsked {
    /// How much of the rows goes to each part; a part that is missing gets none. Only their relation counts.
    pub ratios: BTreeMap<SplitPart, f64>,
    /// Another seed gives another division.
    pub seed: u64,
    /// From this share of common shingles on two problems are nearly the same and stay together, 0..=1.
    pub near: f64,
    /// Problems that go to a part whatever the ratios say, by identity or text.
    pub lists: BTreeMap<SplitPart, Vec<String>>,
}

impl Default for SplitAsked {
    fn default() -> Self {
        let SplitOptions { ratios, seed, near, .. } = SplitOptions::default();
        Self { ratios: SplitPart::ALL.into_iter().zip(ratios).collect(), seed, near, lists: BTreeMap::new() }
    }
}

impl SplitAsked {
    /// Reads ratios such as `train=0.8,validation=0.1,test=0.1`.
    pub fn ratios(text: &str) -> Result<BTreeMap<SplitPart, f64>, ExportError> {
        let refuse = || ExportError::Split(super::SplitError::Ratios);
        let mut ratios = BTreeMap::new();
        for one in text.split(',') {
            let (name, share) = one.split_once('=').ok_or_else(refuse)?;
            let part = SplitPart::from_name(name.trim()).ok_or_else(refuse)?;
            let share: f64 = share.trim().parse().map_err(|_error| refuse())?;
            if !share.is_finite() || share < 0.0 || ratios.insert(part, share).is_some() {
                return Err(refuse());
            }
        }
        if ratios.values().sum::<f64>() <= 0.0 { Err(refuse()) } else { Ok(ratios) }
    }

    /// Settles the lists for those problems. Gives what they name and the data lack beside it.
    pub(in crate::export) fn settle(&self, problems: &[SplitProblem]) -> (SplitOptions, Vec<String>) {
        let ratio = |part| self.ratios.get(&part).copied().unwrap_or_default();
        let ratios = SplitPart::ALL.map(ratio);
        // Lists alone: what they do not name is there to be learned from.
        let ratios = if ratios.iter().sum::<f64>() > 0.0 { ratios } else { [1.0, 0.0, 0.0] };
        let ids: HashSet<&str> = problems.iter().map(|problem| problem.id.as_str()).collect();
        let mut by_text: HashMap<u128, Vec<&ProblemId>> = HashMap::new();
        for problem in problems {
            by_text.entry(text_hash(&words(&problem.text))).or_default().push(&problem.id);
        }
        let (mut lists, mut unknown) = (BTreeMap::new(), Vec::new());
        // In the order of parts: what two lists name goes to the later part, as with problems that are joined.
        for (&part, entries) in &self.lists {
            for entry in entries {
                if ids.contains(entry.as_str()) {
                    lists.insert(ProblemId::new(entry), part);
                    continue;
                }
                match by_text.get(&text_hash(&words(entry))) {
                    Some(found) => lists.extend(found.iter().map(|&id| (id.clone(), part))),
                    None => unknown.push(entry.clone()),
                }
            }
        }
        (SplitOptions { ratios, seed: self.seed, lists, near: self.near }, unknown)
    }
}

/// The problems that a file names: of traces in any format that can be imported, else one a line of plain text.
pub fn problems_in(file: &Path, ctx: &JobContext) -> Result<Vec<String>, ExportError> {
    let mut texts: Vec<String> = Vec::new();
    let mut known: HashSet<u128> = HashSet::new();
    let plain = file.extension().is_some_and(|end| end.eq_ignore_ascii_case("txt"));
    if !plain {
        let read = each_trace(&[file.to_owned()], &ImportOptions::default(), ctx, &mut |trace| {
            let text = trace.problem.text().into_owned();
            if known.insert(text_hash(&words(&text))) && !text.trim().is_empty() {
                texts.push(text);
            }
            Ok(())
        });
        match read.map_err(JobError::from) {
            Ok(_) if !texts.is_empty() => return Ok(texts),
            Err(JobError::Cancelled) => return Err(JobError::Cancelled.into()),
            // What no importer knows is read as lines.
            Ok(_) | Err(_) => {}
        }
    }
    let failed = |source| ExportError::Io { doing: "reading", path: file.into(), source };
    let text = std::fs::read_to_string(file).map_err(failed)?;
    let problems: Vec<String> = match serde_json::from_str(&text) {
        Ok(Value::Array(all)) if !plain => all.iter().map(|one| problem_of(one, &one.to_string())).collect(),
        _ if plain => text.lines().map(str::to_owned).collect(),
        _ => text
            .lines()
            .map(|line| serde_json::from_str(line).map_or_else(|_| line.into(), |v| problem_of(&v, line)))
            .collect(),
    };
    let problems = problems.into_iter().filter(|problem| !problem.trim().is_empty());
    Ok(problems.filter(|problem| known.insert(text_hash(&words(problem)))).collect())
}

/// What a row of JSON asks; `line` where it is none of a known shape.
fn problem_of(row: &Value, line: &str) -> String {
    let keys = ["problem", "question", "prompt", "input", "text"];
    let asked = row.as_str().or_else(|| keys.iter().find_map(|key| row.get(key)?.as_str()));
    asked.unwrap_or(line).to_owned()
}
