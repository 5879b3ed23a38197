//! A browser: cookies, the CSRF token of its session, and what came back.

use super::{Raw, Site};
use actix_web::http::header::{self, HeaderMap};
use actix_web::test::TestRequest;
use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;
use tow::access::Actor;
use tow::db::Tx;
use tow::error::Result;
use tow::people::{Entry, Method, PersonId, Session};
use tow::web::{Purpose, VISIT_COOKIE, random_token};

#[derive(Clone)]
pub struct Client {
    site: Rc<Site>,
    person: Option<PersonId>,
    jar: Rc<RefCell<BTreeMap<String, String>>>,
    address: String,
    headers: Vec<(String, String)>,
}

impl Client {
    pub(super) fn visitor(site: Rc<Site>) -> Client {
        let visit = site.state.keys.sign(Purpose::Visit, &random_token());
        let jar = BTreeMap::from([(VISIT_COOKIE.to_owned(), visit)]);
        Client {
            site,
            person: None,
            jar: Rc::new(RefCell::new(jar)),
            address: "203.0.113.7".to_owned(),
            headers: Vec::new(),
        }
    }

    pub(super) fn signed_in(site: Rc<Site>, person: PersonId) -> Client {
        let security = &site.state.config.security;
        let (name, max_age_seconds) = (security.session_cookie_name.clone(), security.session_max_age_seconds);
        let begin = |method| {
            let (address, browser) = ("203.0.113.7".to_owned(), "tests".to_owned());
            site.tx(|tx| Session::begin(tx, person, Entry { method, address, browser, max_age_seconds }))
        };
        // While everybody must come through the provider, they do.
        let token = begin(Method::Password).or_else(|_| begin(Method::Oidc)).unwrap();
        let cookie = site.state.keys.sign(Purpose::Session, &token);
        let client = Client { person: Some(person), ..Client::visitor(site) };
        client.set_cookie(&name, &cookie);
        client
    }

    /// From this address.
    pub fn from(mut self, address: &str) -> Client {
        self.address = address.to_owned();
        self
    }

    /// With this header on every request.
    pub fn with(mut self, name: &str, value: &str) -> Client {
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }

    /// Another browser with the same cookies.
    pub fn twin(&self) -> Client {
        Client { jar: Rc::new(RefCell::new(self.jar.borrow().clone())), ..self.clone() }
    }

    pub fn get(&self, path: &str) -> Answer {
        self.send(self.request(TestRequest::get(), path))
    }

    /// As a form of our own pages would: with the CSRF token.
    pub fn post(&self, path: &str, fields: &[(&str, &str)]) -> Answer {
        self.send(self.posting(path, fields))
    }

    /// Any body, nothing added.
    pub fn post_raw(&self, path: &str, content_type: &str, body: impl Into<Vec<u8>>) -> Answer {
        let request = self.request(TestRequest::post(), path).insert_header((header::CONTENT_TYPE, content_type));
        self.send(request.set_payload(body.into()))
    }

    /// The request that `post` sends, for `App::at_once`.
    pub fn posting(&self, path: &str, fields: &[(&str, &str)]) -> TestRequest {
        let csrf = self.csrf();
        let own = fields.iter().any(|(name, _)| *name == "_csrf");
        let all = fields.iter().copied().chain((!own).then_some(("_csrf", csrf.as_str())));
        let body = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(all).finish();
        let request = self.request(TestRequest::post(), path);
        request.insert_header((header::CONTENT_TYPE, "application/x-www-form-urlencoded")).set_payload(body)
    }

    /// A request of any method with this browser's cookies.
    pub fn request(&self, request: TestRequest, path: &str) -> TestRequest {
        let jar = self.jar.borrow();
        let cookies: Vec<String> = jar.iter().map(|(name, value)| format!("{name}={value}")).collect();
        let peer = format!("{}:40000", self.address).parse().unwrap();
        let request = request.uri(path).peer_addr(peer).insert_header((header::COOKIE, cookies.join("; ")));
        self.headers
            .iter()
            .fold(request, |request, (name, value)| request.insert_header((name.as_str(), value.as_str())))
    }

    pub fn send(&self, request: TestRequest) -> Answer {
        let answer = Answer::new(self.site.call(request), self.clone());
        self.keep_cookies(&answer.headers);
        answer
    }

    fn keep_cookies(&self, headers: &HeaderMap) {
        for line in headers.get_all(header::SET_COOKIE) {
            let cookie = cookie::Cookie::parse(line.to_str().unwrap().to_owned()).unwrap();
            if cookie.max_age().is_some_and(|age| age.is_zero()) {
                self.jar.borrow_mut().remove(cookie.name());
            } else {
                self.set_cookie(cookie.name(), cookie.value());
            }
        }
    }

    /// The token its forms carry.
    pub fn csrf(&self) -> String {
        let keys = &self.site.state.keys;
        let session = self.session_cookie().and_then(|signed| keys.verify(Purpose::Session, &signed));
        let visit = || self.cookie(VISIT_COOKIE).and_then(|signed| keys.verify(Purpose::Visit, &signed));
        session.or_else(visit).map(|binding| keys.mac(Purpose::Csrf, &binding)).unwrap_or_default()
    }

    pub fn cookie(&self, name: &str) -> Option<String> {
        self.jar.borrow().get(name).cloned()
    }

    pub fn session_cookie(&self) -> Option<String> {
        self.cookie(&self.site.state.config.security.session_cookie_name)
    }

    pub fn set_cookie(&self, name: &str, value: &str) {
        self.jar.borrow_mut().insert(name.to_owned(), value.to_owned());
    }

    pub fn set_session_cookie(&self, value: &str) {
        self.set_cookie(&self.site.state.config.security.session_cookie_name, value);
    }

    /// Looks at rows as this person, through model functions.
    pub fn tx<T>(&self, f: impl FnOnce(&mut Tx, &Actor) -> Result<T>) -> T {
        let person = self.person.expect("a visitor sees no rows");
        let seen = self.site.tx(|tx| {
            let me = Actor::of_person(tx, person)?.confirmed();
            f(tx, &me)
        });
        seen.unwrap()
    }
}

/// What came back.
pub struct Answer {
    pub status: u16,
    pub headers: HeaderMap,
    pub body: Vec<u8>,
    /// Statements sent to the database for it.
    pub queries: u32,
    /// What the log says of it; empty when all went well.
    pub error: String,
    client: Client,
}

impl Answer {
    pub(super) fn new(raw: Raw, client: Client) -> Answer {
        Answer {
            status: raw.status.as_u16(),
            headers: raw.headers,
            body: raw.body,
            queries: raw.queries,
            error: raw.error,
            client,
        }
    }

    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    pub fn has(&self, text: &str) -> bool {
        self.text().contains(text)
    }

    /// Empty when there is none.
    pub fn header(&self, name: &str) -> String {
        self.headers.get(name).map(|value| value.to_str().unwrap().to_owned()).unwrap_or_default()
    }

    /// Where a redirect leads; empty when it is none.
    pub fn location(&self) -> String {
        self.header("location")
    }

    /// The page a redirect leads to.
    pub fn follow(&self) -> Answer {
        assert_eq!(self.status, 303, "no redirect: {}", self.text());
        self.client.get(&self.location())
    }
}
