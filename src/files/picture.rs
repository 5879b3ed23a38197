//! Pictures are decoded within limits and encoded again: what is shown is what a decoder of ours understood, without EXIF, place,
//! comments or anything hidden behind the image. A picture that moves, is too large or cannot be read is kept as sent, for download.

use super::kind::{HEAD_BYTES, raster, sniff};
use crate::error::Result;
use crate::storage::Store;
use crate::text::files::safe_file_name;
use crate::web::{Incoming, disk, hex, temporary};
use image::codecs::gif::{GifDecoder, GifEncoder};
use image::codecs::jpeg::JpegEncoder;
use image::codecs::png::{PngDecoder, PngEncoder};
use image::codecs::webp::{WebPDecoder, WebPEncoder};
use image::{
    AnimationDecoder, DynamicImage, ImageDecoder, ImageEncoder, ImageFormat, ImageReader, ImageResult, Limits,
};
use sha2::{Digest, Sha256};
use std::fs::File;
use std::io::{BufReader, BufWriter, Read, Seek, SeekFrom};
use std::path::Path;
use tempfile::NamedTempFile;
use tokio::sync::Semaphore;

/// Larger pictures are only offered for download.
pub const MAX_PIXELS: u64 = 40_000_000;
/// Memory one decoder may take.
pub const MAX_DECODE_BYTES: u64 = 512 * 1024 * 1024;
/// A larger colour profile is no colour profile.
const MAX_PROFILE_BYTES: usize = 1024 * 1024;
const JPEG_QUALITY: u8 = 90;

/// Pictures in the works at a time: each may take `MAX_DECODE_BYTES`.
pub static TURNS: Semaphore = Semaphore::const_new(2);

/// An upload that is ready to be kept.
pub struct Prepared {
    pub name: String,
    pub content_type: &'static str,
    pub file: NamedTempFile,
    pub hash: String,
    pub bytes: u64,
    /// Width and height of a picture that was drawn anew.
    pub size: Option<(u32, u32)>,
}

/// Looks what the upload is, and draws it anew when it is a picture of at most `max_bytes` afterwards. Takes processor time; what
/// comes out has landed in the store.
pub fn prepare(incoming: Incoming, store: &Store, max_bytes: u64) -> Result<Prepared> {
    let prepared = look(incoming, &store.incoming(), max_bytes)?;
    store.land(prepared.file.path(), &prepared.hash)?;
    Ok(prepared)
}

fn look(mut incoming: Incoming, folder: &Path, max_bytes: u64) -> Result<Prepared> {
    let name = safe_file_name(&incoming.name);
    let content_type = sniff(&head(&mut incoming.file)?, &name);
    let drawn = match raster(content_type) {
        Some(format) => redraw(incoming.file.path(), format, folder)?,
        None => None,
    };
    Ok(match drawn.filter(|drawn| drawn.bytes <= max_bytes) {
        Some(Drawing { file, hash, bytes, size }) => {
            Prepared { name, content_type, file, hash, bytes, size: Some(size) }
        }
        None => {
            let Incoming { file, hash, bytes, .. } = incoming;
            Prepared { name, content_type, file, hash, bytes, size: None }
        }
    })
}

fn head(file: &mut NamedTempFile) -> Result<Vec<u8>> {
    let mut head = Vec::new();
    file.seek(SeekFrom::Start(0)).map_err(disk)?;
    file.by_ref().take(HEAD_BYTES as u64).read_to_end(&mut head).map_err(disk)?;
    Ok(head)
}

struct Drawing {
    file: NamedTempFile,
    hash: String,
    bytes: u64,
    size: (u32, u32),
}

/// None when the picture is not one that is shown.
fn redraw(path: &Path, format: ImageFormat, folder: &Path) -> Result<Option<Drawing>> {
    let Ok(Some((image, profile))) = decode(path, format) else { return Ok(None) };
    let target = temporary(folder)?;
    if encode(&image, format, profile, target.as_file()).is_err() {
        return Ok(None);
    }
    target.as_file().sync_all().map_err(disk)?;
    let (hash, bytes) = digest(target.path())?;
    Ok(Some(Drawing { file: target, hash, bytes, size: (image.width(), image.height()) }))
}

