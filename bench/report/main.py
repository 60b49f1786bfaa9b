"""script/bench: measures, prints tables, writes docs/benchmarks.md."""

import argparse
import json
import sys
from pathlib import Path

import measure
import page
import tables

ROOT = Path(__file__).resolve().parents[2]
RESULTS = ROOT / "build/release/bench.jsonl"


def main():
    parser = argparse.ArgumentParser(prog="script/bench")
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--seconds", type=float, default=None)
    parser.add_argument("--core", type=int, default=0)
    parser.add_argument("--no-docs", action="store_true")
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--from", dest="source", type=Path)
    options = parser.parse_args()
    seconds = options.seconds or (0.05 if options.quick else 0.25)
    if options.source:
        machine, *rows = [json.loads(line) for line in options.source.read_text().splitlines()]
    else:
        machine, rows = measure.everything(ROOT / "build/release/bin/sallyport-race", seconds, options.core)
        RESULTS.write_text("".join(json.dumps(row) + "\n" for row in [machine, *rows]))
    if options.json:
        for row in rows:
            print(json.dumps(row))
    else:
        print(tables.for_terminal(rows))
    if not options.no_docs:
        page.write(ROOT, machine, rows)
        print(f"written: docs/benchmarks.md and docs/benchmarks/*.svg", file=sys.stderr)


if __name__ == "__main__":
    main()
