//! Which labels win, what follows from them, and which contradict one another.

use std::collections::BTreeMap;

use crate::annotation::StepAnnotation;
use crate::export::preview;
use crate::import::native::NativeScores;
use crate::job::JobContext;
use crate::labels::LabelSource;
use crate::model::{FirstError, ImportedScore, ImportedValue, ScoreKind, StepHash, StepRating, TraceStatus};

use super::source::{Project, chain, import, import_one, options, outcome, tree};

#[test]
fn sources_are_read_and_printed() {
    for text in ["own", "own:ann", "imported", "imported:human:bo", "scorer:a@b@0.5", "scorer:prm@-1", "consensus:all"]
    {
        assert_eq!(text.parse::<LabelSource>().unwrap().to_string(), text);
    }
    let check = |text: &str, expected: &str| {
        let message = text.parse::<LabelSource>().unwrap_err().to_string();
        assert!(message.contains(expected), "{text}: {message}");
    };
    check("scorer:prm", "scorer:NAME@THRESHOLD");
    check("scorer:prm@high", "not a number");
    check("scorer:prm@NaN", "finite");
    check("own:", "a name must follow");
    check("theirs", "choose own");
}

#[test]
fn what_follows_from_a_mark() {
    let check = |ratings: &str, mark: Option<isize>, expected: &str| {
        let project = Project::of(chain(4)).label(ratings, mark);
        let raw = options("trl_stepwise", &[("after_error", "raw")]);
        assert_eq!(outcome(&project, &raw), expected, "{ratings:?} {mark:?}");
    };
    check("", Some(-1), "++++");
    check("++++", None, "++++");
    check("++ +", None, "step 3 has no label");
    check("", Some(3), "+++-");
    check("", Some(1), "step 3 has no label");
    check("  +-", Some(1), "+-+-");
    check("0", Some(3), "+++-");
    check("", None, "it came without labels");
}

#[test]
fn contradictions_are_refused() {
    let check = |ratings: &str, mark: isize, expected: &str| {
        let project = Project::of(chain(3)).label(ratings, Some(mark));
        assert_eq!(outcome(&project, &options("trl_stepwise", &[])), expected, "{ratings:?} {mark}");
    };
    check(" - ", -1, "step 2 is rated bad, but marked as correct together with all before it");
    check("-", 1, "step 1 is rated bad, but the first error is marked at step 2");
    check(" +", 1, "step 2 is marked as the first error, but rated good");
    check(" ?", 1, "step 2 is marked as the first error, but rated unsure");
    check("+-", 1, "+-");
}

#[test]
fn undecided_lost_and_set_aside_traces_are_left_out() {
    let plain = options("trl_stepwise", &[]);
    let mut project = Project::of(chain(2));
    project.says("ann").first_error = Some(FirstError::Unsure);
    assert_eq!(outcome(&project, &plain), "where it first goes wrong was left undecided");
    project.says("ann").first_error = Some(FirstError::At(StepHash::new("gone")));
    assert!(outcome(&project, &plain).contains("text has changed"));
    project.says("ann").first_error = Some(FirstError::NoneUpTo(StepHash::new("gone")));
    assert!(outcome(&project, &plain).contains("all correct, but its text has changed"));
    let project = Project::of(chain(2)).label("++", None).status(TraceStatus::Skipped);
    assert_eq!(outcome(&project, &plain), "the annotator skipped it or gave it up");
    let project = project.status(TraceStatus::Defective);
    assert_eq!(outcome(&project, &plain), "the problem is flagged as defective");
}

#[test]
fn what_was_added_after_all_correct_is_unjudged() {
    let mut project = Project::of(chain(2)).label("", Some(-1));
    let plain = options("trl_stepwise", &[]);
    assert_eq!(outcome(&project, &plain), "++");
    // The same trace by name, with a step more.
    let grown = chain(3);
    assert_eq!(grown.id, project.traces[0].id);
    project.traces = vec![grown];
    assert_eq!(outcome(&project, &plain), "step 3 has no label");
    let as_good = options("trl_stepwise", &[("unlabelled", "good")]);
    assert!(outcome(&project, &as_good).starts_with("step 3 has no label"), "nor is it assumed");
    let (last, bad) = (project.traces[0].steps[2].hash.clone(), Some(StepRating::Bad));
    project.says("ann").steps.insert(last, StepAnnotation { rating: bad, ..StepAnnotation::default() });
    assert_eq!(outcome(&project, &plain), "++-", "what was read is still judged");
}

