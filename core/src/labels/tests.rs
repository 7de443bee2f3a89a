//! Consensus, agreement and the queue of disputes on small corpora.

use std::collections::{BTreeMap, HashMap};

use proptest::prelude::*;

use super::*;
use crate::annotation::{StepAnnotation, TraceAnnotation};
use crate::job::JobContext;
use crate::model::{
    AnnotatorId, FirstError, ImportedValue, Problem, ScoreKind, Step, StepRating, Trace, TraceBuilder, TraceId,
    TraceStatus,
};

#[derive(Default)]
struct Small {
    traces: Vec<Trace>,
    said: BTreeMap<AnnotatorId, HashMap<TraceId, TraceAnnotation>>,
}

impl Corpus for Small {
    fn len(&self) -> usize {
        self.traces.len()
    }

    fn trace(&self, row: u32) -> Result<Trace, String> {
        self.traces.get(row as usize).cloned().ok_or_else(|| "no such row".into())
    }

    fn annotators(&self) -> Vec<AnnotatorId> {
        self.said.keys().cloned().collect()
    }

    fn annotation(&self, annotator: &AnnotatorId, trace: &TraceId) -> Option<&TraceAnnotation> {
        self.said.get(annotator)?.get(trace)
    }

    fn has_labels(&self, annotator: &AnnotatorId) -> bool {
        self.said.get(annotator).is_some_and(|said| said.values().any(TraceAnnotation::is_labelled))
    }
}

impl Small {
    /// Chains of that many steps each.
    fn of(lengths: &[usize]) -> Self {
        let trace = |(number, steps): (usize, &usize)| {
            let builder = TraceBuilder::new(Problem::from_text(format!("{number}?"))).source_id(format!("t{number}"));
            (0..*steps).fold(builder, |b, step| b.thought(format!("step {step}"))).build()
        };
        Self { traces: lengths.iter().enumerate().map(trace).collect(), said: BTreeMap::new() }
    }

    fn says(&mut self, who: &str, trace: usize) -> &mut TraceAnnotation {
        let id = self.traces[trace].id.clone();
        self.said.entry(AnnotatorId::new(who)).or_default().entry(id).or_default()
    }

    /// Ratings as signs, one per step; `!` marks the first error, a last `=` says that there is none.
    fn label(&mut self, who: &str, trace: usize, signs: &str) {
        let hashes: Vec<_> = self.traces[trace].steps.iter().map(|step| step.hash.clone()).collect();
        let last = hashes.last().cloned();
        let said = self.says(who, trace);
        for (at, sign) in signs.chars().enumerate() {
            let mark = match sign {
                '!' => Some(FirstError::At(hashes[at].clone())),
                '=' => Some(FirstError::NoneUpTo(last.clone().unwrap())),
                _ => None,
            };
            said.first_error = mark.or(said.first_error.take());
            if let Some(rating) = rating(sign) {
                let rated = StepAnnotation { rating: Some(rating), ..StepAnnotation::default() };
                said.steps.insert(hashes[at].clone(), rated);
            }
        }
    }

    fn soft(&mut self, source: &str, trace: usize, values: &[f64]) {
        let mut builder = TraceBuilder::default();
        for (step, value) in (0..).zip(values) {
            builder.label(Some(step), ImportedValue::Soft(*value), source, "p", "");
        }
        self.traces[trace].labels.append(&mut builder.trace_mut().labels);
    }

    fn import(&mut self, source: &str, trace: usize, step: Option<u32>) {
        let mut builder = TraceBuilder::default();
        let value = if step.is_some() { ImportedValue::FirstError } else { ImportedValue::NoError };
        builder.label(step, value, source, "label", "");
        self.traces[trace].labels.append(&mut builder.trace_mut().labels);
    }

    /// What a source says of a trace, as signs, or why it says nothing.
    fn ask(&self, source: &str, trace: usize) -> String {
        let asked = source.parse().unwrap();
        match Judge::new(Some(&asked), self).unwrap().judge(&self.traces[trace]) {
            Ok((_, said)) => signs(&said.ratings),
            Err(unclear) => unclear.reason,
        }
    }
}

fn rating(sign: char) -> Option<StepRating> {
    "+0-?".find(sign).map(|at| StepRating::ALL[at])
}

