"""Certificates that were revoked by a CRL, with real peers: OpenSSL makes the lists, OpenSSL, GnuTLS and curl show the certificates, in
both roles and versions."""
import contextlib
import os
import shutil
import tempfile

import peers
from table import expect, run_matrix

VERSIONS = {  # of our options: OpenSSL's, GnuTLS's, curl's
    "1.2": ("-tls1_2", "NORMAL:-VERS-ALL:+VERS-TLS1.2", ["--tls-max", "1.2"]),
    "1.3": ("-tls1_3", "NORMAL:-VERS-ALL:+VERS-TLS1.3", ["--tlsv1.3"]),
}


def openssl(*words):
    done = peers.run(["openssl", *words])
    if done.returncode != 0:
        raise peers.PeerError(f"openssl {words[0]} failed: {done.stderr.decode(errors='replace')}")
    return done.stdout


class Lists:
    """CRLs of the intermediate authority as `openssl ca` makes them, each with a higher number than the one before."""

    def __init__(self, pki, folder):
        self.pki, self.folder, self.made = pki, folder, 0
        with open(self.path("ca.cnf"), "w") as file:
            file.write(f"[ca]\ndefault_ca = own\n[own]\ndatabase = {self.path('index.txt')}\ncrlnumber = {self.path('number')}\n"
                       "default_md = sha256\ndefault_crl_days = 30\nunique_subject = no\ncrl_extensions = more\n"
                       "[more]\nauthorityKeyIdentifier = keyid\n")
        open(self.path("index.txt"), "w").close()
        with open(self.path("number"), "w") as file:
            file.write("0100\n")
        self.authority = ["-config", self.path("ca.cnf"), "-keyfile", pki.path("intermediate-key.pem"), "-cert",
                          pki.path("intermediate.pem")]

    def path(self, name):
        return os.path.join(self.folder, name)

    def revoke(self, chain):
        openssl("ca", *self.authority, "-revoke", chain, "-crl_reason", "keyCompromise")

    def make(self, form="PEM"):
        """The list as it is now."""
        self.made += 1
        pem, out = self.path(f"{self.made}.pem"), self.path(f"{self.made}.{form.lower()}")
        openssl("ca", *self.authority, "-gencrl", "-out", pem)
        if form == "DER":
            openssl("crl", "-in", pem, "-outform", "DER", "-out", out)
        return out


def ours(pki):
    return ["--cert", pki.path("client-chain.pem"), "--key", pki.path("client-key.pem")]


def clients(pki, server, version):
    """Each real client with its certificate: a name, and a call that fails where the server refuses it."""
    of_openssl, of_gnutls, of_curl = VERSIONS[version]
    chain, key = pki.path("client-chain.pem"), pki.path("client-key.pem")
    yield "openssl", lambda: peers.openssl_client(pki, server.port, [of_openssl, "-cert", chain, "-cert_chain", chain, "-key", key])
    yield "gnutls", lambda: peers.gnutls_client(pki, server.port, ["--x509certfile", chain, "--x509keyfile", key], priority=of_gnutls)
    yield "curl", lambda: peers.curl(pki, server.port, [*of_curl, "--cert", chain, "--key", key])


def our_server(tool, pki, crl, policy="require-leaf"):
    return peers.our_server(tool, pki, options=["--verify-client", "require", "--client-ca", pki.root, "--crl", crl, "--crl-policy", policy])


def refused(call, what):
    try:
        call()
    except peers.PeerError:
        return
    raise peers.PeerError(f"{what} was served")


@contextlib.contextmanager
def lists(pki):
    with tempfile.TemporaryDirectory() as folder:
        yield Lists(pki, folder)


def clients_at_our_server(tool, pki, table):
    with lists(pki) as crls:
        with our_server(tool, pki, crls.make()) as server:
            for version in VERSIONS:
                for name, call in clients(pki, server, version):
                    with table.row(f"CRL: {name} client, TLS {version}, our server: not on the list"):
                        call()
                        facts = server.facts()[0]
                        expect(facts, version=f"TLS {version}", client_certificate="sent")
                        if not facts["crl_until"]:
                            raise peers.PeerError("our server looked at no CRL")
        crls.revoke(pki.path("client-chain.pem"))
        for form in ("PEM", "DER"):
            with our_server(tool, pki, crls.make(form)) as server:
                for version in VERSIONS:
                    for name, call in clients(pki, server, version):
                        with table.row(f"CRL ({form}): {name} client, TLS {version}, our server: revoked is refused"):
                            refused(call, name)
                            expect(server.facts()[0], error="certificate_revoked")


