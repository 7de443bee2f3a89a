//! Logs from elsewhere: nothing twice, nothing lost, and the same result whoever unites with whom.

use std::path::PathBuf;
use std::sync::atomic::{AtomicI64, Ordering};

use proptest::prelude::*;

use super::*;
use crate::model::{Clock, Label, StepKind, WrittenStep};

/// Goes on by a second with each look; begins where it is told, so that two places never say something at one time.
struct Ticking(AtomicI64);

impl Clock for Ticking {
    fn now(&self) -> Timestamp {
        Timestamp(self.0.fetch_add(1000, Ordering::Relaxed))
    }
}

/// Labels in that folder from that time on.
fn label(folder: &Path, from: i64, steps: &[Step]) {
    let clock = Arc::new(Ticking(AtomicI64::new(1_795_000_000_000 + from)));
    let (mut log, _) = AnnotationLog::open(folder, &ann(), clock, quiet()).unwrap();
    for step in steps {
        match step {
            Step::Rate(number, rating) => drop(log.commit(vec![rate(1, *number, *rating)]).unwrap()),
            Step::Mark(number) => drop(log.commit(vec![mark(1, *number), rate(1, *number, StepRating::Bad)]).unwrap()),
            Step::Note(text) => drop(log.commit(vec![note(1, text)]).unwrap()),
            Step::Undo => drop(log.undo().unwrap()),
            Step::Redo => drop(log.redo().unwrap()),
        }
    }
    log.flush().unwrap();
}

