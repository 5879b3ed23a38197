//! Coming back from a provider: whose account it is, and letting them in. Issuer and subject say who somebody is; an address only
//! helps at the first time, and only where everybody concerned has vouched for it.

use crate::access::{Actor, Thing, Verb, may};
use crate::audit::{self, Act, ActKind};
use crate::config::Config;
use crate::db::Tx;
use crate::db::sql::{Bind, Sql};
use crate::error::{Error, Msg, Result};
use crate::mail::{self, Letter};
use crate::people::{Entry, Membership, Organisation, OrganisationRole, Person, PersonId, Session};
use crate::signin::Ways;
use crate::sso::model::connection::{Connection, ConnectionId};
use crate::sso::model::enforcement::Enforcement;
use crate::sso::model::gifts::Gift;
use crate::sso::model::who::Who;
use crate::vault::Vault;
use chrono::{DateTime, Utc};
use diesel::QueryableByName;
use diesel::sql_types::{Bool, Text, Timestamptz, Uuid as SqlUuid};
use uuid::Uuid;

/// What becomes of an arrival.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Decision {
    /// Theirs already.
    Enter(PersonId),
    /// Their account by its address; it has no password that could be asked for.
    Link(PersonId),
    /// The same, after its password.
    Prove(PersonId),
    /// A new account.
    Create,
    /// Nobody here has the address: only an invitation helps.
    Stranger,
    /// Nothing; in words.
    Refuse(Msg),
}

#[derive(QueryableByName)]
struct Known {
    #[diesel(sql_type = SqlUuid)]
    person_id: PersonId,
    #[diesel(sql_type = Bool)]
    is_active: bool,
}

impl Who {
    /// Whose account it is, if anybody's.
    pub fn linked(&self, tx: &mut Tx) -> Result<Option<PersonId>> {
        Ok(self.known(tx)?.map(|known| known.person_id))
    }

    fn known(&self, tx: &mut Tx) -> Result<Option<Known>> {
        let mut sql = Sql::named(
            "sso::linked",
            "select l.person_id, p.deactivated_at is null and exists (select 1 from memberships m where m.person_id = p.id) as is_active
             from sso_links l join people p on p.id = l.person_id where l.issuer = ",
        );
        sql.bind(self.issuer.as_str()).push(" and l.subject = ").bind(self.subject.as_str());
        Ok(sql.load(tx.conn())?.into_iter().next())
    }

    pub fn decide(&self, tx: &mut Tx, connection: &Connection) -> Result<Decision> {
        let refuse = |key: &'static str| Ok(Decision::Refuse(Msg::new(key).with("name", &connection.name)));
        match self.known(tx)? {
            Some(known) if known.is_active => return Ok(Decision::Enter(known.person_id)),
            Some(_) => return refuse("sign-on-deactivated"),
            None => {}
        }
        let Some(email) = &self.email else { return refuse("sign-on-no-email") };
        if connection.require_email_verified && !self.is_verified {
            return refuse(self.unverified());
        }
        match Person::by_email(tx, email)? {
            Some(person) => self.decide_about(tx, connection, person),
            // An address that nobody vouches for makes no account, whatever else is configured.
            None if self.is_verified && connection.allows(email) => Ok(Decision::Create),
            None => Ok(Decision::Stranger),
        }
    }

    /// There is an account with the address: three must vouch for it before it counts.
    fn decide_about(&self, tx: &mut Tx, connection: &Connection, person: Person) -> Result<Decision> {
        let refuse = |key: &'static str| Ok(Decision::Refuse(Msg::new(key).with("name", &connection.name)));
        let is_ours = connection.allows(&person.email) && self.is_verified && has_verified_address(tx, person.id)?;
        if !is_ours {
            return refuse("sign-on-not-linked");
        }
        if person.deactivated_at.is_some() {
            return refuse("sign-on-deactivated");
        }
        if has_link(tx, person.id, &self.issuer)? {
            return refuse("sign-on-other-subject");
        }
        match person.password_hash.is_some() {
            // A password alone is not all that this account asks for.
            true if Ways::of_factors(tx, person.id)?.has_factor() => refuse("sign-on-not-linked"),
            true => Ok(Decision::Prove(person.id)),
            // Whoever can set up a connection could else walk into the account of somebody who comes another way.
            false if has_another_way(tx, person.id)? => refuse("sign-on-not-linked"),
            false => Ok(Decision::Link(person.id)),
        }
    }

