//! A text that flows, as one galley whose letters are those of the source: markup takes no room, a formula is as many
//! letters as its source has and stands in one box that is never broken. So egui's own selection copies the source.

use std::ops::Range;
use std::sync::Arc;

use eframe::egui::epaint::Mesh;
use eframe::egui::epaint::text::{Galley, Glyph, PlacedRow, Row, RowVisuals};
use eframe::egui::text::{ByteIndex, LayoutJob, LayoutSection, TextFormat, TextWrapping};
use eframe::egui::{Color32, FontFamily, FontId, Rect, Stroke, Ui, pos2, vec2};

use super::formula::{Ink, stamp};

/// Takes the room of a formula while lines are broken: nothing may break at it, and any width is a size of it.
const HOLDER: char = '\u{A0}';

/// A text laid out.
#[derive(Clone, Debug)]
pub(super) struct Laid {
    pub(super) galley: Arc<Galley>,
    places: Vec<Place>,
    /// How far a line of plain words reaches above and below its baseline.
    band: [f32; 2],
    /// What is explained while the pointer is over it.
    pub(super) remarks: Vec<Remark>,
}

/// Something said about a part of a text that is laid out.
#[derive(Clone, Debug)]
pub(super) struct Remark {
    pub(super) source: Range<usize>,
    pub(super) hint: String,
    /// It is underlined with dots of this colour.
    pub(super) dots: Option<Color32>,
    /// The address of the web to which it leads.
    pub(super) link: Option<Arc<str>>,
}

/// Where a part of the source stands among the letters of the galley.
#[derive(Clone, Debug)]
struct Place {
    source: Range<usize>,
    first: usize,
    count: usize,
    /// Shown as one thing: it is pointed out as a whole.
    whole: bool,
    /// It may be higher than a line.
    is_drawing: bool,
}

/// How the lines of a text are set.
#[derive(Clone, Debug)]
pub(super) struct Setting {
    /// The font whose baseline all others stand on.
    pub(super) font: FontId,
    pub(super) line_height: f32,
    pub(super) colour: Color32,
}

#[derive(Clone, Debug)]
struct Run {
    source: Range<usize>,
    kind: Kind,
    strong: bool,
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Kind {
    /// Letter for letter.
    Same,
    /// Letters without width.
    Hidden,
    /// Not even copied.
    Dropped,
    /// So many letters of the layout stand for it.
    Swapped(usize),
    /// A drawing stands for it.
    Boxed(usize),
    /// A line ends where the source has no end of a line.
    Turn,
}

/// Gathers what a text is made of, in the order of the source.
pub(super) struct Flow<'a> {
    source: &'a str,
    setting: Setting,
    job: LayoutJob,
    runs: Vec<Run>,
    inks: Vec<Ink>,
    pub(super) remarks: Vec<Remark>,
    /// Everything before this byte has its run.
    at: usize,
    /// What is not shown is not copied either.
    drops: bool,
}

impl<'a> Flow<'a> {
    /// Begins at a byte of the source.
    pub(super) fn new(source: &'a str, start: usize, setting: Setting) -> Self {
        Self {
            source,
            setting,
            job: LayoutJob::default(),
            runs: Vec::new(),
            inks: Vec::new(),
            remarks: Vec::new(),
            at: start,
            drops: false,
        }
    }

    /// Leaves out of copies what is not shown.
    pub(super) fn dropping(mut self) -> Self {
        self.drops = true;
        self
    }

    /// How plain words look.
    pub(super) fn plain(&self) -> TextFormat {
        TextFormat {
            font_id: self.setting.font.clone(),
            color: self.setting.colour,
            line_height: Some(self.setting.line_height),
            ..TextFormat::default()
        }
    }

    fn push(&mut self, source: Range<usize>, kind: Kind, strong: bool) {
        self.at = source.end;
        if !source.is_empty() || kind == Kind::Turn {
            self.runs.push(Run { source, kind, strong });
        }
    }

