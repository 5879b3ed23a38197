//! What a handler of the API receives. Only a bearer token opens it: cookies are not looked at, so that no other site's page can
//! use them. Who asks, whether the token may, and how often, is settled before anything else is read.

use crate::db::answers::{self, Kept};
use crate::db::paging::{Cursor, PAGE_SIZE, Page};
use crate::db::{Chore, Tx};
use crate::error::{Conflict, Error, Msg, ProblemStatus, Problems, Result};
use crate::web::{
    API_PREFIXES, Ctx, DIRECTORY_PREFIX, Need, Operation, Principal, Reply, Shared, bearer_of, token_hash, too_large,
};
use actix_web::dev::Payload;
use actix_web::http::{Method, header};
use actix_web::{FromRequest, HttpMessage, HttpRequest};
use futures_util::StreamExt;
use serde::Serialize;
use serde::de::DeserializeOwned;
use sha2::{Digest, Sha256};
use std::cell::RefCell;
use std::future::{Ready, ready};
use std::time::Duration;

/// A body's bytes; longer texts than this are no request.
pub const MAX_BODY_BYTES: usize = 1024 * 1024;
/// Entries on a page of a list.
pub const MAX_PAGE: usize = 200;
/// Of an Idempotency-Key.
pub const MAX_KEY_CHARS: usize = 255;
const IDEMPOTENCY_KEY: &str = "idempotency-key";

/// What is left of a token's requests, for the headers of every answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Budget {
    pub limit: i32,
    pub window_seconds: i64,
    /// Below zero: this request is one too many.
    pub left: i32,
    pub resets_in_seconds: i64,
}

/// Whether a token opens the door.
#[derive(Debug, Clone)]
pub enum Entrance<P> {
    Open(P, Budget),
    /// Whose it is, without any right, and why not, in words for who holds it.
    Closed(P, Msg),
}

/// Why nobody was let in; the edge says it.
#[derive(Debug, Clone)]
pub struct Unwelcome(pub Msg);

pub struct ApiCtx<P> {
    ctx: Ctx<P>,
    payload: RefCell<Payload>,
    /// SHA-256 of what was sent.
    fingerprint: RefCell<Vec<u8>>,
}

impl<P: Principal> FromRequest for ApiCtx<P> {
    type Error = Error;
    type Future = Ready<Result<Self>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let payload = RefCell::new(payload.take());
        ready(Ctx::open_for_program(request).map(|ctx| ApiCtx { ctx, payload, fingerprint: RefCell::default() }))
    }
}

impl<P: Principal> ApiCtx<P> {
    /// Lets the program in, once a request: its token lives, its window has room, and the route's scope is among its own.
    async fn enter(&self) -> Result<()> {
        if self.ctx.me().is_ok() {
            return Ok(());
        }
        let asked = self.asked()?;
        let prefixes = if asked.is_some() { API_PREFIXES.as_slice() } else { &[DIRECTORY_PREFIX] };
        let token = bearer_of(&self.ctx.request, prefixes).map_err(|why| self.unwelcome(why))?;
        let (caller, hash) = (self.ctx.caller.clone(), token_hash(&token));
        let route = self.ctx.request.match_pattern().unwrap_or_default();
        type Enter<P> = fn(&mut Tx, &crate::web::Caller, &[u8], &str) -> Result<Entrance<P>>;
        let enter: Enter<P> = if asked.is_some() { P::enter } else { P::enter_directory };
        let entrance = self.ctx.touch(Chore::TokenUse, move |tx, _| enter(tx, &caller, &hash, &route)).await;
        self.ctx.become_nobody();
        let (me, budget) = match entrance? {
            Entrance::Open(me, budget) => (me, budget),
            Entrance::Closed(_, why) => return Err(self.unwelcome(why)),
        };
        self.ctx.request.extensions_mut().insert(budget);
        if budget.left < 0 {
            return Err(Error::Slow(Duration::from_secs(budget.resets_in_seconds.unsigned_abs())));
        }
        let scope = asked.unwrap_or_default();
        let is_enough = scope.is_empty() || me.may_use(scope);
        self.ctx.become_(me);
        if is_enough {
            return Ok(());
        }
        let refusal = Error::Forbidden(Msg::new("refused-scope").with("scope", scope));
        self.ctx.keeping_refusals(Err(refusal)).await
    }

    fn unwelcome(&self, why: Msg) -> Error {
        self.ctx.request.extensions_mut().insert(Unwelcome(why));
        Error::SignIn
    }

