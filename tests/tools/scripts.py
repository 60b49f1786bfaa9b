"""The scripts themselves: each answers --help and does nothing else; shell is clean by shellcheck, where it is installed. And the README's
client is the example that is built and run by the tests."""
import argparse
import pathlib
import shutil
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests" / "support"))
from time_scale import scaled  # noqa: E402

PROGRAMS = ["check", "demo", "fleet", "matrix12", "matrix13", "needs", "resume12", "resume13"]


def run(*command):
    return subprocess.run([str(word) for word in command], capture_output=True, text=True, timeout=scaled(60))


def is_python(script):
    return "python" in script.read_text().split("\n", 1)[0]


def failures():
    scripts = sorted((ROOT / "script").iterdir())
    for script in scripts:
        done = run(script, "--help")
        if done.returncode != 0 or f"script/{script.name}" not in done.stdout:
            yield f"script/{script.name} --help: status {done.returncode}, {done.stdout!r}, {done.stderr!r}"
    for name in PROGRAMS:
        done = run(sys.executable, "-B", ROOT / f"tests/interop/{name}.py", "--help")
        if done.returncode != 0 or "SALLYPORT" not in done.stdout:
            yield f"{name}.py --help: status {done.returncode}, {done.stderr!r}"
    sources = [path for folder in ("bench", "tests") for path in (ROOT / folder).rglob("*.py")]
    for source in sorted(sources + [script for script in scripts if is_python(script)]):
        try:
            compile(source.read_text(), str(source), "exec")
        except SyntaxError as error:
            yield f"{source}: {error}"
    if (ROOT / "examples/client.cpp").read_text() not in (ROOT / "README.md").read_text():
        yield "README.md does not hold examples/client.cpp as it is"
    if shutil.which("shellcheck"):
        done = run("shellcheck", *(script for script in scripts if not is_python(script)))
        if done.returncode != 0:
            yield done.stdout


def main():
    argparse.ArgumentParser(description=__doc__).parse_args()
    found = list(failures())
    print("\n".join(found) or "all scripts are as they should be")
    sys.exit(1 if found else 0)


if __name__ == "__main__":
    main()
