//! What a question about a label source finds is what an evaluation with its labels counts.

use std::path::Path;

use super::disk::{Disk, rows};
use crate::evaluate::{Columns, Gold, Request, collect};
use crate::import::{ImportOptions, first_traces};
use crate::job::JobContext;
use crate::labels::Corpus as _;
use crate::model::StepRating;

const SOURCES: [&str; 6] = [
    "consensus:all",
    "consensus:majority(own:ann, own:bob, imported)",
    "consensus:any-bad(own:ann, own:bob)",
    "consensus:first-error(own:ann, imported)",
    "consensus:all(own:bob)",
    "consensus:all(imported)",
];

#[test]
fn published_traces_with_two_annotators() {
    let data = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/data");
    for file in ["processbench/gsm8k.json", "prm800k/samples_prm800k.jsonl"] {
        let path = data.join(file);
        if !path.exists() {
            eprintln!("skipped: no {}", path.display());
            continue;
        }
        let ctx = JobContext::foreground(None);
        let first = first_traces(&[path], 200, &ImportOptions::default(), &ctx).unwrap();
        let traces: Vec<_> = first.traces.into_iter().map(|(_, trace)| trace).collect();
        let project = Disk::new(&traces);
        let views = project.views();
        let mut found = 0;
        for source in SOURCES {
            let request = Request { labels: Some(source.parse().unwrap()), ..Request::default() };
            let columns = collect(&project, &request, &ctx).unwrap();
            let of_gold = |is_meant: &dyn Fn(Gold) -> bool| -> Vec<u32> {
                columns.traces.iter().filter(|trace| is_meant(trace.gold)).map(|trace| trace.row).collect()
            };
            for at in 0..6 {
                let asked = rows(&format!("first_error(\"{source}\") = {}", at + 1), &views);
                assert_eq!(asked, of_gold(&|gold| gold == Gold::At(at)), "{file} {source} {at}");
                found += asked.len();
            }
            let asked = rows(&format!("first_error(\"{source}\"):none"), &views);
            assert_eq!(asked, of_gold(&|gold| gold == Gold::NoError), "{file} {source}");
            found += asked.len();
            let asked = rows(&format!("any(on_path and label(\"{source}\"):bad)"), &views);
            assert_eq!(asked, with_rating(&columns, StepRating::Bad), "{file} {source}");
        }
        assert!(found > project.len(), "{file}: only {found} are found at all");
    }
}

fn with_rating(columns: &Columns, rating: StepRating) -> Vec<u32> {
    let has = |trace: &&crate::evaluate::TraceFacts| columns.ratings(trace).contains(&Some(rating));
    columns.traces.iter().filter(has).map(|trace| trace.row).collect()
}
