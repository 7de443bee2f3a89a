//! Every colour and size of the window, in both themes.

use eframe::egui::{
    self, Color32, Context, CornerRadius, FontFamily, FontId, Stroke, Style, TextStyle, Theme, Ui, Visuals,
};

use crate::view_model::Tone;
use crate::view_model::canvas::shade::Shade;
use crate::view_model::canvas::whole;

/// The colours of one theme.
#[derive(Clone, Copy, Debug)]
pub struct Tokens {
    /// Behind the cards.
    pub background: Color32,
    /// Side panels and bars.
    pub panel: Color32,
    /// Cards.
    pub card: Color32,
    /// The selected card or row.
    pub selected: Color32,
    /// Thin lines.
    pub line: Color32,
    /// Text.
    pub text: Color32,
    /// Less important text.
    pub muted: Color32,
    /// Selection and focus.
    pub accent: Color32,
    /// Right.
    pub good: Color32,
    /// Neither right nor wrong.
    pub neutral: Color32,
    /// Wrong.
    pub bad: Color32,
    /// Undecided.
    pub unsure: Color32,
    /// Colours of curves, in order.
    pub series: [Color32; 4],
    /// From low to high over yellow to blue, which eyes that do not tell red from green see as well.
    pub scale: [Color32; 5],
}

#[expect(clippy::disallowed_methods, reason = "the one place where colours are written down")]
const fn rgb(red: u8, green: u8, blue: u8) -> Color32 {
    Color32::from_rgb(red, green, blue)
}

const DARK: Tokens = Tokens {
    background: rgb(0x14, 0x16, 0x1a),
    panel: rgb(0x19, 0x1c, 0x21),
    card: rgb(0x20, 0x24, 0x2b),
    selected: rgb(0x29, 0x34, 0x45),
    line: rgb(0x30, 0x35, 0x3e),
    text: rgb(0xdd, 0xe1, 0xe8),
    muted: rgb(0x98, 0xa1, 0xb0),
    accent: rgb(0x6c, 0xb0, 0xff),
    good: rgb(0x63, 0xc7, 0x87),
    neutral: rgb(0x9f, 0xb3, 0xcd),
    bad: rgb(0xff, 0x7b, 0x80),
    unsure: rgb(0xe8, 0xb8, 0x4f),
    series: [rgb(0x6c, 0xb0, 0xff), rgb(0xe8, 0xb8, 0x4f), rgb(0xc7, 0x92, 0xea), rgb(0x63, 0xc7, 0x87)],
    scale: [
        rgb(0xff, 0x6b, 0x6b),
        rgb(0xf5, 0xa3, 0x5c),
        rgb(0xe9, 0xd6, 0x7d),
        rgb(0x84, 0xc1, 0xe8),
        rgb(0x4d, 0x8d, 0xff),
    ],
};

const LIGHT: Tokens = Tokens {
    background: rgb(0xf1, 0xf3, 0xf6),
    panel: rgb(0xf8, 0xf9, 0xfb),
    card: rgb(0xff, 0xff, 0xff),
    selected: rgb(0xdf, 0xea, 0xfc),
    line: rgb(0xd7, 0xdc, 0xe4),
    text: rgb(0x1c, 0x22, 0x30),
    muted: rgb(0x5b, 0x65, 0x77),
    accent: rgb(0x1d, 0x5f, 0xd1),
    good: rgb(0x17, 0x7a, 0x3d),
    neutral: rgb(0x4a, 0x5d, 0x7a),
    bad: rgb(0xc0, 0x20, 0x2f),
    unsure: rgb(0x8f, 0x5e, 0x00),
    series: [rgb(0x1d, 0x5f, 0xd1), rgb(0xb3, 0x6b, 0x00), rgb(0x7c, 0x3a, 0xad), rgb(0x17, 0x7a, 0x3d)],
    scale: [
        rgb(0xc6, 0x23, 0x2f),
        rgb(0xe8, 0x7a, 0x2b),
        rgb(0xe3, 0xb5, 0x23),
        rgb(0x4f, 0xa3, 0xd1),
        rgb(0x1d, 0x55, 0xc4),
    ],
};

/// Width of the gutter that shows a step's score, in points.
pub const GUTTER: f32 = 46.0;

