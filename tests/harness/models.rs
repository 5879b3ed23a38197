//! A model provider on this machine, which speaks the real wire format: streamed events, function calls, structured outputs, vectors,
//! and everything that goes wrong. It keeps each request, and fails the test when one lets the provider remember anything.

use super::outside::{FAR_TOO_LATE, hear, listen};
use super::{App, Asked};
use serde_json::{Value, json};
use std::collections::VecDeque;
use std::io::{BufReader, Write};
use std::net::{SocketAddr, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

/// A request for vectors that has it in any text is called wrong, as by a model that cannot read it.
pub const REFUSED_WORD: &str = "zzunreadable";

/// Numbers in a vector, in tests.
pub const DIM: usize = 64;
pub const MODEL_KEY: &str = "sk-test-ABCDEFGHIJKLMNOP";

/// What it does at one request; without a plan it answers well.
#[derive(Debug, Clone)]
pub enum Turn {
    /// This text.
    Says(String),
    /// A call of this tool with these arguments.
    Calls(&'static str, &'static str),
    /// An error with further headers.
    Fails(u16, &'static str, Vec<(&'static str, String)>),
    /// Well, after this long.
    Late(Duration),
    /// Streamed: this many pieces of the text, then the connection ends. Else: half of the body.
    Cut(usize),
    /// No JSON.
    Garbled,
    /// A text of so many bytes.
    Long(usize),
    /// Vectors of another length.
    Vectors(usize),
    /// These events and nothing else.
    Events(Vec<Value>),
    /// A streamed answer that stops in the middle without ending.
    Hangs,
    /// A streamed answer of so many pieces, with this between them.
    Drips(usize, Duration),
    /// This body, whole.
    Body(Value),
}

type Plan = Arc<Mutex<VecDeque<Turn>>>;

pub struct Models {
    pub address: SocketAddr,
    asked: Arc<Mutex<Vec<Asked>>>,
    plan: Plan,
    stop: Arc<AtomicBool>,
}

impl Models {
    pub fn new() -> Models {
        let listener = listen();
        let address = listener.local_addr().unwrap();
        let models = Models { address, asked: Arc::default(), plan: Arc::default(), stop: Arc::default() };
        let (asked, plan, stop) = (models.asked.clone(), models.plan.clone(), models.stop.clone());
        std::thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                if stop.load(Ordering::Relaxed) {
                    return;
                }
                let (asked, plan) = (asked.clone(), plan.clone());
                std::thread::spawn(move || talk(stream, &asked, &plan));
            }
        });
        models
    }

    /// The named world with this provider, and further settings.
    pub fn app_with(&self, more: &[(&str, &str)]) -> App {
        let settings = self.settings(more);
        App::configured(&borrowed(&settings))
    }

    /// As `app`, in a database of its own, where many calls run at once.
    pub fn own_app(&self) -> App {
        let settings = self.settings(&[]);
        App::own_configured(&borrowed(&settings))
    }

    fn settings(&self, more: &[(&str, &str)]) -> Vec<(String, String)> {
        let usual = [
            ("OPENAI_API_KEY", MODEL_KEY.to_owned()),
            ("OPENAI_BASE_URL", format!("http://{}/v1", self.address)),
            ("TOW_AI__EMBEDDING_DIM", DIM.to_string()),
            ("TOW_SECURITY__OUTBOUND_ALLOWED_HOSTS", "127.0.0.1".to_owned()),
        ];
        let missing = usual.into_iter().filter(|(name, _)| !more.iter().any(|(own, _)| own == name));
        let more = more.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        more.chain(missing.map(|(name, value)| (name.to_owned(), value))).collect()
    }

    pub fn app(&self) -> App {
        self.app_with(&[])
    }

    /// At its next requests, in this order.
    pub fn then(&self, turns: impl IntoIterator<Item = Turn>) {
        self.plan.lock().unwrap().extend(turns);
    }

    /// Everything asked so far.
    pub fn asked(&self) -> Vec<Asked> {
        self.asked.lock().unwrap().clone()
    }

    pub fn bodies(&self) -> Vec<Value> {
        self.asked().iter().map(|asked| serde_json::from_str(&asked.body).unwrap()).collect()
    }

    /// Every text that was sent, in one.
    pub fn heard(&self) -> String {
        self.asked().into_iter().map(|asked| asked.body).collect()
    }
}

fn borrowed(settings: &[(String, String)]) -> Vec<(&str, &str)> {
    settings.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect()
}

impl Drop for Models {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
        let _ = TcpStream::connect(self.address);
        if std::thread::panicking() {
            return;
        }
        record(&self.bodies());
        for (asked, body) in self.asked().iter().zip(self.bodies()) {
            assert!(asked.path == "/v1/responses" || asked.path == "/v1/embeddings", "{}", asked.path);
            let remembers = ["previous_response_id", "conversation", "background", "prompt_cache_retention"];
            assert!(
                remembers.iter().all(|field| body.get(field).is_none()),
                "the provider was told to remember: {body}"
            );
            assert!(asked.path == "/v1/embeddings" || body["store"] == json!(false), "store is not false: {body}");
        }
    }
}

