"""TLS 1.2 resumption with real peers, by session ID and by ticket, in both roles, and False Start on the wire."""
import json
import os
import socket
import tempfile
import threading

import peers
from table import expect, run_matrix

WAYS = {"session-id": ["--tickets", "off"], "ticket": ["--session-cache", "0"]}
GNUTLS12 = "NORMAL:-VERS-ALL:+VERS-TLS1.2"


def reconnect(tool, pki, port, options=()):
    """Three connections of our client, which keeps its sessions in memory: the facts of each."""
    return peers.our_client(tool, pki, port, ["--max-version", "1.2", "--reconnect", "2", *options])


def our_client_with_servers(tool, pki, table):
    # OpenSSL's server keeps sessions by ID where it gives no tickets; GnuTLS's likewise.
    servers = {
        ("openssl", "session-id"): lambda: peers.openssl_server(pki, "ecdsa-p256", ["-tls1_2", "-no_ticket"]),
        ("openssl", "ticket"): lambda: peers.openssl_server(pki, "ecdsa-p256", ["-tls1_2"]),
        ("gnutls", "session-id"): lambda: peers.gnutls_server(pki, "ecdsa-p256", ["--disable-client-cert", "--noticket"], GNUTLS12),
        ("gnutls", "ticket"): lambda: peers.gnutls_server(pki, "ecdsa-p256", ["--disable-client-cert"], GNUTLS12),
        ("sallyport", "session-id"): lambda: peers.our_server(tool, pki, options=WAYS["session-id"]),
        ("sallyport", "ticket"): lambda: peers.our_server(tool, pki, options=WAYS["ticket"]),
    }
    for (peer, way), make in servers.items():
        with table.row(f"our client, {peer} server: {way}"):
            with make() as server:
                first, *others = reconnect(tool, pki, server.port)
                expect(first, version="TLS 1.2", resumed="no")
                for facts in others:
                    expect(facts, version="TLS 1.2", resumed=way, group=None)
        with table.row(f"our client, {peer} server: {way}, from a file, in another process"):
            with make() as server, tempfile.TemporaryDirectory() as folder:
                file = os.path.join(folder, "sessions")
                options = ["--max-version", "1.2", "--session", file]
                expect(peers.our_client(tool, pki, server.port, options), resumed="no")
                if os.stat(file).st_mode & 0o777 != 0o600:
                    raise peers.PeerError("the file of sessions is open to others")
                expect(peers.our_client(tool, pki, server.port, options), resumed=way)
                with open(file, "w") as damaged:
                    damaged.write("not sessions\n")
                expect(peers.our_client(tool, pki, server.port, options), resumed="no")


def our_server_with_clients(tool, pki, table):
    for way, options in WAYS.items():
        no_ticket = ["-no_ticket"] if way == "session-id" else []
        with peers.our_server(tool, pki, options=options) as server:
            with table.row(f"openssl -reconnect, our server: {way}"):
                # Its reconnects close without a request: our server reports six connections.
                done = peers.run(["openssl", "s_client", "-connect", f"127.0.0.1:{server.port}", "-servername", "localhost", "-CAfile",
                                  pki.root, "-tls1_2", "-reconnect", *no_ticket], peers.REQUEST)
                if done.stdout.count(b"Reused, TLSv1.2") < 5:
                    raise peers.PeerError(f"openssl reused {done.stdout.count(b'Reused, TLSv1.2')} of 5: {done.stdout[-400:]!r}")
                first, *others = server.facts(6)
                expect(first, resumed="no")
                for facts in others:
                    expect(facts, version="TLS 1.2", resumed=way)
        with peers.our_server(tool, pki, options=options) as server, tempfile.TemporaryDirectory() as folder:
            with table.row(f"openssl -sess_out, -sess_in, our server: {way}"):
                file = os.path.join(folder, "session.pem")
                peers.openssl_client(pki, server.port, ["-tls1_2", "-sess_out", file, *no_ticket])
                peers.openssl_client(pki, server.port, ["-tls1_2", "-sess_in", file, *no_ticket])
                first, second = server.facts(2)
                expect(first, resumed="no")
                expect(second, resumed=way)
            with table.row(f"a session under another name is not resumed: openssl, our server: {way}"):
                done = peers.run(["openssl", "s_client", "-connect", f"127.0.0.1:{server.port}", "-servername", "other.example", "-CAfile",
                                  pki.root, "-tls1_2", "-ign_eof", "-sess_in", file, *no_ticket], peers.REQUEST)
                if b"HTTP/1.1 200" not in done.stdout:
                    raise peers.PeerError(f"openssl failed: {done.stdout[-400:]!r} {done.stderr[-400:]!r}")
                expect(server.facts()[0], resumed="no")
        with peers.our_server(tool, pki, options=options) as server:
            with table.row(f"gnutls-cli -r, our server: {way}"):
                gnutls_options = ["-r"] + (["--noticket"] if way == "session-id" else [])
                peers.gnutls_client(pki, server.port, gnutls_options, GNUTLS12)
                first, second = server.facts(2)
                expect(first, resumed="no")
                expect(second, version="TLS 1.2", resumed=way)
    with peers.our_server(tool, pki) as server:
        with table.row("curl, two connections of one process, our server"):
            # By ID, though our server gives tickets: curl turns tickets off (SSL_OP_NO_TICKET).
            peers.curl(pki, server.port, ["--tls-max", "1.2", "--header", "Connection: close", f"https://localhost:{server.port}/json"])
            first, second = server.facts(2)
            expect(first, resumed="no")
            expect(second, version="TLS 1.2", resumed="session-id")


