//! The named world. A test is a sentence about Cleo and a ticket, without a paragraph of preparation. Its ids sort before
//! anything a test makes.

use super::{App, run};
use chrono::{DateTime, Duration, TimeZone, Utc};
use diesel::PgConnection;
use tow::access::{Actor, Kind, Permit, Place, ProjectId};
use tow::db::{self, Tx};
use tow::decisions::{self, NewDecision};
use tow::people::{GroupId, OrganisationId, PersonId, RoleId};
use tow::records::{NewRecord, Record};
use tow::text::value::{Body, Title};
use tow::tickets::{NewTicket, Status, TicketKind};
use uuid::Uuid;

impl App {
    /// Ada has required sign-on through a connection that is there or made now.
    pub fn require_sign_on(&self) {
        self.sql(&format!(
            "insert into sso_connections (id, source, name, issuer, client_id, scopes, username_claim, email_claim, email_verified_claim,
               given_name_claim, family_name_claim, require_email_verified, provider_logout_enabled, allowed_domains, acr_values, revision, enabled_at, created_at)
             select gen_random_uuid(), 'page', 'Halden ID', 'https://id.halden.example', 'tow', 'openid email', 'preferred_username', 'email',
               'email_verified', 'given_name', 'family_name', true, false, '{{}}', '', 1, p.created_at, p.created_at
             from people p where p.id = '{ada}' and not exists (select 1 from sso_connections);
             insert into sso_enforcements (id, connection_id, enforced_by, enforced_at)
             select gen_random_uuid(), c.id, p.id, p.created_at from people p, (select id from sso_connections order by source limit 1) c where p.id = '{ada}'",
            ada = ADA.id
        ));
    }
}

/// Somebody of the world.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Who {
    pub name: &'static str,
    pub id: PersonId,
}

impl Who {
    const fn new(name: &'static str, number: u128) -> Who {
        Who { name, id: PersonId(Uuid::from_u128(0x0100 + number)) }
    }

    /// `cleo@halden.example`
    pub fn email(self) -> String {
        format!("{}@halden.example", self.handle())
    }

    pub fn handle(self) -> String {
        self.name.split(' ').next().unwrap_or_default().to_lowercase()
    }
}

/// Owner and server admin.
pub const ADA: Who = Who::new("Ada Lindqvist", 1);
/// Organisation admin.
pub const BEN: Who = Who::new("Ben Okafor", 2);
/// Member of Atlas, in the group Planners.
pub const CLEO: Who = Who::new("Cleo Marchetti", 3);
/// Viewer of Atlas.
pub const VERA: Who = Who::new("Vera Novak", 4);
/// Member of the organisation, without any grant.
pub const DOV: Who = Who::new("Dov Peretz", 5);
/// Lead of Atlas.
pub const EDDA: Who = Who::new("Edda Holm", 6);
/// Admin of Atlas.
pub const FINN: Who = Who::new("Finn Aalto", 7);
/// Server admin, otherwise a member without any grant.
pub const GRO: Who = Who::new("Gro Solberg", 8);
/// Deactivated; was a member of Atlas.
pub const HUGO: Who = Who::new("Hugo Brandt", 9);

/// A member with the custom role "Security desk". Not in the world until `open_security_desk`.
pub const SAMI: Who = Who::new("Sami Aho", 10);

pub const EVERYBODY: [Who; 9] = [ADA, BEN, CLEO, VERA, DOV, EDDA, FINN, GRO, HUGO];

/// Everybody's.
pub const PASSWORD: &str = "seven grey herons";

pub const HALDEN: OrganisationId = OrganisationId(Uuid::from_u128(0x01));
/// Restricted; key ATL.
pub const ATLAS: ProjectId = ProjectId(Uuid::from_u128(0x11));
/// Open; key BCN.
pub const BEACON: ProjectId = ProjectId(Uuid::from_u128(0x12));
pub const PLANNERS: GroupId = GroupId(Uuid::from_u128(0x21));
pub const SECURITY_DESK: RoleId = RoleId(Uuid::from_u128(0x31));

