//! The two forms of one rule agree: what `can` answers, `visible` lists, for every person and record of random worlds.

use crate::harness::*;
use diesel::QueryableByName;
use diesel::sql_types::{Nullable, Text, Uuid as SqlUuid};
use proptest::prelude::*;
use proptest::test_runner::{Config, TestCaseError, TestRunner};
use std::cell::Cell;
use std::collections::BTreeSet;
use std::fmt::Write;
use tow::access::{Actor, Kind, Permission, Place, ProjectId, Scope, Thing, Verb, can, visible};
use tow::db::Tx;
use tow::db::paging::Page;
use tow::db::sql::Sql;
use tow::error::Error;
use tow::people::{NewToken, TokenKind};
use tow::records::{BY_CREATED, BY_TITLE, BY_UPDATED, List, RECORD_COLUMNS, Record, Sort, Which};
use tow::web::{Caller, Entrance, random_token, token_hash};
use uuid::Uuid;

const CASES: u32 = 24;
const PEOPLE: [Who; 6] = [ADA, BEN, CLEO, VERA, DOV, EDDA];
const GROUPS: usize = 3;
/// Its place among the kinds.
const RISK: usize = 2;

/// Whatever may come: projects (open?, archived?), organisation roles, who is in which group, grants (project, person or
/// group, role), and records (place, author, archived?, minute of its last change, kind); and tokens and keys.
#[derive(Debug, Clone)]
struct World {
    projects: Vec<(bool, bool)>,
    roles: Vec<usize>,
    members: Vec<(usize, usize)>,
    grants: Vec<(usize, usize, usize)>,
    records: Vec<(usize, usize, usize, bool, u8, usize)>,
    tokens: Vec<Narrow>,
}

/// A token or key: whose (past the people: the organisation's), its scopes, its projects.
type Narrow = (usize, Vec<usize>, Option<Vec<usize>>);

fn worlds() -> impl Strategy<Value = World> {
    let projects = prop::collection::vec((any::<bool>(), any::<bool>()), 1..12);
    let roles = prop::collection::vec(0..3_usize, PEOPLE.len());
    let members = prop::collection::vec((0..GROUPS, 0..PEOPLE.len()), 0..8);
    let grants = prop::collection::vec((0..12_usize, 0..PEOPLE.len() + GROUPS, 0..4_usize), 0..16);
    // A third of them risks, whose pages are walked.
    let kind = (0..Kind::ALL.len() * 3).prop_map(|number| if number % 3 == 0 { RISK } else { number / 3 });
    let record = (0..4_usize, 0..12_usize, 0..PEOPLE.len(), any::<bool>(), any::<u8>(), kind);
    let records = prop::collection::vec(record, 1..60);
    let narrow = prop::option::of(prop::collection::vec(0..12_usize, 0..4));
    let token = (0..PEOPLE.len() + 2, prop::collection::vec(0..Scope::ALL.len(), 1..6), narrow);
    let tokens = prop::collection::vec(token, 1..6);
    (projects, roles, members, grants, records, tokens).prop_map(
        |(projects, roles, members, grants, records, tokens)| World {
            projects,
            roles,
            members,
            grants,
            records,
            tokens,
        },
    )
}

fn project_id(number: usize) -> Uuid {
    Uuid::from_u128(0x9100 + number as u128)
}

fn group_id(number: usize) -> Uuid {
    Uuid::from_u128(0x9200 + number as u128)
}

