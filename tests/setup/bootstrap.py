"""script/bootstrap: what it prints, against an apt of our own that installs nothing."""
import os
import pathlib
import subprocess
import sys
import tempfile

SOURCE = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(SOURCE / "tests" / "interop"))
from table import Table  # noqa: E402

APT_GET = """#!/bin/sh
echo "$@" >>"$CALLS"
for i in 1 2 3 4 5 6 7 8 9 10; do echo "Unpacking package $i ..."; echo "debconf: a warning $i" >&2; done
case "$1" in update) exit "${UPDATE:-0}" ;; *) exit "${INSTALL:-0}" ;; esac
"""


class Machine:
    """A folder of programs that stand before the real ones: what is installed, and how apt fares."""

    def __init__(self, folder, installed, botan3=False):
        self.folder = pathlib.Path(folder)
        self.calls = self.folder / "calls"
        self.program("apt-get", APT_GET)
        self.program("apt-cache", f"#!/bin/sh\nexit {0 if botan3 else 100}\n")
        self.program("sudo", '#!/bin/sh\nexec "$@"\n')
        self.program("dpkg-query", "#!/bin/sh\n" + ("printf 'ii '\n" if installed else "exit 1\n"))

    def program(self, name, text):
        path = self.folder / name
        path.write_text(text)
        path.chmod(0o755)

    def bootstrap(self, *options, **more):
        """Status, everything that is printed, and what apt-get was told to do."""
        environment = dict(os.environ, PATH=f"{self.folder}:{os.environ['PATH']}", CALLS=str(self.calls), **more)
        done = subprocess.run([SOURCE / "script" / "bootstrap", *options], env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        return done.returncode, done.stdout.splitlines(), self.calls.read_text().splitlines() if self.calls.exists() else []


def expect(what, found, holds):
    if not holds:
        raise RuntimeError(f"{what}: {found!r}")


def rows(table):
    with table.row("all is there: nothing is done, nothing is said"), tempfile.TemporaryDirectory() as folder:
        done = Machine(folder, installed=True).bootstrap()
        expect("bootstrap", done, done == (0, [], []))
    with table.row("something is missing: one line says what, whatever apt prints"), tempfile.TemporaryDirectory() as folder:
        status, said, calls = Machine(folder, installed=False).bootstrap()
        expect("status and lines", (status, said), status == 0 and len(said) == 1 and said[0].startswith("script/bootstrap: installing g++ "))
        expect("calls", calls, [call.split()[0] for call in calls] == ["update", "install"] and "--no-install-recommends" in calls[1])
        expect("what PKCS#11 needs, to build and to be tried", calls[1], " libp11-kit-dev" in calls[1] and " softhsm2" in calls[1])
        expect("a service is installed", calls[1], " redis-tools" in calls[1] and "redis-server" not in calls[1])
    for botan3, wanted in ((False, "libbotan-2-dev"), (True, "libbotan-3-dev")):
        with table.row(f"{wanted} where apt has {'Botan 3' if botan3 else 'no Botan 3'}"), tempfile.TemporaryDirectory() as folder:
            _, said, calls = Machine(folder, installed=False, botan3=botan3).bootstrap()
            expect("packages", (said, calls), wanted in said[0] and calls[1].endswith(wanted) and "Botan" not in calls[1].split())
    for failing in ("UPDATE", "INSTALL"):
        with table.row(f"apt-get {failing.lower()} fails: its words are shown, and which command it was"), tempfile.TemporaryDirectory() as folder:
            status, said, _ = Machine(folder, installed=False).bootstrap(**{failing: "100"})
            expect("status", status, status == 1)
            expect("lines", said, "Unpacking package 10 ..." in said and "debconf: a warning 1" in said and f"apt-get {failing.lower()}" in said[-1])
    with table.row("an option that is none"), tempfile.TemporaryDirectory() as folder:
        status, said, calls = Machine(folder, installed=False).bootstrap("--all")
        expect("refusal", (status, said, calls), status == 1 and "--all" in said[0] and calls == [])


if __name__ == "__main__":
    t = Table()
    rows(t)
    sys.exit(t.finish())
