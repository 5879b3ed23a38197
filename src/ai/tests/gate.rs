//! The gate: policies, budgets, outages, crowds. What it refuses never leaves.

use super::*;
use chrono::Duration;
use tow::ai::{
    Cost, Ended, LEASE_SECONDS, LOST_AFTER_SECONDS, Level, MAX_OPEN, MAX_OPEN_PER_PERSON, OUTAGE_AFTER, OUTAGE_SECONDS,
    OUTAGE_WINDOW_SECONDS, Policy, Reason, Sphere, close_lost, gate_close, set_keeps_out,
};

fn decide(app: &App, who: Who, sphere: Sphere, policy: Policy) {
    app.write(who, |tx, me| policy.save(tx, me, sphere)).unwrap();
}

fn level(app: &App, sphere: Sphere, level: Level) {
    decide(app, ADA, sphere, Policy { level, ..Policy::default() });
}

fn refusal(app: &App, who: Who, prompt: &Prompt) -> Fault {
    ask(app, who, prompt).unwrap_err()
}

#[test]
fn without_a_key_nothing_is_tried_and_nothing_breaks() {
    let app = App::new();
    let fault = refusal(&app, CLEO, &prompt());
    assert!(fault.reason == Reason::NoKey && fault.words().contains("Everything else works"));
    assert_eq!(app.count("select count(*) from ai_calls"), 0);
}

#[test]
fn a_record_of_a_project_with_ai_off_never_leaves_whoever_asks() {
    let models = Models::new();
    let app = models.app();
    decide(&app, EDDA, Sphere::Project(ATLAS), Policy { level: Level::Off, ..Policy::default() });
    let fault = refusal(&app, CLEO, &about(&app, STEEL));
    assert!(fault.reason == Reason::Policy && fault.words().contains("Atlas"), "{}", fault.words());
    assert!(models.asked().is_empty());
    assert_eq!(
        app.count("select count(*) from ai_calls where outcome = 'refused' and reason = 'policy' and bytes_out = 0"),
        1
    );
    // Others are not concerned.
    assert!(ask(&app, CLEO, &about(&app, DOOR)).is_ok());
    let vectors = [(Source::Of(id_of(&app, STEEL)), "steel")];
    assert!(app.wait(provider(&app).embed(&mut desk(&app), &asking(CLEO), &vectors)).unwrap().is_err());
}

#[test]
fn the_strictest_policy_wins_and_embeddings_only_means_that() {
    let models = Models::new();
    let app = models.app();
    level(&app, Sphere::Organisation, Level::Embeddings);
    level(&app, Sphere::Project(BEACON), Level::All);
    assert_eq!(refusal(&app, CLEO, &about(&app, DOOR)).reason, Reason::Policy);
    assert_eq!(stream(&app, &prompt()).0.unwrap_err().reason, Reason::Policy);
    let vectors = [(Source::Of(id_of(&app, DOOR)), "door")];
    assert!(app.wait(provider(&app).embed(&mut desk(&app), &asking(CLEO), &vectors)).unwrap().is_ok());
    assert!(models.asked().iter().all(|asked| asked.path == "/v1/embeddings"));
}

#[test]
fn a_refusal_names_no_project_that_the_asker_cannot_see() {
    let models = Models::new();
    let app = models.app();
    decide(&app, EDDA, Sphere::Project(ATLAS), Policy { level: Level::Off, ..Policy::default() });
    let fault = refusal(&app, DOV, &about(&app, STEEL));
    assert!(fault.reason == Reason::Policy && !fault.words().contains("Atlas"), "{}", fault.words());
    assert!(refusal(&app, CLEO, &about(&app, STEEL)).words().contains("Atlas"));
}

