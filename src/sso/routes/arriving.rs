//! `GET /sign-on/callback`: back from the provider. Whatever goes wrong is said on the page one came from.

use crate::access::{Ctx, PublicCtx};
use crate::db::{Chore, Tx};
use crate::error::{Error, Msg, Result};
use crate::people::{Entry, PersonId};
use crate::signin::Throttle;
use crate::sso::provider::{Claims, Client, Provider, Tokens};
use crate::sso::routes::departing::{Failure, note};
use crate::sso::routes::turn::{Heard, Turn};
use crate::sso::token::{self, SKEW_SECONDS, Wrong};
use crate::sso::trip::{self, Aim, Trip, redirect_address};
use crate::sso::{Connection, ConnectionId, Decision, ELSEWHERE, Landing, Protocol, Rule, Test, Verdicts, Who, spend};
use crate::web::{Flash, Reply};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;
use std::sync::Arc;
use subtle::ConstantTimeEq;

/// Whom the provider vouched for, until their password is typed or the server is set up.
const WHO_COOKIE: &str = "tow_sign_on_who";
const WHO_SECONDS: i64 = 600;
/// What counts only in the token, whatever somebody mapped.
const SIGNED_ONLY: [&str; 8] = ["iss", "sub", "aud", "nonce", "auth_time", "acr", "amr", "sid"];

#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Arrived {
    pub who: Who,
    pub back: String,
    pub at: DateTime<Utc>,
}

/// Whom the provider vouched for in this browser within the last ten minutes.
pub fn arrived(ctx: &PublicCtx) -> Option<Arrived> {
    let arrived: Arrived = trip::signed_value(ctx, WHO_COOKIE)?;
    (0..=WHO_SECONDS).contains(&(ctx.now() - arrived.at).num_seconds()).then_some(arrived)
}

pub type Outcome<T> = std::result::Result<T, Failure>;

pub async fn show(ctx: PublicCtx, inside: Option<Ctx>) -> Result<Reply> {
    let trip = Trip::of(&ctx).filter(|trip| is_its_state(&ctx, trip));
    let Some(trip) = trip else {
        return Ok(ctx.redirect("/sign-in", Some(Flash::failed("sign-on-other-browser"))));
    };
    arrive(&ctx, inside.as_ref(), &trip, Answer::Code).await
}

