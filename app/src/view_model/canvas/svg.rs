//! The picture of a tree as SVG: the same scene that is painted, with a legend.

use std::fmt::Write as _;

use super::look::{CARD_HEIGHT, Detail};
use super::scene::{EdgeStyle, Node, Scene};
use super::shade::{Legend, Shade};
use super::whole;
use crate::view_model::Tone;

/// Height of what stands above the tree, in points.
const HEAD: f32 = 56.0;

/// A colour: red, green, blue.
pub type Rgb = [u8; 3];

/// The colours of the theme.
#[derive(Clone, Debug)]
pub struct Palette {
    /// Behind everything.
    pub background: Rgb,
    /// Cards.
    pub card: Rgb,
    /// Lines.
    pub line: Rgb,
    /// Text.
    pub text: Rgb,
    /// Less important text.
    pub muted: Rgb,
    /// The chosen path.
    pub accent: Rgb,
    /// Meanings.
    pub tones: [(Tone, Rgb); 6],
    /// Sorts.
    pub sorts: Vec<Rgb>,
    /// From low to high.
    pub scale: Vec<Rgb>,
}

impl Palette {
    fn shade(&self, shade: Shade) -> Rgb {
        match shade {
            Shade::None => self.muted,
            Shade::Tone(tone) => {
                self.tones.iter().find(|(known, _)| *known == tone).map_or(self.muted, |(_, colour)| *colour)
            }
            Shade::Sort(number) => {
                self.sorts.get(usize::from(number) % self.sorts.len().max(1)).copied().unwrap_or(self.muted)
            }
            Shade::Scale(value) => {
                let at = value.clamp(0.0, 1.0) * self.scale.len().saturating_sub(1) as f32;
                self.scale.get(whole(at.round())).copied().unwrap_or(self.muted)
            }
        }
    }
}

/// What is drawn.
#[derive(Clone, Debug)]
pub struct Drawing {
    /// Nodes and edges.
    pub scene: Scene,
    /// Its width and height in points.
    pub size: [f32; 2],
    /// What colours mean.
    pub legend: Legend,
    /// The colours.
    pub palette: Palette,
    /// What stands at the top.
    pub title: String,
    /// What stands below that.
    pub about: String,
}

impl Drawing {
    /// Width and height of the whole, in points.
    fn whole(&self) -> [f32; 2] {
        [self.size[0].max(420.0), self.size[1] + HEAD]
    }

