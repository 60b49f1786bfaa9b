"""Peers with demands, or with less than others: what `sallyport` says to each, and the option that helps where there is one. Real
peers: OpenSSL and GnuTLS, Java and Go where they are installed. The table of docs/peers.md.
"""
import contextlib
import os
import re
import shutil
import subprocess
import tempfile

import peers
from table import expect, run_matrix

HERE = os.path.dirname(os.path.abspath(__file__))
NOT_BUILT = "something that Sallyport does not have"


def says(facts, *words):
    """Fails the row unless our client gave up and said all of this."""
    for word in words:
        if word not in facts.get("error", ""):
            raise peers.PeerError(f"{word!r} is not in {facts!r}")


@contextlib.contextmanager
def openssl_conf(**settings):
    """OpenSSL's configuration file with settings that s_server and s_client have no switch for."""
    with tempfile.NamedTemporaryFile("w", suffix=".cnf") as file:
        rows = "".join(f"{key} = {value}\n" for key, value in settings.items())
        file.write(f"openssl_conf = all\n[all]\nssl_conf = ssl\n[ssl]\nsystem_default = tls\n[tls]\n{rows}")
        file.flush()
        yield file.name


def openssl_server(pki, leaf, conf, options):
    server = peers.openssl_server(pki, leaf, options)
    server.command = ["env", f"OPENSSL_CONF={conf}"] + server.command
    return server


def openssl_client(pki, server, conf, options):
    """OpenSSL's client, whatever becomes of it."""
    return peers.run(["env", f"OPENSSL_CONF={conf}", "openssl", "s_client", "-connect", f"127.0.0.1:{server.port}", "-servername",
                      "localhost", "-CAfile", pki.root, "-verify_return_error", "-ign_eof", *options], peers.REQUEST)


def server_said(server, *words):
    """Our server's report of a connection that failed, which ends it (--accept 1)."""
    server.process.wait(peers.TIMEOUT)
    while server._read(server.process.stderr, 0.5):
        pass
    text = server.text.decode(errors="replace")
    for word in words:
        if word not in text:
            raise peers.PeerError(f"{word!r} is not in {text!r}")


def without_extended_main_secret(tool, pki, table):
    old = {"MaxProtocol": "TLSv1.2", "Options": "-ExtendedMasterSecret"}
    with openssl_conf(**old) as conf:
        with openssl_server(pki, "rsa-2048", conf, []) as server:
            with table.row("a server without extended_main_secret is taken, and nothing is resumed"):
                facts = peers.our_client(tool, pki, server.port, ["--reconnect", "1"])
                for one in facts:
                    expect(one, version="TLS 1.2", extended_main_secret=False, resumed="no")
            with table.row("... and refused with --extended-main-secret always, which names the option"):
                says(peers.our_client(tool, pki, server.port, ["--extended-main-secret", "always"], check=False),
                     "RFC 7627", "try         --extended-main-secret if-offered")
        with table.row("a client without extended_main_secret is taken"):
            with peers.our_server(tool, pki) as server:
                openssl_client(pki, server, conf, [])
                expect(server.facts()[0], version="TLS 1.2", extended_main_secret=False)
        with table.row("... and refused with --extended-main-secret always"):
            with peers.our_server(tool, pki, options=["--accept", "1", "--extended-main-secret", "always"]) as server:
                openssl_client(pki, server, conf, [])
                server_said(server, "try         --extended-main-secret if-offered")
    with table.row("a GnuTLS server without extended_main_secret"):
        with peers.gnutls_server(pki, "rsa-2048", priority="NORMAL:-VERS-ALL:+VERS-TLS1.2:%NO_SESSION_HASH") as server:
            expect(peers.our_client(tool, pki, server.port), version="TLS 1.2", extended_main_secret=False)


def without_renegotiation_info(tool, pki, table):
    priority = "NORMAL:-VERS-ALL:+VERS-TLS1.2:%DISABLE_SAFE_RENEGOTIATION"
    with peers.gnutls_server(pki, "rsa-2048", priority=priority) as server:
        with table.row("a server without renegotiation_info is refused, and the option named"):
            says(peers.our_client(tool, pki, server.port, check=False), "RFC 5746", "try         --renegotiation-info if-offered")
        with table.row("... and taken with --renegotiation-info if-offered"):
            expect(peers.our_client(tool, pki, server.port, ["--renegotiation-info", "if-offered"]), version="TLS 1.2")


