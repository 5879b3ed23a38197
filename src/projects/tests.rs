//! Projects through the door.

use crate::harness::*;
use tow::access::reach::Roster;
use tow::access::{Actor, MAX_PICKED, ProjectRole};
use tow::db::paging::Cursor;
use tow::projects::{NewProject, Project, Visibility, key_from};
use tow::text::value::{Body, Name};

const NEW: [(&str, &str); 5] =
    [("name", "Harbour Works"), ("key", ""), ("about", ""), ("visibility", "restricted"), ("lead", "")];

/// The form with one field changed.
fn with<'a>(field: &'a str, value: &'a str) -> Vec<(&'a str, &'a str)> {
    NEW.into_iter().map(|(name, old)| if name == field { (name, value) } else { (name, old) }).collect()
}

fn grant_id(app: &App, handle: &str) -> String {
    app.tx(|tx| {
        let me = Actor::of_person(tx, ADA.id)?;
        let grants = Project::find(tx, &me, "ATL")?.grants(tx)?;
        let who = EVERYBODY.into_iter().find(|who| who.handle() == handle).unwrap();
        Ok(grants.iter().find(|grant| grant.person_id == Some(who.id)).unwrap().id.to_string())
    })
}

fn role_in(app: &App, who: Who, key: &str) -> Option<ProjectRole> {
    app.tx(|tx| Ok(Actor::of_person(tx, who.id)?.project(key).map(|access| access.role)))
}

#[test]
fn keys_are_made_from_names() {
    let pairs = [
        ("Tide Engine", "TE"),
        ("Atlas", "ATL"),
        ("Ärger über Öl", "AUO"),
        ("7 Seas", "PRJ"),
        ("日本", "PRJ"),
        ("x", "PRJ"),
    ];
    for (name, key) in pairs {
        assert_eq!(key_from(name), key, "{name}");
    }
}

#[test]
fn a_blank_key_is_made_from_the_name_and_the_next_free_one_is_taken() {
    let app = App::new();
    assert_eq!(app.as_(DOV).post("/projects", &NEW).location(), "/projects/HW");
    assert_eq!(app.as_(DOV).post("/projects", &NEW).location(), "/projects/HW2");
    let dec = app.as_(DOV).post("/projects", &with("name", "Decks"));
    assert_eq!(dec.location(), "/projects/DEC2", "DEC itself is reserved");
}

#[test]
fn who_makes_a_restricted_project_is_its_admin_and_others_see_nothing() {
    let app = App::new();
    app.as_(DOV).post("/projects", &NEW).follow();
    assert_eq!(role_in(&app, DOV, "HW"), Some(ProjectRole::Admin));
    assert_eq!(app.as_(CLEO).get("/projects/HW").status, 404);
    assert!(!app.as_(CLEO).get("/projects").has("Harbour Works"));
    assert_eq!(app.count("select count(*) from audit_events where action = 'project.created'"), 1);
}

#[test]
fn the_lead_of_a_new_project_may_lead_it() {
    let app = App::new();
    let cleo = CLEO.id.to_string();
    app.as_(DOV).post("/projects", &with("lead", &cleo)).follow();
    assert_eq!(role_in(&app, CLEO, "HW"), Some(ProjectRole::Lead));
}

#[test]
fn a_form_sent_twice_makes_one_project() {
    let app = App::new();
    let mut form = NEW.to_vec();
    form.push(("_once", "6f0d1cbe-1c55-4f2e-9d0a-0f5a1f6f3c11"));
    let dov = app.as_(DOV);
    assert_eq!(dov.post("/projects", &form).location(), dov.post("/projects", &form).location());
    assert_eq!(app.count("select count(*) from projects where name = 'Harbour Works'"), 1);
}

