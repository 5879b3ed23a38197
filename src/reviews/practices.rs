//! How this server should be run, as one list: the page shows what of it holds now, the docs page says what each is. The words are
//! messages `practice-KEY` and `practice-KEY-words`.

use super::{Facts, IDLE_KEY_DAYS, Note, NoteKey, OLD_KEY_DAYS, STALE_DAYS};
use crate::ai::{Approval, site_of};
use crate::backups::{Last, OLD_BACKUP_DAYS};
use crate::config::{Config, Private};
use crate::ui::{say_with, text};
use chrono::{DateTime, Months, Utc};
use std::fmt::Write;

/// More admins than this want a reason.
pub const MANY_ADMINS: i64 = 8;
/// A secret that is in use for longer wants a new one.
pub const OLD_SECRET_DAYS: i64 = 365;
/// One practice by its key, and the note that speaks of it.
pub const PRACTICES: &[(&str, Option<NoteKey>)] = &[
    ("https", None),
    ("cookie", None),
    ("encryption", Some(NoteKey::Encryption)),
    ("secrets", Some(NoteKey::Secrets)),
    ("key", None),
    ("files", None),
    ("owners", None),
    ("admins", None),
    ("factors", None),
    ("sign-on", None),
    ("emergency", Some(NoteKey::EmergencyAccess)),
    ("invitations", None),
    ("old-keys", None),
    ("review", None),
    ("stream", None),
    ("topology", None),
    ("recovery", None),
    ("providers", None),
    ("backup", Some(NoteKey::LastBackup)),
    ("restore", Some(NoteKey::RestoreDrill)),
    ("failover", Some(NoteKey::FailoverDrill)),
    ("isolation", None),
];

/// The notes that together draw the topology, and those that say what may be lost.
const TOPOLOGY: [NoteKey; 6] =
    [NoteKey::Ingress, NoteKey::Server, NoteKey::Workers, NoteKey::Database, NoteKey::Uploads, NoteKey::Backups];
const RECOVERY: [NoteKey; 2] = [NoteKey::RecoveryPoint, NoteKey::RecoveryTime];

/// How a practice stands now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    Good,
    Attention,
    /// Nothing here can tell; people say so in a note.
    People,
}

#[derive(Debug, Clone)]
pub struct Item {
    pub key: &'static str,
    pub standing: Standing,
    /// What is so now.
    pub now: String,
}

impl Item {
    pub fn title(&self) -> String {
        text(&format!("practice-{}", self.key))
    }

    pub fn words(&self) -> String {
        text(&format!("practice-{}-words", self.key))
    }

    pub fn icon(&self) -> &'static str {
        match self.standing {
            Standing::Good => "check",
            Standing::Attention => "risk",
            Standing::People => "info",
        }
    }

    pub fn tone(&self) -> &'static str {
        match self.standing {
            Standing::Good => "green",
            Standing::Attention => "amber",
            Standing::People => "grey",
        }
    }

    /// Message key.
    pub fn label(&self) -> &'static str {
        match self.standing {
            Standing::Good => "practice-good",
            Standing::Attention => "practice-attention",
            Standing::People => "practice-people",
        }
    }
}

/// What the server sees of itself.
pub struct Sight<'s> {
    pub config: &'s Config,
    pub has_key: bool,
    /// Days that each secret is in use.
    pub ages: &'s [(&'static str, i64)],
    pub facts: &'s Facts,
    pub notes: &'s [Note],
    pub last_backup: Option<&'s Last>,
    pub approvals: &'s [Approval],
    pub has_list: bool,
    pub now: DateTime<Utc>,
}

