//! What the program makes of the published data sets, where they are at hand: counted in `published.md`, which
//! `UPDATE_DOCS=1` writes anew, and one trace of each format as the reader shows it.
//!
//! No text of the data sets is kept here, but for the first words of steps of those that may be passed on.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use stepscope::state::OpenTrace;
use stepscope::view_model::card::StepCardModel;
use stepscope::view_model::reader::ReaderModel;
use stepscope::view_model::scores::series_of;
use stepscope_core::import::{FileReport, ImportOptions, InspectReport, first_traces, inspect};
use stepscope_core::job::JobContext;
use stepscope_core::scoring::ScoreBook;

use crate::support::fixture::workspace;

/// What the counts leave open: every data set with something rejected, waiting, left out or warned of has a line here.
const EXPLAINED: &[(&str, &str)] = include!("published_explained.in");

/// Files up to this size are also read by themselves.
const SMALL_BYTES: u64 = 200 << 10;

/// Steps shown of a trace.
const CARDS: usize = 10;

/// The folder of the data sets, where it is there.
#[expect(clippy::print_stderr, reason = "says why the test did nothing")]
pub(crate) fn data() -> Option<PathBuf> {
    let path = workspace().join("../shared/data");
    if path.is_dir() {
        return fs::canonicalize(path).ok();
    }
    eprintln!("skipped: no {}", path.display());
    None
}

fn foreground() -> JobContext {
    JobContext::foreground(None)
}

/// A data set as it is read: as a folder, and file by file.
#[derive(Default)]
struct Found {
    name: String,
    files: u64,
    folder: Option<InspectReport>,
    alone: Alone,
}

/// What the files of a data set are, each opened by itself.
#[derive(Default)]
struct Alone {
    traces: u64,
    labels: u64,
    named: BTreeMap<String, u64>,
    unread: Vec<String>,
}

impl Alone {
    fn add(&mut self, name: &str, file: &Path) {
        match inspect(&[file.to_path_buf()], &ImportOptions::default(), &foreground()) {
            Ok(report) => {
                report.by_file.iter().for_each(assert_sum);
                if report.counts.rejected > 0 {
                    self.unread.push(format!("{name}: {} rows rejected", report.counts.rejected));
                }
                if report.counts.traces > 0 {
                    self.traces += 1;
                } else {
                    self.labels += 1;
                }
            }
            Err(error) => {
                let reason = error.to_string();
                match reason.strip_prefix("the file is ").and_then(|rest| rest.split_once(", not traces;")) {
                    Some((what, _)) => *self.named.entry(what.to_owned()).or_default() += 1,
                    None => self.unread.push(format!("{name}: cannot be read")),
                }
            }
        }
    }
}

/// No row comes from nowhere and none is lost.
fn assert_sum(report: &FileReport) {
    let c = report.counts;
    let (rows, ended) = (c.rows + c.expanded, c.traces + c.rejected + c.merged + c.waiting);
    assert_eq!(rows, ended, "rows + expanded = traces + rejected + merged + waiting: {}", report.file);
}

fn files_in(folder: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    let mut folders = vec![folder.to_path_buf()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() { folders.push(path) } else { files.push(path) }
        }
    }
    files.sort();
    files
}

fn look_at(folder: &Path) -> Found {
    let name = folder.file_name().unwrap().to_string_lossy().into_owned();
    let files = files_in(folder);
    let report = inspect(&[folder.to_path_buf()], &ImportOptions::default(), &foreground()).unwrap();
    report.by_file.iter().for_each(assert_sum);
    let mut found = Found { name, files: files.len() as u64, folder: Some(report), alone: Alone::default() };
    for file in files.iter().filter(|file| file.metadata().unwrap().len() <= SMALL_BYTES) {
        found.alone.add(&file.strip_prefix(folder).unwrap().to_string_lossy(), file);
    }
    found
}

/// Looks at all data sets, on as many threads as there are processors.
fn look_at_all(data: &Path) -> Vec<Found> {
    let mut folders: Vec<PathBuf> =
        fs::read_dir(data).unwrap().map(|entry| entry.unwrap().path()).filter(|path| path.is_dir()).collect();
    folders.sort();
    let (next, found) = (AtomicUsize::new(0), Mutex::new(Vec::new()));
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    std::thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| {
                while let Some(folder) = folders.get(next.fetch_add(1, Ordering::Relaxed)) {
                    let one = look_at(folder);
                    found.lock().unwrap().push(one);
                }
            });
        }
    });
    let mut found = found.into_inner().unwrap();
    found.sort_by(|one, other| one.name.cmp(&other.name));
    found
}

