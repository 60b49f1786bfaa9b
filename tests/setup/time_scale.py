"""SALLYPORT_TEST_TIME_SCALE: what the Python tests and ctest make of it. That of the C++ tests is in tests/base/time_scale_test.cpp."""
import json
import os
import pathlib
import subprocess
import sys

SOURCE = pathlib.Path(__file__).resolve().parents[2]
sys.path[:0] = [str(SOURCE / "tests" / "interop"), str(SOURCE / "tests" / "support")]
from table import Table  # noqa: E402

NAME = "SALLYPORT_TEST_TIME_SCALE"
GOOD = {None: 1, "": 1, "1": 1, "7": 7, "1000": 1000}
BAD = ["0", "1001", "-1", "1.5", "x", "10x", " 2", "99999999999999999999"]


def environment(scale):
    out = {name: value for name, value in os.environ.items() if name != NAME}
    return out if scale is None else dict(out, **{NAME: scale})


def scaled(scale):
    program = f"import sys; sys.path.insert(0, {str(SOURCE / 'tests' / 'support')!r}); import time_scale; print(time_scale.scaled(3))"
    return subprocess.run([sys.executable, "-B", "-c", program], env=environment(scale), capture_output=True, text=True)


def timeouts(ctest, build, scale):
    done = subprocess.run([ctest, "--show-only=json-v1"], cwd=build, env=environment(scale), capture_output=True, text=True)
    if done.returncode != 0:
        return done.stderr
    return {test["name"]: next((p["value"] for p in test.get("properties", []) if p["name"] == "TIMEOUT"), None) for test in json.loads(done.stdout)["tests"]}


def wrong(what, found, wanted):
    if found != wanted:
        raise RuntimeError(f"{what}: {found!r}, not {wanted!r}")


def rows(table, ctest, build):
    with table.row("Python: deadlines are so many times as long"):
        for scale, factor in GOOD.items():
            wrong(f"scaled(3) at {scale!r}", scaled(scale).stdout.strip(), str(3 * factor))
    with table.row("Python: what is no number from 1 to 1000 is refused in words"):
        for scale in BAD:
            wrong(f"{scale!r} is refused", NAME in scaled(scale).stderr, True)
    with table.row("ctest: every test has a timeout, and it is so many times as long (sallyport_timeout() gives both)"):
        usual = timeouts(ctest, build, None)
        wrong("tests without a timeout", [name for name, seconds in usual.items() if seconds is None], [])
        wrong("tests", len(usual) > 20, True)
        for scale, factor in GOOD.items():
            found = timeouts(ctest, build, scale)
            wrong(f"tests that {scale!r} does not scale", {n: found.get(n) for n in usual if found.get(n) != factor * usual[n]}, {})
    with table.row("ctest: what is no number from 1 to 1000 is refused in words"):
        for scale in BAD:
            wrong(f"{scale!r} is refused", NAME in str(timeouts(ctest, build, scale)), True)


if __name__ == "__main__":
    t = Table()
    rows(t, *sys.argv[1:])
    sys.exit(t.finish())
