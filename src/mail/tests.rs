//! Mails on their way, to a server that speaks the real protocol.

use crate::harness::*;
use tow::error::{Error, Msg};
use tow::mail::{self, Letter as Words, MAX_SUBJECT_CHARS, Mail};
use tow::queue::Outcome;

fn mail(subject: &str) -> Mail {
    Mail {
        to: "ida@halden.example".to_owned(),
        subject: subject.to_owned(),
        text: "Ten beams – not twelve.\n.\nThe end\n".to_owned(),
        html: None,
    }
}

fn through(server: &MailServer, tls_mode: &str, more: &[(&str, &str)]) -> App {
    let port = server.port.to_string();
    let own = [
        ("TOW_EMAIL__TRANSPORT", "smtp"),
        ("TOW_EMAIL__FROM_ADDRESS", "TOW <tow@halden.example>"),
        ("TOW_EMAIL__REPLY_TO", "office@halden.example"),
        ("TOW_EMAIL__SMTP__HOST", "localhost"),
        ("TOW_EMAIL__SMTP__PORT", &port),
        ("TOW_EMAIL__SMTP__TLS_MODE", tls_mode),
        ("TOW_EMAIL__SMTP__TIMEOUT_SECONDS", "1"),
    ];
    let all: Vec<_> = own.into_iter().chain(more.iter().copied()).collect();
    App::configured(&all)
}

/// Sends one and says how that ended.
fn post(app: &App, mail: &Mail) -> Outcome {
    app.tx(|tx| mail::send(tx, mail));
    app.run_jobs().pop().expect("nothing was in the queue").1
}

/// What failed on purpose is not held against the test.
fn forget(app: &App) {
    app.sql("delete from jobs");
}

#[test]
fn a_mail_reaches_the_server_as_it_was_written() {
    let server = MailServer::start(Mood::Kind);
    let app = through(&server, "none", &[]);
    assert_eq!(post(&app, &mail("Beams – ten")), Outcome::Done);
    let [arrived] = &server.mails()[..] else { panic!("not one mail") };
    assert_eq!(arrived.text.trim_end(), "Ten beams – not twelve.\n.\nThe end");
    assert_eq!((arrived.to(), arrived.header("From")), ("ida@halden.example", "TOW <tow@halden.example>"));
    assert_eq!(arrived.header("Reply-To"), "office@halden.example");
    assert_eq!(arrived.header("Auto-Submitted"), "auto-generated");
    assert_eq!(arrived.header("Date"), "Tue, 01 Dec 2026 09:00:00 +0000");
    assert!(arrived.header("Message-ID").ends_with("@localhost>"), "{}", arrived.header("Message-ID"));
}

#[test]
fn with_starttls_the_name_and_password_travel_encrypted_only_and_the_own_authority_is_believed() {
    let server = MailServer::start(Mood::Kind);
    let authority = server.authority();
    let login = [("SMTP_USERNAME", "tow"), ("SMTP_PASSWORD", "herons and piers")];
    let trusting = [("TOW_SECURITY__ADDITIONAL_CA_CERTIFICATES", authority.to_str().unwrap()), login[0], login[1]];
    assert_eq!(post(&through(&server, "starttls", &trusting), &mail("Hello")), Outcome::Done);
    assert_eq!((server.encrypted(), server.logins()), (1, vec!["\0tow\0herons and piers".to_owned()]));
    // Without the authority nobody is told the password.
    let app = through(&server, "starttls", &login);
    assert!(matches!(post(&app, &mail("Hello")), Outcome::Later(_)));
    assert_eq!(server.logins().len(), 1);
    forget(&app);
}

#[test]
fn a_wrong_password_at_the_server_keeps_the_mail_for_later() {
    let server = MailServer::start(Mood::Kind);
    let app = through(&server, "none", &[("SMTP_USERNAME", "tow"), ("SMTP_PASSWORD", "it is wrong")]);
    assert!(matches!(post(&app, &mail("Hello")), Outcome::Later(why) if !why.contains("it is wrong")));
    assert_eq!(server.mails().len(), 0);
    forget(&app);
}

#[test]
fn the_mail_of_a_sign_up_is_tried_again_after_a_hiccup_and_its_link_works() {
    let server = MailServer::start(Mood::Refuses(450));
    let open = [("TOW_AUTH__SIGNUP__ENABLED", "true"), ("TOW_AUTH__SIGNUP__ALLOWED_DOMAINS", "halden.example")];
    let app = through(&server, "none", &open);
    app.visitor().post("/sign-up", &[("email", "ida@halden.example")]);
    app.run_jobs();
    assert!(server.mails().is_empty());
    server.be(Mood::Kind);
    app.advance(chrono::Duration::seconds(20));
    app.run_jobs();
    let [arrived] = &server.mails()[..] else { panic!("not one mail") };
    let path = arrived.text.split_once("/join/").unwrap().1.split_whitespace().next().unwrap();
    assert_eq!(app.visitor().get(&format!("/join/{path}")).status, 303);
    forget(&app);
}