    /// Whatever lies before this byte and was not shown is markup.
    pub(super) fn skip(&mut self, to: usize) {
        if self.at < to {
            let kind = if self.drops { Kind::Dropped } else { Kind::Hidden };
            self.push(self.at..to, kind, false);
        }
    }

    /// Clips to what was not yet shown, and to letters that are whole.
    fn clip(&mut self, range: &Range<usize>) -> Option<Range<usize>> {
        let range = range.start.max(self.at)..range.end;
        self.source.get(range.clone()).filter(|text| !text.is_empty())?;
        self.skip(range.start);
        Some(range)
    }

    /// A part of the source as it is written.
    pub(super) fn show(&mut self, range: &Range<usize>, format: TextFormat, strong: bool) {
        let Some(range) = self.clip(range) else { return };
        let text = self.source.get(range.clone()).unwrap_or_default();
        self.job.append(text, 0.0, format);
        self.push(range, Kind::Same, strong);
    }

    /// Other words in the place of a part of the source.
    pub(super) fn swap(&mut self, range: &Range<usize>, shown: &str, format: TextFormat, strong: bool) {
        let Some(range) = self.clip(range) else { return };
        let shown: String = shown.chars().map(|letter| if letter == '\n' { ' ' } else { letter }).collect();
        self.job.append(&shown, 0.0, format);
        self.push(range, Kind::Swapped(shown.chars().count()), strong);
    }

    /// A drawing in the place of a part of the source.
    pub(super) fn draw(&mut self, ui: &Ui, range: &Range<usize>, ink: Ink) {
        let Some(range) = self.clip(range) else { return };
        let mut format = self.plain();
        format.font_id = FontId::new(ink.width.max(0.1) / holder_width(ui), FontFamily::Proportional);
        // By hand: two of the same width would become one section and be shaped as one.
        let start = self.job.text.len();
        self.job.text.push(HOLDER);
        let byte_range = ByteIndex(start)..ByteIndex(self.job.text.len());
        self.job.sections.push(LayoutSection { leading_space: 0.0, byte_range, format });
        self.push(range, Kind::Boxed(self.inks.len()), false);
        self.inks.push(ink);
    }

    /// The end of a line, with whatever markup surrounds it.
    pub(super) fn end_line(&mut self, range: &Range<usize>) {
        let Some(range) = self.clip(range) else { return };
        let text = self.source.get(range.clone()).unwrap_or_default();
        if let Some(at) = text.find('\n') {
            let newline = range.start + at;
            self.skip(newline);
            self.show(&(newline..newline + 1), self.plain(), false);
            self.skip(range.end);
        } else {
            self.skip(range.end);
            self.turn();
        }
    }

    /// Ends a line somewhere before this byte, where the source ends one if it does.
    pub(super) fn next_line(&mut self, before: usize) {
        let between = self.source.get(self.at..before).unwrap_or_default();
        match between.find('\n') {
            Some(at) => self.end_line(&(self.at..self.at + at + 1)),
            None => self.turn(),
        }
    }

    /// Ends a line where the source has no end of one.
    pub(super) fn turn(&mut self) {
        self.job.append("\n", 0.0, self.plain());
        self.push(self.at..self.at, Kind::Turn, false);
    }

