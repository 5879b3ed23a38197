//! A test of how mails leave: one to who asks.

use crate::access::{Actor, Thing, Verb, may};
use crate::audit::{self, Act, ActKind};
use crate::config::Config;
use crate::db::Tx;
use crate::error::{Error, Msg, Result};
use crate::mail::{Letter, Mail, address};

/// Ready to be handed over, outside this transaction.
pub fn test_mail(tx: &mut Tx, me: &Actor, config: &Config) -> Result<Mail> {
    let permit = may(tx, me, Verb::Edit, &Thing::Server)?;
    let person = me.person.as_deref().ok_or(Error::SignIn)?;
    let letter = Letter::new(Msg::new("mail-test-subject"))
        .line(Msg::new("mail-test-words").with("name", &person.name))
        .link(Msg::new("mail-test-link"), address(config, "/settings/mail")?);
    audit::record(tx, permit, Act::new(ActKind::MailTested).target("person", person.id))?;
    letter.to(&person.email, config)
}
