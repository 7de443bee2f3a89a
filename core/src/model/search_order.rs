//! In which order a tree grew, where its source says so.

use super::{StepIndex, Trace};

/// Name under which importers keep in a step's metadata when it came to be: a number that grows.
pub const ITERATION: &str = "iteration";

/// When each node of a tree came to be.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SearchOrder {
    /// For each step the iteration that it came with, from 1.
    pub born: Vec<u32>,
    /// How many iterations there are, at least 2.
    pub count: u32,
}

impl SearchOrder {
    /// Reads it off the steps. A node is as old as the oldest below it; one of which nothing is said came with its
    /// parent. Iterations that brought nothing are not counted. `None` where the source says nothing, or all came at
    /// once.
    pub fn of(trace: &Trace) -> Option<Self> {
        let said = |step: &super::Step| step.metadata.get(ITERATION)?.as_f64().filter(|number| number.is_finite());
        let mut born: Vec<Option<f64>> = trace.steps.iter().map(said).collect();
        if born.iter().all(Option::is_none) {
            return None;
        }
        let parents: Vec<(usize, Option<usize>)> = (0..)
            .zip(&trace.steps)
            .map(|(index, step): (StepIndex, _)| {
                (index as usize, step.parent.filter(|&p| p < index).map(|p| p as usize))
            })
            .collect();
        for &(index, parent) in parents.iter().rev() {
            let here = born.get(index).copied().flatten();
            if let (Some(here), Some(above)) = (here, parent.and_then(|parent| born.get_mut(parent))) {
                *above = Some(above.map_or(here, |above| above.min(here)));
            }
        }
        for &(index, parent) in &parents {
            let above = parent.and_then(|parent| born.get(parent)).copied().flatten();
            if let Some(here) = born.get_mut(index) {
                *here = here.or(above);
            }
        }
        let mut times: Vec<f64> = born.iter().copied().flatten().collect();
        times.sort_by(f64::total_cmp);
        times.dedup();
        let count = u32::try_from(times.len()).ok().filter(|count| *count > 1)?;
        let rank = |time: f64| u32::try_from(times.partition_point(|known| *known <= time)).unwrap_or(count);
        // What was there before the first iteration came with it.
        Some(Self { born: born.into_iter().map(|time| time.map_or(1, rank)).collect(), count })
    }

    /// The iteration that a step came with.
    pub fn at(&self, step: StepIndex) -> u32 {
        self.born.get(step as usize).copied().unwrap_or(1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Metadata, Problem, Step, TraceBuilder};

    fn order(steps: &[(Option<u32>, Option<i64>)]) -> Option<(Vec<u32>, u32)> {
        let mut builder = TraceBuilder::new(Problem::from_text("q"));
        for (parent, iteration) in steps {
            let metadata: Metadata = iteration.iter().map(|number| (ITERATION.to_owned(), (*number).into())).collect();
            builder.push(Step { parent: *parent, metadata, ..Step::default() });
        }
        SearchOrder::of(&builder.build()).map(|order| (order.born, order.count))
    }

    #[test]
    fn iterations_are_counted_from_one_without_gaps() {
        assert_eq!(order(&[(None, Some(9)), (Some(0), Some(10)), (Some(0), Some(30))]), Some((vec![1, 2, 3], 3)));
        assert_eq!(order(&[(None, None), (Some(0), None)]), None, "nothing is said");
        assert_eq!(order(&[(None, Some(4)), (Some(0), Some(4))]), None, "all at once");
    }

    #[test]
    fn what_is_not_said_follows_from_the_tree() {
        // A thought without a number above the call that has one, and a result below it.
        let steps = [(None, None), (Some(0), Some(3)), (Some(1), None), (Some(0), Some(7)), (None, None)];
        assert_eq!(order(&steps), Some((vec![1, 1, 1, 2, 1], 2)));
        // A parent that is said to be younger than its child.
        assert_eq!(order(&[(None, Some(5)), (Some(0), Some(2)), (Some(0), Some(6))]), Some((vec![1, 1, 2], 2)));
    }
}
