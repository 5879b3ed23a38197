//! An OpenID provider of our own, as honest or hostile as a test wants it: discovery, keys, tokens and userinfo over plain HTTP. People
//! "sign in" there by `consent`, which plays the browser's visit and answers with the address it would be sent back to.

use super::{App, Asked, Outside, Said};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use openidconnect::core::{CoreJwsSigningAlgorithm, CoreRsaPrivateSigningKey};
use openidconnect::{JsonWebKeyId, PrivateSigningKey};
use ring::rand::SystemRandom;
use ring::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair};
use serde_json::{Map, Value, json};
use sha2::{Digest, Sha256};
use std::collections::HashMap;
use std::process::Command;
use std::sync::{Arc, LazyLock, Mutex, MutexGuard};

pub const CLIENT_ID: &str = "tow";
pub const CLIENT_SECRET: &str = "between tow and its provider";

/// How a token is signed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Signing {
    /// RS256 with the key of this number; 0 and 1 exist.
    Rsa(usize),
    /// ES256.
    Curve,
    /// `alg: none`, without a signature.
    None,
    /// HS256 with what everybody can read: the published RSA key.
    PublicKey,
    /// HS256 with the client's secret.
    ClientSecret,
}

/// Everything it does, to be bent by tests.
pub struct Habits {
    pub signing: Signing,
    /// In the header of tokens; None leaves it out.
    pub kid: Option<String>,
    /// RSA keys it publishes, by number.
    pub published: Vec<usize>,
    /// Claims over the honest ones; null takes one out.
    pub claims: Map<String, Value>,
    pub userinfo: Value,
    /// Over the honest description.
    pub description: Map<String, Value>,
    /// In place of an honest answer, by path.
    pub instead: HashMap<&'static str, Said>,
    codes: HashMap<String, Code>,
    now: i64,
}

#[derive(Clone)]
struct Code {
    nonce: String,
    challenge: String,
    redirect: String,
    is_used: bool,
}

pub struct IdProvider {
    pub outside: Outside,
    habits: Arc<Mutex<Habits>>,
}

static RSA: LazyLock<Vec<CoreRsaPrivateSigningKey>> = LazyLock::new(|| {
    let make = |number: usize| {
        let made =
            Command::new("openssl").args(["genrsa", "-traditional", "2048"]).output().expect("openssl did not run");
        let pem = String::from_utf8(made.stdout).unwrap();
        CoreRsaPrivateSigningKey::from_pem(&pem, Some(JsonWebKeyId::new(format!("rsa-{number}")))).unwrap()
    };
    (0..2).map(make).collect()
});

static CURVE: LazyLock<Vec<u8>> = LazyLock::new(|| {
    EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &SystemRandom::new()).unwrap().as_ref().to_vec()
});

fn curve() -> EcdsaKeyPair {
    EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &CURVE, &SystemRandom::new()).unwrap()
}

impl IdProvider {
    pub fn new() -> IdProvider {
        // Made before anybody waits for them.
        LazyLock::force(&RSA);
        let habits = Arc::new(Mutex::new(Habits {
            signing: Signing::Rsa(0),
            kid: Some("rsa-0".to_owned()),
            published: vec![0],
            claims: Map::new(),
            userinfo: Value::Null,
            description: Map::new(),
            instead: HashMap::new(),
            codes: HashMap::new(),
            now: super::start().timestamp(),
        }));
        let own = habits.clone();
        let outside = Outside::new(move |asked| answer(&mut own.lock().unwrap(), asked));
        IdProvider { outside, habits }
    }

    /// As it calls itself.
    pub fn issuer(&self) -> String {
        self.outside.url("").as_str().trim_end_matches('/').to_owned()
    }

    pub fn habits(&self) -> MutexGuard<'_, Habits> {
        self.habits.lock().unwrap()
    }

    /// Says this of whoever signs in next.
    pub fn claim(&self, name: &str, value: Value) {
        self.habits().claims.insert(name.to_owned(), value);
    }

    /// TOW with this provider in its file.
    pub fn app(&self) -> App {
        self.app_with(&[])
    }

    /// The same with a database of its own, for what happens at once.
    pub fn own_app(&self) -> App {
        self.made(&[], App::own_configured)
    }

    pub fn app_with(&self, more: &[(&str, &str)]) -> App {
        self.made(more, App::configured)
    }

    fn made(&self, more: &[(&str, &str)], make: fn(&[(&str, &str)]) -> App) -> App {
        let issuer = self.issuer();
        let own = [
            ("TOW_AUTH__OIDC__ISSUER", issuer.as_str()),
            ("TOW_AUTH__OIDC__CLIENT_ID", CLIENT_ID),
            ("OIDC_CLIENT_SECRET", CLIENT_SECRET),
            ("TOW_SECURITY__OUTBOUND_ALLOWED_HOSTS", "127.0.0.1"),
            ("TOW_AUTH__SIGNUP__ALLOWED_DOMAINS", "halden.example"),
        ];
        let own = own.into_iter().filter(|(name, _)| !more.iter().any(|(given, _)| given == name));
        make(&own.chain(more.iter().copied()).collect::<Vec<_>>())
    }

    /// A person signs in at the address TOW sent them to; where they are sent back, as a path of TOW.
    pub fn consent(&self, app: &App, address: &str) -> String {
        let address: url::Url = address.parse().unwrap_or_else(|_| panic!("not sent to the provider but to {address}"));
        let asked: HashMap<String, String> = address.query_pairs().into_owned().collect();
        assert_eq!((asked["response_type"].as_str(), asked["client_id"].as_str()), ("code", CLIENT_ID));
        assert_eq!(asked["code_challenge_method"], "S256");
        let code = tow::web::random_token();
        let mut habits = self.habits();
        habits.now = app.state().clock.now().timestamp();
        let kept = Code {
            nonce: asked["nonce"].clone(),
            challenge: asked["code_challenge"].clone(),
            redirect: asked["redirect_uri"].clone(),
            is_used: false,
        };
        habits.codes.insert(code.clone(), kept);
        format!("/sign-on/callback?code={code}&state={}", asked["state"])
    }

    /// A token that says these claims, signed as its habits are.
    pub fn sign(&self, header: Value, claims: &Value) -> String {
        signed(&self.habits(), header, claims)
    }
}

