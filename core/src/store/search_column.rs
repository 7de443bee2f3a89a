//! Looks for a text in a batch of a column: through the buffers in which the texts stand one after another, not text by
//! text.

use polars::prelude::{PolarsDataType, StringType};

use super::text::{Needle, TooLong};

type Batch = <StringType as PolarsDataType>::Array;

/// Texts up to this length stand beside the buffers.
const INLINE: usize = 12;

/// Calls `found` with the rows of the batch, in ascending order, whose text contains the needle.
///
/// `found` gives the row from which on it wants to hear of more: of a trace it is enough to know once. Of texts that
/// stand beside the buffers it hears separately.
pub(super) fn search(batch: &Batch, needle: &Needle, found: &mut dyn FnMut(usize) -> usize) {
    if needle.len() <= INLINE {
        let mut from = 0;
        for (row, view) in batch.views().iter().enumerate() {
            if row >= from
                && view.length as usize <= INLINE
                && view.length > 0
                && batch.get(row).is_some_and(|text| needle.is_in(text))
            {
                from = found(row);
            }
        }
    }
    if search_buffers(batch, needle, found).is_err() {
        one_by_one(batch, needle, found);
    }
}

/// For needles that are too long for a pattern, and texts that do not stand in the order of the rows.
fn one_by_one(batch: &Batch, needle: &Needle, found: &mut dyn FnMut(usize) -> usize) {
    let mut row = 0;
    while row < batch.len() {
        let hit = batch.get(row).is_some_and(|text| needle.is_in(text));
        row = if hit { found(row).max(row + 1) } else { row + 1 };
    }
}

fn search_buffers(batch: &Batch, needle: &Needle, found: &mut dyn FnMut(usize) -> usize) -> Result<(), TooLong> {
    let views = batch.views();
    let mut row = 0;
    for (number, buffer) in batch.data_buffers().iter().enumerate() {
        let buffer = buffer.as_slice();
        let mut at = 0;
        while let Some(hit) = needle.find(buffer, at)? {
            // The text that the hit stands in: rows only go forward, as the texts do.
            let mut place = None;
            while let Some(view) = views.get(row) {
                let end = view.offset as usize + view.length as usize;
                if view.length as usize > INLINE {
                    // Where it ends, it or a later text holds the hit.
                    if (view.buffer_idx as usize, end) > (number, hit.start) {
                        place = (view.buffer_idx as usize == number).then_some((view.offset as usize, end));
                        break;
                    }
                }
                row += 1;
            }
            let Some((start, end)) = place else { break };
            at = if hit.start >= start && hit.end <= end {
                row = found(row).max(row + 1);
                // Onwards with the first text that is asked for.
                match views.iter().skip(row).find(|view| view.length as usize > INLINE) {
                    Some(view) if view.buffer_idx as usize == number => end.max(view.offset as usize),
                    _ => break,
                }
            } else {
                // It runs from one text into the next, or stands where no text is.
                hit.start + 1
            };
        }
    }
    Ok(())
}
