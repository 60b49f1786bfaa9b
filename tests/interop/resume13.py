"""TLS 1.3 resumption and early data with real peers, both roles."""
import os

import peers
from table import expect, run_matrix

ONLY13 = ["--min-version", "1.3"]


def written(folder, name, content):
    path = os.path.join(folder, name)
    with open(path, "wb") as out:
        out.write(content)
    return path


def talk(tool, pki, port, options):
    """Our client without input: what --early-data names is all that it sends."""
    done = peers.run([tool, "client", f"localhost:{port}", "--connect", f"127.0.0.1:{port}", "--ca", pki.root, *ONLY13, *options])
    if done.returncode != 0:
        raise peers.PeerError(f"sallyport client ended with {done.returncode}: {done.stderr.decode(errors='replace').strip()}")
    return done


def gnutls_sends_early_data(pki, request):
    """Whether gnutls-cli can, asked with a server of its own kind: that of GnuTLS 3.8.9 (Debian 13) cannot."""
    with peers.gnutls_server(pki, "ecdsa-p256", ["--disable-client-cert", "--earlydata", "--maxearlydata", "4096"]) as server:
        try:
            peers.gnutls_client(pki, server.port, ["--resume", "--waitresumption", f"--earlydata={request}"])
        except peers.PeerError as error:
            return "error sending early data" not in str(error)
        return True


def our_server(tool, pki, table):
    request = written(pki.folder, "request", peers.REQUEST)
    session = pki.path("openssl.session")
    with peers.our_server(tool, pki, options=["--early-data", "4096"] + ONLY13) as server:
        with table.row("our server, openssl client: a session, resumed with early data, then without"):
            peers.openssl_client(pki, server.port, ["-sess_out", session])
            expect(server.facts()[0], resumed="no")
            peers.openssl_client(pki, server.port, ["-sess_in", session, "-sess_out", session, "-early_data", request], text=b"")
            expect(server.facts()[0], resumed="psk", early_data="accepted")
            peers.openssl_client(pki, server.port, ["-sess_in", session])
            expect(server.facts()[0], resumed="psk", early_data="none")
        with table.row("our server, gnutls client: resumed with early data"):
            early = gnutls_sends_early_data(pki, request)
            if not early:
                print("        this gnutls-cli cannot send early data, to gnutls-serv neither: it resumes without")
            peers.gnutls_client(pki, server.port, ["--resume", "--waitresumption"] + ([f"--earlydata={request}"] if early else []))
            first, second = server.facts(2)
            expect(first, resumed="no")
            expect(second, resumed="psk", early_data="accepted" if early else "none")
    with peers.our_server(tool, pki, options=["--groups", "secp256r1", "--early-data", "4096"] + ONLY13) as server:
        with table.row("our server, openssl client: early data refused by a HelloRetryRequest, and the PSK still taken"):
            groups = ["-groups", "X25519:P-256"]
            peers.openssl_client(pki, server.port, groups + ["-sess_out", session])
            server.facts()
            peers.openssl_client(pki, server.port, groups + ["-sess_in", session, "-early_data", request])
            expect(server.facts()[0], resumed="psk", early_data="rejected")


def our_client(tool, pki, table):
    request = written(pki.folder, "client-request", peers.REQUEST.replace(b"/json", b"/"))
    makers = {
        "openssl": lambda: peers.openssl_server(pki, "ecdsa-p256"),
        "gnutls": lambda: peers.gnutls_server(pki, "ecdsa-p256"),
    }
    for peer, make in makers.items():
        session = pki.path(f"{peer}.kept")
        with make() as server, table.row(f"our client, {peer} server: resumed by PSK"):
            expect(peers.our_client(tool, pki, server.port, ONLY13 + ["--session", session]), resumed="no")
            for _ in range(2):
                expect(peers.our_client(tool, pki, server.port, ONLY13 + ["--session", session]), resumed="psk")
    port = peers.free_port()
    # gnutls-serv --http takes no request out of early data and waits for one: an echo server ends with our close_notify.
    echo_port = peers.free_port()
    echo = ["gnutls-serv", "--echo", "--port", str(echo_port), "--x509certfile", pki.chain("ecdsa-p256"), "--x509keyfile", pki.key("ecdsa-p256"),
            "--disable-client-cert", "--earlydata", "--maxearlydata=4096"]
    gnutls = peers.Server("gnutls-serv", echo, port=echo_port, ready=rb"listening on IPv4 [^\n]*done")
    with gnutls as server, table.row("our client, gnutls server: early data"):
        session = pki.path("gnutls-early.kept")
        talk(tool, pki, server.port, ["--session", session])
        done = talk(tool, pki, server.port, ["--session", session, "--early-data", request])
        if b"early data accepted" not in done.stderr:
            raise peers.PeerError(f"early data was not accepted: {done.stderr!r}")
    command = ["openssl", "s_server", "-accept", f"127.0.0.1:{port}", "-cert", pki.chain("ecdsa-p256"), "-cert_chain", pki.chain("ecdsa-p256"),
               "-key", pki.key("ecdsa-p256"), "-early_data", "-max_early_data", "4096"]
    with peers.Server("openssl s_server", command, port=port, ready=rb"ACCEPT") as server, table.row("our client, openssl server: early data"):
        session = pki.path("openssl-early.kept")
        hello = written(pki.folder, "hello", b"hello early\n")
        talk(tool, pki, port, ["--session", session])
        done = talk(tool, pki, port, ["--session", session, "--early-data", hello])
        if b"early data accepted" not in done.stderr:
            raise peers.PeerError(f"early data was not accepted: {done.stderr!r}")


if __name__ == "__main__":
    run_matrix(__doc__, our_server, our_client)
