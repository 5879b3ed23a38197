//! Ordering a snapshot, and assembling it from the records by rules.

use super::{Snapshot, Status, Type};
use crate::access::{Actor, Kind, Place, Verb, may, visible};
use crate::audit::{self, Act, ActKind};
use crate::db::Tx;
use crate::db::sql::{Bind, Sql};
use crate::error::{Error, Result};
use crate::queue::enqueue;
use crate::records::{NewRecord, RECORD_COLUMNS, Record, RecordId};
use crate::snapshots::jobs::MakeSnapshot;
use crate::text::value::{Body, Title};
use crate::ui::text;
use chrono::Duration;
use diesel::QueryableByName;
use diesel::sql_types::{BigInt, Text};
use uuid::Uuid;

/// A statement as it was assembled, with its record, for who may read that.
#[derive(Debug, Clone, QueryableByName)]
pub struct Source {
    #[diesel(embed)]
    pub record: Record,
    #[diesel(sql_type = Text)]
    pub statement: String,
}

/// What a reader sees of a snapshot's sources.
#[derive(Debug, Clone, Default)]
pub struct Sources {
    pub seen: Vec<Source>,
    /// Those that the reader may not read: counted, never named.
    pub hidden: i64,
}

#[derive(QueryableByName)]
struct Count {
    #[diesel(sql_type = BigInt)]
    count: i64,
}

#[derive(QueryableByName)]
struct Named {
    #[diesel(sql_type = Text)]
    display_id: String,
}

/// A snapshot about to be ordered.
#[derive(Debug, Clone)]
pub struct NewSnapshot {
    pub place: Place,
    pub kind: Type,
}

impl NewSnapshot {
    /// What it looks at, and the day.
    pub(super) fn title(&self, tx: &Tx, me: &Actor) -> Result<Title> {
        let day = tx.now.with_timezone(&me.zone()).format("%-d %b %Y");
        Title::parse(&format!("{}, {day}", text(&self.kind.label()))).map_err(|msg| Error::invalid("type", msg))
    }

    /// Its text comes a little later, by a job.
    pub fn order(self, tx: &mut Tx, me: &Actor) -> Result<Snapshot> {
        let title = self.title(tx, me)?;
        let (record, permit) = NewRecord { kind: Kind::Snapshot, place: self.place, title }.insert(tx, me)?;
        let mut sql =
            Sql::named("snapshots::order", "insert into snapshots (id, place_id, snapshot_type, status, since)");
        let since = tx.now - Duration::days(self.kind.days());
        let values: [Bind; 5] =
            [record.id.into(), self.place.id().into(), self.kind.into(), Status::Generating.into(), since.into()];
        sql.add(" values (?, ?, ?, ?, ?)", values);
        sql.execute(tx.conn())?;
        record.furnish(tx, me, &[], &[])?;
        audit::record(tx, permit, Act::new(ActKind::Created).on(record.id))?;
        enqueue(tx, me.person_id().map(|id| id.0), &MakeSnapshot { snapshot: record.id })?;
        Snapshot::find(tx, me, &record.display_id)
    }
}

