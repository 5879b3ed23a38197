#!/usr/bin/env python3
"""Two servers on one database behind a round robin: each is killed in the middle of writes and mails, and nothing may be lost or doubled."""
import argparse
import http.client
import os
import re
import socket
import socketserver
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request
from collections import Counter
from pathlib import Path

import workers
from kill import OWNER, titles
from run import Browser, build, folder, Server, set_up

WRITERS = 4
MAILS_AT_ONCE = 20
DISK_MEGABYTES = 600
CROWD = 60  # readers at once, more than there are connections
MAIL_SECONDS = 0.4  # a mail server that takes its time, so that a kill finds jobs in hand
# Of Debian's package faketime; without it no clock jumps.
FAKE_CLOCK = next(iter(Path("/usr/lib").glob("*/faketime/libfaketime.so.1")), Path("/nonexistent"))
PROGRAMS = max(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda path: int(path.parent.name))


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=4, help="kills; the one server and the other by turns")
    parser.add_argument("--seconds", type=float, default=4, help="of writing before and after each kill")
    parser.add_argument("--port", type=int, default=8411, help="of the round robin; the servers have the next two")
    parser.add_argument("--only", choices=["kills", "troubles", "workers"], help="one part of the drill")
    parser.add_argument("--trouble", default="", help="of the troubles only those whose name holds this")
    parser.add_argument("--binary", type=lambda text: Path(text).resolve())
    args = parser.parse_args()
    with folder("fleet") as work:
        cluster, servers, is_good = Cluster(work, "max_wal_size = '96MB'\nmin_wal_size = '32MB'\n", DISK_MEGABYTES), [], False
        try:
            post = Post(args.port + 3)
            balancer = Balancer(args.port, [args.port + 1, args.port + 2])
            env = environment(cluster, work, args.port)
            binary = args.binary or build()
            jumped.file = work / "clock"
            jumped.file.write_text("+0s\n")
            # Only the first: a wrong clock is wrong beside a right one.
            fake = {"LD_PRELOAD": str(FAKE_CLOCK), "FAKETIME_TIMESTAMP_FILE": str(jumped.file), "FAKETIME_NO_CACHE": "1", "FAKETIME_DONT_FAKE_MONOTONIC": "1"} if FAKE_CLOCK.exists() else {}
            servers = [Instance(binary, work / name, args.port + number, dict(env, **(fake if number == 1 else {})), cluster)
                       for number, name in ((1, "one"), (2, "two"))]
            set_up(servers[0], servers[0].work)
            is_good = args.only not in (None, "kills") or drill(args, servers, balancer, post, cluster)
            is_good = (args.only not in (None, "troubles") or troubles(args, servers, balancer, cluster, work / "uploads")) and is_good
            if args.only in (None, "workers"):
                for server in servers:
                    server.stop()
                provider = workers.Provider(args.port + 4)
                asking = {"OPENAI_API_KEY": "sk-bench", "OPENAI_BASE_URL": f"http://127.0.0.1:{args.port + 4}/v1", "TOW_SECURITY__OUTBOUND_ALLOWED_HOSTS": "127.0.0.1"}
                servers = [Instance(binary, work / name, args.port + number, dict(env, **asking), cluster, ("--role", name.split("-")[0]))
                           for number, name in ((5, "web"), (6, "worker-one"), (7, "worker-two"))]
                is_good = workers.drill(servers[0], servers[1:], cluster, provider, work / "uploads") and is_good
        finally:
            for server in servers:
                server.stop()
            cluster.stop()
    sys.exit(0 if is_good else 1)


def environment(cluster, work, port):
    (work / "uploads").mkdir()
    return {"DATABASE_URL": cluster.url, "APP_SECRET": os.urandom(24).hex(), "DATA_ENCRYPTION_KEY": os.urandom(24).hex(),
            "TOW_RUNTIME__PUBLIC_APP_URL": f"http://127.0.0.1:{port}", "TOW_UPLOADS__UPLOAD_STORAGE_PATH": str(work / "uploads"),
            "TOW_EMAIL__TRANSPORT": "smtp", "TOW_EMAIL__FROM_ADDRESS": "tow@bench.example", "TOW_EMAIL__SMTP__HOST": "127.0.0.1",
            "TOW_EMAIL__SMTP__PORT": str(port + 3), "TOW_EMAIL__SMTP__TLS_MODE": "none", "TOW_LOG__FILTER": "warn,tow=info"}


