//! The dialog that chooses in which order traces come.

use stepscope_core::query::{Queue, QueueOrder};

/// The dialog.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "testing", derive(serde::Serialize))]
pub struct QueueModel {
    /// The orders: title and explanation.
    pub entries: Vec<(&'static str, &'static str)>,
    /// Position of the chosen one.
    pub selected: usize,
    /// What the chosen one depends on: name and value.
    pub setting: Option<(&'static str, String)>,
    /// That is chosen in a dialog of its own.
    pub chooses_sources: bool,
    /// How many traces there are to come.
    pub count: String,
}

impl QueueModel {
    /// Builds it; `left` traces of `listed` are not labelled. `sources` names those that are compared.
    pub fn new(queue: &Queue, listed: usize, left: usize, sources: String) -> Self {
        let compares = queue.order == QueueOrder::Disagreement;
        Self {
            entries: QueueOrder::ALL.into_iter().map(order_text).collect(),
            selected: QueueOrder::ALL.iter().position(|order| *order == queue.order).unwrap_or(0),
            setting: if compares { Some(("Between", sources)) } else { setting(queue) },
            chooses_sources: compares,
            count: match left {
                0 => format!("{listed} traces, all labelled"),
                left => format!("{listed} traces, {left} of them not labelled yet"),
            },
        }
    }
}

/// Title and explanation of an order.
pub const fn order_text(order: QueueOrder) -> (&'static str, &'static str) {
    match order {
        QueueOrder::File => ("Order of the files", "As the files have them"),
        QueueOrder::Random => ("By lot", "Any trace is as likely as any other"),
        QueueOrder::EachGenerator => ("Generators in turn", "One trace of each generator, round and round"),
        QueueOrder::EachOutcome => ("Right and wrong answers in turn", "One of each outcome, round and round"),
        QueueOrder::EachFile => ("Files in turn", "One trace of each file, round and round"),
        QueueOrder::Uncertain => ("Most uncertain first", "Those whose score is nearest to one half"),
        QueueOrder::Spread => ("Most divided scorer first", "Those on which the members of an ensemble differ most"),
        QueueOrder::Disagreement => (
            "Most disputed first",
            "Those on which the chosen label sources differ most, on ratings and the first error",
        ),
        QueueOrder::FirstDrop => {
            ("Earliest drop first", "Those whose score falls below the threshold at the earliest step")
        }
        QueueOrder::RightLowScore => ("Right answer, low score first", "Right for wrong reasons, perhaps"),
        QueueOrder::FewestReaders => {
            ("Fewest readers first", "Those that the fewest other annotators have judged; enough is enough")
        }
    }
}

fn setting(queue: &Queue) -> Option<(&'static str, String)> {
    match queue.order {
        order if order.is_drawn() => Some(("Lot", queue.seed.to_string())),
        QueueOrder::FirstDrop => Some(("Threshold", format!("{:.2}", queue.threshold))),
        QueueOrder::FewestReaders => Some(("Readers wanted", queue.readers.to_string())),
        _ => None,
    }
}

/// The queue with the order so many entries further down, stopping at the ends.
#[must_use]
pub fn moved(queue: &Queue, by: isize) -> Queue {
    let at = QueueOrder::ALL.iter().position(|order| *order == queue.order).unwrap_or(0);
    let at = at.saturating_add_signed(by).min(QueueOrder::ALL.len() - 1);
    Queue { order: QueueOrder::ALL.get(at).copied().unwrap_or_default(), ..queue.clone() }
}

/// The queue with what its order depends on made larger or smaller.
#[must_use]
pub fn changed(queue: &Queue, up: bool) -> Queue {
    let mut queue = queue.clone();
    match queue.order {
        order if order.is_drawn() => queue.seed = if up { queue.seed + 1 } else { queue.seed.saturating_sub(1) },
        QueueOrder::FirstDrop => queue.threshold = nudged(queue.threshold, up),
        QueueOrder::FewestReaders => {
            queue.readers = if up { queue.readers + 1 } else { queue.readers.saturating_sub(1).max(1) };
        }
        _ => {}
    }
    queue
}

/// A threshold one twentieth higher or lower, in round numbers.
pub fn nudged(threshold: f64, up: bool) -> f64 {
    let steps = (threshold * 20.0).round() + if up { 1.0 } else { -1.0 };
    (steps / 20.0).clamp(0.0, 1.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_move_among_orders_and_change_what_they_depend_on() {
        let file = Queue::default();
        assert_eq!(moved(&file, -1).order, QueueOrder::File);
        assert_eq!(moved(&file, 1).order, QueueOrder::Random);
        assert_eq!(moved(&file, 99).order, QueueOrder::FewestReaders);
        assert_eq!(changed(&file, true), file, "the order of the files depends on nothing");
        let of = |order| Queue { order, ..Queue::default() };
        assert_eq!(changed(&of(QueueOrder::Random), true).seed, 2);
        assert_eq!(changed(&of(QueueOrder::FewestReaders), false).readers, 1);
        assert_eq!(changed(&Queue { readers: 1, ..of(QueueOrder::FewestReaders) }, false).readers, 1);
        assert!((nudged(0.5, true) - 0.55).abs() < 1e-12 && (nudged(0.0, false)).abs() < 1e-12);
    }
}
