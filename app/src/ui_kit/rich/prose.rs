//! Words, formulas and signs in lines.

use std::fmt::Write as _;
use std::ops::Range;
use std::sync::Arc;

use eframe::egui::text::TextFormat;
use eframe::egui::{Color32, FontFamily, FontId, Modifiers, Rect, Ui, pos2};

use super::Rich;
use super::flow::{Flow, Laid, Remark, Setting};
use super::formula::{self, Ink};
use super::style::{self, Sizes};
use crate::text::{FormulaState, Inline, InlineKind, Style, signs};
use crate::ui_kit::Tokens;

/// Lays out the part of a line of pieces that these bytes of the source hold.
pub(super) fn lay(
    ui: &Ui,
    text: &Rich<'_>,
    line: &[Inline],
    range: &Range<usize>,
    setting: Setting,
    strong: bool,
    width: f32,
) -> Laid {
    let (sizes, tokens) = (Sizes::of(ui, text.size), Tokens::of(ui));
    let size = setting.font.size;
    let mut flow = Flow::new(text.source, range.start, setting);
    let plain = flow.plain();
    let look = |style: &Style| style::format(&plain, style, &sizes, &tokens);
    for inline in line {
        if inline.source.end <= range.start || inline.source.start >= range.end {
            continue;
        }
        match &inline.kind {
            InlineKind::Text(words, style) => {
                let words = words.start.max(range.start)..words.end.min(range.end);
                remark_link(ui, &mut flow, &words, style);
                flow.show(&words, look(style), strong || style.strong);
            }
            InlineKind::Other(words, style) => {
                remark_link(ui, &mut flow, &inline.source, style);
                flow.swap(&inline.source, words, look(style), strong || style.strong);
            }
            InlineKind::Formula(formula) => match &formula.state {
                FormulaState::Typeset(list) => {
                    flow.draw(ui, &inline.source, formula::ink(ui, list, size, plain.color));
                }
                FormulaState::Failed(reason) => {
                    let hint = format!("Shown as written: {reason}");
                    let source = inline.source.clone();
                    flow.remarks.push(Remark { source, hint, dots: Some(tokens.unsure), link: None });
                    let code = look(&Style { code: true, ..Style::default() });
                    flow.show(&inline.source, code, strong);
                }
            },
            InlineKind::Sign(name) => flow.draw(ui, &inline.source, sign(ui, name, size, tokens.unsure)),
            InlineKind::Image(image) => {
                let words = if image.alt.is_empty() { "picture" } else { &image.alt };
                flow.swap(&inline.source, words, TextFormat { color: tokens.muted, ..plain.clone() }, strong);
            }
            InlineKind::Break => flow.end_line(&inline.source),
        }
    }
    flow.lay(ui, range.end, width)
}

fn remark_link(ui: &Ui, flow: &mut Flow<'_>, words: &Range<usize>, style: &Style) {
    let Some(address) = &style.link else { return };
    // Words may say another address than that to which they lead, and hide signs in it.
    let mut hint = signs::named(address);
    let link = is_of_web(address).then(|| Arc::clone(address));
    if link.is_some() {
        write!(hint, "\n{} and a click open it", ui.ctx().format_modifiers(Modifiers::COMMAND)).ok();
    }
    flow.remarks.push(Remark { source: words.clone(), hint, dots: None, link });
}

/// Only such addresses are given to the system: others start programs or open files of this computer.
fn is_of_web(address: &str) -> bool {
    let begins = |scheme: &str| address.get(..scheme.len()).is_some_and(|start| start.eq_ignore_ascii_case(scheme));
    begins("https://") || begins("http://")
}

/// A formula on a line of its own: somewhat smaller where it then fits into the width.
pub(super) fn lay_formula(ui: &Ui, text: &Rich<'_>, range: &Range<usize>, state: &FormulaState, width: f32) -> Laid {
    let (sizes, tokens) = (Sizes::of(ui, text.size), Tokens::of(ui));
    let mut flow = Flow::new(text.source, range.start, sizes.setting(text, 1.0));
    match state {
        FormulaState::Typeset(list) => {
            let size = sizes.font.size * formula::fitting(formula::width(list, sizes.font.size), width);
            flow.draw(ui, range, formula::ink(ui, list, size, text.colour));
            flow.lay(ui, range.end, f32::INFINITY)
        }
        FormulaState::Failed(reason) => {
            let hint = format!("Shown as written: {reason}");
            flow.remarks.push(Remark { source: range.clone(), hint, dots: Some(tokens.unsure), link: None });
            let code = Style { code: true, ..Style::default() };
            let code = style::format(&flow.plain(), &code, &sizes, &tokens);
            flow.show(range, code, false);
            flow.lay(ui, range.end, width)
        }
    }
}

/// The name of a character that cannot be seen, in a box.
pub(super) fn sign(ui: &Ui, name: &str, size: f32, colour: Color32) -> Ink {
    let font = FontId::new((size * 0.68).round(), FontFamily::Monospace);
    let galley = ui.painter().layout_no_wrap(name.to_owned(), font, colour);
    let mut ink = Ink::default();
    let Some((row, glyph)) = galley.rows.first().and_then(|row| Some((row, row.glyphs.first()?))) else { return ink };
    let pixel = 1.0 / ui.pixels_per_point();
    let round = |points: f32| (points / pixel).round() * pixel;
    let (pad, raise) = (round(3.0), round(size * 0.1));
    formula::stamp(&row.visuals.mesh, eframe::egui::vec2(2.0 * pad, -glyph.pos.y - raise), &mut ink.mesh);
    let top = round(-raise - glyph.pos.y - pixel);
    let (bottom, right) = (round(top + row.size.y + 2.0 * pixel), round(galley.size().x + 3.0 * pad));
    let mut side = |left: f32, top: f32, right: f32, bottom: f32| {
        let rect = Rect::from_min_max(pos2(left, top), pos2(right, bottom));
        ink.mesh.add_colored_rect(rect, colour.gamma_multiply(0.7));
    };
    side(pad, top, right, top + pixel);
    side(pad, bottom - pixel, right, bottom);
    side(pad, top, pad + pixel, bottom);
    side(right - pixel, top, right, bottom);
    Ink { width: right + pad, above: -top, below: bottom.max(0.0), ..ink }
}
