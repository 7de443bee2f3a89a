//! What is painted of the picture: nodes and edges in sight as far as they can be told apart, merged bands elsewhere.
//! As much as fits on the screen, however large the tree is.

use stepscope_core::model::{StepFlag, StepIndex, StepKind, Trace};

use super::look::{CARD_HEIGHT, Detail, Look};
use super::picture::{Picture, Skeleton};
use super::shade::{Shade, Shades};
use super::whole;
use crate::state::OpenTrace;
use crate::view_model::one_line;
use crate::view_model::scores::score_text;

/// Width of a merged column and least height of a merged row, in points.
const BIN: f32 = 3.0;
/// Largest and smallest radius of a dot.
const RADII: (f32, f32) = (2.0, 9.0);

/// What is painted, in points from the upper left corner.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "testing", derive(serde::Serialize))]
pub struct Scene {
    /// How much is shown of each node.
    pub detail: Detail,
    /// From parents to children.
    pub edges: Vec<Edge>,
    /// Nodes that stand alone.
    pub nodes: Vec<Node>,
    /// Many nodes in one.
    pub bands: Vec<Band>,
    /// From merged parents to merged children.
    pub funnels: Vec<Funnel>,
    /// The problem above several first steps.
    pub problem: Option<[f32; 2]>,
    /// Width of a card.
    pub card_width: f32,
}

/// A node.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "testing", derive(serde::Serialize))]
pub struct Node {
    /// The step.
    pub step: StepIndex,
    /// Its middle.
    pub at: [f32; 2],
    /// Radius of its dot.
    pub radius: f32,
    /// Its colour.
    pub shade: Shade,
    /// What it is, besides.
    pub signs: Signs,
    /// Right or wrong, at leaves.
    pub outcome: Option<bool>,
    /// Steps that are folded away below it.
    pub folded: Option<u32>,
    /// Their best and mean score, where there is room.
    pub hidden: Option<String>,
    /// Its score, where there is room.
    pub score: Option<String>,
    /// Its number from the top and its first words, where there is room.
    pub words: Option<(u32, String)>,
}

/// What a node is, besides its colour; each has a sign of its own.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "testing", derive(serde::Serialize))]
#[expect(clippy::struct_excessive_bools, reason = "each is an independent fact")]
pub struct Signs {
    /// The selected step is here, or folded away below.
    pub selected: bool,
    /// On the chosen path.
    pub chosen: bool,
    /// On the path that the source returned, where the trace has others.
    pub returned: bool,
    /// The search gave it up.
    pub pruned: bool,
    /// The search ended here.
    pub terminal: bool,
    /// It matches what is looked for.
    pub found: bool,
    /// The search came to it later than is shown.
    pub later: bool,
}

/// A line from a parent to a child.
#[derive(Clone, Copy, Debug, PartialEq)]
#[cfg_attr(feature = "testing", derive(serde::Serialize))]
pub struct Edge {
    /// The parent's end.
    pub from: [f32; 2],
    /// The child's end.
    pub to: [f32; 2],
    /// Thickness: how often the search went through.
    pub width: f32,
    /// What it is.
    pub style: EdgeStyle,
}

/// What an edge is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[cfg_attr(feature = "testing", derive(serde::Serialize))]
pub enum EdgeStyle {
    /// Later than is shown.
    Later,
    /// To a step that the search gave up.
    Pruned,
    /// Nothing special.
    Plain,
    /// On the returned path.
    Returned,
    /// On the chosen path.
    Chosen,
}

/// Nodes of a level that cannot be told apart.
#[derive(Clone, Copy, Debug, PartialEq)]
#[cfg_attr(feature = "testing", derive(serde::Serialize))]
pub struct Band {
    /// Left, top, width and height.
    pub rect: [f32; 4],
    /// How densely nodes stand, from 0 to 1.
    pub density: f32,
    /// Their mean colour.
    pub shade: Shade,
}

