//! Whose work the rows are made of: counts by source file, annotator and label source of the data.

use std::collections::{BTreeMap, HashSet};

use serde::{Deserialize, Serialize};

use super::format::Row;
use super::tally::Counts;
use crate::annotation::TraceAnnotation;
use crate::labels::{Corpus, LabelSource};
use crate::model::{AnnotatorId, FirstError, ImportedValue, Trace, TraceId, TraceStatus};

/// Whose work the rows are made of. A pair counts for the trace of its chosen side.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Origins {
    /// By source file: `rows`, `traces` and what the format counts.
    pub by_source: BTreeMap<String, Counts>,
    /// By annotator whose labels were used: `traces`, `done`, first errors and ratings of the traces that rows are of.
    pub by_annotator: BTreeMap<String, Counts>,
    /// The same by source of the labels that came with the data, where these were used.
    pub by_label_source: BTreeMap<String, Counts>,
}

/// Counts while rows are made.
pub(super) struct OriginCounter<'a> {
    source: &'a dyn Corpus,
    annotators: Vec<AnnotatorId>,
    imported: Imported,
    seen: HashSet<TraceId>,
    origins: Origins,
}

/// Which labels of the data were used.
enum Imported {
    None,
    All,
    Of(String),
}

impl<'a> OriginCounter<'a> {
    /// `labels` is the source in use; `None` where the format takes all labels.
    pub(super) fn new(source: &'a dyn Corpus, labels: Option<&LabelSource>) -> Self {
        let mut annotators = source.annotators();
        annotators.sort();
        let imported = match labels {
            None => Imported::All,
            Some(LabelSource::Own(Some(name))) => {
                annotators.retain(|annotator| annotator.as_str() == name);
                Imported::None
            }
            Some(LabelSource::Imported(name)) => {
                annotators.clear();
                name.clone().map_or(Imported::All, Imported::Of)
            }
            Some(LabelSource::Scorer { .. }) => {
                annotators.clear();
                Imported::None
            }
            // Everyone who labelled has a say.
            Some(_) => Imported::None,
        };
        Self { source, annotators, imported, seen: HashSet::new(), origins: Origins::default() }
    }

    pub(super) fn row(&mut self, trace: &Trace, row: &Row) {
        let is_new = self.seen.insert(trace.id.clone());
        let of_file = self.origins.by_source.entry(trace.source.file.clone()).or_default();
        of_file.add("rows", 1);
        for &(name, more) in &row.counts {
            of_file.add(name, more);
        }
        of_file.add("traces", u64::from(is_new));
        if !is_new {
            return;
        }
        for annotator in &self.annotators {
            if let Some(said) = self.source.annotation(annotator, &trace.id).filter(|said| !said.is_empty()) {
                let counts = self.origins.by_annotator.entry(annotator.as_str().into()).or_default();
                count_said(counts, said);
            }
        }
        let mut sources = HashSet::new();
        for label in &trace.labels {
            let used = match &self.imported {
                Imported::None => false,
                Imported::All => true,
                Imported::Of(name) => label.source == *name,
            };
            if !used {
                continue;
            }
            let counts = self.origins.by_label_source.entry(label.source.clone()).or_default();
            counts.add("traces", u64::from(sources.insert(&label.source)));
            counts.add(
                match label.value {
                    ImportedValue::Rating(rating) => rating.name(),
                    ImportedValue::Soft(_) => "soft",
                    other => other.name(),
                },
                1,
            );
        }
    }

    pub(super) fn finish(self) -> Origins {
        self.origins
    }
}

fn count_said(counts: &mut Counts, said: &TraceAnnotation) {
    counts.add("traces", 1);
    counts.add("done", u64::from(said.status == TraceStatus::Done));
    match &said.first_error {
        Some(FirstError::At(_)) => counts.add("first_error", 1),
        Some(FirstError::NoneUpTo(_)) => counts.add("no_error", 1),
        Some(FirstError::Unsure) | None => {}
    }
    for rating in said.steps.values().filter_map(|step| step.rating) {
        counts.add(rating.name(), 1);
    }
}
