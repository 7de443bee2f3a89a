//! Logs of coding agents and editors.

use serde_json::json;

use super::*;

/// A row of Claude Code.
fn row(
    id: &str,
    parent: impl Into<serde_json::Value>,
    kind: &str,
    content: impl Into<serde_json::Value>,
) -> serde_json::Value {
    let (parent, content) = (parent.into(), content.into());
    json!({"type": kind, "uuid": id, "parentUuid": parent, "isSidechain": false, "sessionId": "s", "cwd": "/p",
        "timestamp": format!("t-{id}"), "message": {"role": kind, "content": content}})
}

#[test]
fn claude_code_rows_hang_on_their_parents() {
    let mut reply = row("2", json!("1"), "assistant", json!([{"type": "thinking", "thinking": "", "signature": "x"}]));
    reply["message"]["id"] = "m1".into();
    reply["message"]["model"] = "m".into();
    reply["message"]["usage"] = json!({"input_tokens": 3, "output_tokens": 4});
    let mut call = row(
        "3",
        json!("2"),
        "assistant",
        json!([{"type": "tool_use", "id": "c", "name": "Task", "input": {"prompt": "Look\naround"}}]),
    );
    call["message"]["id"] = "m1".into();
    call["message"]["usage"] = json!({"input_tokens": 3, "output_tokens": 4});
    let mut side = row("s1", json!(null), "user", json!("Look\naround"));
    side["isSidechain"] = true.into();
    let mut side2 = row("s2", json!("s1"), "assistant", json!([{"type": "text", "text": "Seen."}]));
    side2["isSidechain"] = true.into();
    let mut result = row(
        "4",
        json!("3"),
        "user",
        json!([{"type": "tool_result", "tool_use_id": "c", "content": "Seen.", "is_error": true}]),
    );
    result["toolUseResult"] = "Seen.".into();
    let trace = of_lines(&[
        json!({"type": "summary", "summary": "All of it", "leafUuid": "9"}),
        json!({"type": "file-history-snapshot", "messageId": "1", "snapshot": {}}),
        row("1", json!(null), "user", json!("Fix it.")),
        reply,
        call,
        side,
        side2,
        result,
        row("5", json!("4"), "assistant", json!([{"type": "text", "text": "Tried."}])),
        row("6", json!("4"), "assistant", json!([{"type": "text", "text": "Done."}])),
        row("7", json!("lost"), "user", json!("Why?")),
        json!({"type": "system", "uuid": "8", "parentUuid": "7", "content": "Compacted", "timestamp": "t"}),
        row("9", json!("8"), "assistant", json!([{"type": "text", "text": "So."}])),
    ]);
    assert_eq!(trace.source.format, "claude_code");
    assert_eq!((trace.source_id.as_deref(), trace.generator.as_deref()), (Some("s"), Some("m")));
    assert_eq!(
        lines(&trace),
        [
            "- tool_call assistant: Task({\"prompt\":\"Look\\naround\"})",
            "~0 message user: Look\naround {sub-agent}",
            "~1 message assistant: Seen. {sub-agent}",
            "0 tool_result Task: Seen. [failed]",
            "~3 message assistant: Tried.",
            "3 message assistant: Done.",
            "5 message user: Why?",
            "6 note system: Compacted",
            "7 answer assistant: So.",
        ],
        "only the way to the last step is the path"
    );
    assert_eq!(trace.metadata["empty_thinking"], 1);
    assert_eq!(trace.metadata["summaries"][0]["summary"], "All of it");
    assert!(trace.warnings[0].contains("lost"), "{:?}", trace.warnings);
    assert!(!trace.steps[0].metadata.contains_key("cwd"), "said once for the session");
}

