//! The fold as bytes of a snapshot, and back.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use serde::Deserialize as _;
use serde::de::IntoDeserializer as _;
use serde::de::value::{Error as ValueError, StrDeserializer};

use super::fact::{Place, Subject};
use super::fold::Fold;
use super::pack::{Packer, Unpacker};
use super::place::{Entry, Lines};
use super::state::{Annotations, Labels, StepAnnotation, TraceAnnotation};
use crate::model::{FirstError, Label, LabelKey, LabelKind, StepHash, StepRating, TraceId, TraceStatus};

/// Adds the fold to `bytes`.
pub(super) fn pack(fold: &Fold, bytes: &mut Vec<u8>) {
    let mut to = Packer(std::mem::take(bytes));
    pack_state(&fold.state, &mut to);
    pack_entries(&fold.done, &mut to);
    pack_entries(&fold.undone, &mut to);
    to.number(fold.highest);
    to.count(fold.foreign.len());
    to.count(fold.taken_back.len());
    to.count(fold.spent.len());
    #[expect(clippy::iter_over_hash_type, reason = "read back into such a table")]
    for gesture in &fold.foreign {
        to.number(*gesture);
    }
    #[expect(clippy::iter_over_hash_type, reason = "read back into such a table")]
    for subject in &fold.taken_back {
        pack_subject(subject, &mut to);
    }
    #[expect(clippy::iter_over_hash_type, reason = "read back into such a table")]
    for (trace, spent) in &fold.spent {
        to.text(trace.as_str());
        to.number(*spent);
    }
    *bytes = to.0;
}

/// The fold, if the bytes are one and nothing else.
pub(super) fn unpack(bytes: &[u8]) -> Option<Fold> {
    let mut from = Unpacker(bytes);
    let from = &mut from;
    let state = Arc::new(unpack_state(from)?);
    let (done, undone, highest) = (unpack_entries(from)?, unpack_entries(from)?, from.number()?);
    let (foreign, taken_back, spent) = (from.count()?, from.count()?, from.count()?);
    let foreign = (0..foreign).map(|_| from.number()).collect::<Option<HashSet<_>>>()?;
    let taken_back = (0..taken_back).map(|_| unpack_subject(from)).collect::<Option<HashSet<_>>>()?;
    let spent = (0..spent).map(|_| Some((TraceId::new(from.text()?), from.number()?)));
    let spent = spent.collect::<Option<HashMap<_, _>>>()?;
    from.0.is_empty().then_some(Fold { state, done, undone, highest, foreign, taken_back, spent })
}

fn pack_state(state: &Annotations, to: &mut Packer) {
    to.count(state.traces.len());
    #[expect(clippy::iter_over_hash_type, reason = "read back into such a table")]
    for (id, said) in &state.traces {
        to.text(id.as_str());
        let (mark, step) = match &said.first_error {
            None => (0, ""),
            Some(FirstError::At(step)) => (1, step.as_str()),
            Some(FirstError::NoneUpTo(step)) => (2, step.as_str()),
            Some(FirstError::Unsure) => (3, ""),
        };
        to.number(mark);
        to.text(step);
        to.count(TraceStatus::ALL.iter().position(|status| *status == said.status).unwrap_or_default());
        to.text(&said.note);
        pack_labels(&said.labels, to);
        to.count(said.steps.len());
        for (hash, of_step) in &said.steps {
            to.text(hash.as_str());
            let rating = of_step.rating.and_then(|said| StepRating::ALL.iter().position(|rating| *rating == said));
            to.count(rating.map_or(0, |index| index + 1));
            to.text(&of_step.note);
            pack_labels(&of_step.labels, to);
        }
    }
}

