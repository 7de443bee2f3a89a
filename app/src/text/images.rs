//! Pictures: where a text, or what is kept beside it, says they are.

use std::path::PathBuf;
use std::sync::Arc;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use serde_json::Value;

use stepscope_core::model::Metadata;

use super::{Image, ImageFrom};

/// A picture in an address is at most so large, in bytes of the address.
const LARGEST: usize = 64 << 20;

/// Where a picture comes from, by its address: a data address, one of the web, the path of a file.
pub fn from_address(address: &str) -> ImageFrom {
    let address = address.trim();
    if let Some(data) = address.strip_prefix("data:") {
        return from_data(data).unwrap_or_default();
    }
    let path = address.strip_prefix("file://");
    // Looking up a path of another computer would ask that computer.
    let is_elsewhere = path.unwrap_or(address).bytes().take(2).filter(|byte| matches!(byte, b'/' | b'\\')).count() == 2;
    if let Some(path) = path.filter(|_| !is_elsewhere) {
        return ImageFrom::File(PathBuf::from(path));
    }
    if is_elsewhere || address.contains("://") {
        return ImageFrom::Address(address.to_owned());
    }
    if address.is_empty() { ImageFrom::Missing } else { ImageFrom::File(PathBuf::from(address)) }
}

/// The bytes behind `data:`.
fn from_data(data: &str) -> Option<ImageFrom> {
    let (kind, encoded) = data.split_once(',')?;
    if !kind.ends_with(";base64") || encoded.len() > LARGEST {
        return None;
    }
    let encoded: String = encoded.chars().filter(|c| !c.is_whitespace()).collect();
    let bytes = BASE64_STANDARD.decode(encoded).ok()?;
    Some(ImageFrom::Bytes(Arc::from(bytes)))
}

/// Whether the target of a link is an address, not mathematics such as `[2](3)`.
pub(super) fn is_address(target: &str) -> bool {
    let is_path = target.contains(['/', '#']) || target.starts_with("mailto:");
    let is_file = target.rsplit_once('.').is_some_and(|(name, ending)| {
        !name.is_empty() && (2..=5).contains(&ending.len()) && ending.bytes().all(|byte| byte.is_ascii_alphabetic())
    });
    is_path || is_file
}

/// The pictures that a step keeps beside its text: parts of messages, screenshots, paths.
pub fn of_metadata(metadata: &Metadata) -> Vec<Image> {
    let mut found = Vec::new();
    for (key, value) in metadata {
        member(key, value, &mut found, 0);
    }
    found
}

/// Keys whose value is a picture, whatever stands around it.
const KEYS: [&str; 9] =
    ["image", "images", "image_url", "image_urls", "image_path", "image_paths", "screenshot", "screenshots", "img"];

/// Keys under which a part says where its picture is.
const PLACES: [&str; 8] = ["url", "path", "data", "source", "image_url", "image", "file", "src"];

/// Keys whose value points out a part of the picture.
const REGIONS: [&str; 6] = ["bbox", "box", "bounding_box", "region", "regions", "bboxes"];

/// Values in values are followed so deep.
const DEEPEST: usize = 8;

fn member(key: &str, value: &Value, found: &mut Vec<Image>, depth: usize) {
    if depth > DEEPEST {
        return;
    }
    match value {
        Value::Array(list) => list.iter().for_each(|one| member(key, one, found, depth + 1)),
        // A bare word may be anything: environments name the image of their container so.
        Value::String(from) if KEYS.contains(&key) => found.extend(image(from, "", Vec::new()).filter(is_picture)),
        Value::Object(part) => {
            let is_image = KEYS.contains(&key)
                || part.get("type").and_then(Value::as_str).is_some_and(|kind| kind.contains("image"));
            let from = is_image.then(|| place(part, 0)).flatten();
            let text = ["alt", "caption", "title"].iter().find_map(|key| part.get(*key)?.as_str()).unwrap_or_default();
            match from {
                Some(from) => found.extend(image(&from, text, regions(part))),
                None => part.iter().for_each(|(key, value)| member(key, value, found, depth + 1)),
            }
        }
        _ => {}
    }
}

/// Endings of files that are pictures.
const ENDINGS: [&str; 10] = ["png", "jpg", "jpeg", "gif", "webp", "bmp", "tif", "tiff", "svg", "avif"];

fn is_picture(image: &Image) -> bool {
    let ImageFrom::File(path) = &image.from else { return true };
    let ending = path.extension().unwrap_or_default();
    ENDINGS.iter().any(|known| ending.eq_ignore_ascii_case(known))
}

fn image(from: &str, alt: &str, regions: Vec<([f32; 4], String)>) -> Option<Image> {
    (!from.trim().is_empty()).then(|| Image { from: from_address(from), alt: alt.to_owned(), regions })
}

/// Where a part of a message says its picture is.
fn place(part: &serde_json::Map<String, Value>, depth: usize) -> Option<String> {
    PLACES.iter().find_map(|key| match part.get(*key)? {
        // Bytes without an address around them.
        Value::String(data) if *key == "data" && !data.starts_with("data:") => {
            Some(format!("data:image;base64,{data}"))
        }
        Value::String(from) => Some(from.clone()),
        Value::Object(inner) if depth < 3 => place(inner, depth + 1),
        _ => None,
    })
}

