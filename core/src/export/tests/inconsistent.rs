//! Projects and files that contradict themselves, one in each way: each is caught, by name of its place.

use crate::export::{ExportOptions, Rule};
use crate::labels::LabelSource;
use crate::model::{
    Critique, FirstError, ImportedScore, ImportedValue, Label, Problem, ScoreKind, StepHash, StepRating, TraceBuilder,
    TraceId, TraceStatus, Verdict,
};

use super::lint::linted;
use super::source::{Project, chain, import, import_one, options, tree};

/// The project, with a sound trace after the inconsistent one, must lose that one alone: `step rule: reason`.
#[track_caller]
fn refused(name: &str, mut project: Project, options: &ExportOptions, expected: &str) {
    let mut sound = chain(2);
    sound.id = TraceId::new("sound");
    sound.problem.prompt = crate::model::Prompt::Text("2+2?".into());
    import(&mut sound, "human", "+-");
    let wrong = project.traces[0].id.clone();
    project.traces.push(sound);
    let preview = project.preview(options);
    let of_wrong: Vec<_> = preview.left_out.iter().filter(|one| one.trace == wrong).collect();
    let [one] = of_wrong.as_slice() else { panic!("{name}: {:?} {:?}", preview.left_out, preview.sample) };
    let step = one.step.map_or("-".into(), |step| step.to_string());
    assert_eq!(format!("{step} {:?}: {}", one.rule, one.reason), expected, "{name}");
    assert_eq!(one.source_id.as_deref(), project.traces[0].source_id.as_deref(), "{name}");
    for line in &preview.sample {
        assert_eq!(options.format.check(line, &options.policy), Ok(()), "{name}");
    }
}

fn chain_with(ratings: &str, mark: Option<isize>) -> Project {
    Project::of(chain(3)).label(ratings, mark)
}

fn of_texts(problem: &str, steps: &[&str]) -> Project {
    let builder = TraceBuilder::new(Problem::from_text(problem)).source_id("t").verdict(Verdict::Incorrect);
    Project::of(steps.iter().fold(builder, |builder, text| builder.thought(*text)).build())
}

fn imported(labels: &[(Option<u32>, ImportedValue)]) -> Project {
    let mut trace = chain(3);
    for (step, value) in labels {
        import_one(&mut trace, "human", *step, *value);
    }
    Project::of(trace)
}

