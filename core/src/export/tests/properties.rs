//! Whatever is labelled, the rows keep the rules.

use proptest::prelude::*;

use crate::export::{ExportOptions, FORMATS, Policy, SoftLabels};
use crate::model::{Problem, Step, TraceBuilder, TraceStatus, Verdict};

use super::source::{Project, options};

type StepSpec = (usize, String, char);

fn project(steps: &[StepSpec], mark: Option<isize>, status: TraceStatus, verdict: Verdict) -> Project {
    let mut builder = TraceBuilder::new(Problem::from_text("p")).verdict(verdict);
    for (index, (parent, text, _)) in steps.iter().enumerate() {
        let parent = index.checked_sub(1).map(|last| last.saturating_sub(*parent));
        let parent = parent.and_then(|parent| u32::try_from(parent).ok());
        builder.push(Step { parent, text: text.clone(), ..Step::default() });
    }
    let ratings: String = steps.iter().map(|(_, _, sign)| *sign).collect();
    let mark = mark.map(|at| at.min(isize::try_from(steps.len()).unwrap_or(0) - 1));
    Project::of(builder.build()).label(&ratings, mark).status(status)
}

fn with_policy(format: &str, choices: &[usize]) -> ExportOptions {
    let mut options = options(format, &[]);
    for (option, choice) in Policy::OPTIONS.iter().zip(choices) {
        let known = options.format.options().contains(&option.name);
        let values: Vec<&str> = option.values.iter().map(|(value, _)| *value).collect();
        let lacks = |value: &&str| options.format.lacks().contains(&(option.name, value));
        let values: Vec<&str> = values.into_iter().filter(|value| known && !lacks(value)).collect();
        if let Some(value) = values.get(choice % values.len().max(1)) {
            options.policy.set(option.name, value).unwrap();
        }
    }
    options
}

fn step() -> impl Strategy<Value = StepSpec> {
    let text = prop_oneof![3 => "[a-z]{1,4}", 1 => "[ \n]{0,2}[a-z]?\n?"];
    (
        prop_oneof![3 => Just(0_usize), 1 => 0..4_usize],
        text,
        prop::sample::select(vec!['+', '+', '+', '0', '-', '?', ' ']),
    )
}

proptest! {
    #[test]
    fn rows_pass_their_own_checks(
        steps in prop::collection::vec(step(), 0..8),
        mark in prop::option::of(-1..8_isize),
        done in any::<bool>(),
        verdict in prop::sample::select(vec![Verdict::Unknown, Verdict::Correct, Verdict::Incorrect]),
        choices in prop::collection::vec(0..4_usize, Policy::OPTIONS.len()),
    ) {
        let mark = mark.filter(|_| !steps.is_empty());
        let status = if done { TraceStatus::Done } else { TraceStatus::Open };
        let project = project(&steps, mark, status, verdict);
        for format in FORMATS.iter().map(|format| format.name()) {
            let options = with_policy(format, &choices);
            let preview = project.preview(&options);
            prop_assert!(preview.rows + preview.left_out_total >= 1, "every trace is accounted for");
            for line in &preview.sample {
                prop_assert_eq!(options.format.check(line, &options.policy), Ok(()));
                prop_assert!(!line.contains('\n'));
            }
        }
        let options = with_policy("trl_stepwise", &choices);
        for line in project.preview(&options).sample {
            let row: serde_json::Value = serde_json::from_str(&line).unwrap();
            let (texts, labels) = (row["completions"].as_array().unwrap(), row["labels"].as_array().unwrap());
            prop_assert!(!texts.is_empty() && texts.len() == labels.len());
            let hard = labels.iter().all(serde_json::Value::is_boolean);
            let soft = options.policy.soft == SoftLabels::Float && labels.iter().all(serde_json::Value::is_f64);
            prop_assert!(hard || soft);
            for text in texts.iter().filter_map(|text| text.as_str()) {
                prop_assert!(!text.trim().is_empty() && !text.starts_with('\n') && !text.ends_with('\n'));
            }
        }
    }
}
