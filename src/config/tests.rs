use std::net::IpAddr;
use tow::config::{
    AuthMode, Cidr, ConfigProblem, KEYS, Loaded, Origin, Source, TlsMode, Transport, example, load, load_text,
    markdown, show,
};

const SECRET: (&str, &str) = ("APP_SECRET", "9f2c61d4e8b07a35c1d9f4e26b80a7537e1c94d2f6a803b5");

fn loaded(yaml: &str) -> Loaded {
    load_text(yaml, &[SECRET]).unwrap_or_else(|problems| panic!("{}", told(&problems)))
}

fn with(yaml: &str, name: &str, text: &str) -> Loaded {
    load_text(yaml, &[SECRET, (name, text)]).unwrap_or_else(|problems| panic!("{}", told(&problems)))
}

fn refused(yaml: &str) -> String {
    told(&load_text(yaml, &[SECRET]).expect_err("it was accepted"))
}

fn refused_with(name: &str, text: &str) -> String {
    told(&load_text("", &[SECRET, (name, text)]).expect_err("it was accepted"))
}

fn told(problems: &[ConfigProblem]) -> String {
    problems.iter().map(|problem| format!("{problem}\n")).collect()
}

#[test]
fn without_a_file_everything_stands_at_its_documented_default() {
    let config = loaded("").config;
    assert_eq!(config.runtime.app_name, "TOW");
    assert_eq!(config.runtime.bind.to_string(), "127.0.0.1:8080");
    assert_eq!(config.runtime.public_app_url.as_str(), "http://localhost:8080/");
    assert_eq!(config.security.session_max_age_seconds, 2_592_000);
    assert_eq!(config.security.step_up_max_age_seconds, 900);
    assert_eq!(config.auth.mode, AuthMode::Builtin);
    assert_eq!(config.ai.title_model(), "gpt-5.2");
    assert_eq!((config.ai.embedding_dim, config.ai.max_tool_rounds, config.ai.request_days), (1536, 100, 30));
    assert_eq!((config.database.pool_size, config.database.worker_pool_size), (15, 10));
    assert_eq!(config.uploads.upload_storage_path.to_str(), Some("data/uploads"));
    assert_eq!(config.uploads.upload_max_bytes, 26_214_400);
    assert_eq!((config.email.transport, config.email.smtp.tls_mode), (Transport::Console, TlsMode::Starttls));
}

#[test]
fn every_default_is_a_value_its_own_key_accepts() {
    for key in KEYS.iter().filter(|key| !key.is_optional()) {
        assert!(key.kind.accept(key.default.setting()).is_ok(), "{}", key.path);
    }
}

#[test]
fn the_file_wins_over_defaults_and_variables_win_over_the_file() {
    let yaml = "runtime:\n  app_name: Halden\n  bind: 127.0.0.1:9000\n";
    let loaded = with(yaml, "TOW_RUNTIME__APP_NAME", "Norden");
    assert_eq!(loaded.config.runtime.app_name, "Norden");
    assert_eq!(loaded.config.runtime.bind.port(), 9000);
    assert_eq!(loaded.origin("runtime.bind"), Some(&Origin::File { path: "tow.yaml".into(), line: 3 }));
    assert!(loaded.origin("runtime.app_name").is_some_and(Origin::is_override));
    assert_eq!(loaded.origin("log.format"), Some(&Origin::Default));
}

#[test]
fn each_key_has_its_variable_also_in_a_section_inside_a_section() {
    assert_eq!(with("", "TOW_EMAIL__SMTP__PORT", "2525").config.email.smtp.port, 2525);
    assert!(with("", "TOW_SECURITY__SESSION_COOKIE_SECURE", "true").config.security.session_cookie_secure);
    let hosts =
        with("", "TOW_SECURITY__OUTBOUND_ALLOWED_HOSTS", "a.test, b.test").config.security.outbound_allowed_hosts;
    assert_eq!(hosts, ["a.test", "b.test"]);
    let none = with("runtime:\n  trusted_proxy_cidrs: [10.0.0.0/8]", "TOW_RUNTIME__TRUSTED_PROXY_CIDRS", "[]");
    assert!(none.config.runtime.trusted_proxy_cidrs.is_empty());
}

