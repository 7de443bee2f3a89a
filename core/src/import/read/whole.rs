//! A small file as one value: for files that make sense together only.

use serde_json::Value;

use super::bytes::ByteSource;
use super::input::Input;
use super::json::{Parsed, parse};
use crate::import::{FileFault, ImportError};
use crate::job::JobContext;

/// Longer files are no part of a bundle.
const LIMIT: usize = 256 << 20;

/// The file as JSON, the lines of JSON Lines as a list, else its text; `None` for what is no text.
pub(crate) fn read_whole(input: &Input, repeats: &[&str], context: &JobContext) -> Result<Option<Parsed>, ImportError> {
    let mut source = ByteSource::open(input, None, context)?;
    let bytes = source.read_all(LIMIT)?.ok_or_else(|| input.fault(FileFault::TooLong { limit: LIMIT }))?;
    let json = bytes.trim_ascii_start().first().is_some_and(|byte| b"{[\"-0123456789tfn".contains(byte));
    if json && let Ok(parsed) = parse(&bytes, repeats) {
        return Ok(Some(parsed));
    }
    let mut whole = Parsed::default();
    let mut rows = Vec::new();
    if json {
        for line in bytes.split(|&byte| byte == b'\n').filter(|line| !line.trim_ascii().is_empty()) {
            let Ok(Parsed { value, repairs }) = parse(line, repeats) else {
                rows.clear();
                whole.repairs.clear();
                break;
            };
            rows.push(value);
            whole.repairs.extend(repairs);
        }
    }
    whole.value = match String::from_utf8(bytes) {
        _ if !rows.is_empty() => rows.into(),
        Ok(text) => Value::String(text),
        Err(_) => return Ok(None),
    };
    Ok(Some(whole))
}