fn signs(ratings: &Ratings) -> String {
    let sign = |rating: &Option<StepRating>| match rating {
        None => '.',
        Some(StepRating::Good) => '+',
        Some(StepRating::Neutral) => '0',
        Some(StepRating::Bad) => '-',
        Some(StepRating::Unsure) => '?',
    };
    ratings.iter().map(sign).collect()
}

fn ctx() -> JobContext {
    JobContext::foreground(None)
}

#[test]
fn rules_on_steps() {
    let check = |signs: &[&str], rule: &str, expected: &str| {
        let mut small = Small::of(&[4]);
        for (number, signs) in signs.iter().enumerate() {
            small.label(&format!("a{number}"), 0, signs);
        }
        assert_eq!(small.ask(&format!("consensus:{rule}"), 0), expected, "{signs:?} {rule}");
    };
    check(&["++-+", "++-+"], "all", "++-+");
    check(&["++-+", "+0-."], "all", "+.-.");
    check(&["++-+", "+0-."], "all(min=1)", "+.-+");
    check(&["++-+", "+--+", "0--."], "majority", "+--+");
    check(
        &["+...", ".-..", "..0."],
        "majority",
        "fewer than 2 sources say the same of a step or first error (they rate different steps)",
    );
    check(&["+...", ".-..", "..0."], "majority(min=1)", "+-0.");
    check(&["++-+", "-0?+", "+++."], "any-bad", "-0-+");
    check(&["++-+", "-0?+", "+++."], "any-bad(min=2)", ".0.+");
    check(&["++?+", "+0?.", "+++."], "any-bad", "+0?+");
    check(&["+", "-"], "all", "step 1 is where the sources disagree: own:a0 says good, own:a1 says bad");
}

/// Two marks that differ by one agree on no first error; per step they agree up to the earlier one.
#[test]
fn first_errors_must_be_at_the_same_step() {
    let mut small = Small::of(&[5]);
    small.label("ann", 0, "..!");
    small.label("bob", 0, "...!");
    assert_eq!(small.ask("consensus:all", 0), "++...");
    assert_eq!(small.ask("consensus:majority", 0), "++...");
    assert_eq!(small.ask("consensus:any-bad", 0), "++--.");
    let disputed = "the sources disagree on the first error (own:ann: step 3, own:bob: step 4)";
    assert_eq!(small.ask("consensus:first-error", 0), disputed);
    assert_eq!(small.ask("consensus:mc-and-judge", 0), disputed);
    small.label("cy", 0, "...!");
    assert_eq!(small.ask("consensus:first-error(min=2)", 0), "+++-.", "two of three");
    assert_eq!(
        small.ask("consensus:first-error", 0),
        "the sources disagree on the first error (own:ann: step 3, own:bob: step 4, own:cy: step 4)"
    );
    // Two against two is no majority, though enough of them say it.
    small.label("di", 0, "..!");
    assert!(small.ask("consensus:first-error(min=2)", 0).starts_with("the sources disagree"));
}

#[test]
fn who_says_nothing_of_the_place_is_named() {
    let mut small = Small::of(&[2]);
    small.label("ann", 0, ".!");
    small.label("bob", 0, "..");
    small.says("bob", 0).first_error = Some(FirstError::Unsure);
    let all = small.ask("consensus:first-error", 0);
    assert!(
        all.contains("fewer than 2") && all.contains("own:bob: where it first goes wrong was left undecided"),
        "{all}"
    );
    assert_eq!(small.ask("consensus:first-error(min=1)", 0), "+-");
    small.says("ann", 0).status = TraceStatus::Skipped;
    let none = small.ask("consensus:any-bad", 0);
    assert!(none.contains("own:ann: skipped or given up"), "{none}");
    small.says("bob", 0).status = TraceStatus::Defective;
    assert_eq!(small.ask("consensus:any-bad", 0), "the problem is flagged as defective");
}

