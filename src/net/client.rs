//! The client: made at its first call, because reading the machine's certificates takes a while.

use crate::config::Security;
use crate::net::{Answer, CONNECT_SECONDS, Call, Fault, Fence};
use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use reqwest::header;
use std::future::Future;
use std::net::{IpAddr, SocketAddr};
use std::path::PathBuf;
use std::pin::Pin;
use std::sync::{Arc, OnceLock};
use std::time::Duration;
use url::Url;

/// What a name resolves to.
pub type Addresses = Pin<Box<dyn Future<Output = std::io::Result<Vec<IpAddr>>> + Send>>;
/// How names are resolved; tests bring their own.
pub type Lookup = Arc<dyn Fn(String) -> Addresses + Send + Sync>;

pub struct Net {
    fence: Fence,
    certificates: Vec<PathBuf>,
    lookup: Lookup,
    client: OnceLock<reqwest::Client>,
}

impl Net {
    pub fn new(security: &Security) -> Self {
        Net::with_lookup(security, Arc::new(|host| Box::pin(system_lookup(host))))
    }

    pub fn with_lookup(security: &Security, lookup: Lookup) -> Self {
        let certificates = security.additional_ca_certificates.clone();
        Net { fence: Fence::of(security), certificates, lookup, client: OnceLock::new() }
    }

    /// The answer, whatever its status. Never within a transaction.
    pub async fn send(&self, call: Call) -> Result<Answer, Fault> {
        self.follow(self.kept()?, call).await
    }

    /// The one client of this process, made at its first use.
    pub(in crate::net) fn kept(&self) -> Result<&reqwest::Client, Fault> {
        match self.client.get() {
            Some(client) => Ok(client),
            None => {
                let made = self.client()?;
                Ok(self.client.get_or_init(|| made))
            }
        }
    }

    /// As `send`, for a job's thread, which has no runtime. Keeps no connection, because its runtime ends with the call.
    pub fn send_now(&self, call: Call) -> Result<Answer, Fault> {
        let client = self.client()?;
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        let runtime = runtime.map_err(|error| Fault::Away(format!("no runtime: {error}")))?;
        runtime.block_on(self.follow(&client, call))
    }

    /// Whether this address may be called at all, before anything is resolved.
    pub fn check(&self, url: &Url) -> Result<(), Fault> {
        let host = url.host_str().unwrap_or_default();
        match url.scheme() {
            "http" | "https" => self.fence.check(host, url.scheme() == "https"),
            _ => Err(Fault::Plain(host.to_owned())),
        }
    }

    async fn follow(&self, client: &reqwest::Client, mut call: Call) -> Result<Answer, Fault> {
        loop {
            self.check(&call.url)?;
            let answer = once(client, &call).await?;
            let target = answer.header("location").and_then(|to| call.url.join(to).ok());
            match target {
                Some(to) if call.redirects > 0 && is_redirect(&call, answer.status) => call = redirected(call, to),
                _ => return Ok(answer),
            }
        }
    }

    fn client(&self) -> Result<reqwest::Client, Fault> {
        // The second call of a process finds one installed, which is the same.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let resolver = Checked { fence: self.fence.clone(), lookup: self.lookup.clone() };
        let builder = reqwest::Client::builder()
            .user_agent(concat!("TOW/", env!("CARGO_PKG_VERSION")))
            .redirect(reqwest::redirect::Policy::none())
            .referer(false)
            .no_proxy()
            .connect_timeout(Duration::from_secs(CONNECT_SECONDS))
            .dns_resolver(resolver);
        let builder = builder.tls_certs_merge(self.own_certificates()?);
        builder.build().map_err(|error| Fault::Away(format!("no HTTP client: {}", whole(&error))))
    }

    fn own_certificates(&self) -> Result<Vec<reqwest::Certificate>, Fault> {
        let mut all = Vec::new();
        for path in &self.certificates {
            let wrong =
                |why: String| Fault::Away(format!("security.additional_ca_certificates: {}: {why}", path.display()));
            let pem = std::fs::read(path).map_err(|error| wrong(error.to_string()))?;
            all.extend(reqwest::Certificate::from_pem_bundle(&pem).map_err(|error| wrong(error.to_string()))?);
        }
        Ok(all)
    }
}

async fn once(client: &reqwest::Client, call: &Call) -> Result<Answer, Fault> {
    let request = client
        .request(call.method.clone(), call.url.clone())
        .headers(call.headers.clone())
        .body(call.body.clone())
        .timeout(call.timeout);
    let mut response = request.send().await.map_err(|error| fault(&call.url, &error))?;
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await.map_err(|error| fault(&call.url, &error))? {
        if body.len() + chunk.len() > call.max_bytes {
            return Err(Fault::TooLarge(call.max_bytes));
        }
        body.extend_from_slice(&chunk);
    }
    Ok(Answer { status: response.status().as_u16(), headers: response.headers().clone(), body })
}

fn is_redirect(call: &Call, status: u16) -> bool {
    call.method == reqwest::Method::GET && matches!(status, 301 | 302 | 303 | 307 | 308)
}

/// What was meant for one site is not told to another.
fn redirected(mut call: Call, to: Url) -> Call {
    if to.origin() != call.url.origin() {
        for name in [header::AUTHORIZATION, header::COOKIE, header::PROXY_AUTHORIZATION] {
            call.headers.remove(name);
        }
    }
    Call { url: to, redirects: call.redirects - 1, ..call }
}

/// Resolves a name and hands on only the addresses that may be called: what was checked is what is connected to.
struct Checked {
    fence: Fence,
    lookup: Lookup,
}

impl Resolve for Checked {
    fn resolve(&self, name: Name) -> Resolving {
        let host = name.as_str().to_owned();
        let (fence, found) = (self.fence.clone(), (self.lookup)(host.clone()));
        Box::pin(async move {
            let all: Vec<_> = found.await?.into_iter().map(|address| SocketAddr::new(address, 0)).collect();
            Ok(Box::new(fence.fit(&host, &all)?.into_iter()) as Addrs)
        })
    }
}

async fn system_lookup(host: String) -> std::io::Result<Vec<IpAddr>> {
    let found = tokio::net::lookup_host((host.as_str(), 0)).await?;
    Ok(found.map(|address| address.ip()).collect())
}

/// Our own refusal inside the client's error, else what the client says, without the path and query of the address.
pub(in crate::net) fn fault(url: &Url, error: &reqwest::Error) -> Fault {
    let mut inner: Option<&(dyn std::error::Error + 'static)> = Some(error);
    while let Some(cause) = inner {
        if let Some(ours) = cause.downcast_ref::<Fault>() {
            return ours.clone();
        }
        inner = cause.source();
    }
    let host = url.host_str().unwrap_or_default();
    match error.is_timeout() {
        true => Fault::Away(format!("{host} did not answer in time")),
        false => Fault::Away(format!("{host} did not answer: {}", whole(error))),
    }
}

/// The last cause, which is the one that says something ("connection refused").
fn whole(error: &reqwest::Error) -> String {
    let first = std::error::Error::source(error);
    let last = std::iter::successors(first, |cause| cause.source()).last();
    last.map(ToString::to_string).unwrap_or_else(|| "no connection".to_owned())
}
