"""The build must fail when a machine's table and its handlers disagree: the first and the last row are taken out, a set of
successors gets one state more, one gets one less, a row is doubled, two states change places. That every row and every successor
is looked at is shown by tables_test.cpp.

    tables_must_agree.py COMPILER SOURCE_DIR INCLUDE_DIR[:INCLUDE_DIR]...

All changed headers are compiled as one source, each in a namespace of its own, behind what they include, which is compiled once: a
compiler for each of them would spend most of its time on starting."""
import pathlib
import re
import subprocess
import sys
import tempfile

DISAGREE = "table and handlers disagree"
ROW = re.compile(r" *\{Id::(\w+), *On::(\w+)")
STATE = re.compile(r' *\{Id::(\w+), *"')
SET = re.compile(r"to\([^)]*\)")


class Compiler:
    def __init__(self, program, includes, work):
        self.command = [program, "-std=c++23", "-w", *(f"-I{folder}" for folder in includes)]
        self.clang = "clang" in subprocess.run([program, "--version"], capture_output=True, text=True).stdout
        self.work = work

    def prelude(self, includes):
        """Compiles what all of them include; what is compiled from now on begins with it."""
        header = self.work / "prelude.h"
        header.write_text("".join(sorted(includes)))
        compiled = self.work / "prelude.h.gch"
        subprocess.run([*self.command, "-x", "c++-header", header, "-o", compiled], check=True)
        self.command += ["-include-pch", compiled] if self.clang else ["-include", header]

    def errors(self, text):
        """What the compiler says of a source, one text for each error, with the instantiations that led to it."""
        unit = self.work / "unit.cpp"
        unit.write_text(text)
        limit = "-ferror-limit=0" if self.clang else "-fmax-errors=0"
        done = subprocess.run([*self.command, limit, "-fsyntax-only", unit], capture_output=True, text=True)
        found, led_here = [], []
        for line in done.stderr.splitlines():
            if ": error: " in line or ": fatal error: " in line:
                found.append("\n".join([*led_here, line]))
                continue
            if "In instantiation of" in line:  # GCC: before the error
                led_here = [line]
            elif found and ": note: in instantiation of" in line:  # clang: behind it
                found[-1] += "\n" + line
        if (done.returncode != 0) != bool(found):
            sys.exit(f"FAIL: status {done.returncode} of the compiler, and no error was found in\n{done.stderr}")
        return found


def changes(header):
    """What is done to a machine's header: what it is called, the lines, and what the compiler must say."""
    lines = header.read_text().splitlines()
    rows = [n for n, line in enumerate(lines) if ROW.match(line)]
    states = [n for n, line in enumerate(lines) if STATE.match(line)]
    if len(rows) < 2 or len(states) < 2:
        sys.exit(f"FAIL: {header}: no table found")
    yield "as it is", lines, None
    for n in (rows[0], rows[-1]):
        yield f"{' '.join(ROW.match(lines[n]).groups())} taken out", lines[:n] + lines[n + 1:], DISAGREE

    def with_set(n, changed):
        return [*lines[:n], SET.sub(changed, lines[n], count=1), *lines[n + 1:]]

    successors = SET.search(lines[rows[0]]).group()
    more = next(name for n in states if not re.search(rf"\b{(name := STATE.match(lines[n]).group(1))}\b", successors))
    yield f"the first row may also lead to {more}", with_set(rows[0], f"{successors[:-1]}, Id::{more})"), DISAGREE
    for n in rows:
        successors = SET.search(lines[n])
        if successors and "," in successors.group():
            fewer = successors.group().rpartition(",")[0] + ")"
            yield f"{successors.group()} without the last", with_set(n, fewer), DISAGREE
            break
    yield "a row twice", lines[:rows[0]] + [lines[rows[0]]] + lines[rows[0]:], "two rows of the table share state and event"
    a, b = states[:2]
    yield ("two states out of order", [*lines[:a], lines[b], *lines[a + 1:b], lines[a], *lines[b + 1:]],
           "the table of states is not in the order of the states")


def judge(what, said, wanted):
    """Whether the errors about one change are what they must be; prints what is wrong."""
    if wanted is None and said:
        print(f"FAIL: {what}: it does not compile:\n{said[0]}")
    elif wanted is not None and not any(wanted in error for error in said):
        print(f'FAIL: {what}: the compiler does not say "{wanted}" but:\n{said[0] if said else "nothing: it compiles"}')
    else:
        return True
    return False


def machines(compiler, headers):
    """The verdicts on all changes of all machines."""
    unit, wanted = "", {}
    for header in headers:
        machine = header.stem
        for number, (what, lines, words) in enumerate(changes(header)):
            name = f"{machine}_changed{number}"
            text = "\n".join(line if line.startswith("#include") else re.sub(rf"\b{machine}\b", name, line) for line in lines)
            (compiler.work / f"{name}.h").write_text(text + "\n")
            unit += f'#include "{name}.h"\nstatic_assert(tls::handshake::Proof<tls::handshake::{name}::Spec>::holds);\n'
            wanted[name] = (f"{machine}: {what}", words)
    errors = compiler.errors(unit)
    stray = [error for error in errors if not any(f"{name}::" in error or f"{name}.h" in error for name in wanted)]
    if stray:
        sys.exit(f"FAIL: an error that belongs to no change:\n{stray[0]}")
    return [judge(what, [e for e in errors if f"{name}::" in e or f"{name}.h" in e], words) for name, (what, words) in wanted.items()]


def after_the_handshake(compiler, source):
    """post13 has one state, and table and handlers in one source."""
    lines = source.read_text().splitlines()
    rows = [n for n, line in enumerate(lines) if re.match(r" *\{0, *On::", line)]
    if len(rows) < 2:
        sys.exit("FAIL: post13: no table found")
    tried = [("as it is", lines, None)]
    for n in rows:
        name = re.search(r"On::\w+", lines[n]).group()
        fewer = [re.sub(rf"Transition, {len(rows)}>", f"Transition, {len(rows) - 1}>", line) for line in lines[:n] + lines[n + 1:]]
        tried.append((f"{name} taken out", fewer, DISAGREE))
        tried.append((f"{name} leads elsewhere", [*lines[:n], lines[n].replace("IdSet{1}", "IdSet{2}"), *lines[n + 1:]], DISAGREE))
    return [judge(f"post13: {what}", compiler.errors("\n".join(text) + "\n"), words) for what, text, words in tried]


def main():
    program, source, includes = sys.argv[1], pathlib.Path(sys.argv[2]) / "src" / "handshake", sys.argv[3].split(":")
    headers = [h for h in sorted(source.glob("*/*.h")) if "kTable[] = {" in (text := h.read_text()) and re.search("^struct Spec", text, re.M)]
    post = source / "post13" / "post13.cpp"
    if len(headers) < 4:
        sys.exit(f"FAIL: {len(headers)} machines were found")
    with tempfile.TemporaryDirectory() as folder:
        compiler = Compiler(program, includes, pathlib.Path(folder))
        compiler.prelude({line + "\n" for file in [*headers, post] for line in file.read_text().splitlines() if line.startswith("#include")})
        verdicts = machines(compiler, headers) + after_the_handshake(compiler, post)
    print(f"{len(verdicts)} headers tried, {verdicts.count(False)} wrong")
    return 1 if False in verdicts else 0


if __name__ == "__main__":
    sys.exit(main())
