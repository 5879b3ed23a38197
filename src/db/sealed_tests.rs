//! Everything that lies sealed is known to the rotation of its key.

use crate::harness::*;
use diesel::QueryableByName;
use diesel::sql_types::Text;
use std::collections::BTreeSet;
use tow::db::sealed::Sealed;
use tow::db::sql::Sql;
use tow::secret::Secret;
use tow::vault::{SEALED_PREFIX, Vault};

const OLD: &str = "b77c0d1e2f83a4955c6d7e8f90a1b2c3d4e5f60718293a4b";
const NEW: &str = "0f1e2d3c4b5a69788796a5b4c3d2e1f00112233445566778";
/// Who seals, and where it lies. A new line here is a new line in `features::sealed`, and an act in `filled`.
const SEALERS: [(&str, &str); 5] = [
    ("signin/model_totp.rs", "factors.sealed"),
    ("sso/model/arrival.rs", "sso_sessions.id_token"),
    ("sso/model/draft.rs", "sso_connections.client_secret"),
    ("sso/model/server_key.rs", "sso_keys.private_key"),
    ("trail/model/stream.rs", "audit_streams.secret"),
];

fn name(Sealed { table, column, .. }: &Sealed) -> String {
    format!("{table}.{column}")
}

/// A server on which everything that is ever sealed has been.
fn filled(provider: &IdProvider) -> App {
    let more = [
        ("DATA_ENCRYPTION_KEY", OLD),
        ("TOW_AUTH__OIDC__PROVIDER_LOGOUT_ENABLED", "true"),
        ("TOW_SECURITY__OUTBOUND_ALLOWED_HOSTS", "127.0.0.1, localhost"),
    ];
    let app = provider.app_with(&more);
    enrol(&app, &app.as_(CLEO));
    let visitor = app.visitor();
    let door = app.text("select '/sign-on/' || id::text as text from sso_connections");
    let there = visitor.get(&door).location();
    visitor.get(&provider.consent(&app, &there));
    let connection = [
        ("name", "Other ID"),
        ("issuer", "https://id.halden.example"),
        ("client_id", "tow"),
        ("client_secret", "nobody reads this back"),
        ("scopes", "openid email"),
        ("username_claim", "preferred_username"),
        ("email_claim", "email"),
        ("email_verified_claim", "email_verified"),
        ("given_name_claim", "given_name"),
        ("family_name_claim", "family_name"),
    ];
    assert_eq!(app.as_(ADA).post("/settings/sign-on", &connection).status, 303);
    assert_eq!(app.as_(ADA).post("/settings/sign-on/keys", &[]).status, 303);
    let stream =
        [("name", "SIEM"), ("transport", "webhook"), ("address", "https://siem.halden.example/in"), ("since", "now")];
    let answer = app.as_(ADA).post("/settings/audit/streams", &stream);
    assert!(answer.status < 400, "{}", answer.text());
    // Nothing shall be sent there.
    app.sql("update audit_streams set paused_at = created_at");
    app
}

#[derive(QueryableByName)]
struct Column {
    #[diesel(sql_type = Text)]
    name: String,
    #[diesel(sql_type = Text)]
    table: String,
    #[diesel(sql_type = Text)]
    column: String,
}

/// Every text of every table, whoever wrote it.
fn columns_with_sealed_values(app: &App) -> BTreeSet<String> {
    let all = Sql::new(
        "select c.table_name || '.' || c.column_name as name, c.table_name::text as table, c.column_name::text as column
         from information_schema.columns c join information_schema.tables t using (table_schema, table_name)
         where c.table_schema = 'public' and t.table_type = 'BASE TABLE' and c.data_type in ('text', 'character varying', 'jsonb', 'json', 'ARRAY')",
    );
    let columns: Vec<Column> = app.tx(|tx| Ok(all.load(tx.conn())?));
    let holds = |found: &Column| {
        let (table, column) = (&found.table, &found.column);
        app.count(&format!("select count(*) from {table} where {column}::text ~ '(^|[\" {{,])v1\\.[0-9a-f]{{8}}\\.'"))
            > 0
    };
    columns.into_iter().filter(holds).map(|found| found.name).collect()
}

#[test]
fn every_column_that_holds_a_sealed_value_passes_to_the_new_key() {
    let provider = IdProvider::new();
    let app = filled(&provider);
    let places = tow::features::sealed();
    let known: BTreeSet<String> = places.iter().map(name).collect();
    assert_eq!(columns_with_sealed_values(&app), known);
    let vault = Vault::new(Some(&Secret::new(NEW)), Some(&Secret::new(OLD))).unwrap();
    let rotate = || app.write(ADA, |tx, me| tow::cli::secrets::rotate(tx, me, &vault)).unwrap();
    assert_eq!((rotate(), rotate()), (places.len(), 0));
    for Sealed { table, column, .. } in places {
        let key = format!("{SEALED_PREFIX}{}.%", vault.key_name().unwrap());
        let sql = format!("select count(*) from {table} where {column} like '{key}'");
        assert_eq!(app.count(&sql), 1, "{table}.{column} opens under the new key alone");
    }
}

#[test]
fn whoever_seals_a_value_is_known_with_the_column_it_lies_in() {
    let root = checkout().join("src");
    let files = walkdir::WalkDir::new(&root).sort_by_file_name().into_iter().map(|entry| entry.unwrap().into_path());
    let sealers: Vec<String> = files
        .filter(|path| path.extension().is_some_and(|end| end == "rs"))
        .map(|path| (path.strip_prefix(&root).unwrap().to_string_lossy().into_owned(), path))
        .filter(|(name, path)| *name != "vault.rs" && !name.contains("tests") && seals(path))
        .map(|(name, _)| name)
        .collect();
    assert_eq!(sealers, SEALERS.map(|(file, _)| file.to_owned()));
    let mut known: Vec<String> = tow::features::sealed().iter().map(name).collect();
    let mut said = SEALERS.map(|(_, column)| column.to_owned());
    known.sort();
    said.sort();
    assert_eq!(known, said);
}

fn seals(path: &std::path::Path) -> bool {
    std::fs::read_to_string(path).unwrap().contains("vault.seal(")
}
