//! Runs of agents in the shape of one program each.

use serde_json::json;

use super::*;
use crate::model::{StepFlag, Verdict};

#[test]
fn agentbench_runs_may_fail_before_their_first_step() {
    let history = json!([{"role": "user", "content": "q"}, {"role": "agent", "content": "look"},
        {"role": "user", "content": "seen"}, {"role": "agent", "content": "FINISH(1)"}]);
    let row = |status: &str, history: &serde_json::Value| {
        json!({"index": 5, "error": null, "info": null,
        "output": {"index": 5, "status": status, "result": "1", "history": history}, "time": {"timestamp": 9}})
    };
    let done = one(&row("completed", &history));
    assert_eq!(done.source.format, "agentbench");
    assert_eq!(lines(&done), ["- action agent: look", "0 observation user: seen", "1 answer agent: FINISH(1)"]);
    assert_eq!(done.outcome.verdict, Verdict::Unknown, "completed is not correct");
    let invalid = one(&row("agent invalid action", &history));
    assert_eq!(lines(&invalid)[2], "1 action agent: FINISH(1) [failed]");
    let tools = one(&row(
        "completed",
        &json!([{"role": "user", "content": "q"}, {"role": "assistant", "content": null,
        "tool_calls": [{"id": "c", "function": {"name": "ls", "arguments": "{}"}}]},
        {"role": "tool", "tool_call_id": "c", "content": "a"}]),
    ));
    assert_eq!(lines(&tools), ["- tool_call assistant: ls({})", "0 tool_result ls: a"]);
    let mut failed = row("running", &json!(null));
    failed["error"] = "AGENT_FAILED".into();
    let failed = one(&failed);
    assert_eq!((failed.steps.len(), failed.source_id.as_deref()), (0, Some("5 at 9")));
    assert!(failed.warnings[0].contains("AGENT_FAILED"), "{:?}", failed.warnings);

    let (report, _) = read_bytes("overall.json", json!({"total": 2, "validation": {"completed": 1.0}}).to_string());
    let error = report.unwrap_err().to_string();
    assert!(error.contains("a table of results of AgentBench"), "{error}");
}

fn turn(thought: &str, action: &str, observation: &str) -> serde_json::Value {
    json!({"thought": thought, "action": action, "observation": observation, "state": "{\"open\": 1}",
        "response": format!("{thought}```\n{action}```"), "execution_time": 0.5, "query": [{"role": "system"}]})
}

#[test]
fn swe_agent_turns_are_thought_action_observation() {
    let history = json!([
        {"role": "system", "content": "s", "agent": "main"},
        {"role": "user", "content": "a demo", "agent": "main", "is_demo": true},
        {"role": "user", "content": "Fix it.", "agent": "main"},
        {"role": "assistant", "content": "x", "action": "ls -a\n", "agent": "main",
            "tool_calls": [{"id": "c1", "type": "function", "function": {"name": "bash", "arguments": "{\"c\":1}"}}]},
        {"role": "tool", "content": "y", "tool_call_ids": ["c1"]},
        {"role": "assistant", "content": "z", "action": "submit\n", "agent": "main"},
    ]);
    let info = json!({"exit_status": "submitted", "submission": "diff"});
    let trace = one(&json!({"trajectory": [turn("Look. ", "ls -a\n", "\u{1b}[1mx\u{8}\r"), turn("", "submit\n", "")],
        "history": history, "info": info}));
    assert_eq!(trace.source.format, "swe_agent");
    assert_eq!(asked(&trace), ["system: s", "user: Fix it."]);
    assert_eq!(
        lines(&trace),
        [
            "- thought main: Look. ",
            "0 tool_call main: ls -a\n",
            "1 tool_result bash: \u{1b}[1mx\u{8}\r",
            "2 tool_call main: submit\n",
            "3 tool_result submit: ",
        ],
        "escapes of the terminal stay"
    );
    assert_eq!(tools(&trace)[..2], ["bash c1 {\"c\":1}", "bash c1 "]);
    let notes = &trace.steps[2].metadata;
    assert_eq!((&notes["duration_s"], &notes["state"], notes.len()), (&json!(0.5), &json!("{\"open\": 1}"), 2));
    assert_eq!(trace.metadata["info"], info);
    assert_eq!(trace.metadata["demonstrations"][0]["content"], "a demo");
    assert!(!trace.metadata.contains_key("history"), "it repeats the trajectory");
}

