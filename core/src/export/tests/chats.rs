//! Rows of messages: single answers, calls of tools and their results, corrected trajectories.

use std::fs;

use serde_json::{Value, json};

use crate::export::format_by_name;
use crate::import::{ImportOptions, each_trace};
use crate::job::JobContext;
use crate::model::{
    ChatMessage, ImportedValue, Label, Problem, Prompt, Step, StepHash, StepKind, StepRating, ToolCall, Trace,
    TraceBuilder, Verdict, WrittenStep,
};

use super::source::{Project, chain, import, options};

/// The rows, then why others are none.
fn rows(project: &Project, format: &str, policy: &[(&str, &str)]) -> Vec<Value> {
    let preview = project.preview(&options(format, policy));
    let rows = preview.sample.iter().map(|line| serde_json::from_str(line).unwrap());
    rows.chain(preview.left_out.iter().map(|one| json!(one.reason))).collect()
}

fn again(rows: &[Value], format: &str) -> Vec<Trace> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("rows.jsonl");
    let lines: Vec<String> = rows.iter().map(Value::to_string).collect();
    fs::write(&path, lines.join("\n")).unwrap();
    let options = ImportOptions { format: Some(format.into()), ..ImportOptions::default() };
    let mut traces = Vec::new();
    each_trace(&[path], &options, &JobContext::foreground(None), &mut |trace| {
        traces.push(trace);
        Ok(())
    })
    .unwrap();
    traces
}