# A server that does not work again within so many seconds after its trouble is over has failed the drill.
PATIENCE = 60


class Cluster:
    """A PostgreSQL of its own, on a private socket."""
    mounted = False

    def __init__(self, work, settings="", megabytes=None):
        """On a disk of so many megabytes, where that can be made."""
        self.data, self.socket = work / "pg", tempfile.mkdtemp(prefix="tow-pg-", dir="/tmp")
        self.owner = ["runuser", "-u", "postgres", "--"] if os.geteuid() == 0 else []
        is_there = self.data.exists()  # kept by an earlier run
        if self.owner:
            self.data.mkdir(exist_ok=True)
            if megabytes:
                subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={megabytes}m", "tmpfs", str(self.data)], check=True)
                self.mounted = True
            subprocess.run(["chown", "postgres", str(self.data), self.socket], check=True)
        if not is_there:
            self.run("initdb", "-D", self.data, "-A", "trust", "-U", "postgres", "-N")
        with open(self.data / "postgresql.conf", "a") as file:
            file.write(f"\nlisten_addresses = ''\nunix_socket_directories = '{self.socket}'\nmax_connections = 120\n{settings}")
        self.run("pg_ctl", "-D", self.data, "-l", self.data / "log", "-w", "start")
        if not is_there:
            self.run("createdb", "-h", self.socket, "-U", "postgres", "tow")
        self.url = f"postgres:///tow?host={self.socket}&user=postgres"

    def run(self, program, *words):
        subprocess.run([*self.owner, str(PROGRAMS / program), *map(str, words)], check=True, cwd="/", stdout=subprocess.DEVNULL)

    def ask(self, sql):
        done = subprocess.run([str(PROGRAMS / "psql"), "-qXAt", self.url, "-c", sql], capture_output=True, text=True, check=True,
                              env=dict(os.environ, PGOPTIONS="-c default_transaction_read_only=off"))
        return done.stdout.strip()

    def stop(self):
        if self.is_up():
            self.run("pg_ctl", "-D", self.data, "-m", "immediate", "stop")
        subprocess.run(["rm", "-rf", self.socket], check=False)
        if self.mounted:
            subprocess.run(["umount", str(self.data)], check=False)

    def is_up(self):
        command = [*self.owner, str(PROGRAMS / "pg_ctl"), "-D", str(self.data), "status"]
        return subprocess.run(command, cwd="/", capture_output=True).returncode == 0


class Instance(Server):
    known = set()

    def __init__(self, binary, work, port, env, cluster, words=()):
        work.mkdir()
        self.cluster, self.id, self.words = cluster, None, words
        self.binary, self.work, self.port, self.process = binary, work, port, None
        self.base = f"http://127.0.0.1:{port}"
        self.env = dict(os.environ, **env, TOW_RUNTIME__BIND=f"127.0.0.1:{port}")
        self.start()

    def start(self):
        """Until it is on the list of instances, where its id stands."""
        began = time.monotonic()
        super().start()
        while time.monotonic() - began < 60:
            newest = self.cluster.ask("select id from instances order by started_at desc limit 1")
            if newest and newest not in Instance.known:
                Instance.known.add(newest)
                self.id = newest
                return time.monotonic() - began
            time.sleep(0.02)
        sys.exit("the server is on no list; see " + str(self.work / "err.log"))


