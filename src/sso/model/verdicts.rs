//! What a connection's rules make of what its provider says of somebody. That a claim is not there says nothing: providers leave out
//! what became too long, or what nobody told them to send.

use crate::db::Tx;
use crate::error::Result;
use crate::sso::model::connection::ConnectionId;
use crate::sso::model::rules::Rule;
use crate::sso::provider::Claims;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// Where claims are that did not fit (OpenID Connect Core 5.6.2); Entra ID names `groups` there for who is in many.
pub const ELSEWHERE: &str = "_claim_names";
/// Entra ID's other ways to say that there are more groups than it sends.
const MANY: [&str; 2] = ["hasgroups", "http://schemas.microsoft.com/claims/groups.link"];

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    Fits,
    Fails,
    /// The provider did not say it: whoever has what the rule gives keeps it, and nobody gets it.
    Unsaid,
}

impl Rule {
    pub fn judge(&self, claims: &Claims) -> Verdict {
        let said = claims.get(&self.claim).filter(|value| !value.is_null());
        let is_it = |value: &Value| value.as_str() == Some(self.value.as_str());
        match said {
            Some(value) if is_it(value) => Verdict::Fits,
            Some(Value::Array(values)) if values.iter().any(is_it) => Verdict::Fits,
            _ if is_elsewhere(claims, &self.claim, said.is_none()) => Verdict::Unsaid,
            Some(Value::String(_)) => Verdict::Fails,
            Some(Value::Array(values)) if values.iter().all(Value::is_string) => Verdict::Fails,
            // A number or an object is not what the rule was made for.
            Some(_) => Verdict::Unsaid,
            None if self.takes_absence => Verdict::Fails,
            None => Verdict::Unsaid,
        }
    }
}

/// The provider says that it does not send all of it.
fn is_elsewhere(claims: &Claims, claim: &str, is_absent: bool) -> bool {
    let is_named = claims.get(ELSEWHERE).and_then(Value::as_object).is_some_and(|names| names.contains_key(claim));
    let is_no = |value: &Value| matches!(value, Value::Null | Value::Bool(false)) || value.as_str() == Some("false");
    let are_many = MANY.iter().any(|name| claims.get(*name).is_some_and(|value| !is_no(value)));
    let is_groups = claim == "groups" || claim.ends_with("/groups");
    is_named || are_many && (is_absent || is_groups)
}

/// The numbers of rules that fit somebody, and of those that do not. A rule that is in neither says nothing about them: the provider
/// left its claim out, or it is newer than this.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Verdicts {
    pub fit: Vec<i64>,
    pub fail: Vec<i64>,
}

impl Verdicts {
    /// With the rules whose claims were left out.
    pub(in crate::sso) fn of(tx: &mut Tx, connection: ConnectionId, claims: &Claims) -> Result<(Verdicts, Vec<Rule>)> {
        let (mut found, mut unsaid) = (Verdicts::default(), Vec::new());
        for rule in Rule::all(tx, connection)? {
            match rule.judge(claims) {
                Verdict::Fits => found.fit.push(rule.number),
                Verdict::Fails => found.fail.push(rule.number),
                Verdict::Unsaid => unsaid.push(rule),
            }
        }
        Ok((found, unsaid))
    }

    pub fn of_rule(&self, number: i64) -> Verdict {
        match number {
            _ if self.fit.contains(&number) => Verdict::Fits,
            _ if self.fail.contains(&number) => Verdict::Fails,
            _ => Verdict::Unsaid,
        }
    }
}
