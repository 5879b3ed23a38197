#!/usr/bin/env python3
"""Loads the signed-in pages and compares each with pgbench running the same statements. See README.md."""
import argparse
import contextlib
import csv
import http.cookiejar
import itertools
import os
import random
import re
import signal
import subprocess
import sys
import tempfile
import time
import urllib.parse
import urllib.request
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
CONNECTIONS = 16
WORDS = """ferry tide berth crossing window planner harbour crew rotation sailing timetable notice passenger ramp weather
pilot channel buoy fuel ledger season ticket office refund queue deck engine valve inspection chart depth forecast signal
radio lounge vehicle manifest slipway quay mooring bollard customs fare season winter summer storm fog relief""".split()
# Words are as unequal as in real text (Zipf): those above are common without being in every text.
SYLLABLES = [a + b for a in "bdfgklmnprstv" for b in ("a", "e", "i", "o", "u", "an", "er", "on")]
COMMON = 150
VOCABULARY = 6_000


def main():
    args = arguments()
    with folder("bench", args.keep) as work, running(args, work) as server:
        report(server, args, work)


@contextlib.contextmanager
def folder(name, is_kept=False):
    """A folder that user postgres may enter; gone afterwards."""
    work = Path(tempfile.mkdtemp(prefix=f"tow-{name}-"))
    work.chmod(0o755)
    try:
        yield work
    finally:
        if not is_kept:
            subprocess.run(["rm", "-rf", str(work)], check=False)


@contextlib.contextmanager
def running(args, work):
    """A server of its own in this folder, from `args.binary` or built, at `args.port`."""
    server = Server(args.binary or build(), work, args.port)
    try:
        yield server
    finally:
        server.stop()


def arguments():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--tickets", type=int, default=10_000)
    parser.add_argument("--seconds", type=int, default=10)
    parser.add_argument("--docs", type=Path, help="a folder of Markdown files to import as pages")
    parser.add_argument("--port", type=int, default=8399)
    parser.add_argument("--binary", type=lambda text: Path(text).resolve())
    parser.add_argument("--keep", action="store_true", help="leave the data folder")
    return parser.parse_args()


def build():
    subprocess.run(["cargo", "build", "--release", "--locked"], cwd=ROOT, check=True)
    return ROOT / "target/release/tow"


class Server:
    words = ()  # of `tow serve`

    def __init__(self, binary, work, port):
        self.binary, self.work, self.port = binary, work, port
        self.base = f"http://127.0.0.1:{port}"
        self.env = dict(os.environ, APP_SECRET=os.urandom(24).hex(), TOW_RUNTIME__BIND=f"127.0.0.1:{port}",
                        TOW_RUNTIME__PUBLIC_APP_URL=self.base, TOW_LOG__FILTER="warn,tow=info",
                        MALLOC_ARENA_MAX="2", MALLOC_MMAP_THRESHOLD_="131072")  # as bin/run starts it
        self.process = None
        self.start()

    def start(self):
        self.out = open(self.work / "out.log", "a+")
        self.log = open(self.work / "err.log", "a+")
        began = time.monotonic()
        self.process = subprocess.Popen([str(self.binary), "serve", *self.words], cwd=self.work, env=self.env, stdout=self.out, stderr=self.log)
        while time.monotonic() - began < 60:
            try:
                urllib.request.urlopen(self.base + "/healthz", timeout=1).read()
                return time.monotonic() - began
            except OSError:
                time.sleep(0.005)
        sys.exit("the server did not start; see " + str(self.work / "err.log"))

    def stop(self):
        if self.process and self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            self.process.wait(40)

    def tow(self, *words):
        began = time.monotonic()
        done = subprocess.run([str(self.binary), *map(str, words)], cwd=self.work, env=self.env, capture_output=True, text=True)
        if done.returncode:
            sys.exit(f"tow {' '.join(map(str, words))} failed:\n{done.stdout}{done.stderr}")
        return time.monotonic() - began, done.stdout

    def rss_mb(self):
        status = Path(f"/proc/{self.process.pid}/status").read_text()
        return int(re.search(r"VmRSS:\s+(\d+)", status)[1]) / 1024

    def socket(self):
        postmaster = (self.work / "data/postgres/postmaster.pid").read_text().splitlines()
        return postmaster[4].strip()


class Browser:
    def __init__(self, base):
        self.base, self.jar = base, http.cookiejar.CookieJar()
        self.opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(self.jar))

    def get(self, path):
        return self.opener.open(self.base + path, timeout=60).read().decode()

    def post(self, path, page, fields):
        token = re.search(r'name="_csrf" value="([^"]+)"', self.get(page))[1]
        body = urllib.parse.urlencode(dict(fields, _csrf=token)).encode()
        return self.opener.open(self.base + path, body, timeout=60).read().decode()

    def cookies(self):
        return "; ".join(f"{cookie.name}={cookie.value}" for cookie in self.jar)


