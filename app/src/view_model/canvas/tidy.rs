//! Where the nodes of a tree stand: level by level, parents over the middle of their children, as narrow as can be.
//!
//! Buchheim, Jünger and Leipert, "Improving Walker's Algorithm to Run in Linear Time" (2002), without recursion: trees
//! may be thousands of levels deep.

/// Columns between siblings.
pub const SIBLINGS: f64 = 1.0;
/// Columns between nodes of different parents.
pub const COUSINS: f64 = 1.3;

const NONE: usize = usize::MAX;

/// The children of each node, in order; roots are the children of a node of their own, the last.
pub struct Shape {
    start: Vec<u32>,
    all: Vec<u32>,
}

impl Shape {
    /// Reads it off the parents of nodes, each earlier in the list than its children. Nodes that are not `shown` are
    /// left out, with what is below them.
    pub fn new(parents: &[Option<u32>], shown: impl Fn(usize) -> bool) -> Self {
        let root = parents.len();
        let above = |node: usize| match parents.get(node).copied().flatten() {
            Some(parent) if (parent as usize) < node => parent as usize,
            _ => root,
        };
        let mut start = vec![0_u32; root + 2];
        for node in (0..root).filter(|node| shown(*node)) {
            if let Some(count) = start.get_mut(above(node) + 1) {
                *count += 1;
            }
        }
        let mut sum = 0;
        for count in &mut start {
            sum += *count;
            *count = sum;
        }
        let mut next = start.clone();
        let mut all = vec![0_u32; sum as usize];
        for node in (0..root).filter(|node| shown(*node)) {
            if let Some(place) = next.get_mut(above(node)) {
                if let Some(slot) = all.get_mut(*place as usize) {
                    *slot = u32::try_from(node).unwrap_or(u32::MAX);
                }
                *place += 1;
            }
        }
        Self { start, all }
    }

    /// The node above the roots.
    pub fn top(&self) -> usize {
        self.start.len() - 2
    }

    /// The children of a node, in order.
    pub fn children(&self, node: usize) -> &[u32] {
        let from = self.start.get(node).copied().unwrap_or_default() as usize;
        let to = self.start.get(node + 1).copied().unwrap_or_default() as usize;
        self.all.get(from..to).unwrap_or_default()
    }

    /// All nodes below the top one, parents first, in reading order.
    pub fn in_order(&self) -> Vec<u32> {
        let mut order = Vec::with_capacity(self.all.len());
        let mut stack: Vec<u32> = self.children(self.top()).iter().rev().copied().collect();
        while let Some(node) = stack.pop() {
            order.push(node);
            stack.extend(self.children(node as usize).iter().rev());
        }
        order
    }
}

#[derive(Clone, Copy)]
struct Place {
    prelim: f64,
    modifier: f64,
    shift: f64,
    change: f64,
    middle: f64,
    thread: usize,
    ancestor: usize,
    parent: usize,
    number: u32,
}

struct Walk<'a> {
    shape: &'a Shape,
    places: Vec<Place>,
}

/// The column of each node, from 0, and of the one above the roots; meaningless for nodes that are not shown.
pub fn columns(shape: &Shape) -> Vec<f64> {
    let count = shape.top() + 1;
    let place = |node| Place {
        prelim: 0.0,
        modifier: 0.0,
        shift: 0.0,
        change: 0.0,
        middle: 0.0,
        thread: NONE,
        ancestor: node,
        parent: NONE,
        number: 0,
    };
    let mut walk = Walk { shape, places: (0..count).map(place).collect() };
    let order = shape.in_order();
    for node in order.iter().rev().map(|node| *node as usize).chain([shape.top()]) {
        walk.place_children(node);
    }
    let mut columns = vec![0.0; count];
    let mut below = vec![0.0; count];
    let mut least = f64::INFINITY;
    for node in [shape.top()].into_iter().chain(order.into_iter().map(|node| node as usize)) {
        let at = walk.at(node);
        let moved = below.get(at.parent).copied().unwrap_or_default();
        if let (Some(column), Some(below)) = (columns.get_mut(node), below.get_mut(node)) {
            *column = if node == shape.top() { at.middle } else { at.prelim + moved };
            *below = moved + at.modifier;
            least = least.min(*column);
        }
    }
    for column in &mut columns {
        *column -= least;
    }
    columns
}

