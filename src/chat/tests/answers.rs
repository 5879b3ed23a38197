//! Asking, reading, branching, deciding.

use super::*;

#[test]
fn an_answer_is_made_from_records_that_the_person_may_open_and_cites_them() {
    let models = Models::new();
    let app = ready(&models);
    models.then([says("The steel is ordered by Cleo. [ATL-1] Nothing else is known. [ATL-999]")]);
    let path = chat(&app, CLEO, "Who orders steel for the pier?", &[]);
    let sent = answered(&models)[0].to_string();
    assert!(sent.contains("Order steel for the north pier") && sent.contains("assigned to Cleo Marchetti"), "{sent}");
    let page = app.as_(CLEO).get(&path);
    assert!(page.has("class=\"cite\"") && page.has("href=\"/tickets/ATL-1\""), "{}", page.text());
    assert!(page.has("[ATL-999]"), "what is no source stays as it was written");
    assert!(page.has("/ai/requests/"), "what was sent can be opened");
    assert_eq!(last(&app, "state"), "done");
    assert_eq!(app.count("select count(*) from ai_calls where purpose = 'chat' and outcome = 'done'"), 1);
    assert_eq!(app.text("select title as text from records where kind = 'chat'"), "ready when you are");
}

#[test]
fn an_answer_that_came_from_what_is_closed_now_is_not_shown_and_not_sent_again() {
    let models = Models::new();
    let app = ready(&models);
    models.then([says("Sheet piles of grade S355. [ATL-1]"), says("A title"), says("I do not know.")]);
    let path = chat(&app, VERA, "Which steel for ATL-1?", &[]);
    assert!(app.as_(VERA).get(&path).has("S355"));
    app.sql(&format!("delete from project_grants where person_id = '{}'", VERA.id));
    let page = app.as_(VERA).get(&path);
    assert!(!page.has("S355") && page.has("This answer is hidden"), "{}", page.text());
    ask(&app, VERA, &path, "And the cranes?");
    let second = answered(&models)[1].to_string();
    assert!(!second.contains("S355") && second.contains("An earlier answer is left out"), "{second}");
}

#[test]
fn a_question_asked_otherwise_or_again_is_a_branch_and_what_was_said_stays() {
    let models = Models::new();
    let app = ready(&models);
    models.then([says("First answer."), says("A title"), says("Second answer."), says("Third answer.")]);
    let path = chat(&app, CLEO, "One?", &[]);
    let first = last(&app, "id");
    let cleo = app.as_(CLEO);
    assert_eq!(cleo.post(&format!("{path}/turns"), &[("again", &first)]).status, 303);
    settle(&app);
    let page = cleo.get(&path);
    assert!(page.has("Second answer.") && !page.has("First answer.") && page.has("2 of 2"), "{}", page.text());
    assert_eq!(
        cleo.post(&format!("{path}/turns"), &[("question", "Two?"), ("parent", ""), ("edited", &first)]).status,
        303
    );
    settle(&app);
    assert!(cleo.get(&path).has("3 of 3") && cleo.get(&path).has("Two?"));
    assert_eq!(cleo.post(&format!("{path}/turns/{first}/branch"), &[]).status, 303);
    assert!(cleo.get(&path).has("First answer."));
    // A branch carries only what led to it.
    assert!(
        answered(&models)[2].to_string().contains("Two?")
            && !answered(&models)[2].to_string().contains("First answer.")
    );
}

#[test]
fn nobody_else_sees_a_chat_admins_included() {
    let models = Models::new();
    let app = ready(&models);
    let path = chat(&app, CLEO, "Ask about zirconium", &[]);
    let turn = last(&app, "id");
    for who in [ADA, BEN, EDDA, GRO] {
        let them = app.as_(who);
        assert_eq!(them.get(&path).status, 404, "{}", who.name);
        assert_eq!(them.get(&format!("{path}/turns/{turn}/stream")).status, 404);
        assert_eq!(them.post(&format!("{path}/turns"), &[("question", "Tell me")]).status, 404);
        assert_eq!(them.post(&format!("{path}/deletion"), &[]).status, 404);
        assert!(!them.get("/chats").has("zirconium"));
        assert!(!them.get("/search?q=zirconium").has("CHAT-1"));
    }
    assert_eq!(app.as_(CLEO).post(&format!("/records/{}/place", &path[7..]), &[("place", "organisation")]).status, 404);
    assert_eq!(app.count("select count(*) from records where kind = 'chat' and scope = 'user'"), 1);
}