    /// The scope that this route's line in the list asks for; None for the directory's, whose tokens have none. A route of the API
    /// that asks for no token is a mistake of ours, and stays closed.
    fn asked(&self) -> Result<Option<&'static str>> {
        match self.route()? {
            (Need::Token(scope), _) => Ok(Some(scope)),
            (Need::Directory, _) => Ok(None),
            _ => Err(Error::broken("a route of the API that asks for no token")),
        }
    }

    fn route(&self) -> Result<(Need, Option<Operation>)> {
        let request = &self.ctx.request;
        let pattern = request.match_pattern().unwrap_or_default();
        let method = if *request.method() == Method::HEAD { &Method::GET } else { request.method() };
        let found = self.ctx.state.routes.iter().find(|route| route.path == pattern && route.method == *method);
        found.map(|route| (route.need, route.operation.clone())).ok_or_else(|| Error::broken("an unlisted route"))
    }

    /// As `Ctx::read`.
    pub async fn read<T, F>(&self, f: F) -> Result<T>
    where
        F: FnOnce(&mut Tx, &P) -> Result<T> + Send + 'static,
        T: Send + 'static,
    {
        self.enter().await?;
        self.ctx.read(f).await
    }

    /// As `Ctx::write`.
    pub async fn write<T, F>(&self, f: F) -> Result<T>
    where
        F: FnOnce(&mut Tx, &P) -> Result<T> + Send + 'static,
        T: Send + 'static,
    {
        self.enter().await?;
        self.ctx.write(f).await
    }

    /// As `Ctx::touch`.
    pub async fn touch<T, F>(&self, chore: Chore, f: F) -> Result<T>
    where
        F: FnOnce(&mut Tx, &P) -> Result<T> + Send + 'static,
        T: Send + 'static,
    {
        self.enter().await?;
        self.ctx.touch(chore, f).await
    }

    pub fn state(&self) -> &Shared {
        &self.ctx.state
    }

    /// The query as it came, for a protocol whose own rules say what becomes of a name that nobody knows.
    pub fn pairs(&self) -> Vec<(String, String)> {
        url::form_urlencoded::parse(self.ctx.request.query_string().as_bytes()).into_owned().collect()
    }

    /// Makes something, once for an Idempotency-Key; `location` is where the API shows it.
    pub async fn create<T, F>(&self, f: F) -> Result<Reply>
    where
        F: FnOnce(&mut Tx, &P) -> Result<(String, T)> + Send + 'static,
        T: Serialize + Send + 'static,
    {
        let key = self.idempotency_key()?;
        let fingerprint = self.fingerprint.borrow().clone();
        let (answer, is_again) = self
            .write(move |tx, me| {
                let Some(key) = key else { return Ok((answer_of(f(tx, me)?)?, false)) };
                let token = me.program_id().ok_or(Error::SignIn)?;
                match answers::claim(tx, token, &key, &fingerprint)? {
                    Some(kept) => Ok((kept, true)),
                    None => {
                        let answer = answer_of(f(tx, me)?)?;
                        answers::keep(tx, token, &key, &answer)?;
                        Ok((answer, false))
                    }
                }
            })
            .await?;
        let reply = Reply::json_text(answer.body).status(201).header(header::LOCATION, &answer.location);
        let reply = reply.header(header::ETAG, &answer.etag);
        let again = header::HeaderName::from_static("idempotency-replayed");
        Ok(if is_again { reply.header(again, "true") } else { reply })
    }

    fn idempotency_key(&self) -> Result<Option<String>> {
        let Some(value) = self.ctx.request.headers().get(IDEMPOTENCY_KEY) else { return Ok(None) };
        let key = value.to_str().unwrap_or_default().trim();
        if key.is_empty() || key.len() > MAX_KEY_CHARS {
            return Err(Error::invalid("Idempotency-Key", Msg::new("problem-key-header").with("max", MAX_KEY_CHARS)));
        }
        Ok(Some(key.to_owned()))
    }

    /// One thing, with its ETag; 304 when the caller has just that.
    pub fn show(&self, value: &impl Serialize) -> Result<Reply> {
        let (body, etag) = written(value)?;
        if self.tags_of(header::IF_NONE_MATCH).is_some_and(|tags| fits(&tags, &etag)) {
            return Ok(Reply::empty().status(304).header(header::ETAG, &etag));
        }
        Ok(Reply::json_text(body).header(header::ETAG, &etag))
    }

    /// What the caller says they had seen.
    pub fn seen(&self) -> Seen {
        Seen(self.tags_of(header::IF_MATCH))
    }

    /// The ETags of a conditional request; None when the caller did not care.
    pub fn tags_of(&self, name: header::HeaderName) -> Option<String> {
        self.ctx.request.headers().get(name).map(|value| value.to_str().unwrap_or_default().to_owned())
    }

    /// The body. `Invalid` under the path of the field that is wrong, unknown or missing.
    pub async fn json<T: DeserializeOwned>(&self) -> Result<T> {
        let bytes = self.body(&["application/json", "application/merge-patch+json"], MAX_BODY_BYTES).await?;
        let request = &self.ctx.request;
        let head = format!("{} {}\n", request.method(), request.path());
        *self.fingerprint.borrow_mut() = Sha256::new().chain_update(head).chain_update(&bytes).finalize().to_vec();
        crate::web::parse_json(&bytes)
    }

    /// The body, when it is of one of these kinds and has no more bytes than this.
    pub async fn body(&self, kinds: &[&str], max: usize) -> Result<Vec<u8>> {
        self.enter().await?;
        let kind = self.ctx.request.content_type().to_ascii_lowercase();
        if !kinds.contains(&kind.as_str()) {
            let mut problems = Problems::one("", "problem-json-kind");
            problems.status = ProblemStatus::WrongKind;
            return Err(Error::Invalid(problems));
        }
        self.bytes(max).await
    }

    async fn bytes(&self, max: usize) -> Result<Vec<u8>> {
        let mut payload = self.payload.replace(Payload::None);
        let mut bytes = Vec::new();
        while let Some(chunk) = payload.next().await {
            let chunk = chunk.map_err(|_| Error::invalid("", "problem-form-cut"))?;
            if bytes.len() + chunk.len() > max {
                return Err(too_large(Msg::new("problem-json-large").with("max", max / 1024)));
            }
            bytes.extend_from_slice(&chunk);
        }
        Ok(bytes)
    }

    /// The query, when every name and word in it is one that the route describes: a filter that nobody knows is never "everything".
    pub async fn query(&self) -> Result<Query> {
        self.enter().await?;
        let known = self.route()?.1.map(|operation| operation.query).unwrap_or_default();
        let mut problems = Problems::default();
        let mut pairs: Vec<(String, String)> = Vec::new();
        for (name, value) in url::form_urlencoded::parse(self.ctx.request.query_string().as_bytes()) {
            match known.iter().find(|param| param.name == name) {
                None => problems.add(&name, "problem-query-unknown"),
                Some(_) if pairs.iter().any(|(other, _)| *other == name) => problems.add(&name, "problem-query-twice"),
                Some(param) if !param.words.is_empty() && !param.words.contains(&value.as_ref()) => {
                    problems.add(&name, Msg::new("problem-query-word").with("words", param.words.join(", ")));
                }
                Some(_) if value.contains('\0') => problems.add(&name, "problem-nul"),
                Some(_) => pairs.push((name.into_owned(), value.into_owned())),
            }
        }
        problems.check()?;
        Query::of(pairs)
    }
}

