//! TQL: the grammar by itself, then over tickets.

use crate::harness::*;
use chrono::Duration;
use diesel::prelude::QueryableByName;
use proptest::prelude::*;
use tow::access::Actor;
use tow::db::Tx;
use tow::db::paging::Cursor;
use tow::error::Result;
use tow::records::BY_CREATED;
use tow::search::{complete_people, step};
use tow::tickets::{Field, Filter, PRIORITIES, Status, Ticket, TicketKind, as_query, query_hints};
use tow::tql::{MAX_BYTES, MAX_CONDITIONS, MAX_DEPTH, MAX_NAMES, MAX_ORDERS, MAX_VALUES, parse};
use tow::ui::say;

/// Twelve tickets in Beacon, BCN-101 to BCN-112, and one in Atlas, ATL-150, each with something of its own.
const YARD: &str = "
insert into records (id, organisation_id, kind, number, display_id, scope, project_id, title, author_id, created_at, updated_at)
  select gen_random_uuid(), o.id, 'ticket', 100 + n, 'BCN-' || (100 + n), 'project', j.id,
    (array['Mend the lamp', 'Order beams', 'Paint 100% of the hull', 'Buy rope', 'Tar the deck', 'Light the fog horn', 'Count gulls', 'Sweep',
      'Fog again', 'Lamp, part two', 'Crew rota', 'Last of all'])[n],
    p.id, timestamptz '2026-11-01T09:00:00Z' + make_interval(days => n), timestamptz '2026-12-01T08:00:00Z' - make_interval(days => n)
  from organisations o, projects j, people p, generate_series(1, 12) n where j.key = 'BCN' and p.handle = 'dov';
insert into records (id, organisation_id, kind, number, display_id, scope, project_id, title, author_id, created_at, updated_at)
  select gen_random_uuid(), o.id, 'ticket', 150, 'ATL-150', 'project', j.id, 'Lamp oil', p.id, o.created_at, o.created_at
  from organisations o, projects j, people p where j.key = 'ATL' and p.handle = 'cleo';
insert into tickets (id, place_id, kind, status, priority, body, assignee_id, reporter_id, start_on, due_on, estimate, progress, rank, resolved_at)
  select r.id, r.place_id, (array['task', 'bug', 'story', 'epic'])[1 + n % 4],
    (array['backlog', 'todo', 'in_progress', 'blocked', 'in_review', 'done', 'canceled'])[1 + n % 7], 1 + n % 5,
    case when n % 3 = 0 then 'The keeper wants it before the fog.' else '' end,
    (select id from people where handle = (array['cleo', 'dov', null])[1 + n % 3]), r.author_id,
    case when n % 6 = 0 then (r.created_at + interval '2 days')::date end, case when n % 2 = 0 then r.created_at::date end,
    case when n % 4 = 0 then n end, 0, lpad(n::text, 4, '0'), case when n % 7 > 4 then r.updated_at end
  from records r, lateral (select r.number - 100 as n) x where r.number > 100;
insert into record_tags (record_id, tag) select id, (array['fog', 'steel'])[1 + number % 2] from records where number > 100 and number % 3 = 0;
";

/// The day before BCN-101 was made.
fn began() -> chrono::DateTime<chrono::Utc> {
    start() - Duration::days(30)
}

fn yard() -> App {
    let app = App::new();
    app.sql(YARD);
    app
}

fn index(app: &App) {
    while app.tx(|tx| step(tx, &tow::features::texts())) {}
}

fn asked(tx: &mut Tx, me: &Actor, text: &str) -> Result<std::result::Result<Vec<String>, String>> {
    Ok(match Filter::default().asked(tx, me, text)? {
        Ok(filter) => {
            let page = filter.page(tx, me, BY_CREATED, None)?;
            assert_eq!(filter.count(tx, me)?, i64::try_from(page.rows.len()).unwrap(), "{text}");
            Ok(page.rows.into_iter().map(|row| row.record.display_id).collect())
        }
        Err(trouble) => Err(say(&trouble.say(text))),
    })
}

/// Display IDs in alphabetical order.
fn found(app: &App, who: Who, text: &str) -> Vec<String> {
    let mut found =
        app.read(who, |tx, me| asked(tx, me, text)).unwrap().unwrap_or_else(|problem| panic!("{text}: {problem}"));
    found.sort();
    found
}

/// What is wrong with it.
fn problem(app: &App, who: Who, text: &str) -> String {
    match app.read(who, |tx, me| asked(tx, me, text)).unwrap() {
        Ok(found) => panic!("{text} found {found:?}"),
        Err(problem) => problem,
    }
}

/// `101 104` for BCN-101 and BCN-104.
fn of_beacon(found: &[String]) -> String {
    found.iter().filter_map(|id| id.strip_prefix("BCN-")).filter(|n| n.len() == 3).collect::<Vec<_>>().join(" ")
}

#[test]
fn not_binds_tighter_than_and_and_and_tighter_than_or() {
    let app = yard();
    let same = [
        ("status = todo OR status = done AND priority = 1", "status = todo OR (status = done AND priority = 1)"),
        ("NOT status = todo AND priority = 2", "(NOT status = todo) AND priority = 2"),
        ("not not status = todo", "status = todo"),
        ("NOT (status = todo OR priority = 2)", "status != todo AND priority != 2"),
        ("(((status = todo)))", "Status=TODO"),
        ("priority in(1,2)", "priority = 1 or PRIORITY = urgent or priority = 2"),
    ];
    for (one, other) in same {
        let found_by_one = found(&app, DOV, one);
        assert_eq!(found_by_one, found(&app, DOV, other), "{one} is {other}");
        assert!(!found_by_one.is_empty(), "{one} finds something");
    }
}

