//! Logs of evaluation and observation tools: one case per trap, and the published files counted.

use serde_json::{Value, json};

use super::published::published;
use super::*;
use crate::model::{Prompt, Step, StepFlag, Verdict};

fn kinds(trace: &Trace) -> Vec<&str> {
    trace.steps.iter().map(|step| step.kind.name()).collect()
}

fn asked(trace: &Trace) -> Vec<(&str, &str)> {
    match &trace.problem.prompt {
        Prompt::Text(text) => vec![("", text.as_str())],
        Prompt::Messages(messages) => messages.iter().map(|m| (m.role.as_str(), m.content.as_str())).collect(),
    }
}

fn fact<'a>(step: &'a Step, key: &str) -> &'a Value {
    step.metadata.get(key).unwrap_or(&Value::Null)
}

fn many(value: &Value) -> Vec<Trace> {
    read_json(value).traces.into_iter().map(|(_, trace)| trace).collect()
}

const HASH: &str = "0123456789abcdef0123456789abcdef";

/// A log with one sample, in which much that may occur does.
fn inspect_log() -> Value {
    let answer = json!({"id": "m2", "role": "assistant", "model": "tiny-1", "content": [
        {"type": "reasoning", "reasoning": "hidden", "summary": "adds", "redacted": true},
        {"type": "text", "text": "I add."}],
        "tool_calls": [{"id": "c1", "function": "add", "arguments": {"a": 1}, "type": "function"}]});
    let helper = json!({"id": "h1", "role": "assistant", "content": "help: 2"});
    json!({"version": 2, "status": "success", "eval": {"model": "x/tiny", "task": "sums", "run_id": "r"}, "plan": {},
    "samples": [{
        "id": 7, "epoch": 2, "input": "1+1?", "choices": ["1", "2"], "target": ["2", "two"],
        "messages": [
            {"id": "m0", "role": "system", "content": "Be brief."},
            {"id": "m1", "role": "user", "content": [{"type": "text", "text": format!("attachment://{HASH}")},
                {"type": "image", "image": "data:x"}]},
            answer,
            {"id": "m3", "role": "tool", "tool_call_id": "c1", "function": "add", "content": "\"2\"",
                "error": {"type": "timeout", "message": "slow"}},
            {"id": "m4", "role": "assistant", "content": "2"}],
        "scores": {"match": {"value": "C", "explanation": "2"}, "model_graded_qa": {"value": "P", "explanation": "partly"},
            "parts": {"value": {"a": 0.5, "b": "Infinity"}}},
        "attachments": {HASH: "1+1, please?"},
        "message_pool": [{"id": "h0", "role": "user", "content": "help me"}],
        "events": [
            {"event": "span_begin", "id": "s", "type": "scorer", "name": "g"},
            {"event": "model", "timestamp": "2025-01-01T00:00:00Z", "completed": "2025-01-01T00:00:01.5Z", "input": [],
                "output": {"choices": [{"message": answer, "stop_reason": "tool_calls"}], "usage": {"input_tokens": 9}}},
            {"event": "tool", "id": "c1", "timestamp": "2025-01-01T00:00:02Z", "result": "again"},
            {"event": "model", "input": [], "input_refs": [[0, 1]], "output": {"choices": [{"message": helper}]}},
            {"event": "model", "span_id": "s", "input": [], "output": {"choices": [{"message": {"role": "assistant", "content": "GRADE: C"}}]}},
            {"event": "state", "changes": [{"op": "add", "path": "/messages/0"}, {"op": "add", "path": "/store/x"}]}]
    }]})
}

