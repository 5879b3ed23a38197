//! What Exa says: `results` with title, address, date and text, and `statuses` of pages it could not fetch. Odd fields are none.

use super::{WEB_PAGE_CHARS, WEB_RESULTS, WEB_TITLE_CHARS, WebPage};
use crate::ai::client::way::retry_after;
use crate::ai::{Fault, Reason};
use crate::net::{Answer, is_on_the_web};
use chrono::NaiveDate;
use serde_json::Value;
use url::Url;

/// Every page with an address of the web and words to read.
pub fn pages(said: &Value) -> Result<Vec<WebPage>, Fault> {
    let results = said.get("results").and_then(Value::as_array).ok_or_else(|| Fault::new(Reason::Garbled))?;
    Ok(results.iter().filter_map(|result| read(result, None)).take(WEB_RESULTS).collect())
}

/// The one page, or why there is none.
pub fn page(said: &Value, address: &Url) -> Result<WebPage, Fault> {
    let results = said.get("results").and_then(Value::as_array).ok_or_else(|| Fault::new(Reason::Garbled))?;
    let page = results.first().and_then(|result| read(result, Some(address)));
    page.filter(|page| !page.text.is_empty()).ok_or_else(|| Fault::new(Reason::NoPage).code(tag(said).as_deref()))
}

/// `asked` where the result need not say where it is.
fn read(result: &Value, asked: Option<&Url>) -> Option<WebPage> {
    let text = |name: &str| result.get(name).and_then(Value::as_str).unwrap_or_default();
    let address = Url::parse(text("url")).ok().filter(is_on_the_web).or_else(|| asked.cloned())?;
    let (title, words) = (cut(text("title"), WEB_TITLE_CHARS), cut(text("text"), WEB_PAGE_CHARS));
    let title = if title.is_empty() { address.host_str().unwrap_or_default().to_owned() } else { title };
    Some(WebPage { title, address, published: date(text("publishedDate")), text: words })
}

/// No database keeps a NUL, and no reader misses it.
fn cut(text: &str, chars: usize) -> String {
    text.trim().chars().filter(|c| *c != '\0').take(chars).collect()
}

/// The day, of a day or a time.
fn date(text: &str) -> Option<NaiveDate> {
    text.get(..10).and_then(|day| day.parse().ok())
}

/// Why a page was not fetched, in Exa's word.
fn tag(said: &Value) -> Option<String> {
    let status = said.get("statuses")?.as_array()?.first()?;
    Some(status.get("error")?.get("tag")?.as_str()?.to_ascii_lowercase())
}

/// An answer that is no success.
pub fn refused(answer: &Answer) -> Fault {
    let said: Value = serde_json::from_slice(&answer.body).unwrap_or_default();
    let code = said.get("tag").and_then(Value::as_str).map(str::to_ascii_lowercase);
    let reason = match answer.status {
        401 | 403 => Reason::Key,
        402 => Reason::Quota,
        404 => Reason::NoInterface,
        429 => Reason::Rate,
        408 | 409 | 500.. => Reason::Server,
        300..=399 => Reason::Redirected,
        _ => Reason::Request,
    };
    let wait = retry_after(answer.header("retry-after-ms"), answer.header("retry-after"), answer.header("date"));
    Fault::new(reason).status(answer.status).code(code.as_deref()).after(wait)
}
