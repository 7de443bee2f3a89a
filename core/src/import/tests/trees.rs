//! Search trees, format by format: the traps of each, and the published files counted.

use proptest::prelude::*;
use serde_json::{Value, json};

use super::published::published;
use super::*;
use crate::model::{ScoreKind, SearchOrder, StepFlag, StepKind, Verdict, monte_carlo};

/// Rows as a file of lines.
fn lines(rows: &[Value]) -> String {
    rows.iter().map(Value::to_string).collect::<Vec<_>>().join("\n")
}

/// An object with more fields.
fn with(mut object: Value, more: Value) -> Value {
    if let (Value::Object(object), Value::Object(mut more)) = (&mut object, more) {
        object.append(&mut more);
    }
    object
}

/// Reads files of a folder, by their paths.
fn read_files(files: &[(&str, Value)]) -> (InspectReport, Kept) {
    let folder = tempfile::tempdir().unwrap();
    for (name, value) in files {
        let path = folder.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        let text = match value {
            Value::Array(rows) if name.ends_with("jsonl") => lines(rows),
            Value::String(text) => text.clone(),
            other => other.to_string(),
        };
        fs::write(path, text).unwrap();
    }
    let mut kept = Kept::default();
    let report = read(&[folder.path().to_path_buf()], &ImportOptions::default(), &foreground(), &mut kept).unwrap();
    (report, kept)
}

fn kinds(trace: &Trace) -> Vec<&'static str> {
    trace.steps.iter().map(|step| step.kind.name()).collect()
}

fn flags(trace: &Trace) -> Vec<Vec<&'static str>> {
    trace.steps.iter().map(|step| step.flags.iter().map(|flag| flag.name()).collect()).collect()
}

fn on_path(trace: &Trace) -> Vec<&str> {
    trace.steps.iter().filter(|step| step.on_path).map(|step| step.text.as_str()).collect()
}

fn score_kinds(trace: &Trace) -> Vec<(&str, ScoreKind)> {
    let mut kinds: Vec<(&str, ScoreKind)> = Vec::new();
    for score in &trace.scores {
        if !kinds.contains(&(score.name.as_str(), score.kind)) {
            kinds.push((&score.name, score.kind));
        }
    }
    kinds
}

fn warned(trace: &Trace, word: &str) {
    assert!(trace.warnings.iter().any(|warning| warning.contains(word)), "{word}: {:?}", trace.warnings);
}

/// All traces of a document, which is of that format.
fn traces_of(format: &str, value: &Value) -> Vec<Trace> {
    let kept = read_json(value);
    let traces: Vec<Trace> = kept.traces.into_iter().map(|(_, trace)| trace).collect();
    assert!(!traces.is_empty() && traces.iter().all(|trace| trace.source.format == format), "{traces:?}");
    traces
}

fn one_of(format: &str, value: &Value) -> Trace {
    let mut traces = traces_of(format, value);
    assert_eq!(traces.len(), 1);
    traces.remove(0)
}

#[test]
fn omegaprm_texts_may_be_cumulative_below_the_problem() {
    let node = |text: &str, children: Value| json!({"text": text, "mc_value": 0.5, "children": children});
    let leaf = |text: &str| node(text, json!([]));
    let row = |tree: Value| json!({"question": "q?", "reasoning_steps": tree});
    let check = |tree: Value, expected: &[&str]| assert_eq!(texts(&one_of("omegaprm", &row(tree))), expected);
    check(node("q?", json!([node("a", json!([leaf("a b"), leaf("a c")]))])), &["a", " b", " c"]);
    check(node("q?", json!([node("a", json!([leaf("b"), leaf("a c")]))])), &["a", "b", "a c"]);
    check(node("q?", json!([node("\n", json!([leaf("\nx")]))])), &["\n", "\nx"]);
}

#[test]
fn omegaprm_states_are_prefixes_with_rollouts() {
    let state = |state: &str, rollout: &str, mcs: f64| json!({"state": state, "rollout": rollout, "mcs": mcs});
    let states = json!([state("", "", 0.25), state("a", "b", 0.5), state("a", "ac", 0.5)]);
    for row in [
        json!({"q": "q?", "states": states}),
        json!({"question": "q?", "reasoning_steps": [{"q": "q?", "states": states}]}),
    ] {
        let trace = one_of("omegaprm", &row);
        assert_eq!((texts(&trace), parents(&trace)), (vec!["a", "b", "c"], vec![None, Some(0), Some(0)]));
        assert_eq!(scores(&trace), [(None, 0.25), (Some(0), 0.5), (Some(0), 0.5)]);
        assert_eq!(trace.problem.text(), "q?");
    }
}

