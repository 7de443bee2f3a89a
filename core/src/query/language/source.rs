//! Reads whose labels are meant, which stands in brackets behind a field of labels.

use std::ops::Range;

use super::catalog::{Said, What};
use super::error::QueryError;
use super::fields::Known;
use super::parse::{Parsed, Parser};
use crate::labels::{ConsensusRule, LabelError, LabelSource, Member};

/// Where a scorer takes a step for good, until somebody says otherwise.
const THRESHOLD: f64 = 0.5;

impl Parser<'_> {
    /// Reads a label source; its text has been taken from the bytes `span`.
    pub(super) fn source(&self, text: &str, what: What, span: Range<usize>) -> Parsed<Said> {
        let source: LabelSource = text.parse().map_err(|error| {
            let reason = match error {
                LabelError::Source { reason, .. } => reason,
                other => other.to_string(),
            };
            QueryError::new(span.clone(), format!("`{text}` is no source of labels")).with_hint(reason)
        })?;
        if let Some(known) = &self.fields.known {
            for member in voices(&source) {
                self.check_voice(member, known, span.clone())?;
            }
        }
        match source {
            LabelSource::Own(name) => Ok(Said::Own(name)),
            LabelSource::Imported(name) => Ok(Said::Imported(name)),
            LabelSource::Scorer { .. } | LabelSource::Consensus(_) if what.is_judged() => {
                Ok(Said::Judged(source.to_string()))
            }
            LabelSource::Scorer { .. } | LabelSource::Consensus(_) => {
                let name = what.spec().name;
                Err(QueryError::new(span, format!("`{source}` only says which steps are good or bad, no `{name}`"))
                    .with_hint("ask for its `first_error`, `label` or `is_error`"))
            }
        }
    }

    fn check_voice(&self, source: &LabelSource, known: &Known, span: Range<usize>) -> Parsed<()> {
        let (sort, name, names) = match source {
            LabelSource::Own(Some(name)) => ("annotator", name, &known.annotators),
            LabelSource::Imported(Some(name)) => ("source of labels", name, &known.sources),
            LabelSource::Scorer { name, .. } => ("scorer", name, &known.scorers),
            LabelSource::Own(None) | LabelSource::Imported(None) | LabelSource::Consensus(_) => return Ok(()),
        };
        // Of several members the one that is meant.
        let written = self.scanner.between(span.clone());
        let place = written.find(name.as_str()).map(|at| span.start + at..span.start + at + name.len());
        Self::check(sort, name, names, place.unwrap_or(span))
    }
}

/// Those who are asked: the source itself, or the members of a consensus.
pub(in crate::query) fn voices(source: &LabelSource) -> Vec<&LabelSource> {
    match source {
        LabelSource::Consensus(consensus) if !consensus.members.is_empty() => {
            consensus.members.iter().map(|member| &member.source).collect()
        }
        other => vec![other],
    }
}

/// The sources of a project that can be members of a consensus, as they are written there.
pub(super) fn members(known: &Known) -> Vec<String> {
    let own = known.annotators.iter().map(|name| LabelSource::Own(Some(name.clone())));
    let imported = known.sources.iter().map(|name| LabelSource::Imported(Some(name.clone())));
    let written = |source| Member { source, above: None }.to_string();
    own.chain(imported).chain(scorers(known)).map(written).collect()
}

/// The sources of a project that are worked out: scorers at a threshold, and what all annotators agree on.
pub(super) fn judged(known: &Known) -> Vec<String> {
    let rules = ConsensusRule::EVERY.iter().filter(|_| known.annotators.len() > 1);
    let rules = rules.map(|rule| format!("consensus:{}", rule.name()));
    rules.chain(scorers(known).map(|source| source.to_string())).collect()
}

fn scorers(known: &Known) -> impl Iterator<Item = LabelSource> {
    known.scorers.iter().map(|name| LabelSource::Scorer { name: name.clone(), threshold: THRESHOLD })
}
