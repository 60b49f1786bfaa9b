"""Includes go one way (docs/architecture.md, "The one rule"). A room's sources include headers of the rooms that it names
and of those that they see; the include roots that the compiler is given hold these rooms alone, so that anything else does
not compile. Public headers are in one root that all rooms see: of these it is this test that says which belong to whom.

Usage: rooms.py SOURCE ROOM=ROOT[:ROOT]...   ROOTs: the directories in which the compiler looks for that room's includes
"""
import argparse
import pathlib
import re
import sys

# The lowest room that may include each public header.
PUBLIC = {
    "base": {"bytes", "certificate_chain", "environment", "error", "fast_random", "identity", "secret", "secret_bytes"},
    "wire": {"info"},
    "crypto": {"info", "credentials"},
    "pki": {"verifier", "verification_memory", "crl", "ocsp"},
    "session": {"session", "session_cache", "session_stores", "replay_guard", "ticket_keys"},
    "handshake": {"client_hello", "config", "config_source", "live_config", "operation"},
    "connection": {"connection", "tls"},
}


def rooms(source):
    """room -> the rooms that it names"""
    named = {}
    for listing in sorted((source / "src").glob("*/CMakeLists.txt")):
        text = re.sub(r"#.*", "", listing.read_text())
        room = re.search(r"sallyport_room\((\w+)(.*?)\)", text, re.DOTALL)
        deps = re.search(r"\bDEPS((?:\s+[a-z]\w*)+)", room.group(2))
        named[room.group(1)] = deps.group(1).split() if deps else []
    return named


def seen(room, named):
    found = {room}
    for below in named[room]:
        found |= seen(below, named)
    return found


def failures(source, roots):
    named = rooms(source)
    if set(roots) != set(named):
        yield f"asked about {sorted(roots)}, but the rooms are {sorted(named)}"
    for room in sorted(set(roots) & set(named)):
        allowed = seen(room, named)
        public = set().union(*(PUBLIC.get(below, set()) for below in allowed))
        for other in sorted(set(named) - allowed):
            for root in roots[room]:
                if (root / other).exists():
                    yield f"{room}: {root} lets it include {other}/"
        for path in sorted((source / "src" / room).rglob("*")):
            if path.suffix not in (".h", ".cpp", ".inc"):
                continue
            for line, text in enumerate(path.read_text().split("\n"), 1):
                include = re.match(r'\s*#\s*include\s*[<"](\w+)/([\w/.]+)[>"]', text)
                if not include:
                    continue
                folder, header = include.groups()
                if folder in named and folder not in allowed:
                    yield f"{path.relative_to(source)}:{line}: {room} does not see {folder}"
                if folder == "tls" and header.endswith(".h") and header[:-2] not in public:
                    yield f"{path.relative_to(source)}:{line}: tls/{header} belongs to a room above {room}"


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("source", type=pathlib.Path)
    parser.add_argument("rooms", nargs="+", metavar="ROOM=ROOT[:ROOT]")
    options = parser.parse_args()
    roots = {}
    for word in options.rooms:
        room, _, paths = word.partition("=")
        roots[room] = [pathlib.Path(path) for path in paths.split(":") if path]
        if not roots[room]:
            sys.exit(f"rooms.py: {room} has no include roots")
    found = list(failures(options.source, roots))
    print("\n".join(found) or f"{len(roots)} rooms, and no include upwards or sideways")
    sys.exit(1 if found else 0)


if __name__ == "__main__":
    main()
