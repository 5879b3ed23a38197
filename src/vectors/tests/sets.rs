//! Sets: what may start, and how one takes the place of another.

use super::*;
use tow::config::Config;
use tow::net::wait;
use tow::vectors::*;

/// As tow.yaml would be after another model was put into it.
fn other(app: &App) -> Config {
    let mut config = app.state().config.clone();
    config.ai.openai_embedding_model = "text-embedding-3-large".to_owned();
    config.ai.embedding_dim = 32;
    config
}

fn run(app: &App, config: &Config, is_anew: bool) -> (Reembedded, Vec<(i64, i64)>) {
    let state = app.state();
    let mut conn = state.pool.get().unwrap();
    let mut work = tow::queue::Work::new(&mut conn, &state.clock, config);
    let provider = tow::ai::Provider::of_job(config);
    let mut said = Vec::new();
    let mut hear = |done, all| said.push((done, all));
    let done = wait(reembed(&mut work, &provider, is_anew, &mut hear)).unwrap().unwrap();
    (done, said)
}

fn whole(vectors: i64) -> Reembedded {
    Reembedded::Serves { vectors, held: Vec::new() }
}

/// A set in the making, and who makes it.
fn begun(app: &App, config: &Config) -> (Set, Lease) {
    match app.tx(|tx| Set::build(tx, &config.ai, false)) {
        Build::Begun(set, lease) => (set, lease),
        other => panic!("{other:?}"),
    }
}

fn guarded(app: &App, config: &Config) -> Option<String> {
    app.tx(|tx| guard(tx, &config.ai))
}

fn serving(app: &App) -> Set {
    app.tx(|tx| Set::find(tx, SetState::Serving)).unwrap()
}

#[test]
fn another_dimension_stops_the_start_with_both_numbers_and_the_way_out() {
    let models = Models::new();
    let app = embedded(&models, &[]);
    let mut config = app.state().config.clone();
    assert_eq!(guarded(&app, &config), None);
    config.ai.embedding_dim = 32;
    let why = guarded(&app, &config).unwrap();
    for part in ["is 32", "of 64 numbers", "embedding_dim: 64", "`tow reembed`", "10 vectors"] {
        assert!(why.contains(part), "{part}: {why}");
    }
    config.ai.embedding_dim = 64;
    config.ai.openai_embedding_model = "another".to_owned();
    assert!(guarded(&app, &config).unwrap().contains("another"));
    config.ai.openai_api_key = None;
    assert_eq!(guarded(&app, &config), None);
}

#[test]
fn before_anything_is_embedded_the_dimension_may_change() {
    let models = Models::new();
    let app = models.app();
    index(&app);
    models.then((0..3).map(|_| Turn::Fails(401, "invalid_api_key", Vec::new())));
    embed(&app);
    assert_eq!((serving(&app).dim, guarded(&app, &other(&app))), (64, None));
    let config = other(&app);
    let set = app.tx(|tx| Set::ensure(tx, &config.ai));
    assert_eq!((set.dim, set.state), (32, SetState::Serving));
}