/// Where a whole run is counted: a line for each provider, `bench/recorded.sh` adds them up.
#[expect(clippy::disallowed_methods, reason = "a switch of the tests; the program itself reads no such variable")]
fn record(bodies: &[Value]) {
    if std::env::var_os("TOW_RECORD").is_none() {
        return;
    }
    let answers = bodies.iter().filter(|body| body.get("instructions").is_some());
    let (mut asked, mut kept) = (0, 0);
    for body in answers {
        asked += 1;
        kept += usize::from(body["store"] != json!(false));
    }
    let line = format!("{asked} {kept} {}\n", bodies.len() - asked);
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/target/recorded.txt");
    let file = std::fs::OpenOptions::new().create(true).append(true).open(path);
    let _ = file.and_then(|mut file| file.write_all(line.as_bytes()));
}

fn talk(mut stream: TcpStream, kept: &Mutex<Vec<Asked>>, plan: &Plan) {
    let mut reader = BufReader::new(stream.try_clone().unwrap());
    let Some(asked) = hear(&mut reader) else { return };
    let turn = plan.lock().unwrap().pop_front();
    kept.lock().unwrap().push(asked.clone());
    let body: Value = serde_json::from_str(&asked.body).unwrap_or_default();
    let is_keyed = asked.header("authorization") == format!("Bearer {MODEL_KEY}");
    let turn = if is_keyed { turn } else { Some(Turn::Fails(401, "invalid_api_key", Vec::new())) };
    // Who asked may have gone away, which is what some tests want.
    let _ = match turn {
        Some(Turn::Fails(status, code, headers)) => fail(&mut stream, status, code, &headers),
        Some(Turn::Garbled) => whole(&mut stream, 200, &[], "{\"output\": [{\"type\": \"mess"),
        Some(Turn::Body(body)) => whole(&mut stream, 200, &[], &body.to_string()),
        Some(Turn::Late(after)) => {
            std::thread::sleep(after);
            answer(&mut stream, &asked, &body, None)
        }
        turn => answer(&mut stream, &asked, &body, turn),
    };
}

fn answer(stream: &mut TcpStream, asked: &Asked, body: &Value, turn: Option<Turn>) -> std::io::Result<()> {
    if asked.path.ends_with("/embeddings") {
        let is_refused = |text: &Value| text.as_str().is_some_and(|text| text.contains(REFUSED_WORD));
        if body["input"].as_array().is_some_and(|texts| texts.iter().any(is_refused)) {
            return fail(stream, 400, "invalid_value", &[]);
        }
        let length = if let Some(Turn::Vectors(length)) = turn { length } else { DIM };
        return whole(stream, 200, &[], &vectors(body, length).to_string());
    }
    let response = response(body, turn.as_ref());
    if body["stream"] == json!(true) {
        return streamed(stream, &response, turn);
    }
    let text = response.to_string();
    match turn {
        Some(Turn::Cut(_)) => {
            let head =
                format!("HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n", text.len());
            stream.write_all(head.as_bytes())?;
            stream.write_all(&text.as_bytes()[..text.len() / 2])
        }
        _ => whole(stream, 200, &[], &text),
    }
}

/// As the provider writes one: thoughts first, encrypted when asked for, then the message or the call.
fn response(body: &Value, turn: Option<&Turn>) -> Value {
    let mut output = Vec::new();
    let wants_thoughts =
        body["include"].as_array().is_some_and(|all| all.contains(&json!("reasoning.encrypted_content")));
    if wants_thoughts {
        output.push(
            json!({ "id": "rs_1", "type": "reasoning", "summary": [], "encrypted_content": "gAAAA-sealed-thoughts" }),
        );
    }
    let message = |text: &str| {
        json!({ "id": "msg_1", "type": "message", "role": "assistant", "status": "completed",
            "content": [{ "type": "output_text", "text": text, "annotations": [], "logprobs": [] }] })
    };
    output.push(match turn {
        Some(Turn::Says(text)) => message(text),
        Some(Turn::Calls(name, arguments)) => {
            json!({ "id": "fc_1", "type": "function_call", "call_id": "call_1", "name": name,
            "arguments": arguments, "status": "completed" })
        }
        Some(Turn::Long(bytes)) => message(&"x".repeat(*bytes)),
        _ => message("ready when you are"),
    });
    json!({ "id": "resp_1", "object": "response", "created_at": 1, "status": "completed", "model": body["model"], "output": output,
        "parallel_tool_calls": true, "store": false, "error": null, "incomplete_details": null,
        "usage": { "input_tokens": 40, "input_tokens_details": { "cached_tokens": 0 }, "output_tokens": 8,
            "output_tokens_details": { "reasoning_tokens": 4 }, "total_tokens": 48 } })
}

