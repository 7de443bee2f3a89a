//! The tree of the open trace as a picture: laid out once, painted as far as it is in sight.

pub mod fold;
pub mod look;
pub mod picture;
pub mod scene;
pub mod shade;
pub mod svg;
pub mod tidy;
pub mod tip;

use std::sync::Arc;

use stepscope_core::job::{Job, Outcome};
use stepscope_core::model::{SearchOrder, StepIndex, Trace};

use self::look::Look;
use self::picture::{Picture, Skeleton};
use self::scene::{Scene, Seen};
use self::shade::{Asked, Legend, Shades, choices};
use crate::state::OpenTrace;
use crate::state::canvas::{CanvasState, ColourBy, Folds};
use crate::state::work::Visible;
use crate::view_model::scores::ScoreSeries;
use crate::view_model::tree::{OutlineRow, outline};

/// The whole part of a number; 0 where it is negative.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "casts stop at the ends")]
pub const fn whole(value: f32) -> usize {
    value as usize
}

/// A number as exact as is painted.
#[expect(clippy::cast_possible_truncation, reason = "places and colours on screen")]
pub const fn single(value: f64) -> f32 {
    value as f32
}

/// A tree with more nodes is laid out in a job.
const AT_ONCE: usize = 20_000;

/// What is worked out of a tree, kept until something it depends on has changed.
#[derive(Default)]
pub struct Canvas {
    trace: Option<Arc<Trace>>,
    /// The shape of the tree.
    pub skeleton: Arc<Skeleton>,
    /// The same tree as rows of an outline.
    pub outline: Vec<OutlineRow>,
    /// In which order it grew.
    pub order: Option<SearchOrder>,
    /// Where its nodes stand.
    pub picture: Option<Arc<Picture>>,
    laid_out: Option<Laid>,
    job: Option<(Laid, Job<Picture>)>,
    /// What they look like.
    pub shades: Shades,
    shaded: Option<Shaded>,
    /// What colours can mean.
    pub choices: Vec<ColourBy>,
    /// What they mean now.
    pub colour: Option<ColourBy>,
    /// The node that was selected, and where it stood.
    held: Option<(StepIndex, [f32; 2])>,
}

/// What a layout was made of.
#[derive(Clone, PartialEq)]
struct Laid {
    folds: Folds,
    /// Where scores fold branches: which.
    series: Option<Same<Vec<ScoreSeries>>>,
}

/// Equal where it is the very same; held, so that nothing else can come to stand there.
#[derive(Clone)]
struct Same<T>(Arc<T>);

impl<T> PartialEq for Same<T> {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }
}

/// What colours were made of.
#[derive(PartialEq)]
struct Shaded {
    picture: Same<Picture>,
    series: Same<Vec<ScoreSeries>>,
    visible: Visible,
    colour: Option<ColourBy>,
    iteration: Option<u32>,
    said: u64,
    found: Vec<StepIndex>,
}

/// What the picture is made of now.
pub struct Sources<'a> {
    /// The open trace.
    pub open: &'a OpenTrace,
    /// The scores that may be seen.
    pub series: &'a Arc<Vec<ScoreSeries>>,
    /// What the annotator said.
    pub said: Option<&'a stepscope_core::annotation::TraceAnnotation>,
    /// The last record of the log.
    pub last_seq: u64,
    /// What may be seen.
    pub visible: Visible,
    /// Steps that match what is looked for.
    pub found: Vec<StepIndex>,
}

impl Canvas {
    /// True while a layout is being worked out.
    pub fn is_busy(&self) -> bool {
        self.job.is_some()
    }

    /// The iteration that is shown, from 1, and how many there are.
    pub fn iteration(&self, state: &CanvasState) -> Option<(u32, u32)> {
        let order = self.order.as_ref()?;
        Some((state.iteration.unwrap_or(order.count).clamp(1, order.count), order.count))
    }

    /// Notes which trace is open: what is only about another is forgotten.
    pub fn follow(&mut self, open: &OpenTrace, state: &mut CanvasState) {
        if !self.trace.as_ref().is_some_and(|trace| Arc::ptr_eq(trace, &open.trace)) {
            self.skeleton = Arc::default();
            self.outline = outline(&open.tree);
            self.order = if self.outline.is_empty() { None } else { SearchOrder::of(&open.trace) };
            (self.laid_out, self.job, self.shaded) = (None, None, None);
            self.choices.clear();
            self.trace = Some(Arc::clone(&open.trace));
        }
        let of = Some((open.trace.id.clone(), open.attempts.is_some()));
        if state.of != of {
            // A trace that was read again keeps its folds and where it is seen from; another begins anew.
            (self.picture, self.held) = (None, None);
            let CanvasState { shown, size, dark, colour, .. } = std::mem::take(state);
            *state = CanvasState { shown, of, size, dark, colour, ..CanvasState::default() };
        }
    }

    /// Brings everything up to date that the picture shows. Gives a job's work back by `spawn`, which starts it.
    pub fn refresh(
        &mut self,
        state: &mut CanvasState,
        sources: &Sources<'_>,
        spawn: impl FnOnce(Arc<Skeleton>, Vec<bool>) -> Option<Job<Picture>>,
    ) {
        let open = sources.open;
        if self.skeleton.parents.len() != open.trace.steps.len() {
            self.skeleton = Arc::new(Skeleton::new(&open.trace));
        }
        if let Some((laid, job)) = &mut self.job {
            match job.poll() {
                Some(Outcome::Done(picture)) => {
                    self.laid_out = Some(laid.clone());
                    self.job = None;
                    self.show(state, picture);
                }
                Some(Outcome::Cancelled | Outcome::Failed(_)) => self.job = None,
                None => {}
            }
        }
        self.reveal(state, open);
        let series = state.folds.low.then(|| Same(Arc::clone(sources.series)));
        let laid = Laid { folds: state.folds.clone(), series };
        let is_under_way = self.job.as_ref().is_some_and(|(under_way, _)| *under_way == laid);
        if self.laid_out.as_ref() != Some(&laid) && !is_under_way {
            let folded = fold::folded(&state.folds, &open.trace.steps, &self.skeleton, sources.series.first());
            if open.trace.steps.len() > AT_ONCE {
                self.job = spawn(Arc::clone(&self.skeleton), folded).map(|job| (laid, job));
            } else if let Ok(picture) = Picture::new(&self.skeleton, &folded, None) {
                self.laid_out = Some(laid);
                self.show(state, picture);
            }
        }
        self.shade(state, sources);
    }

