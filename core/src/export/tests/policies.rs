//! What each option does to the labels.

use crate::export::{FORMATS, Policy, preview};
use crate::job::JobContext;
use crate::model::{ImportedValue, TraceStatus};

use super::source::{Project, chain, import_one, options, outcome, tree};

#[test]
fn options_decide_the_labels() {
    let check = |ratings: &str, mark: Option<isize>, policy: &[(&str, &str)], expected: &str| {
        let project = Project::of(chain(4)).label(ratings, mark);
        assert_eq!(outcome(&project, &options("trl_stepwise", policy)), expected, "{ratings:?} {mark:?} {policy:?}");
    };
    check("+0++", None, &[], "++++");
    check("+0++", None, &[("neutral", "bad")], "+-");
    check("+0++", None, &[("neutral", "bad"), ("after-error", "raw")], "+-++");
    check("+0++", None, &[("neutral", "drop")], "step 2 is neutral");
    check("+-0?", None, &[("neutral", "drop")], "+-");
    check("", Some(1), &[], "+-");
    check("", Some(1), &[("after_error", "bad")], "+---");
    check("  ++", Some(1), &[("after_error", "bad")], "+---");
    check("  ++", Some(1), &[("after_error", "raw")], "+-++");
    check("++?+", None, &[], "step 3 was left undecided");
    check("++?+", None, &[("unsure", "good")], "++++");
    check("++?+", None, &[("unsure", "bad")], "++-");
    check("++ +", None, &[], "step 3 has no label");
    check("++++", None, &[("only_finished", "true")], "it is not marked as done");
    let unfinished = "step 3 has no label, and the trace is not marked as done, so it is not taken as good";
    check("++ +", None, &[("unlabelled", "good")], unfinished);
}

#[test]
fn in_a_finished_trace_unlabelled_may_count_as_good() {
    let project = Project::of(chain(3)).label("+ +", None).status(TraceStatus::Done);
    let assume = options("trl_stepwise", &[("unlabelled", "good"), ("only_finished", "true")]);
    assert_eq!(outcome(&project, &assume), "+++");
}

#[test]
fn every_option_can_be_set_and_read() {
    for option in &Policy::OPTIONS {
        let mut policy = Policy::default();
        if let Some((default, _)) = option.values.first() {
            assert_eq!(policy.get(option.name).unwrap(), *default, "{}", option.name);
        }
        for (value, what) in option.values {
            policy.set(option.name, value).unwrap();
            assert_eq!(policy.get(option.name).unwrap(), *value);
            assert!(what.ends_with('.') && !what.starts_with(' '), "{what:?}");
        }
    }
    let mut policy = Policy::default();
    policy.set("step-separator", "\n\n").unwrap();
    assert_eq!(policy.step_separator, "\n\n");
    let message = policy.set("neutral", "grey").unwrap_err().to_string();
    assert_eq!(message, "`grey` is no value of `neutral`; choose one of good, bad, drop, mask");
    assert!(policy.set("colour", "grey").unwrap_err().to_string().contains("neutral, after_error"));
}

#[test]
fn formats_name_only_options_that_exist() {
    for format in FORMATS {
        for name in format.options() {
            Policy::option(name).unwrap();
        }
    }
}

#[test]
fn errors_that_are_put_right() {
    let check = |ratings: &str, policy: &[(&str, &str)], expected: &str| {
        let mut options = options("trl_stepwise", &[("after_error", "cut")]);
        for (name, value) in policy {
            options.policy.set(name, value).unwrap();
        }
        assert_eq!(outcome(&Project::of(chain(5)).label(ratings, None), &options), expected, "{ratings:?} {policy:?}");
    };
    check("+-+++", &[], "+-");
    check("+-+++", &[("self_corrected", "segment")], "+-+++");
    check("+- ++", &[("self_corrected", "segment")], "+--++");
    check("+-++-", &[("self_corrected", "segment")], "+-++-");
    check("+-++-", &[("self_corrected", "neutral")], "++++-");
    check("+-++-", &[("self_corrected", "neutral"), ("neutral", "bad")], "+-");
    check("+-+++", &[("self_corrected", "drop")], "step 2 is an error that is put right later");
    check("+--", &[("self_corrected", "drop")], "+-");
}

#[test]
fn soft_labels_at_a_threshold_and_as_numbers() {
    let mut trace = chain(3);
    for (step, value) in [(0, 0.75), (1, 1.0), (2, 0.25)] {
        import_one(&mut trace, "rollout", Some(step), ImportedValue::Soft(value));
    }
    let project = Project::of(trace);
    let check = |policy: &[(&str, &str)], expected: &str| {
        assert_eq!(outcome(&project, &options("trl_stepwise", policy)), expected, "{policy:?}");
    };
    check(&[], "step 1 has the soft label 0.75, which is neither good (1) nor bad (0)");
    check(&[("soft", "threshold")], "++-");
    check(&[("soft", "threshold"), ("soft_threshold", "0.9")], "-");
    check(&[("soft", "threshold"), ("soft_threshold", "0.2")], "+++");
    let floats = options("trl_stepwise", &[("soft", "float")]);
    let preview = project.preview(&floats);
    assert_eq!(preview.sample, [r#"{"prompt":"1+1?","completions":["a","b","c"],"labels":[0.75,1.0,0.25]}"#]);
    assert_eq!((preview.counts.get("good"), preview.counts.get("bad")), (2, 1));
    assert!(Policy::default().set("soft_threshold", "NaN").is_err());
}

#[test]
fn masked_steps_are_not_learned_from() {
    let check = |ratings: &str, policy: &[(&str, &str)], expected: &str| {
        let project = Project::of(chain(4)).label(ratings, None);
        assert_eq!(outcome(&project, &options("trl_stepwise", policy)), expected, "{ratings:?} {policy:?}");
    };
    // The last label of each row is the one that counts.
    check("+0-+", &[("after_error", "mask")], "+ | ++ | ++-");
    check("+0-+", &[("neutral", "mask")], "+ | ++-");
    check("+?++", &[("unsure", "mask")], "+ | +++ | ++++");
    check("+ -", &[("unlabelled", "mask")], "+ | ++-");
    check("+?++", &[("neutral", "mask")], "+ | step 2 was left undecided");
    check("00", &[("neutral", "mask"), ("unlabelled", "mask")], "no step is left to learn from");
    let project = Project::of(tree(&[(None, "x"), (Some(0), "y"), (Some(0), "u")])).label("++-", None);
    let masked = options("trl_stepwise", &[("after_error", "mask")]);
    assert_eq!(outcome(&project, &masked), "+ | ++ | +-", "a step that two paths share is learned from once");
    let preview = project.preview(&masked);
    assert_eq!((preview.counts.get("good"), preview.counts.get("bad")), (2, 1));
}

#[test]
fn values_that_a_format_lacks_are_refused_and_others_have_no_effect() {
    let project = Project::of(chain(2)).label("++", None);
    let ctx = JobContext::foreground(None);
    let message =
        preview(&project, &options("math_shepherd", &[("neutral", "mask")]), 9, &ctx).unwrap_err().to_string();
    assert_eq!(message, "`mask` is no value of `neutral`; choose one of good, bad, drop");
    let foreign = options("native", &[("soft", "float"), ("neutral", "mask")]);
    assert_eq!(project.preview(&foreign).rows, 1);
}
