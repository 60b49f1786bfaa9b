"""`sallyport check` against real servers: ours, OpenSSL's and GnuTLS's, in both versions and with one thing wrong at a time; and real
clients, which do what the check says they will.
"""
import json
import os
import subprocess

import peers
from needs import go_peer, openssl_conf, openssl_server as openssl_server_with
from table import run_matrix

LEAF = "ecdsa-p256"


def check(tool, pki, port, *options):
    """Exit status, ids of all findings that are no `ok`, and the facts of the server."""
    done = peers.run([tool, "check", f"localhost:{port}", "--connect", f"127.0.0.1:{port}", "--ca", pki.root, "--json", *options])
    if not done.stdout.strip():
        raise peers.PeerError(f"sallyport check ended with {done.returncode}: {done.stderr!r}")
    document = json.loads(done.stdout)
    ids = {one["id"] for one in document["findings"] if one["severity"] != "ok"}
    return done.returncode, ids, document["servers"][0]


def key(version):
    """Of the facts of a version in JSON: "1.3" is "tls13"."""
    return "tls" + version.replace(".", "")


def expect(what, is_, wanted):
    if is_ != wanted:
        raise peers.PeerError(f"{what} is {is_!r}, not {wanted!r}")


def holds(ids, *wanted):
    for one in wanted:
        if one not in ids:
            raise peers.PeerError(f"{one} is not among {sorted(ids)}")


def openssl(*arguments, **more):
    done = subprocess.run(["openssl", *arguments], capture_output=True, text=True, timeout=peers.TIMEOUT, **more)
    if done.returncode != 0:
        raise peers.PeerError(f"openssl {arguments[0]} ended with {done.returncode}: {done.stderr}")


def leaf_with(pki, name, extensions, *dates):
    """A leaf of the intermediate authority that OpenSSL has issued: its chain and its key."""
    def at(end):
        return pki.path(f"{name}{end}")

    openssl("ecparam", "-name", "prime256v1", "-genkey", "-noout", "-out", at("-key.pem"))
    openssl("req", "-new", "-key", at("-key.pem"), "-subj", "/CN=localhost", "-out", at(".csr"))
    with open(at(".ext"), "w", encoding="ascii") as file:
        file.write("keyUsage=critical,digitalSignature\nauthorityKeyIdentifier=keyid\n" + extensions)
    openssl("x509", "-req", "-in", at(".csr"), "-CA", pki.path("intermediate.pem"), "-CAkey", pki.path("intermediate-key.pem"),
            "-set_serial", "77", "-extfile", at(".ext"), "-out", at(".pem"), *(dates or ("-days", "90")))
    with open(at("-chain.pem"), "w", encoding="ascii") as chain:
        for part in (at(".pem"), pki.path("intermediate.pem")):
            with open(part, encoding="ascii") as file:
                chain.write(file.read())
    return name


NAMES = "subjectAltName=DNS:localhost\n"
USAGE = "extendedKeyUsage=serverAuth\n"


def good_servers(tool, pki, table):
    staple = pki.path(f"{LEAF}-ocsp-good.der")
    for version, other, word in (("1.3", "1.2", "TLS1.3"), ("1.2", "1.3", "TLS1.2")):
        servers = {
            "sallyport": peers.our_server(tool, pki, [LEAF], ["--min-version", version, "--max-version", version, "--staple", staple]),
            "openssl": peers.openssl_server(pki, LEAF, [f"-tls{version.replace('.', '_')}", "-status_file", staple]),
            "gnutls": peers.gnutls_server(pki, LEAF, ["--disable-client-cert", "--ocsp-response", staple], f"NORMAL:-VERS-ALL:+VERS-{word}"),
        }
        for name, server in servers.items():
            with table.row(f"{name}, TLS {version} alone"), server as running:
                status, ids, facts = check(tool, pki, running.port)
                expect("complete", facts["complete"], True)
                expect("spoken", facts[key(version)]["spoken"], True)
                expect("the other one spoken", facts[key(other)]["spoken"], False)
                expect("stapled", facts[key(version)]["stapled"], True)
                expect("suites", len(facts[key(version)]["suites"]), 3)
                if "x25519" not in facts[key(version)]["groups"] or "secp256r1" not in facts[key(version)]["groups"]:
                    raise peers.PeerError(f"groups are {facts[f'TLS {version}']['groups']}")
                ways = facts[key(version)]["resumed"]
                if version == "1.3":
                    expect("resumed", ways, ["psk"])
                    expect("status", status, 6)
                    holds(ids, "client_no_tls12")
                else:
                    expect("ticket among the ways", "ticket" in ways, True)
                    expect("status", status, 6)
                    holds(ids, "no_tls13")
    with table.row("sallyport, all versions: nothing to be said"), peers.our_server(tool, pki, [LEAF], ["--staple", staple]) as running:
        status, ids, facts = check(tool, pki, running.port)
        expect("status", status, 0)
        expect("notes", ids, {"staple_unchecked"})
        expect("resumed", (facts["tls13"]["resumed"], facts["tls12"]["resumed"]), (["psk"], ["ticket", "session-id"]))


