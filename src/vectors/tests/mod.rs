//! What is found by meaning, and what never becomes a vector.

mod finding;
mod making;
mod passages;
mod sets;

use crate::harness::*;
use tow::search::step;

/// As the clock does each second, until nothing is left.
pub fn index(app: &App) {
    let texts = tow::features::texts();
    for _ in 0..1000 {
        if !app.tx(|tx| step(tx, &texts)) {
            return;
        }
    }
    panic!("the index is never done");
}

/// What this ticket says from now on; the index has heard of it.
pub fn says(app: &App, display_id: &str, body: &str) {
    let id = app.text(&format!("select id::text as text from records where display_id = '{display_id}'"));
    app.sql(&format!("update tickets set body = '{body}' where id = '{id}'"));
    reindex(app, display_id);
}

pub fn reindex(app: &App, display_id: &str) {
    let display_id = display_id.to_owned();
    app.tx(move |tx| {
        let mut sql = tow::db::sql::Sql::new("select id from records where display_id = ");
        sql.bind(display_id.as_str());
        let ids: Vec<Id> = sql.load(tx.conn())?;
        let ids: Vec<uuid::Uuid> = ids.into_iter().map(|row| row.id).collect();
        tow::search::index(tx, &ids, &tow::features::texts())
    });
}

#[derive(diesel::QueryableByName)]
struct Id {
    #[diesel(sql_type = diesel::sql_types::Uuid)]
    id: uuid::Uuid,
}

/// A number of passages of this record.
pub fn passages_of(app: &App, display_id: &str) -> i64 {
    app.count(&format!(
        "select count(*) from passages p join records r on r.id = p.record_id where r.display_id = '{display_id}'"
    ))
}

pub fn paragraphs(word: &str, sentences: usize) -> String {
    (0..sentences).map(|n| format!("The {word} number {n} stands in the yard. ")).collect()
}

/// The clock's turn, and the jobs it made.
pub fn embed(app: &App) {
    {
        let state = app.state();
        let mut conn = state.pool.get().unwrap();
        tow::vectors::tend(&mut tow::queue::Work::new(&mut conn, &state.clock, &state.config)).unwrap();
    }
    app.run_jobs();
}

/// The named world, with a vector for each of its passages.
pub fn embedded(models: &Models, more: &[(&str, &str)]) -> App {
    with_vectors(models.app_with(more))
}

/// The same in a database of its own, for thousands of rows: in a transaction they go by the statistics of tables that others' rows were
/// taken out of, which may call them empty.
pub fn embedded_alone(models: &Models) -> App {
    with_vectors(models.own_app())
}

fn with_vectors(app: App) -> App {
    index(&app);
    embed(&app);
    app
}

pub fn delete(app: &App, display_id: &str) {
    let id = app.text(&format!("select id::text as text from records where display_id = '{display_id}'"));
    app.sql(&format!(
        "delete from activity where record_id = '{id}'; delete from comments where record_id = '{id}'; delete from tickets where id = '{id}'; delete from records where id = '{id}'"
    ));
}

/// So many passages more, each with words of its own.
pub fn fill(app: &App, display_id: &str, count: usize) {
    app.sql(&format!(
        "insert into passages (id, record_id, place_id, kind, source, part, title, text, hash, at)
         select gen_random_uuid(), r.id, r.place_id, 'ticket', 'body', n, r.title, 'Passage number ' || n, sha256(n::text::bytea), r.updated_at
         from records r, generate_series(1, {count}) n where r.display_id = '{display_id}'"
    ));
}
