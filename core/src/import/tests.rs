//! Every family on small inputs of our own, one per trap; bad inputs; and the published files where they are at hand.

use std::collections::HashMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use proptest::prelude::*;
use serde_json::json;

use super::native::{NativeTrace, SCHEMA};
use super::*;
use crate::job::{Job, JobContext, JobError, Outcome as JobOutcome};
use crate::model::{ImportedValue, Prompt, StepKind, StepRating, Trace, Verdict};

/// Keeps everything.
#[derive(Default)]
struct Kept {
    traces: Vec<(u64, Trace)>,
    rejects: Vec<Reject>,
    carried: Vec<Carried>,
    sources: Vec<SourceFile>,
}

impl Sink for Kept {
    fn trace(&mut self, row: u64, trace: Trace) -> Result<(), ImportError> {
        self.traces.push((row, trace));
        Ok(())
    }

    fn reject(&mut self, reject: Reject) -> Result<(), ImportError> {
        self.rejects.push(reject);
        Ok(())
    }

    fn carried(&mut self, carried: Carried) -> Result<(), ImportError> {
        self.carried.push(carried);
        Ok(())
    }

    fn source(&mut self, source: SourceFile) -> Result<(), ImportError> {
        self.sources.push(source);
        Ok(())
    }
}

fn foreground() -> JobContext {
    JobContext::foreground(None)
}

fn read_bytes(name: &str, bytes: impl AsRef<[u8]>) -> (Result<InspectReport, ImportError>, Kept) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join(name);
    fs::write(&path, bytes).unwrap();
    let mut kept = Kept::default();
    (read(&[path], &ImportOptions::default(), &foreground(), &mut kept), kept)
}

fn read_json(value: &serde_json::Value) -> Kept {
    let (report, kept) = read_bytes("x.jsonl", value.to_string());
    let report = report.unwrap();
    assert_eq!(report.counts.rejected, 0, "{:?}", kept.rejects);
    kept
}

/// The only trace of a row.
fn one(value: &serde_json::Value) -> Trace {
    let mut kept = read_json(value);
    assert_eq!(kept.traces.len(), 1);
    kept.traces.remove(0).1
}

fn texts(trace: &Trace) -> Vec<&str> {
    trace.steps.iter().map(|step| step.text.as_str()).collect()
}

fn parents(trace: &Trace) -> Vec<Option<u32>> {
    trace.steps.iter().map(|step| step.parent).collect()
}

/// Labels as `step says raw`.
fn labels(trace: &Trace) -> Vec<String> {
    let says = |value| match value {
        ImportedValue::Rating(rating) => StepRating::name(rating).to_owned(),
        ImportedValue::Soft(value) => value.to_string(),
        ImportedValue::FirstError => "first error".into(),
        ImportedValue::NoError => "no error".into(),
    };
    let step = |step: Option<u32>| step.map_or("trace".into(), |step| step.to_string());
    trace.labels.iter().map(|l| format!("{} {} {} {}", step(l.step), says(l.value), l.source, l.raw)).collect()
}

fn scores(trace: &Trace) -> Vec<(Option<u32>, f64)> {
    trace.scores.iter().map(|score| (score.step, score.value)).collect()
}

fn bench(label: impl Into<serde_json::Value>) -> serde_json::Value {
    json!({"id": "g-1", "generator": "tiny", "problem": " 1+1?\n", "steps": [" one \n", "so 3"],
        "final_answer_correct": false, "label": label.into(), "extra": {"a": 1}})
}

#[test]
fn processbench_rows_become_chains() {
    let trace = one(&bench(1));
    assert_eq!(trace.source.format, "processbench");
    assert_eq!((trace.source_id.as_deref(), trace.generator.as_deref()), (Some("g-1"), Some("tiny")));
    assert_eq!(trace.problem.prompt, Prompt::Text(" 1+1?\n".into()));
    assert_eq!(texts(&trace), [" one \n", "so 3"], "nothing is trimmed");
    assert_eq!(trace.steps[1].kind, StepKind::Answer);
    assert_eq!(labels(&trace), ["1 first error human 1"]);
    assert_eq!(trace.outcome.verdict, Verdict::Incorrect);
    assert_eq!(serde_json::Value::from(trace.metadata), json!({"extra": {"a": 1}}));
    assert_eq!(labels(&one(&bench(-1))), ["trace no error human -1"]);
}

#[test]
fn a_first_error_past_the_end_is_a_warning() {
    for label in [2, -2] {
        let trace = one(&bench(label));
        assert!(trace.labels.is_empty());
        assert_eq!(trace.metadata["label"], label);
        assert!(trace.warnings[0].contains("0 to 1"), "{:?}", trace.warnings);
    }
}

