//! Who may import whom, and where what may stand; reads the source as text. The rules are those of STYLE.md.

use crate::harness::checkout;
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

const GROUND: &[&str] = &[
    "clock",
    "config",
    "db",
    "error",
    "mail",
    "net",
    "queue",
    "schema",
    "secret",
    "storage",
    "telemetry",
    "text",
    "toolbox",
    "ui",
    "vault",
    "web",
];
/// Lower never mentions higher; peers of one line never each other (the spine's lines have one room each).
const LADDER: &[&[&str]] = &[
    &["people"],
    &["access"],
    &["audit"],
    &["records"],
    &["signin"],
    &["sso", "tokens"],
    &["projects"],
    &["members", "ai", "tql", "workflows", "files"],
    &["related", "invitations", "account", "scim", "claims"],
    &["comments"],
    &["tickets", "decisions", "risks", "experiments", "docs"],
    &["boards", "roadmap", "memory"],
    &["diffs"],
    &["snapshots"],
    &["vectors"],
    &["search"],
    &["agents"],
    &["chat"],
    &["backups"],
    &["setup", "inbox", "trail", "reviews", "exports", "imports", "settings", "fleet", "leaving"],
    &["today"],
];
const EDGE: &[&str] = &["app", "cli", "features", "gallery", "health", "jobs", "lib", "main", "outbound"];
const FORBIDDEN_NAMES: [&str; 6] = ["utils", "util", "helpers", "helper", "common", "services"];
const MAX_FILE_LINES: usize = 400;
/// A place in the sidebar takes sixteen of them, formatted.
const MAX_FEATURE_MOD_LINES: usize = 40;

/// Rule, file, and why it may. A line here is a debt or a reason, never a convenience.
const EXCEPTIONS: &[(&str, &str, &str)] = &[
    (
        "imports audit",
        "access/principal.rs",
        "the edge between HTTP and actors keeps refusals; `Principal` has one implementation",
    ),
    ("diesel::", "error.rs", "the one From of database errors"),
    ("diesel::", "schema.rs", "generated"),
    ("diesel::", "web/ctx.rs", "names the connection that read and write hand on"),
    ("diesel::", "cli/serve.rs", "opens the first connection, for the migrations"),
    ("diesel::", "signin/throttle.rs", "counts in a table; a model file by another name"),
    ("actix_web::", "cli/serve.rs", "starts the runtime"),
    ("writes people", "setup/", "makes the first person together with the organisation"),
    ("writes organisations", "setup/", "makes it"),
    ("writes memberships", "setup/", "makes the owner's"),
    ("lines", "schema.rs", "generated"),
    ("lines", "text/markdown.rs", "one walk over one tree"),
];

struct Source {
    /// Below `src/`.
    path: String,
    room: String,
    /// Without comments.
    code: String,
    lines: usize,
}

fn sources() -> Vec<Source> {
    let root = checkout().join("src");
    let files = walkdir::WalkDir::new(&root).sort_by_file_name().into_iter().map(|entry| entry.unwrap().into_path());
    let read = |path: &Path| {
        let text = std::fs::read_to_string(path).unwrap();
        let code = text.lines().filter(|line| !line.trim_start().starts_with("//")).collect::<Vec<_>>().join("\n");
        let path = path.strip_prefix(&root).unwrap().to_string_lossy().into_owned();
        let room = path.split(['/', '.']).next().unwrap().to_owned();
        Source { room, code, lines: text.lines().count(), path }
    };
    files
        .filter(|path| path.extension().is_some_and(|end| end == "rs"))
        .map(|path| read(&path))
        .filter(|file| !file.is_test())
        .collect()
}

impl Source {
    fn is_test(&self) -> bool {
        self.path.ends_with("tests.rs") || self.path.contains("/tests/")
    }

    fn finding(&self, rule: String, said: String) -> Finding {
        Finding { rule, path: self.path.clone(), said }
    }