/// Parts that are pointed out, as shares of the picture's size.
fn regions(part: &serde_json::Map<String, Value>) -> Vec<([f32; 4], String)> {
    let size = |key: &str| part.get(key).and_then(Value::as_f64).filter(|size| *size > 0.0);
    let sizes = size("width").zip(size("height"));
    let word = ["label", "word", "name"].iter().find_map(|key| part.get(*key)?.as_str()).unwrap_or_default();
    REGIONS.iter().filter_map(|key| part.get(*key)).flat_map(|value| boxes(value, sizes, word)).collect()
}

fn boxes(value: &Value, sizes: Option<(f64, f64)>, word: &str) -> Vec<([f32; 4], String)> {
    match value {
        Value::Array(list) => match corners(list, sizes) {
            Some(corners) => vec![(corners, word.to_owned())],
            None => list.iter().filter(|one| !one.is_number()).flat_map(|one| boxes(one, sizes, word)).collect(),
        },
        Value::Object(inner) => {
            let word =
                ["label", "word", "name", "text"].iter().find_map(|key| inner.get(*key)?.as_str()).unwrap_or(word);
            REGIONS.iter().filter_map(|key| inner.get(*key)).flat_map(|value| boxes(value, sizes, word)).collect()
        }
        _ => Vec::new(),
    }
}

/// Left, top, right and bottom as shares; pixels only where the size is known.
#[expect(clippy::cast_possible_truncation, reason = "shares of a picture")]
fn corners(list: &[Value], sizes: Option<(f64, f64)>) -> Option<[f32; 4]> {
    let numbers: Vec<f64> = list.iter().map(Value::as_f64).collect::<Option<_>>()?;
    let [left, top, right, bottom] = numbers.as_slice() else { return None };
    let (width, height) = if numbers.iter().all(|number| (0.0..=1.0).contains(number)) { (1.0, 1.0) } else { sizes? };
    let shares = [left / width, top / height, right / width, bottom / height].map(|share| share as f32);
    let is_sound =
        shares.iter().all(|share| (0.0..=1.0).contains(share)) && shares[0] < shares[2] && shares[1] < shares[3];
    is_sound.then_some(shares)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn found(metadata: &Value) -> Vec<Image> {
        of_metadata(metadata.as_object().unwrap())
    }

    #[test]
    fn finds_pictures_however_they_are_kept() {
        let file = |path: &str| ImageFrom::File(PathBuf::from(path));
        let bytes = |bytes: &[u8]| ImageFrom::Bytes(Arc::from(bytes));
        let check = |metadata: Value, expected: ImageFrom| {
            let found = found(&metadata);
            assert_eq!(found.iter().map(|image| image.from.clone()).collect::<Vec<_>>(), [expected], "{metadata}");
        };
        check(json!({"screenshot": "shots/1.png"}), file("shots/1.png"));
        check(
            json!({"part": {"type": "image_url", "image_url": {"url": "data:image/png;base64,AAEC"}}}),
            bytes(&[0, 1, 2]),
        );
        check(
            json!({"content": [{"type": "text", "text": "a"}, {"type": "image", "source": {"data": "AAEC"}}]}),
            bytes(&[0, 1, 2]),
        );
        check(json!({"part": {"type": "image", "source": {"path": "p.png"}}}), file("p.png"));
        check(json!({"images": ["http://a/b.png"]}), ImageFrom::Address("http://a/b.png".into()));
        check(json!({"image": "data:nonsense"}), ImageFrom::Missing);
        assert!(found(&json!({"id": "image", "text": "an image"})).is_empty());
        assert!(found(&json!({"environment": {"image": "docker.io/a/b.x86_64:latest"}})).is_empty());
    }

    #[test]
    fn other_computers_are_not_asked() {
        for address in ["https://a/b.png", "//a/b.png", "\\\\a\\b.png", "file:////a/b.png"] {
            assert_eq!(from_address(address), ImageFrom::Address(address.into()));
        }
        assert_eq!(from_address("file:///a/b.png"), ImageFrom::File(PathBuf::from("/a/b.png")));
    }

    #[test]
    fn regions_are_shares_of_the_picture() {
        let regions = |value: Value| found(&json!({ "image": value })).remove(0).regions;
        let quarter = [0.0, 0.0, 0.5, 0.5];
        assert_eq!(regions(json!({"path": "a.png", "bbox": [0, 0, 0.5, 0.5]})), [(quarter, String::new())]);
        let pixels = json!({"path": "a.png", "width": 200, "height": 100, "regions": [{"box": [0, 0, 100, 50], "label": "sign"}]});
        assert_eq!(regions(pixels), [(quarter, "sign".to_owned())]);
        assert!(regions(json!({"path": "a.png", "bbox": [10, 10, 50, 50]})).is_empty(), "pixels of an unknown size");
    }

    #[test]
    fn links_are_told_from_mathematics() {
        let check = |target: &str, expected: bool| assert_eq!(is_address(target), expected, "{target}");
        check("https://a.b", true);
        check("a.png", true);
        check("#top", true);
        check("3", false);
        check("0.5", false);
        check("x+1", false);
    }
}
