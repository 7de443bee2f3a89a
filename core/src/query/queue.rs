//! Which trace comes next: orders in which annotators are given traces. The same seed gives the same order.

use std::collections::HashMap;

use serde::{Deserialize, Serialize};

use super::order::{by_key, ordered};
use super::row::path_scores;
use super::run::GRAIN;
use super::{Aids, Query};
use crate::annotation::{TraceAnnotation, lot};
use crate::job::{JobContext, JobError};
use crate::labels::{compare_traces, stake};
use crate::model::{Trace, Verdict};
use crate::store::Store;

/// Rows between two checkpoints where each is read from the disk.
const READ_GRAIN: u32 = 64;

/// An order, and what it depends on.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Queue {
    /// The order.
    pub order: QueueOrder,
    /// Draws the random ones.
    pub seed: u64,
    /// A step is bad where its score is below.
    pub threshold: f64,
    /// How many annotators are to see each trace.
    pub readers: u32,
}

impl Default for Queue {
    fn default() -> Self {
        Self { order: QueueOrder::File, seed: 1, threshold: 0.5, readers: 2 }
    }
}

/// What comes first. Traces of which it cannot be told come last; equal ones keep the order of the source.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum QueueOrder {
    /// The order of the source.
    #[default]
    File,
    /// By lot.
    Random,
    /// Of each generator one, by lot, round and round.
    EachGenerator,
    /// Right and wrong answers in turn, by lot.
    EachOutcome,
    /// Of each file one, by lot, round and round.
    EachFile,
    /// The score of the trace nearest to one half.
    Uncertain,
    /// The step on which the members of an ensemble disagree most.
    Spread,
    /// On which the chosen label sources disagree most; see [`stake`].
    Disagreement,
    /// The score that falls below the threshold at the earliest step.
    FirstDrop,
    /// A right answer with the lowest score.
    RightLowScore,
    /// Judged by the fewest other annotators; those that enough have judged come last.
    FewestReaders,
}

impl QueueOrder {
    /// Every order, in the order of lists.
    pub const ALL: [Self; 11] = [
        Self::File,
        Self::Random,
        Self::EachGenerator,
        Self::EachOutcome,
        Self::EachFile,
        Self::Uncertain,
        Self::Spread,
        Self::Disagreement,
        Self::FirstDrop,
        Self::RightLowScore,
        Self::FewestReaders,
    ];

    /// True where it tells something of scores, perhaps beside what others said: with the scores it changes.
    pub const fn tells(self) -> bool {
        matches!(self, Self::Uncertain | Self::Spread | Self::FirstDrop | Self::RightLowScore | Self::Disagreement)
    }

    /// True where it is drawn with the seed.
    pub const fn is_drawn(self) -> bool {
        matches!(self, Self::Random | Self::EachGenerator | Self::EachOutcome | Self::EachFile)
    }
}

/// Puts rows, which stand in the order of the source, in that of the queue, and mixes known answers in.
pub(super) fn arrange(
    rows: Vec<u32>,
    query: &Query,
    store: &Store,
    aids: &Aids<'_>,
    ctx: &JobContext,
) -> Result<Vec<u32>, JobError> {
    let queue = &query.queue;
    let scores = aids.scores;
    let draw = |row: u32| lot("queue", &[&queue.seed.to_string(), store.id_text(row)]);
    let of_trace = |row: u32| path_scores(row, store, scores, query.aggregate).0;
    // The first step below the threshold.
    let drop = |row: u32| {
        let values: Vec<Option<f64>> = match scores {
            None => match store.imported_scores(row) {
                // The lowest is known without reading the trace.
                (_, None) => return None,
                (Some(lowest), _) if lowest >= queue.threshold => return None,
                _ => store.imported_path_scores(row).into_iter().map(Some).collect(),
            },
            Some(scores) => store.main_path_hashes(row).iter().map(|step| scores.step(step).map(f64::from)).collect(),
        };
        first_below(values.into_iter(), queue.threshold)
    };
    let rows = match queue.order {
        QueueOrder::File => rows,
        QueueOrder::Random => by_key(rows, |row| Some(draw(row)), false, ctx)?,
        QueueOrder::EachGenerator => {
            in_turn(rows, draw, |row| store.generator(row).unwrap_or_default().to_owned(), ctx)?
        }
        QueueOrder::EachOutcome => in_turn(rows, draw, |row| store.verdict(row), ctx)?,
        QueueOrder::EachFile => in_turn(rows, draw, |row| store.file(row).unwrap_or_default().to_owned(), ctx)?,
        QueueOrder::Uncertain => {
            by_key(rows, |row| of_trace(row).map(|score| ordered((score - 0.5).abs())), false, ctx)?
        }
        QueueOrder::Spread => {
            let widest = |row: u32| {
                let of_step = |step| scores.and_then(|scores| scores.spread(step)).map(f64::from);
                let spreads = store.main_path_hashes(row);
                spreads.iter().filter_map(of_step).filter(|spread| !spread.is_nan()).max_by(f64::total_cmp)
            };
            by_key(rows, |row| widest(row).map(ordered), true, ctx)?
        }
        QueueOrder::Disagreement => most_disputed(rows, aids, ctx)?,
        QueueOrder::FirstDrop => by_key(rows, |row| drop(row).map(|at| at as u64), false, ctx)?,
        QueueOrder::RightLowScore => {
            let right = |row: u32| store.verdict(row) == Verdict::Correct;
            by_key(rows, |row| of_trace(row).filter(|_| right(row)).map(ordered), false, ctx)?
        }
        QueueOrder::FewestReaders => {
            let readers = readers(aids);
            let seen = |row: u32| readers.get(store.id_text(row)).copied().unwrap_or_default();
            by_key(rows, |row| Some(seen(row)).filter(|seen| *seen < queue.readers).map(u64::from), false, ctx)?
        }
    };
    mixed(rows, store, aids, ctx)
}