#[test]
fn swe_agent_history_stands_in_for_a_trajectory() {
    let trace = one(&json!({"history": [
        {"role": "user", "content": "Fix it.", "agent": "main", "message_type": "observation"},
        {"role": "assistant", "content": "Look.", "agent": "main", "message_type": "action",
            "tool_calls": [{"id": "c1", "function": {"name": "view", "arguments": "{}"}}]},
        {"role": "tool", "content": "files", "agent": "main", "tool_call_ids": ["c1"]},
        {"role": "assistant", "content": "DISCUSSION\nx\n```\nls\n```", "thought": "x", "action": "ls", "agent": "main"},
        {"role": "user", "content": "a", "agent": "main"},
    ]}));
    assert_eq!(trace.source.format, "swe_agent");
    assert_eq!(
        lines(&trace),
        [
            "- thought main: Look.",
            "0 tool_call main: view({})",
            "1 tool_result view: files",
            "2 thought main: x",
            "3 tool_call main: ls",
            "4 observation user: a",
        ]
    );
    assert_eq!(importer("swe_agent").unwrap().repeats(), ["query", "messages"]);
}

#[test]
fn mini_swe_agent_calls_by_blocks_or_tools() {
    let old = of_list(&json!([
        {"role": "system", "content": "s"}, {"role": "user", "content": "Fix it."},
        {"role": "assistant", "content": "THOUGHT: look\n\n```mswea_bash_command\nls\n```"},
        {"role": "user", "content": [{"type": "text", "text": "<returncode>1</returncode>\n<output>\n</output>",
            "cache_control": {"type": "ephemeral"}}]},
        {"role": "assistant", "content": "```bash\na\n```\n```bash\nb\n```"},
        {"role": "user", "content": "Please give EXACTLY ONE action"},
        {"role": "assistant", "content": "```bash\nsubmit\n```"},
        {"role": "user", "content": ""},
    ]));
    assert_eq!(old.source.format, "mini_swe_agent");
    assert_eq!(
        lines(&old),
        [
            "- thought assistant: THOUGHT: look\n\n",
            "0 tool_call assistant: ls",
            "1 tool_result bash: <returncode>1</returncode>\n<output>\n</output> [failed]",
            "2 message assistant: ```bash\na\n```\n```bash\nb\n```",
            "3 observation environment: Please give EXACTLY ONE action",
            "4 tool_call assistant: submit",
            "5 tool_result bash: ",
        ]
    );
    let call =
        json!({"id": "c", "type": "function", "function": {"name": "bash", "arguments": "{\"command\": \"ls\"}"}});
    let run = |messages: serde_json::Value, status: &str| {
        one(&json!({"info": {"mini_version": "2", "exit_status": status, "config": {"model": {"model_name": "m"}}},
            "messages": messages, "trajectory_format": "mini-swe-agent-1.1", "instance_id": "i"}))
    };
    let new = run(
        json!([{"role": "system", "content": "s"}, {"role": "user", "content": "Fix it."},
            {"role": "assistant", "content": "", "reasoning_content": "hm", "tool_calls": [call], "function_call": null,
                "extra": {"actions": [{"command": "ls"}], "cost": 0.1, "timestamp": 7.5,
                    "response": {"id": "r", "choices": [{"x": 1}], "usage": {"prompt_tokens": 3, "completion_tokens": 2}}}},
            {"role": "tool", "tool_call_id": "c", "content": "<output>\na…", "extra":
                {"raw_output": "a lot", "returncode": 0, "timestamp": 8.5, "exception_info": ""}},
            {"role": "exit", "content": "diff", "extra": {"exit_status": "Submitted", "submission": "diff"}}]),
        "Submitted",
    );
    assert_eq!((new.source_id.as_deref(), new.generator.as_deref()), (Some("i"), Some("m")));
    assert_eq!(
        lines(&new),
        [
            "- thought assistant: hm",
            "0 tool_call assistant: bash({\"command\": \"ls\"})",
            "1 tool_result bash: <output>\na…",
            "2 answer assistant: diff",
        ]
    );
    let notes = serde_json::Value::from(new.steps[0].metadata.clone());
    assert_eq!(
        notes,
        json!({"input_tokens": 3, "output_tokens": 2, "cost_usd": 0.1, "started_at": 7.5,
            "response": {"id": "r", "usage": {"prompt_tokens": 3, "completion_tokens": 2}}})
    );
    assert_eq!(new.steps[2].metadata["raw_output"], "a lot", "kept where the message has it cut");
    let failed = run(
        json!([{"role": "system", "content": "s"}, {"role": "user", "content": "q"},
            {"role": "exit", "content": "Timeout", "extra": {"exit_status": "Timeout", "submission": ""}}]),
        "Timeout",
    );
    assert_eq!(lines(&failed), ["- note environment: Timeout [failed]"]);
    assert!(failed.warnings[0].contains("`Timeout`"));
}

