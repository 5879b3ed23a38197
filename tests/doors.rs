//! Every door, tried by every kind of principal. The table is `doors.txt`; its head says how to add a row.

use crate::harness::*;
use actix_web::introspection::{IntrospectionNode, IntrospectionTree};
use actix_web::web::Data;
use std::collections::BTreeSet;

const COLUMNS: [&str; 12] = [
    "visitor", "outsider", "viewer", "member", "lead", "padmin", "admin", "owner", "server", "gone", "expired",
    "security",
];

/// One row of the table.
struct Door {
    method: String,
    pattern: String,
    path: String,
    fields: String,
    statuses: Vec<String>,
}

impl Door {
    fn parse(line: &str) -> Door {
        let parts: Vec<&str> = line.split('|').map(str::trim).collect();
        let [route, path, fields, statuses] = parts[..] else { panic!("doors.txt: four parts, please: {line}") };
        let (method, pattern) =
            route.split_once(' ').unwrap_or_else(|| panic!("doors.txt: METHOD and pattern, please: {line}"));
        Door {
            method: method.to_owned(),
            pattern: pattern.trim().to_owned(),
            path: path.to_owned(),
            fields: fields.to_owned(),
            statuses: statuses.split_whitespace().map(str::to_owned).collect(),
        }
    }

    fn route(&self) -> String {
        format!("{} {}", self.method, self.pattern)
    }

    fn row(&self, statuses: &[u16]) -> String {
        let statuses: Vec<String> = statuses.iter().map(u16::to_string).collect();
        let route = format!("{:<4} {}", self.method, self.pattern);
        format!("{route:<44} | {:<34} | {:<40} | {}", self.path, self.fields, statuses.join(" "))
    }

    /// The status, and never a fault of ours.
    fn try_by(&self, client: &Client) -> u16 {
        let fields: Vec<(String, String)> = url::form_urlencoded::parse(self.fields.as_bytes()).into_owned().collect();
        let fields: Vec<(&str, &str)> = fields.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        let answer = match self.method.as_str() {
            "GET" => client.get(&self.path),
            "POST" => client.post(&self.path, &fields),
            other => panic!("doors.txt: no such method: {other}"),
        };
        assert!(answer.status != 500, "{} {} {}: {}", self.method, self.path, self.fields, answer.error);
        answer.status
    }
}

fn principals(app: &App) -> Vec<Client> {
    let expired = app.as_(ADA);
    app.sql(&format!("update sessions set expires_at = '{}' where person_id = '{}'", start().to_rfc3339(), ADA.id));
    let mut all = vec![app.visitor()];
    all.extend([DOV, VERA, CLEO, EDDA, FINN, BEN, ADA, GRO, HUGO].map(|who| app.as_(who)));
    all.push(expired);
    all.push(app.as_(SAMI));
    all
}

/// Rows with fixed ids that paths of the table name; behind the server's back, because only the doors are tried here.
pub fn furnish(app: &App) {
    open_security_desk(app);
    app.sql(&std::fs::read_to_string(checkout().join("tests/doors.sql")).unwrap());
    let content = tow::storage::Store::of(&app.state().config.uploads).path(&"a".repeat(64));
    std::fs::create_dir_all(content.parent().unwrap()).unwrap();
    std::fs::write(content, "abc").unwrap();
}

/// Addresses of all pages, with example ids in them.
pub fn paths_of_pages() -> Vec<String> {
    let text = std::fs::read_to_string(checkout().join("tests/doors.txt")).unwrap();
    let rows = text.lines().filter(|line| !line.is_empty() && !line.starts_with('#')).map(Door::parse);
    rows.filter(|door| door.method == "GET").map(|door| door.path).collect()
}

#[test]
fn every_door_opens_for_whom_the_table_says_and_no_other() {
    let app = App::new();
    furnish(&app);
    let principals = principals(&app);
    let text = std::fs::read_to_string(checkout().join("tests/doors.txt")).unwrap();
    let mut found = String::new();
    for line in text.lines() {
        if line.is_empty() || line.starts_with('#') {
            found.push_str(line);
        } else {
            let door = Door::parse(line);
            let statuses: Vec<u16> =
                principals.iter().map(|client| app.undoing(|| door.try_by(&client.twin()))).collect();
            found.push_str(&door.row(&statuses));
        }
        found.push('\n');
    }
    golden("doors.txt", &found);
}

/// Routes of the API have a table of their own; those of the directory open to its token alone (src/scim/tests/doors.rs).
fn of_pages() -> impl Iterator<Item = tow::web::RouteInfo> {
    let is_page =
        |info: &tow::web::RouteInfo| !info.path.starts_with("/api/") && info.need != tow::web::Need::Directory;
    tow::features::routes().list().into_iter().filter(is_page)
}

#[test]
fn every_route_of_the_server_stands_in_the_table() {
    let text = std::fs::read_to_string(checkout().join("tests/doors.txt")).unwrap();
    let rows = text.lines().filter(|line| !line.is_empty() && !line.starts_with('#')).map(Door::parse);
    let named: BTreeSet<String> = rows.map(|door| door.route()).collect();
    let routes: BTreeSet<String> = of_pages().map(|info| format!("{} {}", info.method, info.path)).collect();
    println!("{} of {} routes stand in tests/doors.txt", routes.intersection(&named).count(), routes.len());
    let missing: Vec<_> = routes.difference(&named).map(|route| format!("{route} | PATH | FIELDS | 0")).collect();
    assert!(
        missing.is_empty(),
        "add to tests/doors.txt, with an example, then UPDATE=1 cargo test doors:\n{}",
        missing.join("\n")
    );
    let gone: Vec<_> = named.difference(&routes).collect();
    assert!(gone.is_empty(), "doors.txt names routes that do not exist: {gone:?}");
}

