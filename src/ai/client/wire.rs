//! What goes over the wire and comes back: the Responses and Embeddings interfaces, with types that tolerate what they do not know.

use super::super::{Fault, Reason};
use serde::{Deserialize, Serialize, Serializer};
use serde_json::{Value, json};
use std::fmt;

/// `false`, whatever anybody sets: nothing is kept at the provider.
#[derive(Debug, Clone, Copy)]
pub struct Never;

impl Serialize for Never {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_bool(false)
    }
}

/// The body of `POST /responses`. There is no other way to make one.
#[derive(Clone, Serialize)]
pub struct ResponsesBody<'a> {
    pub model: &'a str,
    pub instructions: &'a str,
    pub input: &'a [Value],
    pub store: Never,
    pub stream: bool,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub include: Vec<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reasoning: Option<Value>,
    #[serde(skip_serializing_if = "<[Value]>::is_empty")]
    pub tools: &'a [Value],
    #[serde(skip_serializing_if = "Option::is_none")]
    pub text: Option<Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_output_tokens: Option<u32>,
}

impl<'a> ResponsesBody<'a> {
    /// With an effort the model's thoughts come back encrypted, to be carried into the next round.
    pub fn new(model: &'a str, effort: &str, instructions: &'a str, input: &'a [Value]) -> Self {
        let thinks = effort != "none";
        ResponsesBody {
            model,
            instructions,
            input,
            store: Never,
            stream: false,
            include: if thinks { vec!["reasoning.encrypted_content"] } else { Vec::new() },
            reasoning: thinks.then(|| json!({ "effort": effort })),
            tools: &[],
            text: None,
            max_output_tokens: None,
        }
    }
}

/// The body of `POST /embeddings`.
#[derive(Clone, Serialize)]
pub struct EmbeddingsBody<'a> {
    pub model: &'a str,
    pub input: Vec<&'a str>,
    pub encoding_format: &'static str,
    /// Only for models that can give other lengths than their own.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub dimensions: Option<u16>,
}

/// What came of a try, and what it cost; None where the provider did not say.
pub type Costly<T> = (Result<T, Fault>, Option<Usage>);

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Usage {
    pub input_tokens: u32,
    pub output_tokens: u32,
}

impl Usage {
    /// By whichever names; a provider that writes both, or null, has been seen. None without a number for what was sent.
    fn of(said: Option<&Value>) -> Option<Usage> {
        let number = |names: [&str; 2]| {
            let number = names.iter().find_map(|name| said?.get(name)?.as_u64());
            number.map(|number| u32::try_from(number).unwrap_or(u32::MAX))
        };
        let input_tokens = number(["input_tokens", "prompt_tokens"])?;
        Some(Usage { input_tokens, output_tokens: number(["output_tokens", "completion_tokens"]).unwrap_or_default() })
    }
}

/// A response as far as we read it; odd fields are none.
pub struct Response(Value);

/// A call of one of our tools, not yet made. The arguments are the model's words: check them.
#[derive(Clone, PartialEq, Eq)]
pub struct ToolCall {
    pub call_id: String,
    pub name: String,
    /// JSON, or what the model took for it.
    pub arguments: String,
}

/// A whole answer.
#[derive(Clone, Default)]
pub struct Answer {
    pub text: String,
    pub calls: Vec<ToolCall>,
    pub model: String,
    pub usage: Usage,
    /// As they came, to be carried into the next round.
    pub items: Vec<Value>,
}

impl Response {
    pub fn of(said: Value) -> Self {
        Response(said)
    }

    fn text(&self, name: &str) -> Option<&str> {
        self.0.get(name)?.as_str()
    }

    /// The answer, or why it is none; what it cost either way.
    pub fn answer(mut self) -> Costly<Answer> {
        let usage = Usage::of(self.0.get("usage"));
        let items = match self.0.get_mut("output").map(Value::take) {
            Some(Value::Array(items)) => items,
            _ => Vec::new(),
        };
        (self.read(items, usage), usage)
    }

