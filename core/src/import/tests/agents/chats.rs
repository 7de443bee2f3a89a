//! Conversations: chat messages, `ShareGPT` turns, dialogues in one text, episodes.

use serde_json::json;

use super::*;
use crate::model::Verdict;

#[test]
fn anthropic_blocks_give_a_step_each() {
    let trace = one(&json!({"system": "Be brief.", "messages": [
        {"role": "user", "content": "What is there?"},
        {"role": "assistant", "content": [
            {"type": "thinking", "thinking": "look", "signature": "s"},
            {"type": "text", "text": "I look."},
            {"type": "tool_use", "id": "t1", "name": "ls", "input": {"path": "."}},
        ]},
        {"role": "user", "content": [{"type": "tool_result", "tool_use_id": "t1", "is_error": true,
            "content": [{"type": "text", "text": "no such"}, {"type": "image", "source": {"data": "AA"}}]}]},
        {"role": "assistant", "content": "Nothing."},
    ]}));
    assert_eq!(trace.source.format, "chat");
    assert_eq!(asked(&trace), ["system: Be brief.", "user: What is there?"]);
    assert_eq!(
        lines(&trace),
        [
            "- thought assistant: look",
            "0 message assistant: I look.",
            "1 tool_call assistant: ls({\"path\":\".\"})",
            "2 tool_result ls: no such\n[image] [failed]",
            "3 answer assistant: Nothing.",
        ],
        "a part with more keys hides none of those after it"
    );
    assert_eq!(tools(&trace), ["ls t1 {\"path\":\".\"}", "ls t1 "]);
}

#[test]
fn rows_for_training_are_left_to_their_formats() {
    let turns = json!([{"from": "human", "value": "q"}, {"from": "gpt", "value": "a"}]);
    let messages = json!([{"role": "user", "content": "q"}, {"role": "assistant", "content": "a"}]);
    for row in [
        json!({"conversations": turns, "chosen": {"from": "gpt", "value": "x"}, "rejected": {"from": "gpt", "value": "y"}}),
        json!({"messages": messages, "label": true}),
    ] {
        let sample = Sample { rows: vec![row], ..Sample::default() };
        for name in ["chat", "sharegpt"] {
            assert_eq!(importer(name).unwrap().recognise(&sample), None);
        }
    }
}

#[test]
fn sharegpt_turns_call_tools() {
    let trace = one(&json!({"system": "s", "tools": "[{\"name\": \"add\"}]", "conversations": [
        {"from": "human", "value": "1+1?"},
        {"from": "function_call", "value": "{\"name\": \"add\", \"arguments\": {\"a\": 1, \"b\": 1}}"},
        {"from": "observation", "value": "2"},
        {"from": "function_call", "value": "add(1, 1"},
        {"from": "gpt", "value": "2."},
        {"from": "human", "value": "Thanks."},
    ]}));
    assert_eq!(trace.source.format, "sharegpt");
    assert_eq!(asked(&trace), ["system: s", "user: 1+1?"]);
    assert_eq!(
        lines(&trace),
        [
            "- tool_call function_call: add({\"a\":1,\"b\":1})",
            "0 tool_result add: 2",
            "1 tool_call function_call: add(1, 1",
            "2 message gpt: 2.",
            "3 message human: Thanks.",
        ]
    );
    assert_eq!(trace.problem.metadata["tools"], "[{\"name\": \"add\"}]");
    assert!(trace.warnings[0].contains("turn 3"), "{:?}", trace.warnings);
}

#[test]
fn a_dialogue_in_one_text_is_cut_at_roles() {
    let trace = one(&json!({"messages_display":
        "user: Hi:\nthere\nassistant: None\ntool: Error: gone\nassistant: It is gone.\n\nSorry. \nuser: Oh"}));
    assert_eq!(trace.source.format, "dialogue");
    assert_eq!(asked(&trace), ["user: Hi:\nthere"]);
    assert_eq!(
        lines(&trace),
        [
            "- tool_call assistant: None",
            "0 tool_result tool: Error: gone",
            "1 message assistant: It is gone.\n\nSorry. ",
            "2 message user: Oh",
        ]
    );
}

#[test]
fn episodes_of_a_trial_are_one_trace() {
    let say = |role: &str, text: &str| json!({"role": role, "content": text});
    let row = |episode: &str, texts: &[&str], result: serde_json::Value| {
        let messages: Vec<_> =
            texts.iter().enumerate().map(|(i, t)| say(if i % 2 == 0 { "user" } else { "assistant" }, t)).collect();
        json!({"conversations": messages, "episode": episode, "run_id": "r", "trial_name": "t", "model": "m",
            "agent": "a", "task": "k", "result": result})
    };
    let rows = json!([
        row("episode-0", &["q", "a"], json!(null)),
        row("episode-1", &["q", "a", "seen", "lost"], json!(null)),
        row("episode-2", &["q", "a", "summed up", "b", "seen", "c"], json!(1.0)),
    ]);
    let trace = of_list(&rows);
    assert_eq!(trace.source.format, "harbor_traces");
    assert_eq!(trace.source_id.as_deref(), Some("t"));
    assert_eq!(
        lines(&trace),
        [
            "- message assistant: a",
            "0 message user: summed up",
            "1 message assistant: b",
            "2 message user: seen",
            "3 answer assistant: c",
            "~0 message user: seen {episode-1}",
            "~5 message assistant: lost {episode-1}",
        ],
        "what the longest episode does not repeat goes aside"
    );
    assert_eq!(trace.metadata["episodes"], json!(["episode-0", "episode-1", "episode-2"]));
    assert_eq!(trace.outcome.verdict, Verdict::Correct);

    let mut two = rows.as_array().unwrap().clone();
    two.push(json!({"conversations": [say("user", "q"), say("assistant", "z")], "episode": "episode-0",
        "run_id": "r", "trial_name": "u", "result": "AgentTimeoutError"}));
    let (report, kept) = read_bytes("x.json", json!(two).to_string());
    assert_eq!((report.unwrap().counts.merged, kept.traces.len()), (2, 2), "another trial is another trace");
}
