use std::collections::HashMap;

use super::*;
use crate::annotation::{StepAnnotation, TraceAnnotation, overlaid};
use crate::model::{
    ImportedValue, Label, OutcomeLabel, Preference, Problem, Rated, ScoreKind, Step, StepHash, StepKind, Trace,
    TraceBuilder, Verdict, WrittenStep,
};

/// Steps of those parents; each is on no path.
fn tree(steps: &[(Option<u32>, &str)]) -> TraceBuilder {
    let mut builder = TraceBuilder::new(Problem::from_text("1+1?")).generator("m");
    for &(parent, text) in steps {
        builder.push(Step { parent, text: text.into(), ..Step::default() });
    }
    builder
}

fn scored(steps: &[(Option<u32>, &str, f64)], name: &str, kind: ScoreKind) -> Trace {
    let plain: Vec<(Option<u32>, &str)> = steps.iter().map(|&(parent, text, _)| (parent, text)).collect();
    let mut builder = tree(&plain);
    for (step, &(.., value)) in (0..).zip(steps) {
        builder.score(Some(step), name, kind, value);
    }
    builder.build()
}

fn attempt(texts: &[&str], verdict: Verdict) -> Trace {
    let builder = TraceBuilder::new(Problem::from_text("1+1?")).generator("m").verdict(verdict);
    texts.iter().fold(builder, |builder, text| builder.thought(*text)).build()
}

/// What an annotator says: labels of steps by position, then of the trace.
fn said(trace: &Trace, labels: &[(usize, Label)], of_trace: &[Label]) -> TraceAnnotation {
    let mut by_step: HashMap<usize, Vec<Label>> = HashMap::new();
    for (step, label) in labels {
        by_step.entry(*step).or_default().push(label.clone());
    }
    let mut said = TraceAnnotation { labels: of_trace.iter().cloned().collect(), ..TraceAnnotation::default() };
    for step in 0..trace.steps.len() {
        if let Some(labels) = by_step.remove(&step) {
            let labels = labels.into_iter().collect();
            said.steps.insert(trace.steps[step].hash.clone(), StepAnnotation { labels, ..StepAnnotation::default() });
        }
    }
    said
}

/// A member of what the annotator made of a trace.
fn member<'a>(trace: &Trace, said: &'a TraceAnnotation) -> Member<'a> {
    let made = overlaid(trace, said).unwrap_or_else(|| trace.clone());
    Member { said: Some(said), ..Member::new(made) }
}

#[test]
fn alternatives_are_compared_by_label() {
    //      a+ ─ b+ ─ e
    //         ├ c-  └ (nothing)
    //         └ d0
    let trace = || tree(&[(None, "a"), (Some(0), "b"), (Some(0), "c"), (Some(0), "d"), (Some(1), "e")]).build();
    let check = |signs: &str, more: &[(&str, &str)], expected: &[&str]| {
        let group = group(vec![rated(Member::new(trace()), signs)]);
        assert_eq!(shown(&group, &options(PairRule::Label, more)), expected, "{signs} {more:?}");
    };
    check("++-0 ", &[], &["a: be > c by 1", "a: be > d by 0.5", "a: d > c by 0.5"]);
    check("++-0 ", &[("pair_neutral", "good")], &["a: be > c by 1", "a: d > c by 1"]);
    check("++-0 ", &[("pair_neutral", "bad")], &["a: be > c by 1", "a: be > d by 1"]);
    check("++-0 ", &[("pair_neutral", "drop")], &["a: be > c by 1"]);
    check("++-0 ", &[("min_margin", "1")], &["a: be > c by 1"]);
    check("++-? ", &[("per_prefix", "1")], &["a: be > c by 1"]);
    check("+++  ", &[], &[]);
    check("-+-  ", &[], &[]);
}

#[test]
fn soft_labels_stand_between_good_and_bad() {
    let trace = tree(&[(None, "a"), (None, "b"), (None, "c")]).build();
    let mut member = rated(Member::new(trace), "+  ");
    member.soft = vec![None, Some(0.25), Some(f64::NAN)];
    assert_eq!(shown(&group(vec![member]), &options(PairRule::Label, &[])), [": a > b by 0.75"]);
}

