#!/usr/bin/env python3
"""Sign-ins per second at 1, 4 and 16 at once, while two password hashes at a time are allowed; and what a page costs meanwhile."""
import argparse
import http.client
import re
import threading
import time
import urllib.parse
from pathlib import Path

from run import Browser, folder, running, set_up

AT_ONCE = (1, 4, 16)
OWNER = {"email": "bea@bench.example", "password": "seven quiet ferries at dawn"}


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=int, default=10)
    parser.add_argument("--port", type=int, default=8398)
    parser.add_argument("--binary", type=lambda text: Path(text).resolve())
    args = parser.parse_args()
    with folder("bench") as work, running(args, work) as server:
        report(server, args, set_up(server, work))


def report(server, args, browser):
    cookies = browser.cookies()
    hash_ms = (alone(lambda: Door(args.port).enter()) - alone(lambda: Door(args.port).look("/sign-in"))) * 1000
    print(f"one sign-in alone: about {hash_ms:.0f} ms more than a page, nearly all of it argon2id")
    print("\n| at once | sign-ins/s | p50 ms | p99 ms | a page meanwhile, p50 ms | p99 ms |\n|---|---|---|---|---|---|")
    for number in AT_ONCE:
        tries, pages = load(args, number, cookies)
        rate = len(tries) / args.seconds
        print(f"| {number} | {rate:.1f} | {share(tries, 50):.0f} | {share(tries, 99):.0f} | {share(pages, 50):.1f} | {share(pages, 99):.1f} |")


class Door:
    """One browser at the sign-in page: its form is good for any number of tries, because the session it gets is thrown away."""

    def __init__(self, port):
        self.line = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
        answer = self.ask("GET", "/sign-in")
        self.cookie = "; ".join(value.split(";")[0] for name, value in answer.getheaders() if name.lower() == "set-cookie")
        self.csrf = re.search(r'name="_csrf" value="([^"]+)"', self.text)[1]

    def ask(self, method, path, body=None, headers=None):
        self.line.request(method, path, body, headers or {})
        answer = self.line.getresponse()
        self.text = answer.read().decode()
        return answer

    def enter(self):
        headers = {"Cookie": self.cookie, "Content-Type": "application/x-www-form-urlencoded"}
        answer = self.ask("POST", "/sign-in", urllib.parse.urlencode(dict(OWNER, _csrf=self.csrf)), headers)
        assert answer.status == 303, f"{answer.status}: {self.text[:300]}"

    def look(self, path, cookies=""):
        assert self.ask("GET", path, None, {"Cookie": cookies}).status == 200


def alone(act):
    act()
    return min(timed(act) for _ in range(5))


def timed(act):
    began = time.perf_counter()
    act()
    return time.perf_counter() - began


def load(args, number, cookies):
    """Milliseconds of every sign-in, and of a page that one reader loads all the while."""
    tries, pages, until = [], [], time.monotonic() + args.seconds

    def repeat(kept, act):
        while time.monotonic() < until:
            kept.append(timed(act) * 1000)

    doors = [Door(args.port) for _ in range(number)]
    reader = Door(args.port)
    threads = [threading.Thread(target=repeat, args=(tries, door.enter)) for door in doors]
    threads.append(threading.Thread(target=repeat, args=(pages, lambda: reader.look("/projects", cookies))))
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return tries, pages


def share(values, percent):
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, len(ordered) * percent // 100)]


if __name__ == "__main__":
    main()
