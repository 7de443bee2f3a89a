//! What Stepscope also imports comes back with the same labels: published rows word for word, random ones by their labels.

use std::fs;
use std::path::{Path, PathBuf};

use proptest::prelude::*;
use serde_json::Value;

use crate::export::{ExportOptions, preview};
use crate::import::{ImportOptions, each_trace};
use crate::job::JobContext;
use crate::model::{ImportedValue, Problem, StepRating, Trace, TraceBuilder, Verdict};

use super::source::{Project, options};

/// The published file, where the shared data is at hand.
fn published(path: &str) -> Option<PathBuf> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/data").join(path);
    if path.exists() {
        return Some(path);
    }
    eprintln!("skipped: no {}", path.display());
    None
}

fn import(path: &Path, format: Option<&str>) -> Project {
    let options = ImportOptions { format: format.map(str::to_owned), ..ImportOptions::default() };
    let mut project = Project::default();
    each_trace(&[path.to_owned()], &options, &JobContext::foreground(None), &mut |trace| {
        project.traces.push(trace);
        Ok(())
    })
    .unwrap();
    project
}

/// Every row, and how many traces or paths were left out.
fn export(project: &Project, options: &ExportOptions) -> (Vec<String>, u64) {
    let made = preview(project, options, usize::MAX, &JobContext::foreground(None)).unwrap();
    (made.sample, made.left_out_total)
}

fn again(lines: &[String], format: Option<&str>) -> Project {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("rows.jsonl");
    fs::write(&path, lines.join("\n") + "\n").unwrap();
    import(&path, format)
}

/// The rows of a published file, one a line or as an array.
fn originals(path: &Path) -> Vec<Value> {
    let text = fs::read_to_string(path).unwrap();
    serde_json::from_str(&text).unwrap_or_else(|_several| {
        text.lines().filter(|line| !line.trim().is_empty()).map(|line| serde_json::from_str(line).unwrap()).collect()
    })
}

/// What the labels say, in order: `+`, `0`, `-`, `?` for a rating, `!` for the first error, `=` for none.
fn said(trace: &Trace) -> Vec<(Option<u32>, char)> {
    let sign = |value| match value {
        ImportedValue::Rating(StepRating::Good) => '+',
        ImportedValue::Rating(StepRating::Neutral) => '0',
        ImportedValue::Rating(StepRating::Bad) => '-',
        ImportedValue::Rating(StepRating::Unsure) => '?',
        ImportedValue::FirstError => '!',
        ImportedValue::NoError => '=',
        _ => '*',
    };
    trace.labels.iter().map(|label| (label.step, sign(label.value))).collect()
}

#[test]
fn published_rows_come_back_word_for_word() {
    for (path, format) in [
        ("processbench/gsm8k.json", "processbench"),
        ("processbench/math.json", "processbench"),
        ("math_shepherd/preprocess/tests/samples_math-shepherd.jsonl", "math_shepherd"),
    ] {
        let Some(path) = published(path) else { continue };
        let originals = originals(&path);
        let (lines, left_out) = export(&import(&path, None), &options(format, &[("after_error", "raw")]));
        assert_eq!((lines.len(), left_out), (originals.len(), 0), "{}", path.display());
        for (line, original) in lines.iter().zip(originals) {
            assert_eq!(serde_json::from_str::<Value>(line).unwrap(), original);
        }
        let (first, second) = (import(&path, None), again(&lines, None));
        for (first, second) in first.traces.iter().zip(&second.traces) {
            assert_eq!((said(first), &first.steps), (said(second), &second.steps));
        }
    }
}

/// Without what is null, and without positions at which nobody said anything.
fn meaning(value: &mut Value) {
    if let Some(steps) = value["label"]["steps"].as_array_mut() {
        steps.retain(|step| {
            step["completions"].as_array().is_some_and(|all| !all.is_empty()) || !step["human_completion"].is_null()
        });
    }
    prune(value);
}

fn prune(value: &mut Value) {
    match value {
        Value::Object(map) => {
            let says_no = |key: &str, value: &Value| key == "flagged" && *value == Value::Bool(false);
            map.retain(|key, value| !value.is_null() && !says_no(key, value));
            map.values_mut().for_each(prune);
        }
        Value::Array(list) => list.iter_mut().for_each(prune),
        _ => {}
    }
}

#[test]
fn published_prm800k_rows_come_back_in_meaning() {
    let Some(path) = published("prm800k/samples_prm800k.jsonl") else { return };
    let (lines, left_out) = export(&import(&path, None), &options("prm800k", &[]));
    assert_eq!((lines.len(), left_out), (6, 0));
    for (line, mut original) in lines.iter().zip(originals(&path)) {
        let mut made: Value = serde_json::from_str(line).unwrap();
        meaning(&mut made);
        meaning(&mut original);
        assert_eq!(made, original);
    }
    for name in ["phase1-test", "phase2-test"] {
        let Some(path) = published(&format!("prm800k/datasets/examples/prm800k-{name}-example.json")) else { continue };
        let first = import(&path, None);
        let (lines, left_out) = export(&first, &options("prm800k", &[]));
        assert_eq!((lines.len(), left_out), (1, 0), "{name}");
        let second = again(&lines, None);
        assert_eq!(
            (said(&first.traces[0]), &first.traces[0].steps),
            (said(&second.traces[0]), &second.traces[0].steps)
        );
    }
}

