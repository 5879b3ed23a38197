//! The page of the configuration: what it shows, and what it writes into the file.

use crate::harness::*;
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;
use tow::config::{Change, KEYS, Key, Setting, Source, Unsure, edit, load, previous, show};
use tow::queue::{Instance, Role, beat};
use tow::ui::fingerprint;

fn key(path: &str) -> &'static Key {
    KEYS.iter().find(|key| key.path == path).unwrap()
}

fn set(path: &str, text: &str) -> Change {
    (key(path), Some(key(path).kind.read(text).unwrap()))
}

fn list(path: &str, entries: &[&str]) -> Change {
    (key(path), Some(Setting::List(entries.iter().map(|entry| (*entry).to_owned()).collect())))
}

const FILE: &str = "# Halden's server
runtime:
  # people know it by this name
  app_name: 'Halden'   # not \"TOW\"
  trusted_proxy_cidrs:
    # the proxy in front
    - 10.1.0.0/16   # edge
    - 10.2.0.0/16

# signing in
security:
  session_max_age_seconds: 3600

log: # for the collector
  format: json
";

#[test]
fn a_change_touches_its_own_lines_and_leaves_comments_and_order() {
    let changed = edit(
        FILE,
        &[
            set("runtime.app_name", "Tide: & co"),
            set("log.filter", "warn"),
            set("auth.oidc.issuer", "https://id.example.com"),
        ],
    )
    .unwrap();
    let expected = FILE.replace("'Halden'   #", "\"Tide: & co\" #").replace(
        "  format: json\n",
        "  format: json\n  filter: warn\nauth:\n  oidc:\n    issuer: https://id.example.com\n",
    );
    assert_eq!(changed, expected);
    let changed = edit(FILE, &[list("runtime.trusted_proxy_cidrs", &["10.3.0.0/16", "10.1.0.0/16"])]).unwrap();
    let expected = FILE.replace(
        "    # the proxy in front\n    - 10.1.0.0/16   # edge\n    - 10.2.0.0/16\n",
        "    - \"10.3.0.0/16\"\n    # the proxy in front\n    - 10.1.0.0/16   # edge\n",
    );
    assert_eq!(changed, expected);
    let changed = edit(FILE, &[(key("runtime.trusted_proxy_cidrs"), None), (key("log.format"), None)]).unwrap();
    assert!(
        changed.contains("not \"TOW\"\n\n# signing in") && changed.ends_with("log: # for the collector\n"),
        "{changed}"
    );
    let crlf = FILE.replace('\n', "\r\n");
    let changed = edit(&crlf, &[set("log.format", "text")]).unwrap();
    assert_eq!(changed, crlf.replace("format: json", "format: text"));
    assert_eq!(edit("", &[set("log.format", "json")]).unwrap(), "log:\n  format: json\n");
}

#[test]
fn a_file_that_cannot_be_changed_safely_is_left_alone() {
    for odd in
        ["runtime: {app_name: Halden, bind: \"127.0.0.1:9\"}\n", "runtime: &r\n  app_name: \"a\n    b\"\nlog: *r\n"]
    {
        assert_eq!(edit(odd, &[set("runtime.app_name", "Tide")]), Err(Unsure), "{odd}");
    }
}

proptest::proptest! {
    #[test]
    fn whatever_text_is_set_reads_back_as_it_was_meant(name in "[ -~äß]{1,40}") {
        proptest::prop_assume!(!name.trim().is_empty());
        let changed = edit(FILE, &[(key("runtime.app_name"), Some(Setting::Text(name.clone())))]);
        let read = changed.map(|text| tow::config::said(&text).unwrap().remove("runtime.app_name"));
        proptest::prop_assert_eq!(read, Ok(Some(Setting::Text(name))));
    }
}

fn file(app: &App) -> PathBuf {
    app.state().loaded.file().unwrap()
}

fn text(app: &App) -> String {
    std::fs::read_to_string(file(app)).unwrap()
}

