//! What the dialog of history lists: every gesture by number, newest first, and the days between them. Only numbers are
//! kept; words are made for the lines on screen. Some gestures are looked at in each frame, so that nothing waits.

use stepscope_core::annotation::GestureId;
use stepscope_core::model::Timestamp;

/// Choices of the dialog.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct HistoryDraft {
    /// Words that the lines must contain.
    pub filter: String,
    /// The selected gesture; the newest that counts where `None`.
    pub selected: Option<GestureId>,
    /// The user asked to undo back to this gesture and has not confirmed yet.
    pub confirm: Option<GestureId>,
    /// The selected line should be scrolled to.
    pub scroll: bool,
}

/// One line of the list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HistoryRow {
    /// A day, as days since 1970 in the user's time.
    Day(i64),
    /// A gesture that counts.
    Done(GestureId),
    /// A gesture that was undone; redo brings it back.
    Undone(GestureId),
}

impl HistoryRow {
    /// Its gesture; `None` for a day.
    pub const fn gesture(self) -> Option<GestureId> {
        match self {
            Self::Day(_) => None,
            Self::Done(gesture) | Self::Undone(gesture) => Some(gesture),
        }
    }
}

/// The list, made anew when something was said, undone or redone, or another filter typed.
#[derive(Clone, Debug, Default)]
pub struct HistoryList {
    /// Number of the last record it knows of, and the filter it was made with.
    pub made_of: Option<(u64, String)>,
    /// Every gesture, and whether it was undone. Newest first.
    all: Vec<(GestureId, bool)>,
    /// How many of them were looked at.
    looked: usize,
    /// The last day listed.
    day: Option<i64>,
    /// What is listed.
    pub rows: Vec<HistoryRow>,
}

/// Gestures that one call looks at: each may have to be read from the disk.
const AT_ONCE: usize = 100;

impl HistoryList {
    /// Begins anew with these gestures.
    pub fn begin(&mut self, made_of: (u64, String), all: Vec<(GestureId, bool)>) {
        *self = Self { made_of: Some(made_of), all, ..Self::default() };
    }

    /// Lists some more; `look` tells when a gesture was said, or `None` where it is not wanted or cannot be read. True
    /// where more are left.
    pub fn go_on(
        &mut self,
        offset_s: impl Fn(Timestamp) -> i32,
        mut look: impl FnMut(GestureId) -> Option<Timestamp>,
    ) -> bool {
        let until = (self.looked + AT_ONCE).min(self.all.len());
        for &(gesture, undone) in self.all.get(self.looked..until).unwrap_or_default() {
            let Some(at) = look(gesture) else { continue };
            let day = local_day(at, offset_s(at));
            if self.day != Some(day) {
                self.rows.push(HistoryRow::Day(day));
                self.day = Some(day);
            }
            self.rows.push(if undone { HistoryRow::Undone(gesture) } else { HistoryRow::Done(gesture) });
        }
        self.looked = until;
        self.is_unfinished()
    }

    /// True while not everything was looked at.
    pub fn is_unfinished(&self) -> bool {
        self.looked < self.all.len()
    }

    /// Number of gestures that are listed.
    pub fn len(&self) -> usize {
        self.rows.iter().filter(|row| row.gesture().is_some()).count()
    }

    /// True where none is listed.
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// True for the newest gesture that counts, where others above it were undone: redo goes on from there.
    pub fn is_boundary(&self, row: HistoryRow) -> bool {
        let undone = self.all.first().is_some_and(|(_, undone)| *undone);
        let newest = self.all.iter().find(|(_, undone)| !undone);
        undone && newest.is_some_and(|(id, _)| row == HistoryRow::Done(*id))
    }

    /// Number of gestures in all.
    pub fn total(&self) -> usize {
        self.all.len()
    }

    /// How many undos, or redos where the second is true, make that gesture the newest that counts.
    pub fn way_to(&self, gesture: GestureId) -> Option<(usize, bool)> {
        let at = self.all.iter().position(|(id, _)| *id == gesture)?;
        let undone = self.all.iter().take_while(|(_, undone)| *undone).count();
        Some(if at < undone { (undone - at, true) } else { (at - undone, false) })
    }