impl World {
    fn sql(&self) -> String {
        let mut sql = String::new();
        let (at, halden) = (start().to_rfc3339(), HALDEN.0);
        for (number, (open, archived)) in self.projects.iter().enumerate() {
            let visibility = if *open { "open" } else { "restricted" };
            let archived = if *archived { format!("'{at}'") } else { "null".to_owned() };
            let _ = writeln!(
                sql,
                "insert into projects (id, organisation_id, key, name, visibility, created_at, archived_at)
                values ('{}', '{halden}', 'PP{number}', 'Project {number}', '{visibility}', '{at}', {archived});",
                project_id(number)
            );
        }
        for (who, role) in PEOPLE.iter().zip(&self.roles) {
            let role = ["member", "admin", "owner"][*role];
            let _ = writeln!(sql, "update memberships set role = '{role}' where person_id = '{}';", who.id);
        }
        for number in 0..GROUPS {
            let _ = writeln!(
                sql,
                "insert into groups (id, organisation_id, name, created_at) values ('{}', '{halden}', 'G{number}', '{at}');",
                group_id(number)
            );
        }
        for (group, person) in &self.members {
            let _ = writeln!(
                sql,
                "insert into group_members values ('{}', '{}', '{at}') on conflict do nothing;",
                group_id(*group),
                PEOPLE[*person].id
            );
        }
        for (project, grantee, role) in &self.grants {
            let role = ["viewer", "member", "lead", "admin"][*role];
            let (column, id) = match PEOPLE.get(*grantee) {
                Some(who) => ("person_id", who.id.0),
                None => ("group_id", group_id(grantee - PEOPLE.len())),
            };
            let project = project_id(project % self.projects.len());
            let _ = writeln!(
                sql,
                "insert into project_grants (id, project_id, {column}, role, created_at)
                values (gen_random_uuid(), '{project}', '{id}', '{role}', '{at}') on conflict do nothing;"
            );
        }
        for (number, record) in self.records.iter().enumerate() {
            sql.push_str(&self.record(number, record));
        }
        sql
    }

    fn record(
        &self,
        number: usize,
        (scope, place, author, archived, minute, kind): &(usize, usize, usize, bool, u8, usize),
    ) -> String {
        let (scope, column, id) = match scope {
            0 => ("organisation", "", String::new()),
            1 => ("project", ", project_id", format!(", '{}'", project_id(place % self.projects.len()))),
            2 => ("group", ", group_id", format!(", '{}'", group_id(place % GROUPS))),
            _ => ("user", ", owner_id", format!(", '{}'", PEOPLE[*author].id)),
        };
        // A chat is a person's alone; elsewhere there is none.
        let kind = match Kind::ALL[*kind] {
            Kind::Chat if scope != "user" => Kind::Risk,
            kind => kind,
        };
        let at = |minutes: i64| (start() + chrono::Duration::minutes(minutes)).to_rfc3339();
        let archived = if *archived { format!("'{}'", at(0)) } else { "null".to_owned() };
        format!(
            "insert into records (id, organisation_id, kind, number, display_id, scope{column}, title, author_id, created_at, updated_at, archived_at)
             values ('{}', '{}', '{}', {number}, 'RISK-{number}', '{scope}'{id}, 'title {}', '{}', '{}', '{}', {archived});\n",
            Uuid::from_u128(0x9300 + number as u128), HALDEN.0, kind, minute % 7, PEOPLE[*author].id, at(0), at(i64::from(*minute) / 8),
        )
    }
}

impl World {
    /// A program with this token, let in as at a request.
    fn program(&self, tx: &mut Tx, (whose, scopes, projects): &Narrow) -> Result<Actor, Error> {
        let (person, hash) = (PEOPLE.get(*whose), token_hash(&random_token()));
        let mut narrowed: Option<Vec<Uuid>> =
            projects.as_ref().map(|of| of.iter().map(|number| project_id(number % self.projects.len())).collect());
        if let Some(narrowed) = &mut narrowed {
            narrowed.sort();
            narrowed.dedup();
        }
        let token = NewToken {
            organisation: HALDEN,
            kind: if person.is_some() { TokenKind::Personal } else { TokenKind::Service },
            name: "Robot".to_owned(),
            person: person.map(|who| who.id),
            creator: ADA.id,
            hash: hash.clone(),
            hint: "…".to_owned(),
            scopes: scopes.iter().map(|number| Scope::ALL[*number].to_string()).collect(),
            projects: narrowed,
            networks: Vec::new(),
            expires_at: tx.now + chrono::Duration::days(1),
        };
        token.insert(tx)?;
        let caller = Caller {
            session: None,
            binding: String::new(),
            address: "203.0.113.7".to_owned(),
            browser: String::new(),
            request_id: Uuid::nil(),
            step_up_max_age_seconds: 900,
        };
        match Actor::of_token(tx, &caller, &hash)? {
            Entrance::Open(me, _) => Ok(me),
            Entrance::Closed(_, why) => panic!("{why:?}"),
        }
    }
}