fn answer(habits: &mut Habits, asked: &Asked) -> Said {
    let path = asked.path.split('?').next().unwrap_or_default();
    if let Some(said) = habits.instead.get(path) {
        return said.clone();
    }
    let issuer = format!("http://{}", asked.header("host"));
    match path {
        "/.well-known/openid-configuration" => Said::json(&description(habits, &issuer)),
        "/jwks" => Said::json(&jwks(habits)),
        "/token" => token(habits, asked, &issuer),
        "/userinfo" => Said::json(&habits.userinfo),
        _ => Said::text(404, "text/plain", "nothing"),
    }
}

fn description(habits: &Habits, issuer: &str) -> Value {
    let mut said = json!({
        "issuer": issuer, "authorization_endpoint": format!("{issuer}/authorize"), "token_endpoint": format!("{issuer}/token"),
        "jwks_uri": format!("{issuer}/jwks"), "userinfo_endpoint": format!("{issuer}/userinfo"),
        "end_session_endpoint": format!("{issuer}/end"), "id_token_signing_alg_values_supported": ["RS256", "ES256"],
    });
    said.as_object_mut().unwrap().extend(habits.description.clone());
    said
}

fn jwks(habits: &Habits) -> Value {
    let rsa = habits.published.iter().map(|number| serde_json::to_value(RSA[*number].as_verification_key()).unwrap());
    let point = curve().public_key().as_ref().to_vec();
    let part = |range| URL_SAFE_NO_PAD.encode(&point[range]);
    let curve =
        json!({ "kty": "EC", "crv": "P-256", "kid": "ec-0", "use": "sig", "x": part(1..33), "y": part(33..65) });
    json!({ "keys": rsa.chain([curve]).collect::<Vec<_>>() })
}

fn token(habits: &mut Habits, asked: &Asked, issuer: &str) -> Said {
    let refused = |error: &str| Said::text(400, "application/json", json!({ "error": error }).to_string());
    let basic =
        base64::engine::general_purpose::STANDARD.encode(format!("{CLIENT_ID}:{}", CLIENT_SECRET.replace(' ', "+")));
    if asked.header("authorization") != format!("Basic {basic}") {
        return refused("invalid_client");
    }
    let verifier = asked.field("code_verifier").unwrap_or_default();
    let challenge = URL_SAFE_NO_PAD.encode(Sha256::digest(verifier.as_bytes()));
    let code = match habits.codes.get_mut(&asked.field("code").unwrap_or_default()) {
        Some(code)
            if !code.is_used
                && code.challenge == challenge
                && asked.field("redirect_uri") == Some(code.redirect.clone()) =>
        {
            code.is_used = true;
            code.clone()
        }
        _ => return refused("invalid_grant"),
    };
    let mut claims = json!({
        "iss": issuer, "aud": CLIENT_ID, "sub": "248289761001", "iat": habits.now, "exp": habits.now + 300,
        "nonce": code.nonce, "auth_time": habits.now, "sid": "session-1", "email": "wren@halden.example",
        "email_verified": true, "given_name": "Wren", "family_name": "Aldous",
    });
    let own = claims.as_object_mut().unwrap();
    for (name, value) in &habits.claims {
        match value {
            Value::Null => drop(own.remove(name)),
            value => drop(own.insert(name.clone(), value.clone())),
        }
    }
    let id_token = signed(habits, json!({}), &claims);
    Said::json(&json!({ "access_token": "at", "token_type": "Bearer", "expires_in": 300, "id_token": id_token }))
}

fn signed(habits: &Habits, header: Value, claims: &Value) -> String {
    let alg = match habits.signing {
        Signing::Rsa(_) => "RS256",
        Signing::Curve => "ES256",
        Signing::None => "none",
        Signing::PublicKey | Signing::ClientSecret => "HS256",
    };
    let mut head = json!({ "alg": alg, "typ": "JWT" });
    if let Some(kid) = &habits.kid {
        head["kid"] = json!(kid);
    }
    head.as_object_mut().unwrap().extend(header.as_object().unwrap().clone());
    let encoded = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
    let message = format!("{}.{}", encoded(&head), encoded(claims));
    let hmac = |key: &[u8]| {
        let key = ring::hmac::Key::new(ring::hmac::HMAC_SHA256, key);
        ring::hmac::sign(&key, message.as_bytes()).as_ref().to_vec()
    };
    let signature = match habits.signing {
        Signing::Rsa(number) => {
            RSA[number].sign(&CoreJwsSigningAlgorithm::RsaSsaPkcs1V15Sha256, message.as_bytes()).unwrap()
        }
        Signing::Curve => curve().sign(&SystemRandom::new(), message.as_bytes()).unwrap().as_ref().to_vec(),
        Signing::None => Vec::new(),
        Signing::PublicKey => hmac(serde_json::to_string(&RSA[0].as_verification_key()).unwrap().as_bytes()),
        Signing::ClientSecret => hmac(CLIENT_SECRET.as_bytes()),
    };
    format!("{message}.{}", URL_SAFE_NO_PAD.encode(signature))
}