/// None when it is too large or moves.
fn decode(path: &Path, format: ImageFormat) -> ImageResult<Option<(DynamicImage, Option<Vec<u8>>)>> {
    if moves(path, format)? {
        return Ok(None);
    }
    let mut reader = ImageReader::with_format(BufReader::new(File::open(path)?), format);
    reader.limits(limits());
    let mut decoder = reader.into_decoder()?;
    let (width, height) = decoder.dimensions();
    if !is_in_bounds(width, height) {
        return Ok(None);
    }
    let orientation = decoder.orientation()?;
    let profile = decoder.icc_profile()?.filter(|profile| is_plain_profile(profile));
    let mut image = DynamicImage::from_decoder(decoder)?;
    // The orientation stands in the EXIF part, which stays behind.
    image.apply_orientation(orientation);
    Ok(Some((image, profile)))
}

fn limits() -> Limits {
    let mut limits = Limits::default();
    limits.max_alloc = Some(MAX_DECODE_BYTES);
    limits
}

fn is_in_bounds(width: u32, height: u32) -> bool {
    u64::from(width) * u64::from(height) <= MAX_PIXELS
}

/// More than one frame. Drawing only the first would lose what the sender meant.
fn moves(path: &Path, format: ImageFormat) -> ImageResult<bool> {
    let file = || File::open(path).map(BufReader::new);
    Ok(match format {
        ImageFormat::Png => PngDecoder::with_limits(file()?, limits())?.is_apng()?,
        ImageFormat::WebP => WebPDecoder::new(file()?)?.has_animation(),
        ImageFormat::Gif => {
            let mut decoder = GifDecoder::new(file()?)?;
            let (width, height) = decoder.dimensions();
            decoder.set_limits(limits())?;
            is_in_bounds(width, height) && decoder.into_frames().take(2).filter(Result::is_ok).count() > 1
        }
        _ => false,
    })
}

/// Colours of RGB and grey keep their profile; a printing profile no longer fits, because decoding made them RGB.
fn is_plain_profile(profile: &[u8]) -> bool {
    profile.len() <= MAX_PROFILE_BYTES && matches!(profile.get(16..20), Some(b"RGB " | b"GRAY"))
}

fn encode(image: &DynamicImage, format: ImageFormat, profile: Option<Vec<u8>>, target: &File) -> ImageResult<()> {
    let out = BufWriter::new(target);
    match format {
        ImageFormat::Jpeg => write(image, profile, JpegEncoder::new_with_quality(out, JPEG_QUALITY)),
        ImageFormat::Png => write(image, profile, PngEncoder::new(out)),
        ImageFormat::WebP => write(image, profile, WebPEncoder::new_lossless(out)),
        _ => GifEncoder::new(out).encode(
            image.to_rgba8().as_raw(),
            image.width(),
            image.height(),
            image::ExtendedColorType::Rgba8,
        ),
    }
}

fn write(image: &DynamicImage, profile: Option<Vec<u8>>, mut encoder: impl ImageEncoder) -> ImageResult<()> {
    if let Some(profile) = profile {
        // A format without profiles shows the colours as sRGB.
        let _ = encoder.set_icc_profile(profile);
    }
    image.write_with_encoder(encoder)
}

fn digest(path: &Path) -> Result<(String, u64)> {
    let mut file = File::open(path).map_err(disk)?;
    let (mut hasher, mut piece, mut bytes) = (Sha256::new(), vec![0; HEAD_BYTES], 0);
    loop {
        let read = file.read(&mut piece).map_err(disk)?;
        if read == 0 {
            return Ok((hex(&hasher.finalize()), bytes));
        }
        hasher.update(piece.get(..read).unwrap_or_default());
        bytes += read as u64;
    }
}
