//! Formats of pairs: rows, their checks, and that they come back when they are imported.

use serde_json::{Value, json};

use super::lint::{linted, said};
use super::source::{Project, import, options, tree};
use crate::export::{ExportOptions, Rule, format_by_name, preview, write};
use crate::import::{ImportOptions, each_trace};
use crate::job::JobContext;
use crate::labels::LabelSource;
use crate::model::{
    ChatMessage, ImportedValue, Problem, Prompt, ScoreKind, Step, StepKind, Timestamp, Trace, TraceBuilder, Verdict,
};

const FORMATS: [&str; 5] = ["trl_preference", "trl_preference_chat", "step_dpo", "rstar_pairs", "weighted_pairs"];

fn ctx() -> JobContext {
    JobContext::foreground(None)
}

/// A good and a bad way to go on after a good step, with labels and q values that came with the data.
fn fork() -> Trace {
    let mut trace = tree(&[
        (None, "Step 1: one and one"),
        (Some(0), "Step 2: make two, which is the answer"),
        (Some(0), "Step 2: make three, as everybody knows"),
        (Some(1), "Step 3: so 2"),
        (Some(2), "Step 3: so 3"),
    ]);
    import(&mut trace, "human", "++-+-");
    let mut builder = TraceBuilder::default();
    for (step, q) in (0..).zip([0.0, 0.75, -0.75, 1.0, -1.0]) {
        builder.score(Some(step), "q_value", ScoreKind::Reward, q);
    }
    trace.scores = builder.trace_mut().scores.clone();
    trace
}

fn rows(project: &Project, options: &ExportOptions) -> Vec<Value> {
    project.preview(options).sample.iter().map(|line| serde_json::from_str(line).unwrap()).collect()
}

/// A row without `meta`.
fn plain(mut row: Value) -> Value {
    row.as_object_mut().unwrap().shift_remove("meta");
    row
}

#[test]
fn lint_knows_every_format_again() {
    let project = Project::of(fork());
    for (format, stage) in FORMATS.into_iter().map(|format| (format, "1")).chain([("rstar_pairs", "2")]) {
        let made = project.preview(&options(format, &[("rstar_stage", stage)]));
        let report = linted((made.sample.join("\n") + "\n").as_bytes());
        assert_eq!((report.format.as_str(), said(&report).as_str(), report.rows), (format, "", made.rows));
    }
}

#[test]
fn each_format_holds_the_pair_in_its_own_way() {
    let project = Project::of(fork());
    let first = |format: &str, policy: &[(&str, &str)]| {
        let rows = rows(&project, &options(format, policy));
        assert_eq!(rows.len(), 1, "{format}");
        plain(rows[0].clone())
    };
    let (good, bad) = ("Step 2: make two, which is the answer", "Step 2: make three, as everybody knows");
    assert_eq!(
        first("trl_preference", &[("completion", "step")]),
        json!({"prompt": "1+1?\nStep 1: one and one", "chosen": format!("\n{good}"), "rejected": format!("\n{bad}")})
    );
    assert_eq!(first("trl_preference", &[])["chosen"], format!("\n{good}\nStep 3: so 2"));
    let answer = |step: &str| json!([{"role": "assistant", "content": format!("Step 1: one and one\n{step}")}]);
    assert_eq!(
        first("trl_preference_chat", &[("completion", "step")]),
        json!({"prompt": [{"role": "user", "content": "1+1?"}], "chosen": answer(good), "rejected": answer(bad)})
    );
    assert_eq!(
        first("step_dpo", &[]),
        json!({
            "dataset": "", "prompt": "1+1?",
            "initial_reason_steps": "Let's think step by step.\nStep 1: one and one\nStep 2:",
            "chosen": " make two, which is the answer", "rejected": " make three, as everybody knows",
            "full_chosen": " make two, which is the answer\nStep 3: so 2",
            "full_rejected": " make three, as everybody knows\nStep 3: so 3", "answer": ""
        })
    );
    assert_eq!(
        first("rstar_pairs", &[]),
        json!({
            "prefix": "1+1?\nStep 1: one and one", "chosen_step": good, "chosen_steps": [good, "Step 3: so 2"],
            "rejected_step": bad, "rejected_steps": [bad, "Step 3: so 3"], "step_margin": 1.5, "steps_margin": 1.75,
            "question": "1+1?", "neg_count": 1, "pos_count": 1
        })
    );
    assert_eq!(
        first("rstar_pairs", &[("rstar_stage", "2")]),
        json!({
            "prompt": "<|user|>:\n1+1?\n<|assistant|>: Step 1: one and one", "neg": [bad], "pos": [good],
            "neg_count": 1, "pos_count": 1
        })
    );
    let weighted = first("weighted_pairs", &[("pairs", "search"), ("pair_weight", "margin")]);
    assert_eq!((&weighted["weight"], &weighted["criterion"]), (&json!(1.5), &json!("")));
    assert_eq!(first("weighted_pairs", &[("pair_weight", "equal")])["weight"], 1.0);
}

