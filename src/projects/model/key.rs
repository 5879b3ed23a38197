//! Suggesting a key from a name: "Tide Engine" → TE, "Atlas" → ATL, and the next free one when that is taken.

use crate::db::Tx;
use crate::db::sql::Sql;
use crate::error::Result;
use crate::text::value::ProjectKey;
use diesel::QueryableByName;
use diesel::sql_types::Text;
use std::collections::HashSet;

/// Letters taken of a name of one word.
const LETTERS: usize = 3;
/// Initials taken of a name of many.
const INITIALS: usize = 5;
/// For a name without Latin letters.
const FALLBACK: &str = "PRJ";
/// Numbers tried behind a taken key.
const TRIES: u32 = 10_000;

#[derive(QueryableByName)]
struct Taken {
    #[diesel(sql_type = Text)]
    key: String,
}

/// A key that is well-formed, not reserved and not in use, also not by a project that the asker cannot see.
pub fn free_key(tx: &mut Tx, name: &str) -> Result<Option<ProjectKey>> {
    let base = key_from(name);
    let mut sql = Sql::named("projects::taken_keys", "select key from projects where starts_with(key, ");
    sql.bind(base.as_str()).push(")");
    let taken: HashSet<String> = sql.load::<Taken>(tx.conn())?.into_iter().map(|row| row.key).collect();
    let tries = std::iter::once(base.clone()).chain((2..TRIES).map(|number| format!("{base}{number}")));
    Ok(tries.filter(|key| !taken.contains(key)).find_map(|key| ProjectKey::parse(&key).ok()))
}

/// Initials of several words, the first letters of one; always two letters at least.
pub fn key_from(name: &str) -> String {
    let plain: String = name.chars().flat_map(char::to_uppercase).map(without_marks).collect();
    let words: Vec<&str> = plain.split(|c: char| !c.is_ascii_alphanumeric()).filter(|word| !word.is_empty()).collect();
    let initials: String = words.iter().filter_map(|word| word.chars().next()).take(INITIALS).collect();
    let letters: String = words.concat().chars().take(LETTERS).collect();
    [initials, letters]
        .into_iter()
        .find(|key| key.len() >= 2 && key.starts_with(|c: char| c.is_ascii_uppercase()))
        .unwrap_or_else(|| FALLBACK.to_owned())
}

/// The letter below the commonest accents of European names.
fn without_marks(c: char) -> char {
    match c {
        'À'..='Å' | 'Ā' | 'Ą' | 'Æ' => 'A',
        'Ç' | 'Ć' | 'Č' => 'C',
        'È'..='Ë' | 'Ē' | 'Ę' | 'Ě' => 'E',
        'Ì'..='Ï' | 'Ī' => 'I',
        'Ł' => 'L',
        'Ñ' | 'Ń' | 'Ň' => 'N',
        'Ò'..='Ö' | 'Ø' | 'Ō' | 'Ő' | 'Œ' => 'O',
        'Ř' => 'R',
        'Ś' | 'Š' | 'Ş' => 'S',
        'Ù'..='Ü' | 'Ū' | 'Ů' | 'Ű' => 'U',
        'Ý' => 'Y',
        'Ź' | 'Ż' | 'Ž' => 'Z',
        other => other,
    }
}
