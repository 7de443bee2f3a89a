//! Agent runs and conversations with tools: support, and one file of tests per kind of source.

mod chats;
mod logs;
mod published;
mod runs;
mod texts;

use super::*;
use crate::model::Prompt;

/// Steps as `parent kind author: text [flags] {section}`; `~` marks those off the main path.
fn lines(trace: &Trace) -> Vec<String> {
    let line = |step: &crate::model::Step| {
        let parent = step.parent.map_or("-".to_owned(), |parent| parent.to_string());
        let off = if step.on_path { "" } else { "~" };
        let author = step.author.as_deref().unwrap_or("?");
        let flags: Vec<String> = step.flags.iter().map(|flag| format!(" [{}]", flag.name())).collect();
        let flags = flags.concat();
        let section = step.section.as_ref().map_or(String::new(), |section| format!(" {{{section}}}"));
        format!("{off}{parent} {} {author}: {}{flags}{section}", step.kind.name(), step.text)
    };
    trace.steps.iter().map(line).collect()
}

/// The prompt as `role: content`.
fn asked(trace: &Trace) -> Vec<String> {
    match &trace.problem.prompt {
        Prompt::Text(text) => vec![text.clone()],
        Prompt::Messages(messages) => messages.iter().map(|m| format!("{}: {}", m.role, m.content)).collect(),
    }
}

/// Calls and results as `name id arguments`.
fn tools(trace: &Trace) -> Vec<String> {
    let tools = trace.steps.iter().filter_map(|step| step.tool.as_ref());
    tools.map(|t| format!("{} {} {}", t.name, t.call_id.as_deref().unwrap_or("-"), t.arguments)).collect()
}

/// The only trace of some lines of JSON.
fn of_lines(rows: &[serde_json::Value]) -> Trace {
    let text: Vec<String> = rows.iter().map(ToString::to_string).collect();
    let (report, mut kept) = read_bytes("x.jsonl", text.join("\n"));
    let report = report.unwrap();
    assert_eq!((report.counts.rejected, report.counts.traces), (0, 1), "{report}");
    assert_eq!(report.counts.rows, report.counts.traces + report.counts.merged, "{report}");
    kept.traces.remove(0).1
}

/// The only trace of a list.
fn of_list(rows: &serde_json::Value) -> Trace {
    let (report, mut kept) = read_bytes("x.json", rows.to_string());
    assert_eq!(report.unwrap().counts.traces, 1);
    kept.traces.remove(0).1
}
