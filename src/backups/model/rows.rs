use crate::access::{Actor, Permission, Thing, Verb, may};
use crate::audit::{self, Act, ActKind};
use crate::backups::Manifest;
use crate::db::Tx;
use crate::db::sql::Sql;
use crate::error::Result;
use chrono::{DateTime, Duration, Utc};
use diesel::QueryableByName;
use diesel::sql_types::{BigInt, Bool, Text, Timestamptz};

/// The newest backup that this server knows of.
#[derive(Debug, Clone, PartialEq, Eq, QueryableByName)]
pub struct Last {
    #[diesel(sql_type = Text)]
    pub name: String,
    #[diesel(sql_type = Timestamptz)]
    pub made_at: DateTime<Utc>,
    #[diesel(sql_type = BigInt)]
    pub bytes: i64,
    #[diesel(sql_type = Bool)]
    pub is_encrypted: bool,
}

/// A last backup older than this wants a look at the timer that should have made one.
pub const OLD_BACKUP_DAYS: i64 = 2;

impl Last {
    pub fn is_old(&self, now: DateTime<Utc>) -> bool {
        now - self.made_at > Duration::days(OLD_BACKUP_DAYS)
    }
}

/// None when none was ever made with `tow backup create`. Says nothing that a reader of the page of practices may not know.
pub fn last(tx: &mut Tx) -> Result<Option<Last>> {
    let sql = Sql::named(
        "backups::last",
        "select name, made_at, bytes, is_encrypted from backups order by made_at desc, id desc limit 1",
    );
    Ok(sql.load(tx.conn())?.into_iter().next())
}

/// Remembers a set that is whole and in its place.
pub fn note_made(tx: &mut Tx, me: &Actor, name: &str, manifest: &Manifest) -> Result<()> {
    let permit = may(tx, me, Verb::Administer, &Thing::Organisation(Permission::SecurityConfigurationManage))?;
    let mut sql =
        Sql::named("backups::note_made", "insert into backups (id, name, made_at, bytes, is_encrypted) values (");
    sql.bind(tx.new_id()).push(", ").bind(name).push(", ").bind(manifest.made_at).push(", ");
    sql.bind(i64::try_from(manifest.bytes()).unwrap_or(i64::MAX)).push(", ").bind(manifest.is_sealed()).push(")");
    sql.execute(tx.conn())?;
    audit::record(tx, permit, act(ActKind::BackupMade, name, manifest))
}

/// In the database that came out of the set.
pub fn note_restored(tx: &mut Tx, me: &Actor, name: &str, manifest: &Manifest) -> Result<()> {
    let permit = may(tx, me, Verb::Administer, &Thing::Organisation(Permission::SecurityConfigurationManage))?;
    audit::record(tx, permit, act(ActKind::BackupRestored, name, manifest))
}

fn act(kind: ActKind, name: &str, manifest: &Manifest) -> Act {
    Act::new(kind).note("set", name).note("made_at", manifest.made_at).note("head", &manifest.audit.hash)
}