def old_peers(tool, pki, table):
    with openssl_conf(MaxProtocol="TLSv1.2", CipherString="ECDHE-RSA-AES128-SHA:AES128-SHA:@SECLEVEL=0") as conf:
        with table.row("a server that has CBC alone: nothing helps, and no option is said to"):
            with openssl_server(pki, "rsa-2048", conf, []) as server:
                says(peers.our_client(tool, pki, server.port, check=False), "handshake_failure, sent by the peer", NOT_BUILT, "CBC")
        with table.row("a client that has CBC alone: its suites by name"):
            with peers.our_server(tool, pki, options=["--accept", "1"]) as server:
                openssl_client(pki, server, conf, [])
                server_said(server, "TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA", "nothing in --ciphers helps")
    with openssl_conf(MinProtocol="TLSv1", MaxProtocol="TLSv1", CipherString="ALL:@SECLEVEL=0") as conf:
        with table.row("a server of TLS 1.0: nothing helps"):
            with openssl_server(pki, "rsa-2048", conf, []) as server:
                says(peers.our_client(tool, pki, server.port, check=False), "no option helps", "must be updated")
        with table.row("a client of TLS 1.0: its version by name"):
            with peers.our_server(tool, pki, options=["--accept", "1"]) as server:
                openssl_client(pki, server, conf, [])
                server_said(server, "it offers TLS 1.0")


def what_is_no_default(tool, pki, table):
    with peers.openssl_server(pki, "rsa-2048", ["-groups", "P-521"]) as server:
        with table.row("a server that has P-521 alone: what is left to offer is named"):
            says(peers.our_client(tool, pki, server.port, check=False), "--groups with secp521r1 too")
        with table.row("... and helps"):
            expect(peers.our_client(tool, pki, server.port, ["--groups", "x25519,secp521r1"]), group="secp521r1")
    with table.row("a server with less memory: record_size_limit"):
        with peers.gnutls_server(pki, "rsa-2048") as server:
            facts = peers.our_client(tool, pki, server.port, ["--record-size-limit", "1024"])
            expect(facts, version="TLS 1.3")
            if not facts["peer_record_size_limit"]:
                raise peers.PeerError("the server has not answered record_size_limit")


def external_psk(tool, pki, table):
    key = "0123456789abcdef" * 4
    with tempfile.NamedTemporaryFile("w") as file:
        file.write(key)
        file.flush()
        options = ["--psk", f"Client_identity={file.name}", "--psk-import", "off"]
        with table.row("OpenSSL as a server with an external PSK: --psk, --psk-import off"):
            with peers.openssl_server(pki, "rsa-2048", ["-psk", key, "-psk_identity", "Client_identity"]) as server:
                expect(peers.our_client(tool, pki, server.port, options), resumed="psk", external_psk="Client_identity")
        with table.row("OpenSSL as a client with an external PSK"):
            with peers.our_server(tool, pki, options=options) as server:
                done = peers.run(["openssl", "s_client", "-connect", f"127.0.0.1:{server.port}", "-psk", key, "-psk_identity",
                                  "Client_identity", "-ign_eof"], peers.REQUEST)
                if b"HTTP/1.1 200" not in done.stdout:
                    raise peers.PeerError(f"{done.stdout[-600:]!r} {done.stderr[-600:]!r}")
                expect(server.facts()[0], resumed="psk", external_psk="Client_identity")


def client_certificates(tool, pki, table):
    for name, options in (("TLS 1.3", []), ("TLS 1.2", ["-tls1_2"])):
        with table.row(f"OpenSSL demands a client certificate, {name}: what was asked and sent, and --cert --key"):
            with peers.openssl_server(pki, "rsa-2048", ["-Verify", "3", "-verify_return_error", "-CAfile", pki.root, *options]) as server:
                says(peers.our_client(tool, pki, server.port, check=False), "an empty list of certificates", "--cert FILE --key FILE")