    /// Shows a new layout. What is selected stays where it is on screen.
    fn show(&mut self, state: &mut CanvasState, picture: Picture) {
        if let (Some(before), Some((step, place))) = (&self.picture, self.held)
            && let Some(now) = picture.place(&self.skeleton, step)
            && state.size[0] > 0.0
        {
            let was = Look::new(before, state.size, state.camera);
            let point = was.point(place);
            let then = Look::new(&picture, state.size, Some(was.camera()));
            let moved = then.point(now);
            let camera = then.camera();
            let [x, y] = [0, 1].map(|axis: usize| {
                let get = |of: &[f32; 2]| of.get(axis).copied().unwrap_or_default();
                (get(&moved) - get(&point)) / get(&then.scale)
            });
            state.camera = Some(crate::state::canvas::Camera { x: camera.x + x, y: camera.y + y, ..camera });
            self.held = Some((step, now));
        }
        self.picture = Some(Arc::new(picture));
    }

    /// A step that is newly selected is unfolded and brought into sight.
    fn reveal(&mut self, state: &mut CanvasState, open: &OpenTrace) {
        let (Some(picture), Some(selected)) = (&self.picture, open.selected()) else { return };
        if picture.column(selected).is_none() && self.held.is_some_and(|(held, _)| held != selected) {
            // Every folded step above it opens.
            let above = |at: &StepIndex| self.skeleton.parents.get(*at as usize).copied().flatten();
            for at in std::iter::successors(above(&selected), above) {
                if let Some(step) = open.trace.step(at) {
                    state.folds.closed.remove(&step.hash);
                    if state.folds.depth.is_some() || state.folds.low {
                        state.folds.opened.insert(step.hash.clone());
                    }
                }
            }
        }
        let Some(place) = picture.place(&self.skeleton, selected) else { return };
        if self.held.is_none_or(|(held, _)| held != selected) {
            if self.held.is_some() && state.size[0] > 0.0 {
                let look = Look::new(picture, state.size, state.camera);
                state.camera = look.revealing(place).or(state.camera);
            }
            self.held = Some((selected, place));
        }
    }

    fn shade(&mut self, state: &CanvasState, sources: &Sources<'_>) {
        let Some(picture) = &self.picture else { return };
        if picture.column(0).is_none() && picture.shown == 0 {
            return;
        }
        let now = Shaded {
            picture: Same(Arc::clone(picture)),
            series: Same(Arc::clone(sources.series)),
            visible: sources.visible,
            colour: state.colour.clone(),
            iteration: state.iteration,
            said: sources.last_seq,
            found: sources.found.clone(),
        };
        if self.shaded.as_ref() == Some(&now) {
            return;
        }
        let is_other = |old: &Shaded| old.series != now.series || old.visible != now.visible;
        if self.choices.is_empty() || self.shaded.as_ref().is_none_or(is_other) {
            self.choices = choices(sources.open, sources.series, sources.visible);
        }
        let wished = state.colour.as_ref().filter(|colour| self.choices.contains(colour));
        // Scores that only ends have say little of the tree.
        let is_told = |choice: &&ColourBy| match choice {
            ColourBy::Series(name) => sources.series.iter().any(|series| {
                series.name == *name && series.values.iter().flatten().count() * 2 >= series.values.len()
            }),
            _ => false,
        };
        let usual = self.choices.iter().find(is_told).or(self.choices.first());
        let Some(colour) = wished.or(usual).cloned() else { return };
        let order = self.order.as_ref().zip(state.iteration);
        self.shades = Shades::new(&Asked {
            open: sources.open,
            skeleton: &self.skeleton,
            picture,
            series: sources.series,
            said: sources.said,
            visible: sources.visible,
            colour: &colour,
            order,
            found: &sources.found,
        });
        self.colour = Some(colour);
        self.shaded = Some(now);
    }

    /// The tree seen in that size, as long as there is one.
    pub fn look(&self, state: &CanvasState, size: [f32; 2]) -> Option<(&Picture, Look)> {
        let picture = self.picture.as_deref()?;
        Some((picture, Look::new(picture, size, state.camera)))
    }

    /// What is painted of it.
    pub fn scene(&self, open: &OpenTrace, look: Look) -> Option<Scene> {
        let picture = self.picture.as_deref()?;
        // A layout that is not this trace's yet shows nothing.
        let is_whole = self.shaded.is_some() && self.skeleton.parents.len() == open.trace.steps.len();
        let seen = Seen { open, skeleton: &self.skeleton, picture, shades: &self.shades, look };
        is_whole.then(|| Scene::new(&seen))
    }

    /// What colours mean, in words.
    pub fn legend(&self) -> &Legend {
        &self.shades.legend
    }

    /// How many levels there are, from the first steps on.
    pub fn deepest(&self) -> u32 {
        let first = u32::from(self.skeleton.roots > 1);
        self.skeleton.levels.iter().max().map_or(1, |level| level + 1 - first)
    }
}