#[test]
fn bad_input_of_a_new_project_comes_back_with_a_word_beside_the_field_and_makes_nothing() {
    let app = App::new();
    let (long, nul, huge) = ("x".repeat(81), "a\0b".to_owned(), "x".repeat(10 * 1024 * 1024));
    let bad = [
        ("name", ""),
        ("name", &long),
        ("name", "\u{202e}\u{200b}"),
        ("key", "1A"),
        ("key", "A"),
        ("key", "ABCDEFGHIJK"),
        ("key", "DOC"),
        ("key", "atl"),
        ("key", "Ä1"),
        ("about", &nul),
        ("about", &huge),
        ("visibility", ""),
        ("visibility", "secret"),
        ("lead", "nobody"),
        ("lead", "00000000-0000-0000-0000-00000000ffff"),
    ];
    for (field, value) in bad {
        let answer = app.as_(DOV).post("/projects", &with(field, value));
        assert_eq!(answer.status, 422, "{field} {:.20}", value);
        assert!(answer.has(&format!("id=\"{field}-error\"")), "{field} {:.20}", value);
    }
    assert_eq!(app.count("select count(*) from projects"), 2);
}

#[test]
fn a_deactivated_person_cannot_be_lead_and_a_script_in_a_name_is_text() {
    let app = App::new();
    assert_eq!(app.as_(DOV).post("/projects", &with("lead", &HUGO.id.to_string())).status, 422);
    let page = app.as_(DOV).post("/projects", &with("name", "<script>alert(1)</script>")).follow();
    assert!(page.has("&#60;script&#62;") && !page.has("<script>alert"));
}

#[test]
fn the_list_takes_one_query_and_shows_role_and_archived_apart() {
    let app = App::new();
    let few = app.as_(ADA).get("/projects");
    assert!(!few.has("show=archived"), "nothing is archived, so there is no place for it");
    for number in 0..20 {
        app.as_(ADA).post("/projects", &with("name", &format!("Project {number}")));
    }
    app.as_(ADA).post("/projects/BCN/archiving", &[]);
    let (many, archived) = (app.as_(ADA).get("/projects"), app.as_(ADA).get("/projects?show=archived"));
    assert_eq!(few.queries, many.queries);
    assert!(is_listed(&many, "Project 19") && !is_listed(&many, "Beacon") && many.has("show=archived"));
    assert!(is_listed(&archived, "Beacon") && !is_listed(&archived, "Project 19"));
    assert!(app.as_(VERA).get("/projects").has("Viewer"));
}

/// In the page's rows, not in its menus.
fn is_listed(answer: &Answer, name: &str) -> bool {
    answer.text().contains(&format!("\">{name}</a><span class=\"after\">"))
}

/// More projects than a page holds; those of odd numbers are open.
fn with_many(app: &App) {
    app.sql(
        "insert into projects (id, organisation_id, key, name, visibility, created_at)
         select gen_random_uuid(), (select id from organisations), 'M' || n, 'Mooring ' || lpad(n::text, 2, '0'),
           case when n % 2 = 1 then 'open' else 'restricted' end, '2026-01-01' from generate_series(1, 60) n",
    );
}