    /// Lays it out up to a byte of the source.
    pub(super) fn lay(mut self, ui: &Ui, end: usize, width: f32) -> Laid {
        self.skip(end);
        if self.job.sections.is_empty() {
            self.job.append("", 0.0, self.plain());
        }
        self.job.wrap = TextWrapping { max_width: width, ..TextWrapping::default() };
        let glyph = template(ui, &self.setting.font);
        let inner = ui.painter().layout_job(std::mem::take(&mut self.job));
        let line = self.setting.line_height;
        let above = glyph.map_or(line, |glyph| 0.5 * (line - glyph.font_height) + glyph.font_ascent);
        let band = [above, line - above];
        let woven =
            glyph.and_then(|glyph| Weaver::new(ui, &inner, glyph, band[1]).weave(self.source, &self.runs, &self.inks));
        let Some(mut galley) = woven else { return self.lay_plainly(ui, end, width, band) };
        let mut first = 0;
        let mut places = Vec::with_capacity(self.runs.len());
        let mut text = String::new();
        for run in &self.runs {
            let source = self.source.get(run.source.clone()).unwrap_or_default();
            let count = if run.kind == Kind::Dropped { 0 } else { source.chars().count() };
            if run.kind != Kind::Dropped {
                text.push_str(source);
            }
            let whole = matches!(run.kind, Kind::Boxed(_) | Kind::Swapped(_));
            let is_drawing = matches!(run.kind, Kind::Boxed(_));
            places.push(Place { source: run.source.clone(), first, count, whole, is_drawing });
            first += count;
        }
        // Nothing but the text of the job is asked for once it is laid out.
        galley.job = Arc::new(LayoutJob::single_section(text, self.plain()));
        Laid { galley: Arc::new(galley), places, band, remarks: self.remarks }
    }

    /// As it is written, where the layout of the rest cannot be told apart letter by letter.
    fn lay_plainly(self, ui: &Ui, end: usize, width: f32, band: [f32; 2]) -> Laid {
        let start = self.runs.first().map_or(end, |run| run.source.start);
        let text = self.source.get(start..end).unwrap_or_default();
        let mut job = LayoutJob::single_section(text.to_owned(), self.plain());
        job.wrap = TextWrapping { max_width: width, ..TextWrapping::default() };
        let count = text.chars().count();
        let all = Place { source: start..end, first: 0, count, whole: false, is_drawing: false };
        Laid { galley: ui.painter().layout_job(job), places: vec![all], band, remarks: self.remarks }
    }
}

/// The width of what holds the place of a formula, at size 1.
fn holder_width(ui: &Ui) -> f32 {
    let font = FontId::new(1000.0, FontFamily::Proportional);
    (ui.fonts_mut(|fonts| fonts.glyph_width(&font, HOLDER)) / 1000.0).max(0.01)
}

/// A glyph to make others from: parts of it cannot be written by anyone but egui.
fn template(ui: &Ui, font: &FontId) -> Option<Glyph> {
    let galley = ui.painter().layout_no_wrap("x".to_owned(), font.clone(), Color32::PLACEHOLDER);
    galley.rows.first()?.glyphs.first().copied()
}

/// Puts what the layout knows nothing of into its rows: letters without width, drawings, weight.
struct Weaver<'a> {
    inner: &'a Galley,
    /// A glyph without ink.
    blank: Glyph,
    /// How far the line reaches below the baseline.
    below: f32,
    pixels: f32,
    row: usize,
    glyph: usize,
    rows: Vec<PlacedRow>,
    glyphs: Vec<Glyph>,
    mesh: Mesh,
    glyph_index_start: usize,
    glyph_vertex_start: usize,
    inked: usize,
    /// Where the next letter begins.
    x: f32,
    /// How much drawings rise above the row and hang below it.
    extra: [f32; 2],
    top: f32,
}

impl<'a> Weaver<'a> {
    #[expect(clippy::default_trait_access, reason = "the type has no public name")]
    fn new(ui: &Ui, inner: &'a Galley, mut blank: Glyph, below: f32) -> Self {
        blank.uv_rect = Default::default();
        blank.advance_width = 0.0;
        Self {
            inner,
            blank,
            below,
            pixels: ui.pixels_per_point(),
            row: 0,
            glyph: 0,
            rows: Vec::with_capacity(inner.rows.len()),
            glyphs: Vec::new(),
            mesh: Mesh::default(),
            glyph_index_start: 0,
            glyph_vertex_start: 0,
            inked: 0,
            x: 0.0,
            extra: [0.0; 2],
            top: 0.0,
        }
    }

