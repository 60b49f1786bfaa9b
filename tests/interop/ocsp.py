"""Staples with real peers: OpenSSL, GnuTLS and curl in both roles and versions, and a real responder (`openssl ocsp`) through renewal,
outage, restart from disk, wrong answers and a revocation, while the clock of all of them is stepped.

Usage: ocsp.py SALLYPORT CLOCK     CLOCK: the library made of stepped_clock.cpp
"""
import argparse
import contextlib
import http.server
import os
import struct
import subprocess
import sys
import tempfile
import threading

import peers
from table import Table, expect
from time_scale import scaled, within

HOUR = 3600
VERSIONS = {"1.2": ("-tls1_2", "NORMAL:-VERS-ALL:+VERS-TLS1.2", ["--tls-max", "1.2"]),
            "1.3": ("-tls1_3", "NORMAL:-VERS-ALL:+VERS-TLS1.3", ["--tlsv1.3"])}


class SteppedClock:
    """The wall clock of every program that is started from now on."""

    def __init__(self, library, folder):
        self.path, self.seconds = os.path.join(folder, "clock"), 0
        with open(self.path, "wb") as file:
            file.write(struct.pack("=q", 0))
        os.environ.update(LD_PRELOAD=library, SALLYPORT_STEPPED_CLOCK=self.path)
        os.environ["ASAN_OPTIONS"] = os.environ.get("ASAN_OPTIONS", "") + ":verify_asan_link_order=0"

    def step(self, hours):
        self.seconds += int(hours * HOUR)
        with open(self.path, "r+b") as file:
            file.write(struct.pack("=q", self.seconds))


def sh(*command, **options):
    done = subprocess.run(command, capture_output=True, text=True, timeout=scaled(60), **options)
    if done.returncode != 0:
        raise peers.PeerError(f"{' '.join(command)} ended with {done.returncode}: {done.stderr}")
    return done.stdout


def write(path, text):
    with open(path, "w", encoding="ascii") as file:
        file.write(text)
    return path


class Leaf:
    """A certificate of the throw-away authority that names a responder, and that authority's index of what it has issued."""

    def __init__(self, pki, name, serial, must_staple=False):
        self.pki, self.name, self.serial, self.port = pki, name, serial, peers.free_port()
        extensions = ("subjectAltName=DNS:localhost,IP:127.0.0.1\nbasicConstraints=CA:FALSE\nkeyUsage=digitalSignature\n"
                      f"extendedKeyUsage=serverAuth\nauthorityInfoAccess=OCSP;URI:http://127.0.0.1:{self.port}/\n")
        extensions += "tlsfeature=status_request\n" if must_staple else ""
        request, alone, chain = (pki.path(name + end) for end in (".csr", ".pem", "-chain.pem"))
        sh("openssl", "req", "-new", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout", pki.key(name), "-subj",
           "/CN=localhost", "-out", request)
        sh("openssl", "x509", "-req", "-in", request, "-CA", pki.path("intermediate.pem"), "-CAkey", pki.path("intermediate-key.pem"),
           "-set_serial", f"0x{serial}", "-days", "60", "-extfile", write(pki.path(name + ".cnf"), extensions), "-out", alone)
        with open(alone, encoding="ascii") as leaf, open(pki.path("intermediate.pem"), encoding="ascii") as issuer:
            write(chain, leaf.read() + issuer.read())
        self.index = write(pki.path(name + ".index"), f"V\t300101000000Z\t\t{serial}\tunknown\t/CN=localhost\n")

    def revoke(self):
        write(self.index, f"R\t300101000000Z\t261101000000Z,keyCompromise\t{self.serial}\tunknown\t/CN=localhost\n")

    def responder(self, signer="ocsp", days=4, index=None):
        """`openssl ocsp`, signed for by the authority itself ("intermediate"), its delegate ("ocsp") or a stranger."""
        certificate = self.pki.path("ocsp-chain.pem" if signer == "ocsp" else f"{signer}.pem")
        return peers.Server("openssl ocsp", ["openssl", "ocsp", "-index", index or self.index, "-port", str(self.port), "-ignore_err", "-ndays",
                                             str(days), "-CA", self.pki.path("intermediate.pem"), "-rsigner", certificate, "-rkey",
                                             self.pki.path(f"{signer}-key.pem")], port=self.port, ready=rb"waiting for OCSP client")

    def fetched(self, folder, name):
        """A response of the real responder, as a file."""
        path = os.path.join(folder, name)
        sh("openssl", "ocsp", "-issuer", self.pki.path("intermediate.pem"), "-cert", self.pki.path(self.name + ".pem"), "-url",
           f"http://127.0.0.1:{self.port}/", "-CAfile", self.pki.root, "-no_nonce", "-respout", path)
        return path


