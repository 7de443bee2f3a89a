//! The conditions that figures are clicked for list just what their marks count.

use std::collections::BTreeSet;
use std::path::Path;

use super::disk::{Disk, rows};
use super::plots::{all, small, two_raters};
use crate::evaluate::figures::{Clauses, Plot};
use crate::evaluate::{Columns, Request, collect};
use crate::import::{ImportOptions, first_traces};
use crate::job::JobContext;
use crate::model::Trace;
use crate::query::Views;

fn ctx() -> JobContext {
    JobContext::foreground(None)
}

/// The name of the plot.
fn name(plot: &Plot) -> String {
    serde_json::to_value(plot).unwrap()["plot"].as_str().unwrap().into()
}

/// Of every mark with something in it the condition that lists the same; those that have none are named.
fn said(plot: &Plot, columns: &Columns, views: &Views, silent: &mut BTreeSet<String>) -> Vec<String> {
    let figure = plot.figure(columns, &ctx()).unwrap();
    let mut clauses = Vec::new();
    for (series, of) in figure.series.iter().enumerate() {
        for (mark, _) in of.marks.iter().enumerate().filter(|(_, mark)| mark.count > 0) {
            let expected = plot.rows(columns, series, mark);
            match plot.clauses_of_mark(columns, series, mark).exact(columns, &expected, views, &ctx()).unwrap() {
                Some(clause) => {
                    assert_eq!(rows(&clause, views), expected, "{clause}");
                    clauses.push(clause);
                }
                None => _ = silent.insert(name(plot)),
            }
        }
    }
    clauses
}

/// The columns of a project, grouped by generator.
fn collected(project: &Disk, request: &Request) -> Columns {
    let mut columns = collect(project, request, &ctx()).unwrap();
    columns.group_by("generator", &project.views(), |row| row, &ctx()).unwrap();
    columns
}

/// Checks every figure of a project by these labels; gives the conditions, and the figures with marks that have none.
fn check(project: &Disk, labels: &str, request: &Request) -> (Vec<String>, BTreeSet<String>) {
    let request = Request { labels: Some(labels.parse().unwrap()), ..request.clone() };
    let columns = collected(project, &request);
    let (views, mut silent) = (project.views(), BTreeSet::new());
    let clauses = all(&columns).iter().flat_map(|plot| said(plot, &columns, &views, &mut silent)).collect();
    (clauses, silent)
}

/// What no field tells: what is rounded, drawn by lot, or counted over attempts and words.
const WORDLESS: [&str; 8] =
    ["by_difficulty", "curves", "first_errors", "length_score", "lowest", "overthinking", "redundancy", "split"];

#[test]
fn every_cell_that_can_be_asked_for_is() {
    let project = Disk::unlabelled(&small().traces);
    let (clauses, silent) = check(&project, "imported", &two_raters());
    assert!(silent.iter().all(|name| WORDLESS.contains(&name.as_str())), "{silent:?}");
    let expected = [
        "(outcome:correct first_error(imported) >= 1)",
        "(outcome:incorrect first_error(imported) >= 1)",
        "(first_error(imported) = 2 generator:a)",
        "any(score(\"prm\") >= 0.9 score(\"prm\") < 0.925 label(imported):good)",
        "any(score(\"prm\") >= 0.1 score(\"prm\") < 0.125 label(imported):bad)",
        "(score(\"prm\").argmin = steps outcome:incorrect)",
        "(first_error(scorer:prm@0.5) = first_error(imported) generator:a)",
        "(first_error(scorer:prm@0.5) >= 1 first_error(imported):none generator:b)",
        "any(score(\"prm\") >= 0.9 label(imported):good -(number > first_error(imported)))",
        "(any(score(\"prm\") >= 0.9 label(imported):good -(number > first_error(imported))) generator:b)",
        "(score(\"prm\").argmin = steps generator:a)",
        "(any(label(imported):bad) generator:a)",
        "(outcome:incorrect generator:b)",
        "(generator:a outcome:correct)",
        "(generator:a first_error(imported):none)",
        "(generator:a first_error(scorer:prm@0.5) = first_error(imported))",
        "(generator:a first_error(imported):none first_error(scorer:prm@0.5):none)",
        "(any(label(imported):bad error_type(imported):redundency) generator:b)",
    ];
    let missing: Vec<_> =
        expected.iter().filter(|expected| !clauses.iter().any(|clause| clause == **expected)).collect();
    assert!(missing.is_empty(), "{missing:#?} are not among {clauses:#?}");
}

