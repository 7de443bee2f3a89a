//! Moments as logs write them: ISO 8601 with or without a time zone, seconds to nanoseconds since 1970.

use chrono::{DateTime, NaiveDateTime};
use serde_json::Value;

use crate::model::Metadata;

/// Nanoseconds since 1970-01-01T00:00:00Z. A time without a zone is taken for UTC.
pub(super) fn instant(value: &Value) -> Option<i64> {
    match value {
        Value::String(text) => {
            let text = text.trim();
            if let Ok(moment) = DateTime::parse_from_rfc3339(text) {
                return moment.timestamp_nanos_opt();
            }
            for format in ["%Y-%m-%dT%H:%M:%S%.f", "%Y-%m-%d %H:%M:%S%.f"] {
                if let Ok(moment) = NaiveDateTime::parse_from_str(text, format) {
                    return moment.and_utc().timestamp_nanos_opt();
                }
            }
            if let Ok(moment) = DateTime::parse_from_str(text, "%Y-%m-%d %H:%M:%S%.f%:z") {
                return moment.timestamp_nanos_opt();
            }
            text.parse::<i64>().ok().and_then(since_1970)
        }
        Value::Number(number) => {
            if let Some(whole) = number.as_i64() {
                return since_1970(whole);
            }
            let seconds = number.as_f64().filter(|seconds| seconds.abs() < 9e9)?;
            #[expect(clippy::cast_possible_truncation, reason = "below 9e18, as just checked")]
            Some((seconds * 1e9) as i64)
        }
        _ => None,
    }
}

/// The unit shows in the size: all logs are from this century.
fn since_1970(number: i64) -> Option<i64> {
    let factor = match number.unsigned_abs() {
        0..10_000_000_000 => 1_000_000_000,
        10_000_000_000..10_000_000_000_000 => 1_000_000,
        10_000_000_000_000..10_000_000_000_000_000 => 1_000,
        _ => 1,
    };
    number.checked_mul(factor)
}

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

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn moments_are_read_in_all_units() {
        let cases = [
            (json!("1970-01-01T00:00:01Z"), Some(1_000_000_000)),
            (json!("1970-01-01T01:00:01.5+01:00"), Some(1_500_000_000)),
            (json!("1970-01-01T00:00:00.000000001"), Some(1)),
            (json!("1970-01-01 00:00:01+00:00"), Some(1_000_000_000)),
            (json!(1_700_000_000), Some(1_700_000_000_000_000_000)),
            (json!(1_700_000_000.5), Some(1_700_000_000_500_000_000)),
            (json!(1_700_000_000_123_i64), Some(1_700_000_000_123_000_000)),
            (json!(1_700_000_000_123_456_i64), Some(1_700_000_000_123_456_000)),
            (json!("1700000000123456789"), Some(1_700_000_000_123_456_789)),
            (json!("yesterday"), None),
            (json!(null), None),
            (json!(1e300), None),
        ];
        for (value, expected) in cases {
            assert_eq!(instant(&value), expected, "{value}");
        }
    }
}