#[test]
fn openr_guided_search_is_a_tree_by_action() {
    let info = |action: &str, value: f64| {
        json!({"visit_cnt": 3, "value": value, "prior_p": 0.5, "prm_value": 0.9,
        "last_action": action, "terminated": action == "b"})
    };
    let leaf = json!({"info": info("b", 0.75), "children": {}});
    let tree = json!({"info": {"visit_cnt": 7, "value": 0.5, "prior_p": 1.0, "text_state": "q?"},
        "children": {"a": {"info": info("a", 0.25), "children": {"b": leaf}}, "c": {"info": {"value": 0.0}, "children": {}}}});
    for row in [tree.clone(), json!({"tree": tree, "question": "q?", "groundtruth": "4", "seed": 1})] {
        let trace = one_of("openr_guided", &row);
        assert_eq!((texts(&trace), parents(&trace)), (vec!["a", "b", "c"], vec![None, Some(0), None]));
        assert_eq!((trace.problem.text().as_ref(), flags(&trace)), ("q?", vec![vec![], vec!["terminal"], vec![]]));
        let kinds = score_kinds(&trace);
        assert!(
            kinds.contains(&("prm_value", ScoreKind::Correctness)) && kinds.contains(&("visit_cnt", ScoreKind::Count))
        );
        assert_eq!(trace.scores.iter().filter(|score| score.step.is_none()).count(), 3, "those of the problem");
        assert!(on_path(&trace).is_empty());
    }
}

fn rstar_node(text: &str, more: Value) -> Value {
    let node = json!({"text": text, "action": "", "action_input": "", "observation": "", "final_answer": "",
        "value": 0.0, "q_value": -0.5, "visit_count": 2});
    with(node, more)
}

#[test]
fn rstar_math_tags_are_places_in_the_tree() {
    let code = json!({"action": "python_interpreter", "action_input": "print(2)", "observation": "2"});
    let trace = one_of(
        "rstar_math",
        &json!({"question": "q?", "answer": "2", "rstar": {
            "0.10": rstar_node("ten", json!({"final_answer": "Too many consecutive steps have code errors."})),
            "0.2": rstar_node("two", code),
            "0.2.1": rstar_node("leaf", json!({"final_answer": "2"})),
            "0.7.1": rstar_node("lost", json!({})),
            "0": rstar_node("", json!({})),
        }}),
    );
    assert_eq!(texts(&trace), ["two", "2", "leaf", "ten", "lost"]);
    assert_eq!(parents(&trace), [None, Some(0), Some(1), None, None]);
    assert_eq!(kinds(&trace), ["code", "observation", "answer", "thought", "thought"]);
    assert_eq!(flags(&trace)[2..4], [vec!["terminal"], vec!["terminal", "failed"]]);
    assert_eq!(trace.problem.answer.as_deref(), Some("2"));
    assert!(score_kinds(&trace).contains(&("q_value", ScoreKind::Reward)), "means of 1 and −1 are no chances");
    warned(&trace, "0.7");
}

#[test]
fn rstar_math_rollouts_are_states_of_one_tree() {
    let row = |nodes: Value| json!([{"question": "q?", "rstar": nodes}]);
    let node = |text: &str| rstar_node(text, json!({}));
    let (report, kept) = read_files(&[
        (
            "rollout/rollout10.jsonl",
            row(json!({"0": node(""), "0.1": node("a"), "0.1.1": node("b"), "0.2": node("c")})),
        ),
        ("rollout/rollout9.jsonl", row(json!({"0": node(""), "0.1": node("a")}))),
    ]);
    assert_eq!((report.counts.traces, report.counts.rejected), (1, 0));
    let trace = &kept.traces[0].1;
    assert_eq!(texts(trace), ["a", "b", "c"], "the last state");
    let iterations: Vec<&Value> = trace.steps.iter().map(|step| &step.metadata["iteration"]).collect();
    assert_eq!(iterations, [9, 10, 10]);
}

fn rstar_path(nodes: Value, rollout: u32) -> Value {
    Value::from_iter([("trace", nodes), ("rollout_id", rollout.into())])
}

#[test]
fn rstar_sheets_are_one_tree_per_question() {
    let start = |ost: Value| json!({"user_question": "q?", "ost_step": ost});
    let answer = |text: &str, value: f64| json!({"text": text, "value": value});
    let mut direct = start(json!({"10": "z", "2": "y", "1": "x"}));
    direct["direct_answer"] = answer("so 2", 0.5);
    let asked = json!({"subquestion": "sub?", "subanswer": answer("3", 0.25), "ost_step": {}});
    let solutions = json!([
        rstar_path(json!({"0": direct}), 0),
        rstar_path(json!({"1": asked, "0": start(json!({"1": "x"}))}), 1),
        rstar_path(json!({"0": {"user_question": "in other words", "ost_step": {"1": "x"}}}), 2),
    ]);
    let rollouts = json!([rstar_path(json!({"0": direct}), 5), rstar_path(json!({"0": start(json!({"1": "w"}))}), 6)]);
    let sheet = json!({"id": 0, "problem": "q?", "model_completion": null, "all_model_completions": {},
        "gold_solution": "because", "gold_answer": "2"});
    let run = "Tiny/2024---[x]/answer_sheets";
    let name = |question: &str, what: &str| format!("{run}/Question {question} - {what}.json");
    let (report, kept) = read_files(&[
        (&name("0000", "Final Solutions"), solutions.clone()),
        (&name("0000", "Rollout Solutions"), rollouts),
        (&name("0000", "Answer"), sheet.clone()),
        (&name("0001", "Answer"), sheet),
        (&format!("{run}/../args.json"), json!({"num_rollouts": 4, "run_outputs_dir": "x"})),
    ]);
    assert_eq!((report.counts.traces, report.counts.rejected), (1, 0), "{report}");
    let trace = &kept.traces[0].1;
    assert_eq!(texts(trace), ["x", "y", "z", "so 2", "sub?", "3", "in other words", "x", "w"]);
    assert_eq!(parents(trace), [None, Some(0), Some(1), Some(2), Some(0), Some(4), None, Some(6), None]);
    assert_eq!(scores(trace), [(Some(3), 0.5), (Some(5), 0.25)], "a value that both sheets give stands once");
    assert_eq!(score_kinds(trace), [("value", ScoreKind::Correctness)]);
    assert_eq!(trace.steps[3].kind, StepKind::Answer);
    assert_eq!(
        Value::from(trace.steps[3].metadata.clone()),
        json!({"iteration": 0, "solutions": [0], "rollouts": [5]})
    );
    // The first step is on paths of rollouts 0, 1 and 5; rollout 2 began in other words.
    assert_eq!(SearchOrder::of(trace).unwrap().born, [1, 1, 1, 1, 2, 2, 3, 3, 4]);
    assert_eq!((trace.generator.as_deref(), trace.source_id.as_deref()), (Some("Tiny"), Some("Question 0000")));
    assert_eq!((trace.problem.text().as_ref(), trace.problem.answer.as_deref()), ("q?", Some("2")));
    let (report, _) = read_bytes("x.jsonl", format!("{}\n\"text\"\n", rstar_path(json!({"0": start(json!({}))}), 0)));
    assert!(report.unwrap_err().to_string().contains("has no `trace`"), "a row that is no object");
    // A sheet alone: the problem is what most paths ask.
    assert_eq!(one_of("rstar_mutual", &solutions).problem.text(), "q?");
}

