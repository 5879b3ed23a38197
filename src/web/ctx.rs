//! What a handler receives. `read` and `write` are the only way to the database, `work` the only way to processor time.
//! A handler with `Ctx` is reached with a session; one with `PublicCtx` by anybody; one with `ApiCtx` with a token (api.rs). There
//! is no fourth kind.

use crate::db::{self, Chore, Tx, once, stats};
use crate::error::{Error, Result};
use crate::ui::Shell;
use crate::web::{
    Caller, Cookies, Flash, Interrupted, KeptForm, Posted, Principal, Purpose, Reply, Shared, VISIT_COOKIE, renewal,
};
use actix_web::dev::Payload;
use actix_web::{FromRequest, HttpMessage, HttpRequest};
use chrono::{DateTime, Utc};
use std::cell::RefCell;
use std::future::{Ready, ready};
use std::ops::Deref;
use std::rc::Rc;
use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant};
use uuid::Uuid;

/// How often a session is written down as seen.
const SEEN_EVERY: chrono::Duration = chrono::Duration::minutes(5);
/// What a request cost, for its log line.
#[derive(Debug, Default, Clone, Copy)]
pub struct Cost {
    pub queries: u32,
    pub rows: usize,
    pub database: Duration,
    pub who: Option<Uuid>,
}

pub struct Ctx<P> {
    pub state: Shared,
    pub caller: Caller,
    pub request: HttpRequest,
    me: Rc<RefCell<Option<P>>>,
}

/// For pages that need no session.
pub struct PublicCtx<P>(pub Ctx<P>);

impl<P> Deref for PublicCtx<P> {
    type Target = Ctx<P>;
    fn deref(&self) -> &Ctx<P> {
        &self.0
    }
}

impl<P: Principal> FromRequest for Ctx<P> {
    type Error = Error;
    type Future = Ready<Result<Self>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        ready(
            Ctx::open(request).and_then(|ctx| if ctx.caller.session.is_some() { Ok(ctx) } else { Err(Error::SignIn) }),
        )
    }
}

impl<P: Principal> FromRequest for PublicCtx<P> {
    type Error = Error;
    type Future = Ready<Result<Self>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        ready(Ctx::open(request).map(|mut ctx| {
            ctx.caller.session = None;
            PublicCtx(ctx)
        }))
    }
}

impl<P: Principal> Ctx<P> {
    fn open(request: &HttpRequest) -> Result<Self> {
        let state = request.app_data::<Shared>().cloned().ok_or_else(|| Error::broken("no state"))?;
        let caller = Caller::of(request, &state);
        Ok(Ctx { state, caller, request: request.clone(), me: Rc::default() })
    }

    /// Whatever session the browser may have does not count.
    pub(in crate::web) fn open_for_program(request: &HttpRequest) -> Result<Self> {
        let mut ctx = Ctx::open(request)?;
        ctx.caller.session = None;
        Ok(ctx)
    }

    pub(in crate::web) fn become_(&self, me: P) {
        *self.me.borrow_mut() = Some(me);
    }

    pub(in crate::web) fn become_nobody(&self) {
        *self.me.borrow_mut() = None;
    }

    /// The time of this request.
    pub fn now(&self) -> DateTime<Utc> {
        self.state.clock.now()
    }

    /// Runs `f` in a transaction that can only read.
    pub async fn read<T, F>(&self, f: F) -> Result<T>
    where
        F: FnOnce(&mut Tx, &P) -> Result<T> + Send + 'static,
        T: Send + 'static,
    {
        self.keeping_refusals(self.transact(db::read, f).await).await
    }

    /// As `read`, and asks anew who it is: for what goes on after the request was answered.
    pub async fn read_anew<T, F>(&self, f: F) -> Result<T>
    where
        F: FnOnce(&mut Tx, &P) -> Result<T> + Send + 'static,
        T: Send + 'static,
    {
        self.become_nobody();
        self.read(f).await
    }

    /// Runs `f` in a transaction that commits on `Ok`, when every permission it was given is settled by an entry.
    pub async fn write<T, F>(&self, f: F) -> Result<T>
    where
        F: FnOnce(&mut Tx, &P) -> Result<T> + Send + 'static,
        T: Send + 'static,
    {
        self.keeping_refusals(self.transact(db::write, f).await).await
    }

    /// As `write`, for a form that makes something and answers where that is: sent twice (same `_once`), it is made once and
    /// leads to the same place.
    pub async fn write_once<F>(&self, form: &crate::web::Form, f: F) -> Result<String>
    where
        F: FnOnce(&mut Tx, &P) -> Result<String> + Send + 'static,
    {
        let Some(key) = form.once() else { return self.write(f).await };
        self.write(move |tx, me| {
            let person = me.log_id().ok_or(Error::SignIn)?;
            if let Some(location) = once::earlier(tx, person, key)? {
                return Ok(location);
            }
            let location = f(tx, me)?;
            once::keep(tx, person, key, &location)?;
            Ok(location)
        })
        .await
    }

