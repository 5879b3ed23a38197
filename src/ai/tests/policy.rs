//! Providers, assistants and patterns of a policy.

use super::*;
use std::time::{Duration, Instant};
use tow::ai::{
    BadPattern, Endpoint, MAX_KEY_CHARS, MAX_MASKED_PATTERNS, MAX_MODELS, MAX_NAMED, MAX_PATTERN_CHARS, Masks, Policy,
    Reason, Sphere, Target, WebTools, assistants_allowed, check_pattern, foresee,
};
use tow::config::Ai;

fn decide(app: &App, who: Who, sphere: Sphere, policy: Policy) {
    app.write(who, |tx, me| policy.save(tx, me, sphere)).unwrap();
}

fn names(all: &[&str]) -> Option<Vec<String>> {
    Some(all.iter().map(|name| (*name).to_owned()).collect())
}

fn of_hosts(all: &[&str]) -> Policy {
    Policy { hosts: names(all), ..Policy::default() }
}

fn of_assistants(all: &[&str]) -> Policy {
    Policy { assistants: names(all), ..Policy::default() }
}

fn masking(patterns: &[&str]) -> Masks {
    Masks { patterns: names(patterns).unwrap(), ..Masks::default() }
}

#[test]
fn a_provider_that_is_not_named_is_not_asked_and_a_name_counts_for_all_its_ports() {
    let (exa, models) = (Exa::new(), Models::new());
    let app = exa.app(&models);
    decide(&app, ADA, Sphere::Organisation, of_hosts(&["api.openai.com"]));
    let fault = ask(&app, CLEO, &prompt()).unwrap_err();
    assert!(fault.reason == Reason::Host && fault.words().contains(&models.address.to_string()), "{}", fault.words());
    assert!(models.asked().is_empty());
    assert_eq!(calls(&app, "refused:host"), 1);
    decide(&app, ADA, Sphere::Organisation, Policy { version: 1, ..of_hosts(&[&models.address.to_string()]) });
    assert!(ask(&app, CLEO, &prompt()).is_ok());
    // The web is another provider, at another port.
    let tools = WebTools::new(&app.state().config, app.state().net.clone());
    let search = || app.wait(tools.search(&mut desk(&app), &asking(CLEO), "steel", &Stop::default())).unwrap();
    assert_eq!(search().unwrap_err().reason, Reason::Host);
    decide(&app, ADA, Sphere::Organisation, Policy { version: 2, ..of_hosts(&["127.0.0.1"]) });
    assert!(search().is_ok() && ask(&app, CLEO, &prompt()).is_ok());
}

#[test]
fn a_project_and_a_group_name_providers_of_their_own_and_can_only_narrow() {
    let models = Models::new();
    let app = models.app();
    decide(&app, EDDA, Sphere::Project(ATLAS), of_hosts(&["elsewhere.example"]));
    assert_eq!(ask(&app, CLEO, &about(&app, STEEL)).unwrap_err().reason, Reason::Host);
    assert!(ask(&app, CLEO, &about(&app, DOOR)).is_ok());
    let group =
        app.text(&format!("select group_id::text as text from group_members where person_id = '{}' limit 1", CLEO.id));
    decide(&app, BEN, Sphere::Group(tow::people::GroupId(group.parse().unwrap())), of_hosts(&["elsewhere.example"]));
    assert_eq!(ask(&app, CLEO, &about(&app, DOOR)).unwrap_err().reason, Reason::Host);
}

