//! The company's own domains, and the name servers that prove them.

use crate::harness::*;
use tow::net::Names;
use tow::sso::{CHECKS_PER_MINUTE, Domain, MAX_DOMAIN_CHARS, MAX_OWN_DOMAINS, MISSES_UNTIL_LOST, is_said, own_domain};

const HERE: &str = "/settings/sign-on/domains";
const RECORD: &str = "_tow-challenge.halden.example";

fn server(names: &NameServer) -> App {
    App::configured(&[("TOW_AUTH__DNS_RESOLVER", &names.address.to_string())])
}

fn add(client: &Client, domain: &str) -> Answer {
    client.post(HERE, &[("domain", domain)])
}

/// The only domain there is.
fn domain(app: &App) -> Domain {
    app.read(ADA, Domain::list).unwrap().pop().expect("there is no domain")
}

/// Ada checks it; what she is told.
fn check(app: &App) -> String {
    app.as_(ADA).post(&format!("{HERE}/{}/look", domain(app).id), &[]).follow().text()
}

/// Added, with its record set.
fn proven(app: &App, names: &NameServer) {
    add(&app.as_(ADA), "halden.example");
    names.say(RECORD, Zone::text(&domain(app).record_text()));
    assert!(check(app).contains("halden.example is verified"));
}

fn is_verified(app: &App) -> bool {
    app.count("select count(*) from sso_domains where verified_at is not null") == 1
}

/// A connection of the page to this provider, open, with these domains; no other.
fn connected(names: &NameServer, provider: &IdProvider, domains: &str) -> App {
    let app = provider.app_with(&[("TOW_AUTH__DNS_RESOLVER", &names.address.to_string())]);
    app.sql("delete from sso_connections");
    let (ada, issuer) = (app.as_(ADA), provider.issuer());
    let form = [
        ("name", "Halden ID"),
        ("issuer", issuer.as_str()),
        ("client_id", CLIENT_ID),
        ("client_secret", CLIENT_SECRET),
        ("scopes", "openid email"),
        ("username_claim", "preferred_username"),
        ("email_claim", "email"),
        ("email_verified_claim", "email_verified"),
        ("given_name_claim", "given_name"),
        ("family_name_claim", "family_name"),
        ("allowed_domains", domains),
    ];
    let path = ada.post("/settings/sign-on", &form).location();
    assert_eq!(ada.post(&format!("{path}/opening"), &[]).status, 303);
    app
}

/// Whether somebody new with this address gets in.
fn lets_in(provider: &IdProvider, app: &App, email: &str) -> bool {
    provider.claim("sub", serde_json::json!(format!("who is {email}")));
    provider.claim("email", serde_json::json!(email));
    let browser = app.visitor();
    super::sign_on(provider, app, &browser);
    super::is_in(&browser)
}

#[test]
fn only_who_holds_security_configuration_manage_sees_and_changes_domains() {
    let names = NameServer::new();
    let app = server(&names);
    add(&app.as_(ADA), "halden.example");
    let id = domain(&app).id;
    for who in [BEN, CLEO, GRO] {
        let client = app.as_(who);
        assert_eq!(client.get(HERE).status, 403, "{}", who.name);
        assert_eq!(add(&client, "other.example").status, 403);
        assert_eq!(client.post(&format!("{HERE}/{id}/look"), &[]).status, 403);
        assert_eq!(client.post(&format!("{HERE}/{id}/removal"), &[]).status, 403);
    }
    assert!(names.asked().is_empty(), "who may not check makes us ask nobody");
    assert_eq!(app.count("select count(*) from sso_domains"), 1);
}

#[test]
fn a_domain_is_verified_by_its_record_and_by_nothing_else() {
    let names = NameServer::new();
    let app = server(&names);
    let page = add(&app.as_(ADA), " @Halden.Example. ").follow();
    assert!(page.has(RECORD) && page.has("tow-domain-verification=") && page.has("waiting"), "{}", page.text());
    assert!(check(&app).contains("There is no TXT record"));
    names.say(RECORD, Zone::Empty);
    assert!(check(&app).contains("There is no TXT record"));
    names.say(RECORD, Zone::text("tow-domain-verification=another"));
    assert!(check(&app).contains("says something else"));
    let wanted = domain(&app).record_text();
    names.say(RECORD, Zone::text(&format!("{wanted}x")));
    assert!(check(&app).contains("says something else") && !is_verified(&app));
    names.say(RECORD, Zone::text(&wanted));
    assert!(check(&app).contains("halden.example is verified") && is_verified(&app));
    assert!(names.asked().iter().all(|asked| *asked == format!("TXT {RECORD}.")), "{:?}", names.asked());
    let told = "select count(*) from audit_events where action in ('sso.domain_added', 'sso.domain_verified')";
    assert_eq!(app.count(told), 2);
}