@contextlib.contextmanager
def liar(port, status, headers, body):
    """A responder that always answers this."""

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            self.rfile.read(int(self.headers.get("Content-Length", 0)))
            self.send_response(status)
            for name, value in {"Content-Length": str(len(body)), **headers}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body)

        do_POST = do_GET

        def log_message(self, *_):
            pass

    with http.server.ThreadingHTTPServer(("127.0.0.1", port), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        try:
            yield
        finally:
            server.shutdown()
            thread.join()


# ---- what each peer sees of our server's staple ------------------------------------------------------------------


def openssl_sees(pki, port, version, status=b"good"):
    said = peers.openssl_client(pki, port, [VERSIONS[version][0], "-status"])
    if b"OCSP Response Status: successful" not in said or b"Cert Status: " + status not in said:
        raise peers.PeerError(f"openssl saw no staple that says {status!r}: {said[:600]!r}")


def gnutls_sees(pki, port, version):
    """GnuTLS verifies what is stapled, and gives it to us."""
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "staple")
        said = peers.gnutls_client(pki, port, ["--save-ocsp", path], priority=VERSIONS[version][1])
        if b"The certificate is trusted" not in said or not os.path.exists(path) or os.path.getsize(path) == 0:
            raise peers.PeerError(f"gnutls-cli got no staple: {said[:600]!r}")


def curl_sees(pki, port, version):
    peers.curl(pki, port, ["--cert-status", *VERSIONS[version][2]])


def refused(sees, words, *arguments):
    """The peer refuses, and says so."""
    try:
        sees(*arguments)
    except peers.PeerError as error:
        if words not in str(error):
            raise peers.PeerError(f"{words!r} is not in {error}") from None
        return
    raise peers.PeerError("it was accepted")


CLIENTS = {"openssl": openssl_sees, "gnutls": gnutls_sees, "curl": curl_sees}


def our_server_with_clients(tool, pki, table):
    options = ["--staple", pki.path("ecdsa-p256-ocsp-good.der")]
    with peers.our_server(tool, pki, ["ecdsa-p256"], options) as server:
        for version in VERSIONS:
            for peer, sees in CLIENTS.items():
                with table.row(f"--staple FILE, TLS {version}: {peer} sees that the certificate is good"):
                    sees(pki, server.port, version)
                    expect(server.facts()[0], version=f"TLS {version}")
    with table.row("--staple FILE of another certificate: refused at the start"):
        done = peers.run([tool, "server", "--listen", "127.0.0.1:0", "--cert", pki.chain("ecdsa-p256"), "--key", pki.key("ecdsa-p256"), "--staple",
                          pki.path("ecdsa-p384-ocsp-good.der")])
        if done.returncode != 2 or b"tells of other certificates only" not in done.stderr:
            raise peers.PeerError(f"status {done.returncode}: {done.stderr!r}")