    /// Housekeeping, without permission or entry.
    pub async fn touch<T, F>(&self, chore: Chore, f: F) -> Result<T>
    where
        F: FnOnce(&mut Tx, &P) -> Result<T> + Send + 'static,
        T: Send + 'static,
    {
        self.transact(move |conn, now, id, f| db::touch(conn, now, id, chore, f), f).await
    }

    /// Processor time (hashing, images, archives) on the blocking pool, without a connection.
    pub async fn work<T: Send + 'static>(&self, f: impl FnOnce() -> Result<T> + Send + 'static) -> Result<T> {
        blocking(f).await
    }

    /// When the session must first show who it is, the form is kept, so that nothing typed is lost.
    async fn transact<T, F, B>(&self, begin: B, f: F) -> Result<T>
    where
        B: FnOnce(&mut diesel::PgConnection, DateTime<Utc>, Uuid, Box<dyn FnOnce(&mut Tx) -> Result<T>>) -> Result<T>
            + Send
            + 'static,
        F: FnOnce(&mut Tx, &P) -> Result<T> + Send + 'static,
        T: Send + 'static,
    {
        let route = self.request.match_pattern().unwrap_or_default();
        let admitted = move |tx: &mut Tx, me: &P| me.admit(&route).and_then(|()| f(tx, me));
        let answer = self.run(begin, admitted).await;
        if let Err(Error::Confirm) = &answer {
            self.keep_form().await;
        }
        answer
    }

    async fn keep_form(&self) {
        let posted = self.request.extensions_mut().remove::<Posted>();
        let Some(Posted(form)) = posted else { return };
        let (kept, state) = (KeptForm::of(&self.request, &form), self.state.clone());
        type Keep = Box<dyn FnOnce(&mut Tx) -> Result<Option<Uuid>>>;
        let begin = |conn: &mut _, now, id, f: Keep| db::touch(conn, now, id, Chore::KeptForm, f);
        let done = self.run(begin, move |tx, me: &P| match me.session() {
            Some(session) => kept.keep(tx, &state, session),
            None => Ok(None),
        });
        match done.await {
            Ok(Some(id)) => drop(self.request.extensions_mut().insert(Interrupted(id))),
            Ok(None) => {}
            Err(error) => tracing::error!(name = "form.not_kept", %error, "an interrupted form could not be kept"),
        }
    }

    async fn run<T, F, B>(&self, begin: B, f: F) -> Result<T>
    where
        B: FnOnce(&mut diesel::PgConnection, DateTime<Utc>, Uuid, Box<dyn FnOnce(&mut Tx) -> Result<T>>) -> Result<T>
            + Send
            + 'static,
        F: FnOnce(&mut Tx, &P) -> Result<T> + Send + 'static,
        T: Send + 'static,
    {
        let (state, caller, may_renew) = (self.state.clone(), self.caller.clone(), renewal::is_time(&self.request));
        // Filled also when the request fails, so that its log line says whose it was.
        let who = Arc::new(self.me.borrow().clone().map_or_else(OnceLock::new, OnceLock::from));
        let until = Instant::now() + Duration::from_secs(state.config.database.pool_timeout_seconds.into());
        let (answer, stats, me, token) = blocking(move || {
            stats::start();
            let answer = transaction(&state, caller, &who, until, begin, f);
            let token = who.get().filter(|me| answer.is_ok() && may_renew && me.owes_token());
            let token = token.and_then(|me| renewal::replace_token(&state, me));
            Ok((answer, stats::taken(), who.get().cloned(), token))
        })
        .await?;
        self.remember(stats, me);
        if let Some(token) = token {
            self.request.extensions_mut().insert(renewal::Renewed(token));
        }
        answer
    }

    fn remember(&self, stats: stats::Stats, me: Option<P>) {
        let mut extensions = self.request.extensions_mut();
        let mut cost = extensions.get::<Cost>().copied().unwrap_or_default();
        cost.queries += stats.queries;
        cost.rows += stats.rows;
        cost.database += stats.elapsed;
        if let Some(me) = me {
            cost.who = me.log_id();
            *self.me.borrow_mut() = Some(me);
        }
        extensions.insert(cost);
    }

    /// What was refused, also of what one only wanted to see, is kept in a transaction of its own.
    pub(in crate::web) async fn keeping_refusals<T>(&self, answer: Result<T>) -> Result<T> {
        if let Err(Error::Forbidden(reason)) = &answer {
            self.keep_refusal(Error::Forbidden(reason.clone())).await;
        }
        answer
    }

    async fn keep_refusal(&self, error: Error) {
        let route = self.request.match_pattern().unwrap_or_default();
        let kept = self.touch(Chore::Refusal, move |tx, me| me.refused(tx, &error, &route)).await;
        if let Err(error) = kept {
            tracing::error!(name = "audit.refusal_lost", %error, "a refusal could not be kept");
        }
    }

    /// Who acts, after the first `read` or `write`. `SignIn` before.
    pub fn me(&self) -> Result<P> {
        self.me.borrow().clone().ok_or(Error::SignIn)
    }

    /// The frame of a page: who and where one is. After a `read`.
    pub fn shell(&self, active: &'static str) -> Result<Shell> {
        let me = self.me()?;
        let project = self.project_key().and_then(|key| me.frame_project(&key));
        Ok(Shell::new(&self.state, me.frame(), project, active, self))
    }

    /// The value of `?project=`.
    pub fn project_key(&self) -> Option<String> {
        self.query("project")
    }

    /// One value of the address's query, without NUL bytes, which nothing here holds.
    pub fn query(&self, name: &str) -> Option<String> {
        url::form_urlencoded::parse(self.request.query_string().as_bytes())
            .find(|(key, value)| key == name && !value.is_empty())
            .map(|(_, value)| value.replace('\0', ""))
    }

    /// What the page before left for this one to say.
    pub fn flash(&self) -> Option<Flash> {
        let signed = self.request.cookie_value(crate::web::FLASH_COOKIE)?;
        Flash::read(&self.state, &signed)
    }

    pub fn csrf(&self) -> String {
        let renewed = renewal::token_of(&self.request);
        self.state.keys.mac(Purpose::Csrf, renewed.as_deref().unwrap_or(&self.caller.binding))
    }

    /// Draws a page.
    pub fn page(&self, view: &impl askama::Template) -> Result<Reply> {
        let zone = self.me.borrow().as_ref().map(Principal::zone).unwrap_or(chrono_tz::UTC);
        let html = crate::ui::render(view, self.now(), zone)?;
        let mut reply = Reply::html(html);
        if self.caller.session.is_none() {
            reply = reply.cookie(self.visit_cookie());
        }
        if self.request.cookie_value(crate::web::FLASH_COOKIE).is_some() {
            reply = reply.cookie(self.state.gone(crate::web::FLASH_COOKIE));
        }
        Ok(reply)
    }

    /// The same page again with a form's problems: 422 (or 409, 413, …).
    pub fn page_with(&self, status: u16, view: &impl askama::Template) -> Result<Reply> {
        Ok(self.page(view)?.status(status))
    }

    /// 303 to one of our own pages, with a message for it.
    pub fn redirect(&self, to: &str, flash: Option<Flash>) -> Reply {
        let reply = Reply::redirect(to);
        match flash {
            Some(flash) => reply.cookie(flash.cookie(&self.state)),
            None => reply,
        }
    }

    fn visit_cookie(&self) -> cookie::Cookie<'static> {
        self.state.cookie(VISIT_COOKIE, self.state.keys.sign(Purpose::Visit, &self.caller.binding), None)
    }
}

