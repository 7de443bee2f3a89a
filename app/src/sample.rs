//! The sample data, carried in the program so that a first run shows something anywhere. Numbers put the easiest first.

macro_rules! files {
    ($($name:literal),* $(,)?) => {
        /// Name and text of each sample file.
        pub const FILES: &[(&str, &str)] =
            &[$(($name, include_str!(concat!("../../sample-data/", $name)))),*];
    };
}

files!(
    "1-word-problems.json",
    "2-algebra.jsonl",
    "3-stepwise.jsonl",
    "4-code.jsonl",
    "5-agent.jsonl",
    "6-search-trees.jsonl",
    "7-prm800k.jsonl",
);

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::fs;
    use std::path::Path;

    #[test]
    fn every_sample_file_is_carried() {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../sample-data");
        let there: BTreeSet<String> = fs::read_dir(folder)
            .unwrap()
            .map(Result::unwrap)
            // Folders hold no traces: `logs`, and a project that somebody made by opening the sample data in place.
            .filter(|entry| entry.path().is_file())
            .map(|entry| entry.file_name().into_string().unwrap())
            .filter(|name| name != "README.md")
            .collect();
        let carried: BTreeSet<String> = super::FILES.iter().map(|(name, _)| (*name).to_owned()).collect();
        assert_eq!(there, carried);
    }
}
