//! The exact rows of the formats.

use serde_json::{Value, json};

use crate::export::format_by_name;
use crate::model::{
    ChatMessage, Critique, ImportedScore, Label, Problem, Prompt, ScoreKind, StepHash, StepKind, TraceBuilder, Verdict,
    WrittenStep,
};

use super::source::{Project, chain, import, options, tree, tree as tree_of};

fn rows(project: &Project, format: &str) -> Vec<Value> {
    project.preview(&options(format, &[])).sample.iter().map(|line| serde_json::from_str(line).unwrap()).collect()
}

#[test]
fn trl_stepwise_row() {
    let project = Project::of(chain(3)).label("", Some(1));
    let preview = project.preview(&options("trl-stepwise", &[]));
    assert_eq!(preview.sample, [r#"{"prompt":"1+1?","completions":["a","b"],"labels":[true,false]}"#]);
    assert_eq!((preview.counts.get("good"), preview.counts.get("bad")), (1, 1));
    assert_eq!(preview.labels.unwrap().to_string(), "own:ann");
}

#[test]
fn trl_stepwise_rows_have_the_same_columns_and_types() {
    let mut project = Project::of(chain(3)).label("", Some(-1));
    let mut other = Project::of(tree(&[(None, "x"), (Some(0), "y")])).label("+-", None);
    project.traces.append(&mut other.traces);
    let said = other.said.into_values().next().unwrap();
    project.said.values_mut().next().unwrap().extend(said);
    let rows = rows(&project, "trl_stepwise");
    assert_eq!(rows.len(), 2);
    for row in rows {
        let row = row.as_object().unwrap();
        assert_eq!(row.keys().collect::<Vec<_>>(), ["prompt", "completions", "labels"]);
        assert!(row["prompt"].is_string());
        assert!(row["completions"].as_array().unwrap().iter().all(Value::is_string));
        assert!(row["labels"].as_array().unwrap().iter().all(Value::is_boolean));
    }
}

#[test]
fn processbench_row() {
    let project = Project::of(chain(3)).label("", Some(1));
    let expected =
        r#"{"id":"t","generator":"m","problem":"1+1?","steps":["a","b","c"],"final_answer_correct":false,"label":1}"#;
    assert_eq!(project.preview(&options("processbench", &[])).sample, [expected]);
    let all_good = Project::of(chain(2)).label("", Some(-1));
    assert_eq!(rows(&all_good, "processbench")[0]["label"], json!(-1));
    assert_eq!(all_good.preview(&options("processbench", &[])).counts.get("no_error"), 1);
}

#[test]
fn processbench_ids_stay_unique() {
    let mut project = Project::of(chain(2)).label("", Some(-1));
    project.traces.push(project.traces[0].clone());
    let ids: Vec<Value> = rows(&project, "processbench").iter().map(|row| row["id"].clone()).collect();
    assert_eq!(ids, [json!("t"), json!("t-2")]);
}

#[test]
fn processbench_needs_an_outcome() {
    let mut project = Project::of(chain(2)).label("", Some(-1));
    project.traces[0].outcome.verdict = Verdict::Unknown;
    let preview = project.preview(&options("processbench", &[]));
    assert_eq!(
        (preview.rows, preview.left_out[0].reason.as_str()),
        (0, "whether the final answer is right is not known")
    );
}

#[test]
fn a_chat_prompt_becomes_one_text() {
    let message = |role: &str, content: &str| ChatMessage { role: role.into(), content: content.into() };
    let prompt = Prompt::Messages(vec![message("system", "Be brief."), message("user", "1+1?")]);
    let trace = TraceBuilder::new(Problem { prompt, ..Problem::default() }).thought("2").build();
    assert_eq!(rows(&Project::of(trace).label("+", None), "trl_stepwise")[0]["prompt"], json!("1+1?"));
}

#[test]
fn steps_that_spoil_a_row_are_refused() {
    let check = |text: &str, expected: &str| {
        let trace = TraceBuilder::new(Problem::from_text("1+1?")).thought("a").thought(text).build();
        let preview = Project::of(trace).label("++", None).preview(&options("trl_stepwise", &[]));
        let reasons: Vec<&str> = preview.left_out.iter().map(|one| one.reason.as_str()).collect();
        assert_eq!(reasons.join(""), expected, "{text:?}");
    };
    check("b", "");
    check(" \n\t", "step 2 has no text");
    check("b\n", "step 2 ends with the step separator");
    check("\nb", "step 2 begins with the step separator");
    check("b\nc", "");
}

#[test]
fn lines_of_others_are_checked() {
    let check = |format: &str, line: &str, expected: &str| {
        let checked = format_by_name(format).unwrap().check(line, &options(format, &[]).policy);
        assert_eq!(checked.map_err(|o| o.reason).err().unwrap_or_default(), expected, "{line}");
    };
    check("trl_stepwise", r#"{"prompt":"p","completions":["a"],"labels":[true]}"#, "");
    check("trl_stepwise", r#"{"prompt":"p","completions":["a"],"labels":[]}"#, "1 steps, but 0 labels");
    check("trl_stepwise", r#"{"prompt":"p","completions":[],"labels":[]}"#, "there are no steps");
    let line = |label: i64| {
        format!(
            r#"{{"id":"i","generator":"g","problem":"p","steps":["a"],"final_answer_correct":true,"label":{label}}}"#
        )
    };
    check("processbench", &line(0), "");
    check("processbench", &line(1), "label 1 is outside -1..1");
    check("processbench", &line(-2), "label -2 is outside -1..1");
    let float = r#"{"prompt":"p","completions":["a"],"labels":[0.7]}"#;
    assert!(format_by_name("trl_stepwise").unwrap().check(float, &options("trl_stepwise", &[]).policy).is_err());
}

#[test]
fn math_shepherd_row() {
    let project = Project::of(chain(3)).label("", Some(1));
    let expected =
        r#"{"input":"1+1? Step 1: a ки\nStep 2: b ки","label":"1+1? Step 1: a +\nStep 2: b -","task":"unknown"}"#;
    let preview = project.preview(&options("math-shepherd", &[]));
    assert_eq!(preview.sample, [expected]);
    assert_eq!((preview.counts.get("good"), preview.counts.get("bad")), (1, 1));
    let masked = project.preview(&options("math_shepherd", &[("after_error", "mask")]));
    assert_eq!(masked.sample, [expected], "what is masked at the end is cut");
}

#[test]
fn math_shepherd_refuses_what_it_would_lose() {
    let check = |problem: &str, steps: [&str; 2], expected: &str| {
        let trace = TraceBuilder::new(Problem::from_text(problem)).thought(steps[0]).thought(steps[1]).build();
        let preview = Project::of(trace).label("+-", None).preview(&options("math_shepherd", &[]));
        let reasons: Vec<&str> = preview.left_out.iter().map(|one| one.reason.as_str()).collect();
        assert_eq!(reasons.join(""), expected, "{problem:?} {steps:?}");
    };
    check("p", ["a", "Step 2: b"], "");
    check("p", ["a", "книги"], "");
    check("p", ["a", "руки"], "step 2 holds `ки`, the marker of the format");
    check("p ки", ["a", "b"], "the problem holds `ки` or `Step 1:`, by which the format finds the steps");
    check("p Step 1: a", ["a", "b"], "the problem holds `ки` or `Step 1:`, by which the format finds the steps");
    check("p", ["a Step 1: b", "b"], "step 1 holds `Step 1:`, by which the format finds the first step");
    check("p", ["a", "Step 2:"], "step 2 has no text");
    check(" ", ["a", "b"], "the problem is empty");
}

#[test]
fn rlhflow_row_under_each_of_its_names() {
    let project = Project::of(chain(2)).label("+-", None);
    let check = |keys: &str, expected: &str| {
        let preview = project.preview(&options("rlhflow_chat", &[("chat_keys", keys), ("headings", "keep")]));
        assert_eq!(preview.sample, [expected]);
    };
    check(
        "conversations",
        r#"{"conversations":[{"role":"user","content":"1+1? a"},{"role":"assistant","content":"+"},{"role":"user","content":"b"},{"role":"assistant","content":"-"}]}"#,
    );
    check(
        "sharegpt",
        r#"{"conversations":[{"from":"human","value":"1+1? a"},{"from":"gpt","value":"+"},{"from":"human","value":"b"},{"from":"gpt","value":"-"}]}"#,
    );
    let messages = project.preview(&options("rlhflow_chat", &[("chat_keys", "messages")])).sample;
    assert!(messages[0].starts_with(r#"{"messages":[{"role":"user","content":"1+1? Step 1: a"}"#));
}

#[test]
fn unpaired_rows_per_step_and_per_trace() {
    let project = Project::of(chain(3)).label("+-", None);
    let preview = project.preview(&options("trl_unpaired", &[]));
    let expected = [
        r#"{"prompt":"1+1?\n","completion":"a","label":true}"#,
        r#"{"prompt":"1+1?\na\n","completion":"b","label":false}"#,
    ];
    assert_eq!(preview.sample, expected);
    assert_eq!((preview.counts.get("wanted"), preview.counts.get("unwanted")), (1, 1));
    let whole = project.preview(&options("trl_unpaired", &[("per", "trace")]));
    assert_eq!(whole.sample, [r#"{"prompt":"1+1?\n","completion":"a\nb\nc","label":false}"#]);
    let tree = Project::of(tree(&[(None, "x"), (Some(0), "y"), (Some(0), "u")])).label("++-", None);
    assert_eq!(rows(&tree, "trl_unpaired").len(), 3, "a step that two paths share is a row once");
}

#[test]
fn prm800k_row_of_a_chain() {
    let project = Project::of(chain(3)).label("+-", None);
    let row = rows(&project, "prm800k").remove(0);
    assert_eq!((&row["generation"], &row["label"]["finish_reason"]), (&json!(0), &json!("found_error")));
    assert_eq!(row["question"]["pre_generated_steps"], json!(["a", "b", "c"]));
    let position = |text: &str, rating: i8, chosen: Value| {
        let one = json!({"text": text, "rating": rating, "flagged": false});
        json!({"completions": [one], "human_completion": null, "chosen_completion": chosen})
    };
    assert_eq!(row["label"]["steps"], json!([position("a", 1, json!(0)), position("b", -1, Value::Null)]));
    let all = rows(&Project::of(chain(2)).label("+0", None), "prm800k").remove(0);
    assert_eq!(all["label"]["finish_reason"], "solution");
    let unsure = rows(&Project::of(chain(2)).label("+?", None), "prm800k").remove(0);
    assert_eq!(unsure["label"]["steps"][1]["completions"][0], json!({"text": "b", "rating": null, "flagged": true}));
}

#[test]
fn prm800k_row_with_a_written_step_and_of_a_tree() {
    let mut project = Project::of(chain(2)).label("+-", None);
    let first = project.traces[0].steps[0].hash.clone();
    let written = WrittenStep {
        id: StepHash::written(1),
        parent: Some(first),
        text: "w".into(),
        kind: StepKind::Thought,
        replaces: Some(project.traces[0].steps[1].hash.clone()),
        taken_from: None,
    };
    project.says("ann").labels = [Label::Written(written)].into_iter().collect();
    let row = rows(&project, "prm800k").remove(0);
    assert_eq!((&row["generation"], &row["label"]["finish_reason"]), (&Value::Null, &json!("solution")));
    let human = json!({"text": "w", "rating": null, "source": "human", "flagged": false});
    assert_eq!(row["label"]["steps"][1]["human_completion"], human);
    assert_eq!(row["label"]["steps"][1]["completions"][0]["rating"], -1);
    // What hangs on a candidate that was not chosen has no place.
    let tree = [(None, "x"), (Some(0), "y"), (Some(0), "u"), (Some(2), "v")];
    let preview = Project::of(tree_of(&tree)).label("++++", None).preview(&options("prm800k", &[]));
    assert_eq!(preview.left_out[0].reason, "step 4 is judged on a branch that the format cannot hold");
    let siblings = rows(&Project::of(tree_of(&tree)).label("++- ", None), "prm800k").remove(0);
    assert_eq!(siblings["label"]["steps"][1]["completions"].as_array().unwrap().len(), 2);
}

#[test]
fn the_step_table_has_every_step_and_every_score() {
    let mut trace = chain(2);
    trace.scores = vec![ImportedScore { step: Some(0), name: "q".into(), kind: ScoreKind::Value, value: 0.25 }];
    let mut other = tree_of(&[(None, "x"), (Some(0), "y")]);
    other.id = crate::model::TraceId::new("other");
    let mut project = Project::of(trace).label("+-", None);
    project.traces.push(other);
    let preview = project.preview(&options("steps", &[]));
    let rows: Vec<Value> = preview.sample.iter().map(|line| serde_json::from_str(line).unwrap()).collect();
    let columns = ["trace", "problem", "generator", "outcome", "step", "parent", "kind", "text", "label", "score.q"];
    assert!(rows.iter().all(|row| row.as_object().unwrap().keys().eq(columns)));
    let said: Vec<String> =
        rows.iter().map(|r| format!("{} {} {} {}", r["step"], r["parent"], r["label"], r["score.q"])).collect();
    assert_eq!(said, [r#"0 -1 "good" 0.25"#, r#"1 0 "bad" null"#, r#"0 -1 "" null"#, r#"1 0 "" null"#]);
    assert_eq!((preview.counts.get("good"), preview.counts.get("unlabelled")), (1, 2));
}

#[test]
fn critiques_of_the_annotator() {
    let mut project = Project::of(chain(3)).label("+-", None);
    let refused = project.preview(&options("critique_sft", &[]));
    assert_eq!(refused.left_out[0].reason, "nothing is said of it in words");
    let words = |by: &str, text: &str, accepted| {
        Label::Critique(Critique { by: by.into(), text: text.into(), accepted, ..Critique::default() })
    };
    let hashes: Vec<StepHash> = project.traces[0].steps.iter().map(|step| step.hash.clone()).collect();
    let said = |project: &mut Project, step: usize, labels: Vec<Label>| {
        let of_step = project.says("ann").steps.entry(hashes[step].clone()).or_default();
        of_step.labels = labels.into_iter().collect();
    };
    said(&mut project, 1, vec![words("", "It is 2.", false), words("judge", "not mine", false)]);
    let row = rows(&project, "critique_sft").remove(0);
    let expected = json!({
        "messages": [
            {"role": "user", "content": "1+1?\n\nStep 1: a\nStep 2: b\nStep 3: c"},
            {"role": "assistant", "content": "It is 2.\n\n\\boxed{1}"},
        ],
        "verdict": {"first_error": 1, "base": 0, "labels": [true, false, null]},
        "id": "t",
    });
    assert_eq!(row, expected);
    said(&mut project, 0, vec![words("judge", "Fine.", true)]);
    let flat = project.preview(&options("critique_sft", &[("critique_layout", "flat"), ("verdict_line", "yes_no")]));
    let flat: Value = serde_json::from_str(&flat.sample[0]).unwrap();
    assert_eq!(flat["critique"], "Step 1: Fine.\n\nStep 2: It is 2.\n\nIs the solution correct? No");
    said(&mut project, 0, Vec::new());
    said(&mut project, 1, vec![words("", "So \\boxed{0}.", false)]);
    let clash = project.preview(&options("critique_sft", &[]));
    assert_eq!(clash.left_out[0].reason, "the words come to `0`, the verdict to `\\boxed{1}`");
}

#[test]
fn a_table_of_steps_has_columns_for_words_where_there_are_any() {
    let mut project = Project::of(chain(2)).label("+-", None);
    let keys = |project: &Project| rows(project, "steps")[0].as_object().unwrap().keys().cloned().collect::<Vec<_>>();
    assert!(!keys(&project).iter().any(|key| ["rationale", "note", "critique"].contains(&key.as_str())));
    import(&mut project.traces[0], "human", "++");
    project.traces[0].labels[1].rationale = Some("the sum is wrong".into());
    let second = project.traces[0].steps[1].hash.clone();
    let said = project.says("ann").steps.get_mut(&second).unwrap();
    said.note = "look again".into();
    let critique = |by: &str, text: &str| {
        Label::Critique(Critique { by: by.into(), text: text.into(), rating: None, accepted: false })
    };
    said.labels = [critique("", "It adds twice."), critique("judge", "Nonsense.")].into_iter().collect();
    let rows = rows(&project, "steps");
    assert_eq!((&rows[0]["rationale"], &rows[0]["note"], &rows[0]["critique"]), (&json!(""), &json!(""), &json!("")));
    let words = (&rows[1]["rationale"], &rows[1]["note"], &rows[1]["critique"]);
    assert_eq!(words, (&json!("the sum is wrong"), &json!("look again"), &json!("It adds twice.")));
}
