//! The extensions which every database of this server needs, embedded or not.

use super::error::EmbeddedError;
use diesel::pg::PgConnection;
use diesel::prelude::*;
use diesel::sql_types::{Bool, Integer, Text};

/// Oldest major version of PostgreSQL that the migrations are written for.
pub const OLDEST_SERVER: u32 = 15;
pub const EXTENSIONS: [&str; 2] = ["vector", "pg_trgm"];

#[derive(QueryableByName)]
struct Answer {
    #[diesel(sql_type = Integer)]
    version: i32,
    #[diesel(sql_type = Bool)]
    found: bool,
}

/// Creates what is missing when this role may; otherwise the error says what to install and the line for the
/// database's administrator.
pub fn check_extensions(conn: &mut PgConnection) -> Result<(), EmbeddedError> {
    EXTENSIONS.into_iter().try_for_each(|name| check_extension(conn, name))
}

fn check_extension(conn: &mut PgConnection, name: &'static str) -> Result<(), EmbeddedError> {
    let before = ask(conn, name)?;
    let major = u32::try_from(before.version).unwrap_or_default();
    if major < OLDEST_SERVER {
        return Err(EmbeddedError::TooOld { found: major });
    }
    if before.found {
        return Ok(());
    }
    match diesel::sql_query(format!("CREATE EXTENSION IF NOT EXISTS {name}")).execute(conn) {
        Ok(_) => Ok(()),
        // Another instance may have made it at this very moment.
        Err(_) if ask(conn, name).is_ok_and(|now| now.found) => Ok(()),
        Err(why) => Err(EmbeddedError::MissingExtension { name, major, control: None, said: Some(why.to_string()) }),
    }
}

fn ask(conn: &mut PgConnection, name: &str) -> Result<Answer, EmbeddedError> {
    let question = "SELECT current_setting('server_version_num')::int / 10000 AS version, \
                    EXISTS (SELECT FROM pg_extension WHERE extname = $1) AS found";
    let answer = diesel::sql_query(question).bind::<Text, _>(name).get_result(conn);
    answer.map_err(|why| EmbeddedError::Database(why.to_string()))
}
