"""Runs sallyport-race: once for the best of everybody, and in a process of its own for each class of CPUs."""

import datetime
import json
import os
import platform
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path


def openssl_without(*bits):
    """OPENSSL_ia32cap without these bits of CPUID leaf 1 (EDX, then ECX) and without all of leaf 7."""
    return f"~{sum(1 << bit for bit in bits):#x}:0"


PCLMUL, SSSE3, AES, AVX = 33, 41, 57, 60
NO_AVX512 = "~0x0:~0xdc230000"  # of leaf 7: F, DQ, IFMA, PF, ER, CD, BW, VL


@dataclass
class Class:
    """What CPUs without the best can do. The others are held to the same instructions, where they can be."""

    name: str
    kernels: list
    libraries: list
    openssl: str = ""
    botan: str = ""
    ipsec_mb: str = ""
    note: str = ""


def aes(kind):
    return [f"aes-128-gcm-{kind}", f"aes-256-gcm-{kind}"]


CLASSES = [
    Class("AES-GCM, VAES at 256 bits", aes("vaes256"), ["openssl", "botan", "ipsec-mb"], NO_AVX512, "avx512f", "avx2",
          "Neither these versions of OpenSSL and Botan nor ipsec-mb's AVX2 path have VAES: they run AES-NI."),
    Class("AES-GCM, AES-NI", aes("aesni"), ["openssl", "botan", "libsodium", "ipsec-mb"], ":0", "avx2,avx512f", "sse",
          "OpenSSL keeps AVX's 128-bit forms, without which its fast path is off; our kernel does without."),
    Class("AES-GCM, SSSE3 without AES instructions", aes("ssse3"), ["openssl", "botan"],
          openssl_without(PCLMUL, AES, AVX), "aesni,clmul,avx2,avx512f", "",
          "OpenSSL's AES of this class is bitsliced, but its GHASH looks up in a table at secret indices; ours and Botan's "
          "do no look-up in memory by a secret."),
    Class("AES-GCM, portable", aes("portable"), ["openssl", "botan"], openssl_without(PCLMUL, SSSE3, AES, AVX),
          "aesni,clmul,ssse3,avx2,avx512f", "",
          "OpenSSL's code of this class looks AES and GHASH up in tables at secret indices; ours and Botan's do not."),
    Class("ChaCha20-Poly1305, AVX2", ["chacha20-poly1305-avx2"], ["openssl", "botan", "libsodium", "ipsec-mb"],
          NO_AVX512, "avx512f", "avx2"),
    Class("ChaCha20-Poly1305, SSSE3", ["chacha20-poly1305-ssse3"], ["openssl", "botan", "ipsec-mb"],
          openssl_without(AVX), "avx2,avx512f", "sse"),
    Class("ChaCha20-Poly1305, portable", ["chacha20-poly1305-portable"], ["openssl", "botan"],
          openssl_without(SSSE3, AVX), "ssse3,sse2,avx2,avx512f", "",
          "OpenSSL's code of this class is assembly for the integer unit."),
]


def run(program, seconds, core, *arguments, environment=None):
    command = [program, "--seconds", str(seconds), "--core", str(core), *arguments]
    done = subprocess.run(command, env=os.environ | (environment or {}), stdout=subprocess.PIPE, text=True, check=False)
    if done.returncode != 0:
        sys.exit(f"script/bench: {' '.join(map(str, command))} failed")
    return [json.loads(line) for line in done.stdout.splitlines()]


def read(path, default="unknown"):
    try:
        return Path(path).read_text().strip()
    except OSError:
        return default


def facts(program, core):
    """The machine, in words that a reader can judge the figures by."""
    machine = run(program, 0.1, core, "machine")[0]
    cpu = {key.strip(): value.strip() for key, _, value in
           (line.partition(":") for line in read("/proc/cpuinfo", "").split("\n\n")[0].splitlines())}
    machine["family"] = f"{cpu.get('vendor_id')} family {cpu.get('cpu family')} model {cpu.get('model')}"
    machine["cores"] = os.cpu_count()
    machine["governor"] = read(f"/sys/devices/system/cpu/cpu{core}/cpufreq/scaling_governor",
                               "not visible (virtual machine)" if "hypervisor" in cpu.get("flags", "") else "unknown")
    machine["kernel"] = f"{platform.system()} {platform.release()}"
    machine["date"] = datetime.date.today().isoformat()
    machine["load"] = os.getloadavg()[0]
    return machine


def classes(program, seconds, core):
    rows = []
    for c in CLASSES:
        print(f"class {c.name}", file=sys.stderr)
        limits = {"OPENSSL_ia32cap": c.openssl, "BOTAN_CLEAR_CPUID": c.botan}
        arguments = ["aead", "--class", c.name, "--kernel", ",".join(c.kernels), "--library", ",".join(c.libraries),
                     "--size", "64,1350,16384"]
        if c.ipsec_mb:
            arguments += ["--ipsec-mb", c.ipsec_mb]
        rows += run(program, seconds, core, *arguments, environment={k: v for k, v in limits.items() if v})
    return rows


def everything(program, seconds, core):
    """The machine's facts, and a row for each figure."""
    machine = facts(program, core)
    machine["seconds"] = seconds
    rows = run(program, seconds, core, "aead")
    if platform.machine() == "x86_64":
        rows += classes(program, seconds, core)
    rows += run(program, seconds, core, "hash")
    rows += run(program, 2 * seconds, core, "bulk")
    rows += run(program, 10 * seconds, core, "handshake")
    machine["load_after"] = os.getloadavg()[0]
    return machine, rows
