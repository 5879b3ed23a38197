//! A snapshot whose words came from elsewhere: each statement with the records it names. It waits for its review like any other.

use super::assemble::{cite, plain};
use super::{NewSnapshot, Snapshot, Status};
use crate::access::{Actor, Kind};
use crate::audit::{self, Act, ActKind};
use crate::db::Tx;
use crate::db::sql::{Bind, Sql};
use crate::error::{Error, Result};
use crate::records::NewRecord;
use crate::text::value::Body;
use crate::ui::text;
use chrono::{DateTime, Utc};
use uuid::Uuid;

/// One section.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Part {
    pub heading: String,
    /// Each with the display IDs and ids of its records.
    pub statements: Vec<(String, Vec<(String, Uuid)>)>,
}

impl Part {
    /// As Markdown that says nothing but these words.
    pub fn text(&self) -> String {
        let mut body = format!("## {}\n\n", plain(&self.heading));
        if self.statements.is_empty() {
            body.push_str(&text("snapshot-nothing"));
        }
        for (statement, cited) in &self.statements {
            let names: Vec<&str> = cited.iter().map(|(name, _)| name.as_str()).collect();
            body.push_str(&format!("- {} ({})\n", plain(statement), names.join(", ")));
        }
        body.trim_end().to_owned()
    }
}

impl NewSnapshot {
    /// `me` is the place itself: what a statement names, every reader of the snapshot may open.
    pub fn write(self, tx: &mut Tx, me: &Actor, since: DateTime<Utc>, parts: &[Part]) -> Result<Snapshot> {
        let body = parts.iter().map(Part::text).collect::<Vec<_>>().join("\n\n");
        let body = Body::parse(&body).map_err(|msg| Error::invalid("body", msg))?;
        let (record, permit) =
            NewRecord { kind: Kind::Snapshot, place: self.place, title: self.title(tx, me)? }.insert(tx, me)?;
        let mut sql = Sql::named(
            "snapshots::write",
            "insert into snapshots (id, place_id, snapshot_type, status, body, since, made_at)",
        );
        let values: [Bind; 7] = [
            record.id.into(),
            self.place.id().into(),
            self.kind.into(),
            Status::Pending.into(),
            body.as_str().into(),
            since.into(),
            tx.now.into(),
        ];
        sql.add(" values (?, ?, ?, ?, ?, ?, ?)", values);
        sql.execute(tx.conn())?;
        let statements = parts.iter().flat_map(|part| &part.statements);
        let cited = statements.flat_map(|(statement, cited)| cited.iter().map(move |(_, id)| (statement, *id)));
        for (position, (statement, id)) in (1..).zip(cited) {
            cite(tx, record.id, position, statement, id)?;
        }
        record.furnish(tx, me, &[], &[("body", &body)])?;
        audit::record(tx, permit, Act::new(ActKind::Created).on(record.id))?;
        Snapshot::find(tx, me, &record.display_id)
    }
}