#[test]
fn the_good_side_goes_on_with_its_best_branch() {
    let trace =
        tree(&[(None, "a"), (None, "x"), (Some(0), "b"), (Some(0), "c"), (Some(1), "y"), (Some(1), "z")]).build();
    let group = group(vec![rated(Member::new(trace), "+--++-")]);
    assert_eq!(
        shown(&group, &options(PairRule::Label, &[])),
        [": ac > xz by 1", "a: c > b by 1"],
        "below x all follows an error"
    );
}

#[test]
fn scores_and_monte_carlo_values_rank_alternatives() {
    let steps = [(None, "a", 0.9), (None, "b", 0.4), (None, "c", f64::NAN), (Some(0), "d", 0.5), (Some(0), "e", 1.0)];
    let by = |rule, kind, more: &[(&str, &str)]| {
        let group = group(vec![Member::new(scored(&steps, "v", kind))]);
        shown(&group, &options(rule, more))
    };
    let all = [": ae > b by 0.5", "a: e > d by 0.5"];
    assert_eq!(by(PairRule::Score, ScoreKind::Correctness, &[]), all);
    assert_eq!(by(PairRule::MonteCarlo, ScoreKind::Value, &[]), all);
    assert!(by(PairRule::MonteCarlo, ScoreKind::Correctness, &[]).is_empty(), "another kind of score");
    assert!(by(PairRule::MonteCarlo, ScoreKind::Correctness, &[("pair_score", "v")]).is_empty());
    assert!(by(PairRule::Score, ScoreKind::Count, &[]).is_empty(), "visits say nothing of quality");
    assert_eq!(by(PairRule::Score, ScoreKind::Count, &[("pair_score", "v")]), all, "unless they are asked for");
    assert!(by(PairRule::Score, ScoreKind::Value, &[("min_margin", "0.51")]).is_empty());
}

#[test]
fn a_search_gives_two_and_two_of_each_fork() {
    // Five right branches and three wrong ones: the two best against the two worst.
    let mut steps: Vec<(Option<u32>, &str, f64)> = vec![(None, "a", 0.2)];
    let leaves = [("b", 1.0), ("c", 0.9), ("d", 0.8), ("e", -1.0), ("f", -0.9), ("g", -0.8)];
    steps.extend(leaves.map(|(text, q)| (Some(0), text, q)));
    let by = |steps: &[(Option<u32>, &str, f64)], more: &[(&str, &str)]| {
        let group = group(vec![Member::new(scored(steps, "q_value", ScoreKind::Reward))]);
        shown(&group, &options(PairRule::Search, more))
    };
    assert_eq!(by(&steps, &[]), ["a: b > e by 2", "a: b > f by 1.9", "a: c > e by 1.9", "a: c > f by 1.8"]);
    assert_eq!(by(&steps, &[("min_margin", "1.9")]).len(), 3);
    assert_eq!(by(&steps, &[("per_problem", "2")]), ["a: b > e by 2", "a: b > f by 1.9"]);
    // One wrong branch: four right ones.
    let one = [(None, "a", 0.2), (Some(0), "b", 1.0), (Some(0), "c", 0.9), (Some(0), "d", 0.8), (Some(0), "e", 0.7)];
    let mut one = one.to_vec();
    one.extend([(Some(0), "f", 0.6), (Some(0), "w", -1.0)]);
    assert_eq!(by(&one, &[]).len(), 4);
    // Steps that are nearly the same teach nothing.
    let near = [(None, "a step of words", 1.0), (None, "a step of wards", -1.0)];
    assert_eq!((by(&near, &[]).len(), by(&near, &[("min_edit_distance", "2")]).len()), (1, 0));
}

#[test]
fn a_branch_of_a_search_is_on_one_side_only() {
    // Both branches come to a right and to a wrong leaf.
    let steps = [
        (None, "a", 0.5),
        (None, "b", 0.1),
        (Some(0), "ar", 1.0),
        (Some(0), "aw", -1.0),
        (Some(1), "br", 1.0),
        (Some(1), "bw", -1.0),
        (None, "c", 0.3),
        (Some(6), "cr", 1.0),
        (Some(6), "cw", -1.0),
    ];
    let group = group(vec![Member::new(scored(&steps, "q", ScoreKind::Reward))]);
    let pairs = propose(&group, &options(PairRule::Search, &[]));
    let made: Vec<_> = pairs.iter().map(|pair| (show(pair), pair.path_margin)).collect();
    // c is worse than a, so it is not better than b as well.
    assert_eq!(
        made,
        [
            (": aar > bbw by 0.4".into(), 0.75 - -0.45),
            (": aar > ccw by 0.2".into(), 0.75 - -0.35),
            ("a: ar > aw by 2".into(), 2.0),
            ("b: br > bw by 2".into(), 2.0),
            ("c: cr > cw by 2".into(), 2.0),
        ]
    );
}

