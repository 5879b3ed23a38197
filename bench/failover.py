#!/usr/bin/env python3
"""A PostgreSQL primary with a streaming replica under two servers: the primary is killed, the replica promoted, and nothing that was
acknowledged may be missing. The steps are those of docs/failures.md. See README.md."""
import argparse
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

from fleet import Balancer, Cluster, Instance, PATIENCE, Post, WRITERS, Writer, environment, is_ready
from run import build, folder, set_up

# So long nobody notices that the primary is gone: what a watcher such as Patroni needs to be sure.
NOTICE_SECONDS = 3


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=3, help="failovers; the killed one comes back as the replica of the other")
    parser.add_argument("--seconds", type=float, default=5, help="of writing before and after each failover")
    parser.add_argument("--port", type=int, default=8441, help="of the round robin; the servers have the next two")
    parser.add_argument("--binary", type=lambda text: Path(text).resolve())
    args = parser.parse_args()
    with folder("failover") as work:
        nodes, servers, is_good = [], [], False
        try:
            (work / "a").mkdir()
            nodes.append(Node(work / "a"))
            nodes.append(nodes[0].replica(work / "b"))
            nodes[0].wait_for_replica()
            pair = Pair(nodes)
            Post(args.port + 3)
            balancer = Balancer(args.port, [args.port + 1, args.port + 2])
            env = environment(pair, work, args.port)
            binary = args.binary or build()
            servers = [Instance(binary, work / name, args.port + number, env, pair) for number, name in ((1, "one"), (2, "two"))]
            set_up(servers[0], servers[0].work)
            is_good = drill(args, servers, balancer, pair)
        finally:
            for server in servers:
                server.stop()
            for node in nodes:
                node.destroy()
    sys.exit(0 if is_good else 1)


class Node(Cluster):
    """One PostgreSQL, primary or replica."""
    def __init__(self, work):
        super().__init__(work, "wal_level = replica\nmax_wal_senders = 5\nhot_standby = on\n")

    def replica(self, work):
        """Another one that follows this one; from now on a write waits until it has it too."""
        work.mkdir()
        other = Node.__new__(Node)
        other.data, other.owner, other.socket = work / "pg", self.owner, tempfile.mkdtemp(prefix="tow-pg-", dir="/tmp")
        if other.owner:
            subprocess.run(["chown", "postgres", str(work), other.socket], check=True)
        other.url = f"postgres:///tow?host={other.socket}&user=postgres"
        other.follow(self)
        return other

    def follow(self, primary):
        """Made anew from the primary: pg_rewind is the quicker way for a large one."""
        if self.data.exists():
            subprocess.run(["find", str(self.data), "-mindepth", "1", "-delete"], check=True)
        self.run("pg_basebackup", "-h", primary.socket, "-U", "postgres", "-D", self.data, "-R", "-X", "stream", "-c", "fast")
        with open(self.data / "postgresql.conf", "a") as file:
            file.write(f"unix_socket_directories = '{self.socket}'\n")
        self.run("pg_ctl", "-D", self.data, "-l", self.data / "log", "-w", "start")
        primary.ask("alter system set synchronous_standby_names = '*'")
        primary.ask("select pg_reload_conf()")

    def wait_for_replica(self):
        until = time.monotonic() + PATIENCE
        while self.ask("select count(*) from pg_stat_replication where sync_state = 'sync'") != "1":
            if time.monotonic() > until:
                sys.exit("the replica does not follow; see " + str(self.data / "log"))
            time.sleep(0.1)

    def kill(self):
        """As a machine that loses its power: no goodbye."""
        pid = int((self.data / "postmaster.pid").read_text().splitlines()[0])
        children = subprocess.run(["ps", "-o", "pid=", "--ppid", str(pid)], capture_output=True, text=True).stdout.split()
        for each in [pid, *map(int, children)]:
            try:
                os.kill(each, signal.SIGKILL)
            except ProcessLookupError:
                pass
        (self.data / "postmaster.pid").unlink(missing_ok=True)

    def promote(self):
        """It waits for nobody any more until it has a replica of its own; `pg_ctl -w` returns when it takes writes."""
        self.run("pg_ctl", "-D", self.data, "-w", "promote")
        self.ask("alter system set synchronous_standby_names = ''")
        self.ask("select pg_reload_conf()")

    def destroy(self):
        if (self.data / "postmaster.pid").exists():
            self.stop()


class Pair:
    """What the servers are told: both addresses, and that they want the one that takes writes."""
    def __init__(self, nodes):
        self.nodes = nodes
        self.url = f"postgres:///tow?host={nodes[0].socket},{nodes[1].socket}&user=postgres&target_session_attrs=read-write"

    def ask(self, sql):
        return self.nodes[0].ask(sql)


def drill(args, servers, balancer, pair):
    pids, tickets, faults, is_good = [server.process.pid for server in servers], [], Counter(), True
    print("| failover | requests | answers other than good | without the database for s | first write after the promotion s | acknowledged | lost | made twice |\n|---|---|---|---|---|---|---|---|")
    for number in range(args.rounds):
        writers = [Writer(balancer.base, f"{number}-{index}", has_mails=False) for index in range(WRITERS)]
        for writer in writers:
            writer.start()
        time.sleep(args.seconds)
        primary, replica = pair.nodes
        primary.kill()
        killed = time.monotonic()
        time.sleep(NOTICE_SECONDS)
        replica.promote()
        promoted = time.monotonic()
        probe = Writer.signed_in(balancer.base)
        while not probe.works():
            if time.monotonic() - promoted > PATIENCE:
                print(f"nothing is written {PATIENCE} s after the promotion")
                return False
            time.sleep(0.02)
        back = time.monotonic()
        pair.nodes = [replica, primary]
        time.sleep(args.seconds)
        for writer in writers:
            writer.stop()
            tickets += writer.tickets
            faults += writer.faults
        count = Counter(replica.ask("select title from records where title like 'Written by %'").splitlines())
        lost, twice = [title for title in tickets if not count[title]], [title for title, times in count.items() if times > 1]
        seen = sum((writer.faults for writer in writers), Counter())
        wrong = [fault for fault in seen if fault not in ("503", "429")]
        print(f"| {number + 1} | {sum(writer.sent for writer in writers)} | {dict(seen) or 'none'} | {promoted - killed:.1f} | {back - promoted:.2f} | "
              f"{len(tickets)} | {len(lost)} | {len(twice)} |", flush=True)
        is_good = is_good and not lost and not twice and not wrong
        primary.follow(replica)
        replica.wait_for_replica()
    alive = [server.process.poll() is None and server.process.pid == pid for server, pid in zip(servers, pids)]
    audit = subprocess.run([str(servers[0].binary), "audit", "verify"], cwd=servers[0].work, env=servers[0].env, capture_output=True, text=True)
    print(f"\nservers that needed no restart: {sum(alive)} of {len(alive)}; ready: {[is_ready(server) for server in servers]}")
    print(f"audit verify: {'good' if audit.returncode == 0 else audit.stdout + audit.stderr}")
    return is_good and all(alive) and audit.returncode == 0


if __name__ == "__main__":
    main()
