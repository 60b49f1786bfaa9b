"""Rows into tables: for a terminal and for Markdown."""

OURS = "sallyport"
SHORT = {"AES-128-GCM": "aes128", "AES-256-GCM": "aes256", "ChaCha20-Poly1305": "chacha"}


def group(rows):
    """{(class, name, size): {impl: row}} in the order of the rows."""
    out = {}
    for row in rows:
        out.setdefault((row.get("class", ""), row["name"], row.get("size", 0)), {})[row["impl"]] = row
    return out


def ratio(figures, peer, of="best"):
    """How many times as fast we are: above 1 we win."""
    return figures[OURS][of] / figures[peer][of]


def best_peer(figures, of="best"):
    peers = [impl for impl in figures if impl != OURS]
    return max(peers, key=lambda impl: figures[impl][of]) if peers else None


def losses(rows, margin=0.02):
    """[(class, name, size, peer, ratio)] where a peer is ahead by more than the noise."""
    out = []
    for (cls, name, size), figures in group(rows).items():
        for peer in figures:
            if peer != OURS and ratio(figures, peer) < 1 - margin:
                out.append((cls, name, size, peer, ratio(figures, peer)))
    return out


def markdown(head, lines):
    out = ["| " + " | ".join(head) + " |", "|" + "|".join(["---"] + ["---:"] * (len(head) - 1)) + "|"]
    out += ["| " + " | ".join(line) + " |" for line in lines]
    return "\n".join(out)


def number(value):
    return f"{value:.2f}" if value < 10 else f"{value:.1f}"


def by_size(rows, name, cls=""):
    """A table of one algorithm and direction: an implementation in each line, a size in each column."""
    groups = {size: figures for (c, n, size), figures in group(rows).items() if (c, n) == (cls, name)}
    impls = list(dict.fromkeys(impl for figures in groups.values() for impl in figures))
    lines = []
    for impl in impls:
        cells = []
        for size, figures in groups.items():
            row = figures.get(impl)
            if row is None:
                cells.append("")
                continue
            fastest = max(f["best"] for f in figures.values()) == row["best"]
            cost = row.get("cycles_per_byte")
            text = number(cost) if cost else number(row["best"]) + " GB/s"
            cells.append(f"**{text}**" if fastest else text)
        lines.append([impl, *cells])
    ahead = ["best peer / ours"]
    throughput = ["ours, GB/s (median)"]
    for figures in groups.values():
        peer = best_peer(figures)
        ahead.append(number(ratio(figures, peer)) if peer else "")
        throughput.append(f"{number(figures[OURS]['best'])} ({number(figures[OURS]['median'])})")
    return markdown([name] + [f"{size} B" for size in groups], lines + [ahead, throughput])


def for_terminal(rows):
    """Every figure in a line, ours beside the peers."""
    out = [f"{'what':<62} {'bytes':>6} {'ours':>10}  peers, and how many times as fast we are"]
    for (cls, name, size), figures in group(rows).items():
        if OURS not in figures:
            continue
        ours = figures[OURS]
        peers = "  ".join(f"{impl} {number(row['best'])} ({ratio(figures, impl):.2f}x)"
                          for impl, row in figures.items() if impl != OURS)
        what = name + (f" [{cls}]" if cls else "")
        out.append(f"{what:<62} {size or '-':>6} {number(ours['best']):>10}  {ours['unit']}  {peers}")
    return "\n".join(out)
