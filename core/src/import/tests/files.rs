//! Layouts, faults of rows and files, folders, progress, cancelling, the report.

use std::fs;
use std::sync::Arc;

use serde_json::json;

use super::*;
use crate::job::{Job, JobError, Outcome as JobOutcome};

#[test]
fn layouts_are_told_apart() {
    let row = |n: u32| json!({"problem": format!("p{n}"), "steps": ["a // no comment", "b"]});
    let pretty = |n| serde_json::to_string_pretty(&row(n)).unwrap();
    let utf16: Vec<u8> =
        format!("\u{feff}{}\n{}\n", row(1), row(2)).encode_utf16().flat_map(u16::to_be_bytes).collect();
    let utf16_bare: Vec<u8> = format!("[{},{}]", row(1), row(2)).encode_utf16().flat_map(u16::to_le_bytes).collect();
    let comments = format!("// rows\n[ // first\n{} /* and\n second */ , {}]\n// end", pretty(1), pretty(2));
    let cases: [(&str, Vec<u8>); 13] = [
        ("lines.txt", format!("{}\n{}\n", row(1), row(2)).into()),
        ("lines without end", format!("\n\n{}\r\n\r\n{}", row(1), row(2)).into()),
        ("list.jsonl", json!([row(1), row(2)]).to_string().into()),
        ("pretty list.json", serde_json::to_string_pretty(&json!([row(1), row(2)])).unwrap().into()),
        ("comma too many.json", format!("[{},\n{},\n]", row(1), row(2)).into()),
        ("documents.json", format!("{}\n{}", pretty(1), pretty(2)).into()),
        ("documents in one line", format!("{}{}", row(1), row(2)).into()),
        ("two lists", format!("[\n{}\n]\n[{}\n]", row(1), row(2)).into()),
        ("carriage returns", format!("{}\r{}\r", row(1), row(2)).into()),
        ("mark.jsonl", format!("\u{feff}{}\n{}", row(1), row(2)).into()),
        ("utf16.jsonl", utf16),
        ("utf16 without mark.json", utf16_bare),
        ("comments.json", comments.into()),
    ];
    for (name, bytes) in cases {
        let (report, kept) = read_bytes(name, bytes);
        let report = report.unwrap_or_else(|error| panic!("{name}: {error}"));
        assert_eq!((report.counts.traces, report.counts.rejected), (2, 0), "{name}: {:?}", kept.rejects);
        assert_eq!(kept.traces[1].1.steps[0].text, "a // no comment", "{name}");
    }
    let (report, kept) = read_bytes("single.json", pretty(1));
    assert_eq!((report.unwrap().counts.traces, kept.traces[0].0), (1, 1));
}

/// Rows, characters and comments that lie across the borders of the chunks in which a file is read.
#[test]
fn long_files_are_read_in_pieces() {
    let rows: Vec<String> = (0..3000)
        .map(|n| {
            json!({"problem": format!("p{n} \u{1F600}\"\\"), "steps": ["\u{1F600}".repeat(n % 97), "/* b"]}).to_string()
        })
        .collect();
    let utf16 =
        |text: String| -> Vec<u8> { format!("\u{feff}{text}").encode_utf16().flat_map(u16::to_le_bytes).collect() };
    let lines = rows.join("\n");
    let list = format!("[{}]", rows.join(", "));
    let comments = format!("/* all */[{}]", rows.join(", // next\n/* and */"));
    let cases =
        [lines.clone().into(), list.clone().into(), utf16(lines), utf16(list), comments.into(), rows.concat().into()];
    for (case, bytes) in cases.into_iter().enumerate() {
        let bytes: Vec<u8> = bytes;
        let (report, kept) = read_bytes("x", bytes);
        assert_eq!((report.unwrap().counts.traces, kept.rejects.len()), (3000, 0), "case {case}");
        for (n, (_, trace)) in kept.traces.iter().enumerate() {
            assert_eq!(texts(trace), ["\u{1F600}".repeat(n % 97).as_str(), "/* b"], "case {case}");
        }
    }
}