#[test]
fn labels_that_contradict_one_another() {
    use ImportedValue::{ErrorSomewhere, FirstError as First, NoError, Rating, Soft};
    use StepRating::{Bad, Good};
    let trl = options("trl_stepwise", &[]);
    let all = |name: &str, project: Project, expected: &str| refused(name, project, &trl, expected);

    all(
        "a bad step before the marked first error",
        chain_with("- ", Some(1)),
        "0 Contradiction: step 1 is rated bad, but the first error is marked at step 2",
    );
    all(
        "the marked first error is rated good",
        chain_with("++", Some(1)),
        "1 Contradiction: step 2 is marked as the first error, but rated good",
    );
    all(
        "the marked first error is rated neutral",
        chain_with(" 0", Some(1)),
        "1 Contradiction: step 2 is marked as the first error, but rated neutral",
    );
    all(
        "all correct, but a step is bad",
        chain_with("  -", Some(-1)),
        "2 Contradiction: step 3 is rated bad, but marked as correct together with all before it",
    );
    let mut lost = chain_with("", None);
    lost.says("ann").first_error = Some(FirstError::At(StepHash::new("gone")));
    let reason = "- LostStep: the first error is marked at a step whose text has changed since; mark it again";
    all("the first error is at a step that is gone", lost, reason);
    let mut lost = chain_with("", None);
    lost.says("ann").first_error = Some(FirstError::NoneUpTo(StepHash::new("gone")));
    let reason = "- LostStep: it is marked as all correct, but its text has changed since; mark it again";
    all("all correct up to a step that is gone", lost, reason);
    let mut unsure = chain_with("+", None);
    unsure.says("ann").first_error = Some(FirstError::Unsure);
    all("the first error was left open", unsure, "- Unsure: where it first goes wrong was left undecided");

    let data = ExportOptions { labels: Some(LabelSource::Imported(None)), ..trl.clone() };
    let all = |name: &str, project: Project, expected: &str| refused(name, project, &data, expected);
    let two = "- Contradiction: imported labels give two different first errors; choose one source with imported:NAME";
    all("two first errors", imported(&[(Some(0), First), (Some(1), First)]), two);
    all("a first error and none", imported(&[(Some(0), First), (None, NoError)]), two);
    all(
        "good and bad at once",
        imported(&[(Some(1), Rating(Good)), (Some(1), Rating(Bad))]),
        "1 Contradiction: step 2 is labelled both good and bad in the data; choose one source with imported:NAME",
    );
    all(
        "good, and a soft label of 0",
        imported(&[(Some(1), Rating(Good)), (Some(1), Soft(0.0))]),
        "1 Contradiction: step 2 is labelled both good and bad in the data; choose one source with imported:NAME",
    );
    all(
        "two soft labels",
        imported(&[(Some(1), Soft(0.25)), (Some(1), Soft(0.5))]),
        "1 Contradiction: step 2 has two soft labels, 0.25 and 0.5; choose one source with imported:NAME",
    );
    all(
        "a label past the last step",
        imported(&[(Some(0), Rating(Good)), (Some(7), Rating(Bad))]),
        "- LostStep: `label` = raw points at step 8, which the trace lacks",
    );
    all(
        "a first error without its step",
        imported(&[(Some(0), Rating(Good)), (None, First)]),
        "- LostStep: `label` = raw points at no step, which the trace lacks",
    );
    all(
        "an error somewhere, but every step is good",
        imported(&[(Some(0), Rating(Good)), (Some(1), Rating(Good)), (Some(2), Rating(Good)), (None, ErrorSomewhere)]),
        "- Contradiction: it is labelled as having an error, but every step as good",
    );
    all(
        "an error somewhere, but none at all",
        imported(&[(None, NoError), (None, ErrorSomewhere)]),
        "- Contradiction: it is labelled as having an error, but every step as good",
    );
}

#[test]
fn labels_that_a_row_cannot_hold() {
    let check = |name: &str, project: Project, format: &str, policy: &[(&str, &str)], expected: &str| {
        refused(name, project, &options(format, policy), expected);
    };
    check("a gap between labels", chain_with("+ +", None), "trl_stepwise", &[], "1 Unlabelled: step 2 has no label");
    let unfinished =
        "2 Unlabelled: step 3 has no label, and the trace is not marked as done, so it is not taken as good";
    check("an open trace taken as good", chain_with("++", None), "processbench", &[("unlabelled", "good")], unfinished);
    check("undecided", chain_with("+?", None), "math_shepherd", &[], "1 Unsure: step 2 was left undecided");
    check("neutral", chain_with("+0+", None), "rlhflow_chat", &[("neutral", "drop")], "1 Neutral: step 2 is neutral");
    let right = "1 SelfCorrected: step 2 is an error that is put right later";
    check("put right", chain_with("+-+", None), "trl_stepwise", &[("self_corrected", "drop")], right);
    let mut soft = chain_with("+", None);
    let hash = soft.traces[0].steps[1].hash.clone();
    soft.says("ann").steps.entry(hash).or_default().labels = [Label::Soft(0.7)].into_iter().collect();
    let said = "1 SoftLabel: step 2 has the soft label 0.7, which is neither good (1) nor bad (0)";
    check("soft", soft, "trl_unpaired", &[], said);
    let status = |status| chain_with("++-", None).status(status);
    check(
        "defective",
        status(TraceStatus::Defective),
        "trl_stepwise",
        &[],
        "- Defective: the problem is flagged as defective",
    );
    let skipped = "- Skipped: the annotator skipped it or gave it up";
    check("skipped", status(TraceStatus::Skipped), "steps", &[], skipped);
    check(
        "unfinished",
        chain_with("++-", None),
        "prm800k",
        &[("only_finished", "true")],
        "- Unfinished: it is not marked as done",
    );
    let mut unknown = chain_with("++-", None);
    unknown.traces[0].outcome.verdict = Verdict::Unknown;
    check(
        "no outcome",
        unknown,
        "processbench",
        &[],
        "- UnknownOutcome: whether the final answer is right is not known",
    );
    check("no words", chain_with("++-", None), "critique_sft", &[], "- NoWords: nothing is said of it in words");
    let mut clash = chain_with("++-", None);
    let hash = clash.traces[0].steps[2].hash.clone();
    let words = Critique { text: "So \\boxed{1}".into(), ..Critique::default() };
    clash.says("ann").steps.entry(hash).or_default().labels = [Label::Critique(words)].into_iter().collect();
    let said = "- Contradiction: the words come to `1`, the verdict to `\\boxed{2}`";
    check("words against the verdict", clash, "critique_sft", &[], said);
}