impl Sight<'_> {
    pub fn items(&self) -> Vec<Item> {
        PRACTICES.iter().map(|(key, note)| self.item(key, *note)).collect()
    }

    fn item(&self, key: &'static str, note: Option<NoteKey>) -> Item {
        let facts = self.facts;
        let good = |holds: bool| if holds { Standing::Good } else { Standing::Attention };
        let (standing, now) = match key {
            "https" => (good(self.config.runtime.is_https()), self.config.runtime.public_app_url.to_string()),
            "cookie" => (
                good(self.config.security.session_cookie_secure),
                said("practice-now-cookie", self.config.security.session_cookie_secure),
            ),
            "key" => (good(self.has_key), said("practice-now-key", self.has_key)),
            "files" => self.files(),
            "owners" => (good(facts.owners >= 2), count("practice-now-owners", facts.owners)),
            "admins" => (good(facts.owners + facts.admins <= MANY_ADMINS.max(facts.people / 10)), admins(facts)),
            "factors" => (
                good(facts.owners_without_factor.is_empty()),
                names("practice-now-factors", &facts.owners_without_factor),
            ),
            "invitations" => {
                (good(facts.stale_invitations == 0), count("practice-now-invitations", facts.stale_invitations))
            }
            "secrets" => self.secrets(),
            "sign-on" => self.sign_on(),
            "emergency" => self.emergency(),
            "old-keys" => (good(facts.old_keys == 0), count("practice-now-old-keys", facts.old_keys)),
            "review" => self.review(),
            "stream" => (good(facts.streams > 0 && facts.failing_streams == 0), streams(facts)),
            "topology" => self.written(&TOPOLOGY),
            "recovery" => self.recovery(),
            "providers" => self.providers(),
            "backup" => self.backup(),
            "isolation" => (Standing::People, String::new()),
            _ => match note.and_then(|note| self.note(note)) {
                Some(note) => (Standing::Good, note.text.clone()),
                None => (Standing::People, text("practice-now-unwritten")),
            },
        };
        Item { key, standing, now }
    }

    fn note(&self, key: NoteKey) -> Option<&Note> {
        self.notes.iter().find(|note| note.key == key)
    }

    fn written(&self, keys: &[NoteKey]) -> (Standing, String) {
        let missing: Vec<String> =
            keys.iter().filter(|key| self.note(**key).is_none()).map(|key| text(&note_label(*key))).collect();
        match missing.is_empty() {
            true => (Standing::Good, text("practice-now-written")),
            false => (Standing::Attention, names("practice-now-missing", &missing)),
        }
    }

    /// What may be lost and how long it may take, beside what was measured.
    fn recovery(&self) -> (Standing, String) {
        let (standing, missing) = self.written(&RECOVERY);
        let label = |key: NoteKey| text(&note_label(key));
        let measured = RECOVERY.into_iter().chain([NoteKey::RestoreDrill, NoteKey::FailoverDrill]);
        let told = measured.filter_map(|key| Some(format!("{}: {}", label(key), self.note(key)?.text)));
        let mut now: Vec<String> = told.collect();
        now.extend(self.last_backup.map(made));
        if standing == Standing::Attention {
            now.insert(0, missing);
        }
        (standing, now.join(" · "))
    }

    /// Once the list was begun, a host that tow.yaml names and nobody approved is off.
    fn providers(&self) -> (Standing, String) {
        if !self.has_list {
            return (Standing::People, text("practice-now-providers-none"));
        }
        let off = self.unapproved();
        match off.is_empty() {
            true => (Standing::Good, count("practice-now-providers", self.approvals.len() as i64)),
            false => (Standing::Attention, names("practice-now-providers-off", &off)),
        }
    }

    fn unapproved(&self) -> Vec<String> {
        let ai = &self.config.ai;
        let used = [(&ai.openai_base_url, &ai.openai_api_key), (&ai.exa_base_url, &ai.exa_api_key)];
        let hosts = used.into_iter().filter(|(_, key)| key.is_some()).map(|(address, _)| site_of(address));
        hosts.filter(|host| !self.approvals.iter().any(|approval| approval.covers(host))).collect()
    }

    fn written_or_not(&self, key: NoteKey) -> String {
        self.note(key).map_or_else(|| text("practice-now-unwritten"), |note| note.text.clone())
    }

    fn secrets(&self) -> (Standing, String) {
        let line =
            |(name, days): &(&str, i64)| say_with("practice-age", [("name", *name), ("days", &days.to_string())]);
        let all: Vec<String> = self.ages.iter().map(line).collect();
        let is_old = self.ages.iter().any(|(_, days)| *days > OLD_SECRET_DAYS);
        let now = [names("practice-now-ages", &all), self.written_or_not(NoteKey::Secrets)].join(" ");
        let standing = match self.note(NoteKey::Secrets) {
            _ if is_old => Standing::Attention,
            Some(_) => Standing::Good,
            None => Standing::People,
        };
        (standing, now)
    }

    fn sign_on(&self) -> (Standing, String) {
        let facts = self.facts;
        let (standing, key) = match (facts.is_sign_on_required, facts.connections) {
            (true, _) => (Standing::Good, "practice-now-sign-on-required"),
            (false, 0) => (Standing::People, "practice-now-sign-on-none"),
            (false, _) => (Standing::Attention, "practice-now-sign-on-offered"),
        };
        (standing, text(key))
    }

    fn emergency(&self) -> (Standing, String) {
        let facts = self.facts;
        let mut now = vec![count("practice-now-keepers", facts.keepers)];
        if !facts.bare_keepers.is_empty() {
            now.push(names("practice-now-bare-keepers", &facts.bare_keepers));
        }
        if facts.unreviewed > 0 {
            now.push(count("practice-now-unreviewed", facts.unreviewed));
        }
        now.push(self.written_or_not(NoteKey::EmergencyAccess));
        let is_open =
            facts.unreviewed > 0 || !facts.bare_keepers.is_empty() || facts.connections > 0 && facts.keepers == 0;
        let standing = match self.note(NoteKey::EmergencyAccess) {
            _ if is_open => Standing::Attention,
            Some(_) => Standing::Good,
            None => Standing::People,
        };
        (standing, now.join(" "))
    }

    /// What `tow backup create` left here, and what is written of other ways.
    fn backup(&self) -> (Standing, String) {
        let note = self.note(NoteKey::LastBackup);
        let seen = match self.last_backup {
            Some(last) => made(last),
            None => text("practice-now-backup-none"),
        };
        let standing = match (self.last_backup, note) {
            (Some(last), _) if last.is_old(self.now) => Standing::Attention,
            (Some(_), _) => Standing::Good,
            (None, Some(_)) => Standing::People,
            (None, None) => Standing::Attention,
        };
        (standing, [seen, self.written_or_not(NoteKey::LastBackup)].join(" "))
    }

    fn review(&self) -> (Standing, String) {
        let rhythm = match self.facts.every_months {
            Some(months) => count("practice-now-rhythm", months.into()),
            None => text("practice-now-no-rhythm"),
        };
        let Some(last) = self.facts.last_review_at else {
            return (Standing::Attention, [text("practice-now-no-review"), rhythm].join(" "));
        };
        let months = Months::new(self.facts.every_months.and_then(|months| u32::try_from(months).ok()).unwrap_or(12));
        let is_young = last.checked_add_months(months).is_some_and(|due| due >= self.now);
        let day = last.format("%-d %B %Y").to_string();
        (
            if is_young { Standing::Good } else { Standing::Attention },
            [say_with("practice-now-review", [("day", day.as_str())]), rhythm].join(" "),
        )
    }

    /// As `tow doctor` looks at them: nobody else may read.
    fn files(&self) -> (Standing, String) {
        let open: Vec<String> = Private::all(self.config)
            .iter()
            .filter(|private| private.open_mode().is_some())
            .map(|private| private.path.display().to_string())
            .collect();
        match open.is_empty() {
            true => (Standing::Good, text("practice-now-files-closed")),
            false => (Standing::Attention, names("practice-now-files-open", &open)),
        }
    }
}

