//! What a file is, told from its content. What its sender says about it is not looked at.

use image::ImageFormat;

/// How much of a file is looked at.
pub const HEAD_BYTES: usize = 8 * 1024;
const UNKNOWN: &str = "application/octet-stream";

/// A media type. The name only tells kinds of text apart.
pub fn sniff(head: &[u8], name: &str) -> &'static str {
    match infer::get(head) {
        Some(found) => found.mime_type(),
        None if is_text(head) => kind_of_text(name),
        None => UNKNOWN,
    }
}

/// The pictures that are drawn anew and shown.
pub fn raster(content_type: &str) -> Option<ImageFormat> {
    match content_type {
        "image/png" => Some(ImageFormat::Png),
        "image/jpeg" => Some(ImageFormat::Jpeg),
        "image/gif" => Some(ImageFormat::Gif),
        "image/webp" => Some(ImageFormat::WebP),
        _ => None,
    }
}

/// UTF-8 without zero bytes; the head may end inside a character.
fn is_text(head: &[u8]) -> bool {
    let is_utf8 = match std::str::from_utf8(head) {
        Ok(_) => true,
        Err(error) => error.error_len().is_none(),
    };
    is_utf8 && !head.contains(&0)
}

fn kind_of_text(name: &str) -> &'static str {
    let ending = name.rsplit_once('.').map(|(_, ending)| ending.to_ascii_lowercase()).unwrap_or_default();
    match ending.as_str() {
        "md" | "markdown" => "text/markdown",
        "csv" => "text/csv",
        "htm" | "html" => "text/html",
        _ => "text/plain",
    }
}

/// What a browser is told: a picture drawn here is one, a text is plain, all else is just bytes.
pub fn served_as(content_type: &str, is_picture: bool) -> &str {
    match content_type {
        kind if is_picture => kind,
        kind if kind.starts_with("text/") => "text/plain; charset=utf-8",
        _ => UNKNOWN,
    }
}