/// A warning without its numbers and names, so that those of a kind count together.
fn kind_of(message: &str) -> String {
    let message = message.split_once(": `step_labels.").map_or(message, |_| "`step_labels` names no step of the trace");
    let mut kind = String::new();
    let words = message.split_whitespace().take(14).map(|word| {
        let digits = word.contains(|c: char| c.is_ascii_digit());
        if digits && !word.starts_with('`') { "n" } else { word }
    });
    for word in words {
        if !(word == "n" && kind.ends_with(" n")) {
            kind.push(' ');
            kind.push_str(word);
        }
    }
    kind.trim().to_owned()
}

fn markdown(all: &[Found]) -> String {
    let mut text = "# The published data sets, as they are read\n\n\
        Written by `UPDATE_DOCS=1 cargo test -p stepscope-tests published`; compared by the tests where the data are at \
        hand. Each data set is read as a folder, which is what the table counts; files up to 200 KiB also by themselves.\n\n\
        | data set | files | formats | rows | traces | steps | first errors | all correct | step labels | step scores | \
        trace scores | outcomes | rejected | waiting | left out | warnings |\n\
        |---|---|---|---|---|---|---|---|---|---|---|---|---|---|---|---|\n"
        .to_owned();
    for found in all {
        let report = found.folder.as_ref().unwrap();
        let formats: BTreeSet<&str> =
            report.by_file.iter().map(|file| file.format.as_str()).filter(|format| *format != "unknown").collect();
        let formats: Vec<&str> = formats.into_iter().collect();
        let c = report.counts;
        let numbers = [
            c.rows,
            c.traces,
            c.steps,
            c.first_error_labels,
            c.no_error_labels,
            c.step_labels,
            c.step_scores,
            c.trace_scores,
            c.outcomes,
            c.rejected,
            c.waiting,
            left_out(report),
            warnings(report),
        ];
        let numbers: Vec<String> = numbers.iter().map(u64::to_string).collect();
        let line = format!("| {} | {} | {} |", found.name, found.files, formats.join(", "));
        writeln!(text, "{line} {} |", numbers.join(" | ")).unwrap();
    }
    text.push_str("\n## Explained\n\n");
    for (name, why) in EXPLAINED {
        writeln!(text, "- **{name}**: {why}").unwrap();
    }
    text.push_str("\n## Files by themselves\n\n| data set | with traces | labels or scores only | no traces |\n|---|---|---|---|\n");
    for found in all {
        let Alone { traces, labels, named, unread } = &found.alone;
        let named: Vec<String> = named.iter().map(|(what, count)| format!("{count} × {what}")).collect();
        let rest: Vec<String> = named.into_iter().chain(unread.iter().cloned()).collect();
        writeln!(text, "| {} | {traces} | {labels} | {} |", found.name, rest.join("; ")).unwrap();
    }
    text
}

fn is_left_out(message: &str) -> bool {
    message.starts_with("left out: ")
}

fn left_out(report: &InspectReport) -> u64 {
    report.warnings.iter().filter(|warning| is_left_out(&warning.message)).count() as u64
}

/// Warnings that are not counted elsewhere.
fn warnings(report: &InspectReport) -> u64 {
    let count = |message: &str| match message.strip_suffix(" further warnings are not listed") {
        Some(number) => number.parse().unwrap_or(1),
        None if is_left_out(message) || message.contains("labels or scores are for traces that are not there") => 0,
        None => 1,
    };
    report.warnings.iter().map(|warning| count(&warning.message)).sum()
}

#[test]
fn the_data_sets_are_read_as_published_md_says() {
    let Some(data) = data() else { return };
    let all = look_at_all(&data);
    for found in &all {
        let report = found.folder.as_ref().unwrap();
        assert_eq!((report.counts.rejected, &found.alone.unread), (0, &Vec::new()), "{}: {report}", found.name);
        let plain = left_out(report) + warnings(report) + report.counts.waiting == 0;
        let kinds: BTreeSet<String> = report.warnings.iter().map(|warning| kind_of(&warning.message)).collect();
        let explained = EXPLAINED.iter().any(|(name, _)| *name == found.name);
        assert!(plain || explained, "{} wants an explanation: {kinds:#?}", found.name);
    }
    let (path, text) = (workspace().join("tests/published.md"), markdown(&all));
    if std::env::var_os("UPDATE_DOCS").is_some() {
        fs::write(path, text).unwrap();
    } else {
        let kept = fs::read_to_string(path).unwrap();
        assert_eq!(kept, text, "the counts have changed: UPDATE_DOCS=1 cargo test -p stepscope-tests published");
    }
}

