//! `ReAct` logs in plain text, and the results that lie beside them.

use serde_json::json;

use super::*;
use crate::model::Verdict;

fn read_text(text: &str) -> Vec<Trace> {
    let importer = importer("react_text").unwrap();
    let sample = Sample { rows: vec![text.into()], ..Sample::default() };
    assert!(importer.recognise(&sample).is_some());
    importer.read_row(text.into(), &sample).unwrap().into_iter().map(|imported| imported.trace).collect()
}

#[test]
fn react_blocks_are_traces_with_outcomes_from_banners() {
    let traces = read_text(
        "------------- BEGIN CORRECT AGENTS -------------\n\nQuestion: Who? \nThought 1: I search \nAction 1: Search[a [b]]\n\
         Observation 1: First.\n\nSecond line: x\nThought 2: So c.\nAction 2: Finish[c]\nObservation 2: Answer is CORRECT\n\
         Correct answer: c\n\n------------- BEGIN HALTED AGENTS -------------\n\nQuestion: Where?You have attempted to \
         answer following question before and failed. Plan:\nReflections:\n- go\n- on\nThought 1: hm\n",
    );
    assert_eq!(traces.len(), 2);
    assert_eq!(
        lines(&traces[0]),
        [
            "- thought agent: I search ",
            "0 tool_call agent: Search[a [b]]",
            "1 tool_result Search: First.\n\nSecond line: x",
            "2 thought agent: So c.",
            "3 answer agent: Finish[c]",
            "4 observation environment: Answer is CORRECT",
        ]
    );
    assert_eq!(tools(&traces[0])[0], "Search - a [b]");
    assert_eq!((asked(&traces[0]), traces[0].problem.answer.as_deref()), (vec!["Who? ".to_owned()], Some("c")));
    assert_eq!((traces[0].outcome.verdict, traces[1].outcome.verdict), (Verdict::Correct, Verdict::Unknown));
    assert_eq!((asked(&traces[1]), &traces[1].metadata["halted"]), (vec!["Where?".to_owned()], &json!(true)));
    assert_eq!(
        lines(&traces[1]),
        [
            "- critique agent: You have attempted to answer following question before and failed. Plan:\nReflections:\n- go\n- on",
            "0 thought agent: hm",
        ]
    );
}

#[test]
fn trials_repeat_questions_and_may_lack_steps() {
    let traces = read_text(
        "\n########################################\nBEGIN TRIAL 1\nTrial summary: Correct: 0, Incorrect: 1\n\
         #######################################\n------------- BEGIN INCORRECT AGENTS -----------\n\nContext: \r\n\
         Question: Who?\r\nThought: Let's think.\r\nAction: say c\r\nObservation: Answer is INCORRECT\r\n\
         Reflection: I was wrong.\n\n########################################\nBEGIN TRIAL 2\n\
         ------------- BEGIN CORRECT AGENTS -------------\n\nContext: Some text.\nQuestion: Who?\n",
    );
    assert_eq!(traces.len(), 2);
    assert_eq!(
        lines(&traces[0]),
        [
            "- thought agent: Let's think.",
            "0 action agent: say c",
            "1 observation environment: Answer is INCORRECT",
            "2 critique agent: I was wrong.",
        ]
    );
    let ids: Vec<_> = traces.iter().map(|trace| trace.source_id.as_deref().unwrap()).collect();
    assert_eq!(ids, ["trial 1, question 1", "trial 2, question 2"]);
    assert_eq!(asked(&traces[1]), ["Some text.\n\nWho?"], "the context is part of what was asked");
    assert_eq!((traces[1].steps.len(), traces[1].outcome.verdict), (0, Verdict::Correct));
    assert_eq!(traces[0].metadata["trial_summary"], "Trial summary: Correct: 0, Incorrect: 1");
    let bare = read_text(
        "Thought: x\nAction: Finish[b]\nObservation: Answer is CORRECT\n\nThought: y\nAction: Finish[c]\n  Question: z?\n",
    );
    let found: Vec<_> = bare.iter().map(|trace| (trace.steps.len(), trace.warnings.len())).collect();
    assert_eq!(found, [(3, 1), (2, 1), (0, 0)], "steps without a question are never dropped");
    let plain =
        read_text("Question: a?\nThought: x\nAction: Finish[b]\nObservation: Answer is INCORRECT\nQuestion: a?\n");
    assert_eq!((plain.len(), plain[0].outcome.verdict), (2, Verdict::Incorrect), "no banner: the last answer tells");
}

#[test]
fn reflections_are_critiques() {
    let env = one(&json!({"name": "env_1", "memory": ["I was lost.", "Again."], "is_success": false, "skip": false}));
    assert_eq!(env.source.format, "env_results");
    assert_eq!(lines(&env), ["- critique agent: I was lost.", "0 critique agent: Again."]);
    assert_eq!((env.outcome.verdict, env.warnings.len()), (Verdict::Incorrect, 0));

    let code = |more: serde_json::Value| {
        let mut row =
            json!({"task_id": "T/1", "prompt": "def f():", "solution": "s2", "is_solved": true, "test": "assert"});
        row.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        one(&row)
    };
    let short = code(json!({"reflections": ["no"], "cannonical_solution": "gold"}));
    assert_eq!(short.source.format, "code_attempts");
    assert_eq!(lines(&short), ["- critique assistant: no", "0 code assistant: s2"]);
    assert_eq!((short.problem.solution.as_deref(), short.outcome.verdict), (Some("gold"), Verdict::Correct));
    let long = code(json!({"reflections": ["no"], "implementations": ["s1", "s2"], "test_feedback": ["failed"],
        "canonical_solution": "gold"}));
    assert_eq!(
        lines(&long),
        ["- code assistant: s1", "0 observation tests: failed", "1 critique assistant: no", "2 code assistant: s2"]
    );
    assert_eq!(long.problem.solution.as_deref(), Some("gold"));

    let judged = one(&json!({"name": "two-sum", "code": "x", "status": "Wrong Answer", "reward": false,
        "info": {"state": "SUCCESS", "submission_id": "9"}}));
    assert_eq!(judged.source.format, "submissions");
    assert_eq!(lines(&judged), ["- code assistant: x", "0 observation judge: Wrong Answer [failed]"]);
    assert_eq!((judged.source_id.as_deref(), judged.outcome.verdict), (Some("9"), Verdict::Incorrect));
}
