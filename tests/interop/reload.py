"""`sallyport server` reloads: by SIGHUP and when files change, while OpenSSL's client and ours come and go. A bad file
changes nothing, key and certificate are taken as a pair, sessions go on, and SIGTERM ends it in order."""
import os
import pty
import re
import shutil
import signal
import socket
import ssl
import subprocess
import tempfile
import threading
import time

import peers
from table import run_matrix
from time_scale import scaled  # found by peers

def expect(value, wanted, what):
    if value != wanted:
        raise peers.PeerError(f"{what}: {value!r}, not {wanted!r}")


KINDS = ("ecdsa-p256", "ecdsa-p384", "ed25519")


class Site:
    """Files of a server that change, and what it says on its standard error."""

    def __init__(self, tool, pki, folder):
        self.tool, self.pki, self.folder = tool, pki, folder
        os.makedirs(folder)
        self.cert, self.key = os.path.join(folder, "cert.pem"), os.path.join(folder, "key.pem")
        self.put("ecdsa-p256")

    def put(self, leaf, cert=True, key=True):
        """As careful tools do: written beside, renamed over."""
        for wanted, source, target in ((cert, self.pki.chain(leaf), self.cert), (key, self.pki.key(leaf), self.key)):
            if wanted:
                shutil.copy(source, target + ".new")
                os.rename(target + ".new", target)

    def serve(self, options=()):
        return Reloading([self.tool, "server", "--listen", "127.0.0.1:0", "--cert", self.cert, "--key", self.key, *options])


class Reloading:
    """A server whose lines are read while it runs."""

    def __init__(self, command):
        self.command, self.lines, self.changed = command, [], threading.Condition()

    def __enter__(self):
        self.process = subprocess.Popen(self.command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE,
                                        start_new_session=True, text=True)
        self.reader = threading.Thread(target=self._read, daemon=True)
        self.reader.start()
        self.port = int(re.search(r":(\d+)$", self.said(r"listening on ")).group(1))
        return self

    def _read(self):
        for line in self.process.stderr:
            with self.changed:
                self.lines.append(line.rstrip("\n"))
                self.changed.notify_all()

    def said(self, pattern, seconds=10, since=0):
        """The first line behind the `since`-th that has it; waits for it."""
        end = time.monotonic() + scaled(seconds)
        with self.changed:
            while True:
                for line in self.lines[since:]:
                    if re.search(pattern, line):
                        return line
                left = end - time.monotonic()
                if left <= 0:
                    raise peers.PeerError(f"the server did not say {pattern!r} but {self.lines[since:]}")
                self.changed.wait(left)

    def count(self, pattern):
        with self.changed:
            return sum(bool(re.search(pattern, line)) for line in self.lines)

    def so_far(self):
        with self.changed:
            return len(self.lines)

    def hup(self):
        self.process.send_signal(signal.SIGHUP)

    def end(self, how=signal.SIGTERM):
        self.process.send_signal(how)
        status = self.process.wait(scaled(15))
        self.reader.join(scaled(15))
        return status

    def __exit__(self, *_):
        if self.process.poll() is None:
            os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()
        self.process.stderr.close()


def shown(port):
    """DER of the leaf that a client is shown now."""
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    with socket.create_connection(("127.0.0.1", port), scaled(10)) as plain, context.wrap_socket(plain, server_hostname="localhost") as tls:
        return tls.getpeercert(True)


def leaf_of(pki, leaf):
    with open(pki.chain(leaf), encoding="ascii") as file:
        text = file.read()
    end = "-----END CERTIFICATE-----"
    return ssl.PEM_cert_to_DER_cert(text[:text.index(end) + len(end)] + "\n")


def check_shown(pki, server, leaf):
    expect(shown(server.port) == leaf_of(pki, leaf), True, f"{leaf} is shown")


def check_sent_away(tls, alert):
    """Reads until the end, which is this alert."""
    try:
        tls.settimeout(scaled(10))
        while tls.recv(65536):
            pass
        said = "none"
    except ssl.SSLError as e:
        said = str(e)
    expect(alert in said.upper().replace(" ", "_"), True, said)