#[test]
fn inspect_samples_are_read_with_their_events_and_grades() {
    let trace = one(&inspect_log());
    assert_eq!(trace.source_id.as_deref(), Some("7_epoch_2"));
    assert_eq!(trace.generator.as_deref(), Some("x/tiny"));
    assert_eq!(asked(&trace), [("system", "Be brief."), ("user", "1+1, please?\n[image]")], "attachment resolved");
    assert_eq!(trace.problem.answer.as_deref(), Some("2\ntwo"));
    assert_eq!(texts(&trace), ["adds", "I add.", "add({\"a\":1})", "\"2\"", "2", "help me", "help: 2"]);
    assert_eq!(kinds(&trace)[..5], ["thought", "message", "tool_call", "tool_result", "answer"]);
    assert_eq!(trace.steps[3].flags, [StepFlag::Failed]);
    // What a sub-agent said hangs below the call that was made last, off the path.
    assert_eq!(parents(&trace)[4..], [Some(3), Some(3), Some(5)]);
    assert!(!trace.steps[5].on_path && !trace.steps[6].on_path);
    assert_eq!(fact(&trace.steps[0], "duration_s"), 1.5);
    assert_eq!(fact(&trace.steps[0], "input_tokens"), 9);
    assert_eq!(fact(&trace.steps[3], "started_at"), "2025-01-01T00:00:02Z");
    assert_eq!(trace.outcome.verdict, Verdict::Correct);
    assert_eq!(scores(&trace), [(None, 1.0), (None, 0.5), (None, 0.5), (None, f64::INFINITY)]);
    assert_eq!(labels(&trace), ["trace remark model:model_graded_qa P"], "an explanation that is the answer is none");
    let events = trace.metadata["events"].to_string();
    assert!(events.contains("GRADE: C") && events.contains("/store/x") && !events.contains("again"), "{events}");
    assert_eq!(trace.warnings, [] as [&str; 0]);
}

#[test]
fn inspect_samples_lack_many_things() {
    let base =
        || json!({"id": "a", "epoch": 1, "input": "1+1?", "target": "", "output": {"model": "tiny"}, "scores": {}});
    let with = |key: &str, value: Value| {
        let mut row = base();
        row[key] = value;
        if key != "messages" {
            row["messages"] = json!([{"role": "user", "content": "1+1?"}, {"role": "assistant", "content": "2"}]);
        }
        one(&row)
    };
    let plain = with("store", json!({}));
    assert_eq!(
        (asked(&plain), texts(&plain), plain.generator.as_deref()),
        (vec![("", "1+1?")], vec!["2"], Some("tiny"))
    );
    let unasked = with("messages", json!([{"role": "tool", "tool_call_id": "c9", "function": "f", "content": "x"}]));
    assert_eq!(asked(&unasked), [("", "1+1?")]);
    assert_eq!(unasked.warnings, ["the tool result in step 1 answers no call of the trace: c9"]);
    let failed = with("error", json!({"message": "out of memory", "traceback": "…"}));
    assert_eq!((texts(&failed), kinds(&failed)), (vec!["2", "out of memory"], vec!["answer", "note"]));
    let split = with("scores", json!({"a": {"value": "C"}, "b": {"value": "I"}}));
    assert_eq!(split.outcome.verdict, Verdict::Unknown);
    assert!(split.warnings[0].contains("do not agree"), "{:?}", split.warnings);
    let lost = with("setup", json!(format!("attachment://{HASH}")));
    assert!(
        lost.warnings[0].starts_with("1 text refers to attachments") || lost.warnings[0].starts_with("1 text refer")
    );
    let told = with("messages", json!([]));
    assert_eq!(told.warnings, ["nobody answers; the trace has no steps"]);
    let mut row = base();
    row["messages"] = json!([]);
    row["events"] = json!([{"event": "model", "input": [{"role": "user", "content": "1+1?"}],
        "output": {"choices": [{"message": {"role": "assistant", "content": "2"}}]}}]);
    assert_eq!(texts(&one(&row)), ["2"], "the last call stands in for the messages");
}

#[test]
fn an_unpacked_log_is_read_as_one() {
    let mut log = inspect_log();
    let sample = log["samples"].take();
    log.as_object_mut().unwrap().shift_remove("samples");
    let write = |files: &[(&str, &Value)]| {
        let folder = tempfile::tempdir().unwrap();
        for (name, value) in files {
            let path = folder.path().join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, value.to_string()).unwrap();
        }
        let mut kept = Kept::default();
        let report = read(&[folder.path().to_path_buf()], &ImportOptions::default(), &foreground(), &mut kept).unwrap();
        let found = (report.counts.traces, report.counts.merged, report.counts.rejected);
        (found, kept)
    };
    let table = json!([{"id": 7, "epoch": 2}]);
    let (whole, kept) = write(&[
        ("a/header.json", &log),
        ("a/_journal/start.json", &log),
        ("a/_journal/summaries/1.json", &table),
        ("a/summaries.json", &table),
        ("a/samples/7_epoch_2.json", &sample[0]),
    ]);
    assert_eq!((whole, kept.traces[0].1.generator.as_deref()), ((1, 1, 0), Some("x/tiny")));
    let (unfinished, kept) = write(&[("_journal/start.json", &log), ("samples/7_epoch_2.json", &sample[0])]);
    assert_eq!((unfinished, kept.traces[0].1.generator.as_deref()), ((1, 0, 0), Some("x/tiny")));
    let (early, kept) =
        write(&[("b.json", &inspect_log()), ("a/_journal/start.json", &log), ("a/_journal/summaries/1.json", &table)]);
    assert_eq!(early, (1, 1, 1));
    assert!(kept.rejects[0].reason.starts_with("the log holds no samples"), "{:?}", kept.rejects);
}

