//! What stands beside the open trace, as snapshots: guesses and links of the annotator, differences, shared steps, what is
//! hidden; and what the middle says without a trace.

use std::collections::HashSet;
use std::path::PathBuf;

use stepscope::state::OpenTrace;
use stepscope::state::beside::{BesideDraft, BesideState, BesideWhat, Candidate, Side, link_label, path_texts};
use stepscope::view_model::alignment::{align, shared_start};
use stepscope::view_model::beside::{BesideModel, ChooseBesideModel, dress};
use stepscope::view_model::empty::{EmptyFacts, EmptyModel};
use stepscope::view_model::reader::ReaderModel;
use stepscope_core::annotation::{StepAnnotation, TraceAnnotation};
use stepscope_core::job::Progress;
use stepscope_core::model::{Problem, Trace, TraceBuilder, Verdict};

fn trace(name: &str, steps: &[&str]) -> Trace {
    let mut problem = Problem::from_text("Twice a number is 10. Which?");
    problem.solution = Some("We divide 10 by 2.\n\\[\n10 / 2 = 5\n\\]\nIt is 5.".into());
    let mut builder = TraceBuilder::new(problem).source_id(name).verdict(Verdict::Correct);
    for step in steps {
        builder = builder.thought(*step);
    }
    builder.build()
}

fn open() -> OpenTrace {
    OpenTrace::new(0, trace("left", &["Let x be the number.", "Then 2x = 10.", "So x = 10 / 2 = 5.", "It is 5."]))
}

fn aligned(open: &OpenTrace, mut side: Side) -> Side {
    let left = path_texts(open);
    let right: Vec<&str> = side.steps.iter().map(|step| step.text.as_str()).collect();
    let guess = align(&left, &right, || true);
    side.shared = if side.what == BesideWhat::Solution { 0 } else { shared_start(&left, &right) };
    side.guess = guess;
    side
}

#[test]
fn a_reference_with_a_link_and_guesses() {
    let open = open();
    let side = aligned(&open, Side::solution(&open).unwrap());
    let mut said = TraceAnnotation::default();
    let first =
        StepAnnotation { labels: [link_label(&side.steps[0])].into_iter().collect(), ..StepAnnotation::default() };
    said.steps.insert(open.trace.steps[1].hash.clone(), first);
    let links = side.links(&open, Some(&said), &HashSet::new());
    let state = BesideState { shown: true, at: 1, side: Some(side.clone()), ..BesideState::default() };
    insta::assert_yaml_snapshot!("beside_reference", BesideModel::new(&state, &open, &links, false, false, true));
    let hidden = BesideModel::new(&state, &open, &[], false, true, true);
    assert!(hidden.cards.is_empty() && hidden.empty.contains("hidden"), "{hidden:?}");
    let mut reader = ReaderModel::new(&open, Some(&said), &[], true);
    dress(&mut reader, &side, &links);
    let chips: Vec<_> = reader.cards().iter().map(|card| card.chips.clone()).collect();
    insta::assert_yaml_snapshot!("beside_marks", chips);
    let refused = side.guess.iter().copied().collect();
    assert_eq!(side.links(&open, None, &refused), [], "what was taken away is not guessed again");
}

#[test]
fn another_attempt_from_where_they_part() {
    let open = open();
    let other = trace("right", &["Let x be the number.", "Then 2x = 10.", "So x = 10 · 2 = 20.", "It is 20.", "Done."]);
    let side = aligned(&open, Side::of_trace(&open, 1, &other));
    let links = side.links(&open, None, &HashSet::new());
    let mut state = BesideState { shown: true, diff: true, at: 2, side: Some(side), ..BesideState::default() };
    insta::assert_yaml_snapshot!("beside_attempt", BesideModel::new(&state, &open, &links, false, false, true));
    state.unfolded = true;
    let model = BesideModel::new(&state, &open, &links, true, false, false);
    assert_eq!((model.cards.len(), model.summary.as_str(), model.chips.len()), (5, "Comparing…", 0));
    let marks: Vec<bool> = {
        let mut reader = ReaderModel::new(&open, None, &[], true);
        dress(&mut reader, state.side.as_ref().unwrap(), &links);
        reader.cards().iter().map(|card| card.dimmed).collect()
    };
    assert_eq!(marks, [true, true, false, false], "what both have is paler");
}

#[test]
fn what_can_be_chosen() {
    let candidate = |what, title: &str, detail| Candidate {
        what,
        title: title.into(),
        detail,
        verdict: Verdict::Incorrect,
        is_reference: false,
    };
    let near = vec![
        candidate(BesideWhat::Solution, "Reference solution", "comes with the problem"),
        candidate(BesideWhat::Trace(1), "shown", "another attempt"),
        candidate(BesideWhat::Trace(2), "blind", "another attempt"),
    ];
    let draft = BesideDraft { near, selected: 1, ..BesideDraft::default() };
    insta::assert_yaml_snapshot!("beside_choose", ChooseBesideModel::new(&draft, |row| row == 1, false));
}

#[test]
fn the_middle_without_a_trace() {
    let paths = [PathBuf::from("folder/traces.jsonl"), PathBuf::from("more.jsonl")];
    let progress = Progress { done: 3, total: Some(12), note: "rows".into() };
    let facts = [
        EmptyFacts::default(),
        EmptyFacts { opening: Some(progress), paths: &paths, ..EmptyFacts::default() },
        EmptyFacts { failure: Some("row 1: no JSON; expected a, b, c"), paths: &paths[..1], ..EmptyFacts::default() },
        EmptyFacts { traces: Some(7), filter: " xyzzy ", ..EmptyFacts::default() },
        EmptyFacts { traces: Some(0), rejects: 4, ..EmptyFacts::default() },
        EmptyFacts { traces: Some(7), is_asking: true, ..EmptyFacts::default() },
    ];
    let models: Vec<_> = facts.iter().map(EmptyModel::new).collect();
    insta::assert_yaml_snapshot!("empty", models);
}
