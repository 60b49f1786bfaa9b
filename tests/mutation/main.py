"""script/mutate: breaks the lines that matter, one at a time, and says whether a test notices."""
import argparse
import concurrent.futures
import json
import os
import pathlib
import random
import subprocess
import sys
import time

import build
import rows as lists
import run

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
# Whose unit tests are asked about a room's mutants, in this order: its own, and of those above it the ones that lead
# through it.
HANDSHAKES = ["test_handshake", "test_handshake12", "test_resumption13"]
PROGRAMS = {
    "base": ["test_base"],
    "wire": ["test_wire", *HANDSHAKES, "test_connection"],
    "record": ["test_record", "test_connection", "test_resumption13"],
    "handshake": [*HANDSHAKES, "test_live"],
    "connection": ["test_connection", "test_resumption13", "test_handshake12", "test_handshake"],
    "session": ["test_session", "test_resumption13", "test_handshake12", "test_handshake"],
    "pki": ["test_pki", *HANDSHAKES],
}
ARGUED_MOST = 0.05  # of all mutants may be argued away

HELP = """Breaks the lines that matter for security, one at a time, and says whether a unit test notices.

The mutants stand in src/**/mutants.txt beside the code; tests/mutation/rows.py says how a row is written. All of them
are compiled once, each behind a switch, into copies of the test programs in build/mutants; what holds no mutant comes
from build/PRESET, which is built first. A run without mutants shows which test cases reach which mutant; then these
alone are run, the quick ones first, until one fails. A mutant that all tests pass with survives.

Ends with status 1 when one survives that is not argued away, and writes build/mutants/result.json."""


