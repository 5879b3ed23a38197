//! Writing a person's row. The rooms that call these have asked first and keep the entry.

use crate::db::Tx;
use crate::db::sql::Sql;
use crate::error::{Error, Msg, Result, on_constraint};
use crate::people::roles::Holder;
use crate::people::{AccountLink, Membership, OrganisationRole, Person, PersonId, Purpose};
use crate::schema::{memberships, people};
use chrono::{DateTime, Utc};
use diesel::prelude::*;
use uuid::Uuid;

impl Person {
    /// The person with their membership. `Invalid` at `email` when the address has an account.
    pub fn insert(&self, tx: &mut Tx, membership: &Membership) -> Result<()> {
        let taken = on_constraint("people_email_key", "email", "problem-email-taken");
        let raced = on_constraint("people_handle_key", "", "problem-handle-raced");
        let done = diesel::insert_into(people::table).values(self).execute(tx.conn());
        done.map_err(Error::from).map_err(taken).map_err(raced)?;
        diesel::insert_into(memberships::table).values(membership).execute(tx.conn())?;
        Ok(())
    }

    /// `Invalid` at `handle` when somebody else has it.
    pub fn set_profile(&self, tx: &mut Tx, name: &str, handle: &str, time_zone: Option<&str>) -> Result<()> {
        let row = (people::name.eq(name), people::handle.eq(handle), people::time_zone.eq(time_zone));
        let done = diesel::update(people::table.find(self.id)).set(row).execute(tx.conn());
        done.map_err(Error::from).map_err(on_constraint("people_handle_key", "handle", "problem-handle-taken"))?;
        Ok(())
    }

    /// argon2id, PHC format.
    pub fn set_password_hash(tx: &mut Tx, id: PersonId, hash: &str) -> Result<()> {
        diesel::update(people::table.find(id)).set(people::password_hash.eq(hash)).execute(tx.conn())?;
        Ok(())
    }

    /// The address is theirs: a link mailed to it was followed.
    pub fn set_verified(tx: &mut Tx, id: PersonId) -> Result<()> {
        let now = tx.now;
        diesel::update(people::table.find(id)).set(people::verified_at.eq(now)).execute(tx.conn())?;
        Ok(())
    }

    /// A new, proven address. `Invalid` at `email` when it has an account.
    pub fn set_email(tx: &mut Tx, id: PersonId, email: &str) -> Result<()> {
        let now = tx.now;
        let row = (people::email.eq(email), people::verified_at.eq(now));
        let done = diesel::update(people::table.find(id)).set(row).execute(tx.conn());
        done.map_err(Error::from).map_err(on_constraint("people_email_key", "email", "problem-email-taken"))?;
        Ok(())
    }

    pub fn set_server_admin(tx: &mut Tx, id: PersonId, is_server_admin: bool) -> Result<()> {
        diesel::update(people::table.find(id)).set(people::server_admin.eq(is_server_admin)).execute(tx.conn())?;
        Ok(())
    }

    /// None keeps what is.
    pub fn set_look(tx: &mut Tx, id: PersonId, theme: Option<&str>, palette: Option<&str>) -> Result<()> {
        if let Some(theme) = theme {
            diesel::update(people::table.find(id)).set(people::theme.eq(theme)).execute(tx.conn())?;
        }
        if let Some(palette) = palette {
            diesel::update(people::table.find(id)).set(people::palette.eq(palette)).execute(tx.conn())?;
        }
        Ok(())
    }

    /// None lets them in again, without the tokens they had.
    pub fn set_deactivated(tx: &mut Tx, id: PersonId, at: Option<DateTime<Utc>>) -> Result<()> {
        if at.is_some() {
            crate::people::Token::revoke_all(tx, id)?;
        }
        let row = (people::deactivated_at.eq(at), people::held_at.eq(None::<DateTime<Utc>>));
        diesel::update(people::table.find(id)).set(row).execute(tx.conn())?;
        Ok(())
    }

