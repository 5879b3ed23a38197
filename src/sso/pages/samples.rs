//! Every page of sign-on with sample content, for the gallery.

use super::{
    BreakGlass, ConnectionForm, Edit, End, Index, Links, Preset, Proof, Row, Sheet, Unsolicited, UsePage, UsesPage,
};
use crate::error::Problems;
use crate::people::{GroupId, PersonId, RoleId};
use crate::sso::saml::Certificate;
use crate::sso::{ConnectionId, Enforcement, Keeper, Link, Outside, Protocol, Rule, RuleId, Trace, Use, UseId};
use crate::ui::{Choice, Sample, Shell, sample};
use chrono::{DateTime, Utc};
use uuid::Uuid;

const EPOCH: DateTime<Utc> = DateTime::<Utc>::UNIX_EPOCH;

fn row() -> Row {
    let bare = Row::bare(ConnectionId(Uuid::nil()), "Halden ID".to_owned());
    Row { issuer: "https://id.halden.example".to_owned(), is_tested: true, ..bare }
}

fn keeper() -> Keeper {
    let (name, email) = ("Ada Lindqvist".to_owned(), "ada@halden.example".to_owned());
    Keeper { person_id: PersonId(Uuid::nil()), name, email, named_at: EPOCH, has_factor: false }
}

fn used() -> Use {
    Use {
        id: UseId(Uuid::nil()),
        person_id: PersonId(Uuid::nil()),
        name: "Ada Lindqvist".to_owned(),
        session_id: None,
        reason: "The provider is down".to_owned(),
        used_at: EPOCH,
        reviewer: None,
        reviewed_at: None,
        finding: String::new(),
    }
}

impl Index {
    pub fn sample() -> Self {
        let file = Row { is_file: true, is_enforced: true, ..row() };
        Index {
            shell: Shell::sample("settings"),
            rows: vec![file, Row { is_open: false, is_tested: false, ..row() }],
            enforcement: Some(Enforcement {
                connection_id: ConnectionId(Uuid::nil()),
                by: "Ada Lindqvist".to_owned(),
                enforced_at: EPOCH,
            }),
            keepers: vec![keeper()],
            candidates: vec![Choice::new("b", "Ben Okafor".to_owned(), false)],
            outside: Outside { names: vec!["Ines Faro".to_owned()], count: 1 },
            waiting: 1,
            has_key: false,
            problems: Problems::one("", "problem-enforce-untested"),
        }
    }
}

impl Rule {
    /// One of each kind of gift; of the first, the provider left the claim out.
    pub fn samples() -> Vec<Rule> {
        let rule = |value: &str, group: Option<GroupId>, role: Option<RoleId>, name: &str| Rule {
            id: RuleId(Uuid::nil()),
            connection_id: ConnectionId(Uuid::nil()),
            number: 1,
            claim: "groups".to_owned(),
            value: value.to_owned(),
            takes_absence: false,
            group_id: group,
            role_id: role,
            name: name.to_owned(),
            people: 14,
            saved_by: "Ada Lindqvist".to_owned(),
            saved_at: EPOCH,
            unsaid_at: None,
        };
        vec![
            Rule { unsaid_at: Some(EPOCH), ..rule("crane-drivers", Some(GroupId(Uuid::nil())), None, "Planners") },
            rule("auditors", None, Some(RoleId(Uuid::nil())), "Auditor"),
            rule("it-desk", None, None, ""),
        ]
    }
}

impl Edit {
    pub fn sample() -> Self {
        Edit {
            shell: Shell::sample("settings"),
            row: Some(row()),
            revision: 3,
            tested_at: Some(EPOCH),
            has_secret: true,
            verified: vec!["halden.example".to_owned()],
            unverified: vec!["harbour.example".to_owned()],
            redirect: "https://tow.halden.example/sign-on/callback".to_owned(),
            after_logout: "https://tow.halden.example/sign-in".to_owned(),
            back_channel: Some("https://tow.halden.example/sign-on/logout/0".to_owned()),
            offers: Vec::new(),
            preset: Preset::Other,
            certificates: Vec::new(),
            entity: "https://tow.halden.example/sign-on/saml/metadata".to_owned(),
            assertion: "https://tow.halden.example/sign-on/saml".to_owned(),
            form: ConnectionForm::fresh(Protocol::Oidc),
            problems: Problems::one("issuer", "problem-issuer"),
        }
    }
}

/// For the gallery.
pub fn samples() -> Vec<Sample> {
    let text = str::to_owned;
    let link = Link::sample();
    let trace =
        Trace { at: EPOCH, action: text("session.ended"), target_kind: text("session"), outcome: text("succeeded") };
    let shell = || Shell::sample("settings");
    let proof = Proof {
        csrf: String::new(),
        organisation: text("Halden"),
        connection: text("Halden ID"),
        email: text("ada@halden.example"),
        problems: Problems::one("password", "problem-proof"),
    };
    let glass = BreakGlass {
        csrf: String::new(),
        organisation: text("Halden"),
        email: String::new(),
        reason: String::new(),
        problems: Problems::one("", "problem-break-glass"),
    };
    let show = UsePage {
        shell: shell(),
        used: used(),
        trail: vec![trace],
        is_own: false,
        finding: String::new(),
        problems: Problems::default(),
    };
    let sheet = Sheet {
        shell: shell(),
        keepers: vec![keeper()],
        address: text("https://tow.halden.example/sign-in/break-glass"),
        printed_at: EPOCH,
        back: "/settings/sign-on",
    };
    let links = Links { shell: shell(), links: vec![link], more: vec![row()], problems: Problems::default() };
    let saml = Edit {
        row: None,
        offers: Preset::offers(Preset::Entra),
        preset: Preset::Entra,
        certificates: vec![Certificate::sample()],
        form: Preset::Entra.form(Protocol::Saml),
        problems: Problems::one("metadata", "problem-metadata"),
        ..Edit::sample()
    };
    let unsolicited = Unsolicited {
        csrf: String::new(),
        connection: text("Halden ID"),
        name: text("Ada Lindqvist"),
        email: text("ada@halden.example"),
        code: String::new(),
    };
    let mut all = vec![
        sample("sso/index", &Index::sample()),
        sample("sso/edit", &Edit::sample()),
        sample("sso/edit-saml", &saml),
        sample("sso/unsolicited", &unsolicited),
        sample("sso/proof", &proof),
        sample("sso/end", &End { connection: text("Halden ID"), address: Some(text("https://id.halden.example/out")) }),
        sample("sso/break_glass", &glass),
        sample("sso/links", &links),
        sample("sso/uses", &UsesPage { shell: shell(), uses: vec![used()] }),
        sample("sso/use", &show),
        sample("sso/sheet", &sheet),
    ];
    all.extend(super::domains::samples());
    all.extend(super::server_keys::samples());
    all
}
