//! What server admins see of the instances.

use crate::harness::{ADA, App, CLEO};
use tow::app::routes_of;
use tow::fleet::{Trouble, trouble};
use tow::queue::{FORGET_SILENT_HOURS, Instance, Role, SILENT_SECONDS, beat, instances};

fn with(roles: &[Role]) -> App {
    let app = App::new();
    for role in roles {
        let here = Instance::here(*role, app.state().clock.now());
        app.tx(|tx| beat(tx, &here));
    }
    app
}

fn trouble_of(app: &App) -> Option<Trouble> {
    let now = app.state().clock.now();
    trouble(&app.tx(instances), now)
}

#[test]
fn the_page_shows_each_instance_and_marks_who_is_silent() {
    let app = with(&[Role::Web]);
    app.advance(chrono::Duration::seconds(SILENT_SECONDS));
    let mut worker = Instance::here(Role::Worker, app.state().clock.now());
    worker.host = "kelp<i>".to_owned();
    worker.load.lead(true);
    app.tx(|tx| beat(tx, &worker));
    let page = app.as_(ADA).get("/settings/instances");
    assert_eq!(page.status, 200);
    assert!(page.has("kelp&#60;i&#62;") && page.has("Background work") && page.has("runs the schedule"));
    assert!(page.has("Silent") && page.has("An instance is silent."));
    assert!(page.has(&format!("silent for {SILENT_SECONDS} seconds")));
    assert!(page.has(&format!("After {FORGET_SILENT_HOURS} hours")));
    assert_eq!(app.as_(CLEO).get("/settings/instances").status, 403);
}

#[test]
fn what_is_wrong_with_the_whole_is_said_worst_first() {
    assert_eq!(trouble_of(&with(&[Role::All])), None);
    assert_eq!(trouble_of(&with(&[Role::Web, Role::Worker])), None);
    let app = with(&[Role::Web, Role::Worker]);
    app.sql("update instances set version = '0.0.1' where role = 'web'");
    assert_eq!(trouble_of(&app), Some(Trouble::Versions));
    app.sql("update instances set heard_at = heard_at - interval '1 hour' where role = 'web'");
    assert_eq!(trouble_of(&app), Some(Trouble::Silent));
    app.sql("update instances set role = case role when 'web' then 'worker' else 'web' end");
    assert_eq!(trouble_of(&app), Some(Trouble::NoWorker));
}

#[test]
fn one_instance_is_told_what_a_second_is_for() {
    assert!(with(&[Role::All]).as_(ADA).get("/settings/instances").has("One instance runs"));
    assert!(!with(&[Role::All, Role::All]).as_(ADA).get("/settings/instances").has("One instance runs"));
    assert!(with(&[]).as_(ADA).get("/settings/instances").has("No instance has reported yet"));
}

#[test]
fn a_worker_answers_to_its_probes_and_nothing_else() {
    let paths: Vec<_> = routes_of(Role::Worker).list().into_iter().map(|route| route.path).collect();
    assert_eq!(paths, ["/healthz", "/readyz"]);
    assert!(routes_of(Role::Web).list().len() > 100);
}

#[test]
fn a_request_counts_while_it_is_under_way_and_not_after() {
    let app = with(&[]);
    app.as_(ADA).get("/tickets");
    assert_eq!(app.state().instance.load.in_hand(), (0, 0));
}