    /// The company's directory has shut them out: only it or an owner lets them in again.
    pub fn hold(tx: &mut Tx, id: PersonId) -> Result<()> {
        let now = tx.now;
        diesel::update(people::table.find(id)).set(people::held_at.eq(now)).execute(tx.conn())?;
        Ok(())
    }

    /// Somebody here shuts out whom the directory has shut out already: both must let them in.
    pub fn close_beside(tx: &mut Tx, id: PersonId) -> Result<()> {
        let now = tx.now;
        diesel::update(people::table.find(id)).set(people::deactivated_at.eq(now)).execute(tx.conn())?;
        Ok(())
    }

    /// The directory's bolt is drawn back; who was also deactivated here stays so.
    pub fn let_go(tx: &mut Tx, id: PersonId) -> Result<()> {
        diesel::update(people::table.find(id)).set(people::held_at.eq(None::<DateTime<Utc>>)).execute(tx.conn())?;
        Ok(())
    }

    /// The address that the directory gives them; verified when the directory may vouch for it. What was mailed before, to the old
    /// address or to confirm another, no longer works. `Invalid` at `email` when it has an account.
    pub fn set_directory_email(
        tx: &mut Tx,
        id: PersonId,
        email: &str,
        verified_at: Option<DateTime<Utc>>,
    ) -> Result<()> {
        let row = (people::email.eq(email), people::verified_at.eq(verified_at));
        let done = diesel::update(people::table.find(id)).set(row).execute(tx.conn());
        done.map_err(Error::from).map_err(on_constraint("people_email_key", "email", "problem-email-taken"))?;
        AccountLink::drop_of_person(tx, Purpose::Reset, id)?;
        AccountLink::drop_of_person(tx, Purpose::Email, id)
    }

    pub fn set_name(tx: &mut Tx, id: PersonId, name: &str) -> Result<()> {
        diesel::update(people::table.find(id)).set(people::name.eq(name)).execute(tx.conn())?;
        Ok(())
    }
}

impl Membership {
    /// Changes of anybody's place take turns, from whichever door, so that two who leave at once do not both count the other.
    /// Whoever waited sees what the other did, and must ask again what is left of their own rights.
    pub fn take_turn(tx: &mut Tx) -> Result<()> {
        Sql::named("people::take_turn", "select 1 as one from organisations for no key update").execute(tx.conn())?;
        Ok(())
    }

    /// Those of them who are admins become members; answers who.
    pub fn lower_admins(tx: &mut Tx, people: &[Uuid]) -> Result<Vec<PersonId>> {
        let mut sql = Sql::named(
            "people::lower_admins",
            "update memberships set role = 'member' where role = 'admin' and person_id = any(",
        );
        sql.bind(people.to_vec()).push(") returning person_id");
        Ok(sql.load::<Holder>(tx.conn())?.into_iter().map(|row| row.person_id).collect())
    }

    pub fn set_role(tx: &mut Tx, person: PersonId, role: OrganisationRole) -> Result<()> {
        let row = memberships::table.filter(memberships::person_id.eq(person));
        diesel::update(row).set(memberships::role.eq(role)).execute(tx.conn())?;
        Ok(())
    }
}

pub const MIN_HANDLE_CHARS: usize = 2;
pub const MAX_HANDLE_CHARS: usize = 40;

/// What stands after `@`: letters, digits, dots, dashes and underscores in lower case, a letter or digit at both ends.
pub fn parse_handle(input: &str) -> Result<String, Msg> {
    let handle = input.trim().trim_start_matches('@').to_lowercase();
    let count = handle.chars().count();
    let fits = (MIN_HANDLE_CHARS..=MAX_HANDLE_CHARS).contains(&count)
        && handle.chars().all(|c| c.is_alphanumeric() || matches!(c, '.' | '-' | '_'))
        && handle.starts_with(char::is_alphanumeric)
        && handle.ends_with(char::is_alphanumeric);
    match fits {
        true => Ok(handle),
        false => Err(Msg::new("problem-handle").with("min", MIN_HANDLE_CHARS).with("max", MAX_HANDLE_CHARS)),
    }
}
