"""The embedding story, end to end: install, find_package, 25 lines, a real connection. packages.py has the rest of what is installed."""
import argparse
import os
import signal
import socket
import ssl
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "interop"))
import peers  # noqa: E402


def run(*command, **options):
    done = subprocess.run(command, capture_output=True, text=True, timeout=peers.scaled(500), **options)
    if done.returncode != 0:
        sys.exit(f"{' '.join(command)}\n{done.stdout}\n{done.stderr}")
    return done.stdout


def main():
    parser = argparse.ArgumentParser()
    for name in ("cmake", "build", "source", "compiler", "flags", "tool"):
        parser.add_argument("--" + name, required=True)
    a = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        prefix, out = os.path.join(folder, "prefix"), os.path.join(folder, "examples")
        run(a.cmake, "--install", a.build, "--prefix", prefix)
        run(a.cmake, "-S", os.path.join(a.source, "examples"), "-B", out, "-G", "Ninja", "-DCMAKE_PREFIX_PATH=" + prefix, "-DCMAKE_CXX_COMPILER=" + a.compiler,
            "-DCMAKE_CXX_FLAGS=" + a.flags, "-DCMAKE_BUILD_TYPE=Debug")
        run(a.cmake, "--build", out)
        talk(a, out, os.path.join(folder, "pki"))
    print("1 passed, 0 failed")


def echo(port, root):
    """Python's own TLS (OpenSSL) sends 100,000 bytes and gets them back."""
    text = os.urandom(100_000)
    context = ssl.create_default_context(cafile=root)
    with socket.create_connection(("127.0.0.1", port), timeout=peers.scaled(20)) as plain, context.wrap_socket(plain, server_hostname="localhost") as tls:
        back = b""
        for at in range(0, len(text), 5000):
            tls.sendall(text[at:at + 5000])
            while len(back) < at + 5000:
                piece = tls.recv(65536)
                if not piece:
                    return False
                back += piece
        return back == text


def talk(a, out, folder):
    pki = peers.Pki(a.tool, folder)
    chain, key = pki.chain("ecdsa-p256"), pki.key("ecdsa-p256")
    for example in ("server", "poll_echo", "live_echo"):
        command = [os.path.join(out, example), "0", chain, key]
        with peers.Server(example, command, ready=rb"listening on \S+:(\d+)") as server:
            if echo(server.port, pki.root) is not True:
                sys.exit(f"{example} did not echo what it was sent")
            if example == "live_echo":
                server.process.send_signal(signal.SIGHUP)
                if echo(server.port, pki.root) is not True or echo(server.port, pki.root) is not True:
                    sys.exit("live_echo did not echo after SIGHUP")
    with peers.our_server(a.tool, pki) as server:
        if "HTTP/1.1 200" not in run(os.path.join(out, "client"), "127.0.0.1", str(server.port), pki.root):
            sys.exit("the example client got no page from sallyport server")


if __name__ == "__main__":
    main()