#[test]
fn an_assistant_that_is_left_out_anywhere_does_not_answer() {
    let models = Models::new();
    let app = models.app();
    let allowed = || {
        let asking = asking(CLEO).in_project(Some(ATLAS));
        app.tx(move |tx| assistants_allowed(tx, &asking, &[]))
    };
    let by = |key: &str| {
        let asking = asking(CLEO).in_project(Some(ATLAS)).by(key);
        app.wait(provider(&app).ask(&mut desk(&app), &asking, &prompt())).unwrap()
    };
    assert!(allowed().is_none() && by("cto").is_ok());
    decide(&app, ADA, Sphere::Organisation, of_assistants(&["cto", "default"]));
    decide(&app, EDDA, Sphere::Project(ATLAS), of_assistants(&["default", "memory"]));
    assert_eq!(allowed(), names(&["default"]));
    assert!(by("default").is_ok());
    for key in ["cto", "memory"] {
        let fault = by(key).unwrap_err();
        assert!(fault.reason == Reason::Assistant && fault.words().contains(key), "{}", fault.words());
    }
    // Search by meaning and the like are nobody's answers.
    let vectors = [(Source::Own, "steel")];
    assert!(app.wait(provider(&app).embed(&mut desk(&app), &asking(CLEO), &vectors)).unwrap().is_ok());
}

#[test]
fn what_fits_a_pattern_is_masked_also_within_json_and_before_the_words() {
    let masks = Masks {
        words: vec!["condor".to_owned()],
        ..masking(&[r"HAL-\d{4}", "(?i)invoice [0-9]+", r"\b\d{3}-\d{3}\b"])
    };
    for (text, masked) in [
        ("HAL-1234, hal-1234 and HAL-12", "[masked], hal-1234 and HAL-12"),
        ("INVOICE 77 of Condor", "[masked] of [masked]"),
        ("call 555-123 now", "call [masked] now"),
        (r#"{"note":"x\nHAL-1234"}"#, r#"{"note":"x\n[masked]"}"#),
        ("", ""),
    ] {
        assert_eq!(masks.masked(text), masked);
    }
}

#[test]
fn no_mask_touches_the_fence_between_which_records_stand() {
    let models = Models::new();
    let app = models.app();
    let policy = || Policy {
        masked_words: vec!["abc".to_owned(), "123".to_owned()],
        masked_patterns: vec!["[0-9a-f]{4,}".to_owned()],
        ..Policy::default()
    };
    app.write(ADA, |tx, me| policy().save(tx, me, Sphere::Organisation)).unwrap();
    let prompt = about(&app, STEEL);
    ask(&app, CLEO, &prompt).unwrap();
    let sent = models.bodies()[0].to_string();
    let fence = &sent[sent.find(" begin ").unwrap() - 16..][..16];
    assert!(fence.chars().all(|c| c.is_ascii_hexdigit()) && sent.matches(fence).count() >= 2, "{sent}");
}

#[test]
fn a_pattern_that_was_changed_behind_the_forms_back_masks_everything() {
    assert_eq!(masking(&["("]).masked("the night shift"), "[masked]");
    assert_eq!(masking(&["x*"]).masked("a night"), "a night");
}

#[test]
fn a_pattern_says_in_plain_words_why_it_is_none() {
    assert_eq!(check_pattern(r"HAL-\d+"), Ok(()));
    assert_eq!(check_pattern("(unclosed"), Err(BadPattern::Unreadable("unclosed group".to_owned())));
    assert_eq!(check_pattern(r"(?:\pL{200}){200}"), Err(BadPattern::TooLarge));
    for pattern in ["", "x*", "a|", "^"] {
        assert_eq!(check_pattern(pattern), Err(BadPattern::FitsNothing), "{pattern}");
    }
    // What makes others take forever.
    let began = Instant::now();
    masking(&["(a+)+$", "(a|aa)+b"]).masked(&"a".repeat(100_000));
    assert!(began.elapsed() < Duration::from_secs(5), "{:?}", began.elapsed());
}

#[test]
fn patterns_leave_with_no_request_and_are_not_told_to_who_may_not_manage() {
    let models = Models::new();
    let app = models.app();
    let form = [
        ("level", "all"),
        ("model", "gpt-5.2"),
        ("model", "text-embedding-3-small"),
        ("version", "0"),
        ("masked_patterns", " HAL-\\d{4} \n\nHAL-\\d{4}\n"),
        ("hosts", "127.0.0.1\r\nAPI.openai.com"),
        ("assistants", "cto"),
    ];
    assert_eq!(app.as_(BEN).post("/settings/ai", &form).status, 303);
    let saved = "select count(*) from ai_policies where masked_patterns = array['HAL-\\d{4}'] and hosts = array['127.0.0.1', 'api.openai.com'] and assistants = array['cto']";
    assert_eq!(app.count(saved), 1);
    ask(&app, CLEO, &prompt().says("HAL-1234 is late")).unwrap();
    assert!(models.heard().contains("[masked] is late"), "{}", models.heard());
    assert!(app.as_(BEN).get("/settings/ai").has("HAL-\\d{4}") && !app.as_(CLEO).get("/settings/ai").has("HAL-"));
    assert!(app.as_(CLEO).get("/settings/ai").has("api.openai.com"));
    assert_eq!(app.count("select count(*) from audit_events where to_jsonb(audit_events)::text like '%HAL-%'"), 0);
}

#[test]
fn lists_that_make_no_sense_come_back_beside_their_field() {
    let app = App::new();
    let many =
        |most: usize, line: &str| (0..most).map(|number| format!("{line}{number}")).collect::<Vec<_>>().join("\n");
    let post = |field: &'static str, typed: &str| {
        let form = [("level", "all"), ("model", "gpt-5.2"), ("version", "0"), (field, typed)];
        app.as_(BEN).post("/settings/ai", &form)
    };
    for (field, typed, words) in [
        ("masked_patterns", "(unclosed".to_owned(), "“(unclosed” is not a valid pattern: unclosed group."),
        ("masked_patterns", "x*".to_owned(), "would match everywhere"),
        ("masked_patterns", r"(?:\pL{200}){200}".to_owned(), "takes too much memory"),
        ("masked_patterns", many(MAX_MASKED_PATTERNS + 1, "x"), "At most 20 lines of up to 200 characters"),
        ("masked_patterns", "x".repeat(MAX_PATTERN_CHARS + 1), "At most 20 lines of up to 200 characters"),
        ("hosts", "https://api.openai.com/v1".to_owned(), "such as api.openai.com"),
        ("hosts", "me@host.example".to_owned(), "such as api.openai.com"),
        ("hosts", many(MAX_NAMED + 1, "host"), "At most 50 lines"),
        ("assistants", "Chief of Staff".to_owned(), "the key of an assistant"),
        ("assistants", many(MAX_NAMED + 1, "key"), "At most 50 lines"),
        ("assistants", "k".repeat(MAX_KEY_CHARS + 1), "up to 60 small letters"),
    ] {
        let page = post(field, &typed);
        assert!(page.status == 422 && page.has(words) && page.has("aria-invalid"), "{field}={typed}: {}", page.text());
    }
    assert_eq!(post("masked_patterns", &many(MAX_MASKED_PATTERNS, "x")).status, 303);
    app.sql("delete from ai_policies");
    assert_eq!(post("masked_patterns", &"x".repeat(MAX_PATTERN_CHARS)).status, 303);
    app.sql("delete from ai_policies");
    assert_eq!(post("hosts", &many(MAX_NAMED, "host")).status, 303);
}