#[test]
fn many_projects_come_in_pages_and_are_found_by_name_or_key() {
    let app = App::new();
    with_many(&app);
    let first = app.as_(ADA).get("/projects?q=mooring");
    assert!(is_listed(&first, "Mooring 01") && is_listed(&first, "Mooring 50") && !is_listed(&first, "Mooring 51"));
    let text = first.text();
    let next = text.split("rel=\"next\" href=\"").nth(1).and_then(|rest| rest.split('"').next()).unwrap();
    let second = app.as_(ADA).get(&next.replace("&#38;", "&").replace("&amp;", "&"));
    assert!(is_listed(&second, "Mooring 51") && is_listed(&second, "Mooring 60") && !is_listed(&second, "Mooring 50"));
    assert!(!second.has("rel=\"next\""), "that was the last page");
    assert!(is_listed(&app.as_(ADA).get("/projects?q=m37"), "Mooring 37"));
    assert!(is_listed(&app.as_(ADA).get("/projects?q=37+moor"), "Mooring 37"));
    assert!(app.as_(ADA).get("/projects?q=nowhere").has("No such project"));
    assert!(app.as_(ADA).get("/projects?show=archived").has("Nothing is archived"));
    app.sql("update projects set archived_at = '2026-01-02' where key = 'M60'");
    let elsewhere = app.as_(ADA).get("/projects?q=mooring+60&for=/board");
    assert!(
        elsewhere.has("something archived does")
            && elsewhere.has("/projects?for=%2Fboard&#38;q=mooring+60&#38;show=archived")
    );
    assert!(app.as_(ADA).get("/projects?q=mooring+60&show=archived").has("/projects/M60"));
    // Chosen for a page of the sidebar, and for nothing else.
    assert!(app.as_(ADA).get("/projects?q=m37&for=/board").has("href=\"/board?project=M37\""));
    for bad in ["//evil.example", "/settings/members", "javascript:alert(1)"] {
        assert!(app.as_(ADA).get(&format!("/projects?q=m37&for={bad}")).has("href=\"/projects/M37\""), "{bad}");
    }
    app.sql("update projects set archived_at = null where key = 'M60'");
    // Of what is closed to somebody nothing shows, whatever they type.
    let hers = app.as_(CLEO).get("/projects?q=mooring");
    assert!(is_listed(&hers, "Mooring 59") && !is_listed(&hers, "Mooring 02"));
    // A name that many have, and a cursor of another list.
    app.sql("update projects set name = 'Ångström' where key like 'M%'");
    let (mut path, mut seen) = ("/projects?q=%C3%A5ngstr%C3%B6m".to_owned(), Vec::new());
    for _ in 0..2 {
        let text = app.as_(ADA).get(&path).text();
        seen.extend(text.split("<span class=\"key\">M").skip(1).map(|rest| rest.split('<').next().unwrap().to_owned()));
        path = text
            .split("rel=\"next\" href=\"")
            .nth(1)
            .map(|rest| rest.split('"').next().unwrap().replace("&#38;", "&"))
            .unwrap_or_default();
    }
    let distinct: std::collections::HashSet<_> = seen.iter().collect();
    assert_eq!((seen.len(), distinct.len()), (60, 60));
    let other = Cursor { sort: "updated".to_owned(), value: Some("x".to_owned()), id: ADA.id.0 }.encode();
    for after in [other.as_str(), "x", &next.split("after=").nth(1).unwrap()[..8]] {
        assert_eq!(app.as_(ADA).get(&format!("/projects?after={after}")).status, 422, "{after}");
    }
}

/// A page of that project.
fn with_page(key: &str) -> String {
    format!(
        "with r as (insert into records (id, organisation_id, kind, number, display_id, scope, project_id, title, created_at, updated_at)
           select gen_random_uuid(), organisation_id, 'doc', 900 + substr(key, 2)::int, 'DOC-9' || substr(key, 2), 'project', id, 'Page', '2026-01-01', '2026-01-01'
           from projects where key = '{key}' returning id, place_id)
         insert into docs (id, place_id, rank, icon, body, revision) select id, place_id, 'a', '', '', 1 from r"
    )
}

