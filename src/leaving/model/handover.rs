//! Everything open of some kinds goes to somebody else, in one transaction: what the actor may change and the other may see. The rest
//! stays, and is told with the reason.

use super::{Item, WorkKind, leaver};
use crate::access::{Actor, Thing, Verb, can, check, may};
use crate::audit::{self, Act, ActKind};
use crate::config::Config;
use crate::db::Tx;
use crate::error::{Error, Msg, Result};
use crate::experiments::{self, Experiment};
use crate::mail::{self, Letter, address};
use crate::members::Member;
use crate::people::{Face, PersonId};
use crate::projects::{Project, Settings};
use crate::records::{Edit, Record};
use crate::risks::{self, Risk};
use crate::text::value::{Body, Name};
use crate::tickets::{self, Ticket};
use std::collections::BTreeMap;

/// What became of a hand-over.
#[derive(Debug, Clone)]
pub struct Handover {
    /// Who has it now.
    pub to: Face,
    pub done: Vec<Item>,
    /// And why it stayed.
    pub left: Vec<(Item, Msg)>,
}

/// `Invalid` under `person` for nobody, for the leaver, and for who may not enter; under `what` when no kind was chosen.
pub fn hand_over(
    tx: &mut Tx,
    me: &Actor,
    config: &Config,
    (handle, to): (&str, &str),
    kinds: &[WorkKind],
) -> Result<Handover> {
    let member = leaver(tx, me, handle)?;
    if kinds.is_empty() {
        return Err(Error::invalid("what", "problem-leaving-what"));
    }
    let permit = may(tx, me, Verb::Remove, &member.thing(member.role))?;
    let face = Face::named(tx, "person", to, None)?;
    let to = face.id;
    if member.id == to {
        return Err(Error::invalid("person", "problem-leaving-same"));
    }
    let other = Actor::of_person(tx, to)?;
    let mut all = Handover { to: face, done: Vec::new(), left: Vec::new() };
    for kind in kinds {
        let items = Item::list(tx, me, &member, *kind)?;
        let mut things = things(tx, me, *kind, &items)?;
        for item in items {
            let Some(thing) = things.remove(&item.key) else { continue };
            match all.reason(me, &other, *kind, &thing) {
                Some(why) => all.left.push((item, why)),
                None => {
                    give(tx, me, &item, to)?;
                    all.done.push(item);
                }
            }
        }
    }
    if all.done.is_empty() {
        permit.unused(tx);
        return Ok(all);
    }
    if !me.is(Some(to)) {
        let to = Member::by_id(tx, me, to)?;
        mail::send(tx, &letter(&all, me, &member, config)?.to(&to.email, config)?)?;
    }
    let act = Act::new(ActKind::WorkHandedOver).target("person", member.id).note("to", to);
    audit::record(tx, permit, all.noted(act))?;
    Ok(all)
}

/// What is asked about, by the item's key: in one statement for records.
fn things(tx: &mut Tx, me: &Actor, kind: WorkKind, items: &[Item]) -> Result<BTreeMap<String, Thing>> {
    let keys: Vec<String> = items.iter().map(|item| item.key.clone()).collect();
    if kind == WorkKind::Project {
        let all = Project::list(tx, me)?.into_iter().filter(|project| keys.contains(&project.key));
        return Ok(all.map(|project| (project.key.clone(), project.thing())).collect());
    }
    let all = Record::find_many(tx, me, keys)?;
    Ok(all.into_iter().map(|record| (record.display_id.clone(), record.thing())).collect())
}

impl Handover {
    /// Why it stays where it is; None when it goes.
    fn reason(&self, me: &Actor, other: &Actor, kind: WorkKind, thing: &Thing) -> Option<Msg> {
        let verb = if kind == WorkKind::Project { Verb::Administer } else { Verb::Edit };
        if !can(me, verb, thing) {
            return Some("leaving-left-not-yours".into());
        }
        check(other, Verb::See, thing).err().map(|_| Msg::new("leaving-left-unseen").with("name", &self.to.name))
    }

    /// How much of each kind went.
    pub fn count(&self, kind: WorkKind) -> usize {
        self.done.iter().filter(|item| item.kind == kind).count()
    }

    fn noted(&self, act: Act) -> Act {
        WorkKind::ALL
            .iter()
            .fold(act.note("left", self.left.len()), |act, kind| act.note(kind.as_str(), self.count(*kind)))
    }
}

/// By the verb of its room, which asks again and keeps its own entry.
fn give(tx: &mut Tx, me: &Actor, item: &Item, to: PersonId) -> Result<()> {
    let value = to.to_string();
    match item.kind {
        WorkKind::Ticket => {
            Ticket::edit(tx, me, &item.key, &Edit { field: tickets::Field::Assignee, value, was: None }).map(drop)
        }
        WorkKind::Risk => {
            Risk::edit(tx, me, &item.key, &Edit { field: risks::Field::Owner, value, was: None }).map(drop)
        }
        WorkKind::Experiment => {
            let edit = Edit { field: experiments::Field::Owner, value, was: None };
            Experiment::edit(tx, me, &item.key, &edit).map(drop)
        }
        WorkKind::Project => {
            let project = Project::find(tx, me, &item.key)?;
            let wrong = |_| Error::broken("a project whose own words are not valid");
            let settings = Settings {
                name: Name::parse(&project.name).map_err(wrong)?,
                about: Body::parse(&project.about).map_err(wrong)?,
                lead: Some(to),
                version: project.version,
            };
            project.update(tx, me, &settings)
        }
    }
}

/// One, however much it is.
fn letter(all: &Handover, me: &Actor, member: &Member, config: &Config) -> Result<Letter> {
    let by = me.person.as_ref().map(|person| person.name.clone()).unwrap_or_default();
    let words = Msg::new("mail-handover-words").with("by", by).with("name", &member.name);
    let mut letter = Letter::new(Msg::new("mail-handover-subject").with("count", all.done.len())).line(words);
    for kind in WorkKind::ALL.iter().copied().filter(|kind| all.count(*kind) > 0) {
        letter = letter.line(Msg::new(kind.counted()).with("count", all.count(kind)));
    }
    Ok(letter.link(Msg::new("mail-handover-link"), address(config, "/tickets")?))
}