#[test]
fn one_bad_row_does_not_spoil_the_rest() {
    let row = json!({"problem": "p", "steps": ["a"]}).to_string();
    let check = |bad: &[u8], reason: &str| {
        let lines = [row.as_bytes(), b"\n", bad, b"\n", row.as_bytes(), b"\n"].concat();
        let first = [bad, b"\n", row.as_bytes(), b"\n", row.as_bytes(), b"\n"].concat();
        let list = [b"[", row.as_bytes(), b",\n", bad, b",", row.as_bytes(), b"]"].concat();
        for (input, number) in [(lines, 2), (first, 1), (list, 2)] {
            // A list cannot go on after a bracket or a text that is never closed.
            let unbalanced = input.starts_with(b"[") && reason.contains("cut off");
            let (report, kept) = read_bytes("x.jsonl", input);
            let report = report.unwrap();
            if unbalanced {
                assert_eq!((report.counts.traces, kept.rejects[0].row), (1, 2));
                continue;
            }
            assert_eq!((report.counts.traces, report.counts.rejected), (2, 1), "{:?}", kept.rejects);
            assert_eq!(kept.rejects[0].row, number);
            assert!(kept.rejects[0].reason.contains(reason), "{} / {reason}", kept.rejects[0].reason);
        }
    };
    check(br#"{"problem": "p", "steps": ["a"]"#, "cut off");
    check(br#"{"problem": "p", "steps": [], "x": "\x"}"#, "not valid JSON");
    check(br#"{"problem": "p"}"#, "`steps` or `completions` is missing");
    check(br#"{"problem": "p", "steps": "a\nb"}"#, "make it a list");
    check(br#"{"problem": "p", "steps": [["a"]]}"#, "entry 1 of `steps` is a list");
    check(br#"{"steps": ["a"]}"#, "is missing; add the text of the problem");
    check(b"17", "the row is a number");
    let deep = format!("{}{}", "[".repeat(10_000), "]".repeat(10_000));
    check(format!("{{\"problem\": {deep}}}").as_bytes(), "nested deeper than 512 levels");
}

#[test]
fn a_truncated_file_keeps_its_first_rows() {
    let row = json!({"problem": "p", "steps": ["a"]}).to_string();
    for (input, number) in [
        (format!("{row}\n{row}\n{}", &row[..20]), 3),
        (format!("[{row},\n{row},\n{}", &row[..20]), 3),
        (format!("[{row},\n{row}"), 3),
    ] {
        let (report, kept) = read_bytes("x.json", &input);
        assert_eq!(report.unwrap().counts.traces, 2, "{input}");
        assert_eq!(kept.rejects.len(), 1, "{:?}", kept.rejects);
        assert_eq!(kept.rejects[0].row, number);
        assert!(kept.rejects[0].reason.contains("cut off"), "{}", kept.rejects[0].reason);
    }
}

#[test]
fn bad_files_are_named_with_a_reason() {
    let check = |bytes: &[u8], expected: &[&str]| {
        let (report, kept) = read_bytes("odd.jsonl", bytes);
        let message = report.expect_err(&String::from_utf8_lossy(bytes)).to_string();
        for part in expected.iter().chain(&["odd.jsonl"]) {
            assert!(message.contains(part), "{message} / {part}");
        }
        assert!(kept.traces.is_empty());
    };
    check(b"", &["empty", "processbench"]);
    check(b" \n\t\r\n", &["empty"]);
    check(b"\xef\xbb\xbf", &["empty"]);
    check(b"\xff\xfe", &["empty"]);
    check(b"[]", &["an empty list", "processbench"]);
    check(b"[ ]\n", &["an empty list"]);
    check(b"{}", &["row 1", "an empty object"]);
    check(b"null", &["row 1", "null"]);
    check(b"42\n", &["a number"]);
    check(b"\"a text\"", &["a text"]);
    check(b"[1, 2]", &["row 1", "a number"]);
    check(b"[[1]]", &["a list"]);
    check(b"once upon a time", &["row 1", "no row is JSON", "once"]);
    check(b"\xff\xff\xfa\xc3\x28", &["no row is JSON"]);
    check(b"{\"problem\": \"p\", ", &["row 1", "cut off"]);
    check(
        b"{\"a\": 1, \"steps\": [1]}",
        &["row 1", "`a`, `steps`", "steps (lacks `problem` or `prompt` or `question`)"],
    );
    check(b"{\"problem\": 1, \"steps\": 2}", &["their values are of another type"]);
    check(b"PK\x03\x04rest", &["cannot be unpacked", "no directory"]);
    check(b"PAR1", &["the table cannot be read"]);
    check(&[0; 64], &["binary"]);
    check(b"\x1f\x8b\x08", &["cannot be unpacked", "damaged"]);
}

#[test]
fn progress_ends_at_the_size_of_all_files() {
    let folder = tempfile::tempdir().unwrap();
    let row = json!({"problem": "p", "steps": ["a"]}).to_string();
    let paths = ["a", "b"].map(|name| folder.path().join(name));
    for path in &paths {
        fs::write(path, format!("{row}\n").repeat(9000)).unwrap();
    }
    let last = Arc::new(std::sync::Mutex::new(crate::job::Progress::default()));
    let slot = Arc::clone(&last);
    let context = JobContext::foreground(Some(Arc::new(move |progress| {
        let mut last = slot.lock().unwrap();
        assert!(progress.done >= last.done);
        *last = progress.clone();
    })));
    inspect(&paths, &ImportOptions::default(), &context).unwrap();
    let last = last.lock().unwrap();
    assert_eq!((last.done, last.total), (2 * 9000 * (row.len() as u64 + 1), Some(last.done)));
    assert_eq!(last.note, "Reading b");
}

#[test]
fn a_forced_format_is_used() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("x.jsonl");
    fs::write(&path, bench(1).to_string()).unwrap();
    let go = |format: &str| {
        inspect(
            std::slice::from_ref(&path),
            &ImportOptions { format: Some(format.into()), ..ImportOptions::default() },
            &foreground(),
        )
    };
    assert_eq!(go("steps").unwrap().format, "steps");
    let error = go("nonsense").unwrap_err().to_string();
    assert!(error.contains("nonsense") && error.contains("prm800k"), "{error}");
    let error = go("prm800k").unwrap_err().to_string();
    assert!(error.contains("none of 1 rows could be read; row 1: `question` is missing"), "{error}");
}

#[test]
fn a_bad_file_does_not_hide_the_others() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    fs::write(at("1.jsonl"), bench(1).to_string()).unwrap();
    fs::write(at("2.jsonl"), "").unwrap();
    fs::write(at("10.json"), json!([{"problem": "p", "steps": ["a"]}]).to_string()).unwrap();
    fs::write(at("notes.md"), "# Notes").unwrap();
    let mut kept = Kept::default();
    let paths = [folder.path().to_path_buf(), at("gone")];
    let report = read(&paths, &ImportOptions::default(), &foreground(), &mut kept).unwrap();
    assert_eq!(report.format, "mixed");
    assert_eq!((report.counts.traces, report.counts.rejected), (2, 2));
    let rows: Vec<u64> = kept.rejects.iter().map(|reject| reject.row).collect();
    assert_eq!(rows, [0, 0]);
    assert!(kept.rejects[0].file.ends_with("gone") && kept.rejects[1].reason.contains("empty"));
    assert!(report.warnings.iter().any(|w| w.file.ends_with("notes.md") && w.message.starts_with("left out")));
    let formats: Vec<&str> = kept.sources.iter().map(|source| source.format.as_str()).collect();
    assert_eq!(formats, ["processbench", "unknown", "steps", "unknown"], "what was left out is remembered as well");
    assert_eq!(kept.sources[0].bytes, fs::metadata(at("1.jsonl")).unwrap().len());
    assert_eq!(kept.sources[0].sha256.len(), 64);

    let error =
        inspect(&[at("2.jsonl"), at("gone")], &ImportOptions::default(), &foreground()).unwrap_err().to_string();
    assert!(error.contains("gone") && error.contains("1 more"), "{error}");
    fs::create_dir(at("hollow")).unwrap();
    assert!(matches!(
        inspect(&[at("hollow")], &ImportOptions::default(), &foreground()),
        Err(ImportError::File { fault: FileFault::EmptyFolder, .. })
    ));
}

#[test]
fn the_digest_is_that_of_the_file() {
    let (_, kept) = read_bytes("x.json", "{\"problem\": \"p\", \"steps\": []}");
    // printf '{"problem": "p", "steps": []}' | sha256sum
    assert_eq!(kept.sources[0].sha256, "ee5b31fce76a58a431ca13dcd9d35f3353eccf728d7c9d6c05042191d7777b24");
}

/// Every row is accounted for.
pub(super) fn adds_up(counts: &Counts) {
    let Counts { rows, expanded, traces, rejected, merged, waiting, .. } = *counts;
    assert_eq!(rows + expanded, traces + rejected + merged + waiting, "{counts:?}");
}

#[test]
fn the_report_has_the_promised_shape() {
    let (report, _) = read_bytes("x.jsonl", format!("{}\n{}", bench(1), bench(9)));
    let report = report.unwrap();
    adds_up(&report.counts);
    let value = serde_json::to_value(&report).unwrap();
    let keys: Vec<&str> = value.as_object().unwrap().keys().map(String::as_str).collect();
    assert_eq!(
        keys,
        [
            "schema",
            "format",
            "files",
            "rows",
            "expanded",
            "merged",
            "waiting",
            "problems",
            "traces",
            "steps",
            "branching_traces",
            "first_error_labels",
            "no_error_labels",
            "step_labels",
            "step_scores",
            "trace_scores",
            "outcomes",
            "rejected",
            "repaired",
            "warnings",
            "by_file"
        ]
    );
    assert_eq!(value["schema"], "stepscope.inspect/1");
    assert_eq!((&value["problems"], &value["traces"], &value["outcomes"]), (&json!(1), &json!(2), &json!(2)));
    assert_eq!(value["warnings"][0]["row"], 2);
    assert_eq!(value["by_file"][0]["format"], "processbench");
    let text = report.to_string();
    assert!(
        text.starts_with(
            "format            processbench\nfiles             1\nrows              2\nproblems          1\n"
        ),
        "{text}"
    );
    assert!(text.contains("\nrecognised by     2 of 2 sample rows have `problem`"), "{text}");
}

#[test]
fn a_cancelled_import_stops() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("x.jsonl");
    let row = json!({"problem": "p", "steps": ["a"]}).to_string();
    fs::write(&path, format!("{row}\n").repeat(50)).unwrap();
    let mut job: Job<u64> = Job::spawn("read", Arc::new(|| {}), move |context| {
        while context.checkpoint().is_ok() {
            std::thread::yield_now();
        }
        let mut kept = Kept::default();
        let ended = read(&[path], &ImportOptions::default(), context, &mut kept);
        assert!(kept.traces.is_empty());
        ended.map(|report| report.counts.traces).map_err(JobError::from)
    })
    .unwrap();
    job.cancel();
    loop {
        match job.poll() {
            Some(outcome) => return assert!(matches!(outcome, JobOutcome::Cancelled), "{outcome:?}"),
            None => std::thread::yield_now(),
        }
    }
}
