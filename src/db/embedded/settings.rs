//! The private cluster's settings: ours in `tow.conf`, rewritten at every start; an operator's own lines below the
//! include in `postgresql.conf` win, except over the address, which stands on the command line.

use super::account::Account;
use super::error::EmbeddedError;
use std::fs;
use std::path::Path;

/// Two pools of a server, its listeners, backups, and room for a person with psql.
pub const MAX_CONNECTIONS: u32 = 60;

const MAIN: &str = "# Settings of the private cluster stand in tow.conf, which is rewritten at every start.\n\
    # Your own lines go below this one and win.\n\
    include 'tow.conf'\n";

/// Whoever can enter the socket's folder (mode 0700) is the cluster's own user or root.
const ACCESS: &str = "local all all trust\n";

const OURS: &str = "\
# Rewritten at every start; your own settings go into postgresql.conf.
cluster_name = 'tow'
unix_socket_permissions = 0700
shared_buffers = 128MB
effective_cache_size = 512MB
work_mem = 8MB
maintenance_work_mem = 128MB
random_page_cost = 1.1
max_wal_size = 1GB
wal_compression = on
# An acknowledged write survives the loss of power.
fsync = on
full_page_writes = on
synchronous_commit = on
# Queries are short; compiling them costs more than it saves.
jit = off
timezone = 'UTC'
log_timezone = 'UTC'
datestyle = 'iso, ymd'
lc_messages = 'C.UTF-8'
default_text_search_config = 'pg_catalog.simple'
# The log names what went wrong, never the content of rows or statements.
logging_collector = off
log_line_prefix = '%m [%p] %u@%d '
log_error_verbosity = terse
log_min_error_statement = panic
log_statement = none
log_parameter_max_length_on_error = 0
log_checkpoints = off
";

/// Into a fresh cluster.
pub fn write_all(cluster: &Path, account: &Account) -> Result<(), EmbeddedError> {
    write(&cluster.join("postgresql.conf"), MAIN, account)?;
    write(&cluster.join("pg_hba.conf"), ACCESS, account)?;
    write_ours(cluster, account)
}

/// At every start: a new version of this program may bring new settings.
pub fn write_ours(cluster: &Path, account: &Account) -> Result<(), EmbeddedError> {
    write(&cluster.join("tow.conf"), &format!("{OURS}max_connections = {MAX_CONNECTIONS}\n"), account)
}

/// Beside it first, then renamed: the folder is another user's, and a link planted there is not followed.
fn write(path: &Path, text: &str, account: &Account) -> Result<(), EmbeddedError> {
    let fresh = path.with_extension("new");
    match fs::remove_file(&fresh) {
        Err(why) if why.kind() != std::io::ErrorKind::NotFound => {
            return Err(EmbeddedError::file("replace", &fresh)(why));
        }
        _ => {}
    }
    let written =
        fs::File::create_new(&fresh).and_then(|mut file| std::io::Write::write_all(&mut file, text.as_bytes()));
    written.map_err(EmbeddedError::file("write", &fresh))?;
    account.give(&fresh)?;
    fs::rename(&fresh, path).map_err(EmbeddedError::file("write", path))
}