#[test]
fn a_row_says_where_its_pair_comes_from() {
    let mut trace = fork();
    trace.generator = Some("m".into());
    let project = Project::of(trace);
    let id = project.traces[0].id.as_str();
    let rows = rows(&project, &options("trl_preference", &[("policy_model", "m")]));
    assert_eq!(
        rows[0]["meta"],
        json!({
            "rule": "label", "margin": 1.0, "criterion": "", "judged_by": "imported", "chosen_by": "generator:m",
            "rejected_by": "generator:m", "on_policy": "yes", "problem": project.traces[0].problem.id().as_str(),
            "chosen_trace": id, "chosen_step": 1, "rejected_trace": id, "rejected_step": 2
        })
    );
}

#[test]
fn pairs_come_back_as_they_were_when_imported() {
    let project = Project::of(fork());
    let folder = tempfile::tempdir().unwrap();
    for format in FORMATS {
        let out = folder.path().join(format!("{format}.jsonl"));
        let made = options(format, &[]);
        write(&project, &made, &out, &ctx(), Timestamp::default(), "0").unwrap();
        let mut traces = Vec::new();
        let each = &mut |trace| {
            traces.push(trace);
            Ok(())
        };
        each_trace(&[out], &ImportOptions::default(), &ctx(), each).unwrap();
        let again = Project { traces, ..Project::default() };
        // What came back says the same, now as a preference.
        let preferred = ExportOptions { labels: Some(LabelSource::Imported(None)), ..options(format, &[]) };
        let mut preferred = preferred;
        for (name, value) in [("pairs", "preference"), ("min_margin", "0")] {
            preferred.policy.set(name, value).unwrap();
        }
        let (before, after) = (rows(&project, &made), rows(&again, &preferred));
        let text = |row: &Value| {
            let row = plain(row.clone());
            let keys =
                ["prompt", "prefix", "initial_reason_steps", "chosen", "rejected", "chosen_step", "rejected_step"];
            keys.iter().filter_map(|key| row.get(*key).cloned()).collect::<Vec<_>>()
        };
        assert_eq!(before.iter().map(text).collect::<Vec<_>>(), after.iter().map(text).collect::<Vec<_>>(), "{format}");
    }
}

#[test]
fn the_preview_counts_what_is_written() {
    let other =
        |text: &str, verdict| TraceBuilder::new(Problem::from_text("2+2?")).thought(text).verdict(verdict).build();
    let alone = TraceBuilder::new(Problem::from_text("3+3?")).thought("6").verdict(Verdict::Correct).build();
    // The attempts at a problem need not stand together.
    let traces =
        vec![other("4", Verdict::Correct), fork(), other("5", Verdict::Incorrect), alone, other("4", Verdict::Correct)];
    let project = Project { traces, ..Project::default() };
    let folder = tempfile::tempdir().unwrap();
    for format in ["trl_preference", "trl_preference_chat", "weighted_pairs"] {
        let made = options(format, &[]);
        let shown = preview(&project, &made, 10, &ctx()).unwrap();
        assert_eq!((shown.rows, shown.left_out_total), (2, 1), "{format}: {shown:?}");
        assert_eq!(shown.left_out[0].rule, Rule::NoPair);
        assert!(shown.left_out[0].reason.starts_with("the only attempt at its problem gave no pair by preference, "));
        let count = |name| shown.counts.get(name);
        assert_eq!((count("pairs"), count("label"), count("outcome"), count("dropped_duplicate")), (2, 1, 1, 2));
        let out = folder.path().join(format);
        let report = write(&project, &made, &out, &ctx(), Timestamp::default(), "0").unwrap();
        assert_eq!((report.rows, report.counts, report.left_out), (shown.rows, shown.counts, shown.left_out));
        let lines: Vec<String> = std::fs::read_to_string(&out).unwrap().lines().map(str::to_owned).collect();
        assert_eq!(lines, shown.sample);
    }
}

