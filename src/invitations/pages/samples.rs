//! What the gallery shows.

use super::*;
use crate::ui::{Sample, sample};

fn line(state: State) -> Line {
    Line { invitation: Invitation::sample(), state, gives: "Planning, Atlas (member)".to_owned() }
}

fn offer() -> Offer {
    let form = InviteForm::default();
    let role = vec![Choice::new("", "No access", true), Choice::new("member", "Member", false)];
    Offer {
        roles: vec![Choice::new("member", "Member", true)],
        custom_roles: vec![Choice::new("1", "Security", false)],
        groups: vec![Choice::new("1", "Planning", true)],
        projects: vec![("1".to_owned(), "Atlas".to_owned(), role)],
        days: form.days(),
    }
}

fn doors(has_passwords: bool) -> crate::signin::Offer {
    let sign_ons = vec![crate::signin::SignOn { id: uuid::Uuid::nil(), name: "Halden ID".to_owned() }];
    crate::signin::Offer { sign_ons, has_passwords }
}

fn told(title: &'static str, words: &'static str) -> Told {
    Told {
        csrf: String::new(),
        organisation: "Halden".to_owned(),
        title,
        words: Msg::new(words),
        link: Some(("sign-in", "/sign-in")),
        can_sign_out: false,
    }
}

/// For the gallery.
pub fn samples() -> Vec<Sample> {
    let (shell, organisation, csrf) = (Shell::sample("members"), "Halden".to_owned(), String::new());
    let states = [State::Pending, State::Expired];
    let show = Show {
        shell: shell.clone(),
        line: line(State::Pending),
        link: Some("https://tow.halden.example/invitation/mY2fQ7".to_owned()),
        can_change: true,
        is_mail_kept: true,
        problems: Problems::default(),
    };
    let accept = Accept {
        csrf: csrf.clone(),
        organisation: organisation.clone(),
        invitation: Invitation::sample(),
        form: AcceptForm::default(),
        offer: doors(true),
        vouched: Vouched::Nobody,
        flash: None,
        problems: Problems::one("password", "problem-password-common"),
    };
    let accept_elsewhere = Accept {
        form: AcceptForm { name: "Ines Faro".to_owned(), email: String::new() },
        offer: doors(false),
        vouched: Vouched::Invited {
            name: "Ines Faro".to_owned(),
            email: "ines@halden.example".to_owned(),
            by: "Halden ID".to_owned(),
        },
        problems: Problems::default(),
        ..accept.clone()
    };
    let join = Join {
        csrf,
        organisation,
        invitation: Invitation::sample(),
        person: "Ines Faro".to_owned(),
        problems: Problems::default(),
    };
    let new = New {
        shell: shell.clone(),
        form: InviteForm::default(),
        offer: offer(),
        is_mail_kept: true,
        problems: Problems::one("role", "problem-choice"),
    };
    vec![
        sample(
            "invitations/index",
            &Index { shell: shell.clone(), lines: states.map(line).to_vec(), has_ended: false },
        ),
        sample("invitations/empty", &Index { shell, lines: Vec::new(), has_ended: false }),
        sample("invitations/new", &new),
        sample("invitations/show", &show),
        sample("invitations/accept", &accept),
        sample("invitations/accept-elsewhere", &accept_elsewhere),
        sample("invitations/join", &join),
        sample("invitations/told", &told("invitation-is-expired", "invitation-is-expired-words")),
    ]
}