#[test]
fn all_correct_is_said_of_one_path() {
    let steps = [(None, "x"), (Some(0), "y"), (Some(0), "u"), (Some(2), "v")];
    let mut project = Project::of(tree(&steps));
    project.says("ann").first_error = Some(FirstError::NoneUpTo(project.traces[0].steps[3].hash.clone()));
    assert_eq!(outcome(&project, &options("trl_stepwise", &[])), "+++ | step 2 has no label");
}

#[test]
fn the_default_is_own_then_imported() {
    let mut trace = chain(2);
    import(&mut trace, "human", "+-");
    let project = Project::of(trace);
    let plain = options("trl_stepwise", &[]);
    assert_eq!(outcome(&project, &plain), "+-");
    assert_eq!(project.preview(&plain).labels, Some(LabelSource::Imported(None)));
    let noted = project.status(TraceStatus::Done);
    assert_eq!(outcome(&noted, &plain), "+-", "a status alone is no label");
    let own = noted.label("++", None);
    assert_eq!(outcome(&own, &plain), "++");
}

#[test]
fn several_annotators_must_be_named() {
    let mut project = Project::of(chain(2)).label("++", None);
    project.says("bo").first_error = Some(FirstError::At(project.traces[0].steps[0].hash.clone()));
    let mut options = options("trl_stepwise", &[]);
    let ctx = JobContext::foreground(None);
    let message = preview(&project, &options, 9, &ctx).unwrap_err().to_string();
    assert_eq!(message, "several annotators have labels here (ann, bo); name one with `own:NAME`");
    options.labels = Some("own:bo".parse().unwrap());
    assert_eq!(outcome(&project, &options), "-");
    options.labels = Some("own:cy".parse().unwrap());
    assert!(preview(&project, &options, 9, &ctx).unwrap_err().to_string().contains("there is ann, bo"));
}

#[test]
fn a_consensus_is_exported_and_named() {
    let mut project = Project::of(chain(3)).label("++-", None);
    let hashes: Vec<StepHash> = project.traces[0].steps.iter().map(|step| step.hash.clone()).collect();
    for (step, rating) in hashes.iter().zip([StepRating::Good, StepRating::Good, StepRating::Good]) {
        let rated = StepAnnotation { rating: Some(rating), ..StepAnnotation::default() };
        project.says("bo").steps.insert(step.clone(), rated);
    }
    let check = |project: &Project, source: &str, more: &[(&str, &str)], expected: &str| {
        let mut options = options("trl_stepwise", more);
        options.labels = Some(source.parse().unwrap());
        assert_eq!(outcome(project, &options), expected, "{source}");
        let named = project.preview(&options).labels.unwrap().to_string();
        assert!(named.ends_with("(own:ann, own:bo)"), "{named}");
        assert_eq!(named.parse::<LabelSource>().unwrap().to_string(), named, "it can be asked for again");
    };
    check(&project, "consensus:any-bad", &[], "++-");
    check(&project, "consensus:all", &[], "step 3 has no label");
    let as_good = [("unlabelled", "good")];
    let mut options_good = options("trl_stepwise", &as_good);
    options_good.labels = Some("consensus:all".parse().unwrap());
    assert!(outcome(&project, &options_good).starts_with("step 3 has no label"), "a dispute is not good");
    let place = "the sources disagree on the first error (own:ann: step 3, own:bo: no error)";
    check(&project, "consensus:first-error", &[], place);
    project.says("bo").steps.get_mut(&hashes[2]).unwrap().rating = Some(StepRating::Bad);
    check(&project, "consensus:first-error", &[], "++-");
}

