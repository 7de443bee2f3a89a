//! Columns of truths, gone through by those that are true.

use polars::prelude::BooleanChunked;

/// Hands over the places of what is true, in their order.
pub(super) fn for_each_true(truths: &BooleanChunked, mut take: impl FnMut(usize)) {
    let mut first = 0;
    for array in truths.downcast_iter() {
        let hand_over = |place: usize| take(first + place);
        match array.validity() {
            None => array.values().true_idx_iter().for_each(hand_over),
            Some(known) => (array.values() & known).true_idx_iter().for_each(hand_over),
        }
        first += array.len();
    }
}

/// One truth per place.
pub(super) fn flags(truths: &BooleanChunked) -> Vec<bool> {
    let mut flags = vec![false; truths.len()];
    for_each_true(truths, |place| {
        if let Some(flag) = flags.get_mut(place) {
            *flag = true;
        }
    });
    flags
}