/// The filter of "The Lessons of Developing Process Reward Models": a step from which no rollout succeeds is wrong for
/// the estimate.
#[test]
fn monte_carlo_and_judge() {
    let mut small = Small::of(&[3, 3, 3, 3]);
    for (trace, (rollouts, judge)) in
        [([0.9, 0.4, 0.0], Some(2)), ([0.9, 0.0, 0.0], Some(2)), ([0.9, 0.2, 0.1], None), ([0.9, 0.2, 0.1], Some(0))]
            .into_iter()
            .enumerate()
    {
        small.soft("mc", trace, &rollouts);
        small.import("llm", trace, judge);
    }
    let rule = "consensus:mc-and-judge(imported:mc>0, imported:llm)";
    let found: Vec<String> = (0..4).map(|trace| small.ask(rule, trace)).collect();
    assert_eq!(found[0], "++-");
    assert_eq!(found[1], "the sources disagree on the first error (imported:mc>0: step 2, imported:llm: step 3)");
    assert_eq!(found[2], "+++");
    assert!(found[3].contains("imported:mc>0: no error, imported:llm: step 1"), "{}", found[3]);
    assert_eq!(small.ask("consensus:all(imported:mc>0.3)", 0), "++-", "a single member is its soft labels at a limit");
}

#[test]
fn members_are_settled_and_named() {
    let mut small = Small::of(&[1]);
    small.label("bob", 0, "+");
    let judge = |text: &str, small: &Small| {
        Judge::new(Some(&text.parse().unwrap()), small).map(|judge| judge.name().to_string())
    };
    let alone = judge("consensus:all", &small).unwrap_err().to_string();
    assert!(alone.contains("only bob has labelled"), "{alone}");
    assert_eq!(judge("consensus:all(own, imported)", &small).unwrap(), "consensus:all(own:bob, imported)");
    assert!(judge("consensus:all(own, own:bob)", &small).unwrap_err().to_string().contains("named twice"));
    assert!(judge("consensus:all(own:eve, imported)", &small).unwrap_err().to_string().contains("no annotator `eve`"));
    small.label("ann", 0, "+");
    assert_eq!(judge("consensus:majority", &small).unwrap(), "consensus:majority(own:ann, own:bob)");
    assert!(judge("consensus:all(min=3)", &small).unwrap_err().to_string().contains("more than the 2 members"));
    let named: LabelSource = judge("consensus:all(own:ann, own:bob, min=1)", &small).unwrap().parse().unwrap();
    assert!(Judge::new(Some(&named), &small).is_ok(), "what a manifest names can be asked for again");
}

/// What disagrees must not become good by a policy for unlabelled steps.
#[test]
fn a_disputed_step_is_never_assumed_good() {
    let mut small = Small::of(&[2]);
    small.label("ann", 0, "++");
    small.label("bob", 0, "+-");
    let judge = Judge::new(Some(&"consensus:all".parse().unwrap()), &small).unwrap();
    assert!(!judge.may_assume_good(&judge.said(&small.traces[0].id)));
    let imported = Judge::new(Some(&"imported".parse().unwrap()), &small).unwrap();
    assert!(imported.may_assume_good(&imported.said(&small.traces[0].id)));
}

fn a_vote(name: usize, signs: &[Option<usize>]) -> Vote {
    let ratings: Ratings = signs.iter().map(|sign| sign.map(|at| StepRating::ALL[at])).collect();
    let soft = vec![None; ratings.len()];
    Vote { name: name.to_string(), said: Ok(Resolved { ratings, soft }) }
}

fn four() -> Vec<Step> {
    vec![Step::default(); 4]
}

fn votes() -> impl Strategy<Value = Vec<Vote>> {
    let step = prop::option::weighted(0.8, 0..4_usize);
    let source = prop::collection::vec(step, 4);
    let named = |all: Vec<Vec<Option<usize>>>| all.iter().enumerate().map(|(n, signs)| a_vote(n, signs)).collect();
    prop::collection::vec(source, 1..6).prop_map(named)
}