#[test]
fn files_beside_rstar_sheets_are_named() {
    let check = |value: Value, what: &str| {
        let error = read_bytes("x.json", value.to_string()).0.unwrap_err().to_string();
        assert!(error.contains(what), "{error}");
    };
    check(json!({"num_rollouts": 4, "run_outputs_dir": "x"}), "the configuration of an rStar run");
    check(json!({"model_completion": 1, "all_model_completions": {}, "gold_answer": ""}), "the reference answer");
}

#[test]
fn rest_mcts_values_and_solutions_make_a_tree() {
    let value = |steps: &str, value: f64| json!({"steps": steps, "value": value});
    let trace = one_of(
        "rest_mcts",
        &json!({"content": "q?", "real_answer": "2", "idx": 4,
            "policy_samples": [{"solution": "Step 1: a\nStep 2: b\n", "summary": "So 2", "correct": true}],
            "value_samples": [value("Step 1: a\n", 0.5), value("Step 1: a\nStep 2: c\n", 0.0)]}),
    );
    assert_eq!(texts(&trace), ["Step 1: a\n", "Step 2: c\n", "Step 2: b\nSo 2"]);
    assert_eq!(parents(&trace), [None, Some(0), Some(0)]);
    assert_eq!((trace.outcome.verdict, flags(&trace)[2].clone()), (Verdict::Correct, vec!["terminal"]));
    assert_eq!(
        (scores(&trace), score_kinds(&trace)),
        (vec![(Some(0), 0.5), (Some(1), 0.0)], vec![("value", ScoreKind::Value)])
    );
    assert_eq!(trace.metadata["idx"], 4);
    let policy =
        one_of("rest_mcts", &json!({"content": "q?", "summary": "Step 1: a\nStep 2: b", "label": 0, "real_answer": 2}));
    assert_eq!((texts(&policy), policy.outcome.verdict), (vec!["Step 1: a", "Step 2: b"], Verdict::Incorrect));
    assert_eq!(policy.splitter.as_deref(), Some("heading"));
}

#[test]
fn rest_mcts_value_rows_of_a_problem_are_one_trace() {
    let row = |problem: &str, text: &str, label: f64| json!({"prompt_answer": format!("Problem:{problem}\nSolution:\n{text}"), "label": label});
    let rows = [row("p", "a\n", 0.5), row("p", "a\nb\n", 1.0), row("q", "a\n", 0.0)];
    for traces in [traces_of("rest_mcts", &rows.iter().cloned().collect()), {
        read_bytes("x.jsonl", lines(&rows)).1.traces.into_iter().map(|(_, trace)| trace).collect()
    }] {
        assert_eq!(traces.len(), 2);
        assert_eq!((texts(&traces[0]), scores(&traces[0])), (vec!["a\n", "b\n"], vec![(Some(0), 0.5), (Some(1), 1.0)]));
        assert_eq!(traces[1].problem.text(), "q");
    }
}