#[test]
fn critiques_come_back_with_their_words() {
    let mut trace = chain(1, &["a".into(), "b".into(), "c".into()], "+-");
    trace.labels[1].rationale = Some("1 is not 2.\nSo no.".into());
    let project = Project::of(trace);
    for layout in ["messages", "flat"] {
        let chosen = options("critique_sft", &[("critique_layout", layout)]);
        let (lines, left_out) = export(&project, &chosen);
        assert_eq!(left_out, 0);
        let back = again(&lines, Some("critique"));
        let trace = &back.traces[0];
        assert_eq!(trace.problem.text().trim(), "What is 1 + 1?");
        assert_eq!(said(trace), [(Some(1), '!'), (Some(0), '+'), (Some(1), '-')]);
        assert_eq!(trace.labels[0].rationale.as_deref(), Some("1 is not 2.\nSo no.\n\n\\boxed{1}"));
        assert!(trace.warnings.is_empty(), "{:?}", trace.warnings);
        assert_eq!(export(&back, &chosen).0, lines, "written again, it is the same");
    }
}

fn chain(number: usize, texts: &[String], ratings: &str) -> Trace {
    let problem = Problem::from_text(format!("What is {number} + 1?"));
    let builder = TraceBuilder::new(problem).source_id(format!("t{number}")).verdict(Verdict::Incorrect);
    let mut trace = texts.iter().fold(builder, |builder, text| builder.thought(text.as_str())).build();
    super::source::import(&mut trace, "human", ratings);
    trace
}

fn word() -> impl Strategy<Value = String> {
    "[a-z+$\\\\{}é–0-9]{1,6}( [a-z=.\n\"]{1,5}[a-z])?"
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 32, ..ProptestConfig::default() })]

    #[test]
    fn random_projects_come_back_with_the_same_labels(
        traces in prop::collection::vec(prop::collection::vec((word(), prop::sample::select(vec!['+', '+', '0', '-'])), 1..6), 1..5),
        after in prop::sample::select(vec!["cut", "bad", "raw"]),
        neutral in prop::sample::select(vec!["good", "bad"]),
    ) {
        let policy = [("after_error", after), ("neutral", neutral)];
        let mut project = Project::default();
        for (number, steps) in traces.iter().enumerate() {
            let texts: Vec<String> = steps.iter().map(|(text, _)| text.clone()).collect();
            let ratings: String = steps.iter().map(|(_, sign)| *sign).collect();
            project.traces.push(chain(number, &texts, &ratings));
        }
        let (plain, left_out) = export(&project, &options("trl_stepwise", &policy));
        prop_assert_eq!(left_out, 0);
        let expected: Vec<Vec<(Option<u32>, char)>> = plain.iter().map(|line| {
            let row: Value = serde_json::from_str(line).unwrap();
            let labels = row["labels"].as_array().unwrap().iter();
            (0..).zip(labels).map(|(step, good)| (Some(step), if good == &Value::Bool(true) { '+' } else { '-' })).collect()
        }).collect();
        for (format, importer) in [("trl_stepwise", "steps"), ("math_shepherd", "math_shepherd"), ("rlhflow_chat", "rlhflow_chat")] {
            let (lines, left_out) = export(&project, &options(format, &policy));
            prop_assert_eq!(left_out, 0, "{}", format);
            let back = again(&lines, Some(importer));
            let labels: Vec<_> = back.traces.iter().map(said).collect();
            prop_assert_eq!(&labels, &expected, "{}", format);
            for (back, trace) in back.traces.iter().zip(&project.traces) {
                prop_assert_eq!(back.problem.text(), trace.problem.text(), "{}", format);
                prop_assert!(back.warnings.is_empty(), "{}: {:?}", format, back.warnings);
            }
        }
        let (lines, left_out) = export(&project, &options("prm800k", &[]));
        prop_assert_eq!(left_out, 0);
        let back = again(&lines, Some("prm800k"));
        for (back, trace) in back.traces.iter().zip(&project.traces) {
            // Three-valued, up to the first error; the steps are all there.
            let until = said(trace).iter().position(|(_, sign)| *sign == '-').map_or(trace.labels.len(), |at| at + 1);
            prop_assert_eq!(&said(back)[..], &said(trace)[..until]);
            let texts = |trace: &Trace| trace.steps.iter().map(|step| step.text.clone()).collect::<Vec<_>>();
            prop_assert_eq!(texts(back), texts(trace));
        }
        for per in ["step", "trace"] {
            let (lines, left_out) = export(&project, &options("trl_unpaired", &[policy[0], policy[1], ("per", per)]));
            prop_assert_eq!(left_out, 0);
            let back: Vec<char> = again(&lines, Some("unpaired")).traces.iter().flat_map(said).map(|(_, sign)| sign).collect();
            let rows: Vec<char> = match per {
                "step" => expected.iter().flatten().map(|(_, sign)| *sign).collect(),
                _ => expected.iter().map(|row| if row.iter().all(|(_, sign)| *sign == '+') { '+' } else { '-' }).collect(),
            };
            prop_assert_eq!(back, rows, "{}", per);
        }
    }
}
