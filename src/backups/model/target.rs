//! The empty database that a set goes into.

use crate::audit::{self, Head};
use crate::backups::fault::{Fault, Result};
use crate::clock::Clock;
use crate::db::embedded::check_extensions;
use crate::db::migrate::{self, MIGRATIONS};
use crate::db::sql::Sql;
use crate::db::{self, Tx};
use crate::error::Error;
use crate::secret::Secret;
use diesel::migration::MigrationSource;
use diesel::pg::Pg;
use diesel::sql_types::{BigInt, Int4};
use diesel::{Connection, PgConnection, QueryableByName};

pub struct Target {
    conn: PgConnection,
}

#[derive(QueryableByName)]
struct Count {
    #[diesel(sql_type = BigInt)]
    count: i64,
}

#[derive(QueryableByName)]
struct Version {
    #[diesel(sql_type = Int4)]
    version: i32,
}

impl Target {
    pub fn reach(url: &Secret) -> Result<Target> {
        let conn = PgConnection::establish(url.reveal())
            .map_err(|why| Fault::said(format!("The database does not answer: {why}.")))?;
        Ok(Target { conn })
    }

    /// Tables, views, sequences and functions that no extension brought. 0 in a new database.
    pub fn things(&mut self) -> Result<i64> {
        let sql = Sql::named(
            "backups::things",
            "with ours as (select oid from pg_namespace where nspname !~ '^pg_' and nspname <> 'information_schema'),
               brought as (select classid, objid from pg_depend where deptype = 'e')
             select (select count(*) from pg_class c where c.relnamespace in (select oid from ours)
                       and not exists (select from brought b where b.classid = 'pg_class'::regclass and b.objid = c.oid))
                  + (select count(*) from pg_proc p where p.pronamespace in (select oid from ours)
                       and not exists (select from brought b where b.classid = 'pg_proc'::regclass and b.objid = p.oid))
                  + (select count(*) from pg_namespace n where n.oid in (select oid from ours) and n.nspname <> 'public') as count",
        );
        let rows: Vec<Count> = sql.load(&mut self.conn).map_err(Error::from)?;
        Ok(rows.first().map(|row| row.count).unwrap_or_default())
    }

    /// Major version of the server.
    pub fn postgresql(&mut self) -> Result<u32> {
        let sql =
            Sql::named("backups::version", "select current_setting('server_version_num')::int / 10000 as version");
        let rows: Vec<Version> = sql.load(&mut self.conn).map_err(Error::from)?;
        Ok(rows.first().and_then(|row| u32::try_from(row.version).ok()).unwrap_or_default())
    }

    /// Which the dump does not bring: making them takes rights that its owner need not have.
    pub fn bring_extensions(&mut self) -> Result<()> {
        Ok(check_extensions(&mut self.conn)?)
    }

    /// As a start would: what an older program wrote becomes what this one reads. How many migrations.
    pub fn bring_up_to_date(&mut self) -> Result<usize> {
        Ok(migrate::run(&mut self.conn)?.applied.len())
    }

    /// Where the chain ends, once every link of it has been walked.
    pub fn walk(&mut self) -> Result<Head> {
        let now = Clock::default().now();
        let found = db::read(&mut self.conn, now, db::new_id(now), |tx: &mut Tx| audit::verify(tx))?;
        found.map_err(|fault| Fault::said(format!("The audit trail in the set is broken: {fault}.")))
    }

    /// The newest migration this program knows.
    pub fn newest_schema() -> String {
        let known = MigrationSource::<Pg>::migrations(&MIGRATIONS).unwrap_or_default();
        known.iter().map(|one| one.name().version().to_string()).max().unwrap_or_default()
    }
}
