//! A corpus in which annotators go by pseudonyms, so that nothing made of it names them.
//!
//! A pseudonym is a hash of the name, and of a key where one is given: the same person has the same pseudonym in every
//! export, also when others join. Without a key, who knows the names can work out the pseudonyms. What people wrote
//! into notes, rationales and critiques is not searched for names.

use std::collections::HashMap;
use std::path::PathBuf;

use serde_json::Value;

use crate::annotation::{StepAnnotation, TraceAnnotation};
use crate::import::native::NativeScores;
use crate::model::{AnnotatorId, ContentHasher, Label, Metadata, ProblemId, Trace, TraceId};

use super::{Consensus, Corpus, LabelSource, Member, Provenance, RecordKind, SourceFile};

/// What a pseudonym begins with.
const PREFIX: &str = "annotator-";
/// Starts of label sources that name a person.
const PEOPLE: [&str; 3] = ["human:", "annotator:", "own:"];
/// Keys of sources under which people are named.
const KEYS: [&str; 5] = ["annotator", "annotator_id", "labeler", "labeler_id", "rater"];

/// A corpus in which annotators go by pseudonyms.
pub struct Pseudonymous<'a> {
    corpus: &'a dyn Corpus,
    names: Names,
    /// What had to be changed because it names someone inside.
    changed: HashMap<(AnnotatorId, TraceId), TraceAnnotation>,
}

struct Names {
    key: String,
    /// The true name of each pseudonym.
    known: HashMap<AnnotatorId, AnnotatorId>,
}

/// The name under which an annotator goes, made with that key.
pub fn pseudonym(name: &str, key: &str) -> String {
    format!("{PREFIX}{}", ContentHasher::new("pseudonym").part(key).part(name).hex(10))
}

impl Names {
    fn pseudonym(&self, name: &str) -> String {
        if self.known.contains_key(&AnnotatorId::new(name)) {
            return name.to_owned();
        }
        pseudonym(name, &self.key)
    }

    /// A label source of the data, where it names a person.
    fn source(&self, name: &str) -> Option<String> {
        if self.known.values().any(|known| known.as_str() == name) {
            return Some(self.pseudonym(name));
        }
        let (start, person) = PEOPLE.iter().find_map(|start| Some((start, name.strip_prefix(start)?)))?;
        Some(format!("{start}{}", self.pseudonym(person)))
    }

    fn metadata(&self, metadata: &mut Metadata) {
        for key in KEYS {
            if let Some(Value::String(name)) = metadata.get_mut(key) {
                *name = self.pseudonym(name);
            }
        }
    }

    fn trace(&self, trace: &mut Trace) {
        for label in &mut trace.labels {
            if let Some(name) = self.source(&label.source) {
                label.source = name;
            }
        }
        self.metadata(&mut trace.metadata);
        self.metadata(&mut trace.problem.metadata);
    }

    /// What is said with other names in it; `None` where there is none.
    fn annotation(&self, said: &TraceAnnotation) -> Option<TraceAnnotation> {
        let critic = |label: &Label| match label {
            Label::Critique(critique) => self.source(&critique.by),
            _ => None,
        };
        let mut labels = said.labels.iter().chain(said.steps.values().flat_map(|step| step.labels.iter()));
        labels.any(|label| critic(label).is_some()).then(|| {
            let rename = |label: &Label| match label {
                Label::Critique(critique) => {
                    let by = self.source(&critique.by).unwrap_or_else(|| critique.by.clone());
                    Label::Critique(crate::model::Critique { by, ..critique.clone() })
                }
                other => other.clone(),
            };
            let mut said = said.clone();
            said.labels = said.labels.iter().map(rename).collect();
            let renamed = |step: &mut StepAnnotation| step.labels = step.labels.iter().map(rename).collect();
            said.steps.values_mut().for_each(renamed);
            said
        })
    }
}

impl<'a> Pseudonymous<'a> {
    /// The same corpus under pseudonyms. Reads each trace's identity where anybody has labelled.
    pub fn new(corpus: &'a dyn Corpus, key: &str) -> Result<Self, String> {
        let mut names = Names { key: key.into(), known: HashMap::new() };
        let annotators = corpus.annotators();
        let pseudonyms = annotators.iter().map(|name| AnnotatorId::new(names.pseudonym(name.as_str())));
        names.known = pseudonyms.zip(annotators.iter().cloned()).collect();
        let mut changed = HashMap::new();
        if annotators.iter().any(|annotator| corpus.has_labels(annotator)) {
            for row in 0..u32::try_from(corpus.len()).unwrap_or(u32::MAX) {
                let trace = corpus.trace(row)?.id;
                for annotator in &annotators {
                    let said = corpus.annotation(annotator, &trace);
                    if let Some(said) = said.and_then(|said| names.annotation(said)) {
                        changed.insert((annotator.clone(), trace.clone()), said);
                    }
                }
            }
        }
        Ok(Self { corpus, names, changed })
    }

    /// The label source under pseudonyms.
    pub fn label_source(&self, source: &LabelSource) -> LabelSource {
        match source {
            LabelSource::Own(Some(name)) => LabelSource::Own(Some(self.names.pseudonym(name))),
            LabelSource::Imported(Some(name)) => {
                LabelSource::Imported(Some(self.names.source(name).unwrap_or_else(|| name.clone())))
            }
            LabelSource::Consensus(consensus) => {
                let member = |member: &Member| Member { source: self.label_source(&member.source), ..member.clone() };
                let members = consensus.members.iter().map(member).collect();
                LabelSource::Consensus(Consensus { members, ..consensus.clone() })
            }
            LabelSource::Own(None) | LabelSource::Imported(None) | LabelSource::Scorer { .. } => source.clone(),
        }
    }
}

impl Corpus for Pseudonymous<'_> {
    fn len(&self) -> usize {
        self.corpus.len()
    }

    fn trace(&self, row: u32) -> Result<Trace, String> {
        let mut trace = self.corpus.trace(row)?;
        self.names.trace(&mut trace);
        Ok(trace)
    }

    fn problem(&self, row: u32) -> Result<ProblemId, String> {
        self.corpus.problem(row)
    }

    fn annotators(&self) -> Vec<AnnotatorId> {
        let mut names: Vec<AnnotatorId> = self.names.known.keys().cloned().collect();
        names.sort();
        names
    }

    fn annotation(&self, annotator: &AnnotatorId, trace: &TraceId) -> Option<&TraceAnnotation> {
        let name = self.names.known.get(annotator)?;
        let changed = self.changed.get(&(name.clone(), trace.clone()));
        changed.or_else(|| self.corpus.annotation(name, trace))
    }

    fn has_labels(&self, annotator: &AnnotatorId) -> bool {
        self.names.known.get(annotator).is_some_and(|name| self.corpus.has_labels(name))
    }

    fn scores(&self, trace: &Trace) -> Vec<NativeScores> {
        self.corpus.scores(trace)
    }

    fn sources(&self) -> Vec<SourceFile> {
        self.corpus.sources()
    }

    fn provenance(&self) -> Result<Provenance, String> {
        let mut provenance = self.corpus.provenance()?;
        for record in &mut provenance.records {
            if record.kind == RecordKind::Annotations {
                record.name = self.names.pseudonym(&record.name);
            }
        }
        provenance.records.sort_by(|a, b| (a.kind, &a.name).cmp(&(b.kind, &b.name)));
        Ok(provenance)
    }

    fn protected(&self) -> Vec<PathBuf> {
        self.corpus.protected()
    }
}