def one_thing_wrong(tool, pki, table):
    with table.row("openssl: TLS 1.0, TLS 1.1, RSA key exchange and no encryption"):
        with peers.openssl_server(pki, "rsa-2048", ["-cipher", "ALL:eNULL:@SECLEVEL=0"]) as server:
            status, ids, facts = check(tool, pki, server.port)
            expect("status", status, 4)
            holds(ids, "old_version", "weak_suite", "forbidden_suite")
            expect("old versions", facts["old_versions"], ["TLS 1.0", "TLS 1.1"])
            expect("weak suites", [one.split("_WITH_")[0] for one in facts["weak_suites"]], ["TLS_RSA", "TLS_DHE_RSA", "TLS_ECDHE_RSA"])
            expect("forbidden suites", len(facts["forbidden_suites"]), 1)
    for cipher in ("ECDHE-RSA-AES128-SHA256", "DHE-RSA-AES128-GCM-SHA256", "ECDHE-RSA-CAMELLIA128-SHA256", "AES128-CCM8", "ARIA128-GCM-SHA256"):
        with table.row(f"openssl: {cipher} alone"):
            with peers.openssl_server(pki, "rsa-2048", ["-no_tls1_3", "-cipher", f"{cipher}:@SECLEVEL=0"]) as server:
                _, ids, facts = check(tool, pki, server.port)
                holds(ids, "weak_suite")
                expect("weak suites", len(facts["weak_suites"]), 1)
    with table.row("openssl: as Debian has it, none of these"), peers.openssl_server(pki, "rsa-2048", ["-cipher", "ECDHE+AESGCM"]) as server:
        _, ids, facts = check(tool, pki, server.port)
        expect("old versions and weak suites", (facts["old_versions"], facts["weak_suites"], facts["forbidden_suites"]), ([], [], []))
        holds(ids, "no_stapling")
    with table.row("openssl: no extended_main_secret"), openssl_conf(MaxProtocol="TLSv1.2", Options="-ExtendedMasterSecret") as conf:
        with openssl_server_with(pki, LEAF, conf, []) as server:
            _, ids, facts = check(tool, pki, server.port)
            holds(ids, "no_extended_main_secret", "no_resumption")
    with table.row("gnutls: no renegotiation_info, and all else is looked at all the same"):
        with peers.gnutls_server(pki, LEAF, priority="NORMAL:-VERS-ALL:+VERS-TLS1.2:%DISABLE_SAFE_RENEGOTIATION") as server:
            status, ids, facts = check(tool, pki, server.port)
            expect("status", status, 4)
            holds(ids, "no_secure_renegotiation")
            expect("suites", len(facts["tls12"]["suites"]), 3)
    with table.row("openssl: early data"):
        server = peers.openssl_server(pki, LEAF, ["-early_data", "-max_early_data", "1000"])
        server.command.remove("-www")  # it does not go with early data
        with server:
            _, ids, facts = check(tool, pki, server.port)
        holds(ids, "early_data")
        expect("bytes", facts["tls13"]["early_data_bytes"], 1000)
    with table.row("openssl: no tickets, no sessions"), peers.openssl_server(pki, LEAF, ["-no_ticket", "-no_cache", "-num_tickets", "0"]) as server:
        _, ids, facts = check(tool, pki, server.port)
        holds(ids, "no_resumption")
        expect("early data", facts["tls13"]["early_data_bytes"], None)
    with table.row("openssl: asks for a client certificate"), peers.openssl_server(pki, LEAF, ["-verify", "3"]) as server:
        holds(check(tool, pki, server.port)[1], "client_certificate_wanted")
    with table.row("gnutls: demands a client certificate"):
        with peers.gnutls_server(pki, LEAF, ["--require-client-cert", "--x509cafile", pki.root]) as server:
            _, ids, facts = check(tool, pki, server.port)
            holds(ids, "client_certificate_wanted")
            for version in ("1.3", "1.2"):  # where the handshake fails for want of a certificate, too
                expect("spoken", facts[key(version)]["spoken"], True)
                expect("suites", len(facts[key(version)]["suites"]), 3)
    with table.row("openssl: x25519 alone"), peers.openssl_server(pki, "rsa-2048", ["-groups", "X25519"]) as server:
        _, ids, facts = check(tool, pki, server.port)
        holds(ids, "client_no_nist_curve")
        expect("groups", facts["tls13"]["groups"], ["x25519"])
    with table.row("openssl: another name"), peers.openssl_server(pki, LEAF) as server:
        status, ids, _ = check(tool, pki, server.port, "--name", "other.example")
        expect("status", status, 4)
        holds(ids, "name_mismatch")


