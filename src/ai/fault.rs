//! Why there is no answer, in a closed list of words: what the ledger keeps, and what people read.

use super::Endpoint;
use crate::error::{Error, Msg};
use crate::text_enum;
use std::time::Duration;

text_enum!(
    /// One word for each way in which it can fail. `ai-fault-WORD` is its sentence.
    Reason {
        /// No key is set.
        NoKey = "no_key",
        /// The policy of the organisation or of a project forbids it.
        Policy = "policy",
        /// A record in it must not leave: its project has AI off, or its owner keeps it out.
        Kept = "kept",
        /// The model is not among the allowed.
        Model = "model",
        /// The provider is not among the allowed.
        Host = "host",
        /// The assistant is not among the allowed.
        Assistant = "assistant",
        /// This month's tokens are used up.
        Budget = "budget",
        /// Too many calls at the same time.
        Busy = "busy",
        /// The provider failed several times in a row and is left alone for a moment.
        Resting = "resting",
        /// The provider refuses our key.
        Key = "key",
        /// The provider's account is used up.
        Quota = "quota",
        /// Too fast for the provider.
        Rate = "rate",
        /// The provider does not know this model.
        Unknown = "unknown_model",
        /// The provider does not take this request.
        Request = "request",
        /// More than the model can read at once.
        TooMuch = "too_much",
        /// The provider fails.
        Server = "server",
        /// Not reached, or not in time.
        Away = "away",
        /// Longer than we wait.
        Slow = "slow",
        /// Nothing at this address takes such requests.
        NoInterface = "no_interface",
        /// The provider sends us elsewhere, where we do not go.
        Redirected = "redirected",
        /// Our own rules of addresses forbid it.
        Address = "address",
        /// The answer ended in the middle.
        Cut = "cut",
        /// The answer cannot be read.
        Garbled = "garbled",
        /// The answer is longer than we take.
        TooLong = "too_long",
        /// Vectors of another length, or another number of them.
        Dimension = "dimension",
        /// The model declines to answer.
        Declined = "declined",
        /// Somebody stopped it.
        Cancelled = "cancelled",
        /// No key for the web is set. What a model is told, too.
        WebOff = "web_tools_not_configured",
        /// An address of this machine or network, or none of the web.
        Private = "private_address",
        /// An address with something in it that is masked.
        Masked = "masked_address",
        /// The page is not there, or nobody may fetch it.
        NoPage = "no_page",
    }
);

impl Reason {
    /// Whether a rule here forbids it: a policy, an owner, a budget. Asking again changes nothing before the rule does.
    pub fn is_forbidden(self) -> bool {
        matches!(
            self,
            Reason::Policy | Reason::Kept | Reason::Model | Reason::Host | Reason::Assistant | Reason::Budget
        )
    }

    /// Whether the operator must mend it, here or at the provider.
    pub fn is_the_operators(self) -> bool {
        matches!(
            self,
            Reason::Key
                | Reason::Quota
                | Reason::Unknown
                | Reason::NoInterface
                | Reason::Redirected
                | Reason::Address
                | Reason::Dimension
        )
    }
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    pub reason: Reason,
    /// Of the provider's answer, where there was one.
    pub status: Option<u16>,
    /// The provider's word for it, such as `insufficient_quota`; letters only, so that it carries no content.
    pub code: String,
    /// When it is worth another try.
    pub retry_after: Option<Duration>,
    /// What the sentence names: a project, a model, a number.
    pub about: String,
    /// Of the web, not of a model; the sentence says so.
    pub is_of_web: bool,
}

/// Of a provider's word; longer ones are no words.
const MAX_CODE_CHARS: usize = 60;

impl Fault {
    pub fn new(reason: Reason) -> Self {
        Fault { reason, status: None, code: String::new(), retry_after: None, about: String::new(), is_of_web: false }
    }

    pub fn about(mut self, what: impl ToString) -> Self {
        self.about = what.to_string();
        self
    }

    /// Met on the way to this.
    pub fn of(self, endpoint: Endpoint) -> Self {
        Fault { is_of_web: endpoint.is_web(), ..self }
    }

    pub fn after(mut self, wait: Option<Duration>) -> Self {
        self.retry_after = wait;
        self
    }

    pub fn status(mut self, status: u16) -> Self {
        self.status = Some(status);
        self
    }

    /// Anything that is no plain word is left out: a provider's sentences may quote what was sent.
    pub fn code(mut self, code: Option<&str>) -> Self {
        let is_word = |code: &&str| {
            code.len() <= MAX_CODE_CHARS
                && code.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_')
        };
        self.code = code.filter(is_word).unwrap_or_default().to_owned();
        self
    }

