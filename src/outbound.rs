//! Everything that leaves this server by itself, by the room that sends it: what the page "What leaves this server" of the docs is
//! made from. A test looks for rooms that reach outside and are not listed.

use crate::ai::{Endpoint, Purpose};
use std::fmt::Write;

/// One kind of call to the outside.
#[derive(Debug, Clone, Copy)]
pub struct Outbound {
    /// The folder in src/.
    pub room: &'static str,
    pub what: &'static str,
    /// Where it goes, and what sets that.
    pub to: &'static str,
    pub when: &'static str,
    /// What is in it.
    pub carries: &'static str,
    /// How to have none of it.
    pub off: &'static str,
}

const PROVIDER: &str = "the model provider, `ai.openai_base_url`";
const NO_KEY: &str = "No `OPENAI_API_KEY`, or Settings → AI and data → Nothing";

/// What a call to the model provider carries; exhaustive, so that a new purpose cannot be forgotten.
fn of_purpose(purpose: Purpose) -> Outbound {
    let (what, when, carries) = match purpose {
        Purpose::ConnectionTest => (
            "Test of the model provider",
            "Somebody who manages AI presses “Test the connection”",
            "Fixed words, no text of anybody",
        ),
        Purpose::Passages => (
            "Search by meaning: passages",
            "A record, comment or file’s name is new or says something else; once for all that are there when a key is first set, and at `tow reembed`",
            "Title and words of the record, in passages; nothing of projects with AI off or of people who keep their private records out",
        ),
        Purpose::Search => (
            "Search by meaning: a question",
            "Somebody searches, once anything is embedded",
            "What was typed into the search box; no record’s text",
        ),
        Purpose::Chat => (
            "Chat: an answer",
            "Somebody asks in a chat, and for each round in which the model reads more",
            "The question, what was said before in that chat, and text of records, files and web pages that the person may read",
        ),
        Purpose::ChatTitle => {
            ("Chat: a title", "The first question of a chat was answered", "That question; no record’s text")
        }
        Purpose::Agent => (
            "Agents: a run",
            "Somebody runs an agent, or set it to run by the clock",
            "Fixed words, what the agent is told, and text of records that every reader of the run’s place may read",
        ),
    };
    Outbound { room: "ai", what, to: PROVIDER, when, carries, off: NO_KEY }
}

const WEB: &str = "the web search provider, `ai.exa_base_url`";
const NO_WEB_KEY: &str = "No `EXA_API_KEY`, or Settings → AI and data → no web tools";

/// What goes elsewhere than to the model provider; exhaustive, as `of_purpose`.
fn of_endpoint(endpoint: Endpoint) -> Option<Outbound> {
    let (what, carries) = match endpoint {
        Endpoint::Responses | Endpoint::Stream | Endpoint::Embeddings => return None,
        Endpoint::WebSearch => ("Web tools: a search", "The query, at most 400 characters; no record’s text"),
        Endpoint::WebFetch => {
            ("Web tools: a page", "An address of the web; the provider fetches the page, this server does not")
        }
    };
    let when = "A model answers somebody, and what it looks for is in the web";
    Some(Outbound { room: "ai", what, to: WEB, when, carries, off: NO_WEB_KEY })
}

/// The whole list.
pub fn all() -> Vec<Outbound> {
    let mut all = vec![
        Outbound {
            room: "mail",
            what: "E-mail",
            to: "the mail server, `email.smtp.host`",
            when: "An invitation, a forgotten password, a changed address, a warning about one’s account, a due access review",
            carries: "The recipient’s address and name, a link to this server; no record’s text",
            off: "`email.transport: file` or `console`",
        },
        Outbound {
            room: "storage",
            what: "Uploads in a bucket",
            to: "the store that speaks S3, `uploads.s3_endpoint`",
            when: "Somebody attaches or fetches a file, an export is made, a check of health, the clean-up, a backup",
            carries: "What was attached, under its hash and without its name; exports; files waiting to be imported",
            off: "`uploads.upload_store: folder`",
        },
        Outbound {
            room: "telemetry",
            what: "Spans for a collector of OpenTelemetry",
            to: "the collector, `log.otlp_endpoint`",
            when: "A request or a job has ended, some seconds later and many at a time",
            carries: "Route or kind, status, times, number of queries, ids of requests and jobs; nobody’s name, address or words",
            off: "No `log.otlp_endpoint`, as it is at first",
        },
        Outbound {
            room: "sso",
            what: "Single sign-on",
            to: "the sign-on provider, `auth.oidc.issuer` or a connection of Settings → Sign-on",
            when: "Somebody signs in through it; its keys and addresses are fetched and kept for a while",
            carries: "The client’s id and secret, and the one-time code of who signs in",
            off: "`auth.mode: builtin`, no connection",
        },
        Outbound {
            room: "sso",
            what: "Proof of a domain",
            to: "the machine’s name server, or `auth.dns_resolver`",
            when: "Somebody checks a domain under Settings → Sign-on → Domains; once a day for each that is verified",
            carries: "The name `_tow-challenge` and the domain",
            off: "No domain in that list",
        },
        Outbound {
            room: "trail",
            what: "The audit trail, sent on",
            to: "the address of each stream (webhook or syslog) under Settings → Audit → Streams",
            when: "An audit event was sealed",
            carries: "The events: who, what, to what, from which address; no record’s text",
            off: "No stream",
        },
    ];
    all.extend(Purpose::ALL.iter().map(|purpose| of_purpose(*purpose)));
    all.extend(Endpoint::ALL.iter().filter_map(|endpoint| of_endpoint(*endpoint)));
    all
}

const HEAD: &str = "<!-- Made by bin/regenerate from src/outbound.rs; edits here are lost. -->
# What leaves this server

TOW speaks to the outside only as this page says. It has no telemetry of its maker, asks for no updates and loads nothing from other hosts into
its pages. A test reads the source and fails when a room reaches outside and is not listed here.

| What | Where to | When | What is in it | How to have none of it |
|---|---|---|---|---|
";

const FOOT: &str = "
All HTTP goes through one way out: https and public addresses only, unless `security.outbound_allowed_hosts` names the host; a name is
resolved once and the address that was checked is the one connected to; redirects are not followed to other places unchecked.

Every request for an answer says `store: false`, that the provider shall not store it; texts for vectors have no such switch. What the
provider keeps for its own checks is in its terms. Each call to it passes a gate that holds the policy of the organisation and of the projects
concerned, and stands in a ledger before its first byte leaves: see [AI and data](ai.md). The provider’s own memory (conversations,
assistants, threads, vector stores) is never used.

Links that people put into records are shown and not fetched. What a browser or mail program does with a link is its own call.
";

/// `docs/what-leaves.md`.
pub fn markdown() -> String {
    let mut out = HEAD.to_owned();
    for Outbound { what, to, when, carries, off, .. } in all() {
        let _ = writeln!(out, "| {what} | {to} | {when} | {carries} | {off} |");
    }
    out + FOOT
}