#[test]
fn one_s_chats_are_found_by_their_questions_starred_named_and_deleted_for_good() {
    let models = Models::new();
    let app = ready(&models);
    let path = chat(&app, CLEO, "Where are the zirconium seals?", &[]);
    index(&app);
    let cleo = app.as_(CLEO);
    assert!(cleo.get("/chats?q=zirconium").has("CHAT-1") && !cleo.get("/chats?q=plutonium").has("CHAT-1\""));
    assert!(cleo.get("/search?q=zirconium").has("CHAT-1"), "{}", cleo.get("/search?q=zirconium").text());
    assert_eq!(cleo.post(&format!("{path}/star"), &[("star", "on")]).status, 303);
    assert!(cleo.get("/chats?show=starred").has("CHAT-1"));
    assert_eq!(cleo.post(&format!("{path}/title"), &[("title", "")]).status, 422);
    assert_eq!(cleo.post(&format!("{path}/title"), &[("title", "Seals")]).status, 303);
    // A person's title stays.
    ask(&app, CLEO, &path, "More?");
    assert_eq!(app.text("select title as text from records where kind = 'chat'"), "Seals");
    assert_eq!(cleo.post(&format!("{path}/deletion"), &[]).status, 303);
    assert_eq!(cleo.get(&path).status, 404);
    let left = "select (select count(*) from chat_turns) + (select count(*) from chats) + (select count(*) from ai_requests) as count";
    assert_eq!(app.count(left), 0);
}

#[test]
fn a_proposal_is_a_card_and_only_the_click_of_the_person_does_it() {
    let models = Models::new();
    let app = ready(&models);
    let ticket = r#"{"title":"Repay the passengers","body":"","place":"BCN","priority":"high","assignee":"Dov Peretz","due_on":""}"#;
    models.then([Turn::Calls("propose_ticket", ticket), says("I propose a ticket.")]);
    let path = chat(&app, CLEO, "Open a ticket about the repayments", &[]);
    let tickets = "select count(*) from records where title = 'Repay the passengers'";
    assert_eq!(app.count(tickets), 0);
    let cleo = app.as_(CLEO);
    let page = cleo.get(&path);
    assert!(
        page.has("Create a ticket") && page.has("Repay the passengers") && page.has("Dov Peretz"),
        "{}",
        page.text()
    );
    let action = app.text("select id::text as text from chat_actions");
    let door = format!("{path}/actions/{action}");
    assert_eq!(app.as_(ADA).post(&door, &[("do", "apply")]).status, 404);
    assert_eq!(cleo.post(&door, &[("do", "apply")]).status, 303);
    assert_eq!(app.count(tickets), 1);
    assert!(cleo.get(&path).has("Applied") && cleo.get(&path).has("/tickets/BCN-"));
    assert_eq!(cleo.post(&door, &[("do", "apply")]).status, 422);
    assert_eq!(app.count(tickets), 1);
}

#[test]
fn a_card_can_be_changed_before_it_is_applied_or_dismissed() {
    let models = Models::new();
    let app = ready(&models);
    let change = r#"{"ticket":"ATL-1","field":"status","value":"blocked"}"#;
    let comment = r#"{"record":"ATL-1","body":"Waiting for the mill."}"#;
    models.then([
        Turn::Calls("propose_ticket_change", change),
        Turn::Calls("propose_comment", comment),
        says("Two cards."),
    ]);
    let path = chat(&app, CLEO, "Block ATL-1 and say why", &[]);
    let id = |kind: &str| app.text(&format!("select id::text as text from chat_actions where kind = '{kind}'"));
    let cleo = app.as_(CLEO);
    let (change, comment) = (id("change_ticket"), id("write_comment"));
    assert!(cleo.get(&format!("{path}?change={comment}")).has("name=\"body\""));
    let edited =
        [("do", "apply"), ("edited", "on"), ("kind", "write_comment"), ("record", "ATL-7777"), ("body", "Mine.")];
    let refused = cleo.post(&format!("{path}/actions/{comment}"), &edited);
    assert!(refused.status == 422 && refused.has("ATL-7777") && refused.has(">Mine.<"), "what was typed stays");
    let edited = [("do", "apply"), ("edited", "on"), ("kind", "write_comment"), ("record", "ATL-1"), ("body", "Mine.")];
    assert_eq!(cleo.post(&format!("{path}/actions/{comment}"), &edited).status, 303);
    assert_eq!(app.count("select count(*) from comments where body = 'Mine.'"), 1);
    assert_eq!(cleo.post(&format!("{path}/actions/{change}"), &[("do", "dismiss")]).status, 303);
    assert_eq!(app.count("select count(*) from tickets where status = 'blocked' and id = (select id from records where display_id = 'ATL-1')"), 0);
}