/// In Atlas, for Cleo: "Order steel for the north pier".
pub const STEEL: &str = "ATL-1";
/// In Atlas, done: "Crane hire for week 12".
pub const CRANE: &str = "ATL-2";
/// In Beacon, nobody's: "Repaint the lighthouse door".
pub const DOOR: &str = "BCN-1";
/// The whole organisation's: "Renew the fire insurance".
pub const INSURANCE: &str = "TOW-1";
/// The Planners': "Draft the spring plan".
pub const SPRING: &str = "TOW-2";
/// Cleo's alone: "Ask about the night shift".
pub const SECRET: &str = "TOW-3";
/// The whole organisation's, active: "Two suppliers for steel".
pub const SUPPLIERS: &str = "DEC-1";
/// In Atlas, proposed: "Piles, not caissons".
pub const PILES: &str = "DEC-2";
/// The Planners', active: "Plan by season".
pub const SEASONS: &str = "DEC-3";
/// Cleo's alone: "Leave in May".
pub const MAY: &str = "DEC-4";

/// When a test's clock begins: a Tuesday morning.
pub fn start() -> DateTime<Utc> {
    Utc.with_ymd_and_hms(2026, 12, 1, 9, 0, 0).unwrap()
}

/// Into a migrated, empty database.
pub fn load(conn: &mut PgConnection) {
    run(conn, &people());
    run(conn, PLACES);
    let mut at = start() - Duration::days(30);
    db::touch(conn, at, Uuid::nil(), db::Chore::Expiry, |tx| {
        for (place, author, status, kind, title) in tickets() {
            // An hour apart, so that the order of lists is certain.
            at += Duration::hours(1);
            tx.now = at;
            ticket(tx, place, author, status, kind, title);
        }
        for (place, author, status, title) in decisions() {
            at += Duration::hours(1);
            tx.now = at;
            decision(tx, place, author, status, title);
        }
        Ok(())
    })
    .expect("the world could not be made");
}

