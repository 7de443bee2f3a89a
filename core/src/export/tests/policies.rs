//! What each option does to the labels.

use crate::export::{FORMATS, Policy};
use crate::model::TraceStatus;

use super::source::{Project, chain, options, outcome};

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
    assert_eq!(message, "`grey` is no value of `neutral`; choose one of good, bad, drop");
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