/// Runs the check on random worlds, each undone afterwards.
fn in_random_worlds(check: impl Fn(&mut Tx, &Actor) -> Result<(), TestCaseError>) {
    let app = App::new();
    let mut runner = TestRunner::new(Config { cases: CASES, failure_persistence: None, ..Config::default() });
    let ran = runner.run(&worlds(), |world| {
        app.undoing(|| {
            app.sql(&world.sql());
            app.tx(|tx| {
                let mut asking =
                    PEOPLE.iter().map(|who| Actor::of_person(tx, who.id)).collect::<Result<Vec<_>, _>>()?;
                for token in &world.tokens {
                    asking.push(world.program(tx, token)?);
                }
                Ok(asking.iter().try_for_each(|me| check(tx, me)))
            })
        })
    });
    ran.unwrap_or_else(|error| panic!("{error}"));
}

fn fail(error: Error) -> TestCaseError {
    TestCaseError::fail(error.to_string())
}

#[derive(QueryableByName)]
struct Id {
    #[diesel(sql_type = SqlUuid)]
    id: Uuid,
}

fn ids(tx: &mut Tx, sql: Sql) -> Result<BTreeSet<Uuid>, TestCaseError> {
    let rows = sql.load::<Id>(tx.conn()).map_err(|error| fail(error.into()))?;
    Ok(rows.into_iter().map(|row| row.id).collect())
}

fn all_records(tx: &mut Tx) -> Result<Vec<Record>, TestCaseError> {
    Sql::new(&format!("select {RECORD_COLUMNS} from records r")).load(tx.conn()).map_err(|error| fail(error.into()))
}

#[test]
fn what_is_listed_is_what_may_be_seen_for_everybody_and_every_record() {
    in_random_worlds(|tx, me| {
        let mut sql = Sql::new("select r.id from records r where ");
        sql.append(&visible::records(me));
        let listed = ids(tx, sql)?;
        let asked = all_records(tx)?
            .iter()
            .filter(|record| can(me, Verb::See, &record.thing()))
            .map(|record| record.id.0)
            .collect();
        prop_assert_eq!(&listed, &asked);
        // Place by place it is the same.
        let mut by_place = BTreeSet::new();
        for record in all_records(tx)? {
            let mut sql = Sql::new("select r.id from records r where ");
            sql.append(&visible::in_place(me, record.place()));
            by_place.extend(ids(tx, sql)?);
        }
        prop_assert_eq!(by_place, asked);
        let operator = Actor::of_operator(tx).map_err(fail)?;
        for record in all_records(tx)? {
            let mut sql = Sql::new("select r.id from records r where r.id = ");
            sql.bind(record.id.0).push(" and ").append(&visible::in_place(&operator, record.place()));
            prop_assert_eq!(ids(tx, sql)?.is_empty(), record.owner_id.is_some());
        }
        Ok(())
    });
}

#[test]
fn a_program_changes_only_records_of_the_kinds_that_its_scopes_open_for_writing() {
    in_random_worlds(|tx, me| {
        let Some(program) = me.program.clone() else { return Ok(()) };
        for record in all_records(tx)? {
            let is_open = Scope::writing(record.kind).is_some_and(|scope| program.may(scope));
            for verb in [Verb::Add, Verb::Edit, Verb::Close, Verb::Decide, Verb::Remove, Verb::Share] {
                prop_assert!(is_open || !can(me, verb, &record.thing()), "{} {verb} {:?}", record.kind, program.scopes);
            }
        }
        Ok(())
    });
}