#[test]
fn what_a_group_forbids_holds_for_its_people_and_its_records() {
    let models = Models::new();
    let app = models.app();
    let group = |who: Who| {
        let id = app
            .text(&format!("select group_id::text as text from group_members where person_id = '{}' limit 1", who.id));
        tow::people::GroupId(id.parse().unwrap())
    };
    let group = group(CLEO);
    decide(&app, BEN, Sphere::Group(group), Policy { level: Level::Embeddings, ..Policy::default() });
    assert_eq!(refusal(&app, CLEO, &prompt()).reason, Reason::Policy);
    let texts = [(Source::Own, "steel")];
    assert!(app.wait(provider(&app).embed(&mut desk(&app), &asking(CLEO), &texts)).unwrap().is_ok());
    // Whoever is not in it is concerned by its records only.
    app.sql(&format!("delete from group_members where group_id = '{}' and person_id = '{}'", group.0, VERA.id));
    assert!(ask(&app, VERA, &prompt()).is_ok());
    let insurance = id_of(&app, INSURANCE);
    app.sql(&format!("update records set scope = 'group', group_id = '{}', project_id = null, owner_id = null where id = '{insurance}'", group.0));
    let material =
        Material { record: insurance, display_id: INSURANCE.to_owned(), title: String::new(), text: String::new() };
    assert_eq!(refusal(&app, VERA, &prompt().material(&[material])).reason, Reason::Policy);
    assert!(
        app.write(CLEO, |tx, me| Policy { level: Level::Off, ..Policy::default() }.save(tx, me, Sphere::Group(group)))
            .is_err()
    );
}

#[test]
fn a_model_that_is_not_allowed_is_not_asked() {
    let models = Models::new();
    let app = models.app();
    let only = Some(vec!["text-embedding-3-small".to_owned()]);
    decide(&app, ADA, Sphere::Organisation, Policy { models: only, ..Policy::default() });
    let fault = refusal(&app, CLEO, &prompt());
    assert!(fault.reason == Reason::Model && fault.words().contains("gpt-5.2") && models.asked().is_empty());
}

#[test]
fn a_private_record_leaves_for_its_owner_alone_and_not_at_all_when_they_keep_it() {
    let models = Models::new();
    let app = models.app();
    assert_eq!(refusal(&app, ADA, &about(&app, SECRET)).reason, Reason::Kept);
    assert!(ask(&app, CLEO, &about(&app, SECRET)).is_ok());
    app.write(CLEO, |tx, me| set_keeps_out(tx, me, true)).unwrap();
    assert_eq!(refusal(&app, CLEO, &about(&app, SECRET)).reason, Reason::Kept);
    assert!(ask(&app, CLEO, &about(&app, STEEL)).is_ok());
    assert_eq!(models.asked().len(), 2);
}

#[test]
fn a_record_that_is_not_there_any_more_or_of_nobody_here_never_leaves() {
    let models = Models::new();
    let app = models.app();
    let gone = Material { record: Uuid::from_u128(7), ..material(&app, STEEL, "The text of something") };
    assert_eq!(refusal(&app, CLEO, &prompt().material(std::slice::from_ref(&gone))).reason, Reason::Kept);
    assert_eq!(refusal(&app, CLEO, &about(&app, STEEL).material(std::slice::from_ref(&gone))).reason, Reason::Kept);
    let texts = [(Source::Of(id_of(&app, STEEL)), "steel"), (Source::Of(gone.record), "gone")];
    assert!(app.wait(provider(&app).embed(&mut desk(&app), &asking(CLEO), &texts)).unwrap().is_err());
    assert!(models.asked().is_empty());
    // The same record twice is one record.
    let twice = [(Source::Of(id_of(&app, STEEL)), "steel"), (Source::Of(id_of(&app, STEEL)), "and more of it")];
    assert!(app.wait(provider(&app).embed(&mut desk(&app), &asking(CLEO), &twice)).unwrap().is_ok());
}

#[test]
fn an_earlier_answer_leaves_only_where_the_records_it_was_made_from_may() {
    let models = Models::new();
    let app = models.app();
    decide(&app, EDDA, Sphere::Project(ATLAS), Policy { level: Level::Off, ..Policy::default() });
    let quoting = prompt().answered("Ten beams were ordered.", &[id_of(&app, STEEL)]);
    assert_eq!(refusal(&app, CLEO, &quoting).reason, Reason::Policy);
    assert!(models.asked().is_empty());
}