/// What a browser brought back from a trip.
pub enum Answer {
    /// A code in the address, or an error in its place.
    Code,
    /// What was signed and kept a moment ago; or what was wrong with it.
    Landed(std::result::Result<Landing, &'static str>),
}

/// The end of a trip: whatever goes wrong is said where it began.
pub async fn arrive(ctx: &PublicCtx, inside: Option<&Ctx>, trip: &Trip, answer: Answer) -> Result<Reply> {
    let turn = match Turn::take(ctx, source(ctx, inside, trip), place_of(trip)).await? {
        Ok(turn) => turn,
        Err(reply) => return Ok(reply),
    };
    let heard = match come_back(ctx, inside, trip, answer).await {
        Ok(reply) => Heard::Worth(reply),
        Err(Failure::Told(msg)) => Heard::Nothing(ctx.redirect(place_of(trip), Some(Flash::failed(msg)))),
        Err(Failure::Broken(error)) => return Err(error),
    };
    let reply = turn.over(ctx, heard).await?;
    Ok(reply.cookie(Trip::over(&ctx.state)))
}

fn is_open(tx: &mut Tx, id: ConnectionId) -> Result<bool> {
    match Connection::open(tx, id) {
        Ok(_) => Ok(true),
        Err(Error::NotFound) => Ok(false),
        Err(other) => Err(other),
    }
}

fn place_of(trip: &Trip) -> &str {
    match trip.aim {
        Aim::SignIn => "/sign-in",
        Aim::SetUp => "/setup",
        Aim::Join | Aim::Test { .. } | Aim::Connect { .. } | Aim::Confirm { .. } => &trip.back,
    }
}

fn is_its_state(ctx: &PublicCtx, trip: &Trip) -> bool {
    ctx.query("state").is_some_and(|state| state.as_bytes().ct_eq(trip.state.as_bytes()).into())
}

/// Visitors are counted by their address. Who is inside is counted alone: their colleagues behind the same address are not kept out
/// by them, nor they by visitors.
fn source(ctx: &PublicCtx, inside: Option<&Ctx>, trip: &Trip) -> Throttle {
    match (&trip.aim, inside) {
        (Aim::Test { person } | Aim::Connect { person } | Aim::Confirm { person, .. }, Some(_)) => {
            Throttle::person("arriving", *person)
        }
        _ => Throttle::arriving(&ctx.caller.address),
    }
}

async fn come_back(ctx: &PublicCtx, inside: Option<&Ctx>, trip: &Trip, answer: Answer) -> Outcome<Reply> {
    if trip.is_late(ctx.now()) {
        return Err(Failure::Told("sign-on-expired".into()));
    }
    let (id, state) = (trip.connection, trip.state.clone());
    if !ctx.touch(Chore::SignOn, move |tx, _| spend(tx, "state", &state)).await? {
        return Err(Failure::Told("sign-on-used".into()));
    }
    let connection = ctx.read(move |tx, _| Connection::by_id(tx, id)).await?;
    let is_open = match trip.aim {
        Aim::Test { .. } => true,
        // Of a session that is there already.
        Aim::Confirm { .. } => connection.enabled_at.is_some(),
        Aim::SignIn | Aim::Join | Aim::SetUp | Aim::Connect { .. } => ctx.read(move |tx, _| is_open(tx, id)).await?,
    };
    if !is_open || connection.revision != trip.revision {
        return Err(Failure::told("sign-on-changed", &connection));
    }
    let (who, id_token) = match answer {
        Answer::Code => {
            let code = code(ctx, &connection)?;
            let (who, id_token) = ask(ctx, &connection, trip, &code).await?;
            (who, Some(id_token))
        }
        Answer::Landed(landed) => {
            let landing = landed.map_err(|key| Failure::told(key, &connection))?;
            (vouched(ctx, &connection, landing.claims()).await?, None)
        }
    };
    match (&trip.aim, inside) {
        (Aim::SignIn | Aim::Join, _) => sign_in(ctx, connection, who, (trip, id_token)).await,
        (Aim::SetUp, _) => Ok(Reply::redirect("/setup/owner").cookie(who_cookie(ctx, who, "/"))),
        (Aim::Test { person }, Some(inside)) => test(inside, connection, who, *person).await,
        (Aim::Connect { person }, Some(inside)) => connect(inside, connection, who, *person).await,
        (Aim::Confirm { person, session }, Some(inside)) => {
            super::confirmation::create(inside, &connection, who, trip, (*person, *session)).await
        }
        (_, None) => Err(Failure::Broken(Error::SignIn)),
    }
}

/// The code, unless the provider says why there is none.
fn code(ctx: &PublicCtx, connection: &Connection) -> Outcome<String> {
    if let Some(error) = ctx.query("error") {
        let is_word = error.len() <= 40 && error.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_');
        note(connection, if is_word { &error } else { "an error that is no word" });
        let key = if error == "access_denied" { "sign-on-denied" } else { "sign-on-refused" };
        return Err(Failure::told(key, connection));
    }
    ctx.query("code").ok_or_else(|| Failure::told("sign-on-refused", connection))
}

/// Changes the code for a verified token, and learns who it is about.
async fn ask(ctx: &PublicCtx, connection: &Connection, trip: &Trip, code: &str) -> Outcome<(Who, String)> {
    let (net, now) = (&ctx.state.net, ctx.now());
    let trouble = |trouble| Failure::of(trouble, connection);
    let provider = Provider::of(net, &connection.issuer, now).await.map_err(trouble)?;
    let named = ctx.query("iss");
    if named.as_deref().is_some_and(|named| named != provider.issuer) || (provider.names_itself && named.is_none()) {
        note(connection, "the answer is of another issuer");
        return Err(Failure::told("sign-on-unverifiable", connection));
    }
    let secret = connection.secret(&ctx.state)?;
    let client = Client { id: &connection.client_id, secret: secret.as_ref() };
    let redirect = redirect_address(&ctx.state);
    let tokens = provider.exchange(net, &client, (code, &trip.verifier), &redirect).await.map_err(trouble)?;
    let (provider, mut claims) = verified(ctx, connection, provider, &tokens, &trip.nonce).await?;
    complete(ctx, connection, &provider, &tokens, &mut claims).await?;
    let who = vouched(ctx, connection, claims).await?;
    Ok((who, tokens.id_token))
}

/// Whom the provider vouches for, and what the connection's rules make of it.
pub async fn vouched(ctx: &PublicCtx, connection: &Connection, claims: Claims) -> Outcome<Who> {
    let mut who = Who::of(connection, &claims).map_err(Failure::Told)?;
    let id = connection.id;
    let (said, unsaid) = ctx.read(move |tx, _| Verdicts::of(tx, id, &claims)).await?;
    if !unsaid.is_empty() {
        let claims: BTreeSet<&str> = unsaid.iter().map(|rule| rule.claim.as_str()).collect();
        tracing::info!(name = "sso.claim_left_out", connection = %id, ?claims, "a provider did not say what rules ask for; they change nothing");
        ctx.touch(Chore::SignOn, move |tx, _| Rule::note_unsaid(tx, &unsaid)).await?;
    }
    who.said = said;
    Ok(who)
}

/// Asks for the provider's keys again, once, when the token names one we do not know.
async fn verified(
    ctx: &PublicCtx,
    connection: &Connection,
    provider: Arc<Provider>,
    tokens: &Tokens,
    nonce: &str,
) -> Outcome<(Arc<Provider>, Claims)> {
    let (net, now) = (&ctx.state.net, ctx.now());
    let check = |provider: &Provider| token::verify(provider, &connection.client_id, &tokens.id_token, nonce, now);
    let wrong = match check(&provider) {
        Ok(claims) => return Ok((provider, claims)),
        Err(Wrong::UnknownKey) => {
            let fresh = provider.with_fresh_keys(net, now).await.map_err(|trouble| Failure::of(trouble, connection))?;
            match fresh.map(|fresh| (check(&fresh), fresh)) {
                Some((Ok(claims), fresh)) => return Ok((fresh, claims)),
                Some((Err(wrong), _)) => wrong,
                None => Wrong::UnknownKey,
            }
        }
        Err(wrong) => wrong,
    };
    note(connection, &format!("its token: {wrong:?}"));
    let key = if matches!(wrong, Wrong::Time(_)) { "sign-on-clock" } else { "sign-on-unverifiable" };
    Err(Failure::told(key, connection))
}

/// Some providers put only the subject into the token and tell the rest when asked.
async fn complete(
    ctx: &PublicCtx,
    connection: &Connection,
    provider: &Provider,
    tokens: &Tokens,
    claims: &mut Claims,
) -> Outcome<()> {
    let id = connection.id;
    let ruled = ctx.read(move |tx, _| Rule::claims(tx, id)).await?;
    let is_known = claims.contains_key(&connection.email_claim);
    let is_said = |name: &String| claims.contains_key(name) || claims.contains_key(ELSEWHERE);
    if is_known && ruled.iter().all(is_said) || tokens.access_token.is_empty() {
        return Ok(());
    }
    let told = match provider.userinfo(&ctx.state.net, &tokens.access_token).await {
        Ok(told) => told,
        // Who it is, is known: that a rule finds nothing keeps nobody out.
        Err(trouble) if is_known => {
            note(connection, &trouble.to_string());
            return Ok(());
        }
        Err(trouble) => return Err(Failure::of(trouble, connection)),
    };
    if is_known && told.is_empty() {
        return Ok(());
    }
    // OpenID Connect Core 5.3.2: without the same subject it counts for nothing.
    if told.get("sub").is_none() || told.get("sub") != claims.get("sub") {
        note(connection, "its page about the person is about another subject");
        return Err(Failure::told("sign-on-unverifiable", connection));
    }
    // Only who it is: when and how they signed in is what was signed.
    let wanted = [
        &connection.email_claim,
        &connection.email_verified_claim,
        &connection.username_claim,
        &connection.given_name_claim,
        &connection.family_name_claim,
    ];
    for (name, value) in told {
        let is_wanted = wanted.contains(&&name) || ruled.contains(&name);
        if name == "name" || is_wanted && !SIGNED_ONLY.contains(&name.as_str()) {
            claims.entry(name).or_insert(value);
        }
    }
    Ok(())
}

pub async fn sign_in(
    ctx: &PublicCtx,
    connection: Connection,
    who: Who,
    (trip, id_token): (&Trip, Option<String>),
) -> Outcome<Reply> {
    let (asked, about) = (who.clone(), connection.clone());
    let decision = ctx.read(move |tx, _| asked.decide(tx, &about)).await?;
    let back = &trip.back;
    match decision {
        Decision::Refuse(msg) => Err(Failure::Told(msg)),
        // The page of the invitation makes the account.
        Decision::Stranger | Decision::Create if trip.aim == Aim::Join => {
            Ok(Reply::redirect(back).cookie(who_cookie(ctx, who, back)))
        }
        Decision::Stranger => Err(Failure::told("sign-on-no-invitation", &connection)),
        Decision::Prove(_) => Ok(Reply::redirect("/sign-on/password").cookie(who_cookie(ctx, who, back))),
        Decision::Enter(_) | Decision::Link(_) | Decision::Create => {
            let keeps = connection.provider_logout_enabled;
            let token = enter(ctx, who, decision, id_token.filter(|_| keeps)).await?;
            Ok(Reply::redirect(back).cookie(ctx.state.session_cookie(&token)))
        }
    }
}

/// Links or makes the account as decided, then a session; all or nothing.
pub async fn enter(ctx: &PublicCtx, who: Who, decision: Decision, id_token: Option<String>) -> Result<String> {
    let (state, entry) = (ctx.state.clone(), entry(ctx, who.protocol));
    ctx.write(move |tx, me| {
        match decision {
            Decision::Link(person) | Decision::Prove(person) => who.link(tx, me, person, &state.config)?,
            Decision::Create => drop(who.create(tx, me)?),
            Decision::Enter(_) | Decision::Refuse(_) | Decision::Stranger => {}
        }
        who.enter(tx, me, entry, (id_token, &state.vault))
    })
    .await
}

pub fn entry(ctx: &PublicCtx, protocol: Protocol) -> Entry {
    Entry::of(protocol.method(), &ctx.caller, ctx.state.config.security.session_max_age_seconds)
}

fn who_cookie(ctx: &PublicCtx, who: Who, back: &str) -> cookie::Cookie<'static> {
    let arrived = Arrived { who, back: back.to_owned(), at: ctx.now() };
    trip::signed_cookie(&ctx.state, WHO_COOKIE, &arrived, WHO_SECONDS)
}

