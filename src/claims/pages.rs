//! The rules of a connection, one of them, and what they would make of somebody.

use super::{Gives, RuleDraft};
use crate::error::{Msg, Problems};
use crate::members::CustomRole;
use crate::people::RoleId;
use crate::sso::{
    Claims, Connection, ConnectionId, MAX_CLAIM_CHARS, MAX_VALUE_CHARS, Protocol, Rule, Source, Target, Verdict,
};
use crate::ui::{Choice, Sample, Shell, filters, text};
use crate::web::Form;
use askama::Template;
use serde_json::Value;

mod samples;

/// Of what is tried; a token with hundreds of groups has a tenth of it.
pub const MAX_TRIED_CHARS: usize = 100_000;
/// What the select calls the built-in role.
const ADMIN: &str = "admin";
/// Which claim holds groups: message keys, for each protocol.
const HINTS: [(&str, &str, &str); 5] = [
    ("Microsoft Entra ID", "rule-hint-entra-oidc", "rule-hint-entra-saml"),
    ("Okta", "rule-hint-okta-oidc", "rule-hint-okta-saml"),
    ("Google Workspace", "rule-hint-google-oidc", "rule-hint-google-saml"),
    ("Keycloak", "rule-hint-keycloak-oidc", "rule-hint-keycloak-saml"),
    ("authentik", "rule-hint-authentik-oidc", "rule-hint-authentik-saml"),
];
/// Under which name Entra ID sends groups by SAML.
const ENTRA_GROUPS: &str = "http://schemas.microsoft.com/ws/2008/06/identity/claims/groups";

/// Whose rules they are.
#[derive(Debug, Clone)]
pub struct Of {
    pub id: ConnectionId,
    pub name: String,
    pub protocol: Protocol,
    /// Under which name it sends groups, as far as one can know.
    pub usual: String,
}

impl Of {
    /// `named` in tow.yaml, for the connection that stands there.
    pub fn connection(connection: Connection, named: Option<&str>) -> Self {
        // By its entity ID.
        let is_entra = connection.issuer.starts_with("https://sts.windows.net/");
        let usual = match (connection.source, connection.protocol) {
            (Source::File, _) => named.unwrap_or("groups"),
            (Source::Page, Protocol::Saml) if is_entra => ENTRA_GROUPS,
            (Source::Page, _) => "groups",
        };
        Of { id: connection.id, protocol: connection.protocol, usual: usual.to_owned(), name: connection.name }
    }
}

/// What a form offers to be given.
#[derive(Debug, Clone, Default)]
pub struct Offer {
    /// Names of groups; those that come first, when there are many.
    pub groups: Vec<String>,
    pub roles: Vec<CustomRole>,
    pub has_admin: bool,
}

#[derive(Template)]
#[template(path = "claims/index.html")]
pub struct Index {
    pub shell: Shell,
    pub connection: Of,
    pub rules: Vec<Rule>,
    pub form: RuleForm,
    pub offer: Offer,
    /// What was tried, as typed.
    pub claims: String,
    pub trial: Option<Trial>,
    pub problems: Problems,
}

impl Index {
    pub fn hints(&self) -> Vec<(&'static str, &'static str)> {
        let of = |(name, oidc, saml)| (name, if self.connection.protocol == Protocol::Saml { saml } else { oidc });
        HINTS.into_iter().map(of).collect()
    }

    fn roles(&self) -> Vec<Choice> {
        self.form.roles(&self.offer, None)
    }

    fn is_full(&self) -> bool {
        self.rules.len() >= crate::sso::MAX_RULES
    }
}

#[derive(Template)]
#[template(path = "claims/edit.html")]
pub struct Edit {
    pub shell: Shell,
    pub connection: Of,
    pub rule: Rule,
    pub form: RuleForm,
    pub offer: Offer,
    pub problems: Problems,
}

impl Edit {
    fn roles(&self) -> Vec<Choice> {
        self.form.roles(&self.offer, Some(&self.rule))
    }
}

/// As typed.
#[derive(Debug, Clone, Default)]
pub struct RuleForm {
    pub claim: String,
    pub value: String,
    pub takes_absence: bool,
    pub group: String,
    pub role: String,
    pub number: String,
}

impl RuleForm {
    /// With the name under which most providers of its kind send groups.
    pub fn fresh(connection: &Of) -> Self {
        RuleForm { claim: connection.usual.clone(), ..RuleForm::default() }
    }

    pub fn of(form: &Form) -> Self {
        let text = |name: &str| form.text(name).trim().to_owned();
        RuleForm {
            claim: text("claim"),
            value: text("value"),
            takes_absence: form.is_checked("takes_absence"),
            group: text("group"),
            role: text("role"),
            number: text("number"),
        }
    }

