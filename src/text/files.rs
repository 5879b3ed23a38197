//! Names of files: those that people send are kept as data and never used on our disk.

use super::value::is_disguise;
use crate::error::Msg;

/// Longest name kept, in bytes of UTF-8.
pub const MAX_NAME_BYTES: usize = 200;
/// Longest path inside a folder or zip, in bytes.
pub const MAX_PATH_BYTES: usize = 1_024;
/// Deepest path inside a folder or zip, in parts.
pub const MAX_PATH_PARTS: usize = 16;
const NAMELESS: &str = "file";

/// The last part of a sent name, without control and direction characters, at most 200 bytes, never empty. The ending
/// survives the cut.
pub fn safe_file_name(sent: &str) -> String {
    let last = sent.rsplit(['/', '\\']).next().unwrap_or_default();
    let clean: String = last.chars().filter(|c| !c.is_control() && !is_disguise(*c)).map(harmless).collect();
    let clean = clean.trim_matches(|c: char| c.is_whitespace() || c == '.');
    if clean.is_empty() {
        return NAMELESS.to_owned();
    }
    let (stem, ending) = match clean.rsplit_once('.') {
        Some((stem, ending)) if ending.len() <= 16 && !stem.is_empty() => (stem, format!(".{ending}")),
        _ => (clean, String::new()),
    };
    let room = MAX_NAME_BYTES - ending.len();
    let stem = stem.get(..stem.floor_char_boundary(room)).unwrap_or_default();
    format!("{stem}{ending}")
}

/// Characters that some systems forbid in names.
fn harmless(c: char) -> char {
    if matches!(c, ':' | '*' | '?' | '"' | '<' | '>' | '|') { '_' } else { c }
}

/// The value of a Content-Disposition header (RFC 6266): an ASCII name for old clients and the real one (RFC 5987).
pub fn content_disposition(inline: bool, name: &str) -> String {
    let name = safe_file_name(name);
    let kind = if inline { "inline" } else { "attachment" };
    let ascii: String = name.chars().map(|c| if is_plain(c) { c } else { '_' }).collect();
    if ascii == name {
        return format!("{kind}; filename=\"{ascii}\"");
    }
    format!("{kind}; filename=\"{ascii}\"; filename*=UTF-8''{}", percent(&name))
}

fn is_plain(c: char) -> bool {
    (c.is_ascii_graphic() || c == ' ') && !matches!(c, '"' | '\\' | '%' | ';')
}

/// RFC 5987 `attr-char`; all else as `%XX`.
fn percent(name: &str) -> String {
    let mut out = String::with_capacity(name.len());
    for b in name.bytes() {
        match b {
            b if b.is_ascii_alphanumeric() || b"!#$&+-.^_`|~".contains(&b) => out.push(char::from(b)),
            b => out.push_str(&format!("%{b:02X}")),
        }
    }
    out
}

/// A relative path in one form, `folder/file.md`; refuses what could leave its folder.
pub fn safe_path(sent: &str) -> Result<String, Msg> {
    let path = sent.replace('\\', "/");
    let drive = path.split('/').next().is_some_and(|first| first.ends_with(':') || first.get(1..2) == Some(":"));
    if path.starts_with('/') || drive {
        return Err(Msg::new("problem-path-absolute"));
    }
    let parts: Vec<&str> = path.split('/').filter(|part| !part.is_empty() && *part != ".").collect();
    if parts.contains(&"..") {
        return Err(Msg::new("problem-path-climbs"));
    }
    if parts.is_empty() || path.chars().any(|c| c.is_control() || is_disguise(c)) {
        return Err(Msg::new("problem-path-unreadable"));
    }
    if path.len() > MAX_PATH_BYTES || parts.len() > MAX_PATH_PARTS {
        return Err(Msg::new("problem-path-too-long").with("parts", MAX_PATH_PARTS).with("max", MAX_PATH_BYTES));
    }
    Ok(parts.join("/"))
}
