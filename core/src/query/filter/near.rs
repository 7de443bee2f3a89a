//! Which steps have another one near them.

use polars::prelude::BooleanChunked;

use super::truths::flags;
use crate::query::language::Side;
use crate::query::views::Shape;

/// The steps that have one that meets the condition on that side, not further than so many steps.
pub(super) fn near(met: &BooleanChunked, most: Option<u32>, side: Side, shape: &Shape) -> Vec<bool> {
    const FAR: u32 = u32::MAX;
    let met = flags(met);
    let is_met = |step: usize| met.get(step).copied().unwrap_or_default();
    // How many steps it is to the nearest one that meets it, itself not counted.
    let mut distance = vec![FAR; met.len()];
    let onwards = |step: usize, distance: &[u32]| {
        if is_met(step) { 1 } else { distance.get(step).map_or(FAR, |far| far.saturating_add(1)) }
    };
    match side {
        Side::After => {
            for (step, parent) in shape.parents().enumerate() {
                let far = parent.map_or(FAR, |parent| onwards(parent, &distance));
                if let Some(slot) = distance.get_mut(step) {
                    *slot = far;
                }
            }
        }
        Side::Before => {
            for step in (0..met.len()).rev() {
                let far = onwards(step, &distance);
                if let Some(slot) = shape.parent(step).and_then(|parent| distance.get_mut(parent)) {
                    *slot = far.min(*slot);
                }
            }
        }
    }
    let most = most.unwrap_or(FAR - 1);
    distance.into_iter().map(|far| far <= most && far != FAR).collect()
}
