//! Mails as their readers have them: tests run with the transport `file`.

use base64::Engine;
use std::path::Path;

/// One mail, read back.
#[derive(Debug, Clone)]
pub struct Letter {
    /// As they stand on the wire, folded lines joined.
    pub headers: Vec<(String, String)>,
    /// The plain part, decoded.
    pub text: String,
    /// All parts, decoded one after the other.
    pub all: String,
}

impl Letter {
    pub fn parse(raw: &str) -> Letter {
        let raw = raw.replace("\r\n", "\n");
        let (head, body) = raw.split_once("\n\n").expect("a mail without a body");
        let headers = headers(head);
        let parts = parts(&headers, body);
        Letter { text: parts.first().cloned().unwrap_or_default(), all: parts.join("\n"), headers }
    }

    /// Empty when there is none; panics when there are two.
    pub fn header(&self, name: &str) -> &str {
        let mut found = self.headers.iter().filter(|(header, _)| header.eq_ignore_ascii_case(name));
        let value = found.next().map(|(_, value)| value.as_str()).unwrap_or_default();
        assert!(found.next().is_none(), "two headers {name}");
        value
    }

    pub fn to(&self) -> &str {
        self.header("To")
    }

    /// The path of the one link of ours that begins so.
    pub fn path(&self, begins: &str) -> String {
        let at = self.text.find(&format!("http://localhost:8080{begins}")).unwrap_or_else(|| panic!("{}", self.text));
        let link = self.text[at..].split_whitespace().next().unwrap();
        link.trim_start_matches("http://localhost:8080").to_owned()
    }
}

fn headers(head: &str) -> Vec<(String, String)> {
    let unfolded = head.replace("\n ", " ").replace("\n\t", " ");
    let header = |line: &str| line.split_once(": ").map(|(name, value)| (name.to_owned(), value.trim().to_owned()));
    unfolded.lines().filter_map(header).collect()
}

fn value<'h>(headers: &'h [(String, String)], name: &str) -> &'h str {
    headers.iter().find(|(header, _)| header.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_str()).unwrap_or("")
}

fn parts(outer: &[(String, String)], body: &str) -> Vec<String> {
    let Some(boundary) = value(outer, "Content-Type").split("boundary=\"").nth(1) else {
        return vec![decoded(value(outer, "Content-Transfer-Encoding"), body)];
    };
    let mark = format!("--{}", boundary.split('"').next().unwrap());
    let part = |text: &str| {
        let (head, body) = text.trim_start_matches('\n').split_once("\n\n")?;
        Some(decoded(value(&headers(head), "Content-Transfer-Encoding"), body))
    };
    body.split(&mark).filter(|text| !text.starts_with("--")).filter_map(part).collect()
}

fn decoded(encoding: &str, body: &str) -> String {
    match encoding {
        "base64" => {
            let joined: String = body.split_whitespace().collect();
            String::from_utf8(base64::engine::general_purpose::STANDARD.decode(joined).unwrap()).unwrap()
        }
        "quoted-printable" => quoted_printable(&body.replace("=\n", "")),
        _ => body.to_owned(),
    }
}

fn quoted_printable(text: &str) -> String {
    let mut bytes = Vec::new();
    let mut rest = text.as_bytes();
    while let Some((first, after)) = rest.split_first() {
        let hex = (*first == b'=').then(|| after.get(..2).and_then(|two| std::str::from_utf8(two).ok())).flatten();
        match hex.and_then(|two| u8::from_str_radix(two, 16).ok()) {
            Some(byte) => {
                bytes.push(byte);
                rest = &after[2..];
            }
            None => {
                bytes.push(*first);
                rest = after;
            }
        }
    }
    String::from_utf8(bytes).unwrap()
}

/// The mails of a folder, in the order they were made.
pub fn letters(folder: &Path) -> Vec<Letter> {
    let Ok(files) = std::fs::read_dir(folder) else { return Vec::new() };
    let mut paths: Vec<_> = files.map(|file| file.unwrap().path()).collect();
    paths.sort();
    paths.iter().map(|path| Letter::parse(&std::fs::read_to_string(path).unwrap())).collect()
}
