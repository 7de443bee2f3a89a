//! Pictures: where a text says they are.

use std::path::PathBuf;
use std::sync::Arc;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;

use super::ImageFrom;

/// A picture in an address is at most so large, in bytes of the address.
const LARGEST: usize = 64 << 20;

/// Where a picture comes from, by its address: a data address, one of the web, the path of a file.
pub fn from_address(address: &str) -> ImageFrom {
    let address = address.trim();
    if let Some(data) = address.strip_prefix("data:") {
        return from_data(data).unwrap_or_default();
    }
    if let Some(path) = address.strip_prefix("file://") {
        return ImageFrom::File(PathBuf::from(path));
    }
    if address.contains("://") {
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
