//! `tow user`: accounts from a shell, for the first colleagues and for who is locked out. Each act is audited as the operator's.

use super::serve::Database;
use super::{Failure, say};
use crate::config::Loaded;
use crate::people::OrganisationRole;
use crate::secret::Secret;
use crate::setup::{NewAccount, change_role, change_server_admin, reset_password};
use crate::signin;
use crate::text::value::{Email, Name};
use clap::ValueEnum;

#[derive(clap::Args)]
pub struct Args {
    #[command(subcommand)]
    act: Act,
}

#[derive(clap::Subcommand)]
enum Act {
    /// Make an account; its password is printed once
    Create {
        #[arg(long)]
        email: String,
        #[arg(long)]
        name: String,
        #[arg(long, value_enum, default_value_t = Role::Member)]
        role: Role,
        /// May change the settings of this server
        #[arg(long)]
        server_admin: bool,
    },
    /// Give a person a new password, printed once; ends their sessions
    ResetPassword { email: String },
    /// Give a person another role
    Promote {
        email: String,
        #[arg(long, value_enum)]
        role: Option<Role>,
        /// May change the settings of this server
        #[arg(long, conflicts_with = "no_server_admin")]
        server_admin: bool,
        /// No longer
        #[arg(long)]
        no_server_admin: bool,
    },
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Role {
    Owner,
    Admin,
    Member,
}

impl From<Role> for OrganisationRole {
    fn from(role: Role) -> Self {
        match role {
            Role::Owner => OrganisationRole::Owner,
            Role::Admin => OrganisationRole::Admin,
            Role::Member => OrganisationRole::Member,
        }
    }
}

pub fn run(args: Args, loaded: &Loaded) -> Result<(), Failure> {
    match args.act {
        Act::Create { email, name, role, server_admin } => {
            let (password, hash) = new_password()?;
            let wrong = |msg| Failure::Usage(crate::ui::say(&msg));
            let (name, email) = (Name::parse(&name).map_err(wrong)?, Email::parse(&email).map_err(wrong)?);
            let address = email.as_str().to_owned();
            let account = NewAccount { name, email, role: role.into(), server_admin, password_hash: Some(hash) };
            Database::join(loaded)?.write(|tx, me| account.create(tx, me))?;
            say(&format!(
                "{address} can sign in. The password is shown this once:\n{password}\nIt should be changed after signing in.\n"
            ))
        }
        Act::ResetPassword { email } => {
            let (password, hash) = new_password()?;
            let ended = Database::join(loaded)?.write(|tx, me| reset_password(tx, me, &email, &hash))?;
            say(&format!(
                "The password of {email} is new, and {ended} sessions were ended. It is shown this once:\n{password}\n"
            ))
        }
        Act::Promote { email, role, server_admin, no_server_admin } => {
            if role.is_none() && !server_admin && !no_server_admin {
                return Err(Failure::Usage(
                    "Say what to change: --role, --server-admin or --no-server-admin.".to_owned(),
                ));
            }
            promote(loaded, &email, role.map(Into::into), (server_admin || no_server_admin).then_some(server_admin))
        }
    }
}

fn promote(
    loaded: &Loaded,
    email: &str,
    role: Option<OrganisationRole>,
    is_admin: Option<bool>,
) -> Result<(), Failure> {
    let said = Database::join(loaded)?.write(|tx, me| {
        let mut said = Vec::new();
        if let Some(role) = role {
            let old = change_role(tx, me, email, role)?;
            said.push(format!("{email} was {old} and is {role}."));
        }
        if let Some(is_admin) = is_admin {
            change_server_admin(tx, me, email, is_admin)?;
            said.push(format!("{email} is {} server admin.", if is_admin { "a" } else { "no" }));
        }
        Ok(said)
    })?;
    say(&format!("{}\n", said.join("\n")))
}

/// A random password and its hash.
pub fn new_password() -> Result<(String, String), Failure> {
    let password: String = crate::web::random_token().chars().filter(char::is_ascii_alphanumeric).take(20).collect();
    let hash = signin::hash(&Secret::new(password.as_str()))?;
    Ok((password, hash))
}
