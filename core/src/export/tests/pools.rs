//! Trees with values and pools of attempts: their rows, what is wrong with rows of others, and the way back.

use std::fs;

use proptest::prelude::*;
use serde_json::{Value, json};

use crate::export::format_by_name;
use crate::import::native::NativeScores;
use crate::import::{ImportOptions, each_trace};
use crate::job::JobContext;
use crate::model::{Label, OutcomeLabel, Problem, ScoreKind, Step, Trace, TraceBuilder, Verdict};

use super::source::{Project, options};

fn rows(project: &Project, format: &str, policy: &[(&str, &str)]) -> Vec<Value> {
    let preview = project.preview(&options(format, policy));
    let rows = preview.sample.iter().map(|line| serde_json::from_str(line).unwrap());
    rows.chain(preview.left_out.iter().map(|one| json!(one.reason))).collect()
}

fn again(rows: &[Value], format: Option<&str>) -> Project {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("rows.jsonl");
    let lines: Vec<String> = rows.iter().map(Value::to_string).collect();
    fs::write(&path, lines.join("\n")).unwrap();
    let options = ImportOptions { format: format.map(str::to_owned), ..ImportOptions::default() };
    let mut project = Project::default();
    each_trace(&[path], &options, &JobContext::foreground(None), &mut |trace| {
        project.traces.push(trace);
        Ok(())
    })
    .unwrap();
    project
}

/// Steps of those parents with those values; ends valued 1 or 0 are right or wrong.
fn searched(steps: &[(Option<u32>, &str, Option<f64>)]) -> Trace {
    let mut builder =
        TraceBuilder::new(Problem { answer: Some("2".into()), ..Problem::from_text("1+1?") }).source_id("s");
    for (parent, text, value) in steps {
        let step = builder.push(Step { parent: *parent, text: (*text).into(), ..Step::default() });
        if let Some(value) = value {
            builder.score(Some(step), "mc_value", ScoreKind::Value, *value);
        }
    }
    builder.build()
}

const SEARCH: [(Option<u32>, &str, Option<f64>); 5] = [
    (None, "x", Some(0.75)),
    (Some(0), "right", Some(1.0)),
    (Some(0), "wrong", Some(0.0)),
    (Some(0), "also", None),
    (None, "y", Some(0.25)),
];

#[test]
fn a_tree_has_values_and_counts_of_ends() {
    let project = Project::of(searched(&SEARCH));
    let given = &rows(&project, "mc_tree", &[])[0];
    assert_eq!((&given["id"], &given["question"], &given["final_answer"]), (&json!("s"), &json!("1+1?"), &json!("2")));
    let of = |row: &Value, key: &str| -> Vec<Value> {
        row["nodes"].as_array().unwrap().iter().map(|node| node[key].clone()).collect()
    };
    assert_eq!(of(given, "id"), [0, 1, 2, 3, 4, 5].map(|id| json!(id)));
    assert_eq!(of(given, "parent"), [-1, 0, 1, 1, 1, 0].map(|id| json!(id)));
    assert_eq!(of(given, "mc_value"), [json!(null), json!(0.75), json!(1.0), json!(0.0), json!(null), json!(0.25)]);
    let counts = (of(given, "right"), of(given, "ends"));
    assert_eq!(counts, ([1, 1, 1, 0, 0, 0].map(|n| json!(n)).to_vec(), [2, 2, 1, 1, 0, 0].map(|n| json!(n)).to_vec()));
    let counted = &rows(&project, "mc_tree", &[("tree_values", "counted")])[0];
    let expected = [json!(0.5), json!(0.5), json!(1.0), json!(0.0), json!(null), json!(null)];
    assert_eq!(of(counted, "mc_value"), expected);
}

#[test]
fn a_tree_within_itself_is_omegaprms() {
    let project = Project::of(searched(&SEARCH));
    let row = &rows(&project, "mc_tree", &[("tree_layout", "nested")])[0];
    let leaf = |text: &str, value: Value| json!({"text": text, "mc_value": value, "children": []});
    let x = json!({"text": "x", "mc_value": 0.75, "children": [leaf("right", json!(1.0)), leaf("wrong", json!(0.0)), leaf("also", json!(null))]});
    let tree = json!({"text": "1+1?", "mc_value": null, "children": [x, leaf("y", json!(0.25))]});
    assert_eq!(row["reasoning_steps"], tree);
    let deep: Vec<(Option<u32>, String, Option<f64>)> =
        (0..70_u32).map(|at| (at.checked_sub(1), format!("s{at}"), Some(1.0))).collect();
    let deep: Vec<_> = deep.iter().map(|(parent, text, value)| (*parent, text.as_str(), *value)).collect();
    let said = rows(&Project::of(searched(&deep)), "mc_tree", &[("tree_layout", "nested")]);
    assert_eq!(said, [json!("the tree has 71 levels, of which readers of JSON take 60; choose tree_layout nodes")]);
    let growing = [(None, "a", Some(0.5)), (Some(0), "ab", Some(1.0))];
    let said = rows(&Project::of(searched(&growing)), "mc_tree", &[("tree_layout", "nested")]);
    assert!(said[0].as_str().unwrap().starts_with("every step begins with the text of the one before it"), "{said:?}");
}