/// A run with a call, its result and an answer, labelled by `signs`; the last step says `end`.
fn agent(name: &str, end: &str, signs: &str) -> Trace {
    let prompt = Prompt::Messages(vec![
        ChatMessage { role: "system".into(), content: "Be brief.".into() },
        ChatMessage { role: "user".into(), content: "Weather?".into() },
    ]);
    let mut builder = TraceBuilder::new(Problem { prompt, ..Problem::default() }).source_id(name).generator("m");
    builder.chain(StepKind::Thought, "look it up");
    let tool = ToolCall { name: "get".into(), arguments: r#"{"city": "Rome"}"#.into(), call_id: Some("c1".into()) };
    let call = builder.push_tool_call(Some(0), "get({})".into(), tool);
    let result = ToolCall { name: "get".into(), arguments: String::new(), call_id: Some("c1".into()) };
    builder.push(Step {
        parent: Some(call),
        kind: StepKind::ToolResult,
        text: "sun".into(),
        author: Some("get".into()),
        tool: Some(result),
        on_path: true,
        ..Step::default()
    });
    builder.chain(StepKind::Message, end);
    builder.trace_mut().metadata.insert("tools".into(), json!([{"type": "function", "function": {"name": "get"}}]));
    let mut trace = builder.build();
    import(&mut trace, "human", signs);
    trace
}

fn call(arguments: &Value) -> Value {
    json!({"role": "assistant", "content": "look it up",
        "tool_calls": [{"id": "c1", "type": "function", "function": {"name": "get", "arguments": arguments}}]})
}

#[test]
fn single_answers_as_messages() {
    let project = Project::of(chain(3)).label("+-", None);
    let made = rows(&project, "trl_unpaired_chat", &[]);
    let prompt = json!([{"role": "user", "content": "1+1?"}]);
    let answer = |text: &str| json!([{"role": "assistant", "content": text}]);
    let expected = [
        json!({"prompt": prompt, "completion": answer("a"), "label": true}),
        json!({"prompt": prompt, "completion": answer("a\nb"), "label": false}),
    ];
    assert_eq!(made, expected);
    let whole = rows(&project, "trl_unpaired_chat", &[("per", "trace")]);
    assert_eq!(whole, [json!({"prompt": prompt, "completion": answer("a\nb\nc"), "label": false})]);
    let back = again(&made, "unpaired");
    let said: Vec<ImportedValue> = back.iter().map(|trace| trace.labels[0].value).collect();
    assert_eq!(said, [StepRating::Good, StepRating::Bad].map(ImportedValue::Rating));
    assert_eq!(back[1].steps[0].text, "a\nb");
    let format = format_by_name("trl_unpaired_chat").unwrap();
    let check = |row: Value, expected: &str| {
        let policy = format.recognise(row.as_object().unwrap()).unwrap();
        let said = format.check(&row.to_string(), &policy).map_err(|o| o.reason).err().unwrap_or_default();
        assert_eq!(said, expected, "{row}");
    };
    check(
        json!({"prompt": answer("a"), "completion": answer("a"), "label": true}),
        "the prompt ends with a message of `assistant`, not of the user or a tool",
    );
    check(
        json!({"prompt": prompt, "completion": prompt, "label": true}),
        "`completion` does not begin with a message of the assistant",
    );
    check(json!({"prompt": prompt, "completion": answer(" "), "label": true}), "the completion has no text");
}

#[test]
fn calls_and_results_are_messages_of_their_own() {
    let project = Project::of(agent("r", "It is sunny.", "+++-"));
    let said = rows(&project, "trl_unpaired_chat", &[]);
    assert!(said[1].as_str().unwrap().contains("choose tools messages"), "{said:?}");
    let made = rows(&project, "trl_unpaired_chat", &[("tools", "messages")]);
    let asked = [json!({"role": "system", "content": "Be brief."}), json!({"role": "user", "content": "Weather?"})];
    let result = json!({"role": "tool", "content": "sun", "tool_call_id": "c1", "name": "get"});
    let object = json!({"city": "Rome"});
    let tools = json!("[{\"type\":\"function\",\"function\":{\"name\":\"get\"}}]");
    assert_eq!(made.len(), 3, "the result is no answer");
    assert_eq!(made[1], json!({"prompt": asked, "completion": [call(&object)], "label": true, "tools": tools}));
    let before = [&asked[..], &[call(&object), result]].concat();
    let last = json!([{"role": "assistant", "content": "It is sunny."}]);
    assert_eq!(made[2], json!({"prompt": before, "completion": last, "label": false, "tools": tools}));
    let text = rows(&project, "trl_unpaired_chat", &[("tools", "messages"), ("tool_arguments", "text")]);
    assert_eq!(text[1]["completion"], json!([call(&json!(r#"{"city": "Rome"}"#))]));
    let whole = rows(&project, "trl_unpaired_chat", &[("tools", "messages"), ("per", "trace")]);
    assert_eq!(
        (whole[0]["prompt"].as_array().unwrap().len(), whole[0]["completion"].as_array().unwrap().len()),
        (2, 3)
    );
}

#[test]
fn pairs_of_runs_share_what_a_tool_said() {
    let mut project = Project::of(agent("a", "It is sunny.", "++++"));
    project.traces.push(agent("b", "No idea.", "+++-"));
    let made = rows(&project, "trl_preference_chat", &[("tools", "messages"), ("pairs", "first_error")]);
    let last = |text: &str| json!([{"role": "assistant", "content": text}]);
    assert_eq!((&made[0]["chosen"], &made[0]["rejected"]), (&last("It is sunny."), &last("No idea.")));
    assert_eq!(made[0]["prompt"].as_array().unwrap().last().unwrap()["role"], "tool");
    assert!(made[0]["tools"].as_str().unwrap().starts_with("[{"), "{}", made[0]["tools"]);
    let back = again(&made, "preference");
    assert_eq!(back.len(), 2);
    let mut broken = made[0].clone();
    broken["prompt"][2]["tool_calls"] = Value::Null;
    let format = format_by_name("trl_preference_chat").unwrap();
    let policy = format.recognise(broken.as_object().unwrap()).unwrap();
    let said = format.check(&broken.to_string(), &policy).unwrap_err().reason;
    assert_eq!(said, "message 3 (from 0) is the result of a tool that follows no call");
}

/// A chain `a`, `b`, `c` whose second step is wrong, with what was written in its place.
fn rewritten() -> Project {
    let mut project = Project::of(chain(3)).label("+-", None);
    let trace = &project.traces[0];
    let (first, wrong) = (trace.steps[0].hash.clone(), trace.steps[1].hash.clone());
    let said = project.says("ann");
    let written = StepHash::written(1);
    let step = |(id, parent, text, replaces): (StepHash, StepHash, &str, Option<StepHash>)| {
        let (parent, taken_from, text) = (Some(parent), None, text.into());
        Label::Written(WrittenStep { id, parent, text, kind: StepKind::Thought, replaces, taken_from })
    };
    let better = (written.clone(), first, "better", Some(wrong.clone()));
    said.labels = [better, (StepHash::written(2), written, "done", None)].map(step).into_iter().collect();
    said.steps.entry(wrong).or_default().note = "1 is not 2".into();
    project
}

#[test]
fn a_correction_stands_in_the_place_of_the_error() {
    let project = rewritten();
    let made = &rows(&project, "correction_sft", &[])[0];
    let message = |role: &str, content: &str, weight: u8| json!({"role": role, "content": content, "weight": weight});
    let answer = message("assistant", "a\nbetter\ndone", 1);
    assert_eq!(made["messages"], json!([message("user", "1+1?", 0), answer]));
    assert_eq!(made["loss_mask"], json!([0, 1]));
    let edit = json!({"step": 1, "original": "b", "corrected": "better", "reason": "1 is not 2"});
    assert_eq!(made["edits"], json!([edit]));
    assert_eq!((&made["meta"]["rule"], made.get("tools")), (&json!("rewrite"), None));
    let kept = &rows(&project, "correction_sft", &[("wrong_steps", "keep"), ("loss_as", "train")])[0];
    let message = |content: &str, train: bool| json!({"role": "assistant", "content": content, "train": train});
    let expected = [message("a", true), message("b", false), message("better\ndone", true)];
    assert_eq!(kept["messages"].as_array().unwrap()[1..], expected);
    assert_eq!(kept["loss_mask"], json!([0, 1, 0, 1]));
    let texts = &rows(&project, "correction_sft", &[("loss_as", "completion")])[0];
    assert_eq!((&texts["prompt"], &texts["completion"]), (&json!("1+1?\na"), &json!("\nbetter\ndone")));
    let step = &rows(&project, "correction_sft", &[("completion", "step")])[0];
    assert_eq!(step["messages"][1]["content"], "a\nbetter");
    let back = again(std::slice::from_ref(made), "chat");
    assert_eq!((back[0].problem.text().as_ref(), back[0].steps[0].text.as_str()), ("1+1?", "a\nbetter\ndone"));
}

#[test]
fn another_attempt_or_the_data_corrects_as_well() {
    let mut wrong = chain(2);
    import(&mut wrong, "human", "+-");
    wrong.labels[1].correction = Some("so 2".into());
    wrong.labels[1].rationale = Some("it is 2".into());
    let made = &rows(&Project::of(wrong.clone()), "correction_sft", &[])[0];
    assert_eq!(made["messages"][1], json!({"role": "assistant", "content": "a\nso 2", "weight": 1}));
    assert_eq!(made["edits"][0]["reason"], "it is 2");
    wrong.labels[1].correction = None;
    let builder = TraceBuilder::new(Problem::from_text("1+1?")).source_id("u").verdict(Verdict::Correct);
    let mut right = ["a", "x", "y", "z"].iter().fold(builder, |builder, text| builder.thought(*text)).build();
    import(&mut right, "human", "++0-");
    let mut project = Project::of(wrong);
    project.traces.push(right);
    let made = &rows(&project, "correction_sft", &[])[0];
    assert_eq!(made["messages"][1]["content"], "a\nx\ny", "up to what is wrong itself");
    project.traces.remove(0);
    assert!(rows(&project, "correction_sft", &[])[0].as_str().unwrap().contains("gave no pair"));
}

#[test]
fn corrected_runs_call_tools() {
    let mut project = Project::of(agent("a", "It is sunny.", "++++"));
    project.traces.push(agent("b", "No idea.", "+++-"));
    let made = &rows(&project, "correction_sft", &[("tools", "messages"), ("wrong_steps", "keep")])[0];
    assert_eq!(made["loss_mask"], json!([0, 0, 1, 0, 0, 1]));
    let roles: Vec<&str> =
        made["messages"].as_array().unwrap().iter().map(|one| one["role"].as_str().unwrap()).collect();
    assert_eq!(roles, ["system", "user", "assistant", "tool", "assistant", "assistant"]);
    let format = format_by_name("correction_sft").unwrap();
    let check = |change: &dyn Fn(&mut Value), expected: &str| {
        let mut row = made.clone();
        change(&mut row);
        let policy = format.recognise(row.as_object().unwrap()).unwrap();
        let said = format.check(&row.to_string(), &policy).map_err(|o| o.reason).err().unwrap_or_default();
        assert_eq!(said, expected);
    };
    check(&|_| (), "");
    check(&|row| row["loss_mask"] = json!([1]), "6 messages, but 1 entries in `loss_mask`");
    check(&|row| row["loss_mask"][4] = json!(1), "message 4 (from 0) is marked otherwise than `loss_mask` says");
    check(
        &|row| {
            row["loss_mask"][3] = json!(1);
            row["messages"][3]["weight"] = json!(1);
        },
        "message 3 (from 0) is by `tool`, but learned from",
    );
    check(&|row| row["edits"] = json!([]), "`edits` is empty, so nothing was put right");
    check(&|row| row["edits"][0]["corrected"] = json!("No idea."), "both sides say the same");
}