#[derive(Clone, Debug)]
enum Step {
    Rate(usize, StepRating),
    Mark(usize),
    Note(&'static str),
    Undo,
    Redo,
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    fs::copy(from.join("ann.jsonl"), to.join("ann.jsonl")).unwrap();
}

fn state(folder: &Path) -> Annotations {
    let (state, report) = read(folder, &ann()).unwrap();
    assert_eq!(report.warnings, []);
    state
}

/// Two folders that had the same beginning, and what each said after it.
fn parted(shared: &[Step], here: &[Step], there: &[Step]) -> (tempfile::TempDir, PathBuf, PathBuf) {
    let home = tempfile::tempdir().unwrap();
    let (a, b) = (home.path().join("a"), home.path().join("b"));
    label(&a, 0, shared);
    copy(&a, &b);
    label(&a, 1_000_001, here);
    label(&b, 1_000_500, there);
    (home, a, b)
}

#[test]
fn a_log_of_somebody_new_is_copied_byte_for_byte() {
    let home = tempfile::tempdir().unwrap();
    let (a, b) = (home.path().join("a"), home.path().join("b"));
    label(&b, 0, &[Step::Rate(1, StepRating::Good), Step::Undo, Step::Mark(2)]);
    // Under whatever name.
    let file = home.path().join("from the laptop.txt");
    fs::rename(b.join("ann.jsonl"), &file).unwrap();
    let report = unite(&a, &file).unwrap();
    assert_eq!((report.united.len(), report.united[0].lines, report.warnings.len()), (1, 4, 0));
    assert_eq!(bytes(&a), fs::read(&file).unwrap());
    let again = unite(&a, &file).unwrap();
    assert_eq!((again.united[0].lines, again.united[0].labels, &again.united[0].aside), (0, 0, &None));
    assert_eq!(bytes(&a), fs::read(&file).unwrap());
}

#[test]
fn a_newer_copy_adds_its_end_and_an_older_one_nothing() {
    let (home, a, b) = parted(&[Step::Rate(1, StepRating::Good)], &[], &[Step::Mark(2), Step::Undo]);
    let newer = bytes(&b);
    assert_eq!(unite(&a, &b.join("ann.jsonl")).unwrap().united[0].lines, 3);
    assert_eq!(bytes(&a), newer);
    let older = home.path().join("older.jsonl");
    fs::write(&older, newer.split_inclusive(|byte| *byte == b'\n').next().unwrap()).unwrap();
    assert_eq!(unite(&a, &older).unwrap().united[0].lines, 0);
    assert_eq!(bytes(&a), newer);
}

#[test]
fn of_two_that_went_on_both_are_kept() {
    let shared = [Step::Rate(1, StepRating::Good), Step::Rate(2, StepRating::Good), Step::Note("x")];
    let here = [Step::Rate(1, StepRating::Neutral), Step::Rate(3, StepRating::Good)];
    let there =
        [Step::Rate(1, StepRating::Bad), Step::Undo, Step::Rate(3, StepRating::Bad), Step::Mark(4), Step::Note("")];
    let (_home, a, b) = parted(&shared, &here, &there);
    let before = bytes(&a);
    let united = unite(&a, &b.join("ann.jsonl")).unwrap().united.remove(0);
    let said = state(&a);
    let rating = |number| said.step(&trace(1), &hash(number)).and_then(|step| step.rating);
    // Said later there, though it was taken back there: that is a word, too.
    assert_eq!((rating(1), rating(2)), (Some(StepRating::Good), Some(StepRating::Good)));
    assert_eq!((rating(3), rating(4)), (Some(StepRating::Bad), Some(StepRating::Bad)));
    assert_eq!(said.note(&Target::Trace(trace(1))), "");
    let conflicts: Vec<(&str, bool)> = united.conflicts.iter().map(|c| (c.what.as_str(), c.taken)).collect();
    assert_eq!(conflicts, [("rating", true), ("rating", true)]);
    assert!(bytes(&a).starts_with(&before), "only appended");
    let kept = fs::read(united.aside.unwrap()).unwrap();
    assert!(bytes(&b).ends_with(&kept) && !kept.is_empty(), "no line is lost");
    // Each with the time at which it was said.
    let last = String::from_utf8(bytes(&a)).unwrap();
    let at = |text: &str| text.split("\"at\":\"").nth(1).unwrap()[..24].to_owned();
    let theirs = String::from_utf8(bytes(&b)).unwrap();
    assert_eq!(at(last.lines().last().unwrap()), at(theirs.lines().last().unwrap()));
    let after = bytes(&a);
    let again = unite(&a, &b.join("ann.jsonl")).unwrap().united.remove(0);
    assert_eq!((again.labels, bytes(&a) == after), (0, true), "a second time changes nothing");
    assert!(!a.join("ann.united-2").exists());
}

#[test]
fn what_is_wrong_is_reported_and_left_in_the_file() {
    let home = tempfile::tempdir().unwrap();
    let (a, b) = (home.path().join("a"), home.path().join("b"));
    label(&b, 0, &[Step::Rate(1, StepRating::Good), Step::Rate(2, StepRating::Bad)]);
    let whole = bytes(&b);
    let bob = {
        let (mut log, _) =
            AnnotationLog::open(&b, &AnnotatorId::new("bob"), Arc::new(FixedClock::default()), quiet()).unwrap();
        log.commit(vec![note(1, "of bob")]).unwrap();
        log.flush().unwrap();
        fs::read(b.join("bob.jsonl")).unwrap()
    };
    let file = home.path().join("mixed.jsonl");
    fs::write(&file, [b"not a record\n".as_slice(), &whole, &bob, b"{\"v\":2,\"se"].concat()).unwrap();
    let report = unite(&a, &file).unwrap();
    let lines: Vec<u64> = report.warnings.iter().map(|warning| warning.line).collect();
    assert_eq!(lines, [1, 5], "{:?}", report.warnings);
    assert!(report.warnings[1].message.contains("cut short"));
    assert_eq!(report.united.iter().map(|united| united.lines).collect::<Vec<_>>(), [2, 1]);
    assert_eq!((bytes(&a), fs::read(a.join("bob.jsonl")).unwrap()), (whole, bob), "to each his own");
    assert!(matches!(unite(&a, &home.path().join("none")), Err(AnnotationError::Io { .. })));
}

#[test]
fn a_log_in_use_is_left_alone() {
    let (_home, a, b) = parted(&[Step::Rate(1, StepRating::Good)], &[], &[Step::Mark(2)]);
    let (first, _) = open(&a);
    let before = bytes(&a);
    let error = unite(&a, &b.join("ann.jsonl")).unwrap_err().to_string();
    assert!(error.contains("another window"), "{error}");
    assert_eq!(bytes(&a), before);
    drop(first);
    unite(&a, &b.join("ann.jsonl")).unwrap();
    assert_eq!(bytes(&a), bytes(&b));
    assert_eq!(unite(&b, &b.join("ann.jsonl")).unwrap().united[0].lines, 0, "with itself");
}

/// Both wrote a step of one name: labels of the one must not come to stand on the words of the other.
#[test]
fn labels_of_other_words_are_not_taken() {
    let (_home, a, b) = parted(&[Step::Rate(1, StepRating::Good)], &[], &[]);
    let write = |folder: &Path, text: &str, rating: StepRating| {
        let (mut log, _) = open(folder);
        let id = StepHash::written(1);
        let written = WrittenStep {
            id: id.clone(),
            parent: None,
            text: text.into(),
            kind: StepKind::Thought,
            replaces: None,
            taken_from: None,
        };
        let step = StepRef { trace: trace(1), step: id };
        log.commit(vec![
            Change::Give { target: Target::Trace(trace(1)), label: Label::Written(written) },
            Change::RateStep { step, rating: Some(rating) },
        ])
        .unwrap();
        log.flush().unwrap();
    };
    write(&a, "one", StepRating::Good);
    write(&b, "other", StepRating::Bad);
    let before = state(&a);
    let united = unite(&a, &b.join("ann.jsonl")).unwrap().united.remove(0);
    assert_eq!((united.labels, united.conflicts.len()), (0, 2));
    assert_eq!(state(&a), before);
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let rating = prop::sample::select(StepRating::ALL.to_vec());
    let step = prop_oneof![
        4 => (0..3_usize, rating).prop_map(|(number, rating)| Step::Rate(number, rating)),
        1 => (0..3_usize).prop_map(Step::Mark),
        1 => prop::sample::select(vec!["", "x", "y"]).prop_map(Step::Note),
        2 => Just(Step::Undo),
        1 => Just(Step::Redo),
    ];
    prop::collection::vec(step, 0..8)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn both_ways_come_to_the_same(shared in steps(), here in steps(), there in steps()) {
        let (home, a, b) = parted(&shared, &here, &there);
        let (old_a, old_b) = (home.path().join("old-a"), home.path().join("old-b"));
        copy(&a, &old_a);
        copy(&b, &old_b);
        unite(&a, &old_b.join("ann.jsonl")).unwrap();
        unite(&b, &old_a.join("ann.jsonl")).unwrap();
        prop_assert_eq!(state(&a), state(&b));
        let settled = bytes(&a);
        unite(&a, &old_b.join("ann.jsonl")).unwrap();
        unite(&a, &b.join("ann.jsonl")).unwrap();
        prop_assert_eq!(state(&a), state(&b));
        prop_assert_eq!(bytes(&a), settled, "once is enough");
    }
}