#[test]
fn logs_without_traces_are_told_by_what_they_are() {
    let mut bare = inspect_log();
    bare["samples"] = json!([]);
    let cases = [
        (bare, "an Inspect log without samples"),
        (json!([{"id": 1, "epoch": 1, "scores": {}}]), "a table of the samples"),
        (json!([{"scorer": "match", "samples": []}]), "a table of the grades"),
        (json!([{"source": "a", "output": "1", "target": "1", "expected": "C"}]), "testing a scorer"),
        (json!({"events": [], "expected": {}}), "what a test expects"),
        (
            json!({"a1": {"input": {"success": false, "error": {}}, "output": {"success": true, "data": []}}}),
            "a test expects",
        ),
    ];
    for (value, expected) in cases {
        let error = read_bytes("x.json", value.to_string()).0.unwrap_err().to_string();
        assert!(error.contains(expected), "{error}");
    }
}

fn observation(
    id: &str,
    parent: Option<&str>,
    kind: &str,
    second: u32,
    input: impl Into<Value>,
    output: impl Into<Value>,
) -> Value {
    json!({"id": id, "parentObservationId": parent, "type": kind, "name": format!("{id}-name"), "model": "tiny",
        "startTime": format!("2025-01-01T00:00:{second:02}Z"), "endTime": format!("2025-01-01T00:00:{:02}Z", second + 1),
        "latency": 999, "input": input.into(), "output": output.into(), "usageDetails": {"input": 3, "output": 4}})
}

#[test]
fn langfuse_observations_are_told_in_the_order_of_time() {
    let question = json!({"role": "user", "content": "1+1?"});
    let call = json!({"role": "assistant", "content": "", "tool_calls": [{"id": "c1", "function": {"name": "add", "arguments": {"a": 1}}}]});
    let result = json!({"role": "tool", "tool_call_id": "c1", "content": "2"});
    let mut tool = observation("t", Some("gone"), "TOOL", 3, json!("{\"a\": 1}"), json!("\"2\""));
    tool["name"] = "execute_tool add".into();
    let row = json!({
    "trace": {"id": "T", "input": "\"later\"", "observations": [], "metadata": "{\"k\": 1}", "scores": [
        {"name": "tone", "value": 0.5, "source": "EVAL", "comment": "kind", "observationId": "g2"},
        {"name": "kind", "value": 1, "stringValue": "friendly", "source": "ANNOTATION"}]},
    "observations": [
        observation("g2", Some("r"), "GENERATION", 5, json!([question, call, result, question]), json!("It is 2.")),
        observation("r", None, "AGENT", 1, Value::Null, Value::Null),
        tool,
        // Double-encoded, as one of two exporters does.
        observation("g1", Some("r"), "GENERATION", 2, json!(json!([question]).to_string()), json!(call.to_string())),
    ]});
    let trace = one(&row);
    assert_eq!(asked(&trace), [("", "1+1?")]);
    assert_eq!(texts(&trace), ["add({\"a\":1})", "2", "1+1?", "It is 2."], "asked twice; the result once");
    assert_eq!(kinds(&trace), ["tool_call", "tool_result", "message", "answer"]);
    assert_eq!(trace.steps[1].tool.as_ref().unwrap().call_id.as_deref(), Some("c1"));
    assert_eq!(trace.warnings, ["span t is below gone, which is not in the log; it was put where its time is"]);
    assert_eq!(trace.steps[0].section.as_deref(), Some("r-name"));
    assert_eq!((fact(&trace.steps[0], "duration_s"), fact(&trace.steps[0], "input_tokens")), (&json!(1.0), &json!(3)));
    assert_eq!(fact(&trace.steps[3], "span_id"), "g2");
    assert_eq!(scores(&trace), [(Some(3), 0.5)]);
    assert_eq!(labels(&trace), ["3 remark model:tone 0.5", "trace tag human friendly"]);
    assert_eq!(trace.metadata["metadata"]["k"], 1);
    assert_eq!(trace.metadata["spans"][0]["span_id"], "r");
}

