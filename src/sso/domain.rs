//! Which names can be a company's own domain at all, and how one says so in the domain name system.

use crate::error::Msg;

/// The record's name is this and the domain.
pub const CHALLENGE_PREFIX: &str = "_tow-challenge";
/// The record's text is this, `=`, and what was drawn for the domain.
pub const CHALLENGE_KEY: &str = "tow-domain-verification";
/// So that the record's name is still a name (RFC 1035: 253).
pub const MAX_DOMAIN_CHARS: usize = 237;

/// Where everybody can have an address: whoever verified one of these would own their strangers.
const MAIL_PROVIDERS: [&str; 44] = [
    "126.com",
    "163.com",
    "aol.com",
    "bluewin.ch",
    "btinternet.com",
    "comcast.net",
    "duck.com",
    "fastmail.com",
    "free.fr",
    "freenet.de",
    "gmail.com",
    "gmx.at",
    "gmx.ch",
    "gmx.com",
    "gmx.de",
    "gmx.net",
    "googlemail.com",
    "hey.com",
    "hotmail.co.uk",
    "hotmail.com",
    "hotmail.de",
    "hotmail.fr",
    "icloud.com",
    "laposte.net",
    "libero.it",
    "live.com",
    "mac.com",
    "mail.com",
    "mail.ru",
    "me.com",
    "msn.com",
    "naver.com",
    "orange.fr",
    "outlook.com",
    "outlook.de",
    "pm.me",
    "proton.me",
    "protonmail.com",
    "qq.com",
    "t-online.de",
    "web.de",
    "yahoo.com",
    "yandex.ru",
    "zoho.com",
];
/// Providers with one domain for each country.
const EVERYWHERE: [&str; 4] = ["yahoo.", "hotmail.", "outlook.", "gmx."];

/// Lower case and ASCII, as names are asked for. In words what is wrong: no domain, a suffix that nobody owns, a provider of mail.
pub fn own_domain(typed: &str) -> Result<String, Msg> {
    let typed = typed.trim().trim_start_matches('@').trim_end_matches('.');
    let shown: String = typed.chars().filter(|c| !c.is_control()).take(60).collect();
    let refused = |key: &'static str| Msg::new(key).with("domain", &shown);
    let Ok(url::Host::Domain(domain)) = url::Host::parse(typed) else { return Err(refused("problem-domain")) };
    if domain.len() > MAX_DOMAIN_CHARS || !is_name(&domain) {
        return Err(refused("problem-domain"));
    }
    let Some(registered) = psl::domain_str(&domain) else { return Err(refused("problem-domain-suffix")) };
    let is_provider =
        MAIL_PROVIDERS.contains(&registered) || EVERYWHERE.iter().any(|start| registered.starts_with(start));
    if is_provider { Err(refused("problem-domain-mail")) } else { Ok(domain) }
}

/// Two labels or more, of letters, digits and inner hyphens.
fn is_name(domain: &str) -> bool {
    let is_label = |label: &str| {
        (1..=63).contains(&label.len())
            && label.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
            && !label.starts_with('-')
            && !label.ends_with('-')
    };
    domain.contains('.') && domain.split('.').all(is_label)
}

/// Whether one of the records says exactly what it must; around it spaces and quotation marks, which some forms of providers add.
pub fn is_said(records: &[String], wanted: &str) -> bool {
    records.iter().any(|record| record.trim().trim_matches('"').trim() == wanted)
}