fn streamed(stream: &mut TcpStream, response: &Value, turn: Option<Turn>) -> std::io::Result<()> {
    stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\nconnection: close\r\n\r\n")?;
    if let Some(Turn::Events(events)) = &turn {
        return events.iter().try_for_each(|event| send(stream, event));
    }
    if let Some(Turn::Drips(pieces, gap)) = turn {
        for _ in 0..pieces {
            send(stream, &json!({ "type": "response.output_text.delta", "item_id": "msg_1", "delta": "drip " }))?;
            std::thread::sleep(gap);
        }
        return send(stream, &json!({ "type": "response.completed", "response": response }));
    }
    send(
        stream,
        &json!({ "type": "response.created", "response": { "id": "resp_1", "status": "in_progress", "output": [] } }),
    )?;
    // Something of next year, which nobody knows yet.
    send(stream, &json!({ "type": "response.dreams.delta", "dream": { "of": ["electric", "sheep"] } }))?;
    for item in response["output"].as_array().unwrap() {
        send(stream, &json!({ "type": "response.output_item.added", "item": item }))?;
        let text = item["content"][0]["text"].as_str().unwrap_or_default().to_owned();
        for (number, word) in text.split_inclusive(' ').enumerate() {
            if matches!(turn, Some(Turn::Cut(pieces)) if pieces == number) {
                stream.write_all(b"event: response.output_text.delta\ndata: {\"type\": \"response.outp")?;
                return stream.flush();
            }
            send(stream, &json!({ "type": "response.output_text.delta", "item_id": item["id"], "delta": word }))?;
            if matches!(turn, Some(Turn::Hangs)) {
                std::thread::sleep(FAR_TOO_LATE);
                return Ok(());
            }
        }
        send(stream, &json!({ "type": "response.output_item.done", "item": item }))?;
    }
    send(stream, &json!({ "type": "response.completed", "response": response }))
}

fn send(stream: &mut TcpStream, event: &Value) -> std::io::Result<()> {
    let kind = event["type"].as_str().unwrap_or_default();
    stream.write_all(format!("event: {kind}\ndata: {event}\n\n").as_bytes())?;
    stream.flush()
}

fn whole(stream: &mut TcpStream, status: u16, headers: &[(&str, String)], body: &str) -> std::io::Result<()> {
    let more: String = headers.iter().map(|(name, value)| format!("{name}: {value}\r\n")).collect();
    let head = format!(
        "HTTP/1.1 {status} X\r\ncontent-type: application/json\r\ncontent-length: {}\r\nconnection: close\r\n{more}\r\n",
        body.len()
    );
    stream.write_all(head.as_bytes())?;
    stream.write_all(body.as_bytes())
}

fn fail(stream: &mut TcpStream, status: u16, code: &str, headers: &[(&str, String)]) -> std::io::Result<()> {
    // A provider's sentence may quote what was sent.
    let error =
        json!({ "error": { "message": "You sent: the secret words", "type": "error", "param": null, "code": code } });
    whole(stream, status, headers, &error.to_string())
}

/// Texts with the same words, or words of one meaning, point the same way.
fn vectors(body: &Value, length: usize) -> Value {
    let texts = body["input"].as_array().cloned().unwrap_or_default();
    let one = |(index, text): (usize, &Value)| json!({ "object": "embedding", "index": index, "embedding": vector(text.as_str().unwrap(), length) });
    // Not in order: the index counts.
    let data: Vec<Value> = texts.iter().enumerate().map(one).rev().collect();
    let tokens: usize = texts.iter().map(|text| text.as_str().unwrap_or_default().len() / 4 + 1).sum();
    json!({ "object": "list", "model": body["model"], "data": data, "usage": { "prompt_tokens": tokens, "total_tokens": tokens } })
}

/// Words that mean the same.
const MEANINGS: [&[&str]; 4] = [
    &["vessel", "ship", "boat", "ferry", "ferries"],
    &["money", "budget", "cost", "price", "funding"],
    &["storm", "gale", "weather", "wind"],
    &["employee", "colleague", "staff", "hire"],
];

pub fn vector(text: &str, length: usize) -> Vec<f32> {
    let mut vector = vec![0.01_f32; length];
    for word in text.to_lowercase().split(|c: char| !c.is_alphanumeric()).filter(|word| word.len() > 2) {
        let word = MEANINGS.iter().find(|all| all.contains(&word)).map_or(word, |all| all[0]);
        let hash = word.bytes().fold(5381_usize, |hash, byte| hash.wrapping_mul(33) ^ usize::from(byte));
        vector[hash % length] += 1.0;
    }
    let norm = vector.iter().map(|number| number * number).sum::<f32>().sqrt();
    vector.into_iter().map(|number| number / norm).collect()
}
