#!/usr/bin/env python3
"""Runs chain_cost under callgrind. Fails when a chain costs more than the bound, beside its signature verifications.

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

BOUND = 20_000_000  # instructions, beside the verification of signatures
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
                             stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, timeout=540)
        if run.returncode != 0:
            print(run.stderr)
            return 1
        measured = {}
        for path in glob.glob(f"{folder}/out.*"):
            name, total, verified = costs(path)
            measured[name] = (total, verified)
    failed = 0
    print(f"{'chain':50} {'bytes':>7} {'instructions':>12} {'verification':>12}  verdict")
    for line in run.stdout.splitlines():
        name, size, verdict, _ = line.split("\t")
        total, verified = measured[name]
        too_much = total - verified > BOUND
        failed += too_much or verdict == "accepted"
        print(f"{name:50} {size:>7} {total - verified:>12,} {verified:>12,}  {verdict}{'  ABOVE THE BOUND' if too_much else ''}")
    print(f"{len(measured) - failed} passed, {failed} failed; at most {BOUND:,} instructions are allowed")
    return 1 if failed or not measured else 0


if __name__ == "__main__":
    sys.exit(main())