    /// The text of the file.
    pub fn svg(&self) -> String {
        let [width, height] = self.whole();
        let mut out = String::with_capacity(200 * (self.scene.nodes.len() + self.scene.edges.len()) + 2000);
        let colours = &self.palette;
        let (background, text) = (hex(colours.background), hex(colours.text));
        writeln!(
            out,
            r#"<svg xmlns="http://www.w3.org/2000/svg" width="{width:.0}" height="{height:.0}" viewBox="0 0 {width:.0} {height:.0}" font-family="DejaVu Sans, sans-serif">"#
        )
        .ok();
        writeln!(
            out,
            r#"<title>{}</title><rect width="100%" height="100%" fill="{background}"/>"#,
            escape(&self.title)
        )
        .ok();
        writeln!(
            out,
            r#"<text x="16" y="24" font-size="14" font-weight="bold" fill="{text}">{}</text>"#,
            escape(&self.title)
        )
        .ok();
        self.legend(&mut out);
        let left = ((width - self.size[0]) / 2.0).max(0.0);
        writeln!(out, r#"<g transform="translate({left:.1} {HEAD})">"#).ok();
        self.shapes(&mut out);
        out.push_str("</g>\n</svg>\n");
        out
    }

    fn legend(&self, out: &mut String) {
        let colours = &self.palette;
        let muted = hex(colours.muted);
        let mut x = 16.0;
        let words = |out: &mut String, x: &mut f32, words: &str| {
            writeln!(out, r#"<text x="{x:.0}" y="44" font-size="11" fill="{muted}">{}</text>"#, escape(words)).ok();
            *x += words.chars().count() as f32 * 6.4 + 8.0;
        };
        words(out, &mut x, &format!("{} · colour: {}", self.about, self.legend.title));
        if let Some((low, high)) = &self.legend.ends {
            words(out, &mut x, low);
            for at in 0..40_u8 {
                let fill = hex(colours.shade(Shade::Scale(f32::from(at) / 39.0)));
                writeln!(out, r#"<rect x="{x:.0}" y="35" width="3" height="10" fill="{fill}"/>"#).ok();
                x += 2.0;
            }
            x += 8.0;
            words(out, &mut x, high);
        }
        for (shade, name) in self.legend.sorts.iter().take(7) {
            writeln!(out, r#"<circle cx="{:.0}" cy="40" r="4" fill="{}"/>"#, x + 4.0, hex(colours.shade(*shade))).ok();
            x += 12.0;
            words(out, &mut x, name);
        }
        words(out, &mut x, &format!("size: {}", self.legend.size));
    }

    fn shapes(&self, out: &mut String) {
        let (scene, colours) = (&self.scene, &self.palette);
        for funnel in &scene.funnels {
            let ([x, y], [left, right, low]) = (funnel.from, funnel.to);
            writeln!(
                out,
                r#"<path d="M{:.1} {y:.1}H{:.1}L{right:.1} {low:.1}H{left:.1}Z" fill="{}" fill-opacity="0.55"/>"#,
                x - 1.0,
                x + 1.0,
                hex(colours.line)
            )
            .ok();
        }
        for band in &scene.bands {
            let [x, y, width, height] = band.rect;
            writeln!(
                out,
                r#"<rect x="{x:.1}" y="{y:.1}" width="{width:.1}" height="{height:.1}" fill="{}" fill-opacity="{:.2}"/>"#,
                hex(colours.shade(band.shade)),
                0.35 + 0.65 * band.density
            )
            .ok();
        }
        for edge in &scene.edges {
            let ([x, y], [to_x, to_y]) = (edge.from, edge.to);
            let (colour, dashes) = match edge.style {
                EdgeStyle::Later => (colours.line, r#" stroke-dasharray="1 4""#),
                EdgeStyle::Pruned => (colours.muted, r#" stroke-dasharray="4 4""#),
                EdgeStyle::Plain => (colours.line, ""),
                EdgeStyle::Returned => (colours.text, ""),
                EdgeStyle::Chosen => (colours.accent, ""),
            };
            let middle = f32::midpoint(y, to_y);
            writeln!(
                out,
                r#"<path d="M{x:.1} {y:.1}C{x:.1} {middle:.1} {to_x:.1} {middle:.1} {to_x:.1} {to_y:.1}" fill="none" stroke="{}" stroke-width="{:.1}"{dashes}/>"#,
                hex(colour),
                edge.width
            )
            .ok();
        }
        if let Some([x, y]) = scene.problem {
            writeln!(
                out,
                r#"<rect x="{:.1}" y="{:.1}" width="10" height="10" fill="{}"/>"#,
                x - 5.0,
                y - 5.0,
                hex(colours.muted)
            )
            .ok();
        }
        for node in &scene.nodes {
            if scene.detail == Detail::Cards { self.card(out, node) } else { self.dot(out, node) }
        }
    }

    fn dot(&self, out: &mut String, node: &Node) {
        let colours = &self.palette;
        let ([x, y], radius) = (node.at, node.radius);
        let shade = hex(colours.shade(node.shade));
        let hollow = node.signs.pruned || node.shade == Shade::None;
        let (fill, stroke) = if hollow { (hex(colours.background), shade) } else { (shade.clone(), shade) };
        let faint = if node.signs.later { r#" opacity="0.25""# } else { "" };
        writeln!(
            out,
            r#"<circle class="node" cx="{x:.1}" cy="{y:.1}" r="{radius:.1}" fill="{fill}" stroke="{stroke}" stroke-width="1.2"{faint}/>"#
        )
        .ok();
        for (there, colour, wider) in [
            (node.signs.returned, colours.text, 2.4),
            (node.signs.chosen, colours.accent, 2.4),
            (node.signs.selected, colours.accent, 4.6),
        ] {
            if there {
                let ring = radius + wider;
                let colour = hex(colour);
                writeln!(
                    out,
                    r#"<circle cx="{x:.1}" cy="{y:.1}" r="{ring:.1}" fill="none" stroke="{colour}" stroke-width="1.3"/>"#
                )
                .ok();
            }
        }
        let mut below = y + radius + 11.0;
        let signs =
            [sign(node.outcome).map(str::to_owned), node.folded.map(|count| format!("+{count}")), node.score.clone()];
        if self.scene.detail >= Detail::Labels {
            for sign in signs.into_iter().flatten() {
                writeln!(
                    out,
                    r#"<text x="{x:.1}" y="{below:.1}" font-size="9" text-anchor="middle" fill="{}">{}</text>"#,
                    hex(colours.muted),
                    escape(&sign)
                )
                .ok();
                below += 10.0;
            }
        }
    }

    fn card(&self, out: &mut String, node: &Node) {
        let colours = &self.palette;
        let (width, [x, y]) = (self.scene.card_width, node.at);
        let (left, top) = (x - width / 2.0, y - CARD_HEIGHT / 2.0);
        let (stroke, thick) = match () {
            () if node.signs.selected => (colours.accent, 2.0),
            () if node.signs.chosen => (colours.accent, 1.2),
            () if node.signs.returned => (colours.text, 1.2),
            () => (colours.line, 1.0),
        };
        let dashes = if node.signs.pruned { r#" stroke-dasharray="4 3""# } else { "" };
        let faint = if node.signs.later { r#" opacity="0.3""# } else { "" };
        writeln!(
            out,
            r#"<g{faint}><rect class="node" x="{left:.1}" y="{top:.1}" width="{width:.1}" height="{CARD_HEIGHT}" rx="5" fill="{}" stroke="{}" stroke-width="{thick}"{dashes}/><rect x="{left:.1}" y="{top:.1}" width="4" height="{CARD_HEIGHT}" rx="2" fill="{}"/>"#,
            hex(colours.card),
            hex(stroke),
            hex(colours.shade(node.shade))
        )
        .ok();
        let (number, words) = node.words.clone().unwrap_or_default();
        let mut title = format!("{number}");
        for part in [
            node.score.clone(),
            sign(node.outcome).map(str::to_owned),
            node.folded.map(|count| format!("▸ {count} folded")),
        ]
        .into_iter()
        .flatten()
        {
            write!(title, "  {part}").ok();
        }
        let text_at = |out: &mut String, line: usize, text: &str, colour: Rgb| {
            writeln!(
                out,
                r#"<text x="{:.1}" y="{:.1}" font-size="10" fill="{}">{}</text>"#,
                left + 10.0,
                top + 14.0 + line as f32 * 14.0,
                hex(colour),
                escape(text)
            )
            .ok();
        };
        text_at(out, 0, &title, colours.muted);
        let room = whole(((width - 16.0) / 5.6).max(6.0));
        for (line, text) in lines(&words, room, 2).into_iter().enumerate() {
            text_at(out, line + 1, &text, colours.text);
        }
        out.push_str("</g>\n");
    }
}

/// The sign of an outcome.
pub const fn sign(outcome: Option<bool>) -> Option<&'static str> {
    match outcome {
        Some(true) => Some("✔"),
        Some(false) => Some("✖"),
        None => None,
    }
}

/// A text in so many lines of about so many characters.
fn lines(text: &str, room: usize, most: usize) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for word in text.split(' ') {
        let long = word.chars().count();
        let fits = lines.last().is_some_and(|line| line.chars().count() + 1 + long <= room);
        let is_full = lines.len() >= most;
        match lines.last_mut() {
            Some(line) if fits => {
                line.push(' ');
                line.push_str(word);
            }
            Some(line) if is_full => {
                line.push('…');
                break;
            }
            _ => lines.push(word.chars().take(room).collect()),
        }
    }
    lines
}

fn hex([red, green, blue]: Rgb) -> String {
    format!("#{red:02x}{green:02x}{blue:02x}")
}

/// Also without what XML does not allow at all.
fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\u{fffe}' | '\u{ffff}' => out.push('\u{fffd}'),
            letter if letter.is_control() => out.push(' '),
            letter => out.push(letter),
        }
    }
    out
}
