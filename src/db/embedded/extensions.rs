//! The extensions which every database of this server needs, embedded or not.

use super::error::EmbeddedError;
use diesel::pg::PgConnection;
use diesel::prelude::*;
use diesel::sql_types::{Integer, Nullable, Text};

/// Oldest major version of PostgreSQL that the migrations are written for.
pub const OLDEST_SERVER: u32 = 15;
pub const EXTENSIONS: [&str; 2] = ["vector", "pg_trgm"];

/// Oldest pgvector: the first whose index can be walked on until enough of what it meets may be read (`hnsw.iterative_scan`).
pub const OLDEST_VECTOR: (u32, u32) = (0, 8);

#[derive(QueryableByName)]
struct Answer {
    #[diesel(sql_type = Integer)]
    version: i32,
    /// None while it is missing.
    #[diesel(sql_type = Nullable<Text>)]
    extension: Option<String>,
}

/// Creates what is missing and updates what is too old when this role may; otherwise the error says what to install and the line for
/// the database's administrator.
pub fn check_extensions(conn: &mut PgConnection) -> Result<(), EmbeddedError> {
    EXTENSIONS.into_iter().try_for_each(|name| check_extension(conn, name))?;
    if check_vector(conn).is_ok() {
        return Ok(());
    }
    // A newer package may be installed already. Who may not say so is told below.
    if let Err(why) = diesel::sql_query("ALTER EXTENSION vector UPDATE").execute(conn) {
        tracing::debug!(%why, "the extension vector could not be updated");
    }
    check_vector(conn)
}

/// That pgvector is new enough, without changing anything. For who knows that it is there.
pub fn check_vector(conn: &mut PgConnection) -> Result<(), EmbeddedError> {
    let answer = ask(conn, "vector")?;
    match answer.extension {
        Some(found) if !is_new_enough(&found) => {
            Err(EmbeddedError::OldVector { found, major: u32::try_from(answer.version).unwrap_or_default() })
        }
        _ => Ok(()),
    }
}

/// "0.8.0" and "0.10" are; a version that cannot be read is taken for one to come.
fn is_new_enough(found: &str) -> bool {
    let mut parts = found.split('.').map(|part| part.parse::<u32>().ok());
    match (parts.next().flatten(), parts.next().flatten()) {
        (Some(major), Some(minor)) => (major, minor) >= OLDEST_VECTOR,
        _ => true,
    }
}

fn check_extension(conn: &mut PgConnection, name: &'static str) -> Result<(), EmbeddedError> {
    let before = ask(conn, name)?;
    let major = u32::try_from(before.version).unwrap_or_default();
    if major < OLDEST_SERVER {
        return Err(EmbeddedError::TooOld { found: major });
    }
    if before.extension.is_some() {
        return Ok(());
    }
    match diesel::sql_query(format!("CREATE EXTENSION IF NOT EXISTS {name}")).execute(conn) {
        Ok(_) => Ok(()),
        // Another instance may have made it at this very moment.
        Err(_) if ask(conn, name).is_ok_and(|now| now.extension.is_some()) => Ok(()),
        Err(why) => Err(EmbeddedError::MissingExtension { name, major, control: None, said: Some(why.to_string()) }),
    }
}

fn ask(conn: &mut PgConnection, name: &str) -> Result<Answer, EmbeddedError> {
    let question = "SELECT current_setting('server_version_num')::int / 10000 AS version, \
                    (SELECT extversion FROM pg_extension WHERE extname = $1) AS extension";
    let answer = diesel::sql_query(question).bind::<Text, _>(name).get_result(conn);
    answer.map_err(|why| EmbeddedError::Database(why.to_string()))
}