#[test]
fn the_menus_name_few_projects_one_s_own_first_and_the_rest_is_found() {
    let app = App::new();
    let menu = |answer: &Answer| answer.text().matches("<span class=\"key push\">").count() / 2;
    assert!(!app.as_(CLEO).get("/decisions").has("Find among"));
    with_many(&app);
    app.sql(&format!(
        "insert into project_grants (id, project_id, person_id, role, created_at)
         select gen_random_uuid(), id, '{}', 'member', '2026-01-01' from projects where key = 'M60'",
        CLEO.id
    ));
    let page = app.as_(CLEO).get("/decisions");
    assert_eq!(menu(&page), MAX_PICKED);
    assert!(page.has("Mooring 60"), "her own is named, though its name is the last of all");
    assert!(page.has("Mooring 01") && !page.has("Mooring 59") && page.has("Find among"));
    // The tree of pages names no more, but for the one that is open.
    for key in ["M1", "M57", "M59"] {
        app.sql(&with_page(key));
    }
    let tree =
        |answer: &Answer| answer.text().split("tree-pane").nth(1).unwrap().split("</nav>").next().unwrap().to_owned();
    let closed = tree(&app.as_(CLEO).get("/docs"));
    assert!(closed.contains("project=M1\"") && closed.contains("Find among"), "{closed}");
    assert!(!closed.contains("Mooring 57") && !closed.contains("Mooring 59"));
    let open = tree(&app.as_(CLEO).get("/docs?project=M59"));
    assert!(open.contains("Mooring 59") && !open.contains("Mooring 57"));
    // It stays chosen when the menus do not name it, and Ctrl+K finds it; what is closed to her is neither.
    assert!(app.as_(CLEO).get("/decisions?project=M59").has("Mooring 59"));
    assert!(app.as_(CLEO).get("/palette?q=mooring+59").has("/projects/M59"));
    let text = app.as_(CLEO).get("/palette?q=m53+moor").text();
    assert!(text.contains("/projects/M53") && !text.contains("All "), "one fits");
    app.sql("update projects set name = 'New moorings' where key = 'M57'");
    app.sql("update projects set name = 'Pier', archived_at = '2026-01-02' where key = 'M1'");
    let (text, fitting) =
        (app.as_(CLEO).get("/palette?q=mooring").text(), app.as_(CLEO).get("/projects?q=mooring").text());
    let fitting = fitting.split("<span class=\"count\">").nth(1).and_then(|rest| rest.split('<').next());
    assert_eq!(text.matches("href=\"/projects/M").count(), 5);
    assert!(text.contains("All 30 projects that fit") && fitting == Some("30"), "{fitting:?}");
    app.sql("update projects set name = 'Mooring 01', archived_at = null where key = 'M1'");
    let at = |key: &str| text.find(&format!("/projects/{key}\"")).unwrap();
    assert!(!text.contains("/projects/M57") && at("M41") < at("M43"), "what begins as is typed stands first");
    assert!(text.contains("/projects?q=mooring"), "more than five fit");
    app.sql("update projects set key = 'MOO', name = 'Zoo' where key = 'M55'");
    let text = app.as_(CLEO).get("/palette?q=moo").text();
    assert!(text.find("/projects/MOO\"").unwrap() < text.find("/projects/M41\"").unwrap(), "so does its key");
    assert!(!app.as_(CLEO).get("/palette?q=mooring+58").has("/projects/M58"));
    assert!(!app.as_(CLEO).get("/palette?q=mooring+60").has("/projects/M60"), "the palette names it already");
    app.sql("update projects set archived_at = '2026-01-02' where key = 'M59'");
    assert!(!app.as_(CLEO).get("/palette?q=mooring+59").has("/projects/M59"));
}

#[test]
fn of_many_that_one_was_granted_the_menus_name_as_few() {
    let app = App::new();
    with_many(&app);
    app.sql(&format!(
        "insert into project_grants (id, project_id, person_id, role, created_at)
         select gen_random_uuid(), id, '{}', 'viewer', '2026-01-01' from projects where key like 'M%'",
        CLEO.id
    ));
    let named = app.read(CLEO, |_, me| Ok((me.picked().len(), me.active_projects().count()))).unwrap();
    assert_eq!(named, (MAX_PICKED, 62));
    let has_many = |app: &App| app.read(CLEO, |_, me| Ok(tow::access::visible::has_many_places(me))).unwrap();
    assert!(has_many(&app), "with what else she reads these are more than 64 places");
    app.sql("update projects set archived_at = '2026-01-02', visibility = 'restricted' where key like 'M%'");
    app.sql("delete from project_grants where project_id in (select id from projects where key like 'M%')");
    assert!(!has_many(&app));
}

#[test]
fn the_tree_of_pages_names_an_archived_project_only_while_it_is_open() {
    let app = App::new();
    let docs = |address: &str| app.as_(ADA).get(address).text();
    app.sql(&with_page("BCN").replace("substr(key, 2)::int", "99").replace("|| substr(key, 2)", "|| '99'"));
    assert!(docs("/docs").contains("/docs?project=BCN\""));
    app.as_(ADA).post("/projects/BCN/archiving", &[]);
    assert!(!docs("/docs").contains("/docs?project=BCN\""));
    assert!(docs("/docs?project=BCN").contains("/docs?project=BCN\""));
}