#[test]
fn tokens_are_counted_as_calls_end_and_an_empty_budget_refuses_until_the_next_month() {
    let models = Models::new();
    let app = models.app();
    decide(&app, ADA, Sphere::Organisation, Policy { monthly_tokens: Some(60), ..Policy::default() });
    assert!(ask(&app, CLEO, &prompt()).is_ok());
    assert!(ask(&app, VERA, &prompt()).is_ok());
    let fault = refusal(&app, CLEO, &prompt());
    assert!(fault.reason == Reason::Budget && fault.words().contains("Halden"), "{}", fault.words());
    app.advance(Duration::days(31));
    assert!(ask(&app, CLEO, &prompt()).is_ok());
}

#[test]
fn a_persons_budget_is_theirs_and_a_projects_is_its_own() {
    let models = Models::new();
    let app = models.app();
    decide(&app, ADA, Sphere::Organisation, Policy { person_monthly_tokens: Some(40), ..Policy::default() });
    assert!(ask(&app, CLEO, &prompt()).is_ok());
    assert_eq!(refusal(&app, CLEO, &prompt()).reason, Reason::Budget);
    assert!(ask(&app, VERA, &prompt()).is_ok());
    decide(&app, EDDA, Sphere::Project(ATLAS), Policy { monthly_tokens: Some(0), ..Policy::default() });
    let in_atlas = asking(DOV).in_project(Some(ATLAS));
    let fault = app.wait(provider(&app).ask(&mut desk(&app), &in_atlas, &prompt())).unwrap().unwrap_err();
    assert!(fault.reason == Reason::Budget && fault.about == "Atlas");
}

#[test]
fn after_five_failures_in_a_row_the_provider_is_left_alone_and_then_one_call_tries() {
    let models = Models::new();
    let app = models.app();
    let bad = || Turn::Fails(503, "down", vec![("retry-after", "60".to_owned())]);
    models.then((0..OUTAGE_AFTER + 1).map(|_| bad()));
    for _ in 0..OUTAGE_AFTER {
        assert_eq!(refusal(&app, CLEO, &prompt()).reason, Reason::Server);
    }
    let fault = refusal(&app, CLEO, &prompt());
    assert!(
        fault.reason == Reason::Resting && fault.words().contains(&format!("{OUTAGE_SECONDS} seconds")),
        "{}",
        fault.words()
    );
    app.advance(Duration::seconds(OUTAGE_SECONDS + 1));
    assert_eq!(refusal(&app, CLEO, &prompt()).reason, Reason::Server);
    assert_eq!(refusal(&app, CLEO, &prompt()).reason, Reason::Resting);
    app.advance(Duration::seconds(OUTAGE_SECONDS + 1));
    assert!(ask(&app, CLEO, &prompt()).is_ok());
    assert!(ask(&app, CLEO, &prompt()).is_ok());
}

#[test]
fn refusals_of_the_key_are_no_outage() {
    let models = Models::new();
    let app = models.app();
    models.then((0..OUTAGE_AFTER).map(|_| Turn::Fails(401, "invalid_api_key", Vec::new())));
    for _ in 0..OUTAGE_AFTER {
        assert_eq!(refusal(&app, CLEO, &prompt()).reason, Reason::Key);
    }
    assert!(ask(&app, CLEO, &prompt()).is_ok());
}

#[test]
fn after_the_pause_one_call_finds_out_for_all() {
    let models = Models::new();
    let app = models.app();
    models.then((0..OUTAGE_AFTER).map(|_| Turn::Fails(503, "down", vec![("retry-after", "60".to_owned())])));
    for _ in 0..OUTAGE_AFTER {
        assert_eq!(refusal(&app, CLEO, &prompt()).reason, Reason::Server);
    }
    app.advance(Duration::seconds(OUTAGE_SECONDS + 1));
    let asked = models.asked().len();
    models.then([Turn::Late(std::time::Duration::from_secs(2))]);
    let (one, other) = both(&app, CLEO, VERA);
    let reasons: Vec<Reason> =
        [one, other].into_iter().filter_map(|answer| answer.err().map(|fault| fault.reason)).collect();
    assert_eq!((reasons, models.asked().len() - asked), (vec![Reason::Resting], 1));
    assert!(ask(&app, CLEO, &prompt()).is_ok());
}

