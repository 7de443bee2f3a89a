//! Moments as logs write them: ISO 8601 with or without a time zone, seconds to nanoseconds since 1970.

use chrono::{DateTime, NaiveDateTime};
use serde_json::Value;

/// Nanoseconds since 1970-01-01T00:00:00Z. A time without a zone is taken for UTC.
pub fn instant_ns(value: &Value) -> Option<i64> {
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
            assert_eq!(instant_ns(&value), expected, "{value}");
        }
    }
}
