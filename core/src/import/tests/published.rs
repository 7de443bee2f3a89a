//! The published files, where they are at hand, counted.

use std::path::{Path, PathBuf};

use super::*;

/// The published file, where the shared data is at hand.
pub(super) fn published(path: &str) -> Option<PathBuf> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/data").join(path);
    if path.exists() {
        return Some(path);
    }
    eprintln!("skipped: no {}", path.display());
    None
}

/// The counts were also worked out by other means: 257 nodes are 254 steps and 3 problems, 145 prefixes 132 steps.
#[test]
fn published_files_are_counted_right() {
    // Traces, steps, branching, first errors, no errors, step labels, step scores, trace scores, outcomes.
    let cases: [(&str, &str, [u64; 9]); 11] = [
        ("processbench/gsm8k.json", "processbench", [400, 2082, 0, 207, 193, 207, 0, 0, 400]),
        ("processbench/math.json", "processbench", [1000, 6505, 0, 594, 406, 594, 0, 0, 1000]),
        ("prm800k/samples_prm800k.jsonl", "prm800k", [6, 81, 5, 1, 5, 75, 0, 2, 0]),
        ("prm800k/datasets/examples/prm800k-phase1-test-example.json", "prm800k", [1, 15, 1, 0, 1, 15, 0, 0, 0]),
        ("prm800k/datasets/examples/prm800k-phase2-test-example.json", "prm800k", [1, 16, 1, 1, 0, 10, 0, 1, 0]),
        ("prm800k/datasets/examples/example.json", "prm800k", [1, 20, 1, 1, 0, 7, 0, 1, 0]),
        ("math_shepherd/preprocess/tests/samples_math-shepherd.jsonl", "math_shepherd", [7, 25, 0, 7, 0, 25, 0, 0, 0]),
        ("omegaprm_math_aps/samples_math-aps-tree.jsonl", "omegaprm", [3, 254, 3, 0, 0, 0, 254, 3, 0]),
        ("omegaprm_math_aps/samples_math-aps.jsonl", "omegaprm", [3, 132, 3, 0, 0, 0, 142, 3, 0]),
        ("docent_samples/docent/docent/samples/tb_airline.json", "chat", [1, 52, 0, 0, 0, 0, 0, 0, 1]),
        ("agentprocessbench/data/AgentProcessBench/hotpotqa.jsonl", "chat", [250, 1387, 0, 104, 146, 734, 0, 0, 250]),
    ];
    for (path, format, expected) in cases {
        let Some(path) = published(path) else { continue };
        let report = inspect(std::slice::from_ref(&path), &ImportOptions::default(), &foreground()).unwrap();
        let c = report.counts;
        let found = [
            c.traces,
            c.steps,
            c.branching_traces,
            c.first_error_labels,
            c.no_error_labels,
            c.step_labels,
            c.step_scores,
            c.trace_scores,
            c.outcomes,
        ];
        assert_eq!((report.format.as_str(), found, c.rejected), (format, expected, 0), "{}: {report}", path.display());
    }
}

/// Every file is taken for what it is by one importer alone, or by the one that asks for more keys.
#[test]
fn no_published_file_is_claimed_twice() {
    let Some(folder) = published("") else { return };
    let mut claimed = Vec::new();
    for file in source_files(&[folder]) {
        let Ok((sample, Ok(choice))) = run::look(&file, &ImportOptions::default(), &foreground()) else { continue };
        let rival = importers().find(|importer| {
            importer.name() != choice.importer.name()
                && importer.needs().len() == choice.importer.needs().len()
                && importer.recognise(&sample).is_some_and(|found| found.share >= choice.recognition.share)
        });
        if let Some(rival) = rival {
            claimed.push(format!("{}: {} and {}", file.display(), choice.importer.name(), rival.name()));
        }
    }
    assert_eq!(claimed, Vec::<String>::new());
}