#[test]
fn claude_code_without_parents_is_a_chain() {
    let line = |kind: &str, content: serde_json::Value| json!({"type": kind, "timestamp": "t", "message": {"role": kind, "content": content}});
    let mut summary = line("user", json!("So far: nothing."));
    summary["isCompactSummary"] = true.into();
    let rows = vec![
        line("user", json!("Fix it.")),
        line("assistant", json!([{"type": "text", "text": "Yes."}])),
        summary,
        line("assistant", json!("Done.")),
    ];
    let trace = one(&json!({"loglines": rows, "title": "x"}));
    assert_eq!(trace.source.format, "claude_code");
    assert_eq!(
        lines(&trace),
        ["- message assistant: Yes.", "0 note user: So far: nothing.", "1 answer assistant: Done."]
    );
    assert_eq!(trace.metadata["title"], "x");
    let mut alone = [row("1", json!(null), "user", "Look"), row("2", "1", "assistant", "Seen.")];
    for row in &mut alone {
        row["isSidechain"] = true.into();
        row["agentId"] = "a1".into();
    }
    let alone = of_lines(&alone);
    assert_eq!(
        (lines(&alone), alone.source_id.as_deref()),
        (vec!["- answer assistant: Seen.".to_owned()], Some("s/a1"))
    );
    let two: Vec<String> = ["a", "b"]
        .map(|session| {
            let rows = [row("1", json!(null), "user", json!("q")), row("2", json!("1"), "assistant", json!("a"))];
            rows.map(|row| row.to_string().replace("\"s\"", &format!("\"{session}\""))).join("\n")
        })
        .into();
    let (report, kept) = read_bytes("x.jsonl", two.join("\n"));
    assert_eq!((report.unwrap().counts.merged, kept.traces.len()), (2, 2), "two sessions in a file are two traces");
}

#[test]
fn codex_items_are_steps_and_events_are_counted() {
    let item = |payload: serde_json::Value| json!({"timestamp": "t", "type": "response_item", "payload": payload});
    let event =
        json!({"timestamp": "t", "type": "event_msg", "payload": {"type": "agent_message", "message": "Done."}});
    let trace = of_lines(&[
        json!({"timestamp": "t", "type": "session_meta", "payload": {"id": "s", "cwd": "/p"}}),
        item(json!({"type": "message", "role": "developer", "content": [{"type": "input_text", "text": "rules"}]})),
        item(json!({"type": "message", "role": "user", "content": [{"type": "input_text", "text": "Fix it."}]})),
        json!({"timestamp": "t", "type": "turn_context", "payload": {"model": "m"}}),
        item(json!({"type": "reasoning", "summary": [], "encrypted_content": "x"})),
        item(json!({"type": "reasoning", "summary": [{"type": "summary_text", "text": "hm"}]})),
        item(json!({"type": "function_call", "name": "shell", "arguments": "{\"c\":[\"ls\"]}", "call_id": "c1"})),
        item(json!({"type": "function_call_output", "call_id": "c1", "output": {"content": "a", "success": false}})),
        item(
            json!({"type": "custom_tool_call", "name": "patch", "input": "*** Begin", "call_id": "c2", "status": "done"}),
        ),
        item(json!({"type": "custom_tool_call_output", "call_id": "c2", "output": "ok"})),
        event.clone(),
        event,
        item(json!({"type": "message", "role": "assistant", "content": [{"type": "output_text", "text": "Done."}]})),
    ]);
    assert_eq!(trace.source.format, "codex");
    assert_eq!((trace.source_id.as_deref(), trace.generator.as_deref()), (Some("s"), Some("m")));
    assert_eq!(asked(&trace), ["developer: rules", "user: Fix it."]);
    assert_eq!(
        lines(&trace),
        [
            "- thought assistant: hm",
            "0 tool_call assistant: shell({\"c\":[\"ls\"]})",
            "1 tool_result shell: a [failed]",
            "2 tool_call assistant: *** Begin",
            "3 tool_result patch: ok",
            "4 answer assistant: Done.",
        ]
    );
    assert_eq!(
        (&trace.metadata["event_msg"], &trace.metadata["empty_thinking"]),
        (&json!({"agent_message": 2}), &json!(1))
    );
    let old = of_lines(&[
        json!({"id": "s", "timestamp": "t", "instructions": null}),
        json!({"record_type": "state"}),
        json!({"type": "message", "role": "user", "content": [{"type": "input_text", "text": "q"}]}),
        json!({"type": "message", "role": "assistant", "content": [{"type": "output_text", "text": "a"}]}),
    ]);
    assert_eq!((old.source.format.as_str(), lines(&old)), ("codex", vec!["- answer assistant: a".to_owned()]));
}