def parse(arguments):
    parser = argparse.ArgumentParser("script/mutate", description=HELP,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("files", nargs="*", metavar="FILE", help="mutants of these sources alone, or of a folder")
    parser.add_argument("--changed", metavar="BASE", help="mutants of the sources that differ from the commit BASE")
    parser.add_argument("--sample", type=int, metavar="N", help="files of the others too, or of all, that hold N or more")
    parser.add_argument("--seed", type=int, default=1, help="which files these are (default 1)")
    parser.add_argument("--minutes", type=float, metavar="M", help="start no mutant after that time")
    parser.add_argument("--list", action="store_true", help="print the mutants and stop")
    parser.add_argument("--check", action="store_true", help="only look whether every row fits its source: no build")
    parser.add_argument("--preset", default="release", help="the build to start from (default release)")
    parser.add_argument("--jobs", type=int, default=os.cpu_count(), help="processes at a time")
    parser.add_argument("--no-build", action="store_true", help="take build/PRESET as it is")
    return parser.parse_args(arguments)


def choose(rows, options):
    """The mutants that are asked for: those of changed files first."""
    if not options.files and options.changed is None:
        return rows if options.sample is None else sample(rows, options)
    wanted = [os.path.relpath(os.path.abspath(name), ROOT / "src") for name in options.files]
    for name in wanted:
        if not any(row.file == name or row.file.startswith(name + "/") for row in rows):
            sys.exit(f"script/mutate: no row of a mutants.txt is for src/{name}")
    chosen = [row for row in rows if any(row.file == name or row.file.startswith(name + "/") for name in wanted)]
    if options.changed is not None:
        changed = subprocess.run(["git", "diff", "--name-only", options.changed, "--", "src"], cwd=ROOT, check=True,
                                 capture_output=True, text=True).stdout.split()
        chosen += [row for row in rows if "src/" + row.file in changed and row not in chosen]
    if options.sample is not None:
        chosen += sample([row for row in rows if row not in chosen], options)
    return chosen


def sample(rows, options):
    """Whole files, drawn by the seed, until they hold as many mutants as are asked for: what costs is compiling."""
    files = sorted({row.file for row in rows})
    random.Random(options.seed).shuffle(files)
    drawn = []
    while files and len(drawn) < options.sample:
        file = files.pop()
        drawn += [row for row in rows if row.file == file]
    return drawn


def programs_for(row):
    return PROGRAMS[row.file.split("/")[0]]


def prepare(rows, chosen, options):
    """Builds with `rows`, which hold the partners of those that are chosen; a Runner for the latter."""
    out = ROOT / "build/mutants"
    out.mkdir(parents=True, exist_ok=True)
    programs = sorted({program for row in chosen for program in programs_for(row)})
    begun = time.monotonic()
    if not options.no_build:
        subprocess.run([ROOT / "script/build", options.preset, *programs], check=True, stdout=subprocess.DEVNULL,
                       stderr=None if sys.stderr.isatty() else subprocess.DEVNULL)
    built = time.monotonic()
    builder = build.Builder(ROOT, ROOT / "build" / options.preset, out)
    count = builder.compile(rows, options.jobs)
    builder.link(programs, options.jobs)
    print(f"built {options.preset} in {built - begun:.0f} s; {count} instrumented objects and {len(programs)} "
          f"programs in {time.monotonic() - built:.0f} s", flush=True)
    return run.Runner(out)


def judge_all(rows, runner, options, begun):
    """(row, verdict, verdict with its partner or None), for all that time allows."""
    deadline = begun + 60 * options.minutes if options.minutes is not None else float("inf")
    done = []

    def one(row):
        if time.monotonic() > deadline:
            return None
        verdict = runner.judge([row.number], programs_for(row))
        both = None
        if row.partner and not verdict.killed:
            both = runner.judge([row.number, row.partner.number], programs_for(row))
        done.append(row)
        if not verdict.killed and not (both and both.killed):
            print(f"survived: {row.shown()}" + (f" ({verdict.how})" if verdict.how else ""), flush=True)
        elif len(done) % 50 == 0:
            print(f"{len(done)} of {len(rows)} after {time.monotonic() - begun:.0f} s", flush=True)
        return row, verdict, both

    with concurrent.futures.ThreadPoolExecutor(options.jobs) as pool:
        return [outcome for outcome in pool.map(one, rows) if outcome is not None]


def report(rows, outcomes, total, begun, out):
    killed = [row for row, verdict, _ in outcomes if verdict.killed]
    argued = [row for row, verdict, both in outcomes if not verdict.killed and both and both.killed]
    survived = [(row, verdict) for row, verdict, both in outcomes if not verdict.killed and not (both and both.killed)]
    needless = [row for row in killed if row.argued]
    for row in needless:
        print(f"{row.place}: argued away, but a test kills it: take 'argued' and 'with' out")
    allowed = int(ARGUED_MOST * total)
    result = {
        "mutants": len(rows), "run": len(outcomes), "killed": len(killed), "argued": len(argued),
        "survived": [{"place": row.place, "mutant": row.shown(), "why": row.why, "how": verdict.how}
                     for row, verdict in survived],
        "seconds": round(time.monotonic() - begun),
        "all": [{"mutant": row.shown(), "killed": verdict.killed, "how": verdict.how, "runs": verdict.runs}
                for row, verdict, _ in outcomes],
    }
    (out / "result.json").write_text(json.dumps(result, indent=1) + "\n")
    skipped = len(rows) - len(outcomes)
    print(f"{len(outcomes)} mutants: {len(killed)} killed, {len(argued)} argued away, {len(survived)} survived"
          + (f"; {skipped} not run for lack of time" if skipped else "") + f"; {result['seconds']} s")
    everywhere = sum(1 for row in rows if row.argued)
    if everywhere > allowed:
        print(f"{everywhere} rows are argued away; at most {allowed} of {total} may be")
    return 1 if survived or needless or everywhere > allowed else 0


def main(arguments):
    options = parse(arguments)
    begun = time.monotonic()
    try:
        rows = lists.load(ROOT / "src")
        if options.check:
            for name in {row.file for row in rows}:
                lists.instrument((ROOT / "src" / name).read_text(), [row for row in rows if row.file == name])
            print(f"{len(rows)} rows fit their sources")
            return 0
        chosen = choose(rows, options)
        if options.list:
            for row in chosen:
                print(f"{row.place}: {row.shown()}" + (f"  # {row.why}" if row.why else ""))
            return 0
        if not chosen:
            print("no mutants")
            return 0
        files = {row.file for row in chosen} | {row.partner.file for row in chosen if row.partner}
        runner = prepare([row for row in rows if row.file in files], chosen, options)
        outcomes = judge_all(chosen, runner, options, begun)
        return report(chosen, outcomes, len(rows), begun, ROOT / "build/mutants")
    except (lists.Stale, build.Failed, RuntimeError) as error:
        print(f"script/mutate: {error}", file=sys.stderr)
        return 2


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
