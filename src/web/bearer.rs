//! Tokens of programs: how one looks, and what is wrong with one before the database is asked.

use crate::error::Msg;
use actix_web::HttpRequest;
use actix_web::http::header;
use sha2::{Digest, Sha256};

/// Of personal tokens.
pub const PERSONAL_PREFIX: &str = "tow_pat_";
/// Of keys of the organisation.
pub const KEY_PREFIX: &str = "tow_key_";
/// Of the company's directory.
pub const DIRECTORY_PREFIX: &str = "tow_scim_";
/// What the API takes; the directory's doors take `DIRECTORY_PREFIX` alone.
pub const API_PREFIXES: [&str; 2] = [PERSONAL_PREFIX, KEY_PREFIX];
const ALL_PREFIXES: [&str; 3] = [PERSONAL_PREFIX, KEY_PREFIX, DIRECTORY_PREFIX];
/// Letters and digits only, so that a double click takes the whole.
const ALPHABET: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
/// 62^43 > 2^256.
const RANDOM_DIGITS: usize = 43;
/// 62^6 > 2^32.
const CHECK_DIGITS: usize = 6;
/// Characters at the end that tell two tokens apart in a list.
const HINT_CHARS: usize = 4;

/// A new one: prefix, 256 random bits, and a checksum over both.
pub fn fresh_bearer(prefix: &str) -> String {
    let body = format!("{prefix}{}", digits(&rand::random::<[u8; 32]>(), RANDOM_DIGITS));
    let check = checksum(&body);
    body + &check
}

/// The last characters.
pub fn bearer_hint(token: &str) -> String {
    token.chars().skip(token.chars().count().saturating_sub(HINT_CHARS)).collect()
}

/// Whether it has our form and its checksum fits: a mistyped or truncated one is refused without a query.
pub fn is_whole_bearer(token: &str) -> bool {
    let rest = ALL_PREFIXES.into_iter().find_map(|prefix| token.strip_prefix(prefix));
    rest.is_some_and(|rest| rest.len() == RANDOM_DIGITS + CHECK_DIGITS && rest.bytes().all(|b| ALPHABET.contains(&b)))
        && token.split_at_checked(token.len() - CHECK_DIGITS).is_some_and(|(body, check)| checksum(body) == check)
}

/// A random number of this size makes the same token at most once in 2^256; nothing is secret about the checksum.
fn checksum(body: &str) -> String {
    let hash = Sha256::digest(body.as_bytes());
    digits(hash.get(..4).unwrap_or_default(), CHECK_DIGITS)
}

/// A big-endian number in base 62, with leading zeros.
fn digits(number: &[u8], count: usize) -> String {
    let mut number = number.to_vec();
    let mut digits = Vec::with_capacity(count);
    for _ in 0..count {
        let mut rest = 0_u32;
        for byte in &mut number {
            let value = rest * 256 + u32::from(*byte);
            *byte = u8::try_from(value / 62).unwrap_or_default();
            rest = value % 62;
        }
        let digit = usize::try_from(rest).ok().and_then(|rest| ALPHABET.get(rest)).copied().unwrap_or(b'0');
        digits.push(char::from(digit));
    }
    digits.iter().rev().collect()
}

/// The token of a request; or in words why there is none. Only the header counts: an address is logged and kept by whatever
/// stands between.
pub fn bearer_of(request: &HttpRequest, prefixes: &[&str]) -> Result<String, Msg> {
    if ALL_PREFIXES.iter().any(|prefix| request.uri().to_string().contains(prefix)) {
        return Err(Msg::new("token-in-address"));
    }
    let mut given = request.headers().get_all(header::AUTHORIZATION);
    let (first, second) = (given.next(), given.next());
    let token = first.filter(|_| second.is_none()).and_then(|value| value.to_str().ok()).and_then(|value| {
        let (scheme, token) = value.split_once(' ')?;
        scheme.eq_ignore_ascii_case("bearer").then(|| token.trim())
    });
    match token {
        None => Err(Msg::new("token-missing")),
        Some(token) if !prefixes.iter().any(|prefix| token.starts_with(prefix)) => Err(Msg::new("token-kind")),
        Some(token) if is_whole_bearer(token) => Ok(token.to_owned()),
        Some(_) => Err(Msg::new("token-mistyped")),
    }
}
