//! Recovery codes: ten texts on paper, each good once, for who lost phone and key.

use crate::access::{Actor, Thing, Verb, may};
use crate::audit::{self, Act, ActKind};
use crate::db::Tx;
use crate::db::sql::Sql;
use crate::error::{Error, Result};
use crate::people::PersonId;
use diesel::QueryableByName;
use diesel::sql_types::Int8;
use sha2::{Digest, Sha256};

pub const RECOVERY_CODES: usize = 10;
/// Of five bits each: 80 bits, which nobody guesses, not even from the hash.
pub const CODE_CHARS: usize = 16;
/// Without the letters that look like others.
const LETTERS: &[u8; 32] = b"0123456789abcdefghjkmnpqrstvwxyz";

#[derive(QueryableByName)]
struct Count {
    #[diesel(sql_type = Int8)]
    count: i64,
}

/// Read aloud and typed back, an o is a zero and an l is a one.
fn hash(person: PersonId, typed: &str) -> Vec<u8> {
    let lower = typed.to_lowercase();
    let plain = lower.chars().filter(char::is_ascii_alphanumeric).map(|c| match c {
        'o' => '0',
        'i' | 'l' => '1',
        c => c,
    });
    Sha256::digest(format!("tow recovery {person} {}", plain.collect::<String>()).as_bytes()).to_vec()
}

fn code() -> String {
    let bytes = rand::random::<[u8; CODE_CHARS]>();
    let letter = |byte: &u8| LETTERS.get(usize::from(byte & 31)).copied().map(char::from).unwrap_or('0');
    let letters: Vec<char> = bytes.iter().map(letter).collect();
    letters.chunks(4).map(|four| four.iter().collect::<String>()).collect::<Vec<_>>().join("-")
}

/// New ones; the old are worth nothing. The texts are nowhere else.
pub(in crate::signin) fn make(tx: &mut Tx, person: PersonId) -> Result<Vec<String>> {
    forget(tx, person)?;
    let codes: Vec<String> = (0..RECOVERY_CODES).map(|_| code()).collect();
    for code in &codes {
        let mut sql = Sql::named(
            "signin::add_recovery_code",
            "insert into recovery_codes (id, person_id, code_hash, created_at) values (",
        );
        sql.bind(tx.new_id())
            .push(", ")
            .bind(person)
            .push(", ")
            .bind(hash(person, code))
            .push(", ")
            .bind(tx.now)
            .push(")");
        sql.execute(tx.conn())?;
    }
    Ok(codes)
}

/// One's own, anew.
pub fn remake(tx: &mut Tx, me: &Actor) -> Result<Vec<String>> {
    let person = me.person_id().ok_or(Error::SignIn)?;
    let permit = may(tx, me, Verb::Edit, &Thing::Account(person))?;
    let codes = make(tx, person)?;
    audit::record(tx, permit, Act::new(ActKind::RecoveryCodesMade).target("person", person))?;
    Ok(codes)
}

/// Whether it was one of theirs and unused; from now on it is used.
pub(in crate::signin) fn take(tx: &mut Tx, person: PersonId, typed: &str) -> Result<bool> {
    let mut sql = Sql::named("signin::take_recovery_code", "update recovery_codes set used_at = ");
    sql.bind(tx.now).push(" where used_at is null and person_id = ").bind(person);
    sql.push(" and code_hash = ").bind(hash(person, typed));
    Ok(sql.execute(tx.conn())? > 0)
}

/// How many are unused.
pub fn left(tx: &mut Tx, person: PersonId) -> Result<i64> {
    let mut sql = Sql::named(
        "signin::recovery_codes_left",
        "select count(*) as count from recovery_codes where used_at is null and person_id = ",
    );
    sql.bind(person);
    Ok(sql.load::<Count>(tx.conn())?.first().map(|row| row.count).unwrap_or_default())
}

pub(in crate::signin) fn forget(tx: &mut Tx, person: PersonId) -> Result<()> {
    let mut sql = Sql::named("signin::forget_recovery_codes", "delete from recovery_codes where person_id = ");
    sql.bind(person);
    sql.execute(tx.conn())?;
    Ok(())
}
