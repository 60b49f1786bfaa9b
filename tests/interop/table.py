"""Rows that pass or fail, and a summary that says which."""
import contextlib
import sys
import traceback


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
            if not isinstance(error, (RuntimeError, OSError)) and type(error).__name__ != "PeerError":
                traceback.print_exc(file=sys.stdout)
        else:
            self.passed += 1
            if not self.quiet:
                print(f"ok      {name}", flush=True)

    def finish(self):
        print(f"{self.passed} passed, {len(self.failed)} failed")
        return 1 if self.failed or self.passed == 0 else 0
