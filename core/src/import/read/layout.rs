//! Finds out how the rows of a file are laid out, by its first bytes.

use serde::de::IgnoredAny;
use serde_json::Value;

use super::comments::CommentFilter;
use super::value_end::ValueEnd;
use crate::import::FileFault;
use crate::import::detect::kind;

/// How rows follow one another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Framing {
    /// One a line.
    Lines,
    /// Elements of one list.
    List,
    /// Values over several lines, one after another; also a single one.
    Documents,
}

/// How to read a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Layout {
    /// How rows follow one another.
    pub(crate) framing: Framing,
    /// True where comments have to be taken out.
    pub(crate) comments: bool,
}

/// Judges the start of a file; `complete` says that this is all of it.
pub(super) fn layout(head: &[u8], complete: bool) -> Result<Layout, FileFault> {
    if let Some(what) = binary(head) {
        return Err(FileFault::Binary(what));
    }
    let plain = framing(head, complete);
    if matches!(plain, Ok(Framing::Lines)) {
        return Ok(Layout { framing: Framing::Lines, comments: false });
    }
    if let Some(stripped) = CommentFilter::strip(head) {
        let framing = framing(&stripped, complete)?;
        return Ok(Layout { framing, comments: true });
    }
    Ok(Layout { framing: plain?, comments: false })
}

/// What a file is that is no text.
fn binary(head: &[u8]) -> Option<&'static str> {
    let known: [(&[u8], &str); 8] = [
        (b"PK\x03\x04", "a ZIP archive"),
        (b"PAR1", "Parquet"),
        (b"\x1F\x8B", "compressed with gzip"),
        (b"\x28\xB5\x2F\xFD", "compressed with zstd"),
        (b"BZh", "compressed with bzip2"),
        (b"\xFD7zXZ\0", "compressed with xz"),
        (b"ARROW1", "an Arrow file"),
        (b"SQLite format 3\0", "an SQLite database"),
    ];
    let found = known.into_iter().find(|(magic, _)| head.starts_with(magic)).map(|(_, what)| what);
    // A stray zero byte spoils one row; a file that starts with many is no text.
    let start = head.get(..head.len().min(1024)).unwrap_or_default();
    let zeros = start.split(|&byte| byte == 0).count() - 1;
    found.or_else(|| (zeros * 20 > start.len()).then_some("binary"))
}

fn framing(head: &[u8], complete: bool) -> Result<Framing, FileFault> {
    let text = head.trim_ascii_start();
    let line = text.split(|&byte| byte == b'\n').next().unwrap_or_default();
    let after = text.get(line.len()..).unwrap_or_default().trim_ascii();
    let line_ended = complete || line.len() < text.len();
    let line_is_json = line_ended && is_json(line);
    match text.first() {
        None if complete => Err(FileFault::Empty),
        // So many blanks that the text has not begun yet.
        None => Ok(Framing::Lines),
        Some(b'{') if line_is_json || !line_ended || has_object_line(text) => Ok(Framing::Lines),
        Some(b'{') => Ok(Framing::Documents),
        Some(b'[') if line_is_json && !after.is_empty() => Ok(Framing::Lines),
        Some(b'[') if after.is_empty() && line.trim_ascii() == b"[]" => Err(FileFault::NoRows("an empty list".into())),
        Some(b'[') => Ok(Framing::List),
        Some(_) if has_object_line(text) => Ok(Framing::Lines),
        Some(_) => Err(not_rows(text, complete)),
    }
}

/// True where a later line is by itself an object, as in no pretty-printed file: the first line is just broken.
fn has_object_line(text: &[u8]) -> bool {
    let mut lines = text.split(|&byte| byte == b'\n').skip(1);
    lines.any(|line| line.starts_with(b"{") && line.trim_ascii_end().len() > 2 && is_json(line))
}

fn is_json(text: &[u8]) -> bool {
    serde_json::from_slice::<IgnoredAny>(text).is_ok()
}

fn not_rows(text: &[u8], complete: bool) -> FileFault {
    if complete && let Ok(value) = serde_json::from_slice::<Value>(text) {
        return FileFault::NoRows(kind(&value).into());
    }
    let end = ValueEnd::default().feed(text).unwrap_or(text.len()).min(40);
    let start = String::from_utf8_lossy(text.get(..end.max(1)).unwrap_or_default()).into_owned();
    FileFault::NotJson { row: 1, reason: format!("it starts with `{}`", start.escape_debug()) }
}