def hang_up(tool, pki, folder):
    """SIGHUP: what is good is taken, what is bad is told with its file and changes nothing."""
    site = Site(tool, pki, os.path.join(folder, "hup"))
    with site.serve(["--no-watch"]) as server:
        check_shown(pki, server, "ecdsa-p256")
        site.put("ed25519")
        server.hup()
        line = server.said("reloaded: ")
        for part in (site.cert, site.key, "changed", "ends in", "configuration 2"):
            expect(part in line, True, f"{part} in {line!r}")
        check_shown(pki, server, "ed25519")
        since = server.so_far()
        server.hup()
        server.said("reloaded: nothing has changed", since=since)
        for wrong in ("garbage\n", ""):
            with open(site.cert, "w", encoding="ascii") as file:
                file.write(wrong)
            since = server.so_far()
            server.hup()
            line = server.said("not reloaded: ", since=since)
            expect(site.cert in line and "configuration 2 stays in force" in line, True, line)
            check_shown(pki, server, "ed25519")
        os.unlink(site.key)
        since = server.so_far()
        server.hup()
        line = server.said("not reloaded: ", since=since)
        check_shown(pki, server, "ed25519")
        site.put("ecdsa-p384")
        server.hup()
        server.said("reloaded: .*configuration 3")
        check_shown(pki, server, "ecdsa-p384")
        expect(server.end(), 0, "status")


def pair_by_pair(tool, pki, folder):
    """A certificate whose key comes a moment later is waited for; one whose key does not come is told, and nothing changes."""
    site = Site(tool, pki, os.path.join(folder, "pair"))
    with site.serve() as server:
        site.put("ed25519", key=False)
        time.sleep(0.3)
        site.put("ed25519", cert=False)
        server.said("reloaded: .*configuration 2")
        expect(server.count("not reloaded"), 0, "complaints")
        check_shown(pki, server, "ed25519")
        site.put("ecdsa-p384", cert=False)
        line = server.said("not reloaded: ")
        expect(site.cert in line and site.key in line, True, line)
        check_shown(pki, server, "ed25519")
        site.put("ecdsa-p384")
        server.said("reloaded: .*configuration 3")
        check_shown(pki, server, "ecdsa-p384")


def links(tool, pki, folder):
    """As certbot and Kubernetes change files: by links, to a file or to a folder, and by a folder that is moved into place."""
    place = os.path.join(folder, "links")
    archive, live = os.path.join(place, "archive"), os.path.join(place, "live")
    os.makedirs(archive)
    os.makedirs(live)
    for n, leaf in enumerate(KINDS):
        os.makedirs(os.path.join(place, f"set{n}"))
        for source, name in ((pki.chain(leaf), "cert"), (pki.key(leaf), "key")):
            shutil.copy(source, os.path.join(archive, f"{name}{n}.pem"))
            shutil.copy(source, os.path.join(place, f"set{n}", f"{name}.pem"))

    def certbot(n):
        for name in ("cert", "key"):
            path = os.path.join(live, f"{name}.pem")
            if os.path.lexists(path):
                os.unlink(path)
            os.symlink(f"../archive/{name}{n}.pem", path)

    def kubernetes(n):
        data = os.path.join(place, "..data")
        os.symlink(f"set{n}", data + "_tmp")
        os.rename(data + "_tmp", data)

    certbot(0)
    kubernetes(0)
    moved = os.path.join(place, "moved")
    shutil.copytree(os.path.join(place, "set0"), moved)

    def renamed(n):
        shutil.copytree(os.path.join(place, f"set{n}"), moved + ".new")
        os.rename(moved, moved + f".old{n}")
        os.rename(moved + ".new", moved)

    for base, change in ((live, certbot), (os.path.join(place, "..data"), kubernetes), (moved, renamed)):
        command = [tool, "server", "--listen", "127.0.0.1:0", "--cert", os.path.join(base, "cert.pem"), "--key", os.path.join(base, "key.pem")]
        with Reloading(command) as server:
            check_shown(pki, server, KINDS[0])
            for n in (1, 2, 1):
                since = server.so_far()
                change(n)
                server.said("reloaded: ", since=since)
                check_shown(pki, server, KINDS[n])
                if change is renamed:
                    shutil.rmtree(moved + f".old{n}")
            expect(server.count("not reloaded"), 0, "complaints")


def in_place(tool, pki, folder):
    """Written over byte by byte, within the time that files are given to settle."""
    site = Site(tool, pki, os.path.join(folder, "in_place"))
    with site.serve() as server:
        for path, source in ((site.key, pki.key("ed25519")), (site.cert, pki.chain("ed25519"))):
            with open(source, "rb") as file:
                text = file.read()
            with open(path, "wb", buffering=0) as file:
                for at in range(0, len(text), 200):
                    file.write(text[at:at + 200])
                    time.sleep(0.02)
        server.said("reloaded: .*configuration 2")
        expect(server.count("reloaded"), 1, "lines")
        check_shown(pki, server, "ed25519")