/// Reads as the place itself, whoever ordered it; writes as who ordered it. Twice changes nothing.
pub fn assemble(tx: &mut Tx, me: &Actor, id: RecordId) -> Result<()> {
    let snapshot = Snapshot::find_id(tx, me, id)?;
    let permit = may(tx, me, Verb::Edit, &snapshot.record.thing())?;
    if snapshot.status != Status::Generating {
        permit.unused(tx);
        return Ok(());
    }
    let scope = Actor::of_scope(tx, snapshot.record.place())?;
    let (mut body, mut position) = (String::new(), 0);
    for section in snapshot.kind.sections() {
        let statements = section.statements(tx, &scope, snapshot.since)?;
        body.push_str(&format!("## {}\n\n", text(&section.label())));
        if statements.is_empty() {
            body.push_str(&format!("{}\n", text("snapshot-nothing")));
        }
        for statement in statements {
            position += 1;
            body.push_str(&format!("- {} ({})\n", plain(&statement.title), statement.display_id));
            cite(tx, id, position, &statement.title, statement.id)?;
        }
        body.push('\n');
    }
    let body = Body::parse(body.trim_end()).map_err(|msg| Error::invalid("body", msg))?;
    let mut sql = Sql::named("snapshots::assembled", "update snapshots set status = ");
    sql.bind(Status::Pending).push(", body = ").bind(body.as_str()).push(", made_at = ").bind(tx.now);
    sql.push(" where id = ").bind(id);
    sql.execute(tx.conn())?;
    snapshot.record.mention(tx, &scope, "body", &body)?;
    let act = Act::new(ActKind::Changed).on(id).change("status", Status::Generating, Status::Pending);
    snapshot.record.settle(tx, permit, Some(act))
}

pub(super) fn cite(tx: &mut Tx, id: RecordId, position: i32, statement: &str, record: Uuid) -> Result<()> {
    let mut sql =
        Sql::named("snapshots::cite", "insert into snapshot_sources (id, snapshot_id, position, statement, record_id)");
    let values: [Bind; 5] = [tx.new_id().into(), id.into(), position.into(), statement.into(), record.into()];
    sql.add(" values (?, ?, ?, ?, ?)", values);
    sql.execute(tx.conn())?;
    Ok(())
}

/// A title as Markdown that looks like it.
pub(super) fn plain(title: &str) -> String {
    let mut escaped = String::with_capacity(title.len());
    for c in title.chars() {
        if "\\`*_[]<>#|~@!".contains(c) {
            escaped.push('\\');
        }
        escaped.push(c);
    }
    escaped
}

impl Snapshot {
    /// Its page says that it could not be made; it can be ordered again. For the job alone (`Chore::Snapshot`).
    pub fn fail(tx: &mut Tx, id: RecordId) -> Result<()> {
        let mut sql = Sql::named("snapshots::fail", "update snapshots set status = ");
        sql.bind(Status::Failed).push(" where status = ").bind(Status::Generating).push(" and id = ").bind(id);
        sql.execute(tx.conn())?;
        Ok(())
    }

    /// In the order of the text.
    pub fn sources(&self, tx: &mut Tx, me: &Actor) -> Result<Sources> {
        let mut sql = Sql::named(
            "snapshots::sources",
            &format!(
                "select c.statement, {RECORD_COLUMNS} from snapshot_sources c join records r on r.id = c.record_id
                 where c.snapshot_id = "
            ),
        );
        sql.bind(self.record.id).push(" and ").append(&visible::records(me)).push(" order by c.position");
        let seen: Vec<Source> = sql.load(tx.conn())?;
        let mut sql = Sql::named(
            "snapshots::count_sources",
            "select count(*) as count from snapshot_sources where snapshot_id = ",
        );
        sql.bind(self.record.id);
        let all = sql.load::<Count>(tx.conn())?.first().map(|row| row.count).unwrap_or_default();
        Ok(Sources { hidden: all - i64::try_from(seen.len()).unwrap_or_default(), seen })
    }

    /// Display ID of the newest one before it, of the same type and place, that was trusted; None when there is none.
    pub fn before(&self, tx: &mut Tx, me: &Actor) -> Result<Option<String>> {
        let mut sql = Sql::named(
            "snapshots::before",
            "select r.display_id from records r join snapshots s on s.id = r.id where s.status in ('active', 'superseded') and s.snapshot_type = ",
        );
        sql.bind(self.kind).push(" and s.place_id = ").bind(self.record.place().id());
        sql.push(" and r.number < ").bind(self.record.number).push(" and ").append(&visible::records(me));
        sql.push(" order by r.number desc limit 1");
        Ok(sql.load::<Named>(tx.conn())?.into_iter().next().map(|row| row.display_id))
    }
}