#[test]
fn a_new_set_serves_when_it_is_whole_and_the_old_one_until_then() {
    let models = Models::new();
    let app = embedded(&models, &[]);
    let (old, config) = (serving(&app), other(&app));
    models.then([Turn::Vectors(32), Turn::Vectors(32), Turn::Fails(401, "invalid_api_key", Vec::new())]);
    let (stopped, said) = run(&app, &config, false);
    assert!(matches!(stopped, Reembedded::Stopped { fault, .. } if fault.reason == tow::ai::Reason::Key));
    assert!(said.len() == 3 && said[0] == (0, 10), "{said:?}");
    assert_eq!((serving(&app).id, old.count_in(&app)), (old.id, 10));
    let building = app.tx(|tx| Set::find(tx, SetState::Building)).unwrap();
    let so_far = building.count_in(&app);
    assert!(so_far > 0 && so_far < 10);
    // The server may start with either: with the old values, or with the new ones on the old vectors.
    assert_eq!((guarded(&app, &config), guarded(&app, &app.state().config.clone())), (None, None));

    let before = models.bodies().len();
    models.then((0..20).map(|_| Turn::Vectors(32)));
    assert_eq!(run(&app, &config, false).0, whole(10));
    let sent: usize = models.bodies()[before..].iter().map(|body| body["input"].as_array().unwrap().len()).sum();
    assert_eq!(sent as i64, 10 - so_far);
    assert!(models.bodies()[before..].iter().all(|body| body["model"] == "text-embedding-3-large"));
    assert_eq!((serving(&app).id, serving(&app).dim), (building.id, 32));
    assert_eq!(app.count("select count(*) from vectors"), 10);
    assert_eq!(app.count("select count(*) from vector_sets"), 1);
    assert_eq!(app.count("select count(*) from pg_indexes where indexname like 'vectors_set_%'"), 1);
    assert!(guarded(&app, &app.state().config.clone()).unwrap().contains("is 64"));
}

#[test]
fn what_is_written_meanwhile_waits_for_the_set_that_serves_then() {
    let models = Models::new();
    let app = embedded(&models, &[]);
    let config = other(&app);
    let (set, _) = begun(&app, &config);
    says(&app, STEEL, "Nine weeks.");
    embed(&app);
    let waiting = "select count(*) from passages where is_waiting";
    assert_eq!(app.count(waiting), 0);
    app.tx(|tx| set.take_over(tx));
    assert!(app.tx(settle));
    assert_eq!(app.count(waiting), 10);
}

#[test]
fn the_change_itself_is_two_words_and_the_rest_follows_bit_by_bit() {
    let models = Models::new();
    let app = embedded(&models, &[]);
    let (config, old) = (other(&app), serving(&app));
    let (set, _) = begun(&app, &config);
    let left = |app: &App| {
        let index = format!("select count(*) from pg_indexes where indexname = '{}'", old.index_name());
        let counts = [
            index.as_str(),
            "select count(*) from passages where is_waiting",
            "select count(*) from vectors",
            "select count(*) from vector_sets",
        ];
        counts.map(|count| app.count(count))
    };
    app.tx(|tx| set.take_over(tx));
    assert_eq!((serving(&app).id, left(&app)), (set.id, [1, 0, 10, 2]));
    // Passages first: until then search of what is written lacks them.
    assert!(app.tx(|tx| Ok(settle(tx)? && settle(tx)? && !settle(tx)?)));
    assert_eq!(left(&app), [1, 10, 10, 2]);
    assert!(app.tx(sweep));
    assert_eq!(left(&app), [0, 10, 10, 2]);
    assert!(app.tx(sweep));
    assert_eq!(left(&app), [0, 10, 0, 2]);
    assert!(app.tx(|tx| Ok(sweep(tx)? && !sweep(tx)?)));
    assert_eq!(left(&app), [0, 10, 0, 1]);
}

#[test]
fn no_step_of_what_follows_a_change_is_a_long_one() {
    let models = Models::new();
    let app = embedded_alone(&models);
    let (config, old) = (other(&app), serving(&app));
    let (set, _) = begun(&app, &config);
    app.sql(&format!("drop index {}", old.index_name()));
    let (most, before) = (SWEPT_AT_ONCE.max(SETTLED_AT_ONCE) as usize, app.count("select count(*) from passages"));
    fill(&app, STEEL, most);
    app.sql(&format!(
        "insert into vectors (set_id, passage_id, place_id, whole) select {}, p.id, p.place_id, '{}' from passages p where p.is_waiting; update passages set is_waiting = false",
        old.id,
        literal(&vector("boat", DIM))
    ));
    app.tx(|tx| set.take_over(tx));
    assert!(app.tx(settle));
    assert_eq!(app.count("select count(*) from passages where is_waiting"), i64::from(SETTLED_AT_ONCE));
    while app.tx(settle) {}
    assert!(app.tx(sweep));
    assert_eq!(app.count("select count(*) from vectors"), before + most as i64 - i64::from(SWEPT_AT_ONCE));
}