    pub fn of_rule(rule: &Rule) -> Self {
        let (group, role) = match rule.target() {
            Target::Group(_) => (rule.name.clone(), String::new()),
            Target::Role(id) => (String::new(), id.to_string()),
            Target::Admin => (String::new(), ADMIN.to_owned()),
        };
        RuleForm {
            claim: rule.claim.clone(),
            value: rule.value.clone(),
            takes_absence: rule.takes_absence,
            group,
            role,
            number: rule.number.to_string(),
        }
    }

    pub fn check(&self) -> Result<RuleDraft, Problems> {
        let mut problems = Problems::default();
        let claim = problems.take("claim", words(&self.claim, MAX_CLAIM_CHARS, "problem-rule-claim"));
        let value = problems.take("value", words(&self.value, MAX_VALUE_CHARS, "problem-rule-value"));
        let gives = match (self.group.is_empty(), self.role.as_str()) {
            (false, "") => Some(Gives::Group(self.group.clone())),
            (true, "") => {
                problems.add("group", "problem-rule-nothing");
                None
            }
            (true, ADMIN) => Some(Gives::Admin),
            (true, role) => {
                problems.take("role", role.parse().map(RoleId).map(Gives::Role).map_err(|_| "problem-choice".into()))
            }
            (false, _) => {
                problems.add("group", "problem-rule-both");
                None
            }
        };
        match (claim, value, gives) {
            (Some(claim), Some(value), Some(gives)) => {
                Ok(RuleDraft { claim, value, takes_absence: self.takes_absence, gives })
            }
            _ => Err(problems),
        }
    }

    /// The roles to choose from; the one there is stays among them.
    fn roles(&self, offer: &Offer, kept: Option<&Rule>) -> Vec<Choice> {
        let mut choices = vec![Choice::new("", text("rule-role-none"), self.role.is_empty())];
        if offer.has_admin || kept.is_some_and(|rule| rule.target() == Target::Admin) {
            choices.push(Choice::new(ADMIN, text("organisation-role-admin"), self.role == ADMIN));
        }
        let role = |id: RoleId, name: &str| Choice::new(id, name, id.to_string() == self.role);
        choices.extend(offer.roles.iter().map(|one| role(one.id, &one.name)));
        if let Some((Target::Role(id), name)) = kept.map(|rule| (rule.target(), &rule.name))
            && !offer.roles.iter().any(|one| one.id == id)
        {
            choices.push(role(id, name));
        }
        choices
    }
}

/// On one line, exactly as typed between its ends.
fn words(typed: &str, max: usize, missing: &'static str) -> Result<String, Msg> {
    match typed.chars().count() {
        0 => Err(missing.into()),
        _ if typed.contains(char::is_control) => Err(missing.into()),
        count if count > max => Err(Msg::new("problem-field-long").with("max", max)),
        _ => Ok(typed.to_owned()),
    }
}

/// What the rules make of claims that somebody pasted.
#[derive(Debug, Clone)]
pub struct Trial {
    pub lines: Vec<Tried>,
    /// What would be given, each once.
    pub gives: Vec<String>,
}

#[derive(Debug, Clone)]
pub struct Tried {
    pub rule: Rule,
    pub verdict: Verdict,
}

impl Tried {
    fn label(&self) -> &'static str {
        match self.verdict {
            Verdict::Fits => "rule-fits",
            Verdict::Fails => "rule-fails",
            Verdict::Unsaid => "rule-unsaid",
        }
    }

    fn tone(&self) -> &'static str {
        match self.verdict {
            Verdict::Fits => "green",
            Verdict::Fails => "grey",
            Verdict::Unsaid => "amber",
        }
    }
}

impl Trial {
    pub fn of(rules: &[Rule], claims: &Claims) -> Self {
        let tried = |rule: &Rule| Tried { verdict: rule.judge(claims), rule: rule.clone() };
        let lines: Vec<Tried> = rules.iter().map(tried).collect();
        let mut gives: Vec<String> =
            lines.iter().filter(|one| one.verdict == Verdict::Fits).map(|one| one.rule.gives()).collect();
        gives.sort();
        gives.dedup();
        Trial { lines, gives }
    }
}

/// The claims of a form, which are a JSON object.
pub fn parse_claims(typed: &str) -> Result<Claims, Msg> {
    if typed.chars().count() > MAX_TRIED_CHARS {
        return Err(Msg::new("problem-field-long").with("max", MAX_TRIED_CHARS));
    }
    match serde_json::from_str(typed) {
        Ok(Value::Object(claims)) => Ok(claims),
        _ => Err("problem-claims".into()),
    }
}

/// For the gallery.
pub fn samples() -> Vec<Sample> {
    samples::all()
}