#[test]
fn observations_in_circles_are_all_shown() {
    let note = |id: &str, parent: &str| observation(id, Some(parent), "SPAN", 1, Value::Null, json!(id));
    let row = json!({"id": "T", "observations": [note("a", "b"), note("b", "a"), note("c", "c"),
        observation("g", None, "GENERATION", 9, json!("Who?"), Value::Null)]});
    let trace = one(&row);
    assert_eq!(texts(&trace), ["the call of the model gave no answer", "c", "b"], "a holds b, so it is a section");
    assert_eq!(asked(&trace), [("", "Who?")]);
    assert_eq!(trace.warnings.len(), 2, "{:?}", trace.warnings);
}

#[test]
fn messages_of_all_libraries_are_understood() {
    let cases = [
        (
            json!({"choices": [{"message": {"role": "assistant", "reasoning_content": "hm", "content": "2"}}]}),
            vec!["hm", "2"],
        ),
        (
            json!({"output": [{"type": "reasoning", "summary": [{"text": "hm"}]},
            {"type": "function_call", "name": "f", "arguments": "{}", "call_id": "c"},
            {"type": "message", "role": "assistant", "content": [{"type": "output_text", "text": "2"}]}]}),
            vec!["hm", "f({})", "2"],
        ),
        (
            json!({"candidates": [{"content": {"role": "model", "parts": [{"text": "hm", "thought": true}, {"functionCall": {"name": "f", "args": {"x": 1}}}]}}]}),
            vec!["hm", "f({\"x\":1})"],
        ),
        (
            json!({"content": [{"type": "thinking", "thinking": "hm", "signature": "s"}, {"type": "tool_use", "id": "c", "name": "f", "input": {}}]}),
            vec!["hm", "f({})"],
        ),
        (
            json!({"generations": [[{"text": "2", "message": {"lc": 1, "type": "constructor", "id": ["langchain", "AIMessage"],
            "kwargs": {"content": "2", "tool_calls": [{"name": "f", "args": {}, "id": "c"}]}}}]]}),
            vec!["2", "f({})"],
        ),
        (
            json!([{"role": "assistant", "parts": [{"type": "text", "content": "2"}, {"type": "tool_call", "id": ["a", "b"], "name": "f", "arguments": {}}]}]),
            vec!["2", "f({})"],
        ),
        (
            json!({"role": "assistant", "content": [{"function": {"name": "f", "arguments": {}}, "id": "c", "type": "function"}]}),
            vec!["f({})"],
        ),
        (json!("{\"answer\": 2}"), vec!["{\"answer\": 2}"]),
        (json!({"unknown": true}), vec!["{\"unknown\":true}"]),
    ];
    for (output, expected) in cases {
        let row = json!({"id": "T", "observations": [observation("g", None, "GENERATION", 1, json!("Q"), output)]});
        assert_eq!(texts(&one(&row)), expected);
    }
}

#[test]
fn opentelemetry_batches_are_put_together_by_trace() {
    let attribute = |key: &str, value: &str| json!({"key": key, "value": {"stringValue": value}});
    let span = |trace: &str, id: &str, attributes: Vec<Value>| {
        json!({"traceId": trace, "spanId": id, "parentSpanId": "", "name": id, "startTimeUnixNano": "1700000000000000000",
            "endTimeUnixNano": "1700000001000000000", "attributes": attributes})
    };
    let chat = || {
        vec![
            attribute("gen_ai.operation.name", "chat"),
            attribute("gen_ai.prompt.0.role", "user"),
            attribute("gen_ai.prompt.0.content", "1+1?"),
            attribute("gen_ai.completion.0.role", "assistant"),
            attribute("gen_ai.completion.0.content", "2"),
            json!({"key": "gen_ai.usage.input_tokens", "value": {"intValue": "5"}}),
        ]
    };
    let batch = |spans: Vec<Value>| json!({"resourceSpans": [{"resource": {"attributes": [attribute("service.name", "s")]}, "scopeSpans": [{"spans": spans}]}]});
    let tool = vec![
        attribute("openinference.span.kind", "TOOL"),
        attribute("tool.name", "add"),
        attribute("output.value", "3"),
    ];
    let lines = [
        batch(vec![span("t1", "a", chat())]),
        batch(vec![span("t1", "b", tool), span("t2", "c", chat())]),
        batch(vec![span("t3", "d", chat())]),
    ];
    let text = lines.map(|line| line.to_string()).join("\n");
    let (report, kept) = read_bytes("x.jsonl", text);
    let counts = report.unwrap().counts;
    assert_eq!((counts.rows, counts.merged, counts.expanded, counts.traces), (3, 1, 1, 3));
    let trace = &kept.traces[0].1;
    assert_eq!((asked(trace), texts(trace)), (vec![("", "1+1?")], vec!["2", "add()", "3"]));
    assert_eq!(fact(&trace.steps[0], "duration_s"), 1.0);
    assert_eq!(fact(&trace.steps[0], "input_tokens"), 5);
    assert_eq!(trace.metadata["resource"]["service.name"], "s");
}

