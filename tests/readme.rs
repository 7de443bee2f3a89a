//! What the README shows is what the program does: its tables of keys and formats, and its picture. `UPDATE_DOCS=1` writes both anew.

use std::fmt::Write as _;
use std::fs;
use std::path::PathBuf;

use eframe::egui::pos2;
use egui_kittest::kittest::Queryable as _;
use image::RgbaImage;
use stepscope::command::reference::markdown;
use stepscope_core::import::importers;

use crate::pictures::dress;
use crate::support::fixture::workspace;
use crate::support::window::{Home, Window};

const BEGIN: &str = "<!-- keys -->";
const END: &str = "<!-- /keys -->";
const FORMATS_BEGIN: &str = "<!-- formats -->";
const FORMATS_END: &str = "<!-- /formats -->";

/// How far the picture may be from the window, as the mean difference of a colour channel, 0–255. Small changes of
/// layout pass; another theme, an empty table or a missing panel do not.
const DRIFT: f64 = 8.0;

fn updating() -> bool {
    std::env::var_os("UPDATE_DOCS").is_some()
}

/// Two blocks of the README, so that they are written one after the other.
#[test]
fn the_readme_lists_keys_and_formats() {
    block(BEGIN, END, &format!("\n{}", markdown()));
    let mut formats = "\n| Name | Reads |\n|---|---|\n".to_owned();
    for importer in importers().filter(|importer| importer.name() != "mapped") {
        writeln!(formats, "| `{}` | {} |", importer.name(), importer.caption()).unwrap();
    }
    block(FORMATS_BEGIN, FORMATS_END, &formats);
}

/// Compares what stands between two marks, or writes it.
fn block(begin: &str, end: &str, expected: &str) {
    let path = workspace().join("README.md");
    let text = fs::read_to_string(&path).unwrap();
    let (before, rest) = text.split_once(begin).unwrap_or_else(|| panic!("README.md has no `{begin}`"));
    let (table, after) = rest.split_once(end).unwrap_or_else(|| panic!("README.md has no `{end}`"));
    if updating() {
        fs::write(path, format!("{before}{begin}{expected}{end}{after}")).unwrap();
    } else {
        assert_eq!(table, expected, "{begin} is old: UPDATE_DOCS=1 cargo test -p stepscope-tests readme");
    }
}

#[test]
fn the_changelog_names_every_shape_that_is_written() {
    let changes = fs::read_to_string(workspace().join("CHANGELOG.md")).unwrap();
    let mut folders = vec![workspace().join("app/src"), workspace().join("core/src")];
    let mut shapes = std::collections::BTreeSet::new();
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|end| end == "rs") {
                let text = fs::read_to_string(&path).unwrap();
                let names = text.split("\"stepscope.").skip(1).filter_map(|rest| rest.split_once('/'));
                let is_plain = |name: &str| name.chars().all(|c| c.is_ascii_lowercase() || c == '_');
                shapes.extend(names.filter(|(name, _)| is_plain(name)).map(|(name, _)| format!("`stepscope.{name}/")));
            }
        }
    }
    assert!(shapes.len() > 10, "{shapes:?}");
    let missing: Vec<&String> = shapes.iter().filter(|shape| !changes.contains(*shape)).collect();
    assert!(missing.is_empty(), "not in CHANGELOG.md: {missing:?}");
}

#[test]
fn the_picture_shows_the_window() {
    let path: PathBuf = workspace().join("assets/screenshot.png");
    let home = Home::new();
    let mut window = home.open_sample();
    dress(&mut window);
    let mut shown = window.render().unwrap();
    hide_folder(&window, &mut shown);
    if updating() {
        shown.save(&path).unwrap();
        return;
    }
    let kept = image::open(&path).unwrap().into_rgba8();
    let drift = difference(&kept, &shown);
    assert!(drift < DRIFT, "the picture is old ({drift:.1}): UPDATE_DOCS=1 cargo test -p stepscope-tests readme");
}

/// Paints over the path of the project, a random folder here.
fn hide_folder(window: &Window, image: &mut RgbaImage) {
    let area = window.get_by_label_contains("stepscope-home-").rect().expand(2.0);
    let bar = *image.get_pixel(image.width() - 2, image.height() - 2);
    for (x, y, pixel) in image.enumerate_pixels_mut() {
        if area.contains(pos2(x as f32, y as f32)) {
            *pixel = bar;
        }
    }
}

/// The mean difference of a colour channel; the largest there is where the sizes differ.
fn difference(one: &RgbaImage, other: &RgbaImage) -> f64 {
    if one.dimensions() != other.dimensions() {
        return 255.0;
    }
    let pairs = one.as_raw().iter().zip(other.as_raw());
    let sum: u64 = pairs.map(|(a, b)| u64::from(a.abs_diff(*b))).sum();
    sum as f64 / one.as_raw().len() as f64
}