class Balancer:
    """Hands each connection to the next server that takes it."""
    def __init__(self, port, backends):
        self.backends, self.turn, self.lock = backends, 0, threading.Lock()
        outer = self

        class Handler(socketserver.BaseRequestHandler):
            def handle(self):
                outer.serve(self.request)

        socketserver.ThreadingTCPServer.allow_reuse_address = True
        server = socketserver.ThreadingTCPServer(("127.0.0.1", port), Handler)
        server.daemon_threads = True
        self.base = f"http://127.0.0.1:{port}"
        threading.Thread(target=server.serve_forever, daemon=True).start()

    def serve(self, client):
        with self.lock:
            self.turn += 1
            turn = self.turn
        for number in range(len(self.backends)):
            try:
                server = socket.create_connection(("127.0.0.1", self.backends[(turn + number) % len(self.backends)]), timeout=2)
            except OSError:
                continue
            server.settimeout(None)
            back = threading.Thread(target=pump, args=(server, client), daemon=True)
            back.start()
            pump(client, server)
            back.join()
            return


def pump(source, target):
    try:
        while data := source.recv(65536):
            target.sendall(data)
    except OSError:
        pass
    for end, how in ((source, socket.SHUT_RD), (target, socket.SHUT_WR)):
        try:
            end.shutdown(how)
        except OSError:
            pass


class Post:
    """A mail server that takes its time. Counts what it said yes to, by receiver, and their Message-IDs."""
    def __init__(self, port):
        self.taken, self.ids, self.lock = Counter(), {}, threading.Lock()
        outer = self

        class Handler(socketserver.StreamRequestHandler):
            def handle(self):
                try:
                    outer.talk(self)
                except OSError:
                    pass

        socketserver.ThreadingTCPServer.allow_reuse_address = True
        server = socketserver.ThreadingTCPServer(("127.0.0.1", port), Handler)
        server.daemon_threads = True
        threading.Thread(target=server.serve_forever, daemon=True).start()

    def talk(self, line):
        def say(text):
            line.wfile.write(text.encode() + b"\r\n")

        receiver = ""
        say("220 bench")
        while words := line.rfile.readline().decode(errors="replace"):
            command = words[:4].upper()
            if command == "RCPT":
                receiver = re.search(r"<([^>]*)>", words)[1]
            if command == "DATA":
                say("354 go on")
                body = []
                while (part := line.rfile.readline()) not in (b".\r\n", b""):
                    body.append(part.decode(errors="replace"))
                time.sleep(MAIL_SECONDS)
                # Who was killed meanwhile is not told, and a mail that nobody was told of is not taken.
                line.connection.setblocking(False)
                try:
                    is_gone = line.connection.recv(1, socket.MSG_PEEK) == b""
                except BlockingIOError:
                    is_gone = False
                line.connection.setblocking(True)
                if is_gone:
                    return
                with self.lock:
                    self.taken[receiver] += 1
                    self.ids.setdefault(receiver, set()).add(re.search(r"(?im)^message-id: *(\S+)", "".join(body))[1])
            say("221 bye" if command == "QUIT" else "250 bench" if command in ("EHLO", "HELO") else "250 yes")
            if command == "QUIT":
                return


def named(fault):
    code = getattr(fault, "code", None)
    if code is None:
        return type(fault).__name__
    return f"{code}" + ("" if fault.headers.get("Retry-After") else " without Retry-After")


class Writer(threading.Thread):
    """Makes tickets through the round robin, and now and then asks for mails; remembers what was acknowledged."""
    def __init__(self, base, name, has_mails=True):
        super().__init__(daemon=True)
        self.browser, self.name, self.has_mails = Browser(base), name, has_mails
        self.tickets, self.mails, self.sent, self.errors, self.slowest, self.is_over = [], [], 0, 0, 0.0, False
        self.faults = Counter()
        self.browser.post("/sign-in", "/sign-in", OWNER)

    def run(self):
        number = 0
        while not self.is_over:
            number += 1
            self.once(number)

    def once(self, number):
        title = f"Written by {self.name}-{number}"
        fields = {"title": title, "place": "project:BEN", "type": "task", "status": "todo", "priority": "3"}
        began = time.monotonic()
        self.sent += 1
        try:
            self.browser.post("/tickets", "/tickets/new?project=BEN", fields)
            self.tickets.append(title)
            if self.has_mails and number % 30 == 1:
                asked = [f"{self.name}-{number}-{index}@bench.example" for index in range(MAILS_AT_ONCE)]
                self.sent += 1
                self.browser.post("/settings/invitations", "/settings/invitations/new", {"emails": "\n".join(asked), "role": "member", "days": "7"})
                self.mails += asked
        except (OSError, TypeError, http.client.HTTPException) as fault:
            self.errors += 1
            self.faults[named(fault)] += 1
            time.sleep(0.05)
        self.slowest = max(self.slowest, time.monotonic() - began)

    @staticmethod
    def signed_in(base):
        """A writer that only probes; it signs in as soon as that can be."""
        until = time.monotonic() + PATIENCE
        while True:
            try:
                return Writer(base, f"probe-{time.monotonic_ns()}", has_mails=False)
            except (OSError, TypeError, http.client.HTTPException):
                if time.monotonic() > until:
                    raise
                time.sleep(0.05)

    def works(self):
        before = len(self.tickets)
        self.once(0)
        return len(self.tickets) > before

    def stop(self):
        self.is_over = True
        self.join(60)


