"""Test programs with mutants in them, out of the objects of an ordinary build.

What holds no mutant is taken from the build as it is; an instrumented source is compiled by the build's own command,
lighter, and so is everything that includes an instrumented header. The programs are linked by the build's command with
the instrumented objects in front, so that the library's archive is not asked for theirs.
"""
import concurrent.futures
import json
import os
import pathlib
import shlex
import subprocess

import rows as lists

HERE = pathlib.Path(__file__).resolve().parent


class Failed(Exception):
    """The build went wrong, in words."""


def run(command, cwd):
    done = subprocess.run(command, cwd=cwd, capture_output=True, text=True)
    if done.returncode != 0:
        shown = command if isinstance(command, str) else shlex.join(command)
        raise Failed(f"{shown}\n{done.stdout}{done.stderr}")
    return done.stdout


class Builder:
    def __init__(self, root, build, out):
        self.root, self.build, self.out = root, build, out
        self.src = root / "src"
        self.overlay = out / "include"
        database = json.loads((build / "compile_commands.json").read_text())
        self.commands = {pathlib.Path(entry["file"]): entry["command"] for entry in database}
        self.objects = {}  # object of the build, as ninja names it -> ours

    def source_of(self, entry_command):
        return shlex.split(entry_command)[-1]

    def object_of(self, command):
        words = shlex.split(command)
        return words[words.index("-o") + 1]

    def instrument(self, rows):
        """Writes instrumented sources; the paths, below src/, of those files and of the headers among them."""
        files = {}
        for row in rows:
            files.setdefault(row.file, []).append(row)
        for name, of_file in files.items():
            text = lists.instrument((self.src / name).read_text(), of_file)
            where = self.overlay / name
            where.parent.mkdir(parents=True, exist_ok=True)
            text = f'#include "{HERE / "mutants.h"}"\n#line 1 "{self.src / name}"\n{text}'
            if not where.exists() or where.read_text() != text:
                where.write_text(text)
        for stale in self.overlay.rglob("*"):
            if stale.is_file() and stale.relative_to(self.overlay).as_posix() not in files:
                stale.unlink()
        return set(files)

    def includers(self, headers):
        """Sources of the build that include one of `headers` (paths below src/), which include roots name by links."""
        if not headers:
            return set()
        ends = tuple("/" + header for header in headers)
        found, wanted = set(), False
        by_object = {self.object_of(command): source for source, command in self.commands.items()}
        for line in run(["ninja", "-t", "deps"], self.build).splitlines():
            if line and not line.startswith(" "):
                target, wanted = line.split(":", 1)[0], True
            elif wanted and line.strip().endswith(ends) and target in by_object:
                found.add(by_object[target])
        return found

    def command_for(self, source, compiled, output):
        """The build's command for `source`, for `compiled` in its place: lighter, and instrumented headers first."""
        words = shlex.split(self.commands[source])
        words[words.index("-o") + 1] = str(output)
        words[words.index("-c") + 1] = str(compiled)
        words = ["-O1" if word == "-O2" else word for word in words if word not in ("-g1", "-Werror")]
        at = next(i for i, word in enumerate(words) if word.startswith(("-I", "-D", "-O", "-std")))
        return words[:at] + ["-g0", "-w", "-I", str(self.overlay)] + words[at:]

    def compile(self, rows, jobs):
        files = self.instrument(rows)
        headers = {name for name in files if name.endswith(".h")}
        work = [(self.src / name, self.overlay / name) for name in files - headers]
        work += [(source, source) for source in self.includers(headers) if source not in {one for one, _ in work}]
        main = self.root / "tests/support/main.cpp"
        work.append((main, HERE / "test_main.cpp"))
        commands = []
        for source, compiled in work:
            if source not in self.commands:
                raise Failed(f"{source} is not part of {self.build}")
            output = self.out / "objects" / (source.relative_to(self.root).as_posix() + ".o")
            output.parent.mkdir(parents=True, exist_ok=True)
            self.objects[self.object_of(self.commands[source])] = str(output)
            commands.append(self.command_for(source, compiled, output))
        with concurrent.futures.ThreadPoolExecutor(jobs) as pool:
            list(pool.map(lambda command: run(command, self.build), commands))
        return len(commands)

    def link(self, programs, jobs):
        (self.out / "bin").mkdir(parents=True, exist_ok=True)
        with concurrent.futures.ThreadPoolExecutor(jobs) as pool:
            list(pool.map(self.link_one, programs))

    def link_one(self, program):
        command = run(["ninja", "-t", "commands", "-s", f"bin/{program}"], self.build).strip().splitlines()[-1]
        words = shlex.split(command.removeprefix(": &&").removesuffix("&& :"))
        words[words.index("-o") + 1] = str(self.out / "bin" / program)
        own = {word for word in words if word in self.objects}
        first = next(i for i, word in enumerate(words) if word.endswith(".o"))
        library = [ours for object_name, ours in self.objects.items()
                   if object_name not in own and object_name.startswith("src/")]
        words = words[:first] + library + [self.objects.get(word, word) for word in words[first:]]
        run(words, self.build)