/// Two calls at the same time.
fn both(app: &App, one: Who, other: Who) -> (Result<Answer, Fault>, Result<Answer, Fault>) {
    let (first, second) = (provider(app), provider(app));
    let (mut desks, prompt) = ((desk(app), desk(app)), prompt());
    let (one, other) = (asking(one), asking(other));
    let calls =
        futures_util::future::join(first.ask(&mut desks.0, &one, &prompt), second.ask(&mut desks.1, &other, &prompt));
    let (one, other) = app.wait(calls);
    (one.unwrap(), other.unwrap())
}

#[test]
fn neither_an_unknown_word_of_the_provider_nor_our_own_impatience_is_an_outage() {
    let models = Models::new();
    let app = models.app();
    let failing = serde_json::json!({ "type": "response.failed", "response": { "status": "failed", "error": { "code": "strange_words" } } });
    models.then((0..OUTAGE_AFTER).map(|_| Turn::Events(vec![failing.clone()])));
    for _ in 0..OUTAGE_AFTER {
        assert_eq!(stream(&app, &prompt()).0.unwrap_err().reason, Reason::Request);
    }
    // It was not repeated either.
    assert_eq!(models.asked().len(), usize::try_from(OUTAGE_AFTER).unwrap());
    models.then((0..OUTAGE_AFTER).map(|_| Turn::Late(FAR_TOO_LATE)));
    for _ in 0..OUTAGE_AFTER {
        let hasty = provider(&app).hasty(std::time::Duration::from_millis(150));
        let fault = app.wait(hasty.ask(&mut desk(&app), &asking(CLEO), &prompt())).unwrap().unwrap_err();
        assert_eq!(fault.reason, Reason::Slow);
    }
    assert!(ask(&app, CLEO, &prompt()).is_ok());
}

#[test]
fn a_call_counts_against_the_projects_of_its_records() {
    let models = Models::new();
    let app = models.app();
    decide(&app, EDDA, Sphere::Project(ATLAS), Policy { monthly_tokens: Some(60), ..Policy::default() });
    assert!(ask(&app, CLEO, &about(&app, STEEL)).is_ok() && ask(&app, CLEO, &about(&app, STEEL)).is_ok());
    let fault = refusal(&app, CLEO, &about(&app, STEEL));
    assert!(fault.reason == Reason::Budget && fault.about == "Atlas", "{fault:?}");
    assert!(ask(&app, CLEO, &about(&app, DOOR)).is_ok());
}

#[test]
fn calls_at_the_same_time_cannot_each_take_the_last_token() {
    let models = Models::new();
    let app = models.app();
    decide(&app, ADA, Sphere::Organisation, Policy { monthly_tokens: Some(40), ..Policy::default() });
    models.then([Turn::Late(std::time::Duration::from_secs(2))]);
    let (one, other) = both(&app, CLEO, VERA);
    assert!(one.is_ok() != other.is_ok());
    assert_eq!((models.asked().len(), calls(&app, "refused:budget")), (1, 1));
}

#[test]
fn of_many_at_once_a_person_has_no_more_than_their_share() {
    let models = Models::new();
    let app = models.own_app();
    models.then((0..12).map(|_| Turn::Late(FAR_TOO_LATE)));
    let providers: Vec<Provider> =
        (0..12).map(|_| provider(&app).hasty(std::time::Duration::from_millis(1500))).collect();
    let (prompt, cleo) = (prompt(), asking(CLEO));
    let many = providers.iter().map(|provider| {
        let (prompt, cleo, mut desk) = (&prompt, &cleo, desk(&app));
        async move { provider.ask(&mut desk, cleo, prompt).await.unwrap().unwrap_err().reason }
    });
    let reasons = app.wait(futures_util::future::join_all(many));
    let slow = reasons.iter().filter(|reason| **reason == Reason::Slow).count();
    assert!(slow <= usize::try_from(MAX_OPEN_PER_PERSON).unwrap() && slow > 0, "{reasons:?}");
    assert_eq!(models.asked().len(), slow);
}