#[test]
fn step_lists_come_in_many_shapes() {
    let trl = one(&json!({"prompt": "2*3?", "completions": ["a", "b", "c"], "labels": [true, false, null]}));
    assert_eq!(trl.source.format, "steps");
    assert_eq!(labels(&trl), ["0 good dataset true", "1 bad dataset false"]);

    let two_valued = one(&json!({"question": "q", "steps": ["a", "b"], "labels": [1, 0]}));
    assert_eq!(labels(&two_valued), ["0 good dataset 1", "1 bad dataset 0"]);
    let three_valued = one(&json!({"question": "q", "steps": ["a", "b"], "labels": [0, -1]}));
    assert_eq!(labels(&three_valued), ["0 neutral dataset 0", "1 bad dataset -1"]);
    let soft =
        one(&json!({"problem": "q", "steps": ["a", "b"], "labels": [0.25, 1.0], "scores": [null, 0.5], "score": 2}));
    assert_eq!(labels(&soft), ["0 0.25 dataset 0.25", "1 1 dataset 1.0"]);
    assert_eq!(scores(&soft), [(Some(1), 0.5), (None, 2.0)], "scores never become labels");

    let odd = one(&json!({"problem": "q", "steps": ["a", null, 7], "labels": [true, "?", false, true], "answer": 42}));
    assert_eq!(texts(&odd), ["a", "", "7"]);
    assert_eq!(labels(&odd), ["0 good dataset true", "2 bad dataset false"]);
    assert_eq!(odd.metadata["labels"], json!([true, "?", false, true]), "what does not fit is kept");
    assert_eq!(odd.warnings.len(), 2, "{:?}", odd.warnings);
    assert_eq!(odd.problem.answer.as_deref(), Some("42"));

    let chat = one(&json!({"prompt": [{"role": "user", "content": "hi"}], "completions": ["x"], "label": -1}));
    assert!(matches!(chat.problem.prompt, Prompt::Messages(_)));
    assert_eq!(labels(&chat), ["trace no error dataset -1"]);
}

#[test]
fn zero_is_neutral_in_a_file_that_knows_minus_one() {
    let rows = [
        json!({"problem": "q", "steps": ["a"], "labels": [0]}),
        json!({"problem": "r", "steps": ["a"], "labels": [-1]}),
    ];
    let (_, kept) = read_bytes("x.json", json!(rows).to_string());
    assert_eq!(labels(&kept.traces[0].1), ["0 neutral dataset 0"]);
}

fn candidate(text: &str, rating: impl Into<serde_json::Value>) -> serde_json::Value {
    json!({"text": text, "rating": rating.into(), "flagged": null})
}

#[test]
fn prm800k_phase_1_is_a_tree_along_the_chosen() {
    let trace = one(&json!({
        "labeler": "l", "generation": null, "question": {"problem": "p", "ground_truth_answer": "4"},
        "label": {"total_time": 9, "finish_reason": "solution", "steps": [
            {"completions": [candidate("a", 1), candidate("b", -1)], "human_completion": null, "chosen_completion": 0},
            {"completions": [candidate("c", -1), {"text": "d", "rating": 0, "flagged": true}],
                "human_completion": {"text": "h", "rating": null, "source": "human"}, "chosen_completion": null},
            {"completions": [candidate("e\n\n# Answer\n\n4", 1)], "human_completion": null, "chosen_completion": 0},
        ]},
    }));
    assert_eq!(trace.source.format, "prm800k");
    assert_eq!(texts(&trace), ["a", "b", "c", "d", "h", "e\n\n# Answer\n\n4"]);
    assert_eq!(parents(&trace), [None, None, Some(0), Some(0), Some(0), Some(4)]);
    assert_eq!(trace.tree().main_path(&trace.steps), [0, 4, 5]);
    assert_eq!(trace.steps[4].author.as_deref(), Some("human"));
    assert_eq!(trace.steps[5].kind, StepKind::Answer);
    assert_eq!(
        labels(&trace),
        [
            "0 good human 1",
            "1 bad human -1",
            "2 bad human -1",
            r#"3 unsure human {"rating":0,"flagged":true}"#,
            "4 good rule ",
            "5 good human 1"
        ]
    );
    assert_eq!(trace.metadata["label"], json!({"total_time": 9, "finish_reason": "solution"}));
    assert_eq!(trace.problem.answer.as_deref(), Some("4"));
}

#[test]
fn prm800k_phase_2_follows_the_generated_solution() {
    let question =
        json!({"problem": "p", "pre_generated_steps": ["a", "b", "c", "d"], "pre_generated_verifier_score": 0.5});
    let steps = json!([
        {"completions": [candidate("a", 1)], "human_completion": null, "chosen_completion": 0},
        {"completions": [candidate("z", 1), candidate("b", -1)], "human_completion": null, "chosen_completion": null},
    ]);
    let row = json!({"question": question, "label": {"steps": steps, "finish_reason": "found_error"}});
    let trace = one(&row);
    assert_eq!(texts(&trace), ["a", "z", "b", "c", "d"]);
    assert_eq!(trace.tree().main_path(&trace.steps), [0, 2, 3, 4], "the error is on the path, the rest unlabelled");
    assert_eq!(trace.imported_first_error(None), Some(crate::model::FirstError::At(trace.steps[2].hash.clone())));
    assert_eq!(scores(&trace), [(None, 0.5)]);
    assert!(!trace.metadata.contains_key("question"));
}

