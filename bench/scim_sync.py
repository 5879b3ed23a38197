#!/usr/bin/env python3
"""A directory's first sync (5,000 people and 500 groups, each asked for, made, and filled), and how soon after active=false a click is
refused. Any binary serves; a debug build is slower, so say which it was."""
import argparse
import http.client
import json
import re
import threading
import time
import urllib.error
import urllib.parse
import urllib.request
from pathlib import Path

from run import Browser, folder, running, set_up

USER = "urn:ietf:params:scim:schemas:core:2.0:User"
GROUP = "urn:ietf:params:scim:schemas:core:2.0:Group"
PATCH = "urn:ietf:params:scim:api:messages:2.0:PatchOp"


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--people", type=int, default=5000)
    parser.add_argument("--groups", type=int, default=500)
    parser.add_argument("--at-once", type=int, default=4, help="connections of the directory")
    parser.add_argument("--port", type=int, default=8397)
    parser.add_argument("--binary", type=lambda text: Path(text).resolve())
    args = parser.parse_args()
    with folder("bench") as work, running(args, work) as server:
        owner = set_up(server, work)
        token = re.search(r"tow_scim_[0-9A-Za-z]+", owner.post("/settings/provisioning/tokens", "/settings/provisioning",
                          {"name": "Bench", "days": "30"}))[0]
        sync(args, token)
        shut_out(server, args, token)


class Directory:
    """One connection; waits where it is told to."""

    def __init__(self, port, token):
        self.line = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
        self.head = {"authorization": f"Bearer {token}", "content-type": "application/scim+json"}
        self.requests = self.waits = 0

    def ask(self, method, path, body=None):
        while True:
            self.line.request(method, "/scim/v2" + path, json.dumps(body) if body else None, self.head)
            answer = self.line.getresponse()
            text = answer.read()
            self.requests += 1
            if answer.status != 429:
                break
            self.waits += 1
            time.sleep(int(answer.getheader("retry-after")))
        if answer.status >= 400:
            raise SystemExit(f"{method} {path}: {answer.status} {text.decode()}")
        return json.loads(text) if text else None

    def find(self, kind, name, value):
        query = urllib.parse.urlencode({"filter": f'{name} eq "{value}"'})
        return self.ask("GET", f"/{kind}?{query}")["Resources"]


def person(number):
    address = f"person{number}@bench.example"
    return {"schemas": [USER], "userName": address, "externalId": f"ext-{number}", "active": True, "displayName": f"Person {number}",
            "name": {"givenName": "Person", "familyName": str(number)}, "emails": [{"value": address, "type": "work", "primary": True}]}


def sync(args, token):
    ids = {}

    def make_person(directory, number):
        assert not directory.find("Users", "userName", f"person{number}@bench.example")
        ids[number] = directory.ask("POST", "/Users", person(number))["id"]

    def make_group(directory, number):
        assert not directory.find("Groups", "displayName", f"Group {number}")
        made = directory.ask("POST", "/Groups", {"schemas": [GROUP], "displayName": f"Group {number}", "externalId": f"g-{number}"})
        members = [{"value": ids[(number * 20 + step) % args.people]} for step in range(20)]
        directory.ask("PATCH", f"/Groups/{made['id']}",
                      {"schemas": [PATCH], "Operations": [{"op": "Add", "path": "members", "value": members}]})

    for what, count, make in (("people", args.people, make_person), ("groups", args.groups, make_group)):
        began = time.monotonic()
        lines = [Directory(args.port, token) for _ in range(args.at_once)]
        numbers = iter(range(count))
        lock = threading.Lock()

        def work(directory):
            while True:
                with lock:
                    number = next(numbers, None)
                if number is None:
                    return
                make(directory, number)

        threads = [threading.Thread(target=work, args=(line,)) for line in lines]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        took = time.monotonic() - began
        requests, waits = sum(line.requests for line in lines), sum(line.waits for line in lines)
        print(f"{count} {what}: {took:.1f} s, {requests} requests, {requests / took:.0f} a second, told to wait {waits} times", flush=True)
    total = Directory(args.port, token).ask("GET", "/Users?count=0")["totalResults"]
    assert total == args.people, f"{total} people are there"


class NoRedirect(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_):
        return None


def shut_out(server, args, token):
    """Clicks without a pause while the directory says active=false."""
    directory, times = Directory(args.port, token), []
    for number in range(20):
        address = f"person{number}@bench.example"
        _, said = server.tow("user", "reset-password", address)
        password = re.search(r"\b[0-9A-Za-z]{20}\b", said)[0]
        browser = Browser(server.base)
        browser.post("/sign-in", "/sign-in", {"email": address, "password": password})
        browser.opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(browser.jar), NoRedirect())
        clicks, done = [], threading.Event()

        def click():
            while not done.is_set() or not clicks or clicks[-1][1] == 200:
                began = time.monotonic()
                try:
                    status = browser.opener.open(server.base + "/settings/me", timeout=60).status
                except urllib.error.HTTPError as error:
                    status = error.code
                clicks.append((began, status, time.monotonic()))

        thread = threading.Thread(target=click)
        thread.start()
        time.sleep(0.2)
        user = directory.find("Users", "userName", address)[0]["id"]
        sent = time.monotonic()
        directory.ask("PATCH", f"/Users/{user}", {"schemas": [PATCH], "Operations": [{"op": "Replace", "path": "active", "value": "False"}]})
        answered = time.monotonic()
        done.set()
        thread.join()
        late = [click for click in clicks if click[0] > answered and click[1] == 200]
        assert not late, "a click that began after the answer was let in"
        assert any(click[1] == 200 for click in clicks), "nobody was signed in"
        first = next(click for click in clicks if click[0] >= sent and click[1] != 200)
        times.append((first[2] - sent) * 1000)
    times.sort()
    print(f"from sending active=false to the refused click: p50 {times[len(times) // 2]:.0f} ms, worst of {len(times)}: {times[-1]:.0f} ms")


if __name__ == "__main__":
    main()
