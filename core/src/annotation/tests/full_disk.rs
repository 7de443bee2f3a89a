//! A disk that is full in the middle of a line. A limit on the size of files stands in for it: the system then writes
//! a part of the bytes and refuses the rest, as it does on a full disk.

use std::process::Command;

use super::*;

const FOLDER: &str = "STEPSCOPE_FULL_DISK_TEST_FOLDER";

#[test]
#[ignore = "the other half of the test below, which starts it under a limit"]
fn child_labels_until_the_disk_is_full() {
    #[expect(clippy::disallowed_methods, reason = "how the parent tells the folder to its child")]
    let Ok(folder) = std::env::var(FOLDER) else { return };
    let (mut log, _) = open(Path::new(&folder));
    let mut said = 0;
    let error = loop {
        log.commit(vec![rate(1, said, StepRating::Bad), note(1, &format!("note {said}"))]).unwrap();
        said += 1;
        if let Err(error) = log.flush() {
            break error.to_string();
        }
        assert!(said < 1000, "the limit has no effect");
    };
    assert!(error.contains("Make room on the disk"), "{error}");
    log.commit(vec![rate(1, said, StepRating::Bad)]).unwrap();
    log.flush().unwrap_err();
    assert_eq!(log.annotations().trace(&trace(1)).unwrap().steps.len(), said + 1, "nothing is forgotten");
    println!("\nsaved {}", log.saved_seq());
}

#[test]
fn a_full_disk_leaves_whole_lines_and_keeps_the_rest_in_memory() {
    let folder = tempfile::tempdir().unwrap();
    // Ignoring the signal turns the limit into an error of the write.
    let output = Command::new("sh")
        .args(["-c", "trap '' XFSZ; ulimit -f 3; exec \"$0\" \"$@\""])
        .arg(std::env::current_exe().unwrap())
        .args(["--exact", "annotation::tests::full_disk::child_labels_until_the_disk_is_full"])
        .args(["--ignored", "--nocapture"])
        .env(FOLDER, folder.path())
        .output()
        .unwrap();
    let text = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{text}\n{}", String::from_utf8_lossy(&output.stderr));
    let saved = text.lines().find_map(|line| line.strip_prefix("saved ")).unwrap().parse().unwrap();
    assert!(bytes(folder.path()).ends_with(b"\n"), "the part of a line is cut off again");
    let (_, mut report) = read(folder.path(), &ann()).unwrap();
    let rescued = std::mem::take(&mut report.rescued);
    assert_eq!(rescued, [folder.path().join("ann.rescued-1")], "what was not saved lies beside the log");
    assert_eq!(report, LoadReport { records: saved, ..LoadReport::default() });
}
