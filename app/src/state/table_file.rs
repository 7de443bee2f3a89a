//! A table as a file of values between commas, as RFC 4180 has it.

use std::io::Write as _;
use std::path::Path;

use stepscope_core::query::Table;

/// The table, names of columns first.
pub fn csv(table: &Table) -> Vec<u8> {
    let line = |cells: Vec<String>| format!("{}\r\n", cells.join(","));
    let mut bytes: Vec<u8> = line(table.columns.iter().map(|name| quoted(name)).collect()).into();
    for row in &table.rows {
        bytes.extend(line(row.iter().map(|cell| quoted(&cell.to_string())).collect()).bytes());
    }
    bytes
}

/// Writes beside the file and renames, so that a file is there whole or not at all.
pub fn write(path: &Path, bytes: &[u8]) -> Result<(), String> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let failed = |error: std::io::Error| format!("could not write {}: {error}", path.display());
    let mut file = tempfile::NamedTempFile::new_in(folder).map_err(failed)?;
    file.write_all(bytes).and_then(|()| file.as_file().sync_all()).map_err(failed)?;
    file.persist(path).map_err(|error| failed(error.error))?;
    Ok(())
}

fn quoted(text: &str) -> String {
    if text.contains(['"', ',', '\n', '\r']) { format!("\"{}\"", text.replace('"', "\"\"")) } else { text.into() }
}
