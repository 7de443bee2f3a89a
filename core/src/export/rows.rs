//! From a source to rows: the one loop that the preview and the writer share, so that they cannot disagree.

use std::collections::{HashMap, HashSet};
use std::ops::Range;
use std::path::PathBuf;

use rayon::prelude::*;

use crate::job::{JobContext, Progress};
use crate::model::{Trace, TraceId};

use super::ExportError;
use super::format::{ExportFormat, Row, Scope, format_by_name};
use super::left_out::LeftOut;
use super::maker::{Maker, Prepared};
use super::pairs::each_pair_row;
use super::policy::Policy;
use super::split::SplitAsked;
use super::tally::Tally;
use crate::labels::{Corpus, LabelSource};

/// Traces whose rows are made at a time, on all cores, between two reports of progress. Twice as many are in memory:
/// those whose rows are taken, and the next ones. Stopping is possible at each trace.
const AT_ONCE: u32 = 64;

/// What to export, and how.
#[derive(Clone, Debug, PartialEq)]
pub struct ExportOptions {
    /// The target.
    pub format: &'static dyn ExportFormat,
    /// Whose labels; `None`: own ones, else imported ones where nobody has labelled.
    pub labels: Option<LabelSource>,
    /// What becomes of labels that the format cannot hold.
    pub policy: Policy,
    /// Bytes of rows in one file, before packing; more are cut into parts. `None`: one file.
    pub shard_bytes: Option<u64>,
    /// How the problems are divided into files of their own; `None`: all in one.
    pub split: Option<SplitAsked>,
    /// Files with problems to be tested with: what is like one of these is not exported.
    pub decontaminate: Vec<PathBuf>,
    /// From this share of common runs of three words on a problem is like one that is tested with; above 1: never.
    pub near: f64,
    /// Annotators go by pseudonyms, made with this key; see [`Pseudonymous`](crate::labels::Pseudonymous).
    pub pseudonyms: Option<String>,
    /// A folder as the hub of Hugging Face has them, with rows in files of that end, such as `jsonl`. `None`: a file.
    pub hub: Option<String>,
    /// What chose the traces, in words for the manifest; the source has those alone.
    pub selection: Option<String>,
    /// The traces that were picked one by one, where no question says which; the source has those alone.
    pub picked: Option<Vec<TraceId>>,
    /// Nothing is written where any trace is left out.
    pub strict: bool,
}

impl ExportOptions {
    /// The format of that name with its own defaults.
    pub fn new(format: &str) -> Result<Self, ExportError> {
        let format = format_by_name(format)?;
        Ok(Self {
            format,
            labels: None,
            policy: format.defaults(),
            shard_bytes: None,
            split: None,
            decontaminate: Vec::new(),
            near: SplitAsked::default().near,
            pseudonyms: None,
            hub: None,
            selection: None,
            picked: None,
            strict: false,
        })
    }

    /// What applies: options that the format does not know have no effect, values that it lacks are an error.
    pub(super) fn settled(&self) -> Result<Self, ExportError> {
        for &(option, value) in self.format.lacks() {
            if self.policy.get(option)? == value {
                return Err(Policy::lacking(option, value, self.format));
            }
        }
        let mut policy = self.format.defaults();
        for name in self.format.options() {
            policy.set(name, &self.policy.get(name)?)?;
        }
        Ok(Self { policy, ..self.clone() })
    }

    /// The format checked what it was about to write; this reads the line itself, as a trainer will.
    pub(super) fn check_row(&self, trace: &Trace, row: &Row) -> Result<(), ExportError> {
        let checked = self.format.check(&row.line, &self.policy);
        checked.map_err(|objection| ExportError::BrokenRow { trace: trace.id.clone(), reason: objection.reason })
    }
}

/// What takes rows and what is left out.
pub(super) type Sink<'s> = dyn FnMut(Produced<'_>) -> Result<(), ExportError> + 's;

/// What came of one path or trace.
pub(super) enum Produced<'a> {
    /// A row, and the trace it is of.
    Row(&'a Trace, Row),
    LeftOut(LeftOut),
}

/// Gives every row and everything left out to `sink`, in the order of the project. Can be stopped at each trace.
pub(super) fn each_row(
    source: &dyn Corpus,
    options: &ExportOptions,
    ctx: &JobContext,
    sink: &mut Sink<'_>,
) -> Result<Tally, ExportError> {
    let options = &options.settled()?;
    if let Scope::Problem | Scope::Attempts = options.format.scope() {
        return each_pair_row(source, options, ctx, sink);
    }
    let maker = Maker::new(source, options, ctx)?;
    let total = u32::try_from(source.len()).unwrap_or(u32::MAX);
    let lot = |start: u32| start.min(total)..total.min(start.saturating_add(AT_ONCE));
    let make = |rows: Range<u32>| -> Result<Vec<Prepared<'_>>, ExportError> {
        let made = rows.into_par_iter().map(|row| {
            ctx.checkpoint()?;
            maker.prepare(row)
        });
        made.collect()
    };
    let mut taker = Taker {
        names: HashSet::new(),
        numbers: HashMap::new(),
        tally: Tally::new(options.format.counted(), maker.labels()),
    };
    let mut next = make(lot(0));
    for start in (0..total).step_by(AT_ONCE as usize) {
        let current = next?;
        let rows = lot(start);
        next = Ok(Vec::new());
        // Rows are named, counted and written in order, while those after them are made.
        let slot = &mut next;
        let make = &make;
        rayon::in_place_scope(|scope| {
            scope.spawn(move |_| *slot = make(lot(rows.end)));
            current.into_iter().try_for_each(|prepared| {
                ctx.checkpoint()?;
                taker.take(prepared, &maker, sink)
            })
        })?;
        let done = u64::from(lot(start).end);
        ctx.report(Progress { done, total: Some(u64::from(total)), note: "traces exported".into() });
    }
    next?;
    Ok(taker.tally)
}

/// What depends on the rows before.
struct Taker {
    /// Row names in use, so that each stays unique.
    names: HashSet<String>,
    /// The last number given to each name, so that a name shared by all traces costs no search.
    numbers: HashMap<String, u64>,
    tally: Tally,
}

impl Taker {
    fn take(&mut self, mut prepared: Prepared<'_>, maker: &Maker<'_>, sink: &mut Sink<'_>) -> Result<(), ExportError> {
        let mut first = Some(std::mem::take(&mut prepared.first));
        for path in 0..prepared.rows() {
            let name = self.free_name(prepared.name());
            let made = match first.take().filter(|_| name == prepared.name()) {
                Some(made) => made,
                None => maker.rows(&prepared, path, &name)?,
            };
            let mut any = false;
            for one in made {
                any |= one.is_ok();
                sink(self.tally.count(&prepared.trace, one))?;
            }
            if any && prepared.is_named() {
                self.names.insert(name);
            }
        }
        Ok(())
    }

    /// The name itself, or with `-2`, `-3`, … where it is taken.
    fn free_name(&mut self, base: &str) -> String {
        let mut name = base.to_owned();
        if self.names.contains(&name) {
            let number = self.numbers.entry(name.clone()).or_insert(1);
            while self.names.contains(&name) {
                *number += 1;
                name = format!("{base}-{number}");
            }
        }
        name
    }
}