def our_client_with_servers(tool, pki, table):
    def openssl(staple):
        return peers.openssl_server(pki, "ecdsa-p256", ["-status_file", staple])

    def gnutls(staple):
        return peers.gnutls_server(pki, "ecdsa-p256", ["--disable-client-cert", "--ocsp-response", staple, "--ignore-ocsp-response-errors"])

    for peer, make in (("openssl", openssl), ("gnutls", gnutls)):
        for version in VERSIONS:
            options = ["--max-version", version, "--min-version", version]
            with make(pki.path("ecdsa-p256-ocsp-good.der")) as server, table.row(f"our client, {peer} server, TLS {version}: a good staple is taken"):
                expect(peers.our_client(tool, pki, server.port, [*options, "--staples", "require"]), version=f"TLS {version}", ocsp="good")
            for what, file, words in (("revoked", "ecdsa-p256-ocsp-revoked.der", "was revoked at"),
                                      ("another certificate's", "ecdsa-p384-ocsp-good.der", "tells of other certificates only")):
                with make(pki.path(file)) as server, table.row(f"our client, {peer} server, TLS {version}: {what} staple is refused"):
                    said = peers.our_client(tool, pki, server.port, options, check=False)
                    if said.get("status") != 4 or words not in said["error"]:
                        raise peers.PeerError(f"not refused: {said}")


# ---- a server that asks a real responder -------------------------------------------------------------------------


class Stapling:
    """Our server with --staple-fetch for one leaf, and what is seen of it."""

    def __init__(self, tool, leaf, folder):
        self.tool, self.leaf, self.pki = tool, leaf, leaf.pki
        self.server = peers.our_server(tool, leaf.pki, [leaf.name], ["--staple-fetch", "--staple-allow-private", "--staple-cache", folder])

    def __enter__(self):
        self.server.__enter__()
        return self

    def __exit__(self, *_):
        self.server.__exit__()

    def facts(self):
        """Of a connection of our client, whatever became of it."""
        return peers.our_client(self.tool, self.pki, self.server.port, check=False)

    def said(self):
        for pipe in (self.server.process.stderr, self.server.process.stdout):  # both: a pipe that is full would stop it
            while self.server._read(pipe, 0):
                pass
        text = self.server.text.decode(errors="replace")
        return "\n".join(line for line in text.splitlines() if " staple of " in line)

    def becomes(self, what, holds):
        """Within ten seconds, in which a connection now and then wakes the server: its own sleep does not see a stepped clock."""
        last = None

        def once():
            nonlocal last
            last = self.facts()
            self.said()
            return holds(last)

        if not within(10, once):
            raise peers.PeerError(f"{what}: not so: {last}; the server says {self.said()}")
        return last

    def says(self, *words):
        def all_said():
            self.facts()
            return all(word in self.said() for word in words)

        if not within(10, all_said):
            raise peers.PeerError(f"{words} are not all in {self.said()}")


def is_good(facts):
    return facts.get("ocsp") == "good"


def signers(tool, pki, table, folder):
    for number, (signer, who) in enumerate((("intermediate", "the authority itself"), ("ocsp", "a delegate"))):
        leaf = Leaf(pki, f"by-{signer}", f"5A{number:014X}")
        with leaf.responder(signer), Stapling(tool, leaf, os.path.join(folder, signer)) as it:
            with table.row(f"--staple-fetch from openssl ocsp, signed by {who}"):
                it.becomes("the staple is good", is_good)
                it.says("staple of 'CN=localhost': good: from http://127.0.0.1")
            for version in VERSIONS:
                for peer, sees in CLIENTS.items():
                    with table.row(f"... TLS {version}: {peer} sees that the certificate is good"):
                        sees(pki, it.server.port, version)