#[test]
fn pi_messages_form_a_tree() {
    let message = |id: &str, parent: &str, message: serde_json::Value| {
        json!({"type": "message", "id": id, "parentId": parent,
        "timestamp": "t", "message": message})
    };
    let text = |text: &str| json!([{"type": "text", "text": text}]);
    let trace = of_lines(&[
        json!({"type": "session", "id": "s", "timestamp": "t", "cwd": "/p"}),
        message("1", "s", json!({"role": "user", "content": text("q")})),
        message(
            "2",
            "1",
            json!({"role": "assistant", "model": "m", "usage": {"input": 1, "output": 2, "cost": {"total": 0.5}},
            "content": [{"type": "toolCall", "id": "c", "name": "ls", "arguments": {}}]}),
        ),
        message("3", "2", json!({"role": "toolResult", "toolCallId": "c", "content": text("a"), "isError": true})),
        message("4", "3", json!({"role": "assistant", "model": "m", "content": text("wrong way")})),
        message("5", "3", json!({"role": "assistant", "model": "n", "content": text("right way")})),
    ]);
    assert_eq!(trace.source.format, "pi");
    assert_eq!(
        lines(&trace),
        [
            "- tool_call assistant: ls({})",
            "0 tool_result ls: a [failed]",
            "~1 message assistant: wrong way",
            "1 answer assistant: right way",
        ]
    );
    assert_eq!((&trace.steps[0].metadata["cost_usd"], &trace.steps[3].metadata["model"]), (&json!(0.5), &json!("n")));
}

#[test]
fn exports_of_other_programs_are_read() {
    let kiro = one(&json!({"conversation_id": "k", "history": [
        {"user": {"content": {"Prompt": {"prompt": "q"}}, "timestamp": "t"}, "assistant": {"ToolUse": {"message_id": "m",
            "content": "I look.", "tool_uses": [{"id": "u", "name": "ls", "args": {"p": 1}}]}}},
        {"user": {"content": {"ToolUseResults": {"tool_use_results": [{"tool_use_id": "u", "status": "Error",
            "content": [{"Text": "a"}, {"Json": {"b": 1}}]}]}}}, "assistant": {"Response": {"content": "Done."}}},
    ]}));
    assert_eq!((kiro.source.format.as_str(), asked(&kiro)), ("kiro", vec!["user: q".to_owned()]));
    assert_eq!(
        lines(&kiro),
        [
            "- message assistant: I look.",
            "0 tool_call assistant: ls({\"p\":1})",
            "1 tool_result ls: a\n{\"b\":1} [failed]",
            "2 answer assistant: Done.",
        ]
    );

    let editor = one(&json!({"app": "Windsurf", "conversation": {"id": "w", "messages": [
        {"role": "user", "content": "q", "created_at": "t0"},
        {"sender": "assistant", "parts": [{"type": "text", "text": "a"}], "timestamp": "t1"},
        {"sender": "human", "parts": ["more"]},
    ]}}));
    assert_eq!((editor.source.format.as_str(), editor.source_id.as_deref()), ("editor_chat", Some("w")));
    assert_eq!(lines(&editor), ["- message assistant: a", "0 message user: more"]);
    assert_eq!(editor.steps[0].metadata["started_at"], "t1");

    let gemini = one(&json!({"sessionId": "g", "messages": [
        {"id": "1", "timestamp": "t", "type": "user", "content": "q"},
        {"id": "2", "timestamp": "t", "type": "gemini", "content": "", "model": "m", "tokens": {"input": 1, "output": 2},
            "thoughts": [{"subject": "Plan", "description": "look", "timestamp": "t"}],
            "toolCalls": [{"id": "c", "name": "ls", "args": {"p": "."}, "status": "error",
                "result": [{"functionResponse": {"id": "c", "response": {"output": "none"}}}]}]},
        {"id": "3", "timestamp": "t", "type": "gemini", "content": "Done.", "thoughts": []},
    ]}));
    assert_eq!((gemini.source.format.as_str(), gemini.generator.as_deref()), ("gemini_cli", Some("m")));
    assert_eq!(
        lines(&gemini),
        [
            "- thought gemini: Plan\nlook",
            "0 tool_call gemini: ls({\"p\":\".\"})",
            "1 tool_result ls: none [failed]",
            "2 answer gemini: Done.",
        ]
    );
    assert_eq!(gemini.steps[0].metadata["output_tokens"], 2);
}