#[test]
fn a_scope_lists_what_it_may_see_and_reads_only_what_each_of_its_readers_reads() {
    in_random_worlds(|tx, me| {
        // Of a program's readers none is asked: which kinds it reads is another matter, and no scope of tokens opens snapshots.
        if me.program.is_some() {
            return Ok(());
        }
        let all = all_records(tx)?;
        let mut sql = Sql::new("select r.id from records r where ");
        sql.append(&visible::records(me));
        let own = ids(tx, sql)?;
        let mut places: Vec<Place> = Vec::new();
        for record in all.iter().filter(|record| record.owner_id.is_none()) {
            if !places.contains(&record.place()) {
                places.push(record.place());
            }
        }
        for place in places {
            let scope = Actor::of_scope(tx, place).map_err(fail)?;
            let mut sql = Sql::new("select r.id from records r where ");
            sql.append(&visible::records(&scope));
            let listed = ids(tx, sql)?;
            let asked: BTreeSet<Uuid> =
                all.iter().filter(|record| can(&scope, Verb::See, &record.thing())).map(|record| record.id.0).collect();
            prop_assert_eq!(&listed, &asked);
            let is_reader = all.iter().any(|record| record.place() == place && can(me, Verb::See, &record.thing()));
            prop_assert!(!is_reader || listed.is_subset(&own), "{:?} reads more than one of its readers", place);
            prop_assert!(all.iter().all(|record| !can(&scope, Verb::Edit, &record.thing())));
        }
        Ok(())
    });
}

#[test]
fn the_projects_listed_are_those_that_may_be_seen() {
    in_random_worlds(|tx, me| {
        let mut sql = Sql::new("select p.id from projects p where ");
        sql.append(&visible::projects(me));
        let listed = ids(tx, sql)?;
        let all = ids(tx, Sql::new("select p.id from projects p"))?;
        let asked = all.into_iter().filter(|id| can(me, Verb::See, &Thing::Project(ProjectId(*id)))).collect();
        prop_assert_eq!(listed, asked);
        Ok(())
    });
}

#[derive(QueryableByName)]
struct Row {
    #[diesel(embed)]
    record: Record,
    #[diesel(sql_type = Nullable<Text>)]
    sort_value: Option<String>,
}

#[test]
fn pages_together_are_the_visible_records_in_order_whether_one_reads_few_places_or_many() {
    let (few, many) = (Cell::new(0), Cell::new(0));
    in_random_worlds(|tx, me| {
        let count = if visible::few_places(me).is_some() { &few } else { &many };
        count.set(count.get() + 1);
        for sort in [BY_UPDATED, BY_CREATED, BY_TITLE] {
            for archived in [false, true] {
                let found = pages(tx, me, sort, archived)?;
                prop_assert_eq!(&found, &expected(tx, me, sort, archived)?, "{} {}", sort.key, archived);
                prop_assert_eq!(counted(tx, me, archived)?, found.len());
            }
        }
        Ok(())
    });
    assert!(few.get() > 0 && many.get() > 0, "both ways of asking must be tried: {} {}", few.get(), many.get());
}

#[test]
fn the_list_of_one_project_is_what_the_whole_list_has_of_it_and_empty_to_who_cannot_see_it() {
    let app = App::new();
    for who in EVERYBODY.into_iter().filter(|who| *who != HUGO) {
        app.as_(who).tx(|tx, me| {
            for project in [ATLAS, BEACON] {
                let mut list = List::new(Kind::Ticket, "tests::list", "", "");
                let all: Page<Row> = list.page(tx, me, |row: &Row| (None, row.record.id.0))?;
                list.project = Some(project);
                let of_it: Page<Row> = list.page(tx, me, |row: &Row| (None, row.record.id.0))?;
                let ids = |page: &Page<Row>| page.rows.iter().map(|row| row.record.id.0).collect::<Vec<_>>();
                let wanted = all.rows.iter().filter(|row| row.record.project_id == Some(project));
                assert_eq!(ids(&of_it), wanted.map(|row| row.record.id.0).collect::<Vec<_>>(), "{}", who.name);
                assert!(me.project_by_id(project).is_some() || of_it.rows.is_empty());
            }
            Ok(())
        });
    }
}

