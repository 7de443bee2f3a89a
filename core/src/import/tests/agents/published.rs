//! The published runs, where they are at hand, counted. The counts were also worked out from the raw files by a script.

use super::super::published::published;
use super::*;

#[test]
fn published_runs_are_counted_right() {
    // Rows, traces, steps, branching, outcomes.
    let golden = "atif_harbor/tests/golden";
    let cases = [
        ("tau_bench".to_owned(), "dialogue", [19, 19, 444, 0, 0]),
        ("docent_samples/docent/docent/samples/tb_airline.json".into(), "chat", [1, 1, 52, 0, 1]),
        ("agentbench_runs/Jan17v1/gemini-2.0/medagentbench-std/runs.jsonl".into(), "agentbench", [46, 46, 126, 0, 0]),
        ("agentbench_runs/Jan17v1/gemini-2.0/medagentbench-std/error.jsonl".into(), "agentbench", [22, 22, 0, 0, 0]),
        (
            "sharegpt_llamafactory/ReasonFlux_v1/train/LLaMA-Factory/data/glaive_toolcall_en_demo.json".into(),
            "sharegpt",
            [300, 300, 1614, 0, 0],
        ),
        ("swe_agent/trajectories/demonstrations/ctf".into(), "swe_agent", [5, 5, 146, 0, 0]),
        ("swe_agent/trajectories/demonstrations/function_calling_simple.traj".into(), "swe_agent", [1, 1, 15, 0, 0]),
        ("swe_agent/tests".into(), "swe_agent", [1, 1, 15, 0, 0]),
        ("mini_swe_agent/output".into(), "mini_swe_agent", [25, 25, 4336, 0, 0]),
        ("mini_swe_agent/tests".into(), "mini_swe_agent", [2, 2, 36, 0, 0]),
        ("openhands/demo1.json".into(), "openhands", [1, 1, 13, 0, 0]),
        ("openhands/public".into(), "openhands", [6, 6, 16, 0, 5]),
        ("coding_agent_sessions/tests/sample_session.json".into(), "claude_code", [1, 1, 38, 0, 0]),
        ("coding_agent_sessions/tests/sample_session.jsonl".into(), "claude_code", [8, 1, 7, 0, 0]),
        ("coding_agent_sessions/tests/sample_codex_session.jsonl".into(), "codex", [3, 1, 1, 0, 0]),
        ("coding_agent_sessions/tests/sample_pi_session.jsonl".into(), "pi", [8, 1, 8, 0, 0]),
        ("coding_agent_sessions/tests/sample_kiro_export.json".into(), "kiro", [1, 1, 4, 0, 0]),
        ("coding_agent_sessions/tests/sample_antigravity_export.json".into(), "editor_chat", [1, 1, 4, 0, 0]),
        ("atif_harbor/docs/rfcs/0001-trajectory-format/openhands_trajectory.json".into(), "openhands", [1, 1, 5, 0, 0]),
        (
            "atif_harbor/docs/rfcs/0001-trajectory-format/gemini-cli-trajectory.json".into(),
            "gemini_cli",
            [1, 1, 1, 0, 0],
        ),
        (
            "atif_harbor/docs/rfcs/0001-trajectory-format/mini-swe-agent-trajectory.json".into(),
            "mini_swe_agent",
            [1, 1, 9, 0, 0],
        ),
        (format!("{golden}/openhands/hello-world.traces.json"), "harbor_traces", [2, 1, 3, 0, 0]),
        (format!("{golden}/openhands/hello-world.trajectory.json"), "atif", [1, 1, 5, 0, 0]),
        // Seven episodes of one trial; a run with three sub-runs; a run with its continuation.
        (format!("{golden}/terminus_2"), "mixed", [9, 3, 78, 2, 0]),
        ("reflexion/alfworld_runs".into(), "env_results", [268, 268, 175, 0, 268]),
        ("reflexion/webshop_runs".into(), "env_results", [100, 100, 0, 0, 100]),
        ("reflexion/programming_runs/root/reflexion_humaneval_rs_hard50".into(), "code_attempts", [50, 50, 138, 0, 50]),
        ("reflexion/programming_runs/root/simple_humaneval_rs_hard50".into(), "code_attempts", [50, 50, 50, 0, 50]),
        ("reflexion/programming_runs/root/leetcode_metadata".into(), "submissions", [63, 63, 85, 0, 63]),
    ];
    for (path, format, expected) in cases {
        let Some(path) = published(&path) else { continue };
        let report = inspect(std::slice::from_ref(&path), &ImportOptions::default(), &foreground()).unwrap();
        let c = report.counts;
        let found = [c.rows, c.traces, c.steps, c.branching_traces, c.outcomes];
        assert_eq!((report.format.as_str(), found, c.rejected), (format, expected, 0), "{}: {report}", path.display());
    }
}

#[test]
fn published_react_logs_are_counted_right() {
    // Traces, steps, correct, incorrect.
    let cases = [
        ("ReAct/base/base_react_thought_log.txt", [102, 1107, 33, 57]),
        ("ReAct/reflexion/50_sample_react_reflect_correct.txt", [17, 177, 17, 0]),
        ("CoT/no_context/base/100_questions_5_trials.txt", [500, 1500, 164, 336]),
        ("CoT/no_context/reflexion/appendix_cot_no_context.txt", [10, 35, 5, 5]),
    ];
    for (name, expected) in cases {
        let Some(path) = published(&format!("reflexion/hotpotqa_runs/root/{name}")) else { continue };
        let text = fs::read_to_string(path).unwrap();
        let found = importer("react_text").unwrap().read_row(text.into(), &Sample::default()).unwrap();
        let says = |verdict: &str| found.iter().filter(|one| one.trace.outcome.verdict.name() == verdict).count();
        let steps = found.iter().map(|one| one.trace.steps.len()).sum();
        assert_eq!([found.len(), steps, says("correct"), says("incorrect")], expected, "{name}");
    }
}
