//! Search by meaning: what is found, and that nothing is found that its reader may not see.

use super::*;
use proptest::prelude::*;
use std::collections::BTreeSet;
use std::sync::Arc;
use tow::access::{Actor, Program, Scope};
use tow::ai::{Level, Policy, Sphere};
use tow::people::TokenId;
use tow::search::{Answer, Question, Words};
use tow::vectors::*;
use uuid::Uuid;

/// Atlas has a ticket about a boat, and everything a vector.
fn harbour(models: &Models) -> App {
    with_a_boat(models.app())
}

/// In a database of its own, whose statistics are nobody else's.
fn measured_harbour(models: &Models) -> App {
    with_a_boat(models.own_app())
}

/// The same without the index of distances, which takes seconds to take thousands in.
fn unwalked_harbour(models: &Models) -> App {
    let app = measured_harbour(models);
    app.sql(&format!("drop index {}", meaning(&app, "x").set.index_name()));
    app
}

fn with_a_boat(app: App) -> App {
    index(&app);
    says(&app, STEEL, "Boat, boat, boat, boat.");
    embed(&app);
    app
}

fn asked(models: &Models) -> Vec<String> {
    let is_question = |body: &serde_json::Value| {
        body["input"].as_array().is_some_and(|texts| texts.len() == 1 && !texts[0].as_str().unwrap().contains('\n'))
    };
    models
        .bodies()
        .iter()
        .filter(|body| is_question(body))
        .map(|body| body["input"][0].as_str().unwrap().to_owned())
        .collect()
}

const PLANS: [Plan; 3] = [Plan::Each, Plan::Bits, Plan::Walk];

fn meaning(app: &App, text: &str) -> Meaning {
    Meaning { set: app.tx(|tx| Set::find(tx, SetState::Serving)).unwrap(), vector: vector(text, DIM) }
}

fn near(app: &App, who: Who, text: &str, reach: &Reach, plan: Plan) -> Vec<Near> {
    let meaning = meaning(app, text);
    app.read(who, |tx, me| nearest_by(tx, me, &meaning, reach, plan)).unwrap()
}

#[test]
fn other_words_of_the_same_meaning_are_found_by_who_may_read_them() {
    let models = Models::new();
    let app = harbour(&models);
    for path in ["/search?q=vessel", "/palette?q=the+vessel"] {
        assert!(app.as_(CLEO).get(path).has("ATL-1"), "{path}");
        assert!(!app.as_(DOV).get(path).has("ATL-1"), "{path}");
    }
    let page = app.as_(CLEO).get("/search?q=vessel");
    assert!(page.has("Boat, boat") && page.has("1 result"), "{}", page.text());
    assert!(app.as_(CLEO).get("/search?q=vessel&kind=decision").has("No results"), "a filter by kind");
    assert!(app.as_(CLEO).get("/search?q=vessel&project=ATL").has("ATL-1"));
    assert!(!app.as_(CLEO).get("/search?q=vessel&project=BCN").has("ATL-1"));
}

#[test]
fn the_counts_beside_the_results_count_what_was_found_by_meaning() {
    let models = Models::new();
    let app = harbour(&models);
    // Before a read, which has the only connection.
    let known = meaning(&app, "vessel");
    let question = |kinds: &[&str]| tow::search::Question {
        meaning: Some(known.clone()),
        kinds: kinds.iter().map(|kind| (*kind).to_owned()).collect(),
        ..tow::search::Question::new(tow::search::Words::parse("vessel").unwrap())
    };
    for kinds in [&[][..], &["ticket"], &["decision"]] {
        let Answer { hits, facets, is_least } = app.read(CLEO, |tx, me| question(kinds).answer(tx, me)).unwrap();
        assert!(!is_least, "{kinds:?}");
        let counts: Vec<_> = facets.iter().map(|facet| (facet.kind.as_str(), facet.count)).collect();
        assert_eq!((counts, hits.len()), (vec![("ticket", 1)], usize::from(kinds != ["decision"])), "{kinds:?}");
        assert!(hits.iter().all(|hit| hit.total == 1));
    }
    let Answer { hits, facets, .. } = app.read(DOV, |tx, me| question(&[]).answer(tx, me)).unwrap();
    assert!(hits.is_empty() && facets.is_empty());
}

