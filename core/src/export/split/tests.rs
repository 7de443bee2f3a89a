use proptest::prelude::*;

use super::*;
use crate::query::shingle::{jaccard, shingles, words};

fn ctx() -> JobContext {
    JobContext::foreground(None)
}

fn problem(id: usize, text: &str) -> SplitProblem {
    SplitProblem { id: ProblemId::new(format!("{id:04}")), text: text.into(), rows: 1 }
}

fn parts(split: &Split) -> Vec<SplitPart> {
    split.parts.values().copied().collect()
}

/// Forty words, some of them changed.
fn long(changed: &[usize]) -> String {
    let word = |at: usize| if changed.contains(&at) { format!("other{at}") } else { format!("word{at}") };
    (0..40).map(word).collect::<Vec<_>>().join(" ")
}

#[test]
fn parts_have_their_share_of_rows() {
    let problems: Vec<SplitProblem> = (0..1000).map(|at| problem(at, &format!("problem {at}"))).collect();
    let options = SplitOptions { ratios: [8.0, 1.0, 1.0], ..SplitOptions::default() };
    let report = split(&problems, &options, &ctx()).unwrap().report;
    assert_eq!(report.problems.values().copied().collect::<Vec<_>>(), [800, 100, 100]);
    // A problem with very many rows goes where there is room.
    let mut uneven = problems.clone();
    uneven[7].rows = 500;
    let made = split(&uneven, &options, &ctx()).unwrap();
    assert_eq!(made.parts[&uneven[7].id], SplitPart::Train);
    assert_eq!(made.report.rows.values().copied().collect::<Vec<_>>(), [1199, 150, 150]);
    let none = SplitOptions { ratios: [1.0, 0.0, 0.0], ..SplitOptions::default() };
    assert_eq!(split(&problems, &none, &ctx()).unwrap().report.problems[&SplitPart::Train], 1000);
    for ratios in [[0.0; 3], [1.0, -1.0, 1.0], [f64::NAN, 1.0, 1.0]] {
        let refused = SplitOptions { ratios, ..SplitOptions::default() };
        assert!(matches!(split(&problems, &refused, &ctx()), Err(SplitError::Ratios)));
    }
}

#[test]
fn lists_decide_for_all_that_is_joined() {
    use SplitPart::{Test, Train, Validation};
    let problems = [problem(0, "a b"), problem(1, "A, b."), problem(2, "c"), problem(3, "C"), problem(4, "d")];
    let lists = [(0, Test), (2, Train), (3, Validation), (9, Test)];
    let lists = lists.into_iter().map(|(id, part)| (problem(id, "").id, part)).collect();
    let options = SplitOptions { lists, ratios: [1.0, 0.0, 0.0], ..SplitOptions::default() };
    let made = split(&problems, &options, &ctx()).unwrap();
    assert_eq!(parts(&made), [Test, Test, Validation, Validation, Train]);
    let ids = |ids: &[usize]| ids.iter().map(|&id| problem(id, "").id).collect::<Vec<_>>();
    assert_eq!(made.report.joined, [ids(&[0, 1]), ids(&[2, 3])]);
    assert_eq!((made.report.conflicts, made.report.unknown), (vec![ids(&[2, 3])], ids(&[9])));
}

#[test]
fn the_seed_decides_and_the_order_does_not() {
    let mut problems: Vec<SplitProblem> = (0..60).map(|at| problem(at, &format!("problem {at}"))).collect();
    let of = |problems: &[SplitProblem], seed| {
        split(problems, &SplitOptions { seed, ratios: [1.0; 3], ..SplitOptions::default() }, &ctx()).unwrap()
    };
    let first = of(&problems, 1);
    assert_ne!(first.parts, of(&problems, 2).parts);
    problems.reverse();
    assert_eq!(first, of(&problems, 1));
}

#[test]
fn test_problems_are_found_in_other_words_and_in_longer_texts() {
    let tests = ["What is 1+1?".to_owned(), long(&[]), "too short to share".to_owned()];
    let thirteen = (20..33).map(|at| format!("word{at}")).collect::<Vec<_>>().join(" ");
    let twelve = (20..32).map(|at| format!("word{at}")).collect::<Vec<_>>().join(" ");
    let problems = [
        problem(0, "what is 1 + 1"),
        problem(1, "What is 1+2?"),
        problem(2, &format!("Before all: {thirteen}, and more.")),
        problem(3, &format!("Before all: {twelve}, and more.")),
        problem(4, "this is too short to share anything, and so it stays in the data as it is"),
        problem(5, "?"),
    ];
    let found = decontaminate(&problems, &tests, 0.9, &ctx()).unwrap();
    let found: Vec<_> = found.into_iter().map(|one| (one.problem, one.rows, one.test, one.overlap)).collect();
    assert_eq!(
        found,
        [(problem(0, "").id, 1, 0, Overlap::Equal), (problem(2, "").id, 1, 1, Overlap::Words(thirteen)),]
    );
}

proptest! {
    /// Every two problems in different parts are told apart by more than the limit, whatever the lists and ratios.
    #[test]
    fn nothing_leaks(
        texts in prop::collection::vec("[ab]( [abAB]){0,9}", 1..40),
        near in prop::sample::select(vec![0.3, 0.5, 0.8, 0.9, 1.0]),
        ratios in prop::array::uniform3(0.1_f64..1.0),
        listed in prop::collection::vec((0_usize..40, prop::sample::select(SplitPart::ALL.to_vec())), 0..6),
        seed in any::<u64>(),
    ) {
        let problems: Vec<SplitProblem> = texts.iter().enumerate().map(|(at, text)| problem(at, text)).collect();
        let lists = listed.into_iter().map(|(at, part)| (problem(at, "").id, part)).collect();
        let options = SplitOptions { ratios, seed, lists, near };
        let made = split(&problems, &options, &ctx()).unwrap();
        prop_assert_eq!(made.parts.len(), problems.len());
        let sets: Vec<Vec<u64>> = texts.iter().map(|text| shingles(&words(text))).collect();
        for (a, x) in sets.iter().enumerate() {
            for (b, y) in sets.iter().enumerate().skip(a + 1) {
                if jaccard(x, y) >= near {
                    prop_assert_eq!(made.parts[&problems[a].id], made.parts[&problems[b].id], "{} | {}", texts[a], texts[b]);
                }
            }
        }
        prop_assert_eq!(made.report.rows.values().sum::<u64>(), problems.len() as u64);
    }
}