#[test]
fn imported_labels_of_several_sources() {
    let mut trace = chain(2);
    import(&mut trace, "human", "++");
    import(&mut trace, "rollout", "+-");
    let project = Project::of(trace);
    let mut options = options("trl_stepwise", &[]);
    let clash = "step 2 is labelled both good and bad in the data; choose one source with imported:NAME";
    assert_eq!(outcome(&project, &options), clash);
    options.labels = Some("imported:rollout".parse().unwrap());
    assert_eq!(outcome(&project, &options), "+-");
}

#[test]
fn imported_marks_and_soft_labels() {
    let check = |labels: &[(Option<u32>, ImportedValue)], expected: &str| {
        let mut trace = chain(3);
        for &(step, value) in labels {
            import_one(&mut trace, "human", step, value);
        }
        assert_eq!(outcome(&Project::of(trace), &options("trl_stepwise", &[])), expected);
    };
    check(&[(None, ImportedValue::NoError)], "+++");
    check(&[(Some(2), ImportedValue::FirstError)], "++-");
    check(&[(Some(7), ImportedValue::FirstError)], "`label` = raw points at step 8, which the trace lacks");
    let soft = |value| ImportedValue::Soft(value);
    check(&[(Some(0), soft(1.0)), (Some(1), soft(0.0))], "+-");
    check(&[(Some(0), soft(0.5))], "step 1 has the soft label 0.5, which is neither good (1) nor bad (0)");
}

#[test]
fn a_scorer_at_a_threshold() {
    let mut trace = chain(3);
    let scores = [0.9, 0.5, 0.1].iter().zip(0..);
    trace.scores = scores
        .map(|(&value, step)| ImportedScore { step: Some(step), name: "q".into(), kind: ScoreKind::Value, value })
        .collect();
    let mut project = Project::of(trace);
    let values = vec![Some(0.2), None, None];
    let computed = NativeScores {
        scorer: "prm".into(),
        fingerprint: "f".into(),
        kind: ScoreKind::Correctness,
        values,
        more: BTreeMap::new(),
    };
    project.scores.insert(project.traces[0].id.clone(), vec![computed]);
    let check = |source: &str, expected: &str| {
        let mut options = options("trl_stepwise", &[]);
        options.labels = Some(source.parse().unwrap());
        assert_eq!(outcome(&project, &options), expected, "{source}");
    };
    check("scorer:q@0.5", "++-");
    check("scorer:q@0.05", "+++");
    check("scorer:prm@0.5", "-");
    check("scorer:prm@0.1", "step 2 has no label");
    check("scorer:other@0.5", "it has no scores of other");
}

#[test]
fn a_tree_gives_a_row_per_judged_path() {
    //  x ─ y ─ z      main path
    //    └ u ─ v
    //    └ w
    let steps = [(None, "x"), (Some(0), "y"), (Some(1), "z"), (Some(0), "u"), (Some(3), "v"), (Some(0), "w")];
    let check = |ratings: &str, mark: Option<isize>, expected: &str| {
        let project = Project::of(tree(&steps)).label(ratings, mark);
        assert_eq!(outcome(&project, &options("trl_stepwise", &[])), expected, "{ratings:?} {mark:?}");
    };
    check("", Some(-1), "+++");
    check("++++--", None, "+++ | ++- | +-");
    check("+++  -", None, "+++ | +-");
    check("", Some(3), "+- | step 2 has no label");
    check("   -", None, "step 1 has no label");
    check("++++++", None, "+++ | +++ | ++");
}

#[test]
fn a_branch_has_no_outcome_of_its_own() {
    let project = Project::of(tree(&[(None, "x"), (Some(0), "y"), (Some(0), "u")])).label("++-", None);
    let preview = project.preview(&options("processbench", &[]));
    assert_eq!(preview.rows, 1);
    assert_eq!(preview.left_out[0].step, Some(2));
    assert!(preview.left_out[0].reason.starts_with("the outcome is that of the main path"));
}
