"""Each source includes the standard headers whose names it uses, itself or by a header of this project: what one version of a library includes
besides, another does not (GCC 14's <algorithm> has no <cstdint>)."""
import pathlib
import re
import sys

SOURCE = pathlib.Path(__file__).resolve().parents[2]
FOLDERS = ("include", "src", "adapters", "tools", "fuzz", "bench", "tests", "examples")
# Where an include is looked for, besides the folder of who includes it.
ROOTS = [SOURCE / root for root in ("src", "include", "adapters/include", "adapters/src", "tests", "tools", "tests/bogo", "")]
# Names, as far as they have one home, and that is a header which others may or may not include.
NAMES = {
    "algorithm": r"std::(?:ranges::(?:any_of|all_of|none_of|find|find_if|sort|copy|equal|count|max|min|reverse|fill)|min|max|find|find_if|any_of|all_of|sort|copy|clamp)\b",
    "array": r"std::array\b",
    "atomic": r"std::atomic",
    "bit": r"std::(?:bit_cast|rotl|rotr|countr_zero|countl_zero|bit_width|popcount|byteswap)\b",
    "charconv": r"std::(?:from|to)_chars\b",
    "chrono": r"std::chrono::",
    "condition_variable": r"std::condition_variable\b",
    "cstdint": r"std::u?int(?:8|16|32|64)_t\b",
    "cstdio": r"std::(?:printf|fprintf|snprintf|FILE)\b",
    "cstdlib": r"std::(?:getenv|strtol|strtoul|abort|exit|atol|atoi)\b",
    "cstring": r"std::(?:memcpy|memcmp|memset|memmove|strlen|strerror)\b",
    "deque": r"std::deque\b",
    "filesystem": r"std::filesystem\b",
    "fstream": r"std::[io]?fstream\b",
    "functional": r"std::function\b",
    "future": r"std::(?:promise|future)\b",
    "iostream": r"std::c(?:out|err)\b",
    "iterator": r"std::(?:back_inserter|istreambuf_iterator)\b",
    "limits": r"std::numeric_limits\b",
    "map": r"std::(?:multi)?map\b",
    "memory": r"std::(?:unique_ptr|shared_ptr|make_unique|make_shared)\b",
    "mutex": r"std::(?:mutex|scoped_lock|unique_lock|lock_guard)\b",
    "new": r"std::(?:bad_alloc|nothrow)\b",
    "numeric": r"std::(?:accumulate|iota)\b",
    "optional": r"std::(?:optional|nullopt)\b",
    "set": r"std::(?:multi)?set\b",
    "span": r"std::span\b",
    "sstream": r"std::[io]?stringstream\b",
    "stdexcept": r"std::(?:runtime_error|logic_error|invalid_argument|out_of_range|length_error)\b",
    "string": r"std::(?:string\b(?!_)|to_string\b)",
    "string_view": r"std::string_view\b",
    "thread": r"std::(?:thread|jthread|this_thread)\b",
    "tuple": r"std::(?:tuple|tie)\b",
    "utility": r"std::(?:exchange|pair)\b",
    "variant": r"std::(?:variant|visit|get_if|holds_alternative|monostate)\b",
    "vector": r"std::vector\b",
}
# What a header must bring along, by the standard or because its own functions take it.
BRINGS = {"string": {"string_view"}, "map": {"utility"}, "memory": {"utility"}, "tuple": {"utility"}, "fstream": {"string", "string_view"},
          "sstream": {"string", "string_view"}}
INCLUDE = re.compile(r'^\s*#\s*include\s*([<"])([^>"]+)[>"]', re.M)


class Headers:
    def __init__(self):
        self.known = {}

    def of(self, path):
        """The standard headers that a source includes, through those of this project."""
        if path not in self.known:
            self.known[path] = set()  # ends circles
            found = set()
            for _, name in INCLUDE.findall(path.read_text(encoding="utf-8")):
                ours = next((root / name for root in (path.parent, *ROOTS) if (root / name).is_file()), None)
                found |= self.of(ours.resolve()) if ours else {name} | BRINGS.get(name, set())
            self.known[path] = found
        return self.known[path]


def missing(headers, path):
    text = re.sub(r"//.*", "", INCLUDE.sub("", path.read_text(encoding="utf-8")))
    return [header for header, names in NAMES.items() if header not in headers.of(path) and re.search(names, text)]


def main():
    headers = Headers()
    sources = [path for folder in FOLDERS for path in sorted((SOURCE / folder).rglob("*")) if path.suffix in (".h", ".cpp")]
    wrong = {path: names for path in sources if (names := missing(headers, path))}
    for path, names in wrong.items():
        print(f"{path.relative_to(SOURCE)} uses names of {', '.join(f'<{name}>' for name in names)} and does not include it")
    print(f"{len(sources) - len(wrong)} passed, {len(wrong)} failed")
    return 1 if wrong or len(sources) < 100 else 0


if __name__ == "__main__":
    sys.exit(main())