#[test]
fn a_project_and_a_group_have_their_lists_on_their_pages() {
    let app = App::new();
    let form = [("level", "all"), ("version", "0"), ("hosts", "api.openai.com:8443"), ("assistants", "default\ncto")];
    assert_eq!(app.as_(EDDA).post("/projects/ATL/ai", &form).status, 303);
    let page = app.as_(VERA).get("/projects/ATL/ai");
    assert!(page.has("api.openai.com:8443</textarea>") && page.has("cto\ndefault</textarea>"), "{}", page.text());
    assert_eq!(
        app.as_(EDDA).post("/projects/ATL/ai", &[("level", "all"), ("version", "1"), ("hosts", "a b")]).status,
        422
    );
    let id = app.text("select id::text as text from groups order by name limit 1");
    let path = format!("/settings/groups/{id}/ai");
    let form =
        [("level", "all"), ("model", "gpt-5.2"), ("version", "0"), ("hosts", "one.example"), ("masked_patterns", "x")];
    assert_eq!(app.as_(BEN).post(&path, &form).status, 303);
    assert!(app.as_(CLEO).get(&path).has("one.example</textarea>"));
}

#[test]
fn an_archived_project_is_not_made_wider_by_its_lists() {
    let app = App::new();
    decide(&app, EDDA, Sphere::Project(ATLAS), of_hosts(&["a.example", "b.example"]));
    app.sql(&format!("update projects set archived_at = created_at where id = '{}'", ATLAS.0));
    let post = |hosts: &str, version: &str| {
        app.as_(ADA).post("/projects/ATL/ai", &[("level", "all"), ("version", version), ("hosts", hosts)]).status
    };
    assert_eq!((post("", "1"), post("c.example", "1"), post("a.example", "1")), (422, 422, 303));
}