impl Tokens {
    /// The colours of the theme in use.
    pub fn of(ui: &Ui) -> Self {
        if ui.visuals().dark_mode { DARK } else { LIGHT }
    }

    /// The colours of that theme.
    pub const fn theme(dark: bool) -> Self {
        if dark { DARK } else { LIGHT }
    }

    /// The colour of a node in the picture of a tree.
    pub fn shade(&self, shade: Shade) -> Color32 {
        match shade {
            Shade::None => self.muted,
            Shade::Tone(tone) => self.tone(tone),
            Shade::Sort(number) => {
                let [first, second, third, fourth] = self.series;
                let all = [first, second, third, fourth, self.neutral, self.bad, self.muted];
                all.get(usize::from(number) % all.len()).copied().unwrap_or(self.muted)
            }
            Shade::Scale(value) => {
                let along = value.clamp(0.0, 1.0) * 4.0;
                let stop = |at: f32| self.scale.get(whole(at)).copied().unwrap_or(self.muted);
                stop(along.floor()).lerp_to_gamma(stop(along.ceil()), along.fract())
            }
        }
    }

    /// The colour of a meaning.
    pub const fn tone(&self, tone: Tone) -> Color32 {
        match tone {
            Tone::Good => self.good,
            Tone::Neutral => self.neutral,
            Tone::Bad => self.bad,
            Tone::Unsure => self.unsure,
            Tone::Muted => self.muted,
            Tone::Accent => self.accent,
        }
    }
}

/// Gives both themes our colours and sizes. Called once.
pub fn install(ctx: &Context) {
    super::fonts::install(ctx);
    for (theme, tokens) in [(Theme::Dark, DARK), (Theme::Light, LIGHT)] {
        ctx.style_mut_of(theme, |style| apply(style, &tokens));
    }
}

fn apply(style: &mut Style, tokens: &Tokens) {
    let sizes =
        [(TextStyle::Small, 11.0), (TextStyle::Body, 13.5), (TextStyle::Button, 13.0), (TextStyle::Heading, 16.0)];
    for (name, size) in sizes {
        style.text_styles.insert(name, FontId::new(size, FontFamily::Proportional));
    }
    style.text_styles.insert(TextStyle::Monospace, FontId::new(12.5, FontFamily::Monospace));
    style.spacing.item_spacing = egui::vec2(6.0, 4.0);
    style.spacing.button_padding = egui::vec2(6.0, 2.0);
    style.spacing.interact_size.y = 20.0;
    style.interaction.selectable_labels = true;
    visuals(&mut style.visuals, tokens);
}

fn visuals(visuals: &mut Visuals, tokens: &Tokens) {
    visuals.panel_fill = tokens.panel;
    visuals.window_fill = tokens.panel;
    visuals.extreme_bg_color = tokens.card;
    visuals.faint_bg_color = tokens.card;
    visuals.window_stroke = Stroke::new(1.0, tokens.line);
    visuals.selection.bg_fill = tokens.selected;
    visuals.selection.stroke = Stroke::new(1.0, tokens.accent);
    visuals.hyperlink_color = tokens.accent;
    visuals.warn_fg_color = tokens.unsure;
    visuals.error_fg_color = tokens.bad;
    visuals.weak_text_color = Some(tokens.muted);
    visuals.override_text_color = None;
    let widgets = &mut visuals.widgets;
    for widget in [&mut widgets.noninteractive, &mut widgets.inactive, &mut widgets.hovered, &mut widgets.active] {
        widget.corner_radius = CornerRadius::same(4);
        widget.fg_stroke.color = tokens.text;
    }
    widgets.noninteractive.bg_stroke = Stroke::new(1.0, tokens.line);
    widgets.inactive.weak_bg_fill = tokens.card;
    widgets.inactive.bg_fill = tokens.card;
    widgets.inactive.bg_stroke = Stroke::new(1.0, tokens.line);
    widgets.hovered.weak_bg_fill = tokens.selected;
    widgets.hovered.bg_stroke = Stroke::new(1.0, tokens.accent);
    widgets.active.weak_bg_fill = tokens.selected;
    widgets.active.bg_fill = tokens.selected;
    // Also what has the keyboard.
    widgets.active.bg_stroke = Stroke::new(super::focus::FOCUS_WIDTH, tokens.accent);
    widgets.open.weak_bg_fill = tokens.selected;
}