#[test]
fn judgements_find_the_span_that_they_name() {
    let span = |id: &str, kind: &str, message: Value| {
        json!({"context.span_id": id, "context.trace_id": "t", "parent_id": if id == "r" { Value::Null } else { json!("r") },
            "span_kind": kind, "name": id, "start_time": "2025-01-01T00:00:00+00:00", "end_time": null, "status_code": "OK",
            "attributes.llm.input_messages": [{"message.role": "user", "message.content": "1+1?"}],
            "attributes.llm.output_messages": message})
    };
    let said = json!([{"message.role": "assistant", "message.tool_calls": [{"tool_call.function.name": "f", "tool_call.function.arguments": "{}"}]}]);
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, rows: &[Value]| {
        let lines: Vec<String> = rows.iter().map(Value::to_string).collect();
        fs::write(folder.path().join(name), lines.join("\n")).unwrap();
    };
    write("spans.jsonl", &[span("r", "AGENT", Value::Null), span("g", "LLM", said)]);
    let judged = |id: &str| json!({"context.span_id": id, "label": "correct", "score": 1, "explanation": "fine"});
    write("evals.jsonl", &[judged("g"), judged("r"), judged("gone")]);
    let mut kept = Kept::default();
    let report = read(&[folder.path().to_path_buf()], &ImportOptions::default(), &foreground(), &mut kept).unwrap();
    assert_eq!((report.counts.traces, report.counts.waiting), (1, 1), "{report}");
    let trace = &kept.traces[0].1;
    assert_eq!(texts(trace), ["f({})"]);
    assert_eq!(labels(trace), ["0 tag model:judgement correct", "trace tag model:judgement correct"]);
    assert_eq!(scores(trace), [(Some(0), 1.0), (None, 1.0)]);
}

#[test]
fn langchain_runs_are_read_as_a_tree() {
    let human = json!({"lc": 1, "type": "constructor", "id": ["HumanMessage"], "kwargs": {"content": "1+1?"}});
    let row = json!({"id": "r", "name": "agent", "run_type": "chain", "inputs": {"input": "1+1?"}, "outputs": {"output": "2"},
        "child_runs": [
            {"id": "l", "name": "model", "run_type": "llm", "inputs": {"messages": [[human]]}, "start_time": "2025-01-01T00:00:00",
                "end_time": "2025-01-01T00:00:02", "outputs": {"generations": [[{"text": "2"}]]},
                "extra": {"invocation_params": {"model": "tiny"}}, "child_runs": []},
            {"id": "t", "name": "add", "run_type": "tool", "inputs": {"input": "1 1"}, "outputs": {"output": "2"}, "error": "late", "child_runs": []}]});
    let trace = one(&row);
    assert_eq!((asked(&trace), trace.generator.as_deref()), (vec![("", "1+1?")], Some("tiny")));
    assert_eq!(texts(&trace), ["2", "add(1 1)", "2"]);
    assert_eq!((&*trace.steps[2].flags, fact(&trace.steps[2], "error")), (&[StepFlag::Failed][..], &json!("late")));
}

