//! The job behind the page on agreement: compares label sources on what is listed.

use stepscope_core::job::{JobContext, JobError};
use stepscope_core::labels::{AgreementReport, Disputed, LabelSource, Panel, Selection, agreement, disputed};

use super::Stamp;
use crate::state::corpus::ProjectCorpus;
use crate::state::only::{Listed, Only};

/// What the matrix of agreement shows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Measure {
    /// Krippendorff's alpha of step ratings.
    #[default]
    Alpha,
    /// Cohen's kappa of step ratings.
    Kappa,
    /// The share of traces with exactly the same first error, or none in both.
    FirstError,
}

/// What was asked to be compared.
#[derive(Clone, Debug, PartialEq)]
pub struct AskedAgreement {
    /// Of what.
    pub stamp: Stamp,
    /// Of which listed rows: a number that rises with each change of the list.
    pub listed: u64,
    /// Which sources.
    pub sources: Vec<LabelSource>,
}

impl AskedAgreement {
    /// The same but for labels and scores that have come since.
    pub fn is_older(&self, other: &Self) -> bool {
        (self.listed, &self.sources) == (other.listed, &other.sources) && self.stamp.project == other.stamp.project
    }
}

/// What came out.
#[derive(Clone, Debug)]
pub struct Agreed {
    /// What was asked.
    pub asked: AskedAgreement,
    /// How far they agree, or why that cannot be said.
    pub report: Result<AgreementReport, String>,
}

/// Compares the sources on those rows. Can be stopped at each trace.
pub fn agreed(
    asked: AskedAgreement,
    corpus: impl FnOnce() -> Result<ProjectCorpus, JobError>,
    rows: Vec<u32>,
    ctx: &JobContext,
) -> Result<Agreed, JobError> {
    let corpus = corpus()?;
    let listed = Selection::new(&corpus, rows);
    let report = match Panel::new(&asked.sources, &listed) {
        Err(error) => Err(error.to_string()),
        Ok(panel) if panel.sources().len() < 2 => Err(TOO_FEW.to_owned()),
        Ok(panel) => Ok(agreement(&panel, ctx)?),
    };
    Ok(Agreed { asked, report })
}

/// Why there is nothing to compare.
pub const TOO_FEW: &str = "Agreement needs two label sources or more; {view.choose_sources} chooses them, also a scorer \
    at a threshold or a consensus";

/// The traces of those rows on which two sources differ, most at stake first, each with the first step in dispute.
pub fn listing(
    pair: &[LabelSource; 2],
    name: String,
    corpus: impl FnOnce() -> Result<ProjectCorpus, JobError>,
    rows: &[u32],
    ctx: &JobContext,
) -> Result<Only, JobError> {
    let corpus = corpus()?;
    let listed = Selection::new(&corpus, rows.to_vec());
    let panel = Panel::new(pair, &listed).map_err(|error| JobError::from_error(&error))?;
    let found = disputed(&panel, ctx)?;
    let row = |found: &Disputed| rows.get(found.row as usize).copied();
    let step = |found: &Disputed| Some((row(found)?, Listed::Step(*found.steps.first()?)));
    let steps = found.iter().filter_map(step).collect();
    Ok(Only { name, rows: found.iter().filter_map(row).collect(), ranked: true, steps, judged: None })
}