#[test]
fn tot_proposals_continue_the_longest_text_they_start_with() {
    let layer = |ys: Value, new: Value, values: Value, kept: Value| json!({"step": 0, "x": "1 2", "ys": ys, "new_ys": new, "values": values, "select_new_ys": kept});
    let trace = one_of(
        "tot_bfs",
        &json!({"idx": 9, "steps": [
            layer(json!([""]), json!(["a", "ab", "c", "a"]), json!([1, 2.5, 0.001, 1]), json!(["a", "ab"])),
            layer(json!(["a", "ab"]), json!(["abAnswer: 2", "ax", "zz"]), json!([20, 1]), json!(["abAnswer: 2", "ax"])),
        ], "ys": ["abAnswer: 2", "ax"], "infos": [{"r": 1, "note": "n"}, {"r": 0}], "usage_so_far": {"cost": 1}}),
    );
    assert_eq!(texts(&trace), ["a", "ab", "c", "a", "Answer: 2", "x", "zz"]);
    assert_eq!(parents(&trace), [None, None, None, None, Some(1), Some(0), None]);
    let pruned = vec!["pruned"];
    assert_eq!(
        flags(&trace),
        [vec![], vec![], pruned.clone(), pruned.clone(), vec!["terminal"], vec!["terminal"], pruned]
    );
    assert_eq!((on_path(&trace), trace.outcome.verdict), (vec!["ab", "Answer: 2"], Verdict::Correct));
    assert_eq!(score_kinds(&trace), [("value", ScoreKind::Vote), ("r", ScoreKind::Reward)]);
    assert_eq!(trace.scores.len(), 6 + 2);
    assert_eq!((trace.problem.text().as_ref(), trace.source_id.as_deref()), ("1 2", Some("9")));
    warned(&trace, "2 `values` for 3");
    warned(&trace, "1 proposals of step 2");
    assert_eq!(SearchOrder::of(&trace).unwrap().born, [1, 1, 1, 1, 2, 2, 2], "one layer after the other");
}

#[test]
fn tot_games_are_trees_of_moves() {
    let position = |number: u32, moves: Value, letters: f64| {
        json!({"total_step": number, "env_step": 1, "actions": moves, "info": {"r_letter": letters, "r_game": false},
            "count": {"sure": 1, "impossible": 0}})
    };
    let game = json!([
        position(0, json!(["h1. a"]), 0.2),
        position(1, json!(["h1. a", "h2. b"]), 0.4),
        position(2, json!(["h1. a", "v1. c"]), 0.1),
        position(3, json!(["h1. x", "h2. y"]), 0.1),
    ]);
    for (document, count) in [(json!([game, game]), 2), (game.clone(), 1)] {
        let traces = traces_of("tot_dfs", &document);
        assert_eq!(traces.len(), count);
        let trace = &traces[0];
        assert_eq!(texts(trace), ["h1. a", "h2. b", "v1. c", "h1. x", "h2. y"]);
        assert_eq!(parents(trace), [None, Some(0), Some(0), None, Some(3)]);
        assert_eq!((kinds(trace)[0], trace.steps[3].flags.as_slice()), ("action", &[StepFlag::Synthetic][..]));
        assert_eq!(trace.scores.len(), 4 * 2, "`info` holds more than numbers, so it stays");
        assert_eq!(trace.steps[0].metadata["info"]["r_letter"], 0.2);
        warned(trace, "filled in");
        assert_eq!(
            SearchOrder::of(trace).unwrap().born,
            [1, 2, 3, 4, 4],
            "a move that was filled in came with the next"
        );
    }
}

fn toolbench_node(sort: &str, text: &str, more: Value, children: Value) -> Value {
    let node = json!({"is_terminal": false, "pruned": false, "finished": false, "depth": 1, "node_type": sort,
        "description": text, "Elo": 1000.0});
    with(with(node, more), Value::from_iter([("children", children)]))
}

#[test]
fn toolbench_calls_and_results_are_folded() {
    let seen = |code: u32, children: Value| {
        toolbench_node(
            "Action Input",
            "{}",
            json!({"observation": format!("seen {code}"), "observation_code": code, "expand_num": code + 1}),
            children,
        )
    };
    let finish = |arguments: &str, code: u32| {
        let end = json!({"observation": "done", "observation_code": code, "pruned": code == 4});
        toolbench_node(
            "Action",
            "Finish",
            json!({}),
            json!([toolbench_node("Action Input", arguments, end, json!([]))]),
        )
    };
    let twice = toolbench_node(
        "Action",
        "look",
        json!({}),
        json!([seen(0, json!([finish("{\"a\": 1}", 3)])), seen(11, json!([]))]),
    );
    let thought = toolbench_node("Thought", "hm", json!({}), json!([finish("{}", 4)]));
    let bare = toolbench_node("Action", "never", json!({}), json!([]));
    let root = toolbench_node("Action Input", "", json!({}), json!([twice, thought, bare]));
    let row = |final_answer: &str| {
        json!({"win": true, "tree": {"size": 9, "tree": root}, "forward_args": {"answer": 1},
            "compare_candidates": [[root]],
            "answer_generation": {"query": "q?", "function": [{"name": "look"}], "final_answer": final_answer,
                "train_messages": [[{"role": "user"}]]}})
    };
    let trace = one_of("toolbench_tree", &row("{\"a\": 1}"));
    let expected = [
        "look({})",
        "seen 0",
        "Finish({\"a\": 1})",
        "done",
        "look({})",
        "seen 11",
        "hm",
        "Finish({})",
        "done",
        "never()",
    ];
    assert_eq!(texts(&trace), expected);
    assert_eq!(parents(&trace), [None, Some(0), Some(1), Some(2), None, Some(4), None, Some(6), Some(7), None]);
    let flags = flags(&trace);
    assert_eq!(
        (&flags[3], &flags[5], &flags[7], &flags[8]),
        (&vec!["terminal"], &vec!["failed"], &vec!["pruned"], &vec!["terminal"])
    );
    let order = SearchOrder::of(&trace).unwrap();
    assert_eq!(order.born, [1, 1, 1, 1, 2, 2, 1, 1, 1, 1], "by the turns of the search, where they are said");
    assert_eq!(on_path(&trace), ["look({})", "seen 0", "Finish({\"a\": 1})", "done"]);
    assert_eq!(
        (trace.outcome.verdict, &trace.metadata["win"]),
        (Verdict::Unknown, &json!(true)),
        "to win is to give an answer"
    );
    assert!(!serde_json::to_string(&trace.metadata).unwrap().contains("train_messages"), "repeats are left out");
    let tool = trace.steps[0].tool.as_ref().unwrap();
    assert_eq!((tool.name.as_str(), tool.arguments.as_str()), ("look", "{}"));
    assert_eq!(trace.problem.metadata["tools"][0]["name"], "look");
}

