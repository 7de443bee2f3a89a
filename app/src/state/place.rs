//! Where an annotator left a project: trace, step, filter, order, way of working. One small file per annotator, beside
//! the log and never in it; without it the project opens at its first trace.

use std::fs;
use std::io;
use std::path::PathBuf;

use serde::{Deserialize, Serialize};
use stepscope_core::annotation::file_stem;
use stepscope_core::labels::LabelSource;
use stepscope_core::model::{AnnotatorId, StepHash, TraceId};
use stepscope_core::query::{LabelState, Query, Queue, Sort};
use stepscope_core::store::ProjectDir;

use super::ViewState;
use super::aside;
use super::asking::{Asking, FieldSort};
use super::work::WorkState;

/// Where an annotator left a project.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Place {
    /// The open trace.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub trace: Option<TraceId>,
    /// The selected step.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub step: Option<StepHash>,
    /// The words that traces must contain.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub filter: String,
    /// The state that traces must be in.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub state: Option<LabelState>,
    /// The field that the table is sorted by, `-FIELD` for the largest first; empty where a usual column is.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub by: String,
    /// The columns of the table; empty for the usual ones.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub columns: Vec<String>,
    /// Earlier questions, the newest first.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub questions: Vec<String>,
    /// Scorer shown in table and gutter.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub scorer: Option<String>,
    /// First errors are found by halving.
    pub halving: bool,
    /// The annotator judges blind.
    pub blind: bool,
    /// Whose labels are shown as proposals.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub verify: Option<LabelSource>,
    /// Which label sources are compared, where the annotator chose them.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sources: Option<Vec<LabelSource>>,
    /// What the table is sorted by.
    pub sort: Sort,
    /// The order of traces.
    pub queue: Queue,
}

impl Place {
    /// The place that the window shows.
    pub fn of(view: &ViewState) -> Self {
        let open = view.open.as_ref().filter(|open| open.attempts.is_none());
        Self {
            trace: open.map(|open| open.trace.id.clone()),
            step: open.and_then(|open| Some(open.step()?.hash.clone())),
            filter: view.query.text.clone(),
            state: view.query.state,
            by: view.asking.by.as_ref().map(FieldSort::text).unwrap_or_default(),
            columns: view.asking.columns.clone(),
            questions: view.asking.history.clone(),
            scorer: view.scorer.clone(),
            halving: view.work.halving,
            blind: view.work.blind,
            verify: view.work.verify.clone(),
            sources: view.sources.chosen.clone(),
            sort: view.query.sort,
            queue: view.query.queue.clone(),
        }
    }

    /// Filter and order.
    pub fn query(&self) -> Query {
        let Self { filter, state, sort, queue, .. } = self;
        Query { text: filter.clone(), state: *state, sort: *sort, queue: queue.clone(), ..Query::default() }
    }

    /// What is asked for, besides filter and order.
    pub fn asking(&self) -> Asking {
        let mut asking = Asking {
            text: self.filter.clone(),
            cursor: self.filter.len(),
            history: self.questions.clone(),
            columns: self.columns.clone(),
            by: FieldSort::from_text(&self.by),
            ..Asking::default()
        };
        asking.note_clauses(&self.filter);
        asking
    }

    /// The way of working.
    pub fn work(&self) -> WorkState {
        let Self { halving, blind, verify, .. } = self;
        WorkState { halving: *halving, blind: *blind, verify: verify.clone(), ..WorkState::default() }
    }

    /// Reads what was left; `None` where there is no such file or it is not to be understood.
    pub fn load(dir: &ProjectDir, annotator: &AnnotatorId) -> Option<Self> {
        toml::from_str(&fs::read_to_string(file(dir, annotator)?).ok()?).ok()
    }

    /// Writes it beside itself and renames it.
    pub fn save(&self, dir: &ProjectDir, annotator: &AnnotatorId) -> io::Result<()> {
        let Some(file) = file(dir, annotator) else { return Ok(()) };
        aside::write_soon(&file, toml::to_string(self).map_err(io::Error::other)?.as_bytes())
    }
}

fn file(dir: &ProjectDir, annotator: &AnnotatorId) -> Option<PathBuf> {
    Some(dir.path().join("places").join(format!("{}.toml", file_stem(annotator).ok()?)))
}

#[cfg(test)]
mod tests {
    use stepscope_core::query::{QueueOrder, SortKey};

    use super::*;

    #[test]
    fn a_place_is_found_again() {
        let folder = tempfile::tempdir().unwrap();
        let (dir, ann) = (ProjectDir::new(folder.path()), AnnotatorId::new("Zoë/1"));
        assert_eq!(Place::load(&dir, &ann), None);
        let place = Place {
            trace: Some(TraceId::new("t")),
            step: Some(StepHash::new("s")),
            filter: "two \"words\"".into(),
            state: Some(LabelState::GivenUp),
            by: "-meta.level".into(),
            columns: vec!["problem".into(), "reward".into()],
            questions: vec!["steps > 3".into()],
            scorer: Some("prm".into()),
            halving: true,
            blind: true,
            verify: Some(LabelSource::Scorer { name: "prm".into(), threshold: 0.25 }),
            sources: Some(vec![LabelSource::Imported(None), "consensus:all(own:ann,imported)".parse().unwrap()]),
            sort: Sort { key: SortKey::PathScore, descending: true },
            queue: Queue { order: QueueOrder::EachGenerator, seed: 7, threshold: 0.3, readers: 3 },
        };
        place.save(&dir, &ann).unwrap();
        assert_eq!(Place::load(&dir, &ann), Some(place));
        assert_eq!(Place::load(&dir, &AnnotatorId::new("bob")), None, "each has their own");
        Place::default().save(&dir, &ann).unwrap();
        assert_eq!(Place::load(&dir, &ann), Some(Place::default()));
        fs::write(file(&dir, &ann).unwrap(), "sort = 3").unwrap();
        assert_eq!(Place::load(&dir, &ann), None, "a broken one is none");
    }
}
