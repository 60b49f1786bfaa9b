"""tests/bogo/run takes a runner that was built beforehand, and builds nothing: against a runner of our own that only reports."""
import os
import pathlib
import subprocess
import sys
import tempfile

SOURCE = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(SOURCE / "tests" / "interop"))
from table import Table  # noqa: E402

# Says that one case passed, and one did what ACTUAL says.
RUNNER = """#!/bin/sh
while [ $# -gt 0 ]; do
  [ "$1" = -json-output ] && out=$2
  [ "$1" = -shim-path ] && shim=$2
  shift
done
[ -x "$shim" ] || exit 9
echo '{"tests": {"Basic-Client": {"actual": "PASS"}, "Resume-Server": {"actual": "'$ACTUAL'"}}}' >"$out"
"""


class Tree:
    def __init__(self, folder):
        self.folder = pathlib.Path(folder)
        self.runner = self.folder / "ssl" / "test" / "runner" / "runner.test"
        self.shim = self.program(self.folder / "shim", "#!/bin/sh\n")
        # A compiler would be found here first, and leave a mark.
        self.program(self.folder / "bin" / "go", f"#!/bin/sh\ntouch {self.folder / 'go-was-called'}\n")

    @staticmethod
    def program(path, text):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        path.chmod(0o755)
        return path

    def play(self, actual="PASS", **more):
        environment = dict(os.environ, PATH=f"{self.folder / 'bin'}:{os.environ['PATH']}", ACTUAL=actual, SALLYPORT_SHIM=str(self.shim), **more)
        done = subprocess.run([sys.executable, "-B", SOURCE / "tests" / "bogo" / "run", self.folder, "*"], env=environment,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        if (self.folder / "go-was-called").exists():
            raise RuntimeError("it compiled something")
        return done.returncode, done.stdout


def expect(done, status, *words):
    if done[0] != status or any(str(word) not in done[1] for word in words):
        raise RuntimeError(f"status {done[0]}, not {status}, or {words} is missing in\n{done[1]}")


def rows(table):
    with table.row("a folder that is no source tree"), tempfile.TemporaryDirectory() as folder:
        expect(Tree(folder).play(), 2, "no BoringSSL source tree", folder)
    with table.row("a tree without a runner: which file is missing, how it is built, how another is named"), tempfile.TemporaryDirectory() as folder:
        tree = Tree(folder)
        tree.runner.parent.mkdir(parents=True)
        expect(tree.play(), 2, f"there is no program {tree.runner}", "go test -c", "SALLYPORT_BOGO_RUNNER")
    with table.row("the tree's runner is used: 0 when all pass, 1 when one fails"), tempfile.TemporaryDirectory() as folder:
        tree = Tree(folder)
        tree.program(tree.runner, RUNNER)
        expect(tree.play(), 0, "| **all** | 2 | 0 | 0 |")
        expect(tree.play(actual="FAIL"), 1, "| **all** | 1 | 1 | 0 |")
    with table.row("another runner is used where it is named; one that is not there is told"), tempfile.TemporaryDirectory() as folder:
        tree = Tree(folder)
        tree.runner.parent.mkdir(parents=True)
        elsewhere = tree.program(tree.folder / "elsewhere", RUNNER)
        expect(tree.play(SALLYPORT_BOGO_RUNNER=str(elsewhere)), 0, "| **all** | 2 | 0 | 0 |")
        expect(tree.play(SALLYPORT_BOGO_RUNNER=str(tree.folder / "nowhere")), 2, tree.folder / "nowhere")
    with table.row("no shim: told before anything is run"), tempfile.TemporaryDirectory() as folder:
        tree = Tree(folder)
        tree.program(tree.runner, RUNNER)
        tree.shim.unlink()
        expect(tree.play(), 2, f"there is no program {tree.shim}", "script/build release bogo_shim")


if __name__ == "__main__":
    t = Table()
    rows(t)
    sys.exit(t.finish())
