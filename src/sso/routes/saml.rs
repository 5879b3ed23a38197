//! `/sign-on/saml…`: a SAML provider's answer arrives by a form of the provider's page, which brings no cookie of ours. What it says is
//! checked and kept; then the browser follows to a page of ours, where it must be the one that left.

use super::arriving::{Answer, Outcome, arrive, sign_in, vouched};
use super::departing::{Failure, keys_of, note, parse};
use super::saml_logout;
use super::turn::{Heard, Turn};
use crate::access::{Ctx, PublicCtx};
use crate::db::Chore;
use crate::error::{Error, Msg, Result};
use crate::signin::Throttle;
use crate::sso::pages::Unsolicited;
use crate::sso::saml::{self, Expected, Kind, MAX_RESPONSE_BYTES, Own, Wrong, accept};
use crate::sso::trip::{Aim, Trip, assertion_address, entity_address};
use crate::sso::{Connection, Landing, ServerKey, Who, all_sign};
use crate::web::{Flash, Form, Reply};
use actix_web::web::Bytes;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use subtle::ConstantTimeEq;

const ARRIVAL: &str = "/sign-on/saml/arrival";

/// What may go wrong with an answer, in words; they travel in an address, so nothing else is said by one.
const PROBLEMS: [&str; 6] =
    ["sign-on-unverifiable", "sign-on-clock", "sign-on-denied", "sign-on-too-weak", "sign-on-refused", "sign-on-used"];

/// Our description, for the provider's administrator. It says nothing that a visitor may not know.
pub async fn metadata(ctx: PublicCtx) -> Result<Reply> {
    let (keys, signs) = ctx.read(|tx, _| Ok((ServerKey::all(tx)?, all_sign(tx)?))).await?;
    let (entity, back_to) = (entity_address(&ctx.state), assertion_address(&ctx.state));
    let certificates: Vec<String> = keys.into_iter().map(|key| key.certificate).collect();
    let own = Own { entity: entity.as_str(), back_to: back_to.as_str(), certificates: &certificates, signs };
    Ok(Reply::text(saml::own_metadata(&own), "application/samlmetadata+xml"))
}

pub async fn create(ctx: PublicCtx, body: Bytes) -> Result<Reply> {
    let turn = match Turn::take(&ctx, Throttle::arriving(&ctx.caller.address), "/sign-in").await? {
        Ok(turn) => turn,
        Err(reply) => return Ok(reply),
    };
    let Some((kind, text)) = message(&body) else { return turn.over(&ctx, Heard::Unknown).await };
    if kind == Kind::Request || saml::is_about_leaving(&text) {
        let mark = field(&body, "RelayState");
        let heard = saml_logout::take(&ctx, kind, &text, mark.as_deref()).await?;
        return turn.over(&ctx, heard).await;
    }
    match land(&ctx, text).await? {
        Landed::Kept(code) => turn.over(&ctx, Heard::Worth(Reply::redirect(&format!("{ARRIVAL}?code={code}")))).await,
        Landed::Wrong(connection, problem) => {
            let to = format!("{ARRIVAL}?problem={problem}&connection={}", connection.id);
            turn.over(&ctx, Heard::Nothing(Reply::redirect(&to))).await
        }
        Landed::Unknown => turn.over(&ctx, Heard::Unknown).await,
    }
}

fn field(body: &[u8], name: &str) -> Option<String> {
    url::form_urlencoded::parse(body).find(|(own, _)| own == name).map(|(_, value)| value.into_owned())
}

fn message(body: &[u8]) -> Option<(Kind, String)> {
    [Kind::Response, Kind::Request].into_iter().find_map(|kind| Some((kind, decoded(&field(body, kind.field())?)?)))
}

enum Landed {
    /// Under this code.
    Kept(String),
    Wrong(Box<Connection>, &'static str),
    /// No XML, or of a provider nobody here knows.
    Unknown,
}

async fn land(ctx: &PublicCtx, text: String) -> Result<Landed> {
    let Some(entity) = saml::issuer(&text) else { return Ok(Landed::Unknown) };
    let Some(connection) = ctx.read(move |tx, _| Connection::of_entity(tx, &entity)).await? else {
        return Ok(Landed::Unknown);
    };
    let own_keys = match saml::is_encrypted(&text) {
        true => keys_of(ctx, ServerKey::all).await?,
        false => Vec::new(),
    };
    let (about, entity, back_to, now) =
        (connection.clone(), entity_address(&ctx.state), assertion_address(&ctx.state), ctx.now());
    let read = move || {
        let (audience, recipient) = (entity.as_str(), back_to.as_str());
        let (issuer, keys) = (about.issuer.as_str(), about.keys());
        let expected = Expected { issuer, keys: &keys, own_keys: &own_keys, audience, recipient, now };
        Ok(accept(&text, &expected))
    };
    let assertion = match ctx.work(read).await? {
        Ok(assertion) => assertion,
        Err(wrong) => {
            note(&connection, &format!("its assertion: {wrong:?}"));
            return Ok(Landed::Wrong(Box::new(connection), problem(&wrong)));
        }
    };
    let about = connection.clone();
    let kept = ctx.touch(Chore::SignOn, move |tx, _| Landing::keep(tx, &about, &assertion)).await?;
    Ok(kept.map_or_else(|| Landed::Wrong(Box::new(connection), "sign-on-used"), Landed::Kept))
}

fn decoded(field: &str) -> Option<String> {
    let bare: String = field.chars().filter(|c| !c.is_whitespace()).collect();
    let bytes = STANDARD.decode(bare).ok().filter(|bytes| bytes.len() <= MAX_RESPONSE_BYTES)?;
    String::from_utf8(bytes).ok()
}

fn problem(wrong: &Wrong) -> &'static str {
    match wrong {
        Wrong::Time(_) => "sign-on-clock",
        Wrong::Status(status) => match status.as_str() {
            "AuthnFailed" | "RequestDenied" | "NoPassive" => "sign-on-denied",
            "NoAuthnContext" => "sign-on-too-weak",
            _ => "sign-on-refused",
        },
        Wrong::Xml(_) | Wrong::Form(_) | Wrong::Signature(_) | Wrong::Elsewhere(_) => "sign-on-unverifiable",
    }
}

