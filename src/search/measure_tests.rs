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

const KNOWN: [&str; 20] = [
    "tide", "window", "berth", "vessel", "crossing", "pilot", "quay", "margin", "draught", "sailing", "harbour",
    "schedule", "publish", "forecast", "wind", "crane", "hull", "ballast", "anchor", "buoy",
];

/// Words by Zipf, so that some are in nearly every text and most in few.
fn words(seed: &mut u64, much: usize) -> String {
    let mut word = || {
        *seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        let chance = (*seed >> 11) as f64 / (1_u64 << 53) as f64;
        let rank = 5000_f64.powf(chance) as usize - 1;
        let made =
            || (0..7).map(|at| char::from(b'a' + ((rank * 7919 + at * 104_729 + rank * at * 31) % 26) as u8)).collect();
        KNOWN.get(rank).map_or_else(made, |word| (*word).to_owned())
    };
    (0..much).map(|_| word()).collect::<Vec<String>>().join(" ")
}

/// 10,000 tickets and 650 pages of a restricted project, 20,000 comments.
fn fill(app: &App) {
    let mut seed = 7;
    let mut texts = |count: usize, much: usize| (0..count).map(|_| words(&mut seed, much)).collect::<Vec<String>>();
    let insert = |before: &str, texts: Vec<String>, after: &str| {
        let mut sql = Sql::new(before);
        sql.bind(texts).push(after);
        app.tx(|tx| Ok(sql.execute(tx.conn())?));
    };
    for (kind, prefix, count) in [("ticket", "ATL", 10_000), ("doc", "DOC", 650)] {
        let before = format!(
            "insert into records (id, organisation_id, kind, number, display_id, scope, project_id, title, author_id, created_at, updated_at)
             select gen_random_uuid(), o.id, '{kind}', 100 + n, '{prefix}-' || 100 + n, 'project', p.id, left(t, 200), a.id, p.created_at,
               p.created_at + n * interval '1 minute'
             from organisations o, projects p, people a, unnest("
        );
        insert(
            &before,
            texts(count, 7),
            "::text[]) with ordinality as w(t, n) where p.key = 'ATL' and a.handle = 'cleo'",
        );
    }
    let those = "::text[]) with ordinality as w(t, n) on r.number = 100 + n";
    insert(
        "insert into tickets (id, place_id, kind, status, priority, body, rank)
        select r.id, r.place_id, 'task', 'todo', 3, t, 'm' from records r join unnest(",
        texts(10_000, 60),
        &format!("{those} and r.kind = 'ticket'"),
    );
    insert(
        "insert into docs (id, place_id, rank, body) select r.id, r.place_id, 'm', t from records r join unnest(",
        texts(650, 600),
        &format!("{those} and r.kind = 'doc'"),
    );
    for _ in 0..2 {
        insert(
            "insert into comments (id, record_id, author_id, body, created_at)
            select gen_random_uuid(), r.id, r.author_id, t, r.updated_at from records r join unnest(",
            texts(10_000, 25),
            &format!("{those} and r.kind = 'ticket'"),
        );
    }
}

#[test]
#[ignore = "takes minutes; for people who change the statement"]
fn measure_search() {
    let app = App::own();
    fill(&app);
    let began = Instant::now();
    while app.tx(|tx| step(tx, &tow::features::texts())) {}
    println!("filled in {:?}: {} passages", began.elapsed(), app.count("select count(*) from search_passages"));
    app.sql("vacuum analyze");
    let rare = "anchor buoy ballast";
    for who in [CLEO, DOV] {
        for q in ["tide", "tide window", rare, "\"tide window\" -berth", "sai", "crosing", "ATL-142", "zzzz"] {
            let question = Question::new(Words::parse(q).unwrap());
            let times: Vec<(f64, f64)> = (0..5)
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
    // An outsider's few records are read through the index of places instead.
    for (who, q) in [(CLEO, rare)] {
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