#[test]
fn a_question_without_words_too_long_or_beside_a_running_one_is_refused_and_kept() {
    let models = Models::new();
    let app = ready(&models);
    let cleo = app.as_(CLEO);
    assert_eq!(cleo.post("/chats", &[("question", "  ")]).status, 422);
    let long = "a".repeat(tow::chat::MAX_QUESTION_CHARS + 1);
    let page = cleo.post("/chats", &[("question", &long)]);
    assert!(page.status == 422 && page.has(&long));
    assert!(models.asked().is_empty());
    let path = chat(&app, CLEO, "One?", &[]);
    app.sql("update chat_turns set state = 'running', finished_at = null");
    let page = cleo.post(&format!("{path}/turns"), &[("question", "And this?")]);
    assert!(page.status == 422 && page.has("still being answered") && page.has("And this?"), "{}", page.text());
    app.sql("update chat_turns set state = 'done', finished_at = asked_at");
    app.sql(&format!(
        "insert into chat_turns (id, chat_id, assistant, sources, question, asked_at, state, alive_at, finished_at)
         select gen_random_uuid(), c.id, 'default', '{{}}', 'q', t.asked_at, 'done', t.asked_at, t.asked_at
         from chats c, chat_turns t, generate_series(1, {}) n",
        tow::chat::MAX_TURNS - 1
    ));
    let page = cleo.post(&format!("{path}/turns"), &[("question", "One more")]);
    assert!(page.status == 422 && page.has("as many as it holds"), "{}", page.text());
}

#[test]
fn a_form_sent_twice_asks_once() {
    let models = Models::new();
    let app = ready(&models);
    let once = uuid::Uuid::from_u128(5).to_string();
    let fields = [("question", "One?"), ("_once", once.as_str())];
    let cleo = app.as_(CLEO);
    let (one, two) = (cleo.post("/chats", &fields), cleo.post("/chats", &fields));
    assert_eq!(one.location(), two.location());
    settle(&app);
    assert_eq!((app.count("select count(*) from chats"), answered(&models).len()), (1, 1));
}

#[test]
fn a_form_sent_twice_at_once_to_two_servers_is_answered_once() {
    let models = Models::new();
    let app = models.own_app();
    index(&app);
    let once = uuid::Uuid::from_u128(6).to_string();
    let cleo = app.as_(CLEO);
    let posting = || cleo.posting("/chats", &[("question", "One?"), ("_once", once.as_str())]);
    let answers = app.at_once(vec![posting(), posting(), posting()]);
    assert!(answers.iter().all(|answer| answer.status == 303));
    settle(&app);
    assert_eq!((app.count("select count(*) from chats"), answered(&models).len()), (1, 1));
}

#[test]
fn a_server_that_goes_away_leaves_a_turn_that_says_so_and_can_be_asked_again() {
    let models = Models::new();
    let app = ready(&models);
    let path = chat(&app, CLEO, "One?", &[]);
    app.sql("update chat_turns set state = 'running', finished_at = null, answer = 'As far as'");
    app.advance(chrono::Duration::seconds(tow::chat::LOST_AFTER_SECONDS + 1));
    let page = app.as_(CLEO).get(&path);
    assert!(page.has("The server stopped while answering") && page.has("As far as"), "{}", page.text());
    app.run_schedule("chat.close_lost");
    assert_eq!((last(&app, "state"), last(&app, "reason")), ("failed".to_owned(), "lost".to_owned()));
}

#[test]
fn an_answer_of_another_server_is_followed_from_its_row_until_it_ends() {
    let models = Models::new();
    let app = models.own_app();
    index(&app);
    let path = chat(&app, CLEO, "One?", &[]);
    let turn = last(&app, "id");
    app.sql("update chat_turns set state = 'running', finished_at = null, answer = 'As far as'");
    let pool = app.state().pool.clone();
    let other = std::thread::spawn(move || {
        let mut conn = pool.get().unwrap();
        let mut say = |sql: &str| {
            std::thread::sleep(std::time::Duration::from_millis(1200));
            tow::db::sql::Sql::new(sql).execute(&mut conn).unwrap();
        };
        say("update chat_turns set answer = 'As far as the pier'");
        say("select 1");
        say("update chat_turns set state = 'done', finished_at = asked_at, answer = 'As far as the pier.'");
    });
    let stream = app.as_(CLEO).get(&format!("{path}/turns/{turn}/stream"));
    other.join().unwrap();
    assert!(stream.has("As far as<") && stream.has("As far as the pier"), "{}", stream.text());
    assert!(stream.has("event: end"), "{}", stream.text());
}

#[test]
fn the_stream_tells_what_was_said_and_ends_with_the_answer() {
    let models = Models::new();
    let app = ready(&models);
    let path = chat(&app, CLEO, "One?", &[]);
    let turn = last(&app, "id");
    let stream = app.as_(CLEO).get(&format!("{path}/turns/{turn}/stream"));
    assert_eq!((stream.status, stream.header("content-type")), (200, "text/event-stream".to_owned()));
    assert!(stream.has("event: end"), "{}", stream.text());
}