#[test]
fn the_record_is_found_among_others_in_pieces_behind_an_alias_and_in_an_answer_too_long_for_a_packet() {
    let names = NameServer::new();
    let app = server(&names);
    add(&app.as_(ADA), "halden.example");
    let wanted = domain(&app).record_text();
    let (head, tail) = wanted.split_at(20);
    let mut long: Vec<Vec<String>> = (0..40).map(|number| vec![format!("{number}-{}", "x".repeat(200))]).collect();
    long.push(vec![wanted.clone()]);
    let zones = [
        Zone::Texts(vec![vec!["v=spf1 -all".to_owned()], vec![wanted.clone()], vec!["other".to_owned()]]),
        Zone::Texts(vec![vec![head.to_owned(), tail.to_owned()]]),
        Zone::text(&format!("\"{wanted}\" ")),
        Zone::Texts(long),
        Zone::Alias("proof.elsewhere.example"),
    ];
    names.say("proof.elsewhere.example", Zone::text(&wanted));
    for zone in zones {
        app.sql("update sso_domains set proof = 'none', verified_at = null, window_count = 0");
        names.say(RECORD, zone.clone());
        let told = check(&app);
        assert!(is_verified(&app), "{zone:.80?} {told}");
    }
}

#[test]
fn a_name_server_that_fails_proves_nothing_and_says_so() {
    let names = NameServer::new();
    let app = server(&names);
    add(&app.as_(ADA), "halden.example");
    for zone in [Zone::Failure, Zone::Refusal, Zone::Rubbish, Zone::Silence] {
        names.say(RECORD, zone.clone());
        let began = std::time::Instant::now();
        let told = check(&app);
        assert!(told.contains("gave no answer") && !is_verified(&app), "{zone:?} {told}");
        nobody_waited(began);
    }
}

#[test]
fn a_server_that_is_not_there_is_away() {
    let app = App::configured(&[("TOW_AUTH__DNS_RESOLVER", "127.0.0.1:1")]);
    assert!(app.wait(Names::of(&app.state().config.auth).texts(RECORD)).is_err());
}

#[test]
fn nobody_adds_what_is_not_their_own() {
    let names = NameServer::new();
    let app = server(&names);
    let bad = [
        ("", "is no domain"),
        ("nodots", "is no domain"),
        ("10.0.0.1", "is no domain"),
        ("[::1]", "is no domain"),
        ("<script>.example", "is no domain"),
        ("a b.example", "is no domain"),
        ("-a.example", "is no domain"),
        ("_dmarc.halden.example", "is no domain"),
        ("halden..example", "is no domain"),
        ("co.uk", "Nobody owns all of"),
        ("CO.UK", "Nobody owns all of"),
        ("github.io", "Nobody owns all of"),
        ("gmail.com", "everybody can have an address"),
        ("Outlook.com", "everybody can have an address"),
        ("mail.gmx.net", "everybody can have an address"),
        ("yahoo.co.jp", "everybody can have an address"),
    ];
    for (typed, told) in bad {
        let answer = add(&app.as_(ADA), typed);
        assert!(
            answer.status == 422 && answer.has(told) && answer.has("id=\"domain-error\""),
            "{typed} {}",
            answer.text()
        );
    }
    assert_eq!(app.count("select count(*) from sso_domains"), 0);
    assert_eq!(own_domain("Bücher.example"), Ok("xn--bcher-kva.example".to_owned()));
    assert!(
        own_domain(&format!("{}.example", ["x".repeat(57).as_str(); 4].join("."))).is_err(),
        "longer than {MAX_DOMAIN_CHARS}"
    );
    assert!(!is_said(&["wanted more".to_owned()], "wanted") && is_said(&["\"wanted\"".to_owned()], "wanted"));
}

#[test]
fn a_domain_is_there_once_and_there_are_not_more_than_one_may_have() {
    let names = NameServer::new();
    let app = server(&names);
    let ada = app.as_(ADA);
    add(&ada, "halden.example");
    assert!(add(&ada, "HALDEN.example").has("in the list already"));
    app.sql(&format!(
        "insert into sso_domains (id, organisation_id, domain, challenge, proof, created_at, window_began_at)
         select gen_random_uuid(), organisation_id, 'd' || n || '.example', 'x', 'none', created_at, created_at
         from sso_domains, generate_series(2, {MAX_OWN_DOMAINS}) n"
    ));
    let answer = add(&ada, "one-more.example");
    assert!(answer.status == 422 && answer.has("Use at most"), "{}", answer.text());
}

#[test]
fn somebody_who_checks_all_the_time_is_told_to_wait() {
    let names = NameServer::new();
    let app = server(&names);
    add(&app.as_(ADA), "halden.example");
    for _ in 0..CHECKS_PER_MINUTE {
        assert!(!check(&app).contains("Wait a minute"));
    }
    assert!(check(&app).contains("Wait a minute"));
    assert_eq!(names.asked().len(), usize::try_from(CHECKS_PER_MINUTE).unwrap());
    app.advance(chrono::Duration::minutes(2));
    assert!(!check(&app).contains("Wait a minute"));
}

