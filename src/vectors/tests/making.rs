//! Passages become vectors: what is sent, what never is, and what happens when the provider would not.

use super::*;
use std::time::Duration as Wait;
use tow::ai::{Level, Policy, Purpose, Reason, Sphere, set_keeps_out};
use tow::vectors::*;
use uuid::Uuid;

fn decide(app: &App, who: Who, sphere: Sphere, level: Level) {
    let version = app.read(who, |tx, me| Policy::find(tx, me, sphere)).unwrap().version;
    app.write(who, |tx, me| Policy { level, version, ..Policy::default() }.save(tx, me, sphere)).unwrap();
}

fn made(app: &App, display_id: &str) -> i64 {
    app.count(&format!(
        "select count(*) from vectors v join passages p on p.id = v.passage_id join records r on r.id = p.record_id where r.display_id = '{display_id}'"
    ))
}

fn fault(app: &App) -> String {
    app.text("select coalesce(max(fault), '') as text from vector_sets where state = 'serving'")
}

/// Every text that was sent, one by one.
fn sent(models: &Models) -> Vec<String> {
    let texts = |body: serde_json::Value| {
        body["input"].as_array().unwrap().iter().map(|text| text.as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    models.bodies().into_iter().flat_map(texts).collect()
}

fn later() -> Vec<(&'static str, String)> {
    vec![("retry-after-ms", "1".to_owned())]
}

#[test]
fn every_passage_gets_a_vector_and_the_ledger_says_whose_it_was() {
    let models = Models::new();
    let app = embedded(&models, &[]);
    assert_eq!(app.count("select count(*) from vectors"), app.count("select count(*) from passages"));
    assert_eq!(app.count("select count(*) from passages where is_waiting"), 0);
    let of = |what: &str| {
        app.count(&format!("select count(*) from ai_calls where purpose = 'passages' and outcome = 'done' and {what}"))
    };
    assert_eq!(of("true"), models.asked().len() as i64);
    let private = format!("(select id from records where display_id = '{SECRET}') = any(records)");
    assert_eq!(of(&format!("person_id = '{}' and {private}", CLEO.id)), 1);
    assert_eq!(of(&format!("person_id is distinct from '{}' and {private}", CLEO.id)), 0);
    assert!(of(&format!("project_id = '{}'", ATLAS.0)) > 0);
}

#[test]
fn what_says_the_same_is_never_sent_again() {
    let models = Models::new();
    let app = embedded(&models, &[]);
    let sections = |last: &str| format!("## Cranes\n\n{}\n\n## Beams\n\n{last}", paragraphs("crane", 40));
    says(&app, STEEL, &sections("Nine weeks."));
    embed(&app);
    let before = sent(&models).len();
    reindex(&app, STEEL);
    app.sql(&format!("update records set archived_at = updated_at where display_id = '{STEEL}'"));
    reindex(&app, STEEL);
    embed(&app);
    assert_eq!(sent(&models).len(), before);
    says(&app, STEEL, &sections("Ten weeks."));
    embed(&app);
    let sent = sent(&models);
    assert_eq!((sent.len(), made(&app, STEEL)), (before + 1, passages_of(&app, STEEL)));
    assert!(sent[before].starts_with("Order steel for the north pier\n") && sent[before].contains("Ten weeks."));
}

#[test]
fn words_that_stand_elsewhere_already_are_not_sent_twice() {
    let models = Models::new();
    let app = embedded(&models, &[]);
    let before = sent(&models).len();
    app.sql(&format!("update records set title = (select title from records where display_id = '{STEEL}') where display_id = '{DOOR}'"));
    reindex(&app, DOOR);
    embed(&app);
    assert_eq!((sent(&models).len(), made(&app, DOOR)), (before, 1));
}

#[test]
fn a_project_with_ai_off_sends_nothing_and_loses_its_vectors_at_once() {
    let models = Models::new();
    let app = models.app();
    decide(&app, EDDA, Sphere::Project(ATLAS), Level::Off);
    index(&app);
    embed(&app);
    assert!(made(&app, DOOR) == 1 && made(&app, STEEL) == 0);
    assert!(!models.heard().contains("Order steel") && !models.heard().contains("caissons"));
    decide(&app, EDDA, Sphere::Project(ATLAS), Level::All);
    embed(&app);
    assert_eq!(made(&app, STEEL), 1);
    decide(&app, EDDA, Sphere::Project(ATLAS), Level::Off);
    let before = models.asked().len();
    embed(&app);
    assert_eq!((made(&app, STEEL), made(&app, DOOR), models.asked().len()), (0, 1, before));
    app.sql(&format!("update records set project_id = '{}' where display_id = '{DOOR}'", ATLAS.0));
    embed(&app);
    assert_eq!(made(&app, DOOR), 0);
}

#[test]
fn the_organisation_decides_and_so_does_everybody_about_their_own() {
    let models = Models::new();
    let app = models.app();
    index(&app);
    decide(&app, ADA, Sphere::Organisation, Level::Off);
    embed(&app);
    assert!(models.asked().is_empty());
    decide(&app, ADA, Sphere::Organisation, Level::Embeddings);
    app.write(CLEO, |tx, me| set_keeps_out(tx, me, true)).unwrap();
    embed(&app);
    assert!(
        models.heard().contains("Order steel")
            && !models.heard().contains("night shift")
            && !models.heard().contains("Leave in May")
    );
    assert_eq!((made(&app, SECRET), made(&app, MAY), app.tx(tally).kept), (0, 0, 2));
    decide(&app, ADA, Sphere::Organisation, Level::Off);
    embed(&app);
    assert_eq!(app.count("select count(*) from vectors"), 0);
}

#[test]
fn a_model_that_is_not_allowed_and_a_budget_that_is_used_up_fill_no_ledger() {
    let models = Models::new();
    let app = models.app();
    index(&app);
    app.write(EDDA, |tx, me| {
        Policy { monthly_tokens: Some(0), ..Policy::default() }.save(tx, me, Sphere::Project(ATLAS))
    })
    .unwrap();
    embed(&app);
    assert!(made(&app, STEEL) == 0 && made(&app, DOOR) == 1);
    embed(&app);
    assert_eq!(app.count("select count(*) from ai_calls where outcome = 'refused'"), 0);
    assert_eq!(app.tx(held_reasons), [Reason::Budget]);
    let page = app.as_(BEN).get("/settings/ai/vectors");
    assert!(page.has("Held back in some places") && page.has("budget used up"), "{}", page.text());
    // It holds up nobody else, and counts for nothing when the provider would not.
    says(&app, DOOR, "Grey.");
    embed(&app);
    assert_eq!((made(&app, DOOR), fault(&app)), (1, String::new()));
    assert_eq!(app.count("select max(tries)::bigint as count from vector_sets"), 0);
    assert!(app.tx(tally).held > 0 && app.tx(tally).waiting == 0);
    let version = app.read(EDDA, |tx, me| Policy::find(tx, me, Sphere::Project(ATLAS))).unwrap().version;
    app.write(EDDA, |tx, me| Policy { version, ..Policy::default() }.save(tx, me, Sphere::Project(ATLAS))).unwrap();
    embed(&app);
    assert_eq!(made(&app, STEEL), 0, "not asked about again before its minute is over");
    app.advance(chrono::Duration::seconds(HELD_SECONDS));
    embed(&app);
    assert_eq!((made(&app, STEEL), app.tx(held_reasons)), (1, Vec::new()));
}

#[test]
fn equal_texts_of_one_batch_leave_once_and_all_get_the_vector() {
    let models = Models::new();
    let app = embedded(&models, &[]);
    let before = sent(&models).len();
    app.sql(&format!(
        "insert into passages (id, record_id, place_id, kind, source, part, title, text, hash, at)
         select gen_random_uuid(), r.id, r.place_id, 'ticket', 'body', n, r.title, x.text, sha256(x.text::bytea), r.updated_at
         from records r, generate_series(10, 19) n cross join lateral (select case n % 2 when 0 then 'Crane' else 'Ferry' end as text) x where r.display_id = '{STEEL}'"
    ));
    embed(&app);
    assert_eq!((sent(&models).len() - before, made(&app, STEEL)), (2, 11));
    let kinds = "select count(distinct v.whole::text) as count from vectors v join passages p on p.id = v.passage_id where p.text in ('Crane', 'Ferry')";
    assert_eq!(app.count(kinds), 2, "each its own text's");
}

#[test]
fn while_a_job_works_on_a_set_no_other_one_is_queued() {
    let models = Models::new();
    let app = embedded(&models, &[]);
    says(&app, STEEL, "Nine weeks.");
    let queued = |app: &App| {
        let state = app.state();
        let mut conn = state.pool.get().unwrap();
        tend(&mut tow::queue::Work::new(&mut conn, &state.clock, &state.config)).unwrap();
        drop(conn);
        app.count("select count(*) from jobs where finished_at is null")
    };
    let set = app.tx(|tx| Set::find(tx, SetState::Serving)).unwrap();
    let lease = app.tx(|tx| set.lease(tx, Uuid::nil())).unwrap();
    assert_eq!(queued(&app), 0);
    app.tx(|tx| set.give_back(tx, lease));
    assert_eq!(queued(&app), 1);
    app.run_jobs();
}

#[test]
fn a_large_closed_place_loses_many_batches_in_one_turn_of_the_clock() {
    let models = Models::new();
    let app = embedded_alone(&models);
    let (set, count) = (app.tx(|tx| Set::find(tx, SetState::Serving)).unwrap(), CLOSED_AT_ONCE as usize * 2 + 1);
    app.sql(&format!("drop index {}", set.index_name()));
    fill(&app, STEEL, count);
    app.sql(&format!(
        "insert into vectors (set_id, passage_id, place_id, whole) select {}, p.id, p.place_id, '{}' from passages p where p.is_waiting; update passages set is_waiting = false",
        set.id,
        literal(&vector("boat", DIM))
    ));
    decide(&app, EDDA, Sphere::Project(ATLAS), Level::Off);
    assert!(CLOSED_TURNS * CLOSED_AT_ONCE as usize > count);
    embed(&app);
    assert_eq!(made(&app, STEEL), 0);
}

#[test]
fn an_answer_longer_than_any_batch_of_vectors_is_not_taken() {
    let models = Models::new();
    let app = models.app();
    index(&app);
    models.then([Turn::Body(serde_json::json!({ "data": "x".repeat(tow::ai::MAX_VECTORS_BYTES) }))]);
    embed(&app);
    assert_eq!((fault(&app).as_str(), app.count("select count(*) from vectors")), ("too_long", 0));
}

#[test]
fn without_a_key_nothing_happens_and_nothing_fails() {
    let app = App::new();
    index(&app);
    embed(&app);
    assert_eq!(app.count("select (select count(*) from vector_sets) + (select count(*) from jobs) + (select count(*) from ai_calls) as count"), 0);
    assert!(app.count("select count(*) from passages where is_waiting") > 0);
}

#[test]
fn what_is_deleted_takes_its_vectors_along_in_the_same_moment() {
    let models = Models::new();
    let app = embedded(&models, &[]);
    delete(&app, STEEL);
    assert_eq!(app.count("select count(*) from vectors"), app.count("select count(*) from records"));
}

#[test]
fn a_provider_that_is_too_busy_or_fails_is_asked_again_later() {
    for (status, word) in [(429, "rate"), (500, "server"), (503, "server")] {
        let models = Models::new();
        let app = models.app();
        index(&app);
        models.then((0..3).map(|_| Turn::Fails(status, "later", later())));
        embed(&app);
        assert_eq!(
            (models.asked().len(), fault(&app).as_str(), app.count("select count(*) from vectors")),
            (3, word, 0)
        );
        embed(&app);
        assert_eq!(models.asked().len(), 3, "it rests");
        app.advance(chrono::Duration::seconds(FIRST_REST_SECONDS + 1));
        embed(&app);
        assert_eq!((fault(&app), app.count("select count(*) from passages where is_waiting")), (String::new(), 0));
    }
}

#[test]
fn a_rest_doubles_up_to_its_limit() {
    let models = Models::new();
    let app = models.app();
    index(&app);
    let mut rests = Vec::new();
    for _ in 0..8 {
        models.then([Turn::Fails(401, "invalid_api_key", Vec::new())]);
        embed(&app);
        let now = app.state().clock.now().to_rfc3339();
        let left = app
            .count(&format!("select extract(epoch from max(rests_until) - '{now}')::bigint as count from vector_sets"));
        rests.push(left);
        app.advance(chrono::Duration::seconds(left + 1));
    }
    assert_eq!(rests, [10, 20, 40, 80, 160, 320, LONGEST_REST_SECONDS, LONGEST_REST_SECONDS]);
}

#[test]
fn a_key_revoked_in_the_middle_stops_it_and_what_was_made_stays() {
    let models = Models::new();
    let app = models.app();
    index(&app);
    models.then([Turn::Late(Wait::ZERO), Turn::Late(Wait::ZERO), Turn::Fails(401, "invalid_api_key", Vec::new())]);
    embed(&app);
    let made = app.count("select count(*) from vectors");
    assert!(models.asked().len() == 3 && made > 0 && fault(&app) == "key");
    let page = app.as_(BEN).get("/settings/ai/vectors");
    assert!(page.has("Stopped by a fault") && page.has("refuses"), "{}", page.text());
    app.advance(chrono::Duration::seconds(FIRST_REST_SECONDS + 1));
    embed(&app);
    let taken = |outcome: &str| {
        app.count(&format!(
            "select coalesce(sum(cardinality(records)), 0)::bigint as count from ai_calls where outcome {outcome}"
        ))
    };
    assert_eq!((taken("= 'done'"), fault(&app)), (app.count("select count(*) from records"), String::new()));
    assert!(app.as_(BEN).get("/settings/ai/vectors").has("Complete"));
}

#[test]
fn vectors_of_another_length_are_not_kept() {
    let models = Models::new();
    let app = models.app();
    index(&app);
    models.then([Turn::Vectors(DIM + 1)]);
    embed(&app);
    assert_eq!((fault(&app).as_str(), app.count("select count(*) from vectors")), ("dimension", 0));
    let page = app.as_(BEN).get("/settings/ai/vectors");
    assert!(page.has(&format!("vectors of {} numbers", DIM + 1)) && page.has("embedding_dim"), "{}", page.text());
}

#[test]
fn a_text_the_model_does_not_take_is_found_by_halving_and_left_out() {
    let models = Models::new();
    let app = embedded(&models, &[]);
    let before = models.asked().len();
    says(
        &app,
        STEEL,
        &["crane", "beam", "plank", "bolt"].map(|word| format!("## {word}\n\n{}\n\n", paragraphs(word, 40))).concat(),
    );
    let wrong = || Turn::Fails(400, "invalid_value", Vec::new());
    let well = || Turn::Late(Wait::ZERO);
    models.then([wrong(), well(), wrong(), well(), wrong()]);
    embed(&app);
    assert_eq!((models.asked().len() - before, passages_of(&app, STEEL), made(&app, STEEL)), (5, 4, 3));
    assert_eq!((app.tx(tally).failed, app.tx(tally).waiting), (1, 0));
    embed(&app);
    assert_eq!(models.asked().len() - before, 5);
}

#[test]
fn a_provider_that_takes_nothing_loses_nothing() {
    let models = Models::new();
    let app = models.app();
    index(&app);
    models.then((0..40).map(|_| Turn::Fails(400, "invalid_value", Vec::new())));
    embed(&app);
    assert!(models.asked().len() <= MAX_WRONG + 2, "{}", models.asked().len());
    assert_eq!((fault(&app).as_str(), app.tx(tally).failed), ("request", 0));
}

#[test]
fn one_job_at_a_time_works_on_a_set() {
    let models = Models::new();
    let app = embedded(&models, &[]);
    let set = app.tx(|tx| Set::find(tx, SetState::Serving)).unwrap();
    let lease = app.tx(|tx| set.lease(tx, Uuid::nil())).unwrap();
    assert_eq!(app.tx(|tx| set.lease(tx, Uuid::nil())), None);
    says(&app, STEEL, "Nine weeks.");
    let before = models.asked().len();
    embed(&app);
    assert_eq!(models.asked().len(), before);
    app.advance(chrono::Duration::seconds(LEASE_SECONDS + 1));
    embed(&app);
    assert_eq!(models.asked().len(), before + 1);
    // The one that was too slow neither goes on nor frees what another one has.
    let other = app.tx(|tx| set.lease(tx, Uuid::nil())).unwrap();
    assert!(!app.tx(|tx| set.extend(tx, lease)) && app.tx(|tx| set.extend(tx, other)));
    app.tx(|tx| set.give_back(tx, lease));
    assert_eq!(app.tx(|tx| set.lease(tx, Uuid::nil())), None);
    app.sql("update vector_sets set state = 'retired'");
    assert!(!app.tx(|tx| set.extend(tx, other)), "a set that was replaced is paid for no longer");
}

#[test]
fn a_job_taken_over_from_a_dead_server_has_the_set_at_once_and_no_other_job_has() {
    let models = Models::new();
    let app = embedded(&models, &[]);
    let set = app.tx(|tx| Set::find(tx, SetState::Serving)).unwrap();
    let (job, other) = (Uuid::from_u128(1), Uuid::from_u128(2));
    let dead = app.tx(|tx| set.lease(tx, job)).unwrap();
    assert_eq!(app.tx(|tx| set.lease(tx, other)), None);
    let again = app.tx(|tx| set.lease(tx, job)).unwrap();
    assert!(!app.tx(|tx| set.extend(tx, dead)) && app.tx(|tx| set.extend(tx, again)));
}

#[test]
fn texts_that_the_model_cannot_read_are_left_out_even_when_they_stand_together() {
    let models = Models::new();
    let app = embedded(&models, &[]);
    let sections = |word: &str, count: usize| {
        (0..count).map(|n| format!("## {word} {n}\n\n{}\n\n", paragraphs(word, 40))).collect::<String>()
    };
    says(&app, STEEL, &(sections("beam", 8) + &sections(REFUSED_WORD, 5)));
    embed(&app);
    let of_steel = (passages_of(&app, STEEL), made(&app, STEEL), app.tx(tally).failed, app.tx(tally).waiting);
    assert_eq!(of_steel, (13, 8, 5, 0));
    assert_eq!(fault(&app), "");
}

#[test]
fn while_the_provider_takes_nothing_no_text_is_given_up_for_good() {
    let models = Models::new();
    let app = embedded(&models, &[]);
    says(&app, STEEL, "Nine weeks.");
    models.then([0, 1].map(|_| Turn::Fails(400, "invalid_value", Vec::new())));
    embed(&app);
    assert_eq!((fault(&app).as_str(), app.tx(tally).failed, app.tx(tally).waiting), ("request", 0, 1));
    app.advance(chrono::Duration::seconds(FIRST_REST_SECONDS + 1));
    embed(&app);
    assert_eq!((fault(&app).as_str(), app.tx(tally).failed, app.tx(tally).waiting), ("", 0, 0));
}

#[test]
fn what_was_removed_or_closed_since_it_was_read_does_not_leave() {
    let models = Models::new();
    let app = models.app();
    index(&app);
    let place = app.tx(waiting_places).into_iter().map(|place| app.tx(|tx| waiting(tx, place)));
    let batch = place.into_iter().find(|batch| batch.len() > 1).unwrap();
    assert_eq!(app.tx(|tx| still(tx, &batch)), batch);
    app.sql(&format!("delete from passages where id = '{}'", batch[0].id));
    assert_eq!(app.tx(|tx| still(tx, &batch)), batch[1..]);
    app.sql(&format!("update passages set text = 'As it is now' where id = '{}'", batch[1].id));
    assert!(app.tx(|tx| still(tx, &batch))[0].words().ends_with("As it is now"));
}

#[test]
fn a_large_backlog_is_done_in_several_jobs_of_whole_batches() {
    let models = Models::new();
    let app = models.own_app();
    index(&app);
    fill(&app, STEEL, usize::try_from(BATCH).unwrap() * (MAX_BATCHES + 1));
    embed(&app);
    assert_eq!(app.count("select count(*) from passages where is_waiting"), 0);
    assert_eq!(app.count("select count(*) from jobs where kind = 'vectors.make' and finished_at is not null"), 2);
    let largest = models.bodies().iter().map(|body| body["input"].as_array().unwrap().len()).max();
    assert_eq!(largest, usize::try_from(BATCH).ok());
}

#[test]
fn only_who_manages_ai_sees_the_numbers_which_count_private_records_too() {
    let models = Models::new();
    let app = embedded(&models, &[]);
    for (who, status) in [(ADA, 200), (BEN, 200), (CLEO, 404), (VERA, 404), (GRO, 404)] {
        assert_eq!(app.as_(who).get("/settings/ai/vectors").status, status, "{}", who.name);
    }
    let page = app.as_(BEN).get("/settings/ai/vectors");
    assert!(page.has("text-embedding-3-small") && page.has("64"), "{}", page.text());
    assert_eq!(Purpose::Passages.as_str(), "passages");
}

#[test]
fn more_than_2000_dimensions_are_kept_in_half_precision_with_an_index_of_their_own() {
    let models = Models::new();
    models.then((0..30).map(|_| Turn::Vectors(2100)));
    let app = models.app_with(&[("TOW_AI__EMBEDDING_DIM", "2100")]);
    index(&app);
    embed(&app);
    assert_eq!(
        app.count("select count(*) from vectors where half is not null and whole is null"),
        app.count("select count(*) from passages")
    );
    let index = app.text("select coalesce(max(indexdef), '') as text from pg_indexes where tablename = 'vectors' and indexname like 'vectors_set_%'");
    assert!(
        index.contains("half)::halfvec(2100)") && index.contains("halfvec_cosine_ops") && index.contains("hnsw"),
        "{index}"
    );
}

#[test]
fn a_place_whose_budget_is_held_by_calls_under_way_waits_and_the_others_go_on() {
    let models = Models::new();
    let app = models.app();
    index(&app);
    let limit = || Policy { monthly_tokens: Some(100), ..Policy::default() };
    app.write(EDDA, |tx, me| limit().save(tx, me, Sphere::Project(ATLAS))).unwrap();
    app.sql(&format!(
        "insert into ai_calls (id, organisation_id, at, alive_at, purpose, endpoint, host, model, records, holders, attempt, bytes_out, bytes_in,
           tokens_in, tokens_out, hash, outcome, is_estimate)
         select gen_random_uuid(), id, '{now}', '{now}', 'passages', 'embeddings', 'x', 'x', '{{}}', array['{atlas}'::uuid], 1, 400, 0, 0, 0, '', 'open', false
         from organisations limit 1",
        now = app.state().clock.now().to_rfc3339(),
        atlas = ATLAS.0
    ));
    embed(&app);
    assert_eq!(app.text("select string_agg(distinct reason, ' ') as text from vector_holds"), "busy");
    assert!(made(&app, "DEC-1") > 0 && made(&app, STEEL) == 0);
    assert_eq!(fault(&app), "", "and it was nobody's fault");
}