#[test]
fn every_field_finds_what_it_says() {
    let app = yard();
    app.sql("insert into record_links (id, from_id, to_id, kind, created_at)
      select gen_random_uuid(), a.id, b.id, x.kind, a.created_at from (values ('BCN-101', 'BCN-102', 'blocks'), ('BCN-103', 'BCN-104', 'duplicates'),
        ('BCN-105', 'BCN-106', 'causes'), ('BCN-107', 'BCN-108', 'relates_to')) x(one, other, kind)
        join records a on a.display_id = x.one join records b on b.display_id = x.other;
      update tickets set parent_id = (select id from records where display_id = 'BCN-103') where id in (select id from records where display_id in ('BCN-104', 'BCN-105'));
      update tickets set parent_id = (select id from records where display_id = 'BCN-104') where id = (select id from records where display_id = 'BCN-106');
      update tickets set status = 'done' where id = (select id from records where display_id = 'BCN-105');
      update records set archived_at = created_at where display_id = 'BCN-112';
      insert into record_watchers (record_id, person_id, created_at) select r.id, p.id, r.created_at from records r, people p where r.display_id = 'BCN-109' and p.handle = 'ada';
      insert into record_references (from_id, to_id, source) select a.id, b.id, 'body' from records a, records b where a.display_id = 'BCN-110' and b.display_id = 'BCN-101';
      insert into comments (id, record_id, author_id, body, created_at) select gen_random_uuid(), id, author_id, 'Aye', created_at from records where display_id = 'BCN-111'");
    let asks = [
        ("status = todo", "101 108"),
        ("status = closed", "105"),
        ("status_category = done AND status != canceled", "105"),
        ("category = \"in progress\"", "102 103 104 109 110 111"),
        ("priority < 2", "105 110"),
        ("priority IN (highest, 2)", "101 105 106 110 111"),
        ("assignee = cleo", "103 106 109"),
        ("assignee = \"Dov Peretz\"", "101 104 107 110"),
        ("assignee IS EMPTY", "102 105 108 111"),
        ("assignee = EMPTY", "102 105 108 111"),
        ("assignee != cleo AND assignee IS NOT EMPTY", "101 104 107 110"),
        ("assignee = me", "101 104 107 110"),
        ("assignee NOT IN (currentUser(), cleo)", "102 105 108 111"),
        ("reporter = dov AND priority = 5", "104 109"),
        ("watcher = ada", "109"),
        ("watcher IS EMPTY AND key IN (BCN-108, bcn-109)", "108"),
        ("label = FOG", "102 108"),
        ("labels IN (fog, steel)", "102 105 108 111"),
        ("label IS NOT EMPTY AND label != steel", "102 108"),
        ("due IS NOT EMPTY AND NOT due > 2020-01-01", ""),
        ("start IS NOT EMPTY", "106"),
        ("resolved IS NOT EMPTY", "105 106"),
        ("assignee IN (EMPTY, cleo) AND priority = 1", "105"),
        ("assignee NOT IN (EMPTY, cleo)", "101 104 107 110"),
        ("label IN (EMPTY, steel) AND priority = 1", "105 110"),
        ("project = BCN AND type = bug", "101 105 109"),
        ("project = beacon AND kind = Epic", "103 107 111"),
        ("project != BCN", ""),
        ("key = bcn-104", "104"),
        ("summary ~ LAMP", "101 110"),
        ("title ~ \"100%\"", "103"),
        ("summary = \"buy ROPE\"", "104"),
        ("description IS EMPTY AND priority = 1", "105 110"),
        ("comment IS NOT EMPTY", "111"),
        ("parent = BCN-103", "104 105"),
        ("parent IS NOT EMPTY", "104 105 106"),
        ("epic = BCN-103", "104 105 106"),
        ("estimate >= 8", "108"),
        ("points IS EMPTY AND priority = 5", "109"),
        ("progress = 50", "103"),
        ("progress IS NOT EMPTY", "103"),
        ("attachments = 0 AND key = BCN-101", "101"),
        ("attachments IS NOT EMPTY", ""),
        ("blocked = true", "102 103 110"),
        ("blocked = false AND status = in_progress", "109"),
        ("archived = true", "112"),
        ("archived = true OR key = BCN-101", "101 112"),
        ("archived = false AND key IN (BCN-101, BCN-112)", "101"),
        ("blocks = BCN-102", "101"),
        ("is_blocked_by = BCN-101", "102"),
        ("duplicates = BCN-104", "103"),
        ("is_duplicated_by IS NOT EMPTY", "104"),
        ("causes = BCN-106", "105"),
        ("caused_by = BCN-105", "106"),
        ("relates_to = BCN-107", "108"),
        ("relates_to = BCN-108", "107"),
        ("mentions = BCN-101", "110"),
    ];
    let mut wrong = Vec::new();
    for (text, wanted) in asks {
        let found = of_beacon(&found(&app, DOV, text));
        if found != wanted {
            wrong.push(format!("{text}: {found}, not {wanted}"));
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
    let unasked: Vec<&str> = tow::tickets::FIELDS
        .iter()
        .map(|field| field.name)
        .filter(|name| !["created", "updated", "description", "text"].contains(name))
        .filter(|name| !asks.iter().any(|(text, _)| text.contains(name)) && *name != "type")
        .collect();
    assert!(unasked.is_empty(), "no test asks {unasked:?}");
}

#[test]
fn words_are_found_in_the_text_in_comments_and_in_all_of_it() {
    let app = yard();
    app.sql("insert into comments (id, record_id, author_id, body, created_at)
      select gen_random_uuid(), id, author_id, 'A theodolite is here', created_at from records where display_id = 'BCN-108'");
    index(&app);
    let asks = [
        ("text ~ theodolites", "108"),
        ("comment ~ theodolite", "108"),
        ("description ~ theodolite", ""),
        ("description ~ fog", "103 106 109 112"),
        ("text ~ \"fog horn\"", "106"),
        ("text ~ fog AND description !~ fog", ""),
        ("summary ~ fog", "106 109"),
        ("comment !~ theodolite AND status = todo", "101"),
    ];
    for (text, wanted) in asks {
        assert_eq!(of_beacon(&found(&app, DOV, text)), wanted, "{text}");
    }
}

#[test]
fn days_and_instants_are_those_of_the_reader() {
    let app = yard();
    let day = |n: i64| (began() + Duration::days(n)).date_naive();
    let asks = [
        (format!("due = {}", day(4)), "104"),
        (format!("due < {}", day(4)), "102"),
        (format!("due >= {} AND due <= {}", day(4), day(6)), "104 106"),
        (format!("created = {}", day(3)), "103"),
        (format!("created > {} AND created < {}", day(3), day(6)), "104 105"),
        (format!("created >= {} AND created <= {}", day(3), day(5)), "103 104 105"),
        (format!("created IN ({}, {})", day(3), day(5)), "103 105"),
        (format!("created != {} AND key IN (BCN-103, BCN-104)", day(3)), "104"),
        (format!("created <= \"{} 00:00\" AND key = BCN-103", day(3)), ""),
        (format!("created > {}T00:00:00Z AND created < {}T00:00:00+00:00", day(3), day(4)), "103"),
    ];
    for (text, wanted) in asks {
        assert_eq!(of_beacon(&found(&app, DOV, &text)), wanted, "{text}");
    }
    app.sql(&format!(
        "update records set created_at = '{}', updated_at = '{0}' where display_id = 'BCN-101'",
        start() - Duration::days(8)
    ));
    for (text, is_there) in [
        ("created < -1w", true),
        ("created > -9d", true),
        ("created > -1w", false),
        ("created > -1m", true),
        ("created < -1y", false),
        ("created <= now()", true),
        ("created > startOfMonth(-1y)", true),
        ("created <= endOfWeek(-1d)", true),
        ("created >= startOfDay()", false),
        ("created = today()", false),
        ("created = -8d", true),
        ("created IN (-7d, -8d)", true),
        ("created != -8d", false),
    ] {
        assert_eq!(of_beacon(&found(&app, DOV, &format!("{text} AND key = BCN-101"))) == "101", is_there, "{text}");
    }
    // Midnight in Auckland is noon, or eleven, of the day before in UTC.
    app.sql("update people set time_zone = 'Pacific/Auckland' where handle = 'dov'; update records set created_at = '2026-06-09T11:59:00Z' where display_id = 'BCN-102'");
    assert_eq!(found(&app, DOV, "created = 2026-06-09 AND key = BCN-102"), ["BCN-102"]);
    app.sql("update records set created_at = '2026-06-09T12:01:00Z' where display_id = 'BCN-102'");
    assert_eq!(found(&app, DOV, "created = 2026-06-10 AND key = BCN-102"), ["BCN-102"]);
    assert_eq!(found(&app, DOV, "created = \"2026-06-10 00:01\" AND key = BCN-102"), ["BCN-102"]);
    assert_eq!(found(&app, ADA, "created = 2026-06-09 AND key = BCN-102"), ["BCN-102"]);
}

#[test]
fn what_it_was_and_when_it_changed_is_asked_of_the_history() {
    let app = yard();
    let set = |who: Who, field: &str, value: &str| {
        let change = |tx: &mut Tx, me: &Actor| {
            let edit = tow::records::Edit { field: Field::parse(field).unwrap(), value: value.to_owned(), was: None };
            Ticket::edit(tx, me, "BCN-101", &edit)
        };
        app.write(who, change).unwrap();
    };
    app.advance(Duration::days(1));
    set(DOV, "status", "in_progress");
    app.advance(Duration::days(2));
    set(ADA, "status", "done");
    set(ADA, "assignee", &CLEO.id.to_string());
    set(ADA, "priority", "5");
    app.sql("update people set name = 'Cleo Married' where handle = 'cleo'");
    app.advance(Duration::days(2));
    for (text, is_so) in [
        ("status WAS todo", true),
        ("status WAS in_progress", true),
        ("status WAS done", true),
        ("status WAS blocked", false),
        ("status WAS NOT blocked", true),
        ("status WAS NOT todo", false),
        ("status WAS IN (blocked, doing)", true),
        ("status WAS NOT IN (blocked, in_review)", true),
        ("status WAS in_progress BEFORE -3d", true),
        ("status WAS in_progress BEFORE -5d", false),
        ("status WAS in_progress AFTER -3d", true),
        ("status WAS in_progress AFTER -1d", false),
        ("status WAS todo AFTER -3d", false),
        ("status WAS todo BEFORE -5d", true),
        ("status WAS done BY ada", true),
        ("status WAS done BY (dov, cleo)", false),
        ("status WAS todo BY dov", true),
        ("status CHANGED", true),
        ("status CHANGED TO done", true),
        ("status CHANGED FROM todo TO done", false),
        ("status CHANGED FROM in_progress TO done BY ada AFTER -3d", true),
        ("status CHANGED TO done BEFORE -3d", false),
        ("status CHANGED BY cleo", false),
        ("NOT status CHANGED BY cleo", true),
        ("assignee WAS dov", true),
        ("assignee WAS cleo", true),
        ("assignee WAS vera", false),
        ("assignee CHANGED FROM dov TO cleo", true),
        ("assignee CHANGED FROM EMPTY", false),
        ("assignee WAS EMPTY", false),
        ("assignee WAS membersOf(planners)", true),
        ("priority WAS 2", true),
        ("priority CHANGED TO lowest", true),
        ("due CHANGED", false),
        ("due WAS EMPTY", true),
        ("type WAS bug", true),
        ("estimate WAS EMPTY", true),
    ] {
        let found = found(&app, ADA, &format!("{text} AND key = BCN-101"));
        assert_eq!(found == ["BCN-101"], is_so, "{text}");
    }
}

#[test]
fn what_is_wrong_is_said_with_its_place_and_what_would_be_right() {
    let app = yard();
    let wrong = [
        ("asignee = ada", "Character 1: there is no field “asignee”. Did you mean assignee?"),
        ("status = todo AND cf.size = 3", "Character 19: there is no field “cf.size”."),
        ("status", "Character 7: after “status” an operator is missing"),
        ("status todo", "Character 8: after “status” an operator is missing"),
        ("status =", "Character 9: a value is missing after =."),
        ("status = AND priority = 1", "Character 10: a value is missing after =. If “AND” is meant as one"),
        ("status = doen", "“doen”. Did you mean done?"),
        ("status = zzzz", "It is one of backlog, todo, in_progress"),
        ("status = todo priority = 1", "Character 15: before “priority” AND, OR or ORDER BY is missing."),
        ("status = todo AND", "Character 18: a condition is missing here"),
        ("(status = todo", "Character 15: a closing parenthesis is missing."),
        ("status = todo)", "Character 14: this parenthesis was never opened."),
        ("status = \"todo", "Character 10: this quote is never closed."),
        ("status ! todo", "Character 8: “!” is no operator."),
        ("status IN todo", "Character 11: after IN comes a list"),
        ("status IN (todo, done", "needs a comma between its values, and a closing parenthesis"),
        ("status IN (todo done)", "needs a comma between its values"),
        ("status IN ()", "Character 12: a value is missing after (."),
        ("status NOT todo", "Character 12: after NOT, IN is missing"),
        ("status IS todo", "Character 11: after IS only EMPTY"),
        ("status IS EMPTY", "Character 8: status is never empty."),
        ("status > todo", "Character 8: status does not have this operator. It has =  !=  IN  NOT IN  WAS  CHANGED"),
        ("status ~ todo", "does not have this operator"),
        ("text = fog", "text does not have this operator. It has ~  !~"),
        ("text ~ \"--\"", "Character 8: there is no word in it to look for."),
        ("text ~ \"keel -fog\"", "to leave tickets out, write AND text !~ and the word."),
        ("due IN (EMPTY, soon)", "“soon” is no time"),
        ("status IN (todo, EMPTY)", "Character 18: status is never empty."),
        ("status CHANGED AFTER soon", "“soon” is no time. AFTER takes"),
        ("label WAS fog", "Character 7: what label was before is not kept"),
        ("priority = 9", "priority is a whole number from 1 to 5, not “9”."),
        ("estimate = many", "estimate is a whole number from 0 to 10000"),
        ("due < tomorrow", "Character 7: “tomorrow” is no time. due takes 2027-01-31, -7d"),
        ("due < 2026-02-30", "is no time"),
        ("due < 3026-01-01", "is no time"),
        ("due < +99999y", "is no time"),
        ("due < startOfYear()", "there is no function startOfYear() for this. Did you mean startOfWeek()?"),
        ("due < today(-1d)", "what is in the parentheses of today() is not understood"),
        ("due < currentUser()", "there is no function currentUser() for this."),
        ("status = today()", "Character 10: today() is no value of this field."),
        ("assignee = today()", "there is no function today() for this. There are currentUser(), membersOf()."),
        ("assignee = nobodyhere", "Nobody here has, or had, the name or handle “nobodyhere”"),
        ("assignee = membersOf(\"The Crew\")", "there is no group “The Crew”."),
        ("assignee = membersOf(a, b)", "membersOf( needs a closing parenthesis"),
        ("project = NOPE", "there is no project “NOPE” that you can see."),
        ("parent = BCN-999", "there is no “BCN-999” that you can see."),
        ("archived = maybe", "archived is true or false."),
        ("status WAS todo AFTER -1d AFTER -2d", "Character 27: “AFTER” stands there twice."),
        ("ORDER status", "BY is missing after ORDER."),
        ("ORDER BY", "the field to order by is missing."),
        ("ORDER BY label", "a list can't be ordered by label. It can by status, priority"),
        ("ORDER BY due DESC status", "only ASC, DESC or a comma can follow, not “status”."),
        ("ORDER BY due, due", "“due” stands there twice."),
        ("ä = 1 OR status = \u{1F6A2}", "Character 1: there is no field “ä”."),
        ("status = todo OR status = \u{1F6A2}", "Character 27: status is never “\u{1F6A2}”."),
    ];
    for (text, words) in wrong {
        let said = problem(&app, DOV, text);
        assert!(said.contains(words), "{text}\n  says {said}\n  not  {words}");
    }
}

#[test]
fn every_limit_holds_and_says_so() {
    let app = yard();
    let deep = |n: usize| format!("{}status = todo{}", "(".repeat(n), ")".repeat(n));
    let many = |n: usize| vec!["status = todo"; n].join(" AND ");
    let values = |n: usize| format!("status IN ({})", vec!["todo"; n].join(", "));
    let names = |n: usize| format!("assignee IN ({})", vec!["me"; n].join(", "));
    assert_eq!(found(&app, DOV, &deep(MAX_DEPTH)), found(&app, DOV, "status = todo"));
    assert!(problem(&app, DOV, &deep(MAX_DEPTH + 1)).contains(&format!("more than {MAX_DEPTH} parentheses")));
    assert_eq!(found(&app, DOV, &many(MAX_CONDITIONS)), found(&app, DOV, "status = todo"));
    assert!(problem(&app, DOV, &many(MAX_CONDITIONS + 1)).contains(&format!("at most {MAX_CONDITIONS} conditions")));
    assert_eq!(found(&app, DOV, &values(MAX_VALUES)), found(&app, DOV, "status = todo"));
    assert!(problem(&app, DOV, &values(MAX_VALUES + 1)).contains(&format!("at most {MAX_VALUES} values")));
    assert_eq!(found(&app, DOV, &names(MAX_NAMES)), found(&app, DOV, "assignee = me"));
    assert!(problem(&app, DOV, &names(MAX_NAMES + 1)).contains(&format!("at most {MAX_NAMES} people")));
    assert!(app.read(DOV, |tx, me| asked(tx, me, "ORDER BY status, priority, due")).unwrap().is_ok());
    assert!(
        problem(&app, DOV, "ORDER BY status, priority, due, title").contains(&format!("at most {MAX_ORDERS} fields"))
    );
    assert!(problem(&app, DOV, &" ".repeat(MAX_BYTES + 1)).contains("at most"));
    assert!(parse(&" ".repeat(MAX_BYTES)).is_ok());
}

#[derive(QueryableByName)]
struct Listed {
    #[diesel(embed)]
    record: tow::records::Record,
    #[diesel(sql_type = diesel::sql_types::Nullable<diesel::sql_types::Text>)]
    sort_value: Option<String>,
}

#[test]
fn an_order_of_several_fields_pages_through_everything_once_with_the_empty_last() {
    let app = yard();
    app.sql("insert into records (id, organisation_id, kind, number, display_id, scope, project_id, title, author_id, created_at, updated_at)
        select gen_random_uuid(), organisation_id, kind, 1000 + n, 'BCN-' || 1000 + n, scope, project_id, 'Copy ' || n % 7, author_id, created_at, updated_at
        from records, generate_series(1, 120) n where display_id = 'BCN-101';
      insert into tickets (id, place_id, kind, status, priority, body, due_on, estimate, progress, rank)
        select id, place_id, 'task', 'todo', 1 + number % 3, '', case when number % 4 > 0 then created_at::date + number % 5 end, nullif(number % 3, 0), 0, 'a'
        from records where number > 1000");
    let narrowings = [(DOV, "project = BCN"), (DOV, "key != X"), (ADA, "key != X")];
    let orders = [
        "due DESC, priority",
        "priority, due, summary DESC",
        "estimate, created DESC",
        "status DESC, due",
        "assignee, priority DESC",
    ];
    for ((who, narrowing), order) in narrowings.into_iter().flat_map(|narrowing| orders.map(|order| (narrowing, order)))
    {
        let text = format!("{narrowing} ORDER BY {order}");
        let pages = |size: usize| {
            app.read(who, |tx, me| {
                let mut list = Filter::default().asked(tx, me, &text)?.unwrap().list(BY_CREATED, None);
                (list.columns, list.size) = ("", size);
                let mut seen = Vec::new();
                loop {
                    let page = list.page(tx, me, |row: &Listed| (row.sort_value.clone(), row.record.id.0))?;
                    seen.extend(page.rows.iter().map(|row| row.record.display_id.clone()));
                    list.after = page.next;
                    assert!(seen.len() < 1000, "{text}: paging does not end");
                    if list.after.is_none() {
                        return Ok(seen);
                    }
                }
            })
            .unwrap()
        };
        let whole = pages(500);
        assert!(whole.len() > 130, "{text}");
        assert_eq!(pages(7), whole, "{text}");
    }
    let due =
        app.read(DOV, |tx, me| asked(tx, me, "key IN (BCN-101, BCN-102, BCN-104) ORDER BY due DESC")).unwrap().unwrap();
    assert_eq!(due, ["BCN-104", "BCN-102", "BCN-101"]);
}

#[test]
fn nobody_learns_by_asking_what_they_may_not_see() {
    let app = yard();
    app.sql("insert into record_links (id, from_id, to_id, kind, created_at) select gen_random_uuid(), a.id, b.id, 'blocks', a.created_at
        from records a, records b where a.display_id = 'ATL-150' and b.display_id = 'BCN-105';
      update tickets set parent_id = (select id from records where display_id = 'ATL-150') where id = (select id from records where display_id = 'BCN-106')");
    assert_eq!(found(&app, CLEO, "summary ~ \"lamp oil\""), ["ATL-150"]);
    for text in [
        "summary ~ \"lamp oil\"",
        "key = ATL-150",
        "key IN (ATL-150, TOW-3)",
        "is_blocked_by IS NOT EMPTY",
        "parent IS NOT EMPTY",
        "NOT key = BCN-1 AND key = ATL-1",
    ] {
        assert!(found(&app, DOV, text).is_empty(), "{text}");
    }
    assert_eq!(found(&app, CLEO, "is_blocked_by = ATL-150"), ["BCN-105"]);
    assert_eq!(found(&app, CLEO, "parent IS NOT EMPTY"), ["BCN-106"]);
    // What stands below and above, through what is hidden.
    app.sql("update tickets set parent_id = (select id from records where display_id = 'BCN-103') where id in (select id from records where display_id in ('ATL-1', 'ATL-150'));
      insert into record_references (from_id, to_id, source) select a.id, b.id, 'comment:1' from records a, records b where a.display_id = 'BCN-110' and b.display_id = 'BCN-101'");
    for text in [
        "progress IS NOT EMPTY",
        "progress = 0",
        "progress != 0 AND key = BCN-999",
        "epic = BCN-103",
        "NOT parent IS EMPTY",
        "mentions IS NOT EMPTY",
    ] {
        assert!(found(&app, DOV, text).is_empty(), "{text}");
    }
    assert_eq!(found(&app, CLEO, "progress IS NOT EMPTY"), ["BCN-103"]);
    assert_eq!(found(&app, CLEO, "epic = BCN-103"), ["ATL-1", "ATL-150", "BCN-106"]);
    for (hidden, absent) in [
        ("is_blocked_by = ATL-150", "is_blocked_by = ATL-999"),
        ("parent = ATL-150", "parent = ATL-999"),
        ("project = ATL", "project = NIX"),
        ("project = Atlas", "project = Nothing"),
    ] {
        let name = |text: &str| text.rsplit(' ').next().unwrap().to_owned();
        let (one, other) = (problem(&app, DOV, hidden), problem(&app, DOV, absent));
        assert_eq!(one.replace(&name(hidden), "X"), other.replace(&name(absent), "X"));
    }
    assert!(!found(&app, DOV, "blocked = true").contains(&"BCN-105".to_owned()), "by what he cannot see");
    assert!(found(&app, CLEO, "blocked = true").contains(&"BCN-105".to_owned()));
    assert!(!found(&app, ADA, "").contains(&SECRET.to_owned()), "not even an owner lists what is private");
}

#[test]
fn a_program_asks_in_tql_too_and_learns_of_comments_only_what_its_scopes_open() {
    let app = yard();
    let get = |client: &Client, text: &str| {
        let query = url::form_urlencoded::Serializer::new(String::new())
            .append_pair("tql", text)
            .append_pair("limit", "3")
            .finish();
        client.get(&format!("/api/v1/tickets?{query}"))
    };
    let robot = app.token(DOV, &["tickets:read"], None);
    let said = get(&robot, "project = BCN AND priority = 2 ORDER BY summary");
    assert_eq!(said.status, 200);
    let titles: Vec<String> =
        said.json()["items"].as_array().unwrap().iter().map(|row| row["title"].as_str().unwrap().to_owned()).collect();
    assert_eq!(titles, ["Crew rota", "Light the fog horn", "Mend the lamp"]);
    let wrong = get(&robot, "asignee = dov");
    assert_eq!(wrong.status, 422);
    assert!(wrong.has("Did you mean assignee?") && wrong.has("\"tql\""), "{}", wrong.text());
    for text in ["comment ~ fog", "text ~ fog", "NOT text ~ fog", "comment IS NOT EMPTY"] {
        assert!(get(&robot, text).has("comments:read"), "{text}");
    }
    assert_eq!(get(&app.token(DOV, &["tickets:read", "comments:read"], None), "text ~ fog").status, 200);
    assert!(get(&app.key(&["tickets:read"], None), "assignee = me").has("nobody in person asks here"));
    assert!(get(&robot, "assignee = membersOf(planners)").has("who is in a group is not for who asks here"));
    app.sql("update records set archived_at = created_at where display_id = 'BCN-112'");
    let archived = robot.get("/api/v1/tickets?archived=true&tql=project+%3D+BCN");
    assert!(archived.has("BCN-112") && !archived.has("BCN-101"));
    assert!(robot.get("/api/v1/tickets?archived=true&tql=archived+%3D+false+AND+project+%3D+BCN").has("BCN-101"));
    assert_eq!(get(&app.token(DOV, &["risks:read"], None), "priority = 1").status, 403);
}

#[test]
fn the_page_asks_keeps_what_was_typed_and_points_at_what_is_wrong() {
    let app = yard();
    let dov = app.as_(DOV);
    let simple = dov.get("/tickets?status=todo&assignee=me&sort=priority");
    assert!(
        simple.has("tql=status+%3D+todo+AND+assignee+%3D+currentUser%28%29+ORDER+BY+priority"),
        "{}",
        simple.text()
    );
    let page = dov.get("/tickets?tql=status+%3D+todo+ORDER+BY+summary");
    assert_eq!(page.status, 200);
    assert!(page.has("value=\"status = todo ORDER BY summary\"") && page.has("BCN-101") && !page.has("BCN-102"));
    let wrong = dov.get("/tickets?tql=stats+%3D+todo");
    assert_eq!(wrong.status, 422);
    assert!(
        wrong.has("Did you mean status?")
            && wrong.has("<mark>stats</mark> = todo")
            && wrong.has("value=\"stats = todo\"")
    );
    assert!(!wrong.has("BCN-101"));
    assert_eq!(dov.get("/tickets?tql=%3Cscript%3E").status, 422);
    assert!(!dov.get("/tickets?tql=%22%3Cscript%3E%22").has("<script>\""), "escaped");
    let nothing = dov.get("/tickets?tql=priority+%3D+1+AND+priority+%3D+2");
    assert!(nothing.status == 200 && nothing.has("Clear the filter"));
    assert_eq!(app.as_(CLEO).get("/tickets?project=ATL&tql=project+%3D+BCN").status, 200);
    assert!(!app.as_(CLEO).get("/tickets?project=ATL&tql=project+%3D+BCN").has("row-BCN"), "both narrow");
    assert!(!app.as_(CLEO).get("/tickets?project=ATL&tql=status+%3D+todo").has("row-BCN"));
}

#[test]
fn a_query_that_takes_too_long_is_stopped_with_a_sentence_that_says_what_to_narrow() {
    let app = App::own_configured(&[("TOW_DATABASE__STATEMENT_TIMEOUT_MS", "1000")]);
    let robot = app.token(DOV, &["tickets:read"], None);
    let mut other = connect(&app.text("select current_database()::text as text"));
    run(&mut other, "begin; lock table files in access exclusive mode");
    let slow = "tql=attachments+IS+EMPTY";
    let (page, api) = (app.as_(DOV).get(&format!("/tickets?{slow}")), robot.get(&format!("/api/v1/tickets?{slow}")));
    run(&mut other, "rollback");
    assert_eq!((page.status, api.status), (422, 422));
    assert!(page.has("Narrow it: name a project") && page.has("attachments IS EMPTY") && api.has("Narrow it"));
    assert_eq!(app.as_(DOV).get(&format!("/tickets?{slow}")).status, 200);
}

#[test]
fn the_simple_filter_in_tql_finds_the_same() {
    let app = yard();
    let filters = [
        Filter { open_only: true, ..Filter::default() },
        Filter { words: Some("100% of".to_owned()), ..Filter::default() },
        Filter { words: Some("a \"fog\\horn\"".to_owned()), ..Filter::default() },
        Filter { statuses: vec![Status::Todo, Status::Blocked], priorities: vec![1, 2], ..Filter::default() },
        Filter { tag: Some("fog".to_owned()), ..Filter::default() },
        Filter { archived: true, ..Filter::default() },
        Filter { assignee: Some(None), ..Filter::default() },
    ];
    app.sql("update records set archived_at = created_at where display_id = 'BCN-112'; update records set title = 'Mend a \"fog\\horn\"' where display_id = 'BCN-111'");
    for filter in filters {
        let assignee = filter.assignee.map(|_| "");
        let text = as_query(&filter, assignee, Some(BY_CREATED));
        let simple = app.read(DOV, |tx, me| filter.page(tx, me, BY_CREATED, None)).unwrap();
        let simple: Vec<String> = simple.rows.into_iter().map(|row| row.record.display_id).collect();
        assert_eq!(app.read(DOV, |tx, me| asked(tx, me, &text)).unwrap().unwrap(), simple, "{text}");
        assert!(!simple.is_empty(), "{text}");
    }
}

#[test]
fn completion_offers_what_can_follow() {
    let app = yard();
    let offered = |who: Who, before: &str| -> Vec<String> {
        let hints = app.read(who, |tx, me| query_hints(tx, me, before, complete_people)).unwrap();
        hints.into_iter().map(|hint| hint.insert.trim().to_owned()).collect()
    };
    let begins_for = |who: Who, before: &str, first: &[&str]| {
        let offered = offered(who, before);
        assert_eq!(&offered[..first.len().min(offered.len())], first, "{before}");
    };
    let begins = |before: &str, first: &[&str]| begins_for(DOV, before, first);
    begins("", &["status", "status_category", "priority"]);
    begins("sta", &["status", "status_category", "start"]);
    begins("status ", &["=", "!=", "IN (", "NOT IN (", "WAS", "CHANGED"]);
    begins("status = ", &["backlog", "todo", "in_progress"]);
    begins("status = in", &["in_progress", "in_review"]);
    begins("status=in", &["in_progress", "in_review"]);
    begins("status IN (todo, d", &["done"]);
    begins("status = todo ", &["AND", "OR", "ORDER BY"]);
    begins("(status = todo ", &["AND", "OR", ")"]);
    begins("status = todo a", &["AND"]);
    begins("status = todo AND NOT ty", &["type"]);
    begins("due ", &["=", "!=", "IN (", "NOT IN (", "<"]);
    begins("due < ", &["-7d", "-4w"]);
    begins("due < start", &["startOfDay()", "startOfWeek()", "startOfMonth()"]);
    begins("due IS ", &["EMPTY", "NOT EMPTY"]);
    begins("assignee = cl", &["cleo"]);
    begins("assignee = me", &["membersOf("]);
    begins("label = f", &["fog"]);
    begins("project = ", &["BCN"]);
    begins("archived = ", &["true", "false"]);
    begins("status WAS todo ", &["AFTER", "BEFORE", "BY"]);
    begins("status CHANGED ", &["FROM", "TO", "AFTER"]);
    begins("ORDER ", &["BY"]);
    begins("ORDER BY ", &["status", "priority"]);
    begins("ORDER BY due ", &["DESC", "ASC"]);
    assert!(offered(DOV, "summary ~ \"fo").is_empty() && offered(DOV, "status ! ").is_empty());
    app.sql("insert into record_tags (record_id, tag) select id, x from records, unnest(array['secret', 'empty']) x where display_id = 'ATL-150'");
    assert!(
        !offered(DOV, "label = ").contains(&"secret".to_owned())
            && offered(CLEO, "label = ").contains(&"secret".to_owned())
    );
    begins_for(CLEO, "label = em", &["\"empty\""]);
    assert!(
        !offered(DOV, "project = ").contains(&"ATL".to_owned())
            && offered(CLEO, "project = ").contains(&"ATL".to_owned())
    );
    let page = app.as_(DOV).get("/complete?kind=tql&q=status%3Dto");
    assert!(page.has("data-insert=\"todo \"") && page.has("data-replace=\"2\""), "{}", page.text());
}

#[test]
fn a_forged_cursor_is_refused_before_the_database_sees_it() {
    let app = yard();
    let dov = app.as_(DOV);
    let ask = |order: &str, sort: &str, value: &str| {
        let cursor = Cursor { sort: sort.to_owned(), value: Some(value.to_owned()), id: uuid::Uuid::nil() };
        let mut query = url::form_urlencoded::Serializer::new(String::new());
        query.append_pair("tql", &format!("ORDER BY {order}")).append_pair("after", &cursor.encode());
        dov.get(&format!("/tickets?{}", query.finish())).status
    };
    assert_eq!(ask("due, priority", "due,priority", "[\"2026-11-05\",\"1\"]"), 200);
    assert_eq!(ask("due, priority", "due,priority", "[null,\"1\"]"), 200);
    for value in [
        "[\"0000-01-01\",\"1\"]",
        "[\"+12345-01-01\",\"1\"]",
        "[\"2026-11-05\",\"x\"]",
        "[\"2026-11-05\",null]",
        "[\"2026-11-05\"]",
        "[1,2]",
        "{}",
        "",
        "[\"2026-11-05\",\"1\",\"1\"]",
    ] {
        assert_ne!(ask("due, priority", "due,priority", value), 500, "{value}");
    }
    for value in ["0000-01-01 00:00:00+00", "2026-11-05 00:00:00+23:59", "now"] {
        assert_eq!(ask("created", "created", value), 422, "{value}");
    }
    assert_eq!(ask("due, priority", "priority,due", "[\"1\",\"2026-11-05\"]"), 422);
}

/// A condition, and the same in Rust.
#[derive(Debug, Clone)]
enum Wish {
    Status(Vec<Status>, bool),
    Kind(TicketKind, bool),
    Priority(&'static str, i16),
    Assignee(Option<usize>, bool),
    Due(&'static str, i64),
    DueEmpty(bool),
    Label(&'static str, bool),
    Not(Box<Wish>),
    Both(Vec<Wish>),
    Either(Vec<Wish>),
}

const PEOPLE: [&str; 2] = ["cleo", "dov"];

struct Facts {
    ticket: Ticket,
    tags: Vec<String>,
    assignee: Option<String>,
}

impl Wish {
    fn text(&self) -> String {
        let not = |is_not: &bool| if *is_not { "!=" } else { "=" };
        let join =
            |parts: &[Wish], word: &str| format!("({})", parts.iter().map(Wish::text).collect::<Vec<_>>().join(word));
        match self {
            Wish::Status(all, is_not) => {
                let words: Vec<&str> = all.iter().map(|status| status.as_str()).collect();
                format!("status {} ({})", if *is_not { "not in" } else { "IN" }, words.join(","))
            }
            Wish::Kind(kind, is_not) => format!("type {} {kind}", not(is_not)),
            Wish::Priority(sign, priority) => format!("priority {sign} {priority}"),
            Wish::Assignee(None, is_not) => format!("assignee IS {}EMPTY", if *is_not { "NOT " } else { "" }),
            Wish::Assignee(Some(n), is_not) => format!("assignee {} {}", not(is_not), PEOPLE[*n]),
            Wish::Due(sign, days) => format!("due {sign} {}", (began() + Duration::days(*days)).date_naive()),
            Wish::DueEmpty(is_not) => format!("due is {}empty", if *is_not { "not " } else { "" }),
            Wish::Label(tag, is_not) => format!("label {} '{tag}'", not(is_not)),
            Wish::Not(inside) => format!("NOT {}", inside.text()),
            Wish::Both(parts) => join(parts, " AND "),
            Wish::Either(parts) => join(parts, " or "),
        }
    }

    fn holds(&self, facts: &Facts) -> bool {
        let compare = |sign: &str, order: std::cmp::Ordering| match sign {
            "<" => order.is_lt(),
            "<=" => order.is_le(),
            ">" => order.is_gt(),
            ">=" => order.is_ge(),
            "=" => order.is_eq(),
            _ => order.is_ne(),
        };
        match self {
            Wish::Status(all, is_not) => all.contains(&facts.ticket.status) != *is_not,
            Wish::Kind(kind, is_not) => (facts.ticket.ticket_kind == *kind) != *is_not,
            Wish::Priority(sign, priority) => compare(sign, facts.ticket.priority.cmp(priority)),
            Wish::Assignee(n, is_not) => (facts.assignee.as_deref() == n.map(|n| PEOPLE[n])) != *is_not,
            Wish::Due(sign, days) => {
                let day = (began() + Duration::days(*days)).date_naive();
                facts.ticket.due_on.map_or(*sign == "!=", |due| compare(sign, due.cmp(&day)))
            }
            Wish::DueEmpty(is_not) => facts.ticket.due_on.is_none() != *is_not,
            Wish::Label(tag, is_not) => facts.tags.iter().any(|other| other == tag) != *is_not,
            Wish::Not(inside) => !inside.holds(facts),
            Wish::Both(parts) => parts.iter().all(|part| part.holds(facts)),
            Wish::Either(parts) => parts.iter().any(|part| part.holds(facts)),
        }
    }
}

fn wish() -> impl Strategy<Value = Wish> {
    let sign = || proptest::sample::select(vec!["<", "<=", ">", ">=", "=", "!="]);
    let leaf = prop_oneof![
        (proptest::collection::vec(proptest::sample::select(Status::ALL), 1..4), any::<bool>())
            .prop_map(|(all, is_not)| Wish::Status(all, is_not)),
        (proptest::sample::select(TicketKind::ALL), any::<bool>()).prop_map(|(kind, is_not)| Wish::Kind(kind, is_not)),
        (sign(), proptest::sample::select(&PRIORITIES[..])).prop_map(|(sign, priority)| Wish::Priority(sign, priority)),
        (proptest::option::of(0_usize..2), any::<bool>()).prop_map(|(who, is_not)| Wish::Assignee(who, is_not)),
        (sign(), 0_i64..14).prop_map(|(sign, days)| Wish::Due(sign, days)),
        any::<bool>().prop_map(Wish::DueEmpty),
        (proptest::sample::select(vec!["fog", "steel"]), any::<bool>())
            .prop_map(|(tag, is_not)| Wish::Label(tag, is_not)),
    ];
    leaf.prop_recursive(4, 24, 3, |inner| {
        prop_oneof![
            inner.clone().prop_map(|wish| Wish::Not(Box::new(wish))),
            proptest::collection::vec(inner.clone(), 1..4).prop_map(Wish::Both),
            proptest::collection::vec(inner, 1..4).prop_map(Wish::Either),
        ]
    })
}

#[test]
fn any_combination_finds_what_it_says_and_nothing_else() {
    let app = yard();
    let all = app
        .read(DOV, |tx, me| {
            let mut all = Vec::new();
            for id in asked(tx, me, "")?.unwrap() {
                let ticket = Ticket::find(tx, me, &id)?;
                let assignee =
                    [CLEO, DOV].into_iter().find(|who| Some(who.id) == ticket.assignee_id).map(|who| who.handle());
                all.push(Facts { tags: ticket.record.tags(tx)?, assignee, ticket });
            }
            Ok(all)
        })
        .unwrap();
    assert!(all.len() > 12);
    proptest!(ProptestConfig { cases: 300, failure_persistence: None, ..ProptestConfig::default() }, |(wish in wish())| {
        let text = wish.text();
        let wanted = all.iter().filter(|facts| wish.holds(facts)).map(|facts| facts.ticket.record.display_id.clone());
        let mut wanted: Vec<String> = wanted.collect();
        wanted.sort();
        prop_assert_eq!(found(&app, DOV, &text), wanted, "{}", text);
    });
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2_000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_text_is_a_query_or_an_error_inside_it(text in "\\PC{0,200}") {
        whole(&text)?;
    }

    #[test]
    fn so_is_anything_made_of_its_own_words(words in proptest::collection::vec(proptest::sample::select(vec![
        "status", "=", "!=", "<", ">=", "~", "!~", "!", "(", ")", ",", "IN", "NOT", "IS", "EMPTY", "AND", "OR", "ORDER", "BY", "DESC", "WAS", "CHANGED",
        "AFTER", "BEFORE", "FROM", "TO", "todo", "\"a b\"", "'", "\"", "\\", "-7d", "membersOf", "today()", "2026-11-22", "ä", "",
    ]), 0..60)) {
        whole(&words.join(" "))?;
        whole(&words.concat())?;
    }
}

fn whole(text: &str) -> std::result::Result<(), TestCaseError> {
    if let Err(trouble) = parse(text) {
        prop_assert!(trouble.spot.at <= trouble.spot.end && trouble.spot.end <= text.len());
        prop_assert!(text.get(..trouble.spot.at).is_some() && text.get(trouble.spot.at..trouble.spot.end).is_some());
        let said = say(&trouble.say(text));
        prop_assert!(said.starts_with("Character "), "{}", said);
    }
    Ok(())
}

#[test]
fn a_list_knows_when_all_is_one_persons_and_when_a_history_is_asked() {
    let app = App::new();
    for (text, is_somebodys, asks_history) in [
        ("assignee = me", true, false),
        ("reporter = ben AND status = todo", true, false),
        ("assignee = me OR status = todo", false, false),
        ("assignee != ben", false, false),
        ("assignee IN (ben, dov)", false, false),
        ("assignee IS EMPTY", false, false),
        ("watcher = me", false, false),
        ("NOT (status WAS done)", false, true),
        ("assignee = me AND (priority = 1 OR status CHANGED TO done)", true, true),
    ] {
        let filter = app.read(CLEO, |tx, me| Filter::default().asked(tx, me, text)).unwrap().unwrap();
        let plan = filter.plan.unwrap();
        assert_eq!((plan.is_somebodys, plan.asks_history), (is_somebodys, asks_history), "{text}");
    }
}

#[test]
fn somebodys_own_is_asked_of_the_records_unless_a_field_of_the_tickets_has_an_index_with_it() {
    let app = App::new();
    for (text, is_of_records) in [
        ("assignee = me", true),
        ("reporter = me AND updated > -26w ORDER BY updated", true),
        ("assignee = ben AND status = todo ORDER BY created DESC", true),
        ("assignee = me ORDER BY priority, due", false),
        ("assignee = me AND (due < 2027-01-01 OR label = tides)", false),
        ("assignee = me AND NOT priority = 1", false),
        ("assignee != me", false),
        ("assignee = me OR reporter = me", false),
        ("assignee IS EMPTY", false),
    ] {
        let filter = app.read(CLEO, |tx, me| Filter::default().asked(tx, me, text)).unwrap().unwrap();
        let conditions = filter.plan.unwrap().conditions.text();
        let asked = |column: &str| {
            conditions.contains(&format!("{column}.assignee_id"))
                || conditions.contains(&format!("{column}.reporter_id"))
        };
        assert_eq!((asked("r"), asked("t")), (is_of_records, !is_of_records), "{text}: {conditions}");
    }
}
