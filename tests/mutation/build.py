"""Test programs with mutants in them, out of the objects of an ordinary build.

What holds no mutant is taken from the build as it is; an instrumented source is compiled by the build's own command,
lighter, and so is everything that includes an instrumented header. The programs are linked by the build's command with
the instrumented objects in front, so that the library's archive is not asked for theirs.
"""
import concurrent.futures
import json
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

    def read_deps(self):
        """What each object of the build includes, as ninja noted it."""
        deps, target = {}, None
        for line in run(["ninja", "-t", "deps"], self.build).splitlines():
            if line and not line.startswith(" "):
                target = line.split(":", 1)[0]
                deps[target] = []
            elif target is not None and line.strip():
                deps[target].append(line.strip())
        return deps

    def includers(self, headers):
        """Sources of the build that include one of `headers` (paths below src/), which include roots name by links."""
        ends = tuple("/" + header for header in headers)
        by_object = {self.object_of(command): source for source, command in self.commands.items()}
        return {by_object[target] for target, names in self.deps.items()
                if ends and target in by_object and any(name.endswith(ends) for name in names)}

    def is_current(self, source, compiled, command, output):
        """Whether the object is there, of this command, and younger than all that goes into it."""
        stamp = output.with_suffix(".command")
        deps = self.deps.get(self.object_of(self.commands[source]))
        if not output.exists() or not deps or not stamp.exists() or stamp.read_text() != shlex.join(command):
            return False
        made = output.stat().st_mtime
        inputs = [self.build / name for name in deps] + [compiled, *self.overlay.rglob("*.h")]
        return all(not path.exists() or path.stat().st_mtime <= made for path in inputs)

    def command_for(self, source, compiled, output):
        """The build's command for `source`, for `compiled` in its place: lighter, and instrumented headers first."""
        words = shlex.split(self.commands[source])
        words[words.index("-o") + 1] = str(output)
        words[words.index("-c") + 1] = str(compiled)
        words = ["-O0" if word in ("-O1", "-O2") else word for word in words if word not in ("-g1", "-Werror")]
        at = next(i for i, word in enumerate(words) if word.startswith(("-I", "-D", "-O", "-std")))
        # What a mutant makes undefined (an optional without a value, say) ends the program, instead of going well by luck.
        return words[:at] + ["-g0", "-w", "-D_GLIBCXX_ASSERTIONS", "-I", str(self.overlay)] + words[at:]

    def compile(self, rows, jobs):
        self.deps = self.read_deps()
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
            command = self.command_for(source, compiled, output)
            if not self.is_current(source, compiled, command, output):
                commands.append((command, output))
        failures = []

        def compile_one(work):
            command, output = work
            try:
                run(command, self.build)
                output.with_suffix(".command").write_text(shlex.join(command))
            except Failed as failed:
                failures.append(str(failed))

        with concurrent.futures.ThreadPoolExecutor(jobs) as pool:
            list(pool.map(compile_one, commands))
        if failures:
            raise Failed("\n".join(failures))
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
