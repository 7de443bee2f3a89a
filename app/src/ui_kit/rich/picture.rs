//! Pictures: read and decoded off the window's thread, never fetched from an address.

use std::collections::HashMap;
use std::fs;
use std::io::Cursor;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use eframe::egui::epaint::mutex::Mutex;
use eframe::egui::{
    self, Align2, ColorImage, Context, Id, Image as EguiImage, Rect, Response, Sense, Stroke, StrokeKind,
    TextureHandle, TextureOptions, Ui, WidgetInfo, load::SizedTexture, pos2, vec2,
};
use stepscope_core::job::{Job, JobError, Outcome};

use crate::text::{Image, ImageFrom};
use crate::ui_kit::Tokens;

/// Larger files are not read.
const MOST_BYTES: u64 = 64 << 20;

/// Larger pictures are made smaller: more pixels than this on a side are not seen.
const MOST_SIDE: u32 = 2048;

/// What decoding may take.
const MOST_MEMORY: u64 = 512 << 20;

/// A picture is not shown higher than this.
const MOST_HEIGHT: f32 = 480.0;

/// So many pictures are kept; the one not seen for longest goes first.
const KEPT: usize = 48;

/// Under which the folder of the data is kept.
const FOLDER: &str = "folder of the data";

#[derive(Clone, PartialEq, Eq, Hash)]
enum Key {
    File(PathBuf),
    /// Where the bytes lie; they are kept with the picture, so no others can lie there.
    Bytes(usize, usize),
}

enum State {
    Pending(Job<ColorImage>),
    Ready(TextureHandle),
    Failed(String),
}

struct Entry {
    state: State,
    seen: u64,
    _bytes: Option<Arc<[u8]>>,
}

#[derive(Clone, Default)]
struct Pictures(Arc<Mutex<HashMap<Key, Entry>>>);

/// Paints a picture with what is pointed out in it, or why there is none.
pub(super) fn picture_ui(ui: &mut Ui, id: Id, image: &Image, place: Rect, line: f32) -> Response {
    let shown = match &image.from {
        ImageFrom::File(path) => look_up(ui, &Key::File(beside(ui, path)), None),
        ImageFrom::Bytes(bytes) => {
            look_up(ui, &Key::Bytes(bytes.as_ptr() as usize, bytes.len()), Some(Arc::clone(bytes)))
        }
        ImageFrom::Address(address) => Err(format!("Picture at {address} (not fetched)")),
        ImageFrom::Missing => Err("The picture could not be read".into()),
    };
    match shown {
        Ok(texture) => texture_ui(ui, id, image, &texture, place),
        Err(reason) => missing_ui(ui, id, image, &reason, place, line),
    }
}

/// Says in which folder the data lie that are shown: paths of pictures count from there.
pub fn look_beside(ctx: &Context, folder: &Path) {
    ctx.data_mut(|data| data.insert_temp(Id::unique(FOLDER), folder.to_path_buf()));
}

fn beside(ui: &Ui, path: &Path) -> PathBuf {
    let folder: Option<PathBuf> = ui.data(|data| data.get_temp(Id::unique(FOLDER)));
    folder.map_or_else(|| path.to_path_buf(), |folder| folder.join(path))
}

fn look_up(ui: &Ui, key: &Key, bytes: Option<Arc<[u8]>>) -> Result<TextureHandle, String> {
    let id = Id::unique("pictures of texts");
    let pictures: Pictures = ui.data_mut(|data| data.get_temp_mut_or_default::<Pictures>(id).clone());
    let frame = ui.ctx().cumulative_pass_nr();
    let mut pictures = pictures.0.lock();
    if !pictures.contains_key(key) {
        if pictures.len() >= KEPT
            && let Some(oldest) = pictures.iter().min_by_key(|(_, entry)| entry.seen).map(|(key, _)| key.clone())
        {
            pictures.remove(&oldest);
        }
        let ctx = ui.ctx().clone();
        let wake = Arc::new(move || ctx.request_repaint());
        let (file, data) = (key.clone(), bytes.clone());
        let job = Job::spawn("picture", wake, move |_| load(&file, data).map_err(JobError::Failed));
        let state = job.map_or_else(|error| State::Failed(error.to_string()), State::Pending);
        pictures.insert(key.clone(), Entry { state, seen: frame, _bytes: bytes });
    }
    let entry = pictures.get_mut(key).ok_or("The picture was not kept")?;
    entry.seen = frame;
    if let State::Pending(job) = &mut entry.state
        && let Some(outcome) = job.poll()
    {
        entry.state = match outcome {
            Outcome::Done(image) => {
                State::Ready(ui.ctx().load_texture("picture of a text", image, TextureOptions::LINEAR))
            }
            Outcome::Cancelled => State::Failed("Not read".into()),
            Outcome::Failed(error) => State::Failed(error.to_string()),
        };
    }
    match &entry.state {
        State::Ready(texture) => Ok(texture.clone()),
        State::Pending(_) => Err("Reading the picture …".into()),
        State::Failed(reason) => Err(reason.clone()),
    }
}