fn unpack_state(from: &mut Unpacker<'_>) -> Option<Annotations> {
    let count = from.count()?;
    let mut traces = HashMap::with_capacity(count);
    for _ in 0..count {
        let id = TraceId::new(from.text()?);
        let (mark, step) = (from.number()?, from.text()?);
        let first_error = match mark {
            0 => None,
            1 => Some(FirstError::At(StepHash::new(step))),
            2 => Some(FirstError::NoneUpTo(StepHash::new(step))),
            3 => Some(FirstError::Unsure),
            _ => return None,
        };
        let status = *TraceStatus::ALL.get(usize::try_from(from.number()?).ok()?)?;
        let (note, labels) = (from.text()?.to_owned(), unpack_labels(from)?);
        let count = from.count()?;
        let mut steps = HashMap::with_capacity(count);
        for _ in 0..count {
            let hash = StepHash::new(from.text()?);
            let rating = match usize::try_from(from.number()?).ok()?.checked_sub(1) {
                None => None,
                Some(index) => Some(*StepRating::ALL.get(index)?),
            };
            let (note, labels) = (from.text()?.to_owned(), unpack_labels(from)?);
            steps.insert(hash, StepAnnotation { rating, note, labels });
        }
        traces.insert(id, TraceAnnotation { first_error, status, note, labels, steps });
    }
    Some(Annotations::from(traces))
}

fn pack_labels(labels: &Labels, to: &mut Packer) {
    to.count(labels.iter().count());
    for label in labels.iter() {
        // What cannot be packed makes the snapshot unreadable, and the log is read instead.
        to.bytes(&serde_json::to_vec(label).unwrap_or_default());
    }
}

fn unpack_labels(from: &mut Unpacker<'_>) -> Option<Labels> {
    let count = from.count()?;
    (0..count).map(|_| serde_json::from_slice::<Label>(from.bytes()?).ok()).collect()
}

fn pack_entries(entries: &[Entry], to: &mut Packer) {
    to.count(entries.len());
    let (mut id, mut end) = (0, 0);
    for entry in entries {
        to.step(id, entry.id);
        id = entry.id;
        to.count(entry.lines.parts().count());
        for part in entry.lines.parts() {
            to.step(end, part.start);
            to.number(u64::from(part.length));
            end = part.start + u64::from(part.length);
        }
    }
}

fn unpack_entries(from: &mut Unpacker<'_>) -> Option<Vec<Entry>> {
    let count = from.count()?;
    let mut entries = Vec::with_capacity(count);
    let (mut id, mut end) = (0, 0);
    for _ in 0..count {
        id = from.step(id)?;
        let mut lines: Option<Lines> = None;
        for _ in 0..from.count()? {
            let (start, length) = (from.step(end)?, u32::try_from(from.number()?).ok()?);
            end = start.checked_add(u64::from(length))?;
            let part = Lines { start, length, more: None };
            match &mut lines {
                None => lines = Some(part),
                Some(lines) => lines.add(part),
            }
        }
        entries.push(Entry::new(id, lines?));
    }
    Some(entries)
}

fn pack_subject(subject: &Subject, to: &mut Packer) {
    to.text(subject.trace.as_str());
    to.count(subject.step.iter().count());
    if let Some(step) = &subject.step {
        to.text(step.as_str());
    }
    let (place, key) = match &subject.place {
        Place::Rating => (0, None),
        Place::FirstError => (1, None),
        Place::Status => (2, None),
        Place::Note => (3, None),
        Place::Label(key) => (4, Some(key)),
    };
    to.number(place);
    if let Some(key) = key {
        let kind = serde_json::to_value(key.kind).ok();
        to.text(kind.as_ref().and_then(|kind| kind.as_str()).unwrap_or_default());
        to.text(&key.of);
    }
}

fn unpack_subject(from: &mut Unpacker<'_>) -> Option<Subject> {
    let trace = TraceId::new(from.text()?);
    let step = match from.number()? {
        0 => None,
        _ => Some(StepHash::new(from.text()?)),
    };
    let place = match from.number()? {
        0 => Place::Rating,
        1 => Place::FirstError,
        2 => Place::Status,
        3 => Place::Note,
        4 => {
            let kind: StrDeserializer<'_, ValueError> = from.text()?.into_deserializer();
            Place::Label(LabelKey::of(LabelKind::deserialize(kind).ok()?, from.text()?))
        }
        _ => return None,
    };
    Some(Subject { trace, step, place })
}