    /// The gesture `by` lines below that one; the first that counts where there is none.
    pub fn beside(&self, gesture: Option<GestureId>, by: isize) -> Option<GestureId> {
        let here = gesture.and_then(|gesture| self.rows.iter().position(|row| row.gesture() == Some(gesture)));
        let Some(here) = here else { return self.first() };
        let mut at = here;
        let mut found = gesture;
        for _ in 0..by.unsigned_abs() {
            loop {
                let Some(next) = at.checked_add_signed(by.signum()).filter(|next| *next < self.rows.len()) else {
                    return found;
                };
                at = next;
                if let Some(gesture) = self.rows.get(at).and_then(|row| row.gesture()) {
                    found = Some(gesture);
                    break;
                }
            }
        }
        found
    }

    /// The newest gesture that counts, else the last of those undone.
    pub fn first(&self) -> Option<GestureId> {
        let done = self.rows.iter().find(|row| matches!(row, HistoryRow::Done(_)));
        done.or_else(|| self.rows.iter().rev().find(|row| row.gesture().is_some())).and_then(|row| row.gesture())
    }
}

/// Days since 1970 in the user's time.
pub fn local_day(at: Timestamp, offset_s: i32) -> i64 {
    (at.0 + i64::from(offset_s) * 1000).div_euclid(86_400_000)
}

#[cfg(test)]
mod tests {
    use super::*;

    const DAY: i64 = 86_400_000;

    fn list(filter: Option<u64>) -> HistoryList {
        let said = |id: u64| match id {
            4 => DAY + 5,
            3 => DAY + 3,
            _ => DAY - 1,
        };
        let wanted = |id: u64| filter.is_none_or(|modulus| id.is_multiple_of(modulus));
        let mut list = HistoryList::default();
        list.begin((9, String::new()), vec![(4, true), (3, false), (2, false)]);
        while list.go_on(|_| 0, |id| wanted(id).then(|| Timestamp(said(id)))) {}
        list
    }

    #[test]
    fn days_stand_above_their_gestures() {
        use HistoryRow::{Day, Done, Undone};
        assert_eq!(list(None).rows, [Day(1), Undone(4), Done(3), Day(0), Done(2)]);
        assert_eq!(list(Some(2)).rows, [Day(1), Undone(4), Day(0), Done(2)]);
        assert_eq!(list(Some(7)).rows, []);
        assert_eq!((local_day(Timestamp(-1), 0), local_day(Timestamp(-1), 1)), (-1, 0), "an hour east it is tomorrow");
    }

    #[test]
    fn lines_are_walked_past_the_days() {
        let list = list(None);
        assert_eq!(list.first(), Some(3), "the newest that counts");
        assert_eq!(list.beside(None, 1), Some(3));
        assert_eq!(list.beside(Some(3), 1), Some(2));
        assert_eq!(list.beside(Some(3), 9), Some(2), "stops at the end");
        assert_eq!(list.beside(Some(3), -1), Some(4));
        assert_eq!(list.way_to(2), Some((1, false)));
        assert_eq!((list.way_to(3), list.way_to(4)), (Some((0, false)), Some((1, true))));
        assert_eq!(list.way_to(5), None);
        assert!(list.is_boundary(HistoryRow::Done(3)) && !list.is_boundary(HistoryRow::Done(2)));
        assert_eq!((list.len(), list.total()), (3, 3));
    }

    #[test]
    fn some_gestures_are_looked_at_at_a_time() {
        let mut list = HistoryList::default();
        list.begin((1, "x".into()), (0..250).rev().map(|id| (id, false)).collect());
        let mut rounds = Vec::new();
        loop {
            let mut looked = 0;
            let is_unfinished = list.go_on(
                |_| 0,
                |id| {
                    looked += 1;
                    (id % 100 < 3).then_some(Timestamp(0))
                },
            );
            rounds.push((looked, list.len()));
            if !is_unfinished {
                break;
            }
        }
        assert_eq!(rounds, [(100, 3), (100, 6), (50, 9)]);
        assert_eq!(list.rows.len(), 10, "one day");
    }
}