#[test]
fn prm800k_positions_may_be_all_null() {
    let nothing = json!({"completions": null, "human_completion": null, "chosen_completion": null});
    let row = |steps| json!({"question": {"problem": "p"}, "label": {"steps": steps, "finish_reason": "give_up"}});
    assert_eq!(one(&row(json!([nothing]))).steps.len(), 0);
    let after = json!({"completions": [candidate("a", 1)], "human_completion": "h", "chosen_completion": 7});
    let trace = one(&row(json!([nothing, after])));
    assert_eq!(texts(&trace), ["a", "h"]);
    assert_eq!(trace.warnings.len(), 2, "{:?}", trace.warnings);
}

#[test]
fn math_shepherd_labels_are_read_from_the_text() {
    let row = |problem: &str| {
        let input = format!("{problem} Step 1: 1 < 2. ки\nStep 2: - ки is no mark ки");
        let label = format!("{problem} Step 1: 1 < 2. +\nStep 2: - - is no mark -");
        json!({"input": input, "label": label, "task": "T"})
    };
    let trace = one(&row("What? See Step 1: here."));
    assert_eq!(trace.source.format, "math_shepherd");
    assert_eq!(trace.problem.prompt, Prompt::Text("What? See Step 1: here.".into()));
    assert_eq!(texts(&trace), ["Step 1: 1 < 2.", "Step 2: -", " is no mark"]);
    assert_eq!(labels(&trace), ["0 good rollout +", "1 bad rollout -", "2 bad rollout -"]);
    assert_eq!(trace.metadata["task"], "T");

    let inside = one(&json!({"input": "A ки b? Step 1: c ки", "label": "A + b? Step 1: c -"}));
    assert_eq!(inside.problem.prompt, Prompt::Text("A ки b?".into()));
    assert_eq!(labels(&inside), ["0 bad rollout -"]);
    assert_eq!(inside.warnings.len(), 1);

    let guessed = one(&json!({"input": "A? c ки\nd", "label": "A? c +\nd"}));
    assert_eq!(texts(&guessed), [" c", "d"]);
    assert_eq!(guessed.warnings.len(), 1);
}

#[test]
fn math_shepherd_texts_must_agree() {
    let good = json!({"input": "Q? Step 1: a ки", "label": "Q? Step 1: a +"});
    let (report, kept) =
        read_bytes("x.jsonl", format!("{good}\n{}\n", json!({"input": "Q? Step 1: a ки", "label": "other"})));
    assert_eq!(report.unwrap().counts.rejected, 1);
    assert_eq!(kept.rejects[0].row, 2);
    assert!(kept.rejects[0].reason.contains("differ before marker 1"));
}

#[test]
fn omegaprm_trees_may_be_nested_or_flat() {
    let leaf = |text: &str, value: serde_json::Value| json!({"text": text, "mc_value": value, "children": []});
    let row = |prefix: &str| {
        let inner = json!({"text": format!("{prefix}a"), "mc_value": 0.5,
            "children": [leaf(&format!("{prefix}{}b", if prefix.is_empty() { "" } else { "a" }), json!(1.0)),
                leaf(&format!("{prefix}{}c", if prefix.is_empty() { "" } else { "a" }), json!(null))]});
        json!({"question": "q", "final_answer": "3", "question_id": 0,
            "reasoning_steps": {"text": "q", "mc_value": 0.25, "children": [inner]}})
    };
    for prefix in ["", "q"] {
        let trace = one(&row(prefix));
        assert_eq!(trace.source.format, "omegaprm");
        assert_eq!(texts(&trace), ["a", "b", "c"], "cumulative texts are cut");
        assert_eq!(parents(&trace), [None, Some(0), Some(0)]);
        assert_eq!(scores(&trace), [(None, 0.25), (Some(0), 0.5), (Some(1), 1.0)]);
        assert_eq!(trace.problem.answer.as_deref(), Some("3"));
        assert!(trace.labels.is_empty());
    }
    let prefixes = [("q\nab", 0.1), ("q", 0.2), ("q\na", 0.3), ("q\nac", 0.4), ("q\na", 0.5), ("q\nabd", 0.6)];
    let list: Vec<_> =
        prefixes.iter().map(|(text, value)| json!({"solution_prefix": text, "mc_value": value})).collect();
    let trace = one(&json!({"question": "q", "reasoning_steps": list}));
    assert_eq!(texts(&trace), ["\na", "b", "d", "c"]);
    assert_eq!(parents(&trace), [None, Some(0), Some(1), Some(0)]);
    assert_eq!(
        scores(&trace),
        [(None, 0.2), (Some(0), 0.3), (Some(0), 0.5), (Some(1), 0.1), (Some(2), 0.6), (Some(3), 0.4)],
        "a prefix that was sampled twice keeps both values"
    );
}

fn conversation() -> serde_json::Value {
    let call = |id: &str, arguments: serde_json::Value| json!({"id": id, "type": "function", "function": {"name": "add", "arguments": arguments}});
    json!([
        {"role": "system", "content": "Be brief."},
        {"role": "user", "content": [{"type": "text", "text": "1+1?"}, {"type": "image_url", "image_url": {"url": "u"}}]},
        {"role": "assistant", "content": "", "reasoning_content": "use the tool", "refusal": null,
            "tool_calls": [call("c1", json!("{\"a\": 1")), call("c2", json!({"a": 2, "b": 1}))]},
        {"role": "tool", "tool_call_id": "c2", "content": "3", "cost": 4},
        {"role": "tool", "tool_call_id": "c9", "content": "4"},
        {"role": "assistant", "content": "It is 2."},
    ])
}