def report(server, args, work):
    browser = set_up(server, work)
    tickets = work / "tickets.csv"
    write_tickets(tickets, args.tickets)
    spent, _ = server.tow("import", "tickets", tickets, "--project", "BEN")
    print(f"import of {args.tickets:,} tickets from CSV: {spent:.1f} s")
    docs, count = args.docs, 0
    if not docs:
        docs = work / "pages"
        write_pages(docs, 300)
    count = len(list(docs.rglob("*.md")))
    spent, _ = server.tow("import", "docs", docs)
    print(f"import of {count} Markdown documents: {spent:.1f} s")
    sql(server, "vacuum analyze")
    time.sleep(15)  # the search index follows the activity
    doc = re.search(r'href="(/docs/DOC-\d+)"', browser.get("/docs"))
    pages = {"ticket list, 50 of all": "/tickets", "ticket list, one project": "/tickets?project=BEN", "ticket page": "/tickets/BEN-42",
             "board": "/board?project=BEN", "search, two words": "/search?q=ferry+tide", "search, one in most texts": f"/search?q={Words(7).words[0]}"}
    if doc:
        pages["doc page"] = doc[1]
    print(f"\n| page | requests/s | p50 ms | p99 ms | queries | pgbench tps | ratio | ratio (prepared) |\n|---|---|---|---|---|---|---|---|")
    for name, path in pages.items():
        row(server, browser, args, work, name, path)
    print(f"\nmemory of the server after the load: {server.rss_mb():.0f} MB")
    first_page(server, browser)


def set_up(server, work):
    token = re.search(r"Set-up token: (\S+)", (work / "out.log").read_text())[1]
    browser = Browser(server.base)
    browser.post("/setup", "/setup", {"token": token, "organisation": "Bench", "name": "Bea Bench", "email": "bea@bench.example",
                 "password": "seven quiet ferries at dawn", "mode": "founder", "time_zone": "UTC"})
    browser.post("/projects", "/projects/new", {"name": "Benchmark", "key": "BEN", "visibility": "restricted", "about": ""})
    return browser


class Words:
    """The vocabulary with its weights; the same text at each run."""
    def __init__(self, seed):
        self.chance = random.Random(seed)
        invented = random.Random(1)
        made = ["".join(invented.choices(SYLLABLES, k=3)) for _ in range(VOCABULARY)]
        self.words = made[:COMMON] + WORDS + made[COMMON:]
        self.weights = list(itertools.accumulate(1 / (rank + 2) for rank in range(len(self.words))))

    def text(self, count):
        return " ".join(self.chance.choices(self.words, cum_weights=self.weights, k=count))


def write_tickets(path, count):
    words = Words(7)
    chance = words.chance
    statuses = ["backlog", "todo", "in_progress", "blocked", "in_review", "done"]
    with open(path, "w", newline="") as file:
        out = csv.writer(file)
        out.writerow(["Title", "Description", "Type", "Status", "Priority", "Labels", "Due"])
        for _ in range(count):
            title, body = words.text(7).capitalize(), words.text(60).capitalize() + "."
            due = f"2027-{chance.randint(1, 12):02}-{chance.randint(1, 28):02}" if chance.random() < 0.4 else ""
            out.writerow([title, body, chance.choice(["task", "bug", "story"]), chance.choice(statuses), chance.randint(1, 5),
                          chance.choice(["tides", "crew", "api", ""]), due])


def write_pages(folder, count):
    words = Words(8)
    folder.mkdir()
    for number in range(count):
        sections = "\n\n".join(f"## {words.text(2)}\n\n{words.text(120)}" for _ in range(6))
        (folder / f"page-{number:04}.md").write_text(f"# {words.text(5)} {number}\n\n{sections}\n")


def row(server, browser, args, work, name, path):
    browser.get(path)
    statements = capture(server, browser, path)
    wrk = load(server, browser, path, args.seconds)
    script = work / "statements.sql"
    script.write_text("\n".join(statements) + "\n")
    simple, prepared = (pgbench(server, script, mode, args.seconds) for mode in ("simple", "prepared"))
    queries = sum(not re.match(r"(?i)(begin|commit|rollback|set )", statement) for statement in statements)
    rate = wrk["rate"]
    print(f"| {name} | {rate:.0f} | {wrk['p50']:.1f} | {wrk['p99']:.1f} | {queries} | {simple:.0f} | {rate / simple:.2f} | {rate / prepared:.2f} |", flush=True)