#[test]
fn a_long_name_in_a_fault_is_cut_to_what_is_kept() {
    let models = Models::new();
    let app = embedded(&models, &[]);
    let (set, now) = (serving(&app), app.state().clock.now());
    let fault = tow::ai::Fault::new(tow::ai::Reason::Unknown).about("x".repeat(MAX_ABOUT_CHARS + 1));
    app.tx(|tx| set.rest(tx, &fault, now));
    assert_eq!(serving(&app).fault_about.unwrap().len(), MAX_ABOUT_CHARS);
}

#[test]
fn the_index_of_a_set_that_was_replaced_waits_until_nobody_reads() {
    use diesel::connection::SimpleConnection;
    let models = Models::new();
    let app = models.own_app();
    let state = app.state();
    let mut reader = state.pool.get().unwrap();
    let mut conn = state.pool.get().unwrap();
    let mut work = tow::queue::Work::new(&mut conn, &state.clock, &state.config);
    let ai = state.config.ai.clone();
    let set = work.touch(tow::db::Chore::Vectors, |tx| Set::begin(tx, &ai, SetState::Serving)).unwrap();
    work.touch(tow::db::Chore::Vectors, |tx| set.retire(tx)).unwrap();
    reader.batch_execute("begin; select count(*) from vectors").unwrap();
    let began = std::time::Instant::now();
    tidy(&mut work, usize::MAX).unwrap();
    let waited = began.elapsed().as_millis();
    assert!(waited >= u128::from(DROP_PATIENCE_MS) && waited < 20 * u128::from(DROP_PATIENCE_MS), "{waited}");
    let find = |tx: &mut tow::db::Tx| Set::find(tx, SetState::Retired);
    assert!(work.read(find).unwrap().is_some(), "left for later, and no error");
    reader.batch_execute("commit").unwrap();
    tidy(&mut work, usize::MAX).unwrap();
    assert!(work.read(find).unwrap().is_none());
}

#[test]
fn a_place_that_its_own_rule_holds_is_left_out_and_named_and_the_others_go_on() {
    use tow::ai::{Level, Policy, Reason, Sphere};
    let models = Models::new();
    let app = embedded(&models, &[]);
    let config = other(&app);
    app.write(EDDA, |tx, me| {
        Policy { monthly_tokens: Some(0), ..Policy::default() }.save(tx, me, Sphere::Project(ATLAS))
    })
    .unwrap();
    models.then((0..40).map(|_| Turn::Vectors(32)));
    let Reembedded::Serves { vectors: 7, held } = run(&app, &config, false).0 else { panic!("it does not serve") };
    assert_eq!((held.len(), held[0].gap.name.as_str(), held[0].gap.passages), (1, "Atlas", 3));
    assert_eq!(held[0].fault.reason, Reason::Budget);
    let told = tow::cli::reembed::left_out(&held);
    assert!(told.contains("3 of Atlas: This month’s tokens of Atlas are used up."), "{told}");
    assert_eq!(app.count("select count(*) from passages where is_waiting"), 3, "they wait for the new set");
    // What is the whole organisation's stops it: nearly nothing would be found any more.
    app.write(ADA, |tx, me| Policy { monthly_tokens: Some(0), ..Policy::default() }.save(tx, me, Sphere::Organisation))
        .unwrap();
    let (before, serves) = (models.asked().len(), serving(&app).id);
    let stopped = run(&app, &config, true).0;
    assert!(matches!(stopped, Reembedded::Stopped { fault, held } if fault.reason == Reason::Budget && held.len() > 1));
    assert_eq!((models.asked().len(), serving(&app).id), (before, serves));
    app.write(ADA, |tx, me| {
        Policy { level: Level::All, version: 1, ..Policy::default() }.save(tx, me, Sphere::Organisation)
    })
    .unwrap();
    assert!(
        matches!(run(&app, &config, true).0, Reembedded::Serves { vectors: 7, .. }),
        "its hold on the set was given back"
    );
}