#[test]
fn an_unproven_domain_of_a_pages_connection_lets_nobody_in() {
    let (names, provider) = (NameServer::new(), IdProvider::new());
    let app = connected(&names, &provider, "halden.example");
    assert!(!lets_in(&provider, &app, "tern@halden.example"));
    let path = super::door(&app).replace("/sign-on/", "/settings/sign-on/");
    let page = app.as_(ADA).get(&path);
    assert!(page.has("Not proven, so they let nobody in yet: halden.example"), "{}", page.text());
    proven(&app, &names);
    assert!(app.as_(ADA).get(&path).has("Proven to be yours: halden.example"));
    assert!(lets_in(&provider, &app, "tern@halden.example"));
    let id = domain(&app).id;
    assert_eq!(app.as_(ADA).post(&format!("{HERE}/{id}/removal"), &[]).status, 303);
    assert!(!lets_in(&provider, &app, "gull@halden.example"), "what was removed counts no more");
    assert!(lets_in(&provider, &app, "tern@halden.example"), "who is connected stays so");
    assert_eq!(app.count("select count(*) from audit_events where action = 'sso.domain_removed'"), 1);
}

#[test]
fn the_files_domains_are_the_operators_word() {
    let provider = IdProvider::new();
    let app = provider.app();
    assert!(lets_in(&provider, &app, "tern@halden.example") && !lets_in(&provider, &app, "tern@elsewhere.example"));
}

#[test]
fn a_parent_domain_vouches_for_no_other_and_look_alikes_are_others() {
    let (names, provider) = (NameServer::new(), IdProvider::new());
    let app = connected(&names, &provider, "halden.example, mail.halden.example");
    proven(&app, &names);
    for email in ["a@mail.halden.example", "a@xhalden.example", "a@halden.example.evil.example"] {
        assert!(!lets_in(&provider, &app, email), "{email}");
    }
    assert!(lets_in(&provider, &app, "a@halden.example"));
}

#[test]
fn a_lost_record_is_told_at_once_and_costs_the_domain_only_after_days() {
    let names = NameServer::new();
    let app = server(&names);
    proven(&app, &names);
    let day = || {
        app.advance(chrono::Duration::hours(24));
        app.run_schedule("sso.check_domains");
    };
    day();
    names.say(RECORD, Zone::Failure);
    for _ in 0..10 {
        day();
    }
    assert!(is_verified(&app), "silence is no loss");
    names.say(RECORD, Zone::Empty);
    for _ in 1..MISSES_UNTIL_LOST {
        day();
        app.run_schedule("sso.check_domains");
        assert!(is_verified(&app), "twice within a day counts once");
    }
    assert!(app.as_(ADA).get(HERE).has("record missing"));
    assert_eq!(app.mails().iter().filter(|mail| mail.header("Subject").contains("is missing")).count(), 1);
    names.say(RECORD, Zone::text(&domain(&app).record_text()));
    day();
    names.say(RECORD, Zone::Empty);
    for _ in 0..MISSES_UNTIL_LOST {
        assert!(is_verified(&app), "one good day begins the count anew");
        day();
    }
    assert!(!is_verified(&app) && app.as_(ADA).get(HERE).has("no longer lets anybody in"));
    assert!(
        app.mails()
            .iter()
            .any(|mail| mail.header("Subject").contains("no longer proven") && mail.to().contains("ada@"))
    );
    assert_eq!(
        app.count("select count(*) from audit_events where action = 'sso.domain_lost' and actor_kind = 'system'"),
        1
    );
    names.say(RECORD, Zone::text(&domain(&app).record_text()));
    assert!(check(&app).contains("is verified") && is_verified(&app));
}

#[test]
fn what_was_allowed_before_counts_until_somebody_proves_or_removes_it_and_is_not_looked_for() {
    let names = NameServer::new();
    let app = server(&names);
    add(&app.as_(ADA), "halden.example");
    app.sql("update sso_domains set proof = 'carried', verified_at = created_at");
    app.advance(chrono::Duration::days(3));
    app.run_schedule("sso.check_domains");
    assert!(names.asked().is_empty() && is_verified(&app));
    assert!(app.as_(ADA).get(HERE).has("before domains had to be proven"));
    assert!(check(&app).contains("There is no TXT record") && is_verified(&app), "a failed check takes nothing away");
    names.say(RECORD, Zone::text(&domain(&app).record_text()));
    assert!(check(&app).contains("is verified"));
    assert_eq!(app.count("select count(*) from sso_domains where proof = 'record'"), 1);
}
