//! Saved views: a list's address under a name, one's own or shared.

use crate::access::{Actor, Kind, Thing, Verb, may};
use crate::db::Tx;
use crate::db::sql::Sql;
use crate::error::{Error, Result, on_constraint};
use crate::people::PersonId;
use crate::text::value::Name;
use crate::typed_id;
use diesel::QueryableByName;
use diesel::sql_types::{Bool, Text, Uuid as SqlUuid};

typed_id!(ViewId);

#[derive(Debug, Clone, QueryableByName)]
pub struct SavedView {
    #[diesel(sql_type = SqlUuid)]
    pub id: ViewId,
    #[diesel(sql_type = SqlUuid)]
    pub owner_id: PersonId,
    #[diesel(sql_type = Text)]
    pub name: String,
    /// The query part of the list's address, without `?`.
    #[diesel(sql_type = Text)]
    pub query: String,
    #[diesel(sql_type = Bool)]
    pub shared: bool,
}

/// Tabs beyond this many help nobody.
pub const MAX_VIEWS: usize = 30;

const SELECT: &str = "select id, owner_id, name, query, shared from saved_views where kind = ";

/// Key of the project that the address of a list names.
pub fn project_of(query: &str) -> Option<String> {
    url::form_urlencoded::parse(query.as_bytes()).find(|(name, _)| name == "project").map(|(_, key)| key.into_owned())
}

impl SavedView {
    /// One's own and the shared ones, by name.
    pub fn list(tx: &mut Tx, me: &Actor, kind: Kind) -> Result<Vec<SavedView>> {
        let mut sql = Sql::named("records::views", SELECT);
        sql.bind(kind).push(" and (owner_id = ").bind(me.person_id().map(|id| id.0));
        sql.push(" or (shared and organisation_id = ").bind(me.organisation_id().map(|id| id.0));
        sql.push(")) order by shared, lower(name), id limit ").number(MAX_VIEWS);
        Ok(sql.load(tx.conn())?)
    }

    /// Saves the list as it stands; the same name again replaces one's own view, but never one that others see by one that they don't, the
    /// other way round, or that of another project, which one may not have before one's eyes.
    pub fn save(tx: &mut Tx, me: &Actor, kind: Kind, name: &Name, query: &str, shared: bool) -> Result<ViewId> {
        let (Some(person), Some(organisation)) = (me.person_id(), me.organisation_id()) else {
            return Err(Error::SignIn);
        };
        let permit = may(tx, me, Verb::Add, &Thing::Own(person))?;
        if let Some(standing) = SavedView::named(tx, person, kind, name)? {
            standing.check_replaced(query, shared)?;
        }
        let id = ViewId(tx.new_id());
        let mut sql = Sql::named(
            "records::save_view",
            "insert into saved_views (id, organisation_id, owner_id, kind, name, query, shared, created_at) values (",
        );
        sql.bind(id).push(", ").bind(organisation).push(", ").bind(person).push(", ").bind(kind).push(", ");
        sql.bind(name.as_str()).push(", ").bind(query).push(", ").bind(shared).push(", ").bind(tx.now);
        sql.push(") on conflict (owner_id, kind, name) do update set query = excluded.query");
        let problem = on_constraint("saved_views_query_check", "name", "problem-view-too-long");
        sql.execute(tx.conn()).map_err(Error::from).map_err(problem)?;
        permit.unused(tx);
        Ok(id)
    }

    /// One's own view of this name.
    fn named(tx: &mut Tx, person: PersonId, kind: Kind, name: &Name) -> Result<Option<SavedView>> {
        let mut sql = Sql::named("records::view_named", SELECT);
        sql.bind(kind).push(" and owner_id = ").bind(person).push(" and name = ").bind(name.as_str());
        Ok(sql.load(tx.conn())?.into_iter().next())
    }

    fn check_replaced(&self, query: &str, shared: bool) -> Result<()> {
        let problem = match (self.shared == shared, self.project() == project_of(query)) {
            (true, true) => return Ok(()),
            (true, false) => "problem-view-elsewhere",
            (false, _) if shared => "problem-view-own",
            (false, _) => "problem-view-shared",
        };
        Err(Error::invalid("name", problem))
    }

    /// Key of the project it is of.
    pub fn project(&self) -> Option<String> {
        project_of(&self.query)
    }

    /// Removes one's own view.
    pub fn remove(tx: &mut Tx, me: &Actor, id: ViewId) -> Result<()> {
        let person = me.person_id().ok_or(Error::SignIn)?;
        let permit = may(tx, me, Verb::Remove, &Thing::Own(person))?;
        let mut sql = Sql::named("records::remove_view", "delete from saved_views where id = ");
        sql.bind(id).push(" and owner_id = ").bind(person);
        if sql.execute(tx.conn())? == 0 {
            return Err(Error::NotFound);
        }
        permit.unused(tx);
        Ok(())
    }
}