    fn read(&self, items: Vec<Value>, usage: Option<Usage>) -> Result<Answer, Fault> {
        if let Some(problem) = self.0.get("error").filter(|problem| !problem.is_null()) {
            return Err(failed(problem));
        }
        let why = self.0.get("incomplete_details").and_then(|details| details.get("reason")).and_then(Value::as_str);
        match (self.text("status"), why) {
            (Some("completed") | None, _) => {}
            (Some("incomplete"), Some("content_filter")) => return Err(Fault::new(Reason::Declined)),
            (Some("incomplete"), _) => return Err(Fault::new(Reason::TooLong)),
            (Some("cancelled"), _) => return Err(Fault::new(Reason::Cut)),
            (Some(_), _) => return Err(Fault::new(Reason::Server)),
        }
        let model = self.text("model").unwrap_or_default().to_owned();
        let mut answer = Answer { model, usage: usage.unwrap_or_default(), ..Answer::default() };
        items.iter().try_for_each(|item| answer.hear(item))?;
        // Thoughts alone are no answer.
        if answer.text.is_empty() && answer.calls.is_empty() {
            return Err(Fault::new(Reason::Garbled));
        }
        answer.items = items;
        Ok(answer)
    }
}

impl Answer {
    fn hear(&mut self, item: &Value) -> Result<(), Fault> {
        let text = |name: &str| item.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
        match text("type").as_str() {
            "function_call" => {
                self.calls.push(ToolCall {
                    call_id: text("call_id"),
                    name: text("name"),
                    arguments: text("arguments"),
                });
            }
            "message" => {
                let parts = item.get("content").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
                for part in parts {
                    match part.get("type").and_then(Value::as_str) {
                        Some("output_text") => {
                            self.text.push_str(part.get("text").and_then(Value::as_str).unwrap_or_default())
                        }
                        Some("refusal") => return Err(Fault::new(Reason::Declined)),
                        _ => {}
                    }
                }
            }
            _ => {}
        }
        Ok(())
    }
}

/// What a failed response says of itself. What we do not know is about this request: it is neither tried again nor an outage.
pub fn failed(problem: &Value) -> Fault {
    let code = problem.get("code").and_then(Value::as_str);
    let reason = match code {
        None | Some("server_error" | "vector_store_timeout") => Reason::Server,
        Some("rate_limit_exceeded") => Reason::Rate,
        Some("insufficient_quota") => Reason::Quota,
        Some("context_length_exceeded") => Reason::TooMuch,
        Some("invalid_api_key") => Reason::Key,
        Some("model_not_found") => Reason::Unknown,
        Some("invalid_prompt" | "content_filter") => Reason::Declined,
        Some(_) => Reason::Request,
    };
    Fault::new(reason).code(code)
}

#[derive(Deserialize)]
pub struct Embeddings {
    data: Vec<Embedding>,
    #[serde(default)]
    usage: Option<Value>,
}

#[derive(Deserialize)]
struct Embedding {
    index: usize,
    embedding: Vec<f32>,
}

impl Embeddings {
    /// One vector for each text, in their order, all of the wanted length and of finite numbers.
    pub fn vectors(self, texts: usize, dimension: u16) -> Costly<Vec<Vec<f32>>> {
        let usage = Usage::of(self.usage.as_ref());
        (self.sorted(texts, dimension), usage)
    }

    fn sorted(self, texts: usize, dimension: u16) -> Result<Vec<Vec<f32>>, Fault> {
        let wrong = |about: usize| Fault::new(Reason::Dimension).about(about);
        if self.data.len() != texts {
            return Err(Fault::new(Reason::Garbled));
        }
        let mut vectors: Vec<Option<Vec<f32>>> = vec![None; texts];
        for one in self.data {
            if one.embedding.len() != usize::from(dimension) {
                return Err(wrong(one.embedding.len()));
            }
            let is_sound = one.embedding.iter().all(|number| number.is_finite());
            let place = vectors.get_mut(one.index).filter(|place| place.is_none() && is_sound);
            *place.ok_or_else(|| Fault::new(Reason::Garbled))? = Some(one.embedding);
        }
        Ok(vectors.into_iter().flatten().collect())
    }
}

/// Counts: the words are the asker's.
impl fmt::Debug for Answer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut shown = f.debug_struct("Answer");
        shown.field("bytes", &self.text.len()).field("calls", &self.calls).field("model", &self.model);
        shown.field("usage", &self.usage).field("items", &self.items.len()).finish_non_exhaustive()
    }
}

impl fmt::Debug for ToolCall {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ToolCall").field("name", &self.name).finish_non_exhaustive()
    }
}