fn pages(tx: &mut Tx, me: &Actor, sort: Sort, archived: bool) -> Result<Vec<Uuid>, TestCaseError> {
    let mut list = List::new(Kind::Risk, "tests::list", "", "");
    (list.sort, list.which, list.size) = (sort, Which::archived(archived), 3);
    let mut found = Vec::new();
    loop {
        let page = list.page(tx, me, |row: &Row| (row.sort_value.clone(), row.record.id.0)).map_err(fail)?;
        found.extend(page.rows.iter().map(|row| row.record.id.0));
        prop_assert!(found.len() <= 60, "paging does not end");
        list.after = page.next;
        if list.after.is_none() {
            return Ok(found);
        }
    }
}

fn counted(tx: &mut Tx, me: &Actor, archived: bool) -> Result<usize, TestCaseError> {
    let mut list = List::new(Kind::Risk, "tests::list", "", "");
    list.which = Which::archived(archived);
    list.count(tx, me).map(|count| usize::try_from(count).unwrap()).map_err(fail)
}

fn expected(tx: &mut Tx, me: &Actor, sort: Sort, archived: bool) -> Result<Vec<Uuid>, TestCaseError> {
    let mut records = all_records(tx)?;
    records.retain(|record| {
        record.kind == Kind::Risk && record.is_archived() == archived && can(me, Verb::See, &record.thing())
    });
    match sort.key {
        "title" => records.sort_by_key(|record| (record.title.clone(), record.id.0)),
        "created" => records.sort_by_key(|record| std::cmp::Reverse((record.created_at, record.id.0))),
        _ => records.sort_by_key(|record| std::cmp::Reverse((record.updated_at, record.id.0))),
    }
    Ok(records.into_iter().map(|record| record.id.0).collect())
}

#[test]
fn nobody_lists_the_private_records_of_somebody_else() {
    let app = App::new();
    for who in EVERYBODY.into_iter().filter(|who| ![CLEO, HUGO].contains(who)) {
        let listed = app.as_(who).tx(|tx, me| {
            let mut sql = Sql::new("select r.id from records r where r.owner_id is not null and ");
            sql.append(&visible::records(me));
            Ok(sql.load::<Id>(tx.conn())?.len())
        });
        assert_eq!(listed, 0, "{}", who.name);
    }
}

#[test]
fn the_page_of_permissions_is_made_from_the_catalogue_and_the_table() {
    let page = tow::access::reference::markdown();
    let kept = std::fs::read_to_string(checkout().join("docs/permissions.md")).unwrap();
    assert!(page == kept, "run bin/regenerate");
    assert!(!page.contains('{'));
}

#[test]
fn every_permission_is_asked_for_by_some_verb() {
    let files = walkdir::WalkDir::new(checkout().join("src")).into_iter().map(|entry| entry.unwrap().into_path());
    let is_asking = |path: &std::path::Path| {
        let name = path.to_string_lossy();
        name.ends_with(".rs") && !name.ends_with("tests.rs") && !name.ends_with("access/permission.rs")
    };
    let code: String =
        files.filter(|path| is_asking(path)).map(|path| std::fs::read_to_string(path).unwrap()).collect();
    let is_unasked = |name: &String| !code.contains(&format!("Permission::{name}"));
    let unasked: Vec<String> = Permission::ALL.iter().map(|one| format!("{one:?}")).filter(is_unasked).collect();
    assert_eq!(unasked, Vec::<String>::new(), "no verb asks for these: they do not belong in the catalogue yet");
}

#[test]
fn every_permission_and_area_has_words() {
    for permission in Permission::ALL {
        let area = format!("permission-area-{}", permission.area().replace('_', "-"));
        for key in [permission.label(), area] {
            assert_ne!(tow::ui::text(&key), key);
        }
    }
}