#[test]
fn places_of_people_are_told_as_a_number_and_not_one_by_one() {
    use tow::ai::{Fault, Reason};
    let gap = |name: &str| Gap { place_id: uuid::Uuid::new_v4(), name: name.to_owned(), passages: 2 };
    let held = |name: &str| Held { gap: gap(name), fault: Fault::new(Reason::Kept) };
    let told = tow::cli::reembed::left_out(&[held(""), held("Atlas"), held("")]);
    assert!(told.contains("4 of people's private records: ") && told.contains("2 of Atlas: "), "{told}");
    assert_eq!((told.lines().count(), tow::cli::reembed::left_out(&[])), (3, String::new()));
}

#[test]
fn a_second_reembed_does_nothing_while_the_first_is_at_work() {
    let models = Models::new();
    let app = embedded(&models, &[]);
    let (config, before) = (other(&app), models.asked().len());
    let (set, lease) = begun(&app, &config);
    let until = app.tx(|tx| Set::find(tx, SetState::Building)).unwrap().leased_until.unwrap();
    for is_anew in [false, true] {
        assert_eq!(run(&app, &config, is_anew).0, Reembedded::Taken(until));
    }
    // Not even one for another model may throw away what the first one makes.
    assert_eq!(run(&app, &app.state().config.clone(), true).0, Reembedded::Taken(until));
    assert_eq!(models.asked().len(), before);
    app.tx(|tx| set.give_back(tx, lease));
    models.then((0..20).map(|_| Turn::Vectors(32)));
    assert_eq!(run(&app, &config, false).0, whole(10));
}

#[test]
fn a_provider_that_is_busy_is_asked_again_so_often_and_no_more() {
    let models = Models::new();
    let app = embedded(&models, &[]);
    let before = models.asked().len();
    let turns = (MAX_AGAIN as usize + 1) * 3;
    models.then((0..turns).map(|_| Turn::Fails(429, "later", vec![("retry-after-ms", "1".to_owned())])));
    let stopped = run(&app, &other(&app), false).0;
    assert!(matches!(stopped, Reembedded::Stopped { fault, .. } if fault.reason == tow::ai::Reason::Rate));
    assert_eq!(models.asked().len() - before, turns);
}

#[test]
fn a_project_with_ai_off_has_no_part_in_it() {
    use tow::ai::{Level, Policy, Sphere};
    let models = Models::new();
    let app = embedded(&models, &[]);
    app.write(EDDA, |tx, me| Policy { level: Level::Off, ..Policy::default() }.save(tx, me, Sphere::Project(ATLAS)))
        .unwrap();
    models.then((0..40).map(|_| Turn::Vectors(32)));
    assert_eq!(run(&app, &other(&app), false).0, whole(7));
}

#[test]
fn nothing_is_done_when_the_vectors_are_of_this_model_unless_it_is_said() {
    let models = Models::new();
    let app = embedded(&models, &[]);
    let (config, before) = (app.state().config.clone(), models.asked().len());
    assert_eq!((run(&app, &config, false).0, models.asked().len()), (Reembedded::Needless, before));
    let old = serving(&app).id;
    assert_eq!(run(&app, &config, true).0, whole(10));
    assert!(serving(&app).id != old && models.asked().len() > before);
}

trait Counted {
    fn count_in(&self, app: &App) -> i64;
}

impl Counted for Set {
    fn count_in(&self, app: &App) -> i64 {
        app.tx(|tx| self.count(tx))
    }
}
