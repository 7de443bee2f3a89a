//! What is kept from frame to frame: how texts are divided and how high their parts are, and the parts laid out.
//!
//! What is laid out points into the font texture, which egui may make anew at the start of any frame. Egui then forgets
//! all its own layouts, so one of them, asked for in every frame, tells whether ours still hold.

use std::collections::HashMap;
use std::hash::{BuildHasher as _, Hash, RandomState};
use std::sync::Arc;

use eframe::egui::epaint::mutex::{Mutex, MutexGuard};
use eframe::egui::epaint::text::Galley;
use eframe::egui::{Color32, FontId, Id, Ui};

use super::divide::Division;
use super::flow::Laid;

/// Layouts not painted for so many frames are dropped.
const FRAMES: u64 = 4;

/// How texts are divided is kept for so many of them.
const TEXTS: usize = 2000;

/// Shared with the window, which keeps it in its memory.
#[derive(Clone)]
pub(super) struct Cache(Arc<Mutex<Kept>>);

pub(super) struct Kept {
    sentinel: Option<Arc<Galley>>,
    frame: u64,
    hasher: RandomState,
    laid: HashMap<u64, (Arc<Laid>, u64)>,
    divisions: HashMap<u64, (Arc<Mutex<Division>>, u64)>,
}

impl Cache {
    /// That of this window, rid of what no longer holds.
    pub(super) fn of(ui: &Ui) -> Self {
        let id = Id::unique(("rich text", ui.ctx().viewport_id()));
        let cache = ui.data_mut(|data| data.get_temp_mut_or_insert_with(id, Self::empty).clone());
        let frame = ui.ctx().cumulative_pass_nr();
        if cache.lock().frame != frame || cache.lock().sentinel.is_none() {
            let sentinel = ui.painter().layout_no_wrap("x".to_owned(), FontId::monospace(9.0), Color32::PLACEHOLDER);
            cache.lock().begin(frame, sentinel);
        }
        cache
    }

    fn empty() -> Self {
        Self(Arc::new(Mutex::new(Kept {
            sentinel: None,
            frame: 0,
            hasher: RandomState::new(),
            laid: HashMap::new(),
            divisions: HashMap::new(),
        })))
    }

    fn lock(&self) -> MutexGuard<'_, Kept> {
        self.0.lock()
    }

    /// A layout, made now if it is not there.
    pub(super) fn laid(&self, key: impl Hash, make: impl FnOnce() -> Laid) -> Arc<Laid> {
        let (key, frame) = {
            let mut kept = self.lock();
            let key = kept.hasher.hash_one(key);
            let frame = kept.frame;
            if let Some((laid, used)) = kept.laid.get_mut(&key) {
                *used = frame;
                return Arc::clone(laid);
            }
            (key, frame)
        };
        // Not while the lock is held: it asks egui, and may ask for other layouts.
        let laid = Arc::new(make());
        self.lock().laid.insert(key, (Arc::clone(&laid), frame));
        laid
    }

    /// How a text is divided, worked out now if that is not known.
    pub(super) fn division(&self, key: impl Hash, make: impl FnOnce() -> Division) -> Arc<Mutex<Division>> {
        let (key, frame) = {
            let mut kept = self.lock();
            let key = kept.hasher.hash_one(key);
            let frame = kept.frame;
            if let Some((division, used)) = kept.divisions.get_mut(&key) {
                *used = frame;
                return Arc::clone(division);
            }
            (key, frame)
        };
        let division = Arc::new(Mutex::new(make()));
        let mut kept = self.lock();
        if kept.divisions.len() >= TEXTS {
            kept.divisions.retain(|_, (_, used)| *used + FRAMES >= frame);
        }
        kept.divisions.insert(key, (Arc::clone(&division), frame));
        division
    }
}

impl Kept {
    fn begin(&mut self, frame: u64, sentinel: Arc<Galley>) {
        self.frame = frame;
        if self.sentinel.as_ref().is_none_or(|before| !Arc::ptr_eq(before, &sentinel)) {
            self.laid.clear();
        } else {
            self.laid.retain(|_, (_, used)| *used + FRAMES >= frame);
        }
        self.sentinel = Some(sentinel);
    }
}
