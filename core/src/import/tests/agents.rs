//! Agent runs and conversations with tools.

use serde_json::json;

use super::*;

#[test]
fn zz_show() {
    let list = fs::read_to_string("/tmp/agents_paths").unwrap();
    for line in list.lines() {
        let mut parts = line.split('\t');
        let path = std::path::PathBuf::from(parts.next().unwrap());
        let limit: usize = parts.next().unwrap_or("0").parse().unwrap();
        let mut kept = Kept::default();
        let report = if path.extension().is_some_and(|e| e == "txt") {
            let text = fs::read_to_string(&path).unwrap();
            for i in importer("react_text").unwrap().read_row(text.into(), &Sample::default()).unwrap() {
                kept.traces.push((1, i.trace));
            }
            let n: usize = kept.traces.iter().map(|t| t.1.steps.len()).sum();
            println!("## {} traces {} steps {n}", path.display(), kept.traces.len());
            Ok(())
        } else {
            read(&[path.clone()], &ImportOptions::default(), &foreground(), &mut kept).map(|r| {
                println!(
                    "## {} {} rows {} traces {} steps {} rej {} merged {} branching {} labels {} outcomes {} scores {} why {:?} up {:?}",
                    path.display(), r.format, r.counts.rows, r.counts.traces, r.counts.steps, r.counts.rejected, r.counts.merged,
                    r.counts.branching_traces, r.counts.step_labels, r.counts.outcomes, r.counts.step_scores,
                    r.by_file.iter().map(|f| f.why.clone()).collect::<Vec<_>>(), r.by_file.iter().map(|f| f.runner_up).collect::<Vec<_>>()
                );
                for w in r.warnings.iter().take(6) {
                    println!("   ! {w:?}");
                }
            })
        };
        if let Err(e) = report {
            println!("## {} ERROR {e}", path.display());
        }
        for (_, t) in kept.traces.iter().take(limit) {
            let cut = |s: &str| s.chars().take(110).collect::<String>().replace('\n', "\\n");
            println!("   TRACE id={:?} gen={:?} out={:?} prompt={} ans={:?}", t.source_id, t.generator, t.outcome, cut(&format!("{:?}", t.problem.prompt)), t.problem.answer);
            println!("     meta={}", cut(&serde_json::to_string(&t.metadata).unwrap()));
            for (i, s) in t.steps.iter().enumerate().take(40) {
                println!(
                    "     {i} p={:?} {:?} {:?}{} [{}] {} tool={} {:?} {:?} m={}",
                    s.parent, s.kind, s.author, if s.on_path { "" } else { " OFF" }, cut(&s.text), s.text.len(),
                    cut(&format!("{:?}", s.tool)), s.section, s.flags, cut(&serde_json::to_string(&s.metadata).unwrap())
                );
            }
        }
    }
}