/// Where a trace of each format is: file or folder, which of its traces, whether its words may be shown.
const SHOWN: &[(&str, usize, bool)] = &[
    ("processbench/gsm8k.json", 2, false),
    ("r_prm/src/datasets/ProcessBench/gsm8k-part_filtered.json", 1, false),
    ("big_bench_mistake/multistep_arithmetic.jsonl", 0, true),
    ("mr_gsm8k/eval_results/gpt4-grading/metamath_70B_eval_results.json", 0, true),
    ("mr_ben/biology.json", 1, true),
    ("reasoneval/dataset/mr-math_invalid_errors.json", 1, false),
    ("reasoneval/dataset/perturbation.json", 0, false),
    ("prmbench/mr_eval/tasks/prmtest_classified/data/prm800k_test_p1_4o_circular.jsonl", 0, true),
    ("deltabench/Deltabench_v1_examples.jsonl", 0, false),
    ("gsm8k_model_solutions/example_model_solutions.jsonl", 1, true),
    ("gsm8k_model_solutions/test.jsonl", 0, true),
    ("llm_reasoners_autorace/autorace/data/gsm8k.jsonl", 0, true),
    ("pure_math_cot_samples/eval/data/eval_rm_maj_example/math_cot_100.jsonl", 0, true),
    ("landscape_of_thoughts/demo_data/dummy/thoughts/Meta-Llama-3-8B-Instruct-Lite--cot--dummy--2.json", 0, true),
    ("thought_anchors/deepseek-r1-distill-qwen-14b/correct_base_solution", 0, true),
    ("prm800k/samples_prm800k.jsonl", 0, true),
    ("prm800k/datasets/examples/RM-scored-example.json", 0, true),
    ("prm800k/model_train/data/prm800k_phase2_eval_small.json", 0, true),
    ("prm800k_denorm_parquet/phase1_test.stepwise-critic.parquet", 0, true),
    ("math_shepherd/preprocess/tests/samples_math-shepherd.jsonl", 0, true),
    ("omegaprm_math_aps/samples_math-aps-tree.jsonl", 0, true),
    ("omegaprm_math_aps/samples_math-aps.jsonl", 0, true),
    ("tree_of_thought/game24/gpt-4_0.7_propose1_value3_greedy5_start900_end1000.json", 0, true),
    ("tree_of_thought/crosswords/infoss_dfs_prune.json", 0, true),
    ("tree_of_thought/text/gpt-4_1.0_naive_standard_sample_10_start0_end100.json", 0, true),
    ("toolbench_dfsdt/data_example/answer/G1_answer/10_ChatGPT_DFS_woFilter_w2.json", 0, true),
    ("toolbench_dfsdt/toolbench/tooleval/results/default_evalset/gpt-3.5-turbo_CoT/G1_tool.json", 0, true),
    ("rstar_mcts/GSM8K", 0, true),
    ("agentprocessbench/data/AgentProcessBench/hotpotqa.jsonl", 0, false),
    ("who_and_when/Algorithm-Generated/1.json", 0, true),
    ("tau_bench/few_shot_data/MockAirlineDomainEnv-few_shot.jsonl", 0, true),
    ("docent_samples/docent/docent/samples/tb_airline.json", 0, true),
    ("agentbench_runs/Jan17v1/gemini-2.0/medagentbench-std/runs.jsonl", 0, false),
    ("reflexion/hotpotqa_runs/root/ReAct/reflexion/50_sample_react_reflect_correct.txt", 0, true),
    ("reflexion/hotpotqa_runs/root/CoT/no_context/reflexion/appendix_cot_no_context.txt", 0, true),
    ("reflexion/alfworld_runs/root/reflexion_run_logs/env_results_trial_3.json", 0, true),
    ("reflexion/programming_runs/root/leetcode_metadata/2023-04-14_07-44-35.jsonl", 0, true),
    (
        "reflexion/programming_runs/root/reflexion_humaneval_rs_hard50/humaneval-rs._reflexion_5_gpt-4_pass_at_k_1_rs.jsonl",
        1,
        true,
    ),
    ("swe_agent/trajectories/demonstrations/function_calling_simple.traj", 0, true),
    ("swe_agent/trajectories/demonstrations/str_replace_anthropic_demo.yaml", 0, true),
    ("mini_swe_agent", 0, false),
    ("openhands/demo1.json", 0, false),
    ("openhands/public/sample-trajectory.jsonl", 0, false),
    ("coding_agent_sessions/tests/sample_session.jsonl", 0, true),
    ("coding_agent_sessions/tests/sample_codex_session.jsonl", 0, true),
    ("coding_agent_sessions/tests/sample_pi_session.jsonl", 0, true),
    ("coding_agent_sessions/tests/sample_kiro_export.json", 0, true),
    ("coding_agent_sessions/tests/sample_antigravity_export.json", 0, true),
    ("atif_harbor/docs/rfcs/0001-trajectory-format/gemini-cli-trajectory.json", 0, false),
    ("atif_harbor/docs/rfcs/0001-trajectory-format/openhands_trajectory.json", 0, false),
    ("atif_harbor/tests/golden/terminus_2/hello-world-context-summarization.traces.json", 0, false),
    ("atif_harbor/tests/golden/openhands/hello-world.trajectory.json", 0, false),
    ("inspect_logs", 0, true),
    ("langfuse_traces/worker/src/__tests__/chatml/framework-traces/claude-agent-2025-12-22.trace.json", 0, true),
    ("sharegpt_llamafactory/ReasonFlux_v1/train/LLaMA-Factory/data/alpaca_en_demo.json", 0, true),
    ("sharegpt_llamafactory/ReasonFlux_v1/train/LLaMA-Factory/data/dpo_zh_demo.json", 1, true),
    ("sharegpt_llamafactory/ReasonFlux_v1/train/LLaMA-Factory/data/glaive_toolcall_en_demo.json", 1, true),
    ("sharegpt_llamafactory/ReasonFlux_v1/train/LLaMA-Factory/data/kto_en_demo.json", 0, true),
];

