"""TLS 1.2 with real peers: 6 suites x 3 groups x {openssl, gnutls} x both roles, with and without client certificates."""
import peers
from table import expect, run_matrix

GNUTLS12 = "NORMAL:-VERS-ALL:+VERS-TLS1.2"


def our_client_with_servers(tool, pki, table):
    makers = {"openssl": lambda leaf: peers.openssl_server(pki, leaf), "gnutls": lambda leaf: peers.gnutls_server(pki, leaf)}
    for peer, make in makers.items():
        for leaf in peers.LEAVES:
            suites = [suite for suite, (_, _, fits) in peers.SUITES12.items() if fits == leaf]
            with make(leaf) as server:
                for suite in suites:
                    for group in peers.GROUPS:
                        with table.row(f"our client, {peer} server, {suite}, {group}"):
                            # In TLS 1.2 the curve of an ECDSA certificate is a group that must be offered (RFC 8422 §5.1): the others follow.
                            groups = ",".join([group] + [other for other in peers.GROUPS if other != group])
                            facts = peers.our_client(tool, pki, server.port, ["--ciphers", suite, "--groups", groups, "--max-version", "1.2"])
                            expect(facts, version="TLS 1.2", suite=suite, group=group)


def our_server_with_clients(tool, pki, table, options=(), openssl_options=(), gnutls_options=(), words=""):
    for group, (openssl_group, gnutls_group) in peers.GROUPS.items():
        with peers.our_server(tool, pki, options=["--max-version", "1.2", "--groups", group, *options]) as server:
            for suite, (openssl_suite, gnutls_suite, _) in peers.SUITES12.items():
                with table.row(f"openssl client, our server, {suite}, {group}{words}"):
                    peers.openssl_client(pki, server.port, ["-tls1_2", "-cipher", openssl_suite, "-groups", "X25519:P-256:P-384", *openssl_options])
                    expect(server.facts()[0], version="TLS 1.2", suite=suite, group=group)
                with table.row(f"gnutls client, our server, {suite}, {group}{words}"):
                    priority = f"NONE:+VERS-TLS1.2:+AEAD:+SIGN-ALL:+CTYPE-ALL:+COMP-NULL:{gnutls_suite}:+{gnutls_group}:+GROUP-ALL"
                    peers.gnutls_client(pki, server.port, gnutls_options, priority=priority)
                    expect(server.facts()[0], version="TLS 1.2", suite=suite, group=group)


def client_certificates(tool, pki, table):
    chain, key = pki.path("client-chain.pem"), pki.path("client-key.pem")
    ours = ["--max-version", "1.2", "--cert", chain, "--key", key]
    with table.row("client certificate: our client, openssl server"):
        with peers.openssl_server(pki, "ecdsa-p256", ["-tls1_2", "-Verify", "3", "-verify_return_error", "-CAfile", pki.root]) as server:
            expect(peers.our_client(tool, pki, server.port, ours), version="TLS 1.2")
    with table.row("client certificate: our client, gnutls server"):
        with peers.gnutls_server(pki, "ecdsa-p256", ["--require-client-cert", "--verify-client-cert", "--x509cafile", pki.root], GNUTLS12) as server:
            expect(peers.our_client(tool, pki, server.port, ours), version="TLS 1.2")
    our_server_with_clients(tool, pki, table, ["--verify-client", "require", "--client-ca", pki.root],
                            ["-cert", chain, "-cert_chain", chain, "-key", key], ["--x509certfile", chain, "--x509keyfile", key], ", client certificate")


def both_versions(tool, pki, table):
    with peers.our_server(tool, pki) as server:
        with table.row("a server of both versions takes TLS 1.2 from openssl"):
            peers.openssl_client(pki, server.port, ["-tls1_2"])
            expect(server.facts()[0], version="TLS 1.2")
        with table.row("a server of both versions takes TLS 1.3 from curl"):
            peers.curl(pki, server.port)
            expect(server.facts()[0], version="TLS 1.3")
    with table.row("a client of both versions takes TLS 1.2 from openssl"):
        with peers.openssl_server(pki, "rsa-2048", ["-tls1_2"]) as server:
            expect(peers.our_client(tool, pki, server.port), version="TLS 1.2")


if __name__ == "__main__":
    run_matrix(__doc__, our_client_with_servers, our_server_with_clients, client_certificates, both_versions)
