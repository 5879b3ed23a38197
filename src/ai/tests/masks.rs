//! Masking.

use super::*;
use tow::ai::{Masks, Policy, Sphere};

fn all() -> Masks {
    Masks {
        addresses: true,
        secrets: true,
        patterns: Vec::new(),
        words: ["project condor", "straße", "οδυσσευς", "i\u{307}stanbul"].map(str::to_owned).to_vec(),
    }
}

#[test]
fn addresses_secrets_and_named_words_are_masked_and_nothing_else() {
    for (text, masked) in [
        ("Write to ada@halden.example, or call.", "Write to [e-mail address], or call."),
        ("<bob+x@a.co.uk>.", "<[e-mail address]>."),
        ("@cleo said user@host and 3 @ 4", "@cleo said user@host and 3 @ 4"),
        ("key sk-abcdefghijklmnop1234 ok", "key [secret] ok"),
        ("eyJhbGciOi.eyJzdWIiOiIx.SflKxwRJ and sk-short", "[secret] and sk-short"),
        ("PROJECT Condor and Projects", "[masked] and Projects"),
        ("İİ Straße STRAßE", "İİ [masked] [masked]"),
        ("a\n-----BEGIN RSA PRIVATE KEY-----\nMIIE\n-----END RSA PRIVATE KEY-----\nb", "a\n[secret]\nb"),
        ("-----BEGIN PRIVATE KEY-----\nMIIE and no end", "[secret]"),
        ("-----BEGIN PGP PRIVATE KEY BLOCK-----\nx\n-----END PGP PRIVATE KEY BLOCK-----.", "[secret]."),
        ("_sk-abcdefghijklmnop1234 ...sk-abcdefghijklmnop1234.", "_[secret] ...[secret]."),
        ("?key=%20sk-abcdefghijklmnop1234&x", "?key=%20[secret]&x"),
        (r"a\nsk-abcdefghijklmnop1234\nada@x.example", r"a\n[secret]\n[e-mail address]"),
        ("risk-assessment-of-the-harbour", "risk-assessment-of-the-harbour"),
        ("a@b.c@d.example", "[e-mail address]"),
        ("Project  \n Condor", "[masked]"),
        ("ΟΔΥΣΣΕΥΣ Οδυσσευς οδυσσευσ", "[masked] [masked] [masked]"),
        ("xİstanbul", "x[masked]"),
        ("-----BEGIN CERTIFICATE-----\nMIIE", "-----BEGIN CERTIFICATE-----\nMIIE"),
        ("", ""),
    ] {
        assert_eq!(all().masked(text), masked);
        assert_eq!(Masks::default().masked(text), text);
    }
}

#[test]
fn what_the_policy_masks_leaves_neither_in_questions_nor_records_nor_tools_nor_vectors() {
    let models = Models::new();
    let app = models.app();
    let policy = || Policy {
        masks_addresses: true,
        masks_secrets: true,
        masked_words: vec!["condor".to_owned()],
        ..Policy::default()
    };
    app.write(BEN, |tx, me| policy().save(tx, me, Sphere::Organisation)).unwrap();
    let words = "Condor: ada@halden.example has sk-abcdefghijklmnop1234";
    let material = Material {
        record: id_of(&app, INSURANCE),
        display_id: INSURANCE.to_owned(),
        title: words.to_owned(),
        text: words.to_owned(),
    };
    let mut prompt = Prompt::new(Model::Reasoning, "Help.")
        .says(words)
        .answered(words, &[])
        .material(std::slice::from_ref(&material));
    // A line break in JSON is two letters, the second of which touches what comes after it.
    let arguments =
        r#"{"note":"line\nsk-abcdefghijklmnop1234\nada@halden.example","sk-abcdefghijklmnop1234":["condor"]}"#;
    models.then([Turn::Calls("find", arguments)]);
    let first = ask(&app, CLEO, &prompt).unwrap();
    prompt.carry(&first);
    let material_of_insurance = super::material(&app, INSURANCE, "");
    let result = serde_json::json!({ "found": ["x\nsk-abcdefghijklmnop1234", "y\nada@halden.example"] }).to_string();
    prompt.result("call_1", &[material, Material { text: result, ..material_of_insurance }]);
    ask(&app, CLEO, &prompt).unwrap();
    app.wait(provider(&app).embed(&mut desk(&app), &asking(CLEO), &[(Source::Own, words)])).unwrap().unwrap();
    let heard = models.heard();
    assert!(
        !heard.to_lowercase().contains("condor") && !heard.contains("ada@") && !heard.contains("sk-abc"),
        "{heard}"
    );
    let carried = models.bodies()[1]["input"]
        .as_array()
        .unwrap()
        .iter()
        .find_map(|item| item["arguments"].as_str().map(str::to_owned));
    let carried: serde_json::Value = serde_json::from_str(&carried.unwrap()).unwrap();
    assert_eq!(carried, serde_json::json!({ "note": "line\n[secret]\n[e-mail address]", "[secret]": ["[masked]"] }));
    // What the provider must get back unchanged it gets.
    assert!(heard.contains("gAAAA-sealed-thoughts") && heard.contains("\"call_1\""));
}

#[test]
fn the_words_are_chosen_on_the_page_and_the_trail_does_not_repeat_them() {
    let app = App::new();
    let form = [
        ("level", "all"),
        ("model", "gpt-5.2"),
        ("model", "text-embedding-3-small"),
        ("version", "0"),
        ("masks_addresses", "true"),
        ("masked_words", "Condor\n\n  Condor\nHalcyon "),
    ];
    assert_eq!(app.as_(BEN).post("/settings/ai", &form).status, 303);
    assert_eq!(
        app.count(
            "select count(*) from ai_policies where masked_words = array['condor', 'halcyon'] and masks_addresses"
        ),
        1
    );
    assert_eq!(app.count("select count(*) from audit_events where to_jsonb(audit_events)::text ilike '%condor%'"), 0);
    assert!(app.as_(BEN).get("/settings/ai").has("halcyon") && !app.as_(CLEO).get("/settings/ai").has("halcyon"));
    let short = [("level", "all"), ("model", "gpt-5.2"), ("version", "1"), ("masked_words", "of")];
    let page = app.as_(BEN).post("/settings/ai", &short);
    assert!(page.status == 422 && page.has("3 to 100 characters"));
}