#[test]
fn trees_of_others_are_checked() {
    let check = |change: &dyn Fn(&mut Value), expected: &str| {
        let mut row = rows(&Project::of(searched(&SEARCH)), "mc_tree", &[])[0].clone();
        change(&mut row);
        let format = format_by_name("mc_tree").unwrap();
        let policy = format.recognise(row.as_object().unwrap()).unwrap();
        let said = format.check(&row.to_string(), &policy).map_err(|objection| objection.reason).err();
        assert_eq!(said.unwrap_or_default(), expected);
    };
    check(&|_| (), "");
    check(&|row| row["nodes"][2]["parent"] = json!(4), "node 2 is not numbered by its place below an earlier node");
    check(&|row| row["nodes"][2]["mc_value"] = json!(1.5), "the value 1.5 is outside 0..1, so it is no chance");
    check(&|row| row["nodes"][1]["ends"] = json!(7), "node 1 counts 1 right of 7 ends, unlike those below it");
    check(&|row| row["question"] = json!(" "), "the problem is empty");
    let unvalued = Project::of(super::source::chain(2));
    assert_eq!(rows(&unvalued, "mc_tree", &[]), [json!("no node has a value")]);
}

/// Two right attempts and a wrong one at a problem, one of them scored by `prm`.
fn pool() -> Project {
    let mut project = Project::default();
    for (name, texts, right) in [("a", &["x", "2"][..], true), ("b", &["y"], false), ("c", &["x", "so", "2"], true)] {
        let builder = TraceBuilder::new(Problem { answer: Some("2".into()), ..Problem::from_text("1+1?") })
            .source_id(name)
            .generator(format!("m{name}"))
            .verdict(Verdict::from_bool(right));
        project.traces.push(texts.iter().fold(builder, |builder, text| builder.thought(*text)).build());
    }
    let first = project.traces[0].id.clone();
    let values = vec![Some(0.1), None];
    let scores = NativeScores {
        scorer: "prm".into(),
        fingerprint: "f".into(),
        kind: ScoreKind::Correctness,
        values,
        more: std::collections::BTreeMap::new(),
    };
    project.scores.insert(first, vec![scores]);
    project
}

#[test]
fn attempts_at_a_problem_are_a_row() {
    let mut project = pool();
    let row = rows(&project, "best_of_n", &[]);
    let ids: Vec<&str> = project.traces.iter().map(|trace| trace.id.as_str()).collect();
    let expected = json!({
        "problem_id": project.traces[0].problem.id().as_str(), "problem": "1+1?", "answer": "2",
        "candidates": [["x", "2"], ["y"], ["x", "so", "2"]], "is_correct": [true, false, true],
        "scorer": "prm", "scores": [[0.1, null], [null], [null, null, null]],
        "rewards": [null, null, null], "models": ["ma", "mb", "mc"], "traces": ids,
    });
    assert_eq!(row, [expected]);
    let text = &rows(&project, "best_of_n", &[("attempts", "text")])[0];
    assert_eq!(text["completions"], json!(["x\n2", "y", "x\nso\n2"]));
    assert_eq!(text.get("candidates"), None);
    // The annotator's word comes before that of the data.
    project.says("ann").labels = [Label::Outcome(OutcomeLabel::Unsure)].into_iter().collect();
    project.says("ann").note = "n".into();
    let options = {
        let mut options = options("best_of_n", &[]);
        options.labels = Some("own:ann".parse().unwrap());
        options
    };
    let row: Value = serde_json::from_str(&project.preview(&options).sample[0]).unwrap();
    assert_eq!(row["is_correct"], json!([null, false, true]));
    project.traces.truncate(1);
    assert_eq!(rows(&project, "best_of_n", &[]), [json!("there is only one attempt at its problem with steps")]);
}