def drill(args, servers, balancer, post, cluster):
    tickets, mails, sent, errors, faults = [], [], 0, 0, Counter()
    print("| killed | jobs it held | requests | errors | acknowledged | lost | its jobs free after s | ready again after s |\n|---|---|---|---|---|---|---|---|")
    lost = set()
    for number in range(args.rounds):
        writers = [Writer(balancer.base, f"{number}-{index}") for index in range(WRITERS)]
        for writer in writers:
            writer.start()
        time.sleep(args.seconds)
        server = servers[number % 2]
        held, freed = kill(server, cluster)
        began = time.monotonic()
        server.start()
        while not is_ready(server):
            time.sleep(0.02)
        back = time.monotonic() - began
        time.sleep(args.seconds)
        for writer in writers:
            writer.stop()
            tickets += writer.tickets
            mails += writer.mails
            sent, errors, faults = sent + writer.sent, errors + writer.errors, faults + writer.faults
        lost = set(tickets) - titles(servers[0])
        print(f"| {server.work.name} | {held} | {sent} | {errors} | {len(tickets) + len(mails)} | {len(lost)} | {freed:.1f} | {back:.2f} |", flush=True)
    return judge(cluster, post, servers[0], tickets, mails, lost, faults)


def is_ready(server):
    try:
        return urllib.request.urlopen(server.base + "/readyz", timeout=5).status == 200
    except OSError:
        return False


def kill(server, cluster):
    """How many jobs it had in hand, and the seconds until none of them is held by it any more."""
    held_by = f"select count(*) from jobs where leased_by = '{server.id}' and leased_until is not null and finished_at is null and failed_at is null"
    server.process.kill()
    began = time.monotonic()
    server.process.wait()
    held = left = int(cluster.ask(held_by))
    while left and time.monotonic() - began < 120:
        time.sleep(0.25)
        left = int(cluster.ask(held_by))
    return held, time.monotonic() - began if held else 0.0


def judge(cluster, post, server, tickets, mails, lost, faults):
    until = time.monotonic() + 300
    waiting = "select count(*) from jobs where finished_at is null and failed_at is null and (kind like 'mail%' or kind like 'invitation%')"
    while time.monotonic() < until and int(cluster.ask(waiting)):
        time.sleep(1)
    known = titles(server)
    count = Counter(cluster.ask("select title from records where title like 'Written by %'").splitlines())
    twice = [title for title, times in count.items() if times > 1]
    unsent = [address for address in mails if not post.taken[address]]
    doubled = [address for address, ids in post.ids.items() if len(ids) > 1]
    repeated = sum(times > 1 for times in post.taken.values())
    failed = cluster.ask("select count(*) from jobs where failed_at is not null")
    attempts = cluster.ask("select count(*) from jobs where attempts > 1")
    entries = cluster.ask("select count(*) from schedule_runs where error is not null")
    audit = subprocess.run([str(server.binary), "audit", "verify"], cwd=server.work, env=server.env, capture_output=True, text=True)
    print(f"\ntickets acknowledged {len(tickets)}, lost {len(lost)}, made twice {len(twice)}; listed {len(known)}")
    print(f"mails asked for and acknowledged {len(mails)}, never sent {len(unsent)}, made twice {len(doubled)}")
    print(f"mails handed over twice under one Message-ID, because the kill fell between the yes of the mail server and its note: {repeated}")
    print(f"jobs begun again {attempts}, given up {failed}; entries of the schedule with an error {entries}")
    print(f"audit verify: {'good' if audit.returncode == 0 else audit.stdout + audit.stderr}")
    print(f"errors seen by writers: {dict(faults)}")
    return not lost and not twice and not unsent and not doubled and audit.returncode == 0