#[test]
fn texts_that_a_format_cannot_hold() {
    let check = |name: &str, (problem, steps): (&str, &[&str]), format: &str, expected: &str| {
        let ratings = "+".repeat(steps.len());
        let mut project = of_texts(problem, steps);
        if !steps.is_empty() {
            project = project.label(&ratings, None);
        }
        refused(name, project, &options(format, &[]), expected);
    };
    check("an empty problem", (" \n", &["a"]), "trl_stepwise", "- EmptyPrompt: the prompt is empty");
    check("an empty problem", ("", &["a"]), "processbench", "- EmptyPrompt: the problem is empty");
    check("an empty step", ("p", &["a", " \t"]), "trl_stepwise", "1 EmptyStep: step 2 has no text");
    check("an empty step", ("p", &["a", ""]), "rlhflow_chat", "1 EmptyStep: step 2 has no text");
    check("an empty step", ("p", &["a", ""]), "processbench", "1 EmptyStep: step 2 has no text");
    let said = "1 Separator: step 2 begins with the step separator";
    check("the separator at the edge", ("p", &["a", "\nb"]), "trl_stepwise", said);
    let said = "1 Marker: step 2 holds `ки`, the marker of the format";
    check("the marker in a step", ("p", &["a", "ки"]), "math_shepherd", said);
    let said = "- Marker: the problem holds `ки` or `Step 1:`, by which the format finds the steps";
    check("the marker in the problem", ("p ки", &["a"]), "math_shepherd", said);

    let steps = Project::of(TraceBuilder::new(Problem::from_text("p")).source_id("t").build());
    refused("no steps", steps, &options("steps", &[]), "- NoSteps: the trace has no steps");
    let mut score = chain_with("++", None);
    score.traces[0].scores =
        vec![ImportedScore { step: Some(0), name: "q".into(), kind: ScoreKind::Value, value: f64::NAN }];
    let said = "- Lossy: imported score `q` is NaN, which JSON cannot hold";
    refused("not a number", score, &options("native", &[]), said);
    let candidates = tree(&[(None, "x"), (Some(0), "y"), (Some(0), "u"), (Some(2), "v")]);
    let project = Project::of(candidates).label("++++", None);
    let preview = project.preview(&options("prm800k", &[]));
    assert_eq!(preview.left_out.iter().map(|one| (one.rule, one.step)).collect::<Vec<_>>(), [(Rule::Lossy, Some(3))]);
    let same = tree(&[(None, "x"), (Some(0), "y"), (Some(0), " y ")]);
    let preview = Project::of(same).label("++-", None).preview(&options("trl_preference", &[]));
    assert_eq!((preview.rows, preview.left_out[0].rule), (0, Rule::NoPair));
}

