//! The schema itself: reversible, mirrored in src/schema.rs, every reference with key and index, every constraint named by rule.

use crate::harness::*;
use diesel::PgConnection;
use diesel::connection::SimpleConnection;
use diesel_migrations::MigrationHarness;
use std::process::Command;
use tow::audit;
use tow::db::migrate::{self, MIGRATIONS};
use tow::db::schema_file::schema_file;

/// References that are none, and why.
const NO_KEY: &[(&str, &str)] = &[
    ("records.place_id", "one of four tables, by scope; generated"),
    ("memory_diffs.place_id", "as records.place_id"),
    ("agent_runs.place_id", "as records.place_id"),
    ("counters.place_id", "whatever numbers are counted for"),
    ("vector_holds.place_id", "one of four tables, for a minute"),
    ("vector_bits.place_id", "its vector's, by a trigger"),
    ("vector_bits.passage_id", "its vector's, by a trigger"),
    ("scim_groups.external_id", "the directory's name of the group"),
    ("scim_users.external_id", "the directory's name of the person"),
    ("activity.transaction_id", "PostgreSQL's"),
    ("audit_events.target_id", "any kind of thing, and it may be gone"),
    ("audit_events.request_id", "of the log"),
    ("sso_connections.client_id", "the provider's name of this server"),
];

/// Keys whose index would never be used.
const NO_INDEX: &[(&str, &str)] = &[
    ("audit_events.request_id", "nobody looks by it"),
    ("sso_connections.client_id", "a handful of rows"),
    ("vector_bits.place_id", "looked for within a set only"),
    ("vector_bits.passage_id", "never looked for without its place"),
];

fn migrated() -> (Own, PgConnection) {
    let own = Own::bare();
    let mut conn = connect(&own.name);
    migrate::run(&mut conn).unwrap();
    (own, conn)
}

#[test]
fn up_down_up_gives_the_same_schema() {
    let (own, mut conn) = migrated();
    let first = dump(&own.name);
    conn.revert_all_migrations(MIGRATIONS).expect("a down.sql failed");
    let left = lines(
        &mut conn,
        "select relname::text as line from pg_class c join pg_namespace n on n.oid = c.relnamespace
        where nspname = 'public' and relkind in ('r', 'v') and relname not like '\\_\\_%' and relname not like 'tow\\_%'
          and not exists (select from pg_depend d where d.objid = c.oid and d.deptype = 'e')",
    );
    assert_eq!(left, Vec::<String>::new(), "left behind by down.sql");
    migrate::run(&mut conn).unwrap();
    similar_asserts(&first, &dump(&own.name));
}

fn dump(database: &str) -> String {
    let mut programs: Vec<_> =
        std::fs::read_dir("/usr/lib/postgresql").into_iter().flatten().map(|entry| entry.unwrap().path()).collect();
    programs.sort();
    let program = programs.last().map(|folder| folder.join("bin/pg_dump")).unwrap_or_else(|| "pg_dump".into());
    let done =
        Command::new(program).args(["--schema-only", "--no-owner", "--dbname", &url_of(database)]).output().unwrap();
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    let text = String::from_utf8(done.stdout).unwrap();
    // Newer versions write a random word there.
    text.lines().filter(|line| !line.starts_with('\\')).collect::<Vec<_>>().join("\n")
}

fn similar_asserts(before: &str, after: &str) {
    let gone: Vec<&str> = before.lines().filter(|line| !after.lines().any(|other| other == *line)).collect();
    let come: Vec<&str> = after.lines().filter(|line| !before.lines().any(|other| other == *line)).collect();
    assert!(before == after, "gone: {gone:#?}\ncome: {come:#?}");
}

#[test]
fn schema_rs_is_current() {
    let (_own, mut conn) = migrated();
    let wanted = schema_file(&mut conn).unwrap();
    let found = std::fs::read_to_string(checkout().join("src/schema.rs")).unwrap();
    similar_asserts(&found, &wanted);
}