def troubles(args, servers, balancer, cluster, uploads):
    """Each trouble of the database or the disk under load: 503 with Retry-After meanwhile, good again with no restart, nothing lost."""
    print("\n| trouble | for s | requests | answers other than good | good again after s | lost | made twice |\n|---|---|---|---|---|---|---|")
    pids, is_good = [server.process.pid for server in servers], True
    crowded.asker = (balancer.base, Writer.signed_in(balancer.base).browser.cookies())
    chosen = TROUBLES + ([("the disk of the database is full", disk_full)] if cluster.mounted else [])
    if FAKE_CLOCK.exists():
        chosen += [("a server's clock goes an hour ahead and back", jumped(1)), ("a server's clock goes an hour back and returns", jumped(-1))]
    for number, (name, act) in enumerate(one for one in chosen if args.trouble in one[0]):
        writers = [Writer(balancer.base, f"9{number}-{index}", has_mails=False) for index in range(WRITERS)]
        for writer in writers:
            writer.start()
        time.sleep(args.seconds / 2)
        began = time.monotonic()
        act(cluster, uploads)
        spent, ended = time.monotonic() - began, time.monotonic()
        probe = Writer.signed_in(balancer.base)
        while not probe.works():
            if time.monotonic() - ended > PATIENCE:
                print(f"{name}: nothing works again after {PATIENCE} s")
                return False
            time.sleep(0.05)
        back = time.monotonic() - ended
        time.sleep(args.seconds / 2)
        for writer in writers:
            writer.stop()
        tickets = [title for writer in writers for title in writer.tickets]
        faults = sum((writer.faults for writer in writers), Counter())
        count = Counter(cluster.ask("select title from records where title like 'Written by %'").splitlines())
        lost, twice = [title for title in tickets if not count[title]], [title for title in tickets if count[title] > 1]
        wrong = {fault: times for fault, times in faults.items() if fault not in ("503", "429")}
        print(f"| {name} | {spent:.1f} | {sum(writer.sent for writer in writers)} | {dict(faults) or 'none'} | {back:.2f} | {len(lost)} | {len(twice)} |", flush=True)
        is_good = is_good and not lost and not twice and not wrong
    alive = [server.process.poll() is None and server.process.pid == pid for server, pid in zip(servers, pids)]
    print(f"\nservers that needed no restart: {sum(alive)} of {len(alive)}")
    if os.geteuid() == 0 and not args.trouble:
        is_good = full(args, servers, balancer, cluster, uploads) and is_good
    return is_good and all(alive)


def restart(cluster, _):
    cluster.run("pg_ctl", "-D", cluster.data, "-l", cluster.data / "log", "-m", "fast", "-w", "restart")


def away(cluster, _):
    cluster.run("pg_ctl", "-D", cluster.data, "-m", "fast", "-w", "stop")
    time.sleep(5)
    cluster.run("pg_ctl", "-D", cluster.data, "-l", cluster.data / "log", "-w", "start")


def read_only(cluster, _):
    cluster.ask("alter database tow set default_transaction_read_only = on")
    cut(cluster, _)
    time.sleep(4)
    cluster.ask("alter database tow reset default_transaction_read_only")
    cut(cluster, _)


def cut(cluster, _):
    cluster.ask("select pg_terminate_backend(pid) from pg_stat_activity where datname = 'tow' and pid <> pg_backend_pid()")


def cut_often(cluster, _):
    for _ in range(20):
        cut(cluster, _)
        time.sleep(0.2)


def exhausted(cluster, _):
    cluster.ask("begin; lock table records in access exclusive mode; select pg_sleep(15); commit")


