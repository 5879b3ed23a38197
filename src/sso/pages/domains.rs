//! The company's own domains.

use crate::error::{Msg, Problems};
use crate::sso::{Domain, MISSES_UNTIL_LOST, Proof};
use crate::ui::{Sample, Shell, filters, sample, say};
use askama::Template;

#[derive(Template)]
#[template(path = "sso/domains.html")]
pub struct Domains {
    pub shell: Shell,
    pub domains: Vec<Domain>,
    pub typed: String,
    pub problems: Problems,
}

impl Domains {
    /// What its state means, and what to do.
    pub fn words(&self, domain: &Domain) -> String {
        let days = MISSES_UNTIL_LOST - domain.misses;
        let key = match (domain.proof, domain.lost_at) {
            (Proof::Record, _) if domain.misses > 0 => "domain-words-missed",
            (Proof::Record, _) => "domain-words-verified",
            (Proof::Carried, _) => "domain-words-carried",
            (Proof::None, Some(_)) => "domain-words-lost",
            (Proof::None, None) => "domain-words-waiting",
        };
        say(&Msg::new(key).with("days", days))
    }
}

/// For the gallery: none, and one in each state.
pub fn samples() -> Vec<Sample> {
    let of = |domains, typed: &str, problems| Domains {
        shell: Shell::sample("settings"),
        domains,
        typed: typed.to_owned(),
        problems,
    };
    let wrong = Problems::one("domain", Msg::new("problem-domain-suffix").with("domain", "co.uk"));
    vec![
        sample("sso/domains", &of(Domain::samples(), "", Problems::default())),
        sample("sso/domains_none", &of(Vec::new(), "co.uk", wrong)),
    ]
}
