//! A scope as an actor. Its reach is worked out from places, not from who is in them today: what the weakest reader could read.

use crate::access::{Actor, OrganisationCard, Place, Standing};
use crate::db::Tx;
use crate::db::sql::Sql;
use crate::error::{Error, Result};
use crate::people::Organisation;
use diesel::QueryableByName;
use diesel::sql_types::{Text, Uuid as SqlUuid};
use uuid::Uuid;

#[derive(QueryableByName)]
struct Name {
    #[diesel(sql_type = Text)]
    name: String,
}

#[derive(QueryableByName)]
struct Id {
    #[diesel(sql_type = SqlUuid)]
    id: Uuid,
}

impl Actor {
    /// The organisation reads itself and every open project; a project and a group only themselves, because a key may read one project
    /// and nothing else; a private place is its person. `NotFound` for a person who may no longer enter.
    pub fn of_scope(tx: &mut Tx, place: Place) -> Result<Actor> {
        let reads = match place {
            Place::Person(person) => return Actor::of_person(tx, person),
            Place::Project(_) | Place::Group(_) => vec![place.id()],
            Place::Organisation(id) => {
                let sql = Sql::named(
                    "access::open_projects",
                    "select id from projects where visibility = 'open' order by id",
                );
                let open = sql.load::<Id>(tx.conn())?.into_iter().map(|row| row.id);
                std::iter::once(id.0).chain(open).collect()
            }
        };
        let organisation = Organisation::only(tx)?.ok_or(Error::NotFound)?;
        let card = OrganisationCard { id: organisation.id, name: organisation.name, time_zone: organisation.time_zone };
        let archived = archived(tx, place)?;
        Ok(Actor::standing(card, Standing { place, reads, archived }))
    }
}

/// The name of a place that is an archived project.
fn archived(tx: &mut Tx, place: Place) -> Result<Option<String>> {
    let Place::Project(id) = place else { return Ok(None) };
    let mut sql = Sql::named("access::archived", "select name from projects where archived_at is not null and id = ");
    sql.bind(id);
    Ok(sql.load::<Name>(tx.conn())?.into_iter().next().map(|row| row.name))
}