def crowded(cluster, _):
    """Every connection waits for a lock, and many more people ask for pages than there are connections."""
    holder = threading.Thread(target=exhausted, args=(cluster, None))
    holder.start()
    time.sleep(1)
    base, cookies = crowded.asker
    answers, lock = Counter(), threading.Lock()

    def ask():
        try:
            request = urllib.request.Request(base + "/tickets", headers={"Cookie": cookies})
            said = str(urllib.request.urlopen(request, timeout=60).status)
        except (OSError, http.client.HTTPException) as fault:
            said = named(fault)
        with lock:
            answers[said] += 1

    readers = [threading.Thread(target=ask) for _ in range(CROWD)]
    for reader in readers:
        reader.start()
    for reader in [*readers, holder]:
        reader.join(90)
    print(f"{CROWD} readers at once while every connection waited: {dict(answers)}")
    if set(answers) - {"200", "503"}:
        sys.exit("an answer that is neither good nor 503")


def disk_full(cluster, _):
    """Until not a page more fits; then there is room again, and PostgreSQL is started if it went down over it."""
    ballast = cluster.data / "ballast"
    with open(ballast, "wb") as file:
        try:
            while True:
                file.write(b"\0" * (1 << 20))
                file.flush()
        except OSError:
            pass
    time.sleep(8)
    was_up = cluster.is_up()
    ballast.unlink()
    if not cluster.is_up():
        cluster.run("pg_ctl", "-D", cluster.data, "-l", cluster.socket + "/log", "-w", "start")
    print(f"PostgreSQL was {'up' if was_up else 'down'} while its disk was full")


def jumped(hours):
    """The clock of the first server goes so many hours ahead and comes back; that of the database stays."""
    def jump(cluster, _):
        jumped.file.write_text(f"+{hours * 3600}s\n" if hours > 0 else f"{hours * 3600}s\n")
        time.sleep(8)
        if cluster.ask("select count(*) from instances where abs(extract(epoch from heard_at - now())) > 1800") != "1":
            sys.exit("the clock did not jump")
        jumped.file.write_text("+0s\n")
        time.sleep(1)
    return jump


def full(args, servers, balancer, cluster, uploads):
    """A disk of a megabyte under the uploads: a larger file is 503 and leaves nothing, and after there is room it is taken."""
    browser = Writer.signed_in(balancer.base).browser
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=1m,mode=777", "tmpfs", str(uploads)], check=True)
    try:
        refused = send_file(browser, 3 << 20)
        left = sum(path.stat().st_size for path in uploads.rglob("*") if path.is_file()), int(cluster.ask("select count(*) from files"))
        ready = [is_ready(server) for server in servers]
        subprocess.run(["mount", "-o", "remount,size=16m", str(uploads)], check=True)
        taken = send_file(browser, 3 << 20)
    finally:
        subprocess.run(["umount", str(uploads)], check=True)
    print(f"\ndisk of uploads full: answered {refused}; bytes left {left[0]}, rows left {left[1]}; ready meanwhile {ready}; with room {taken}")
    return refused == "503" and left == (0, 0) and taken == "200"


def send_file(browser, size):
    page = browser.get("/tickets/BEN-1")
    token = re.search(r'name="_csrf" value="([^"]+)"', page)[1]
    line = "----a-line-between"
    head = f'--{line}\r\nContent-Disposition: form-data; name="_csrf"\r\n\r\n{token}\r\n--{line}\r\nContent-Disposition: form-data; name="file"; filename="tide.bin"\r\nContent-Type: application/octet-stream\r\n\r\n'
    body = head.encode() + os.urandom(size) + f"\r\n--{line}--\r\n".encode()
    request = urllib.request.Request(browser.base + "/records/BEN-1/files", body, {"Content-Type": f"multipart/form-data; boundary={line}"})
    try:
        return str(browser.opener.open(request, timeout=60).status)
    except OSError as fault:
        return named(fault)


TROUBLES = [("PostgreSQL restarts", restart), ("PostgreSQL is away", away), ("every connection is cut, 20 times", cut_often),
            ("the database is read-only", read_only), ("a lock on records", exhausted), ("every connection is in use", crowded)]


if __name__ == "__main__":
    main()
