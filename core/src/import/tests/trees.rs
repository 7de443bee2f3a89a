//! Search trees, format by format.
use super::*;
use std::path::Path;
fn published(path: &str) -> Option<std::path::PathBuf> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/data").join(path);
    if path.exists() {
        return Some(path);
    }
    eprintln!("skipped: no {}", path.display());
    None
}
#[test]
fn print_it() {
    let Ok(path) = std::env::var("P") else { return };
    let path = Path::new("/work/shared/data").join(path);
    let mut kept = Kept::default();
    let report = read(&[path], &ImportOptions::default(), &foreground(), &mut kept);
    match report {
        Ok(r) => println!("{r}\n{:?}", r.counts),
        Err(e) => println!("{e}"),
    }
    let n: usize = std::env::var("N").ok().and_then(|n| n.parse().ok()).unwrap_or(0);
    let Some((_, t)) = kept.traces.get(n) else { return };
    println!(
        "PROBLEM {:?} ans {:?} id {:?} gen {:?} {:?}",
        t.problem.text(),
        t.problem.answer,
        t.source_id,
        t.generator,
        t.outcome
    );
    let m = serde_json::to_string(&t.metadata).unwrap();
    println!("META {} {:?} src {:?}", m.chars().take(500).collect::<String>(), t.warnings, t.source);
    for (i, s) in t.steps.iter().enumerate() {
        let sc: Vec<String> = t
            .scores
            .iter()
            .filter(|x| x.step == Some(i as u32))
            .map(|x| format!("{}:{}={}", x.name, x.kind.name(), x.value))
            .collect();
        let m = serde_json::to_string(&s.metadata).unwrap();
        println!(
            "{i} <{:?} {} {} {:?} {:?} {} {}",
            s.parent,
            s.kind.name(),
            if s.on_path { "*" } else { "" },
            s.flags,
            s.text.chars().take(90).collect::<String>(),
            sc.join(" "),
            m.chars().take(120).collect::<String>()
        );
    }
}