#[test]
fn what_would_be_sent_is_shown_and_nothing_leaves_for_it() {
    let models = Models::new();
    let app = ready(&models);
    let page = app.as_(CLEO).post("/chats/preview", &[("question", "Who orders steel for the pier?")]);
    assert!(
        page.status == 200 && page.has("Order steel for the north pier") && page.has("/tickets/ATL-1"),
        "{}",
        page.text()
    );
    assert!(models.asked().is_empty());
    assert_eq!(app.count("select count(*) from chats"), 0);
    let page = app.as_(DOV).post("/chats/preview", &[("question", "Who orders steel for the pier? ATL-1")]);
    assert!(page.status == 200 && !page.has("north pier"), "{}", page.text());
}

#[test]
fn without_a_key_or_with_ai_off_the_page_says_why_and_what_is_there_can_be_read() {
    let app = App::new();
    let page = app.as_(CLEO).get("/chats");
    assert!(page.status == 200 && page.has("disabled") && page.has("You can still read your chats"), "{}", page.text());
    let models = Models::new();
    let app = ready(&models);
    let path = chat(&app, CLEO, "One?", &[]);
    use tow::ai::{Level, Policy, Sphere};
    let policy = || Policy { level: Level::Embeddings, ..Policy::default() };
    app.write(ADA, |tx, me| policy().save(tx, me, Sphere::Organisation)).unwrap();
    assert!(app.as_(CLEO).get(&path).has("ready when you are"));
    let before = models.asked().len();
    ask(&app, CLEO, &path, "Two?");
    assert_eq!(models.asked().len(), before);
    assert!(app.as_(CLEO).get(&path).has("Two?"), "the question is kept");
    assert_eq!(last(&app, "reason"), "policy");
}

#[test]
fn the_organisation_has_assistants_of_its_own_which_only_who_manages_ai_changes() {
    let models = Models::new();
    let app = ready(&models);
    let form = [("name", "Harbour master"), ("instructions", "Mind the tide."), ("source", "docs")];
    assert_eq!(app.as_(CLEO).post("/settings/ai/assistants", &form).status, 403);
    assert_eq!(app.as_(ADA).post("/settings/ai/assistants", &form).status, 303);
    assert_eq!(app.as_(ADA).post("/settings/ai/assistants", &form).status, 422, "the name is taken");
    let id = app.text("select id::text as text from assistants");
    chat(&app, CLEO, "Shall we sail?", &[("assistant", &id)]);
    assert!(answered(&models)[0]["instructions"].as_str().unwrap().contains("Mind the tide."));
    let edit = [("name", "Harbour master"), ("instructions", "Mind the wind."), ("version", "1")];
    assert_eq!(app.as_(ADA).post(&format!("/settings/ai/assistants/{id}"), &edit).status, 303);
    let late = app.as_(BEN).post(&format!("/settings/ai/assistants/{id}"), &edit);
    assert!(late.status == 409 && late.has("Mind the wind."), "{}", late.text());
    assert_eq!(app.as_(ADA).post(&format!("/settings/ai/assistants/{id}/archiving"), &[]).status, 303);
    assert!(!app.as_(CLEO).get("/chats").has("Harbour master"));
    let long = "a".repeat(tow::chat::MAX_INSTRUCTIONS_CHARS + 1);
    let page = app.as_(ADA).post("/settings/ai/assistants", &[("name", "Long"), ("instructions", &long)]);
    assert_eq!(page.status, 422);
}

#[test]
fn an_assistant_that_a_policy_leaves_out_does_not_answer_and_the_ledger_names_who_did() {
    let models = Models::new();
    let app = ready(&models);
    chat(&app, CLEO, "What is late?", &[("assistant", "cto")]);
    let answered = "select count(*) from ai_calls where agent = 'cto' and purpose = 'chat' and outcome = 'done'";
    assert_eq!(app.count(answered), 1);
    let only = tow::ai::Policy { assistants: Some(vec!["default".to_owned()]), ..tow::ai::Policy::default() };
    app.write(ADA, |tx, me| only.save(tx, me, tow::ai::Sphere::Organisation)).unwrap();
    let path = chat(&app, CLEO, "And now?", &[("assistant", "cto")]);
    assert_eq!((last(&app, "state"), last(&app, "reason")), ("failed".to_owned(), "assistant".to_owned()));
    assert!(app.as_(CLEO).get(&path).has("The assistant cto is not among those allowed here"));
    chat(&app, CLEO, "And you?", &[]);
    assert_eq!((last(&app, "state"), app.count(answered)), ("done".to_owned(), 1));
}
