//! Every colour and size of the window, in both themes.
//!
//! The colours of judgements are for all eyes: bluish green for right and vermillion for wrong, never green against red,
//! after the palette of Okabe and Ito (M. Okabe, K. Ito, *Color Universal Design*, 2008; B. Wong, *Points of view: Color
//! blindness*, Nature Methods 8, 441, 2011), made lighter or darker until text in them can be read. Undecided is their
//! yellow in the dark and their reddish purple in the light, where yellow cannot be read. `tokens/contrast.rs` holds all
//! of this to figures. No colour is ever the only sign: words and glyphs go with it.

use eframe::egui::{
    self, Color32, Context, CornerRadius, FontFamily, FontId, Id, Margin, Stroke, Style, TextStyle, Theme,
    ThemePreference, Ui, Visuals,
};

use crate::state::look::{Density, ThemeChoice};
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
    pub series: [Color32; 8],
    /// From low to high over yellow to blue, which eyes that do not tell red from green see as well.
    pub scale: [Color32; 5],
}

#[expect(clippy::disallowed_methods, reason = "the one place where colours are written down")]
pub(super) const fn rgb(red: u8, green: u8, blue: u8) -> Color32 {
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
    accent: rgb(0x5e, 0xa6, 0xf2),
    good: rgb(0x45, 0xe0, 0xcc),
    neutral: rgb(0x98, 0xa6, 0xc0),
    bad: rgb(0xf9, 0x80, 0x30),
    unsure: rgb(0xf7, 0xe6, 0x8a),
    series: [
        rgb(0x5e, 0xa6, 0xf2),
        rgb(0xf7, 0xe6, 0x8a),
        rgb(0xcc, 0x79, 0xa7),
        rgb(0xa5, 0xc6, 0x94),
        rgb(0x75, 0x59, 0xff),
        rgb(0x82, 0x8c, 0x4d),
        rgb(0xbf, 0xff, 0xff),
        rgb(0x43, 0x79, 0x5e),
    ],
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
    good: rgb(0x00, 0x57, 0x4f),
    neutral: rgb(0x5a, 0x62, 0x72),
    bad: rgb(0x9c, 0x36, 0x00),
    unsure: rgb(0x92, 0x27, 0x8f),
    series: [
        rgb(0x1d, 0x5f, 0xd1),
        rgb(0xb3, 0x80, 0x1b),
        rgb(0xcc, 0x4f, 0xa0),
        rgb(0x40, 0x53, 0x2e),
        rgb(0x8c, 0x15, 0x8c),
        rgb(0x8c, 0x8c, 0x4d),
        rgb(0x0a, 0x0a, 0x40),
        rgb(0x40, 0x23, 0x31),
    ],
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
    /// How much of its colour is laid under a word that went or came.
    pub const TINT: f32 = 0.14;
    /// Those of both themes.
    pub const BOTH: [Self; 2] = [DARK, LIGHT];

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
                self.series.get(usize::from(number) % self.series.len()).copied().unwrap_or(self.muted)
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

/// Sizes of type, in points; there are no others. Everything grows together with the scale of the window.
pub mod type_size {
    /// Facts and hints beside what is read.
    pub const SMALL: f32 = 11.0;
    /// Program text, which looks larger than prose of its size.
    pub const CODE: f32 = 12.5;
    /// Buttons and menus.
    pub const CONTROL: f32 = 13.0;
    /// What is read.
    pub const BODY: f32 = 13.5;
    /// The problem, above the steps.
    pub const QUESTION: f32 = 14.5;
    /// Titles of dialogs.
    pub const HEADING: f32 = 16.0;
}

/// Distances in points, from the least to the largest, in one density; there are no others.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Space {
    /// Between a sign and its word.
    pub hair: f32,
    /// Between lines that belong together.
    pub small: f32,
    /// Between things in a row; inside of buttons.
    pub medium: f32,
    /// Inside of cards and panels.
    pub large: f32,
    /// Between parts of a panel.
    pub wide: f32,
    /// Height of a row of a table, or of a control.
    pub row: f32,
}

impl Space {
    /// The distances of a density.
    pub const fn of_density(density: Density) -> Self {
        match density {
            Density::Compact => Self { hair: 1.0, small: 2.0, medium: 4.0, large: 6.0, wide: 10.0, row: 19.0 },
            Density::Usual => Self { hair: 2.0, small: 4.0, medium: 6.0, large: 8.0, wide: 16.0, row: 22.0 },
            Density::Airy => Self { hair: 3.0, small: 7.0, medium: 8.0, large: 14.0, wide: 24.0, row: 28.0 },
        }
    }

    /// The distances in use.
    pub fn of(ui: &Ui) -> Self {
        Self::of_density(ui.data(|data| data.get_temp(density_id())).unwrap_or_default())
    }

    /// The same distance at the left and right, and another above and below.
    #[expect(clippy::cast_possible_truncation, reason = "a few points")]
    pub fn margin(across: f32, down: f32) -> Margin {
        Margin::symmetric(across.round() as i8, down.round() as i8)
    }
}

fn density_id() -> Id {
    Id::unique("density")
}

/// Gives both themes our colours and sizes. Called once.
pub fn install(ctx: &Context) {
    super::fonts::install(ctx);
    for (theme, tokens) in [(Theme::Dark, DARK), (Theme::Light, LIGHT)] {
        ctx.style_mut_of(theme, |style| apply(style, &tokens));
    }
    set_density(ctx, Density::default());
}

/// Shows a theme, or follows that of the system as it changes. Where the system says nothing, it is dark.
pub fn set_theme(ctx: &Context, choice: ThemeChoice) {
    ctx.options_mut(|options| options.fallback_theme = Theme::Dark);
    ctx.set_theme(match choice {
        ThemeChoice::System => ThemePreference::System,
        ThemeChoice::Dark => ThemePreference::Dark,
        ThemeChoice::Light => ThemePreference::Light,
    });
}

/// Gives things as much room as the density says.
pub fn set_density(ctx: &Context, density: Density) {
    ctx.data_mut(|data| data.insert_temp(density_id(), density));
    let space = Space::of_density(density);
    ctx.all_styles_mut(|style| {
        style.spacing.item_spacing = egui::vec2(space.medium, space.small);
        // Sideways as in the usual density: two buttons and their keys fill a row of the inspector.
        style.spacing.button_padding = egui::vec2(space.medium.min(6.0), space.hair);
        style.spacing.interact_size.y = space.row - 2.0;
    });
}

fn apply(style: &mut Style, tokens: &Tokens) {
    let sizes = [
        (TextStyle::Small, type_size::SMALL),
        (TextStyle::Body, type_size::BODY),
        (TextStyle::Button, type_size::CONTROL),
        (TextStyle::Heading, type_size::HEADING),
    ];
    for (name, size) in sizes {
        style.text_styles.insert(name, FontId::new(size, FontFamily::Proportional));
    }
    style.text_styles.insert(TextStyle::Monospace, FontId::new(type_size::CODE, FontFamily::Monospace));
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

#[cfg(test)]
mod contrast;