/// From a merged parent to its merged children.
#[derive(Clone, Copy, Debug, PartialEq)]
#[cfg_attr(feature = "testing", derive(serde::Serialize))]
pub struct Funnel {
    /// The parent.
    pub from: [f32; 2],
    /// Left and right end of the children, and their height.
    pub to: [f32; 3],
}

/// What a scene is made of.
#[derive(Clone, Copy)]
pub struct Seen<'a> {
    /// The trace and what is chosen of it.
    pub open: &'a OpenTrace,
    /// Its shape.
    pub skeleton: &'a Skeleton,
    /// Where nodes stand.
    pub picture: &'a Picture,
    /// What they look like.
    pub shades: &'a Shades,
    /// From where they are seen.
    pub look: Look,
}

impl Scene {
    /// Gathers what is in sight.
    pub fn new(seen: &Seen<'_>) -> Self {
        let look = &seen.look;
        let mut scene = Self {
            detail: look.detail(),
            edges: Vec::new(),
            nodes: Vec::new(),
            bands: Vec::new(),
            funnels: Vec::new(),
            problem: seen.picture.problem.map(|column| look.point([column, 0.0])),
            card_width: look.card_width(),
        };
        if scene.detail == Detail::Bands {
            scene.add_bands(seen);
        } else {
            scene.add_nodes(seen);
        }
        scene.add_path(seen);
        // Lines of the chosen path lie over the others.
        scene.edges.sort_by_key(|edge| edge.style);
        scene
    }

    fn add_nodes(&mut self, seen: &Seen<'_>) {
        let (levels, [left, right]) = seen.look.in_sight(seen.picture.layers.len());
        for level in levels {
            let Some(layer) = seen.picture.layers.get(level) else { continue };
            let range = layer.between(left, right);
            // One more at each side, for the lines that lead out of sight.
            let wide = range.start.saturating_sub(1)..(range.end + 1).min(layer.steps.len());
            for at in wide {
                let (Some(&step), Some(&column)) = (layer.steps.get(at), layer.columns.get(at)) else { continue };
                let point = seen.look.point([column, level as f32]);
                if !is_chosen(seen, step) {
                    self.add_edge(seen, step, point);
                    if range.contains(&at) {
                        self.nodes.push(node(seen, step, point, self.detail));
                    }
                }
            }
        }
    }

    fn add_edge(&mut self, seen: &Seen<'_>, step: StepIndex, to: [f32; 2]) {
        let parent = seen.skeleton.parents.get(step as usize).copied().flatten();
        let from = match parent.map(|parent| (parent, seen.picture.place(seen.skeleton, parent))) {
            Some((_, Some(place))) => seen.look.point(place),
            None => match self.problem {
                Some(problem) => problem,
                None => return,
            },
            Some((_, None)) => return,
        };
        let trace: &Trace = &seen.open.trace;
        let step_of = trace.step(step);
        let style = if seen.shades.is_later(step) {
            EdgeStyle::Later
        } else if is_chosen(seen, step) && parent.is_none_or(|parent| is_chosen(seen, parent)) {
            EdgeStyle::Chosen
        } else if step_of.is_some_and(|step| step.on_path) {
            EdgeStyle::Returned
        } else if step_of.is_some_and(|step| step.flags.contains(&StepFlag::Pruned)) {
            EdgeStyle::Pruned
        } else {
            EdgeStyle::Plain
        };
        let scale = match self.detail {
            Detail::Bands => 0.5,
            Detail::Dots => 2.2,
            Detail::Labels => 3.0,
            Detail::Cards => 4.5,
        };
        let width = 0.8 + scale * seen.shades.weight(step).clamp(0.0, 1.0);
        self.edges.push(Edge { from, to, width, style });
    }

