//! Tables kept in files: a change of one is a change that a reviewer sees.

use super::checkout;

/// `UPDATE=1 cargo test` writes the tables anew.
pub fn is_updating() -> bool {
    #[expect(clippy::disallowed_methods, reason = "a switch of the tests; the program itself reads no such variable")]
    std::env::var("UPDATE").is_ok_and(|value| value == "1")
}

/// Compares with a file below `tests/`, or writes it.
pub fn golden(file: &str, found: &str) {
    let path = checkout().join("tests").join(file);
    if is_updating() {
        return std::fs::write(path, found).unwrap();
    }
    let kept = std::fs::read_to_string(path).unwrap_or_default();
    let changed: Vec<String> = similar::TextDiff::from_lines(kept.as_str(), found)
        .iter_all_changes()
        .filter(|change| change.tag() != similar::ChangeTag::Equal)
        .map(|change| format!("{} {}", change.tag(), change.value().trim_end()))
        .collect();
    assert!(
        changed.is_empty(),
        "tests/{file} says otherwise (- the file, + now):\n{}\nIf this is meant: UPDATE=1 cargo test",
        changed.join("\n")
    );
}