    /// None where the layout has other glyphs than the text has letters.
    fn weave(mut self, source: &str, runs: &[Run], inks: &[Ink]) -> Option<Galley> {
        self.begin_row()?;
        for run in runs {
            let text = source.get(run.source.clone())?;
            match run.kind {
                Kind::Dropped => {}
                Kind::Hidden => text.chars().for_each(|letter| self.blank(letter)),
                Kind::Turn => self.end_line(false)?,
                Kind::Same => self.same(text, run.strong)?,
                Kind::Swapped(shown) => self.swapped(text, shown, run.strong)?,
                Kind::Boxed(ink) => self.boxed(text, inks.get(ink)?)?,
            }
        }
        let is_last = self.row + 1 == self.inner.rows.len();
        if !is_last || self.glyph != self.inner.rows.get(self.row)?.glyphs.len() {
            return None;
        }
        self.finish_row(false)?;
        let mut galley = self.inner.clone();
        let width = self.rows.iter().map(|row| row.rect().right()).fold(0.0, f32::max);
        galley.rect = Rect::from_min_size(pos2(0.0, 0.0), vec2(width, self.top));
        galley.mesh_bounds = self
            .rows
            .iter()
            .fold(Rect::NOTHING, |all, row| all.union(row.visuals.mesh_bounds.translate(row.pos.to_vec2())));
        galley.num_vertices = self.rows.iter().map(|row| row.visuals.mesh.vertices.len()).sum();
        galley.num_indices = self.rows.iter().map(|row| row.visuals.mesh.indices.len()).sum();
        galley.rows = self.rows;
        Some(galley)
    }

