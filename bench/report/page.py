"""docs/benchmarks.md: the text is benchmarks.md.in, figures and plots are measured."""

from pathlib import Path

import measure
import plot
import tables
from tables import OURS, group, markdown, number, ratio

AEADS = ["AES-128-GCM", "AES-256-GCM", "ChaCha20-Poly1305"]


def machine_table(machine):
    core, tick = machine["core_hz"] / 1e9, machine["tick_hz"] / 1e9
    lines = [
        ["CPU", f"{machine['cpu']} ({machine['family']}), {machine['cores']} cores here"],
        ["instruction sets", machine["features"]],
        ["core clock", f"{core:.2f} GHz, measured with a chain of dependent multiplications"],
        ["time-stamp counter", f"{tick:.2f} GHz"],
        ["frequency governor", machine["governor"]],
        ["system", machine["kernel"]],
        ["load average", f"{machine['load']:.1f} before, {machine.get('load_after', 0):.1f} after (ours is 1)"],
        ["peers", ", ".join(peer["version"] for peer in machine["peers"])],
        ["date", machine["date"]],
        ["time for each library and figure", f"{machine['seconds']:g} s in slices of 0.2 ms"],
    ]
    return markdown(["", "measured on"], lines).replace("---:", "---")


def summary(rows):
    """One line for each AEAD and direction: ours against the best peer at every size."""
    groups = group(rows)
    sizes = list(dict.fromkeys(size for (c, n, size) in groups if not c and n == "AES-128-GCM seal"))
    lines = []
    for name in (f"{aead} {what}" for aead in AEADS for what in ("seal", "open")):
        cells = []
        for size in sizes:
            figures = groups[("", name, size)]
            peer = tables.best_peer(figures)
            cells.append(f"{ratio(figures, peer):.2f} {peer}" if peer else "")
        lines.append([name, *cells])
    return markdown(["best peer / ours"] + [f"{size} B" for size in sizes], lines)


def class_tables(rows):
    out = []
    groups = group(rows)
    for c in measure.CLASSES:
        names = list(dict.fromkeys(n for (cls, n, _) in groups if cls == c.name))
        sizes = list(dict.fromkeys(s for (cls, _, s) in groups if cls == c.name))
        peers = list(dict.fromkeys(i for (cls, _, _), f in groups.items() if cls == c.name for i in f if i != OURS))
        if not names:
            continue
        lines = []
        for name in names:
            for size in sizes:
                figures = groups[(c.name, name, size)]
                ours = figures[OURS]
                cells = []
                for peer in peers:
                    if peer not in figures:
                        cells.append("")
                        continue
                    r = ratio(figures, peer)
                    cells.append(f"{r:.2f}" if r >= 0.98 else f"*{r:.2f}*")
                lines.append([name, str(size), number(ours["cycles_per_byte"]), *cells])
        out += [f"### {c.name}", "", c.note, ""] if c.note else [f"### {c.name}", ""]
        out += [markdown([f"{', '.join(c.kernels)}", "bytes", "ours, cycles/byte", *(f"{p} / ours" for p in peers)], lines), ""]
    return "\n".join(out).rstrip()


def handshake_table(rows):
    lines = []
    for (_, name, _), figures in group(rows).items():
        if not name.startswith("TLS1.3 full"):
            continue
        for impl, row in figures.items():
            lines.append([name, impl, f"{row['client_us']:.0f}", f"{row['server_us']:.0f}", f"{row['best']:.0f}",
                          f"{row['median']:.0f}"])
    return markdown(["handshake", "library", "client, us", "server, us", "best, per second", "median"], lines)


def losses_table(rows):
    found = {}
    for cls, name, size, peer, r in tables.losses(rows):
        found.setdefault((cls, name, peer), []).append(f"{size} B {r:.2f}" if size else f"{r:.2f}")
    if not found:
        return "Nowhere in this run."
    lines = [[name + (f" ({cls})" if cls else ""), peer, ", ".join(sizes)]
             for (cls, name, peer), sizes in sorted(found.items())]
    return markdown(["what", "who is ahead", "peer's time / ours"], lines).replace("---:", "---")


def of_the_aead(rows):
    """What of the AEAD's speed is left to TLS 1.3 through the public API."""
    groups = group(rows)
    lines = []
    for aead in AEADS:
        for what, raw in (("write", "seal"), ("read", "open")):
            sizes = [size for (c, n, size) in groups if not c and n == f"TLS1.3 {aead} {what}"]
            cells = []
            for size in sizes:
                tls, alone = (groups[("", n, size)][OURS] for n in (f"TLS1.3 {aead} {what}", f"{aead} {raw}"))
                cells.append(f"{tls['best'] / alone['best']:.2f}")
            lines.append([f"{aead}, {what}", *cells])
    return markdown(["TLS 1.3 / AEAD alone"] + [f"{size} B" for size in sizes], lines)