/// The form of a section as the page sends it.
fn save(app: &App, who: Who, section: &str, fields: &[(&str, &str)]) -> Answer {
    let was = fingerprint(&text(app));
    let all: Vec<(&str, &str)> = fields.iter().copied().chain([("was", was.as_str())]).collect();
    app.as_(who).post(&format!("/settings/server/{section}"), &all)
}

#[test]
fn the_page_says_of_every_key_what_tow_config_show_says() {
    let app = App::configured(&[
        ("TOW_LOG__FORMAT", "json"),
        ("SMTP_USERNAME", "tow"),
        ("SMTP_PASSWORD", "never-shown-here"),
    ]);
    let page = app.as_(GRO).get("/settings/server");
    assert_eq!(page.status, 200, "{}", page.error);
    let shown = show(&app.state().loaded);
    for (key, setting, origin) in app.state().loaded.entries() {
        let (value, origin) = (setting.to_string(), origin.to_string());
        assert!(
            shown.lines().any(|line| line.starts_with(key.path)
                && line.contains(&value)
                && line.ends_with(&format!("({origin})")))
        );
        let row = page
            .text()
            .split(&format!(">{}</span></th>", key.path))
            .nth(1)
            .map(|rest| rest.split("</tr>").next().unwrap().to_owned());
        let row = row
            .unwrap_or_else(|| panic!("{} has no row", key.path))
            .replace("&#34;", "\"")
            .replace("&#39;", "'")
            .replace("&#38;", "&")
            .replace("&#60;", "<")
            .replace("&#62;", ">");
        assert!(row.contains(&value) && row.contains(&origin), "{}: {row}", key.path);
    }
    assert!(page.has("The variable wins over the file") && !page.has("never-shown-here") && !page.has(APP_SECRET));
    assert!(!app.as_(GRO).get("/settings/server/log").has("name=\"log.format\""), "what a variable sets is not asked");
    assert_eq!(app.as_(BEN).get("/settings/server").status, 403);
    assert_eq!(app.as_(GRO).get("/settings/server/auth.oidc").status, 404);
}

#[test]
fn a_saved_change_is_in_the_file_with_the_old_one_beside_it_and_in_the_trail() {
    let app = App::new();
    std::fs::write(file(&app), format!("# ours\n{}", text(&app))).unwrap();
    std::fs::set_permissions(file(&app), std::fs::Permissions::from_mode(0o604)).unwrap();
    let before = text(&app);
    let answer = save(
        &app,
        GRO,
        "security",
        &[("security.session_cookie_name", "halden"), ("security.outbound_allowed_hosts", "a.lan\nb.lan\n")],
    );
    assert_eq!(answer.status, 303, "{}", answer.text());
    let after = text(&app);
    assert!(after.starts_with("# ours\n") && after.contains("session_cookie_name: halden"), "{after}");
    assert_eq!(std::fs::metadata(file(&app)).unwrap().permissions().mode() & 0o7777, 0o604);
    assert_eq!(std::fs::read_to_string(previous(&file(&app))).unwrap(), before);
    let page = answer.follow();
    assert!(page.has("Restart it, and the new values hold") && page.has("halden"), "{}", page.text());
    let event = app.text("select after::text as text from audit_events where action = 'configuration.changed'");
    assert!(event.contains("security.session_cookie_name") && event.contains("a.lan"), "{event}");
    let emptied = save(&app, GRO, "security", &[("security.session_cookie_name", "")]);
    assert_eq!(emptied.status, 303);
    assert!(!text(&app).contains("session_cookie_name"));
    assert!(save(&app, GRO, "security", &[("security.session_cookie_name", "")]).follow().has("Nothing was changed"));
}