/// The cookie that makes the browser forget whom the provider vouched for.
pub fn forgotten(ctx: &PublicCtx) -> cookie::Cookie<'static> {
    ctx.state.gone(WHO_COOKIE)
}

/// A trial counts when it leads to who began it; the first one links them. It gives nothing, but says what a sign-on would give.
async fn test(inside: &Ctx, connection: Connection, who: Who, person: PersonId) -> Outcome<Reply> {
    let (state, about, name) = (inside.state.clone(), connection.clone(), who.email.clone().unwrap_or_default());
    let gives = inside
        .write(move |tx, me| {
            if !me.is(Some(person)) {
                return Err(Error::invalid("", "sign-on-other-person"));
            }
            who.connect(tx, me, &state.config)?;
            Test::record(tx, me, &about)?;
            who.would_get(tx)
        })
        .await?;
    let to = format!("/settings/sign-on/{}", connection.id);
    let msg = match gives {
        None => Msg::new("sign-on-tested"),
        Some(gives) if gives.is_empty() => Msg::new("sign-on-tested-bare"),
        Some(gives) => Msg::new("sign-on-tested-rules").with("gives", gives.join(", ")),
    };
    Ok(inside.redirect(&to, Some(Flash::done(msg.with("email", name)))))
}

async fn connect(inside: &Ctx, connection: Connection, who: Who, person: PersonId) -> Outcome<Reply> {
    let state = inside.state.clone();
    inside
        .write(move |tx, me| {
            if !me.is(Some(person)) {
                return Err(Error::invalid("", "sign-on-other-person"));
            }
            who.connect(tx, me, &state.config)
        })
        .await?;
    let msg = Msg::new("sign-on-connected").with("name", connection.name);
    Ok(inside.redirect("/settings/me/sign-ons", Some(Flash::done(msg))))
}

/// Whether the provider says that they signed in during this trip, give or take the clocks.
pub fn is_fresh(who: &Who, trip: &Trip, now: DateTime<Utc>) -> bool {
    let skew = chrono::Duration::seconds(SKEW_SECONDS);
    who.authenticated_at.is_some_and(|at| (trip.began_at - skew..=now + skew).contains(&at))
}
