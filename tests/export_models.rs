//! What the export dialog is given to paint, as snapshots.

use std::collections::BTreeMap;
use std::path::Path;

use stepscope::state::ExportDraft;
use stepscope::state::asking::read_question;
use stepscope::state::export_draft::{ExportPage, ExportScope, ResultPage};
use stepscope::state::work::Visible;
use stepscope::view_model::export::{ExportFacts, ExportModel, ExportShown};
use stepscope_core::export::split::{Decontamination, Overlap, Removed, SplitPart};
use stepscope_core::export::{Counts, LeftOut, PartReport, Preview, Rule, format_by_name};
use stepscope_core::job::Progress;
use stepscope_core::labels::LabelSource;
use stepscope_core::model::{ProblemId, TraceId};
use stepscope_core::query::Fields;

fn left_out(number: u32, rule: Rule, reason: &str) -> LeftOut {
    let (trace, source_id) = (TraceId::new(format!("t{number}")), Some(format!("squares-{number}")));
    LeftOut { trace, source_id, step: (number > 1).then_some(number), hash: None, rule, reason: reason.into() }
}

fn preview() -> Preview {
    let line = r#"{"prompt":"What is 12 × 12? I split it.","chosen":"12 × 2 = 24.","rejected":"12 × 2 = 26.","meta":{"rule":"label"}}"#;
    let removed = Removed {
        problem: ProblemId::new("p"),
        text: "What is 3 × 3?".into(),
        rows: 4,
        reason: Overlap::Near(0.93),
        test_file: "/data/tests.jsonl".into(),
        test_number: 7,
        test_text: "What is 3 · 3?".into(),
    };
    Preview {
        rows: 1_234,
        left_out_total: 203,
        left_out: vec![
            left_out(1, Rule::NoLabels, "ada has not labelled it"),
            left_out(2, Rule::Unsure, "step 3 was left undecided"),
        ],
        left_out_traces: BTreeMap::new(),
        left_out_by_rule: [(Rule::NoLabels, 200), (Rule::Unsure, 3)].into(),
        counts: Counts([("label".to_owned(), 1_200), ("pairs".to_owned(), 1_234)].into()),
        sample: vec![line.into()],
        sample_of: vec![TraceId::new("t9")],
        labels: Some(LabelSource::Own(Some("ada".into()))),
        parts: SplitPart::ALL
            .into_iter()
            .zip([(1_000, 90), (234, 10), (0, 0)])
            .map(|(part, (rows, problems))| (part, PartReport { rows, problems }))
            .collect(),
        unknown_problems: vec!["nobody asks this".into()],
        removed: Some(Decontamination { removed: vec![removed], ..Decontamination::default() }),
    }
}

fn shown() -> ExportShown {
    let format = format_by_name("trl-preference").unwrap();
    ExportShown::new(preview(), format, |trace| format!("name of {trace}"))
}

fn facts<'a>(draft: &'a ExportDraft, shown: Option<&'a Result<ExportShown, String>>) -> ExportFacts<'a> {
    let problem = read_question(&draft.question, &Fields::default(), Visible::all(true)).err();
    ExportFacts {
        draft,
        shown,
        counting: None,
        sources: vec![LabelSource::Imported(None)],
        problem: problem.filter(|_| draft.scope == ExportScope::Question),
        traces: [500, 12, 0],
        project: Path::new("squares.stepscope"),
        question: (draft.scope == ExportScope::Question).then_some(draft.question.as_str()).or(Some("")),
        is_hidden: false,
    }
}

#[test]
fn pairs_in_parts() {
    let mut draft = ExportDraft::new(format_by_name("trl-preference").unwrap());
    draft.look.search = "trl".into();
    draft.look.page = ExportPage::Traces;
    draft.look.open = vec![Rule::Unsure];
    draft.set_option("min_margin", "x");
    draft.set_option("per_prefix", "2");
    (draft.parts.divided, draft.parts.seed) = (true, "3".into());
    draft.tests = vec!["/data/tests.jsonl".into()];
    (draft.scope, draft.question) = (ExportScope::Question, "outcom:correct".into());
    insta::assert_yaml_snapshot!(ExportModel::new(&facts(&draft, Some(&Ok(shown())))));
}