proptest! {
    #[test]
    fn the_order_of_members_does_not_matter(votes in votes(), least in 1..4_usize) {
        let main = [0, 1, 2, 3];
        let mut turned = votes.clone();
        turned.reverse();
        for rule in ConsensusRule::EVERY {
            let (one, other) = (count(rule, least, &votes, &main, &four()), count(rule, least, &turned, &main, &four()));
            prop_assert_eq!(one.ok(), other.ok());
        }
    }

    /// Whatever all say, most say; and whoever has the same first error agrees on every step up to it.
    #[test]
    fn rules_contain_one_another(votes in votes(), least in 1..4_usize) {
        let main = [0, 1, 2, 3];
        let on = |rule| count(rule, least, &votes, &main, &four()).unwrap_or_else(|_| Resolved::nothing(4)).ratings;
        let (all, majority, any_bad) = (on(ConsensusRule::All), on(ConsensusRule::Majority), on(ConsensusRule::AnyBad));
        for step in 0..4 {
            if all[step].is_some() {
                prop_assert_eq!(all[step], majority[step]);
                prop_assert_eq!(all[step], any_bad[step]);
            }
            if majority[step] == Some(StepRating::Bad) {
                prop_assert_eq!(any_bad[step], Some(StepRating::Bad));
            }
        }
        // With only good and bad, all members on one place are all members on each step before it.
        let everyone = votes.len();
        let plain = votes.iter().all(|vote| {
            vote.said.as_ref().unwrap().ratings.iter().all(|r| matches!(r, None | Some(StepRating::Good | StepRating::Bad)))
        });
        if let (true, Ok(place)) = (plain, count(ConsensusRule::FirstError, everyone, &votes, &main, &four())) {
            let all = count(ConsensusRule::All, everyone, &votes, &main, &four()).unwrap().ratings;
            for (placed, agreed) in place.ratings.iter().zip(&all) {
                if placed.is_some() {
                    prop_assert_eq!(placed, agreed);
                }
            }
        }
    }

    /// Who agrees with itself agrees fully, whatever it says; a panel of two is symmetric.
    #[test]
    fn a_source_agrees_with_itself(lines in prop::collection::vec("[+0-]{3}", 1..6)) {
        let mut small = Small::of(&vec![3; lines.len()]);
        for (trace, signs) in lines.iter().enumerate() {
            small.label("ann", trace, signs);
            small.label("bob", trace, signs);
            small.label("cy", trace, &signs.chars().rev().collect::<String>());
        }
        let report = figures(&small, "own:ann,own:bob,own:cy");
        let same = &report.pairs[0].figures;
        prop_assert_eq!((same.n, same.percent, same.first_error.first_error_exact), (3 * lines.len() as u64, Some(1.0), Some(1.0)));
        prop_assert!(same.alpha.is_none_or(|alpha| (alpha - 1.0).abs() < 1e-9));
        let (one, other) = (figures(&small, "own:ann,own:cy"), figures(&small, "own:cy,own:ann"));
        let near = |a: Option<f64>, b: Option<f64>| a.is_some() == b.is_some() && a.zip(b).is_none_or(|(a, b)| (a - b).abs() < 1e-9);
        prop_assert!(near(one.overall.alpha, other.overall.alpha) && near(one.overall.kappa, other.overall.kappa));
        prop_assert_eq!(one.overall.first_error, other.overall.first_error);
    }
}

fn figures(small: &Small, sources: &str) -> AgreementReport {
    agreement(&Panel::new(&sources_from_list(sources).unwrap(), small).unwrap(), &ctx()).unwrap()
}

#[test]
fn figures_counted_by_hand() {
    let mut small = Small::of(&[4, 4, 4]);
    small.label("ann", 0, "..!");
    small.label("bob", 0, "...!");
    small.label("ann", 1, "=");
    small.label("bob", 1, "=");
    small.label("ann", 2, "!");
    small.label("bob", 2, "...!");
    let report = figures(&small, "own:ann,own:bob");
    let found = &report.pairs[0].figures;
    // Steps rated by both: 3 of the first trace (good, good, differ), 4 of the second, 1 of the third (differ).
    assert_eq!((found.n, found.percent), (8, Some(0.75)));
    let first = &found.first_error;
    assert_eq!((first.first_error_n, first.first_error_exact), (3, Some(1.0 / 3.0)));
    assert_eq!((first.first_error_within_one, first.first_error_distance), (Some(2.0 / 3.0), Some(2.0)));
    assert_eq!((found.verdict.n, found.verdict.percent, found.verdict.kappa), (3, Some(1.0), Some(1.0)));
    // Bob rates nothing bad that Ann rates, so that chance gives as much.
    assert_eq!(found.kappa, Some(0.0));
    assert_eq!(report.overall, *found, "of two sources, all together are the pair");
    let text = report.to_string();
    assert!(text.contains("own:ann and own:bob") && text.contains("exact 0.333"), "{text}");
    let alone = agreement(&Panel::new(&sources_from_list("own:ann").unwrap(), &small).unwrap(), &ctx()).unwrap_err();
    assert!(alone.to_string().contains("only own:ann"), "{alone}");
}

