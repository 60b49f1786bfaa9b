"""TLS 1.3 with real peers: 3 suites x 3 groups x 4 certificate kinds x {openssl, gnutls} x both roles, HelloRetryRequest, client
certificates, refusals; staples of both versions."""
import peers
from table import expect, run_matrix


def our_client_with_servers(tool, pki, table):
    makers = {"openssl": lambda leaf: peers.openssl_server(pki, leaf), "gnutls": lambda leaf: peers.gnutls_server(pki, leaf)}
    for peer, make in makers.items():
        for leaf in peers.LEAVES:
            with make(leaf) as server:
                for suite in peers.SUITES13:
                    for group in peers.GROUPS:
                        with table.row(f"our client, {peer} server, {suite}, {group}, {leaf}"):
                            facts = peers.our_client(tool, pki, server.port, ["--ciphers", suite, "--groups", group, "--min-version", "1.3"])
                            expect(facts, version="TLS 1.3", suite=suite, group=group, signature_scheme=peers.SCHEMES[leaf][0])


def our_server_with_clients(tool, pki, table):
    with peers.our_server(tool, pki) as server:
        for leaf, (scheme, gnutls_scheme) in peers.SCHEMES.items():
            for suite, gnutls_cipher in peers.SUITES13.items():
                for group, (openssl_group, gnutls_group) in peers.GROUPS.items():
                    with table.row(f"openssl client, our server, {suite}, {group}, {leaf}"):
                        peers.openssl_client(pki, server.port, ["-tls1_3", "-ciphersuites", suite, "-groups", openssl_group, "-sigalgs", scheme])
                        expect(server.facts()[0], suite=suite, group=group, signature_scheme=scheme)
                    with table.row(f"gnutls client, our server, {suite}, {group}, {leaf}"):
                        priority = f"NONE:+VERS-TLS1.3:+AEAD:+SHA256:+SHA384:{gnutls_cipher}:+{gnutls_group}:+SIGN-{gnutls_scheme}:+CTYPE-ALL:+COMP-NULL"
                        peers.gnutls_client(pki, server.port, priority=priority)
                        expect(server.facts()[0], suite=suite, group=group, signature_scheme=scheme)


def hello_retry(tool, pki, table):
    for group, (openssl_group, gnutls_group) in peers.GROUPS.items():
        other = next(g for g in peers.GROUPS if g != group)
        with table.row(f"HelloRetryRequest to {group}: our client, openssl server"):
            with peers.openssl_server(pki, "ecdsa-p256", ["-groups", openssl_group]) as server:
                expect(peers.our_client(tool, pki, server.port, ["--groups", f"{other},{group}"]), group=group)
        with table.row(f"HelloRetryRequest to {group}: our client, gnutls server"):
            with peers.gnutls_server(pki, "ecdsa-p256", priority=f"NORMAL:-GROUP-ALL:+{gnutls_group}") as server:
                expect(peers.our_client(tool, pki, server.port, ["--groups", f"{other},{group}"]), group=group)
        with peers.our_server(tool, pki, options=["--groups", group]) as server:
            with table.row(f"HelloRetryRequest to {group}: openssl client, our server"):
                peers.openssl_client(pki, server.port, ["-groups", f"{peers.GROUPS[other][0]}:{openssl_group}"])
                expect(server.facts()[0], group=group)
            with table.row(f"HelloRetryRequest to {group}: gnutls client, our server"):
                peers.gnutls_client(pki, server.port, ["--single-key-share"], priority=f"NORMAL:-VERS-ALL:+VERS-TLS1.3:-GROUP-ALL:+{peers.GROUPS[other][1]}:+{gnutls_group}")
                expect(server.facts()[0], group=group)


def client_certificates(tool, pki, table):
    ours = ["--cert", pki.path("client-chain.pem"), "--key", pki.path("client-key.pem")]
    with table.row("client certificate: our client, openssl server"):
        with peers.openssl_server(pki, "ecdsa-p256", ["-Verify", "3", "-verify_return_error", "-CAfile", pki.root]) as server:
            peers.our_client(tool, pki, server.port, ours)
    with table.row("client certificate: our client, gnutls server"):
        with peers.gnutls_server(pki, "ecdsa-p256", ["--require-client-cert", "--verify-client-cert", "--x509cafile", pki.root]) as server:
            peers.our_client(tool, pki, server.port, ours)
    with peers.our_server(tool, pki, options=["--verify-client", "require", "--client-ca", pki.root]) as server:
        with table.row("client certificate: openssl client, our server"):
            peers.openssl_client(pki, server.port, ["-cert", pki.path("client-chain.pem"), "-cert_chain", pki.path("client-chain.pem"), "-key", pki.path("client-key.pem")])
            server.facts()
        with table.row("client certificate: gnutls client, our server"):
            peers.gnutls_client(pki, server.port, ["--x509certfile", pki.path("client-chain.pem"), "--x509keyfile", pki.path("client-key.pem")])
            server.facts()
        with table.row("client certificate: curl, our server"):
            peers.curl(pki, server.port, ["--cert", pki.path("client-chain.pem"), "--key", pki.path("client-key.pem")])
            server.facts()
        with table.row("client certificate missing: refused with certificate_required"):
            done = peers.run([tool, "client", f"localhost:{server.port}", "--connect", f"127.0.0.1:{server.port}", "--ca", pki.root, "--get", "/"])
            if done.returncode != 3 or b"certificate_required" not in done.stderr:
                raise peers.PeerError(f"ended with {done.returncode}: {done.stderr!r}")


def staples(tool, pki, table):
    """OCSP responses, of both versions: given to clients that ask, and carried to those that verify."""
    good = pki.path("ecdsa-p256-ocsp-good.der")
    with peers.our_server(tool, pki, ["ecdsa-p256"], ["--staple", good]) as server:
        for version in ("-tls1_3", "-tls1_2"):
            with table.row(f"staple: openssl client {version}, our server"):
                said = peers.openssl_client(pki, server.port, [version, "-status"])
                server.facts()
                if b"OCSP Response Status: successful" not in said or b"Cert Status: good" not in said:
                    raise peers.PeerError(f"openssl saw no good staple: {said[:600]!r}")
    with peers.openssl_server(pki, "ecdsa-p256", ["-status_file", good]) as server:
        for version in ("1.3", "1.2"):
            with table.row(f"staple: our client, TLS {version}, openssl server"):
                expect(peers.our_client(tool, pki, server.port, ["--max-version", version]), version=f"TLS {version}", ocsp="good")
    revoked = pki.path("ecdsa-p256-ocsp-revoked.der")
    with peers.openssl_server(pki, "ecdsa-p256", ["-status_file", revoked]) as server:
        for version in ("1.3", "1.2"):
            with table.row(f"staple: our client, TLS {version}, openssl server: revoked is refused"):
                said = peers.our_client(tool, pki, server.port, ["--max-version", version], check=False)
                if said.get("status") != 4 or "certificate_revoked" not in said["error"]:
                    raise peers.PeerError(f"not refused as revoked: {said}")


if __name__ == "__main__":
    run_matrix(__doc__, our_client_with_servers, our_server_with_clients, hello_retry, client_certificates, staples)