#[test]
fn what_may_not_be_seen_yet_is_counted_alone() {
    let mut draft = ExportDraft::new(format_by_name("trl-preference").unwrap());
    draft.look.open = vec![Rule::Unsure];
    let counted = Ok(shown());
    let open = ExportModel::new(&facts(&draft, Some(&counted))).result;
    assert_eq!((open.sample.len(), open.groups.len(), open.hidden), (1, 2, None));
    let hiding = ExportFacts { is_hidden: true, ..facts(&draft, Some(&counted)) };
    let hidden = ExportModel::new(&hiding).result;
    assert_eq!((hidden.sample.len(), hidden.groups.len(), hidden.rows.as_str()), (0, 0, "1,234 rows"));
    assert!(hidden.hidden.unwrap().contains("judge blind"));
}

#[test]
fn removed_problems_are_told_where_they_are_looked_at() {
    let mut draft = ExportDraft::new(format_by_name("trl-preference").unwrap());
    draft.tests = vec!["/data/tests.jsonl".into()];
    let mut many = shown();
    let removed = &mut many.preview.removed.as_mut().unwrap().removed;
    *removed = vec![removed[0].clone(); 130];
    let counted = Ok(many);
    let result = ExportModel::new(&facts(&draft, Some(&counted))).result;
    assert_eq!((result.removed_total, result.removed.len()), (130, 0));
    draft.look.shows = ResultPage::Removed;
    let result = ExportModel::new(&facts(&draft, Some(&counted))).result;
    assert_eq!((result.removed_total, result.removed.len()), (130, 100));
}

#[test]
fn nothing_is_counted_yet() {
    let draft = ExportDraft::new(format_by_name("native").unwrap());
    let progress = Progress { done: 1_500, total: Some(12_000), note: String::new() };
    let model_facts = ExportFacts { counting: Some(progress), ..facts(&draft, None) };
    let model = ExportModel::new(&model_facts);
    assert_eq!(model.result.progress, "Counting: 1,500 of 12,000");
    assert_eq!((model.blocked, model.labels, model.options.len()), (None, None, 0));
    let model = ExportModel::new(&facts(&draft, None));
    assert_eq!(model.blocked.as_deref(), Some("Nothing is counted yet"));
}

#[test]
fn what_is_wrong_is_told_where_it_stands() {
    let check = |change: fn(&mut ExportDraft), expected: &str| {
        let mut draft = ExportDraft::new(format_by_name("trl-preference").unwrap());
        change(&mut draft);
        let counted = Ok(shown());
        let model = ExportModel::new(&facts(&draft, Some(&counted)));
        let blocked = model.blocked.unwrap_or_default();
        assert!(blocked.contains(expected), "{blocked}");
        assert_eq!(
            model.pages.iter().filter(|page| page.is_wrong).count(),
            usize::from(expected != "Strict"),
            "{blocked}"
        );
    };
    check(|draft| draft.set_labels("nobody"), "nobody");
    check(|draft| draft.set_option("min_margin", "-1"), "min_margin");
    check(|draft| draft.shard_mb = "0".into(), "A whole number from 1");
    check(
        |draft| {
            draft.parts.divided = true;
            draft.parts.ratios = ["1", "x", ""].map(str::to_owned);
        },
        "Numbers from 0",
    );
    check(
        |draft| {
            draft.parts.divided = true;
            draft.parts.near = "0".into();
        },
        "A number from 0.1",
    );
    check(|draft| draft.end = "csv".into(), "CSV has no place");
    check(|draft| draft.strict = true, "Strict");
}