#[test]
fn a_chat_keeps_its_messages_and_refuses_what_one_answer_cannot_hold() {
    let mut trace = fork();
    let message = |role: &str, content: &str| ChatMessage { role: role.into(), content: content.into() };
    trace.problem.prompt = Prompt::Messages(vec![message("system", "be brief"), message("user", "1+1?")]);
    let project = Project::of(trace);
    let made = options("trl_preference_chat", &[]);
    let row = &rows(&project, &made)[0];
    assert_eq!(row["prompt"][0], json!({"role": "system", "content": "be brief"}));
    let mut project = project;
    project.traces[0].steps[0].kind = StepKind::ToolResult;
    let shown = project.preview(&made);
    assert_eq!((shown.rows, shown.left_out[0].rule, shown.left_out[0].step), (0, Rule::Lossy, Some(0)));
    assert_eq!(rows(&project, &options("trl_preference", &[])).len(), 1, "as text it can be held");
    project.traces[0].steps[0].kind = StepKind::Thought;
    project.traces[0].problem.prompt = Prompt::Messages(vec![message("assistant", "hello")]);
    assert_eq!(project.preview(&made).left_out[0].rule, Rule::Shape);
}

#[test]
fn step_dpo_chooses_a_step_once_and_no_step_that_is_bad() {
    let mut trace = tree(&[(None, "a"), (Some(0), "b"), (Some(0), "c"), (Some(0), "d")]);
    import(&mut trace, "human", "++--");
    let shown = Project::of(trace.clone()).preview(&options("step_dpo", &[]));
    assert_eq!((shown.rows, shown.left_out[0].rule), (1, Rule::EqualSides));
    let builder = &mut TraceBuilder::default();
    for (step, value) in [(1, ImportedValue::Dispreferred), (2, ImportedValue::Preferred)] {
        builder.label(Some(step), value, "human", "f", "");
    }
    trace.labels.append(&mut builder.trace_mut().labels);
    let shown = Project::of(trace).preview(&options("step_dpo", &[("pairs", "preference")]));
    let found: Vec<_> = shown.left_out.iter().map(|one| (one.rule, one.reason.as_str())).collect();
    assert_eq!(found, [(Rule::Contradiction, "step 3 is chosen, but rated bad")]);
}

