#!/usr/bin/env python3
"""Runs chain_cost under callgrind. Fails when a chain costs more than the bound (bound.h), beside its signature
verifications, or is not refused with the code that is expected.

Usage: measure.py CHAIN_COST. The bound is for 128 KiB; a chain of fewer bytes has no smaller one.
"""
import collections
import glob
import os
import re
import shutil
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
from time_scale import scaled  # noqa: E402

VERIFICATION = "tls::pki::SignatureMemory::verify("


def costs(path):
    """The name of a dump, its instructions, and those of the calls that verify signatures."""
    names, target, name, total, verified = {}, None, None, 0, 0
    after_calls = False
    for line in open(path, encoding="utf-8", errors="replace"):
        line = line.rstrip("\n")
        if line.startswith("desc: Trigger: Client Request: "):
            name = line.removeprefix("desc: Trigger: Client Request: ")
        elif line.startswith(("summary:", "totals:")):
            total = int(line.split()[1])
        elif line.startswith(("cfn=", "fn=")):
            number, _, text = line.partition("=")[2].partition(" ")
            if text:
                names[number] = text
            if line.startswith("cfn="):
                target = names[number]
        elif line.startswith("calls="):
            after_calls = True
        elif after_calls:
            after_calls = False
            if target.startswith(VERIFICATION):
                verified += int(line.split()[1])
    return name, total, verified


def main():
    if shutil.which("valgrind") is None:
        print("skipped: valgrind is not installed")
        return 0
    with tempfile.TemporaryDirectory() as folder:
        run = subprocess.run(["valgrind", "--tool=callgrind", "--collect-atstart=no", f"--callgrind-out-file={folder}/out", sys.argv[1]],
                             stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, timeout=scaled(540))
        if run.returncode != 0:
            print(run.stderr)
            return 1
        measured = {}
        for path in glob.glob(f"{folder}/out.*"):
            name, total, verified = costs(path)
            measured[name] = (total, verified)
    failed = 0
    lines = [line.split("\t") for line in run.stdout.splitlines()]
    bound = int(lines[0][1])
    print(f"{'chain':50} {'bytes':>7} {'instructions':>12} {'verification':>12}  verdict")
    for name, size, verdict, expected, _ in lines[1:]:
        total, verified = measured[name]
        faults = "  ABOVE THE BOUND" if total - verified > bound else ""
        if verdict != expected:
            faults += f"  EXPECTED {expected}"
        failed += faults != ""
        print(f"{name:50} {size:>7} {total - verified:>12,} {verified:>12,}  {verdict}{faults}")
    print(f"{len(lines) - 1 - failed} passed, {failed} failed; at most {bound:,} instructions are allowed")
    return 1 if failed or len(lines) < 2 else 0


if __name__ == "__main__":
    sys.exit(main())