    /// Whether the same call may succeed a little later.
    pub fn is_passing(&self) -> bool {
        matches!(self.reason, Reason::Rate | Reason::Server | Reason::Away)
    }

    /// Whether the provider may have counted tokens for it: it began, and did not refuse.
    pub fn may_cost(&self) -> bool {
        let is_refused = self.status.is_some_and(|status| status >= 300);
        !is_refused && !matches!(self.reason, Reason::Address | Reason::Away)
    }

    /// Whether the provider itself failed, which counts towards leaving it alone.
    pub fn is_outage(reason: Reason) -> bool {
        matches!(reason, Reason::Server | Reason::Away | Reason::Garbled)
    }

    /// What a person reads: what happened, what it means, what to do.
    pub fn msg(&self) -> Msg {
        let seconds = self.retry_after.unwrap_or_default().as_millis().div_ceil(1000).max(1);
        let key = match self.reason {
            Reason::NoKey => "ai-fault-no-key",
            Reason::WebOff => "ai-fault-web-off",
            Reason::Private => "ai-fault-private-address",
            Reason::Masked => "ai-fault-masked-address",
            Reason::NoPage => "ai-fault-no-page",
            Reason::Policy if self.is_of_web && self.about.is_empty() => "ai-fault-policy-web-hidden",
            Reason::Policy if self.is_of_web => "ai-fault-policy-web",
            Reason::TooMuch if self.is_of_web => "ai-fault-too-much-web",
            Reason::NoInterface if self.is_of_web => "ai-fault-no-interface-web",
            Reason::Redirected if self.is_of_web => "ai-fault-redirected-web",
            Reason::Policy if self.about.is_empty() => "ai-fault-policy-hidden",
            Reason::Policy => "ai-fault-policy",
            Reason::Kept => "ai-fault-kept",
            Reason::Model => "ai-fault-model",
            Reason::Host => "ai-fault-host",
            Reason::Assistant => "ai-fault-assistant",
            Reason::Budget if self.about.is_empty() => "ai-fault-budget",
            Reason::Budget => "ai-fault-budget-of",
            Reason::Busy => "ai-fault-busy",
            Reason::Resting => "ai-fault-resting",
            Reason::Key => "ai-fault-key",
            Reason::Quota => "ai-fault-quota",
            Reason::Rate if self.retry_after.is_none() => "ai-fault-rate-soon",
            Reason::Rate => "ai-fault-rate",
            Reason::Unknown => "ai-fault-unknown-model",
            Reason::Request => "ai-fault-request",
            Reason::TooMuch => "ai-fault-too-much",
            Reason::Server => "ai-fault-server",
            Reason::Away => "ai-fault-away",
            Reason::Address => "ai-fault-address",
            Reason::Cut => "ai-fault-cut",
            Reason::Garbled => "ai-fault-garbled",
            Reason::TooLong => "ai-fault-too-long",
            Reason::Dimension => "ai-fault-dimension",
            Reason::Declined => "ai-fault-declined",
            Reason::Cancelled => "ai-fault-cancelled",
            Reason::Slow => "ai-fault-slow",
            Reason::NoInterface => "ai-fault-no-interface",
            Reason::Redirected => "ai-fault-redirected",
        };
        let site = if self.is_of_web { "web" } else { "model" };
        Msg::new(key).with("about", &self.about).with("seconds", seconds).with("site", site)
    }
}

/// For a job: what passes is tried again later, no sooner than the provider asks for; the rest is final.
impl From<Fault> for Error {
    fn from(fault: Fault) -> Self {
        match fault.reason {
            Reason::Rate | Reason::Resting | Reason::Busy if fault.retry_after.is_some() => {
                Error::Slow(fault.retry_after.unwrap_or_default())
            }
            Reason::Rate
            | Reason::Resting
            | Reason::Busy
            | Reason::Server
            | Reason::Away
            | Reason::Slow
            | Reason::Cut
            | Reason::Garbled => {
                let whose = if fault.is_of_web { "the web search provider" } else { "the model provider" };
                Error::Away(format!("{whose}: {} {}", fault.reason, fault.code).trim_end().to_owned())
            }
            Reason::NoKey
            | Reason::Policy
            | Reason::Kept
            | Reason::Model
            | Reason::Host
            | Reason::Assistant
            | Reason::Budget
            | Reason::Key
            | Reason::Quota
            | Reason::Unknown
            | Reason::Request
            | Reason::TooMuch
            | Reason::NoInterface
            | Reason::Redirected
            | Reason::Address
            | Reason::TooLong
            | Reason::Dimension
            | Reason::Declined
            | Reason::Cancelled
            | Reason::WebOff
            | Reason::Private
            | Reason::Masked
            | Reason::NoPage => Error::Forbidden(fault.msg()),
        }
    }
}
