"""Small SVG plots without a library. Colours follow the reader's light or dark theme."""

import math
from html import escape

# Okabe and Ito's colours, told apart by colour-blind readers; lighter variants where the background is dark.
COLOURS = {
    "sallyport": ("#0060a8", "#58b4f0"),
    "ipsec-mb": ("#00805c", "#2fc79b"),
    "openssl": ("#c44f00", "#ff9248"),
    "gnutls": ("#9a6a00", "#e8b43a"),
    "botan": ("#a8407c", "#e38fc0"),
    "libsodium": ("#666666", "#a5a5a5"),
}
LIGHT = {"ground": "#ffffff", "ink": "#1f2328", "faint": "#d7dce1", "quiet": "#59636e"}
DARK = {"ground": "#0d1117", "ink": "#e6edf3", "faint": "#30363d", "quiet": "#9198a1"}


def style(palette, index):
    rules = [
        f".ground{{fill:{palette['ground']}}}",
        f"text{{fill:{palette['ink']}}}",
        f"text.quiet{{fill:{palette['quiet']}}}",
        f".grid{{stroke:{palette['faint']}}}",
    ]
    for impl, colours in COLOURS.items():
        rules += [f".s-{impl}{{stroke:{colours[index]}}}", f".f-{impl}{{fill:{colours[index]}}}",
                  f"text.f-{impl}{{fill:{colours[index]}}}"]
    return "".join(rules)


def document(width, height, title, body, dark=False):
    """`dark`: the dark theme for everybody (to look at it where there is no browser)."""
    css = style(DARK, 1) if dark else style(LIGHT, 0) + "@media (prefers-color-scheme:dark){" + style(DARK, 1) + "}"
    return (f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" height="{height}" '
            f'font-family="system-ui, -apple-system, Segoe UI, DejaVu Sans, sans-serif" font-size="13" role="img" '
            f'aria-label="{escape(title)}"><title>{escape(title)}</title><style>{css}</style>'
            f'<rect class="ground" width="{width}" height="{height}" rx="6"/>'
            f'<text x="20" y="28" font-size="16" font-weight="600">{escape(title)}</text>{"".join(body)}</svg>\n')


def label(x, y, text, anchor="start", cls="", weight="normal"):
    attributes = f' class="{cls}"' if cls else ""
    attributes += f' font-weight="{weight}"' if weight != "normal" else ""
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}"{attributes}>{escape(text)}</text>'


def spread(wanted, gap):
    """Moves labels apart: positions at least `gap` from each other, in the order of `wanted`."""
    order = sorted(range(len(wanted)), key=lambda i: wanted[i])
    placed = list(wanted)
    for before, after in zip(order, order[1:]):
        placed[after] = max(placed[after], placed[before] + gap)
    overshoot = max(0, max(placed) - max(wanted) - gap) if placed else 0
    return [p - overshoot / 2 for p in placed]


def lines(title, unit, sizes, series, dark=False):
    """`series`: {impl: {size: value}}; both axes logarithmic."""
    width, height, left, right, top, bottom = 760, 400, 62, 118, 58, 48
    values = [v for points in series.values() for v in points.values()]
    low, high = math.log10(min(values)), math.log10(max(values))
    low, high = low - 0.05 * (high - low), high + 0.05 * (high - low)
    position = {size: left + i * (width - left - right) / (len(sizes) - 1) for i, size in enumerate(sizes)}

    def y(value):
        return height - bottom - (math.log10(value) - low) / (high - low) * (height - top - bottom)

    body = [label(20, 47, f"{unit}; bytes of a message below", cls="quiet")]
    for power in range(math.floor(low), math.ceil(high) + 1):
        for step in (1, 2, 5):
            value = step * 10.0**power
            if low <= math.log10(value) <= high:
                body.append(f'<line class="grid" x1="{left}" x2="{width - right}" y1="{y(value):.1f}" y2="{y(value):.1f}"/>')
                body.append(label(left - 8, y(value) + 4, f"{value:g}", "end", "quiet"))
    for size, x in position.items():
        body.append(label(x, height - bottom + 22, str(size), "middle", "quiet"))
    names = list(series)
    ends = spread([y(series[impl][max(series[impl])]) + 4 for impl in names], 17)
    for impl, end in reversed(list(zip(names, ends))):  # ours on top
        points = series[impl]
        path = " ".join(f"{position[size]:.1f},{y(v):.1f}" for size, v in points.items())
        thick = 3.2 if impl == "sallyport" else 1.8
        body.append(f'<polyline class="s-{impl}" fill="none" stroke-width="{thick}" points="{path}"/>')
        body += [f'<circle class="f-{impl}" cx="{position[size]:.1f}" cy="{y(v):.1f}" r="{thick + 0.6:.1f}"/>'
                 for size, v in points.items()]
        body.append(label(width - right + 12, end, impl, cls=f"f-{impl}",
                          weight="600" if impl == "sallyport" else "normal"))
    return document(width, height, title, body, dark)


def bars(title, unit, groups, dark=False):
    """`groups`: [(heading, [(impl, value)])], horizontal, each group on a scale of its own if `unit` says so."""
    width, left, right, row, head = 760, 110, 90, 21, 30
    height = 62 + sum(head + row * len(entries) for _, entries in groups) + 10
    most = max(v for _, entries in groups for _, v in entries)
    body, at = [label(20, 47, unit, cls="quiet")], 62
    for heading, entries in groups:
        body.append(label(20, at + 18, heading, weight="600"))
        at += head
        for impl, value in entries:
            length = max(1.5, value / most * (width - left - right))
            weight = "600" if impl == "sallyport" else "normal"
            body.append(label(left - 8, at + 12, impl, "end", weight=weight))
            body.append(f'<rect class="f-{impl}" x="{left}" y="{at}" width="{length:.1f}" height="{row - 6}" rx="2"/>')
            body.append(label(left + length + 6, at + 12, f"{value:.2f}" if value < 100 else f"{value:.0f}",
                              weight=weight))
            at += row
    return document(width, height, title, body, dark)
