//! What a person is told by mail about their way in.

use crate::config::Config;
use crate::db::Tx;
use crate::error::{Msg, Result};
use crate::mail::{self, Letter, address};

/// Whoever changed it: the mail is what a person notices who did not.
pub fn tell_password_changed(tx: &mut Tx, config: &Config, email: &str) -> Result<()> {
    let letter = Letter::new(Msg::new("mail-password-changed"))
        .line(Msg::new("mail-password-changed-words"))
        .link(Msg::new("mail-reset-link"), address(config, "/forgotten")?)
        .note(Msg::new("mail-password-changed-not-you"));
    mail::send(tx, &letter.to(email, config)?)
}