#[test]
fn chats_become_chains_with_tool_calls() {
    let trace = one(&json!({"messages": conversation(), "model": "m", "tools": [], "id": 7,
        "step_labels": {"2": -1, "5": 1, "4": null}, "final_label": 1}));
    assert_eq!(trace.source.format, "chat");
    let Prompt::Messages(prompt) = &trace.problem.prompt else { panic!("{:?}", trace.problem) };
    assert_eq!(prompt[1].content, "1+1?\n[image_url]");
    let kinds: Vec<StepKind> = trace.steps.iter().map(|step| step.kind).collect();
    let names: Vec<&str> = kinds.iter().map(|kind| kind.name()).collect();
    assert_eq!(names, ["thought", "tool_call", "tool_call", "tool_result", "tool_result", "answer"]);
    assert!(!trace.tree().is_branching());
    let tool = |index: usize| trace.steps[index].tool.clone().unwrap();
    assert_eq!(tool(1).arguments, "{\"a\": 1", "broken JSON stays as it is");
    assert_eq!(tool(2).arguments, r#"{"a":2,"b":1}"#);
    assert_eq!((tool(3).name.as_str(), tool(3).call_id.as_deref()), ("add", Some("c2")), "paired with its call");
    assert_eq!(trace.warnings.len(), 2, "broken arguments, result without call: {:?}", trace.warnings);
    assert_eq!(labels(&trace), ["2 bad human -1", "5 good human 1", "trace good human 1"]);
    assert_eq!(trace.outcome.verdict, Verdict::Correct);
    assert_eq!(trace.metadata["message_extras"]["3"], json!({"cost": 4}));
    assert_eq!((trace.source_id.as_deref(), trace.generator.as_deref()), (Some("7"), Some("m")));
}

#[test]
fn chats_come_bare_and_wrapped() {
    let bare = one(&conversation());
    assert_eq!(bare.steps.len(), 6);
    let pretty = serde_json::to_string_pretty(&conversation()).unwrap();
    let (report, kept) = read_bytes("x.json", pretty);
    assert_eq!((report.unwrap().counts.traces, kept.traces[0].0), (1, 1));
    let (report, _) = read_bytes("x.json", json!([conversation(), conversation()]).to_string());
    assert_eq!(report.unwrap().counts.traces, 2);

    let run = one(&json!({"task_id": 3, "trial": 1, "reward": 0.0, "info": {}, "traj": conversation()}));
    assert_eq!(run.source_id.as_deref(), Some("3:1"));
    assert_eq!((run.outcome.verdict, run.outcome.reward), (Verdict::Incorrect, Some(0.0)));
    let row = one(&json!({"reward": 0.0, "messages": conversation()}));
    assert_eq!((row.outcome.verdict, row.outcome.reward), (Verdict::Unknown, Some(0.0)));
}

#[test]
fn content_parts_become_steps() {
    let trace = one(&json!({"messages": [
        {"role": "user", "content": "go"},
        {"role": "assistant", "content": [{"type": "thinking", "thinking": "hm"}, {"type": "text", "text": "calling"},
            {"type": "tool_use", "id": "t", "name": "f", "input": {"x": 1}}]},
        {"role": "user", "content": [{"type": "tool_result", "tool_use_id": "t", "content": "ok"}]},
        {"role": "assistant", "content": ""},
    ]}));
    assert_eq!(texts(&trace), ["hm", "calling", "f({\"x\":1})", "ok", ""]);
    assert_eq!(trace.steps[3].kind, StepKind::ToolResult);
    assert!(trace.warnings.is_empty(), "{:?}", trace.warnings);
    assert!(trace.metadata.is_empty(), "{:?}", trace.metadata);
}

#[test]
fn native_lines_come_back_as_they_were() {
    let trace = one(&bench(1));
    let native = |edit: fn(&mut NativeTrace)| {
        let t = trace.clone();
        let mut native = NativeTrace {
            schema: SCHEMA.into(),
            id: t.id,
            source_id: t.source_id,
            problem: t.problem,
            generator: t.generator,
            outcome: t.outcome,
            steps: t.steps,
            labels: t.labels,
            scores: t.scores,
            metadata: t.metadata,
            source: t.source,
            warnings: t.warnings,
            annotations: vec![serde_json::from_value(json!({"annotator": "ann", "note": "n"})).unwrap()],
            computed_scores: Vec::new(),
        };
        edit(&mut native);
        read_json(&serde_json::to_value(native).unwrap())
    };
    let same = native(|_| {});
    assert_eq!(same.traces[0].1, trace);
    assert_eq!((&same.carried[0].trace, same.carried[0].annotations.len()), (&trace.id, 1));
    let twin = native(|n| n.id = crate::model::TraceId::new(format!("{}-2", n.id)));
    assert!(twin.traces[0].1.warnings.is_empty());
    let edited = native(|n| n.steps[0].text.push('!'));
    assert_eq!(edited.traces[0].1.warnings.len(), 1, "{:?}", edited.traces[0].1.warnings);

    let (report, _) = read_bytes("x.jsonl", json!({"schema": "stepscope.trace/99"}).to_string());
    assert!(report.unwrap_err().to_string().contains("stepscope.trace/99"));
}

#[test]
fn layouts_are_told_apart() {
    let row = |n: u32| json!({"problem": format!("p{n}"), "steps": ["a // no comment", "b"]});
    let pretty = |n| serde_json::to_string_pretty(&row(n)).unwrap();
    let utf16: Vec<u8> =
        format!("\u{feff}{}\n{}\n", row(1), row(2)).encode_utf16().flat_map(u16::to_be_bytes).collect();
    let utf16_bare: Vec<u8> = format!("[{},{}]", row(1), row(2)).encode_utf16().flat_map(u16::to_le_bytes).collect();
    let comments = format!("// rows\n[ // first\n{} /* and\n second */ , {}]\n// end", pretty(1), pretty(2));
    let cases: [(&str, Vec<u8>); 13] = [
        ("lines.txt", format!("{}\n{}\n", row(1), row(2)).into()),
        ("lines without end", format!("\n\n{}\r\n\r\n{}", row(1), row(2)).into()),
        ("list.jsonl", json!([row(1), row(2)]).to_string().into()),
        ("pretty list.json", serde_json::to_string_pretty(&json!([row(1), row(2)])).unwrap().into()),
        ("comma too many.json", format!("[{},\n{},\n]", row(1), row(2)).into()),
        ("documents.json", format!("{}\n{}", pretty(1), pretty(2)).into()),
        ("documents in one line", format!("{}{}", row(1), row(2)).into()),
        ("two lists", format!("[\n{}\n]\n[{}\n]", row(1), row(2)).into()),
        ("carriage returns", format!("{}\r{}\r", row(1), row(2)).into()),
        ("mark.jsonl", format!("\u{feff}{}\n{}", row(1), row(2)).into()),
        ("utf16.jsonl", utf16),
        ("utf16 without mark.json", utf16_bare),
        ("comments.json", comments.into()),
    ];
    for (name, bytes) in cases {
        let (report, kept) = read_bytes(name, bytes);
        let report = report.unwrap_or_else(|error| panic!("{name}: {error}"));
        assert_eq!((report.counts.traces, report.counts.rejected), (2, 0), "{name}: {:?}", kept.rejects);
        assert_eq!(kept.traces[1].1.steps[0].text, "a // no comment", "{name}");
    }
    let (report, kept) = read_bytes("single.json", pretty(1));
    assert_eq!((report.unwrap().counts.traces, kept.traces[0].0), (1, 1));
}

/// Rows, characters and comments that lie across the borders of the chunks in which a file is read.
#[test]
fn long_files_are_read_in_pieces() {
    let rows: Vec<String> = (0..3000)
        .map(|n| {
            json!({"problem": format!("p{n} \u{1F600}\"\\"), "steps": ["\u{1F600}".repeat(n % 97), "/* b"]}).to_string()
        })
        .collect();
    let utf16 =
        |text: String| -> Vec<u8> { format!("\u{feff}{text}").encode_utf16().flat_map(u16::to_le_bytes).collect() };
    let lines = rows.join("\n");
    let list = format!("[{}]", rows.join(", "));
    let comments = format!("/* all */[{}]", rows.join(", // next\n/* and */"));
    let cases =
        [lines.clone().into(), list.clone().into(), utf16(lines), utf16(list), comments.into(), rows.concat().into()];
    for (case, bytes) in cases.into_iter().enumerate() {
        let bytes: Vec<u8> = bytes;
        let (report, kept) = read_bytes("x", bytes);
        assert_eq!((report.unwrap().counts.traces, kept.rejects.len()), (3000, 0), "case {case}");
        for (n, (_, trace)) in kept.traces.iter().enumerate() {
            assert_eq!(texts(trace), ["\u{1F600}".repeat(n % 97).as_str(), "/* b"], "case {case}");
        }
    }
}

#[test]
fn progress_ends_at_the_size_of_all_files() {
    let folder = tempfile::tempdir().unwrap();
    let row = json!({"problem": "p", "steps": ["a"]}).to_string();
    let paths = ["a", "b"].map(|name| folder.path().join(name));
    for path in &paths {
        fs::write(path, format!("{row}\n").repeat(9000)).unwrap();
    }
    let last = Arc::new(std::sync::Mutex::new(crate::job::Progress::default()));
    let slot = Arc::clone(&last);
    let context = JobContext::foreground(Some(Arc::new(move |progress| {
        let mut last = slot.lock().unwrap();
        assert!(progress.done >= last.done);
        *last = progress.clone();
    })));
    inspect(&paths, &ImportOptions::default(), &context).unwrap();
    let last = last.lock().unwrap();
    assert_eq!((last.done, last.total), (2 * 9000 * (row.len() as u64 + 1), Some(last.done)));
    assert_eq!(last.note, "Reading b");
}

#[test]
fn one_bad_row_does_not_spoil_the_rest() {
    let row = json!({"problem": "p", "steps": ["a"]}).to_string();
    let check = |bad: &[u8], reason: &str| {
        let lines = [row.as_bytes(), b"\n", bad, b"\n", row.as_bytes(), b"\n"].concat();
        let first = [bad, b"\n", row.as_bytes(), b"\n", row.as_bytes(), b"\n"].concat();
        let list = [b"[", row.as_bytes(), b",\n", bad, b",", row.as_bytes(), b"]"].concat();
        for (input, number) in [(lines, 2), (first, 1), (list, 2)] {
            // A list cannot go on after a bracket or a text that is never closed.
            let unbalanced = input.starts_with(b"[") && reason.contains("cut off");
            let (report, kept) = read_bytes("x.jsonl", input);
            let report = report.unwrap();
            if unbalanced {
                assert_eq!((report.counts.traces, kept.rejects[0].row), (1, 2));
                continue;
            }
            assert_eq!((report.counts.traces, report.counts.rejected), (2, 1), "{:?}", kept.rejects);
            assert_eq!(kept.rejects[0].row, number);
            assert!(kept.rejects[0].reason.contains(reason), "{} / {reason}", kept.rejects[0].reason);
        }
    };
    check(br#"{"problem": "p", "steps": ["a"]"#, "cut off");
    check(b"{\"problem\": \"\xff\", \"steps\": []}", "byte 14 of the row is not valid UTF-8");
    check(br#"{"problem": "p", "steps": [], "x": NaN}"#, "NaN");
    check(br#"{"problem": "p", "steps": [], "x": -Infinity}"#, "Infinity");
    check(br#"{"problem": "p", "steps": [], "x": "\ud800"}"#, "not valid JSON");
    check(br#"{"problem": "p"}"#, "`steps` or `completions` is missing");
    check(br#"{"problem": "p", "steps": "a\nb"}"#, "make it a list");
    check(br#"{"problem": "p", "steps": [["a"]]}"#, "entry 1 of `steps` is a list");
    check(br#"{"steps": ["a"]}"#, "is missing; add the text of the problem");
    check(b"17", "the row is a number");
    let deep = format!("{}{}", "[".repeat(10_000), "]".repeat(10_000));
    check(format!("{{\"problem\": {deep}}}").as_bytes(), "recursion limit");
}

#[test]
fn a_truncated_file_keeps_its_first_rows() {
    let row = json!({"problem": "p", "steps": ["a"]}).to_string();
    for (input, number) in [
        (format!("{row}\n{row}\n{}", &row[..20]), 3),
        (format!("[{row},\n{row},\n{}", &row[..20]), 3),
        (format!("[{row},\n{row}"), 3),
    ] {
        let (report, kept) = read_bytes("x.json", &input);
        assert_eq!(report.unwrap().counts.traces, 2, "{input}");
        assert_eq!(kept.rejects.len(), 1, "{:?}", kept.rejects);
        assert_eq!(kept.rejects[0].row, number);
        assert!(kept.rejects[0].reason.contains("cut off"), "{}", kept.rejects[0].reason);
    }
}

#[test]
fn bad_files_are_named_with_a_reason() {
    let check = |bytes: &[u8], expected: &[&str]| {
        let (report, kept) = read_bytes("odd.jsonl", bytes);
        let message = report.expect_err(&String::from_utf8_lossy(bytes)).to_string();
        for part in expected.iter().chain(&["odd.jsonl"]) {
            assert!(message.contains(part), "{message} / {part}");
        }
        assert!(kept.traces.is_empty());
    };
    check(b"", &["empty", "processbench"]);
    check(b" \n\t\r\n", &["empty"]);
    check(b"\xef\xbb\xbf", &["empty"]);
    check(b"\xff\xfe", &["empty"]);
    check(b"[]", &["an empty list", "processbench"]);
    check(b"[ ]\n", &["an empty list"]);
    check(b"{}", &["row 1", "an empty object"]);
    check(b"null", &["row 1", "null"]);
    check(b"42\n", &["a number"]);
    check(b"\"a text\"", &["a text"]);
    check(b"[1, 2]", &["row 1", "a number"]);
    check(b"[[1]]", &["a list"]);
    check(b"once upon a time", &["row 1", "no row is JSON", "once"]);
    check(b"\xff\xff\xfa\xc3\x28", &["no row is JSON"]);
    check(b"{\"problem\": \"p\", ", &["row 1", "cut off"]);
    check(b"{\"problem\": \"p\xff\", \"steps\": []}", &["row 1", "UTF-8"]);
    check(
        b"{\"a\": 1, \"steps\": [1]}",
        &["row 1", "`a`, `steps`", "steps (lacks `problem` or `prompt` or `question`)"],
    );
    check(b"{\"problem\": 1, \"steps\": 2}", &["their values are of another type"]);
    check(b"PK\x03\x04rest", &["ZIP", "convert"]);
    check(b"PAR1", &["Parquet"]);
    check(&[0; 64], &["binary"]);
    check(b"\x1f\x8b\x08", &["gzip"]);
}

#[test]
fn a_forced_format_is_used() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("x.jsonl");
    fs::write(&path, bench(1).to_string()).unwrap();
    let go = |format: &str| {
        inspect(std::slice::from_ref(&path), &ImportOptions { format: Some(format.into()) }, &foreground())
    };
    assert_eq!(go("steps").unwrap().format, "steps");
    let error = go("nonsense").unwrap_err().to_string();
    assert!(error.contains("nonsense") && error.contains("prm800k"), "{error}");
    let error = go("prm800k").unwrap_err().to_string();
    assert!(error.contains("none of 1 rows could be read; row 1: `question` is missing"), "{error}");
}

#[test]
fn a_bad_file_does_not_hide_the_others() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    fs::write(at("1.jsonl"), bench(1).to_string()).unwrap();
    fs::write(at("2.jsonl"), "").unwrap();
    fs::write(at("10.json"), json!([{"problem": "p", "steps": ["a"]}]).to_string()).unwrap();
    fs::write(at("notes.md"), "# Notes").unwrap();
    let mut kept = Kept::default();
    let paths = [folder.path().to_path_buf(), at("gone")];
    let report = read(&paths, &ImportOptions::default(), &foreground(), &mut kept).unwrap();
    assert_eq!(report.format, "mixed");
    assert_eq!((report.counts.traces, report.counts.rejected), (2, 2));
    let rows: Vec<u64> = kept.rejects.iter().map(|reject| reject.row).collect();
    assert_eq!(rows, [0, 0]);
    assert!(kept.rejects[0].file.ends_with("gone") && kept.rejects[1].reason.contains("empty"));
    assert!(report.warnings.iter().any(|w| w.file.ends_with("notes.md") && w.message.starts_with("left out")));
    assert_eq!(kept.sources.len(), 2);
    assert_eq!(kept.sources[0].bytes, fs::metadata(at("1.jsonl")).unwrap().len());
    assert_eq!(kept.sources[0].sha256.len(), 64);

    let error =
        inspect(&[at("2.jsonl"), at("gone")], &ImportOptions::default(), &foreground()).unwrap_err().to_string();
    assert!(error.contains("gone") && error.contains("1 more"), "{error}");
    fs::create_dir(at("hollow")).unwrap();
    assert!(matches!(
        inspect(&[at("hollow")], &ImportOptions::default(), &foreground()),
        Err(ImportError::File { fault: FileFault::EmptyFolder, .. })
    ));
}

#[test]
fn the_digest_is_that_of_the_file() {
    let (_, kept) = read_bytes("x.json", "{\"problem\": \"p\", \"steps\": []}");
    // printf '{"problem": "p", "steps": []}' | sha256sum
    assert_eq!(kept.sources[0].sha256, "ee5b31fce76a58a431ca13dcd9d35f3353eccf728d7c9d6c05042191d7777b24");
}

#[test]
fn the_report_has_the_promised_shape() {
    let (report, _) = read_bytes("x.jsonl", format!("{}\n{}", bench(1), bench(9)));
    let report = report.unwrap();
    let value = serde_json::to_value(&report).unwrap();
    let keys: Vec<&str> = value.as_object().unwrap().keys().map(String::as_str).collect();
    assert_eq!(
        keys,
        [
            "schema",
            "format",
            "files",
            "problems",
            "traces",
            "steps",
            "branching_traces",
            "first_error_labels",
            "no_error_labels",
            "step_labels",
            "step_scores",
            "trace_scores",
            "outcomes",
            "rejected",
            "warnings",
            "by_file"
        ]
    );
    assert_eq!(value["schema"], "stepscope.inspect/1");
    assert_eq!((&value["problems"], &value["traces"], &value["outcomes"]), (&json!(1), &json!(2), &json!(2)));
    assert_eq!(value["warnings"][0]["row"], 2);
    assert_eq!(value["by_file"][0]["format"], "processbench");
    let text = report.to_string();
    assert!(text.starts_with("format            processbench\nfiles             1\nproblems          1\n"), "{text}");
    assert!(text.contains("\nrecognised by     2 of 2 sample rows have `problem`"), "{text}");
}

#[test]
fn a_cancelled_import_stops() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("x.jsonl");
    let row = json!({"problem": "p", "steps": ["a"]}).to_string();
    fs::write(&path, format!("{row}\n").repeat(50)).unwrap();
    let mut job: Job<u64> = Job::spawn("read", Arc::new(|| {}), move |context| {
        while context.checkpoint().is_ok() {
            std::thread::yield_now();
        }
        let mut kept = Kept::default();
        let ended = read(&[path], &ImportOptions::default(), context, &mut kept);
        assert!(kept.traces.is_empty());
        ended.map(|report| report.counts.traces).map_err(JobError::from)
    })
    .unwrap();
    job.cancel();
    loop {
        match job.poll() {
            Some(outcome) => return assert!(matches!(outcome, JobOutcome::Cancelled), "{outcome:?}"),
            None => std::thread::yield_now(),
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn no_bytes_make_it_panic(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        read_bytes("x", bytes).0.ok();
    }

    #[test]
    fn no_json_like_text_makes_it_panic(text in r#"([\[\]{},:/*\\ \n\r"+-]|null|NaN|1|"role":|"content":|"steps":|"problem":|"a"|ки|true){0,60}"#) {
        read_bytes("x", text).0.ok();
    }

    #[test]
    fn a_file_cut_anywhere_never_panics(row in 0..7_usize, cut in 0.0..1.0_f64, flip in any::<u8>()) {
        let rows = [
            bench(1), json!({"messages": conversation()}), conversation(),
            json!({"input": "Q? Step 1: a ки\nb ки", "label": "Q? Step 1: a +\nb -"}),
            json!({"question": {"problem": "p"}, "label": {"steps": [{"completions": [candidate("a", 1)]}]}}),
            json!({"question": "q", "reasoning_steps": [{"solution_prefix": "qa", "mc_value": 1}]}),
            json!([bench(0), bench(-1)]),
        ];
        let mut bytes = rows[row].to_string().into_bytes();
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a share of a short length")]
        let at = (cut * bytes.len() as f64) as usize;
        read_bytes("x", &bytes[..at]).0.ok();
        bytes[at] ^= flip;
        read_bytes("x", &bytes).0.ok();
    }

    #[test]
    fn natural_json_of_any_type_never_panics(
        keys in prop::collection::hash_map("problem|steps|label|labels|messages|question|reasoning_steps|input|schema|completions|prompt|scores", 0..8_usize, 0..6),
    ) {
        let values = [json!(null), json!([]), json!({}), json!("ки"), json!(-1), json!([null, 1, "a", {"text": "x"}]),
            json!({"problem": "p", "steps": [null, {"completions": [{}]}], "text": "t", "children": [{}]}), json!([{"role": "assistant", "content": [{}]}])];
        let row: HashMap<&str, &serde_json::Value> = keys.iter().map(|(key, value)| (key.as_str(), &values[*value])).collect();
        let row = json!(row);
        read_bytes("x", row.to_string()).0.ok();
        for importer in IMPORTERS {
            importer.read_row(row.clone(), &Sample::default()).ok();
        }
    }
}

/// The published file, where the shared data is at hand.
fn published(path: &str) -> Option<PathBuf> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/data").join(path);
    if path.exists() {
        return Some(path);
    }
    eprintln!("skipped: no {}", path.display());
    None
}

/// The counts were also worked out by other means: 257 nodes are 254 steps and 3 problems, 145 prefixes 132 steps.
#[test]
fn published_files_are_counted_right() {
    // Traces, steps, branching, first errors, no errors, step labels, step scores, trace scores, outcomes.
    let cases: [(&str, &str, [u64; 9]); 12] = [
        ("processbench/gsm8k.json", "processbench", [400, 2082, 0, 207, 193, 207, 0, 0, 400]),
        ("processbench/math.json", "processbench", [1000, 6505, 0, 594, 406, 594, 0, 0, 1000]),
        ("prm800k/samples_prm800k.jsonl", "prm800k", [6, 81, 5, 1, 5, 75, 0, 2, 0]),
        ("prm800k/datasets/examples/prm800k-phase1-test-example.json", "prm800k", [1, 15, 1, 0, 1, 15, 0, 0, 0]),
        ("prm800k/datasets/examples/prm800k-phase2-test-example.json", "prm800k", [1, 16, 1, 1, 0, 10, 0, 1, 0]),
        ("prm800k/datasets/examples/example.json", "prm800k", [1, 20, 1, 1, 0, 7, 0, 1, 0]),
        ("prm800k/datasets/examples/RM-scored-example.json", "steps", [1, 4, 0, 0, 0, 0, 0, 0, 1]),
        ("math_shepherd/preprocess/tests/samples_math-shepherd.jsonl", "math_shepherd", [7, 25, 0, 7, 0, 25, 0, 0, 0]),
        ("omegaprm_math_aps/samples_math-aps-tree.jsonl", "omegaprm", [3, 254, 3, 0, 0, 0, 254, 3, 0]),
        ("omegaprm_math_aps/samples_math-aps.jsonl", "omegaprm", [3, 132, 3, 0, 0, 0, 142, 3, 0]),
        ("docent_samples/docent/docent/samples/tb_airline.json", "chat", [1, 52, 0, 0, 0, 0, 0, 0, 1]),
        ("agentprocessbench/data/AgentProcessBench/hotpotqa.jsonl", "chat", [250, 1387, 0, 28, 36, 734, 0, 0, 250]),
    ];
    for (path, format, expected) in cases {
        let Some(path) = published(path) else { continue };
        let report = inspect(std::slice::from_ref(&path), &ImportOptions::default(), &foreground()).unwrap();
        let c = report.counts;
        let found = [
            c.traces,
            c.steps,
            c.branching_traces,
            c.first_error_labels,
            c.no_error_labels,
            c.step_labels,
            c.step_scores,
            c.trace_scores,
            c.outcomes,
        ];
        assert_eq!((report.format.as_str(), found, c.rejected), (format, expected, 0), "{}: {report}", path.display());
    }
}
