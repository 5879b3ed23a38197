//! Exports asked for in the browser: made by a job, downloaded by who asked, gone after two days.

use super::{Written, note_export, write_rows};
use crate::access::{Actor, Permission, Thing, Verb, check, may};
use crate::audit::{self, Act, ActKind};
use crate::config::Uploads;
use crate::db::sql::Sql;
use crate::db::{Chore, Tx};
use crate::error::{Error, Result, on_constraint};
use crate::queue::{self, Job, Outcome, Work};
use crate::storage::Store;
use crate::{text_enum, typed_id};
use chrono::{DateTime, Duration, Utc};
use diesel::QueryableByName;
use diesel::sql_types::{BigInt, Bool, Text, Timestamptz, Uuid as SqlUuid};
use serde::{Deserialize, Serialize};
use std::io::BufWriter;

typed_id!(ExportId);

text_enum!(ExportStatus { Waiting = "waiting", Ready = "ready", Failed = "failed", Gone = "gone" });

/// A finished file is deleted after this long, and one that is not finished by then never will be: its worker died.
pub const KEEP_HOURS: i64 = 48;
/// Of a person's exports, the newest, on the page.
const SHOWN: i32 = 20;
/// What names in the store begin with.
const FOLDER: &str = "exports";

/// One that `me` asked for.
#[derive(Debug, Clone, QueryableByName)]
pub struct Export {
    #[diesel(sql_type = SqlUuid)]
    pub id: ExportId,
    #[diesel(sql_type = Bool)]
    pub with_uploads: bool,
    #[diesel(sql_type = Text)]
    pub status: ExportStatus,
    #[diesel(sql_type = BigInt)]
    pub rows: i64,
    #[diesel(sql_type = BigInt)]
    pub bytes: i64,
    #[diesel(sql_type = Timestamptz)]
    pub created_at: DateTime<Utc>,
}

const COLUMNS: &str = "select id, with_uploads, status, rows, bytes, created_at from organisation_exports where ";

fn allowed() -> Thing {
    Thing::Organisation(Permission::DataExport)
}

impl Export {
    /// Has one made. One at a time is made for a person (an index holds it): `Invalid` while an earlier one waits.
    pub fn ask(tx: &mut Tx, me: &Actor, with_uploads: bool) -> Result<ExportId> {
        check(me, Verb::Administer, &allowed())?;
        let (Some(person), Some(organisation)) = (me.person_id(), me.organisation_id()) else {
            return Err(Error::SignIn);
        };
        let mut over = Sql::named(
            "exports::give_up",
            "update organisation_exports set status = 'failed' where status = 'waiting' and created_at < ",
        );
        over.bind(tx.now - Duration::hours(KEEP_HOURS)).push(" and person_id = ").bind(person);
        over.execute(tx.conn())?;
        note_export(tx, me, with_uploads)?;
        let id = ExportId(tx.new_id());
        let mut sql = Sql::named(
            "exports::ask",
            "insert into organisation_exports (id, organisation_id, person_id, with_uploads, status, created_at) values (",
        );
        sql.bind(id).push(", ").bind(organisation).push(", ").bind(person).push(", ").bind(with_uploads);
        sql.push(", 'waiting', ").bind(tx.now).push(")");
        let earlier = on_constraint("organisation_exports_person_id_waiting_key", "", "problem-export-waiting");
        sql.execute(tx.conn()).map_err(Error::from).map_err(earlier)?;
        queue::enqueue(tx, Some(person.0), &MakeExport { export: id })?;
        Ok(id)
    }

    /// One's own, the newest first.
    pub fn list(tx: &mut Tx, me: &Actor) -> Result<Vec<Export>> {
        check(me, Verb::Administer, &allowed())?;
        let mut sql = Sql::named("exports::list", &format!("{COLUMNS} person_id = "));
        sql.bind(me.person_id().map(|id| id.0)).push(" order by created_at desc, id limit ").number(SHOWN);
        Ok(sql.load(tx.conn())?)
    }

    /// Asks for the right again, and keeps that it leaves the server. Another's, and one that is gone, is `NotFound`.
    pub fn download(tx: &mut Tx, me: &Actor, id: ExportId) -> Result<Export> {
        let permit = may(tx, me, Verb::Administer, &allowed())?;
        let mut sql = Sql::named("exports::find", &format!("{COLUMNS} status = 'ready' and id = "));
        sql.bind(id).push(" and person_id = ").bind(me.person_id().map(|id| id.0));
        sql.push(" and created_at > ").bind(tx.now - Duration::hours(KEEP_HOURS));
        let found: Option<Export> = sql.load(tx.conn())?.into_iter().next();
        let export = found.ok_or(Error::NotFound)?;
        let act = Act::new(ActKind::ExportDownloaded).target("export", id).note("bytes", export.bytes);
        audit::record(tx, permit, act)?;
        Ok(export)
    }