#[test]
fn every_reference_has_a_foreign_key() {
    let (_own, mut conn) = migrated();
    assert_only(
        NO_KEY,
        lines(
            &mut conn,
            &format!(
                "{ID_COLUMNS} and not exists (
        select from pg_constraint k where k.conrelid = c.oid and k.contype = 'f' and a.attnum = any(k.conkey))"
            ),
        ),
    );
}

#[test]
fn every_reference_has_an_index_that_begins_with_it() {
    let (_own, mut conn) = migrated();
    assert_only(
        NO_INDEX,
        lines(
            &mut conn,
            &format!(
                "{ID_COLUMNS} and not exists (
        select from pg_index i where i.indrelid = c.oid and i.indkey[0] = a.attnum)"
            ),
        ),
    );
}

const ID_COLUMNS: &str = "select c.relname || '.' || a.attname as line from pg_class c
    join pg_namespace n on n.oid = c.relnamespace and n.nspname = 'public'
    join pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
    where c.relkind = 'r' and c.relname not like '\\_\\_%' and a.attname like '%\\_id' and a.attname <> 'display_id'";

fn assert_only(known: &[(&str, &str)], found: Vec<String>) {
    let new: Vec<_> = found.iter().filter(|name| !known.iter().any(|(column, _)| column == name)).collect();
    assert_eq!(new, Vec::<&String>::new());
    let idle: Vec<_> = known.iter().filter(|(column, _)| !found.iter().any(|name| name == column)).collect();
    assert_eq!(idle, Vec::<&(&str, &str)>::new(), "nothing needs these lines");
}

#[test]
fn every_constraint_and_index_is_named_after_its_table_and_what_it_is() {
    let (_own, mut conn) = migrated();
    let wrong = lines(
        &mut conn,
        "select conname::text as line from pg_constraint k join pg_class c on c.oid = k.conrelid
           join pg_namespace n on n.oid = c.relnamespace and n.nspname = 'public'
         where contype in ('p', 'f', 'u', 'c') and c.relname not like '\\_\\_%' and conname !~ ('^' || c.relname || '_([a-z0-9_]+_)?' ||
           case contype when 'p' then 'pkey' when 'f' then 'fkey' when 'u' then 'key' when 'c' then 'check' end || '$')
         union all
         select i.relname::text from pg_index x join pg_class i on i.oid = x.indexrelid join pg_class c on c.oid = x.indrelid
           join pg_namespace n on n.oid = c.relnamespace and n.nspname = 'public'
         where c.relname not like '\\_\\_%' and not exists (select from pg_constraint k where k.conindid = i.oid)
           and i.relname !~ ('^' || c.relname || '_[a-z0-9_]+_(idx|key)$')",
    );
    assert_eq!(wrong, Vec::<String>::new());
}

#[test]
fn every_migration_has_a_known_verb_and_says_why() {
    const VERBS: [&str; 8] = ["create", "add", "drop", "rename", "index", "constrain", "backfill", "move"];
    let mut versions = std::collections::HashSet::new();
    for entry in std::fs::read_dir(checkout().join("migrations")).unwrap() {
        let folder = entry.unwrap().path();
        let name = folder.file_name().unwrap().to_string_lossy().into_owned();
        let verb = name.get(18..).and_then(|rest| rest.split('_').next()).unwrap_or_default().to_owned();
        assert!(VERBS.contains(&verb.as_str()), "{name}: {verb}");
        let up = std::fs::read_to_string(folder.join("up.sql")).unwrap();
        assert!(up.starts_with("-- "), "{name}/up.sql does not begin by saying why");
        assert!(folder.join("down.sql").exists(), "{name} has no down.sql");
        // Two hands may choose the same minute; the second of the two would never run.
        let version = name.get(..17).unwrap_or_default().to_owned();
        assert!(versions.insert(version), "{name}: another migration has its version");
    }
}

