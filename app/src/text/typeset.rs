//! Sets formulas, each once: glyphs and lines from what is written, or the reason why that was not possible.

use std::collections::HashMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use ratex_layout::{LayoutOptions, layout, to_display_list, validate_layout};
use ratex_parser::parse;
use ratex_types::display_item::DisplayList;
use ratex_types::math_style::MathStyle;

use super::repair::repaired;
use super::{Formula, FormulaState};

/// A formula longer than this, in bytes, is shown as written.
const LONGEST: usize = 8_000;

/// Braces and environments deeper than this are not followed.
const DEEPEST: usize = 60;

/// Glyphs and lines of one formula.
const ITEMS: usize = 8_000;

/// So many glyphs and lines are kept, some 30 MB.
const KEPT: usize = 200_000;

/// The formulas that were set. Those that are written alike share one.
#[derive(Debug, Default)]
pub struct Formulas {
    set: Mutex<Kept>,
}

#[derive(Debug, Default)]
struct Kept {
    formulas: HashMap<(String, bool), Arc<Formula>>,
    /// Glyphs and lines of all of them.
    items: usize,
}

impl Formulas {
    /// The formula, set now or before.
    pub fn get(&self, tex: &str, display: bool) -> Arc<Formula> {
        let key = (tex.trim().to_owned(), display);
        if let Some(formula) = self.lock().formulas.get(&key) {
            return Arc::clone(formula);
        }
        let state = typeset(&key.0, display);
        let items = if let FormulaState::Typeset(list) = &state { list.items.len() } else { 1 };
        let formula = Arc::new(Formula { tex: key.0.clone(), display, state });
        let mut kept = self.lock();
        kept.items += items;
        if kept.items > KEPT {
            // What documents still show, they hold themselves.
            *kept = Kept { items, ..Kept::default() };
        }
        kept.formulas.insert(key, Arc::clone(&formula));
        formula
    }

    fn lock(&self) -> MutexGuard<'_, Kept> {
        self.set.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Sets a formula as it is written, else with what was forgotten in it put right.
pub fn typeset(tex: &str, display: bool) -> FormulaState {
    if tex.len() > LONGEST {
        return FormulaState::Failed(format!("Longer than {LONGEST} bytes"));
    }
    if depth(tex) > DEEPEST {
        return FormulaState::Failed(format!("Deeper than {DEEPEST} groups"));
    }
    let first = attempt(tex, display);
    let Err(reason) = first else { return first.map_or_else(FormulaState::Failed, FormulaState::Typeset) };
    repaired(tex)
        .into_iter()
        .find_map(|other| attempt(&other, display).ok())
        .map_or(FormulaState::Failed(reason), FormulaState::Typeset)
}

fn attempt(tex: &str, display: bool) -> Result<DisplayList, String> {
    // The engine is made not to panic; should it do so all the same, one formula is shown as written.
    catch_unwind(AssertUnwindSafe(|| set(tex, display))).unwrap_or_else(|_| Err("The typesetter failed".to_owned()))
}

fn set(tex: &str, display: bool) -> Result<DisplayList, String> {
    let nodes = parse(tex).map_err(|error| error.message)?;
    let style = if display { MathStyle::Display } else { MathStyle::Text };
    let boxes = layout(&nodes, &LayoutOptions { style, ..LayoutOptions::default() });
    validate_layout(&boxes).map_err(|error| error.to_string())?;
    let list = to_display_list(&boxes);
    let is_sound = [list.width, list.height, list.depth].iter().all(|size| size.is_finite() && size.abs() < 10_000.0);
    if !is_sound || list.items.len() > ITEMS {
        return Err("Too large".to_owned());
    }
    if list.items.is_empty() {
        return Err("Nothing to show".to_owned());
    }
    Ok(list)
}

/// How deep groups lie in each other.
fn depth(tex: &str) -> usize {
    let (mut depth, mut deepest) = (0_usize, 0);
    for (at, byte) in tex.bytes().enumerate() {
        match byte {
            b'{' | b'[' | b'(' => depth += 1,
            b'}' | b']' | b')' => depth = depth.saturating_sub(1),
            b'\\' if tex.get(at..).is_some_and(|rest| rest.starts_with("\\begin") || rest.starts_with("\\left")) => {
                depth += 1;
            }
            _ => {}
        }
        deepest = deepest.max(depth);
    }
    deepest
}