#[test]
fn openhands_events_fold_states_and_share_replies() {
    let event = |id: u32, source: &str, more: serde_json::Value| {
        let mut event = json!({"id": id, "timestamp": format!("t{id}"), "source": source, "message": ""});
        event.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        event
    };
    let call = |id: &str| {
        json!({"function_name": "bash", "tool_call_id": id, "model_response": {"id": "r", "model": "m",
        "choices": [{"message": {"content": "Two at once.", "tool_calls": [
            {"id": "c1", "function": {"name": "bash", "arguments": "{\"a\":1}"}},
            {"id": "c2", "function": {"name": "bash", "arguments": "{\"a\":2}"}}]}}],
        "usage": {"prompt_tokens": 5, "completion_tokens": 6}}})
    };
    let act = |id: &str| json!({"action": "run", "args": {"command": "x", "thought": "Two at once."}, "tool_call_metadata": call(id)});
    let events = json!([
        event(0, "environment", json!({"observation": "agent_state_changed", "content": "", "extras": {}})),
        event(1, "user", json!({"action": "message", "args": {"content": "q"}})),
        event(3, "agent", {
            let mut first = act("c1");
            first["llm_metrics"] = json!({"accumulated_cost": 0.5});
            first
        }),
        event(4, "agent", act("c2")),
        event(
            5,
            "agent",
            json!({"observation": "run", "content": "one", "cause": 3, "extras": {"metadata": {"exit_code": 1}}})
        ),
        event(6, "agent", json!({"observation": "run", "content": "two", "cause": 4})),
        event(7, "user", json!({"observation": "null", "content": "", "cause": 1})),
        event(
            9,
            "agent",
            json!({"action": "finish", "args": {"final_thought": "done", "thought": ""},
            "llm_metrics": {"accumulated_cost": 0.75}})
        ),
    ]);
    let trace = of_list(&events);
    assert_eq!(trace.source.format, "openhands");
    assert_eq!((asked(&trace), trace.generator.as_deref()), (vec!["user: q".to_owned()], Some("m")));
    assert_eq!(
        lines(&trace),
        [
            "- thought agent: Two at once.",
            "0 tool_call agent: bash({\"a\":1})",
            "1 tool_call agent: bash({\"a\":2})",
            "2 tool_result bash: one [failed]",
            "3 tool_result bash: two",
            "4 answer agent: done",
        ]
    );
    assert_eq!(tools(&trace)[2..], ["bash c1 ", "bash c2 "], "results go with their cause");
    assert_eq!(trace.steps[0].metadata["output_tokens"], 6);
    assert_eq!(trace.steps[1].metadata["started_at"], "t3");
    let costs = trace.steps.iter().map(|step| step.metadata.get("cost_usd").and_then(serde_json::Value::as_f64));
    assert_eq!(costs.collect::<Vec<_>>(), [Some(0.5), None, None, None, None, Some(0.25)], "what each added");
    assert_eq!(trace.metadata["state_events"].as_array().unwrap().len(), 2);

    let rows: Vec<_> = events.as_array().unwrap().clone();
    assert_eq!(lines(&of_lines(&rows)), lines(&trace), "an event per line is the same run");
    let pairs = json!([[rows[1], rows[6]], [rows[2], rows[4]]]);
    let row = one(&json!({"instance_id": "i", "instruction": "q", "history": pairs, "error": null,
        "test_result": {"report": {"resolved": false}}}));
    assert_eq!((row.steps.len(), row.outcome.verdict), (3, Verdict::Incorrect));
}

