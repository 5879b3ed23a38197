//! RFC 7644 section 3.4.2.2.

use super::*;
use tow::scim::{Filter, MAX_FILTER_BYTES, MAX_FILTER_DEPTH, MAX_FILTER_TERMS};

fn people(directory: &Client) {
    for (number, (name, title, home)) in [
        ("bjensen", Some("Tour Guide"), "b@home.example"),
        ("JSmith", Some("pilot"), "j@home.example"),
        ("o'malley", None, "o@other.example"),
    ]
    .into_iter()
    .enumerate()
    {
        let mut user = mia();
        user["userName"] = json!(name);
        user["externalId"] = json!(format!("Ext{number}"));
        user["name"] = json!({ "familyName": name.trim_start_matches(['b', 'J']), "givenName": "Given" });
        user["emails"] = json!([{ "value": format!("{number}@halden.example"), "type": "work", "primary": "True" }, { "value": home, "type": "home" }]);
        user[ENTERPRISE] = json!({ "department": format!("D{number}"), "manager": { "value": "26118915" } });
        match title {
            Some(title) => user["title"] = json!(title),
            None => drop(user.as_object_mut().unwrap().remove("title")),
        }
        made(directory, &user);
    }
}

#[test]
fn every_operator_finds_what_it_should_and_nothing_else() {
    let app = App::new();
    let directory = directory(&app);
    people(&directory);
    let all = ["bjensen", "JSmith", "o'malley"];
    let [bjensen, jsmith, omalley] = all;
    let before = format!("meta.created lt \"{}\"", (start() + chrono::Duration::days(1)).to_rfc3339());
    for (filter, names) in [
        (r#"userName eq "BJENSEN""#, vec![bjensen]),
        (r#"USERNAME Eq "bjensen""#, vec![bjensen]),
        (r#"userName eq "o'malley""#, vec![omalley]),
        (r#"urn:ietf:params:scim:schemas:core:2.0:User:userName sw "J""#, vec![jsmith]),
        (r#"userName co "E""#, vec![bjensen, omalley]),
        (r#"userName ew "SEN""#, vec![bjensen]),
        (r#"userName ne "bjensen""#, vec![jsmith, omalley]),
        (r#"userName gt "bjensen""#, vec![jsmith, omalley]),
        (r#"userName ge "jsmith""#, vec![jsmith, omalley]),
        (r#"userName lt "jsmith""#, vec![bjensen]),
        (r#"userName le "jsmith""#, vec![bjensen, jsmith]),
        (r#"externalId eq "Ext1""#, vec![jsmith]),
        (r#"externalId eq "ext1""#, vec![]),
        (r#"name.familyName co "O'Malley""#, vec![omalley]),
        ("title pr", vec![bjensen, jsmith]),
        ("not (title pr)", vec![omalley]),
        (r#"not (title eq "pilot")"#, vec![bjensen, omalley]),
        (r#"title ne "pilot""#, vec![bjensen, omalley]),
        (r#"title eq null"#, vec![omalley]),
        (r#"title pr and userName sw "j""#, vec![jsmith]),
        (r#"userName eq "bjensen" or title eq "PILOT" and name.givenName eq "given""#, vec![bjensen, jsmith]),
        (r#"(userName eq "bjensen" or userName eq "jsmith") and not (title co "tour")"#, vec![jsmith]),
        ("active eq true", all.to_vec()),
        (r#"active eq "False""#, vec![]),
        (r#"emails co "j@home""#, vec![jsmith]),
        (r#"emails.value eq "B@HOME.example""#, vec![bjensen]),
        (r#"emails[type eq "work" and value sw "1@"]"#, vec![jsmith]),
        (r#"emails[type eq "home"].value ew "other.example""#, vec![omalley]),
        (r#"emails[type eq "work"].value ew "other.example""#, vec![]),
        (r#"emails[primary eq true and type eq "home"]"#, vec![]),
        (r#"emails[primary eq true].type eq "work""#, all.to_vec()),
        ("emails pr", all.to_vec()),
        ("phoneNumbers pr", vec![]),
        (r#"urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:department eq "d2""#, vec![omalley]),
        (r#"urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:manager.value eq "26118915""#, all.to_vec()),
        (r#"urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:manager eq "nobody""#, vec![]),
        (r#"meta.resourceType eq "User""#, all.to_vec()),
        (before.as_str(), all.to_vec()),
        ("meta.lastModified gt \"2999-01-01T00:00:00Z\"", vec![]),
    ] {
        let mut found = found(&directory, filter);
        found.sort_by_key(|name| all.iter().position(|one| one == name));
        assert_eq!(found, names, "{filter}");
    }
}

#[test]
fn a_filter_that_nobody_knows_is_an_error_and_never_everything() {
    let app = App::new();
    let directory = directory(&app);
    people(&directory);
    for filter in [
        "",
        " ",
        "userName",
        "userName eq",
        "userName is \"a\"",
        "eq \"a\"",
        "userName eq bjensen",
        "userName eq 'bjensen'",
        "userName eq \"a\" and",
        "userName eq \"a\" userName eq \"b\"",
        "(userName eq \"a\"",
        "userName eq \"a\")",
        "not userName eq \"a\"",
        "userName eq [\"a\"]",
        "nonsense eq \"a\"",
        "name.nonsense eq \"a\"",
        "department eq \"a\"",
        "urn:nothing:userName eq \"a\"",
        "name eq \"a\"",
        "userName gt true",
        "active gt true",
        "active eq \"a\"",
        "userName eq 7",
        "meta.created co \"2\"",
        "meta.created gt \"soon\"",
        "meta.version eq \"1\"",
        "emails[type eq \"work\"",
        "emails[nonsense eq \"a\"]",
        "emails[emails.value eq \"a\"]",
        "emails[value[type eq \"a\"]]",
        "userName[type eq \"a\"]",
        "addresses eq \"a\"",
        "title.x pr",
        "userName eq \"a\u{0}\"",
        "password eq \"a\"",
        "userName eq \"a\" or",
        "emails[] pr",
    ] {
        refused(&listed(&directory, filter), 400, Some("invalidFilter"));
    }
    let twice = directory.get(&format!("{USERS}?filter=title+pr&filter=active+eq+true"));
    refused(&twice, 400, Some("invalidFilter"));
    refused(&directory.get(&format!("{USERS}?sortBy=nonsense")), 400, Some("invalidPath"));
    refused(&directory.get(&format!("{USERS}?sortOrder=sideways")), 400, Some("invalidValue"));
    refused(&directory.get(&format!("{USERS}?count=many")), 400, Some("invalidValue"));
}

#[test]
fn a_question_of_another_kind_than_it_should_be_is_never_everything() {
    let app = App::new();
    let directory = directory(&app);
    made(&directory, &mia());
    for (name, value, word) in [
        ("filter", json!({ "userName": "mia" }), "invalidFilter"),
        ("filter", json!(true), "invalidFilter"),
        ("filter", json!(["userName eq \"x\""]), "invalidFilter"),
        ("FILTER", json!([]), "invalidFilter"),
        ("count", json!(true), "invalidValue"),
        ("sortBy", json!(["userName"]), "invalidValue"),
        ("attributes", json!([7]), "invalidValue"),
    ] {
        let mut body = json!({ "schemas": ["urn:ietf:params:scim:api:messages:2.0:SearchRequest"] });
        body[name] = value;
        refused(&directory.api("POST", &format!("{USERS}/.search"), &body.to_string()), 400, Some(word));
    }
}

#[test]
fn a_filter_has_its_limits() {
    let nested = |depth: usize| format!("{}title pr{}", "(".repeat(depth), ")".repeat(depth));
    assert!(Filter::parse(&nested(MAX_FILTER_DEPTH)).is_ok());
    assert!(Filter::parse(&nested(MAX_FILTER_DEPTH + 1)).is_err());
    assert!(Filter::parse(&nested(100_000)).is_err());
    assert!(Filter::parse(&"not (".repeat(1_000)).is_err());
    let chained = |terms: usize| vec!["title pr"; terms].join(" or ");
    assert!(Filter::parse(&chained(MAX_FILTER_TERMS)).is_ok());
    assert!(Filter::parse(&chained(MAX_FILTER_TERMS + 1)).is_err());
    let long = |bytes: usize| format!("title eq \"{}\"", "x".repeat(bytes - 11));
    assert!(Filter::parse(&long(MAX_FILTER_BYTES)).is_ok());
    assert!(Filter::parse(&long(MAX_FILTER_BYTES + 1)).is_err());
}

#[test]
fn words_in_a_filter_are_values_and_never_sql() {
    let app = App::new();
    let directory = directory(&app);
    people(&directory);
    for words in
        ["'; drop table scim_users; --", "%", "_", "\\", "' or '1'='1", "\"", "$1", "bjensen%", "🙂", "}'::jsonb"]
    {
        let said = serde_json::to_string(words).unwrap();
        for op in ["eq", "co", "sw", "ew"] {
            for path in
                ["userName", "title", "emails.value", "emails[type eq \"work\"].value", "externalId", "name.familyName"]
            {
                assert_eq!(
                    found(&directory, &format!("{path} {op} {said}")),
                    Vec::<String>::new(),
                    "{path} {op} {words}"
                );
            }
        }
    }
    assert_eq!(app.count("select count(*) from scim_users"), 3);
}