/// So many records of this kind in Atlas, each with one passage about boats.
fn fleet(app: &App, kind: &str, count: usize) {
    let set = meaning(app, "x").set.id;
    app.sql(&format!(
        "insert into records (id, organisation_id, kind, number, display_id, scope, project_id, title, created_at, updated_at)
           select gen_random_uuid(), '{}', '{kind}', 2000 + n, 'T-{kind}-' || n, 'project', '{}', 'No {kind} ' || n, current_timestamp, current_timestamp from generate_series(1, {count}) n;
         insert into passages (id, record_id, place_id, kind, source, part, title, text, hash, at, is_waiting)
           select gen_random_uuid(), id, place_id, kind, 'body', 0, title, 'boat', sha256(title::bytea), updated_at, false from records where display_id like 'T-{kind}-%';
         insert into vectors (set_id, passage_id, place_id, whole)
           select {set}, p.id, p.place_id, (select array_agg(w + 0.05 * random())::real[]::vector from unnest('{}'::vector::real[]) w where p.id is not null) from passages p join records r on r.id = p.record_id where r.display_id like 'T-{kind}-%'",
        HALDEN.0,
        ATLAS.0,
        literal(&vector("boat", DIM)),
    ));
}

#[test]
fn a_count_beside_a_filter_is_what_the_filter_finds_or_says_that_it_is_only_a_part() {
    let models = Models::new();
    let app = harbour(&models);
    fleet(&app, "decision", 70);
    fleet(&app, "risk", 60);
    let known = meaning(&app, "ship");
    let ask = |kinds: &[&str], places: &[Uuid]| {
        let kinds = kinds.iter().map(|kind| (*kind).to_owned()).collect();
        let words = Words::parse("ship").unwrap();
        let question =
            Question { meaning: Some(known.clone()), kinds, places: places.to_vec(), ..Question::new(words) };
        app.read(CLEO, |tx, me| question.answer(tx, me)).unwrap()
    };
    let count = |answer: &Answer, kind: &str| {
        answer.facets.iter().filter(|facet| facet.kind == kind).map(|facet| facet.count).sum::<i64>()
    };
    let all = ask(&[], &[]);
    assert!(all.is_least && (100..103).contains(&all.hits[0].total), "{}", all.hits[0].total);
    assert!(count(&all, "decision") + count(&all, "risk") < 130);
    for places in [&[][..], &[ATLAS.0]] {
        let risks = ask(&["risk"], places);
        assert_eq!((risks.hits[0].total, count(&risks, "risk")), (60, 60), "{places:?}");
        // Of the others only those among the nearest hundred are known, which is said.
        assert!(risks.is_least && count(&risks, "decision") >= NEAREST as i64 - 60 - 1);
    }
    let page = app.as_(CLEO).get("/search?q=ship&kind=risk");
    assert!(page.has(">60+</span>"), "{}", page.text());
}

#[test]
fn found_by_words_and_by_meaning_comes_before_found_by_one() {
    let models = Models::new();
    let app = harbour(&models);
    says(&app, CRANE, "The vessel, vessel, vessel.");
    embed(&app);
    let page = app.as_(CLEO).get("/search?q=vessel");
    let at = |id: &str| page.text().find(&format!("/tickets/{id}")).unwrap_or(usize::MAX);
    assert!(at(CRANE) < at(STEEL) && at(STEEL) < usize::MAX, "{}", page.text());
}

#[test]
fn a_question_leaves_once_for_each_person_and_not_again_for_ten_minutes() {
    let models = Models::new();
    let app = harbour(&models);
    let before = asked(&models).len();
    for _ in 0..3 {
        assert_eq!(app.as_(CLEO).get("/search?q=a+vessel").status, 200);
    }
    assert_eq!(asked(&models)[before..], ["a vessel"]);
    assert_eq!(app.as_(VERA).get("/search?q=a+vessel").status, 200);
    assert_eq!(asked(&models).len(), before + 2);
    let of = |who: Who| {
        app.count(&format!(
            "select count(*) from ai_calls where purpose = 'search' and records = '{{}}' and person_id = '{}'",
            who.id
        ))
    };
    assert_eq!((of(CLEO), of(VERA)), (1, 1));
    app.advance(chrono::Duration::minutes(KEEP_MINUTES));
    assert_eq!(app.as_(CLEO).get("/search?q=a+vessel").status, 200);
    assert_eq!(asked(&models).len(), before + 3);
}

