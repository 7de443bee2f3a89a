//! What is read off traces: first errors, scores, tags, and why nothing is.

use std::collections::BTreeMap;

use super::source::{Project, Short, evaluate};
use crate::evaluate::{Columns, EvaluateError, Gold, Rater, Request, Settings, collect};
use crate::import::native::NativeScores;
use crate::job::JobContext;
use crate::labels::LabelSource;
use crate::model::{ScoreKind, StepRating, Verdict};

fn collected(project: &Project, request: &Request) -> Columns {
    collect(project, request, &JobContext::foreground(None)).unwrap()
}

#[test]
fn the_first_error_is_known_where_all_before_it_is_judged_right() {
    let cases = [
        ("++++", Gold::NoError),
        ("+0-+", Gold::At(2)),
        ("-", Gold::At(0)),
        ("+ -", Gold::Unknown),
        ("+?-", Gold::Unknown),
        ("++ ", Gold::Unknown),
        ("+- ", Gold::At(1)),
    ];
    let mut project = Project::default();
    for (ratings, _) in cases {
        project.add(&Short { ratings, scores: &[0.5; 4][..ratings.len()], ..Short::default() });
    }
    let columns = collected(&project, &Request::of_scorer("prm"));
    for ((ratings, expected), trace) in cases.iter().zip(&columns.traces) {
        assert_eq!(trace.gold, *expected, "{ratings:?}");
    }
    let all = Request { unjudged_good: true, ..Request::of_scorer("prm") };
    let columns = collected(&project, &all);
    assert_eq!(columns.traces[3].gold, Gold::At(2));
    assert_eq!(columns.ratings(&columns.traces[6])[2], Some(StepRating::Good));
}

#[test]
fn computed_scores_come_before_imported_ones() {
    let mut project = Project::default();
    project.add(&Short { ratings: "+-", scores: &[0.9, 0.8], ..Short::default() });
    project.add(&Short { ratings: "++", scores: &[0.7, f64::NAN], ..Short::default() });
    project.add(&Short { ratings: "++", ..Short::default() });
    let computed = NativeScores {
        scorer: "prm".into(),
        fingerprint: "f".into(),
        kind: ScoreKind::Logit,
        values: vec![Some(0.25), None],
        more: BTreeMap::new(),
    };
    project.computed.insert(project.traces[0].id.clone(), computed);
    let columns = collected(&project, &Request::of_scorer("prm"));
    let scores = |at: usize| columns.scores(0, &columns.traces[at]).to_vec();
    assert_eq!((scores(0)[0], scores(0)[1].is_nan()), (0.25, true));
    assert_eq!((scores(1)[0], scores(1)[1].is_nan()), (0.7, true));
    assert_eq!([0, 1, 2].map(|at| columns.speaks(0, at)), [true, true, false]);
}

#[test]
fn a_label_source_is_judged_as_if_its_labels_were_scores() {
    let mut project = Project::default();
    project.add(&Short { ratings: "+0-?", scores: &[0.9, 0.4, 0.9, 0.9], ..Short::default() });
    let raters = ["imported", "scorer:prm@0.5"].map(|name| Rater::Labels(name.parse().unwrap()));
    let columns = collected(&project, &Request { raters: raters.to_vec(), ..Request::default() });
    let scores = |rater| columns.scores(rater, &columns.traces[0]).to_vec();
    assert_eq!(scores(0)[..3], [1.0, 1.0, 0.0]);
    assert!(scores(0)[3].is_nan(), "undecided");
    assert_eq!(scores(1), [1.0, 0.0, 1.0, 1.0]);
    assert_eq!((columns.raters[1].name.as_str(), columns.raters[1].kind), ("scorer:prm@0.5", None));
    assert_eq!(columns.labels, "imported");
}

#[test]
fn traces_without_labels_stay_and_are_counted() {
    let mut project = Project::default();
    project.add(&Short { ratings: "+", scores: &[0.5], verdict: Verdict::Correct, ..Short::default() });
    project.add(&Short { scores: &[0.5, 0.6], problem: "q", ..Short::default() });
    let columns = collected(&project, &Request::of_scorer("prm"));
    assert_eq!((columns.traces.len(), columns.steps.kind.len(), columns.problem_names.len()), (2, 3, 2));
    assert_eq!((columns.left_out[0].reason.as_str(), columns.left_out[0].traces), ("no labels", 1));
    assert_eq!((columns.traces[0].outcome, columns.traces[1].outcome), (Verdict::Correct, Verdict::Unknown));
}

