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
    assert!(matches!(stopped, Reembedded::Stopped(fault) if fault.reason == tow::ai::Reason::Key));
    assert!(said.len() == 3 && said[0] == (0, 10), "{said:?}");
    assert_eq!((serving(&app).id, old.count_in(&app)), (old.id, 10));
    let building = app.tx(|tx| Set::find(tx, SetState::Building)).unwrap();
    let so_far = building.count_in(&app);
    assert!(so_far > 0 && so_far < 10);
    // The server may start with either: with the old values, or with the new ones on the old vectors.
    assert_eq!((guarded(&app, &config), guarded(&app, &app.state().config.clone())), (None, None));

    let before = models.bodies().len();
    models.then((0..20).map(|_| Turn::Vectors(32)));
    assert_eq!(run(&app, &config, false).0, Reembedded::Serves(10));
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
    let set = app.tx(|tx| Set::build(tx, &config.ai, false)).unwrap();
    says(&app, STEEL, "Nine weeks.");
    embed(&app);
    assert_eq!(app.count("select count(*) from passages where is_waiting"), 0);
    app.tx(|tx| set.take_over(tx));
    assert_eq!(app.count("select count(*) from passages where is_waiting"), 10);
}

#[test]
fn a_project_with_ai_off_has_no_part_in_it_and_a_used_up_budget_stops_it() {
    use tow::ai::{Level, Policy, Sphere};
    let models = Models::new();
    let app = embedded(&models, &[]);
    let config = other(&app);
    app.write(EDDA, |tx, me| {
        Policy { monthly_tokens: Some(0), ..Policy::default() }.save(tx, me, Sphere::Project(ATLAS))
    })
    .unwrap();
    models.then((0..40).map(|_| Turn::Vectors(32)));
    assert!(
        matches!(run(&app, &config, false).0, Reembedded::Stopped(fault) if fault.reason == tow::ai::Reason::Budget)
    );
    app.write(EDDA, |tx, me| {
        Policy { level: Level::Off, version: 1, ..Policy::default() }.save(tx, me, Sphere::Project(ATLAS))
    })
    .unwrap();
    let before = models.asked().len();
    assert_eq!(run(&app, &config, false).0, Reembedded::Serves(7));
    assert_eq!(models.asked().len(), before);
}

#[test]
fn nothing_is_done_when_the_vectors_are_of_this_model_unless_it_is_said() {
    let models = Models::new();
    let app = embedded(&models, &[]);
    let (config, before) = (app.state().config.clone(), models.asked().len());
    assert_eq!((run(&app, &config, false).0, models.asked().len()), (Reembedded::Needless, before));
    let old = serving(&app).id;
    assert_eq!(run(&app, &config, true).0, Reembedded::Serves(10));
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