#[test]
fn a_search_that_failed_is_a_wrong_one_and_code_speaks_for_its_output() {
    let mut builder = tree(&[(None, "a"), (None, "b"), (Some(0), "out")]);
    builder.score(Some(0), "q_value", ScoreKind::Reward, 1.0);
    builder.score(Some(1), "q_value", ScoreKind::Reward, 0.2);
    builder.trace_mut().steps[1].flags.push(crate::model::StepFlag::Failed);
    builder.trace_mut().steps[2].kind = StepKind::Observation;
    let group = group(vec![Member::new(builder.build())]);
    assert_eq!(shown(&group, &options(PairRule::Search, &[])), [": aout > b by 0.8"]);
}

#[test]
fn a_first_error_is_set_against_how_others_went_on() {
    let wrong = rated(Member::new(attempt(&["a", "b", "x", "y"], Verdict::Incorrect)), "++--");
    let right = || Member::new(attempt(&["a", "b", "c"], Verdict::Correct));
    let lost = Member::new(attempt(&["a", "b", "c", "w"], Verdict::Incorrect));
    let rated_good = rated(Member::new(attempt(&["a", "b", "d"], Verdict::Unknown)), "+++");
    let elsewhere = Member::new(attempt(&["a", "B", "e"], Verdict::Correct));
    let rule = options(PairRule::FirstError, &[]);
    let all = group(vec![wrong.clone(), right(), lost, rated_good, elsewhere]);
    assert_eq!(
        shown(&all, &rule),
        ["ab: d > xy by 1", "ab: c > xy by 0.5"],
        "half of those that went to c ended right"
    );
    assert!(shown(&group(vec![wrong.clone()]), &rule).is_empty());
    // The beginnings are one node of the tree, but differ in blanks.
    let spaced = Member::new(attempt(&["a ", "b", "c"], Verdict::Correct));
    assert!(shown(&group(vec![wrong.clone(), spaced]), &rule).is_empty());
    // A step that was rated is what it was rated.
    let bad = rated(Member::new(attempt(&["a", "b", "c"], Verdict::Correct)), "++-");
    assert!(shown(&group(vec![wrong, bad]), &rule).is_empty());
}

#[test]
fn what_a_search_returned_is_set_against_what_it_left() {
    let pairs = |verdict| {
        let mut builder =
            tree(&[(None, "a"), (Some(0), "b"), (Some(0), "c"), (Some(0), "d"), (Some(2), "e"), (Some(2), "f")]);
        builder.trace_mut().outcome.verdict = verdict;
        for step in [0, 2, 4] {
            builder.trace_mut().steps[step].on_path = true;
        }
        shown(&group(vec![Member::new(builder.build())]), &options(PairRule::Returned, &[]))
    };
    assert_eq!(pairs(Verdict::Unknown), ["a: ce > b by 1", "a: ce > d by 1", "ac: e > f by 1"]);
    assert_eq!(pairs(Verdict::Correct).len(), 3);
    assert!(pairs(Verdict::Incorrect).is_empty());
}

#[test]
fn right_attempts_are_set_against_wrong_ones() {
    let attempts = |verdicts: &str| -> Vec<Member<'static>> {
        let one = |(at, sign): (usize, char)| {
            let verdict = match sign {
                '+' => Verdict::Correct,
                '-' => Verdict::Incorrect,
                _ => Verdict::Unknown,
            };
            Member::new(attempt(&[&format!("{sign}{at}")], verdict))
        };
        verdicts.chars().enumerate().map(one).collect()
    };
    let check = |verdicts: &str, more: &[(&str, &str)], expected: &[&str]| {
        let group = group(attempts(verdicts));
        assert_eq!(shown(&group, &options(PairRule::Outcome, more)), expected, "{verdicts}");
    };
    check("+?-", &[], &[": +0 > -2 by 1"]);
    check("++", &[], &[]);
    check("++-", &[], &[": +0 > -2 by 1", ": +1 > -2 by 1"]);
    check("+--", &[], &[": +0 > -1 by 1", ": +0 > -2 by 1"]);
    check("+-+-", &[], &[": +0 > -1 by 1", ": +2 > -3 by 1", ": +0 > -3 by 1", ": +2 > -1 by 1"]);
    // A limit takes other attempts before it takes one again.
    check("+++---", &[("per_problem", "3")], &[": +0 > -3 by 1", ": +1 > -4 by 1", ": +2 > -5 by 1"]);
}