#[test]
fn a_question_is_forgotten_after_ten_minutes_although_nobody_asks_much() {
    let models = Models::new();
    let app = harbour(&models);
    let set = meaning(&app, "x").set;
    let key =
        |host: &str, text: &str| Key { host: host.to_owned(), set: set.clone(), person: None, text: text.to_owned() };
    let (now, minutes) = (app.state().clock.now(), chrono::Duration::minutes);
    let mut questions = Questions::new();
    questions.keep(key("here", "a boat"), vec![1.0], now);
    questions.keep(key("there", "a boat"), vec![2.0], now);
    assert_eq!(questions.find(&key("here", "a boat"), now + minutes(KEEP_MINUTES - 1)), Some(vec![1.0]));
    assert_eq!(questions.find(&key("here", "another"), now - minutes(1)), None);
    assert_eq!(questions.count(), 2);
    assert_eq!(questions.find(&key("here", "another"), now + minutes(KEEP_MINUTES)), None);
    assert_eq!(questions.count(), 1, "the words of an old question stay in no memory");
    for number in 0..=MAX_KEPT {
        questions.keep(key("here", &number.to_string()), Vec::new(), now);
    }
    assert_eq!((questions.count(), questions.find(&key("here", "0"), now)), (MAX_KEPT, None));
}

#[test]
fn ids_quotes_exclusions_and_beginnings_do_not_leave() {
    let models = Models::new();
    let app = harbour(&models);
    let before = models.asked().len();
    for q in ["ATL-1", "%22a+vessel%22", "vessel+-steel", "vessel+or+crane", "ve", ""] {
        assert_eq!(app.as_(CLEO).get(&format!("/search?q={q}")).status, 200);
    }
    assert_eq!(app.as_(CLEO).get("/palette?q=vesse").status, 200);
    assert_eq!(models.asked().len(), before);
}

#[test]
fn a_provider_that_is_away_or_slow_leaves_search_by_words_which_says_so() {
    let models = Models::new();
    let app = harbour(&models);
    let alone = "your words only";
    for turn in [Turn::Fails(500, "down", Vec::new()), Turn::Garbled, Turn::Vectors(3)] {
        models.then([turn]);
        let page = app.as_(CLEO).get("/search?q=steel+pier");
        assert!(page.status == 200 && page.has("ATL-1") && page.has(alone), "{}", page.text());
    }
    assert!(!app.as_(CLEO).get("/search?q=steel+pier").has(alone));
    models.then([Turn::Late(FAR_TOO_LATE)]);
    let begun = std::time::Instant::now();
    let page = app.as_(CLEO).get("/search?q=steel+piles");
    assert!(page.has(alone), "{}", page.text());
    models.then([Turn::Late(FAR_TOO_LATE)]);
    assert_eq!(app.as_(CLEO).get("/palette?q=steel+beams").status, 200);
    nobody_waited(begun);
    models.then([Turn::Late((SHORT_PATIENCE + PATIENCE) / 2)]);
    assert!(!app.as_(CLEO).get("/palette?q=a+vessel").has("ATL-1"), "who types waits less");
}

#[test]
fn who_lets_no_question_leave_searches_by_words_and_is_not_told_each_time() {
    let models = Models::new();
    let app = harbour(&models);
    let before = models.asked().len();
    app.write(ADA, |tx, me| Policy { level: Level::Off, ..Policy::default() }.save(tx, me, Sphere::Organisation))
        .unwrap();
    let page = app.as_(CLEO).get("/search?q=steel+pier");
    assert!(page.has("ATL-1") && !page.has("your words only"));
    assert_eq!(
        (models.asked().len(), app.count("select count(*) from ai_calls where outcome = 'refused'")),
        (before, 0)
    );
    let plain = App::new();
    index(&plain);
    assert!(!plain.as_(CLEO).get("/search?q=steel+pier").has("your words only"));
}

#[test]
fn what_has_another_meaning_is_not_found_although_something_is_always_the_nearest() {
    let models = Models::new();
    let app = harbour(&models);
    assert!(app.as_(CLEO).get("/search?q=quux+xylophone").has("No results"));
}