@contextlib.contextmanager
def go_peer():
    """The program built of peers_of_others/peer.go; None without Go 1.26."""
    version = shutil.which("go") and peers.run(["env", "GOTOOLCHAIN=local", "go", "env", "GOVERSION"]).stdout.decode()
    found = re.match(r"go(\d+)\.(\d+)", version or "")
    if not found or (int(found[1]), int(found[2])) < (1, 26):
        yield None
        return
    with tempfile.TemporaryDirectory() as folder:
        program = os.path.join(folder, "peer")
        subprocess.run(["go", "build", "-o", program, "."], check=True, timeout=600, cwd=os.path.join(HERE, "peers_of_others"),
                       env={**os.environ, "CGO_ENABLED": "0", "GOTOOLCHAIN": "local", "GOPROXY": "off", "GOFLAGS": "-buildvcs=false"})
        yield program


def go(tool, pki, table):
    with go_peer() as program:
        if program is None:
            print("skipped Go's rows: there is no Go 1.26")
            return

        def server(*options):
            return peers.Server("Go", [program, "server", "-cert", pki.chain("rsa-2048"), "-key", pki.key("rsa-2048"), *options],
                                ready=rb"listening on \S+:(\d+)")

        with table.row("a Go server that insists on X25519MLKEM768: the advice says what is missing"):
            with server("-quantum") as there:
                says(peers.our_client(tool, pki, there.port, check=False), "X25519MLKEM768", NOT_BUILT)
        with table.row("a Go client that insists on X25519MLKEM768: our server says so"):
            with peers.our_server(tool, pki, options=["--accept", "1"]) as here:
                peers.run([program, "client", "-quantum", "-roots", pki.root, "-connect", f"127.0.0.1:{here.port}"])
                server_said(here, "offered: X25519MLKEM768", "insists on post-quantum key exchange")
        for name, options in (("TLS 1.3", []), ("TLS 1.2", ["-tls12"])):
            with table.row(f"a Go server that demands a client certificate, {name}"):
                with server("-demand", *options) as there:
                    says(peers.our_client(tool, pki, there.port, check=False), "an empty list of certificates", "--cert FILE --key FILE")
        with table.row("a Go server with another application protocol: --alpn"):
            with server("-alpn", "imap") as there:
                says(peers.our_client(tool, pki, there.port, ["--alpn", "http/1.1"], check=False), "no_application_protocol",
                     "the server has none of http/1.1")


def java(tool, pki, table):
    if shutil.which("javac") is None:
        print("skipped Java's rows: no JDK is installed")
        return
    with tempfile.TemporaryDirectory() as folder:
        store, password = os.path.join(folder, "store.p12"), "sallyport"
        subprocess.run(["openssl", "pkcs12", "-export", "-in", pki.chain("rsa-2048"), "-inkey", pki.key("rsa-2048"), "-out", store,
                        "-passout", f"pass:{password}"], check=True, timeout=60)
        subprocess.run(["javac", "-d", folder, os.path.join(HERE, "peers_of_others/Peer.java")], check=True, timeout=300)

        def server(*options, properties=()):
            return peers.Server("Java", ["java", *properties, "-cp", folder, "Peer", store, password, *options],
                                ready=rb"listening on \S+:(\d+)")

        with table.row("Java as Java 8 is, without extended_main_secret: taken"):
            with server("TLSv1.2", properties=["-Djdk.tls.useExtendedMasterSecret=false"]) as there:
                expect(peers.our_client(tool, pki, there.port), version="TLS 1.2", extended_main_secret=False)
        for version in ("TLSv1.2", "TLSv1.3"):
            with table.row(f"Java demands a client certificate, {version}: its alert is not taken for a refusal of ours"):
                with server("demand", version) as there:
                    says(peers.our_client(tool, pki, there.port, check=False), "an empty list of certificates", "--cert FILE --key FILE")


if __name__ == "__main__":
    run_matrix(__doc__, without_extended_main_secret, without_renegotiation_info, old_peers, what_is_no_default, external_psk,
               client_certificates, go, java)