    /// The chosen path is always seen as itself.
    fn add_path(&mut self, seen: &Seen<'_>) {
        let (levels, [left, right]) = seen.look.in_sight(seen.picture.layers.len());
        let first = usize::from(seen.picture.problem.is_some());
        let selected = seen.open.selected();
        let mut last_y = f32::NEG_INFINITY;
        for (at, &step) in seen.open.path.iter().enumerate() {
            let level = at + first;
            let Some(column) = seen.picture.column(step) else { break };
            if !levels.contains(&level) {
                continue;
            }
            let point = seen.look.point([column, level as f32]);
            self.add_edge(seen, step, point);
            let in_sight = (left..=right).contains(&column);
            // Where levels lie closer than dots, not every dot is painted.
            let room = point[1] - last_y >= BIN || selected == Some(step);
            if in_sight && room {
                last_y = point[1];
                self.nodes.push(node(seen, step, point, self.detail));
            }
        }
    }

    fn add_bands(&mut self, seen: &Seen<'_>) {
        let (levels, [left, right]) = seen.look.in_sight(seen.picture.layers.len());
        let [column, row] = seen.look.scale;
        let bins = whole((seen.look.size[0] / BIN).ceil()) + 1;
        // So many levels make one row that can be seen.
        let merged = whole((BIN / row).ceil().max(1.0));
        let height = (row * merged as f32 * 0.5).clamp(2.0, 11.0);
        let bin_of = |at: f32| {
            let x = seen.look.point([at, 0.0])[0];
            whole(x / BIN).min(bins - 1)
        };
        let full = (BIN / column).max(1.0) * merged as f32;
        let mut sums: Vec<(u32, f32, f32)> = Vec::new();
        let starts: Vec<usize> = levels.clone().step_by(merged).collect();
        for start in starts {
            sums.clear();
            sums.resize(bins, (0, 0.0, 0.0));
            let y = seen.look.point([0.0, start as f32 + (merged - 1) as f32 / 2.0])[1];
            for level in start..(start + merged).min(levels.end) {
                let Some(layer) = seen.picture.layers.get(level) else { continue };
                let range = layer.between(left, right);
                let mut at = range.start;
                while at < range.end {
                    let Some(&here) = layer.columns.get(at) else { break };
                    let bin = bin_of(here);
                    // All up to the end of the bin at once.
                    let edge = seen.look.place([(bin + 1) as f32 * BIN, 0.0])[0];
                    let rest = layer.columns.get(at..range.end).unwrap_or_default();
                    let next = at + rest.partition_point(|column| *column < edge).max(1);
                    let (count, mean) = seen.shades.mean(level, at..next);
                    if let Some(sum) = sums.get_mut(bin) {
                        sum.0 += count;
                        sum.1 += mean.map_or(0.0, |mean| mean * count as f32);
                        sum.2 += mean.map_or(0.0, |_| count as f32);
                    }
                    if merged == 1 && count > 0 {
                        self.add_funnel(seen, layer.steps.get(at).copied(), bin, y - height / 2.0);
                    }
                    at = next;
                }
            }
            for (bin, (count, sum, valued)) in sums.iter().enumerate().filter(|(_, sum)| sum.0 > 0) {
                let shade = if *valued > 0.0 { Shade::Scale(sum / valued) } else { Shade::None };
                let density = (*count as f32 / full).clamp(0.0, 1.0);
                let rect = [bin as f32 * BIN, y - height / 2.0, BIN, height];
                self.bands.push(Band { rect, density, shade });
            }
        }
    }

    /// Leads from the parent of a merged node to it; children of one parent that stand side by side share a funnel.
    fn add_funnel(&mut self, seen: &Seen<'_>, step: Option<StepIndex>, bin: usize, y: f32) {
        let parent = step.and_then(|step| seen.skeleton.parents.get(step as usize).copied().flatten());
        let from = match parent.and_then(|parent| seen.picture.place(seen.skeleton, parent)) {
            Some(place) => seen.look.point(place),
            None => match self.problem {
                Some(problem) => problem,
                None => return,
            },
        };
        let (left, right) = (bin as f32 * BIN, (bin + 1) as f32 * BIN);
        if let Some(last) = self.funnels.last_mut()
            && (last.from[0] - from[0]).abs() < BIN
            && (last.to[2] - y).abs() < 0.1
            && left - last.to[1] < 2.0 * BIN
        {
            last.to[1] = right;
            return;
        }
        self.funnels.push(Funnel { from, to: [left, right, y] });
    }
}

