//! Tables as they are, for those who check a file rather than import it.

use std::path::Path;

use super::input::Input;
use super::layout::Framing;
use super::rows::RowReader;
use super::sample::look_at;
use crate::import::ImportError;
use crate::job::JobContext;

/// Whether the file is a table in columns or, by its name, one of cells.
pub(crate) fn is_table(path: &Path, ctx: &JobContext) -> bool {
    let name = path.file_name().unwrap_or_default().to_string_lossy().to_lowercase();
    let bare = [".gz", ".zst"].iter().find_map(|end| name.strip_suffix(end)).unwrap_or(&name);
    look_at(&Input::from(path), ctx).is_ok_and(|head| match head.layout.framing {
        Framing::Parquet | Framing::Arrow | Framing::ArrowStream => true,
        Framing::Sheet(_) => Path::new(bare).extension().is_some_and(|end| end == "csv" || end == "tsv"),
        _ => false,
    })
}

/// What is done with a row: a line of JSON, or what is wrong with it.
pub(crate) type RowSink<'a, E> = &'a mut dyn FnMut(Result<&str, String>) -> Result<(), E>;

/// Gives each row of a table as a line of JSON, or what is wrong with it. In a table of cells a cell that is JSON stands
/// as it is, an empty one is null, others are texts.
pub(crate) fn each_row<E: From<ImportError>>(path: &Path, ctx: &JobContext, sink: RowSink<'_, E>) -> Result<(), E> {
    let input = Input::from(path);
    let head = look_at(&input, ctx)?;
    let mut rows = RowReader::open(&input, head.layout, None, ctx)?;
    while let Some(row) = rows.next()? {
        sink(row.line())?;
    }
    Ok(())
}
