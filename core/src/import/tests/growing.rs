//! Files that grow while they are followed: what is appended gives what a fresh import of the whole file would give.

use std::fs;
use std::path::{Path, PathBuf};

use proptest::prelude::*;
use serde_json::json;

use super::*;
use crate::model::Timestamp;
use crate::store::{ProjectDir, Store, check};

struct Followed {
    folder: tempfile::TempDir,
    store: Option<Store>,
}

impl Followed {
    fn new() -> Self {
        Self { folder: tempfile::tempdir().unwrap(), store: None }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join("data").join(name)
    }

    fn write(&self, name: &str, bytes: impl AsRef<[u8]>) {
        fs::create_dir_all(self.folder.path().join("data")).unwrap();
        fs::write(self.path(name), bytes).unwrap();
    }

    /// Imports the first time, then refreshes.
    fn read(&mut self) -> (&Store, InspectReport) {
        let paths = [self.folder.path().join("data")];
        let dir = ProjectDir::new(self.folder.path().join("p.stepscope"));
        let options = ImportOptions { follow: true, ..ImportOptions::default() };
        let outcome = match &self.store {
            None => import(&paths, &dir, &options, Timestamp(1), &foreground()),
            Some(store) => refresh(store, &paths, &ImportOptions::default(), Timestamp(2), &foreground()),
        };
        let ImportOutcome { store, report } = outcome.unwrap();
        assert_eq!(check(&dir), []);
        assert!(store.is_current(&source_files(&paths), &foreground()).unwrap());
        (self.store.insert(store), report)
    }

    /// How many traces and rejects there are, which import it was, and how many rows it looked at.
    fn counts(&mut self) -> (usize, u64, u64, u64) {
        let (store, report) = self.read();
        (store.len(), store.rejected(), store.generation(), report.counts.rows)
    }
}

/// All traces and rejects of a project.
fn content(store: &Store) -> (Vec<Trace>, Vec<Reject>) {
    let rows = 0..u32::try_from(store.len()).unwrap();
    (rows.map(|row| store.trace(row).unwrap()).collect(), store.rejects().unwrap())
}

fn fresh(path: &Path, options: &ImportOptions) -> (Vec<Trace>, Vec<Reject>) {
    let folder = tempfile::tempdir().unwrap();
    let dir = ProjectDir::new(folder.path().join("q.stepscope"));
    content(&import(&[path.to_owned()], &dir, options, Timestamp(1), &foreground()).unwrap().store)
}

fn row(number: usize) -> String {
    let steps: Vec<_> = (0..=number % 3).map(|n| json!({"text": format!("é step {n}"), "rating": n})).collect();
    json!({"problem": format!("p {}", number % 4), "steps": steps, "id": number}).to_string()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(12))]
    #[test]
    fn a_file_that_grows_reads_like_a_whole_one(
        rows in prop::collection::vec((0..9_usize, 0..8_u8), 3..9),
        cuts in prop::collection::vec(0..10_000_usize, 1..4),
    ) {
        let mut text = row(1) + "\n";
        for (number, kind) in rows {
            match kind {
                0 => text.push_str("{\"broken\": \n"),
                1 => text.push('\n'),
                2 => text.push_str(&(row(number) + "\r\n")),
                _ => text.push_str(&(row(number) + "\n")),
            }
        }
        let first = row(1).len();
        let mut ends: Vec<usize> = cuts.iter().map(|cut| first + cut % (text.len() - first)).collect();
        ends.sort_unstable();
        ends.push(text.len());
        let mut followed = Followed::new();
        for end in ends {
            followed.write("a.jsonl", &text.as_bytes()[..end]);
            let found = content(followed.read().0);
            let options = ImportOptions { follow: true, ..ImportOptions::default() };
            prop_assert_eq!(found, fresh(&followed.path("a.jsonl"), &options));
        }
        let store = followed.store.unwrap();
        prop_assert_eq!(store.generation(), 1, "nothing was read twice");
        prop_assert_eq!(content(&store), fresh(&followed.folder.path().join("data/a.jsonl"), &ImportOptions::default()));
    }
}