#[test]
fn one_trace_of_each_format_in_the_reader() {
    let Some(data) = data() else { return };
    let mut text = String::new();
    for &(path, number, words) in SHOWN {
        writeln!(text, "{path}").unwrap();
        let first = first_traces(&[data.join(path)], number + 1, &ImportOptions::default(), &foreground()).unwrap();
        let (row, trace) = first.traces.into_iter().nth(number).unwrap_or_else(|| panic!("{path}: too few traces"));
        let series = series_of(&trace, &ScoreBook::default(), None);
        let steps = trace.steps.len();
        let open = OpenTrace::new(0, trace);
        let model = ReaderModel::new(&open, None, &series, true);
        let chips: Vec<&str> = model.chips.iter().map(|chip| short(&chip.text)).collect();
        let prompt: Vec<String> =
            model.prompt.iter().map(|(role, text)| format!("{role} {}", text.chars().count())).collect();
        writeln!(
            text,
            "  {}, row {row}, {steps} steps, prompt [{}], chips {chips:?}, {} warnings",
            open.trace.source.format,
            prompt.join(", ").trim(),
            model.warnings.len()
        )
        .unwrap();
        for card in (0..model.len().min(CARDS)).filter_map(|position| model.card(position)) {
            writeln!(text, "  {}", line_of(&card, words)).unwrap();
        }
        if let Some(more) = model.len().checked_sub(CARDS).filter(|more| *more > 0) {
            writeln!(text, "  … {more} more").unwrap();
        }
    }
    insta::assert_snapshot!("published_in_the_reader", text);
}

/// Who said it and what, but no remark in full.
fn short(chip: &str) -> &str {
    let words = || chip.split_whitespace().count();
    if words() <= 4 { chip } else { chip.split_once(": ").map_or("…", |(who, _)| who) }
}

/// A step without its text: number, kind, branch, labels, whether there is a score, length, first words.
fn line_of(card: &StepCardModel<'_>, words: bool) -> String {
    let mut line = format!("{} {}", card.number, card.heading);
    if let Some((number, all)) = card.branch {
        write!(line, " ({number} of {all})").unwrap();
    }
    let chips: Vec<&str> = card.chips.iter().map(|chip| short(&chip.text)).collect();
    if !chips.is_empty() {
        write!(line, " {chips:?}").unwrap();
    }
    if card.score.is_some() {
        line.push_str(" scored");
    }
    write!(line, ", {} characters", card.body.chars().count()).unwrap();
    if let Some(arguments) = card.arguments {
        write!(line, " + {} of arguments", arguments.chars().count()).unwrap();
    }
    if words {
        let first: Vec<&str> = card.body.split_whitespace().take(3).collect();
        write!(line, ": {}", first.join(" ").chars().take(40).collect::<String>()).unwrap();
    }
    line
}
