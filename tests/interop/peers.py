"""Real peers on loopback: our own tool, OpenSSL, GnuTLS and curl, each as server or client.

Every process is started with a free port, bounded in time, and ended when its `with` block ends. Facts come from our side's
--json, so that a test can say what must have been negotiated.
"""
import json
import os
import re
import select
import signal
import socket
import subprocess
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
from time_scale import scaled  # noqa: E402

TIMEOUT = scaled(20)  # seconds for one connection, with all that is around it
LEAVES = ("ecdsa-p256", "ecdsa-p384", "ed25519", "rsa-2048")
SCHEMES = {
    "ecdsa-p256": ("ecdsa_secp256r1_sha256", "ECDSA-SECP256R1-SHA256"),
    "ecdsa-p384": ("ecdsa_secp384r1_sha384", "ECDSA-SECP384R1-SHA384"),
    "ed25519": ("ed25519", "EdDSA-Ed25519"),
    "rsa-2048": ("rsa_pss_rsae_sha256", "RSA-PSS-RSAE-SHA256"),
}
SUITES13 = {  # IANA name: GnuTLS priority words
    "TLS_AES_128_GCM_SHA256": "+AES-128-GCM",
    "TLS_AES_256_GCM_SHA384": "+AES-256-GCM",
    "TLS_CHACHA20_POLY1305_SHA256": "+CHACHA20-POLY1305",
}
SUITES12 = {  # IANA name: OpenSSL's, GnuTLS key exchange and cipher, a leaf that fits
    "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256": ("ECDHE-ECDSA-AES128-GCM-SHA256", "+ECDHE-ECDSA:+AES-128-GCM", "ecdsa-p256"),
    "TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384": ("ECDHE-ECDSA-AES256-GCM-SHA384", "+ECDHE-ECDSA:+AES-256-GCM", "ecdsa-p384"),
    "TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256": ("ECDHE-ECDSA-CHACHA20-POLY1305", "+ECDHE-ECDSA:+CHACHA20-POLY1305", "ed25519"),
    "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256": ("ECDHE-RSA-AES128-GCM-SHA256", "+ECDHE-RSA:+AES-128-GCM", "rsa-2048"),
    "TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384": ("ECDHE-RSA-AES256-GCM-SHA384", "+ECDHE-RSA:+AES-256-GCM", "rsa-2048"),
    "TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256": ("ECDHE-RSA-CHACHA20-POLY1305", "+ECDHE-RSA:+CHACHA20-POLY1305", "rsa-2048"),
}
GROUPS = {  # IANA name: OpenSSL's, GnuTLS's
    "x25519": ("X25519", "GROUP-X25519"),
    "secp256r1": ("P-256", "GROUP-SECP256R1"),
    "secp384r1": ("P-384", "GROUP-SECP384R1"),
}


class PeerError(Exception):
    """A peer did not do what it should; the text says which and what it printed."""


class Pki:
    """The throw-away PKI that `sallyport pki` writes."""

    def __init__(self, tool, folder):
        self.folder = folder
        done = subprocess.run([tool, "pki", folder], capture_output=True, text=True, timeout=scaled(60))
        if done.returncode != 0:
            raise PeerError(f"sallyport pki failed: {done.stderr}")

    def path(self, name):
        return os.path.join(self.folder, name)

    @property
    def root(self):
        return self.path("root.pem")

    def chain(self, leaf):
        return self.path(f"{leaf}-chain.pem")

    def key(self, leaf):
        return self.path(f"{leaf}-key.pem")


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


class Server:
    """A server process that listens on 127.0.0.1; `port` is known once the block is entered."""

    def __init__(self, name, command, port=None, ready=None):
        self.name, self.command, self.port, self.ready = name, command, port, ready
        self.text = b""

    def __enter__(self):
        self.process = subprocess.Popen(self.command, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                        stderr=subprocess.STDOUT if self.ready else subprocess.PIPE, start_new_session=True)
        if self.ready is None:
            self._wait_for_port()
        else:
            self._wait_for_words()
        return self

    def _wait_for_words(self):
        """Reads until the pattern says the port, or says that the server is ready on a port that we chose."""
        end = time.monotonic() + TIMEOUT
        while time.monotonic() < end:
            if self._read(self.process.stdout, 0.1) is False:
                break
            match = re.search(self.ready, self.text)
            if match:
                if match.groups():
                    self.port = int(match.group(1))
                return
        self.__exit__()
        raise PeerError(f"{self.name} did not start: {self.text.decode(errors='replace')}")

    def _wait_for_port(self):
        """Our own server: the port is told on stderr, facts go to stdout."""
        end = time.monotonic() + TIMEOUT
        while time.monotonic() < end:
            if self._read(self.process.stderr, 0.1) is False:
                break
            match = re.search(rb"listening on \S+:(\d+)", self.text)
            if match:
                self.port = int(match.group(1))
                return
        self.__exit__()
        raise PeerError(f"{self.name} did not start: {self.text.decode(errors='replace')}")

    def _read(self, pipe, seconds):
        if select.select([pipe], [], [], seconds)[0]:
            piece = os.read(pipe.fileno(), 65536)
            self.text += piece
            return bool(piece)
        return None

    def facts(self, count=1):
        """The next `count` lines of --json that our server prints, one a connection: full handshakes first, for it tells of
        a connection when that ends, and they end in no fixed order."""
        lines = []
        end = time.monotonic() + TIMEOUT
        buffer = getattr(self, "rest", b"")
        while len(lines) < count and time.monotonic() < end:
            while b"\n" in buffer and len(lines) < count:
                line, buffer = buffer.split(b"\n", 1)
                lines.append(json.loads(line))
            if len(lines) < count and select.select([self.process.stdout], [], [], 0.1)[0]:
                piece = os.read(self.process.stdout.fileno(), 65536)
                if not piece:
                    break
                buffer += piece
        self.rest = buffer
        if len(lines) < count:
            raise PeerError(f"{self.name} reported {len(lines)} connections, {count} were made")
        return sorted(lines, key=lambda facts: facts.get("resumed", "no") != "no")

    def __exit__(self, *_):
        if self.process.poll() is None:
            os.killpg(self.process.pid, signal.SIGTERM)
            try:
                self.process.wait(scaled(5))
            except subprocess.TimeoutExpired:
                os.killpg(self.process.pid, signal.SIGKILL)
                self.process.wait()
        for pipe in (self.process.stdin, self.process.stdout, self.process.stderr):
            if pipe:
                pipe.close()


