//! A web search provider on this machine, which speaks Exa's wire format and goes wrong as planned. It keeps each request, and fails
//! the test when one has anything but a query, an address and limits in it.

use super::{App, Asked, Models, Outside, Said};
use serde_json::{Value, json};
use std::collections::VecDeque;
use std::sync::{Arc, Mutex};

pub const EXA_KEY: &str = "exa-test-ABCDEFGHIJKLMNOP";

pub struct Exa {
    outside: Outside,
    plan: Arc<Mutex<VecDeque<Said>>>,
}

impl Exa {
    pub fn new() -> Exa {
        let plan: Arc<Mutex<VecDeque<Said>>> = Arc::default();
        let next = plan.clone();
        let outside = Outside::new(move |asked| match asked.header("x-api-key") == EXA_KEY {
            false => Exa::refusal(401, "INVALID_API_KEY"),
            true => next.lock().unwrap().pop_front().unwrap_or_else(|| well(asked)),
        });
        Exa { outside, plan }
    }

    /// An answer that is no success, as Exa writes one; its sentence quotes what was asked.
    pub fn refusal(status: u16, tag: &str) -> Said {
        let said = json!({ "requestId": "r", "error": "You asked for: the secret words", "tag": tag });
        Said { status, ..Said::json(&said) }
    }

    /// The named world with this provider and a model provider, and further settings.
    pub fn app_with(&self, models: &Models, more: &[(&str, &str)]) -> App {
        let base = self.outside.url("").to_string();
        let usual = [("EXA_API_KEY", EXA_KEY), ("TOW_AI__EXA_BASE_URL", base.as_str())];
        let missing = usual.into_iter().filter(|(name, _)| !more.iter().any(|(own, _)| own == name));
        models.app_with(&more.iter().copied().chain(missing).collect::<Vec<_>>())
    }

    pub fn app(&self, models: &Models) -> App {
        self.app_with(models, &[])
    }

    /// At its next requests, in this order; without a plan it answers well.
    pub fn then(&self, said: impl IntoIterator<Item = Said>) {
        self.plan.lock().unwrap().extend(said);
    }

    pub fn asked(&self) -> Vec<Asked> {
        self.outside.asked()
    }

    /// Host and port, as the ledger names it.
    pub fn site(&self) -> String {
        self.outside.address.to_string()
    }

    pub fn bodies(&self) -> Vec<Value> {
        self.asked().iter().map(|asked| serde_json::from_str(&asked.body).unwrap()).collect()
    }
}

impl Drop for Exa {
    fn drop(&mut self) {
        if std::thread::panicking() {
            return;
        }
        for (asked, body) in self.asked().iter().zip(self.bodies()) {
            let fields: &[&str] =
                if asked.path == "/search" { &["query", "numResults", "contents"] } else { &["urls", "text"] };
            assert!(asked.path == "/search" || asked.path == "/contents", "{}", asked.path);
            assert!(body.as_object().unwrap().keys().all(|field| fields.contains(&field.as_str())), "{body}");
        }
    }
}

fn well(asked: &Asked) -> Said {
    let body: Value = serde_json::from_str(&asked.body).unwrap_or_default();
    match asked.path.as_str() {
        "/search" => {
            let many = body["numResults"].as_u64().unwrap_or_default();
            let results: Vec<Value> =
                (1..=many).map(|number| result(&format!("https://steel.example/{number}"))).collect();
            Said::json(
                &json!({ "requestId": "r", "resolvedSearchType": "neural", "results": results, "costDollars": { "total": 0.005 } }),
            )
        }
        _ => {
            let address = body["urls"][0].as_str().unwrap_or_default();
            let statuses = json!([{ "id": address, "status": "success", "source": "cached" }]);
            Said::json(&json!({ "requestId": "r", "results": [result(address)], "statuses": statuses }))
        }
    }
}

fn result(address: &str) -> Value {
    json!({ "id": address, "url": address, "title": format!("Steel at {address}"), "score": 0.2, "author": null,
        "publishedDate": "2026-03-04T05:06:07.000Z", "text": "Prices of sheet piles rose in March." })
}
