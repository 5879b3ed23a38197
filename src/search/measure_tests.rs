//! How long finding takes in a large company; run with `cargo test --release -- --ignored measure_search --nocapture`.

use crate::harness::*;
use diesel::prelude::*;
use diesel::sql_types::Text;
use std::time::Instant;
use tow::db::sql::Sql;
use tow::search::{Question, Words, complete_records, recent, step};

#[derive(QueryableByName)]
struct Line {
    #[diesel(sql_type = Text)]
    #[diesel(column_name = "QUERY PLAN")]
    line: String,
}

/// 10,000 tickets and 650 pages of a restricted project, 20,000 comments; words by Zipf, so that some are in every text.
const FILL: &str = "
create table vocabulary as select n, md5('w' || n) as plain, (array['tide','window','berth','vessel','crossing','pilot','quay','margin','draught','sailing',
  'harbour','schedule','publish','forecast','wind','crane','hull','ballast','anchor','buoy'])[n] as known from generate_series(1, 5000) n;
create function words(seed int, much int) returns text language sql as $$
  select string_agg(coalesce(v.known, translate(left(v.plain, 7), '0123456789', 'ghijklmnop')), ' ')
  from generate_series(1, much) i join vocabulary v on v.n = 1 + floor(5000 ^ (abs(hashint8(seed::bigint * 1000 + i)) / 2147483648.0))::int - 1 $$;
insert into records (id, organisation_id, kind, number, display_id, scope, project_id, title, author_id, created_at, updated_at)
  select gen_random_uuid(), '00000000-0000-0000-0000-000000000001', 'ticket', 100 + n, 'ATL-' || 100 + n, 'project', '00000000-0000-0000-0000-000000000011',
    left(words(n, 7), 200), '00000000-0000-0000-0000-000000000103', '2026-11-01', '2026-11-01'::timestamptz + n * interval '1 minute' from generate_series(1, 10000) n;
insert into records (id, organisation_id, kind, number, display_id, scope, project_id, title, author_id, created_at, updated_at)
  select gen_random_uuid(), '00000000-0000-0000-0000-000000000001', 'doc', 100 + n, 'DOC-' || 100 + n, 'project', '00000000-0000-0000-0000-000000000011',
    left(words(100000 + n, 5), 200), '00000000-0000-0000-0000-000000000103', '2026-11-01', '2026-11-01'::timestamptz + n * interval '1 hour' from generate_series(1, 650) n;
insert into tickets (id, place_id, kind, status, priority, body, rank)
  select id, place_id, 'task', 'todo', 3, words(200000 + number, 60), 'm' from records where kind = 'ticket' and number > 100;
insert into docs (id, place_id, rank, body) select id, place_id, 'm', words(300000 + number, 600) from records where kind = 'doc' and number > 100;
insert into comments (id, record_id, author_id, body, created_at)
  select gen_random_uuid(), r.id, r.author_id, words(400000 + r.number * 2 + c, 25), r.updated_at from records r, generate_series(1, 2) c where r.kind = 'ticket' and r.number > 100;
analyze;";

#[test]
#[ignore = "takes minutes; for people who change the statement"]
fn measure_search() {
    let app = App::own();
    app.sql(FILL);
    let began = Instant::now();
    while app.tx(|tx| step(tx, &tow::features::texts())) {}
    println!("filled in {:?}: {} passages", began.elapsed(), app.count("select count(*) from search_passages"));
    app.sql("vacuum analyze");
    let rare = "anchor buoy ballast";
    for who in [CLEO, ADA, DOV] {
        for q in ["tide", "tide window", rare, "\"tide window\" -berth", "sai", "crosing", "ATL-142", "zzzz"] {
            let question = Question::new(Words::parse(q).unwrap());
            let times: Vec<(f64, f64)> = (0..9)
                .map(|_| {
                    app.read(who, |tx, me| {
                        let began = Instant::now();
                        question.hits(tx, me)?;
                        question.facets(tx, me)?;
                        let page = began.elapsed().as_secs_f64() * 1000.0;
                        let began = Instant::now();
                        question.records(tx, me)?;
                        Ok((page, began.elapsed().as_secs_f64() * 1000.0))
                    })
                    .unwrap()
                })
                .collect();
            let median = |pick: fn(&(f64, f64)) -> f64| {
                let mut all: Vec<f64> = times.iter().map(pick).collect();
                all.sort_by(f64::total_cmp);
                all[all.len() / 2]
            };
            let total = app.read(who, |tx, me| Ok(question.hits(tx, me)?.first().map(|hit| hit.total))).unwrap();
            println!(
                "{:6} {q:24} {:5} results, page {:6.1} ms, palette {:6.1} ms",
                who.handle(),
                total.unwrap_or(0),
                median(|t| t.0),
                median(|t| t.1)
            );
        }
        let (page, began) = (app.read(who, |tx, me| recent(tx, me, None)), Instant::now());
        println!("{:6} recent: {}, {:?}", who.handle(), page.unwrap().len(), began.elapsed());
        let began = Instant::now();
        app.read(who, |tx, me| complete_records(tx, me, None, "tide w")).unwrap();
        println!("{:6} completion {:?}", who.handle(), began.elapsed());
    }
    for (who, q) in [(CLEO, rare), (DOV, rare)] {
        let plan = app.read(who, |tx, me| {
            let question = Question::new(Words::parse(q).unwrap());
            question.prepare(tx)?;
            let mut sql = Sql::new("explain (analyze, buffers, costs off) ");
            sql.append(&question.statement(me));
            let lines: Vec<Line> = sql.load(tx.conn())?;
            Ok(lines.into_iter().map(|line| line.line).collect::<Vec<_>>().join("\n"))
        });
        let plan = plan.unwrap();
        println!("{} {q}\n{plan}", who.name);
        assert!(
            plan.contains("search_passages_words_idx") && plan.contains("records_title_trgm_idx"),
            "an index is not used"
        );
    }
}
