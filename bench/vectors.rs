//! Search by meaning on many passages: how long each plan takes and how much it finds, for readers of all, of a tenth and of a
//! thousandth; and how fast passages become vectors through the client. See bench/README.md.
//!
//! `DATABASE_URL=… cargo run --example vectors -- --passages 1000000` on an empty database of its own; asked again, it is not filled again.

#![allow(clippy::indexing_slicing, clippy::disallowed_methods, reason = "a program to measure with, not the server")]

use diesel::{Connection, PgConnection, RunQueryDsl};
use rand::RngExt;
use std::collections::HashSet;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::Arc;
use std::time::Instant;
use tow::access::{Actor, ActorKind, OrganisationCard, Permissions, ProjectAccess, ProjectId, ProjectRole};
use tow::clock::Clock;
use tow::config::load_text;
use tow::db::sql::Sql;
use tow::db::{self, Tx};
use tow::people::{OrganisationId, OrganisationRole};
use tow::vectors::{self, Meaning, Plan, Reach, Set, SetState};
use uuid::Uuid;

const DIM: usize = 384;
const PROJECTS: u128 = 1_000;
const TOPICS: usize = 500;
/// Of each number of a vector around its topic's, which has length 1: passages of a topic end up about 0.35 apart.
const NOISE: f32 = 0.037;
/// As the server makes it, see `WAYS` and `CANDIDATES` in src/vectors/model/sets.rs.
const GRAPH: &str = "with (m = 24, ef_construction = 128)";
/// Unless `--questions` says otherwise.
const QUESTIONS: usize = 100;

type Fault = Box<dyn std::error::Error>;

fn main() -> Result<(), Fault> {
    let number = |name: &str, usual: usize| {
        let all: Vec<String> = std::env::args().collect();
        let given =
            all.iter().position(|word| word == name).and_then(|at| all.get(at + 1)).and_then(|word| word.parse().ok());
        given.unwrap_or(usual)
    };
    let (passages, embedded) = (number("--passages", 100_000), number("--embed", 6_400));
    let questions = number("--questions", QUESTIONS);
    let url = std::env::var("DATABASE_URL").map_err(|_| "DATABASE_URL must name an empty database")?;
    let mut conn = PgConnection::establish(&url)?;
    // As the server's connections have it.
    run(&mut conn, "set jit = off;\nset max_parallel_workers_per_gather = 0")?;
    db::migrate::run(&mut conn).map_err(|error| error.to_string())?;
    let set = match tx(&mut conn, |tx| Set::find(tx, SetState::Serving))? {
        Some(set) => set,
        None => fill(&mut conn, passages)?,
    };
    while tx(&mut conn, vectors::fill_bits)? {}
    run(&mut conn, "vacuum analyze vector_bits")?;
    let set = Set { has_bits: true, ..set };
    let topics = topics(&mut conn)?;
    let readers = [
        ("100 %", PROJECTS),
        ("40 %", PROJECTS * 2 / 5),
        ("20 %", PROJECTS / 5),
        ("10 %", PROJECTS / 10),
        ("1 %", PROJECTS / 100),
        ("0.1 %", PROJECTS / 1_000),
    ];
    for (share, projects) in readers {
        ask(&mut conn, (share, questions), &reader(projects), &set, &topics)?;
    }
    through_the_client(&mut conn, embedded)
}

fn noise() -> f32 {
    // The sum of three even numbers is nearly normal; of variance 1.
    let mut random = rand::rng();
    (0..3).map(|_| random.random::<f32>() * 2.0 - 1.0).sum()
}

fn unit(vector: Vec<f32>) -> Vec<f32> {
    let length = vector.iter().map(|number| number * number).sum::<f32>().sqrt();
    vector.into_iter().map(|number| number / length).collect()
}

fn topics(conn: &mut PgConnection) -> Result<Vec<Vec<f32>>, Fault> {
    #[derive(diesel::QueryableByName)]
    struct Topic {
        #[diesel(sql_type = diesel::sql_types::Array<diesel::sql_types::Float>)]
        home: Vec<f32>,
    }
    let topics: Vec<Topic> = Sql::new("select home from bench_topics order by id").load(conn)?;
    Ok(topics.into_iter().map(|topic| topic.home).collect())
}

fn about(topic: &[f32]) -> Vec<f32> {
    unit(topic.iter().map(|number| number + NOISE * noise()).collect())
}

fn project(number: u128) -> Uuid {
    Uuid::from_u128(0x1000_0000 + number)
}