def refused_by(run, words):
    """The client must fail, and say why."""
    try:
        run()
    except peers.PeerError as error:
        if words not in str(error):
            raise
        return
    raise peers.PeerError("the client was content")


def clients_fail_as_told(tool, pki, table):
    leaf = leaf_with(pki, "plain", NAMES + USAGE)
    with table.row("no intermediate: the check says so, and curl refuses"):
        server = peers.openssl_server(pki, leaf)
        server.command = ["openssl", "s_server", "-accept", "127.0.0.1:0", "-cert", pki.path("plain.pem"), "-key", pki.key(leaf), "-www"]
        with server:
            status, ids, _ = check(tool, pki, server.port)
            expect("status", status, 4)
            holds(ids, "chain_gap", "client_gap")
            refused_by(lambda: peers.curl(pki, server.port, path="/"), "ended with 60")
    with table.row("the same leaf with its issuer: neither"):
        with peers.our_server(tool, pki, [leaf]) as server:
            _, ids, _ = check(tool, pki, server.port)
            if ids & {"chain_gap", "client_gap"}:
                raise peers.PeerError(f"{ids}")
            peers.curl(pki, server.port)
    stapled = leaf_with(pki, "stapled", NAMES + USAGE + "tlsfeature=status_request\n")
    with table.row("must-staple without a staple: the check says so, and GnuTLS refuses"), peers.our_server(tool, pki, [stapled]) as server:
        status, ids, _ = check(tool, pki, server.port)
        expect("status", status, 4)
        holds(ids, "must_staple_unstapled", "client_must_staple")
        refused_by(lambda: peers.gnutls_client(pki, server.port), "requires the server to include an OCSP status")
    nameless = leaf_with(pki, "nameless", USAGE)
    with table.row("a common name alone: the check says so"), peers.our_server(tool, pki, [nameless]) as server:
        _, ids, _ = check(tool, pki, server.port)
        holds(ids, "client_common_name", "name_mismatch")
    over = leaf_with(pki, "over", NAMES + USAGE, "-days", "-1")
    with table.row("expired: the check says so, and curl refuses"), peers.our_server(tool, pki, [over]) as server:
        status, ids, _ = check(tool, pki, server.port)
        expect("status", status, 4)
        holds(ids, "expired")
        refused_by(lambda: peers.curl(pki, server.port), "ended with 60")


def go_fails_as_told(tool, pki, table):
    """Needs the leaves of clients_fail_as_told()."""
    def client(program, port):
        done = peers.run([program, "client", "-roots", pki.root, "-connect", f"127.0.0.1:{port}"])
        if done.returncode != 0:
            raise peers.PeerError(done.stderr.decode(errors="replace"))

    with go_peer() as program:
        if program is None:
            print("skipped Go's rows: there is no Go 1.26")
            return
        with table.row("no intermediate: Go refuses"):
            server = peers.our_server(tool, pki, [])
            server.command += ["--cert", pki.path("plain.pem"), "--key", pki.key("plain")]
            with server:
                refused_by(lambda: client(program, server.port), "certificate signed by unknown authority")
        with table.row("with it: Go is content"), peers.our_server(tool, pki, ["plain"]) as server:
            client(program, server.port)
        with table.row("a common name alone: Go refuses"), peers.our_server(tool, pki, ["nameless"]) as server:
            refused_by(lambda: client(program, server.port), "relies on legacy Common Name field")


def files(tool, pki, table):
    with table.row("files that OpenSSL wrote: PKCS#12, an encrypted key, DER"):
        openssl("pkcs12", "-export", "-in", pki.chain(LEAF), "-inkey", pki.key(LEAF), "-passout", "pass:secret", "-out", pki.path("site.p12"))
        openssl("x509", "-in", pki.chain(LEAF), "-outform", "DER", "-out", pki.path("leaf.der"))
        os.chmod(pki.path("site.p12"), 0o600)
        environment = {**os.environ, "CHECK_PASSWORD": "secret"}
        done = subprocess.run([tool, "check", pki.path("site.p12"), "--ca", pki.root, "--name", "localhost", "--key-password-env", "CHECK_PASSWORD"],
                              capture_output=True, text=True, timeout=peers.TIMEOUT, env=environment)
        expect("status", (done.returncode, done.stderr), (0, ""))
        if "ok       key_match" not in done.stdout or "ok       chain_complete" not in done.stdout:
            raise peers.PeerError(done.stdout)
        done = subprocess.run([tool, "check", pki.path("leaf.der"), pki.path("intermediate.pem"), "--ca", pki.root], capture_output=True,
                              text=True, timeout=peers.TIMEOUT)
        expect("status", done.returncode, 0)


if __name__ == "__main__":
    run_matrix(__doc__, good_servers, one_thing_wrong, clients_fail_as_told, go_fails_as_told, files)