#[test]
fn openhands_toys_are_read() {
    let toy = |kind: &str, who: &str, text: &str| json!({"id": 1, "timestamp": "t", "type": kind, "content": text, "actorType": who});
    let mut command = toy("command", "Assistant", "Linting…");
    command["command"] = "npm run lint".into();
    let trace = one(
        &json!({"instance_id": 1, "history": [toy("message", "User", "q"), toy("thought", "Assistant", "hm"), command],
        "report": {"resolved": true}}),
    );
    assert_eq!(lines(&trace), ["- thought Assistant: hm", "0 tool_call Assistant: Linting…"]);
    assert_eq!((tools(&trace), trace.outcome.verdict), (vec!["command - npm run lint".to_owned()], Verdict::Correct));
    let bare = one(&json!({"history": [
        {"action": "command", "content": "ls", "timestamp": "t", "source": "user"},
        {"observation": "output", "content": "a", "timestamp": "t", "source": "system"}]}));
    assert_eq!(lines(&bare), ["- tool_call user: ls", "0 tool_result command: a"]);
}

#[test]
fn osworld_folders_join_actions_and_score() {
    let folder = tempfile::tempdir().unwrap();
    let run = folder.path().join("os/t-1");
    fs::create_dir_all(&run).unwrap();
    let said = "Thought: both\nAction: two";
    let rows = [
        json!({"step_num": 1, "action_timestamp": "20260101", "action": "pyautogui.click(1, 2)", "response": said,
            "reward": 0, "done": false, "info": {}, "screenshot_file": "step_1.png"}),
        json!({"step_num": 1, "action": {"action_type": "TYPE", "text": "x"}, "response": said, "screenshot_file": "s.png"}),
        json!({"step_num": 2, "action": "DONE", "response": null, "reward": 1, "done": true, "info": {"done": true}}),
    ];
    fs::write(run.join("traj.jsonl"), rows.each_ref().map(ToString::to_string).join("\n")).unwrap();
    fs::write(run.join("result.txt"), "1.0\n").unwrap();
    let mut kept = Kept::default();
    let report = read(&[folder.path().into()], &ImportOptions::default(), &foreground(), &mut kept).unwrap();
    assert_eq!((report.format.as_str(), report.counts.traces, report.counts.rejected), ("osworld", 1, 0), "{report}");
    let trace = &kept.traces[0].1;
    assert_eq!((trace.source_id.as_deref(), trace.outcome.verdict), (Some("os/t-1"), Verdict::Correct));
    assert_eq!(
        lines(trace),
        [
            "- thought agent: Thought: both\nAction: two",
            "0 action agent: pyautogui.click(1, 2)",
            "1 tool_call agent: {\"action_type\":\"TYPE\",\"text\":\"x\"}",
            "2 action agent: DONE [terminal]",
        ]
    );
    assert_eq!(scores(trace), [(Some(1), 0.0), (Some(3), 1.0)]);
    let alone = of_lines(&rows);
    assert_eq!((alone.source.format.as_str(), alone.outcome.verdict), ("osworld", Verdict::Unknown));
}

#[test]
fn atif_turns_give_thought_message_calls_and_results() {
    let step = |id: u32, source: &str, more: serde_json::Value| {
        let mut step = json!({"step_id": id, "source": source, "timestamp": format!("t{id}")});
        step.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        step
    };
    let call = |id: &str| json!({"tool_call_id": id, "function_name": "sh", "arguments": {"c": id}});
    let trace = one(
        &json!({"schema_version": "ATIF-v1.6", "session_id": "s", "agent": {"name": "a", "model_name": "m",
            "tool_definitions": [1]}, "final_metrics": {"total_cost_usd": 1},
        "steps": [
            step(1, "system", json!({"message": "Be brief."})),
            step(2, "user", json!({"message": [{"type": "text", "text": "q"}, {"type": "image", "source": {"path": "p"}}]})),
            step(3, "agent", json!({"message": "go", "reasoning_content": "hm", "tool_calls": [call("1")],
                "observation": {"results": [{"content": "one"}]}, "model_name": "m",
                "metrics": {"prompt_tokens": 3, "completion_tokens": 4, "cost_usd": 0.5, "logprobs": [-0.1]}})),
            step(4, "agent", json!({"message": "", "tool_calls": [call("2"), call("3")],
                "observation": {"results": [{"source_call_id": "3", "content": "three"}, {"content": "who?"}]}})),
            step(5, "agent", json!({"message": "done", "is_copied_context": true})),
        ]}),
    );
    assert_eq!(trace.source.format, "atif");
    assert_eq!(asked(&trace), ["system: Be brief.", "user: q\n[image]"]);
    assert_eq!(
        lines(&trace),
        [
            "- thought agent: hm",
            "0 message agent: go",
            "1 tool_call agent: sh({\"c\":\"1\"})",
            "2 tool_result sh: one",
            "3 tool_call agent: sh({\"c\":\"2\"})",
            "4 tool_call agent: sh({\"c\":\"3\"})",
            "5 tool_result sh: three",
            "6 tool_result tool: who?",
            "7 answer agent: done [copied]",
        ],
        "a result without id is that of the only call, else of the turn"
    );
    let notes = &trace.steps[0].metadata;
    assert_eq!(
        (&notes["input_tokens"], &notes["cost_usd"], &notes["started_at"]),
        (&json!(3), &json!(0.5), &json!("t3"))
    );
    assert_eq!(trace.problem.metadata["tools"], json!([1]));
    assert_eq!(trace.metadata["prompt_extras"]["1"]["message"][0]["source"], json!({"path": "p"}));
}

