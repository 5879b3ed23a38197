//! `tow secrets`: the change of the key for stored secrets, and how old every secret is.

use super::serve::Database;
use super::{Failure, say};
use crate::access::{Actor, Permission, Thing, Verb, may};
use crate::audit::{self, Act, ActKind};
use crate::config::Loaded;
use crate::db::{Tx, sealed, sightings};
use crate::vault::Vault;
use crate::web::Keys;

#[derive(clap::Args)]
pub struct Args {
    #[command(subcommand)]
    act: Do,
}

#[derive(clap::Subcommand)]
enum Do {
    /// Seal every stored secret anew under DATA_ENCRYPTION_KEY; DATA_ENCRYPTION_KEY_PREVIOUS opens the old ones
    Rotate,
    /// Say how many days each secret is in use
    Ages,
}

pub fn run(args: Args, loaded: &Loaded) -> Result<(), Failure> {
    match args.act {
        Do::Rotate => {
            let secrets = &loaded.secrets;
            let previous = secrets.data_encryption_key_previous.as_ref();
            let vault = Vault::new(secrets.data_encryption_key.as_ref(), previous)?;
            if !vault.is_ready() {
                return Err(Failure::Usage(
                    "DATA_ENCRYPTION_KEY is not set, so there is nothing to seal with.".to_owned(),
                ));
            }
            let count = Database::join(loaded)?.write(|tx, me| rotate(tx, me, &vault))?;
            say(&format!(
                "{count} stored secrets are sealed under the new key. DATA_ENCRYPTION_KEY_PREVIOUS is no longer needed here; backups made before still need it.\n"
            ))
        }
        Do::Ages => {
            let ages = Database::join(loaded)?.read(|tx, _| sightings::ages(tx, &fingerprints(loaded)?))?;
            let line = |(name, days): &(&str, i64)| format!("{name:<30} {days:>5} days\n");
            say(&ages.iter().map(line).collect::<String>())
        }
    }
}

/// In one transaction: all of them or none.
pub fn rotate(tx: &mut Tx, me: &Actor, vault: &Vault) -> crate::error::Result<usize> {
    let permit = may(tx, me, Verb::Administer, &Thing::Organisation(Permission::SecurityConfigurationManage))?;
    let count = sealed::rotate(tx, vault, &crate::features::sealed())?;
    audit::record(tx, permit, Act::new(ActKind::SecretRotated).note("values", count))?;
    Ok(count)
}

/// What `sightings` knows each secret by: useless without APP_SECRET.
pub fn fingerprints(loaded: &Loaded) -> crate::error::Result<Vec<(&'static str, String)>> {
    Ok(crate::app::fingerprints(&keys(loaded)?, &loaded.secrets))
}

/// By what it knew them before APP_SECRET was changed.
pub fn former_fingerprints(loaded: &Loaded) -> crate::error::Result<Vec<(&'static str, String)>> {
    Ok(crate::app::former_fingerprints(&keys(loaded)?, &loaded.secrets))
}

fn keys(loaded: &Loaded) -> crate::error::Result<Keys> {
    Keys::derive(&loaded.secrets.app_secret, loaded.secrets.app_secret_previous.as_ref())
}
