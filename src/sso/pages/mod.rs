//! The pages of sign-on.

mod domains;
mod form;
mod preset;
mod saml_form;
mod samples;
mod server_keys;

pub use domains::Domains;
pub use form::*;
pub use preset::*;
pub use samples::samples;
pub use server_keys::ServerKeys;

use crate::error::Problems;
use crate::sso::saml::Certificate;
use crate::sso::trip::{assertion_address, entity_address, own_address, redirect_address};
use crate::sso::{Connection, ConnectionId, Enforcement, Keeper, Link, Outside, Protocol, Source, Test, Trace, Use};
use crate::ui::{Choice, Shell, filters};
use crate::web::State;
use askama::Template;
use chrono::{DateTime, Utc};

#[derive(Template)]
#[template(path = "sso/proof.html")]
pub struct Proof {
    pub csrf: String,
    pub organisation: String,
    pub connection: String,
    pub email: String,
    pub problems: Problems,
}

#[derive(Template)]
#[template(path = "sso/unsolicited.html")]
pub struct Unsolicited {
    pub csrf: String,
    pub connection: String,
    pub name: String,
    /// Empty when the provider does not say it.
    pub email: String,
    pub code: String,
}

#[derive(Template)]
#[template(path = "sso/end.html")]
pub struct End {
    pub connection: String,
    /// Where one signs out at the provider; None when it does not say.
    pub address: Option<String>,
}

#[derive(Template)]
#[template(path = "sso/break_glass.html")]
pub struct BreakGlass {
    pub csrf: String,
    pub organisation: String,
    pub email: String,
    pub reason: String,
    pub problems: Problems,
}

#[derive(Template)]
#[template(path = "sso/links.html")]
pub struct Links {
    pub shell: Shell,
    pub links: Vec<Link>,
    /// Those one is not linked through yet.
    pub more: Vec<Row>,
    pub problems: Problems,
}

/// A connection in a list.
#[derive(Debug, Clone)]
pub struct Row {
    pub id: ConnectionId,
    pub name: String,
    pub issuer: String,
    pub is_file: bool,
    pub is_open: bool,
    /// By who looks, with the configuration as it is.
    pub is_tested: bool,
    pub is_enforced: bool,
}

impl Row {
    pub fn bare(id: ConnectionId, name: String) -> Self {
        Row { id, name, issuer: String::new(), is_file: false, is_open: true, is_tested: false, is_enforced: false }
    }
}

/// What stands around the connections.
pub struct Around {
    pub enforcement: Option<Enforcement>,
    pub keepers: Vec<Keeper>,
    /// Owners who could be named.
    pub candidates: Vec<Keeper>,
    pub outside: Outside,
}

#[derive(Template)]
#[template(path = "sso/index.html")]
pub struct Index {
    pub shell: Shell,
    pub rows: Vec<Row>,
    pub enforcement: Option<Enforcement>,
    pub keepers: Vec<Keeper>,
    pub candidates: Vec<Choice>,
    /// Who is not connected yet.
    pub outside: Outside,
    /// Break-glass uses that nobody has reviewed.
    pub waiting: usize,
    /// Secrets can be kept.
    pub has_key: bool,
    pub problems: Problems,
}

impl Index {
    pub fn has_open(&self) -> bool {
        self.rows.iter().any(|row| row.is_open)
    }

    /// Names of some who are not connected, in one line.
    pub fn outside_names(&self) -> String {
        let is_all = i64::try_from(self.outside.names.len()).is_ok_and(|shown| shown == self.outside.count);
        let more = if is_all { "" } else { ", …" };
        format!("{}{more}", self.outside.names.join(", "))
    }

    /// Break-glass owners for whom the door stays shut, for want of a second factor.
    pub fn bare(&self) -> usize {
        self.keepers.iter().filter(|keeper| !keeper.has_factor).count()
    }

