//! The lines that ARCHITECTURE.md shows of the protocol are those that are spoken.

use std::collections::BTreeSet;

use super::*;

const TITLE: &str = "### Worker protocol";

fn kinds_of(section: &str, fence: &str) -> Vec<(String, serde_json::Value)> {
    let block = section.split(&format!("```{fence}\n")).nth(1).and_then(|rest| rest.split("```").next());
    let lines = block.unwrap_or_else(|| panic!("no block {fence}")).lines();
    let parse = |line: &str| serde_json::from_str::<serde_json::Value>(line).unwrap_or_else(|e| panic!("{e}: {line}"));
    lines.map(|line| (line.to_owned(), parse(line))).collect()
}

#[test]
fn every_message_is_shown_and_can_be_read() {
    let text = include_str!("../../../../../ARCHITECTURE.md");
    let section = text.split(TITLE).nth(1).unwrap();
    let section = section.split("\n## ").next().unwrap();
    let kind = |value: &serde_json::Value| value["kind"].as_str().unwrap().to_owned();
    let mut seen = BTreeSet::new();
    for (line, value) in kinds_of(section, "json owner") {
        let request: Request = serde_json::from_str(&line).unwrap_or_else(|e| panic!("{e}: {line}"));
        assert_eq!(serde_json::to_value(&request).unwrap(), value, "nothing shown is ignored");
        seen.insert(format!("request {}", kind(&value)));
    }
    for (line, value) in kinds_of(section, "json worker") {
        let reply: Reply = serde_json::from_str(&line).unwrap_or_else(|e| panic!("{e}: {line}"));
        assert_eq!(serde_json::to_value(&reply).unwrap(), value, "nothing shown is ignored");
        let event = value.get("event").and_then(|event| event.as_str()).unwrap_or_default();
        seen.insert(format!("reply {} {event}", kind(&value)).trim_end().to_owned());
    }
    let all = [
        "reply bye",
        "reply encoded",
        "reply encoder_loaded",
        "reply event critique",
        "reply event failed",
        "reply event scored",
        "reply failed",
        "reply finished",
        "reply hello",
        "reply loaded",
        "reply progress",
        "request bye",
        "request cancel",
        "request encode",
        "request load",
        "request load_encoder",
        "request score",
    ];
    assert_eq!(seen.into_iter().collect::<Vec<_>>(), all);
}