fn reader(projects: u128) -> Actor {
    let access = |number| ProjectAccess {
        id: ProjectId(project(number)),
        key: format!("P{number}"),
        name: format!("Project {number}"),
        role: ProjectRole::Member,
        is_restricted: true,
        is_archived: false,
        is_granted: true,
    };
    Actor {
        kind: ActorKind::Person,
        organisation: Some(Arc::new(OrganisationCard {
            id: OrganisationId(Uuid::from_u128(1)),
            name: String::new(),
            time_zone: "UTC".to_owned(),
        })),
        role: Some(OrganisationRole::Member),
        permissions: Permissions::of(OrganisationRole::Member),
        projects: Arc::new((0..projects).map(access).collect()),
        ..Actor::visitor("", "")
    }
}

fn tx<T>(conn: &mut PgConnection, f: impl FnOnce(&mut Tx) -> tow::error::Result<T>) -> Result<T, Fault> {
    db::touch(conn, Clock::default().now(), Uuid::nil(), db::Chore::Vectors, f)
        .map_err(|error| error.to_string().into())
}

fn run(conn: &mut PgConnection, text: &str) -> Result<(), Fault> {
    for part in text.split(";\n") {
        diesel::sql_query(part).execute(conn)?;
    }
    Ok(())
}

/// One passage in each record, records spread evenly over the projects, each project at home in three topics, seven of ten of its passages
/// about these. Made inside the database, which is ten times as fast as sending the numbers there.
fn fill(conn: &mut PgConnection, count: usize) -> Result<Set, Fault> {
    let begun = Instant::now();
    let organisation = Uuid::from_u128(1);
    let last_project = PROJECTS - 1;
    run(
        conn,
        &format!(
            "insert into organisations (id, name, mode, created_at) values ('{organisation}', 'Bench', 'organization', current_timestamp);
insert into projects (id, organisation_id, key, name, visibility, created_at) select ('00000000-0000-0000-0000-' || lpad(to_hex(268435456 + n), 12, '0'))::uuid,
  '{organisation}', 'P' || n, 'Project ' || n, 'restricted', current_timestamp from generate_series(0, {last_project}) n;
insert into records (id, organisation_id, kind, number, display_id, scope, project_id, title, created_at, updated_at)
  select ('00000000-0000-0001-0000-' || lpad(to_hex(n), 12, '0'))::uuid, '{organisation}', 'ticket', n, 'T-' || n, 'project',
  ('00000000-0000-0000-0000-' || lpad(to_hex(268435456 + n % {PROJECTS}), 12, '0'))::uuid, 'Ticket ' || n, current_timestamp, current_timestamp from generate_series(1, {count}) n;
insert into passages (id, record_id, place_id, kind, source, part, title, text, hash, at, is_waiting)
  select r.id, r.id, r.place_id, 'ticket', 'body', 0, r.title, repeat('Words of this passage. ', 40), sha256(r.title::bytea), r.updated_at, false from records r;
create table bench_topics as select t as id, l2_normalize((select array_agg((random() + random() + random()) * 2 - 3) from generate_series(1, {DIM}) i where t >= 0)::real[]::vector)::real[] as home
  from generate_series(0, {TOPICS} - 1) t"
        ),
    )?;
    let config = config("http://127.0.0.1:1/v1")?;
    let set = tx(conn, |tx| Set::begin(tx, &config.config.ai, SetState::Serving))?;
    let (id, index) = (set.id, set.index_name());
    run(
        conn,
        &format!(
            "drop index {index};
insert into vectors (set_id, passage_id, place_id, whole)
  select {id}, c.passage_id, c.place_id, l2_normalize((select array_agg(x + {NOISE} * ((random() + random() + random()) * 2 - 3)) from unnest(t.home) x)::real[]::vector)
  from (select p.id as passage_id, p.place_id, case when random() < 0.7
      then (array[r.number % {PROJECTS} * 7, r.number % {PROJECTS} * 31 + 1, r.number % {PROJECTS} * 101 + 2])[1 + floor(random() * 3)::int] % {TOPICS}
      else floor(random() * {TOPICS})::int end as topic from passages p join records r on r.id = p.record_id offset 0) c
  join bench_topics t on t.id = c.topic"
        ),
    )?;
    println!("{count} passages of {DIM} dimensions written in {:.0} s", begun.elapsed().as_secs_f32());
    for table in ["vectors", "passages", "records"] {
        run(conn, &format!("vacuum analyze {table}"))?;
    }
    let begun = Instant::now();
    run(conn, "set maintenance_work_mem = '2GB'")?;
    run(
        conn,
        &format!(
            "create index {index} on vectors using hnsw ((whole::vector({DIM})) vector_cosine_ops) {GRAPH} where set_id = {id}"
        ),
    )?;
    println!("index made in {:.0} s", begun.elapsed().as_secs_f32());
    for (what, of) in
        [("index", format!("pg_relation_size('{index}')")), ("vectors", "pg_table_size('vectors')".to_owned())]
    {
        println!("{what}: {} MB", count_of(conn, &format!("select {of} / 1000000 as count"))?);
    }
    Ok(set)
}