#[test]
fn files_that_contradict_themselves() {
    let sound = |format: &str| match format {
        "trl_stepwise" => r#"{"prompt":"s","completions":["a"],"labels":[true]}"#,
        "trl_preference" => r#"{"prompt":"s","chosen":"a","rejected":"b"}"#,
        "processbench" => {
            r#"{"id":"s","generator":"g","problem":"s","steps":["a"],"final_answer_correct":true,"label":-1}"#
        }
        "math_shepherd" => r#"{"input":"s Step 1: a ки","label":"s Step 1: a +","task":"t"}"#,
        "rlhflow_chat" => r#"{"conversations":[{"role":"user","content":"s a"},{"role":"assistant","content":"+"}]}"#,
        "step_dpo" => {
            r#"{"dataset":"d","prompt":"s","initial_reason_steps":"Step 1:","chosen":" a","rejected":" b","answer":"1"}"#
        }
        "rstar_pairs" => r#"{"prompt":"s","pos":["a"],"neg":["b"],"pos_count":1,"neg_count":1}"#,
        "trl_unpaired" => r#"{"prompt":"s","completion":"a","label":true}"#,
        "weighted_pairs" => r#"{"prompt":"s","chosen":"a","rejected":"b","weight":1.0,"criterion":""}"#,
        _ => {
            r#"{"prompt":"s\n\nStep 1: a","critique":"\\boxed{-1}","verdict":{"first_error":-1,"base":0,"labels":[true]},"id":"s"}"#
        }
    };
    // The second row of each file is wrong: its rule, its step from 0, and what is said.
    let table: &[(&str, &str, Rule, Option<u32>, &str)] = &[
        (
            "trl_stepwise",
            r#"{"prompt":"p","completions":["a","b"],"labels":[true]}"#,
            Rule::Shape,
            None,
            "2 steps, but 1 labels",
        ),
        ("trl_stepwise", r#"{"prompt":"p","completions":[],"labels":[]}"#, Rule::NoSteps, None, "there are no steps"),
        (
            "trl_stepwise",
            r#"{"prompt":" ","completions":["a"],"labels":[true]}"#,
            Rule::EmptyPrompt,
            None,
            "the prompt is empty",
        ),
        (
            "trl_stepwise",
            r#"{"prompt":"p","completions":["a",""],"labels":[true,true]}"#,
            Rule::EmptyStep,
            Some(1),
            "step 2 has no text",
        ),
        (
            "trl_stepwise",
            r#"{"prompt":"p","completions":["a\n"],"labels":[true]}"#,
            Rule::Separator,
            Some(0),
            "step 1 ends with the step separator",
        ),
        (
            "trl_stepwise",
            r#"{"prompt":"p","completions":["a"],"labels":[null]}"#,
            Rule::Shape,
            None,
            "invalid type: null",
        ),
        (
            "trl_preference",
            r#"{"prompt":"p","chosen":"a","rejected":" a"}"#,
            Rule::EqualSides,
            None,
            "both sides say the same",
        ),
        (
            "trl_preference",
            r#"{"prompt":"p","chosen":"","rejected":"a"}"#,
            Rule::EmptyStep,
            None,
            "`chosen` has no text",
        ),
        (
            "trl_preference",
            r#"{"prompt":"p ","chosen":" a","rejected":"b"}"#,
            Rule::Boundary,
            None,
            "`chosen` begins with white space",
        ),
        (
            "processbench",
            r#"{"id":"i","generator":"g","problem":"p","steps":["a"],"final_answer_correct":true,"label":1}"#,
            Rule::Shape,
            None,
            "label 1 is outside -1..1",
        ),
        (
            "processbench",
            r#"{"id":"i","generator":"g","problem":"p","steps":["a",""],"final_answer_correct":true,"label":-1}"#,
            Rule::EmptyStep,
            Some(1),
            "step 2 has no text",
        ),
        (
            "processbench",
            r#"{"id":"s","generator":"g","problem":"p","steps":["a"],"final_answer_correct":true,"label":-1}"#,
            Rule::Repeated,
            None,
            "has the id `s` of row 1",
        ),
        (
            "math_shepherd",
            r#"{"input":"p Step 1: a ки","label":"p Step 1: b +","task":"t"}"#,
            Rule::Shape,
            Some(0),
            "step 1 differs between",
        ),
        (
            "math_shepherd",
            r#"{"input":"p Step 1: a ки b ки","label":"p Step 1: a + b +","task":"t"}"#,
            Rule::Order,
            Some(1),
            "step 2 does not begin with `Step 2:`",
        ),
        (
            "rlhflow_chat",
            r#"{"conversations":[{"role":"user","content":"p a"},{"role":"assistant","content":"yes"}]}"#,
            Rule::Shape,
            Some(0),
            "message 1 (from 0) is \"yes\"",
        ),
        (
            "rlhflow_chat",
            r#"{"conversations":[{"role":"user","content":"p a"}]}"#,
            Rule::Order,
            None,
            "the last step has no answer",
        ),
        (
            "step_dpo",
            r#"{"dataset":"d","prompt":"p","initial_reason_steps":"Step 1: x\nStep 3:","chosen":" a","rejected":" b","answer":"1"}"#,
            Rule::Shape,
            None,
            "goes from step 1 to step 3",
        ),
        (
            "step_dpo",
            r#"{"dataset":"d","prompt":"p","initial_reason_steps":"Step 1: x","chosen":" a","rejected":" b","answer":"1"}"#,
            Rule::Shape,
            None,
            "does not end inside a heading",
        ),
        (
            "step_dpo",
            r#"{"dataset":"d","prompt":"p","initial_reason_steps":"Step 1:","chosen":" a","rejected":" b","full_chosen":" c","full_rejected":" b","answer":"1"}"#,
            Rule::Shape,
            None,
            "`full_chosen` does not begin with `chosen`",
        ),
        (
            "rstar_pairs",
            r#"{"prompt":"p","pos":["a"],"neg":["b"],"pos_count":2,"neg_count":1}"#,
            Rule::Shape,
            None,
            "2",
        ),
        (
            "rstar_pairs",
            r#"{"prompt":"p","pos":["a"],"neg":["a"],"pos_count":1,"neg_count":1}"#,
            Rule::Contradiction,
            None,
            "",
        ),
        (
            "trl_unpaired",
            r#"{"prompt":"s","completion":"a","label":false}"#,
            Rule::Contradiction,
            None,
            "labels what row 1 has in another way",
        ),
        (
            "weighted_pairs",
            r#"{"prompt":"p","chosen":"a","rejected":"b","weight":-1.0,"criterion":""}"#,
            Rule::Shape,
            None,
            "",
        ),
        (
            "critique_sft",
            r#"{"prompt":"p\n\nStep 1: a","critique":"\\boxed{0}","verdict":{"first_error":-1,"base":0,"labels":[true]},"id":"i"}"#,
            Rule::Contradiction,
            None,
            "the words come to `0`",
        ),
        (
            "critique_sft",
            r#"{"prompt":"p\n\nStep 1: a","critique":"\\boxed{-1}","verdict":{"first_error":-1,"base":0,"labels":[false]},"id":"i"}"#,
            Rule::Contradiction,
            None,
            "first_error is -1, which is not the first false label",
        ),
        (
            "trl_stepwise",
            r#"{"prompt":"p","completions":["\ud800"],"labels":[true]}"#,
            Rule::Encoding,
            None,
            "lone surrogate",
        ),
        ("trl_stepwise", r#"{"prompt":"p","completions":["a"],"labels":[NaN]}"#, Rule::Json, None, "is no JSON object"),
    ];
    for (format, line, rule, step, message) in table {
        let report = linted(format!("{}\n{line}\n", sound(format)).as_bytes());
        assert_eq!(report.format, *format, "{line}");
        let found: Vec<_> = report.problems.iter().filter(|problem| problem.row > 0).collect();
        let [problem] = found.as_slice() else { panic!("{line}: {:?}", report.problems) };
        assert_eq!((problem.row, problem.rule, problem.step), (2, *rule, *step), "{line}: {}", problem.message);
        assert!(problem.message.contains(message), "{line}: {}", problem.message);
    }
}