def changed_policies(tool, pki, table):
    """What a session is bound to has changed since: a full handshake then, and never a failure."""
    aes128, aes256 = "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256", "TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384"
    openssl_name = {suite: peers.SUITES12[suite][0] for suite in (aes128, aes256)}
    master = pki.path("ticket-master")
    with open(master, "wb") as file:
        file.write(os.urandom(32))
    certificate = ["-cert", pki.path("client-chain.pem"), "-cert_chain", pki.path("client-chain.pem"), "-key", pki.path("client-key.pem")]
    asks = ["--verify-client", "require", "--client-ca", pki.root]

    def connect(server, flag, file, options=()):
        """One connection of OpenSSL's client, which answers a CertificateRequest if there is one: what our server says of it."""
        peers.openssl_client(pki, server.port, ["-tls1_2", flag, file, *certificate, *options])
        return server.facts()[0]

    for way, options in WAYS.items():
        no_ticket = ["-no_ticket"] if way == "session-id" else []
        with table.row(f"openssl offers another suite than its session's, our server: {way}"):
            with peers.our_server(tool, pki, options=options) as server, tempfile.TemporaryDirectory() as folder:
                file = os.path.join(folder, "session.pem")
                expect(connect(server, "-sess_out", file, ["-cipher", openssl_name[aes128], *no_ticket]), resumed="no", suite=aes128)
                expect(connect(server, "-sess_in", file, ["-cipher", openssl_name[aes128], *no_ticket]), resumed=way, suite=aes128)
                expect(connect(server, "-sess_in", file, ["-cipher", openssl_name[aes256], *no_ticket]), resumed="no", suite=aes256)
    shared = ["--ticket-master", master]
    with tempfile.TemporaryDirectory() as folder, peers.our_server(tool, pki, options=shared) as first:
        file = os.path.join(folder, "session.pem")
        with table.row("a ticket at another of our servers that shares its keys: openssl"):
            expect(connect(first, "-sess_out", file), resumed="no")
            with peers.our_server(tool, pki, options=shared) as server:
                expect(connect(server, "-sess_in", file), resumed="ticket")
        with table.row("a ticket at a server that asks for certificates, from one that did not: openssl"):
            with peers.our_server(tool, pki, options=[*shared, *asks]) as server:
                expect(connect(server, "-sess_in", file), resumed="no")
                asked = os.path.join(folder, "asked.pem")
                connect(server, "-sess_out", asked)
                expect(connect(server, "-sess_in", asked), resumed="ticket")
        with table.row("and the other way round: openssl"):
            expect(connect(first, "-sess_in", asked), resumed="no")
        with table.row("a ticket at a server that no longer has its suite: openssl"):
            expect(connect(first, "-sess_out", file, ["-cipher", ":".join(openssl_name.values())]), resumed="no")
            used = connect(first, "-sess_in", file)["suite"]
            other = aes128 if used == aes256 else aes256
            with peers.our_server(tool, pki, options=[*shared, "--ciphers", other]) as server:
                expect(connect(server, "-sess_in", file), resumed="no", suite=other)
    for peer, make in {"openssl": lambda: peers.openssl_server(pki, "ecdsa-p256", ["-tls1_2"]),
                       "gnutls": lambda: peers.gnutls_server(pki, "ecdsa-p256", ["--disable-client-cert"], GNUTLS12)}.items():
        with table.row(f"our client wants another suite than its session's, {peer} server"):
            with make() as server, tempfile.TemporaryDirectory() as folder:
                options = ["--max-version", "1.2", "--session", os.path.join(folder, "sessions"), "--ciphers"]
                expect(peers.our_client(tool, pki, server.port, [*options, aes128]), resumed="no", suite=aes128)
                expect(peers.our_client(tool, pki, server.port, [*options, aes128]), resumed="ticket", suite=aes128)
                expect(peers.our_client(tool, pki, server.port, [*options, aes256]), resumed="no", suite=aes256)