#[test]
fn a_refusal_for_good_is_given_up_and_one_for_now_is_tried_again_and_neither_names_the_address() {
    let server = MailServer::start(Mood::Refuses(550));
    let app = through(&server, "none", &[]);
    let Outcome::Never(why) = post(&app, &mail("Hello")) else { panic!("it was tried again") };
    assert!(why.contains("550") && !why.contains("ida"), "{why}");
    server.be(Mood::Refuses(450));
    assert!(matches!(post(&app, &mail("Hello")), Outcome::Later(why) if !why.contains("ida")));
    server.be(Mood::Kind);
    app.advance(chrono::Duration::seconds(20));
    assert_eq!(app.run_jobs(), [("mail.send".to_owned(), Outcome::Done)]);
    assert_eq!(server.mails().len(), 1);
    forget(&app);
}

#[test]
fn a_server_that_says_nothing_or_is_not_there_is_tried_again_after_the_timeout() {
    let server = MailServer::start(Mood::Silent);
    let app = through(&server, "none", &[]);
    let began = std::time::Instant::now();
    assert!(matches!(post(&app, &mail("Hello")), Outcome::Later(_)));
    assert!(began.elapsed().as_secs() < 10, "it waited {:?}", began.elapsed());
    forget(&app);
    let nowhere = App::configured(&[
        ("TOW_EMAIL__TRANSPORT", "smtp"),
        ("TOW_EMAIL__FROM_ADDRESS", "tow@halden.example"),
        ("TOW_EMAIL__SMTP__HOST", "localhost"),
        ("TOW_EMAIL__SMTP__PORT", "1"),
    ]);
    assert!(matches!(post(&nowhere, &mail("Hello")), Outcome::Later(_)));
    forget(&nowhere);
}

#[test]
fn nothing_that_somebody_typed_begins_another_header_or_adds_a_recipient() {
    let server = MailServer::start(Mood::Kind);
    let app = through(&server, "none", &[("TOW_RUNTIME__APP_NAME", "TOW")]);
    let evil = "Hello\r\nBcc: eve@evil.example\r\n\r\nBuy";
    assert_eq!(post(&app, &mail(evil)), Outcome::Done);
    let [arrived] = &server.mails()[..] else { panic!("not one mail") };
    assert_eq!(arrived.header("Bcc"), "");
    assert!(arrived.header("Subject").contains("Hello"), "{:?}", arrived.headers);
    assert_eq!(server.recipients(), ["RCPT TO:<ida@halden.example>"]);
    for to in
        ["ida@halden.example\r\nBcc: eve@evil.example", "ida@halden.example,eve@evil.example", "ida", "<>", "a@b@c"]
    {
        let refused = post(&app, &Mail { to: to.to_owned(), ..mail("Hello") });
        assert!(matches!(refused, Outcome::Never(why) if !why.contains("evil")), "{to}");
    }
    assert_eq!(server.mails().len(), 1);
    forget(&app);
}

#[test]
fn a_subject_is_cut_before_it_is_a_burden() {
    let app = App::new();
    assert_eq!(post(&app, &mail(&"x".repeat(MAX_SUBJECT_CHARS + 1))), Outcome::Done);
    assert_eq!(app.mails()[0].header("Subject").replace(' ', ""), "x".repeat(MAX_SUBJECT_CHARS));
}

#[test]
fn a_mail_of_a_change_that_was_undone_is_never_sent() {
    let app = App::new();
    let undone: Result<(), Error> = app.write(ADA, |tx, _| {
        mail::send(tx, &mail("Hello"))?;
        Err(Error::NotFound)
    });
    assert!(undone.is_err() && app.mails().is_empty());
}

#[test]
fn a_letter_is_text_first_with_its_link_and_the_html_says_the_same_and_runs_nothing() {
    let app = App::new();
    let config = &app.state().config;
    let url = mail::address(config, "/tickets").unwrap();
    let evil = Msg::new("refused-project-role").with("needed", "<script>").with("project", "A&B").with("have", "x");
    let letter = Words::new(Msg::new("sign-in-title")).line(evil).link(Msg::new("sign-in"), url);
    assert_eq!(post(&app, &letter.to("ida@halden.example", config).unwrap()), Outcome::Done);
    let arrived = app.mails().pop().unwrap();
    assert!(arrived.text.contains("<script>") && arrived.text.contains("http://localhost:8080/tickets"));
    assert!(arrived.header("Content-Type").starts_with("multipart/alternative"));
    assert!(
        arrived.all.contains("&#60;script&#62;") && arrived.all.matches("http://localhost:8080/tickets").count() >= 3
    );
    assert!(arrived.text.ends_with("-- \nTOW\nhttp://localhost:8080/\n"), "{:?}", arrived.text);
}

#[test]
fn debugging_a_mail_shows_nothing_of_it() {
    assert_eq!(format!("{:?}", mail("Beams")), "Mail(…)");
}

#[test]
fn the_check_says_when_nobody_receives_anything_and_when_the_server_is_not_there() {
    let server = MailServer::start(Mood::Kind);
    assert_eq!(mail::check(&through(&server, "none", &[]).state().config), Ok(""));
    assert!(mail::check(&App::new().state().config).is_ok_and(|note| note.contains("nobody outside")));
    let away = MailServer::start(Mood::Silent);
    assert!(mail::check(&through(&away, "none", &[]).state().config).is_err());
}