#[test]
fn docent_runs_hold_one_trace_per_transcript() {
    let messages =
        json!([{"role": "user", "content": "1+1?"}, {"role": "assistant", "content": [{"type": "text", "text": "2"}]}]);
    let run = json!({"id": "run", "transcripts": {"a": {"messages": messages}, "b": {"messages": messages, "metadata": {"k": 1}}},
        "metadata": {"model": "tiny", "scores": {"right": true}}});
    let traces = many(&run);
    assert_eq!(traces.iter().map(|t| t.source_id.clone().unwrap()).collect::<Vec<_>>(), ["run:a", "run:b"]);
    assert_eq!((texts(&traces[0]), scores(&traces[1])), (vec!["2"], vec![(None, 1.0)]));
    assert_eq!((traces[1].metadata["k"].clone(), traces[0].generator.as_deref()), (json!(1), Some("tiny")));
}

#[test]
fn harness_logs_hold_answers_or_weighed_choices() {
    let lm = |resps: Value, arguments: Value, acc: f64| {
        json!({"doc_id": 3, "doc": {"question": "1+1?"}, "target": 1, "arguments": arguments, "resps": resps,
            "filtered_resps": [], "filter": "strict", "metrics": ["acc"], "acc": acc})
    };
    let said = one(&lm(json!([["Two.\n\n#### 2"]]), json!([["Q: 1+1?", {"until": []}]]), 1.0));
    assert_eq!((asked(&said), texts(&said)), (vec![("", "Q: 1+1?")], vec!["Two.", "#### 2"]));
    assert_eq!((said.outcome.verdict, scores(&said)), (Verdict::Correct, vec![(None, 1.0)]));
    assert_eq!((said.source_id.as_deref(), said.problem.answer.as_deref()), (Some("3:strict"), Some("1")));
    let keyed = json!({"gen_args_0": {"arg_0": "Q", "arg_1": " one"}, "gen_args_1": {"arg_0": "Q", "arg_1": " two"}});
    let weighed = one(&lm(json!([[["-2.5", "False"]], [[-0.5, true]]]), keyed, 0.0));
    assert_eq!(
        (texts(&weighed), scores(&weighed)),
        (vec![" one", " two"], vec![(Some(0), -2.5), (Some(1), -0.5), (None, 0.0)])
    );
    assert_eq!(weighed.steps.iter().map(|step| step.on_path).collect::<Vec<_>>(), [false, true]);
    assert_eq!(weighed.outcome.verdict, Verdict::Incorrect);
    let several = many(&lm(json!([["a", "b"]]), json!([["Q"]]), 0.5));
    assert_eq!((several.len(), several[1].source_id.as_deref()), (2, Some("3#1:strict")));
    assert!(several[0].warnings[0].contains("several answers"));
}

#[test]
fn lighteval_details_are_read_in_both_layouts() {
    let present = json!({"doc": {"id": "5", "query": "1+1?", "choices": ["2"], "gold_index": [0]},
        "metric": {"extractive_match": 1}, "model_response": {"text": ["So 2"], "reasonings": ["hm"], "input": [{"role": "user", "content": "1+1?"}]}});
    let trace = one(&present);
    assert_eq!((texts(&trace), trace.problem.answer.as_deref()), (vec!["hm", "So 2"], Some("2")));
    assert_eq!((kinds(&trace), trace.outcome.verdict), (vec!["thought", "answer"], Verdict::Correct));
    let older = json!({"full_prompt": "1+1?", "predictions": [-2.0, -1.0], "choices": ["1", "2"], "gold_index": 1, "metrics": {"acc": 1.0}});
    let trace = one(&older);
    assert_eq!((texts(&trace), trace.problem.answer.as_deref()), (vec!["1", "2"], Some("2")));
    assert_eq!(scores(&trace), [(Some(0), -2.0), (Some(1), -1.0), (None, 1.0)]);
}

