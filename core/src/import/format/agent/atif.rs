//! Harbor's Agent Trajectory Interchange Format, versions 1.0 to 1.7 (Harbor RFC 0001).
//!
//! A run may refer to the runs of sub-agents, in files beside it or inside it, and to a file that continues it. With
//! these files at hand sub-runs become branches and the continuation the rest of the chain.

mod reader;

use serde_json::Value;

use self::reader::Reader;
use crate::import::paths::Paths;
use crate::import::{Bundle, Imported, Importer, Recognition, RowError, Sample};

/// How the main file of a run ends; those that belong to it have the same name with a word more before `.json`.
const MAIN: &str = "trajectory.json";

/// Reads ATIF.
pub(super) struct Atif;

impl Importer for Atif {
    fn name(&self) -> &'static str {
        "atif"
    }

    fn caption(&self) -> &'static str {
        "Harbor agent trajectories (ATIF)"
    }

    fn needs(&self) -> &'static [&'static [&'static str]] {
        &[&["schema_version"], &["steps"], &["agent"]]
    }

    fn recognise(&self, sample: &Sample) -> Option<Recognition> {
        sample.recognise("`schema_version` ATIF and `steps`", is_run)
    }

    fn bundles(&self, paths: &[&str]) -> Vec<Bundle> {
        let known = Paths::new(paths);
        let mains = paths.iter().filter(|path| path.ends_with(MAIN));
        let together = mains.filter_map(|main| {
            let stem = main.strip_suffix("json")?;
            let belongs = |path: &&str| {
                let more = path.strip_prefix(stem).and_then(|rest| rest.strip_suffix(".json"));
                more.is_some_and(|word| ["cont-", "summarization-", "subagent"].iter().any(|w| word.starts_with(w)))
            };
            let mut shared = vec![(*main).to_owned()];
            shared.extend(known.beginning(stem).into_iter().filter(belongs).map(str::to_owned));
            (shared.len() > 1).then_some(Bundle { shared, each: Vec::new() })
        });
        together.collect()
    }

    fn read_row(&self, row: Value, _: &Sample) -> Result<Vec<Imported>, RowError> {
        if is_run(&row) {
            return Ok(vec![Reader::default().read(row)?.into()]);
        }
        let Value::Object(files) = row else {
            return Err(RowError::new("the row is no object; expected `schema_version` and `steps`"));
        };
        let mut files: Vec<(String, Value)> = files.into_iter().collect();
        let Some(main) = files.iter().position(|(name, run)| name.ends_with(MAIN) && is_run(run)) else {
            return Err(RowError::new("`steps` is missing; expected a trajectory with `schema_version` and `steps`"));
        };
        let (_, run) = files.remove(main);
        Ok(vec![Reader::with(files).read(run)?.into()])
    }
}

fn is_run(row: &Value) -> bool {
    let named = row["schema_version"].as_str().is_some_and(|version| version.to_uppercase().starts_with("ATIF"));
    let steps = row["steps"].as_array();
    named && steps.is_some_and(|steps| steps.iter().all(|step| step.get("source").is_some()))
}
