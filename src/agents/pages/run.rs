//! `/agents/runs/ID`, and what a run would send.

use crate::access::Actor;
use crate::agents::model::*;
use crate::ai::{KeptCall, Sent};
use crate::db::Tx;
use crate::error::{Error, Msg, Result};
use crate::records::{Record, RecordId};
use crate::ui::{Shell, filters};
use askama::Template;
use std::collections::BTreeSet;

/// A run with what its reader may see of it.
pub struct Opened {
    pub run: Run,
    pub agent: Agent,
    /// What it is about.
    pub target: Option<Record>,
    /// None for who sees only that it ran.
    pub contents: Option<Contents>,
    /// Whether the result is held back: something that went in is closed to the reader by now, or gone.
    pub is_source_closed: bool,
    /// What went in, as far as the reader may open it.
    pub read: Vec<Record>,
    pub snapshot: Option<Record>,
    pub sent: Vec<KeptCall>,
    pub can_cancel: bool,
    pub can_publish: bool,
}

impl Opened {
    pub fn load(tx: &mut Tx, me: &Actor, id: RunId) -> Result<Opened> {
        let run = Run::find(tx, me, id)?;
        let contents = if run.can_open(me) { Some(run.contents(tx, me)?) } else { None };
        let ids: BTreeSet<uuid::Uuid> = contents.iter().flat_map(|contents| contents.records.clone()).collect();
        let read = Record::find_ids(tx, me, ids.iter().copied().collect())?;
        let is_source_closed = read.len() < ids.len();
        let sent = match run.can_see_sent(me) {
            true => crate::ai::requests_of_run(tx, run.id.0)?,
            false => Vec::new(),
        };
        let find = |tx: &mut Tx, id: Option<uuid::Uuid>| match id {
            Some(id) => match Record::find_id(tx, me, RecordId(id)) {
                Err(Error::NotFound) => Ok(None),
                found => found.map(Some),
            },
            None => Ok(None),
        };
        Ok(Opened {
            agent: Agent::find(tx, me, &run.key)?,
            target: find(tx, run.record_id)?,
            snapshot: find(tx, run.snapshot_id)?,
            read,
            can_cancel: run.can_cancel(me),
            can_publish: run.can_publish(me) && !is_source_closed,
            contents: contents.filter(|_| !is_source_closed),
            is_source_closed,
            sent,
            run,
        })
    }
}

#[derive(Template)]
#[template(path = "agents/run.html")]
pub struct RunPage {
    pub shell: Shell,
    pub of: Opened,
    /// How long what was sent is kept.
    pub days: u32,
}

/// One request of a run.
#[derive(Template)]
#[template(path = "agents/request.html")]
pub struct RunRequest {
    pub shell: Shell,
    pub run: Run,
    pub agent: Agent,
    pub sent: Sent,
}

#[derive(Template)]
#[template(path = "agents/preview.html")]
pub struct RunPreview {
    pub shell: Shell,
    pub agent: Agent,
    /// None where nothing would leave.
    pub sent: Option<Sent>,
    /// Why a model would not be asked.
    pub closed: Option<Msg>,
    /// Whether rules would do it instead.
    pub has_rules: bool,
    /// As the form was sent, for the button that runs it.
    pub fields: Vec<(String, String)>,
}

impl RunPage {
    pub fn sent_path(&self, call: &KeptCall) -> String {
        format!("{}/requests/{}", self.of.run.path(), call.call_id)
    }

    /// Whether it is about to change.
    pub fn is_open(&self) -> bool {
        !self.of.run.has_ended()
    }

    fn plain(run: Run) -> Self {
        let of = Opened {
            agent: Agent::samples().swap_remove(1),
            target: Some(Record::sample(crate::access::Kind::Doc, "DOC-1", "Anchoring")),
            contents: None,
            is_source_closed: false,
            read: Vec::new(),
            snapshot: None,
            sent: Vec::new(),
            can_cancel: !run.has_ended(),
            can_publish: false,
            run,
        };
        RunPage { shell: Shell::sample("settings"), of, days: 30 }
    }

    pub fn sample() -> Self {
        let mut view = RunPage::plain(Run::sample(RunState::Completed));
        view.of.run.diff_id = Some(uuid::Uuid::nil());
        let result = "- constraint: No crane above wind force six\n  > Cranes stop at force six.".to_owned();
        view.of.contents = Some(Contents { result, records: Vec::new() });
        view.of.read = vec![Record::sample(crate::access::Kind::Doc, "DOC-1", "Anchoring")];
        view.of.can_publish = true;
        view
    }

    /// To who sees only what it is about.
    pub fn closed_sample() -> Self {
        RunPage::plain(Run::sample(RunState::Running))
    }

    pub fn failed_sample() -> Self {
        let mut view = RunPage::plain(Run::sample(RunState::Failed));
        view.of.is_source_closed = true;
        view
    }
}

impl RunRequest {
    pub fn sample() -> Self {
        let (run, agent) = (Run::sample(RunState::Completed), Agent::samples().swap_remove(1));
        RunRequest { shell: Shell::sample("settings"), run, agent, sent: Sent::sample() }
    }
}

impl RunPreview {
    pub fn sample() -> Self {
        RunPreview {
            shell: Shell::sample("settings"),
            agent: Agent::samples().swap_remove(1),
            sent: Some(Sent::sample()),
            closed: Some(Msg::new("ai-fault-no-key")),
            has_rules: true,
            fields: vec![("doc".to_owned(), "DOC-1".to_owned())],
        }
    }
}