/// A closure on the blocking pool; a panic there is our fault, not the end of the worker.
pub async fn blocking<T: Send + 'static>(f: impl FnOnce() -> Result<T> + Send + 'static) -> Result<T> {
    #[expect(clippy::disallowed_methods, reason = "this is the one way to the blocking pool")]
    actix_web::web::block(f).await.map_err(Error::broken)?
}

/// Goes on when whoever began it goes away; for what must come to its end in order.
pub fn detached<T: 'static>(doing: impl Future<Output = T> + 'static) -> tokio::task::JoinHandle<T> {
    actix_web::rt::spawn(doing)
}

/// `who` is filled as soon as it is known who asks.
fn transaction<T, P, F, B>(
    state: &Shared,
    caller: Caller,
    who: &Arc<OnceLock<P>>,
    until: Instant,
    begin: B,
    f: F,
) -> Result<T>
where
    P: Principal,
    B: FnOnce(&mut diesel::PgConnection, DateTime<Utc>, Uuid, Box<dyn FnOnce(&mut Tx) -> Result<T>>) -> Result<T>,
    F: FnOnce(&mut Tx, &P) -> Result<T> + 'static,
    T: 'static,
{
    let _turn = state.turns.take(until)?;
    let conn = state.pool.get_timeout(until.saturating_duration_since(Instant::now()));
    let mut conn = conn.map_err(|error| Error::Away(format!("no connection: {error}")))?;
    let now = state.clock.now();
    let request_id = caller.request_id;
    let asked = who.clone();
    let result = begin(
        &mut conn,
        now,
        request_id,
        Box::new(move |tx| {
            stats::open();
            let me = match asked.get() {
                Some(me) => me.clone(),
                None if caller.session.is_some() => P::load(tx, &caller)?,
                None => P::visitor(&caller),
            };
            let me = asked.get_or_init(|| me);
            let value = f(tx, me);
            stats::close();
            value
        }),
    );
    if let (Ok(_), Some(me)) = (&result, who.get())
        && me.last_seen_at().is_some_and(|at| now - at > SEEN_EVERY)
    {
        let seen = db::touch(&mut conn, now, request_id, Chore::LastSeen, |tx| me.mark_seen(tx));
        if let Err(error) = seen {
            tracing::warn!(name = "session.mark_seen", %error, "could not note that a session is in use");
        }
    }
    result
}