#[test]
fn toolbench_results_are_linked_and_often_cut() {
    let message = |role: &str, text: Value, next: Value| json!({"role": role, "message": text, "next": next});
    let last = message("tool", json!("{'name': 'Finish', 'arguments': '{\"final"), json!([]));
    let said = message("assistant", json!("I look again"), json!([last]));
    let object = message("tool", json!({"name": "find", "arguments": "{}", "response": "found"}), json!([said]));
    let first = message("tool", json!("{'name': 'look', 'arguments': '{\\n}', 'response': \"it's\"}"), json!([object]));
    let user = message("user", json!("What is"), json!([first]));
    let result = json!({"query": "What is 1+1?", "available_tools": [{"name": "look"}], "answer": {"method": "tiny",
        "total_steps": 6, "final_answer": "{\"final_answer\": \"It is 2\"}", "answer_details": [message("system", json!(""), json!([user]))]}});
    let traces = traces_of("toolbench_results", &json!({"17": result, "4": result}));
    assert_eq!(traces.iter().map(|t| t.source_id.as_deref().unwrap()).collect::<Vec<_>>(), ["17", "4"]);
    let trace = &traces[0];
    let expected = ["look({\n})", "it's", "find({})", "found", "I look again", "Finish({\"final)", "It is 2"];
    assert_eq!(texts(trace), expected);
    assert_eq!(
        kinds(trace),
        ["tool_call", "tool_result", "tool_call", "tool_result", "message", "tool_call", "answer"]
    );
    assert_eq!((on_path(trace).len(), trace.generator.as_deref()), (7, Some("tiny")));
    warned(trace, "1 tool messages are cut short");
    assert_eq!(texts(&one_of("toolbench_results", &result)), expected, "a row that stands alone");
}

#[test]
fn tree_logs_are_put_together_over_iterations() {
    let node = |id: u32, text: &str, chosen: Value| json!({"id": id, "data": {"state": text}, "selected_edge": chosen});
    let edge = |id: u32, source: u32, target: u32, q: f64| json!({"id": id, "source": source, "target": target, "data": {"Q": q, "reward": 3.5, "intuition": 1}});
    let first = json!({"nodes": {"0": node(0, "q?", json!(0)), "1": node(1, "a", json!(null)), "5": node(5, "gone", json!(null))},
        "edges": {"0": edge(0, 0, 1, 0.1), "1": edge(1, 0, 5, 0.2)}});
    let second = json!({"nodes": [node(0, "q?", json!(1)), node(1, "a!", json!(null)), node(2, "b", json!(2)), node(3, "c", json!(null))],
        "edges": [edge(0, 0, 1, 0.3), edge(1, 0, 2, 0.4), edge(2, 2, 3, 0.5)]});
    let trace = one_of("treelog", &json!({"logs": [first, second]}));
    assert_eq!(texts(&trace), ["a!", "gone", "b", "c"]);
    assert_eq!((parents(&trace), trace.problem.text().as_ref()), (vec![None, None, None, Some(2)], "q?"));
    let iterations: Vec<&Value> = trace.steps.iter().map(|step| &step.metadata["iteration"]).collect();
    assert_eq!(iterations, [0, 0, 1, 1]);
    assert_eq!(on_path(&trace), ["b", "c"]);
    assert_eq!(score_kinds(&trace), [("Q", ScoreKind::Value), ("reward", ScoreKind::Reward)]);
    // Nothing need be connected.
    let loose =
        json!({"logs": [{"nodes": {"1": node(1, "a", json!(null)), "2": node(2, "b", json!(null))}, "edges": {}}]});
    let loose = one_of("treelog", &loose);
    assert_eq!((texts(&loose), parents(&loose)), (vec!["a", "b"], vec![None, None]));
    warned(&loose, "does not say");
}