#[test]
fn a_list_without_rows_says_why() {
    let app = App::new();
    app.sql("update projects set archived_at = '2026-01-02'");
    let page = app.as_(ADA).get("/projects");
    assert!(page.has("No active project") && page.has("href=\"/projects?show=archived\"") && page.has("/projects/new"));
    let behind = Cursor { sort: "name".to_owned(), value: Some("zzz".to_owned()), id: ADA.id.0 }.encode();
    for words in ["", "q=beacon&#38;"] {
        let page = app.as_(ADA).get(&format!("/projects?{}show=archived&after={behind}", words.replace("#38;", "")));
        assert!(
            page.has("No further projects")
                && page.has(&format!("href=\"/projects?{words}show=archived\">From the start"))
        );
    }
    assert!(app.as_(ADA).get(&format!("/projects?q=nowhere&after={behind}")).has("No such project"));
}

#[test]
fn the_overview_counts_and_shows_what_changed_last_and_leads_on_within_the_project() {
    let page = App::new().as_(CLEO).get("/projects/atl");
    assert_eq!(page.status, 200);
    assert!(page.has(STEEL) && page.has("/tickets?project=ATL") && !page.has(DOOR));
}

#[test]
fn an_outsider_finds_no_page_of_a_restricted_project() {
    let app = App::new();
    for path in ["", "/settings", "/access", "/visibility"] {
        assert_eq!(app.as_(DOV).get(&format!("/projects/ATL{path}")).status, 404, "{path}");
    }
    let to = format!("person:{}", DOV.id);
    let grant = format!("/grants/{}", grant_id(&app, "cleo"));
    let forms = [
        ("/settings", SETTINGS.to_vec()),
        ("/archiving", vec![]),
        ("/grants", vec![("to", to.as_str()), ("role", "viewer")]),
        ("/visibility", vec![("to", "open")]),
        (grant.as_str(), vec![("was", "member"), ("role", "viewer")]),
    ];
    for (path, form) in forms {
        assert_eq!(app.as_(DOV).post(&format!("/projects/ATL{path}"), &form).status, 404, "{path}");
    }
}

const SETTINGS: [(&str, &str); 4] = [("name", "Atlas II"), ("about", "New *words*"), ("lead", ""), ("version", "1")];

#[test]
fn a_lead_changes_the_settings_and_a_member_does_not() {
    let app = App::new();
    let refused = app.as_(CLEO).post("/projects/ATL/settings", &SETTINGS);
    assert!(refused.status == 403 && refused.has("needs the role lead"));
    let page = app.as_(EDDA).post("/projects/ATL/settings", &SETTINGS).follow();
    assert!(page.has("Atlas II") && page.has("New *words*"));
    assert_eq!(app.as_(CLEO).get("/projects/ATL/settings").status, 403);
}

#[test]
fn settings_that_somebody_else_saved_first_are_shown_beside_ones_own() {
    let app = App::new();
    app.as_(EDDA).post("/projects/ATL/settings", &SETTINGS);
    let mine = [("name", "Atlas III"), ("about", "Mine"), ("lead", ""), ("version", "1")];
    let late = app.as_(FINN).post("/projects/ATL/settings", &mine);
    assert_eq!(late.status, 409);
    assert!(late.has("Atlas III") && late.has("Atlas II<") && late.has("New *words*") && late.has("Mine"));
    let again = [("name", "Atlas III"), ("about", "Mine"), ("lead", ""), ("version", "2")];
    assert_eq!(app.as_(FINN).post("/projects/ATL/settings", &again).status, 303);
}

#[test]
fn bad_settings_come_back_with_what_was_typed() {
    let app = App::new();
    for (name, about, lead, version) in
        [("", "Kept", "", "1"), ("Atlas", "Kept", "who?", "1"), ("Atlas", "Kept", "", "one")]
    {
        let answer = app
            .as_(EDDA)
            .post("/projects/ATL/settings", &[("name", name), ("about", about), ("lead", lead), ("version", version)]);
        assert!(answer.status == 422 && answer.has("Kept"), "{name} {lead} {version}");
    }
}