/// Of each group one, round and round; who comes first within a group is drawn.
fn in_turn<G: std::hash::Hash + Eq>(
    rows: Vec<u32>,
    draw: impl Fn(u32) -> u64,
    group: impl Fn(u32) -> G,
    ctx: &JobContext,
) -> Result<Vec<u32>, JobError> {
    // Groups come in the order in which the source names them.
    let mut numbers: HashMap<G, u64> = HashMap::new();
    let mut of_row: HashMap<u32, u64> = HashMap::with_capacity(rows.len());
    for (index, &row) in (0_u32..).zip(&rows) {
        if index % GRAIN == 0 {
            ctx.checkpoint()?;
        }
        let next = numbers.len() as u64;
        of_row.insert(row, *numbers.entry(group(row)).or_insert(next));
    }
    let drawn = by_key(rows, |row| Some(draw(row)), false, ctx)?;
    let mut counts: Vec<u64> = vec![0; numbers.len()];
    let mut places: HashMap<u32, u64> = HashMap::with_capacity(drawn.len());
    for &row in &drawn {
        let group = of_row.get(&row).copied().unwrap_or_default();
        if let Some(count) = usize::try_from(group).ok().and_then(|group| counts.get_mut(group)) {
            places.insert(row, *count << 32 | group);
            *count += 1;
        }
    }
    by_key(drawn, |row| places.get(&row).copied(), false, ctx)
}

/// By how much is at stake between the sources of the panel. What they agree on comes after what they dispute, and what
/// fewer than two of them speak of last. Reads every trace, several at the same time, and stops at each when asked to.
fn most_disputed(rows: Vec<u32>, aids: &Aids<'_>, ctx: &JobContext) -> Result<Vec<u32>, JobError> {
    let Some(panel) = aids.panel else { return Ok(rows) };
    let mut stakes: HashMap<u32, f64> = HashMap::new();
    let of_trace = |row, trace: Trace| stake(panel, &trace).map(|stake| (row, stake));
    compare_traces(panel.corpus(), &rows, ctx, of_trace, |stake| stakes.extend(stake))?;
    by_key(rows, |row| stakes.get(&row).copied().map(ordered), true, ctx)
}

/// How many others have judged each trace.
fn readers<'a>(aids: &Aids<'a>) -> HashMap<&'a str, u32> {
    let mut readers = HashMap::new();
    let judged = aids.others.iter().flat_map(|(_, said)| said.traces());
    for (trace, _) in judged.filter(|(_, said)| TraceAnnotation::is_judged(said)) {
        *readers.entry(trace.as_str()).or_insert(0) += 1;
    }
    readers
}

/// Mixes traces whose answer is known in among the others, at the rate that is asked for; more than that come last.
/// Where in each stretch one stands is drawn, so that nobody can count.
fn mixed(rows: Vec<u32>, store: &Store, aids: &Aids<'_>, ctx: &JobContext) -> Result<Vec<u32>, JobError> {
    let Some((known, rate)) = aids.gold.filter(|(_, rate)| *rate > 0.0) else { return Ok(rows) };
    let (mut gold, mut others) = (Vec::new(), Vec::new());
    for (index, row) in (0_u32..).zip(rows) {
        if index % READ_GRAIN == 0 {
            ctx.checkpoint()?;
        }
        if known.has(row, store) { gold.push(row) } else { others.push(row) }
    }
    if gold.is_empty() || others.is_empty() {
        gold.extend(others);
        return Ok(gold);
    }
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "between 1 and a million")]
    let stretch = (1.0 / rate.clamp(1e-6, 1.0)).round() as usize;
    let mut mixed = Vec::with_capacity(gold.len() + others.len());
    let (mut gold, mut others) = (gold.into_iter(), others.into_iter().peekable());
    while others.peek().is_some() {
        let begin = mixed.len();
        let drawn = lot("gold", &[aids.annotator, &begin.to_string()]) % stretch as u64;
        let before = usize::try_from(drawn).unwrap_or(0);
        mixed.extend(others.by_ref().take(before));
        mixed.extend(gold.next());
        mixed.extend(others.by_ref().take(stretch - 1 - before));
        if mixed.len() == begin {
            break;
        }
        if begin / READ_GRAIN as usize != mixed.len() / READ_GRAIN as usize {
            ctx.checkpoint()?;
        }
    }
    mixed.extend(others);
    mixed.extend(gold);
    Ok(mixed)
}

/// The first step, from 0, with a score below the threshold, along what `scores` gives for a path.
pub fn first_below(scores: impl Iterator<Item = Option<f64>>, threshold: f64) -> Option<usize> {
    scores.enumerate().find(|(_, score)| score.is_some_and(|score| score < threshold)).map(|(at, _)| at)
}