def sessions_go_on(tool, pki, folder):
    """OpenSSL's client resumes in both versions what it was given before a reload, and ours too, early data included."""
    site = Site(tool, pki, os.path.join(folder, "sessions"))
    options = ["--early-data", "1024", "--json"]
    with site.serve(options) as server:
        kept = {}
        for version in ("-tls1_2", "-tls1_3"):
            kept[version] = os.path.join(folder, f"session{version}")
            peers.openssl_client(pki, server.port, [version, "-sess_out", kept[version]])
        store = os.path.join(folder, "our-sessions")
        ours = ["--session", store]
        expect(peers.our_client(tool, pki, server.port, ours)["resumed"], "no", "first")
        site.put("ed25519")
        server.hup()
        server.said("reloaded: .*configuration 2")
        for version, path in kept.items():
            said = peers.openssl_client(pki, server.port, [version, "-sess_in", path])
            expect(b"Reused, " in said, True, f"{version} resumed")
        expect(peers.our_client(tool, pki, server.port, ours)["resumed"], "psk", "ours")
        check_shown(pki, server, "ed25519")
        expect(server.end(signal.SIGINT), 0, "status")
        expect(server.count("replay guard: "), 1, "the replay guard's counts")


def clients_authority(tool, pki, folder):
    """An authority of clients is taken away: who is connected is sent away with --recheck-open, and nobody of it comes in again."""
    site = Site(tool, pki, os.path.join(folder, "clients"))
    roots = os.path.join(site.folder, "clients.pem")
    other = peers.Pki(tool, os.path.join(folder, "other-pki"))
    with open(roots, "w", encoding="ascii") as file:
        file.write(open(pki.root, encoding="ascii").read() + open(other.root, encoding="ascii").read())
    with site.serve(["--verify-client", "require", "--client-ca", roots, "--recheck-open"]) as server:
        context = ssl.create_default_context(cafile=pki.root)
        context.load_cert_chain(pki.path("client-chain.pem"), pki.path("client-key.pem"))
        with socket.create_connection(("127.0.0.1", server.port), scaled(10)) as plain, context.wrap_socket(plain, server_hostname="localhost") as tls:
            tls.sendall(b"GET /json HTTP/1.1\r\nHost: localhost\r\n\r\n")
            expect(tls.recv(65536).startswith(b"HTTP/1.1 200"), True, "an answer")
            session = tls.session
            shutil.copy(other.root, roots + ".new")
            os.rename(roots + ".new", roots)
            server.said("reloaded: .*clients.pem.*configuration 2")
            server.said("while it was connected")
            check_sent_away(tls, "UNKNOWN_CA")
        try:
            with socket.create_connection(("127.0.0.1", server.port), scaled(10)) as plain, \
                    context.wrap_socket(plain, server_hostname="localhost", session=session) as tls:
                tls.sendall(b"GET /json HTTP/1.1\r\nHost: localhost\r\n\r\n")
                came_in = tls.recv(65536).startswith(b"HTTP/1.1 200")
        except OSError:
            came_in = False
        expect(came_in, False, "came in")


