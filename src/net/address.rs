//! Which addresses are the public internet. Everything else (this machine, this network, a cloud's metadata) answers to requests
//! that only look as if they came from inside.

use crate::config::Security;
use crate::net::Fault;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::sync::Arc;
use url::{Host, Url};

/// Azure's inner service, at an address that is otherwise public.
const AZURE_INNER: Ipv4Addr = Ipv4Addr::new(168, 63, 129, 16);

/// What may be called from here, whichever way out it goes: encrypted and at public addresses only, unless
/// `security.outbound_allowed_hosts` names the host.
#[derive(Debug, Clone)]
pub struct Fence {
    named: Arc<Vec<String>>,
}

impl Fence {
    pub fn of(security: &Security) -> Self {
        Fence { named: Arc::new(security.outbound_allowed_hosts.iter().map(|host| plain(host)).collect()) }
    }

    /// Named by the operator, who answers for it.
    pub fn is_named(&self, host: &str) -> bool {
        self.named.contains(&plain(host))
    }

    /// Whether a host may be called at all, before it is resolved: a name is checked by `fit`, an address never is resolved.
    pub fn check(&self, host: &str, is_encrypted: bool) -> Result<(), Fault> {
        let host = plain(host);
        if self.is_named(&host) {
            return Ok(());
        }
        if !is_encrypted {
            return Err(Fault::Plain(host));
        }
        match host.parse().map(is_public) {
            Ok(false) => Err(Fault::Private(host)),
            _ => Ok(()),
        }
    }

    /// Of what a name resolved to, the addresses that may be called; never none.
    pub fn fit(&self, host: &str, all: &[SocketAddr]) -> Result<Vec<SocketAddr>, Fault> {
        let is_named = self.is_named(host);
        let fit: Vec<_> = all.iter().copied().filter(|address| is_named || is_public(address.ip())).collect();
        match (fit.is_empty(), all.is_empty()) {
            (false, _) => Ok(fit),
            (true, false) => Err(Fault::Private(plain(host))),
            (true, true) => Err(Fault::Away(format!("{} has no address", plain(host)))),
        }
    }
}

/// As hosts are compared: lower case, no brackets, no dot at the end.
pub fn plain(host: &str) -> String {
    host.trim_matches(['[', ']']).trim_end_matches('.').to_ascii_lowercase()
}

/// True for an address on the internet at large (RFC 6890 and its successors), also when it comes wrapped in an IPv6 address.
pub fn is_public(address: IpAddr) -> bool {
    match address.to_canonical() {
        IpAddr::V4(v4) => is_public_v4(v4),
        IpAddr::V6(v6) => is_public_v6(v6),
    }
}

fn is_public_v4(address: Ipv4Addr) -> bool {
    let special = match address.octets() {
        [0 | 10 | 127, ..] | [224..=255, ..] => true,
        [100, second, ..] => (64..128).contains(&second),
        [169, 254, ..] | [192, 168, ..] => true,
        [172, second, ..] => (16..32).contains(&second),
        [192, 0, 0 | 2, _] | [192, 88, 99, _] => true,
        [198, 18 | 19, ..] | [198, 51, 100, _] | [203, 0, 113, _] => true,
        _ => address == AZURE_INNER,
    };
    !special
}

fn is_public_v6(address: Ipv6Addr) -> bool {
    match address.segments() {
        // NAT64 and 6to4 carry an IPv4 address.
        [0x64, 0xff9b, 0, 0, 0, 0, high, low] | [0x2002, high, low, ..] => is_public_v4(joined(high, low)),
        // Teredo, benchmarks, ORCHID, documentation.
        [0x2001, second, ..] => second >= 0x200 && second != 0xdb8,
        [0x3fff, second, ..] => second >= 0x1000,
        // Global unicast is 2000::/3, and nothing else.
        [first, ..] => first & 0xe000 == 0x2000,
    }
}

fn joined(high: u16, low: u16) -> Ipv4Addr {
    Ipv4Addr::from((u32::from(high) << 16) | u32::from(low))
}

/// Names that networks give themselves.
const INNER_NAMES: [&str; 9] =
    ["localhost", "local", "internal", "intranet", "private", "corp", "home", "lan", "home.arpa"];

/// Whether an address names a place of the web at large: http or https, nobody's name or password in it, and no host of this machine
/// or network as far as it says. For addresses that somebody else fetches: nothing is resolved here.
pub fn is_on_the_web(url: &Url) -> bool {
    let is_plain = url.username().is_empty() && url.password().is_none();
    let is_worldly = match url.host() {
        Some(Host::Domain(name)) => is_worldly(&plain(name)),
        Some(Host::Ipv4(address)) => is_public(address.into()),
        Some(Host::Ipv6(address)) => is_public(address.into()),
        None => false,
    };
    matches!(url.scheme(), "http" | "https") && is_plain && is_worldly
}

/// A name of one word is one of this network.
fn is_worldly(name: &str) -> bool {
    let is_inner = |inner: &str| name.strip_suffix(inner).is_some_and(|rest| rest.is_empty() || rest.ends_with('.'));
    name.contains('.') && !INNER_NAMES.iter().any(|inner| is_inner(inner))
}
