//! What goes over the wire and comes back: the Responses and Embeddings interfaces, with types that tolerate what they do not know.

use super::super::{Fault, Reason};
use serde::{Deserialize, Serialize, Serializer};
use serde_json::{Value, json};

/// `false`, whatever anybody sets: nothing is kept at the provider.
#[derive(Debug, Clone, Copy)]
pub struct Never;

impl Serialize for Never {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_bool(false)
    }
}

/// The body of `POST /responses`. There is no other way to make one.
#[derive(Debug, Clone, Serialize)]
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
#[derive(Debug, Clone, Serialize)]
pub struct EmbeddingsBody<'a> {
    pub model: &'a str,
    pub input: Vec<&'a str>,
    pub encoding_format: &'static str,
    /// Only for models that can give other lengths than their own.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub dimensions: Option<u16>,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
pub struct Usage {
    #[serde(default, alias = "prompt_tokens")]
    pub input_tokens: u32,
    #[serde(default)]
    pub output_tokens: u32,
}

#[derive(Debug, Clone, Default, Deserialize)]
pub struct Problem {
    #[serde(default)]
    pub code: Option<String>,
}

#[derive(Debug, Clone, Default, Deserialize)]
struct Incomplete {
    #[serde(default)]
    reason: Option<String>,
}

/// A response as far as we read it.
#[derive(Debug, Clone, Default, Deserialize)]
pub struct Response {
    #[serde(default)]
    pub status: Option<String>,
    #[serde(default)]
    pub model: String,
    #[serde(default)]
    pub output: Vec<Value>,
    #[serde(default)]
    pub usage: Option<Usage>,
    #[serde(default)]
    pub error: Option<Problem>,
    #[serde(default)]
    incomplete_details: Option<Incomplete>,
}

/// A call of one of our tools, not yet made. The arguments are the model's words: check them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ToolCall {
    pub call_id: String,
    pub name: String,
    /// JSON, or what the model took for it.
    pub arguments: String,
}

/// A whole answer.
#[derive(Debug, Clone, Default)]
pub struct Answer {
    pub text: String,
    pub calls: Vec<ToolCall>,
    pub model: String,
    pub usage: Usage,
    /// As they came, to be carried into the next round.
    pub items: Vec<Value>,
}

impl Response {
    /// The answer, or why it is none.
    pub fn answer(self) -> Result<Answer, Fault> {
        if let Some(problem) = &self.error {
            return Err(failed(problem));
        }
        match (self.status.as_deref(), self.incomplete_details.and_then(|details| details.reason).as_deref()) {
            (Some("completed") | None, _) => {}
            (Some("incomplete"), Some("content_filter")) => return Err(Fault::new(Reason::Declined)),
            (Some("incomplete"), _) => return Err(Fault::new(Reason::TooLong)),
            (Some("cancelled"), _) => return Err(Fault::new(Reason::Cut)),
            (Some(_), _) => return Err(Fault::new(Reason::Server)),
        }
        if self.output.is_empty() {
            return Err(Fault::new(Reason::Garbled));
        }
        let mut answer = Answer { model: self.model, usage: self.usage.unwrap_or_default(), ..Answer::default() };
        for item in &self.output {
            answer.hear(item)?;
        }
        answer.items = self.output;
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

/// What a failed response says of itself.
pub fn failed(problem: &Problem) -> Fault {
    let reason = match problem.code.as_deref().unwrap_or_default() {
        "rate_limit_exceeded" => Reason::Rate,
        "insufficient_quota" => Reason::Quota,
        "context_length_exceeded" => Reason::TooMuch,
        "invalid_api_key" => Reason::Key,
        "model_not_found" => Reason::Unknown,
        "invalid_prompt" | "content_filter" => Reason::Declined,
        _ => Reason::Server,
    };
    Fault::new(reason).code(problem.code.as_deref())
}

#[derive(Debug, Clone, Deserialize)]
pub struct Embeddings {
    pub data: Vec<Embedding>,
    #[serde(default)]
    pub usage: Option<Usage>,
}

#[derive(Debug, Clone, Deserialize)]
pub struct Embedding {
    pub index: usize,
    pub embedding: Vec<f32>,
}

impl Embeddings {
    /// One vector for each text, in their order, all of the wanted length and of finite numbers.
    pub fn vectors(self, texts: usize, dimension: u16) -> Result<Vec<Vec<f32>>, Fault> {
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
