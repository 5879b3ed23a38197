//! What is sealed opens for its row, under its key, and nowhere else.

use tow::error::Error;
use tow::secret::Secret;
use tow::vault::Vault;
use uuid::Uuid;

fn vault(key: &str, previous: Option<&str>) -> Vault {
    Vault::new(Some(&Secret::new(key)), previous.map(Secret::new).as_ref()).unwrap()
}

#[test]
fn what_is_sealed_for_a_row_opens_for_that_row_alone() {
    let (vault, id) = (vault("first", None), Uuid::now_v7());
    let sealed = vault.seal(id, b"seed").unwrap();
    assert!(!sealed.contains("seed") && vault.open(id, &sealed).unwrap() == b"seed");
    assert!(matches!(vault.open(Uuid::now_v7(), &sealed), Err(Error::Broken(_))));
}

#[test]
fn the_same_value_never_looks_the_same_twice() {
    let (vault, id) = (vault("first", None), Uuid::now_v7());
    assert_ne!(vault.seal(id, b"seed").unwrap(), vault.seal(id, b"seed").unwrap());
}

#[test]
fn one_changed_character_is_noticed() {
    let (vault, id) = (vault("first", None), Uuid::now_v7());
    let sealed = vault.seal(id, b"seed").unwrap();
    for at in sealed.rfind('.').unwrap() + 1..sealed.len() - 1 {
        let (before, rest) = sealed.split_at(at);
        let other = if rest.starts_with('A') { 'B' } else { 'A' };
        let changed = format!("{before}{other}{}", rest.get(1..).unwrap());
        assert!(vault.open(id, &changed).is_err(), "at {at}");
    }
}

#[test]
fn after_a_rotation_old_values_open_and_are_resealed_once() {
    let (old, id) = (vault("first", None), Uuid::now_v7());
    let sealed = old.seal(id, b"seed").unwrap();
    let new = vault("second", Some("first"));
    let resealed = new.reseal(id, &sealed).unwrap().unwrap();
    assert_eq!(vault("second", None).open(id, &resealed).unwrap(), b"seed");
    assert_eq!(new.reseal(id, &resealed).unwrap(), None);
    assert!(matches!(old.open(id, &resealed), Err(Error::Away(_))));
}

#[test]
fn without_a_key_nothing_is_sealed_and_the_form_says_so() {
    assert!(matches!(Vault::default().seal(Uuid::now_v7(), b"seed"), Err(Error::Invalid(_))));
}