#[test]
fn pools_of_others_are_checked() {
    let check = |change: &dyn Fn(&mut Value), expected: &str| {
        let mut row = rows(&pool(), "best_of_n", &[])[0].clone();
        change(&mut row);
        let format = format_by_name("best_of_n").unwrap();
        let policy = format.recognise(row.as_object().unwrap()).unwrap();
        let said = format.check(&row.to_string(), &policy).map_err(|objection| objection.reason).err();
        assert_eq!(said.unwrap_or_default(), expected);
    };
    check(&|_| (), "");
    check(&|row| row["is_correct"] = json!([true]), "`is_correct` has 1 entries for 3 attempts");
    check(&|row| row["scores"][2] = json!([0.5]), "attempt 3 has 1 scores for 3 steps");
    check(&|row| row["candidates"][1] = json!([" "]), "attempt 2 has no text");
    check(&|row| row["problem"] = json!(""), "the problem is empty");
}

/// Steps with a parent before them, and a value or none.
fn random_tree() -> impl Strategy<Value = Vec<(Option<u32>, String, Option<f64>)>> {
    let value = prop::option::of((0..=8_u32).prop_map(|eighths| f64::from(eighths) / 8.0));
    let step = (0..4_u32, "[a-z]{1,3}", value);
    prop::collection::vec(step, 1..9).prop_map(|steps| {
        let numbered = (0..).zip(steps);
        numbered
            .map(|(at, (back, text, value))| {
                let parent = u32::checked_sub(at, back + 1);
                (parent, format!("{at} {text}"), if at == 0 { Some(value.unwrap_or(0.5)) } else { value })
            })
            .collect()
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 32, ..ProptestConfig::default() })]

    #[test]
    fn trees_come_back(steps in random_tree()) {
        let steps: Vec<_> = steps.iter().map(|(parent, text, value)| (*parent, text.as_str(), *value)).collect();
        let project = Project::of(searched(&steps));
        let source = &project.traces[0];
        for (layout, importer) in [("nodes", "node_tree"), ("nested", "omegaprm")] {
            let made = rows(&project, "mc_tree", &[("tree_layout", layout)]);
            let back = again(&made, Some(importer));
            let trace = &back.traces[0];
            prop_assert!(trace.warnings.is_empty(), "{:?}", trace.warnings);
            prop_assert_eq!(trace.problem.text(), source.problem.text());
            prop_assert_eq!(&trace.problem.answer, &source.problem.answer);
            // Readers may put the steps into another order; each is known by its text here.
            let shape = |trace: &Trace| {
                let text = |step: u32| trace.step(step).unwrap().text.clone();
                let value = |step| trace.scores.iter().find(|s| s.step == Some(step) && s.name == "mc_value").map(|s| s.value);
                let step = |(at, step): (u32, &Step)| (step.text.clone(), step.parent.map(text), value(at));
                let mut steps: Vec<_> = (0..).zip(&trace.steps).map(step).collect();
                steps.sort_by(|a, b| a.0.cmp(&b.0));
                steps
            };
            prop_assert_eq!(shape(trace), shape(source), "{}", layout);
            prop_assert_eq!(again(&made, None).traces.len(), 1, "{} is recognised", layout);
        }
    }

    #[test]
    fn pools_come_back(
        attempts in prop::collection::vec((prop::collection::vec("[a-z]{1,4}( [a-z]{1,3})?", 1..4), prop::option::of(any::<bool>()), 0..8_u32), 2..6),
    ) {
        let mut project = Project::default();
        for (number, (texts, right, score)) in attempts.iter().enumerate() {
            let verdict = right.map_or(Verdict::Unknown, Verdict::from_bool);
            let builder = TraceBuilder::new(Problem::from_text("what?")).source_id(format!("t{number}")).generator("m").verdict(verdict);
            let mut builder = texts.iter().fold(builder, |builder, text| builder.thought(text.as_str()));
            builder.score(Some(0), "scores", ScoreKind::Correctness, f64::from(*score) / 8.0);
            project.traces.push(builder.build());
        }
        let made = rows(&project, "best_of_n", &[]);
        let back = again(&made, None);
        prop_assert_eq!(back.traces.len(), project.traces.len());
        for (trace, source) in back.traces.iter().zip(&project.traces) {
            let texts = |trace: &Trace| trace.steps.iter().map(|step| step.text.clone()).collect::<Vec<_>>();
            prop_assert_eq!(texts(trace), texts(source));
            prop_assert_eq!((trace.outcome.verdict, &trace.generator), (source.outcome.verdict, &source.generator));
            let scores = |trace: &Trace| trace.scores.iter().map(|score| (score.step, score.value)).collect::<Vec<_>>();
            prop_assert_eq!(scores(trace), scores(source));
            prop_assert!(trace.warnings.is_empty(), "{:?}", trace.warnings);
        }
    }
}