pub mod arrival {
    use super::*;

    pub async fn new(ctx: PublicCtx, inside: Option<Ctx>) -> Result<Reply> {
        let trip = Trip::of(&ctx);
        if let Some(problem) = ctx.query("problem") {
            return told(&ctx, inside.as_ref(), trip, &problem).await;
        }
        let code = ctx.query("code").unwrap_or_default();
        let asked = code.clone();
        let landing = match ctx.read(move |tx, _| Landing::look(tx, &asked)).await {
            Ok(landing) => landing,
            Err(Error::Invalid(_)) => return Ok(back(&ctx, "sign-on-expired")),
            Err(other) => return Err(other),
        };
        match trip.filter(|trip| is_answer(&landing, trip)) {
            Some(trip) => {
                let taken = ctx.touch(Chore::SignOn, move |tx, _| Landing::take(tx, &code)).await;
                let landed = match taken {
                    Ok(landing) => Ok(landing),
                    Err(Error::Invalid(_)) => Err("sign-on-used"),
                    Err(other) => return Err(other),
                };
                arrive(&ctx, inside.as_ref(), &trip, Answer::Landed(landed)).await
            }
            None => ask(&ctx, &landing, code).await,
        }
    }

    /// Somebody came from the provider's own page, and says that they want in.
    pub async fn create(ctx: PublicCtx, form: Form) -> Result<Reply> {
        let code = form.text("code").to_owned();
        let landing = match ctx.touch(Chore::SignOn, move |tx, _| Landing::take(tx, &code)).await {
            Ok(landing) => landing,
            Err(Error::Invalid(_)) => return Ok(back(&ctx, "sign-on-expired")),
            Err(other) => return Err(other),
        };
        match enter(&ctx, &landing).await {
            Ok(reply) => Ok(reply),
            Err(Failure::Told(msg)) => Ok(ctx.redirect("/sign-in", Some(Flash::failed(msg)))),
            Err(Failure::Broken(error)) => Err(error),
        }
    }

    async fn enter(ctx: &PublicCtx, landing: &Landing) -> Outcome<Reply> {
        let connection = unsolicited(ctx, landing).await?;
        let who = vouched(ctx, &connection, landing.claims()).await?;
        let trip = Trip::begin(&connection, Aim::SignIn, "/", ctx.now());
        sign_in(ctx, connection, who, (&trip, None)).await
    }

    /// An answer to nothing that this browser asked: whether it is they is asked before anybody is signed in, because a stranger's page
    /// could have sent it here with the stranger's own account.
    async fn ask(ctx: &PublicCtx, landing: &Landing, code: String) -> Result<Reply> {
        let connection = match unsolicited(ctx, landing).await {
            Ok(connection) => connection,
            Err(Failure::Told(msg)) => return Ok(ctx.redirect("/sign-in", Some(Flash::failed(msg)))),
            Err(Failure::Broken(error)) => return Err(error),
        };
        let who = match Who::of(&connection, &landing.claims()) {
            Ok(who) => who,
            Err(msg) => return Ok(ctx.redirect("/sign-in", Some(Flash::failed(msg)))),
        };
        let view = Unsolicited {
            csrf: ctx.csrf(),
            connection: connection.name,
            name: who.name,
            email: who.email.unwrap_or_default(),
            code,
        };
        ctx.page(&view)
    }

    /// The connection, when it is open and takes what nobody asked for.
    async fn unsolicited(ctx: &PublicCtx, landing: &Landing) -> Outcome<Connection> {
        let id = landing.connection_id;
        let found = ctx.read(move |tx, _| Connection::open(tx, id)).await;
        match found {
            Ok(connection) if landing.request.is_none() && connection.allows_unsolicited => Ok(connection),
            Ok(_) | Err(Error::NotFound) => Err(Failure::Told("sign-on-other-browser".into())),
            Err(other) => Err(Failure::Broken(other)),
        }
    }

    /// What was wrong with the answer, where this browser began; or on the sign-in page.
    async fn told(ctx: &PublicCtx, inside: Option<&Ctx>, trip: Option<Trip>, problem: &str) -> Result<Reply> {
        let Some(key) = PROBLEMS.into_iter().find(|known| *known == problem) else { return Err(Error::NotFound) };
        let id = parse(&ctx.query("connection").unwrap_or_default())?;
        if let Some(trip) = trip.filter(|trip| trip.connection == id) {
            return arrive(ctx, inside, &trip, Answer::Landed(Err(key))).await;
        }
        let connection = ctx.read(move |tx, _| Connection::open(tx, id)).await?;
        Ok(ctx.redirect("/sign-in", Some(Flash::failed(Msg::new(key).with("name", connection.name)))))
    }

    fn is_answer(landing: &Landing, trip: &Trip) -> bool {
        let asked = trip.question_id();
        let is_same = |request: &String| bool::from(request.as_bytes().ct_eq(asked.as_bytes()));
        landing.connection_id == trip.connection && landing.request.as_ref().is_some_and(is_same)
    }

    fn back(ctx: &PublicCtx, key: &'static str) -> Reply {
        ctx.redirect("/sign-in", Some(Flash::failed(key)))
    }
}