    /// Rooms named after `crate::`, one by one or in braces.
    fn imports(&self) -> BTreeSet<String> {
        let word =
            |text: &str| text.trim().chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect::<String>();
        let mut rooms = BTreeSet::new();
        for (at, _) in self.code.match_indices("crate::") {
            let rest = &self.code[at + "crate::".len()..];
            match rest.strip_prefix('{') {
                Some(group) => rooms.extend(group.split('}').next().unwrap().split(',').map(word)),
                None => drop(rooms.insert(word(rest))),
            }
        }
        rooms
    }
}

/// Where the code departs from a rule, excepted or not.
#[derive(Clone)]
struct Finding {
    rule: String,
    path: String,
    said: String,
}

impl Finding {
    fn is_excepted(&self) -> bool {
        EXCEPTIONS.iter().any(|exception| self.meets(exception))
    }

    fn meets(&self, (rule, path, _): &(&str, &str, &str)) -> bool {
        self.rule == *rule && self.path.starts_with(path)
    }
}

/// 0 for ground, then the rung of the ladder, then the edge; None for what is no room (a macro).
fn height(room: &str) -> Option<usize> {
    let rung = || LADDER.iter().position(|rung| rung.contains(&room)).map(|rung| rung + 1);
    let ground = GROUND.contains(&room).then_some(0);
    ground.or_else(rung).or_else(|| EDGE.contains(&room).then_some(usize::MAX))
}

fn assert_none(what: &str, found: Vec<String>) {
    assert!(found.is_empty(), "{what}:\n  {}", found.join("\n  "));
}

#[test]
fn every_room_has_its_place_in_the_rings() {
    let lost = sources().into_iter().filter(|file| height(&file.room).is_none()).map(|file| file.path);
    assert_none("rooms that no ring or rung of this test names", lost.collect());
}

fn assert_excepted(what: &str, findings: Vec<Finding>) {
    let wrong = findings.into_iter().filter(|finding| !finding.is_excepted());
    assert_none(what, wrong.map(|finding| finding.said).collect());
}

#[test]
fn imports_point_inward_and_down_the_ladder_and_never_to_a_peer() {
    assert_excepted("imports that point outward", outward(&sources()));
}

fn outward(files: &[Source]) -> Vec<Finding> {
    let mut found = Vec::new();
    for file in files {
        let own = height(&file.room).unwrap();
        for other in file.imports().iter().filter(|other| **other != file.room) {
            let Some(theirs) = height(other) else { continue };
            let inward = theirs < own || own == 0 && theirs == 0 || own == usize::MAX;
            if !inward {
                found.push(file.finding(format!("imports {other}"), format!("{} imports {other}", file.path)));
            }
        }
    }
    found
}

#[test]
fn crates_and_the_outside_are_touched_where_they_belong_only() {
    assert_excepted("calls in the wrong place", misplaced(&sources()));
}

fn misplaced(files: &[Source]) -> Vec<Finding> {
    let rules: [(&str, &[&str]); 14] = [
        ("diesel::", &["model", "db/", "access/visible.rs", "audit/", "records/", "queue/"]),
        ("actix_web::", &["web/", "routes.rs", "/routes/", "api.rs", "app.rs"]),
        ("async_openai::", &["ai/client"]),
        ("reqwest::", &["net/"]),
        // Whoever makes requests of their own, past the simple calls: the client of the model provider.
        (".forward(", &["net/", "ai/client"]),
        (".convey(", &["net/", "storage/"]),
        ("object_store::", &["storage/"]),
        ("opentelemetry", &["telemetry/"]),
        (".maker()", &["net/", "ai/client"]),
        ("Utc::now", &["clock.rs"]),
        ("SystemTime::now", &["clock.rs"]),
        ("std::env", &["config/"]),
        ("env::var", &["config/"]),
        (" now()", &[]),
    ];
    let mut found = Vec::new();
    for file in files {
        for (what, homes) in rules {
            if file.code.contains(what) && !homes.iter().any(|home| file.path.contains(home)) {
                found.push(file.finding(what.to_owned(), format!("{} has {what}", file.path)));
            }
        }
    }
    found
}