    /// A session for who is linked; the answer is its token. `Invalid` when that is nobody any more.
    pub fn enter(&self, tx: &mut Tx, me: &Actor, entry: Entry, keep: (Option<String>, &Vault)) -> Result<String> {
        let permit = may(tx, me, Verb::See, &Thing::Door)?;
        let known = self.known(tx)?.filter(|known| known.is_active);
        let person = known.ok_or_else(|| Error::invalid("", "sign-on-gone"))?.person_id;
        let token = self.begin(tx, me, person, (entry, keep))?;
        let act = Act::new(ActKind::SignedIn).target("person", person).note("sso_connection", self.connection.0);
        audit::record(tx, permit, act)?;
        Ok(token)
    }

    /// What the connection's rules say of them now; then the session, with what the provider must be told (and tells) about it later.
    fn begin(
        &self,
        tx: &mut Tx,
        me: &Actor,
        person: PersonId,
        (entry, (id_token, vault)): (Entry, (Option<String>, &Vault)),
    ) -> Result<String> {
        self.settle(tx, me, person)?;
        let token = Session::begin(tx, person, entry)?;
        // A sign-on that the provider answered from memory is no fresh one. Where it does not say, neither do we.
        let at = self.authenticated_at.unwrap_or(DateTime::<Utc>::UNIX_EPOCH).min(tx.now);
        let session = Session::set_authenticated(tx, &token, at)?;
        // Without a key the provider gets no hint at the end, and asks the person instead.
        let sealed =
            id_token.filter(|_| vault.is_ready()).map(|text| vault.seal(session.0, text.as_bytes())).transpose()?;
        let mut sql = Sql::named(
            "sso::begin_session",
            "insert into sso_sessions (session_id, connection_id, subject, provider_session, id_token, name_words) values (",
        );
        sql.bind(session).push(", ").bind(self.connection).push(", ").bind(self.subject.as_str()).push(", nullif(");
        sql.bind(self.provider_session.as_deref().unwrap_or_default()).push(", ''), nullif(");
        sql.bind(sealed.unwrap_or_default()).push(", ''), ");
        match &self.name_words {
            Some(words) => sql.bind(Bind::Json(words.clone())),
            None => sql.push("null"),
        };
        sql.push(")");
        sql.execute(tx.conn())?;
        let mut sql = Sql::named("sso::use_link", "update sso_links set last_used_at = ");
        sql.bind(tx.now).push(" where issuer = ").bind(self.issuer.as_str());
        sql.push(" and subject = ").bind(self.subject.as_str());
        sql.execute(tx.conn())?;
        Ok(token)
    }

    /// Links who has just been made and begins their first session. Whoever calls has asked and keeps the entry.
    pub fn begin_first(
        &self,
        tx: &mut Tx,
        me: &Actor,
        person: PersonId,
        (entry, vault): (Entry, &Vault),
    ) -> Result<String> {
        self.insert_link(tx, person)?;
        self.begin(tx, me, person, (entry, (None, vault)))
    }

    /// Makes it the account's: its other sessions end, and its person is told. Whoever calls has asked.
    pub fn link(&self, tx: &mut Tx, me: &Actor, person: PersonId, config: &Config) -> Result<()> {
        // Before any session is touched: who waits for both takes them in this order.
        Membership::take_turn(tx)?;
        let permit = may(tx, me, Verb::Add, &Thing::Door)?;
        self.insert_link(tx, person)?;
        let ended = Session::end_all(tx, person, None)?;
        self.tell(tx, person, config)?;
        let act = Act::new(ActKind::SsoLinked).target("person", person).note("sso_connection", self.connection.0);
        audit::record(tx, permit, act.note("sessions_ended", ended))
    }

