"""Two servers behind one address: ticket keys from one master, in a file or in Redis, sessions over a real redis-server."""
import os
import shutil
import socket
import subprocess
import threading
import time

import peers
from resume13 import talk, written
from table import expect, run_matrix
from time_scale import scaled, within  # found by peers


def redis_program():
    """redis-server, or what Debian's redis-tools has under the name of redis-check-rdb: the same program, which is what it is called. None: neither."""
    return shutil.which("redis-server") or shutil.which("redis-check-rdb")


class Redis:
    """A Redis server on a free port, without a memory on disk."""

    def __init__(self, folder):
        self.folder, self.port, self.process = folder, peers.free_port(), None

    def __enter__(self):
        self.start()
        return self

    def start(self):
        self.process = subprocess.Popen(["redis-server", "--port", str(self.port), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no",
                                         "--dir", self.folder], executable=redis_program(), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        end = time.monotonic() + peers.TIMEOUT
        while time.monotonic() < end:
            try:
                with socket.create_connection(("127.0.0.1", self.port), 1):
                    return
            except OSError:
                time.sleep(0.05)
        raise peers.PeerError("redis-server did not start")

    def keys(self, kind):
        with socket.create_connection(("127.0.0.1", self.port), scaled(5)) as s:
            s.sendall(b"KEYS sallyport:%s:*\r\n" % kind.encode())
            return s.recv(65536).count(b"sallyport:")

    def set(self, key, value):
        with socket.create_connection(("127.0.0.1", self.port), scaled(5)) as s:
            s.sendall(f"SET {key} {value}\r\n".encode())
            if s.recv(64) != b"+OK\r\n":
                raise peers.PeerError("redis-server does not keep a value")

    def stop(self):
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()

    def __exit__(self, *_):
        self.stop()


class Relay:
    """One address; connections go to its servers in turn."""

    def __init__(self, ports):
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port, self.ports = self.listener.getsockname()[1], ports
        threading.Thread(target=self._run, daemon=True).start()

    def _run(self):
        turn = 0
        while True:
            client, _ = self.listener.accept()
            server = socket.create_connection(("127.0.0.1", self.ports[turn % len(self.ports)]))
            turn += 1
            for a, b in ((client, server), (server, client)):
                threading.Thread(target=self._pump, args=(a, b), daemon=True).start()

    @staticmethod
    def _pump(a, b):
        try:
            while piece := a.recv(65536):
                b.sendall(piece)
            b.shutdown(socket.SHUT_WR)
        except OSError:
            pass


class Fleet:
    """Two of our servers with the same options, behind a relay."""

    def __init__(self, tool, pki, options):
        self.servers = [peers.our_server(tool, pki, ["ecdsa-p256"], options) for _ in range(2)]

    def __enter__(self):
        for server in self.servers:
            server.__enter__()
        self.relay = Relay([s.port for s in self.servers])
        self.port = self.relay.port
        return self

    def __exit__(self, *_):
        for server in self.servers:
            server.__exit__()

    def facts(self, each):
        """How the connections of both servers were resumed. A server tells when a connection ends: in no fixed order."""
        return sorted(f["resumed"] for server in self.servers for f in server.facts(each))


def agree(fleet, expected):
    how = fleet.facts(len(expected) // 2)
    if how != sorted(expected):
        raise peers.PeerError(f"resumed: {how}, expected: {expected}")


def tickets(tool, pki, folder, table):
    master = os.path.join(folder, "master")
    with open(master, "wb") as f:
        f.write(os.urandom(32))
    with table.row("two servers, one master file, nothing else: each opens the other's tickets"):
        with Fleet(tool, pki, ["--ticket-master", master, "--session-cache", "0"]) as fleet:
            for facts in peers.our_client(tool, pki, fleet.port, ["--max-version", "1.2", "--reconnect", "3"])[1:]:
                expect(facts, resumed="ticket")
            agree(fleet, ["no", "ticket", "ticket", "ticket"])
    with table.row("openssl -reconnect: the same"):
        with Fleet(tool, pki, ["--ticket-master", master, "--session-cache", "0"]) as fleet:
            done = peers.run(["openssl", "s_client", "-connect", f"127.0.0.1:{fleet.port}", "-servername", "localhost", "-CAfile", pki.root,
                              "-tls1_2", "-reconnect"], peers.REQUEST)
            if done.stdout.count(b"Reused, TLSv1.2") < 5:
                raise peers.PeerError(f"openssl reused {done.stdout.count(b'Reused, TLSv1.2')} of 5")
            agree(fleet, ["no"] + ["ticket"] * 5)
    with table.row("two servers, no master: each opens its own tickets alone"):
        with Fleet(tool, pki, ["--session-cache", "0"]) as fleet:
            first, second = peers.our_client(tool, pki, fleet.port, ["--max-version", "1.2", "--reconnect", "1"])
            expect(first, resumed="no")
            expect(second, resumed="no")
    for what, size in (("short", 31), ("missing", None)):
        with table.row(f"a master that is {what} is refused in words"):
            bad = os.path.join(folder, what)
            if size:
                with open(bad, "wb") as f:
                    f.write(os.urandom(size))
            done = peers.run([tool, "server", "--listen", "127.0.0.1:0", "--cert", pki.chain("ecdsa-p256"), "--key", pki.key("ecdsa-p256"),
                              "--ticket-master", bad])
            if done.returncode not in (1, 2) or bad.encode() not in done.stderr:
                raise peers.PeerError(f"status {done.returncode}: {done.stderr!r}")
    return master


def master_from_redis(tool, pki, folder, table):
    with Redis(folder) as redis:
        options = ["--ticket-master", f"redis://127.0.0.1:{redis.port}/0", "--session-cache", "0"]
        redis.set("sallyport:ticket-master", os.urandom(20).hex())
        with Fleet(tool, pki, options) as fleet:
            for version, how in (("1.2", "ticket"), ("1.3", "psk")):
                with table.row(f"two servers, the master fetched from redis-server: each opens the other's tickets, TLS {version}"):
                    for facts in peers.our_client(tool, pki, fleet.port, ["--max-version", version, "--reconnect", "3"])[1:]:
                        expect(facts, resumed=how)
                    agree(fleet, ["no", how, how, how])
            with table.row("redis-server goes: the servers keep the master that they have"):
                redis.stop()
                for facts in peers.our_client(tool, pki, fleet.port, ["--reconnect", "3"])[1:]:
                    expect(facts, resumed="psk")
                fleet.facts(2)
            with table.row("it comes back with another master: both servers follow within ten seconds"):
                redis.start()
                redis.set("sallyport:ticket-master", os.urandom(20).hex())
                with Fleet(tool, pki, options) as others:  # these have no other
                    for server in fleet.servers:
                        fleet.relay.ports[:] = [server.port, others.servers[0].port]
                        if not within(10, lambda: all(f["resumed"] == "psk" for f in peers.our_client(tool, pki, fleet.port, ["--reconnect", "3"])[1:])):
                            raise peers.PeerError("a server does not open the tickets of one that began with the new master")


def sessions(tool, pki, folder, master, table):
    with Redis(folder) as redis:
        options = ["--ticket-master", master, "--shared-store", f"redis://127.0.0.1:{redis.port}/0", "--tickets", "off"]
        with Fleet(tool, pki, options) as fleet:
            client = lambda more: peers.our_client(tool, pki, fleet.port, ["--max-version", "1.2", "--reconnect", str(more)])

            def shared():
                """Whether a session of one server is resumed by the other. They connect to the store by themselves, and serve meanwhile."""
                second = client(1)[1]
                fleet.facts(1)
                return second["resumed"] == "session-id"

            within(10, shared)
            with table.row("two servers, sessions by ID over redis-server: each resumes the other's"):
                for facts in client(5)[1:]:
                    expect(facts, resumed="session-id")
                agree(fleet, ["no"] + ["session-id"] * 5)
                if redis.keys("session") < 1:
                    raise peers.PeerError("nothing is kept in redis-server")
            with table.row("redis-server goes: connections go on, with full handshakes at the other server"):
                redis.stop()
                first, second = client(1)
                expect(first, resumed="no")
                expect(second, resumed="no")
                fleet.facts(1)
            with table.row("redis-server is back: sessions are shared again"):
                redis.start()
                if not within(10, shared):
                    raise peers.PeerError("ten seconds later they are not")


def early_data(tool, pki, folder, master, table):
    """A new store cannot be told from one that has forgotten: for two windows and two seconds nothing is accepted."""
    request = written(folder, "request", b"GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
    window = 2
    begin = time.monotonic()
    with Redis(folder) as redis:
        options = ["--ticket-master", master, "--shared-store", f"redis://127.0.0.1:{redis.port}/0", "--early-data", "4096",
                   "--replay-window", str(window), "--min-version", "1.3"]
        with Fleet(tool, pki, options) as fleet:
            kept = os.path.join(folder, "fleet.kept")
            with table.row("two servers, one replay guard: early data of a new store is refused, the PSK taken"):
                talk(tool, pki, fleet.port, ["--session", kept])
                done = talk(tool, pki, fleet.port, ["--session", kept, "--early-data", request])
                if b"early data accepted" in done.stderr:
                    raise peers.PeerError(f"accepted: {done.stderr!r}")
            with table.row("two servers, one replay guard: each accepts early data with the other's tickets"):
                def accepted():
                    return b"early data accepted" in talk(tool, pki, fleet.port, ["--session", kept, "--early-data", request]).stderr

                talk(tool, pki, fleet.port, ["--session", kept])
                if not within(2 * window + 10, accepted):
                    raise peers.PeerError("early data is not accepted")
                if time.monotonic() - begin < 2 * window + 2:
                    raise peers.PeerError("early data was accepted within two windows and two seconds")
                for _ in range(4):
                    if not within(5, accepted):  # a busy machine may miss the store's deadline of 50 ms, and then it is refused
                        raise peers.PeerError("early data is not accepted any more")
                if redis.keys("0rtt") < 4:
                    raise peers.PeerError("the claims are not kept in redis-server")


def fleet(tool, pki, table):
    folder = pki.folder
    master = tickets(tool, pki, folder, table)
    if redis_program():
        master_from_redis(tool, pki, folder, table)
        sessions(tool, pki, folder, master, table)
        early_data(tool, pki, folder, master, table)
    else:
        print("no Redis server is here: script/bootstrap installs redis-tools, which has one")


if __name__ == "__main__":
    run_matrix(__doc__, fleet)