/// What the page says of a person and a thing.
fn explain(app: &App, who: Who, whom: Who, id: &str) -> String {
    let page = app.as_(who).get(&format!("/settings/access/explain?user={}&record={id}", whom.handle()));
    assert_eq!(page.status, 200, "{} {} {id}", who.name, whom.name);
    page.text()
}

#[test]
fn an_explanation_says_why_in_words() {
    let app = App::new();
    for (whom, id, words) in [
        (VERA, "ATL-1", "Vera Novak can see"),
        (VERA, "ATL-1", "a grant as Viewer"),
        (VERA, "ATL-1", "This needs the role member in Atlas; you are viewer."),
        (DOV, "ATL-1", "Dov Peretz cannot see"),
        (DOV, "ATL-1", "For them it does not exist"),
        (DOV, "atl", "the project is restricted, and no grant reaches them"),
        (DOV, "BCN", "the project is open"),
        (BEN, "ATL", "Admin of the organisation"),
        (CLEO, "TOW-2", "they are in the group Planners"),
        (DOV, "TOW-2", "it belongs to the group Planners, and they are not in it"),
        (DOV, "TOW-1", "it belongs to the whole organisation"),
        (HUGO, "ATL-1", "They may not sign in"),
    ] {
        let page = explain(&app, ADA, whom, id);
        assert!(page.replace("&#39;", "'").contains(words), "{} {id}: {words}", whom.name);
    }
    assert!(explain(&app, CLEO, ADA, "TOW-3").contains("Ada Lindqvist cannot see"), "one's own private ticket");
    assert!(explain(&app, EDDA, DOV, "ATL-1").contains("cannot see"), "a lead manages the project");
}

#[test]
fn an_explanation_is_for_who_manages_the_thing_and_hides_what_they_do_not_see() {
    let app = App::new();
    let ask = |who: Who, id: &str| app.as_(who).get(&format!("/settings/access/explain?user=dov&record={id}")).status;
    for id in ["TOW-3", "ATL-999", "nonsense", "a%00b", &"x".repeat(5000)] {
        assert_eq!(ask(ADA, id), 422, "{id:.20}");
    }
    // What one may not know of is answered as what is not there, and what was typed stays.
    let page = app.as_(ADA).get("/settings/access/explain?user=dov&record=TOW-3");
    assert!(page.has("Nothing that you manage has this ID or key") && page.has("value=\"TOW-3\""), "{}", page.text());
    assert_eq!((ask(DOV, "ATL-1"), ask(CLEO, "ATL-1"), ask(VERA, "TOW-1"), ask(EDDA, "TOW-1")), (403, 403, 403, 403));
    assert_eq!((ask(DOV, "ATL-999"), ask(CLEO, "ATL-999")), (403, 403));
    assert_eq!(app.as_(ADA).get("/settings/access/explain?user=nobody&record=ATL-1").status, 422);
    assert_eq!(app.as_(DOV).get("/settings/access/explain").status, 403);
    assert_eq!(app.as_(EDDA).get("/settings/access/explain").status, 200);
}

#[test]
fn an_explanation_says_what_the_table_says_for_everybody_and_everything() {
    let app = App::new();
    open_security_desk(&app);
    for whom in EVERYBODY.into_iter().filter(|who| *who != HUGO).chain([SAMI]) {
        for id in ["ATL-1", "ATL-2", "BCN-1", "TOW-1", "TOW-2", "DEC-1", "DEC-2", "DEC-3"] {
            let (explanation, they, thing) = app.as_(ADA).tx(|tx, me| {
                let thing = Record::find_any(tx, me, id)?.thing();
                Ok((tow::access::Explanation::of(tx, me, whom.id, &thing)?, Actor::of_person(tx, whom.id)?, thing))
            });
            for (verb, answer) in &explanation.answers {
                assert_eq!(can(&they, *verb, &thing), *answer == tow::access::Answer::Yes, "{} {id} {verb}", whom.name);
            }
            assert!(!explanation.reasons.is_empty(), "{} {id}", whom.name);
        }
    }
}