fn said(key: &str, holds: bool) -> String {
    text(&format!("{key}-{}", if holds { "yes" } else { "no" }))
}

fn count(key: &str, number: i64) -> String {
    say_with(key, [("count", number.to_string().as_str())])
}

fn names(key: &str, names: &[String]) -> String {
    let (number, all) = (names.len().to_string(), names.join(", "));
    say_with(key, [("count", number.as_str()), ("names", all.as_str())])
}

fn admins(facts: &Facts) -> String {
    let numbers = [facts.owners, facts.admins, facts.server_admins, facts.people].map(|number| number.to_string());
    let [owners, admins, server, people] = &numbers;
    say_with(
        "practice-now-admins",
        [("owners", owners.as_str()), ("admins", admins), ("server", server), ("people", people)],
    )
}

fn made(last: &Last) -> String {
    let day = last.made_at.format("%-d %B %Y, %H:%M UTC").to_string();
    let key = if last.is_encrypted { "practice-now-backup-sealed" } else { "practice-now-backup-open" };
    say_with(key, [("set", last.name.as_str()), ("at", day.as_str())])
}

fn streams(facts: &Facts) -> String {
    let (all, failing) = (facts.streams.to_string(), facts.failing_streams.to_string());
    say_with("practice-now-streams", [("count", all.as_str()), ("failing", failing.as_str())])
}

/// Message key.
pub fn note_label(key: NoteKey) -> String {
    format!("practice-note-{}", key.as_str().replace('_', "-"))
}

/// docs/production.md.
pub fn markdown() -> String {
    let mut out = "<!-- Made by bin/regenerate from src/reviews/practices.rs and its messages; edits here are lost. -->\n# Running TOW in production\n\n".to_owned();
    let _ = writeln!(out, "{}\n", text("practices-docs"));
    for (key, note) in PRACTICES {
        let _ =
            writeln!(out, "## {}\n\n{}\n", text(&format!("practice-{key}")), text(&format!("practice-{key}-words")));
        let whose = match (note, *key) {
            (_, "backup") => "practices-docs-both",
            (Some(_), _) | (_, "topology") => "practices-docs-note",
            (_, "recovery" | "providers") => "practices-docs-both",
            (None, "isolation") => "practices-docs-people",
            _ => "practices-docs-seen",
        };
        let _ = writeln!(out, "*{}*\n", text(whose));
    }
    let days = [STALE_DAYS, OLD_KEY_DAYS, IDLE_KEY_DAYS, OLD_SECRET_DAYS, OLD_BACKUP_DAYS].map(|days| days.to_string());
    let [stale, old, idle, secret, backup] = &days;
    let days = [("days", stale.as_str()), ("old", old), ("idle", idle), ("secret", secret), ("backup", backup)];
    let _ = writeln!(out, "{}", say_with("practices-docs-stale", days));
    out
}