    fn inner_row(&self) -> Option<&'a Row> {
        self.inner.rows.get(self.row).map(|row| &*row.row)
    }

    fn begin_row(&mut self) -> Option<()> {
        let row = self.inner_row()?;
        let visuals = &row.visuals;
        let before = visuals.glyph_vertex_range.start;
        self.mesh = Mesh::default();
        self.mesh.vertices.extend_from_slice(visuals.mesh.vertices.get(..before)?);
        self.mesh.indices.extend_from_slice(visuals.mesh.indices.get(..visuals.glyph_index_start)?);
        self.glyph_index_start = visuals.glyph_index_start;
        self.glyph_vertex_start = before;
        self.glyphs = Vec::with_capacity(row.glyphs.len());
        (self.glyph, self.inked, self.x, self.extra) =
            (0, 0, row.glyphs.first().map_or(0.0, |glyph| glyph.pos.x), [0.0; 2]);
        Some(())
    }

    fn round(&self, points: f32) -> f32 {
        (points * self.pixels).round() / self.pixels
    }

    /// The baseline of the row before drawings make it higher.
    fn baseline(&self) -> f32 {
        self.round(self.inner_row().map_or(0.0, |row| row.size.y) - self.below)
    }

    /// The glyph of the next letter that is no end of a line, on the next row if this one is over.
    fn next(&mut self) -> Option<Glyph> {
        loop {
            let placed = self.inner.rows.get(self.row)?;
            if let Some(glyph) = placed.glyphs.get(self.glyph) {
                self.glyph += 1;
                return Some(*glyph);
            }
            if placed.ends_with_newline || self.row + 1 == self.inner.rows.len() {
                return None;
            }
            self.finish_row(false)?;
            self.row += 1;
            self.begin_row()?;
        }
    }

    fn end_line(&mut self, newline: bool) -> Option<()> {
        let placed = self.inner.rows.get(self.row)?;
        if self.glyph != placed.glyphs.len() || !placed.ends_with_newline {
            return None;
        }
        self.finish_row(newline)?;
        self.row += 1;
        self.begin_row()
    }

    fn first_vertex(&self) -> u32 {
        u32::try_from(self.mesh.vertices.len()).unwrap_or(u32::MAX)
    }

    fn add(&mut self, letter: char, x: f32, width: f32, shape: Glyph) {
        let y = self.baseline();
        let first_vertex = self.first_vertex();
        let mut glyph = shape;
        glyph.chr = letter;
        glyph.pos = pos2(x, y);
        glyph.advance_width = width;
        glyph.first_vertex = first_vertex;
        self.glyphs.push(glyph);
    }

    fn blank(&mut self, letter: char) {
        self.add(letter, self.x, 0.0, self.blank);
    }

    /// Adds a glyph with its ink, on the baseline of the row.
    fn inked(&mut self, letter: char, glyph: Glyph, strong: bool) -> Option<()> {
        let row = self.inner_row()?;
        let own = glyph.font_ascent + row.size.y - glyph.line_height + 0.5 * (glyph.line_height - glyph.font_height);
        let shift = self.round(self.baseline() - own);
        self.add(letter, glyph.pos.x, glyph.advance_width, glyph);
        self.x = glyph.max_x();
        if glyph.uv_rect.is_nothing() {
            return Some(());
        }
        self.inked += 1;
        let from = glyph.first_vertex as usize;
        let corners = row.visuals.mesh.vertices.get(from..from + 4)?;
        // The window's font has no bold face: drawn twice, a pixel or so apart.
        let weight = (glyph.font_height * self.pixels / 20.0).round().max(1.0) / self.pixels;
        let copies = if strong && !glyph.is_color { 2_u8 } else { 1 };
        for offset in (0..copies).map(|copy| f32::from(copy) * weight) {
            let first = self.first_vertex();
            // Two triangles, as egui makes them of a rectangle.
            self.mesh.indices.extend([0, 1, 2, 2, 1, 3].map(|corner| first + corner));
            self.mesh.vertices.extend(corners.iter().map(|corner| {
                let mut corner = *corner;
                corner.pos += vec2(offset, shift);
                corner
            }));
        }
        Some(())
    }

    fn same(&mut self, text: &str, strong: bool) -> Option<()> {
        let mut letters = text.chars().peekable();
        while let Some(letter) = letters.next() {
            if letter == '\n' {
                self.end_line(true)?;
            } else if is_right_to_left(letter) {
                // Where letters of such a word are joined to one, egui forgets the others.
                let mut word = vec![letter];
                while let Some(next) = letters.next_if(|&next| is_right_to_left(next)) {
                    word.push(next);
                }
                self.word(&word, strong)?;
            } else {
                let glyph = self.next()?;
                self.inked(letter, glyph, strong)?;
            }
        }
        Some(())
    }

    /// Letters that egui sets from right to left. It loses count of them: behind those it drew come others that are
    /// not there, and where two are joined to one sign the second is missing.
    fn word(&mut self, letters: &[char], strong: bool) -> Option<()> {
        let mut letters = letters.iter();
        while letters.len() > 0 {
            let first = self.next()?;
            self.glyph -= 1;
            let placed = self.inner.rows.get(self.row)?;
            let rest = placed.glyphs.get(self.glyph..)?;
            let there = rest.iter().take_while(|glyph| is_right_to_left(glyph.chr)).count();
            if there == 0 || !is_right_to_left(first.chr) {
                letters.by_ref().for_each(|&letter| self.blank(letter));
                break;
            }
            for _ in 0..there {
                let glyph = self.next()?;
                if glyph.advance_width == 0.0 && glyph.uv_rect.is_nothing() {
                    continue;
                }
                match letters.next() {
                    Some(&letter) => self.inked(letter, glyph, strong)?,
                    None => self.surplus(glyph, strong)?,
                }
            }
            let goes_on = there == rest.len() && !placed.ends_with_newline && self.row + 1 < self.inner.rows.len();
            if !goes_on {
                letters.by_ref().for_each(|&letter| self.blank(letter));
            }
        }
        Some(())
    }

    /// More is shown than the source has letters: the ink is there, but has no place of its own.
    fn surplus(&mut self, glyph: Glyph, strong: bool) -> Option<()> {
        self.inked(' ', glyph, strong)?;
        let extra = self.glyphs.pop()?;
        let last = self.glyphs.last_mut()?;
        last.advance_width = extra.max_x() - last.pos.x;
        Some(())
    }

    fn swapped(&mut self, text: &str, shown: usize, strong: bool) -> Option<()> {
        let mut letters = text.chars();
        for _ in 0..shown {
            let glyph = self.next()?;
            match letters.next() {
                Some(letter) => self.inked(letter, glyph, strong)?,
                None => self.surplus(glyph, strong)?,
            }
        }
        letters.for_each(|letter| self.blank(letter));
        Some(())
    }

    fn boxed(&mut self, text: &str, ink: &Ink) -> Option<()> {
        let holder = self.next()?;
        let baseline = self.baseline();
        let height = self.inner_row()?.size.y;
        self.extra[0] = self.extra[0].max(ink.above - baseline);
        self.extra[1] = self.extra[1].max(ink.below - (height - baseline));
        let count = text.chars().count().max(1);
        let share = holder.advance_width / count as f32;
        let mut has_ink = false;
        for (index, letter) in text.chars().enumerate() {
            self.add(letter, holder.pos.x + share * index as f32, share, self.blank);
            if !has_ink {
                stamp(&ink.mesh, vec2(self.round(holder.pos.x), baseline), &mut self.mesh);
                has_ink = true;
            }
        }
        self.x = holder.max_x();
        Some(())
    }

    fn finish_row(&mut self, newline: bool) -> Option<()> {
        let placed = self.inner.rows.get(self.row)?;
        let visuals = &placed.visuals;
        let mut mesh = std::mem::take(&mut self.mesh);
        let end = mesh.vertices.len();
        // Lines under and through the words come after their glyphs.
        let after = visuals.glyph_vertex_range.end;
        let to = u32::try_from(end).ok()?;
        let from = u32::try_from(after).ok()?;
        mesh.vertices.extend_from_slice(visuals.mesh.vertices.get(after..)?);
        let lines = visuals.mesh.indices.get(visuals.glyph_index_start + 6 * self.inked..)?;
        for index in lines {
            mesh.indices.push(index.checked_sub(from)? + to);
        }
        let up = |points: f32| (points.max(0.0) * self.pixels).ceil() / self.pixels;
        let [above, below] = self.extra.map(up);
        let mut glyphs = std::mem::take(&mut self.glyphs);
        if above > 0.0 {
            for vertex in &mut mesh.vertices {
                vertex.pos.y += above;
            }
            for glyph in &mut glyphs {
                glyph.pos.y += above;
            }
        }
        let mut row = Row::clone(&placed.row);
        row.size.y += above + below;
        row.size.x = row.size.x.max(glyphs.last().map_or(0.0, Glyph::max_x));
        row.glyphs = glyphs;
        row.visuals = RowVisuals {
            mesh_bounds: mesh.calc_bounds(),
            mesh,
            glyph_index_start: self.glyph_index_start,
            glyph_vertex_range: self.glyph_vertex_start..end,
        };
        let pos = pos2(placed.pos.x, self.top);
        self.top = self.round(self.top + row.size.y);
        self.rows.push(PlacedRow { pos, row: Arc::new(row), ends_with_newline: newline });
        Some(())
    }
}

