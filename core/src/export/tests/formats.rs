//! The exact rows of the formats.

use serde_json::{Value, json};

use crate::export::format_by_name;
use crate::model::{ChatMessage, Problem, Prompt, TraceBuilder, Verdict};

use super::source::{Project, chain, options, tree};

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