def revoked_client(tool, pki, folder):
    """A client's certificate is put on the CRL: it comes in no more, neither by what it resumes with nor by a full handshake, and with
    --recheck-open it is sent away."""
    site = Site(tool, pki, os.path.join(folder, "revoked"))
    crl = os.path.join(site.folder, "crl.pem")
    shutil.copy(pki.path("intermediate-crl.pem"), crl)
    mine = ["-cert", pki.path("client-chain.pem"), "-cert_chain", pki.path("client-chain.pem"), "-key", pki.path("client-key.pem")]
    options = ["--verify-client", "require", "--client-ca", pki.root, "--crl", crl, "--crl-policy", "require-leaf", "--early-data", "1024"]
    with site.serve([*options, "--recheck-open", "--no-watch"]) as server:
        kept = {}
        for version in ("-tls1_2", "-tls1_3"):
            for ticket in ((), ("-no_ticket",)) if version == "-tls1_2" else ((),):
                kept[version, ticket] = os.path.join(folder, "session" + version + "".join(ticket))
                peers.openssl_client(pki, server.port, [version, *ticket, *mine, "-sess_out", kept[version, ticket]])
        for (version, ticket), path in kept.items():
            said = peers.openssl_client(pki, server.port, [version, *ticket, *mine, "-sess_in", path])
            expect(b"Reused, " in said, True, f"{version} {ticket} resumed")
        store = os.path.join(folder, "our-sessions")
        ours = ["--cert", pki.path("client-chain.pem"), "--key", pki.path("client-key.pem"), "--session", store]
        for resumed in ("no", "psk"):
            expect(peers.our_client(tool, pki, server.port, ours)["resumed"], resumed, "ours")
        context = ssl.create_default_context(cafile=pki.root)
        context.load_cert_chain(pki.path("client-chain.pem"), pki.path("client-key.pem"))
        with socket.create_connection(("127.0.0.1", server.port), scaled(10)) as plain, context.wrap_socket(plain, server_hostname="localhost") as tls:
            tls.sendall(b"GET /json HTTP/1.1\r\nHost: localhost\r\n\r\n")
            expect(tls.recv(65536).startswith(b"HTTP/1.1 200"), True, "an answer")
            shutil.copy(pki.path("client-revoked-crl.pem"), crl)
            server.hup()
            server.said("reloaded: .*crl.pem.*configuration 2")
            server.said("while it was connected")
            check_sent_away(tls, "CERTIFICATE_REVOKED")
        before = server.so_far()
        attempts = [(f"{version} {ticket} {how}", lambda v=version, t=ticket, m=more: peers.openssl_client(pki, server.port, [v, *t, *mine, *m]))
                    for (version, ticket), path in kept.items() for how, more in (("resumes", ("-sess_in", path)), ("anew", ()))]
        attempts += [(f"ours {how}", lambda m=more: peers.our_client(tool, pki, server.port, m))
                     for how, more in (("resumes", ours), ("early", [*ours, "--get-early"]), ("anew", ours[:4]))]
        for what, attempt in attempts:
            try:
                attempt()
                came_in = True
            except peers.PeerError:
                came_in = False
            expect(came_in, False, f"{what}: came in")
        server.said("was revoked", since=before)
        expect(server.count("was revoked") >= len(attempts), True, f"each was refused as revoked: {server.lines[before:]}")


