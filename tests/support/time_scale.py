"""How long tests wait: SALLYPORT_TEST_TIME_SCALE, as tests/support/time_scale.h has it."""
import os
import time

MOST = 1000


def parse(text):
    """The number that the text is. ValueError: it is none from 1 to MOST."""
    if not (text.isascii() and text.isdigit() and len(text) <= 18 and 1 <= int(text) <= MOST):
        raise ValueError(f'SALLYPORT_TEST_TIME_SCALE is "{text}": give a whole number, 1 to {MOST}')
    return int(text)


SCALE = parse(os.environ.get("SALLYPORT_TEST_TIME_SCALE") or "1")


def scaled(seconds):
    """A deadline, or a time within which something is to happen."""
    return seconds * SCALE


def within(seconds, holds):
    """Waits until `holds()` gives something true, for at most so many seconds, scaled, and gives that: or what came last."""
    end = time.monotonic() + scaled(seconds)
    while not (result := holds()) and time.monotonic() < end:
        time.sleep(0.05)
    return result