/// Whatever stands in place of any value, nothing panics.
#[test]
fn odd_values_anywhere_are_survived() {
    let odd = [json!(null), json!([]), json!({}), json!("x"), json!(-1), json!([{}]), json!({"": [[]]})];
    let call = json!({"role": "assistant", "content": "", "tool_calls": [{"id": "c1", "function": {"name": "add", "arguments": {"a": 1}}}]});
    let rows = [
        inspect_log(),
        inspect_log()["samples"][0].clone(),
        json!({"trace": {"id": "T", "scores": [{"name": "n", "value": 1, "observationId": "g"}]}, "observations": [
            observation("g", Some("t"), "GENERATION", 1, json!([{"role": "user", "content": "Q"}]), call.clone()),
            observation("t", Some("g"), "TOOL", 2, json!({}), json!("2"))]}),
        json!([{"context.span_id": "g", "context.trace_id": "t", "parent_id": "g", "start_time": 1, "attributes.llm.input_messages.0.role": "user",
            "events": [{"name": "gen_ai.choice", "attributes": {"message": {"content": "2"}}}]}]),
        json!({"resourceSpans": [{"resource": {"attributes": []}, "scopeSpans": [{"spans": [{"traceId": "a", "spanId": "b",
            "attributes": [{"key": "gen_ai.prompt.0.content", "value": {"arrayValue": {"values": [{"intValue": "1"}]}}}]}]}]}]}),
        json!({"id": "r", "run_type": "llm", "inputs": {"messages": [[]]}, "outputs": {}, "child_runs": [{"id": "r"}]}),
        json!({"id": "r", "transcripts": {"a": {"messages": [call]}}, "metadata": {"scores": {"s": 1}}}),
        json!({"doc_id": 1, "doc": {}, "target": 1, "arguments": [["Q", " a"]], "resps": [[[-1.0, true]]], "filtered_resps": [], "acc": 1}),
        json!({"doc": {"query": "Q", "choices": ["a"], "gold_index": [0]}, "metric": {"em": 1}, "model_response": {"text": ["a"], "reasonings": ["b"]}}),
    ];
    for row in rows {
        let mut paths = vec![String::new()];
        let mut at = 0;
        while let Some(path) = paths.get(at).cloned() {
            match row.pointer(&path).unwrap() {
                Value::Object(map) => paths.extend(map.keys().map(|key| format!("{path}/{key}"))),
                Value::Array(list) => paths.extend((0..list.len()).map(|index| format!("{path}/{index}"))),
                _ => {}
            }
            at += 1;
        }
        for (path, value) in paths.iter().zip(odd.iter().cycle()) {
            let mut row = row.clone();
            *row.pointer_mut(path).unwrap() = value.clone();
            let names = ["inspect", "langfuse", "langchain", "otlp", "spans", "docent", "lm_eval", "lighteval"];
            for importer in names.iter().map(|name| importer(name).unwrap()) {
                importer.read_row(row.clone(), &Sample::default()).ok();
                importer.read_attachments(row.clone(), &Sample::default()).ok();
                if !row.is_null() {
                    importer.continues(std::slice::from_ref(&row), &row);
                }
                importer.recognise(&Sample { rows: vec![row.clone()], ..Sample::default() });
            }
        }
    }
}

