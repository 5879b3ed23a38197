//! Columns with values sealed by the vault, and their passing from the previous key to the current one.

use super::Tx;
use super::sql::Sql;
use crate::error::Result;
use crate::vault::{SEALED_PREFIX, Vault};
use diesel::QueryableByName;
use diesel::sql_types::{Text, Uuid as SqlUuid};
use uuid::Uuid;

/// Where a room keeps sealed values: the value in `column` fits the id in `id`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Sealed {
    pub table: &'static str,
    pub id: &'static str,
    pub column: &'static str,
}

#[derive(QueryableByName)]
struct Row {
    #[diesel(sql_type = SqlUuid)]
    id: Uuid,
    #[diesel(sql_type = Text)]
    value: String,
}

/// Seals every value anew that names another key than the current one. How many.
pub fn rotate(tx: &mut Tx, vault: &Vault, places: &[Sealed]) -> Result<usize> {
    let mut count = 0;
    for Sealed { table, id, column } in places {
        // The column may hold something else too: of the connection in tow.yaml a fingerprint.
        let all = format!("select {id} as id, {column} as value from {table} where starts_with({column}, ");
        let mut all = Sql::named("sealed::rows", &all);
        all.bind(SEALED_PREFIX).push(") for update");
        for row in all.load::<Row>(tx.conn())? {
            let Some(value) = vault.reseal(row.id, &row.value)? else { continue };
            let mut sql = Sql::named("sealed::reseal", &format!("update {table} set {column} = "));
            sql.bind(value).push(&format!(" where {id} = ")).bind(row.id);
            sql.execute(tx.conn())?;
            count += 1;
        }
    }
    Ok(count)
}
