//! Migrations and replaceable SQL, each test in a private cluster because they commit.

use super::{connect, data_folder, number, start};
use diesel_migrations::FileBasedMigrations;
use std::fs;
use tow::db::migrate::{self, MigrateError, SchemaFile};

#[test]
fn migrations_are_applied_once_and_the_schema_is_rebuilt_when_either_changed() {
    let folder = data_folder();
    let tow = start(&folder);
    let mut conn = connect(tow.url());
    let source = migrations(&folder, &[("2026-01-01-000000_create_things", "CREATE TABLE things (id int)")]);
    let views = |columns: &str| {
        [schema_file("views.sql", &format!("CREATE OR REPLACE VIEW shown AS SELECT {columns} FROM things"))]
    };
    let first = migrate::run_these(&mut conn, &source, &views("id")).unwrap();
    assert_eq!((first.applied.len(), first.rebuilt.len()), (1, 1));
    let again = migrate::run_these(&mut conn, &source, &views("id")).unwrap();
    assert_eq!((again.applied.len(), again.rebuilt.len()), (0, 0));
    let changed = migrate::run_these(&mut conn, &source, &views("id, 1 AS one")).unwrap();
    assert_eq!((changed.applied.len(), changed.rebuilt.len()), (0, 1));
    assert_eq!(number(&mut conn, "SELECT count(one) AS value FROM shown"), 0);
}

#[test]
fn a_database_newer_than_the_program_is_refused_with_both_versions_and_left_alone() {
    let folder = data_folder();
    let tow = start(&folder);
    let mut conn = connect(tow.url());
    let old = ("2026-01-01-000000_create_things", "CREATE TABLE things (id int)");
    let new = ("2026-02-01-000000_create_others", "CREATE TABLE others (id int)");
    migrate::run_these(&mut conn, &migrations(&folder, &[old, new]), &[]).unwrap();
    let other = data_folder();
    let refused =
        migrate::run_these(&mut conn, &migrations(&other, &[old]), &[schema_file("x.sql", "DROP TABLE things")]);
    let refused = refused.err().unwrap();
    assert!(matches!(refused, MigrateError::DatabaseNewer { .. }), "{refused}");
    assert!(refused.to_string().contains("has migration 20260201000000"), "{refused}");
    assert!(refused.to_string().contains("knows is 20260101000000"), "{refused}");
    assert_eq!(number(&mut conn, "SELECT count(*) AS value FROM things"), 0);
}

#[test]
fn a_failed_schema_file_is_named_and_nothing_of_the_schema_is_kept() {
    let folder = data_folder();
    let tow = start(&folder);
    let mut conn = connect(tow.url());
    let files = [
        schema_file("a.sql", "CREATE OR REPLACE VIEW fine AS SELECT 1 AS one"),
        schema_file("b.sql", "SELECT nonsense"),
    ];
    let refused = migrate::run_these(&mut conn, &migrations(&folder, &[]), &files).err().unwrap();
    assert!(matches!(&refused, MigrateError::Failed { name, .. } if name == "b.sql"), "{refused}");
    assert_eq!(number(&mut conn, "SELECT count(*) AS value FROM pg_views WHERE viewname = 'fine'"), 0);
    // And the lock is free again.
    migrate::run_these(&mut connect(tow.url()), &migrations(&folder, &[]), &[]).unwrap();
}

#[test]
fn instances_that_start_together_migrate_once() {
    let folder = data_folder();
    let tow = start(&folder);
    let slow = ("2026-01-01-000000_create_things", "SELECT pg_sleep(0.5); CREATE TABLE things (id int)");
    let source = migrations(&folder, &[slow]);
    let run = |url: String, source: FileBasedMigrations| {
        std::thread::spawn(move || migrate::run_these(&mut connect(&url), &source, &[]).unwrap().applied.len())
    };
    let both: Vec<_> = (0..3).map(|_| run(tow.url().to_owned(), source.clone())).collect();
    let applied: usize = both.into_iter().map(|thread| thread.join().unwrap()).sum();
    assert_eq!(applied, 1);
}

#[test]
fn this_programs_own_migrations_apply_to_an_empty_database() {
    let folder = data_folder();
    let tow = start(&folder);
    let mut conn = connect(tow.url());
    migrate::run(&mut conn).unwrap();
    assert_eq!(migrate::pending(&mut conn).unwrap(), Vec::<String>::new());
}

fn schema_file(name: &str, sql: &str) -> SchemaFile {
    SchemaFile { name: name.to_owned(), sql: sql.to_owned() }
}

fn migrations(folder: &tempfile::TempDir, files: &[(&str, &str)]) -> FileBasedMigrations {
    let root = folder.path().join("migrations");
    fs::create_dir_all(&root).unwrap();
    for (name, up) in files {
        fs::create_dir_all(root.join(name)).unwrap();
        fs::write(root.join(name).join("up.sql"), up).unwrap();
        fs::write(root.join(name).join("down.sql"), "SELECT 1").unwrap();
    }
    FileBasedMigrations::from_path(root).unwrap()
}
