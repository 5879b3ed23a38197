//! Passwords: argon2id (RFC 9106) with the crate's defaults (OWASP: 19 MiB, 2 passes), and what is too weak to take.

use crate::error::{Error, Msg, Result};
use crate::secret::Secret;
use argon2::Argon2;
use argon2::password_hash::phc::PasswordHash;
use argon2::password_hash::{PasswordHasher, PasswordVerifier};
use std::sync::LazyLock;

pub const MIN_PASSWORD_CHARS: usize = 12;
/// Longer ones only cost time.
pub const MAX_PASSWORD_BYTES: usize = 1024;

/// Passwords of at least twelve characters that attackers try first, in lower case.
static COMMON: LazyLock<Vec<&'static str>> =
    LazyLock::new(|| include_str!("common_passwords.txt").lines().filter(|line| !line.is_empty()).collect());

/// The password, when it is long and uncommon enough. `about` are words an attacker knows: name, address, company.
pub fn check_strength(password: &str, about: &[&str]) -> Result<Secret, Msg> {
    if password.chars().count() < MIN_PASSWORD_CHARS {
        return Err(Msg::new("problem-password-short").with("min", MIN_PASSWORD_CHARS));
    }
    if password.len() > MAX_PASSWORD_BYTES || password.contains('\0') {
        return Err(Msg::new("problem-password-long").with("max", MAX_PASSWORD_BYTES));
    }
    let lower = password.to_lowercase();
    let is_common = COMMON.contains(&lower.as_str()) || is_repetition(&lower) || is_sequence(&lower);
    let is_about = about
        .iter()
        .map(|word| word.to_lowercase())
        .any(|word| word.chars().count() >= 4 && lower.contains(&word) && lower.len() < word.len() + 6);
    if is_common || is_about { Err(Msg::new("problem-password-common")) } else { Ok(Secret::new(password)) }
}

/// One short piece over and over: "abcabcabcabc".
fn is_repetition(text: &str) -> bool {
    let chars: Vec<char> = text.chars().collect();
    (1..=4).any(|width| chars.iter().zip(chars.iter().skip(width)).all(|(a, b)| a == b))
}

/// "abcdefghijkl", "987654321098".
fn is_sequence(text: &str) -> bool {
    let codes: Vec<i64> = text.chars().map(|c| i64::from(u32::from(c))).collect();
    [1, -1].into_iter().any(|step| {
        let steps = codes.iter().zip(codes.iter().skip(1)).filter(|(a, b)| **b - **a == step || (**b - **a).abs() == 9);
        steps.count() + 1 == codes.len()
    })
}

/// PHC string. Takes a core for some tens of milliseconds: call it through `ctx.work`, under the hashing semaphore.
pub fn hash(password: &Secret) -> Result<String> {
    let hash = Argon2::default().hash_password(password.reveal().as_bytes());
    hash.map(|hash| hash.to_string()).map_err(Error::broken)
}

/// Compares with a stored hash, or, for an unknown address, with one of a random password, so that both take the same time.
pub fn verify(password: &Secret, stored: Option<&str>) -> bool {
    static NOBODY: LazyLock<String> =
        LazyLock::new(|| hash(&Secret::new(crate::web::random_token())).unwrap_or_default());
    let parsed = PasswordHash::new(stored.unwrap_or(&NOBODY));
    let fits =
        parsed.is_ok_and(|parsed| Argon2::default().verify_password(password.reveal().as_bytes(), &parsed).is_ok());
    fits && stored.is_some()
}