def capture(server, browser, path):
    """The statements of one request, with their parameters put in, from the cluster's log."""
    sql(server, "alter system set log_statement = 'all'", "alter system set log_error_verbosity = 'default'", "select pg_reload_conf()")
    log = server.work / "data/postgres.log"
    time.sleep(0.5)
    before = log.stat().st_size if log.exists() else 0
    browser.get(path)
    time.sleep(0.5)
    with open(log, errors="replace") as file:
        file.seek(before)
        text = file.read()
    sql(server, "alter system reset log_statement", "alter system reset log_error_verbosity", "select pg_reload_conf()")
    statements = parse_log(text)
    if not any("tow" in statement or "select" in statement for statement in statements):
        sys.exit("no statements found in the cluster's log:\n" + text[:2000])
    return statements


def parse_log(text):
    """From `… [PID] LOG:  execute NAME: SQL` / `LOG:  statement: SQL` with a `DETAIL:  parameters: $1 = '…'` line after it. A page has one
    backend; what the others did meanwhile is the background's."""
    entries = re.split(r"(?m)^(?=\S.*?(?:LOG|DETAIL|HINT|ERROR):  )", text)
    backends = {}
    for entry in entries:
        backend = re.match(r"\S[^\n]*?\[(\d+)\]", entry)
        statements = backends.setdefault(backend and backend[1], [])
        if found := re.match(r"(?s)\S.*?LOG:  (?:execute [^:]*|statement): (.*)", entry):
            statements.append(" ".join(found[1].split()))
        elif (found := re.match(r"(?s)\S.*?DETAIL:  [Pp]arameters: (.*)", entry)) and statements:
            values = dict(re.findall(r"\$(\d+) = ('(?:[^']|'')*'|NULL)", found[1]))
            put = lambda place: values.get(place[1], "NULL")
            # The log has no types; where PostgreSQL cannot guess one, it is a list of IDs.
            statements[-1] = re.sub(r"unnest\(('\{[^']*\}')\)", r"unnest(\1::uuid[])", re.sub(r"\$(\d+)", put, statements[-1]))
    page = next((found for found in backends.values() if any("access::of_session" in statement for statement in found)), [])
    begin = max((number for number, statement in enumerate(page) if "access::of_session" in statement), default=0)
    page = page[max(begin - 2, 0):]  # the transaction begins just before it asks who it is
    end = next((number for number, statement in enumerate(page) if re.match("(?i)commit|rollback", statement)), len(page))
    return [re.sub(r"^/\*.*?\*/ ", "", statement).rstrip(";") + ";" for statement in page[:end + 1]]


def load(server, browser, path, seconds):
    command = ["wrk", "-t2", f"-c{CONNECTIONS}", f"-d{seconds}s", "--latency", "-H", f"Cookie: {browser.cookies()}", server.base + path]
    out = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    if "Non-2xx" in out:
        sys.exit(f"{path} answered errors under load:\n{out}")
    unit = {"us": 0.001, "ms": 1, "s": 1000}
    latency = {key: float(value) * unit[u] for key, value, u in re.findall(r"(50|99)%\s+([\d.]+)(us|ms|s)", out)}
    return {"rate": float(re.search(r"Requests/sec:\s+([\d.]+)", out)[1]), "p50": latency["50"], "p99": latency["99"]}


def pgbench(server, script, mode, seconds):
    command = ["pgbench", "-n", "-M", mode, "-c", str(CONNECTIONS), "-j", "2", "-T", str(seconds), "-f", str(script), *where(server)]
    done = subprocess.run(as_owner(command), capture_output=True, text=True)
    if done.returncode:
        sys.exit(f"pgbench failed:\n{done.stderr[:3000]}")
    return float(re.search(r"tps = ([\d.]+)", done.stdout)[1])


def where(server):
    return ["-h", server.socket(), "-U", "postgres", "tow"]


def as_owner(command):
    """The socket's folder lets in only its owner: user postgres when we are root."""
    programs = sorted(Path("/usr/lib/postgresql").glob("*/bin"))
    command[0] = str(programs[-1] / command[0]) if programs else command[0]
    return ["runuser", "-u", "postgres", "--", "env", "-C", "/", *command] if os.getuid() == 0 else command


def sql(server, *statements):
    for statement in statements:
        command = as_owner(["psql", "-X", "-q", "-c", statement, *where(server)])
        subprocess.run(command, check=True, capture_output=True)


def first_page(server, browser):
    """Restart beside a database that runs: kill -9 leaves the cluster, the next start adopts it."""
    server.process.kill()
    server.process.wait()
    began = time.monotonic()
    server.start()
    browser.get("/tickets")
    print(f"first page after start, database running: {time.monotonic() - began:.2f} s")


if __name__ == "__main__":
    main()
