"""A worker is killed with kill -9 in the middle of a run of an agent and of an export: the other takes over, and each has its effect once."""
import http.server
import json
import re
import socketserver
import subprocess
import threading
import time
from pathlib import Path

from kill import OWNER
from run import Browser

PASSAGE = "Cranes stop at force six."
PATIENCE = 180  # seconds; a takeover takes some 25


class Provider:
    """A model provider that lets a request wait until it is told to go on."""
    def __init__(self, port):
        self.asked, self.go = 0, threading.Event()
        outer = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self):
                outer.answer(self)

            def log_message(self, *_):
                pass

        class Threads(socketserver.ThreadingMixIn, http.server.HTTPServer):
            daemon_threads = True
            allow_reuse_address = True

            def handle_error(self, *_):
                pass  # who asked was killed

        threading.Thread(target=Threads(("127.0.0.1", port), Handler).serve_forever, daemon=True).start()

    def answer(self, line):
        asked = json.loads(line.rfile.read(int(line.headers["content-length"])))
        if "instructions" not in asked:
            vectors = [{"index": n, "embedding": [0.1] * asked["dimensions"]} for n, _ in enumerate(asked["input"])]
            return whole(line, {"data": vectors, "usage": {"prompt_tokens": 1}})
        self.asked += 1
        self.go.wait(PATIENCE)
        items = {"items": [{"type": "constraint", "statement": "No crane works above force six", "passage": PASSAGE}]}
        output = [{"type": "message", "content": [{"type": "output_text", "text": json.dumps(items)}]}]
        response = {"status": "completed", "model": asked["model"], "output": output, "usage": {"input_tokens": 1, "output_tokens": 1}}
        if not asked.get("stream"):
            return whole(line, response)
        line.send_response(200)
        line.send_header("content-type", "text/event-stream")
        line.send_header("connection", "close")
        line.end_headers()
        for event in ({"type": "response.output_text.delta", "delta": json.dumps(items)}, {"type": "response.completed", "response": response}):
            line.wfile.write(f"event: {event['type']}\ndata: {json.dumps(event)}\n\n".encode())
        line.close_connection = True


def whole(line, body):
    body = json.dumps(body).encode()
    line.send_response(200)
    line.send_header("content-type", "application/json")
    line.send_header("content-length", str(len(body)))
    line.end_headers()
    line.wfile.write(body)


def drill(web, workers, cluster, provider, uploads):
    """`web` serves pages only; `workers` do everything else."""
    browser = Browser(web.base)
    browser.post("/sign-in", "/sign-in", OWNER)
    print("| in the middle of | tries | taken over after s | effects | page says | good |\n|---|---|---|---|---|---|")
    return all([agent(browser, workers, cluster, provider), export(browser, workers, cluster, uploads)])


def wait(what, until):
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        found = until()
        if found:
            return found
        time.sleep(0.1)
    raise SystemExit(f"{what} did not happen in {PATIENCE} s")


def holder(cluster, workers, kind):
    """The worker that has the one job of this kind in hand."""
    id = cluster.ask(f"select leased_by from jobs where kind = '{kind}' and leased_until is not null and finished_at is null")
    return next((worker for worker in workers if id and worker.id == id), None)


def kill(worker):
    worker.process.kill()
    worker.process.wait()


def agent(browser, workers, cluster, provider):
    browser.post("/docs", "/docs/new", {"title": "Anchoring", "body": PASSAGE, "place": "organisation"})
    doc = cluster.ask("select display_id from records where kind = 'doc' and title = 'Anchoring'")
    before = int(cluster.ask("select count(*) from memory_diffs"))
    browser.post("/settings/ai/agents/doc_memory_reviewer/runs", "/settings/ai/agents/doc_memory_reviewer", {"doc": doc})
    wait("the run", lambda: provider.asked)
    victim = wait("a worker with the run", lambda: holder(cluster, workers, "agents.run"))
    kill(victim)
    began = time.monotonic()
    # The other worker's request is answered; the dead one's connection is gone.
    provider.go.set()
    wait("the end of the run", lambda: cluster.ask("select 1 from agent_runs where state not in ('waiting', 'running')"))
    spent = time.monotonic() - began
    state, tries, id = cluster.ask("select state || ' ' || attempts || ' ' || id from agent_runs").split()
    made = int(cluster.ask("select count(*) from memory_diffs")) - before
    changes = int(cluster.ask("select count(*) from memory_changes"))
    page = browser.get(f"/agents/runs/{id}")
    is_told = "Proposed changes" in page
    is_good = state == "completed" and (made, changes) == (1, 1) and is_told and int(tries) == 2
    print(f"| a run of an agent | {tries} | {spent:.1f} | {made} proposal of {changes} item | {'Proposed changes' if is_told else 'nothing'} | {is_good} |", flush=True)
    victim.start()
    return is_good



def export(browser, workers, cluster, uploads):
    # Holds the export in its one long statement, so that the kill falls into the middle of it.
    lock = subprocess.Popen(["psql", "-qX", cluster.url, "-c", "begin; lock table decisions in access exclusive mode; select pg_sleep(600)"],
                            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    wait("the lock", lambda: cluster.ask("select 1 from pg_locks l join pg_class c on c.oid = l.relation where c.relname = 'decisions' and l.mode = 'AccessExclusiveLock' and l.granted"))
    browser.post("/settings/export", "/settings/export", {"with_uploads": "on"})
    victim = wait("a worker with the export", lambda: holder(cluster, workers, "exports.make"))
    wait("the export at its rows", lambda: cluster.ask("select 1 from pg_stat_activity where wait_event_type = 'Lock' and query like '%export_rows%'"))
    kill(victim)
    began = time.monotonic()
    cluster.ask("select pg_terminate_backend(pid) from pg_stat_activity where query like '%pg_sleep(600)%' and pid <> pg_backend_pid()")
    lock.wait()
    wait("the end of the export", lambda: cluster.ask("select 1 from organisation_exports where status <> 'waiting'"))
    spent = time.monotonic() - began
    status = cluster.ask("select string_agg(status, ' ') from organisation_exports")
    tries = cluster.ask("select attempts from jobs where kind = 'exports.make'")
    files = list((Path(uploads) / "exports").glob("*.json"))
    page = browser.get("/settings/export")
    link = re.search(r'href="(/settings/export/[^"]+/file[^"]*)"', page)
    rows = json.loads(browser.get(link[1].replace("&amp;", "&").replace("&#38;", "&")))["rows"] if link else 0
    asked = int(cluster.ask("select count(*) from audit_events where action = 'export.created'"))
    is_good = status == "ready" and len(files) == 1 and rows > 0 and asked == 1 and tries == "2"
    print(f"| an export | {tries} | {spent:.1f} | {len(files)} file of {rows} rows | {status} | {is_good} |", flush=True)
    victim.start()
    return is_good
