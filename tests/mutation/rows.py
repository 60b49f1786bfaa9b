"""Lists of mutants (src/**/mutants.txt), and the source with all of them built in, each behind a switch.

A list:

    [opener.cpp]                                   a file of the list's folder
    # RFC 8449 §4: ...                             why the rows below matter
    opened->plaintext > limit_ => opened->plaintext >= limit_
    !ok @@ if (auto ok = check(m); ~) return ok => false
    c.transcript.add(c.message); => drop
      argued: why no test can tell
      with: post12/post12.cpp: snippet => replacement

Left of "=>" stands source that is in the file exactly once, its white space as it may be. Where it is not unique, the
part behind "@@" is, and in that "~" stands for the mutated part. What ends with ";" is a statement, "drop" leaves it
out; all else is an expression. "argued:" names the second check that makes the row redundant, "with:" the row that
breaks that one too: both together must be killed.
"""
import dataclasses
import pathlib
import re

LIST = "mutants.txt"
CONTEXT, PLACE, ARROW = " @@ ", "~", " => "
MOST_IN_FILE = 128


class Stale(Exception):
    """Rows that do not fit the source, or cannot be read."""


@dataclasses.dataclass
class Mutant:
    file: str  # below src/
    snippet: str
    context: str
    replacement: str
    why: str
    place: str  # of the row: list:line
    argued: str = ""
    partner_text: str = ""
    number: int = 0
    start: int = 0
    end: int = 0
    line: int = 0
    partner: "Mutant | None" = None

    def text(self):
        return f"{self.file}: {self.snippet}{CONTEXT + self.context if self.context else ''}{ARROW}{self.replacement}"

    def shown(self):
        return f"src/{self.file}:{self.line}: {self.snippet}{ARROW}{self.replacement}"


def parse_list(text, folder, name):
    """The rows of one list; `folder` is the list's, below src/."""
    rows, file, why, fresh = [], None, [], True
    for number, line in enumerate(text.splitlines(), 1):
        place = f"{name}:{number}"
        if not line.strip():
            why = []
        elif line.startswith("#"):
            why, fresh = (why if fresh else []) + [line[1:].strip()], True
        elif line.startswith("["):
            file, why = str(pathlib.PurePosixPath(folder) / line.strip()[1:-1]), []
        elif line.startswith("  "):
            if not rows:
                raise Stale(f"{place}: it belongs to no row")
            key, _, value = line.strip().partition(": ")
            if key == "argued":
                rows[-1].argued = value
            elif key == "with":
                rows[-1].partner_text = value
            else:
                raise Stale(f"{place}: neither 'argued: ' nor 'with: '")
        else:
            left, arrow, replacement = line.partition(ARROW)
            if not arrow or not replacement.strip() or file is None:
                raise Stale(f"{place}: a row is 'source => replacement', below a [file]")
            snippet, _, context = left.partition(CONTEXT)
            if context and context.count(PLACE) != 1:
                raise Stale(f"{place}: the context has one '{PLACE}' for the mutated part")
            rows.append(Mutant(file, snippet.strip(), context.strip(), replacement.strip(), " ".join(why), place))
            fresh = False
    for row in rows:
        if bool(row.argued) != bool(row.partner_text):
            raise Stale(f"{row.place}: 'argued:' and 'with:' go together")
    return rows


def pattern(text):
    return r"\s+".join(re.escape(part) for part in re.split(r"\s+", text))


def locate(row, source):
    """Where the row's snippet stands. Raises Stale unless it stands there exactly once."""
    before, _, after = row.context.partition(PLACE) if row.context else ("", "", "")
    found = list(re.finditer(f"{pattern(before)}(?P<at>{pattern(row.snippet)}){pattern(after)}", source))
    if len(found) != 1:
        raise Stale(f"{row.place}: src/{row.file} holds it {len(found)} times instead of once: {row.snippet}")
    row.start, row.end = found[0].span("at")
    row.line = source.count("\n", 0, row.start) + 1


def number_rows(rows, problems):
    """A number for each row; those of one file do not depend on the rows of others, so that they need not be compiled
    again when these change."""
    files = sorted({row.file for row in rows})
    for slot, file in enumerate(files):
        for index, row in enumerate(row for row in rows if row.file == file):
            row.number = slot * MOST_IN_FILE + index
            if index == MOST_IN_FILE:
                problems.append(f"{row.place}: more than {MOST_IN_FILE} rows for one file")


def load(src):
    """All rows of all lists below `src`, numbered and located."""
    rows, problems = [], []
    for path in sorted(src.rglob(LIST)):
        folder = path.parent.relative_to(src).as_posix()
        try:
            rows += parse_list(path.read_text(), folder, f"src/{folder}/{LIST}")
        except Stale as stale:
            problems.append(str(stale))
    number_rows(rows, problems)
    by_text = {}
    for row in rows:
        if by_text.setdefault(row.text(), row) is not row:
            problems.append(f"{row.place}: the row is there twice")
        try:
            locate(row, (src / row.file).read_text())
        except (Stale, OSError) as stale:
            problems.append(str(stale))
    for row in rows:
        if row.partner_text:
            row.partner = by_text.get(row.partner_text)
            if row.partner is None:
                problems.append(f"{row.place}: no row is '{row.partner_text}'")
    if problems:
        raise Stale("\n".join(problems))
    return rows


def switched(original, rows):
    """`original` with its mutants, each behind its switch."""
    statement = original.rstrip().endswith(";")
    for row in rows:
        switch, other = f"::mutants::on({row.number})", row.replacement
        if statement and other == "drop":
            original = f"{{ if (!{switch}) {{ {original} }} }}"
        elif statement:
            original = f"{{ if ({switch}) {{ {other} }} else {{ {original} }} }}"
        elif other in ("true", "false"):
            original = f"({switch} ? {other} : static_cast<bool>({original}))"
        else:
            original = f"({switch} ? ({other}) : ({original}))"
    return original


def instrument(source, rows):
    """The source with all rows in it. Rows may lie inside one another, but not across."""

    def render(begin, end, inner):
        out, at = "", begin
        while inner:
            start, stop = inner[0].start, inner[0].end
            if start < at or stop > end:
                raise Stale(f"{inner[0].place}: it overlaps another row")
            same = [row for row in inner if (row.start, row.end) == (start, stop)]
            within = [row for row in inner if row not in same and row.start < stop]
            inner = [row for row in inner if row.start >= stop]
            out += source[at:start] + switched(render(start, stop, within), same)
            at = stop
        return out + source[at:end]

    return render(0, len(source), sorted(rows, key=lambda row: (row.start, -row.end, row.number)))
