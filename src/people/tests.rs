//! Rights are read at each request: the next click of who may no longer enter fails.

use crate::harness::*;
use tow::people::{Face, MAX_NEAR, MAX_OFFERED, Offered};
use tow::records::seen;
use tow::tickets::Ticket;

/// So many active members, of whom those who are new are called Zoe and a number.
fn company(app: &App, members: i32) {
    let now = "select count(*) as count from memberships m join people p on p.id = m.person_id where p.deactivated_at is null";
    let more = i64::from(members) - app.count(now);
    let first = 1 + app.count("select count(*) as count from people where handle like 'zoe%'");
    let last = first + more - 1;
    app.sql(&format!("insert into people (id, name, email, handle, created_at) select gen_random_uuid(), 'Zoe ' || n, 'z' || n || '@x.example', 'zoe' || n, '2026-01-01' from generate_series({first}, {last}) n;
         insert into memberships (id, organisation_id, person_id, role, created_at) select gen_random_uuid(), o.id, p.id, 'member', p.created_at from people p, organisations o where p.handle like 'zoe%' and not exists (select 1 from memberships m where m.person_id = p.id)"));
    assert_eq!(app.count(now), i64::from(members));
}

fn assignee(app: &App, id: &str) -> Option<tow::people::PersonId> {
    app.read(ADA, |tx, me| Ticket::find(tx, me, id)).unwrap().assignee_id
}

/// What is said under the field for these words.
fn named(app: &App, typed: &str) -> Result<String, String> {
    match app.read(CLEO, |tx, _| Face::named(tx, "who", typed, None)) {
        Ok(face) => Ok(face.handle),
        Err(tow::error::Error::Invalid(problems)) => Err(problems.get("who").unwrap().key.to_owned()),
        Err(other) => panic!("{other:?}"),
    }
}

#[test]
fn a_person_is_named_by_id_handle_label_or_whole_name() {
    let app = App::new();
    for typed in [
        &ADA.id.to_string(),
        "@ada",
        "ada",
        " @ADA ",
        "Ada Lindqvist",
        "ada lindqvist",
        "Ada Lindqvist (@ada)",
        "Adda (@ada)",
    ] {
        assert_eq!(named(&app, typed), Ok("ada".to_owned()), "{typed}");
    }
    for typed in ["@cloe", "Lindqvist", "Ada", "@", "", "a\0da", "%", "Hugo Brandt", "@hugo", "Zed (@zed)"] {
        let expected = if typed == "Ada" { Ok("ada".to_owned()) } else { Err("problem-person-nobody".to_owned()) };
        assert_eq!(named(&app, typed), expected, "{typed}");
    }
    assert_eq!(named(&app, &HUGO.id.to_string()), Err("problem-person-unknown".to_owned()));
}

#[test]
fn a_name_that_two_have_is_asked_back_and_a_handle_settles_it() {
    let app = App::new();
    app.sql("update people set name = 'Ada Lindqvist' where handle = 'ben'");
    assert_eq!(named(&app, "Ada Lindqvist"), Err("problem-person-several".to_owned()));
    assert_eq!(named(&app, "Ada Lindqvist (@ben)"), Ok("ben".to_owned()));
    let list = app.as_(CLEO).get("/tickets");
    assert!(list.has("Ada Lindqvist (@ada)") && list.has("Ada Lindqvist (@ben)"), "two of one name are told apart");
    app.sql("update people set name = 'cleo' where handle = 'ben'");
    assert_eq!(
        named(&app, "cleo"),
        Err("problem-person-several".to_owned()),
        "nobody takes another's handle as a name"
    );
    assert_eq!(named(&app, "@cleo"), Ok("cleo".to_owned()));
}

#[test]
fn up_to_the_limit_everybody_is_offered_and_above_it_one_types() {
    let app = App::new();
    company(&app, MAX_OFFERED);
    let offered = app.read(CLEO, |tx, me| Offered::of(tx, me.person_id(), &[])).unwrap();
    assert!(offered.is_all && offered.faces.len() == usize::try_from(MAX_OFFERED).unwrap());
    let pages = ["/tickets", "/board", "/tickets/ATL-1", "/tickets/new"];
    let cleo = app.as_(CLEO);
    let few = pages.map(|path| cleo.get(path));
    let is_typed =
        |page: &Answer| ["face", "whose"].iter().any(|kind| page.has(&format!("data-complete-kind=\"{kind}\"")));
    for (path, page) in pages.iter().zip(&few) {
        assert!(page.has("Zoe 1<") && !is_typed(page), "{path}");
    }
    company(&app, MAX_OFFERED + 1);
    let offered = app.read(CLEO, |tx, me| Offered::of(tx, me.person_id(), &[Some(HUGO.id)])).unwrap();
    assert!(!offered.is_all && offered.find(Some(CLEO.id)).is_some() && offered.find(Some(HUGO.id)).is_some());
    for (path, few) in pages.iter().zip(few) {
        let many = cleo.get(path);
        assert!(is_typed(&many) && !many.has("Zoe 1<"), "{path}");
        assert_eq!(many.queries, few.queries, "{path}");
        let text = many.text();
        let ids: Vec<&str> =
            text.split("<datalist id=\"").skip(1).map(|rest| rest.split('"').next().unwrap()).collect();
        let lists: std::collections::BTreeSet<&str> = ids.iter().copied().collect();
        assert!(!ids.is_empty() && ids.len() == lists.len(), "{path}: {ids:?}");
        for id in ids {
            assert_eq!(text.matches(&format!("list=\"{id}\"")).count(), 1, "{path}: {id}");
        }
    }
}

#[test]
fn a_filter_takes_the_same_words_in_a_small_company_and_in_a_large_one() {
    let app = App::new();
    app.sql(&format!(
        "update tickets set assignee_id = '{}' where id = (select id from records where display_id = '{STEEL}')",
        HUGO.id
    ));
    let row = format!("id=\"row-{STEEL}\"");
    for members in [MAX_OFFERED, MAX_OFFERED + 1] {
        company(&app, members);
        let cleo = app.as_(CLEO);
        for path in ["/tickets", "/board"] {
            let is_there = |words: &str| {
                let page = cleo.get(&format!("{path}?assignee={words}"));
                assert_eq!(page.status, 200);
                page.has(&row) || page.has("/tickets/ATL-1\"")
            };
            let id = HUGO.id.to_string();
            for words in ["", "@hugo", "hugo", "Hugo%20Brandt", "Hugo%20Brandt%20(%40hugo)", &id] {
                assert!(is_there(words), "{path} {words}: who has left is found by their work");
            }
            for words in ["me", "none", "nobody", "@ada", "nonsense"] {
                assert!(!is_there(words), "{path} {words}");
            }
            assert!(cleo.get(&format!("{path}?assignee=Cloe")).has("has, or had, the name or handle “Cloe”"), "{path}");
            assert!(cleo.get(&format!("{path}?assignee={id}")).has("Hugo Brandt"), "{path}");
        }
    }
}

#[test]
fn a_field_takes_words_and_who_has_left_may_stay() {
    let app = App::new();
    let cleo = app.as_(CLEO);
    for members in [MAX_OFFERED, MAX_OFFERED + 1] {
        company(&app, members);
        app.sql("update tickets set assignee_id = null");
        let edit = |was: &str, value: &str| {
            cleo.post("/tickets/ATL-1/fields", &[("field", "assignee"), ("was", &seen(was)), ("value", value)])
        };
        assert_eq!(edit("", "Ben Okafor (@ben)").status, 303);
        assert_eq!(assignee(&app, STEEL), Some(BEN.id));
        let refused = edit(&BEN.id.to_string(), "Cloe");
        assert!(refused.status == 422 && refused.has("has the name or handle “Cloe”") && refused.has("Ben Okafor"));
        app.sql(&format!("update tickets set assignee_id = '{}'", HUGO.id));
        assert!(cleo.get("/tickets/ATL-1").has("Hugo Brandt"));
        for kept in [HUGO.id.to_string().as_str(), "Hugo Brandt (@hugo)"] {
            assert_eq!(edit(&HUGO.id.to_string(), kept).status, 303, "{kept}");
            assert_eq!(assignee(&app, STEEL), Some(HUGO.id));
        }
        assert_eq!(edit(&HUGO.id.to_string(), "").status, 303);
        assert_eq!(assignee(&app, STEEL), None);
        assert_eq!(edit("", "@hugo").status, 422, "nobody is newly given to who has left");
        let new = [("title", "Paint"), ("place", "project:ATL"), ("assignee", "@ben")];
        let made = cleo.post("/tickets", &new).location();
        assert_eq!(assignee(&app, made.trim_start_matches("/tickets/")), Some(BEN.id));
        let wrong = cleo.post("/tickets", &[("title", ""), ("place", "project:ATL"), ("assignee", "Cloe")]);
        assert!(wrong.has("“Cloe”") && wrong.has("id=\"title-error\""), "all problems at once");
    }
}

#[test]
fn selected_tickets_are_given_to_who_is_typed_beside_the_button() {
    let app = App::new();
    company(&app, MAX_OFFERED + 1);
    let cleo = app.as_(CLEO);
    let give = |typed: &str| {
        let form = [("id", STEEL), ("id", DOOR), ("set", "assignee"), ("assignee", typed), ("back", "/tickets")];
        let answer = cleo.post("/tickets/bulk", &form);
        if answer.status == 303 { answer.follow() } else { answer }
    };
    let done = give("Ben Okafor");
    assert_eq!((assignee(&app, STEEL), assignee(&app, DOOR)), (Some(BEN.id), Some(BEN.id)));
    assert!(done.has(&format!("value=\"assignee={}\"", BEN.id)), "taken back by id");
    for (typed, said) in [("Cloe", "“Cloe”"), ("", "offered values")] {
        assert!(give(typed).has(said), "{typed}");
        assert_eq!(assignee(&app, STEEL), Some(BEN.id), "{typed}");
    }
    let undo = [("id", STEEL), ("id", DOOR), ("set", &format!("assignee={}", BEN.id)), ("old", ""), ("old", "")];
    cleo.post("/tickets/bulk", &undo);
    assert_eq!((assignee(&app, STEEL), assignee(&app, DOOR)), (None, None));
}

#[test]
fn a_field_asks_for_members_by_the_words_of_their_name() {
    let app = App::new();
    company(&app, MAX_OFFERED + 1);
    let cleo = app.as_(CLEO);
    let found = cleo.get("/complete?kind=face&q=lind");
    assert!(found.has("data-insert=\"Ada Lindqvist (@ada)\"") && !found.has("Zoe"));
    assert!(cleo.get("/complete?kind=face&q=%40ben").has("Ben Okafor (@ben)"));
    assert!(cleo.get("/complete?kind=face&q=").has("Cleo Marchetti (@cleo)"), "oneself before anything is typed");
    assert!(!cleo.get("/complete?kind=face&q=hugo").has("Hugo"));
    assert!(cleo.get("/complete?kind=whose&q=no").has("data-insert=\"nobody\""));
    assert_eq!(cleo.get("/complete?kind=face&q=zoe").text().matches("role=\"option\"").count(), 8);
    app.sql("delete from memberships m using people p where p.id = m.person_id and p.handle = 'ada'");
    assert!(!cleo.get("/complete?kind=face&q=lind").has("Ada"), "no member, no offer");
}

fn is_out(client: &Client) -> bool {
    let answer = client.get("/tickets");
    answer.status == 303 && answer.location().starts_with("/sign-in")
}

#[test]
fn signing_out_ends_the_session_also_for_a_copied_cookie() {
    let app = App::new();
    let cleo = app.as_(CLEO);
    let copied = cleo.twin();
    cleo.post("/sign-out", &[]);
    assert!(is_out(&cleo) && is_out(&copied));
}

#[test]
fn a_session_expires_when_its_time_has_come() {
    let app = App::new();
    let cleo = app.as_(CLEO);
    let age = i64::from(app.state().config.security.session_max_age_seconds);
    app.advance(chrono::Duration::seconds(age - 60));
    assert!(!is_out(&cleo));
    app.advance(chrono::Duration::seconds(61));
    assert!(is_out(&cleo));
}

#[test]
fn a_deactivated_person_is_out_at_the_next_click() {
    let app = App::new();
    let cleo = app.as_(CLEO);
    assert!(!is_out(&cleo));
    app.sql("update people set deactivated_at = created_at where handle = 'cleo'");
    assert!(is_out(&cleo));
}

#[test]
fn who_is_no_member_any_more_is_out_at_the_next_click() {
    let app = App::new();
    let cleo = app.as_(CLEO);
    app.sql("delete from memberships m using people p where p.id = m.person_id and p.handle = 'cleo'");
    assert!(is_out(&cleo));
}

#[test]
fn a_grant_taken_away_is_gone_at_the_next_click() {
    let app = App::new();
    let vera = app.as_(VERA);
    assert_eq!(vera.get("/tickets/ATL-1").status, 200);
    app.sql("delete from project_grants g using people p where p.id = g.person_id and p.handle = 'vera'");
    assert_eq!(vera.get("/tickets/ATL-1").status, 404);
}

#[test]
fn a_session_in_use_is_written_down_as_seen_every_few_minutes() {
    let app = App::new();
    let cleo = app.as_(CLEO);
    let seen = || app.count("select extract(epoch from max(last_seen_at))::bigint as count from sessions");
    let first = seen();
    app.advance(chrono::Duration::minutes(6));
    cleo.get("/tickets");
    assert!(seen() >= first + 360);
}

#[test]
fn those_of_ones_own_groups_are_offered_once_each_without_oneself_and_not_too_many() {
    let app = App::new();
    company(&app, MAX_OFFERED + 1);
    app.sql("delete from group_members");
    let into = |group: &str, handles: &str| {
        app.sql(&format!(
            "insert into groups (id, organisation_id, name, created_at) select gen_random_uuid(), id, '{group}', created_at from organisations;
             insert into group_members (group_id, person_id, created_at) select g.id, p.id, p.created_at from groups g, people p where g.name = '{group}' and p.handle in ({handles})"
        ));
    };
    into("One of two", "'cleo', 'zoe1', 'zoe2'");
    into("Two of two", "'cleo', 'zoe1', 'zoe2'");
    let near = || {
        let offered = app.read(CLEO, |tx, me| Offered::of(tx, me.person_id(), &[])).unwrap();
        offered.faces.iter().map(|face| face.handle.clone()).filter(|handle| handle != "cleo").collect::<Vec<_>>()
    };
    assert_eq!(near(), ["zoe1", "zoe2"]);
    let all: Vec<String> = (1..=20).map(|n| format!("'zoe{n}'")).collect();
    into("Everybody", &format!("'cleo', {}", all.join(", ")));
    assert_eq!(near().len(), usize::try_from(MAX_NEAR).unwrap());
}

#[test]
fn the_same_person_typed_twice_is_no_lost_race_and_a_lost_one_is_told_by_name() {
    let app = App::new();
    let cleo = app.as_(CLEO);
    let post = |value: &str| {
        let form = [("field", "assignee"), ("was", &seen("nothing of the kind")), ("value", value)];
        cleo.post("/tickets/ATL-1/fields", &form)
    };
    cleo.post("/tickets/ATL-1/fields", &[("field", "assignee"), ("value", "@ben")]);
    for same in ["Ben Okafor (@ben)", "@ben", "ben okafor"] {
        assert_eq!(post(same).status, 303, "{same}: whom was meant is there already");
    }
    let lost = post("@cleo");
    assert!(lost.status == 409 && lost.has("Ben Okafor (@ben)") && lost.has("Cleo Marchetti (@cleo)"));
    assert!(!lost.has(&format!("</b> {}", BEN.id)), "no id is shown");
    assert_eq!(post("@nobody-of-that-name").status, 422);
}

#[test]
fn a_filter_understands_its_words_however_they_are_written() {
    let app = App::new();
    company(&app, MAX_OFFERED + 1);
    let cleo = app.as_(CLEO);
    let list = |word: &str| cleo.get(&format!("/tickets?assignee={word}&show=all"));
    for word in ["none", "nobody", "Nobody", "%20NONE%20"] {
        let page = list(word);
        assert!(page.has("value=\"nobody\"") && !page.has("aria-invalid"), "{word}");
    }
    assert!(list("Me").has("value=\"me\"") && !list("Me").has("aria-invalid"));
    assert!(list("Cloe").has("Nobody here has, or had, the name or handle"));
}

#[test]
fn words_that_name_nobody_lose_neither_the_chosen_tickets_nor_themselves() {
    let app = App::new();
    company(&app, MAX_OFFERED + 1);
    let cleo = app.as_(CLEO);
    let send = |typed: &str| {
        cleo.post(
            "/tickets/bulk",
            &[("id", STEEL), ("id", CRANE), ("set", "assignee"), ("assignee", typed), ("back", "/tickets?q=x")],
        )
    };
    let page = send("Bne");
    assert_eq!(page.status, 422);
    for part in
        [format!("name=\"id\" value=\"{STEEL}\""), format!("name=\"id\" value=\"{CRANE}\""), "value=\"Bne\"".to_owned()]
    {
        assert!(page.has(&part), "{part}");
    }
    assert!(page.has("/tickets?q=x") && page.has("aria-invalid"));
    assert_eq!(send("@ben").status, 303);
    assert_eq!((assignee(&app, STEEL), assignee(&app, CRANE)), (Some(BEN.id), Some(BEN.id)));
}

#[test]
fn a_refused_ticket_keeps_whom_it_was_given_to() {
    let app = App::new();
    company(&app, MAX_OFFERED + 1);
    let zoe = app.text("select id::text as text from people where handle = 'zoe9'");
    let page = app.as_(CLEO).post("/tickets", &[("title", ""), ("assignee", &zoe), ("place", "project:ATL")]);
    assert!(page.status == 422 && page.has("(@zoe9)") && !page.has(&zoe), "{}", page.text());
}

#[test]
fn every_page_that_chooses_a_person_has_one_typed_where_people_are_many() {
    let app = App::new();
    let ada = app.as_(ADA);
    let group = format!("/settings/groups/{}", PLANNERS.0);
    let pages = [
        "/projects/new",
        "/projects/ATL/settings",
        "/projects/ATL/access",
        &group,
        "/settings/ownership",
        "/settings/access/explain",
        "/settings/audit",
        "/settings/ai/calls",
        "/search?q=steel",
    ];
    let is_typed = |path: &str| ada.get(path).has("data-complete-kind=\"face\"");
    for path in pages {
        assert!(!is_typed(path), "{path}");
    }
    company(&app, MAX_OFFERED + 1);
    for path in pages {
        assert!(is_typed(path), "{path}");
        let page = ada.get(path);
        assert!(!page.has("(@zoe1)<") && !page.has("Zoe 1<"), "{path} names everybody");
    }
}

#[test]
fn whoever_leads_joins_or_is_let_in_can_be_typed() {
    let app = App::new();
    company(&app, MAX_OFFERED + 1);
    let ada = app.as_(ADA);
    let new = |lead: &str| {
        let form = [("name", "Typed"), ("key", "TYP"), ("about", ""), ("visibility", "open"), ("lead", lead)];
        ada.post("/projects", &form)
    };
    let refused = new("Bne");
    assert!(refused.status == 422 && refused.has("value=\"Bne\"") && refused.has("Bne”"));
    assert_eq!(new("Ben Okafor (@ben)").status, 303);
    assert_eq!(
        app.text("select p.handle as text from projects j join people p on p.id = j.lead_id where j.key = 'TYP'"),
        "ben"
    );
    let members = format!("/settings/groups/{}/members", PLANNERS.0);
    assert_eq!(
        (ada.post(&members, &[("person", "zoe 3")]).status, ada.post(&members, &[("person", "Bne")]).status),
        (303, 422)
    );
    assert_eq!(
        app.count(
            "select count(*) as count from group_members m join people p on p.id = m.person_id where p.handle = 'zoe3'"
        ),
        1
    );
    let give = |person: &str, to: &str| {
        ada.post("/projects/ATL/grants", &[("person", person), ("to", to), ("role", "member")]).status
    };
    let group = format!("group:{}", PLANNERS.0);
    assert_eq!((give("@zoe4", ""), give("@zoe5", &group), give("", "")), (303, 422, 422));
    let granted = "select count(*) as count from project_grants g join people p on p.id = g.person_id where p.handle in ('zoe4', 'zoe5')";
    assert_eq!(app.count(granted), 1);
}
