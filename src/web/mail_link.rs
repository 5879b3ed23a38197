//! A link from a mail. Its token leaves the address at once: a cookie that scripts cannot read carries it for an hour, so that it
//! stands in no history, no referrer and no log.

use crate::web::{Cookies, Reply, State, token_hash};
use actix_web::HttpRequest;
use cookie::Cookie;

/// Long enough to choose a password, or to look for one.
pub const LINK_COOKIE_SECONDS: i64 = 3600;
/// Ours have 43; more is nobody's token.
const MAX_TOKEN: usize = 64;

/// Where a link leads, and the cookie that remembers its token on the way.
#[derive(Debug, Clone, Copy)]
pub struct MailLink {
    pub cookie: &'static str,
    pub to: &'static str,
}

impl MailLink {
    /// 303 to the page without the token.
    pub fn land(&self, state: &State, token: &str) -> Reply {
        let is_one =
            token.len() <= MAX_TOKEN && token.chars().all(|c| c.is_ascii_alphanumeric() || c == '-' || c == '_');
        let token = if is_one { token.to_owned() } else { String::new() };
        Reply::redirect(self.to).cookie(state.cookie(self.cookie, token, Some(LINK_COOKIE_SECONDS)))
    }

    /// SHA-256 of the token in the cookie; of nothing when there is none.
    pub fn hash(&self, request: &HttpRequest) -> Vec<u8> {
        token_hash(&request.cookie_value(self.cookie).unwrap_or_default())
    }

    /// Used up.
    pub fn gone(&self, state: &State) -> Cookie<'static> {
        state.gone(self.cookie)
    }
}
