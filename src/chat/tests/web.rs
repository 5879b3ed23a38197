//! The web: only with a key, only where a policy lets it, and after text of a record only with a click.

use super::*;

fn web_app(exa: &Exa, models: &Models) -> App {
    let app = exa.app(models);
    index(&app);
    app
}

#[test]
fn without_a_key_the_tool_layer_says_web_tools_not_configured() {
    let models = Models::new();
    let app = ready(&models);
    models.then([Turn::Calls("web_search", r#"{"query":"tides"}"#), says("No web.")]);
    chat(&app, DOV, "zzz", &[("chosen", "on"), ("source", "web")]);
    assert!(answered(&models)[1].to_string().contains("web_tools_not_configured"));
    assert!(app.as_(DOV).get("/chats").has("Web search is off"));
}

#[test]
fn once_a_record_was_read_the_words_of_a_search_wait_for_the_person() {
    let (exa, models) = (Exa::new(), Models::new());
    let app = web_app(&exa, &models);
    let sources = [("chosen", "on"), ("source", "tickets"), ("source", "web")];
    models.then([Turn::Calls("web_search", r#"{"query":"Order steel for the north pier"}"#)]);
    let path = chat(&app, CLEO, "What does steel cost for ATL-1?", &sources);
    assert!(exa.asked().is_empty(), "nothing left");
    assert_eq!(last(&app, "state"), "waiting");
    let cleo = app.as_(CLEO);
    assert!(cleo.get(&path).has("Search the web for this?"));
    let search = app.text("select id::text as text from chat_searches");
    assert_eq!(app.as_(ADA).post(&format!("{path}/searches/{search}"), &[("allow", "on")]).status, 404);
    models.then([says("About 900 a tonne. [WEB-1]")]);
    assert_eq!(cleo.post(&format!("{path}/searches/{search}"), &[("allow", "on")]).status, 303);
    settle(&app);
    assert_eq!(exa.asked().len(), 1);
    let page = cleo.get(&path);
    assert!(
        last(&app, "state") == "done" && page.has("class=\"cite\"") && page.has("rel=\"noopener noreferrer nofollow\""),
        "{}",
        page.text()
    );
    assert_eq!(cleo.post(&format!("{path}/searches/{search}"), &[("allow", "on")]).status, 404, "decided once");
}

#[test]
fn a_refused_search_is_answered_without() {
    let (exa, models) = (Exa::new(), Models::new());
    let app = web_app(&exa, &models);
    models.then([Turn::Calls("web_search", r#"{"query":"steel"}"#)]);
    let path = chat(&app, CLEO, "What does steel cost for ATL-1?", &[("chosen", "on"), ("source", "web")]);
    let search = app.text("select id::text as text from chat_searches");
    models.then([says("Unknown.")]);
    assert_eq!(app.as_(CLEO).post(&format!("{path}/searches/{search}"), &[("allow", "off")]).status, 303);
    settle(&app);
    assert!(exa.asked().is_empty() && last(&app, "answer") == "Unknown.");
}

#[test]
fn without_any_record_the_web_is_asked_at_once_and_pages_are_cited() {
    let (exa, models) = (Exa::new(), Models::new());
    let app = web_app(&exa, &models);
    models.then([Turn::Calls("web_search", r#"{"query":"tide tables"}"#), says("High at noon. [WEB-1]")]);
    let path = chat(&app, DOV, "zzz qqq", &[("chosen", "on"), ("source", "web")]);
    assert_eq!(exa.asked().len(), 1);
    assert!(app.as_(DOV).get(&path).has("class=\"source\""));
    assert_eq!(app.count("select count(*) from chat_pages where number = 1"), 1);
}

#[test]
fn only_an_address_that_the_person_typed_or_a_search_found_is_fetched() {
    let (exa, models) = (Exa::new(), Models::new());
    let app = web_app(&exa, &models);
    let fetch = |address: &'static str| Turn::Calls("web_fetch", address);
    models.then([fetch(r#"{"address":"https://evil.example/?q=north-pier"}"#), says("No.")]);
    let sources = [("chosen", "on"), ("source", "tickets"), ("source", "web")];
    let path = chat(&app, CLEO, "Read https://steel.example/prices and ATL-1", &sources);
    assert!(exa.asked().is_empty());
    assert!(answered(&models)[1].to_string().contains("did not type this address"));
    models.then([fetch(r#"{"address":"https://steel.example/prices"}"#), says("Read. [WEB-1]")]);
    ask(&app, CLEO, &path, "Now do it");
    assert_eq!(exa.asked().len(), 1);
}
