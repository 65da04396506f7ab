#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Everything at once: many connections, every kind of operation, valid and invalid input, and a thousand subscriptions of which some are dead
or never answer. Meant for a server built with a sanitizer; any build will do.

What must hold:
  * every request gets a whole answer with a status that its kind allows; no 500; an invalid request gets a 4xx or a closed connection;
  * each connection owns entities and reads back what it was acknowledged, whatever the others do;
  * after the load every living subscriber is told the last state of its entity: no notification is lost;
  * memory in the last third is not far above memory in the first (history on disk grows, memory does not);
  * the server ends by itself with 0, and said nothing that a sanitizer says.
Only loopback; ends by itself after --minutes. Prints one line a minute and a table; exits 1 at the first thing that does not hold."""
import argparse
import asyncio
import collections
import json
import os
import random
import re
import shutil
import signal
import sys
import tempfile
import time

OWNED = 20  # entities of each connection
SHARED = 64  # entities that all connections write to
NGSI = "/ngsi-ld/v1"


class Wrong(Exception):
    """Something that must hold does not."""


class Connection:
    """One keep-alive connection. Opens again when the server closed it, which it may do after an answer to a bad request."""

    def __init__(self, port):
        self.port, self.streams = port, None

    async def raw(self, data):
        """Sends bytes as they are and reads one answer; (0, b"") when the server closes without one."""
        for attempt in (0, 1):
            fresh = self.streams is None
            if fresh:
                self.streams = await asyncio.open_connection("127.0.0.1", self.port, limit=1 << 24)
            reader, writer = self.streams
            try:
                writer.write(data)
                await writer.drain()
                return await asyncio.wait_for(self.answer(reader), 60)
            except (OSError, asyncio.IncompleteReadError):
                self.close()
                if fresh or attempt:
                    return 0, b""
            except asyncio.TimeoutError:
                raise Wrong(f"no answer within 60 s to {data[:200]!r}") from None

    async def answer(self, reader):
        head = await reader.readuntil(b"\r\n\r\n")
        lines = head.decode("latin-1").split("\r\n")
        match = re.fullmatch(r"HTTP/1\.1 (\d{3}) .*", lines[0])
        if not match:
            raise Wrong(f"not an answer: {lines[0]!r}")
        headers = {name.strip().lower(): value.strip() for name, _, value in (line.partition(":") for line in lines[1:] if line)}
        body = await reader.readexactly(int(headers.get("content-length", "0")))
        if headers.get("connection", "").lower() == "close":
            self.close()
        return int(match[1]), body

    async def ask(self, method, path, body=None, content_type="application/json"):
        data = b"" if body is None else body if isinstance(body, bytes) else json.dumps(body).encode()
        head = f"{method} {path} HTTP/1.1\r\nHost: localhost\r\n"
        if body is not None:
            head += f"Content-Type: {content_type}\r\nContent-Length: {len(data)}\r\n"
        return await self.raw(head.encode() + b"\r\n" + data)

    def close(self):
        if self.streams:
            self.streams[1].close()
        self.streams = None


class Receiver:
    """Takes notifications: /good/N notes what it was told, /slow never answers, /fail answers 500."""

    def __init__(self):
        self.told = collections.defaultdict(int)  # entity id -> highest sequence told
        self.notifications = 0

    async def open(self):
        self.server = await asyncio.start_server(self.serve, "127.0.0.1", 0, limit=1 << 24)
        self.port = self.server.sockets[0].getsockname()[1]

    async def serve(self, reader, writer):
        try:
            while True:
                head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
                length = int(re.search(r"(?i)content-length: *(\d+)", head)[1])
                body = await reader.readexactly(length)
                path = head.split(" ", 2)[1]
                if path.startswith("/slow"):
                    await asyncio.sleep(3600)
                if path.startswith("/good"):
                    self.notifications += 1
                    for entity in json.loads(body)["data"]:
                        sequence = entity.get("seq", {}).get("value", 0)
                        self.told[entity["id"]] = max(self.told[entity["id"]], sequence)
                status = "500 Failed" if path.startswith("/fail") else "200 OK"
                writer.write(f"HTTP/1.1 {status}\r\nContent-Length: 0\r\n\r\n".encode())
                await writer.drain()
        except (OSError, asyncio.IncompleteReadError, asyncio.CancelledError):
            writer.close()


def prop(value, **more):
    return {"type": "Property", "value": value, **more}


def place(chooser):
    return {"type": "GeoProperty", "value": {"type": "Point", "coordinates": [25.7 + chooser.random() / 5, 53.5 + chooser.random() / 5]}}


INVALID = [
    ("POST", "/entities", b"{", "application/json"), ("POST", "/entities", b"", "application/json"),
    ("POST", "/entities", b"[" * 5000, "application/json"), ("POST", "/entities", b'{"id":"x","type":"T"}', "application/json"),
    ("POST", "/entities", b'{"id":"urn:a:1"}', "application/json"), ("POST", "/entities", b"\xff\xfe{}", "application/json"),
    ("POST", "/entities", b'{"id":"urn:a:1","type":"T","a":null}', "application/json"),
    ("POST", "/entities", b'{"id":"urn:a:1","type":"T","a":{"type":"GeoProperty","value":{"type":"Point","coordinates":[1e9,2]}}}', "application/json"),
    ("POST", "/entities", b'{"id":"urn:a:1","type":"T"}', "text/plain"),
    ("POST", "/entities", b'{"@context":"http://127.0.0.1:1/none","id":"urn:a:1","type":"T"}', "application/ld+json"),
    ("PATCH", "/entities/urn:a:none/attrs", b'{"a":1}', "application/json"), ("GET", "/entities/not%20a%20uri", None, None),
    ("GET", "/entities?q=speed%3E%3E5&type=T", None, None), ("GET", "/entities?type=T&nonsense=1", None, None), ("GET", "/entities", None, None),
    ("GET", "/entities?type=T&limit=-1", None, None), ("GET", "/entities?type=((((", None, None),
    ("GET", "/entities?georel=near&geometry=Point&coordinates=%5B1%5D", None, None), ("GET", "/temporal/entities?type=T&timerel=sometime", None, None),
    ("POST", "/subscriptions", b'{"type":"Subscription"}', "application/json"), ("PATCH", "/subscriptions/urn:a:none", b'{"isActive":true}', "application/json"),
    ("POST", "/entityOperations/upsert", b"{}", "application/json"), ("POST", "/entityOperations/query", b"[]", "application/json"),
    ("DELETE", "/entities/urn:a:none", None, None), ("PUT", "/entities", b"{}", "application/json"), ("GET", "/%00", None, None),
]
RAW = [b"GET / HTTP/1.1\r\n\r\n", b"NONSENSE\r\n\r\n", b"GET /ngsi-ld/v1/types HTTP/1.1\r\nHost: elsewhere\r\n\r\n",
       b"POST /ngsi-ld/v1/entities HTTP/1.1\r\nHost: localhost\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n",
       b"POST /ngsi-ld/v1/entities HTTP/1.1\r\nHost: localhost\r\nContent-Length: -5\r\n\r\n", b"GET /" + b"a" * 70_000 + b" HTTP/1.1\r\nHost: localhost\r\n\r\n",
       bytes(range(256)) + b"\r\n\r\n"]


class Worker:
    def __init__(self, number, run):
        self.number, self.run = number, run
        self.random = random.Random(f"{run.options.seed}-{number}")
        self.connection = Connection(run.port)
        self.sequences = {f"urn:ngsi-ld:Mixed:{number}-{i}": 0 for i in range(OWNED)}
        self.alive = set()
        self.operations = [(12, self.write_own), (3, self.recreate_own), (6, self.read_own), (6, self.write_shared), (3, self.batch_shared),
                           (6, self.query), (4, self.past), (2, self.discover), (2, self.subscribe), (5, self.invalid), (1, self.raw)]

    def shared(self):
        return f"urn:ngsi-ld:Shared:{self.random.randrange(SHARED)}"

    async def ask(self, allowed, method, path, body=None, content_type="application/json"):
        status, answer = await self.connection.ask(method, NGSI + path, body, content_type)
        self.run.statuses[status] += 1
        if status not in allowed:
            raise Wrong(f"{method} {path} {str(body)[:300]} was answered {status} {answer[:400]!r}, expected {sorted(allowed)}")
        if answer and status != 204:
            try:
                return status, json.loads(answer)
            except ValueError:
                raise Wrong(f"{method} {path}: the answer is no JSON: {answer[:300]!r}") from None
        return status, None

    async def make_own(self, name):
        self.sequences[name] += 1
        await self.ask({201}, "POST", "/entities", {"id": name, "type": "Mixed", "seq": prop(self.sequences[name]), "location": place(self.random),
                                                    "text": prop("x" * self.random.randrange(200))})
        self.alive.add(name)

    async def write_own(self):
        name = self.random.choice(list(self.sequences))
        if name not in self.alive:
            return await self.make_own(name)
        self.sequences[name] += 1
        sequence, choice = self.sequences[name], self.random.randrange(6)
        if choice == 0:
            await self.ask({204}, "PATCH", f"/entities/{name}/attrs", {"seq": prop(sequence)})
        elif choice == 1:
            await self.ask({204}, "PATCH", f"/entities/{name}/attrs/seq", prop(sequence, observedAt=time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())))
        elif choice == 2:
            await self.ask({204}, "POST", f"/entities/{name}/attrs", {"seq": prop(sequence), f"a{self.random.randrange(5)}": prop(self.random.random())})
        elif choice == 3:
            await self.ask({204}, "PATCH", f"/entities/{name}", {"seq": prop(sequence), "location": place(self.random)})
        elif choice == 4:
            await self.ask({204}, "PUT", f"/entities/{name}", {"id": name, "type": "Mixed", "seq": prop(sequence), "location": place(self.random)})
        else:
            await self.ask({204}, "POST", "/entityOperations/upsert?options=update", [{"id": name, "type": "Mixed", "seq": prop(sequence)}])

    async def recreate_own(self):
        name = self.random.choice(list(self.sequences))
        if name in self.alive:
            await self.ask({204}, "DELETE", f"/entities/{name}")
            self.alive.discard(name)
        await self.make_own(name)

    async def read_own(self):
        name = self.random.choice(list(self.sequences))
        if name not in self.alive:
            await self.ask({404}, "GET", f"/entities/{name}")
            return
        _, entity = await self.ask({200}, "GET", f"/entities/{name}?options=keyValues")
        if entity["seq"] != self.sequences[name]:
            raise Wrong(f"{name} has sequence {entity['seq']}, acknowledged was {self.sequences[name]}")

    async def write_shared(self):
        name, choice = self.shared(), self.random.randrange(7)
        attribute = f"a{self.random.randrange(8)}"
        if choice == 0:
            await self.ask({201, 409}, "POST", "/entities", {"id": name, "type": "Shared", attribute: prop(1), "location": place(self.random)})
        elif choice == 1:
            await self.ask({204, 404}, "DELETE", f"/entities/{name}")
        elif choice == 2:
            await self.ask({204, 404}, "DELETE", f"/entities/{name}/attrs/{attribute}")
        elif choice == 3:
            await self.ask({204, 207, 404}, "PATCH", f"/entities/{name}/attrs", {attribute: prop(self.random.random(), unitCode="CEL")})
        elif choice == 4:
            await self.ask({204, 404}, "POST", f"/entities/{name}/attrs", {attribute: [prop(1), prop(2, datasetId="urn:d:1")]})
        elif choice == 5:
            await self.ask({204, 207, 404}, "PATCH", f"/entities/{name}", {attribute: "urn:ngsi-ld:null", "b": prop({"deep": [1, {"x": self.random.random()}]})})
        else:
            await self.ask({204, 404}, "PUT", f"/entities/{name}/attrs/{attribute}", prop("put"))

    async def batch_shared(self):
        names = [self.shared() for _ in range(self.random.randrange(1, 30))]
        body = [{"id": name, "type": "Shared", f"a{self.random.randrange(8)}": prop(self.random.randrange(100)), "location": place(self.random)} for name in names]
        kind = self.random.choice(("create", "upsert", "upsert?options=update", "update", "delete"))
        allowed = {201, 204, 207} if kind != "delete" else {204, 207}
        await self.ask(allowed | {400, 404}, "POST", f"/entityOperations/{kind}", names if kind == "delete" else body)

    async def query(self):
        path = self.random.choice((
            "type=Mixed&limit=20", "type=Mixed&q=seq%3E3&limit=5&count=true", "type=Shared&q=a1%3E50%7Ca2%3C5", "type=Mixed,Shared&options=keyValues&offset=10",
            "type=Mixed&georel=near;maxDistance==2000&geometry=Point&coordinates=%5B25.8,53.6%5D", "idPattern=.*7$&type=Mixed", "attrs=a1,a2&limit=50",
            "type=Shared&options=sysAttrs&pick=id,a1", "type=Mixed&georel=within&geometry=Polygon&coordinates=%5B%5B%5B25.7,53.5%5D,%5B25.9,53.5%5D,%5B25.9,53.7%5D,%5B25.7,53.5%5D%5D%5D"))
        _, page = await self.ask({200}, "GET", "/entities?" + path)
        if not isinstance(page, list):
            raise Wrong(f"a query answered no list: {str(page)[:200]}")

    async def past(self):
        name = self.random.choice(list(self.sequences))
        path = self.random.choice((
            f"/temporal/entities/{name}?timeproperty=modifiedAt&lastN=5", f"/temporal/entities/{name}?timeproperty=modifiedAt&options=temporalValues&lastN=10",
            f"/temporal/entities/{name}?timeproperty=modifiedAt&options=aggregatedValues&aggrMethods=avg,max,totalCount&aggrPeriodDuration=PT1M",
            "/temporal/entities?type=Shared&timeproperty=modifiedAt&timerel=after&timeAt=2020-01-01T00:00:00Z&lastN=2&limit=5"))
        await self.ask({200, 206, 404}, "GET", path)

    async def discover(self):
        await self.ask({200}, "GET", self.random.choice(("/types", "/types?details=true", "/attributes", "/attributes?details=true", "/subscriptions?limit=5")))

    async def subscribe(self):
        name = f"urn:ngsi-ld:Subscription:short-{self.number}"
        body = {"id": name, "type": "Subscription", "entities": [{"type": "Shared"}], "q": "a1>50",
                "notification": {"endpoint": {"uri": f"http://127.0.0.1:{self.run.receiver.port}/any"}}}
        await self.ask({201, 409}, "POST", "/subscriptions", body)
        await self.ask({204}, "PATCH", f"/subscriptions/{name}", {"q": "a2>10", "throttling": 1})
        await self.ask({204}, "DELETE", f"/subscriptions/{name}")

    async def invalid(self):
        method, path, body, content_type = self.random.choice(INVALID)
        status, answer = await self.connection.ask(method, NGSI + path, body, content_type)
        self.run.statuses[status] += 1
        if not (400 <= status < 500 or status == 504):
            raise Wrong(f"the invalid {method} {path} {str(body)[:100]} was answered {status} {answer[:300]!r}")

    async def raw(self):
        data = self.random.choice(RAW)
        if self.random.random() < 0.5:
            data = bytes(self.random.randrange(256) if self.random.random() < 0.02 else byte for byte in data)
        throwaway = Connection(self.run.port)
        try:
            status, answer = await asyncio.wait_for(throwaway.raw(data), 40)
            if status >= 500 and status != 501 and status != 505:
                raise Wrong(f"{data[:100]!r} was answered {status} {answer[:200]!r}")
        except (asyncio.TimeoutError, asyncio.LimitOverrunError):
            pass
        finally:
            throwaway.close()

    async def work(self, until):
        chances, operations = zip(*self.operations)
        while time.monotonic() < until and not self.run.failed:
            await self.random.choices(operations, chances)[0]()
            self.run.requests += 1

    async def finish(self):
        """Makes sure that each own entity is there, in a last state that its subscriber is owed."""
        for name in self.sequences:
            if name in self.alive:
                self.sequences[name] += 1
                await self.ask({204}, "PATCH", f"/entities/{name}/attrs", {"seq": prop(self.sequences[name])})
            else:
                await self.make_own(name)


class Run:
    def __init__(self, options):
        self.options, self.receiver = options, Receiver()
        self.requests, self.failed, self.statuses, self.memory = 0, False, collections.Counter(), []
        self.root = tempfile.mkdtemp(prefix="horad-mixed-")

    async def start(self):
        port_file, self.log = self.root + "/port", self.root + "/server.log"
        environment = {**os.environ, "HORAD_CHECKPOINT_BYTES": str(16 << 20), "HORAD_SEGMENT_BYTES": str(4 << 20)}
        self.process = await asyncio.create_subprocess_exec(
            self.options.horad, "serve", "--data", self.root + "/store", "--listen", "127.0.0.1:0", "--access", "open", "--port-file", port_file,
            stdout=open(self.log, "wb"), stderr=asyncio.subprocess.STDOUT, env=environment)
        for _ in range(600):
            if os.path.exists(port_file) and (text := open(port_file).read().strip()):
                self.port = int(text)
                return
            if self.process.returncode is not None:
                break
            await asyncio.sleep(0.1)
        raise Wrong("the server did not start: " + open(self.log).read()[-500:])

    async def subscribe_all(self, workers):
        """Most subscriptions watch one owned entity each; --dead of them go to endpoints that are closed, silent or failing."""
        names = [name for worker in workers for name in worker.sequences]
        connection, good = Connection(self.port), self.options.subscriptions - self.options.dead
        self.watched = set()
        for i in range(self.options.subscriptions):
            name = names[i % len(names)]
            if i < good:
                uri = f"http://127.0.0.1:{self.receiver.port}/good/{i}"
                self.watched.add(name)
            else:
                uri = ("http://127.0.0.1:1/closed", f"http://127.0.0.1:{self.receiver.port}/slow", f"http://127.0.0.1:{self.receiver.port}/fail")[i % 3]
            body = {"id": f"urn:ngsi-ld:Subscription:{i}", "type": "Subscription", "entities": [{"id": name, "type": "Mixed"}], "watchedAttributes": ["seq"],
                    "notification": {"endpoint": {"uri": uri}}}
            status, answer = await connection.ask("POST", NGSI + "/subscriptions", body)
            if status != 201:
                raise Wrong(f"subscription {i} was answered {status} {answer[:300]!r}")
        connection.close()

    def resident(self):
        line = next(line for line in open(f"/proc/{self.process.pid}/status") if line.startswith("VmRSS"))
        return int(line.split()[1]) / 1024

    async def watch(self, until):
        began, told = time.monotonic(), 0
        while time.monotonic() < until and not self.failed:
            await asyncio.sleep(min(5, max(0.1, until - time.monotonic())))
            if self.process.returncode is not None:
                raise Wrong(f"the server ended with {self.process.returncode}: " + open(self.log, errors="replace").read()[-3000:])
            self.memory.append(self.resident())
            if (minute := int((time.monotonic() - began) / 60)) > told:
                told = minute
                print(f"{minute} min: {self.requests} requests, {self.receiver.notifications} notifications, {self.memory[-1]:.0f} MiB", flush=True)

    async def settle(self, workers):
        wanted = {name: sequence for worker in workers for name, sequence in worker.sequences.items() if name in self.watched}
        for _ in range(self.options.settle * 10):
            missing = [name for name, sequence in wanted.items() if self.receiver.told[name] < sequence]
            if not missing:
                return
            await asyncio.sleep(0.1)
        name = missing[0]
        raise Wrong(f"{len(missing)} of {len(wanted)} subscribers were not told the last state within {self.options.settle} s; {name}: told "
                    f"{self.receiver.told[name]}, acknowledged {wanted[name]}")

    async def end(self):
        self.process.send_signal(signal.SIGTERM)
        code = await asyncio.wait_for(self.process.wait(), 180)
        said = open(self.log, errors="replace").read()
        if code != 0 or "Sanitizer" in said or "runtime error" in said:
            raise Wrong(f"the server ended with {code}: {said[-3000:]}")

    def check_memory(self):
        third = len(self.memory) // 3
        if third < 6:
            return
        early, late = max(self.memory[third:2 * third]), max(self.memory[2 * third:])
        print(f"memory: most in the middle third {early:.0f} MiB, in the last {late:.0f} MiB")
        if late > early * 1.15 + 32:
            raise Wrong(f"memory grew from {early:.0f} to {late:.0f} MiB")

    async def whole(self):
        await self.receiver.open()
        await self.start()
        workers = [Worker(i, self) for i in range(self.options.connections)]
        await self.subscribe_all(workers)
        until = time.monotonic() + self.options.minutes * 60
        try:
            await asyncio.gather(self.watch(until), *(worker.work(until) for worker in workers))
        except BaseException:
            self.failed = True
            raise
        await asyncio.gather(*(worker.finish() for worker in workers))
        await self.settle(workers)
        for worker in workers:
            worker.connection.close()
        await self.end()
        self.check_memory()


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--horad", required=True, help="the program")
    parser.add_argument("--minutes", type=float, default=30)
    parser.add_argument("--connections", type=int, default=64)
    parser.add_argument("--subscriptions", type=int, default=1000)
    parser.add_argument("--dead", type=int, default=50, help="of them go to endpoints that are closed, silent or failing")
    parser.add_argument("--settle", type=int, default=120, help="seconds for the last notifications")
    parser.add_argument("--seed", type=int, default=int(time.time()))
    run = Run(parser.parse_args())
    print(f"seed {run.options.seed}, {run.options.connections} connections, {run.options.minutes} min, {run.root}", flush=True)
    try:
        asyncio.run(run.whole())
    except Wrong as wrong:
        if run.process.returncode is None:
            run.process.kill()
        print(f"FAILED (seed {run.options.seed}, data kept in {run.root}): {wrong}")
        return 1
    shutil.rmtree(run.root)
    statuses = ", ".join(f"{status}: {count}" for status, count in sorted(run.statuses.items()))
    print(f"{run.requests} operations, {run.receiver.notifications} notifications, none lost; statuses {statuses}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
