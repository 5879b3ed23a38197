//! What /readyz and `tow doctor` look at, each part by name; and the numbers that /metrics gives.

mod metrics;
mod model;

pub use metrics::{CONTENT_TYPE, metrics};
pub use model::*;

use crate::db::sql::Sql;
use crate::storage::Store;
use crate::web::State;

/// One part and whether it works.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Check {
    pub name: &'static str,
    pub is_ok: bool,
    /// What is wrong and what to do; empty when nothing is.
    pub words: String,
}

impl Check {
    pub fn of(name: &'static str, result: Result<(), String>) -> Self {
        Check { name, is_ok: result.is_ok(), words: result.err().unwrap_or_default() }
    }
}

/// Database, migrations, and whether uploads can be written here: what an instance cannot serve anything without.
pub fn ready(state: &State) -> Vec<Check> {
    let database = state.pool.get().map_err(|error| error.to_string());
    let (database, migrations) = match database {
        Err(error) => (Err(error.clone()), Err(error)),
        Ok(mut conn) => {
            let answers = Sql::named("health::ping", "select 1 as one").execute(&mut conn);
            let pending = crate::db::migrate::pending(&mut conn).map_err(|error| error.to_string());
            let migrations = pending.and_then(|pending| match pending.len() {
                0 => Ok(()),
                count => Err(format!("{count} migrations are pending; run `tow migrate`")),
            });
            (answers.map(|_| ()).map_err(|error| error.to_string()), migrations)
        }
    };
    let uploads = Store::of(&state.config.uploads).check_here();
    vec![Check::of("database", database), Check::of("migrations", migrations), Check::of("uploads", uploads)]
}

/// The bucket of uploads, as it was found a moment ago; None without one. It is away for all instances at once, so it takes none of them
/// out of service: everything without files goes on.
pub fn bucket(state: &State) -> Option<Check> {
    Store::of(&state.config.uploads).glance().map(|seen| Check::of("bucket", seen))
}