#[test]
fn a_policy_names_so_many_models_and_no_more() {
    let app = App::new();
    let many: Vec<String> = (0..=MAX_MODELS).map(|number| format!("model-{number}")).collect();
    decide(&app, ADA, Sphere::Organisation, Policy { models: Some(many.clone()), ..Policy::default() });
    let post = |names: &[String]| {
        let mut form = vec![("level", "all"), ("version", "1")];
        form.extend(names.iter().map(|name| ("model", name.as_str())));
        app.as_(BEN).post("/settings/ai", &form).status
    };
    assert_eq!((post(&many), post(&many[1..])), (422, 303));
}

#[test]
fn a_provider_that_is_left_out_is_foreseen_and_fills_no_ledger() {
    let models = Models::new();
    let app = models.app();
    decide(&app, ADA, Sphere::Organisation, of_hosts(&["elsewhere.example"]));
    let foreseen = |base: &str| {
        let ai = Ai { openai_base_url: base.parse().unwrap(), ..app.state().config.ai.clone() };
        let target = Target::of(&ai, Endpoint::Embeddings, "text-embedding-3-small");
        app.tx(move |tx| foresee(tx, &asking(CLEO), &target, &[]))
    };
    assert_eq!(foreseen(&format!("http://{}/v1", models.address)).unwrap().reason, Reason::Host);
    assert_eq!(foreseen("https://elsewhere.example:8443/v1"), None);
    assert_eq!(app.count("select count(*) from ai_calls"), 0);
}

#[test]
fn once_a_provider_is_approved_a_host_that_is_not_stays_off() {
    let models = Models::new();
    let app = models.app();
    assert!(ask(&app, CLEO, &prompt()).is_ok(), "without a list whatever tow.yaml names is called");
    let approve = |endpoint: &str| {
        let form = [("endpoint", endpoint), ("purpose", "Answers"), ("terms", "Keeps nothing")];
        assert_eq!(app.as_(BEN).post("/settings/practices/providers", &form).status, 303);
    };
    approve("api.elsewhere.example");
    let before = models.asked().len();
    assert_eq!(ask(&app, CLEO, &prompt()).unwrap_err().reason, Reason::Host);
    assert_eq!(models.asked().len(), before, "nothing left");
    let page = app.as_(ADA).get("/settings/practices");
    assert!(page.has("Not approved, and so not called") && page.has(&models.address.to_string()), "{}", page.text());
    approve(&models.address.to_string());
    assert!(ask(&app, CLEO, &prompt()).is_ok());
    let ids = app.text("select string_agg(id::text, ' ') as text from provider_approvals");
    for id in ids.split(' ') {
        assert_eq!(app.as_(BEN).post(&format!("/settings/practices/providers/{id}/removal"), &[]).status, 303);
    }
    assert_eq!(ask(&app, CLEO, &prompt()).unwrap_err().reason, Reason::Host, "an emptied list approves nobody");
    assert!(app.as_(ADA).get("/settings/practices").has("Not approved, and so not called"));
    assert_eq!(app.as_(BEN).post("/settings/practices/providers/ending", &[]).status, 303);
    assert!(ask(&app, CLEO, &prompt()).is_ok(), "until somebody ends it");
}
