//! Every route of the API, tried by every kind of program. The table is `doors_api.txt`; its head says how to add a row.

use crate::doors::furnish;
use crate::harness::*;
use std::collections::BTreeSet;
use tow::access::Scope;
use tow::web::{Need, RouteInfo};

const COLUMNS: [&str; 13] = [
    "nobody", "session", "outsider", "viewer", "member", "lead", "padmin", "admin", "owner", "reader", "beacon", "key",
    "atlaskey",
];

fn programs(app: &App) -> Vec<Client> {
    let reading: Vec<String> = ALL_SCOPES.iter().map(|scope| scope.replace("write", "read")).collect();
    let reading: Vec<&str> = reading.iter().map(String::as_str).collect();
    let mut all = vec![app.visitor(), app.as_(ADA)];
    all.extend([DOV, VERA, CLEO, EDDA, FINN, BEN, ADA].map(|who| app.token(who, &ALL_SCOPES, None)));
    all.push(app.token(CLEO, &reading, None));
    all.push(app.token(CLEO, &ALL_SCOPES, Some(&[BEACON])));
    all.push(app.key(&ALL_SCOPES, None));
    all.push(app.key(&ALL_SCOPES, Some(&[ATLAS])));
    all
}

fn table() -> String {
    std::fs::read_to_string(checkout().join("tests/doors_api.txt")).unwrap()
}

fn of_api() -> Vec<RouteInfo> {
    tow::features::routes().list().into_iter().filter(|route| matches!(route.need, Need::Token(_))).collect()
}

#[test]
fn every_door_of_the_api_opens_for_whom_the_table_says_and_no_other() {
    let app = App::new();
    furnish(&app);
    let programs = programs(&app);
    let mut found = String::new();
    for line in table().lines() {
        if line.is_empty() || line.starts_with('#') {
            found.push_str(line);
        } else {
            let parts: Vec<&str> = line.split('|').map(str::trim).collect();
            let [route, path, body, ..] = parts[..] else { panic!("four parts, please: {line}") };
            let method = route.split(' ').next().unwrap();
            let statuses: Vec<String> = programs
                .iter()
                .map(|program| {
                    let answer = app.undoing(|| program.twin().api(method, path, body));
                    assert!(answer.status != 500, "{line}: {}", answer.error);
                    answer.status.to_string()
                })
                .collect();
            let pattern = route.split_once(' ').unwrap().1.trim();
            let route = format!("{method:<6} {pattern}");
            found.push_str(&format!("{route:<42} | {path:<38} | {body:<66} | {}", statuses.join(" ")));
        }
        found.push('\n');
    }
    golden("doors_api.txt", &found);
}

#[test]
fn every_route_of_the_api_stands_in_its_table_and_names_a_scope_that_exists() {
    let table = table();
    assert!(table.contains(&COLUMNS.join(" ")), "the head must name the columns: {}", COLUMNS.join(" "));
    let named: BTreeSet<String> = table
        .lines()
        .filter(|line| !line.is_empty() && !line.starts_with('#'))
        .map(|line| line.split('|').next().unwrap().split_whitespace().collect::<Vec<_>>().join(" "))
        .collect();
    let routes: BTreeSet<String> = of_api().iter().map(|route| format!("{} {}", route.method, route.path)).collect();
    println!("{} routes × {} programs", routes.len(), COLUMNS.len());
    assert_eq!(routes, named);
    for route in of_api() {
        let Need::Token(scope) = route.need else { continue };
        assert!(scope.is_empty() || Scope::parse(scope).is_some(), "{} {scope}", route.path);
        assert_eq!(scope.ends_with(":write"), route.method != "GET", "{} {} {scope}", route.method, route.path);
    }
}

#[test]
fn a_token_without_the_scope_of_a_route_is_refused_by_name_whatever_its_person_may() {
    let app = App::new();
    furnish(&app);
    for route in of_api() {
        let Need::Token(scope) = route.need else { continue };
        let Some(wanted) = Scope::parse(scope) else { continue };
        let others: Vec<&str> =
            Scope::ALL.iter().filter(|scope| !scope.covers(wanted)).map(|scope| scope.as_str()).collect();
        let answer = app.token(ADA, &others, None).api(route.method.as_str(), &route.path.replace("{id}", "ATL-1"), "");
        assert_eq!(answer.status, 403, "{} {}", route.method, route.path);
        assert!(answer.json()["detail"].as_str().unwrap().contains(scope), "{}", answer.text());
        assert!(answer.header("www-authenticate").contains(&format!("scope=\"{scope}\"")));
    }
    assert!(app.count("select count(*) from audit_events where action = 'refused'") > 0);
}
