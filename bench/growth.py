#!/usr/bin/env python3
"""The same pages over a small and a large company on one machine: how much slower growth makes them, and by which plans. See README.md."""
import argparse
import contextlib
import gzip
import json
import math
import os
import re
import subprocess
import sys
import time
import urllib.error
import urllib.parse
import urllib.request
from pathlib import Path

from fleet import Cluster, PROGRAMS
from run import Browser, build, folder, ROOT, Server, set_up, Words

ORGANISATION = "(select id from organisations)"
BIG_PROJECTS = 10  # hold half of all tickets
OWN = 16  # times as many tickets as anybody else have the two who ask
CHANGED_WITHIN = 800_000  # seconds after it was made each ticket was changed for the last time, at most; none in the future
SMALL = {"tickets": 10_000, "comments": 10_000, "docs": 1_000, "people": 500, "projects": 50}
TQL = Path(__file__).parent / "tql.txt"
LARGE_ROWS = 10_000  # a table with more is never read from its beginning to its end
TARGET = 1.5
PAGE_KB = 60

# Each filter and each order of the list, alone and together; the rest are the pages that people open most.
LISTS = {
    "list": "/tickets", "by priority": "/tickets?sort=priority", "by due date": "/tickets?sort=due", "by creation": "/tickets?sort=created",
    "by title": "/tickets?sort=title", "all": "/tickets?show=all", "archived": "/tickets?show=archived", "mine": "/tickets?assignee=me",
    "nobody's": "/tickets?assignee=nobody", "blocked": "/tickets?status=blocked", "done, by priority": "/tickets?status=done&sort=priority",
    "urgent": "/tickets?priority=1", "urgent, by due date": "/tickets?priority=1&sort=due", "a common tag": "/tickets?tag=tides",
    "a rare tag": "/tickets?tag=rare", "a common word": "/tickets?q=WORD", "a rare word": "/tickets?q=zirconium", "no such word": "/tickets?q=qqxqq",
    "one project": "/tickets?project=BIG0", "one project, by due date": "/tickets?project=BIG0&sort=due",
    "one project, mine, urgent": "/tickets?project=BIG0&assignee=me&priority=1", "next page": "/tickets?NEXT", "next page by title": "/tickets?sort=title&NEXT",
}
PAGES = {
    "board of a project": "/board?project=BIG0", "board of all": "/board", "ticket page": "/tickets/BIG0-42", "its thread": "/tickets/BIG0-42?show=all",
    "docs": "/docs", "doc page": "/docs/DOC", "decisions": "/decisions", "memory": "/memory", "home": "/", "projects": "/projects",
    "a project": "/projects/BIG0", "members": "/settings/members", "new ticket": "/tickets/new",
}