/// On the chosen path. Steps of the path stand in the order of their numbers.
fn is_chosen(seen: &Seen<'_>, step: StepIndex) -> bool {
    seen.open.path.binary_search(&step).is_ok()
}

fn node(seen: &Seen<'_>, index: StepIndex, at: [f32; 2], detail: Detail) -> Node {
    let step = seen.open.trace.step(index);
    let has = |flag: StepFlag| step.is_some_and(|step| step.flags.contains(&flag));
    let selected = seen.open.selected();
    let is_selected = selected == Some(index)
        || seen.picture.folded.contains_key(&index)
            && selected.and_then(|selected| seen.picture.shown_as(seen.skeleton, selected)) == Some(index);
    let signs = Signs {
        selected: is_selected,
        chosen: is_chosen(seen, index),
        returned: step.is_some_and(|step| step.on_path),
        pruned: has(StepFlag::Pruned),
        terminal: has(StepFlag::Terminal),
        found: seen.shades.is_found(index),
        later: seen.shades.is_later(index),
    };
    let weight = seen.shades.weight(index).clamp(0.0, 1.0);
    let most = (seen.look.scale[0] * 0.38).clamp(RADII.0, RADII.1);
    let words = (detail == Detail::Cards).then(|| {
        let number = seen.skeleton.levels.get(index as usize).copied().unwrap_or_default() + 1
            - u32::from(seen.picture.problem.is_some());
        (number, step.map_or_else(String::new, |step| words_of(step, 90)))
    });
    let shown = seen.shades.shown.as_ref().filter(|_| detail >= Detail::Labels);
    Node {
        step: index,
        at,
        radius: RADII.0 + (most - RADII.0) * (0.35 + 0.65 * weight),
        shade: seen.shades.of(index),
        signs,
        outcome: seen.shades.outcomes.get(index as usize).copied().flatten(),
        folded: seen.picture.folded.get(&index).copied(),
        hidden: seen.shades.hidden_text(index).filter(|_| detail == Detail::Cards),
        score: shown.and_then(|series| series.at(index)).map(score_text),
        words,
    }
}

/// The first words of a step; a call without words is its name.
pub fn words_of(step: &stepscope_core::model::Step, most: usize) -> String {
    let text = step.tool.as_ref().filter(|_| step.text.is_empty()).map_or(step.text.as_str(), |tool| &tool.name);
    let sign = match step.kind {
        StepKind::ToolCall | StepKind::Action => "▸ ",
        StepKind::ToolResult | StepKind::Observation => "◂ ",
        _ if step.hash.is_written() => "✎ ",
        _ => "",
    };
    format!("{sign}{}", one_line(text, most))
}

/// The node at a point, or near it.
pub fn hit(picture: &Picture, look: &Look, point: [f32; 2]) -> Option<StepIndex> {
    let [column, row] = look.place(point);
    let level = row.round();
    let layer = picture.layers.get((level >= 0.0).then_some(whole(level))?)?;
    let after = layer.columns.partition_point(|at| *at < column);
    let near = [after.checked_sub(1), Some(after)].into_iter().flatten();
    let near = near.filter_map(|at| Some((*layer.columns.get(at)?, *layer.steps.get(at)?)));
    let (at, step) = near.min_by(|a, b| (a.0 - column).abs().total_cmp(&(b.0 - column).abs()))?;
    let [dx, dy] = [(at - column).abs() * look.scale[0], (level - row).abs() * look.scale[1]];
    let (wide, high) = match look.detail() {
        Detail::Cards => (look.card_width() / 2.0, CARD_HEIGHT / 2.0),
        Detail::Labels => (look.scale[0] * 0.48, 18.0),
        Detail::Dots | Detail::Bands => (9.0, 9.0),
    };
    (dx <= wide && dy <= high).then_some(step)
}
