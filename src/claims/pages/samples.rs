//! The pages of rules with sample content: none, some with a trial, one of them, and what may be wrong.

use super::{Edit, Index, Of, Offer, RuleForm, Trial};
use crate::error::{Msg, Problems};
use crate::sso::{Claims, ConnectionId, Protocol, Rule};
use crate::ui::{Sample, Shell, sample};
use serde_json::json;
use uuid::Uuid;

fn offer() -> Offer {
    Offer { groups: vec!["Planners".to_owned(), "Quay".to_owned()], roles: Vec::new(), has_admin: true }
}

fn connection() -> Of {
    Of {
        id: ConnectionId(Uuid::nil()),
        name: "Halden ID".to_owned(),
        protocol: Protocol::Oidc,
        usual: "groups".to_owned(),
    }
}

fn index(rules: Vec<Rule>) -> Index {
    let connection = connection();
    Index {
        shell: Shell::sample("settings"),
        form: RuleForm::fresh(&connection),
        connection,
        rules,
        offer: offer(),
        claims: String::new(),
        trial: None,
        problems: Problems::default(),
    }
}

pub fn all() -> Vec<Sample> {
    let rules = Rule::samples();
    let mut claims = Claims::new();
    claims.insert("groups".to_owned(), json!(["crane-drivers"]));
    let tried = Index {
        trial: Some(Trial::of(&rules, &claims)),
        claims: "{ \"groups\": [\"crane-drivers\"] }".to_owned(),
        ..index(rules.clone())
    };
    let mut wrong = Problems::one("claims", "problem-claims");
    wrong.add("group", "problem-rule-nothing");
    wrong.add("value", "problem-rule-value");
    let edits = rules.into_iter().next().map(|rule| Edit {
        shell: Shell::sample("settings"),
        connection: connection(),
        form: RuleForm::of_rule(&rule),
        rule,
        offer: offer(),
        problems: Problems::one(
            "",
            Msg::new("problem-rule-stale").with("now", "the group Quay (groups: crane-drivers)"),
        ),
    });
    let mut all = vec![
        sample("claims/index", &tried),
        sample("claims/none", &index(Vec::new())),
        sample("claims/wrong", &Index { problems: wrong, ..index(Vec::new()) }),
    ];
    all.extend(edits.iter().map(|edit| sample("claims/edit", edit)));
    all
}