/// What `tow demo` of the first schema that people could use wrote (14 migrations, commit e01e71f), as pg_dump tells it.
fn first() -> (Own, PgConnection) {
    let own = Own::bare();
    let mut conn = connect(&own.name);
    let unpacked =
        Command::new("gzip").args(["-dc", "tests/upgrade/first.sql.gz"]).current_dir(checkout()).output().unwrap();
    assert!(unpacked.status.success());
    conn.batch_execute(&String::from_utf8(unpacked.stdout).unwrap()).unwrap();
    conn.batch_execute("set search_path to public; set statement_timeout = 0; set row_security = on").unwrap();
    (own, conn)
}

#[test]
fn a_database_of_the_first_schema_becomes_todays_with_every_row_as_it_was() {
    let (own, mut conn) = first();
    let tables = lines(
        &mut conn,
        "select relname::text as line from pg_class where relkind = 'r' and relnamespace = 'public'::regnamespace and relname not like '\\_\\_%'",
    );
    run(&mut conn, "create table upgrade_before (name text not null, row jsonb not null)");
    for table in &tables {
        run(&mut conn, &format!("insert into upgrade_before select '{table}', to_jsonb(x) from {table} x"));
    }
    let total = lines(&mut conn, "select count(*)::text as line from upgrade_before");
    assert!(total[0].parse::<i64>().unwrap() > 2_000, "{total:?}");

    migrate::run(&mut conn).unwrap();
    for table in &tables {
        let changed = lines(
            &mut conn,
            &format!(
                "select b.row::text as line from upgrade_before b where b.name = '{table}'
                 and not exists (select from {table} x where to_jsonb(x) @> b.row) limit 3"
            ),
        );
        assert_eq!(changed, Vec::<String>::new(), "{table}");
    }
    run(&mut conn, "drop table upgrade_before");
    let own_of = |condition: &str| {
        format!("select count(*)::text as line from tickets t join records r on r.id = t.id where {condition}")
    };
    let apart =
        lines(&mut conn, &own_of("(r.assignee_id, r.reporter_id) is distinct from (t.assignee_id, t.reporter_id)"));
    let filled = lines(&mut conn, &own_of("r.assignee_id is not null and r.reporter_id is not null"));
    assert_eq!(apart, ["0"], "whose a ticket is was not copied to its record");
    assert!(filled[0].parse::<i64>().unwrap() > 10, "{filled:?}");
    let (fresh, _conn) = migrated();
    similar_asserts(&dump(&fresh.name), &dump(&own.name));
}

#[test]
fn who_comes_back_after_the_upgrade_finds_everything_and_the_trail_whole() {
    let (own, mut conn) = first();
    migrate::run(&mut conn).unwrap();
    drop(conn);
    let app = App::over(own);
    let ada = app.text("select id::text as text from people where email = 'ada@halden.example'");
    let ada = app.as_person(tow::people::PersonId(ada.parse().unwrap()));
    for (list, kind) in [
        ("/tickets?show=all", "ticket"),
        ("/decisions", "decision"),
        ("/risks", "risk"),
        ("/experiments", "experiment"),
    ] {
        let newest = format!(
            "select title as text from records where kind = '{kind}' and archived_at is null order by updated_at desc, id desc limit 1"
        );
        let page = ada.get(list);
        let title = app.text(&newest);
        assert!(page.status == 200 && page.text().contains(&title.replace('\'', "&#39;")), "{list} without {title}");
    }
    let open = |kind: &str| {
        app.text(&format!("select display_id as text from records where kind = '{kind}' and scope = 'organisation' order by number limit 1"))
    };
    for path in [
        "/board".to_owned(),
        "/projects".to_owned(),
        "/docs".to_owned(),
        format!("/decisions/{}", open("decision")),
        format!("/docs/{}", open("doc")),
    ] {
        assert_eq!(ada.get(&path).status, 200, "{path}");
    }
    app.run_schedule("audit.seal");
    assert!(app.tx(audit::verify).is_ok());
    assert!(app.count("select count(*) from audit_events where sequence is null") == 0);
}