#[test]
fn any_tree_of_children_is_read() {
    let row = json!({"text": "q?", "visits": 4, "children": [
        {"content": "a", "value": 0.5, "prior": 0.5, "Q": -2, "children": [{"thought": "b", "pruned": true, "type": "answer"}]},
        {"note": "no text", "children": []}], "seed": 3});
    let trace = one_of("node_tree", &row);
    assert_eq!((texts(&trace), parents(&trace)), (vec!["a", "b", ""], vec![None, Some(0), None]));
    assert_eq!((kinds(&trace)[1], flags(&trace)[1].clone()), ("answer", vec!["pruned"]));
    let kinds = score_kinds(&trace);
    let expected = [
        ("visits", ScoreKind::Count),
        ("value", ScoreKind::Value),
        ("prior", ScoreKind::Prior),
        ("Q", ScoreKind::Reward),
    ];
    assert_eq!(kinds, expected, "a Q below 0 is no chance");
    assert_eq!((trace.problem.text().as_ref(), &trace.metadata["seed"]), ("q?", &json!(3)));
    warned(&trace, "1 nodes have no text");
    let wrapped =
        json!({"question": "q?", "answer": 2, "tree": {"children": {"go": {"reward": 1, "children": {"on": {}}}}}});
    let trace = one_of("node_tree", &wrapped);
    assert_eq!((texts(&trace), parents(&trace)), (vec!["go", "on"], vec![None, Some(0)]));
    assert_eq!(trace.problem.answer.as_deref(), Some("2"));
}

#[test]
fn nodes_that_name_their_parents_are_put_in_order() {
    let node =
        |id: Value, parent: Value, text: &str| json!({"id": id, "parent_id": parent, "text": text, "reward": 1.5});
    let rows = vec![
        node(json!(3), json!(2), "late parent"),
        node(json!(1), json!(null), "q?"),
        node(json!(2), json!(1), "a"),
        node(json!(2), json!(1), "twin"),
        node(json!("x"), json!("y"), "round"),
        node(json!("y"), json!("x"), "and round"),
        node(json!("s"), json!("s"), "self"),
        node(json!("m"), json!("nowhere"), "missing"),
    ];
    let (report, mut kept) = read_bytes("x.jsonl", lines(&rows));
    assert_eq!(report.unwrap().counts.merged, 7);
    for trace in [one_of("node_tree", &rows.clone().into()), kept.traces.remove(0).1] {
        assert_eq!(texts(&trace), ["q?", "a", "late parent", "twin", "round", "and round", "self", "missing"]);
        assert_eq!(parents(&trace), [None, Some(0), Some(1), Some(0), None, Some(4), None, None]);
        for word in [
            "1 nodes repeat the id",
            "1 nodes name a parent that is not in the file",
            "2 nodes are their own ancestors",
            "does not say",
        ] {
            warned(&trace, word);
        }
    }
    // With one root, it is the problem. Several trees are told apart.
    let of = |tree: u32, mut row: Value| {
        row["tree_id"] = tree.into();
        row
    };
    let trees = json!([
        of(1, rows[1].clone()),
        of(2, rows[1].clone()),
        of(1, rows[2].clone()),
        of(2, node(json!(7), json!(1), "b"))
    ]);
    let traces = traces_of("node_tree", &trees);
    assert_eq!(
        traces.iter().map(|t| (t.problem.text().into_owned(), texts(t)[0])).collect::<Vec<_>>(),
        [("q?".into(), "a"), ("q?".into(), "b")]
    );
}

#[test]
fn nodes_and_edges_are_read() {
    let nodes = json!([{"id": "r", "label": "q?"}, {"id": "a", "label": "a", "data": {"visits": 2}}, {"id": "b", "label": "b"}]);
    for edges in [
        json!([{"source": "r", "target": "a"}, {"source": "a", "target": "b"}, {"source": "r", "target": "b"}, {"source": "r", "target": "z"}]),
        json!([["r", "a"], ["a", "b"], ["r", "b"], ["r", "z"]]),
        json!({"0": {"from": "r", "to": "a"}, "1": {"from": "a", "to": "b"}, "2": {"from": "r", "to": "b"}, "3": {"from": "r", "to": "z"}}),
    ] {
        let trace = one_of("node_tree", &json!({"nodes": nodes, "edges": edges}));
        assert_eq!((texts(&trace), parents(&trace)), (vec!["a", "b"], vec![None, Some(0)]));
        assert_eq!((scores(&trace), &trace.steps[1].metadata["also_from"]), (vec![(Some(0), 2.0)], &json!(["r"])));
        warned(&trace, "1 edges do not lead to a node");
    }
    let by_id = json!({"problem": "q?", "nodes": {"1": {"text": "a", "parent": -1}, "2": {"text": "b", "parent": 1}}});
    let trace = one_of("node_tree", &by_id);
    assert_eq!((texts(&trace), parents(&trace), trace.warnings.len()), (vec!["a", "b"], vec![None, Some(0)], 0));
}

#[test]
fn deep_and_long_trees_are_walked() {
    let mut deep = json!({"text": "leaf", "children": []});
    for _ in 0..50 {
        deep = json!({"text": "n", "children": [deep]});
    }
    assert_eq!(one_of("node_tree", &deep).steps.len(), 50);
    let node = |n: u32| json!({"id": n, "parent_id": n.checked_sub(1), "text": "t"});
    let long: Vec<Value> = (0..5000).rev().map(node).collect();
    assert_eq!(one_of("node_tree", &long.into()).steps.len(), 4999);
    let circle: Vec<Value> = (0..5000).map(|n| json!({"id": n, "parent_id": (n + 1) % 5000, "text": "t"})).collect();
    assert_eq!(one_of("node_tree", &circle.into()).steps.len(), 5000, "no node is lost");
}

