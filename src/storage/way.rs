//! What the library for buckets sends its requests through: our own way out, with its rules of addresses and certificates.

use super::{PATIENCE_SECONDS, SENDING_SECONDS};
use crate::net::{Fault, Net};
use async_trait::async_trait;
use http_body_util::BodyExt;
use object_store::client::{
    HttpClient, HttpConnector, HttpError, HttpErrorKind, HttpRequest, HttpResponse, HttpResponseBody, HttpService,
};
use object_store::{ClientOptions, Result};
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

#[derive(Clone)]
pub struct Way {
    net: Arc<Net>,
}

impl Way {
    pub fn through(net: Net) -> Way {
        Way { net: Arc::new(net) }
    }
}

impl fmt::Debug for Way {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Way")
    }
}

impl HttpConnector for Way {
    fn connect(&self, _: &ClientOptions) -> Result<HttpClient> {
        Ok(HttpClient::new(self.clone()))
    }
}

#[async_trait]
impl HttpService for Way {
    async fn call(&self, request: HttpRequest) -> std::result::Result<HttpResponse, HttpError> {
        // What carries a part takes as long as the line needs.
        let is_carrying = request.body().content_length() > 0;
        let seconds = if is_carrying { SENDING_SECONDS } else { PATIENCE_SECONDS };
        let arrived = self.net.convey(request, Duration::from_secs(seconds)).await.map_err(refused)?;
        let (head, body) = arrived.into_parts();
        let body = body.map_err(|why| HttpError::new(HttpErrorKind::Interrupted, why));
        Ok(HttpResponse::from_parts(head, HttpResponseBody::new(body)))
    }
}

/// What is away may be back in a moment; what our rules refuse stays refused.
fn refused(fault: Fault) -> HttpError {
    let kind = match fault {
        Fault::Away(_) => HttpErrorKind::Connect,
        _ => HttpErrorKind::Unknown,
    };
    HttpError::new(kind, fault)
}
