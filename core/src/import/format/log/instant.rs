//! When the parts of a log began and ended.

use serde_json::Value;

use crate::model::Metadata;
pub(super) use crate::model::instant_ns as instant;

/// Notes when something began and ended, and how long it took, where the log says both.
pub(super) fn note_times(metadata: &mut Metadata, started: Option<&Value>, ended: Option<&Value>) {
    let known = |value: Option<&Value>| value.filter(|value| !value.is_null()).cloned();
    if let Some(started) = known(started) {
        metadata.insert("started_at".into(), started);
    }
    if let Some(ended) = known(ended) {
        metadata.insert("ended_at".into(), ended);
    }
    if let (Some(from), Some(to)) = (started.and_then(instant), ended.and_then(instant)) {
        // Clocks may be set back meanwhile: a negative time says nothing.
        if let Some(nanoseconds) = to.checked_sub(from).filter(|time| *time >= 0) {
            metadata.insert("duration_s".into(), (nanoseconds as f64 / 1e9).into());
        }
    }
}
