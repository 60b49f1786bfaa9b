"""Runs test programs with a mutant on: which test cases reach it, and whether one of them kills it."""
import collections
import dataclasses
import os
import resource
import subprocess
import threading

LEVELS = (0.02, 0.2, 2.0, float("inf"))  # seconds of a test case: the quick ones go first, in one process
MEMORY = 6 << 30  # bytes of address space for a mutant that asks for ever more
CPU_SLACK, WALL_SLACK = 10, 60  # seconds beyond what the test cases took without a mutant
CPU_FACTOR, WALL_FACTOR = 10, 40


@dataclasses.dataclass
class Case:
    ordinal: int
    seconds: float
    reached: frozenset


@dataclasses.dataclass
class Verdict:
    killed: bool
    how: str = ""  # program, and what it ended with
    runs: int = 0


class Runner:
    def __init__(self, out):
        self.out = out
        self.cases = {}  # program -> its cases
        self.static = {}  # program -> mutants that its static objects reach
        self.locks = collections.defaultdict(threading.Lock)  # of the first to ask for a program
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))

    def environment(self, **more):
        # The verdict does not depend on data that is not in the repository, nor on this machine's roots.
        env = {key: value for key, value in os.environ.items() if not key.startswith(("SSL_CERT_", "SALLYPORT_"))}
        env["SALLYPORT_REFERENCE"] = "/nonexistent"
        env.update(more)
        return env

    def start(self, program, env):
        command = ["prlimit", f"--as={MEMORY}", str(self.out / "bin" / program), "--no-colors=true", "--abort-after=1"]
        return subprocess.Popen(command, env=env, cwd=self.out, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    def need(self, program):
        """Records a program that was not asked before."""
        with self.locks[program]:
            if program not in self.cases:
                self.record(program)

    def record(self, program):
        """One run without mutants: what each test case reaches. It must pass."""
        file = self.out / f"{program}.reached"
        file.unlink(missing_ok=True)
        status = self.start(program, self.environment(SALLYPORT_REACHED=str(file))).wait()
        if status != 0:
            raise RuntimeError(f"{program} fails without any mutant (status {status}): run build/mutants/bin/{program}")
        cases, static = [], frozenset()
        for line in file.read_text().splitlines():
            name, seconds, *reached = line.split()
            reached = frozenset(map(int, reached))
            if name == "static":
                static |= reached
            else:
                cases.append(Case(int(name), float(seconds), reached))
        self.static[program] = static
        self.cases[program] = cases

    def passes(self, program, numbers, cases):
        """Whether the cases (None: all) pass with the mutants on; else what happened instead."""
        env = self.environment(SALLYPORT_MUTANTS=",".join(map(str, numbers)))
        if cases is not None:
            env["SALLYPORT_TESTS"] = ",".join(str(case.ordinal) for case in cases)
        seconds = sum(case.seconds for case in (self.cases[program] if cases is None else cases))
        process = self.start(program, env)
        limit = int(CPU_SLACK + CPU_FACTOR * seconds)
        try:
            resource.prlimit(process.pid, resource.RLIMIT_CPU, (limit, limit))
        except ProcessLookupError:
            pass
        try:
            status = process.wait(WALL_SLACK + WALL_FACTOR * seconds)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
            return "it hangs"
        if status == 0:
            return None
        if status < 0:
            return "it runs for ever" if -status in (9, 24) else f"signal {-status}"
        return "a test case fails"

    def judge(self, numbers, programs):
        """Runs the test cases that reach the mutants, those of one program after the other's, the quick ones first, until
        one fails. Survivors are tried with whole programs: what a static object or an earlier case has made is reached by
        nobody afterwards."""
        wanted, runs, touched = set(numbers), 0, []
        for program in programs:
            self.need(program)
            for level, most in enumerate(LEVELS):
                least = LEVELS[level - 1] if level else 0.0
                everywhere = bool(wanted & self.static[program])
                reaching = [case for case in self.cases[program] if everywhere or wanted & case.reached]
                if reaching and program not in touched:
                    touched.append(program)
                chosen = [case for case in reaching if least <= case.seconds < most]
                if not chosen:
                    continue
                runs += 1
                if problem := self.passes(program, numbers, chosen):
                    return Verdict(True, f"{program}: {problem}", runs)
        for program in touched:
            runs += 1
            if problem := self.passes(program, numbers, None):
                return Verdict(True, f"{program}, all of it: {problem}", runs)
        return Verdict(False, "no test case reaches it" if not touched else "", runs)