#[test]
fn a_plain_name_works_and_must_not_contradict_the_long_one() {
    let base = |loaded: Loaded| loaded.config.ai.openai_base_url.to_string();
    assert_eq!(base(with("", "OPENAI_BASE_URL", "http://localhost:1234/v1")), "http://localhost:1234/v1");
    let both = [SECRET, ("OPENAI_BASE_URL", "http://a.test/"), ("TOW_AI__OPENAI_BASE_URL", "http://b.test/")];
    assert!(told(&load_text("", &both).unwrap_err()).contains("say different things"));
}

#[test]
fn an_empty_variable_counts_as_not_set() {
    assert_eq!(with("", "TOW_DATABASE__POOL_SIZE", "").config.database.pool_size, 15);
}

#[test]
fn an_unknown_key_is_told_with_file_line_and_the_nearest_known_key() {
    let told = refused("runtime:\n  app_name: A\n  bnid: 127.0.0.1:80\n");
    assert_eq!(told, "tow.yaml:3: runtime.bnid is not a known key. Did you mean runtime.bind?\n");
    assert!(refused("databse:\n  pool_size: 3\n").contains("Did you mean database?"));
    assert!(refused("pool_size: 3").contains("Did you mean database.pool_size?"));
    assert!(refused("ai:\n  embeding_dim: 3").contains("Did you mean ai.embedding_dim?"));
    assert!(!refused("zzzzzz: 3").contains("Did you mean"));
}

#[test]
fn a_secret_in_the_file_is_refused_with_the_place_it_belongs_to_and_not_repeated() {
    let told = refused("ai:\n  openai_api_key: sk-hunter2\n");
    assert!(
        told.starts_with("tow.yaml:2: ai.openai_api_key is a secret") && told.contains("OPENAI_API_KEY_FILE"),
        "{told}"
    );
    assert!(!told.contains("hunter2"));
}

#[test]
fn a_wrong_type_is_told_with_what_was_expected() {
    let told = refused("database:\n  pool_size: many\n");
    let wanted = "tow.yaml:2: database.pool_size is the text \"many\". Expected: a whole number from 1 to 1000.\n";
    assert_eq!(told, wanted);
    assert!(refused("runtime:\n  app_name: 2026").contains("runtime.app_name is 2026. Expected: text (numbers"));
    assert!(refused("security:\n  session_cookie_secure: yes").contains("Expected: true or false"));
    assert!(refused("runtime: 5").contains("runtime must hold keys"));
    assert!(refused("runtime:\n  bind: {}").contains("runtime.bind holds keys of its own"));
    assert!(refused("runtime:\n  bind:").contains("runtime.bind has no value"));
    assert!(refused("runtime:\n  trusted_proxy_cidrs: 10.0.0.0/8").contains("Expected: a list"));
    assert!(refused("auth:\n  mode: saml").contains("Expected: one of builtin, oidc"));
    assert!(refused_with("TOW_DATABASE__POOL_SIZE", "ten").starts_with("environment TOW_DATABASE__POOL_SIZE: "));
}

#[test]
fn numbers_outside_their_range_are_refused() {
    for (section, key, wrong) in [
        ("ai", "embedding_dim", &[0, 4001][..]),
        ("ai", "max_tool_rounds", &[0]),
        ("database", "pool_size", &[0, 1001, -1]),
        ("database", "worker_pool_size", &[0]),
        ("database", "pool_timeout_seconds", &[0]),
        ("database", "statement_timeout_ms", &[0]),
        ("security", "session_max_age_seconds", &[0, 34_560_001]),
        ("security", "step_up_max_age_seconds", &[0]),
        ("background", "ticket_conflict_scan_hour_utc", &[24, -1]),
        ("jobs", "ai_queue_max_concurrency", &[0]),
        ("uploads", "upload_max_bytes", &[0]),
        ("backup", "retention_days", &[0]),
    ] {
        for number in wrong {
            let told = refused(&format!("{section}:\n  {key}: {number}\n"));
            assert!(told.contains(&format!("{section}.{key} is {number}. Expected: a whole number from")), "{told}");
        }
    }
    assert_eq!(loaded("ai:\n  embedding_dim: 4000").config.ai.embedding_dim, 4000);
}

