"""What the matrices of real peers share: rows that pass or fail, what a row expects, and the program around them."""
import argparse
import contextlib
import sys
import tempfile
import traceback

import peers


class Table:
    def __init__(self, quiet=False):
        self.passed, self.failed, self.quiet = 0, [], quiet

    @contextlib.contextmanager
    def row(self, name):
        """One case: an exception inside fails it, and the next one goes on."""
        try:
            yield
        except Exception as error:  # whatever it is, the row has failed and says so
            self.failed.append(name)
            print(f"FAILED  {name}\n        {error}", flush=True)
            if not isinstance(error, (RuntimeError, OSError, peers.PeerError)):
                traceback.print_exc(file=sys.stdout)
        else:
            self.passed += 1
            if not self.quiet:
                print(f"ok      {name}", flush=True)

    def finish(self):
        print(f"{self.passed} passed, {len(self.failed)} failed")
        return 1 if self.failed or self.passed == 0 else 0


def expect(facts, **wanted):
    """Fails the row unless our side's facts are these."""
    for key, value in wanted.items():
        if facts.get(key) != value:
            raise peers.PeerError(f"{key} is {facts.get(key)!r}, not {value!r}")


def run_matrix(description, *parts):
    """The program of a matrix: `PROGRAM SALLYPORT` runs each part(tool, pki, table) and ends with 1 if a row fails."""
    arguments = argparse.ArgumentParser(description=description)
    arguments.add_argument("tool", metavar="SALLYPORT", help="the program under test, e.g. build/release/bin/sallyport")
    tool = arguments.parse_args().tool
    table = Table()
    with tempfile.TemporaryDirectory() as folder:
        pki = peers.Pki(tool, folder)
        for part in parts:
            part(tool, pki, table)
    sys.exit(table.finish())
