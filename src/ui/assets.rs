//! Static files inside the binary, addressed by content hash, so that browsers keep them for ever.

use rust_embed::RustEmbed;
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use std::sync::LazyLock;

#[derive(RustEmbed)]
#[folder = "static"]
#[exclude = "css/*"]
struct Files;

#[derive(RustEmbed)]
#[folder = "static/css"]
struct Sheets;

/// One file as it is served.
pub struct Asset {
    /// `app-3f2a….css`, below `/static/`.
    pub name: String,
    pub bytes: Vec<u8>,
    pub content_type: &'static str,
}

struct Assets {
    /// By the name that templates use.
    names: BTreeMap<String, String>,
    files: BTreeMap<String, Asset>,
}

static ASSETS: LazyLock<Assets> = LazyLock::new(|| {
    let mut assets = Assets { names: BTreeMap::new(), files: BTreeMap::new() };
    assets.add("app.css", one_sheet());
    assets.add("app.js", one_module());
    for name in Files::iter() {
        if let Some(file) = Files::get(&name) {
            assets.add(&name, file.data.into_owned());
        }
    }
    assets
});

/// All style sheets in the order of `order.txt`, as one file.
fn one_sheet() -> Vec<u8> {
    let order = Sheets::get("order.txt").map(|file| file.data.into_owned()).unwrap_or_default();
    let mut css = Vec::new();
    for name in String::from_utf8_lossy(&order).lines().map(str::trim).filter(|line| !line.is_empty()) {
        if let Some(file) = Sheets::get(name) {
            css.extend(without_comments(&file.data));
        }
    }
    css
}

/// Lines that are nothing but a comment say nothing to a browser, and are a fifth of what would travel.
fn without_comments(source: &[u8]) -> Vec<u8> {
    let is_comment = |line: &str| line.starts_with("//") || (line.starts_with("/*") && line.ends_with("*/"));
    let text = String::from_utf8_lossy(source);
    text.lines().filter(|line| !is_comment(line.trim())).flat_map(|line| [line.as_bytes(), b"\n"].concat()).collect()
}

impl Assets {
    fn add(&mut self, name: &str, bytes: Vec<u8>) {
        let digest = Sha256::digest(&bytes);
        let hash: String = digest.iter().take(6).map(|byte| format!("{byte:02x}")).collect();
        let (stem, extension) = name.rsplit_once('.').unwrap_or((name, ""));
        let hashed = format!("{stem}-{hash}.{extension}");
        self.names.insert(name.to_owned(), format!("/static/{hashed}"));
        let asset = Asset { name: hashed.clone(), bytes, content_type: content_type(extension) };
        self.files.insert(hashed, asset);
    }
}

fn content_type(extension: &str) -> &'static str {
    match extension {
        "css" => "text/css; charset=utf-8",
        "js" => "text/javascript; charset=utf-8",
        "svg" => "image/svg+xml",
        "png" => "image/png",
        "webmanifest" | "json" => "application/json",
        "txt" => "text/plain; charset=utf-8",
        _ => "application/octet-stream",
    }
}

/// The address of a static file, by its name in `static/`. An unknown one answers a path that is 404.
pub fn asset_path(name: &str) -> &'static str {
    ASSETS.names.get(name).map(String::as_str).unwrap_or("/static/missing")
}

/// By hashed name.
pub fn asset(name: &str) -> Option<&'static Asset> {
    ASSETS.files.get(name)
}

/// All behaviours in the order of `order.txt` as one module, each in a block of its own: they share no names.
fn one_module() -> Vec<u8> {
    let order = Files::get("js/order.txt").map(|file| file.data.into_owned()).unwrap_or_default();
    let mut script = Vec::new();
    for name in String::from_utf8_lossy(&order).lines().map(str::trim).filter(|line| !line.is_empty()) {
        if let Some(file) = Files::get(&format!("js/{name}")) {
            script.extend_from_slice(b"{\n");
            script.extend(without_comments(&file.data));
            script.extend_from_slice(b"}\n");
        }
    }
    script
}
