//! Logs that were cut, damaged, or written by another version.

use super::*;

/// Puts a log into a fresh folder and opens it.
fn opened(text: impl AsRef<[u8]>) -> (tempfile::TempDir, AnnotationLog, LoadReport) {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("ann.jsonl"), text).unwrap();
    let (log, report) = open(folder.path());
    (folder, log, report)
}

#[test]
fn a_log_cut_at_any_byte_of_its_last_record_loads_the_state_before_it() {
    let folder = tempfile::tempdir().unwrap();
    let (mut log, _) = open(folder.path());
    log.commit(vec![rate(1, 1, StepRating::Good)]).unwrap();
    log.commit(vec![rate(1, 2, StepRating::Bad), mark(1, 2)]).unwrap();
    log.undo().unwrap();
    log.flush().unwrap();
    let (earlier, start) = (log.fold().clone(), bytes(folder.path()).len());
    log.commit(vec![note(1, "the last words, ≠ ASCII")]).unwrap();
    log.flush().unwrap();
    let (later, whole) = (log.fold().clone(), bytes(folder.path()));
    drop(log);

    for cut in start..=whole.len() {
        let (folder, mut log, report) = opened(&whole[..cut]);
        assert_eq!(report.warnings, [], "cut at byte {cut}");
        if cut == whole.len() {
            assert_eq!((log.fold(), &report.torn), (&later, &None));
            continue;
        }
        assert_eq!(*log.fold(), earlier, "cut at byte {cut}");
        assert_eq!(bytes(folder.path()), whole[..start]);
        if cut > start {
            let aside = folder.path().join("ann.torn-1");
            assert_eq!(report.torn.as_deref(), Some(aside.as_path()));
            assert_eq!(fs::read(aside).unwrap(), whole[start..cut]);
        }
        // Work goes on as if the torn line had never been.
        log.commit(vec![note(1, "the last words, ≠ ASCII")]).unwrap();
        drop(log);
        assert_eq!(bytes(folder.path()), whole);
    }
}

#[test]
fn each_torn_line_has_a_file_of_its_own() {
    let (folder, log, report) = opened("{\"v\":1");
    assert_eq!(report.torn, Some(folder.path().join("ann.torn-1")));
    drop(log);
    fs::write(folder.path().join("ann.jsonl"), "\0\0\0").unwrap();
    let (log, report) = open(folder.path());
    assert_eq!(report.torn, Some(folder.path().join("ann.torn-2")));
    assert_eq!(*log.annotations(), Annotations::default());
    assert_eq!(fs::read(folder.path().join("ann.torn-1")).unwrap(), b"{\"v\":1");
}

fn line(seq: u64, event: &str) -> String {
    format!(
        "{{\"v\":1,\"seq\":{seq},\"at\":\"2026-11-21T10:00:00.000Z\",\"by\":\"ann\",\"gesture\":{seq},\"event\":{event}}}\n"
    )
}

fn note_line(seq: u64, text: &str) -> String {
    line(
        seq,
        &format!("{{\"note_written\":{{\"target\":{{\"trace\":\"trace-1\"}},\"text\":\"{text}\",\"before\":\"\"}}}}"),
    )
}

