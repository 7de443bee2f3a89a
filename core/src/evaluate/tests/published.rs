//! Published data, where they are at hand, against counts made by other means.

use std::path::Path;

use super::source::Project;
use crate::evaluate::figures::Plot;
use crate::evaluate::{Gold, Request, collect};
use crate::import::{ImportOptions, first_traces};
use crate::job::JobContext;

/// Right answers with a wrong step in ProcessBench: 7 of 200 in gsm8k, 94 of 500 in math, counted in Python as
/// `sum(row["final_answer_correct"] and row["label"] >= 0 for row in rows)`.
#[test]
fn lucky_answers_of_processbench_are_counted() {
    for (name, erroneous, lucky) in [("gsm8k", 207, 7), ("math", 594, 94)] {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("../../shared/data/processbench/{name}.json"));
        if !path.exists() {
            eprintln!("skipped: no {}", path.display());
            continue;
        }
        let ctx = JobContext::foreground(None);
        let first = first_traces(&[path], usize::MAX, &ImportOptions::default(), &ctx).unwrap();
        let traces = first.traces.into_iter().map(|(_, trace)| trace).collect();
        let project = Project { traces, ..Project::default() };
        let columns = collect(&project, &Request::default(), &ctx).unwrap();
        let wrong = columns.traces.iter().filter(|trace| matches!(trace.gold, Gold::At(_))).count();
        assert_eq!((columns.left_out.len(), wrong), (0, erroneous), "{name}");
        // The second cell: answer right, some step wrong.
        assert_eq!(Plot::ProcessOutcome.rows(&columns, 0, 1).len(), lucky, "{name}");
        let figure = Plot::ProcessOutcome.figure(&columns, &ctx).unwrap();
        assert_eq!(figure.series[0].marks[1].count, lucky as u64, "{name}");
    }
}