    /// The same by the person who is signed in and wants it: nothing ends but what may be a stranger's.
    pub fn connect(&self, tx: &mut Tx, me: &Actor, config: &Config) -> Result<()> {
        let person = me.person_id().ok_or(Error::SignIn)?;
        let permit = may(tx, me, Verb::Add, &Thing::Account(person))?;
        match self.linked(tx)? {
            Some(found) if found == person => {
                permit.unused(tx);
                return Ok(());
            }
            Some(_) => return Err(Error::invalid("", "sign-on-of-another")),
            None if has_link(tx, person, &self.issuer)? => return Err(Error::invalid("", "sign-on-linked-already")),
            None => self.insert_link(tx, person)?,
        }
        let ended = Session::end_all(tx, person, me.session_id())?;
        self.tell(tx, person, config)?;
        let act = Act::new(ActKind::SsoLinked).target("person", person).note("sso_connection", self.connection.0);
        audit::record(tx, permit, act.note("sessions_ended", ended))
    }

    pub(in crate::sso) fn insert_link(&self, tx: &mut Tx, person: PersonId) -> Result<()> {
        let mut sql = Sql::named(
            "sso::link",
            "insert into sso_links (id, connection_id, issuer, subject, person_id, email, created_at, last_used_at) values (",
        );
        sql.bind(tx.new_id()).push(", ").bind(self.connection).push(", ").bind(self.issuer.as_str()).push(", ");
        sql.bind(self.subject.as_str()).push(", ").bind(person).push(", ");
        sql.bind(self.email.as_deref().unwrap_or_default()).push(", ").bind(tx.now).push(", ").bind(tx.now).push(")");
        let raced = crate::error::on_constraint("sso_links_", "", "sign-on-raced");
        sql.execute(tx.conn()).map_err(Error::from).map_err(raced)?;
        Ok(())
    }

    fn tell(&self, tx: &mut Tx, person: PersonId, config: &Config) -> Result<()> {
        let (person, connection) = (Person::find(tx, person)?, Connection::by_id(tx, self.connection)?);
        let letter = Letter::new(Msg::new("mail-linked-subject").with("name", &connection.name))
            .line(Msg::new("mail-linked").with("name", &connection.name))
            .note("mail-linked-not-you".into());
        mail::send(tx, &letter.to(&person.email, config)?)
    }

    /// An account for somebody of an allowed domain, linked, with the least role. `Invalid` when it may not be.
    pub fn create(&self, tx: &mut Tx, me: &Actor) -> Result<PersonId> {
        let permit = may(tx, me, Verb::Add, &Thing::Door)?;
        let organisation = Organisation::only(tx)?.ok_or_else(|| Error::invalid("", "sign-on-gone"))?.id;
        let id = PersonId(tx.new_id());
        let membership = Membership {
            id: tx.new_id(),
            organisation_id: organisation,
            person_id: id,
            role: OrganisationRole::Member,
            created_at: tx.now,
        };
        self.person(tx, id)?.insert(tx, &membership)?;
        self.insert_link(tx, id)?;
        let act = Act::new(ActKind::MemberAdded).target("person", id).note("role", OrganisationRole::Member.as_str());
        audit::record(tx, permit, act.note("sso_connection", self.connection.0))?;
        Ok(id)
    }

    /// A row for who signs in elsewhere.
    pub fn person(&self, tx: &mut Tx, id: PersonId) -> Result<Person> {
        let handle = Person::free_handle(tx, &self.name)?;
        let email = self.email.clone().ok_or_else(|| Error::invalid("", "sign-on-gone"))?;
        // Its address stays unverified: only a mail of ours would prove it.
        Ok(Person::new(id, self.name.clone(), email, handle, tx.now))
    }
}

fn has_link(tx: &mut Tx, person: PersonId, issuer: &str) -> Result<bool> {
    let mut sql = Sql::named("sso::has_link", "select 1 as one from sso_links where person_id = ");
    sql.bind(person).push(" and issuer = ").bind(issuer);
    Ok(sql.execute(tx.conn())? > 0)
}

/// `Invalid` for who has no password, and for everybody while sign-on is required: then a password is no way in.
fn check_another_way(tx: &mut Tx, person: PersonId) -> Result<()> {
    if Enforcement::now(tx)?.is_some() {
        return Err(Error::invalid("", "problem-last-way-in-required"));
    }
    match Person::find(tx, person)?.password_hash {
        Some(_) => Ok(()),
        None => Err(Error::invalid("", "problem-last-way-in")),
    }
}