#[test]
fn every_line_is_checked_whoever_wrote_it() {
    let check = |format: &str, line: Value, expected: &str| {
        let policy = ExportOptions::new(format).unwrap().policy;
        let found = format_by_name(format).unwrap().check(&line.to_string(), &policy);
        assert_eq!(found.map_or_else(|objection| objection.reason, |()| "fine".into()), expected, "{line}");
    };
    let text =
        |prompt: &str, chosen: &str, rejected: &str| json!({"prompt": prompt, "chosen": chosen, "rejected": rejected});
    check("trl_preference", text("q", "a", "b"), "fine");
    check("trl_preference", text("q", "a", " a\n"), "both sides say the same");
    check("trl_preference", text("q", "a", " "), "`rejected` has no text");
    check("trl_preference", text(" ", "a", "b"), "the prompt is empty");
    check("trl_preference", json!({"prompt": "q", "chosen": "a"}), "missing field `rejected` at line 1 column 27");
    let weighted =
        |weight: f64| json!({"prompt": "q", "chosen": "a", "rejected": "b", "weight": weight, "criterion": ""});
    check("weighted_pairs", weighted(0.1), "fine");
    check("weighted_pairs", weighted(0.0), "weight 0 is not above 0");
    let say = |role: &str, content: &str| json!([{"role": role, "content": content}]);
    let chat =
        |prompt: Value, chosen: Value| json!({"prompt": prompt, "chosen": chosen, "rejected": say("assistant", "b")});
    check("trl_preference_chat", chat(say("user", "q"), say("assistant", "a")), "fine");
    let lost = "message 0 (from 0) is the result of a tool that follows no call";
    check("trl_preference_chat", chat(say("tool", "q"), say("assistant", "a")), lost);
    check("trl_preference_chat", chat(say("user", "q"), say("assistant", "b ")), "both sides say the same");
    check("trl_preference_chat", chat(say("user", " "), say("assistant", "a")), "the prompt is empty");
    check("trl_preference_chat", chat(json!([]), say("assistant", "a")), "the prompt has no messages");
    check(
        "trl_preference_chat",
        chat(say("assistant", "q"), say("assistant", "a")),
        "the prompt ends with a message of `assistant`, not of the user or a tool",
    );
    check(
        "trl_preference_chat",
        chat(say("user", "q"), say("user", "a")),
        "`chosen` does not begin with a message of the assistant",
    );
    let dpo = |initial: &str, chosen: &str, full: &str| {
        json!({"dataset": "d", "prompt": "q", "initial_reason_steps": initial, "chosen": chosen, "rejected": " b",
            "full_chosen": full, "full_rejected": " b", "answer": ""})
    };
    check("step_dpo", dpo("Let's think step by step.\nStep 1: x\nStep 2:", " a", " a\nStep 3: c"), "fine");
    check("step_dpo", dpo("Let's think step by step.\nStep 1:", " a", " a"), "fine");
    check("step_dpo", dpo("Step 1: x\nStep 3:", " a", " a"), "`initial_reason_steps` goes from step 1 to step 3");
    let open = "`initial_reason_steps` does not end inside a heading such as `Step 3:`";
    check("step_dpo", dpo("Step 1: x\n", " a", " a"), open);
    check("step_dpo", dpo("Step 1: x\nStep 2: y", " a", " a"), open);
    check("step_dpo", dpo("Step 1:\nStep 2:", " a", " a"), "step 1 of the beginning has no text");
    check("step_dpo", dpo("Step 1:", " a\nStep 2: c", " a"), "`chosen` holds a heading: it is more than one step");
    check("step_dpo", dpo("Step 1:", " a", "a"), "`full_chosen` does not begin with `chosen`");
    let stage_1 = |margin: f64, steps: Value, count: u64| {
        json!({"prefix": "q", "chosen_step": "a", "chosen_steps": steps, "rejected_step": "b", "rejected_steps": ["b"],
            "step_margin": margin, "steps_margin": 0.5, "question": "q", "neg_count": 1, "pos_count": count})
    };
    check("rstar_pairs", stage_1(0.5, json!(["a", "c"]), 1), "fine");
    check("rstar_pairs", stage_1(0.4, json!(["a"]), 1), "`step_margin` is 0.4, below 0.5");
    check("rstar_pairs", stage_1(0.0, json!(["a"]), 1), "`step_margin` is 0, not above 0");
    check("rstar_pairs", stage_1(0.5, json!(["c"]), 1), "`chosen_steps` does not begin with `chosen_step`");
    check("rstar_pairs", stage_1(0.5, json!(["a"]), 0), "0 good and 1 bad steps; both are needed");
    let stage_2 =
        |pos: Value, count: u64| json!({"prompt": "q", "pos": pos, "neg": ["b"], "pos_count": count, "neg_count": 1});
    check("rstar_pairs", stage_2(json!(["a"]), 1), "fine");
    check("rstar_pairs", stage_2(json!(["a"]), 2), "`pos` has 1 steps, but `pos_count` is 2");
    check("rstar_pairs", stage_2(json!(["a", "b"]), 2), "a step stands in `pos` and in `neg`: b");
    check("rstar_pairs", stage_2(json!([" "]), 1), "a step of `pos` has no text");
    check(
        "rstar_pairs",
        json!({"prefix": "q"}),
        "neither a pair (`chosen_step`, …) nor a beginning with `pos` and `neg`",
    );
}

#[test]
fn prompt_and_completion_are_the_trace_byte_for_byte() {
    // White space at the boundary belongs to the completions, wherever the source has it.
    let steps = [(None, "a\n\n"), (Some(0), "b\n"), (Some(0), "\nc")];
    let mut builder = TraceBuilder::new(Problem::from_text("q \n"));
    for (parent, text) in steps {
        builder.push(Step { parent, text: text.into(), ..Step::default() });
    }
    let mut trace = builder.build();
    import(&mut trace, "human", "++-");
    let row = &rows(&Project::of(trace), &options("trl_preference", &[]))[0];
    assert_eq!(plain(row.clone()), json!({"prompt": "q \na", "chosen": "\n\nb\n", "rejected": "\n\n\nc"}));
}

#[test]
fn a_trace_whose_labels_contradict_one_another_is_left_out_by_itself() {
    let mut wrong = fork();
    import(&mut wrong, "other", "-");
    let mut right = fork();
    right.id = crate::model::TraceId::new("right");
    let project = Project { traces: vec![wrong, right], ..Project::default() };
    let shown = project.preview(&options("trl_preference", &[]));
    assert_eq!((shown.rows, shown.left_out_total, shown.left_out[0].rule), (1, 1, Rule::Contradiction));
}