/// Hebrew, Arabic and their kin.
fn is_right_to_left(letter: char) -> bool {
    matches!(letter, '\u{590}'..='\u{8FF}' | '\u{FB1D}'..='\u{FDFF}' | '\u{FE70}'..='\u{FEFC}')
}

impl Laid {
    /// The part of the source that it stands for.
    pub(super) fn source(&self) -> Range<usize> {
        let start = self.places.first().map_or(0, |place| place.source.start);
        start..self.places.last().map_or(start, |place| place.source.end)
    }

    /// The letters of the galley that stand for these bytes of the source; a drawing is pointed out as a whole.
    fn letters(&self, source: &str, range: &Range<usize>) -> Range<usize> {
        self.letter(source, range.start, false)..self.letter(source, range.end, true)
    }

    fn letter(&self, source: &str, byte: usize, is_end: bool) -> usize {
        let at = self.places.partition_point(
            |place| {
                if is_end { place.source.end < byte } else { place.source.end <= byte }
            },
        );
        let Some(place) = self.places.get(at) else {
            return self.places.last().map_or(0, |place| place.first + place.count);
        };
        if byte <= place.source.start {
            return place.first;
        }
        if place.whole {
            return if is_end { place.first + place.count } else { place.first };
        }
        let before = source.get(place.source.start..byte).map_or(0, |text| text.chars().count());
        place.first + before.min(place.count)
    }