GOAL_CLOCK = 3.9  # GHz: the core that the absolute goals were set for
GOALS = [("AES-128-GCM seal", 16384, 28), ("AES-256-GCM seal", 16384, 24), ("AES-128-GCM seal", 1350, 17),
         ("AES-128-GCM seal", 64, 2.5), ("TLS1.3 AES-128-GCM write", 16384, 20), ("TLS1.3 AES-128-GCM read", 16384, 18),
         ("ChaCha20-Poly1305 seal", 16384, 8), ("ChaCha20-Poly1305 seal", 64, 0.4)]


def goals(rows):
    """Cycles, and what they are at the goals' clock if a cycle did no more than here."""
    groups = group(rows)
    lines = []
    for name, size, goal in GOALS:
        row = groups[("", name, size)][OURS]
        cost = row["cycles_per_byte"]
        lines.append([name, str(size), f"{row['best']:.2f}", f"{cost:.3f}", f"{GOAL_CLOCK / cost:.2f}", f"{goal:g}",
                      f"{GOAL_CLOCK / goal:.3f}"])
    return markdown(["", "bytes", "GB/s here", "cycles/byte here", f"GB/s at {GOAL_CLOCK} GHz", "goal, GB/s",
                     "goal, cycles/byte"], lines)


def by_impl(rows, name, cls=""):
    series = {}
    for (c, n, size), figures in group(rows).items():
        if (c, n) == (cls, name):
            for impl, row in figures.items():
                series.setdefault(impl, {})[size] = row["best"]
    return series


def plots(rows):
    """{file: function(dark) -> svg}"""
    out = {}
    for aead in AEADS:
        series = by_impl(rows, f"{aead} seal")
        sizes = list(next(iter(series.values())))
        out[f"{aead.lower()}-seal.svg"] = lambda dark, a=aead, s=series, z=sizes: plot.lines(
            f"{a}: sealing one message", "GB/s, the best of many slices, logarithmic", z, s, dark)
    groups = group(rows)

    def entries(name, size, cls=""):
        figures = groups.get((cls, name, size), {})
        return [(impl, row["best"]) for impl, row in figures.items()]

    bulk = [(f"{aead}, {what}", entries(f"TLS1.3 {aead} {what}", 16384)) for aead in AEADS for what in ("write", "read")]
    out["tls13-bulk.svg"] = lambda dark: plot.bars(
        "TLS 1.3 through the public API: 16 KiB a call", "GB/s, the best of many slices", bulk, dark)
    lower = []
    for c in measure.CLASSES:
        name = ("ChaCha20-Poly1305" if c.name.startswith("ChaCha") else "AES-256-GCM") + " seal"
        if found := entries(name, 16384, c.name):
            lower.append((c.name.replace("AES-GCM", "AES-256-GCM"), found))
    if lower:
        out["classes.svg"] = lambda dark: plot.bars(
            "Lower classes of CPUs: sealing 16 KiB", "GB/s, the best of many slices", lower, dark)
    hand = []
    for (_, name, _), figures in groups.items():
        if name.startswith("TLS1.3 full"):
            for side in ("client", "server"):
                hand.append((f"{name}: {side}", [(impl, row[f"{side}_us"]) for impl, row in figures.items()]))
    out["handshakes.svg"] = lambda dark: plot.bars(
        "TLS 1.3 full handshakes, each side apart", "microseconds, the best of many; shorter is better", hand, dark)
    return out


def write(root, machine, rows):
    docs = root / "docs"
    folder = docs / "benchmarks"
    folder.mkdir(exist_ok=True)
    for name, draw in plots(rows).items():
        (folder / name).write_text(draw(False))
    text = Path(__file__).with_name("benchmarks.md.in").read_text()
    blocks = {"machine": machine_table(machine), "summary": summary(rows), "classes": class_tables(rows),
              "handshakes": handshake_table(rows), "losses": losses_table(rows), "of-the-aead": of_the_aead(rows),
              "goals": goals(rows)}
    for aead in AEADS:
        blocks[aead] = "\n\n".join(tables.by_size(rows, f"{aead} {what}") for what in ("seal", "open"))
    blocks["hashes"] = "\n\n".join(tables.by_size(rows, name) for name in ("SHA-256", "SHA-384"))
    blocks["bulk"] = "\n\n".join(tables.by_size(rows, f"TLS1.3 {aead} {what}")
                                 for aead in AEADS for what in ("write", "read"))
    for key, block in blocks.items():
        assert f"{{{{{key}}}}}" in text, key
        text = text.replace(f"{{{{{key}}}}}", block)
    assert "{{" not in text, "a block of the template is not filled"
    (docs / "benchmarks.md").write_text(text)
