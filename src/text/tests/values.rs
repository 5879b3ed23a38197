use tow::text::value::*;

fn key(result: Result<impl std::fmt::Debug, tow::error::Msg>) -> &'static str {
    result.unwrap_err().key
}

#[test]
fn a_title_is_one_trimmed_line() {
    assert_eq!(Title::parse("  Tide\n\twindows ").unwrap().as_str(), "Tide windows");
    assert_eq!(key(Title::parse(" \n ")), "problem-title-missing");
    assert_eq!(key(Title::parse("\u{200B}\u{202E}")), "problem-title-missing");
    assert_eq!(key(Title::parse("a\0b")), "problem-control-character");
    assert_eq!(key(Title::parse("a\u{1B}[31m")), "problem-control-character");
}

#[test]
fn a_title_has_at_most_255_characters() {
    assert!(Title::parse(&"ä".repeat(MAX_TITLE_CHARS)).is_ok());
    let problem = Title::parse(&"ä".repeat(MAX_TITLE_CHARS + 1)).unwrap_err();
    assert_eq!((problem.key, problem.args), ("problem-too-long", vec![("max", "255".to_owned())]));
}

#[test]
fn right_to_left_text_stays_and_disguises_go() {
    assert_eq!(Title::parse("שלום עולם").unwrap().as_str(), "שלום עולם");
    assert_eq!(Title::parse("photo\u{202E}gnp.exe\u{2066}x\u{2069}").unwrap().as_str(), "photognp.exex");
}

#[test]
fn a_body_has_unix_line_ends_and_at_most_a_mebibyte() {
    assert_eq!(Body::parse("a\r\nb\rc").unwrap().as_str(), "a\nb\nc");
    assert!(Body::parse("").is_ok());
    assert!(Body::parse(&"a".repeat(MAX_BODY_BYTES)).is_ok());
    assert_eq!(key(Body::parse(&"a".repeat(MAX_BODY_BYTES + 1))), "problem-body-too-long");
    assert_eq!(key(Body::parse("a\0")), "problem-nul");
}

#[test]
fn a_name_has_at_most_80_characters() {
    assert!(Name::parse(&"x".repeat(MAX_NAME_CHARS)).is_ok());
    assert_eq!(key(Name::parse(&"x".repeat(MAX_NAME_CHARS + 1))), "problem-too-long");
    assert_eq!(key(Name::parse("")), "problem-name-missing");
}

#[test]
fn addresses_are_compared_in_lower_case() {
    let email = Email::parse(" Ada.Lovelace+TOW@Halden.Example ").unwrap();
    assert_eq!((email.as_str(), email.domain()), ("ada.lovelace+tow@halden.example", "halden.example"));
}

#[test]
fn what_cannot_receive_mail_is_no_address() {
    for wrong in [
        "ada",
        "ada@",
        "@x.org",
        "a b@x.org",
        "ada@x",
        "ada@.org",
        "ada@x..org",
        "ada@-x.org",
        "<a@x.org>",
        "a,b@x.org",
    ] {
        assert_eq!(key(Email::parse(wrong)), "problem-email-wrong", "{wrong}");
    }
    assert_eq!(key(Email::parse(" ")), "problem-email-missing");
    assert_eq!(key(Email::parse(&format!("a@{}.org", "x".repeat(MAX_EMAIL_CHARS)))), "problem-too-long");
}

#[test]
fn project_keys_are_short_capital_and_not_reserved() {
    assert_eq!(ProjectKey::parse(" atl2 ").unwrap().as_str(), "ATL2");
    for wrong in ["A", "2AB", "ABCDEFGHIJK", "AB-C", "ÄB", ""] {
        assert_eq!(key(ProjectKey::parse(wrong)), "problem-key-wrong", "{wrong}");
    }
    for reserved in RESERVED_KEYS {
        assert_eq!(key(ProjectKey::parse(reserved)), "problem-key-reserved");
    }
}

#[test]
fn tags_are_lower_case_and_comma_free() {
    assert_eq!(Tag::parse(" Tides ").unwrap().as_str(), "tides");
    assert_eq!(key(Tag::parse("a,b")), "problem-tag-comma");
    assert_eq!(key(Tag::parse("")), "problem-tag-missing");
    assert_eq!(key(Tag::parse(&"x".repeat(MAX_TAG_CHARS + 1))), "problem-too-long");
    let list: Vec<_> = Tag::parse_list("A, b,, a ,").unwrap().into_iter().map(Tag::into_string).collect();
    assert_eq!(list, ["a", "b"]);
}