#[test]
fn what_an_annotator_says_of_an_outcome_counts_first() {
    let traces =
        [attempt(&["a"], Verdict::Correct), attempt(&["b"], Verdict::Correct), attempt(&["c"], Verdict::Incorrect)];
    let own = [
        said(&traces[0], &[], &[Label::Outcome(OutcomeLabel::Wrong)]),
        said(&traces[1], &[], &[]),
        said(&traces[2], &[], &[Label::Outcome(OutcomeLabel::Unsure)]),
    ];
    let group = group(traces.iter().zip(&own).map(|(trace, said)| member(trace, said)).collect());
    assert_eq!(shown(&group, &options(PairRule::Outcome, &[])), [": b > a by 1"]);
}

#[test]
fn attempts_are_ranked_by_a_score_of_the_whole() {
    let scored = |text: &str, value: f64| {
        let mut builder = TraceBuilder::new(Problem::from_text("1+1?")).thought(text);
        builder.score(None, "visits", ScoreKind::Count, 9.0);
        builder.score(None, "rm", ScoreKind::Reward, value);
        Member::new(builder.build())
    };
    let group = group(vec![scored("a", 0.1), scored("b", 0.9), scored("c", f64::INFINITY), scored("d", 0.1)]);
    assert_eq!(shown(&group, &options(PairRule::BestWorst, &[])), [": b > a by 0.8", ": b > d by 0.8"]);
    assert_eq!(shown(&group, &options(PairRule::BestWorst, &[("pair_score", "visits")])), Vec::<String>::new());
}

#[test]
fn a_written_step_is_set_against_the_one_it_replaces() {
    let trace = attempt(&["a", "b", "c"], Verdict::Incorrect);
    let hash = |at: usize| trace.steps[at].hash.clone();
    let written = |number, parent: Option<StepHash>, text: &str, replaces: Option<StepHash>| {
        let (id, text, kind) = (StepHash::written(number), text.into(), StepKind::Thought);
        Label::Written(WrittenStep { id, parent, text, kind, replaces, taken_from: None })
    };
    let labels = [
        written(1, Some(hash(0)), "B", Some(hash(1))),
        written(2, Some(StepHash::written(1)), "C", None),
        written(3, Some(hash(1)), "other", None),
        // Replaces a step in another place.
        written(4, None, "lost", Some(hash(2))),
    ];
    let own = said(&trace, &[], &labels);
    let group = group(vec![member(&trace, &own)]);
    let rule = options(PairRule::Rewrite, &[]);
    let pairs = propose(&group, &rule);
    assert_eq!(pairs.iter().map(show).collect::<Vec<_>>(), ["a: BC > bc by 1"]);
    assert_eq!(pairs[0].chosen.by.to_string(), "annotator:ann");
    assert_eq!(pairs[0].rejected.by.to_string(), "generator:m");
    assert_eq!(pairs[0].on_policy("m"), crate::export::pairs::OnPolicy::No);
}

#[test]
fn corrections_that_came_with_the_data_stand_beside_the_trace() {
    let mut builder = tree(&[(None, "a"), (Some(0), "b"), (Some(1), "c")]);
    builder.label(Some(1), ImportedValue::FirstError, "human:1", "label", "1");
    builder.last_label().unwrap().correction = Some("B".into());
    builder.label(Some(2), ImportedValue::Remark, "human:2", "label", "1");
    builder.last_label().unwrap().correction = Some("C".into());
    let mut group = group(vec![Member::new(builder.build())]);
    (group.imported, group.annotator) = (true, None);
    let rule = options(PairRule::Rewrite, &[("completion", "step")]);
    assert_eq!(shown(&group, &rule), ["a: B > bc by 1", "ab: C > c by 1"]);
    group.imported_source = Some("human:2".into());
    assert_eq!(shown(&group, &rule), ["ab: C > c by 1"]);
    assert_eq!(propose(&group, &rule)[0].chosen.by.to_string(), "source:human:2");
}

