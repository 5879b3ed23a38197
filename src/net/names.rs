//! What a domain says of itself in the domain name system: its TXT records. Addresses are looked up by the client, not here.

use crate::config::Auth;
use crate::net::Fault;
use hickory_resolver::config::{ConnectionConfig, NameServerConfig, ResolveHosts, ResolverConfig};
use hickory_resolver::net::NetError;
use hickory_resolver::net::runtime::TokioRuntimeProvider;
use hickory_resolver::proto::rr::rdata::TXT;
use hickory_resolver::proto::rr::{Name, RData, RecordType};
use hickory_resolver::{ResolverBuilder, TokioResolver};
use std::net::SocketAddr;
use std::time::Duration;

/// For a whole question, with its second try. A person waits for it.
pub const NAMES_SECONDS: u64 = 5;
/// For one try.
const TRY_SECONDS: u64 = 2;
/// Of one name that are read; an answer with more is somebody's joke.
pub const MAX_TEXTS: usize = 100;

/// Whoever answers questions about names: the machine's own resolver, or the one of `auth.dns_resolver`.
#[derive(Debug, Clone)]
pub struct Names {
    server: Option<SocketAddr>,
}

impl Names {
    pub fn of(auth: &Auth) -> Self {
        Names { server: auth.dns_resolver }
    }

    /// The TXT records at this name, each with its strings joined; none when there is no such name or record. `Away` when nobody says.
    pub async fn texts(&self, name: &str) -> Result<Vec<String>, Fault> {
        // With the dot it is the whole name, whatever domains this machine searches in.
        let name = Name::from_ascii(format!("{}.", name.trim_end_matches('.')));
        let name = name.map_err(|_| Fault::Away("this is no name of the domain name system".to_owned()))?;
        let resolver = self.resolver().map_err(|error| away(&error))?;
        let asked = resolver.lookup(name, RecordType::TXT);
        let found = tokio::time::timeout(Duration::from_secs(NAMES_SECONDS), asked).await;
        match found.map_err(|_| Fault::Away("no name server answered in time".to_owned()))? {
            Ok(lookup) => Ok(lookup.answers().iter().filter_map(|record| text(&record.data)).take(MAX_TEXTS).collect()),
            Err(error) if error.is_no_records_found() => Ok(Vec::new()),
            Err(error) => Err(away(&error)),
        }
    }

    /// The same for a job's thread, which has no runtime.
    pub fn texts_now(&self, name: &str) -> Result<Vec<String>, Fault> {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        let runtime = runtime.map_err(|error| Fault::Away(format!("no runtime: {error}")))?;
        runtime.block_on(self.texts(name))
    }

    /// Made for each question: one is asked seldom, and what was true a moment ago is not what somebody wants to know now.
    fn resolver(&self) -> Result<TokioResolver, NetError> {
        let builder = match self.server {
            None => TokioResolver::builder_tokio()?,
            Some(server) => TokioResolver::builder_with_config(only(server), TokioRuntimeProvider::default()),
        };
        patient(builder).build()
    }
}

fn patient(mut builder: ResolverBuilder<TokioRuntimeProvider>) -> ResolverBuilder<TokioRuntimeProvider> {
    let options = builder.options_mut();
    options.timeout = Duration::from_secs(TRY_SECONDS);
    options.attempts = 1;
    options.cache_size = 0;
    options.edns0 = true;
    options.use_hosts_file = ResolveHosts::Never;
    builder
}

fn only(server: SocketAddr) -> ResolverConfig {
    let ways = [ConnectionConfig::udp(), ConnectionConfig::tcp()].map(|mut way| {
        way.port = server.port();
        way
    });
    ResolverConfig::from_name_servers(vec![NameServerConfig::new(server.ip(), true, ways.to_vec())])
}

/// RFC 7208, 3.3: the strings of one record belong together, without anything between them.
fn text(data: &RData) -> Option<String> {
    match data {
        RData::TXT(TXT { txt_data, .. }) => Some(String::from_utf8_lossy(&txt_data.concat()).into_owned()),
        _ => None,
    }
}

fn away(error: &NetError) -> Fault {
    Fault::Away(format!("the domain name system did not answer: {error}"))
}