def our_client_at_servers(tool, pki, table):
    with lists(pki) as crls:
        makers = {"openssl": peers.openssl_server, "gnutls": peers.gnutls_server}
        for revoked in (False, True):
            if revoked:
                crls.revoke(pki.chain("ecdsa-p256"))
            crl = crls.make()
            for name, make in makers.items():
                with make(pki, "ecdsa-p256") as server:
                    for version in VERSIONS:
                        options = ["--max-version", version, "--min-version", version, "--crl", crl, "--crl-policy", "require-leaf"]
                        with table.row(f"CRL: our client, TLS {version}, {name} server: {'revoked is refused' if revoked else 'not on the list'}"):
                            said = peers.our_client(tool, pki, server.port, options, check=not revoked)
                            if not revoked:
                                expect(said, version=f"TLS {version}")
                                if not said["crl_until"]:
                                    raise peers.PeerError("our client looked at no CRL")
                            elif said.get("status") != 4 or "certificate_revoked" not in said["error"] or "keyCompromise" not in said["error"]:
                                raise peers.PeerError(f"not refused as revoked: {said}")


def our_certificate_at_servers(tool, pki, table):
    """The other side's CRLs: our client's certificate is revoked, and the server knows."""
    with lists(pki) as crls:
        fine = crls.make()
        crls.revoke(pki.path("client-chain.pem"))
        revoked = crls.make()
        for version in VERSIONS:
            for crl, good in ((fine, True), (revoked, False)):
                with table.row(f"CRL: our client, TLS {version}, openssl server that has the list: {'served' if good else 'told that it is revoked'}"):
                    options = ["-Verify", "3", "-verify_return_error", "-CAfile", pki.root, "-CRL", crl, "-crl_check"]
                    with peers.openssl_server(pki, "ecdsa-p256", options) as server:
                        said = peers.our_client(tool, pki, server.port, ["--max-version", version, "--min-version", version, *ours(pki)], check=good)
                        if not good and "certificate_revoked" not in said["error"]:
                            raise peers.PeerError(f"not told: {said}")


def policies(tool, pki, table):
    with lists(pki) as crls:
        crl = crls.make()
        with peers.openssl_server(pki, "ecdsa-p256") as server:
            with table.row("a CRL that is missing, under require-chain: refused with the name of who has none"):
                said = peers.our_client(tool, pki, server.port, ["--crl", crl, "--crl-policy", "require-chain"], check=False)
                if said.get("status") != 4 or "CrlPolicy::require_chain demands a CRL" not in said["error"] or "Test Root" not in said["error"]:
                    raise peers.PeerError(f"{said}")
            with table.row("no CRL at all, under if-present: served"):
                expect(peers.our_client(tool, pki, server.port, ["--crl-policy", "if-present"]), crl_until=None)
    with lists(pki) as crls:
        crls.revoke(pki.chain("ecdsa-p256"))
        crl = crls.make()
        for policy in ("if-present", "require-leaf", "require-chain"):
            with table.row(f"sallyport verify --crl, {policy}: revoked"):
                done = peers.run([tool, "verify", pki.chain("ecdsa-p256"), "--roots", pki.root, "--name", "localhost", "--crl", crl,
                                  "--crl-policy", policy])
                if done.returncode != 4 or b"was revoked at" not in done.stdout and policy != "require-chain":
                    raise peers.PeerError(f"{done.stdout!r} {done.stderr!r}")


def ours_for_others(tool, pki, table):
    """The lists that `sallyport pki` writes are read by others."""
    for name in ("intermediate-crl.pem", "client-revoked-crl.pem"):
        with table.row(f"openssl reads and verifies {name}"):
            done = peers.run(["openssl", "crl", "-in", pki.path(name), "-CAfile", pki.path("intermediate.pem"), "-noout", "-text"])
            if done.returncode != 0 or b"verify OK" not in done.stdout + done.stderr:
                raise peers.PeerError(f"{done.stdout!r} {done.stderr!r}")
            if (b"Revoked Certificates:" in done.stdout) != ("revoked" in name):
                raise peers.PeerError(f"{done.stdout!r}")
        if shutil.which("certtool"):
            with table.row(f"certtool reads {name}"):
                done = peers.run(["certtool", "--crl-info", "--infile", pki.path(name)])
                if done.returncode != 0:
                    raise peers.PeerError(f"{done.stderr!r}")


if __name__ == "__main__":
    run_matrix(__doc__, clients_at_our_server, our_client_at_servers, our_certificate_at_servers, policies, ours_for_others)