#[test]
fn every_row_has_a_status_for_every_principal() {
    let text = std::fs::read_to_string(checkout().join("tests/doors.txt")).unwrap();
    for door in text.lines().filter(|line| !line.is_empty() && !line.starts_with('#')).map(Door::parse) {
        assert_eq!(door.statuses.len(), COLUMNS.len(), "{}", door.route());
    }
    assert!(text.contains(&COLUMNS.join(" ")), "the head must name the columns: {}", COLUMNS.join(" "));
}

#[test]
fn whoever_has_no_session_opens_only_doors_that_need_none() {
    use tow::web::Need;
    let text = std::fs::read_to_string(checkout().join("tests/doors.txt")).unwrap();
    let needing: BTreeSet<String> = tow::features::routes()
        .list()
        .iter()
        .filter(|info| info.need == Need::Session)
        .map(|info| format!("{} {}", info.method, info.path))
        .collect();
    for door in text.lines().filter(|line| !line.is_empty() && !line.starts_with('#')).map(Door::parse) {
        if needing.contains(&door.route()) {
            // An address that nobody can mean (no number where one belongs) is refused before anybody is asked who they are.
            if door.statuses[1..].iter().all(|status| status == "404") {
                continue;
            }
            for column in [0, 9, 10] {
                assert_eq!(door.statuses[column], "303", "{} for {}", door.route(), COLUMNS[column]);
            }
        }
    }
}

#[test]
fn nothing_is_served_but_the_routes_on_the_list() {
    let app = App::new();
    let request = actix_web::test::TestRequest::get().uri("/healthz").to_request();
    let tree = actix_web::rt::System::new().block_on(async {
        let site = actix_web::test::init_service(tow::app::site(app.state().clone())).await;
        let response = actix_web::test::call_service(&site, request).await;
        response.request().app_data::<Data<IntrospectionTree>>().expect("actix keeps no tree").clone()
    });
    let mut served = BTreeSet::new();
    collect(&tree.root, &mut served);
    let listed: BTreeSet<String> =
        tow::features::routes().list().iter().map(|info| format!("{} {}", info.method, info.path)).collect();
    assert_eq!(served.difference(&listed).collect::<Vec<_>>(), Vec::<&String>::new());
    assert_eq!(listed.difference(&served).collect::<Vec<_>>(), Vec::<&String>::new());
}

fn collect(node: &IntrospectionNode, served: &mut BTreeSet<String>) {
    let is_open = node.methods.is_empty() && !node.patterns.is_empty();
    // HEAD is the server's, wherever there is GET.
    served.extend(
        node.methods.iter().filter(|method| **method != "HEAD").map(|method| format!("{method} {}", node.full_path)),
    );
    served.extend(is_open.then(|| format!("ANY {}", node.full_path)));
    node.children.iter().for_each(|child| collect(child, served));
}

/// Whoever signed in some time ago is asked who they are; the page that asks must say what for.
#[test]
fn every_door_that_asks_once_more_who_one_is_says_what_it_will_do() {
    let app = App::new();
    furnish(&app);
    let asking: Vec<Client> = [ADA, GRO, CLEO].map(|who| app.as_(who)).into();
    app.advance(chrono::Duration::seconds(901));
    let deeds = tow::features::deeds();
    let text = std::fs::read_to_string(checkout().join("tests/doors.txt")).unwrap();
    let doors = text.lines().filter(|line| !line.is_empty() && !line.starts_with('#')).map(Door::parse);
    let (mut asked, mut silent) = (BTreeSet::new(), BTreeSet::new());
    for door in doors.filter(|door| door.method == "POST") {
        for client in &asking {
            let words = app.undoing(|| words_of_deed(&door, &client.twin()));
            let Some(words) = words else { continue };
            asked.insert(door.route());
            let is_said = deeds.contains_key(door.pattern.as_str()) && !words.is_empty();
            if !is_said || words.contains("{$") || words.contains("00000000-") {
                silent.insert(format!("{}: {words:?}", door.route()));
            }
        }
    }
    println!("{} routes ask once more who one is", asked.len());
    assert!(asked.len() > 40, "{asked:?}");
    assert!(silent.is_empty(), "add .does(…) and its words, with names for ids:\n{silent:#?}");
}

/// What the question says will be done; None when nobody is asked.
fn words_of_deed(door: &Door, client: &Client) -> Option<String> {
    let fields: Vec<(String, String)> = url::form_urlencoded::parse(door.fields.as_bytes()).into_owned().collect();
    let fields: Vec<(&str, &str)> = fields.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    let answer = client.post(&door.path, &fields);
    if answer.status != 303 || !answer.location().starts_with("/confirmation/") {
        return None;
    }
    let page = client.get(&answer.location()).text();
    Some(page.split("<strong>").nth(2).and_then(|rest| rest.split("</strong>").next()).unwrap_or_default().to_owned())
}
