//! The paths of a folder or archive by how they begin: many folders of many files are looked through once each.

use std::collections::BTreeMap;
use std::ops::Bound;

/// Paths, each with its place in the list that it came from.
pub(super) struct Paths<'a>(BTreeMap<&'a str, usize>);

impl<'a> Paths<'a> {
    pub(super) fn new(paths: &[&'a str]) -> Self {
        Self(paths.iter().copied().zip(0..).collect())
    }

    pub(super) fn contains(&self, path: &str) -> bool {
        self.0.contains_key(path)
    }

    /// Those that begin so, in their own order.
    pub(super) fn beginning(&self, start: &str) -> Vec<&'a str> {
        let from = self.0.range::<str, _>((Bound::Included(start), Bound::Unbounded));
        let mut found: Vec<(&str, usize)> =
            from.take_while(|(path, _)| path.starts_with(start)).map(|(path, place)| (*path, *place)).collect();
        found.sort_unstable_by_key(|(_, place)| *place);
        found.into_iter().map(|(path, _)| path).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_found_by_how_they_begin() {
        let paths = Paths::new(&["b/2", "b/10", "a", "b", "ba/1", "c/1"]);
        assert_eq!(paths.beginning("b/"), ["b/2", "b/10"]);
        assert_eq!(paths.beginning("").len(), 6);
        assert_eq!(paths.beginning("d"), [""; 0]);
        assert!(paths.contains("a") && !paths.contains("b/1"));
    }
}