/// Whether somebody without a password comes in otherwise: through another provider, also one that is closed for now, or with a factor.
fn has_another_way(tx: &mut Tx, person: PersonId) -> Result<bool> {
    let mut sql = Sql::named("sso::has_another_way", "select 1 as one from people p where p.id = ");
    sql.bind(person).push(
        " and (exists (select 1 from sso_links l where l.person_id = p.id)
           or exists (select 1 from factors f where f.person_id = p.id and f.confirmed_at is not null))",
    );
    Ok(sql.execute(tx.conn())? > 0)
}

/// Whether a mail of ours reached the address.
fn has_verified_address(tx: &mut Tx, person: PersonId) -> Result<bool> {
    let mut sql = Sql::named("sso::verified", "select 1 as one from people where verified_at is not null and id = ");
    sql.bind(person);
    Ok(sql.execute(tx.conn())? > 0)
}

/// A way in, as its person sees it.
#[derive(Debug, Clone, QueryableByName)]
pub struct Link {
    #[diesel(sql_type = SqlUuid)]
    pub id: Uuid,
    #[diesel(sql_type = SqlUuid)]
    pub connection_id: ConnectionId,
    #[diesel(sql_type = Text)]
    pub name: String,
    #[diesel(sql_type = Text)]
    pub email: String,
    #[diesel(sql_type = Timestamptz)]
    pub created_at: DateTime<Utc>,
    #[diesel(sql_type = Timestamptz)]
    pub last_used_at: DateTime<Utc>,
    #[diesel(sql_type = Text)]
    pub subject: String,
}

impl Link {
    /// For samples.
    pub fn sample() -> Self {
        let at = DateTime::<Utc>::UNIX_EPOCH;
        Link {
            id: Uuid::nil(),
            connection_id: ConnectionId(Uuid::nil()),
            name: "Halden ID".to_owned(),
            email: "ada@halden.example".to_owned(),
            created_at: at,
            last_used_at: at,
            subject: "248289761001".to_owned(),
        }
    }

    /// A person's own.
    pub fn list(tx: &mut Tx, person: PersonId) -> Result<Vec<Link>> {
        let mut sql = Sql::named(
            "sso::links",
            "select l.id, l.connection_id, c.name, l.email, l.created_at, l.last_used_at, l.subject
             from sso_links l join sso_connections c on c.id = l.connection_id where l.person_id = ",
        );
        sql.bind(person).push(" order by l.created_at, l.id");
        Ok(sql.load(tx.conn())?)
    }

    /// Takes a way in away, what its rules gave, and the sessions that began through it, but the one it is done in. `Invalid` for one's
    /// own only one that opens now.
    /// (Another's is asked for as a member too: see `Member::disconnect`.)
    pub fn remove(tx: &mut Tx, me: &Actor, person: PersonId, id: Uuid) -> Result<()> {
        let permit = may(tx, me, Verb::Remove, &Thing::Account(person))?;
        Membership::take_turn(tx)?;
        let all = Link::list(tx, person)?;
        let link = all.iter().find(|link| link.id == id).ok_or(Error::NotFound)?;
        let open = Connection::open_ones(tx)?;
        let opens = |other: &Link| other.id != id && open.iter().any(|connection| connection.id == other.connection_id);
        if me.is(Some(person)) && !all.iter().any(opens) {
            check_another_way(tx, person)?;
        }
        let mut sql = Sql::named("sso::unlink", "delete from sso_links where id = ");
        sql.bind(id).push(" and person_id = ").bind(person);
        sql.execute(tx.conn())?;
        let (connection, subject, current) = (link.connection_id, link.subject.clone(), me.session_id());
        let lost = Gift::end_of_link(tx, me, (person, connection))?;
        let ended = crate::sso::model::connection::end_where(tx, |sql| {
            sql.push("o.connection_id = ").bind(connection).push(" and o.subject = ").bind(subject);
            sql.push(" and s.id is distinct from ").bind(current.map(|id| id.0));
        })?;
        let act = Act::new(ActKind::SsoUnlinked).target("person", person).note("sso_connection", connection.0);
        let act = if lost.people.is_empty() { act } else { act.note("rules_ended", true) };
        audit::record(tx, permit, act.note("sessions_ended", ended.len() + lost.sessions))
    }
}