def life(tool, pki, table, clock, folder):
    """One leaf that demands a staple, from its first answer to its revocation; the clock runs eleven days."""
    leaf = Leaf(pki, "must-staple", "6B00000000000001", must_staple=True)
    other = Leaf(pki, "other", "6B00000000000002")
    cache = os.path.join(folder, "cache")
    with Stapling(tool, leaf, cache) as it:
        with table.row("must-staple, and no responder yet: told at the start, and refused by our client"):
            it.says("missing", "demands a staple (RFC 7633)", "not renewed", "Connection refused")
            if it.facts().get("status") != 4:
                raise peers.PeerError("it is accepted")
        with leaf.responder():
            with table.row("the responder comes: the staple is fetched"):
                clock.step(2)
                first = it.becomes("the staple is good", is_good)
            with table.row("renewal after a day, at less than half of four"):
                clock.step(60)
                second = it.becomes("a newer staple", lambda facts: is_good(facts) and facts["ocsp_next_update"] > first["ocsp_next_update"])
        with table.row("outage: the staple stays, and the server says so"):
            clock.step(60)
            it.says("not renewed")
            expect(it.facts(), ocsp="good", ocsp_next_update=second["ocsp_next_update"])
    with Stapling(tool, leaf, cache) as it:
        with table.row("restart during the outage: the staple is there at once, from disk"):
            expect(it.facts(), ocsp="good", ocsp_next_update=second["ocsp_next_update"])
            it.says("good: from the folder")
        lies = [
            ("a certificate that it does not know", leaf.responder(index=other.index), "does not know the certificate"),
            ("signed by a stranger", leaf.responder(signer="stranger"), "is not signed by"),
        ]
        with open(pki.path("ecdsa-p256-ocsp-good.der"), "rb") as file:
            lies.append(("about another certificate", liar(leaf.port, 200, {}, file.read()), "tells of other certificates only"))
        lies.append(("a redirect to another server", liar(leaf.port, 302, {"Location": f"http://127.0.0.1:{other.port}/"}, b""),
                     "redirects to another server"))
        lies.append(("a page", liar(leaf.port, 200, {"Content-Type": "text/html"}, b"<html>Log in</html>"), "cannot be read"))
        lies.append(("100 MB", liar(leaf.port, 200, {"Content-Length": "104857600"}, b"0"), "too large"))
        for what, responder, words in lies:
            with responder, table.row(f"a wrong answer: {what}: the staple stays"):
                clock.step(2)
                it.says(words)
                expect(it.facts(), ocsp="good", ocsp_next_update=second["ocsp_next_update"])
        with table.row("the staple's end: it is dropped, told, and the leaf refused"):
            clock.step(36)
            it.says("has ended", "missing")
            if it.facts().get("status") != 4:
                raise peers.PeerError("it is accepted")
        with leaf.responder():
            with table.row("the responder is back"):
                clock.step(2)
                it.becomes("the staple is good", is_good)
        leaf.revoke()
        with leaf.responder():  # it reads its index when it starts
            with table.row("revoked: the server says so, staples it, and clients refuse"):
                clock.step(60)
                it.becomes("our client refuses", lambda facts: facts.get("status") == 4 and "was revoked at" in facts["error"])
                it.says("REVOKED", "keyCompromise", "replace key and certificate")
            for version in VERSIONS:
                with table.row(f"... TLS {version}: openssl is told, gnutls and curl refuse"):
                    openssl_sees(pki, it.server.port, version, b"revoked")
                    refused(gnutls_sees, "revoked", pki, it.server.port, version)
                    refused(curl_sees, "revocation", pki, it.server.port, version)
    with Stapling(tool, leaf, cache) as it:
        with table.row("... and a restart does not forget it"):
            it.says("REVOKED", "from the folder")


def main():
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("tool", metavar="SALLYPORT", help="the program under test, e.g. build/release/bin/sallyport")
    arguments.add_argument("clock", metavar="CLOCK", help="the library that steps clocks, e.g. build/release/lib/libsallyport_stepped_clock.so")
    options = arguments.parse_args()
    table = Table()
    with tempfile.TemporaryDirectory() as folder:
        pki = peers.Pki(options.tool, folder)
        sh("openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout", pki.path("stranger-key.pem"),
           "-subj", "/CN=Sallyport Test Intermediate", "-out", pki.path("stranger.pem"))
        our_server_with_clients(options.tool, pki, table)
        our_client_with_servers(options.tool, pki, table)
        clock = SteppedClock(os.path.abspath(options.clock), folder)
        signers(options.tool, pki, table, folder)
        life(options.tool, pki, table, clock, folder)
    sys.exit(table.finish())


if __name__ == "__main__":
    main()
