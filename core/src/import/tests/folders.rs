//! Folders whose files belong together: support, and the published ones, where they are at hand, counted.

use serde_json::Value;

use super::published::published;
use super::*;

/// Reads a folder with these files.
pub(super) fn read_folder(files: &[(&str, String)]) -> (InspectReport, Vec<Trace>) {
    let folder = tempfile::tempdir().unwrap();
    for (name, text) in files {
        let path = folder.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
    let mut kept = Kept::default();
    let report = read(&[folder.path().into()], &ImportOptions::default(), &foreground(), &mut kept).unwrap();
    assert!(kept.rejects.is_empty(), "{:?}", kept.rejects);
    (report, kept.traces.into_iter().map(|(_, trace)| trace).collect())
}

pub(super) fn lines(rows: &[Value]) -> String {
    let lines: Vec<String> = rows.iter().map(Value::to_string).collect();
    lines.join("\n")
}

/// Scores as `step name value`.
pub(super) fn named_scores(trace: &Trace) -> Vec<String> {
    let step = |step: Option<u32>| step.map_or("trace".into(), |step| step.to_string());
    trace.scores.iter().map(|s| format!("{} {} {} {}", step(s.step), s.name, s.kind.name(), s.value)).collect()
}

/// Worked out from the files by other means: sums over rows, with reference solutions and label rows counted once.
#[test]
fn published_folders_are_joined_and_counted_right() {
    // Traces, steps, step labels, step scores, trace scores, outcomes, waiting rows, files; first errors, no errors.
    type Expected = ([u64; 8], Option<(u64, u64)>);
    let cases: [(&str, Expected); 5] = [
        // 159 graded, 1,064 damaged, 184 references; the scores of 2,999 solutions of MR-GSM8K wait.
        ("reasoneval", ([1407, 17118, 1958, 20352, 159, 159, 2999, 9], Some((595, 76)))),
        ("prmbench", ([2630, 35960, 5512, 0, 0, 0, 0, 12], Some((1180, 171)))),
        // 734 labels of the benchmark, 2,229 of three models and a person; 367 more name messages that are not there.
        ("agentprocessbench", ([250, 1387, 2963, 0, 0, 250, 500, 9], None)),
        // 93 decisive steps, 4 of them with their sort.
        ("who_and_when", ([93, 2018, 97, 0, 0, 93, 0, 93], None)),
        // 171 chunks; the answers of 2 follow them, that of the scenario is in them.
        ("thought_anchors", ([3, 173, 171, 1437, 0, 2, 0, 3], None)),
    ];
    for (folder, (expected, errors)) in cases {
        let Some(path) = published(folder) else { continue };
        let report = inspect(&[path], &ImportOptions::default(), &foreground()).unwrap();
        let c = report.counts;
        let found =
            [c.traces, c.steps, c.step_labels, c.step_scores, c.trace_scores, c.outcomes, c.waiting, report.files];
        assert_eq!((found, c.rejected), (expected, 0), "{folder}: {report}");
        assert_eq!(c.rows + c.expanded, c.traces + c.rejected + c.merged + c.waiting, "{folder}");
        if let Some(errors) = errors {
            assert_eq!((c.first_error_labels, c.no_error_labels), errors, "{folder}");
        }
    }
}