# ---- servers ---------------------------------------------------------------------------------------------------


def our_server(tool, pki, leaves=LEAVES, options=()):
    command = [tool, "server", "--listen", "127.0.0.1:0", "--json"]
    for leaf in leaves:
        command += ["--cert", pki.chain(leaf), "--key", pki.key(leaf)]
    return Server("sallyport server", command + list(options))


def openssl_server(pki, leaf, options=()):
    return Server("openssl s_server", ["openssl", "s_server", "-accept", "127.0.0.1:0", "-cert", pki.chain(leaf), "-cert_chain",
                                       pki.chain(leaf), "-key", pki.key(leaf), "-www", *options], ready=rb"ACCEPT \S+:(\d+)")


def gnutls_server(pki, leaf, options=("--disable-client-cert",), priority="NORMAL:-VERS-ALL:+VERS-TLS1.3:+VERS-TLS1.2"):
    port = free_port()
    return Server("gnutls-serv", ["gnutls-serv", "--http", "--port", str(port), "--x509certfile", pki.chain(leaf), "--x509keyfile",
                                  pki.key(leaf), "--priority", priority, *options], port=port, ready=rb"listening on IPv4 [^\n]*done")


# ---- clients ---------------------------------------------------------------------------------------------------


def run(command, text=b""):
    try:
        done = subprocess.run(command, input=text, capture_output=True, timeout=TIMEOUT)
    except subprocess.TimeoutExpired as late:
        raise PeerError(f"{command[0]} did not end within {TIMEOUT} s: {(late.stdout or b'') + (late.stderr or b'')!r}") from None
    return done


REQUEST = b"GET /json HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"


def our_client(tool, pki, port, options=(), check=True):
    """One GET; the facts of the connection. Our client prints them with --json."""
    done = run([tool, "client", f"localhost:{port}", "--connect", f"127.0.0.1:{port}", "--ca", pki.root, "--get", "/", "--json", *options])
    if check and done.returncode != 0:
        raise PeerError(f"sallyport client ended with {done.returncode}: {done.stderr.decode(errors='replace').strip()}")
    return json.loads(done.stdout) if done.stdout.strip() else {"error": done.stderr.decode(errors="replace"), "status": done.returncode}


def openssl_client(pki, port, options=(), text=REQUEST):
    done = run(["openssl", "s_client", "-connect", f"127.0.0.1:{port}", "-servername", "localhost", "-CAfile", pki.root,
                "-verify_return_error", "-verify_hostname", "localhost", "-ign_eof", *options], text)
    if done.returncode != 0 or b"HTTP/1.1 200" not in done.stdout:
        raise PeerError(f"openssl s_client ended with {done.returncode}: {done.stdout[-600:]!r} {done.stderr[-600:]!r}")
    return done.stdout


def gnutls_client(pki, port, options=(), priority="NORMAL", text=REQUEST):
    done = run(["gnutls-cli", "--port", str(port), "--x509cafile", pki.root, "--sni-hostname", "localhost", "--verify-hostname",
                "localhost", "--priority", priority, *options, "127.0.0.1"], text)
    if done.returncode != 0 or b"HTTP/1.1 200" not in done.stdout:
        raise PeerError(f"gnutls-cli ended with {done.returncode}: {done.stdout[-600:]!r} {done.stderr[-600:]!r}")
    return done.stdout


def curl(pki, port, options=(), path="/json"):
    done = run(["curl", "--silent", "--show-error", "--noproxy", "*", "--cacert", pki.root, "--resolve", f"localhost:{port}:127.0.0.1",
                *options, f"https://localhost:{port}{path}"])
    if done.returncode != 0:
        raise PeerError(f"curl ended with {done.returncode}: {done.stderr.decode(errors='replace').strip()}")
    return done.stdout