/// So many passages of a record of this place, all about boats.
fn boats(app: &App, place: &str, kind: &str, count: usize) -> Uuid {
    let set = meaning(app, "x").set.id;
    let id = Uuid::new_v4();
    let (scope, column) = if place.ends_with("11'") || place.ends_with("12'") {
        ("project", "project_id")
    } else {
        ("group", "group_id")
    };
    app.sql(&format!(
        "insert into records (id, organisation_id, kind, number, display_id, scope, {column}, title, created_at, updated_at)
           select '{id}', '{}', '{kind}', 900, 'T-{id}', '{scope}', {place}, 'Boats', current_timestamp, current_timestamp;
         insert into passages (id, record_id, place_id, kind, source, part, title, text, hash, at, is_waiting)
           select gen_random_uuid(), id, place_id, kind, 'body', n, title, 'boat ' || n, sha256(n::text::bytea), updated_at, false from records, generate_series(1, {count}) n where id = '{id}';
         insert into vectors (set_id, passage_id, place_id, whole)
           select {set}, p.id, p.place_id, (select array_agg(w + 0.05 * random())::real[]::vector from unnest('{}'::vector::real[]) w where p.id is not null) from passages p where p.record_id = '{id}'",
        HALDEN.0,
        literal(&vector("boat", DIM)),
    ));
    id
}

#[test]
fn a_reader_of_little_finds_it_behind_much_that_others_read() {
    let models = Models::new();
    let app = harbour(&models);
    boats(&app, &format!("'{}'", ATLAS.0), "ticket", 3_000);
    let own = boats(&app, &format!("'{}'", BEACON.0), "ticket", 5);
    for plan in PLANS {
        let found = near(&app, DOV, "ship", &Reach::default(), plan);
        assert_eq!(found.iter().filter(|near| near.record_id == own).count(), 5, "{plan:?}");
        assert!(found.len() < 20);
    }
    assert_eq!(near(&app, CLEO, "ship", &Reach::default(), Plan::Walk).len(), NEAREST as usize);
}

#[test]
fn a_place_that_was_closed_is_out_of_sight_before_its_vectors_are_gone() {
    let models = Models::new();
    let app = harbour(&models);
    let found = |plan| near(&app, CLEO, "vessel", &Reach::default(), plan).len();
    assert!(PLANS.iter().all(|plan| found(*plan) > 0));
    app.write(EDDA, |tx, me| Policy { level: Level::Off, ..Policy::default() }.save(tx, me, Sphere::Project(ATLAS)))
        .unwrap();
    assert!(app.count(&format!("select count(*) from vectors where place_id = '{}'", ATLAS.0)) > 0);
    assert_eq!(PLANS.map(found), [0, 0, 0]);
    assert!(!app.as_(CLEO).get("/search?q=vessel").has("ATL-1"));
}

fn explained(app: &App, who: Who, text: &str, plan: Plan) -> String {
    #[derive(diesel::QueryableByName)]
    struct Line {
        #[diesel(sql_type = diesel::sql_types::Text, column_name = "QUERY PLAN")]
        line: String,
    }
    let meaning = meaning(app, text);
    let lines: Vec<Line> = app
        .read(who, |tx, me| {
            if plan == Plan::Walk {
                walk_on(tx)?;
            }
            let mut sql = tow::db::sql::Sql::new("explain ");
            sql.append(&statement(me, &meaning, &Reach::default(), plan));
            Ok(sql.load(tx.conn())?)
        })
        .unwrap();
    lines.into_iter().map(|line| line.line).collect::<Vec<_>>().join("\n")
}

#[test]
fn the_index_answers_who_reads_much_and_no_index_who_has_each_compared() {
    let models = Models::new();
    let app = measured_harbour(&models);
    boats(&app, &format!("'{}'", ATLAS.0), "ticket", 3_000);
    app.sql("analyze vector_bits; analyze vectors; analyze passages; analyze records");
    let name = format!("vectors_set_{}_idx", meaning(&app, "ship").set.id);
    for plan in PLANS {
        let explained = explained(&app, ADA, "ship", plan);
        assert_eq!(explained.contains(&name), plan == Plan::Walk, "{plan:?} {explained}");
    }
}

#[test]
fn the_bits_of_many_are_compared_and_the_vectors_of_few_looked_up() {
    let models = Models::new();
    let app = measured_harbour(&models);
    boats(&app, &format!("'{}'", ATLAS.0), "ticket", 3_000);
    app.sql("analyze vector_bits; analyze vectors; analyze passages; analyze records");
    let plan = explained(&app, CLEO, "ship", Plan::Bits);
    assert!(plan.contains("on vector_bits v"), "{plan}");
    for table in ["vectors v", "passages p"] {
        assert!(!plan.contains(&format!("Seq Scan on {table}")), "{table}: {plan}");
    }
}

/// Vectors without their bits, bits without their vector, and bits of another one.
const STRAYS: &str = "select count(*) from vectors v full join vector_bits b using (set_id, place_id, passage_id)
    where v.set_id is null or b.set_id is null or b.bits is distinct from binary_quantize(v.whole)::bit varying";

