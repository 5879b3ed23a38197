//! How the web layer meets an actor.

use crate::access::{Actor, Permission, ProjectAccess, Scope, holds};
use crate::audit;
use crate::db::Tx;
use crate::error::{Error, Result};
use crate::people::{Session, SessionId};
use crate::ui::{Frame, FrameProject};
use crate::web::{Caller, Entrance, Principal};
use chrono::{DateTime, Utc};
use uuid::Uuid;

/// Projects that the menus of every page name; of more the rest is found by its name.
pub const MAX_PICKED: usize = 20;

/// Where somebody who owes a second factor may go: to where it is added, and out.
const ENROLMENT: [&str; 4] = ["/settings/me/factors", "/confirmation", "/settings/me/look", "/sign-out"];

impl Principal for Actor {
    fn load(tx: &mut Tx, caller: &Caller) -> Result<Self> {
        let token_hash = caller.session.as_deref().ok_or(Error::SignIn)?;
        let me = Actor::of_session(tx, token_hash, &caller.address, &caller.browser)?;
        let age = chrono::Duration::seconds(i64::from(caller.step_up_max_age_seconds));
        let is_recent = me.person.as_ref().is_some_and(|person| tx.now - person.authenticated_at <= age);
        Ok(if is_recent { me.confirmed() } else { me })
    }

    fn visitor(caller: &Caller) -> Self {
        Actor::visitor(&caller.address, &caller.browser)
    }

    fn enter(tx: &mut Tx, caller: &Caller, token_hash: &[u8], route: &str) -> Result<Entrance<Self>> {
        let entrance = Actor::of_token(tx, caller, token_hash)?;
        if let Entrance::Closed(whose, why) = &entrance {
            audit::record_refusal(tx, whose, &Error::Forbidden(why.clone()), route)?;
        }
        Ok(entrance)
    }

    fn enter_directory(tx: &mut Tx, caller: &Caller, token_hash: &[u8], route: &str) -> Result<Entrance<Self>> {
        let entrance = Actor::of_directory(tx, caller, token_hash)?;
        if let Entrance::Closed(whose, why) = &entrance {
            audit::record_refusal(tx, whose, &Error::Forbidden(why.clone()), route)?;
        }
        Ok(entrance)
    }

    fn may_use(&self, scope: &str) -> bool {
        let program = self.program.as_deref();
        program.is_some_and(|program| Scope::parse(scope).is_some_and(|scope| program.may(scope)))
    }

    fn program_id(&self) -> Option<Uuid> {
        self.program.as_ref().map(|program| program.id.0)
    }

    fn log_id(&self) -> Option<Uuid> {
        self.program_id().or(self.person_id().map(|id| id.0)).or(self.directory)
    }

    fn session(&self) -> Option<Uuid> {
        self.session_id().map(|id| id.0)
    }

    fn admit(&self, route: &str) -> Result<()> {
        let is_open = !self.owes_factor || ENROLMENT.iter().any(|open| route.starts_with(open));
        if is_open { Ok(()) } else { Err(Error::Confirm) }
    }

    fn last_seen_at(&self) -> Option<DateTime<Utc>> {
        self.person.as_ref().map(|person| person.last_seen_at)
    }

    fn mark_seen(&self, tx: &mut Tx) -> Result<()> {
        match self.session_id() {
            Some(id) => Session::mark_seen(tx, id),
            None => Ok(()),
        }
    }

    fn owes_token(&self) -> bool {
        self.person.as_ref().is_some_and(|person| person.owes_token)
    }

    fn replace_token(&self, tx: &mut Tx) -> Result<Option<String>> {
        match self.session_id() {
            Some(id) => Session::replace_token(tx, id),
            None => Ok(None),
        }
    }

    fn refused(&self, tx: &mut Tx, error: &Error, route: &str) -> Result<()> {
        audit::record_refusal(tx, self, error, route)
    }

    fn frame(&self) -> Frame {
        let picked = self.picked();
        let person = self.person.as_deref();
        Frame {
            organisation: self.organisation.as_ref().map(|organisation| organisation.name.clone()).unwrap_or_default(),
            person: person.map(|person| person.name.clone()).unwrap_or_default(),
            theme: person.map(|person| person.theme.clone()).unwrap_or_default(),
            palette: person.map(|person| person.palette.clone()).unwrap_or_default(),
            more_projects: self.active_projects().count() - picked.len(),
            projects: picked.into_iter().map(FrameProject::from).collect(),
            can_create_project: holds(self, Permission::ProjectsCreate),
            can_manage: holds(self, Permission::MembersUpdate),
            is_server_admin: self.server_admin,
            is_break_glass: person.is_some_and(|person| person.is_break_glass),
            permissions: self.permissions.iter().map(Permission::as_str).collect(),
        }
    }

    fn frame_project(&self, key: &str) -> Option<FrameProject> {
        self.project(key).map(FrameProject::from)
    }

    fn zone(&self) -> chrono_tz::Tz {
        Actor::zone(self)
    }
}

impl From<&ProjectAccess> for FrameProject {
    fn from(project: &ProjectAccess) -> Self {
        FrameProject { key: project.key.clone(), name: project.name.clone(), is_restricted: project.is_restricted }
    }
}

impl Actor {
    /// Those that are not archived, in the order of `projects`.
    pub fn active_projects(&self) -> impl Iterator<Item = &ProjectAccess> {
        self.projects.iter().filter(|project| !project.is_archived)
    }

    /// The projects that menus name, by name: of many those that one was granted come before those that are open to all.
    pub fn picked(&self) -> Vec<&ProjectAccess> {
        let mut picked: Vec<_> = self.active_projects().collect();
        if picked.len() > MAX_PICKED {
            let (granted, open): (Vec<_>, Vec<_>) = picked.into_iter().partition(|project| project.is_granted);
            picked = granted.into_iter().chain(open).take(MAX_PICKED).collect();
            picked.sort_by_cached_key(|project| project.by_name());
        }
        picked
    }

    /// Projects whose key or name holds each of these words, in the order of `projects`.
    pub fn projects_named(&self, words: &str) -> impl Iterator<Item = &ProjectAccess> {
        let words: Vec<String> = words.to_lowercase().split_whitespace().map(str::to_owned).collect();
        self.projects.iter().filter(move |project| {
            let name = format!("{} {}", project.key, project.name).to_lowercase();
            words.iter().all(|word| name.contains(word))
        })
    }

    pub fn session_id(&self) -> Option<SessionId> {
        self.person.as_ref().and_then(|person| person.session_id)
    }
}
