#!/usr/bin/env python3
"""A new version beside the old one, one after the other, under load: the new one migrates while the old one works. See README.md."""
import argparse
import sys
import time
from collections import Counter
from pathlib import Path

from fleet import Balancer, Cluster, Instance, Post, WRITERS, Writer, environment, is_ready, judge
from run import build, folder, set_up


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--old", type=lambda text: Path(text).resolve(), required=True, help="the program of the previous version")
    parser.add_argument("--seconds", type=float, default=6, help="of writing in each step")
    parser.add_argument("--port", type=int, default=8451, help="of the round robin; the servers have the next two")
    parser.add_argument("--binary", type=lambda text: Path(text).resolve())
    args = parser.parse_args()
    with folder("upgrade") as work:
        cluster, servers, is_good = Cluster(work), [], False
        try:
            post = Post(args.port + 3)
            balancer = Balancer(args.port, [args.port + 1, args.port + 2])
            env = environment(cluster, work, args.port)
            new = args.binary or build()
            servers = [Old(args.old, work / name, args.port + number, env, cluster) for number, name in ((1, "one"), (2, "two"))]
            set_up(servers[0], servers[0].work)
            is_good = drill(args, new, servers, balancer, post, cluster)
        finally:
            for server in servers:
                server.stop()
            cluster.stop()
    sys.exit(0 if is_good else 1)


class Old(Instance):
    """May be older than the list of instances."""
    def start(self):
        began = time.monotonic()
        super(Instance, self).start()
        while not is_ready(self) and time.monotonic() - began < 60:
            time.sleep(0.02)
        return time.monotonic() - began


def schema(cluster):
    return cluster.ask("select max(version) || ', ' || count(*) from __diesel_schema_migrations")


def drill(args, new, servers, balancer, post, cluster):
    writers = [Writer(balancer.base, f"0-{index}") for index in range(WRITERS)]
    for writer in writers:
        writer.start()
    print("| step | schema | acknowledged | answers other than good |\n|---|---|---|---|")

    def step(name):
        time.sleep(args.seconds)
        faults = sum((writer.faults for writer in writers), Counter())
        print(f"| {name} | {schema(cluster)} | {sum(len(writer.tickets) for writer in writers)} | {dict(faults) or 'none'} |", flush=True)

    step("both old")
    for number, server in enumerate(servers):
        server.stop()  # SIGTERM: it finishes what it has in hand
        server.binary = new
        spent = server.start()
        step(f"{'one' if number == 0 else 'both'} new, ready after {spent:.1f} s")
    for writer in writers:
        writer.stop()
    tickets, mails = [title for writer in writers for title in writer.tickets], [mail for writer in writers for mail in writer.mails]
    faults = sum((writer.faults for writer in writers), Counter())
    count = Counter(cluster.ask("select title from records where title like 'Written by %'").splitlines())
    lost = {title for title in tickets if not count[title]}
    # The round robin tries the next server when one does not listen; what a stop cuts off in the middle is an error of the connection.
    wrong = {fault: times for fault, times in faults.items() if fault not in ("503", "429")}
    print(f"answers that are neither good nor 503: {wrong or 'none'}")
    return judge(cluster, post, servers[0], tickets, mails, lost, faults) and not wrong


if __name__ == "__main__":
    main()