    /// What the store calls it.
    pub fn key(id: ExportId) -> String {
        format!("{FOLDER}/{id}.json")
    }

    /// For people: `3.4 MB`.
    pub fn size(&self) -> String {
        let tenths = self.bytes.max(0) / 100_000;
        if tenths == 0 {
            format!("{} KB", self.bytes.max(0) / 1000)
        } else {
            format!("{}.{} MB", tenths / 10, tenths % 10)
        }
    }
}

/// Makes the file. Made twice, the second replaces the first.
#[derive(Debug, Serialize, Deserialize)]
pub struct MakeExport {
    pub export: ExportId,
}

impl Job for MakeExport {
    const KIND: &'static str = "exports.make";
    const MAX_ATTEMPTS: i32 = 3;

    fn run(self, work: &mut Work) -> Result<Outcome> {
        let id = self.export;
        let is_last = work.attempt >= Self::MAX_ATTEMPTS;
        match make(work, id) {
            Ok((written, bytes)) => {
                if !work.touch(Chore::Export, |tx| finish(tx, id, ExportStatus::Ready, written, bytes))? {
                    Store::of(&work.config.uploads).discard(&Export::key(id))?;
                }
                Ok(Outcome::Done)
            }
            Err(error) => {
                let outcome = Outcome::from(error);
                if is_last || matches!(outcome, Outcome::Never(_)) {
                    work.touch(Chore::Export, |tx| finish(tx, id, ExportStatus::Failed, Written::default(), 0))?;
                }
                Ok(outcome)
            }
        }
    }
}

#[derive(QueryableByName)]
struct Asked {
    #[diesel(sql_type = Bool)]
    with_uploads: bool,
}

/// Under another name until it is whole, readable by this server alone.
fn make(work: &mut Work, id: ExportId) -> Result<(Written, i64)> {
    let (whom, store) = (work.whom, Store::of(&work.config.uploads));
    // Where unfinished files are swept from.
    let mut file = crate::web::temporary(&store.incoming())?;
    let mut out = BufWriter::new(&mut file);
    let unclosed = work.read(|tx| {
        let me = Actor::of_job(tx, whom)?;
        let mut sql = Sql::named("exports::asked", "select with_uploads from organisation_exports where id = ");
        sql.bind(id);
        let asked: Option<Asked> = sql.load(tx.conn())?.into_iter().next();
        let with_uploads = asked.ok_or(Error::NotFound)?.with_uploads;
        write_rows(tx, &me, &mut out, with_uploads, &mut |_, _| {})
    })?;
    let written = unclosed.close(&mut out, &store, &mut |_, _| {})?;
    drop(out);
    file.as_file().sync_all().map_err(crate::web::disk)?;
    let bytes = file.as_file().metadata().map_err(crate::web::disk)?.len();
    store.put(&Export::key(id), file)?;
    Ok((written, i64::try_from(bytes).map_err(Error::broken)?))
}

/// False when nobody waits for it any more.
fn finish(tx: &mut Tx, id: ExportId, status: ExportStatus, written: Written, bytes: i64) -> Result<bool> {
    let mut sql = Sql::named("exports::finish", "update organisation_exports set status = ");
    sql.bind(status)
        .push(", rows = ")
        .bind(i64::try_from(written.rows).unwrap_or(i64::MAX))
        .push(", bytes = ")
        .bind(bytes);
    sql.push(" where status in ('waiting', 'ready') and id = ").bind(id);
    Ok(sql.execute(tx.conn())? > 0)
}

/// Deletes files that have had their time, finished or not, the file before its row is marked; how many.
pub fn expire_exports(tx: &mut Tx, uploads: &Uploads) -> Result<usize> {
    #[derive(QueryableByName)]
    struct Old {
        #[diesel(sql_type = SqlUuid)]
        id: ExportId,
        #[diesel(sql_type = Text)]
        status: ExportStatus,
    }
    let mut sql = Sql::named(
        "exports::old",
        "select id, status from organisation_exports where status in ('waiting', 'ready') and created_at < ",
    );
    sql.bind(tx.now - Duration::hours(KEEP_HOURS)).push(" for update");
    let old: Vec<Old> = sql.load(tx.conn())?;
    for export in &old {
        Store::of(uploads).discard(&Export::key(export.id))?;
        let is_made = export.status == ExportStatus::Ready;
        let end = if is_made { ExportStatus::Gone } else { ExportStatus::Failed };
        finish(tx, export.id, end, Written::default(), 0)?;
    }
    Ok(old.len())
}