#[test]
fn what_a_start_would_refuse_is_not_written_and_is_said_in_its_words() {
    let app = App::new();
    let before = text(&app);
    for (section, field, value, words) in [
        ("runtime", "runtime.bind", "everywhere", "is the text"),
        ("database", "database.pool_size", "0", "a whole number from 1 to 1000"),
        ("email", "email.transport", "smtp", "email.smtp.host is not set"),
        ("security", "security.session_cookie_name", "__Host-tow", "session_cookie_secure"),
        ("log", "log.filter", &"x".repeat(4001), "longer than 4000 bytes"),
    ] {
        let answer = save(&app, GRO, section, &[(field, value)]);
        assert_eq!(answer.status, 422, "{field}");
        assert!(answer.has(words), "{field}: {}", answer.text());
        assert_eq!(text(&app), before);
    }
    assert_eq!(save(&app, BEN, "log", &[("log.format", "json")]).status, 403);
    assert_eq!(text(&app), before);
    assert_eq!(app.count("select count(*) from audit_events where action = 'configuration.changed'"), 0);
}

#[test]
fn a_file_changed_meanwhile_is_a_conflict_and_nothing_typed_is_lost() {
    let app = App::new();
    let was = fingerprint(&text(&app));
    let theirs = format!("{}log:\n  filter: debug\n", text(&app));
    std::fs::write(file(&app), &theirs).unwrap();
    let answer =
        app.as_(GRO).post("/settings/server/log", &[("was", &was), ("log.format", "json"), ("log.filter", "warn")]);
    assert_eq!(answer.status, 409);
    assert!(answer.has("while you had this form") && answer.has("value=\"warn\""), "{}", answer.text());
    assert_eq!(text(&app), theirs);
    std::fs::write(file(&app), "runtime:\n  bnd: 1\n").unwrap();
    let page = app.as_(GRO).get("/settings/server/log");
    assert!(page.has("the next start would be refused") && page.has("Did you mean runtime.bind"), "{}", page.text());
    assert!(!page.has("name=\"log.format\""));
}

#[test]
fn where_several_instances_run_the_changed_file_is_shown_and_not_saved() {
    let app = App::new();
    let before = text(&app);
    for _ in 0..2 {
        let other = Instance::here(Role::All, app.state().clock.now());
        app.tx(|tx| beat(tx, &other));
    }
    assert!(app.as_(GRO).get("/settings/server/log").has("2 instances of this server are running"));
    let answer = save(&app, GRO, "log", &[("log.format", "json")]);
    assert_eq!(answer.status, 200);
    assert!(answer.has("The changed file") && answer.has("format: json"), "{}", answer.text());
    assert_eq!(text(&app), before);
    assert_eq!(app.count("select count(*) from audit_events where action = 'configuration.changed'"), 0);
}

#[test]
fn a_list_that_names_nobody_outlives_a_change_beside_it() {
    let app = App::new();
    std::fs::write(file(&app), "runtime:\n  trusted_proxy_cidrs: []\n  tls_cert:\n").unwrap();
    let page = app.as_(GRO).get("/settings/server/runtime");
    let typed = [("runtime.app_name", "Kelp"), ("runtime.trusted_proxy_cidrs", "[]"), ("runtime.tls_cert", "")];
    assert!(page.has("\n[]</textarea>"), "{}", page.text());
    assert_eq!(save(&app, GRO, "runtime", &typed).status, 303);
    assert!(text(&app).contains("trusted_proxy_cidrs: []") && text(&app).contains("app_name: Kelp"), "{}", text(&app));
    let said = app.text("select after::text as text from audit_events where action = 'configuration.changed'");
    assert!(said.contains("app_name") && !said.contains("tls_cert") && !said.contains("cidrs"), "{said}");
}

#[test]
fn what_the_page_wrote_is_what_a_start_reads() {
    let app = App::new();
    assert_eq!(save(&app, GRO, "runtime", &[("runtime.app_name", "Halden's \"tide\" #1: äß")]).status, 303);
    let env = [("APP_SECRET".to_owned(), APP_SECRET.to_owned())].into();
    let source = Source { config_path: Some(file(&app)), folder: PathBuf::new(), env };
    assert_eq!(load(&source).unwrap().config.runtime.app_name, "Halden's \"tide\" #1: äß");
}