#[test]
fn a_lost_call_costs_what_was_sent_and_does_not_come_back_to_life() {
    let app = App::new();
    let id = Uuid::from_u128(5);
    app.sql(&format!(
        "insert into ai_calls (id, organisation_id, at, purpose, endpoint, host, model, records, attempt, bytes_out, hash, holders, outcome)
         values ('{id}', '{}', '{}', 'connection_test', 'responses', 'h', 'm', '{{}}', 1, 4000, '', array['{}']::uuid[], 'open')",
        HALDEN.0, start().to_rfc3339(), HALDEN.0
    ));
    app.advance(Duration::seconds(LOST_AFTER_SECONDS + 1));
    assert_eq!(app.tx(close_lost), 1);
    let cost = Cost::Counted(tow::ai::Usage { input_tokens: 7, output_tokens: 7 });
    let ended = Ended { bytes: 1, cost, took: std::time::Duration::ZERO, fault: None };
    app.tx(move |tx| gate_close(tx, id, &ended));
    assert_eq!((calls(&app, "lost:"), app.count("select tokens as count from ai_usage")), (1, 1000));
}

#[test]
fn what_is_masked_is_asked_again_at_the_gate() {
    let models = Models::new();
    let app = models.app();
    // Cleo's calls are all taken, so the next one waits.
    open_calls(&app, MAX_OPEN_PER_PERSON);
    let answer = app.wait(async {
        let coming = asked(provider(&app), desk(&app), prompt().says("Write to ada@halden.example"));
        actix_web::rt::time::sleep(std::time::Duration::from_millis(300)).await;
        decide(&app, BEN, Sphere::Organisation, Policy { masks_addresses: true, ..Policy::default() });
        app.sql("update ai_calls set outcome = 'done', finished_at = at");
        coming.end().await.unwrap()
    });
    assert!(answer.is_ok() && models.heard().contains("Write to [e-mail address]"), "{}", models.heard());
}

/// Of Cleo, under way.
fn open_calls(app: &App, many: i64) {
    for _ in 0..many {
        app.sql(&format!(
            "insert into ai_calls (id, organisation_id, at, purpose, endpoint, host, model, person_id, records, attempt, bytes_out, hash, outcome)
             values (gen_random_uuid(), '{}', '{}', 'connection_test', 'responses', 'h', 'm', '{}', '{{}}', 1, 1, '', 'open')",
            HALDEN.0, start().to_rfc3339(), CLEO.id
        ));
    }
}

#[test]
fn all_together_have_so_many_calls_under_way() {
    let models = Models::new();
    let app = models.app();
    open_calls(&app, MAX_OPEN - 1);
    app.sql("update ai_calls set person_id = null");
    assert!(ask(&app, VERA, &prompt()).is_ok());
    open_calls(&app, 1);
    let hasty = provider(&app).hasty(std::time::Duration::from_millis(250));
    let fault = app.wait(hasty.ask(&mut desk(&app), &asking(VERA), &prompt())).unwrap().unwrap_err();
    assert_eq!(fault.reason, Reason::Busy);
}

#[test]
fn failures_far_apart_are_no_outage() {
    let models = Models::new();
    let app = models.app();
    models.then((0..OUTAGE_AFTER).map(|_| Turn::Fails(503, "down", vec![("retry-after", "60".to_owned())])));
    for _ in 0..OUTAGE_AFTER {
        assert_eq!(refusal(&app, CLEO, &prompt()).reason, Reason::Server);
        app.advance(Duration::seconds(OUTAGE_WINDOW_SECONDS / (OUTAGE_AFTER - 1)));
    }
    assert!(ask(&app, CLEO, &prompt()).is_ok());
}

#[test]
fn a_call_without_a_sign_of_life_holds_its_place_for_a_minute_only() {
    let models = Models::new();
    let app = models.app();
    open_calls(&app, MAX_OPEN_PER_PERSON);
    let hasty = || provider(&app).hasty(std::time::Duration::from_millis(250));
    let fault = app.wait(hasty().ask(&mut desk(&app), &asking(CLEO), &prompt())).unwrap().unwrap_err();
    assert_eq!(fault.reason, Reason::Busy);
    app.advance(Duration::seconds(LEASE_SECONDS + 1));
    assert!(ask(&app, CLEO, &prompt()).is_ok());
}