class HoldingProxy:
    """Between a client and a server: passes all on, but holds the server's ChangeCipherSpec and Finished back until the client has sent
    data, or for a second. `early` has an entry for each connection: whether data came meanwhile."""

    HELD = peers.scaled(1)  # seconds

    def __init__(self, port):
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        self.to, self.early = port, []
        threading.Thread(target=self._run, daemon=True).start()

    @staticmethod
    def _records(pipe):
        """Whole records of one direction."""
        buffer = b""
        while True:
            while len(buffer) >= 5 and len(buffer) >= 5 + int.from_bytes(buffer[3:5], "big"):
                size = 5 + int.from_bytes(buffer[3:5], "big")
                yield buffer[:size]
                buffer = buffer[size:]
            piece = pipe.recv(65536)
            if not piece:
                return
            buffer += piece

    def _run(self):
        while True:
            client, _ = self.listener.accept()
            server = socket.create_connection(("127.0.0.1", self.to))
            data = threading.Event()
            threading.Thread(target=self._up, args=(client, server, data), daemon=True).start()
            self._down(server, client, data)

    @staticmethod
    def _up(client, server, data):
        try:
            for record in HoldingProxy._records(client):
                if record[0] == 23:
                    data.set()
                server.sendall(record)
            server.shutdown(socket.SHUT_WR)
        except OSError:
            pass

    def _down(self, server, client, data):
        try:
            for record in self._records(server):
                if record[0] == 20:
                    self.early.append(data.wait(self.HELD))
                client.sendall(record)
            client.shutdown(socket.SHUT_WR)
        except OSError:
            pass


def false_start(tool, pki, table):
    """Whether the client's request reaches the server before the server's Finished reaches the client."""
    def connect(server, options, connections=1):
        proxy = HoldingProxy(server.port)
        done = peers.run([tool, "client", "localhost", "--connect", f"127.0.0.1:{proxy.port}", "--ca", pki.root, "--get", "/json", "--json",
                          "--max-version", "1.2", "--reconnect", str(connections - 1), *options])
        if done.returncode != 0:
            raise peers.PeerError(f"sallyport client ended with {done.returncode}: {done.stderr!r}")
        facts = json.loads(done.stdout)
        return (facts if isinstance(facts, list) else [facts]), proxy.early

    servers = {"our": lambda: peers.our_server(tool, pki, ["ecdsa-p256"]), "openssl's": lambda: peers.openssl_server(pki, "ecdsa-p256", ["-tls1_2"])}
    for whose, make in servers.items():
        with make() as server:
            with table.row(f"False Start, {whose} server: data goes out while the server's Finished is held back; never on resumption"):
                facts, early = connect(server, ["--false-start", "on"], connections=3)
                if [f["resumed"] for f in facts] != ["no", "ticket", "ticket"] or early != [True, False, False]:
                    raise peers.PeerError(f"early data was sent: {early}, resumed: {[f['resumed'] for f in facts]}")
            with table.row(f"without False Start, {whose} server: data waits for the server's Finished"):
                _, early = connect(server, ["--false-start", "off"])
                if early != [False]:
                    raise peers.PeerError(f"early data was sent: {early}")


if __name__ == "__main__":
    run_matrix(__doc__, our_client_with_servers, our_server_with_clients, changed_policies, false_start)
