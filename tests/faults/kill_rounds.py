#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Kills a real server with SIGKILL under mixed load, again and again, and compares what it acknowledged with what it still has.

Each writer owns its entities and writes ever growing sequence numbers, two attributes at a time, one request after the other, and notes
outside the victim what was acknowledged. After each kill the server starts again on the same directory, and then, for every entity:
  * the stored sequence is at least the last acknowledged and at most the last sent (nothing lost, nothing invented);
  * both attributes carry the same sequence (nothing torn);
  * a deletion that was acknowledged is still deleted;
  * the history holds every acknowledged sequence once (checked on a sample).
Half of the rounds die at a random moment, half at a named point inside the engine (HORAD_KILL_AT=name:n).
Ends with one line of figures; exits 1 at the first difference and says what was different."""
import argparse
import http.client
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time

KILL_POINTS = ["before_append", "appended", "synced", "segment_ended", "segment_made", "checkpoint_half", "checkpoint_unflushed",
               "checkpoint_flushed"]
READY_LIMIT = 5.0  # seconds


class Gone(Exception):
    """The server went away before it answered."""


class Client:
    def __init__(self, port):
        self.port, self.connection = port, None

    def ask(self, method, path, body=None):
        headers = {"Content-Type": "application/json"} if body is not None else {}
        for attempt in (0, 1):
            try:
                if self.connection is None:
                    self.connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=20)
                self.connection.request(method, path, None if body is None else json.dumps(body), headers)
                answer = self.connection.getresponse()
                return answer.status, answer.read()
            except (OSError, http.client.HTTPException) as error:
                self.connection = None
                if attempt or method != "GET":
                    raise Gone(str(error)) from error


class Server:
    def __init__(self, horad, data, extra=()):
        self.command = [horad, "serve", "--data", data, "--listen", "127.0.0.1:0", "--access", "open", *extra]
        self.port_file = data + ".port"
        self.process, self.port = None, None

    def start(self, kill_at=None):
        """Seconds until /readyz answers 200."""
        if os.path.exists(self.port_file):
            os.remove(self.port_file)
        environment = {**os.environ, "HORAD_CHECKPOINT_BYTES": str(1 << 20), "HORAD_SEGMENT_BYTES": str(1 << 20)}
        if kill_at:
            environment["HORAD_KILL_AT"] = kill_at
        began = time.monotonic()
        self.process = subprocess.Popen([*self.command, "--port-file", self.port_file], env=environment,
                                        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        while time.monotonic() - began < 60:
            if self.process.poll() is not None:
                if kill_at:
                    return None  # died at its point while starting: that is a round, too
                raise SystemExit(f"the server stopped at start with {self.process.returncode}")
            if os.path.exists(self.port_file) and (text := open(self.port_file).read().strip()):
                self.port = int(text)
                try:
                    if Client(self.port).ask("GET", "/readyz")[0] == 200:
                        return time.monotonic() - began
                except Gone:
                    pass
            time.sleep(0.01)
        raise SystemExit("the server was not ready after 60 s")

    def kill(self):
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGKILL)
        self.process.wait()


class Writer(threading.Thread):
    """Writes until the server is gone. `known`: id -> [acknowledged, sent, deleted]; deleted is None, "sent" or "acknowledged"."""

    def __init__(self, number, seed, known):
        super().__init__(daemon=True)
        self.number, self.random, self.known = number, random.Random(seed), known
        self.port, self.acknowledged, self.wrong = None, 0, None

    def run(self):
        client = Client(self.port)
        try:
            while self.wrong is None:
                self.step(client)
        except Gone:
            pass

    def entity(self, name, sequence):
        return {"id": name, "type": "Probe", "a": {"type": "Property", "value": sequence},
                "b": {"type": "Property", "value": sequence}, "text": {"type": "Property", "value": "x" * self.random.randint(1, 300)}}

    def expect(self, answer, allowed, what):
        if answer[0] not in allowed:
            self.wrong = f"{what}: answered {answer[0]} {answer[1][:300]!r}"
        else:
            self.acknowledged += 1
        return answer[0] in allowed

    def step(self, client):
        living = [name for name, fact in self.known.items() if fact[2] is None]
        choice = self.random.random()
        if choice < 0.1 or len(living) < 5:
            name = f"urn:ngsi-ld:Probe:{self.number}-{len(self.known)}"
            self.known[name] = [0, 1, None]
            if self.expect(client.ask("POST", "/ngsi-ld/v1/entities", self.entity(name, 1)), (201,), "create"):
                self.known[name][0] = 1
        elif choice < 0.2:
            names = self.random.sample(living, min(len(living), 20))
            for name in names:
                self.known[name][1] += 1
            body = [self.entity(name, self.known[name][1]) for name in names]
            answer = client.ask("POST", "/ngsi-ld/v1/entityOperations/upsert?options=update", body)
            if self.expect(answer, (204,), "batch upsert"):
                for name in names:
                    self.known[name][0] = self.known[name][1]
        elif choice < 0.23:
            name = self.random.choice(living)
            self.known[name][2] = "sent"
            if self.expect(client.ask("DELETE", f"/ngsi-ld/v1/entities/{name}"), (204,), "delete"):
                self.known[name][2] = "acknowledged"
        else:
            name = self.random.choice(living)
            self.known[name][1] += 1
            sequence = self.known[name][1]
            body = {"a": {"type": "Property", "value": sequence}, "b": {"type": "Property", "value": sequence}}
            if self.expect(client.ask("PATCH", f"/ngsi-ld/v1/entities/{name}/attrs", body), (204,), "patch"):
                self.known[name][0] = sequence


def stored_entities(client):
    found, offset = {}, 0
    while True:
        status, body = client.ask("GET", f"/ngsi-ld/v1/entities?type=Probe&limit=1000&offset={offset}&options=keyValues")
        if status != 200:
            raise SystemExit(f"the query answered {status} {body[:300]!r}")
        page = json.loads(body)
        found.update((entity["id"], entity) for entity in page)
        if len(page) < 1000:
            return found
        offset += 1000


def check_state(known, found):
    """Settles what was in doubt; answers the first difference or None."""
    for name, fact in known.items():
        acknowledged, sent, deleted = fact
        entity = found.get(name)
        if entity is None:
            if deleted is None and acknowledged > 0:
                return f"{name} was acknowledged with sequence {acknowledged} and is gone"
            fact[2] = "acknowledged"  # deleted, or a creation that was cut off
            continue
        if deleted == "acknowledged":
            return f"{name} was deleted, acknowledged, and is back"
        if entity["a"] != entity["b"]:
            return f"{name} is torn: {entity['a']} and {entity['b']}"
        if not acknowledged <= entity["a"] <= sent:
            return f"{name} has sequence {entity['a']}, acknowledged {acknowledged}, sent {sent}"
        fact[0] = fact[1] = entity["a"]
        fact[2] = None
    unknown = set(found) - set(known)
    return f"entities nobody sent: {sorted(unknown)[:3]}" if unknown else None


def check_history(client, known, chooser):
    living = [name for name, fact in known.items() if fact[2] is None]
    for name in chooser.sample(living, min(len(living), 25)):
        status, body = client.ask("GET", f"/ngsi-ld/v1/temporal/entities/{name}?attrs=a&timeproperty=modifiedAt&options=temporalValues")
        if status not in (200, 206):
            return f"the history of {name} answered {status} {body[:300]!r}"
        values = [value for value, _ in json.loads(body)["a"]["values"]]
        if len(values) != len(set(values)):
            return f"the history of {name} holds a sequence twice: {sorted(values)[-12:]}"
        if missing := set(range(1, known[name][0] + 1)) - set(values):
            return f"the history of {name} lacks the sequences {sorted(missing)[:12]}"
    return None


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--horad", required=True, help="the program")
    parser.add_argument("--rounds", type=int, default=100)
    parser.add_argument("--writers", type=int, default=8)
    parser.add_argument("--seed", type=int, default=int(time.time()))
    parser.add_argument("--data", help="directory to use; default: a fresh one, removed when all went well")
    options = parser.parse_args()

    chooser = random.Random(options.seed)
    root = options.data or tempfile.mkdtemp(prefix="horad-kill-")
    server = Server(options.horad, os.path.join(root, "store"))
    known_by_writer = [dict() for _ in range(options.writers)]
    acknowledged, slowest, at_points, kills = 0, 0.0, 0, 0
    print(f"seed {options.seed}, {options.rounds} rounds, {options.writers} writers, {root}", flush=True)

    def give_up(what):
        server.kill()
        print(f"FAILED after {kills} kills (seed {options.seed}, data kept in {root}): {what}")
        raise SystemExit(1)

    for round_number in range(options.rounds + 1):
        last = round_number == options.rounds
        point = None
        if not last and chooser.random() < 0.5:
            point = f"{chooser.choice(KILL_POINTS)}:{chooser.randint(1, 40)}"
        ready = server.start(None)
        slowest = max(slowest, ready)
        if ready > READY_LIMIT:
            give_up(f"ready after {ready:.1f} s, the limit is {READY_LIMIT} s")
        client = Client(server.port)
        found = stored_entities(client)
        for known in known_by_writer:
            mine = {name: entity for name, entity in found.items() if name in known}
            if difference := check_state(known, mine):
                give_up(difference)
        if unknown := set(found) - {name for known in known_by_writer for name in known}:
            give_up(f"entities nobody sent: {sorted(unknown)[:3]}")
        for known in known_by_writer[:2]:
            if difference := check_history(client, known, chooser):
                give_up(difference)
        if last:
            break
        if point:  # start again with the point armed, so that checking did not pass it
            server.kill()
            if server.start(point) is None:
                at_points, kills = at_points + 1, kills + 1
                continue
        writers = [Writer(i, chooser.random(), known) for i, known in enumerate(known_by_writer)]
        for writer in writers:
            writer.port = server.port
            writer.start()
        deadline = time.monotonic() + (3.0 if point else chooser.uniform(0.02, 1.0))
        while time.monotonic() < deadline and server.process.poll() is None:
            time.sleep(0.005)
        if server.process.poll() is not None:
            at_points += 1
        server.kill()
        kills += 1
        for writer in writers:
            writer.join(timeout=30)
            acknowledged += writer.acknowledged
            if writer.wrong:
                give_up(writer.wrong)
    server.process.send_signal(signal.SIGTERM)
    server.process.wait(timeout=60)
    if options.data is None:
        shutil.rmtree(root)
    print(f"{kills} kills ({at_points} at named points), {acknowledged} acknowledged writes, 0 lost, 0 torn, slowest start {slowest:.2f} s")


if __name__ == "__main__":
    sys.exit(main())
