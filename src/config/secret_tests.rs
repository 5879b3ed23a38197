use tow::config::{MIN_SECRET_CHARS, Source, Weakness, load, load_text, show, weakness};

const GOOD: &str = "9f2c61d4e8b07a35c1d9f4e26b80a7537e1c94d2f6a803b5";

fn problems(env: &[(&str, &str)]) -> String {
    match load_text("", env) {
        Ok(_) => String::new(),
        Err(problems) => problems.iter().map(|problem| format!("{problem}\n")).collect(),
    }
}

fn with(name: &str, text: &str) -> String {
    problems(&[("APP_SECRET", GOOD), (name, text)])
}

#[test]
fn a_missing_app_secret_stops_the_start_and_says_how_to_make_one() {
    let told = problems(&[]);
    assert!(told.contains("APP_SECRET is not set."), "{told}");
    assert!(told.contains("openssl rand -hex 32"), "{told}");
}

#[test]
fn an_empty_or_blank_app_secret_counts_as_missing() {
    assert!(problems(&[("APP_SECRET", "")]).contains("is not set"));
    assert!(problems(&[("APP_SECRET", "   \t ")]).contains("is not set"));
}

#[test]
fn an_app_secret_one_character_too_short_is_refused() {
    let short = &GOOD[..MIN_SECRET_CHARS - 1];
    assert_eq!(weakness(short), Some(Weakness::Short(31)));
    assert!(problems(&[("APP_SECRET", short)]).contains("has 31 characters; it needs at least 32"));
    assert_eq!(weakness(&GOOD[..MIN_SECRET_CHARS]), None);
}

#[test]
fn characters_are_counted_not_bytes() {
    assert!(matches!(weakness("äöüßéèêñçøåæ€µ§¶"), Some(Weakness::Short(16))));
}

#[test]
fn the_shipped_placeholder_is_refused() {
    let example = include_str!("../../.env.example");
    let line = example.lines().find(|line| line.starts_with("APP_SECRET=")).unwrap();
    let placeholder = line.split_once('=').unwrap().1;
    assert!(placeholder.len() >= MIN_SECRET_CHARS, "or another rule would refuse it");
    assert_eq!(weakness(placeholder), Some(Weakness::Placeholder));
    assert!(problems(&[("APP_SECRET", placeholder)]).contains("still the placeholder"));
}

#[test]
fn every_placeholder_of_the_example_is_refused_when_uncommented() {
    let uncommented = include_str!("../../.env.example").lines().map(|line| line.strip_prefix("# ").unwrap_or(line));
    let assigned = uncommented.filter_map(|line| line.split_once('='));
    let mut seen = Vec::new();
    for (name, value) in
        assigned.filter(|(name, _)| name.chars().all(|c| c.is_ascii_uppercase() || c.is_ascii_digit() || c == '_'))
    {
        if name == "APP_SECRET" {
            assert!(problems(&[(name, value)]).contains("still the placeholder"));
        } else if !name.ends_with("_FILE") {
            assert!(with(name, value).contains(&format!("{name} is still the placeholder")), "{name}");
        }
        seen.push(name);
    }
    for secret in &tow::config::SECRETS {
        assert!(seen.contains(&secret.name), "{} is not in .env.example", secret.name);
    }
}

#[test]
fn one_character_repeated_is_refused() {
    assert_eq!(weakness(&"x".repeat(64)), Some(Weakness::Repeated));
    assert!(problems(&[("APP_SECRET", &"x".repeat(64))]).contains("one short piece repeated"));
}

#[test]
fn a_short_word_repeated_is_refused_also_when_the_last_one_is_cut() {
    assert_eq!(weakness(&"secret-".repeat(6)), Some(Weakness::Repeated));
    assert_eq!(weakness(&"Kx7Qm2".repeat(6)[..35]), Some(Weakness::Repeated));
}

#[test]
fn hardly_any_different_characters_are_refused() {
    assert_eq!(weakness("abacabadabacabaebbacdbadcbacabadeacb"), Some(Weakness::Repeated));
}

#[test]
fn sequences_of_letters_digits_and_keys_are_refused() {
    for text in [
        "abcdefghijklmnopqrstuvwxyz0123456789",
        "zyxwvutsrqponmlkjihgfedcba9876543210",
        "qwertyuiopasdfghjklzxcvbnm1234567890",
        "0123456789abcdef-fedcba9876543210-xyz",
    ] {
        assert_eq!(weakness(text), Some(Weakness::Sequence), "{text}");
    }
    assert!(problems(&[("APP_SECRET", "abcdefghijklmnopqrstuvwxyz0123456789")]).contains("neighbouring"));
}

#[test]
fn dictionary_placeholders_are_refused() {
    for text in [
        "changeme-please-this-is-not-a-secret",
        "my-super-secret-production-password-2026",
        "your_app_secret_should_be_replaced_here",
        "ChangeMeChangeMePasswordPassword1234",
        "correct-horse-battery-staple-password!!",
        "please change this secret value in production",
    ] {
        assert_eq!(weakness(text), Some(Weakness::Words), "{text}");
    }
    assert!(problems(&[("APP_SECRET", "changeme-please-this-is-not-a-secret")]).contains("dictionary of passwords"));
}

#[test]
fn what_a_generator_makes_is_never_refused() {
    use rand::RngExt;
    let mut random = rand::rng();
    for _ in 0..2000 {
        let bytes: [u8; 16] = random.random();
        let hex: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
        assert_eq!(weakness(&hex), None, "{hex}");
        use base64::Engine;
        let text = base64::engine::general_purpose::STANDARD.encode([bytes, random.random()].concat());
        assert_eq!(weakness(&text), None, "{text}");
    }
}