#[test]
fn bits_come_move_and_go_with_their_vectors() {
    let models = Models::new();
    let app = harbour(&models);
    let bits = || app.count("select count(*) from vector_bits");
    let before = bits();
    assert_eq!((before > 0, app.count(STRAYS)), (true, 0), "made");
    app.sql(&format!("update records set project_id = '{}' where display_id = '{STEEL}'", BEACON.0));
    assert_eq!((bits(), app.count(STRAYS)), (before, 0), "moved");
    app.sql(&format!("delete from passages where record_id = (select id from records where display_id = '{CRANE}')"));
    assert_eq!((bits() < before, app.count(STRAYS)), (true, 0), "gone");
    app.sql("update vectors set whole = whole * array_fill(-1, array[vector_dims(whole)])::vector");
    assert_eq!(app.count(STRAYS), 0, "another");
}

#[test]
fn vectors_from_before_get_their_bits_step_by_step_and_the_index_is_walked_until_then() {
    let models = Models::new();
    let app = unwalked_harbour(&models);
    boats(&app, &format!("'{}'", ATLAS.0), "ticket", EXACT_UP_TO as usize + FILLED_AT_ONCE as usize);
    // As the upgrade finds it.
    app.sql("delete from vector_bits; update vector_sets set bits_to = '00000000-0000-0000-0000-000000000000'");
    let chosen = || {
        let set = app.tx(|tx| Set::find(tx, SetState::Serving)).unwrap();
        app.read(CLEO, |tx, me| plan(tx, me, &set, &Reach::default())).unwrap()
    };
    assert_eq!(chosen(), Plan::Walk);
    assert!(app.tx(fill_bits));
    assert_eq!((app.count("select count(*) from vector_bits"), chosen()), (i64::from(FILLED_AT_ONCE), Plan::Walk));
    app.sql(&format!("delete from passages where record_id = (select id from records where display_id = '{CRANE}')"));
    boats(&app, &format!("'{}'", BEACON.0), "ticket", 3);
    while app.tx(fill_bits) {}
    assert_eq!((app.count(STRAYS), chosen()), (0, Plan::Bits));
}

#[test]
fn what_is_asked_for_is_found_behind_much_of_another_kind_that_is_nearer() {
    let models = Models::new();
    let app = unwalked_harbour(&models);
    let crowd = boats(&app, &format!("'{}'", ATLAS.0), "ticket", LOOKED_THROUGH as usize + 500);
    let wanted = boats(&app, &format!("'{}'", ATLAS.0), "decision", 3);
    app.sql(&format!(
        "update vectors v set whole = '{}'::vector from passages p where p.id = v.passage_id and p.record_id = '{crowd}'",
        literal(&vector("boat", DIM))
    ));
    let found = |kinds: &[&str]| {
        let reach = Reach { kinds: kinds.iter().map(|kind| (*kind).to_owned()).collect(), ..Reach::default() };
        near(&app, CLEO, "ship", &reach, Plan::Bits)
    };
    assert!(found(&[]).iter().all(|near| near.record_id != wanted));
    assert_eq!(found(&["decision"]).iter().filter(|near| near.record_id == wanted).count(), 3);
    // The same for a program that reads decisions only.
    let program = Program {
        id: TokenId(Uuid::nil()),
        name: String::new(),
        scopes: vec![Scope::DecisionsRead],
        is_narrowed: false,
    };
    let meaning = meaning(&app, "ship");
    let read = app
        .read(CLEO, |tx, me| {
            let me = Actor { program: Some(Arc::new(program)), ..me.clone() };
            nearest_by(tx, &me, &meaning, &Reach::default(), Plan::Bits)
        })
        .unwrap();
    assert_eq!(read.iter().filter(|near| near.record_id == wanted).count(), 3);
}

