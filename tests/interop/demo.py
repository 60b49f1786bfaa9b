"""The demo: real servers and clients on loopback, ours against everybody's, and a table of what was negotiated. Status 1 if one pairing
fails."""
import argparse
import sys
import tempfile

import ocsp
import peers

COLUMNS = (("server", 9), ("client", 9), ("version", 8), ("resumed", 10), ("suite", 43), ("group", 10), ("signature", 24), ("staple", 7), ("in", 6), ("out", 6),
           ("flights", 8), ("ms", 7), ("outcome", 0))


def line(values):
    return "  ".join(str(v).ljust(width) for v, (_, width) in zip(values, COLUMNS)).rstrip()


class Demo:
    def __init__(self, tool, pki):
        self.tool, self.pki, self.failed, self.rows = tool, pki, 0, 0
        print(line([name for name, _ in COLUMNS]))

    def row(self, server, client, connect):
        """One pairing; `connect()` gives the facts of our side."""
        self.rows += 1
        try:
            facts = connect()
        except (peers.PeerError, OSError, ValueError, KeyError) as error:
            self.failed += 1
            print(line([server, client] + [""] * 10 + [f"FAILED: {error}"]), flush=True)
            return
        facts["ocsp"] = facts.get("ocsp", "none").replace("none", "")
        values = [facts.get(k) or "" for k in ("version", "resumed", "suite", "group", "signature_scheme", "ocsp", "bytes_in", "bytes_out", "flights", "ms")]
        values[-1] = f"{values[-1]:.1f}" if isinstance(values[-1], float) else values[-1]
        print(line([server, client] + values + ["ok"]), flush=True)

    def our_client(self, name, server, options=()):
        with server as running:
            self.row(name, "sallyport", lambda: peers.our_client(self.tool, self.pki, running.port, options))

    def run(self):
        tool, pki = self.tool, self.pki
        for leaf, suite, group in (("ecdsa-p256", "TLS_AES_128_GCM_SHA256", "x25519"), ("ecdsa-p384", "TLS_AES_256_GCM_SHA384", "secp384r1"),
                                   ("ed25519", "TLS_CHACHA20_POLY1305_SHA256", "secp256r1"), ("rsa-2048", "TLS_AES_128_GCM_SHA256", "x25519")):
            options = ["--ciphers", suite, "--groups", group]
            self.our_client("sallyport", peers.our_server(tool, pki, [leaf]), options)
            self.our_client("openssl", peers.openssl_server(pki, leaf), options)
            self.our_client("gnutls", peers.gnutls_server(pki, leaf), options)
        for leaf, suite in (("ecdsa-p256", "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256"), ("rsa-2048", "TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256")):
            options = ["--max-version", "1.2", "--ciphers", suite]
            self.our_client("sallyport", peers.our_server(tool, pki, [leaf]), options)
            self.our_client("openssl", peers.openssl_server(pki, leaf), options)
            self.our_client("gnutls", peers.gnutls_server(pki, leaf), options)
        for way, ours, openssls in (("session-id", ["--tickets", "off"], ["-no_ticket"]), ("ticket", ["--session-cache", "0"], [])):
            again = ["--max-version", "1.2", "--reconnect", "1"]

            def resumed(port):
                facts = peers.our_client(tool, pki, port, again)[-1]
                if facts["resumed"] != way:
                    raise peers.PeerError(f"resumed: {facts['resumed']}, not {way}")
                return facts

            with peers.our_server(tool, pki, ["ecdsa-p256"], ours) as server:
                self.row("sallyport", "sallyport", lambda port=server.port: resumed(port))
            with peers.openssl_server(pki, "ecdsa-p256", ["-tls1_2", *openssls]) as server:
                self.row("openssl", "sallyport", lambda port=server.port: resumed(port))
        with peers.our_server(tool, pki) as server:
            def facts_after(connect):
                connect()
                return server.facts()[0]

            self.row("sallyport", "openssl", lambda: facts_after(lambda: peers.openssl_client(pki, server.port)))
            self.row("sallyport", "openssl", lambda: facts_after(lambda: peers.openssl_client(
                pki, server.port, ["-groups", "P-384", "-ciphersuites", "TLS_CHACHA20_POLY1305_SHA256", "-sigalgs", "ed25519"])))
            self.row("sallyport", "gnutls", lambda: facts_after(lambda: peers.gnutls_client(pki, server.port)))
            self.row("sallyport", "gnutls", lambda: facts_after(lambda: peers.gnutls_client(
                pki, server.port, priority="NORMAL:-VERS-ALL:+VERS-TLS1.3:-CIPHER-ALL:+AES-256-GCM:-GROUP-ALL:+GROUP-SECP384R1")))
            self.row("sallyport", "curl", lambda: facts_after(lambda: peers.curl(pki, server.port)))
            self.row("sallyport", "openssl", lambda: facts_after(lambda: peers.openssl_client(pki, server.port, ["-tls1_2"])))
            self.row("sallyport", "gnutls", lambda: facts_after(lambda: peers.gnutls_client(pki, server.port, priority="NORMAL:-VERS-ALL:+VERS-TLS1.2")))
            self.row("sallyport", "curl", lambda: facts_after(lambda: peers.curl(pki, server.port, ["--tls-max", "1.2"])))
        self.staples()
        print(f"{self.rows - self.failed} passed, {self.failed} failed")
        return 1 if self.failed else 0


    def staples(self):
        """A staple that calls the certificate good, in both roles and versions: taken by whoever is our client, seen by who is our server's."""
        tool, pki, staple = self.tool, self.pki, self.pki.path("ecdsa-p256-ocsp-good.der")
        servers = (("sallyport", peers.our_server(tool, pki, ["ecdsa-p256"], ["--staple", staple])),
                   ("openssl", peers.openssl_server(pki, "ecdsa-p256", ["-status_file", staple])),
                   ("gnutls", peers.gnutls_server(pki, "ecdsa-p256", ["--disable-client-cert", "--ocsp-response", staple])))
        for name, server in servers:
            with server:
                for version in ocsp.VERSIONS:
                    self.row(name, "sallyport", lambda v=version, at=server.port: peers.our_client(tool, pki, at, ["--max-version", v, "--staples", "require"]))
        with peers.our_server(tool, pki, ["ecdsa-p256"], ["--staple", staple]) as server:
            def seen_by(sees, version):
                sees(pki, server.port, version)
                return {**server.facts()[0], "ocsp": "good"}

            for version in ocsp.VERSIONS:
                for client, sees in ocsp.CLIENTS.items():
                    self.row("sallyport", client, lambda s=sees, v=version: seen_by(s, v))


if __name__ == "__main__":
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("tool", metavar="SALLYPORT", help="the program, e.g. build/release/bin/sallyport")
    program = arguments.parse_args().tool
    with tempfile.TemporaryDirectory() as folder:
        sys.exit(Demo(program, peers.Pki(program, folder)).run())
