//! One act on many rows of a list: which rows, what is answered, and how it is taken back.

use crate::access::{Actor, Ctx};
use crate::db::Tx;
use crate::error::{Error, Msg, Result};
use crate::web::{Flash, Form, Reply, local};

/// Records in one bulk act.
pub const MAX_BULK: usize = 500;

/// What a list's form names: `id` once per row, `back` the list.
#[derive(Debug, Clone)]
pub struct Bulk {
    /// Each once and in one order, so that two acts on the same rows wait for each other instead of deadlocking.
    ids: Vec<String>,
    back: String,
    undo: Option<(&'static str, Vec<(String, String)>)>,
}

impl Bulk {
    /// `list` is where it leads when the form names no list.
    pub fn of(form: &Form, list: &str) -> Self {
        let mut ids: Vec<String> = form.all("id").map(str::to_owned).collect();
        ids.sort();
        ids.dedup();
        Bulk { ids, back: local(form.given("back").unwrap_or(list)).to_owned(), undo: None }
    }

    /// Display IDs, each once.
    pub fn ids(&self) -> &[String] {
        &self.ids
    }

    /// The list that the answer leads to.
    pub fn back(&self) -> &str {
        &self.back
    }

    /// The same rows sent to `action` with these fields take it back.
    pub fn undo(self, action: &'static str, fields: &[(&str, &str)]) -> Self {
        let own = |(name, value): (&str, &str)| (name.to_owned(), value.to_owned());
        let back = ("back", self.back.as_str());
        let ids = self.ids.iter().map(|id| ("id", id.as_str()));
        let fields = fields.iter().copied().chain([back]).chain(ids).map(own).collect();
        Bulk { undo: Some((action, fields)), ..self }
    }

    /// Archives or restores, as the form's `act` says; the other of the two, sent to `action` with these fields, takes it back.
    /// `f` hears whether to restore.
    pub async fn archive<F>(
        self,
        ctx: &Ctx,
        form: &Form,
        action: &'static str,
        fields: &[(&str, &str)],
        f: F,
    ) -> Result<Reply>
    where
        F: FnOnce(&mut Tx, &Actor, &[String], bool) -> Result<()> + Send + 'static,
    {
        let restore = form.text("act") == "restore";
        let (done, back) = if restore { ("bulk-restored", "archive") } else { ("bulk-archived", "restore") };
        let bulk = self.undo(action, &[fields, &[("act", back)]].concat());
        bulk.run(ctx, done, move |tx, me, ids| f(tx, me, ids, restore).map(|()| Vec::new())).await
    }

    /// Does it to all in one transaction, or to none; the answer is the list, with `done` (given the `count`) or what is wrong.
    /// `f` answers further fields of the form that takes it back.
    pub async fn run<F>(self, ctx: &Ctx, done: &'static str, f: F) -> Result<Reply>
    where
        F: FnOnce(&mut Tx, &Actor, &[String]) -> Result<Vec<(String, String)>> + Send + 'static,
    {
        let ids = self.ids.clone();
        let tried = match self.check() {
            Ok(()) => ctx.write(move |tx, me| f(tx, me, &ids)).await,
            Err(refused) => Err(refused),
        };
        let flash = match (tried, self.undo) {
            (Ok(more), undo) => {
                let flash = Flash::done(Msg::new(done).with("count", self.ids.len()));
                undo.map_or(flash.clone(), |(action, fields)| flash.undo_with(action, [fields, more].concat()))
            }
            (Err(Error::Invalid(problems)), _) => Flash::failed(problems.first()),
            (Err(Error::Conflict(_)), _) => Flash::failed("problem-bulk-changed"),
            (Err(other), _) => return Err(other),
        };
        Ok(ctx.redirect(&self.back, Some(flash)))
    }

    /// `Invalid` for no row, and for more than `MAX_BULK`.
    pub fn check(&self) -> Result<()> {
        match self.ids.len() {
            0 => Err(Error::invalid("", "problem-bulk-none")),
            1..=MAX_BULK => Ok(()),
            _ => Err(Error::invalid("", Msg::new("problem-bulk-many").with("max", MAX_BULK))),
        }
    }
}