/// Done by Ada in two transactions at the same time, each of which begins before the other ends: the errors.
fn twice(
    app: &App,
    act: fn(&mut tow::db::Tx, &tow::access::Actor, bool) -> tow::error::Result<()>,
) -> Vec<tow::error::Error> {
    let now = app.state().clock.now();
    let run = move |pool: tow::db::Pool, is_first: bool| {
        let mut conn = pool.get().unwrap();
        tow::db::write(&mut conn, now, Uuid::from_u128(1), |tx| {
            let me = tow::access::Actor::of_person(tx, ADA.id)?.confirmed();
            act(tx, &me, is_first)?;
            // Long enough for the other to look and find nothing.
            std::thread::sleep(std::time::Duration::from_millis(400));
            Ok(())
        })
    };
    let pool = app.state().pool.clone();
    let other = std::thread::spawn({
        let pool = pool.clone();
        move || run(pool, false)
    });
    let ours = run(pool, true);
    [ours, other.join().unwrap()].into_iter().filter_map(Result::err).collect()
}

#[test]
fn the_second_of_two_first_savers_is_told() {
    let app = App::own();
    let refused = twice(&app, |tx, me, is_first| {
        let level = if is_first { Level::Off } else { Level::NoWeb };
        Policy { level, ..Policy::default() }.save(tx, me, Sphere::Organisation)
    });
    assert!(matches!(refused.as_slice(), [tow::error::Error::Conflict(_)]), "{refused:?}");
    assert_eq!(app.count("select count(*) from ai_policies"), 1);
}

#[test]
fn a_double_click_on_keeping_private_records_away_is_one() {
    let app = App::own();
    let refused = twice(&app, |tx, me, _| set_keeps_out(tx, me, true));
    assert!(refused.is_empty(), "{refused:?}");
    assert_eq!(app.count("select count(*) from ai_refusals"), 1);
}

#[test]
fn a_person_has_so_many_calls_under_way_and_lost_ones_do_not_count_for_ever() {
    let models = Models::new();
    let app = models.app();
    open_calls(&app, MAX_OPEN_PER_PERSON);
    let hasty = || provider(&app).hasty(std::time::Duration::from_millis(250));
    let fault = app.wait(hasty().ask(&mut desk(&app), &asking(CLEO), &prompt())).unwrap().unwrap_err();
    assert_eq!((fault.reason, models.asked().len()), (Reason::Busy, 0));
    assert!(app.wait(hasty().ask(&mut desk(&app), &asking(VERA), &prompt())).unwrap().is_ok());
    app.advance(Duration::seconds(LOST_AFTER_SECONDS + 1));
    assert_eq!(app.tx(close_lost), usize::try_from(MAX_OPEN_PER_PERSON).unwrap());
    assert!(ask(&app, CLEO, &prompt()).is_ok());
    assert_eq!(calls(&app, "lost:"), MAX_OPEN_PER_PERSON);
}

#[test]
fn the_ledger_has_the_size_and_hash_of_what_left() {
    use sha2::Digest;
    let models = Models::new();
    let app = models.app();
    assert!(ask(&app, CLEO, &prompt()).is_ok());
    let sent = models.asked()[0].body.clone();
    let hash: String = sha2::Sha256::digest(sent.as_bytes()).iter().map(|byte| format!("{byte:02x}")).collect();
    assert_eq!(app.count(&format!("select count(*) from ai_calls where outcome = 'done' and bytes_out = {} and encode(hash, 'hex') = '{hash}'", sent.len())), 1);
}

#[test]
fn only_who_may_changes_a_policy_and_the_trail_keeps_it() {
    let app = App::new();
    let off = || Policy { level: Level::Off, ..Policy::default() };
    for who in [CLEO, DOV, GRO] {
        assert!(app.write(who, |tx, me| off().save(tx, me, Sphere::Organisation)).is_err(), "{}", who.name);
    }
    for who in [CLEO, VERA, DOV] {
        assert!(app.write(who, |tx, me| off().save(tx, me, Sphere::Project(ATLAS))).is_err(), "{}", who.name);
    }
    decide(&app, BEN, Sphere::Organisation, off());
    decide(&app, EDDA, Sphere::Project(ATLAS), off());
    assert_eq!(
        app.count("select count(*) from audit_events where action = 'ai.policy_changed' and outcome = 'succeeded'"),
        2
    );
    assert!(app.read(DOV, |tx, me| Policy::find(tx, me, Sphere::Project(ATLAS))).is_err());
}