#[test]
fn other_families_are_left_alone() {
    let row = json!({"id": "1", "parent_id": null, "span_kind": "LLM"});
    assert!(read_bytes("x.jsonl", format!("{row}\n{row}")).0.is_err(), "spans have no text");
    assert_eq!(one(&json!({"messages": conversation(), "children": []})).source.format, "chat");
}

/// The counts were also worked out by a script over the raw files: distinct paths of both sheets of a question for
/// rStar; thoughts, calls and observations for `ToolBench`; proposals and positions for Tree of Thoughts.
#[test]
fn published_trees_are_counted_right() {
    // Traces, steps, branching, step scores, trace scores, outcomes, rejected.
    let cases: [(&str, &str, [u64; 7]); 6] = [
        (
            "tree_of_thought/game24/gpt-4_0.7_propose1_value3_greedy5_start900_end1000.json",
            "tot_bfs",
            [100, 8412, 100, 8912, 0, 100, 0],
        ),
        ("tree_of_thought/crosswords/infoss_dfs_prune.json", "tot_dfs", [20, 1856, 20, 9280, 0, 0, 0]),
        ("toolbench_dfsdt/data_example", "toolbench_tree", [8, 321, 5, 199, 8, 0, 0]),
        ("toolbench_dfsdt/toolbench", "toolbench_results", [200, 1474, 0, 0, 0, 0, 0]),
        ("rstar_mcts/AMC2024/Llama-3.1-8B", "rstar_mutual", [8, 689, 8, 359, 0, 0, 0]),
        ("rstar_mcts", "rstar_mutual", [19, 1050, 19, 555, 0, 0, 0]),
    ];
    for (path, format, expected) in cases {
        let Some(path) = published(path) else { continue };
        let mut kept = Kept::default();
        let report = read(std::slice::from_ref(&path), &ImportOptions::default(), &foreground(), &mut kept).unwrap();
        let c = report.counts;
        // What cannot be read here are configurations beside the traces.
        let unexplained = kept.rejects.iter().filter(|reject| !reject.file.ends_with("args.json")).count();
        let found =
            [c.traces, c.steps, c.branching_traces, c.step_scores, c.trace_scores, c.outcomes, unexplained as u64];
        assert_eq!(found, expected, "{}: {report}", path.display());
        assert!(kept.traces.iter().all(|(_, trace)| trace.source.format == format));
    }
}

/// What is recomputed from the ends of published trees, beside what the files say of the same nodes. They are far
/// apart: these files keep mostly right ends, while their values count all rollouts that were once made.
#[test]
fn published_values_are_not_those_of_the_ends_kept() {
    let Some(path) = published("omegaprm_math_aps/samples_math-aps-tree.jsonl") else { return };
    let mut kept = Kept::default();
    read(&[path], &ImportOptions::default(), &foreground(), &mut kept).unwrap();
    let mut found = Vec::new();
    for (_, trace) in &kept.traces {
        let tree = trace.tree();
        let all = monte_carlo(trace, &tree);
        let known = tree.leaves().filter(|leaf| all[*leaf as usize].judged == 1).count();
        let (mut inner, mut inside, mut apart) = (0, 0, 0.0);
        for score in &trace.scores {
            let Some(step) = score.step.filter(|step| !tree.children(*step).is_empty()) else { continue };
            let (low, high) = all[step as usize].interval().unwrap();
            inner += 1;
            inside += i32::from((low..=high).contains(&score.value));
            apart += (all[step as usize].mean().unwrap() - score.value).abs();
        }
        assert_eq!(known, tree.leaves().count(), "every end is right or wrong");
        found.push((known, inner, inside, format!("{:.3}", apart / f64::from(inner))));
    }
    // Ends, nodes above them, those whose value lies within the interval, mean difference.
    let expected = [(137, 5, 1, "0.218"), (85, 4, 1, "0.384"), (20, 3, 0, "0.817")];
    assert_eq!(found, expected.map(|(ends, inner, inside, apart)| (ends, inner, inside, apart.to_owned())));
}

#[test]
fn published_searches_say_how_they_grew() {
    // Traces, those with an order, the most iterations.
    let cases = [
        ("tree_of_thought/game24/gpt-4_0.7_propose1_value3_greedy5_start900_end1000.json", [100, 100, 4]),
        ("tree_of_thought/crosswords/infoss_dfs_prune.json", [20, 20, 100]),
        ("toolbench_dfsdt/data_example", [8, 8, 45]),
        ("rstar_mcts", [19, 11, 15]),
    ];
    for (path, expected) in cases {
        let Some(path) = published(path) else { continue };
        let mut kept = Kept::default();
        read(std::slice::from_ref(&path), &ImportOptions::default(), &foreground(), &mut kept).unwrap();
        let orders: Vec<u32> =
            kept.traces.iter().filter_map(|(_, trace)| Some(SearchOrder::of(trace)?.count)).collect();
        let most = orders.iter().max().copied().unwrap_or_default();
        assert_eq!([kept.traces.len(), orders.len(), most as usize], expected, "{}", path.display());
    }
}

const KEYS: &[&str] = &[
    "question",
    "reasoning_steps",
    "states",
    "info",
    "children",
    "tree",
    "nodes",
    "edges",
    "id",
    "parent_id",
    "text",
    "rstar",
    "trace",
    "rollout_id",
    "content",
    "value_samples",
    "policy_samples",
    "prompt_answer",
    "label",
    "steps",
    "ys",
    "actions",
    "env_step",
    "win",
    "answer_generation",
    "query",
    "answer",
    "logs",
];

