use proptest::prelude::*;

use super::*;
use crate::export::pairs::Author;
use crate::export::pairs::pair::OnPolicy;
use crate::export::pairs::select::Dropped;
use crate::model::{Problem, Step, Trace, TraceBuilder, Verdict};

fn siblings(texts: &[&str]) -> Trace {
    let mut builder = TraceBuilder::new(Problem::from_text("1+1?"));
    for text in texts {
        builder.push(Step { text: (*text).into(), ..Step::default() });
    }
    builder.build()
}

fn dropped(texts: &[&str], signs: &str, more: &[(&str, &str)]) -> (usize, Dropped) {
    let group = group(vec![rated(Member::new(siblings(texts)), signs)]);
    let options = options(PairRule::Label, more);
    let (kept, dropped) = select(propose(&group, &options), &options);
    (kept.len(), dropped)
}

#[test]
fn what_teaches_nothing_is_left_out_and_counted() {
    let none = Dropped::default();
    assert_eq!(dropped(&["a", "b"], "+-", &[]), (1, none));
    assert_eq!(dropped(&["a", " a\n"], "+-", &[]), (0, Dropped { equal: 1, ..none }));
    assert_eq!(dropped(&["a", " \n"], "+-", &[]), (0, Dropped { empty: 1, ..none }));
    assert_eq!(dropped(&["a", "b", "a"], "+-+", &[]), (1, Dropped { duplicate: 1, ..none }));
    assert_eq!(dropped(&["a", "b", "a", "b"], "+--+", &[]), (1, Dropped { equal: 2, contradicting: 1, ..none }));
    assert_eq!(dropped(&["abcdef", "abcdeg"], "+-", &[("min_edit_distance", "2")]), (0, Dropped { near: 1, ..none }));
    assert_eq!(dropped(&["aaaa", "b"], "+-", &[("length_ratio", "3.5")]), (0, Dropped { uneven: 1, ..none }));
    assert_eq!(dropped(&["aaaa", "b"], "+-", &[("length_ratio", "4")]), (1, none));
    assert_eq!(dropped(&["a", "b", "c"], "+--", &[("per_prefix", "1")]), (1, Dropped { beyond_limit: 1, ..none }));
    assert_eq!(none.main_reason(), None);
    assert_eq!(Dropped { equal: 1, near: 2, ..none }.main_reason(), Some("the steps differ in too few characters"));
}

#[test]
fn who_wrote_what_decides_whether_a_pair_is_on_policy() {
    let member = Member::new(siblings(&["a", "b"]));
    let group = group(vec![rated(member, "+-")]);
    let pair = propose(&group, &options(PairRule::Label, &[]))[0];
    let (m, n) = (Author::Generator("m"), Author::Generator("n"));
    let check = |chosen, rejected, model: &str, expected| {
        let mut pair = pair;
        (pair.chosen.by, pair.rejected.by) = (chosen, rejected);
        assert_eq!(pair.on_policy(model), expected, "{chosen} {rejected} {model}");
        assert_eq!(pair.reversed().on_policy(model), expected, "{rejected} {chosen} {model}");
    };
    check(m, m, "m", OnPolicy::Yes);
    check(m, m, "", OnPolicy::Unknown);
    check(m, n, "m", OnPolicy::No);
    check(m, Author::Unknown, "m", OnPolicy::Unknown);
    check(n, Author::Unknown, "m", OnPolicy::No);
    check(m, Author::Annotator("m"), "m", OnPolicy::No);
    check(Author::Source("human"), m, "", OnPolicy::No);
}

/// A random tree with random labels, from a few texts, so that twins and equal branches occur.
fn trees() -> impl Strategy<Value = (Trace, String)> {
    let step = (0_u32..12, "[ab ]{0,3}", prop::sample::select(vec!['+', '-', '0', '?', ' ']));
    prop::collection::vec(step, 1..16).prop_map(|steps| {
        let mut builder = TraceBuilder::new(Problem::from_text("q")).verdict(Verdict::Correct);
        let mut signs = String::new();
        for (at, (parent, text, sign)) in (0_u32..).zip(steps) {
            let parent = (at > 0 && parent > 0).then(|| (parent - 1) % at.max(1));
            builder.push(Step { parent, text, ..Step::default() });
            signs.push(sign);
        }
        (builder.build(), signs)
    })
}

proptest! {
    #[test]
    fn kept_pairs_are_sound((trace, signs) in trees(), k in 0_usize..4, n in 0_usize..6, step in any::<bool>()) {
        let completion = if step { "step" } else { "rest" };
        let more = [("per_prefix", &*k.to_string()), ("per_problem", &*n.to_string()), ("completion", completion)];
        let mut options = options(PairRule::Label, &more);
        options.rules = PairRule::ALL.to_vec();
        let group = group(vec![rated(Member::new(trace.clone()), &signs), rated(Member::new(trace), &signs)]);
        let (kept, _) = select(propose(&group, &options), &options);
        prop_assert!(n == 0 || kept.len() <= n);
        let mut seen = std::collections::HashMap::<Vec<&str>, usize>::new();
        let mut pairs = std::collections::HashSet::new();
        for pair in &kept {
            prop_assert!(pair.margin > 0.0);
            prop_assert!(!pair.chosen.text().trim().is_empty() || pair.is_whole);
            prop_assert!(pair.is_whole || pair.chosen.text().trim() != pair.rejected.text().trim());
            // The beginning is the same in both traces, byte for byte.
            let before = |side: &crate::export::pairs::Side<'_>| {
                side.member.prefix(side.step).into_iter().map(|step| side.member.text(step).to_owned()).collect::<Vec<_>>()
            };
            prop_assert_eq!(before(&pair.chosen), before(&pair.rejected));
            if !step {
                let (prefix, chosen, rejected) = (pair.prefix_texts(), pair.chosen.texts(), pair.rejected.texts());
                prop_assert!(!pairs.contains(&(prefix.clone(), rejected.clone(), chosen.clone())));
                prop_assert!(pairs.insert((prefix, chosen, rejected)));
            }
            if !pair.is_whole {
                *seen.entry(pair.prefix_texts()).or_default() += 1;
            }
        }
        prop_assert!(k == 0 || seen.values().all(|&count| count <= k));
        // The same again gives the same.
        let again = select(propose(&group, &options), &options).0;
        prop_assert_eq!(kept.iter().map(show).collect::<Vec<_>>(), again.iter().map(show).collect::<Vec<_>>());
    }
}
