//! Programs: clients that come with a token or key instead of a session.

use super::{ADA, Answer, App, Client, HALDEN, Who, start};
use actix_web::http::Method;
use actix_web::test::TestRequest;
use tow::access::ProjectId;
use tow::people::{NewToken, TokenKind};
use tow::web::{KEY_PREFIX, PERSONAL_PREFIX, bearer_hint, fresh_bearer, token_hash};

/// Every scope there is.
pub const ALL_SCOPES: [&str; 7] = [
    "projects:write",
    "tickets:write",
    "decisions:write",
    "risks:write",
    "docs:write",
    "memory:write",
    "comments:write",
];

impl App {
    /// A program with a personal token; narrowed to projects unless None.
    pub fn token(&self, who: Who, scopes: &[&str], projects: Option<&[ProjectId]>) -> Client {
        self.bearer(&self.token_text(Some(who), scopes, projects, &[]))
    }

    /// A program with a key of the organisation.
    pub fn key(&self, scopes: &[&str], projects: Option<&[ProjectId]>) -> Client {
        self.bearer(&self.token_text(None, scopes, projects, &[]))
    }

    pub fn bearer(&self, token: &str) -> Client {
        self.visitor().with("authorization", &format!("Bearer {token}"))
    }

    /// The token itself; it ends 90 days after the clock's beginning.
    pub fn token_text(
        &self,
        who: Option<Who>,
        scopes: &[&str],
        projects: Option<&[ProjectId]>,
        networks: &[&str],
    ) -> String {
        let token = fresh_bearer(if who.is_some() { PERSONAL_PREFIX } else { KEY_PREFIX });
        let words = |list: &[&str]| list.iter().map(|word| (*word).to_owned()).collect();
        let row = NewToken {
            organisation: HALDEN,
            kind: if who.is_some() { TokenKind::Personal } else { TokenKind::Service },
            name: "Harbour robot".to_owned(),
            person: who.map(|who| who.id),
            creator: who.unwrap_or(ADA).id,
            hash: token_hash(&token),
            hint: bearer_hint(&token),
            scopes: words(scopes),
            projects: projects.map(|ids| ids.iter().map(|id| id.0).collect()),
            networks: words(networks),
            expires_at: start() + chrono::Duration::days(90),
        };
        self.tx(|tx| row.insert(tx).map(drop));
        token
    }
}

impl Client {
    /// A request of the API; no body when it is empty.
    pub fn api(&self, method: &str, path: &str, body: &str) -> Answer {
        self.send(self.api_request(method, path, body))
    }

    pub fn api_request(&self, method: &str, path: &str, body: &str) -> TestRequest {
        let method = Method::from_bytes(method.as_bytes()).unwrap();
        let request = self.request(TestRequest::default().method(method), path);
        if body.is_empty() {
            return request;
        }
        request.insert_header(("content-type", "application/json")).set_payload(body.to_owned())
    }
}

impl Answer {
    /// The body as JSON.
    pub fn json(&self) -> serde_json::Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|error| panic!("{error}: {}", self.text()))
    }

    /// What a problem says of one field.
    pub fn field(&self, name: &str) -> String {
        self.json()["fields"][name].as_str().unwrap_or_default().to_owned()
    }
}