/// A query that was checked.
#[derive(Debug, Clone)]
pub struct Query {
    pairs: Vec<(String, String)>,
    pub after: Option<Cursor>,
    pub limit: usize,
}

impl Query {
    fn of(pairs: Vec<(String, String)>) -> Result<Self> {
        let value = |name: &str| pairs.iter().find(|(other, _)| other == name).map(|(_, value)| value.as_str());
        let limit = match value("limit") {
            None => PAGE_SIZE,
            Some(text) => text
                .parse()
                .ok()
                .filter(|limit| (1..=MAX_PAGE).contains(limit))
                .ok_or_else(|| Error::invalid("limit", Msg::new("problem-limit").with("max", MAX_PAGE)))?,
        };
        let after = value("after").map(Cursor::decode).transpose()?;
        Ok(Query { after, limit, pairs })
    }

    /// None when it was not sent.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.pairs.iter().find(|(other, _)| other == name).map(|(_, value)| value.as_str())
    }
}

/// One page of a list, as the API sends it.
#[derive(Debug, Clone, Serialize)]
pub struct Listed<T> {
    pub items: Vec<T>,
    /// Sent back as `after` it leads to the next page; null on the last.
    pub next: Option<String>,
}

impl<T> Listed<T> {
    pub fn of<R>(page: Page<R>, row: impl FnMut(R) -> T) -> Self {
        let page = page.map(row);
        Listed { items: page.rows, next: page.next.map(|cursor| cursor.encode()) }
    }
}

/// The ETags of `If-Match`; None when the caller did not care.
#[derive(Debug, Clone)]
pub struct Seen(Option<String>);

impl Seen {
    pub fn is_sent(&self) -> bool {
        self.0.is_some()
    }

    /// `Conflict` (412) when what stands now is not what the caller saw.
    pub fn check(&self, now: &impl Serialize) -> Result<()> {
        let Some(tags) = &self.0 else { return Ok(()) };
        let (theirs, etag) = written(now)?;
        if fits(tags, &etag) {
            return Ok(());
        }
        Err(Error::Conflict(Box::new(Conflict { field: "If-Match", theirs, yours: tags.clone(), seen: etag })))
    }
}

fn fits(tags: &str, etag: &str) -> bool {
    tags.trim() == "*" || tags.split(',').any(|tag| tag.trim() == etag)
}

/// As it is sent, and a strong ETag of just that.
fn written(value: &impl Serialize) -> Result<(String, String)> {
    let body = serde_json::to_string(value).map_err(Error::broken)?;
    let hash = Sha256::digest(body.as_bytes());
    let etag: String = hash.iter().take(16).map(|byte| format!("{byte:02x}")).collect();
    Ok((body, format!("\"{etag}\"")))
}

fn answer_of<T: Serialize>((location, value): (String, T)) -> Result<Kept> {
    let (body, etag) = written(&value)?;
    Ok(Kept { location, etag, body })
}

impl Budget {
    /// The two header fields of draft-ietf-httpapi-ratelimit-headers.
    pub fn fields(&self) -> [(&'static str, String); 2] {
        let Budget { limit, window_seconds, left, resets_in_seconds } = self;
        [
            ("ratelimit-policy", format!("\"token\";q={limit};w={window_seconds}")),
            ("ratelimit", format!("\"token\";r={};t={resets_in_seconds}", left.max(&0))),
        ]
    }
}