#[test]
fn an_archived_project_is_read_only_until_an_admin_brings_it_back() {
    let app = App::new();
    assert_eq!(app.as_(EDDA).post("/projects/ATL/archiving", &[]).status, 403, "a lead may not");
    assert!(app.as_(FINN).post("/projects/ATL/archiving", &[]).follow().has("read-only"));
    let refused = app.as_(FINN).post("/projects/ATL/settings", &SETTINGS);
    assert!(refused.status == 403 && refused.has("is archived"));
    assert_eq!(app.as_(FINN).get("/projects/ATL/settings").status, 200, "so that it can be restored");
    app.as_(FINN).post("/projects/ATL/archiving/removal", &[]);
    assert_eq!(app.as_(FINN).post("/projects/ATL/settings", &SETTINGS).status, 303);
}

#[test]
fn a_lead_gives_and_takes_roles_up_to_their_own() {
    let app = App::new();
    let (edda, to) = (app.as_(EDDA), format!("person:{}", DOV.id));
    let give = |role| edda.post("/projects/ATL/grants", &[("to", to.as_str()), ("role", role)]);
    assert_eq!(give("admin").status, 403);
    assert!(give("lead").follow().has("Dov Peretz"));
    assert_eq!(role_in(&app, DOV, "ATL"), Some(ProjectRole::Lead));
    let finn = format!("/projects/ATL/grants/{}", grant_id(&app, "finn"));
    assert_eq!(edda.post(&finn, &[("was", "admin"), ("role", "viewer")]).status, 403);
    assert_eq!(edda.post(&format!("{finn}/removal"), &[]).status, 403);
    let dov = format!("/projects/ATL/grants/{}/removal", grant_id(&app, "dov"));
    assert_eq!(edda.post(&dov, &[]).status, 303);
    assert_eq!(app.as_(DOV).get("/projects/ATL").status, 404);
    assert_eq!(app.count("select count(*) from audit_events where action = 'project.grant_changed'"), 2);
}

#[test]
fn a_group_gets_a_role_for_all_its_members_and_the_page_says_why() {
    let app = App::new();
    let to = format!("group:{}", PLANNERS.0);
    let page = app.as_(FINN).post("/projects/ATL/grants", &[("to", &to), ("role", "admin")]).follow();
    assert!(
        page.has("Planners")
            && page.has("the group Planners is Admin; a grant as Member")
            && page.has("Owner of the organisation")
    );
    assert_eq!(role_in(&app, CLEO, "ATL"), Some(ProjectRole::Admin));
}

#[test]
fn a_viewer_sees_who_has_access_but_no_forms() {
    let page = App::new().as_(VERA).get("/projects/ATL/access");
    assert!(page.status == 200 && page.has("Cleo Marchetti") && !page.has("/projects/ATL/grants"));
}

#[test]
fn bad_grants_are_refused_beside_their_field() {
    let app = App::new();
    let (cleo, hugo, nobody) =
        (format!("person:{}", CLEO.id), format!("person:{}", HUGO.id), format!("group:{}", DOV.id));
    for (to, role, field) in [
        ("", "member", "to"),
        ("dov", "member", "to"),
        (&cleo, "member", "to"),
        (&hugo, "viewer", "to"),
        (&nobody, "viewer", "to"),
        (&format!("person:{}", DOV.id), "king", "role"),
    ] {
        let answer = app.as_(FINN).post("/projects/ATL/grants", &[("to", to), ("role", role)]);
        assert!(answer.status == 422 && answer.has(&format!("id=\"{field}-error\"")), "{to} {role}");
    }
    let path = format!("/projects/BCN/grants/{}", grant_id(&app, "cleo"));
    assert_eq!(
        app.as_(ADA).post(&path, &[("was", "member"), ("role", "admin")]).status,
        404,
        "a grant of another project"
    );
}

#[test]
fn a_role_that_changed_meanwhile_is_not_overwritten() {
    let app = App::new();
    let path = format!("/projects/ATL/grants/{}", grant_id(&app, "cleo"));
    app.as_(FINN).post(&path, &[("was", "member"), ("role", "lead")]);
    let late = app.as_(ADA).post(&path, &[("was", "member"), ("role", "viewer")]);
    assert!(late.status == 409 && late.has("it is now lead"));
    assert_eq!(role_in(&app, CLEO, "ATL"), Some(ProjectRole::Lead));
}