    /// Where these bytes of the source stand, one rectangle for each row, from the corner of the galley.
    pub(super) fn rects(&self, source: &str, range: &Range<usize>) -> Vec<Rect> {
        let letters = self.letters(source, range);
        let mut first = 0;
        let mut rects = Vec::new();
        for row in &self.galley.rows {
            let end = first + row.glyphs.len();
            if first < letters.end && letters.start < end {
                let edge = |letter: usize| {
                    let at = letter.saturating_sub(first);
                    row.pos.x + row.glyphs.get(at).map_or(row.size.x, |glyph| glyph.pos.x)
                };
                let (from, to) = (letters.start.max(first), letters.end.min(end));
                let (left, right) = (edge(from), edge(to));
                let baseline = row.glyphs.get(from - first).map(|glyph| row.pos.y + glyph.pos.y);
                let words = baseline.map(|baseline| [baseline - self.band[0], baseline + self.band[1]]);
                let [top, bottom] = words.filter(|_| !self.has_drawing(from..to)).unwrap_or([row.min_y(), row.max_y()]);
                let rect = Rect::from_min_max(pos2(left.min(right), top), pos2(left.max(right), bottom));
                rects.push(rect);
            }
            first = end + usize::from(row.ends_with_newline);
        }
        rects
    }

    fn has_drawing(&self, letters: Range<usize>) -> bool {
        let from = self.places.partition_point(|place| place.first + place.count <= letters.start);
        let near = self.places.get(from..).unwrap_or_default().iter();
        near.take_while(|place| place.first < letters.end).any(|place| place.is_drawing)
    }

    /// The middle of its first line of plain words, from the top of the galley.
    pub(super) fn first_middle(&self) -> Option<f32> {
        let row = self.galley.rows.first()?;
        Some(row.pos.y + row.glyphs.first()?.pos.y + 0.5 * (self.band[1] - self.band[0]))
    }

    /// How far below the top of the galley this byte of the source stands: top and bottom of its row.
    pub(super) fn row_of(&self, source: &str, byte: usize) -> Option<(f32, f32)> {
        let letter = self.letter(source, byte, false);
        let mut first = 0;
        for row in &self.galley.rows {
            first += row.glyphs.len() + usize::from(row.ends_with_newline);
            if letter < first {
                return Some((row.min_y(), row.max_y()));
            }
        }
        self.galley.rows.last().map(|row| (row.min_y(), row.max_y()))
    }
}

/// A line of dots beneath.
pub(super) fn dotted(ui: &Ui, rect: Rect, colour: Color32) {
    let y = rect.bottom() - 1.5;
    let line = eframe::egui::Shape::dotted_line(&[pos2(rect.left(), y), pos2(rect.right(), y)], colour, 3.0, 0.7);
    ui.painter().extend(line);
}

/// A line beneath.
pub(super) fn underline(ui: &Ui, rect: Rect, colour: Color32) {
    ui.painter().hline(rect.x_range(), rect.bottom() - 1.0, Stroke::new(2.0, colour));
}
