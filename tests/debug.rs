//! What may be printed. `{:?}` ends up in logs and in the words of errors, so no type that derives it holds a secret in plain text: such a
//! type has no `Debug`, one written by hand, or a `Secret` inside. Reads the source as text.

use crate::harness::checkout;

/// Names under which a secret stands in plain text.
const SECRET: [&str; 24] = [
    "access_token",
    "binding",
    "client_secret",
    "code",
    "codes",
    "cookie",
    "credential",
    "csrf",
    "headers",
    "id_token",
    "json",
    "known",
    "link",
    "nonce",
    "otpauth",
    "password",
    "password_hash",
    "payload",
    "recovery_code",
    "secret",
    "seed",
    "stored",
    "token",
    "verifier",
];
/// Variants whose text is one.
const SECRET_VARIANTS: [&str; 7] = ["Code", "Half", "Passkey", "Password", "Recovery", "Secret", "Whole"];
/// Types of text.
const TEXT: [&str; 6] = ["String", "Vec<u8>", "&str", "&'static str", "Value", "HeaderMap"];

/// File, name, and why it may be printed.
const EXCEPTIONS: &[(&str, &str, &str)] = &[
    ("ai/fault.rs", "code", "the provider's word for what went wrong"),
    ("ai/model/ledger.rs", "code", "the provider's word for what went wrong"),
    ("sso/model/connection.rs", "client_secret", "sealed"),
    ("sso/model/ending.rs", "id_token", "sealed"),
    ("trail/model/stream.rs", "secret", "sealed"),
    ("web/mail_link.rs", "cookie", "its name"),
];

/// Where a derived `Debug` would print a secret: the type and its field or variant.
fn printed(code: &str) -> Vec<(String, String)> {
    let mut found = Vec::new();
    for (at, mark) in code.match_indices("#[derive(") {
        let (derived, rest) = code[at + mark.len()..].split_once(")]").unwrap();
        if !derived.split(',').any(|name| name.trim() == "Debug") {
            continue;
        }
        let Some((head, body)) = rest.split_once('{') else { continue };
        let Some(kind) = ["struct ", "enum "].into_iter().find(|kind| head.contains(kind)) else { continue };
        // A tuple; what follows belongs to the next item.
        if head.contains(';') {
            continue;
        }
        let name = head.split_once(kind).unwrap().1.split(|c: char| !c.is_alphanumeric()).next().unwrap();
        found.extend(fields(inside(body)).filter(is_secret).map(|(field, _)| (name.to_owned(), field.to_owned())));
    }
    found
}

/// Up to the brace that closes.
fn inside(body: &str) -> &str {
    let mut depth = 1;
    let end = body.find(|c| {
        depth += match c {
            '{' => 1,
            '}' => -1,
            _ => 0,
        };
        depth == 0
    });
    &body[..end.unwrap()]
}

/// Names of fields and variants, each with its type.
fn fields(body: &str) -> impl Iterator<Item = (&str, &str)> {
    body.lines().flat_map(|line| line.split(", ")).filter_map(|part| {
        let part = part.trim().trim_start_matches("pub ");
        let part = if part.starts_with("pub(") { part.split_once(") ")?.1 } else { part };
        part.split_once(": ").or_else(|| part.split_once('('))
    })
}

fn is_secret((name, kind): &(&str, &str)) -> bool {
    TEXT.iter().any(|text| kind.contains(text)) && (SECRET.contains(name) || SECRET_VARIANTS.contains(name))
}

fn everywhere() -> Vec<(String, String, String)> {
    let root = checkout().join("src");
    let files = walkdir::WalkDir::new(&root).sort_by_file_name().into_iter().map(|entry| entry.unwrap().into_path());
    let mut found = Vec::new();
    for file in files.filter(|file| file.extension().is_some_and(|end| end == "rs")) {
        let path = file.strip_prefix(&root).unwrap().to_string_lossy().into_owned();
        if !path.ends_with("tests.rs") && !path.contains("/tests/") {
            let printed = printed(&std::fs::read_to_string(&file).unwrap());
            found.extend(printed.into_iter().map(|(kind, field)| (path.clone(), kind, field)));
        }
    }
    found
}

#[test]
fn no_type_that_derives_debug_holds_a_secret_in_plain_text() {
    let found = everywhere();
    let is_excepted = |(path, _, field): &&(String, String, String)| {
        EXCEPTIONS.iter().any(|(at, name, _)| path == at && field == name)
    };
    let wrong: Vec<_> = found.iter().filter(|one| !is_excepted(one)).collect();
    assert!(wrong.is_empty(), "{wrong:#?}");
    for (path, name, _) in EXCEPTIONS {
        assert!(
            found.iter().any(|(at, _, field)| at == path && field == name),
            "nobody needs the exception {path} {name}"
        );
    }
}

#[test]
fn a_derived_debug_over_a_secret_is_found_in_structs_and_enums_and_nothing_else_is() {
    let text = "#[derive(Debug, Clone)]\npub struct Begun {\n    /// Base32.\n    pub key: u8,\n    pub(in crate::a) token: Option<String>,\n}
        #[derive(Clone)]\nstruct Quiet { token: String }
        #[derive(Debug)]\nstruct Sealed { token: Secret, tokens: i64 }
        #[derive(Debug)]\nstruct Tuple(u8);\nstruct After { token: String }
        #[derive(Clone, Debug)]\nenum Shown { Code(String), Passkey(Answer) }";
    let found = printed(text);
    assert_eq!(found, [("Begun".to_owned(), "token".to_owned()), ("Shown".to_owned(), "Code".to_owned())]);
}
