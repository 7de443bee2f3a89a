//! Which known name was probably meant.

/// The known name nearest to `wanted`, without regard to case; `None` where none is near.
pub(in crate::query) fn nearest<'a>(wanted: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let wanted: Vec<char> = wanted.chars().take(MOST).flat_map(char::to_lowercase).collect();
    // A third of the letters may be wrong, and of short names one.
    let most = (wanted.len() / 3).max(1);
    // So many letters at least have to be added or left out.
    let is_about_as_long = |name: &&str| name.chars().take(MOST).count().abs_diff(wanted.len()) <= most;
    let near = known.into_iter().filter(is_about_as_long).map(|name| (distance(&wanted, name), name));
    near.filter(|(distance, _)| *distance <= most).min_by_key(|(distance, _)| *distance).map(|(_, name)| name)
}

/// Longer names are compared by their beginning.
const MOST: usize = 40;

/// How many letters have to be changed, added, left out or swapped with the next (Damerau 1964, in its restricted form).
fn distance(wanted: &[char], name: &str) -> usize {
    let name: Vec<char> = name.chars().take(MOST).flat_map(char::to_lowercase).collect();
    let mut before: Vec<usize> = Vec::new();
    let mut row: Vec<usize> = (0..=name.len()).collect();
    for (i, a) in wanted.iter().enumerate() {
        let mut next = vec![i + 1];
        for (j, b) in name.iter().enumerate() {
            let cell = |row: &[usize], at: usize| row.get(at).copied().unwrap_or(usize::MAX - 1);
            let mut best = (cell(&row, j) + usize::from(a != b)).min(cell(&row, j + 1) + 1).min(cell(&next, j) + 1);
            if i > 0 && j > 0 && wanted.get(i - 1) == Some(b) && name.get(j - 1) == Some(a) {
                best = best.min(cell(&before, j - 1) + 1);
            }
            next.push(best);
        }
        before = std::mem::replace(&mut row, next);
    }
    row.last().copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slips_are_recognised() {
        let known = ["generator", "steps", "first_error", "file"];
        let check = |wanted: &str, expected: Option<&str>| assert_eq!(nearest(wanted, known), expected, "{wanted}");
        check("generater", Some("generator"));
        check("genrator", Some("generator"));
        check("Step", Some("steps"));
        check("fiel", Some("file"));
        check("first_eror", Some("first_error"));
        check("colour", None);
        check("", None);
        check("x", None);
    }
}
