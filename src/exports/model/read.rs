//! Reading a file back into an empty organisation: streamed, in one transaction, all of it or nothing.

use super::rows::{Fault, Rows, rename};
use super::{CONTENTS, FORMAT, VERSION, sections};
use crate::access::{Actor, Permission, Thing, Verb, may};
use crate::audit::{self, Act, ActKind};
use crate::db::Tx;
use crate::db::portable::Portable;
use crate::db::sql::Sql;
use crate::error::{Error, Msg, Result};
use crate::people::Organisation;
use crate::storage::Store;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use diesel::QueryableByName;
use diesel::sql_types::{BigInt, Text, Uuid as SqlUuid};
use serde::de::{self, DeserializeSeed, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Value};
use sha2::{Digest, Sha256};
use std::collections::HashMap;
use std::fmt;
use std::io::{Read, Write};
use uuid::Uuid;

/// Rows between two words of progress.
const PROGRESS_EVERY: u64 = 500;

/// What came back.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Restored {
    pub rows: u64,
    /// Contents of files.
    pub files: u64,
    /// Files left out, because their content is neither in the file nor in the store.
    pub without_content: u64,
}

/// `Invalid` when something is here already, or with the place in the file that does not fit; nothing is kept then.
pub fn read_export(
    tx: &mut Tx,
    me: &Actor,
    source: impl Read,
    store: &Store,
    progress: super::Progress,
) -> Result<Restored> {
    let permit = may(tx, me, Verb::Administer, &Thing::Organisation(Permission::DataImport))?;
    Sql::new("set local statement_timeout = 0").execute(tx.conn())?;
    Sql::new("lock table records, projects, people in share row exclusive mode").execute(tx.conn())?;
    refuse_unless_empty(tx)?;
    let mut reader = Reader {
        here: Here::load(tx)?,
        tx: &mut *tx,
        store,
        all: sections(),
        next: 0,
        ids: HashMap::new(),
        restored: Restored::default(),
        failure: None,
        progress,
    };
    let mut json = serde_json::Deserializer::from_reader(std::io::BufReader::new(source));
    let read = json.deserialize_map(File(&mut reader)).and_then(|()| json.end());
    let restored = match (read, reader.failure.take()) {
        (_, Some(error)) => return Err(error),
        (Err(error), None) => {
            let msg = Msg::new("problem-export-json").with("line", error.line()).with("why", error);
            return Err(Error::invalid("file", msg));
        }
        (Ok(()), None) => reader.settle()?,
    };
    audit::record(tx, permit, Act::new(ActKind::ImportRun).note("format", FORMAT).note("rows", restored.rows))?;
    Ok(restored)
}

/// Only set-up may have been done: nobody but its account, and nothing made.
fn refuse_unless_empty(tx: &mut Tx) -> Result<()> {
    let full = Sql::named(
        "exports::full",
        "select count(*) as count from (select 1 from records union all select 1 from projects union all select 1 from groups
           union all (select 1 from people offset 1)) x",
    );
    let count = full.load::<Count>(tx.conn())?.first().map_or(0, |row| row.count);
    if count == 0 { Ok(()) } else { Err(Error::invalid("file", "problem-export-not-empty")) }
}

#[derive(QueryableByName)]
struct Count {
    #[diesel(sql_type = BigInt)]
    count: i64,
}

#[derive(QueryableByName)]
struct Account {
    #[diesel(sql_type = SqlUuid)]
    id: Uuid,
    #[diesel(sql_type = Text)]
    email: String,
}

/// What set-up made: it stays, and the file's rows of the same meaning become it.
struct Here {
    organisation: Option<Uuid>,
    people: HashMap<String, Uuid>,
}

impl Here {
    fn load(tx: &mut Tx) -> Result<Here> {
        let organisation = Organisation::only(tx)?.map(|organisation| organisation.id.0);
        let accounts: Vec<Account> = Sql::named("exports::accounts", "select id, email from people").load(tx.conn())?;
        Ok(Here { organisation, people: accounts.into_iter().map(|account| (account.email, account.id)).collect() })
    }
}

struct Reader<'r, 'c> {
    tx: &'r mut Tx<'c>,
    here: Here,
    store: &'r Store,
    all: Vec<Portable>,
    /// The first section that may still come.
    next: usize,
    /// Ids in the file, and those that mean the same here.
    ids: HashMap<String, String>,
    restored: Restored,
    /// Why reading ended early; the parser's own error then says nothing.
    failure: Option<Error>,
    progress: super::Progress<'r>,
}

impl Reader<'_, '_> {
    fn stop<E: de::Error>(&mut self, error: Error) -> E {
        self.failure.get_or_insert(error);
        E::custom("stopped")
    }

    fn refuse<E: de::Error>(&mut self, msg: Msg) -> E {
        self.stop(Error::invalid("file", msg))
    }

    fn fault<E: de::Error>(&mut self, table: &str, fault: Fault) -> E {
        match fault {
            Fault::Row(number, why) => self.refuse(
                Msg::new("problem-export-row").with("path", format!("sections.{table}[{number}]")).with("why", why),
            ),
            Fault::Other(error) => self.stop(error),
        }
    }

    /// False when what is here already stands for this row.
    fn adopt(&mut self, table: &str, row: &mut Map<String, Value>) -> Result<bool> {
        let text =
            |row: &Map<String, Value>, name: &str| row.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
        match (table, self.here.organisation) {
            ("organisations", Some(id)) => {
                self.ids.insert(text(row, "id"), id.to_string());
                row.insert("id".to_owned(), Value::String(id.to_string()));
                super::rows::overwrite(self.tx, "organisations", &["name", "about", "mode", "time_zone"], row)?;
                Ok(false)
            }
            ("people", _) => match self.here.people.get(&text(row, "email")) {
                Some(id) => {
                    self.ids.insert(text(row, "id"), id.to_string());
                    Ok(false)
                }
                None => Ok(true),
            },
            ("memberships", _) => {
                let person = text(row, "person_id");
                Ok(!self.here.people.values().any(|id| id.to_string() == person))
            }
            _ => Ok(true),
        }
    }

