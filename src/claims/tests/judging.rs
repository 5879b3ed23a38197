//! What a claim says, and what its absence does not say.

use super::*;
use serde_json::Value;
use tow::sso::{Rule, Verdict};

fn judge(claims: Value, takes_absence: bool) -> Verdict {
    let mut rule = Rule::samples().remove(0);
    (rule.value, rule.takes_absence) = ("crane".to_owned(), takes_absence);
    let Value::Object(claims) = claims else { panic!("no object") };
    rule.judge(&claims)
}

#[test]
fn a_text_or_a_list_of_texts_fits_exactly_or_not_at_all() {
    for fits in [json!("crane"), json!(["crane"]), json!(["quay", "crane"]), json!([7, "crane"])] {
        assert_eq!(judge(json!({ "groups": fits }), false), Verdict::Fits, "{fits}");
    }
    for fails in [json!("Crane"), json!("crane "), json!("cranes"), json!(""), json!([]), json!(["quay", "CRANE"])] {
        assert_eq!(judge(json!({ "groups": fails }), false), Verdict::Fails, "{fails}");
    }
    let other = json!({ "Groups": ["crane"], "roles": ["crane"] });
    assert_eq!(judge(other, false), Verdict::Unsaid, "under another name");
}

#[test]
fn what_is_left_out_or_unreadable_says_nothing() {
    for odd in [
        json!({}),
        json!({ "groups": null }),
        json!({ "groups": 7 }),
        json!({ "groups": { "crane": true } }),
        json!({ "groups": [["crane"]] }),
    ] {
        assert_eq!(judge(odd.clone(), false), Verdict::Unsaid, "{odd}");
    }
    assert_eq!(judge(json!({}), true), Verdict::Fails);
    assert_eq!(judge(json!({ "groups": 7 }), true), Verdict::Unsaid);
}

#[test]
fn too_many_groups_are_never_read_as_none() {
    let link = "http://schemas.microsoft.com/claims/groups.link";
    let many = [
        json!({ "_claim_names": { "groups": "src1" }, "_claim_sources": { "src1": { "endpoint": "https://graph.example" } } }),
        json!({ "hasgroups": true }),
        json!({ "hasgroups": "true" }),
        json!({ link: "https://graph.example" }),
        json!({ "hasgroups": true, "groups": ["quay"] }),
    ];
    for claims in many {
        assert_eq!(judge(claims.clone(), false), Verdict::Unsaid, "{claims}");
        assert_eq!(judge(claims.clone(), true), Verdict::Unsaid, "{claims}");
    }
    assert_eq!(judge(json!({ "hasgroups": true, "groups": ["crane"] }), false), Verdict::Fits, "what is there is true");
    assert_eq!(
        judge(json!({ "_claim_names": { "roles": "src1" }, "groups": [] }), false),
        Verdict::Fails,
        "another claim"
    );
    assert_eq!(judge(json!({ "hasgroups": false, "groups": [] }), false), Verdict::Fails);
}

#[test]
fn who_has_too_many_groups_keeps_what_they_have_and_the_page_tells() {
    let provider = IdProvider::new();
    let app = provider.app();
    link(&app, DOV);
    let id = rule(&app, "crane", planners());
    sign_on(&provider, &app, &["crane"]);
    let here = format!("/settings/sign-on/{}/rules", connection(&app));
    assert!(!app.as_(ADA).get(&here).has("</svg>left out</span>"));
    provider.claim("groups", Value::Null);
    provider.claim("_claim_names", json!({ "groups": "src1" }));
    assert!(is_in(&sign_on_as_is(&provider, &app)) && is_planner(&app, DOV));
    assert!(app.as_(ADA).get(&here).has("</svg>left out</span>"));
    assert!(app.as_(ADA).get(&format!("{here}/{id}")).has("They kept what they had"));
    provider.claim("_claim_names", Value::Null);
    assert!(is_in(&sign_on_as_is(&provider, &app)) && is_planner(&app, DOV), "left out is not none either");
    app.sql("update sso_rules set takes_absence = true");
    assert!(is_in(&sign_on_as_is(&provider, &app)) && !is_planner(&app, DOV), "unless somebody said so");
}

#[test]
fn who_never_had_it_does_not_get_it_by_a_claim_that_is_left_out() {
    let provider = IdProvider::new();
    let app = provider.app();
    link(&app, DOV);
    rule(&app, "crane", planners());
    assert!(is_in(&sign_on_as_is(&provider, &app)) && !is_planner(&app, DOV));
}

#[test]
fn a_trial_of_claims_shows_which_rules_fit_and_keeps_nothing() {
    let provider = IdProvider::new();
    let app = provider.app();
    rule(&app, "crane", planners());
    rule(&app, "desk", Gives::Admin);
    let ada = app.as_(ADA);
    let path = format!("/settings/sign-on/{}/rules/trial", connection(&app));
    let page = ada.post(&path, &[("claims", "{\"groups\": [\"crane\", \"unheard-of-word\"]}")]);
    assert_eq!(page.status, 200);
    assert!(page.has("A sign-on would give: the group Planners.") && page.has("does not fit"));
    assert!(page.has("unheard-of-word"), "what was typed is still there");
    assert_eq!(app.holding("unheard-of-word"), Vec::<String>::new());
    assert!(ada.post(&path, &[("claims", "{}")]).has("not said: changes nothing"));
    for wrong in ["", "[]", "{", "\"groups\"", "{\"a\":\"\0\"}", &"[".repeat(5000), &"{\"a\":".repeat(300)] {
        let answer = ada.post(&path, &[("claims", wrong)]);
        assert!(answer.status == 422 && answer.has("This is no JSON object"), "{wrong:?}: {}", answer.status);
    }
    assert!(!is_planner(&app, ADA) && gifts(&app) == 0);
}
