//! Search trees and what searches leave behind.

mod graph;
mod node;
mod node_tree;
mod omegaprm;
mod openr_guided;
mod prefix;
mod python_dict;
mod rest_mcts;
mod rstar_math;
mod rstar_mutual;
mod toolbench_results;
mod toolbench_tree;
mod tot_bfs;
mod tot_dfs;
mod treelog;

use crate::import::Importer;
use crate::import::detect::Neighbour;

pub(super) const FORMATS: &[&dyn Importer] = &[
    &omegaprm::OmegaPrm,
    &openr_guided::OpenrGuided,
    &rstar_math::RStarMath,
    &rstar_mutual::RStarMutual,
    &rest_mcts::RestMcts,
    &tot_bfs::TotBfs,
    &tot_dfs::TotDfs,
    &toolbench_tree::ToolBenchTree,
    &toolbench_results::ToolBenchResults,
    &treelog::TreeLog,
    // Last: it asks for little.
    &node_tree::NodeTree,
];

pub(super) const NEIGHBOURS: &[Neighbour] = &[
    Neighbour { what: "the configuration of an rStar run", fits: rstar_mutual::is_run_config },
    Neighbour { what: "the count of calls and tokens of an rStar run", fits: rstar_mutual::is_call_count },
    Neighbour {
        what: "the reference answer of an rStar question, without its solutions",
        fits: rstar_mutual::is_answer_sheet,
    },
];
