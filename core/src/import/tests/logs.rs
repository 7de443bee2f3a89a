//! Logs of evaluation and observation tools: one case per trap, and the published files counted.

use std::path::Path;

use super::*;

/// A trace as the reader sees it, for looking at.
fn dump(trace: &Trace) {
    println!(
        "== {:?} by {:?}: {:?} answer {:?}",
        trace.source_id, trace.generator, trace.outcome, trace.problem.answer
    );
    println!("   asks {:.300?}", trace.problem.prompt);
    println!("   problem {:.300?}", trace.problem.metadata);
    for (index, step) in trace.steps.iter().enumerate() {
        println!(
            "   {index} <{:?} {} {:?} {} {:?} {:.160?} {:.160?} {:.300}",
            step.parent,
            step.kind.name(),
            step.author,
            if step.on_path { "" } else { "OFF" },
            step.flags,
            step.section,
            step.text,
            serde_json::to_string(&step.metadata).unwrap()
        );
    }
    println!("   labels {:?} scores {:?} warnings {:?}", labels(trace), trace.scores, trace.warnings);
    println!("   metadata {:.1500}", serde_json::to_string(&trace.metadata).unwrap());
}

#[test]
#[ignore = "prints"]
fn look() {
    let path = std::env::var("LOOK").unwrap();
    let mut kept = Kept::default();
    let report = read(&[Path::new(&path).to_path_buf()], &ImportOptions::default(), &foreground(), &mut kept);
    for (_, trace) in &kept.traces {
        dump(trace);
    }
    match report {
        Ok(report) => println!("{report}"),
        Err(error) => println!("ERROR {error}"),
    }
}