    /// What does not fit is a fault of this row; a store that is away is none of the file's.
    fn keep_content(&mut self, number: u64, hash: &str, base64: &str) -> Result<(), Fault> {
        let bytes = STANDARD.decode(base64).map_err(|error| Fault::Row(number, error.to_string()))?;
        let found = crate::web::hex(&Sha256::digest(&bytes));
        if found != hash {
            return Err(Fault::Row(number, "the content does not fit its hash".to_owned()));
        }
        let kept = crate::web::temporary(&self.store.incoming()).and_then(|mut file| {
            file.write_all(&bytes).and_then(|()| file.as_file().sync_all()).map_err(crate::web::disk)?;
            self.store.keep(file, hash)
        });
        self.restored.files += 1;
        kept.map_err(Fault::Other)
    }

    /// Files whose content never came are left out.
    fn settle(self) -> Result<Restored> {
        crate::search::refill(self.tx)?;
        let without_content = crate::files::forget_without_content(self.tx, self.store)?;
        Ok(Restored { without_content, ..self.restored })
    }
}

/// The whole file.
struct File<'f, 'r, 'c>(&'f mut Reader<'r, 'c>);

impl<'de> Visitor<'de> for File<'_, '_, '_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an export of TOW")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        let (mut is_ours, mut is_known, mut is_read) = (false, false, false);
        while let Some(key) = map.next_key::<String>()? {
            match key.as_str() {
                "format" => is_ours = map.next_value::<Value>()?.as_str() == Some(FORMAT),
                "version" => {
                    let version = map.next_value::<Value>()?;
                    is_known = version.as_u64() == Some(VERSION);
                    if !is_known {
                        return Err(self
                            .0
                            .refuse(Msg::new("problem-export-version").with("found", version).with("known", VERSION)));
                    }
                }
                "sections" if is_ours && is_known => {
                    map.next_value_seed(Sections(self.0))?;
                    is_read = true;
                }
                "sections" => return Err(self.0.refuse(Msg::new("problem-export-format"))),
                _ => drop(map.next_value::<IgnoredAny>()?),
            }
        }
        if is_read { Ok(()) } else { Err(self.0.refuse(Msg::new("problem-export-format"))) }
    }
}

struct Sections<'f, 'r, 'c>(&'f mut Reader<'r, 'c>);

impl<'de> DeserializeSeed<'de> for Sections<'_, '_, '_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for Sections<'_, '_, '_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("sections by name")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        while let Some(name) = map.next_key::<String>()? {
            if name == CONTENTS {
                map.next_value_seed(Contents(self.0))?;
                continue;
            }
            let place = self.0.all.iter().position(|section| section.table == name);
            match place.and_then(|place| Some((place, *self.0.all.get(place)?))) {
                None => return Err(self.0.refuse(Msg::new("problem-export-section").with("name", name))),
                Some((place, _)) if place < self.0.next => {
                    return Err(self.0.refuse(Msg::new("problem-export-order").with("name", name)));
                }
                Some((place, section)) => {
                    self.0.next = place + 1;
                    map.next_value_seed(Section { reader: self.0, section })?;
                }
            }
        }
        Ok(())
    }
}

struct Section<'f, 'r, 'c> {
    reader: &'f mut Reader<'r, 'c>,
    section: Portable,
}

impl<'de> DeserializeSeed<'de> for Section<'_, '_, '_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_seq(self)
    }
}

impl<'de> Visitor<'de> for Section<'_, '_, '_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the rows of {}", self.section.table)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<(), A::Error> {
        let Section { reader, section } = self;
        let (table, mut rows) = (section.table, Rows::of(section));
        let mut number = 0;
        while let Some(row) = seq.next_element::<Map<String, Value>>()? {
            let mut row = Value::Object(row);
            rename(&mut row, &reader.ids);
            if let Value::Object(mut row) = row {
                let is_new = reader
                    .adopt(table, &mut row)
                    .map_err(|error| reader.fault(table, Fault::Row(number, error.to_string())))?;
                if is_new {
                    rows.add(reader.tx, number, row).map_err(|fault| reader.fault(table, fault))?;
                }
            }
            number += 1;
            reader.restored.rows += 1;
            if reader.restored.rows.is_multiple_of(PROGRESS_EVERY) {
                (reader.progress)(table, reader.restored.rows);
            }
        }
        rows.finish(reader.tx).map_err(|fault| reader.fault(table, fault))
    }
}

struct Contents<'f, 'r, 'c>(&'f mut Reader<'r, 'c>);

#[derive(serde::Deserialize)]
struct Content {
    hash: String,
    base64: String,
}

impl<'de> DeserializeSeed<'de> for Contents<'_, '_, '_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_seq(self)
    }
}

impl<'de> Visitor<'de> for Contents<'_, '_, '_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("contents of files")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<(), A::Error> {
        let mut number = 0;
        while let Some(content) = seq.next_element::<Content>()? {
            if let Err(fault) = self.0.keep_content(number, &content.hash, &content.base64) {
                return Err(self.0.fault(CONTENTS, fault));
            }
            number += 1;
            (self.0.progress)(CONTENTS, number);
        }
        Ok(())
    }
}