#[test]
fn own_preferences_ranks_and_bests_become_pairs() {
    let trace = tree(&[(None, "a"), (Some(0), "b"), (Some(0), "c"), (Some(0), "d"), (Some(1), "e")]).build();
    let over = |at: usize, strength, criterion: &str| {
        let (over, criterion) = (trace.steps[at].hash.clone(), criterion.into());
        Label::Preferred(Preference { over, strength, criterion })
    };
    let check = |labels: &[(usize, Label)], expected: &[&str]| {
        let own = said(&trace, labels, &[]);
        let group = group(vec![member(&trace, &own)]);
        assert_eq!(shown(&group, &options(PairRule::Preference, &[])), expected, "{labels:?}");
    };
    check(&[(1, over(2, 3, ""))], &["a: be > c by 3"]);
    check(&[(1, over(2, 0, ""))], &[]);
    check(&[(1, over(4, 3, ""))], &[]);
    check(&[(1, over(2, 1, "")), (2, over(1, 2, "brevity"))], &["a: be > c by 1", "a: c > be by 2"]);
    check(&[(2, Label::Best)], &["a: c > be by 1", "a: c > d by 1"]);
    check(
        &[(1, Label::Rank(2)), (2, Label::Rank(1)), (3, Label::Rank(3))],
        &["a: be > d by 1", "a: c > be by 1", "a: c > d by 2"],
    );
    // What was said outright comes before a rank that says the opposite.
    check(&[(1, over(2, 1, "")), (1, Label::Rank(2)), (2, Label::Rank(1))], &["a: be > c by 1"]);
}

#[test]
fn imported_preferences_join_sides_of_one_row() {
    let side = |text: &str, row: u64, value: ImportedValue| {
        let mut builder = TraceBuilder::new(Problem::from_text("1+1?")).thought(text);
        builder.label(None, value, "dataset", "chosen", "");
        builder.trace_mut().source.row = row;
        Member::new(builder.build())
    };
    let (good, bad) = (ImportedValue::Preferred, ImportedValue::Dispreferred);
    let mut group = group(vec![side("a", 1, good), side("b", 1, bad), side("c", 2, good), side("d", 2, bad)]);
    (group.imported, group.annotator) = (true, None);
    assert_eq!(shown(&group, &options(PairRule::Preference, &[])), [": a > b by 1", ": c > d by 1"]);
    let mut builder = tree(&[(None, "a"), (Some(0), "b"), (Some(0), "c"), (Some(0), "d")]);
    for (step, value) in [(1, bad), (2, good), (3, bad)] {
        builder.label(Some(step), value, "dataset", "chosen", "");
    }
    group.members = vec![Member::new(builder.build())];
    assert_eq!(shown(&group, &options(PairRule::Preference, &[])), ["a: c > b by 1", "a: c > d by 1"]);
}

#[test]
fn each_scale_has_its_own_winner() {
    let rate = |dimension: &str, value| Label::Rated(Rated { dimension: dimension.into(), value });
    let trace = tree(&[(None, "a"), (Some(0), "b"), (Some(0), "c")]).build();
    let own = said(
        &trace,
        &[(1, rate("clear", 5.0)), (1, rate("short", 1.0)), (2, rate("clear", 3.0)), (2, rate("short", 4.0))],
        &[rate("clear", 2.0)],
    );
    let other = attempt(&["z"], Verdict::Unknown);
    let said_of_other = said(&other, &[], &[rate("clear", 4.0)]);
    let group = group(vec![member(&trace, &own), member(&other, &said_of_other)]);
    let rule = options(PairRule::Criterion, &[]);
    assert_eq!(shown(&group, &rule), ["a: b > c by 2", "a: c > b by 3", ": z > ab by 2"]);
    let criteria: Vec<&str> = propose(&group, &rule).iter().map(|pair| pair.criterion).collect();
    assert_eq!(criteria, ["clear", "short", "clear"]);
}