#[test]
fn the_previous_app_secret_may_be_absent() {
    let loaded = load_text("", &[("APP_SECRET", GOOD)]).unwrap();
    assert!(loaded.secrets.app_secret_previous.is_none());
}

#[test]
fn the_previous_app_secret_obeys_the_same_rules() {
    for (text, words) in [
        ("short", "has 5 characters"),
        ("replace-me-replace-me-replace-me-with", "still the placeholder"),
        ("xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx", "one short piece repeated"),
        ("abcdefghijklmnopqrstuvwxyz0123456789", "neighbouring"),
        ("changeme-please-this-is-not-a-secret", "dictionary"),
    ] {
        let told = with("APP_SECRET_PREVIOUS", text);
        assert!(told.contains("APP_SECRET_PREVIOUS") && told.contains(words), "{told}");
    }
}

#[test]
fn a_rotation_that_changed_nothing_is_a_warning() {
    let loaded = load_text("", &[("APP_SECRET", GOOD), ("APP_SECRET_PREVIOUS", GOOD)]).unwrap();
    assert!(loaded.warnings.iter().any(|warning| warning.contains("nothing has been changed")));
}

#[test]
fn the_encryption_key_is_a_strong_secret_of_its_own() {
    assert!(with("DATA_ENCRYPTION_KEY", "short").contains("has 5 characters"));
    assert!(with("DATA_ENCRYPTION_KEY", GOOD).contains("the same as APP_SECRET"));
    let other: String = GOOD.chars().rev().collect();
    assert_eq!(with("DATA_ENCRYPTION_KEY", &other), "");
    assert!(with("DATA_ENCRYPTION_KEY_PREVIOUS", &other).contains("no key to change to"));
}

#[test]
fn a_secret_comes_from_a_file_without_its_last_newline() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("secret");
    for ending in ["", "\n", "\r\n"] {
        std::fs::write(&path, format!("{GOOD}{ending}")).unwrap();
        let loaded = load_text("", &[("APP_SECRET_FILE", path.to_str().unwrap())]).unwrap();
        assert_eq!(loaded.secrets.app_secret.reveal(), GOOD);
    }
}

#[test]
fn a_secret_file_that_is_missing_or_empty_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("secret");
    let told = problems(&[("APP_SECRET_FILE", path.to_str().unwrap())]);
    assert!(told.contains("APP_SECRET_FILE names") && told.contains("cannot be read"), "{told}");
    std::fs::write(&path, "\n").unwrap();
    assert!(problems(&[("APP_SECRET_FILE", path.to_str().unwrap())]).contains("which is empty"));
}

#[test]
fn a_secret_given_twice_is_refused() {
    let told = with("APP_SECRET_FILE", "/run/secrets/app");
    assert!(told.contains("APP_SECRET and APP_SECRET_FILE are both set"), "{told}");
}

#[test]
fn a_database_url_of_another_kind_is_refused_without_repeating_it() {
    let told = with("DATABASE_URL", "mysql://tow:hunter2@db/tow");
    assert!(told.contains("DATABASE_URL is no PostgreSQL address"), "{told}");
    assert!(!told.contains("hunter2"), "{told}");
    assert_eq!(with("DATABASE_URL", "host=/run/postgresql dbname=tow"), "");
}

#[test]
fn the_mail_name_and_password_go_together() {
    assert!(with("SMTP_USERNAME", "tow").contains("SMTP_PASSWORD is not"));
    assert!(with("SMTP_PASSWORD", "hunter2hunter2").contains("SMTP_USERNAME is not"));
}

#[test]
fn no_secret_is_shown_debugged_or_repeated_in_a_problem() {
    let env = [
        ("APP_SECRET", GOOD),
        ("OPENAI_API_KEY", "sk-visible-openai"),
        ("DATABASE_URL", "postgres://tow:visible-database@db/tow"),
        ("SMTP_USERNAME", "visible-name"),
        ("SMTP_PASSWORD", "visible-password"),
    ];
    let loaded = load_text("", &env).unwrap();
    let told = format!("{}{loaded:?}", show(&loaded));
    let mut broken = env.to_vec();
    broken.push(("APP_SECRET_PREVIOUS", "visible-previous"));
    let told = told + &problems(&broken);
    for hidden in [GOOD, "visible-"] {
        assert!(!told.contains(hidden), "{hidden}");
    }
    assert!(told.contains("OPENAI_API_KEY") && told.contains("EXA_API_KEY"));
}

#[test]
fn the_environment_wins_over_dotenv_and_nothing_is_put_into_it() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(
        folder.path().join(".env"),
        format!("export APP_SECRET='{GOOD}' # made once\nEXA_API_KEY=from-file\n"),
    )
    .unwrap();
    let env = [("EXA_API_KEY".to_owned(), "from-environment".to_owned())].into();
    let loaded = load(&Source { config_path: None, folder: folder.path().into(), env }).unwrap();
    assert_eq!(loaded.secrets.app_secret.reveal(), GOOD);
    assert_eq!(loaded.secrets.exa_api_key.unwrap().reveal(), "from-environment");
}

#[test]
fn secrets_are_told_first() {
    let problems = load_text("nonsense: 1", &[]).unwrap_err();
    assert_eq!(problems[0].key, "APP_SECRET");
    assert_eq!(problems.len(), 2);
}