/// Of three sources, pairs are pooled and kappa is their mean; the interval holds alpha.
#[test]
fn three_sources_together() {
    let mut small = Small::of(&[4; 12]);
    for trace in 0..12 {
        small.label("ann", trace, if trace % 2 == 0 { "++-+" } else { "+-++" });
        small.label(
            "bob",
            trace,
            if trace % 3 == 0 {
                "++++"
            } else if trace % 2 == 0 {
                "++-+"
            } else {
                "+-++"
            },
        );
        small.label("cy", trace, "+0-+");
    }
    let ctx = ctx();
    let report = agreement(&Panel::of_all(&small, &ctx).unwrap(), &ctx).unwrap();
    assert_eq!((report.sources.len(), report.pairs.len(), report.traces), (3, 3, 12));
    let overall = &report.overall;
    assert_eq!(overall.n, 48);
    let mean = report.pairs.iter().map(|pair| pair.figures.kappa.unwrap()).sum::<f64>() / 3.0;
    assert!((overall.kappa.unwrap() - mean).abs() < 1e-12);
    let [low, high] = overall.alpha_interval.unwrap();
    let alpha = overall.alpha.unwrap();
    assert!(low < alpha && alpha < high && high - low < 0.6, "{low} {alpha} {high}");
    assert_eq!(agreement(&Panel::of_all(&small, &ctx).unwrap(), &ctx).unwrap(), report, "the same each time");
}

#[test]
fn the_largest_dispute_comes_first() {
    let mut small = Small::of(&[5, 5, 5, 5, 5]);
    for (trace, (ann, bob)) in
        [(".!", ".!"), (".!", "..!"), (".!", "="), ("=", "="), (".!", "....!")].into_iter().enumerate()
    {
        small.label("ann", trace, ann);
        small.label("bob", trace, bob);
    }
    let queue = |small: &Small| {
        let panel = Panel::new(&sources_from_list("own:ann,own:bob").unwrap(), small).unwrap();
        disputed(&panel, &ctx()).unwrap()
    };
    let found = queue(&small);
    assert_eq!(found.iter().map(|found| found.row).collect::<Vec<_>>(), [2, 4, 1]);
    assert_eq!(found[2].steps, [1, 2]);
    assert!((found[2].stake - (0.625 + 0.25)).abs() < 1e-12, "{}", found[2].stake);
    assert_eq!(found[0].first_errors[1].1, Place::NoError);
    // A scorer in doubt where they differ raises the stake.
    let mut builder = TraceBuilder::default();
    builder.score(Some(1), "prm", ScoreKind::Correctness, 0.5);
    builder.score(Some(4), "prm", ScoreKind::Correctness, 0.0);
    small.traces[1].scores.append(&mut builder.trace_mut().scores);
    let found = queue(&small);
    assert_eq!(found[0].row, 1);
    assert!((found[0].stake - 2.0 * 0.875).abs() < 1e-12, "{}", found[0].stake);
}

#[test]
fn side_by_side_names_who_says_what() {
    let mut small = Small::of(&[3]);
    small.label("ann", 0, ".!");
    small.label("bob", 0, "0-?");
    small.soft("mc", 0, &[0.5]);
    let trace = &small.traces[0];
    let shown = Panel::of_trace(&small, trace).unwrap().side_by_side(trace);
    let json = serde_json::to_value(&shown).unwrap();
    let expected = serde_json::json!({
        "sources": [
            { "source": "own:ann", "first_error": { "step": 1 } },
            { "source": "own:bob", "first_error": { "step": 1 } },
            { "source": "imported:mc", "first_error": null },
        ],
        "steps": [
            [
                { "source": "own:ann", "rating": "good" },
                { "source": "own:bob", "rating": "neutral" },
                { "source": "imported:mc", "soft": 0.5 },
            ],
            [{ "source": "own:ann", "rating": "bad" }, { "source": "own:bob", "rating": "bad" }],
            [{ "source": "own:bob", "rating": "unsure" }],
        ],
    });
    assert_eq!(json, expected);
}