proptest! {
    #![proptest_config(ProptestConfig::with_cases(100))]

    #[test]
    fn trees_of_any_values_never_panic(
        keys in prop::collection::hash_map(prop::sample::select(KEYS), 0..9_usize, 0..12),
    ) {
        let values = [
            json!(null), json!("q"), json!(-1), json!([]), json!([{"id": 1, "parent_id": 1, "text": "a"}, null, ["a"]]),
            json!({"0": {"text": "a", "user_question": 1, "ost_step": {"x": 1}}, "0.1": {"text": "b"}}),
            json!({"tree": {"node_type": "Action", "children": [{"children": [{}], "node_type": "Action Input"}]}}),
            json!([{"nodes": {"1": {"id": 1}}, "edges": [{"source": 1, "target": 1}], "ys": [], "new_ys": [1, "a"]}]),
            json!({"info": {"value": "x"}, "children": {"a": {"children": {}}}, "answer_details": [{"next": [{}, 1]}]}),
        ];
        let row: Value = keys.iter().map(|(key, value)| ((*key).to_owned(), values[*value].clone())).collect::<serde_json::Map<_, _>>().into();
        read_bytes("x", json!([row, row]).to_string()).0.ok();
        let sample = Sample { rows: vec![row.clone()], in_list: true, ..Sample::default() };
        for importer in importers() {
            importer.recognise(&sample);
            importer.read_row(row.clone(), &sample).ok();
            importer.read_row(json!([row, null, row]), &sample).ok();
            importer.continues(std::slice::from_ref(&row), &row);
        }
    }
}

/// What leads to a step, its own text last.
fn path_texts(trace: &Trace, step: u32) -> Vec<&str> {
    let path = trace.tree().path_to(&trace.steps, step);
    path.into_iter().map(|at| trace.steps[at as usize].text.as_str()).collect()
}

/// The paths of the trees are the texts of the files, which hold them whole.
#[test]
fn published_paths_read_back() {
    let read_all = |path: &std::path::Path| -> Vec<Trace> {
        let mut kept = Kept::default();
        read(&[path.to_path_buf()], &ImportOptions::default(), &foreground(), &mut kept).unwrap();
        kept.traces.into_iter().map(|(_, trace)| trace).collect()
    };
    let raw = |path: &std::path::Path| -> Value { serde_json::from_slice(&fs::read(path).unwrap()).unwrap() };
    let steps = |trace: &Trace| 0..u32::try_from(trace.steps.len()).unwrap();
    let bfs = "tree_of_thought/game24/gpt-4_0.7_propose1_value3_greedy5_start900_end1000.json";
    if let Some(path) = published(bfs) {
        for (trace, row) in read_all(&path).iter().zip(raw(&path).as_array().unwrap()) {
            let layers = row["steps"].as_array().unwrap().iter();
            let proposed: Vec<&Value> = layers.flat_map(|layer| layer["new_ys"].as_array().unwrap()).collect();
            let made: Vec<String> = steps(trace).map(|step| path_texts(trace, step).concat()).collect();
            assert_eq!(json!(proposed), json!(made));
            let leaf = trace.steps.iter().rposition(|step| step.on_path).unwrap();
            assert_eq!(row["ys"][0], made[leaf].as_str());
        }
    }
    if let Some(path) = published("tree_of_thought/crosswords/infoss_dfs_prune.json") {
        for (trace, game) in read_all(&path).iter().zip(raw(&path).as_array().unwrap()) {
            let moves: Vec<Value> =
                game.as_array().unwrap().iter().map(|position| position["actions"].clone()).collect();
            let made: Vec<Value> = steps(trace).map(|step| json!(path_texts(trace, step))).collect();
            assert_eq!(moves, made);
        }
    }
    let rstar = "rstar_mcts/AMC2024/Phi-3-mini-4k-instruct/2024-11-15_14-17-43---[amc]/answer_sheets";
    if let Some(folder) = published(rstar) {
        let traces = read_all(&folder);
        let sheets = ["Question 0000 - Final Solutions.json", "Question 0001 - Final Solutions.json"];
        for (trace, sheet) in traces.iter().zip(sheets) {
            let known: Vec<Vec<&str>> = steps(trace).map(|step| path_texts(trace, step)).collect();
            for row in raw(&folder.join(sheet)).as_array().unwrap() {
                // Every text of the path, in any order of keys, is on one path of the tree.
                let mut texts = Vec::new();
                strings(&row["trace"], &mut texts);
                texts.retain(|text| *text != trace.problem.text());
                let mut sorted = texts.clone();
                sorted.sort_unstable();
                let same = |path: &&Vec<&str>| {
                    let mut path = (*path).clone();
                    path.sort_unstable();
                    path == sorted
                };
                assert!(known.iter().any(|path| same(&path)), "{texts:?}");
            }
        }
    }
}

fn strings<'a>(value: &'a Value, found: &mut Vec<&'a str>) {
    match value {
        Value::String(text) => found.push(text),
        Value::Array(list) => list.iter().for_each(|value| strings(value, found)),
        Value::Object(map) => map.values().for_each(|value| strings(value, found)),
        _ => {}
    }
}
