//! The daily look at the records of the company's domains.

use crate::access::Actor;
use crate::db::Chore;
use crate::error::Result;
use crate::net::Names;
use crate::queue::Work;
use crate::sso::Domain;
use crate::sso::domain::is_said;

/// After so many silent questions in a row the name server is down, and the round waits for another day.
const PATIENCE: usize = 3;

/// Silence says nothing about a domain, so it is neither found nor missed then.
pub fn check_domains(work: &mut Work) -> Result<()> {
    let (names, config) = (Names::of(&work.config.auth), work.config.clone());
    let mut silent = 0;
    for domain in work.read(Domain::due)? {
        match names.texts_now(&domain.record_name()) {
            Ok(records) if is_said(&records, &domain.record_text()) => {
                silent = 0;
                work.touch(Chore::SignOn, |tx| domain.note_found(tx))?;
            }
            Ok(_) => {
                silent = 0;
                work.write(|tx| domain.note_missed(tx, &Actor::system(), &config))?;
            }
            Err(fault) => {
                silent += 1;
                tracing::warn!(name = "sso.domain_silent", domain = %domain.id, why = %fault, "a domain's record could not be looked for");
            }
        }
        if silent >= PATIENCE {
            break;
        }
    }
    Ok(())
}