fn seen_of(page: &Answer) -> String {
    let text = page.text();
    text.split("name=\"seen\" value=\"").nth(1).unwrap().split('"').next().unwrap().to_owned()
}

#[test]
fn restricting_shows_first_who_loses_access_and_then_does_it() {
    let app = App::new();
    app.sql("update tickets set assignee_id = (select id from people where handle = 'dov') where place_id = '00000000-0000-0000-0000-000000000012'");
    let page = app.as_(BEN).get("/projects/BCN/visibility?to=restricted");
    assert!(
        page.has("6 people lose access")
            && page.has("Dov Peretz")
            && page.has("2 people keep")
            && page.has("1 open ticket stays")
    );
    let done = app.as_(BEN).post("/projects/BCN/visibility", &[("to", "restricted"), ("seen", &seen_of(&page))]);
    assert_eq!(done.status, 303);
    assert_eq!(app.as_(DOV).get("/projects/BCN").status, 404);
    assert_eq!(app.as_(BEN).get("/projects/BCN").status, 200);
}

#[test]
fn restricting_is_asked_again_when_access_changed_meanwhile() {
    let app = App::new();
    let page = app.as_(BEN).get("/projects/BCN/visibility");
    let to = format!("person:{}", DOV.id);
    app.as_(BEN).post("/projects/BCN/grants", &[("to", &to), ("role", "viewer")]);
    let late = app.as_(BEN).post("/projects/BCN/visibility", &[("to", "restricted"), ("seen", &seen_of(&page))]);
    assert!(late.status == 409 && late.has("Access changed") && late.has("5 people lose access"));
    assert_eq!(app.as_(DOV).get("/projects/BCN").status, 200);
}

#[test]
fn only_who_may_share_sees_or_changes_the_visibility() {
    let app = App::new();
    assert_eq!(app.as_(CLEO).get("/projects/ATL/visibility").status, 403);
    assert_eq!(app.as_(CLEO).post("/projects/ATL/visibility", &[("to", "open"), ("seen", "")]).status, 403);
    assert_eq!(app.as_(EDDA).post("/projects/ATL/visibility", &[("to", "ajar"), ("seen", "")]).status, 422);
}

#[test]
fn the_roster_and_the_actor_agree_on_everybody() {
    let app = App::new();
    app.as_(FINN).post("/projects/ATL/grants", &[("to", &format!("group:{}", PLANNERS.0)), ("role", "lead")]);
    app.tx(|tx| {
        for (id, key) in [(ATLAS, "ATL"), (BEACON, "BCN")] {
            let roster = Roster::of(tx, id)?;
            for who in EVERYBODY.into_iter().filter(|who| *who != HUGO) {
                let own = Actor::of_person(tx, who.id)?.project(key).map(|access| access.role);
                assert_eq!(roster.role_of(who.id), own, "{} in {key}", who.name);
            }
        }
        Ok(())
    });
}

#[test]
fn two_who_take_one_key_at_once_get_one_project_and_one_message() {
    let app = App::own();
    let form = with("key", "PIER");
    let requests = [DOV, CLEO].map(|who| app.as_(who).posting("/projects", &form));
    let mut statuses: Vec<u16> = app.at_once(requests.into()).iter().map(|answer| answer.status).collect();
    statuses.sort_unstable();
    assert_eq!(statuses, [303, 422]);
}

#[test]
fn a_very_long_name_is_cut_nowhere_and_a_member_without_rights_makes_projects_too() {
    let app = App::new();
    let name = "n".repeat(80);
    let new = NewProject {
        name: Name::parse(&name).unwrap(),
        key: None,
        about: Body::parse("").unwrap(),
        visibility: Visibility::Open,
        lead: None,
    };
    let key = app.write(GRO, |tx, me| new.create(tx, me)).unwrap();
    assert_eq!(key, "NNN");
    assert_eq!(role_in(&app, GRO, "NNN"), Some(ProjectRole::Admin));
}