#[test]
fn texts_of_the_wrong_shape_are_refused() {
    for yaml in [
        "runtime:\n  public_app_url: tow.example.com",
        "runtime:\n  public_app_url: https://tow.example.com/app",
        "runtime:\n  bind: localhost",
        "security:\n  session_cookie_name: 'a b'",
        "security:\n  outbound_allowed_hosts: ['https://a.test']",
        "email:\n  from_address: nobody",
        "email:\n  reply_to: \"a@b.test\\nBcc: c@d.test\"",
        "backup:\n  age_recipient: AGE-SECRET-KEY-1",
        "log:\n  filter: '=='",
        "log:\n  filter: 'info,async_openai::client=trace'",
        "runtime:\n  app_name: ''",
    ] {
        assert!(refused(yaml).contains("Expected: "), "{yaml}");
    }
}

#[test]
fn an_address_with_a_password_in_it_is_refused_and_not_repeated() {
    let told = refused("ai:\n  openai_base_url: https://me:hunter2@models.test/v1");
    assert!(told.contains("name or password in it") && !told.contains("hunter2"), "{told}");
}

#[test]
fn weird_ranges_are_refused_with_what_to_write() {
    let range = |text: &str| refused(&format!("runtime:\n  trusted_proxy_cidrs: ['{text}']"));
    assert!(range("10.0.0.1/8").contains("write 10.0.0.0/8"));
    assert!(range("10.0.0.0/33").contains("from 0 to 32"));
    assert!(range("10.0.0/8").contains("no valid address"));
    assert!(range("0.0.0.0/0").contains("every address there is"));
    assert!(range("10.0.0.0/+8").contains("from 0 to 32"));
}

#[test]
fn a_range_contains_its_addresses_and_no_others() {
    let is_in =
        |range: &str, address: &str| range.parse::<Cidr>().unwrap().contains(address.parse::<IpAddr>().unwrap());
    assert!(is_in("10.0.0.0/8", "10.255.0.1") && !is_in("10.0.0.0/8", "11.0.0.0"));
    assert!(is_in("10.0.0.0/8", "::ffff:10.1.2.3") && !is_in("10.0.0.0/8", "::1"));
    assert!(is_in("fd00::/8", "fdff::1") && !is_in("fd00::/8", "fe00::1"));
    assert!(is_in("192.0.2.7", "192.0.2.7") && !is_in("192.0.2.7", "192.0.2.8"));
}

#[test]
fn every_problem_is_told_at_once() {
    let yaml = "runtime:\n  bnid: x\n  tls_cert: /nowhere.pem\ndatabase:\n  pool_size: 0\nauth:\n  mode: oidc\n";
    let problems = load_text(yaml, &[("TOW_LOG__FORMAT", "xml")]).unwrap_err();
    let keys: Vec<_> = problems.iter().map(|problem| problem.key.as_str()).collect();
    let wanted = ["APP_SECRET", "runtime.bnid", "runtime.tls_cert", "database.pool_size", "log.format"];
    assert_eq!(keys, [&wanted[..], &["auth.oidc.issuer", "auth.oidc.client_id"]].concat());
}

#[test]
fn a_file_that_is_no_yaml_is_told_with_its_line() {
    assert!(refused("runtime:\n  bind: [1\nlog: {}\n").starts_with("tow.yaml:"));
    assert!(refused("runtime:\n  bind: 127.0.0.1:1\n  bind: 127.0.0.1:2\n").contains("duplicated key"));
    assert!(refused("log: {}\n---\nlog: {}\n").contains("second document"));
    assert!(refused("- a\n").contains("This file must hold keys"));
}

#[test]
fn a_certificate_needs_its_key_and_an_https_address() {
    let file = concat!(env!("CARGO_MANIFEST_DIR"), "/Cargo.toml");
    assert!(refused(&format!("runtime:\n  tls_cert: {file}")).contains("only one of them is set"));
    let both = format!("runtime:\n  tls_cert: {file}\n  tls_key: {file}\n");
    assert!(refused(&format!("{both}  public_app_url: http://localhost:8080")).contains("speaks only https"));
    assert_eq!(loaded(&both).config.runtime.public_app_url.as_str(), "https://localhost:8080/");
}

#[test]
fn a_prefixed_cookie_name_needs_the_secure_flag() {
    assert!(refused("security:\n  session_cookie_name: __Host-tow").contains("__Host- or __Secure-"));
    loaded("security:\n  session_cookie_name: __Host-tow\n  session_cookie_secure: true");
}