#[test]
fn a_table_is_written_by_one_room() {
    let mut writers: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for finding in shared_writing(&sources()).into_iter().filter(|finding| !finding.is_excepted()) {
        writers.entry(finding.rule).or_default().insert(finding.said);
    }
    let shared = writers.into_iter().filter(|(_, rooms)| rooms.len() > 1);
    assert_none("tables with several writers", shared.map(|(rule, rooms)| format!("{rule}: {rooms:?}")).collect());
}

/// Each file that writes a table which another room writes too; it says the room.
fn shared_writing(files: &[Source]) -> Vec<Finding> {
    let mut writers: BTreeMap<String, Vec<&Source>> = BTreeMap::new();
    for file in files {
        for table in written(&file.code) {
            writers.entry(table).or_default().push(file);
        }
    }
    writers.retain(|_, files| files.iter().map(|file| &file.room).collect::<BTreeSet<_>>().len() > 1);
    let findings = writers.into_iter().flat_map(|(table, files)| {
        files.into_iter().map(move |file| file.finding(format!("writes {table}"), file.room.clone()))
    });
    findings.collect()
}

fn written(code: &str) -> BTreeSet<String> {
    let name = |rest: &str| rest.chars().take_while(|c| c.is_ascii_lowercase() || *c == '_').collect::<String>();
    let after = |mark: &'static str| code.match_indices(mark).map(move |(at, _)| &code[at + mark.len()..]);
    let plain = after("insert into ").chain(after("delete from ")).chain(after("insert_into("));
    let updated = after("update ")
        .filter(|rest| rest.split_once(" set ").is_some_and(|(before, _)| before.len() < 40 && !before.contains('"')));
    plain.chain(updated).map(name).filter(|table| !table.is_empty()).collect()
}

#[test]
fn no_file_has_a_name_that_means_nothing() {
    let is_vague = |path: &str| path.split(['/', '.']).any(|part| FORBIDDEN_NAMES.contains(&part));
    assert_none("vague names", sources().into_iter().map(|file| file.path).filter(|path| is_vague(path)).collect());
}

#[test]
fn no_file_is_longer_than_a_reader_is_patient() {
    assert_excepted("files over 400 lines", long(&sources()));
}

fn long(files: &[Source]) -> Vec<Finding> {
    let long = files.iter().filter(|file| file.lines > MAX_FILE_LINES);
    long.map(|file| file.finding("lines".to_owned(), format!("{} ({})", file.path, file.lines))).collect()
}

#[test]
fn every_feature_opens_with_a_short_mod_that_says_what_it_is() {
    let features: BTreeSet<&str> = LADDER[4..].iter().flat_map(|rung| rung.iter().copied()).collect();
    let files = sources();
    let rooms: BTreeSet<&String> =
        files.iter().map(|file| &file.room).filter(|room| features.contains(room.as_str())).collect();
    let bad = rooms.into_iter().filter(|room| {
        let path = checkout().join("src").join(room).join("mod.rs");
        let text = std::fs::read_to_string(path).unwrap_or_default();
        !text.starts_with("//! ") || text.lines().count() > MAX_FEATURE_MOD_LINES || text.contains("pub mod routes")
    });
    assert_none("features whose mod.rs is missing, long or silent", bad.cloned().collect());
}

#[test]
fn every_exception_is_still_needed() {
    let files = sources();
    let findings = [outward(&files), misplaced(&files), shared_writing(&files), long(&files)].concat();
    let idle = EXCEPTIONS.iter().filter(|exception| !findings.iter().any(|finding| finding.meets(exception)));
    assert_none("exceptions that nothing needs", idle.map(|(rule, path, _)| format!("{rule} in {path}")).collect());
}
