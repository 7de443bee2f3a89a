//! Differences between two texts, as `diff -u` and git write them.

use super::{CodeLine, Look};

/// Whether lines are a difference between two texts.
pub(super) fn is_diff<'a>(lines: impl Iterator<Item = &'a str>) -> bool {
    let (mut has_files, mut before) = (false, "");
    for line in lines {
        has_files |= line.starts_with("diff --git ") || (before.starts_with("--- ") && line.starts_with("+++ "));
        if is_place(line) {
            return true;
        }
        before = line;
    }
    has_files
}

/// `@@ -1,2 +1,3 @@`
fn is_place(line: &str) -> bool {
    line.strip_prefix("@@ -").is_some_and(|rest| rest.contains(" +") && rest.contains(" @@"))
}

/// Says of each line whether it was put in, taken out or neither.
pub(super) fn look(text: &str, lines: &mut [CodeLine]) {
    for line in lines {
        let words = text.get(line.source.clone()).unwrap_or_default();
        let is_head = ["+++ ", "--- ", "diff ", "index ", "@@", "new file", "deleted file", "similarity ", "rename "]
            .iter()
            .any(|start| words.starts_with(start));
        line.look = match words.as_bytes().first() {
            _ if is_head => Look::Head,
            Some(b'+') => Look::Added,
            Some(b'-') => Look::Removed,
            _ => Look::Plain,
        };
    }
}