#[test]
fn the_plan_is_chosen_by_what_the_reader_has_in_reach() {
    let models = Models::new();
    let app = unwalked_harbour(&models);
    let set = meaning(&app, "x").set;
    let chosen = |who: Who, reach: &Reach| app.read(who, |tx, me| plan(tx, me, &set, reach)).unwrap();
    boats(&app, &format!("'{}'", ATLAS.0), "ticket", EXACT_UP_TO as usize - 9);
    assert_eq!(chosen(ADA, &Reach::default()), Plan::Each);
    boats(&app, &format!("'{}'", ATLAS.0), "ticket", 20);
    assert_eq!((chosen(CLEO, &Reach::default()), chosen(DOV, &Reach::default())), (Plan::Bits, Plan::Each));
    assert_eq!(chosen(CLEO, &Reach { places: vec![BEACON.0], ..Reach::default() }), Plan::Each);
    // As if there were so many: that is where a planner knows it from.
    app.sql("alter table vector_bits set (autovacuum_enabled = off); analyze vector_bits");
    app.sql(&format!("update pg_class set reltuples = {} where relname = 'vector_bits'", BITS_UP_TO * 2));
    assert_eq!((chosen(CLEO, &Reach::default()), chosen(DOV, &Reach::default())), (Plan::Walk, Plan::Each));
}

#[test]
fn half_precision_is_walked_and_compared_as_well() {
    let models = Models::new();
    models.then((0..30).map(|_| Turn::Vectors(2100)));
    let app = models.app_with(&[("TOW_AI__EMBEDDING_DIM", "2100")]);
    index(&app);
    embed(&app);
    let meaning = Meaning {
        set: app.tx(|tx| Set::find(tx, SetState::Serving)).unwrap(),
        vector: vector("Order steel for the north pier", 2100),
    };
    for plan in PLANS {
        let found = app.read(CLEO, |tx, me| nearest_by(tx, me, &meaning, &Reach::default(), plan)).unwrap();
        assert!(found.first().is_some_and(|near| near.distance < 0.1), "{plan:?} {found:?}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 12, failure_persistence: None, ..ProptestConfig::default() })]

    /// List equals ask, with vectors: who may read a record finds it, who may not does not, by either plan, wherever it is moved.
    #[test]
    fn nobody_finds_what_they_may_not_read(moves in prop::collection::vec((0_usize..6, 0_usize..5, any::<bool>()), 1..6)) {
        let models = Models::new();
        let app = harbour(&models);
        let ids = [STEEL, CRANE, DOOR, INSURANCE, SPRING, SECRET];
        for (record, place, is_archived) in moves {
            let place = match place {
                0 => format!("scope = 'project', project_id = '{}', group_id = null, owner_id = null", ATLAS.0),
                1 => format!("scope = 'project', project_id = '{}', group_id = null, owner_id = null", BEACON.0),
                2 => format!("scope = 'group', project_id = null, group_id = '{}', owner_id = null", PLANNERS.0),
                3 => format!("scope = 'user', project_id = null, group_id = null, owner_id = '{}'", DOV.id),
                _ => "scope = 'organisation', project_id = null, group_id = null, owner_id = null".to_owned(),
            };
            let archived = if is_archived { "updated_at" } else { "null" };
            app.sql(&format!("update records set {place}, archived_at = {archived} where display_id = '{}'", ids[record]));
        }
        let words = "order steel north pier crane hire repaint lighthouse door renew fire insurance draft spring plan night shift boat suppliers piles caissons season leave may";
        for who in EVERYBODY.into_iter().filter(|who| *who != HUGO) {
            let readable: BTreeSet<Uuid> = app.read(who, |tx, me| {
                let mut sql = tow::db::sql::Sql::new("select r.id from records r where r.archived_at is null and ");
                sql.append(&tow::access::visible::records(me));
                let rows: Vec<Id> = sql.load(tx.conn())?;
                Ok(rows.into_iter().map(|row| row.id).collect())
            }).unwrap();
            let mut all = Vec::new();
            for plan in PLANS {
                let found: BTreeSet<Uuid> = near(&app, who, words, &Reach::default(), plan).into_iter().map(|near| near.record_id).collect();
                prop_assert!(found.is_subset(&readable), "{} {plan:?}", who.name);
                all.push(found);
            }
            prop_assert!(all.iter().all(|found| *found == all[0]), "{:?}", all);
            let question = tow::search::Question { meaning: Some(meaning(&app, words)), ..tow::search::Question::new(tow::search::Words::parse("boat").unwrap()) };
            let Answer { hits, facets, .. } = app.read(who, |tx, me| question.answer(tx, me)).unwrap();
            prop_assert!(hits.iter().all(|hit| readable.contains(&hit.record.id.0)));
            prop_assert!(all[0].iter().all(|id| hits.iter().any(|hit| hit.record.id.0 == *id)));
            prop_assert_eq!(facets.iter().map(|facet| facet.count).sum::<i64>(), hits.len() as i64);
        }
    }
}