/// Counted by another program from the raw files; the steps of the spans by hand, reading them.
#[test]
fn published_logs_are_counted_right() {
    // Traces, steps, trace scores, outcomes, warnings.
    let inspect_cases = [
        ("inspect_logs/tests/log/test_eval_log/log_tool_call_error.json", [1, 11, 0, 0, 11]),
        ("inspect_logs/tests/log/test_eval_log/log_formats.json", [1, 1, 1, 1, 0]),
        ("inspect_logs/tests/log/test_eval_log/log_images.json", [1, 1, 1, 1, 0]),
        ("inspect_logs/tests/log/test_list_logs", [1, 1, 1, 1, 0]),
        ("inspect_logs/tests/analysis/test_logs/2025-05-12T20-28-13-04-00_popularity.json", [3, 3, 3, 3, 0]),
        ("inspect_logs/tests/analysis/test_logs/2025-05-12T20-28-26-04-00_security-guide.json", [3, 3, 3, 3, 0]),
        ("inspect_logs/docent/docent/samples/log.eval", [15, 398, 15, 15, 0]),
        ("inspect_logs/examples/scanner/logs", [16, 16, 16, 16, 0]),
        ("inspect_logs/tests/analysis/test_logs_choices/mmlu-summary-choices.eval", [1, 1, 1, 1, 0]),
        ("inspect_logs/tests/log/test_eval_log/log_formats.eval", [1, 1, 1, 1, 0]),
        ("inspect_logs/tests/log/test_eval_log/log_message_deduplication.eval", [1, 16, 1, 0, 0]),
        ("inspect_logs/tests/log/test_eval_log/log_streaming.eval", [4, 4, 4, 4, 0]),
        ("inspect_logs/tests/scorer/logs", [10, 10, 0, 0, 0]),
    ];
    let seeder = "langfuse_traces/packages/shared/scripts/seeder/utils/framework-traces";
    let worker = "langfuse_traces/worker/src/__tests__/chatml/framework-traces";
    let langfuse_cases = [
        (format!("{seeder}/google-adk-2025-08-28.json"), [1, 3, 2, 0, 0]),
        (format!("{seeder}/koog-2025-08-26.json"), [1, 5, 0, 0, 0]),
        (format!("{seeder}/langgraph-2025-08-22.json"), [1, 5, 2, 0, 0]),
        (format!("{seeder}/microsoft-agent-2025-10-14.json"), [1, 3, 2, 0, 0]),
        (format!("{seeder}/openai-assistants-2024-05-29.json"), [1, 3, 0, 0, 0]),
        (format!("{worker}/claude-agent-2025-12-22.trace.json"), [1, 6, 3, 0, 0]),
        (format!("{worker}/google-gemini-2025-08-01.trace.json"), [1, 1, 2, 0, 0]),
        (format!("{worker}/langgraph-python-2025-08-22.trace.json"), [1, 5, 2, 0, 0]),
        (format!("{worker}/microsoft-agent-2025-12-17.trace.json"), [1, 3, 3, 0, 0]),
        (format!("{worker}/openai-agents-2025-09-30.trace.json"), [1, 3, 2, 0, 0]),
        (format!("{worker}/pydantic-ai-with-gemini-2025-12-24.trace.json"), [1, 1, 0, 0, 0]),
    ];
    let inspect_cases = inspect_cases.into_iter().map(|(path, found)| (path.to_owned(), "inspect", found));
    let langfuse_cases = langfuse_cases.into_iter().map(|(path, found)| (path, "langfuse", found));
    for (path, format, expected) in inspect_cases.chain(langfuse_cases) {
        let Some(path) = published(&path) else { continue };
        let report = match inspect(std::slice::from_ref(&path), &ImportOptions::default(), &foreground()) {
            Err(error) if error.to_string().contains("ZIP archive, which cannot be read yet") => {
                eprintln!("skipped: {error}");
                continue;
            }
            report => report.unwrap(),
        };
        let c = report.counts;
        let found = [c.traces, c.steps, c.trace_scores, c.outcomes, report.warnings.len() as u64];
        assert_eq!((report.format.as_str(), found, c.rejected), (format, expected, 0), "{}: {report}", path.display());
    }
}

/// Everything that the expected messages beside a trace say is among its steps or its problem.
#[test]
fn published_langfuse_traces_say_what_is_expected_of_them() {
    let Some(folder) = published("langfuse_traces/worker/src/__tests__/chatml/framework-traces") else { return };
    let mut checked = 0;
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let Some(name) = path.to_str().and_then(|path| path.strip_suffix(".chatml.json")) else { continue };
        let expected: Value = serde_json::from_slice(&fs::read(&path).unwrap()).unwrap();
        let mut kept = Kept::default();
        let trace = format!("{name}.trace.json").into();
        read(&[trace], &ImportOptions::default(), &foreground(), &mut kept).unwrap();
        let trace = &kept.traces[0].1;
        let said =
            |text: &str| texts(trace).contains(&text) || asked(trace).iter().any(|(_, part)| part.contains(text));
        let sides = expected.as_object().unwrap().values().flat_map(|span| [&span["input"], &span["output"]]);
        for message in sides.filter_map(|side| side["data"].as_array()).flatten() {
            let content = &message["content"];
            let parts = content.as_array().cloned().unwrap_or_default();
            let words = content.as_str().into_iter().chain(parts.iter().filter_map(|part| part["text"].as_str()));
            for text in words.filter(|text| !text.is_empty()) {
                checked += 1;
                assert!(said(text), "{name}: {text}");
            }
            let called = message["tool_calls"].as_array().into_iter().flatten();
            for call in called.chain(parts.iter().filter(|part| part["type"] == "tool_use")) {
                checked += 1;
                let tools = trace.steps.iter().filter_map(|step| step.tool.as_ref());
                let mut ids = tools.filter(|tool| tool.name == call["name"]).map(|tool| tool.call_id.as_deref());
                assert!(ids.any(|id| id == call["id"].as_str()), "{name}: {call}");
            }
        }
    }
    assert!(checked > 20, "{checked}");
}