#[test]
fn atif_files_of_one_run_make_one_trace() {
    let run = |session: &str, name: &str, steps: serde_json::Value, more: serde_json::Value| {
        let mut run =
            json!({"schema_version": "ATIF-v1.5", "session_id": session, "agent": {"name": name}, "steps": steps});
        run.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        run
    };
    let refs = json!([{"session_id": "sub", "trajectory_path": "trajectory.summarization-1-summary.json"},
        {"session_id": "gone", "trajectory_path": "elsewhere.json"}]);
    let main = run(
        "s",
        "main",
        json!([{"step_id": 1, "source": "user", "message": "q"},
            {"step_id": 2, "source": "agent", "message": "a"},
            {"step_id": 3, "source": "system", "message": "handed over", "observation": {"results": [{"subagent_trajectory_ref": refs}]}}]),
        json!({"continued_trajectory_ref": "trajectory.cont-1.json"}),
    );
    let sub = run(
        "sub",
        "summary",
        json!([{"step_id": 1, "source": "user", "message": "sum up", "is_copied_context": true},
        {"step_id": 2, "source": "agent", "message": "short"}]),
        json!({}),
    );
    let more = run(
        "s",
        "main",
        json!([{"step_id": 1, "source": "user", "message": "q", "is_copied_context": true},
        {"step_id": 2, "source": "agent", "message": "b"}]),
        json!({}),
    );
    let folder = tempfile::tempdir().unwrap();
    for (name, run) in [
        ("x.trajectory.json", &main),
        ("x.trajectory.cont-1.json", &more),
        ("x.trajectory.summarization-1-summary.json", &sub),
    ] {
        fs::write(folder.path().join(name), run.to_string()).unwrap();
    }
    let mut kept = Kept::default();
    let report = read(&[folder.path().into()], &ImportOptions::default(), &foreground(), &mut kept).unwrap();
    assert_eq!((report.format.as_str(), report.counts.traces, report.counts.rejected), ("atif", 1, 0), "{report}");
    let trace = &kept.traces[0].1;
    assert_eq!(
        lines(trace),
        [
            "- message agent: a",
            "0 system system: handed over",
            "~1 message user: sum up [copied] {summary}",
            "~2 message agent: short {summary}",
            "1 message user: q [copied]",
            "4 answer agent: b",
        ]
    );
    assert_eq!(trace.warnings.len(), 1);
    assert!(trace.warnings[0].contains("gone"), "{:?}", trace.warnings);
    assert_eq!(trace.steps[4].flags, [StepFlag::Copied]);

    let mut whole = main.clone();
    whole["subagent_trajectories"] = json!([sub]);
    whole.as_object_mut().unwrap().shift_remove("continued_trajectory_ref");
    assert_eq!(one(&whole).steps.len(), 4, "a sub-run inside the file");
}

#[test]
fn sub_runs_that_name_themselves_end() {
    let step = json!({"step_id": 1, "source": "agent", "message": "a", "observation":
        {"results": [{"subagent_trajectory_ref": [{"session_id": "s"}]}]}});
    let run = json!({"schema_version": "ATIF-v1.7", "session_id": "s", "agent": {"name": "a"}, "steps": [step]});
    let mut outer = run.clone();
    outer["subagent_trajectories"] = json!([run]);
    let trace = one(&outer);
    assert_eq!(trace.steps.len(), 2);
    assert!(trace.warnings.iter().any(|warning| warning.contains("not among the files")), "{:?}", trace.warnings);
}
