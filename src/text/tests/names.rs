use proptest::prelude::*;
use tow::text::files::*;

#[test]
fn a_sent_name_loses_its_path_and_its_tricks() {
    for (sent, kept) in [
        ("../../etc/passwd", "passwd"),
        ("C:\\Users\\ada\\plan.pdf", "plan.pdf"),
        ("photo\u{202E}gnp.exe", "photognp.exe"),
        ("a\0\nb.txt", "ab.txt"),
        ("Übersicht 2026.pdf", "Übersicht 2026.pdf"),
        ("what?.md", "what_.md"),
        ("..", "file"),
        ("", "file"),
        (" . ", "file"),
    ] {
        assert_eq!(safe_file_name(sent), kept, "{sent:?}");
    }
}

#[test]
fn a_long_name_keeps_its_ending() {
    let name = safe_file_name(&("ä".repeat(500) + ".pdf"));
    assert!(name.len() <= MAX_NAME_BYTES && name.ends_with("ä.pdf"));
}

#[test]
fn the_header_carries_an_ascii_and_the_real_name() {
    assert_eq!(content_disposition(false, "plan.pdf"), "attachment; filename=\"plan.pdf\"");
    let expected = "inline; filename=\"_bersicht_ 1_.pdf\"; filename*=UTF-8''%C3%9Cbersicht%3B%201%25.pdf";
    assert_eq!(content_disposition(true, "Übersicht; 1%.pdf"), expected);
}

#[test]
fn paths_stay_in_their_folder() {
    assert_eq!(safe_path("./a//b\\c.md").unwrap(), "a/b/c.md");
    for (path, key) in [
        ("../a.md", "problem-path-climbs"),
        ("a/../../b.md", "problem-path-climbs"),
        ("a\\..\\b.md", "problem-path-climbs"),
        ("/etc/passwd", "problem-path-absolute"),
        ("C:\\x.md", "problem-path-absolute"),
        ("", "problem-path-unreadable"),
        ("a\0.md", "problem-path-unreadable"),
    ] {
        assert_eq!(safe_path(path).unwrap_err().key, key, "{path:?}");
    }
    assert_eq!(safe_path(&"a/".repeat(MAX_PATH_PARTS + 1)).unwrap_err().key, "problem-path-too-long");
    assert_eq!(safe_path(&"a".repeat(MAX_PATH_BYTES + 1)).unwrap_err().key, "problem-path-too-long");
}

proptest! {
    #[test]
    fn any_name_is_made_safe(sent in ".*") {
        let name = safe_file_name(&sent);
        prop_assert!(!name.is_empty() && name.len() <= MAX_NAME_BYTES);
        prop_assert!(!name.contains(['/', '\\', '\0', '\n', '"']) && name != "..");
        prop_assert_eq!(safe_file_name(&name), name.clone());
        let header = content_disposition(false, &sent);
        prop_assert!(header.is_ascii() && !header.contains(['\r', '\n']));
    }
}
