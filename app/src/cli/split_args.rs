//! How an export is divided, and what of it must not be learned from, as flags.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use clap::Args;
use stepscope_core::export::ExportOptions;
use stepscope_core::export::split::{SplitAsked, SplitPart, problems_in};
use stepscope_core::job::JobContext;

use super::Failure;

/// The seed and the nearness have a meaning with a division alone, so they are options.
#[derive(Args, Debug)]
#[command(next_help_heading = "Parts of the data")]
pub(super) struct SplitArgs {
    /// Divide by problem into files of their own, as in train=0.8,validation=0.1,test=0.1; nearly equal problems stay
    /// together.
    #[arg(long, value_name = "RATIOS")]
    split: Option<String>,
    /// Another number gives another division.
    #[arg(long, value_name = "N")]
    split_seed: Option<u64>,
    /// Problems of a part, as test=FILE: traces in any format, or an identity or a text a line.
    #[arg(long, value_name = "PART=FILE")]
    split_list: Vec<String>,
    /// From this share of common runs of three words on two problems are nearly equal: 0 to 1; above 1, only equal ones.
    #[arg(long, value_name = "SHARE")]
    near: Option<f64>,
    /// Leave out what is like a problem of these files: traces in any format, or a text a line.
    #[arg(long, value_name = "FILE", num_args = 1..)]
    decontaminate: Vec<PathBuf>,
}

impl SplitArgs {
    /// Whether any was given.
    pub(super) fn is_given(&self) -> bool {
        self.split.is_some()
            || self.split_seed.is_some()
            || !self.split_list.is_empty()
            || self.near.is_some()
            || !self.decontaminate.is_empty()
    }

    /// Puts what was asked for into the options of an export.
    pub(super) fn apply(&self, options: &mut ExportOptions, ctx: &JobContext) -> Result<(), Failure> {
        options.decontaminate.clone_from(&self.decontaminate);
        let usual = SplitAsked::default();
        let near = self.near.unwrap_or(usual.near);
        if !near.is_finite() || near < 0.1 {
            return Err("--near must be a number from 0.1".into());
        }
        options.near = near;
        if self.split.is_none() && self.split_list.is_empty() {
            if self.split_seed.is_some() {
                return Err("--split-seed needs --split or --split-list".into());
            }
            return Ok(());
        }
        let ratios = self.split.as_deref().map(SplitAsked::ratios).transpose()?.unwrap_or_default();
        let mut lists: BTreeMap<SplitPart, Vec<String>> = BTreeMap::new();
        for list in &self.split_list {
            let refuse = || format!("--split-list `{list}`: write it as train=FILE, validation=FILE or test=FILE");
            let (part, file) = list.split_once('=').ok_or_else(refuse)?;
            let part = SplitPart::from_name(part).ok_or_else(refuse)?;
            lists.entry(part).or_default().extend(problems_in(Path::new(file), ctx)?);
        }
        options.split = Some(SplitAsked { ratios, seed: self.split_seed.unwrap_or(usual.seed), near, lists });
        Ok(())
    }
}