#[test]
fn what_cannot_be_read_is_a_warning_with_its_line() {
    let check = |text: Vec<u8>, expected: &[(u64, &str)], last_note: &str| {
        let (folder, mut log, report) = opened(&text);
        let warnings: Vec<_> = report.warnings.iter().map(|found| (found.line, found.message.as_str())).collect();
        assert_eq!(warnings.len(), expected.len(), "{warnings:?}");
        for ((line, message), (expected_line, start)) in warnings.iter().zip(expected) {
            assert!(line == expected_line && message.starts_with(start), "{line}: {message}");
        }
        assert_eq!(log.annotations().note(&Target::Trace(trace(1))), last_note);
        assert_eq!(report.torn, None);
        // Damaged lines stay where they are, and new ones come after them.
        log.commit(vec![note(3, "next")]).unwrap();
        let live = log.fold().clone();
        drop(log);
        let now = bytes(folder.path());
        assert!(now.starts_with(&text) && now.len() > text.len());
        let (log, again) = open(folder.path());
        assert_eq!(again.warnings, report.warnings);
        assert_eq!(*log.fold(), live);
    };
    let (one, two, three) = (note_line(1, "a"), note_line(2, "b"), note_line(3, "c"));
    check(format!("{one}rubbish\n{three}").into(), &[(2, "cannot be read")], "c");
    check(format!("{one}rubbish\n{two}").into(), &[(2, "cannot be read")], "b");
    check(format!("{one}rubbish\n").into(), &[(2, "cannot be read")], "a");
    check([one.as_bytes(), b"\xff\xfe\n"].concat(), &[(2, "cannot be read")], "a");
    check(format!("{one}\n{two}").into(), &[(2, "cannot be read")], "b");
    check(format!("{one}{three}").into(), &[(2, "comes where record 2 is missing")], "c");
    check(note_line(5, "e").into(), &[(1, "comes where records 1 to 4 are missing")], "e");
    check(format!("{one}{two}{one}").into(), &[(3, "repeats record 1")], "b");
    check(format!("{one}{two}{}", note_line(2, "x")).into(), &[(3, "has the number 2, but 2")], "x");
    check(note_line(u64::MAX, "x").into(), &[(1, "has the impossible number")], "");
    check(
        format!("{one}{}", line(2, "{\"undone\":{\"gesture\":\"one\"}}")).into(),
        &[(2, "is a damaged “undone”")],
        "a",
    );
    check(format!("{one}{}", line(2, "{\"undone\":{\"gesture\":7}}")).into(), &[(2, "undoes gesture 7")], "a");
    check(format!("{one}{}", line(2, "{\"redone\":{\"gesture\":1}}")).into(), &[(2, "redoes gesture 1")], "a");
    check(one.replace("\"ann\"", "\"bob\"").into(), &[(1, "was said by “bob”")], "a");
}

#[test]
fn events_of_a_later_version_are_kept_and_counted() {
    let tagged = line(2, "{\"span_tagged\":{\"from\":3,\"to\":9}}");
    let text = [note_line(1, "a"), tagged, line(3, "{\"undone\":{\"gesture\":2}}"), note_line(4, "b")].concat();
    let (folder, mut log, report) = opened(&text);
    assert_eq!(report, LoadReport { records: 4, unknown: 1, ..LoadReport::default() });
    // Undo goes past what it cannot take back.
    assert_eq!(log.undo().unwrap().unwrap().gesture, 4);
    assert_eq!(log.undo().unwrap().unwrap().gesture, 1);
    drop(log);
    assert!(bytes(folder.path()).starts_with(text.as_bytes()));
}

#[test]
fn a_log_of_a_later_version_is_refused_untouched() {
    let folder = tempfile::tempdir().unwrap();
    let text = [note_line(1, "a"), "{\"v\":3,\"n\":2}\n".into(), "{\"v\":3".into()].concat();
    fs::write(folder.path().join("ann.jsonl"), &text).unwrap();
    let clock = Arc::new(FixedClock::default());
    let error = AnnotationLog::open(folder.path(), &ann(), clock, quiet()).err().unwrap();
    assert!(matches!(error, AnnotationError::TooNew { line: 2, found: 3, known: 2, .. }), "{error}");
    assert!(error.to_string().contains("Update Stepscope"), "{error}");
    assert_eq!(bytes(folder.path()), text.as_bytes());
}

#[test]
fn check_repairs_torn_lines_and_names_the_rest() {
    let folder = tempfile::tempdir().unwrap();
    let put = |name: &str, text: &str| fs::write(folder.path().join(name), text).unwrap();
    put("ann.jsonl", &format!("{}{{\"v\":1", note_line(1, "a")));
    put("bob.jsonl", "rubbish\n");
    put("my labels.jsonl", "{}\n");
    put("notes.txt", "torn");
    let found = check(folder.path());
    let short: Vec<_> = found.iter().map(|item| (item.what, item.repaired)).collect();
    assert_eq!(short, [("torn", true), ("line", false), ("name", false)], "{found:?}");
    assert!(found[0].detail.contains("ann.torn-1"), "{found:?}");
    assert_eq!(bytes(folder.path()), note_line(1, "a").as_bytes());
    let again = check(folder.path());
    assert!(again.iter().all(|item| item.what != "torn"), "{again:?}");
    assert_eq!(check(&folder.path().join("missing")), []);
}