#[test]
fn a_secure_cookie_over_plain_http_is_refused_except_on_this_machine() {
    let yaml = "security:\n  session_cookie_secure: true\nruntime:\n  public_app_url: http://tow.test";
    assert!(refused(yaml).contains("nobody could sign in"));
    loaded("security:\n  session_cookie_secure: true");
}

#[test]
fn https_without_a_secure_cookie_is_a_loud_warning() {
    let warnings = loaded("runtime:\n  public_app_url: https://tow.test").warnings;
    assert!(warnings.iter().any(|warning| warning.starts_with("INSECURE")), "{warnings:?}");
    assert!(loaded("").warnings.is_empty());
}

#[test]
fn a_public_bind_needs_https_or_an_explicit_yes() {
    assert!(refused("runtime:\n  bind: 0.0.0.0:8080").contains("security.allow_plain_http"));
    let yes = loaded("runtime:\n  bind: 0.0.0.0:8080\nsecurity:\n  allow_plain_http: true");
    assert!(yes.warnings.iter().any(|warning| warning.contains("readable for everyone")));
    loaded(
        "runtime:\n  bind: '[::]:8080'\n  public_app_url: https://tow.test\nsecurity:\n  session_cookie_secure: true",
    );
}

#[test]
fn the_default_address_follows_the_port() {
    let config = loaded("runtime:\n  bind: 127.0.0.1:9000\n  data_dir: /srv/tow").config;
    assert_eq!(config.runtime.public_app_url.as_str(), "http://localhost:9000/");
    assert_eq!(config.uploads.upload_storage_path.to_str(), Some("/srv/tow/uploads"));
    assert_eq!(config.backup.directory.to_str(), Some("/srv/tow/backups"));
}

#[test]
fn oidc_needs_an_encrypted_issuer_a_client_and_the_openid_scope() {
    let told = refused("auth:\n  mode: oidc");
    assert!(told.contains("auth.oidc.issuer is not set") && told.contains("auth.oidc.client_id is not set"), "{told}");
    let oidc = |issuer: &str| format!("auth:\n  mode: oidc\n  oidc:\n    issuer: {issuer}\n    client_id: tow\n");
    assert!(refused(&oidc("http://id.test")).contains("sign in as anyone"));
    loaded(&oidc("http://localhost:9999"));
    loaded(&format!("{}security:\n  outbound_allowed_hosts: [ID.test]", oidc("http://id.test")));
    assert!(refused("auth:\n  oidc:\n    scopes: [email]").contains("must include openid"));
}

#[test]
fn sign_up_needs_domains_and_passwords() {
    assert!(refused("auth:\n  signup:\n    enabled: true").contains("nobody could sign up"));
    let oidc = "auth:\n  mode: oidc\n  oidc: {issuer: 'https://id.test', client_id: tow}\n";
    let told = refused(&format!("{oidc}  signup: {{enabled: true, allowed_domains: [a.test]}}"));
    assert!(told.contains("the provider makes the accounts"), "{told}");
}

#[test]
fn smtp_needs_a_host_and_a_sender() {
    let told = refused("email:\n  transport: smtp");
    assert!(told.contains("email.smtp.host is not set") && told.contains("email.from_address is not set"), "{told}");
    loaded("email:\n  transport: smtp\n  from_address: TOW <tow@a.test>\n  smtp:\n    host: mail.a.test");
}

#[test]
fn folders_that_would_eat_each_other_are_refused() {
    assert!(refused("uploads:\n  upload_storage_path: data/postgres/x").contains("embedded database"));
    assert!(refused("backup:\n  directory: data/uploads/b").contains("inside each other"));
}

#[test]
fn a_mistyped_variable_is_refused_and_a_foreign_one_is_not() {
    assert!(refused_with("TOW_RUNTIME__BNID", "x").contains("Did you mean TOW_RUNTIME__BIND?"));
    let warnings = with("", "TOW_RUNTIME_BIND", "127.0.0.1:1").warnings;
    assert_eq!(warnings, ["The variable TOW_RUNTIME_BIND is not used. Did you mean TOW_RUNTIME__BIND?"]);
    assert!(with("", "TOW_PORT_8080_TCP", "tcp://10.0.0.1:8080").warnings.is_empty());
}

