//! Bad input: what is repaired, what is rejected, and that the totals add up all the same.

use serde_json::json;

use super::*;

fn row(n: u32) -> String {
    json!({"problem": format!("p{n}"), "steps": ["a"]}).to_string()
}

#[test]
fn faults_inside_a_row_are_repaired_and_told() {
    for (bad, told, field) in [
        (
            &b"{\"problem\": \"p\", \"steps\": [\"a\"], \"x\": \"\xff\"}"[..],
            "byte 40 of the row is not valid UTF-8",
            json!("\u{FFFD}"),
        ),
        (br#"{"problem": "p", "steps": ["a"], "x": NaN}"#, "bare word NaN", json!("NaN")),
        (br#"{"problem": "p", "steps": ["a"], "x": -Infinity}"#, "bare word -Infinity", json!("-Infinity")),
        (br#"{"problem": "p", "steps": ["a"], "x": 1e999}"#, "1e999 is too large", json!("1e999")),
        (br#"{"problem": "p", "steps": ["a"], "x": "\ud800"}"#, "half a character", json!("\u{FFFD}")),
        (br#"{"x": 1, "problem": "p", "steps": ["a"], "x": 2}"#, "`x` stands there twice", json!(2)),
        (
            br#"{"problem": "p", "steps": ["a"], "x": 12345678901234567890123}"#,
            "kept as a text",
            json!("12345678901234567890123"),
        ),
        (b"{\"problem\": \"p\", \"steps\": [\"a\"], \"x\": \"\0\x1b[1m\"}", "control character", json!("\0\u{1b}[1m")),
    ] {
        let lines = [row(1).as_bytes(), b"\n", bad, b"\n", row(2).as_bytes()].concat();
        let list = [b"[", row(1).as_bytes(), b",", bad, b",", row(2).as_bytes(), b"]"].concat();
        for input in [lines, list] {
            let (report, kept) = read_bytes("x.json", &input);
            let report = report.unwrap();
            files::adds_up(&report.counts);
            let Counts { traces, rejected, repaired, .. } = report.counts;
            assert_eq!((traces, rejected, repaired), (3, 0, 1), "{told}: {report}");
            assert!(report.warnings[0].message.contains(told), "{}", report.warnings[0].message);
            assert_eq!((report.warnings[0].row, &kept.traces[1].1.metadata["x"]), (2, &field), "{told}");
        }
    }
}

#[test]
fn what_is_sound_though_odd_is_not_touched() {
    let (report, kept) = read_bytes(
        "x.jsonl",
        "\u{feff}{\"problem\": \"\u{202A}\u{2028}\u{85}\\u0000\\u001b\", \"steps\": [\"a\\r\\n\\f\u{200B}\"], \
         \"id\": 18446744073709551615, \"n\": -0.0}\r\n",
    );
    let report = report.unwrap();
    assert_eq!((report.counts.repaired, report.warnings.len()), (0, 0), "{report}");
    let trace = &kept.traces[0].1;
    assert_eq!(trace.problem.text(), "\u{202A}\u{2028}\u{85}\0\u{1b}");
    assert_eq!(texts(trace), ["a\r\n\u{c}\u{200B}"]);
    assert_eq!(trace.source_id.as_deref(), Some("18446744073709551615"));
}

#[test]
fn deep_rows_and_huge_texts_are_bounded() {
    let nested = |depth: usize| format!("{}1{}", "[".repeat(depth), "]".repeat(depth));
    let input = format!(
        "{}\n{{\"problem\": \"p\", \"steps\": [\"a\"], \"x\": {}}}\n{{\"problem\": \"p\", \"steps\": [\"a\"], \"x\": {}}}",
        row(1),
        nested(400),
        nested(100_000)
    );
    let (report, kept) = read_bytes("x.jsonl", input);
    assert_eq!(report.unwrap().counts.traces, 2);
    let trace = &kept.traces[1].1;
    assert!(trace.warnings[0].contains("`x` is nested deeper"), "{:?}", trace.warnings);
    assert!(serde_json::from_str::<serde_json::Value>(&trace.metadata["x"].to_string()).is_ok());
    assert!(kept.rejects[0].reason.contains("512 levels"), "{:?}", kept.rejects[0].reason);

    let long = json!({"problem": "p", "steps": ["x".repeat(20 << 20)]}).to_string();
    let (report, kept) = read_bytes("x.jsonl", long);
    assert_eq!((report.unwrap().counts.traces, kept.traces[0].1.steps[0].text.len()), (1, 20 << 20));
}

#[test]
fn whole_files_that_fail_are_counted_as_a_row() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("a.jsonl"), row(1)).unwrap();
    fs::write(folder.path().join("b.jsonl"), "").unwrap();
    let report = inspect(&[folder.path().into()], &ImportOptions::default(), &foreground()).unwrap();
    files::adds_up(&report.counts);
    assert_eq!((report.counts.rows, report.counts.rejected), (2, 1));
}

#[cfg(unix)]
#[test]
fn what_is_no_file_never_blocks() {
    use std::os::unix::fs::{PermissionsExt as _, symlink};

    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    fs::write(at("a.jsonl"), row(1)).unwrap();
    fs::write(at("shut.jsonl"), row(2)).unwrap();
    fs::set_permissions(at("shut.jsonl"), fs::Permissions::from_mode(0o000)).unwrap();
    fs::create_dir(at("sub")).unwrap();
    symlink("..", at("sub/circle")).unwrap();
    symlink("nowhere", at("broken.jsonl")).unwrap();
    symlink("a.jsonl", at("again.jsonl")).unwrap();
    let made = std::process::Command::new("mkfifo").arg(at("pipe.jsonl")).status();
    assert!(made.unwrap().success());
    let report = inspect(&[folder.path().into()], &ImportOptions::default(), &foreground()).unwrap();
    // The superuser may read what is shut.
    let shut = u64::from(fs::read(at("shut.jsonl")).is_err());
    assert_eq!((report.counts.traces, report.counts.rejected), (2 - shut, 1 + shut), "{report}");
    for path in [at("pipe.jsonl"), "/dev/null".into()] {
        let error = inspect(std::slice::from_ref(&path), &ImportOptions::default(), &foreground()).unwrap_err();
        assert!(matches!(error, ImportError::File { fault: FileFault::NotAFile, .. }), "{error}");
    }
}

#[test]
fn a_folder_of_very_many_files_is_read() {
    let folder = tempfile::tempdir().unwrap();
    for n in 0..2000 {
        fs::write(folder.path().join(format!("{n}.txt")), "").unwrap();
    }
    fs::write(folder.path().join("a.jsonl"), row(1)).unwrap();
    let report = inspect(&[folder.path().into()], &ImportOptions::default(), &foreground()).unwrap();
    files::adds_up(&report.counts);
    assert_eq!((report.counts.traces, report.counts.rejected), (1, 0));
    assert!(report.by_file.len() < 1100, "{}", report.by_file.len());
    assert!(report.warnings.iter().any(|w| w.message.contains("further files were left out")));
}

/// Peak memory of this process in MiB.
#[cfg(target_os = "linux")]
fn peak() -> u64 {
    let status = fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find(|line| line.starts_with("VmHWM")).unwrap();
    line.split_whitespace().nth(1).unwrap().parse::<u64>().unwrap() / 1024
}

/// Run alone: `cargo nextest run -p stepscope-core --run-ignored all huge_rows`.
#[cfg(target_os = "linux")]
#[test]
#[ignore = "takes long, and measures the whole process"]
fn huge_rows_fit_into_memory() {
    use std::io::{BufWriter, Write as _};

    let folder = tempfile::tempdir().unwrap();
    // Each row of 100 MB: what stands in front, what is repeated, what follows, and whether it can be read.
    let step = format!(", \"{}\"", "abcdefgh\\n".repeat(30));
    let object = format!(", {{\"name\": \"{}\", \"n\": 1}}", "abcdefgh\\n".repeat(30));
    for (name, start, unit, end, fits) in [
        ("text", "{\"problem\": \"p\", \"steps\": [\"", "abcdefgh\\n ", "\"]}", true),
        ("steps", "{\"problem\": \"p\", \"steps\": [\"a\"", &step, "]}", true),
        ("repaired", "{\"problem\": \"p\", \"x\": NaN, \"steps\": [\"", "abcdefgh\\n ", "\"]}", true),
        ("metadata", "{\"problem\": \"p\", \"steps\": [\"a\"], \"x\": [0", &object, "]}", true),
        ("short steps", "{\"problem\": \"p\", \"steps\": [\"a\"", ", \"a step of fifty letters\"", "]}", false),
        ("numbers", "{\"problem\": \"p\", \"steps\": [\"a\"], \"x\": [0", ",1", "]}", false),
        ("never closed", "{\"problem\": \"p\", \"steps\": [\"", "abcdefgh\\n ", "", false),
    ] {
        let path = folder.path().join(format!("{name}.jsonl"));
        let mut file = BufWriter::new(fs::File::create(&path).unwrap());
        writeln!(file, "{}", row(1)).unwrap();
        file.write_all(start.as_bytes()).unwrap();
        for _ in 0..100_000_000 / unit.len() {
            file.write_all(unit.as_bytes()).unwrap();
        }
        writeln!(file, "{end}").unwrap();
        file.flush().unwrap();
        let report = inspect(&[path], &ImportOptions::default(), &foreground()).unwrap();
        println!("{name}: {} MiB, {:?}", peak(), report.warnings);
        assert_eq!(
            (report.counts.traces, report.counts.rejected),
            if fits { (2, 0) } else { (1, 1) },
            "{name}: {report}"
        );
        assert!(peak() < 1500, "{name}: {} MiB", peak());
    }
}

#[test]
#[ignore = "takes long"]
fn a_trace_of_too_many_rows_goes_on_in_another() {
    let event = |n: u32| json!({"action": "message", "source": "agent", "id": n, "message": "x".repeat(50 << 20)});
    let events: Vec<String> = (0..4).map(|n| event(n).to_string()).collect();
    let (report, _) = read_bytes("x.jsonl", events.join("\n"));
    let report = report.unwrap();
    files::adds_up(&report.counts);
    assert_eq!((report.counts.rows, report.counts.traces), (4, 2), "{report}");
    assert!(report.warnings[0].message.contains("128 MiB"), "{report}");
}