#[test]
fn labels_of_annotators_and_what_they_agree_on() {
    let project = Disk::new(&small().traces);
    for labels in ["own:ann", "own:bob", "consensus:majority", "consensus:any-bad(own:ann, imported)"] {
        let (clauses, silent) = check(&project, labels, &two_raters());
        assert!(silent.iter().all(|name| WORDLESS.contains(&name.as_str())), "{labels}: {silent:?}");
        assert!(clauses.iter().any(|clause| clause.contains("first_error(")), "{labels}: {clauses:?}");
    }
}

#[test]
fn a_stretch_of_scores_and_of_places() {
    let project = Disk::unlabelled(&small().traces);
    let columns = collect(&project, &two_raters(), &ctx()).unwrap();
    let check = |plot: Plot, bins: std::ops::Range<usize>, expected: &str| {
        let Clauses(clauses) = plot.clauses_of_span(&columns, &bins);
        assert_eq!(clauses.first().map(String::as_str).unwrap_or_default(), expected);
    };
    check(Plot::Scores { rater: 0 }, 0..10, "any(score(\"prm\") < 0.25)");
    check(Plot::Scores { rater: 0 }, 10..40, "any(score(\"prm\") >= 0.25)");
    check(Plot::Scores { rater: 0 }, 4..6, "any(score(\"prm\") >= 0.1 score(\"prm\") < 0.15)");
    // Of a share a stretch lists all of which it is one.
    let judged = "any(score(\"prm\") >= 0.5 (label(imported):good or label(imported):bad))";
    check(Plot::Reliability { rater: 0 }, 5..10, judged);
    check(Plot::FirstErrors { field: 0, relative: false }, 0..2, "first_error(imported):1..2");
    check(Plot::FirstErrors { field: 0, relative: true }, 0..2, "");
    check(Plot::ProcessOutcome, 0..2, "");
}

#[test]
fn a_box_of_two_raters() {
    let project = Disk::unlabelled(&small().traces);
    let (columns, views) = (collect(&project, &two_raters(), &ctx()).unwrap(), project.views());
    let plot = Plot::Raters { a: 0, b: 1 };
    // Scores from 0.1 up to 0.5 of steps called bad: the lowest row.
    let marks: Vec<(usize, usize)> = (2..10).map(|bin| (0, bin)).collect();
    let rows = plot.rows_within(&columns, &marks);
    let clause = plot.clauses_of_box(&columns, &marks).exact(&columns, &rows, &views, &ctx()).unwrap();
    let expected = "any(score(\"prm\") >= 0.1 score(\"prm\") < 0.5 label(imported):bad)";
    assert_eq!((clause.as_deref(), rows), (Some(expected), vec![0, 2, 6]));
    assert_eq!(Plot::ProcessOutcome.clauses_of_box(&columns, &[(0, 1)]), Clauses::default());
}

#[test]
fn published_traces_by_all_sorts_of_labels() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/data/processbench/gsm8k.json");
    if !path.exists() {
        eprintln!("skipped: no {}", path.display());
        return;
    }
    let first = first_traces(&[path], 250, &ImportOptions::default(), &ctx()).unwrap();
    let traces: Vec<Trace> = first.traces.into_iter().map(|(_, trace)| trace).collect();
    let request = Request::default();
    for (project, labels) in [
        (Disk::unlabelled(&traces), "imported"),
        (Disk::new(&traces), "own:ann"),
        (Disk::new(&traces), "consensus:first-error(own:ann, own:bob)"),
    ] {
        let columns = collected(&project, &Request { labels: Some(labels.parse().unwrap()), ..request.clone() });
        let (views, mut silent) = (project.views(), BTreeSet::new());
        for plot in [
            Plot::ProcessOutcome,
            Plot::FirstErrors { field: 0, relative: false },
            Plot::ErrorRates { field: 0 },
            Plot::ErrorKinds { field: 0 },
        ] {
            let clauses = said(&plot, &columns, &views, &mut silent);
            assert!(clauses.len() > 1, "{labels} {plot:?}");
        }
        // With more than eight generators the rest stand together, and have no word.
        assert!(silent.iter().all(|name| matches!(name.as_str(), "first_errors" | "error_kinds")), "{silent:?}");
    }
}
