//! What the server is made of, built once at the edge.

use crate::clock::Clock;
use crate::config::{Config, Loaded};
use crate::db::Pool;
use crate::net::Net;
use crate::queue::{Entry, Instance};
use crate::secret::Secret;
use crate::ui::NavGroup;
use crate::vault::Vault;
use crate::web::{Keys, Meter, RouteInfo, Turns};
use std::collections::BTreeMap;
use std::sync::Arc;
use tokio::sync::Semaphore;

pub struct State {
    pub config: Config,
    /// The same with where each value came from, and where it would be read again.
    pub loaded: Loaded,
    pub pool: Pool,
    /// In which pages and programs come to it.
    pub turns: Turns,
    /// This process among others on the same database.
    pub instance: Instance,
    pub clock: Clock,
    pub keys: Keys,
    /// What seals values at rest.
    pub vault: Vault,
    /// The one way out over HTTP.
    pub net: Arc<Net>,
    /// What the provider in tow.yaml gave this server as its password.
    pub oidc_client_secret: Option<Secret>,
    /// Of every secret that is set, by the name of its variable: by which its age is known.
    pub fingerprints: Vec<(&'static str, String)>,
    /// The sidebar, in order.
    pub nav: Vec<NavGroup>,
    /// What sending a form to a route does, by its pattern: message keys.
    pub deeds: BTreeMap<&'static str, &'static str>,
    /// Every route with what it needs, for the doors of the API and their description.
    pub routes: Vec<RouteInfo>,
    /// What this instance answered so far.
    pub meter: Meter,
    /// What runs by the clock, for people to read.
    pub schedule: Vec<Entry>,
    /// At most two password hashes at a time: each takes a core and 19 MiB.
    pub hashing: Semaphore,
    /// `/_gallery` and other aids for developers.
    pub is_dev: bool,
    /// A test holds its only connection in an open transaction; refusals then join it.
    pub is_test: bool,
}

pub type Shared = actix_web::web::Data<State>;

impl State {
    pub fn shared(self) -> Shared {
        Shared::from(Arc::new(self))
    }
}