fn load(key: &Key, bytes: Option<Arc<[u8]>>) -> Result<ColorImage, String> {
    match (key, bytes) {
        (Key::File(path), _) => read(path).and_then(|bytes| decode(&bytes)),
        (_, Some(bytes)) => decode(&bytes),
        _ => Err("The picture is empty".into()),
    }
}

fn read(path: &Path) -> Result<Vec<u8>, String> {
    let told = |error: std::io::Error| format!("The picture cannot be read: {error}: {}", path.display());
    let about = fs::metadata(path).map_err(told)?;
    // A device has no end.
    if !about.is_file() {
        return Err(format!("The picture is no file: {}", path.display()));
    }
    let size = about.len();
    if size > MOST_BYTES {
        return Err(format!("The picture is too large ({} MB): {}", size >> 20, path.display()));
    }
    fs::read(path).map_err(told)
}

fn decode(bytes: &[u8]) -> Result<ColorImage, String> {
    let told = |error: image::ImageError| format!("The picture cannot be decoded: {error}");
    let reader = image::ImageReader::new(Cursor::new(bytes)).with_guessed_format();
    let mut reader = reader.map_err(|error| format!("The picture cannot be decoded: {error}"))?;
    let mut limits = image::Limits::default();
    limits.max_alloc = Some(MOST_MEMORY);
    reader.limits(limits);
    let mut image = reader.decode().map_err(told)?;
    if image.width().max(image.height()) > MOST_SIDE {
        image = image.thumbnail(MOST_SIDE, MOST_SIDE);
    }
    let image = image.into_rgba8();
    let size = [image.width() as usize, image.height() as usize];
    Ok(ColorImage::from_rgba_unmultiplied(size, image.as_raw()))
}

fn texture_ui(ui: &Ui, id: Id, image: &Image, texture: &TextureHandle, place: Rect) -> Response {
    let tokens = Tokens::of(ui);
    // A pixel of the picture is one of the screen where there is room.
    let size = texture.size_vec2() / ui.pixels_per_point();
    let scale = (place.width() / size.x).min(MOST_HEIGHT / size.y).min(1.0);
    let rect = Rect::from_min_size(place.min, size * scale);
    let response = ui.interact(rect, id, Sense::click());
    let name = if image.alt.is_empty() { "Picture" } else { &image.alt };
    response.widget_info(|| WidgetInfo::labeled(egui::Role::Image, true, name));
    EguiImage::from_texture(SizedTexture::from_handle(texture)).paint_at(ui, rect);
    ui.painter().rect_stroke(rect, 0, Stroke::new(1.0, tokens.line), StrokeKind::Outside);
    for ([left, top, right, bottom], word) in &image.regions {
        let corner = |x: f32, y: f32| rect.min + vec2(x.clamp(0.0, 1.0), y.clamp(0.0, 1.0)) * rect.size();
        let region = Rect::from_two_pos(corner(*left, *top), corner(*right, *bottom));
        // Two strokes, so that one of them stands out on any picture.
        ui.painter().rect_stroke(region, 2, Stroke::new(3.0, tokens.card), StrokeKind::Middle);
        ui.painter().rect_stroke(region, 2, Stroke::new(1.5, tokens.accent), StrokeKind::Middle);
        if !word.is_empty() {
            let font = egui::TextStyle::Small.resolve(ui.style());
            let galley = ui.painter().layout_no_wrap(word.clone(), font, tokens.text);
            let at = pos2(region.min.x, (region.min.y - galley.size().y - 2.0).max(rect.min.y));
            ui.painter().rect_filled(Rect::from_min_size(at, galley.size()).expand2(vec2(3.0, 1.0)), 2, tokens.card);
            ui.painter().galley(at, galley, tokens.text);
        }
    }
    let mut response = if image.alt.is_empty() { response } else { response.on_hover_text(&image.alt) };
    response.rect = rect;
    response
}

fn missing_ui(ui: &Ui, id: Id, image: &Image, reason: &str, place: Rect, line: f32) -> Response {
    let tokens = Tokens::of(ui);
    let words = if image.alt.is_empty() { reason.to_owned() } else { format!("{}\n{reason}", image.alt) };
    let font = egui::TextStyle::Body.resolve(ui.style());
    let galley = ui.painter().layout(words.clone(), font, tokens.muted, (place.width() - 20.0).max(40.0));
    let size = vec2((galley.size().x + 20.0).min(place.width()), galley.size().y.max(line) + 14.0);
    let rect = Rect::from_min_size(place.min, size);
    ui.painter().rect_filled(rect, 4, tokens.code_ground());
    ui.painter().rect_stroke(rect, 4, Stroke::new(1.0, tokens.line), StrokeKind::Inside);
    let response = ui.interact(rect, id, Sense::click());
    response.widget_info(|| WidgetInfo::labeled(egui::Role::Image, true, &words));
    let at = Align2::LEFT_CENTER.anchor_size(rect.left_center() + vec2(10.0, 0.0), galley.size()).min;
    ui.painter().galley(at, galley, tokens.muted);
    response
}