#[test]
fn answers_and_what_comes_after_them_are_read() {
    let mut project = Project::default();
    let texts = ["so x = 4", "let us check again", "The answer is 4."];
    project.add(&Short { texts: &texts, scores: &[0.5; 3], ratings: "+++", ..Short::default() });
    project.add(&Short { texts: &["The answer is $4$"], ratings: "+", ..Short::default() });
    project.add(&Short { texts: &["no idea"], ratings: "+", ..Short::default() });
    let columns = collected(&project, &Request::of_scorer("prm"));
    let [first, second, third] = [0, 1, 2].map(|at| columns.traces[at]);
    assert_eq!((first.words, first.after_answer), (12, 8));
    assert_eq!((first.answer, second.after_answer), (second.answer, 0));
    assert_eq!((third.answer, third.after_answer), (u32::MAX, u32::MAX));
}

#[test]
fn errors_and_tags_are_read() {
    let mut project = Project::default();
    project.add(&Short { ratings: "+-", scores: &[0.5; 2], generator: "a", ..Short::default() });
    project.tag(1, "redundency");
    project.add(&Short { ratings: "++", scores: &[0.5; 2], generator: "b", ..Short::default() });
    let columns = collected(&project, &Request::of_scorer("prm"));
    assert_eq!(columns.error_kinds, ["", "redundency"]);
    assert_eq!(columns.steps.error, [0, 1, 0, 0]);
    assert_eq!(columns.steps.redundant, [false, true, false, false]);
}

#[test]
fn what_is_not_there_is_said() {
    let mut project = Project::default();
    project.add(&Short { ratings: "+", scores: &[0.5], ..Short::default() });
    let check = |request: Request, expected: &str| {
        let error = evaluate(&project, &request, &Settings::default(), &JobContext::foreground(None)).unwrap_err();
        assert!(error.to_string().contains(expected), "{error}");
    };
    check(Request::of_scorer("other"), "no step scores named `other`; there is prm");
    check(
        Request { labels: Some(LabelSource::Own(Some("bo".into()))), ..Request::of_scorer("prm") },
        "no annotator `bo`",
    );
}

#[test]
fn a_scorer_without_scores_is_no_error_where_another_is_asked_for() {
    let mut project = Project::default();
    project.add(&Short { ratings: "+-", scores: &[0.9, 0.1], ..Short::default() });
    let raters = ["gone", "prm"].map(|name| Rater::Scorer(name.into())).to_vec();
    let request = Request { raters, ..Request::default() };
    let columns = collected(&project, &request);
    let missing = |columns: &Columns| columns.raters.iter().map(|rater| rater.missing.clone()).collect::<Vec<_>>();
    assert_eq!(missing(&columns), [Some("prm".to_owned()), None]);
    assert_eq!(missing(&columns.of_rows(&[0])), missing(&columns));
    let judged = |rater| {
        let settings = Settings { rater, rounds: 0, ..Settings::default() };
        evaluate(&project, &request, &settings, &JobContext::foreground(None)).map(|(_, report)| report)
    };
    assert_eq!(judged(1).unwrap().first_error.acc_error, Some(1.0));
    assert!(matches!(judged(0).unwrap_err(), EvaluateError::UnknownScorer { .. }));
    // Where there is no trace at all nothing is missing.
    assert_eq!(missing(&collected(&Project::default(), &request)), [None, None]);
}

#[test]
fn a_job_that_is_stopped_reads_no_further() {
    let mut project = Project::default();
    project.add(&Short { ratings: "+", scores: &[0.5], ..Short::default() });
    let stopped = std::sync::Arc::new(std::sync::atomic::AtomicBool::new(true));
    let ctx = JobContext::foreground(None).stopped_also_by(stopped);
    let error = collect(&project, &Request::of_scorer("prm"), &ctx).unwrap_err();
    assert!(matches!(error, EvaluateError::Job(_)), "{error}");
}