#[test]
fn half_a_line_waits_until_it_is_whole() {
    let mut followed = Followed::new();
    let half = 50;
    let (whole, next) = (row(1) + "\n", row(2));
    followed.write("a.jsonl", format!("{whole}{}", &next[..half]));
    let (store, report) = followed.read();
    assert_eq!((store.len(), store.rejected(), store.sources()[0].waiting), (1, 0, half as u64));
    assert!(report.warnings[0].message.starts_with("the last line is not complete yet"), "{:?}", report.warnings);
    let told = inspect(&[followed.path("a.jsonl")], &ImportOptions::default(), &foreground()).unwrap();
    assert_eq!(told.counts.rejected, 1, "whoever does not follow the file is told");
    followed.write("a.jsonl", format!("{whole}{}", &next[..half + 3]));
    assert_eq!(followed.counts(), (1, 0, 1, 0));
    followed.write("a.jsonl", format!("{whole}{next}"));
    assert_eq!(followed.counts(), (2, 0, 1, 1));
    followed.write("a.jsonl", format!("{whole}{next}\n{}", row(3)));
    assert_eq!(followed.counts(), (3, 0, 1, 1));
    followed.write("a.jsonl", format!("{whole}{next}\n{}\n[broken\n{}\n", row(3), row(4)));
    assert_eq!(followed.counts(), (4, 1, 1, 2));
    let (traces, rejects) = content(followed.store.as_ref().unwrap());
    assert_eq!((traces.last().unwrap().source.row, rejects[0].row), (5, 4));
}

#[test]
fn what_has_not_only_grown_is_read_anew() {
    let lines = |numbers: &[usize]| numbers.iter().map(|n| row(*n) + "\n").collect::<String>();
    let mut followed = Followed::new();
    followed.write("a.jsonl", lines(&[1, 2, 3]));
    assert_eq!(followed.counts(), (3, 0, 1, 3));
    assert_eq!(followed.counts(), (3, 0, 1, 0), "nothing happened");
    followed.write("a.jsonl", lines(&[1, 2]));
    assert_eq!(followed.counts(), (2, 0, 2, 2), "cut off");
    followed.write("a.jsonl", lines(&[2, 1]));
    assert_eq!(followed.counts(), (2, 0, 3, 2), "replaced, of the same length");
    followed.write("a.jsonl", lines(&[3, 1, 4]));
    assert_eq!(followed.counts(), (3, 0, 4, 3), "replaced by a longer one");
    followed.write("a.jsonl", lines(&[3, 1, 4]).trim_end());
    assert_eq!(followed.counts(), (3, 0, 5, 3));
    followed.write("a.jsonl", lines(&[3, 1, 4]).trim_end().to_owned() + " rubbish\n");
    assert_eq!(followed.counts(), (2, 1, 6, 3), "the last row is another");

    // Files that come in are read, files that go take their traces with them.
    followed.write("b.jsonl", lines(&[5]));
    followed.write("notes.txt", "nothing to see");
    assert_eq!(followed.counts(), (3, 1, 6, 1));
    followed.write("a.jsonl", lines(&[3, 1, 4]).trim_end().to_owned() + " rubbish\n" + &lines(&[6]));
    followed.write("b.jsonl", lines(&[5, 7]));
    assert_eq!(followed.counts(), (5, 1, 6, 2));
    let traces: Vec<u64> = followed.store.as_ref().unwrap().sources().iter().map(|source| source.traces).collect();
    assert_eq!(traces, [3, 2, 0]);
    fs::remove_file(followed.path("b.jsonl")).unwrap();
    assert_eq!(followed.counts(), (3, 1, 7, 4));
}

#[test]
fn other_files_are_read_anew() {
    let check = |name: &str, first: &[u8], then: &[u8], counts: (usize, u64)| {
        let mut followed = Followed::new();
        followed.write(name, first);
        followed.read();
        followed.write(name, then);
        let (traces, _, generation, _) = followed.counts();
        assert_eq!((traces, generation), counts, "{name}");
    };
    let (one, two) = (row(1), row(2));
    let wide = |text: String| text.encode_utf16().flat_map(u16::to_le_bytes).collect::<Vec<u8>>();
    check("list.json", format!("[{one}]").as_bytes(), format!("[{one},{two}]").as_bytes(), (2, 2));
    check("wide.jsonl", &wide(format!("{one}\n")), &wide(format!("{one}\n{two}\n")), (2, 2));
    check("mark.jsonl", format!("\u{feff}{one}\n").as_bytes(), format!("\u{feff}{one}\n{two}\n").as_bytes(), (2, 1));
    // What a label of 0 means, only later rows tell.
    let labels = |labels: &str| format!("{{\"problem\": \"p\", \"steps\": [\"a\", \"b\"], \"labels\": [{labels}]}}\n");
    let (first, later) = (labels("1, 0"), labels("1, -1"));
    check("labels.jsonl", first.as_bytes(), format!("{first}{later}").as_bytes(), (2, 2));
    check("labels.jsonl", first.as_bytes(), format!("{first}{}", labels("0, 1")).as_bytes(), (2, 1));
}