def main():
    args = arguments()
    with contextlib.nullcontext(args.on) if args.on else folder("bench", args.keep) as work:
        binary = args.binary or build()
        yards = []
        try:
            others = {name: SMALL[name] for name in ("docs", "people", "projects")} if args.alone else {"docs": args.tickets // 10, "people": 5_000, "projects": 500}
            large = {"tickets": args.tickets, "comments": args.tickets, **others}
            for number, (name, size) in enumerate((("small", SMALL), ("large", large))):
                yards.append(Yard(work / name, binary, args.port + number, size))
            is_good = report(args, *yards)
        finally:
            for yard in yards:
                yard.stop()
    sys.exit(0 if is_good else 1)


def arguments():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--tickets", type=int, default=1_000_000)
    parser.add_argument("--alone", action="store_true", help="only tickets and comments grow: docs, people and projects stay as they are")
    parser.add_argument("--times", type=int, default=60, help="each page is asked for, by turns small and large")
    parser.add_argument("--port", type=int, default=8431)
    parser.add_argument("--plans", type=Path, help="write the plans of the large company into this file")
    parser.add_argument("--only", help="pages whose name holds this")
    parser.add_argument("--binary", type=lambda text: Path(text).resolve())
    parser.add_argument("--keep", action="store_true", help="leave the data folders")
    parser.add_argument("--on", type=lambda text: Path(text).resolve(), help="the folder that --keep left: both companies are in it, and stay")
    return parser.parse_args()


class Yard:
    """A PostgreSQL with a company of one size in it, a server on it, and two who read: an owner, and a member with few projects."""
    def __init__(self, work, binary, port, size):
        is_there = work.exists()
        work.mkdir(exist_ok=True)
        self.work, self.size, self.word = work, size, Words(7).words[0]
        self.cluster = Cluster(work, "shared_buffers = '512MB'\nmaintenance_work_mem = '512MB'\nmax_wal_size = '2GB'\nfsync = off\n"
                               "session_preload_libraries = 'auto_explain'\nrandom_page_cost = 1.1\njit = off\n")
        self.server = Web(binary, work, port, self.cluster.url)
        self.readers = {}
        try:
            self.owner = self.signed_in("bea") if is_there else set_up(self.server, work)
            if not is_there:
                began = time.monotonic()
                self.fill()
                print(f"{size['tickets']:,} tickets, {size['comments']:,} comments, {size['docs']:,} docs, {size['people']:,} people, "
                      f"{size['projects']} projects written in {time.monotonic() - began:.0f} s", flush=True)
                # The owner resets nobody's password, so it is copied.
                self.run("update people set password_hash = (select password_hash from people where email = 'bea@bench.example') where handle = 'p3'")
            self.readers = {"owner": self.owner, "member": self.signed_in("p3")}
        except BaseException:
            self.stop()
            raise

    def stop(self):
        self.server.stop()
        self.cluster.stop()

    def fill(self):
        words = Words(11)
        titles = self.work / "texts.csv"
        titles.write_text("".join(f"{n},{words.text(7).capitalize()},{words.text(60).capitalize()}.\n" for n in range(5_000)))
        titles.chmod(0o644)
        n = self.size
        self.run(f"""
            create unlogged table bench_texts (n int primary key, title text, body text);
            create function bench_chance(n bigint, salt int, below int) returns int language sql immutable parallel safe
              as 'select (abs(hashint8(n * 1000003 + salt)::bigint) % below)::int';
            -- As the server makes them (UUID v7): what was made later lies behind what was made before.
            create function bench_id(at timestamptz) returns uuid language sql volatile
              as $$select (lpad(to_hex((extract(epoch from at) * 1000)::bigint), 12, '0') || '7' || substr(gen_random_uuid()::text, 16, 3) || '8' ||
                substr(replace(gen_random_uuid()::text, '-', ''), 18, 15))::uuid$$;
            insert into people (id, name, email, handle, server_admin, theme, palette, created_at, verified_at)
              select gen_random_uuid(), 'Person ' || n, 'p' || n || '@bench.example', 'p' || n, false, p.theme, p.palette, p.created_at, p.created_at
              from generate_series(1, {n["people"]}) n, (select * from people limit 1) p;
            insert into memberships (id, organisation_id, person_id, role, created_at)
              select gen_random_uuid(), {ORGANISATION}, id, 'member', created_at from people where handle like 'p%' and email like '%@bench.example' and email <> 'bea@bench.example';
            insert into projects (id, organisation_id, key, name, about, visibility, version, created_at)
              select gen_random_uuid(), {ORGANISATION}, case when n <= {BIG_PROJECTS} then 'BIG' || n - 1 else 'P' || n end, 'Project ' || n, '',
                case when n % 2 = 0 then 'open' else 'restricted' end, 1, now() from generate_series(1, {n["projects"]}) n;
            create table bench_people as select row_number() over (order by length(handle), handle) - 1 as n, id from people where email ~ '^p[0-9]+@bench';
            create table bench_projects as select row_number() over (order by key like 'BIG%' desc, length(key), key) - 1 as n, id, key from projects where key <> 'BEN';
            create unique index on bench_people (n); create unique index on bench_projects (n);
            insert into project_grants (id, project_id, person_id, role, created_at)
              select gen_random_uuid(), j.id, p.id, 'member', now() from bench_people p cross join generate_series(0, 4) k
              join bench_projects j on j.n = (case when k = 0 then p.n % {BIG_PROJECTS} else bench_chance(p.n, k, {n["projects"]}) end)
              on conflict do nothing;
        """)
        self.copy("bench_texts", titles)
        self.run(f"""
            -- Who writes a ticket and who has it are of its project's team: what somebody may not see is nobody's work.
            create table bench_team as select project_id, person_id, row_number() over (partition by project_id order by person_id) - 1 as nr,
              count(*) over (partition by project_id)::int as size from project_grants where project_id in (select id from bench_projects);
            create unique index on bench_team (project_id, nr);
            -- Of those who ask there is a full page of their own in the small company too: a page of fifty against one of fifteen says nothing about growth.
            create function bench_asks(n bigint, salt int, size int, project uuid) returns uuid language sql stable as $$
              select case when bench_chance(n, salt, {n["people"]} / {OWN}) = 0 then (select id from people where email = 'bea@bench.example')
                when bench_chance(n, salt + 2, size) < {OWN} then (select g.person_id from project_grants g join people p on p.id = g.person_id
                  where g.project_id = project and p.handle = 'p3') end $$;
            create unlogged table bench_tickets as
              select bench_id(g.at) as id, g.n, j.id as project_id, j.key || '-' || row_number() over (partition by j.id order by g.at) as display_id,
                row_number() over (partition by j.id order by g.at)::int as number, g.at,
                coalesce(bench_asks(g.n, 25, s.size, j.id), p.person_id) as reporter_id, coalesce(bench_asks(g.n, 26, s.size, j.id), q.person_id) as assignee_id
              from (select g as n, now() - make_interval(secs => {CHANGED_WITHIN} + bench_chance(g, 1, 90000000)) as at from generate_series(1, {n["tickets"]}) g) g
              join bench_projects j on j.n = case when g.n % 2 = 0 then bench_chance(g.n, 2, {BIG_PROJECTS}) else bench_chance(g.n, 3, {n["projects"]}) end
              join bench_team s on s.project_id = j.id and s.nr = 0
              join bench_team p on p.project_id = j.id and p.nr = bench_chance(g.n, 6, s.size)
              join bench_team q on q.project_id = j.id and q.nr = bench_chance(g.n, 13, s.size);
            insert into records (id, organisation_id, kind, number, display_id, scope, project_id, title, author_id, created_at, updated_at, archived_at)
              select b.id, {ORGANISATION}, 'ticket', b.number, b.display_id, 'project', b.project_id,
                t.title || case when b.n % 50021 = 0 then ' zirconium' else '' end, b.reporter_id, b.at, b.at + make_interval(secs => bench_chance(b.n, 4, {CHANGED_WITHIN})),
                case when b.n % 20 = 0 then now() end
              from bench_tickets b join bench_texts t on t.n = bench_chance(b.n, 5, 5000) order by b.at;
            insert into tickets (id, place_id, kind, status, priority, body, assignee_id, reporter_id, due_on, progress, rank)
              select b.id, b.project_id, (array['task', 'bug', 'story'])[1 + bench_chance(b.n, 7, 3)],
                (array['done', 'done', 'done', 'done', 'done', 'done', 'backlog', 'todo', 'in_progress', 'blocked'])[1 + bench_chance(b.n, 8, 10)],
                1 + bench_chance(b.n, 9, 5), t.body, case when b.n % 4 > 0 then b.assignee_id end, b.reporter_id,
                case when b.n % 5 < 2 then date '2026-06-01' + bench_chance(b.n, 10, 700) end, 0, lpad(to_hex(bench_chance(b.n, 11, 2000000000)), 8, '0')
              from bench_tickets b join bench_texts t on t.n = bench_chance(b.n, 12, 5000) order by b.at;
            insert into record_tags (record_id, tag) select id, case when n % 20011 = 0 then 'rare' else (array['tides', 'crew', 'api'])[1 + bench_chance(n, 14, 3)] end
              from bench_tickets where n % 3 = 0 or n % 20011 = 0 order by at;
            insert into activity (id, organisation_id, record_id, project_id, actor_kind, actor_id, act, details, at)
              select bench_id(b.at), {ORGANISATION}, b.id, b.project_id, 'person', b.reporter_id, 'created', '{{}}', b.at
              from bench_tickets b order by b.at;
            insert into activity (id, organisation_id, record_id, project_id, actor_kind, actor_id, act, details, at)
              select bench_id(r.updated_at), {ORGANISATION}, b.id, b.project_id, 'person', p.id, 'changed',
                jsonb_build_object('changes', jsonb_build_array(jsonb_build_array('status', case when b.n % 3 = 0 then 'backlog' else 'todo' end, t.status))), r.updated_at
              from bench_tickets b join records r on r.id = b.id join tickets t on t.id = b.id and t.status not in ('todo', 'backlog')
              join bench_people p on p.n = bench_chance(b.n, 24, {n["people"]}) order by r.updated_at;
            insert into comments (id, record_id, author_id, body, created_at)
              select bench_id(b.at + interval '1 day'), b.id, p.id, t.body, b.at + interval '1 day' from generate_series(1, {n["comments"]}) c
              join bench_tickets b on b.n = 1 + bench_chance(c, 15, {n["tickets"]}) join bench_people p on p.n = bench_chance(c, 16, {n["people"]})
              join bench_texts t on t.n = bench_chance(c, 17, 5000) order by b.at;
            create table bench_docs as select bench_id(g.at) as id, g.n, j.id as project_id, g.at
              from (select g as n, now() - make_interval(secs => bench_chance(g, 18, 90000000)) as at from generate_series(1, {n["docs"]}) g) g
              left join bench_projects j on j.n = bench_chance(g.n, 19, {n["projects"]}) and g.n % 4 > 0;
            insert into records (id, organisation_id, kind, number, display_id, scope, project_id, title, author_id, created_at, updated_at)
              select b.id, {ORGANISATION}, 'doc', b.n, 'DOC-' || b.n, case when b.project_id is null then 'organisation' else 'project' end, b.project_id,
                t.title, p.id, b.at, b.at from bench_docs b join bench_texts t on t.n = bench_chance(b.n, 20, 5000)
              join bench_people p on p.n = bench_chance(b.n, 21, {n["people"]});
            insert into docs (id, place_id, parent_id, rank, icon, body, revision)
              select b.id, r.place_id, null, lpad(to_hex(bench_chance(b.n, 22, 2000000000)), 8, '0'), '', t.body, 1
              from bench_docs b join records r on r.id = b.id join bench_texts t on t.n = bench_chance(b.n, 23, 5000);
            create table bench_tree as select id, place_id, row_number() over (partition by place_id order by id) as nr from docs;
            create unique index on bench_tree (place_id, nr);
            update docs d set parent_id = p.id from bench_tree t join bench_tree p on p.place_id = t.place_id and p.nr = (t.nr - 1) / 20
              where t.id = d.id and t.nr > 20;
            insert into doc_revisions (id, doc_id, number, title, body, note, author_id, created_at)
              select gen_random_uuid(), r.id, 1, r.title, d.body, '', r.author_id, r.created_at from records r join docs d on d.id = r.id where r.kind = 'doc';
            drop table bench_tickets, bench_texts, bench_docs, bench_tree, bench_team, bench_people, bench_projects;
            vacuum analyze;
        """)

    def run(self, text):
        done = subprocess.run([str(PROGRAMS / "psql"), "-qX", "-v", "ON_ERROR_STOP=1", self.cluster.url], input=text, capture_output=True, text=True)
        if done.returncode:
            sys.exit(f"the company could not be written:\n{done.stderr[:3000]}")

    def copy(self, table, path):
        self.run(f"\\copy {table} from '{path}' csv")

    def signed_in(self, name):
        """The owner bea, or the member p3, who sees the open projects and few others."""
        browser = Browser(self.server.base)
        browser.post("/sign-in", "/sign-in", {"email": f"{name}@bench.example", "password": "seven quiet ferries at dawn"})
        return browser

    def path(self, name, path):
        """For this reader: a project that they see, a doc from their list, the second page."""
        reader = self.readers[name]
        path = path.replace("WORD", self.word).replace("BIG0", "BIG0" if name == "owner" else "BIG2")
        if "DOC" in path:
            path = re.search(r'href="(/docs/DOC-\d+)"', reader.get("/docs"))[1]
        if "NEXT" not in path:
            return path
        first = path.split("NEXT")[0].rstrip("&?")
        after = re.search(r'[?&;]after=([^"&]+)', reader.get(first))[1]
        return path.replace("NEXT", "after=" + after)


class Web(Server):
    """Pages only, so that no background work falls into what is measured."""
    def __init__(self, binary, work, port, url):
        self.url = url
        super().__init__(binary, work, port)

    def start(self):
        self.env["DATABASE_URL"] = self.url
        self.out, self.log = open(self.work / "out.log", "a+"), open(self.work / "err.log", "a+")
        began = time.monotonic()
        self.process = subprocess.Popen([str(self.binary), "serve", "--role", "web"], cwd=self.work, env=self.env, stdout=self.out, stderr=self.log)
        while time.monotonic() - began < 120:
            try:
                return urllib.request.urlopen(self.base + "/readyz", timeout=2).read()
            except OSError:
                time.sleep(0.05)
        sys.exit("the server did not start; see " + str(self.work / "err.log"))


def report(args, small, large):
    slow, heavy, plans = [], [], {}
    pages = {name: path for name, path in {**LISTS, **PAGES, **queries()}.items() if not args.only or args.only in name}
    print("\n| page | reader | p50 ms small | p50 ms large | p95 ms small | p95 ms large | p95 ratio | rows | KB |\n|---|---|---|---|---|---|---|---|---|")
    for reader in ("owner", "member"):
        for name, path in pages.items():
            try:
                row(args, small, large, reader, name, path, slow, heavy)
            except urllib.error.HTTPError as error:
                print(f"| {name} | {reader} | {error.code} |")
                slow.append(f"{name} ({reader}): {error.code}")
            plans[name, reader] = explained(large, reader, path)
    scans = sorted({f"{table}, in {statement}" for found in plans.values() for statement, (_, tables) in found.items() for table in tables})
    print(f"\nslower than {TARGET} times: {', '.join(slow) or 'none'}")
    print(f"heavier than {PAGE_KB} KB: {', '.join(heavy) or 'none'}")
    print(f"large tables read as a whole: {'; '.join(scans) or 'none'}")
    if args.plans:
        write_plans(args, large, plans)
    return not slow and not scans


def queries():
    """TQL as it stands in tql.txt → its address."""
    lines = [line for line in TQL.read_text().splitlines() if line and not line.startswith("#")]
    return {"TQL: " + line: "/tickets?tql=" + urllib.parse.quote_plus(line) for line in lines}


def row(args, small, large, reader, name, path, slow, heavy):
    asked = [(yard.readers[reader], yard.path(reader, path)) for yard in (small, large)]
    spent = ([], [])
    for browser, own in asked:
        for _ in range(3):
            browser.get(own)
    for _ in range(args.times):
        # By turns, so that whatever else the machine does falls on both.
        for number, (browser, own) in enumerate(asked):
            began = time.monotonic()
            browser.get(own)
            spent[number].append((time.monotonic() - began) * 1000)
    p50, p95 = ([percentile(all, share) for all in spent] for share in (0.5, 0.95))
    drawn = [browser.get(own) for browser, own in asked]
    size = len(gzip.compress(drawn[1].encode(), 6)) / 1024
    # Ten times the rows are no slower page: a ratio says something where these agree.
    rows = " / ".join(str(page.count('id="row-')) for page in drawn)
    ratio = p95[1] / p95[0]
    print(f"| {name} | {reader} | {p50[0]:.1f} | {p50[1]:.1f} | {p95[0]:.1f} | {p95[1]:.1f} | {ratio:.2f} | {rows} | {size:.0f} |", flush=True)
    if ratio > TARGET:
        slow.append(f"{name} ({reader}): {ratio:.2f}")
    if size > PAGE_KB:
        heavy.append(f"{name} ({reader}): {size:.0f}")


def percentile(values, share):
    return sorted(values)[min(len(values) - 1, math.ceil(len(values) * share) - 1)]


def explained(yard, reader, path):
    """Statement name → (plan, large tables read whole), from the cluster's log."""
    settings = ("auto_explain.log_min_duration = 0", "auto_explain.log_analyze = on", "auto_explain.log_timing = off", "auto_explain.log_format = json")
    yard.run("".join(f"alter system set {setting};" for setting in settings) + "select pg_reload_conf()")
    browser = yard.readers[reader]
    own = yard.path(reader, path)
    log = yard.cluster.data / "log"
    time.sleep(0.4)
    before = log.stat().st_size
    try:
        browser.get(own)
    except urllib.error.HTTPError:
        pass
    time.sleep(0.3)
    with open(log, errors="replace") as file:
        file.seek(before)
        text = file.read()
    yard.run("".join(f"alter system reset {setting.split(' ')[0]};" for setting in settings) + "select pg_reload_conf()")
    sizes = dict(line.split("|") for line in yard.cluster.ask("select relname || '|' || reltuples::bigint from pg_class where relkind = 'r'").splitlines())
    found = {}
    for entry in re.findall(r"(?ms)plan:\n\t(\{.*?^\t\})$", text):
        plan = json.loads(entry.replace("\t", " "))
        name = re.search(r"/\* ?([\w:]+)", plan["Query Text"])
        lines, whole = [], set()
        walk(plan["Plan"], 0, lines, whole, sizes)
        key = name[1] if name else " ".join(plan["Query Text"].split())[:60]
        # A board asks the same for each column.
        if key not in found or whole:
            found[key] = ("\n".join(lines), whole)
    if not found:
        sys.exit("no plans found in the cluster's log: " + str(log))
    return found


def walk(node, depth, lines, whole, sizes):
    words = [node["Node Type"]]
    for key in ("Index Name", "Relation Name"):
        if key in node:
            words.append(("using " if key == "Index Name" else "on ") + node[key])
    words.append(f"(rows {node.get('Actual Rows', '?')}, times {node.get('Actual Loops', '?')})")
    lines.append("  " * depth + " ".join(words))
    table = node.get("Relation Name")
    read = (node.get("Actual Rows", 0) + node.get("Rows Removed by Filter", 0)) * node.get("Actual Loops", 0)
    if node["Node Type"] == "Seq Scan" and int(sizes.get(table, 0)) > LARGE_ROWS and read > LARGE_ROWS:
        whole.add(table)
    for inner in node.get("Plans", []):
        walk(inner, depth + 1, lines, whole, sizes)


def write_plans(args, yard, plans):
    said, lines = set(), ["# Plans of the lists", "", "What PostgreSQL does for the statements of the pages that people open most, over "
             + ", ".join(f"{count:,} {what}" for what, count in yard.size.items()) + ". Written by `bench/growth.py --plans`,", "which fails when one of "
             f"them reads a table of more than {LARGE_ROWS:,} rows from its beginning to its end. Equal plans stand once.", ""]
    for (name, reader), found in plans.items():
        for statement, (plan, _) in found.items():
            shape = (statement, re.sub(r"\(rows.*?\)", "", plan))
            if "::" not in statement or shape in said or plan.count("\n") < 2:
                continue
            said.add(shape)
            lines += [f"## {statement}: {name}, {reader}", "", "```", plan, "```", ""]
    args.plans.write_text("\n".join(lines))


if __name__ == "__main__":
    main()
