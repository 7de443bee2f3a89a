//! Pairs of the published search trees and pools, where they are at hand, against counts made without this program:
//! `tests/consumers/pair_counts.py` prints the same numbers.

use std::path::Path;

use super::source::{Project, options};
use crate::export::preview;
use crate::import::{ImportOptions, each_trace};
use crate::job::JobContext;

/// The data set, as a project without own labels.
fn published(path: &str) -> Option<Project> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/data").join(path);
    if !path.exists() {
        eprintln!("skipped: no {}", path.display());
        return None;
    }
    let (mut traces, ctx) = (Vec::new(), JobContext::foreground(None));
    let each = &mut |trace| {
        traces.push(trace);
        Ok(())
    };
    each_trace(&[path], &ImportOptions::default(), &ctx, each).unwrap();
    Some(Project { traces, ..Project::default() })
}

/// File, rule, options, pairs.
type Case<'a> = (&'a str, &'a str, &'a [(&'a str, &'a str)], u64);

#[test]
fn published_trees_and_pools_give_as_many_pairs_as_counted_elsewhere() {
    let trees = "omegaprm_math_aps/samples_math-aps-tree.jsonl";
    let games = "tree_of_thought/game24/gpt-4_0.7_propose1_value3_greedy5_start900_end1000.json";
    let pools = "pure_math_cot_samples/eval/data/eval_rm_maj_example/math_cot_100.jsonl";
    let cases: [Case<'_>; 13] = [
        (trees, "monte_carlo", &[("min_margin", "0.1")], 184),
        (trees, "monte_carlo", &[("min_margin", "0.5")], 79),
        (trees, "search", &[], 32),
        (trees, "search", &[("min_margin", "0.5")], 18),
        (trees, "search", &[("min_margin", "0.5"), ("min_edit_distance", "20")], 13),
        (trees, "search", &[("min_margin", "0.5"), ("min_edit_distance", "400")], 10),
        (games, "score", &[("min_margin", "1"), ("pair_score", "value")], 6201),
        (games, "score", &[("min_margin", "20"), ("pair_score", "value")], 2257),
        ("toolbench_dfsdt/data_example", "returned", &[], 4),
        ("rstar_mcts", "score", &[("min_margin", "0.1")], 12),
        ("rstar_mcts", "score", &[("min_margin", "0.5")], 3),
        (pools, "outcome", &[], 121),
        ("prm800k/samples_prm800k.jsonl", "label", &[], 34),
    ];
    let mut wrong = Vec::new();
    for (path, rule, more, expected) in cases {
        let Some(project) = published(path) else { continue };
        let all = [("pairs", rule), ("per_prefix", "0"), ("per_problem", "0"), ("completion", "step")];
        let options = options("trl_preference", &[&all[..], more].concat());
        let preview = preview(&project, &options, 3, &JobContext::foreground(None)).unwrap();
        let found = preview.counts.get("pairs");
        if found != expected || preview.rows != found {
            wrong.push(format!("{path} {rule} {more:?}: {found}, not {expected}; {:?}", preview.counts));
        }
    }
    assert_eq!(wrong, Vec::<String>::new());
}