impl Walk<'_> {
    fn at(&self, node: usize) -> Place {
        // Never out of reach: nodes come from the shape.
        self.places.get(node).copied().unwrap_or(Place {
            prelim: 0.0,
            modifier: 0.0,
            shift: 0.0,
            change: 0.0,
            middle: 0.0,
            thread: NONE,
            ancestor: NONE,
            parent: NONE,
            number: 0,
        })
    }

    fn change(&mut self, node: usize, how: impl FnOnce(&mut Place)) {
        if let Some(place) = self.places.get_mut(node) {
            how(place);
        }
    }

    /// Puts the children of a node beside each other; what is below them is in place.
    fn place_children(&mut self, node: usize) {
        let shape = self.shape;
        let children = shape.children(node);
        let (Some(&first), Some(&last)) = (children.first(), children.last()) else { return };
        let (first, last) = (first as usize, last as usize);
        let mut default = first;
        let mut left = NONE;
        for (number, &child) in (0_u32..).zip(children) {
            let child = child as usize;
            let middle = self.at(child).middle;
            let before = (left != NONE).then(|| self.at(left).prelim + SIBLINGS);
            let is_leaf = shape.children(child).is_empty();
            self.change(child, |place| {
                place.parent = node;
                place.number = number;
                place.prelim = before.unwrap_or(middle);
                if !is_leaf {
                    place.modifier = place.prelim - middle;
                }
            });
            default = self.apportion(child, left, first, default);
            left = child;
        }
        // Gaps that opened between smaller subtrees are spread evenly.
        let (mut shift, mut change) = (0.0, 0.0);
        for &child in children.iter().rev() {
            self.change(child as usize, |place| {
                place.prelim += shift;
                place.modifier += shift;
                change += place.change;
                shift += place.shift + change;
            });
        }
        let middle = f64::midpoint(self.at(first).prelim, self.at(last).prelim);
        self.change(node, |place| place.middle = middle);
    }

    fn next_left(&self, node: usize) -> usize {
        self.shape.children(node).first().map_or_else(|| self.at(node).thread, |child| *child as usize)
    }

    fn next_right(&self, node: usize) -> usize {
        self.shape.children(node).last().map_or_else(|| self.at(node).thread, |child| *child as usize)
    }

    /// Moves a subtree to the right until it stands clear of those before it.
    fn apportion(&mut self, node: usize, left: usize, first: usize, default: usize) -> usize {
        if left == NONE {
            return default;
        }
        let mut default = default;
        let (mut inner_right, mut outer_right, mut inner_left, mut outer_left) = (node, node, left, first);
        let modifier = |walk: &Self, node| walk.at(node).modifier;
        let mut sum_inner_right = modifier(self, inner_right);
        let mut sum_outer_right = modifier(self, outer_right);
        let mut sum_inner_left = modifier(self, inner_left);
        let mut sum_outer_left = modifier(self, outer_left);
        loop {
            let (next_left, next_right) = (self.next_right(inner_left), self.next_left(inner_right));
            if next_left == NONE || next_right == NONE {
                break;
            }
            (inner_left, inner_right) = (next_left, next_right);
            outer_left = self.next_left(outer_left);
            outer_right = self.next_right(outer_right);
            self.change(outer_right, |place| place.ancestor = node);
            let shift =
                self.at(inner_left).prelim + sum_inner_left - self.at(inner_right).prelim - sum_inner_right + COUSINS;
            if shift > 0.0 {
                let ancestor = self.at(inner_left).ancestor;
                let from = if self.at(ancestor).parent == self.at(node).parent { ancestor } else { default };
                self.move_subtree(from, node, shift);
                sum_inner_right += shift;
                sum_outer_right += shift;
            }
            sum_inner_left += modifier(self, inner_left);
            sum_inner_right += modifier(self, inner_right);
            sum_outer_left += modifier(self, outer_left);
            sum_outer_right += modifier(self, outer_right);
        }
        let (next_left, next_right) = (self.next_right(inner_left), self.next_left(inner_right));
        if next_left != NONE && self.next_right(outer_right) == NONE {
            self.change(outer_right, |place| {
                place.thread = next_left;
                place.modifier += sum_inner_left - sum_outer_right;
            });
        }
        if next_right != NONE && self.next_left(outer_left) == NONE {
            self.change(outer_left, |place| {
                place.thread = next_right;
                place.modifier += sum_inner_right - sum_outer_left;
            });
            default = node;
        }
        default
    }

    fn move_subtree(&mut self, from: usize, node: usize, shift: f64) {
        let between = f64::from(self.at(node).number.saturating_sub(self.at(from).number).max(1));
        self.change(node, |place| {
            place.change -= shift / between;
            place.shift += shift;
            place.prelim += shift;
            place.modifier += shift;
        });
        self.change(from, |place| place.change += shift / between);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn place(parents: &[Option<u32>]) -> Vec<f64> {
        columns(&Shape::new(parents, |_| true))
    }

    #[test]
    fn small_trees_stand_as_drawn_by_hand() {
        let check = |parents: &[Option<u32>], expected: &[f64]| {
            let found = place(parents);
            for (at, expected) in expected.iter().enumerate() {
                assert!((found[at] - expected).abs() < 1e-9, "{parents:?}: {found:?}");
            }
        };
        check(&[None], &[0.0]);
        check(&[None, Some(0), Some(1)], &[0.0, 0.0, 0.0]);
        check(&[None, Some(0), Some(0)], &[0.5, 0.0, 1.0]);
        // Children of the first and of the third of three siblings meet below the second.
        check(
            &[None, Some(0), Some(0), Some(0), Some(1), Some(1), Some(3), Some(3)],
            &[1.65, 0.5, 1.65, 2.8, 0.0, 1.0, 2.3, 3.3],
        );
        // Two roots.
        check(&[None, None, Some(1), Some(1)], &[0.0, 1.0, 0.5, 1.5]);
    }

    #[test]
    fn deep_and_wide_trees_are_no_trouble() {
        let deep: Vec<Option<u32>> = (0..200_000_u32).map(|node| node.checked_sub(1)).collect();
        assert!(place(&deep).iter().all(|column| column.abs() < 1e-9));
        let wide: Vec<Option<u32>> = (0..100_001_u32).map(|node| (node > 0).then_some(0)).collect();
        assert!((place(&wide)[0] - 49_999.5).abs() < 1e-6);
    }

    /// Trees of many shapes, the same in every run: each node continues one of those before it, or none.
    fn trees() -> impl Iterator<Item = Vec<Option<u32>>> {
        let mut seed = 0x9e37_79b9_7f4a_7c15_u64;
        let mut pick = move || {
            seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            u32::try_from(seed >> 33).unwrap()
        };
        (0..600).map(move |_| {
            let count = 1 + pick() % 150;
            let of = |node: u32| match (node, pick() % 20) {
                (0, _) | (_, 0) => None,
                // Most continue a recent one, so that the trees are deep as well.
                (_, 1..12) => Some(node - 1 - pick() % node.min(4)),
                _ => Some(pick() % node),
            };
            (0..count).map(of).collect()
        })
    }

    fn levels(parents: &[Option<u32>]) -> Vec<usize> {
        let mut levels: Vec<usize> = Vec::new();
        for parent in parents {
            levels.push(parent.map_or(0, |parent| levels[parent as usize] + 1));
        }
        levels
    }

    #[test]
    fn nothing_overlaps_and_order_is_kept() {
        for parents in trees() {
            let shape = Shape::new(&parents, |_| true);
            let columns = columns(&shape);
            let levels = levels(&parents);
            // In reading order, nodes of one level stand from left to right and apart: so subtrees do not overlap.
            let mut last: Vec<Option<u32>> = vec![None; levels.iter().max().unwrap() + 1];
            for node in shape.in_order() {
                if let Some(before) = last[levels[node as usize]].replace(node) {
                    let apart = columns[node as usize] - columns[before as usize];
                    let least = if parents[node as usize] == parents[before as usize] { SIBLINGS } else { COUSINS };
                    assert!(apart > least - 1e-6, "{before} and {node} are {apart} apart in {parents:?}");
                }
            }
            for node in 0..parents.len() {
                let children = shape.children(node);
                if let (Some(&first), Some(&last)) = (children.first(), children.last()) {
                    let middle = f64::midpoint(columns[first as usize], columns[last as usize]);
                    assert!((columns[node] - middle).abs() < 1e-6, "{node} of {parents:?}");
                }
            }
            assert!(columns.iter().all(|column| *column >= 0.0));
        }
    }

    #[test]
    fn a_subtree_looks_the_same_wherever_it_stands() {
        for parents in trees() {
            let columns = place(&parents);
            let first = 0;
            let mut new_number = vec![None; parents.len()];
            let mut alone: Vec<Option<u32>> = Vec::new();
            for (node, parent) in parents.iter().enumerate() {
                let above = parent.and_then(|parent| new_number[parent as usize]);
                if node == first || above.is_some() {
                    new_number[node] = Some(u32::try_from(alone.len()).unwrap());
                    alone.push(above);
                }
            }
            let moved = place(&alone);
            for (node, number) in new_number.iter().enumerate() {
                let Some(number) = number else { continue };
                assert!((columns[node] - columns[first] - (moved[*number as usize] - moved[0])).abs() < 1e-6);
            }
        }
    }
}
