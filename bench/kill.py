#!/usr/bin/env python3
"""Kills the server, then its PostgreSQL, in the middle of writes; after each restart every ticket that was acknowledged must be there."""
import argparse
import html
import os
import re
import signal
import sys
import threading
import time
import urllib.error
import urllib.request
from pathlib import Path

from run import Browser, folder, running, set_up

WRITERS = 4
OWNER = {"email": "bea@bench.example", "password": "seven quiet ferries at dawn"}


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=6, help="kills; the server and PostgreSQL by turns")
    parser.add_argument("--seconds", type=float, default=2, help="of writing before each kill")
    parser.add_argument("--port", type=int, default=8397)
    parser.add_argument("--binary", type=lambda text: Path(text).resolve())
    args = parser.parse_args()
    with folder("bench") as work, running(args, work) as server:
        set_up(server, work)
        lost = drill(server, args)
    sys.exit(1 if lost else 0)


def drill(server, args):
    acknowledged, lost = [], 0
    print("| killed | acknowledged so far | errors seen by writers | lost | back after s |\n|---|---|---|---|---|")
    for number in range(args.rounds):
        writers = [Writer(server, f"{number}-{index}") for index in range(WRITERS)]
        for writer in writers:
            writer.start()
        time.sleep(args.seconds)
        killed, back = kill_postgres(server) if number % 2 else kill_server(server)
        for writer in writers:
            writer.stop()
            acknowledged += writer.acknowledged
        missing = set(acknowledged) - titles(server)
        lost += len(missing)
        print(f"| {killed} | {len(acknowledged)} | {sum(writer.errors for writer in writers)} | {len(missing)} | {back:.2f} |", flush=True)
    return lost


class Writer(threading.Thread):
    """Makes tickets, one after the other, and remembers each that the server said it has."""
    def __init__(self, server, name):
        super().__init__(daemon=True)
        self.browser, self.title = Browser(server.base), f"Written by {name}"
        self.acknowledged, self.errors, self.is_over = [], 0, False
        self.browser.post("/sign-in", "/sign-in", OWNER)

    def run(self):
        number = 0
        while not self.is_over:
            number += 1
            title = f"{self.title}-{number}"
            fields = {"title": title, "place": "project:BEN", "type": "task", "status": "todo", "priority": "3"}
            try:
                self.browser.post("/tickets", "/tickets/new?project=BEN", fields)
                self.acknowledged.append(title)
            except (OSError, TypeError, urllib.error.HTTPError):
                self.errors += 1
                time.sleep(0.05)

    def stop(self):
        self.is_over = True
        self.join(60)


def kill_server(server):
    server.process.kill()
    server.process.wait()
    time.sleep(0.2)
    began = time.monotonic()
    server.start()
    return "server", ready(server, began)


def kill_postgres(server):
    pid = int((server.work / "data/postgres/postmaster.pid").read_text().split()[0])
    began = time.monotonic()
    os.kill(pid, signal.SIGKILL)
    time.sleep(0.2)
    if server.process.poll() is not None:
        server.start()
    return "PostgreSQL", ready(server, began)


def ready(server, began):
    while time.monotonic() - began < 60:
        try:
            urllib.request.urlopen(server.base + "/readyz", timeout=2).read()
            return time.monotonic() - began
        except OSError:
            if server.process.poll() is not None:
                server.start()
            time.sleep(0.02)
    sys.exit("the server is not ready after a minute; see " + str(server.work / "err.log"))


def titles(server):
    """Every ticket's title, page by page as its reader sees them."""
    browser, found, path = Browser(server.base), set(), "/tickets?project=BEN"
    browser.post("/sign-in", "/sign-in", OWNER)
    for _ in range(1000):
        page = browser.get(path)
        found |= set(re.findall(r"Written by [\d-]+", page))
        more = re.search(r'rel="next" href="([^"]+)"', page)
        if not more:
            return found
        path = html.unescape(more[1])
    sys.exit("the list of tickets has no end")


if __name__ == "__main__":
    main()