fn source(folder: &std::path::Path, env: &[(&str, &str)]) -> Source {
    let env = env.iter().chain([&SECRET]).map(|(name, text)| ((*name).to_owned(), (*text).to_owned()));
    Source { config_path: None, folder: folder.into(), env: env.collect() }
}

#[test]
fn a_key_of_the_web_without_one_for_models_is_told_to_be_idle() {
    let warnings = with("", "EXA_API_KEY", "exa-1").warnings;
    assert!(warnings.iter().any(|warning| warning.contains("nothing uses them")), "{warnings:?}");
    let both = load_text("", &[SECRET, ("EXA_API_KEY", "exa-1"), ("OPENAI_API_KEY", "sk-1")]).unwrap();
    assert!(both.warnings.is_empty(), "{:?}", both.warnings);
}

#[test]
fn a_missing_default_file_is_fine_and_a_missing_named_one_is_not() {
    let folder = tempfile::tempdir().unwrap();
    assert_eq!(load(&source(folder.path(), &[])).unwrap().config_path, None);
    let named = source(folder.path(), &[("TOW_CONFIG_PATH", "other.yaml")]);
    assert!(told(&load(&named).unwrap_err()).contains("other.yaml does not exist"));
    std::fs::write(folder.path().join("other.yaml"), "runtime: {app_name: Named}").unwrap();
    assert_eq!(load(&named).unwrap().config.runtime.app_name, "Named");
    let argued = Source { config_path: Some("third.yaml".into()), ..named };
    assert!(told(&load(&argued).unwrap_err()).contains("third.yaml does not exist"));
}

#[test]
fn dotenv_lines_are_read_with_quotes_comments_and_export_and_wrong_ones_are_told() {
    let folder = tempfile::tempdir().unwrap();
    let dotenv = folder.path().join(".env");
    std::fs::write(&dotenv, "# c\n\nexport TOW_RUNTIME__APP_NAME=\"A \\\"b\\\" # c\"\nTOW_LOG__FILTER=warn # c\n")
        .unwrap();
    let loaded = load(&source(folder.path(), &[])).unwrap();
    assert_eq!(loaded.config.runtime.app_name, "A \"b\" # c");
    assert_eq!(loaded.config.log.filter, "warn");
    assert!(matches!(loaded.origin("log.filter"), Some(Origin::DotEnv { line: 4, .. })));
    std::fs::write(&dotenv, "no equals sign\nA='open\n1A=x\nB='x' y\n").unwrap();
    assert_eq!(load(&source(folder.path(), &[])).unwrap_err().len(), 4);
}

#[test]
fn show_gives_each_key_its_value_and_origin() {
    let shown = show(&with("log:\n  format: json", "TOW_LOG__FILTER", "warn,tow=debug"));
    assert!(KEYS.iter().all(|key| shown.contains(key.path)));
    let line = |key: &str| {
        shown.lines().find(|line| line.starts_with(key)).unwrap().split_whitespace().collect::<Vec<_>>().join(" ")
    };
    assert_eq!(line("log.format"), "log.format json (tow.yaml:2)");
    assert_eq!(line("log.filter"), "log.filter \"warn,tow=debug\" (environment TOW_LOG__FILTER)");
    assert_eq!(line("APP_SECRET"), "APP_SECRET set (environment APP_SECRET)");
    assert_eq!(line("EXA_API_KEY"), "EXA_API_KEY not set");
}

#[test]
fn the_example_file_changes_nothing_as_it_is_and_nothing_with_every_key_uncommented() {
    let text = example();
    let uncommented: String = text
        .lines()
        .map(|line| line.replacen("# ", "", usize::from(!line.contains("##") && line.starts_with(' '))) + "\n")
        .collect();
    let plain = loaded("");
    for text in [&text, &uncommented] {
        let loaded = loaded(text);
        assert!(loaded.entries().zip(plain.entries()).all(|(one, other)| one.1 == other.1));
    }
    let set = loaded(&uncommented).entries().filter(|(.., origin)| **origin != Origin::Default).count();
    assert_eq!(set, KEYS.len());
}

#[test]
fn the_example_file_and_the_reference_are_current() {
    assert!(example() == include_str!("../../tow.yaml.example"), "run bin/regenerate");
    assert!(markdown() == include_str!("../../docs/configuration.md"), "run bin/regenerate");
}