fn tickets() -> [(Place, Who, Status, TicketKind, &'static str); 6] {
    [
        (Place::Project(ATLAS), CLEO, Status::Todo, TicketKind::Task, "Order steel for the north pier"),
        (Place::Project(ATLAS), EDDA, Status::Done, TicketKind::Task, "Crane hire for week 12"),
        (Place::Project(BEACON), BEN, Status::Backlog, TicketKind::Bug, "Repaint the lighthouse door"),
        (Place::Organisation(HALDEN), ADA, Status::InProgress, TicketKind::Task, "Renew the fire insurance"),
        (Place::Group(PLANNERS), CLEO, Status::Todo, TicketKind::Story, "Draft the spring plan"),
        (Place::Person(CLEO.id), CLEO, Status::Todo, TicketKind::Task, "Ask about the night shift"),
    ]
}

fn decisions() -> [(Place, Who, decisions::Status, &'static str); 4] {
    [
        (Place::Organisation(HALDEN), ADA, decisions::Status::Active, "Two suppliers for steel"),
        (Place::Project(ATLAS), EDDA, decisions::Status::Proposed, "Piles, not caissons"),
        (Place::Group(PLANNERS), CLEO, decisions::Status::Active, "Plan by season"),
        (Place::Person(CLEO.id), CLEO, decisions::Status::Proposed, "Leave in May"),
    ]
}

fn ticket(tx: &mut Tx, place: Place, author: Who, status: Status, kind: TicketKind, title: &str) {
    let me = Actor::of_person(tx, author.id).unwrap();
    let assignee = (title == "Order steel for the north pier").then_some(CLEO.id);
    let new = NewTicket {
        place,
        kind,
        title: Title::parse(title).unwrap(),
        body: Body::parse("").unwrap(),
        status,
        priority: 3,
        assignee,
        parent: None,
        labels: Vec::new(),
        start_on: None,
        due_on: None,
        estimate: None,
    };
    new.create(tx, &me).unwrap();
}

fn decision(tx: &mut Tx, place: Place, author: Who, status: decisions::Status, title: &str) {
    let me = Actor::of_person(tx, author.id).unwrap();
    let empty = || Body::parse("").unwrap();
    let new = NewDecision {
        place,
        title: Title::parse(title).unwrap(),
        status,
        context: empty(),
        decision: empty(),
        alternatives: empty(),
        consequences: empty(),
        decided_on: None,
        review_on: None,
        tags: Vec::new(),
        supersedes: None,
    };
    new.create(tx, &me).unwrap();
}

/// A bare parent row, for tests about records of any kind.
pub fn record(tx: &mut Tx, me: &Actor, kind: Kind, place: Place, title: &str) -> (Record, Permit) {
    NewRecord { kind, place, title: Title::parse(title).unwrap() }.insert(tx, me).unwrap()
}

/// Cheap parameters: what a password is worth is tested where it is hashed.
fn password_hash() -> String {
    use argon2::password_hash::PasswordHasher;
    let cheap = argon2::Params::new(8, 1, 1, None).unwrap();
    argon2::Argon2::from(cheap).hash_password(PASSWORD.as_bytes()).unwrap().to_string()
}

fn people() -> String {
    let hash = password_hash();
    let at = (start() - Duration::days(60)).to_rfc3339();
    let mut sql = format!(
        "insert into organisations (id, name, about, mode, time_zone, created_at) values ('{}', 'Halden', '', 'organization', 'UTC', '{at}');",
        HALDEN.0
    );
    for (number, who) in EVERYBODY.into_iter().enumerate() {
        let server_admin = [ADA, GRO].contains(&who);
        let gone = if who == HUGO { format!("'{at}'") } else { "null".to_owned() };
        let role = if who == ADA {
            "owner"
        } else if who == BEN {
            "admin"
        } else {
            "member"
        };
        sql.push_str(&format!(
            "insert into people (id, name, email, handle, password_hash, server_admin, theme, palette, created_at, deactivated_at)
             values ('{id}', '{}', '{}', '{}', '{hash}', {server_admin}, 'system', 'default', '{at}', {gone});
             insert into memberships (id, organisation_id, person_id, role, created_at)
             values ('{}', '{}', '{id}', '{role}', '{at}');",
            who.name,
            who.email(),
            who.handle(),
            Uuid::from_u128(0x0200 + number as u128),
            HALDEN.0,
            id = who.id.0,
        ));
    }
    sql
}

/// Projects, grants and the group; the ids are those of the constants above.
const PLACES: &str = "
insert into groups (id, organisation_id, name, created_at)
  select '00000000-0000-0000-0000-000000000021', id, 'Planners', created_at from organisations;
insert into group_members (group_id, person_id, created_at)
  select g.id, p.id, g.created_at from groups g, people p where p.handle = 'cleo';
insert into projects (id, organisation_id, key, name, visibility, created_at)
  select '00000000-0000-0000-0000-000000000011'::uuid, id, 'ATL', 'Atlas', 'restricted', created_at from organisations
  union all select '00000000-0000-0000-0000-000000000012'::uuid, id, 'BCN', 'Beacon', 'open', created_at from organisations;
insert into project_grants (id, project_id, person_id, role, created_at)
  select gen_random_uuid(), a.id, p.id, r.role, a.created_at from projects a, people p,
    (values ('cleo', 'member'), ('vera', 'viewer'), ('edda', 'lead'), ('finn', 'admin'), ('hugo', 'member')) r(handle, role)
  where a.key = 'ATL' and p.handle = r.handle;
";

/// Sami, and the role he holds: security_configuration.manage and audit.view.
pub fn open_security_desk(app: &super::App) {
    let (role, sami, at) = (SECURITY_DESK, SAMI.id, start().to_rfc3339());
    app.sql(&format!(
        "insert into people (id, name, email, handle, created_at) values ('{sami}', 'Sami Aho', 'sami@halden.example', 'sami', '{at}');
         insert into memberships (id, organisation_id, person_id, role, created_at) values ('{sami}', '{}', '{sami}', 'member', '{at}');
         insert into roles (id, organisation_id, name, created_at) values ('{role}', '{}', 'Security desk', '{at}');
         insert into role_permissions values ('{role}', 'security_configuration.manage'), ('{role}', 'audit.view'), ('{role}', 'from.the_future');
         insert into person_roles values ('{sami}', '{role}', '{at}')",
        HALDEN.0, HALDEN.0
    ));
}

/// The domain is the company's own, by its record.
pub fn prove_domain(app: &App, domain: &str) {
    app.sql(&format!(
        "insert into sso_domains (id, organisation_id, domain, challenge, proof, created_at, verified_at, window_began_at)
         select gen_random_uuid(), id, '{domain}', 'x', 'record', created_at, created_at, created_at from organisations"
    ));
}
