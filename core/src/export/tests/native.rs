//! The native format loses nothing.

use std::collections::BTreeMap;

use serde_json::json;

use crate::annotation::StepAnnotation;
use crate::import::native::{NativeScores, NativeTrace};
use crate::model::{
    AnnotatorId, FirstError, ImportedScore, ImportedValue, ScoreKind, Step, StepHash, StepKind, StepRating, ToolCall,
    Trace, TraceBuilder, TraceStatus,
};

use super::source::{Project, chain, import, import_one, options, tree};

/// A trace in which every field says something.
fn full() -> Trace {
    let mut trace = tree(&[(None, "x\u{2028} ки"), (Some(0), "y"), (Some(0), "")]);
    let mut builder = TraceBuilder::new(trace.problem.clone()).source_id("full").generator("m");
    for step in trace.steps.drain(..) {
        builder.push(step);
    }
    let tool = ToolCall { name: "add".into(), arguments: "{\"a\": 1".into(), call_id: Some("c1".into()) };
    builder.push_tool_call(Some(1), "call".into(), tool);
    builder.push(Step { parent: Some(3), kind: StepKind::ToolResult, author: Some("calc".into()), ..Step::default() });
    let mut trace = builder.build();
    trace.problem.answer = Some("2".into());
    trace.problem.metadata.insert("level".into(), json!([1, {"a": null}]));
    trace.outcome.reward = Some(-0.25);
    trace.metadata.insert("run".into(), json!("r1"));
    trace.warnings.push("a blank step".into());
    trace.source.file = "a.jsonl".into();
    trace.source.row = 3;
    import(&mut trace, "human", "+-");
    import_one(&mut trace, "rollout", Some(1), ImportedValue::Soft(0.125));
    import_one(&mut trace, "human", None, ImportedValue::NoError);
    trace.scores.push(ImportedScore { step: None, name: "orm".into(), kind: ScoreKind::Other, value: 0.1 });
    trace
}

#[test]
fn a_trace_comes_back_with_all_labels_and_scores() {
    let mut project = Project::of(full()).label("+-?", Some(1)).status(TraceStatus::Done);
    let gone = StepAnnotation { rating: Some(StepRating::Bad), note: "lost".into(), ..StepAnnotation::default() };
    project.says("ann").steps.insert(StepHash::new("gone"), gone);
    project.says("ann").note = "see \"y\"".into();
    project.says("bo").first_error = Some(FirstError::NoneUpTo(StepHash::new("before it grew")));
    project.says("cy");
    let values = vec![Some(0.1), None, Some(f32::MIN_POSITIVE), Some(1.0), Some(-3.25)];
    let scores = NativeScores {
        scorer: "prm".into(),
        fingerprint: "f".into(),
        kind: ScoreKind::Correctness,
        values,
        more: BTreeMap::new(),
    };
    project.scores.insert(project.traces[0].id.clone(), vec![scores.clone()]);

    let preview = project.preview(&options("native", &[]));
    let line: NativeTrace = serde_json::from_str(&preview.sample[0]).unwrap();
    assert_eq!((preview.labels, preview.left_out_total), (None, 0));
    assert_eq!((preview.counts.get("first_error"), preview.counts.get("no_error")), (1, 1));

    assert_eq!(line.computed_scores, [scores]);
    let who: Vec<&str> = line.annotations.iter().map(|a| a.annotator.as_str()).collect();
    assert_eq!(who, ["ann", "bo"], "who said nothing is not written");
    for back in &line.annotations {
        let said = &project.said[&back.annotator][&line.id];
        assert_eq!((&back.first_error, back.status, &back.note), (&said.first_error, said.status, &said.note));
        let steps = back.steps.iter().map(|s| {
            (
                s.step.clone(),
                StepAnnotation { rating: s.rating, note: s.note.clone(), labels: s.labels.iter().cloned().collect() },
            )
        });
        assert_eq!(steps.collect::<std::collections::HashMap<_, _>>(), said.steps);
    }
    let back = Trace {
        id: line.id,
        source_id: line.source_id,
        problem: line.problem,
        generator: line.generator,
        outcome: line.outcome,
        steps: line.steps,
        labels: line.labels,
        scores: line.scores,
        metadata: line.metadata,
        splitter: line.splitter,
        source: line.source,
        warnings: line.warnings,
    };
    assert_eq!(back, project.traces[0]);
}

#[test]
fn unlabelled_and_skipped_traces_are_written_too() {
    let project = Project::of(chain(2)).status(TraceStatus::Skipped);
    let preview = project.preview(&options("native", &[]));
    let line: NativeTrace = serde_json::from_str(&preview.sample[0]).unwrap();
    assert_eq!(line.annotations[0].annotator, AnnotatorId::new("ann"));
    assert_eq!(line.annotations[0].status, TraceStatus::Skipped);
    assert_eq!(preview.counts.get("labelled"), 0);
}

#[test]
fn numbers_that_json_cannot_hold_are_not_lost_silently() {
    let mut trace = chain(1);
    let name = "reward".to_owned();
    trace.scores.push(ImportedScore { step: Some(0), name, kind: ScoreKind::Other, value: f64::NEG_INFINITY });
    let preview = Project::of(trace).preview(&options("native", &[]));
    assert_eq!(preview.left_out[0].reason, "imported score `reward` is -inf, which JSON cannot hold");
}

#[test]
fn numbers_keep_their_last_digit() {
    for value in [0.1 + 0.2, 0.123_456_789_012_345_68, 1.0 / 3.0, f64::MIN_POSITIVE, 5e-324, 1.797e308] {
        let mut trace = chain(1);
        trace.scores.push(ImportedScore { step: Some(0), name: "q".into(), kind: ScoreKind::Other, value });
        let preview = Project::of(trace).preview(&options("native", &[]));
        let line: NativeTrace = serde_json::from_str(&preview.sample[0]).unwrap();
        assert_eq!(line.scores[0].value.to_bits(), value.to_bits(), "{value}");
    }
    let mut random = 88_172_645_463_325_252_u64;
    for _ in 0..2_000 {
        random ^= random << 13;
        random ^= random >> 7;
        random ^= random << 17;
        let value = (random >> 11) as f64 / (1_u64 << 53) as f64;
        let back: f64 = serde_json::from_str(&serde_json::to_string(&value).unwrap()).unwrap();
        assert_eq!(back.to_bits(), value.to_bits());
    }
}