def under_load(tool, pki, folder):
    """SIGHUP after SIGHUP while files change, and clients that none of it may disturb."""
    site = Site(tool, pki, os.path.join(folder, "load"))
    trouble, done, over = [], [0], threading.Event()
    store = os.path.join(folder, "load-sessions")

    def come(visit):
        while not over.is_set():
            try:
                visit()
                done[0] += 1
            except Exception as e:  # pylint: disable=broad-except  (told by the main thread)
                trouble.append(str(e))
                return

    with site.serve() as server:
        sessions = {}

        def quick(version):
            mine = ssl.create_default_context(cafile=pki.root)
            mine.minimum_version = mine.maximum_version = version

            def visit():
                with socket.create_connection(("127.0.0.1", server.port), scaled(10)) as plain, \
                        mine.wrap_socket(plain, server_hostname="localhost", session=sessions.get(version)) as tls:
                    tls.sendall(b"GET /json HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
                    text = b""
                    while piece := tls.recv(65536):
                        text += piece
                    expect(text.startswith(b"HTTP/1.1 200"), True, "an answer")
                    sessions[version] = tls.session
            return visit

        visits = [quick(ssl.TLSVersion.TLSv1_2), quick(ssl.TLSVersion.TLSv1_3), lambda: peers.openssl_client(pki, server.port),
                  lambda: peers.our_client(tool, pki, server.port, ["--session", store])]
        threads = [threading.Thread(target=come, args=(visit,)) for visit in visits]
        for thread in threads:
            thread.start()
        # For five seconds, and as long as it takes a busy machine to reload a few times.
        begun, n = time.monotonic(), 0
        while not trouble and time.monotonic() < begun + scaled(60):
            if time.monotonic() > begun + 5 and server.count("reloaded: .*changed") > 3:
                break
            n += 1
            site.put(KINDS[n % len(KINDS)], key=False)
            if n % 2:
                time.sleep(0.01)
            server.hup()
            site.put(KINDS[n % len(KINDS)], cert=False)
            server.hup()
            time.sleep(0.05)
        over.set()
        for thread in threads:
            thread.join()
        expect(trouble, [], "trouble")
        expect(server.count("reloaded: .*changed") > 3, True, f"reloads, of {server.lines[-3:]}")
        # At rest the last pair is in force.
        server.said("configuration")
        site.put("ecdsa-p384")
        since = server.so_far()
        server.hup()
        server.said("reloaded: ", since=since)
        check_shown(pki, server, "ecdsa-p384")
        expect(server.end(), 0, "status")
        print(f"{done[0]} visits, {server.count('reloaded: .*changed')} reloads", flush=True)


def ends_in_order(tool, pki, folder):
    """SIGTERM and SIGINT: who is connected and asks for nothing is told by close_notify."""
    site = Site(tool, pki, os.path.join(folder, "ends"))
    for how in (signal.SIGTERM, signal.SIGINT):
        with site.serve() as server:
            context = ssl.create_default_context(cafile=pki.root)
            with socket.create_connection(("127.0.0.1", server.port), scaled(10)) as plain, context.wrap_socket(plain, server_hostname="localhost") as tls:
                tls.sendall(b"GET /json HTTP/1.1\r\nHost: localhost\r\n\r\n")
                expect(tls.recv(65536).startswith(b"HTTP/1.1 200"), True, "an answer")
                server.process.send_signal(how)
                tls.settimeout(scaled(10))
                while tls.recv(65536):  # an end without close_notify would be an SSLError
                    pass
            expect(server.process.wait(scaled(15)), 0, "status")


def pipes(tool, pki, folder):
    """A key or a password that came through a named pipe: SIGHUP says that it does not come again, and SIGTERM ends the server."""
    place = os.path.join(folder, "pipes")
    os.makedirs(place)
    pipe, locked = os.path.join(place, "pipe"), os.path.join(place, "locked.pem")
    os.mkfifo(pipe)
    peers.run(["openssl", "pkcs8", "-topk8", "-in", pki.key("ecdsa-p256"), "-out", locked, "-passout", "pass:secret"])
    with open(pki.key("ecdsa-p256"), "rb") as file:
        key = file.read()
    for text, options in ((key, ["--key", pipe]), (b"secret\n", ["--key", locked, "--key-password-file", pipe])):
        cert = os.path.join(place, "cert.pem")
        shutil.copy(pki.chain("ecdsa-p256"), cert)

        def feed(text=text):
            with open(pipe, "wb") as file:
                file.write(text)

        writer = threading.Thread(target=feed, daemon=True)
        writer.start()
        with Reloading([tool, "server", "--listen", "127.0.0.1:0", "--cert", cert, *options]) as server:
            writer.join(scaled(10))
            check_shown(pki, server, "ecdsa-p256")
            server.hup()
            line = server.said("reloaded: nothing has changed")
            expect(f"'{pipe}' cannot be read again" in line, True, line)
            with open(cert, "a", encoding="ascii") as file:
                file.write("\n")
            since = server.so_far()
            server.hup()
            line = server.said("not reloaded: ", since=since)
            expect(f"'{pipe}' cannot be read again" in line and "configuration 1 stays in force" in line, True, line)
            check_shown(pki, server, "ecdsa-p256")
            expect(server.end(), 0, "status")


def closed_terminal(tool, pki, folder):
    """SIGHUP of a terminal that is gone ends the server: nobody could stop it any more who does not look for it."""
    site = Site(tool, pki, os.path.join(folder, "terminal"))
    child, terminal = pty.fork()
    if child == 0:
        os.execv(tool, [tool, "server", "--listen", "127.0.0.1:0", "--cert", site.cert, "--key", site.key])
    text = b""
    while b"listening on" not in text:
        text += os.read(terminal, 4096)
    os.kill(child, signal.SIGHUP)  # with the terminal still there
    while b"reloaded: nothing has changed" not in text:
        text += os.read(terminal, 4096)
    os.close(terminal)
    end = time.monotonic() + scaled(10)
    while (done := os.waitpid(child, os.WNOHANG)) == (0, 0) and time.monotonic() < end:
        time.sleep(0.05)
    if done == (0, 0):
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
    expect(done, (child, 0), "the server's end")


def reload(tool, pki, table):
    for row in (hang_up, pair_by_pair, links, in_place, sessions_go_on, clients_authority, revoked_client, under_load, ends_in_order, pipes, closed_terminal):
        with table.row(row.__name__.replace("_", " ")), tempfile.TemporaryDirectory() as folder:
            row(tool, pki, folder)


if __name__ == "__main__":
    run_matrix(__doc__, reload)