fn count_of(conn: &mut PgConnection, text: &str) -> Result<i64, Fault> {
    #[derive(diesel::QueryableByName)]
    struct Count {
        #[diesel(sql_type = diesel::sql_types::BigInt)]
        count: i64,
    }
    let rows: Vec<Count> = Sql::new(text).load(conn)?;
    Ok(rows.first().map(|row| row.count).unwrap_or_default())
}

/// What one plan took for each question, and found.
#[derive(Default)]
struct Tally {
    times: Vec<std::time::Duration>,
    nothing: Vec<std::time::Duration>,
    recall: Vec<f32>,
    found: Vec<usize>,
}

/// Each plan and the choice, on the same questions.
fn ask(
    conn: &mut PgConnection,
    (share, questions): (&str, usize),
    me: &Actor,
    set: &Set,
    topics: &[Vec<f32>],
) -> Result<(), Fault> {
    let mut random = rand::rng();
    let reach = Reach::default();
    let mut choice = Vec::new();
    let mut plans = [Plan::Each, Plan::Bits, Plan::Walk].map(|plan| (plan, Tally::default()));
    let mut chosen = HashSet::new();
    let asked: Vec<[Meaning; 2]> = (0..questions)
        .map(|_| {
            let meaning = Meaning { set: set.clone(), vector: about(&topics[topic(me, &mut random)]) };
            // A question about nothing that is there has the walk go on in vain.
            [meaning, Meaning { set: set.clone(), vector: unit((0..DIM).map(|_| noise()).collect()) }]
        })
        .collect();
    let mut best: Vec<HashSet<Uuid>> = Vec::new();
    // One plan after the other: to compare every vector before each walk would drive the walk's index out of the cache.
    for (plan, tally) in &mut plans {
        for (number, [meaning, strange]) in asked.iter().enumerate() {
            let begun = Instant::now();
            let near = tx(conn, |tx| vectors::nearest_by(tx, me, meaning, &reach, *plan))?;
            tally.times.push(begun.elapsed());
            let first: HashSet<Uuid> = near.iter().take(10).map(|near| near.passage_id).collect();
            if *plan == Plan::Each {
                best.push(first.clone());
            }
            if !best[number].is_empty() {
                tally.recall.push(first.intersection(&best[number]).count() as f32 / best[number].len() as f32);
            }
            tally.found.push(near.len());
            let begun = Instant::now();
            tx(conn, |tx| vectors::nearest_by(tx, me, strange, &reach, *plan))?;
            tally.nothing.push(begun.elapsed());
        }
    }
    for _ in 0..questions {
        let begun = Instant::now();
        let plan = tx(conn, |tx| vectors::plan(tx, me, set, &reach))?;
        choice.push(begun.elapsed());
        chosen.insert(format!("{plan:?}"));
    }
    println!("reader of {share}: chosen {chosen:?} ({})", quantiles(&mut choice));
    for (plan, tally) in &mut plans {
        let mean = |sum: f32, of: usize| sum / of.max(1) as f32;
        println!(
            "  {plan:?}: {}, recall@10 {:.3} of {} questions with an answer, found {:.0} of 100 on average, {} at least; about nothing {}",
            quantiles(&mut tally.times),
            mean(tally.recall.iter().sum(), tally.recall.len()),
            tally.recall.len(),
            mean(tally.found.iter().sum::<usize>() as f32, tally.found.len()),
            tally.found.iter().min().copied().unwrap_or_default(),
            quantiles(&mut tally.nothing)
        );
    }
    Ok(())
}

/// One at which the first project of this reader is at home: who reads little asks about what they read.
fn topic(me: &Actor, random: &mut impl RngExt) -> usize {
    if me.projects.len() > 1 { random.random_range(0..TOPICS) } else { home(0)[random.random_range(0..3)] }
}

/// The topics of a project.
fn home(project: usize) -> [usize; 3] {
    [project * 7 % TOPICS, (project * 31 + 1) % TOPICS, (project * 101 + 2) % TOPICS]
}