    pub fn new(
        shell: Shell,
        (connections, tests): (Vec<Connection>, &[Test]),
        around: Around,
        (waiting, has_key): (usize, bool),
        problems: Problems,
    ) -> Self {
        let Around { enforcement, keepers, candidates, outside } = around;
        let enforced = enforcement.as_ref().map(|enforcement| enforcement.connection_id);
        let row = |connection: Connection| Row {
            is_file: connection.source == Source::File,
            is_open: connection.enabled_at.is_some(),
            is_tested: tests
                .iter()
                .any(|test| test.connection_id == connection.id && test.revision == connection.revision),
            is_enforced: enforced == Some(connection.id),
            id: connection.id,
            name: connection.name,
            issuer: connection.issuer,
        };
        let rows = connections.into_iter().map(row).collect();
        let candidates = candidates.into_iter().map(|one| Choice::new(one.person_id, one.name, false)).collect();
        Index { shell, rows, enforcement, keepers, candidates, outside, waiting, has_key, problems }
    }
}

#[derive(Template)]
#[template(path = "sso/edit.html")]
pub struct Edit {
    pub shell: Shell,
    /// None for one about to be made.
    pub row: Option<Row>,
    pub revision: i32,
    pub tested_at: Option<DateTime<Utc>>,
    pub has_secret: bool,
    /// Of a new one: whom there is a form for.
    pub offers: Vec<Offer>,
    pub preset: Preset,
    pub certificates: Vec<Certificate>,
    /// Of the allowed domains, those that count and those that nobody has proven.
    pub verified: Vec<String>,
    pub unverified: Vec<String>,
    /// What the provider must be told of this server.
    pub entity: String,
    pub assertion: String,
    pub redirect: String,
    pub after_logout: String,
    pub back_channel: Option<String>,
    pub form: ConnectionForm,
    pub problems: Problems,
}

impl Edit {
    pub fn is_saml(&self) -> bool {
        self.form.protocol == Protocol::Saml
    }

    /// What to do at the provider.
    pub fn steps(&self) -> &'static str {
        self.preset.steps(self.form.protocol)
    }

    /// The one of tow.yaml, which no page changes.
    pub fn is_file(&self) -> bool {
        self.row.as_ref().is_some_and(|row| row.is_file)
    }

    pub fn new(
        state: &State,
        shell: Shell,
        known: Option<(Connection, Option<Test>)>,
        (preset, form): (Preset, ConnectionForm),
        problems: Problems,
    ) -> Self {
        let (connection, test) = known.unzip();
        let (verified, unverified) = connection.as_ref().map(Connection::proven).unwrap_or_default();
        let tested_at = test.flatten().map(|test| test.tested_at);
        Edit {
            revision: connection.as_ref().map(|connection| connection.revision).unwrap_or_default(),
            has_secret: connection.as_ref().is_some_and(|connection| connection.client_secret.is_some()),
            back_channel: connection
                .as_ref()
                .map(|connection| own_address(state, &format!("/sign-on/logout/{}", connection.id)).to_string()),
            row: connection.map(|connection| Row {
                is_file: connection.source == Source::File,
                is_open: connection.enabled_at.is_some(),
                is_tested: tested_at.is_some(),
                issuer: connection.issuer,
                ..Row::bare(connection.id, connection.name)
            }),
            tested_at,
            offers: Preset::offers(preset),
            preset,
            certificates: Certificate::parse_all(&form.certificates).unwrap_or_default(),
            entity: entity_address(state).to_string(),
            assertion: assertion_address(state).to_string(),
            verified,
            unverified,
            redirect: redirect_address(state).to_string(),
            after_logout: own_address(state, "/sign-in").to_string(),
            shell,
            form,
            problems,
        }
    }
}

#[derive(Template)]
#[template(path = "sso/uses.html")]
pub struct UsesPage {
    pub shell: Shell,
    pub uses: Vec<Use>,
}

#[derive(Template)]
#[template(path = "sso/use.html")]
pub struct UsePage {
    pub shell: Shell,
    pub used: Use,
    pub trail: Vec<Trace>,
    /// Who looks is who used it.
    pub is_own: bool,
    pub finding: String,
    pub problems: Problems,
}

#[derive(Template)]
#[template(path = "sso/sheet.html")]
pub struct Sheet {
    pub shell: Shell,
    pub keepers: Vec<Keeper>,
    pub address: String,
    pub printed_at: DateTime<Utc>,
    pub back: &'static str,
}
