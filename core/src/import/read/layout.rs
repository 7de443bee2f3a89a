//! Finds out how the rows of a file are laid out, by its first bytes.

use serde::de::IgnoredAny;
use serde_json::Value;

use super::comments::CommentFilter;
use super::value_end::ValueEnd;
use super::{sheet, yaml};
use crate::import::FileFault;
use crate::import::detect::kind;

/// How rows follow one another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Framing {
    /// One a line.
    Lines,
    /// Elements of one list.
    List,
    /// Elements of lists within one list.
    Lists,
    /// Values over several lines, one after another; also a single one.
    Documents,
    /// Entries of one object.
    Keyed {
        /// Whether an entry that is a list holds several rows.
        open: bool,
    },
    /// JSON that is written column by column.
    Columns,
    /// Lines of cells with that separator, below a line of names.
    Sheet(u8),
    /// YAML documents.
    Yaml,
    /// All of the file as one text.
    Text,
    /// A Parquet table.
    Parquet,
    /// An Arrow table with a directory at its end.
    Arrow,
    /// An Arrow table as it is sent.
    ArrowStream,
}

/// How to read a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Layout {
    /// How rows follow one another.
    pub(crate) framing: Framing,
    /// True where comments have to be taken out.
    pub(crate) comments: bool,
}

/// Judges the start of a file; `complete` says that this is all of it. Its name decides where the content does not.
pub(super) fn layout(head: &[u8], complete: bool, name: &str) -> Result<Layout, FileFault> {
    if let Some(framing) = table(head) {
        return Ok(Layout { framing, comments: false });
    }
    if let Some(what) = binary(head) {
        return Err(FileFault::Binary(what));
    }
    let plain = framing(head, complete, name);
    if matches!(plain, Ok(Framing::Lines)) {
        return Ok(Layout { framing: Framing::Lines, comments: false });
    }
    if matches!(head, [b'/' | b'{' | b'[', ..])
        && let Some(stripped) = CommentFilter::strip(head)
    {
        let framing = framing(&stripped, complete, name)?;
        return Ok(Layout { framing, comments: true });
    }
    Ok(Layout { framing: plain?, comments: false })
}

/// A table in columns, by its first bytes.
fn table(head: &[u8]) -> Option<Framing> {
    match head {
        [b'P', b'A', b'R', b'1', ..] => Some(Framing::Parquet),
        [b'A', b'R', b'R', b'O', b'W', b'1', ..] => Some(Framing::Arrow),
        // A message: its mark, and the length of its schema.
        [0xFF, 0xFF, 0xFF, 0xFF, _, _, _, 0, ..] => Some(Framing::ArrowStream),
        _ => None,
    }
}

/// What a file is that is no text, and what to do about it.
fn binary(head: &[u8]) -> Option<&'static str> {
    let known: [(&[u8], &str); 6] = [
        (b"PK\x03\x04", "a ZIP archive that is damaged or in another archive; unpack it first"),
        (b"BZh", "compressed with bzip2; unpack it with `bunzip2` first"),
        (b"\xFD7zXZ\0", "compressed with xz; unpack it with `unxz` first"),
        (b"7z\xBC\xAF\x27\x1C", "a 7z archive; unpack it first"),
        (b"PARE", "an encrypted Parquet table; decrypt it first"),
        (b"SQLite format 3\0", "an SQLite database; write the tables with the traces as JSON Lines or CSV"),
    ];
    let found = known.into_iter().find(|(magic, _)| head.starts_with(magic)).map(|(_, what)| what);
    // A stray zero byte spoils one row; a file that starts with many is no text.
    let start = head.get(..head.len().min(1024)).unwrap_or_default();
    let zeros = start.split(|&byte| byte == 0).count() - 1;
    found.or_else(|| (zeros * 20 > start.len()).then_some("binary, not text; choose the file with the traces"))
}

fn framing(head: &[u8], complete: bool, name: &str) -> Result<Framing, FileFault> {
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
        Some(_) => text_framing(text, complete, name),
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

/// The framing of what is no JSON.
fn text_framing(text: &[u8], complete: bool, name: &str) -> Result<Framing, FileFault> {
    if complete && let Ok(value) = serde_json::from_slice::<Value>(text) {
        return Err(FileFault::NoRows(kind(&value).into()));
    }
    let name = name.to_lowercase();
    let name = name.trim_end_matches(".gz").trim_end_matches(".zst");
    let named = |endings: &[&str]| endings.iter().any(|ending| name.ends_with(ending));
    let is_yaml = || complete && std::str::from_utf8(text).is_ok_and(yaml::is_yaml);
    if named(&[".yaml", ".yml"]) || text.starts_with(b"%YAML") {
        return Ok(Framing::Yaml);
    }
    if let Some(delimiter) = sheet::delimiter(text, complete, named(&[".csv", ".tsv"])) {
        return Ok(Framing::Sheet(delimiter));
    }
    Ok(if is_yaml() { Framing::Yaml } else { Framing::Text })
}

/// How a text starts, for a message.
pub(super) fn start_of(text: &[u8]) -> String {
    let text = text.trim_ascii_start();
    let end = ValueEnd::default().feed(text).unwrap_or(text.len()).min(40);
    String::from_utf8_lossy(text.get(..end.max(1)).unwrap_or_default()).into_owned()
}
