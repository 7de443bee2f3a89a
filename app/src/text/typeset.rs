//! Sets formulas, each once: glyphs and lines from what is written, or the reason why that was not possible.

use std::collections::HashMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use ratex_layout::{LayoutOptions, layout, to_display_list, validate_layout};
use ratex_parser::parse;
use ratex_types::display_item::DisplayList;
use ratex_types::math_style::MathStyle;

use super::repair::{prepared, repaired};
use super::{Formula, FormulaState};

/// A formula longer than this, in bytes, is shown as written.
const LONGEST: usize = 8_000;

/// Braces and environments deeper than this are not followed.
const DEEPEST: usize = 60;

/// Glyphs and lines of one formula.
const ITEMS: usize = 8_000;

/// So many things are put right in one formula.
const REPAIRS: usize = 6;

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
    let mut tex = prepared(tex);
    let mut first = None;
    for _ in 0..REPAIRS {
        let reason = match attempt(&tex, display) {
            Ok(list) => return FormulaState::Typeset(list),
            Err(reason) => reason,
        };
        let other = repaired(&tex, &reason).filter(|other| *other != tex && other.len() <= 2 * LONGEST);
        first.get_or_insert(reason);
        let Some(other) = other else { break };
        tex = other;
    }
    FormulaState::Failed(first.unwrap_or_default())
}

fn attempt(tex: &str, display: bool) -> Result<DisplayList, String> {
    // The engine is made not to panic; should it do so all the same, one formula is shown as written.
    catch_unwind(AssertUnwindSafe(|| set(tex, display))).unwrap_or_else(|_| Err("The typesetter failed".to_owned()))
}

fn set(tex: &str, display: bool) -> Result<DisplayList, String> {
    let nodes = parse(tex).map_err(|error| error.message)?;
    let style = if display { MathStyle::Display } else { MathStyle::Text };
    let boxes = layout(&nodes, &LayoutOptions { style, ..LayoutOptions::default() });
    validate_layout(&boxes).map_err(|error| error.clone())?;
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

#[cfg(test)]
mod tests {
    use ratex_types::display_item::DisplayItem;

    use super::*;

    /// What stands in a formula, sign by sign; the reason where it could not be set.
    fn glyphs(tex: &str) -> String {
        match typeset(tex, true) {
            FormulaState::Failed(reason) => format!("failed: {reason}"),
            FormulaState::Typeset(list) => {
                let code = |item: &DisplayItem| match item {
                    DisplayItem::GlyphPath { char_code, .. } => char::from_u32(*char_code),
                    _ => None,
                };
                list.items.iter().filter_map(code).collect()
            }
        }
    }

    fn check(tex: &str, expected: &str) {
        assert_eq!(glyphs(tex), expected, "{tex}");
    }

    #[test]
    fn sets_what_is_written() {
        check(r"\frac{1}{2} + x_1", "12+x1");
        check(r"\ce{H2O}", "H2O");
        check(r"\text{if $x$ is}", "ifxis");
        check(r"α + β ≤ 3", "α+β≤3");
        check(r"\begin{cases} x & y \\ z & w \end{cases}", "{xyzw");
    }

    #[test]
    fn hides_nothing_and_adds_nothing() {
        check(r"50% of 20", "50%of20");
        check(r"\text{5%} and 5\% x", "5%and5%x");
        check(r"\begin{align} x &= 1 \end{align}", "x=1");
        check(r"x = 1 \tag{7}", "x=1(7)");
    }

    #[test]
    fn puts_right_what_is_certain() {
        check(r"\begin{align} x &= 1 \label{a} \\ y &= 2 \end{align}", "x=1y=2");
        check(r"\boxed{$5}", "$5");
        check(r"\begin{align*}\na &= 1\n\end{align*}", "a=1");
        check(r"\begin{align*}\na &= \nabla\n\end{align*}", "a=∇");
        check(r"\begin{pmatrix} 80\5\-5\25\end{pmatrix}", "805−525");
        check(r"\frac{1}{2", "12");
        check(r"x &= 1 \\ y &= 2", "x=1y=2");
        check(r"\left\{ x", "{x");
        check(r"\root{4}{5} + \root 3 \of {2}", "4√5+3√2");
        check(r"5\mbox{ cm}", "5cm");
        check(r"\text{a_b}", "a_b");
        check(r"f(x)\)", "f(x)");
        check(r"\begin{array}{@{}c@{\;}c} 1 & 2 \end{array}", "12");
        check(r"\mathds{1}_{x}", "1x");
        check(r"\SI{5}{m}", "5m");
    }

    #[test]
    fn shows_the_rest_as_written() {
        check(r"x^2^9", "failed: Double superscript");
        check(r"\nosuchthing x", r"failed: Undefined control sequence: \nosuchthing");
        assert!(glyphs(&"{".repeat(5000)).starts_with("failed"));
        assert!(glyphs(&"x".repeat(9000)).starts_with("failed"));
    }
}