fn quantiles(times: &mut [std::time::Duration]) -> String {
    times.sort_unstable();
    let at = |share: f32| times[((times.len() - 1) as f32 * share) as usize].as_secs_f32() * 1000.0;
    format!("p50 {:.1} ms p95 {:.1} ms", at(0.5), at(0.95))
}

fn config(base: &str) -> Result<tow::config::Loaded, Fault> {
    let dim = DIM.to_string();
    let secrets = [
        ("APP_SECRET", "9f2c61d4e8b07a35c1d9f4e26b80a7537e1c94d2f6a803b5"),
        ("DATA_ENCRYPTION_KEY", "b7d1403c95ae62f8d04b7c19e3a85f6620d9c4b1f7e8a35d"),
        ("OPENAI_API_KEY", "sk-bench-ABCDEFGHIJKLMNOP"),
        ("OPENAI_BASE_URL", base),
        ("TOW_AI__EMBEDDING_DIM", dim.as_str()),
        ("TOW_SECURITY__OUTBOUND_ALLOWED_HOSTS", "127.0.0.1"),
    ];
    load_text("runtime:\n  data_dir: /tmp\n", &secrets).map_err(|problems| format!("{problems:?}").into())
}

/// From the table of passages through jobs, gate, ledger and HTTP to a provider that answers at once, and back.
fn through_the_client(conn: &mut PgConnection, count: usize) -> Result<(), Fault> {
    let base = provider()?;
    let loaded = config(&base)?;
    run(
        conn,
        &format!(
            "insert into passages (id, record_id, place_id, kind, source, part, title, text, hash, at)
             select gen_random_uuid(), r.id, r.place_id, 'ticket', 'body', n, r.title, repeat('More words of passage ' || n || '. ', 110), sha256(n::text::bytea), r.updated_at
             from records r, generate_series(1, {count}) n where r.display_id = 'T-1'"
        ),
    )?;
    let (clock, begun) = (Clock::default(), Instant::now());
    vectors::tend(&mut tow::queue::Work::new(conn, &clock, &loaded.config)).map_err(|error| error.to_string())?;
    tow::queue::run_all_due(conn, &clock, &loaded.config, &tow::jobs::kinds()).map_err(|error| error.to_string())?;
    let left = count_of(conn, "select count(*) from passages where is_waiting")?;
    let seconds = begun.elapsed().as_secs_f32();
    println!(
        "{count} passages of about 2,700 characters through the client in {seconds:.1} s: {:.0} a second, {left} left",
        count as f32 / seconds
    );
    Ok(())
}

fn provider() -> Result<String, Fault> {
    let listener = TcpListener::bind("127.0.0.1:0")?;
    let address = listener.local_addr()?;
    let vectors: Vec<String> = (0..64).map(|_| vectors::literal(&unit((0..DIM).map(|_| noise()).collect()))).collect();
    std::thread::spawn(move || {
        for stream in listener.incoming().map_while(Result::ok) {
            let vectors = vectors.clone();
            std::thread::spawn(move || answer(stream, &vectors));
        }
    });
    Ok(format!("http://{address}/v1"))
}

fn answer(mut stream: TcpStream, vectors: &[String]) -> Option<()> {
    let mut reader = BufReader::new(stream.try_clone().ok()?);
    loop {
        let mut length = 0;
        loop {
            let mut line = String::new();
            if reader.read_line(&mut line).ok()? == 0 {
                return None;
            }
            if let Some(value) = line.to_lowercase().strip_prefix("content-length:") {
                length = value.trim().parse().ok()?;
            }
            if line.trim().is_empty() {
                break;
            }
        }
        let mut body = vec![0; length];
        reader.read_exact(&mut body).ok()?;
        let asked: serde_json::Value = serde_json::from_slice(&body).ok()?;
        let texts = asked["input"].as_array()?.len();
        let data: Vec<String> = (0..texts)
            .map(|index| {
                format!(
                    "{{\"object\":\"embedding\",\"index\":{index},\"embedding\":{}}}",
                    vectors[index % vectors.len()]
                )
            })
            .collect();
        let body = format!(
            "{{\"object\":\"list\",\"model\":\"bench\",\"data\":[{}],\"usage\":{{\"prompt_tokens\":1,\"total_tokens\":1}}}}",
            data.join(",")
        );
        stream
            .write_all(
                format!("HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n", body.len())
                    .as_bytes(),
            )
            .ok()?;
        stream.write_all(body.as_bytes()).ok()?;
    }
}
