"""What an installed Sallyport offers, and what a project that holds it as a folder gets: components of find_package(), modules of
pkg-config, targets of add_subdirectory(), the licence; and one error for a compiler that is too old."""
import argparse
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

SOURCE = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(SOURCE / "tests" / "interop"))
from table import Table  # noqa: E402

NEEDS = {"socket": [], "poll": ["socket"], "session_file": [], "redis": ["socket"],
         "keyclient": ["socket"], "keyserver": ["socket", "keyclient"], "ocsp": ["socket"]}  # an adapter: those that it is built on
TOO_OLD = "Sallyport needs C++23 with std::expected: GCC 12, clang 19 or a later one"
# What each module is for, in a program that is linked with it alone, and run.
PROGRAMS = {
    "sallyport": ("tls/tls.h", 'return tls::trust_pem("").has_value();'),
    "sallyport-socket": ("tls/adapters/socket_stream.h", 'return !tls::Socket::listen("127.0.0.1", 0);'),
    "sallyport-poll": ("tls/adapters/poll_loop.h", "return !tls::PollLoop::create();"),
    "sallyport-session_file": ("tls/adapters/session_file.h", 'return tls::file_client_sessions("/no/such/folder/file") == nullptr;'),
    "sallyport-redis": ("tls/adapters/redis.h", "tls::RedisOptions o; o.port = 1; return !tls::RedisStore::open(std::move(o));"),
    "sallyport-keyclient": ("tls/adapters/key_client.h", 'tls::KeyClientOptions o; o.path = "/no/such/socket"; return !tls::KeyClient::open(std::move(o));'),
    "sallyport-keyserver": ("tls/adapters/key_server.h", "return tls::KeyServer::open({}).has_value();"),
    "sallyport-ocsp": ("tls/adapters/ocsp.h", "return !tls::StapleKeeper::start({});"),
}
# What is there where p11-kit is.
if subprocess.run(["pkg-config", "--exists", "p11-kit-1 >= 0.23"]).returncode == 0:
    NEEDS["pkcs11"] = ["socket"]
    PROGRAMS["sallyport-pkcs11"] = ("tls/adapters/pkcs11.h", "return tls::pkcs11_key({}).has_value();")
else:
    print("the adapter pkcs11 is not looked at: p11-kit is not here (Debian: libp11-kit-dev)")


class Wrong(RuntimeError):
    """What was found is not what is promised; the text says both."""


def expect(what, found, wanted):
    if found != wanted:
        raise Wrong(f"{what}: {found!r}, not {wanted!r}")


def ran(*command, status=0, **options):
    """What the command prints, on both streams; Wrong unless it ends with that status (None: with any other than 0)."""
    done = subprocess.run([str(word) for word in command], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, **options)
    if done.returncode != status if status is not None else done.returncode == 0:
        raise Wrong(f"status {done.returncode} of {' '.join(map(str, command))}\n{done.stdout}")
    return done.stdout


class Place:
    """A folder for projects, an installed Sallyport, and how to compile."""

    def __init__(self, arguments, folder):
        self.cmake, self.compiler, self.flags = arguments.cmake, arguments.compiler, arguments.flags.split()
        self.folder, self.prefix = pathlib.Path(folder), pathlib.Path(folder) / "prefix"
        ran(self.cmake, "--install", arguments.build, "--prefix", self.prefix)

    def file(self, name, text):
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        return path

    def configure(self, name, lists, *options, status=0, compiler=None):
        """Configures a project whose CMakeLists.txt holds `lists`."""
        self.file(f"{name}/CMakeLists.txt", f"cmake_minimum_required(VERSION 3.25)\nproject({name} LANGUAGES CXX)\n{lists}")
        return ran(self.cmake, "-S", self.folder / name, "-B", self.folder / name / "build", "-G", "Ninja",
                   f"-DCMAKE_CXX_COMPILER={compiler or self.compiler}", f"-DCMAKE_CXX_FLAGS={' '.join(self.flags)}",
                   f"-DCMAKE_PREFIX_PATH={self.prefix}", *options, status=status)


# ---- find_package ----------------------------------------------------------------------------------------------

ASK = """
find_package(sallyport QUIET {how})
foreach(name tls {names})
  if(TARGET sallyport::${{name}})
    string(APPEND targets " ${{name}}")
  endif()
endforeach()
message(STATUS "asked {number}: ${{sallyport_FOUND}};${{targets}};${{sallyport_NOT_FOUND_MESSAGE}}")
"""


def answers(place, name, asked):
    """For each way of asking: found or not, the targets, why not. Each stands in a folder of its own: so do the targets."""
    lists = ""
    for number, how in enumerate(asked):
        place.file(f"{name}/{number}/CMakeLists.txt", ASK.format(how=how, names=" ".join(NEEDS), number=number))
        lists += f"add_subdirectory({number})\n"
    text = place.configure(name, lists)
    found = re.findall(r"asked \d+: (\S*?);(.*?);(.*)", text)
    expect("answers", len(found), len(asked))
    return [(f in ("1", "TRUE"), targets.split(), why) for f, targets, why in found]


def components(place, table):
    wanted = {"": ["tls"], "COMPONENTS tls": ["tls"], "OPTIONAL_COMPONENTS nonsense": ["tls"]}
    for adapter, needs in NEEDS.items():
        wanted[f"COMPONENTS {adapter}"] = ["tls", *(a for a in NEEDS if a in [adapter, *needs])]
    wanted["COMPONENTS " + " ".join(NEEDS)] = ["tls", *NEEDS]
    with table.row("find_package: the core alone unless told; an adapter with what it needs; each of all"):
        for how, answer in zip(wanted, answers(place, "components", wanted)):
            expect(f"find_package(sallyport {how})", answer, (True, wanted[how], ""))
    with table.row("find_package: a component that is none is named, with those that there are, and no target is made"):
        (found, targets, why), = answers(place, "unknown", ["COMPONENTS socket sokcet"])
        expect("found", (found, targets), (False, []))
        expect("why", why, 'sallyport has no component "sokcet": its components are tls ' + " ".join(NEEDS))
        text = place.configure("required", "find_package(sallyport REQUIRED COMPONENTS sokcet)", status=1)
        expect("errors", text.count("CMake Error"), 1)
        expect("the reason is told", 'has no component "sokcet"' in text, True)
    with table.row("find_package: libraries that the machine lacks are named"):
        os.environ["PKG_CONFIG_LIBDIR"] = str(place.folder / "nowhere")
        try:
            (found, _, why), = answers(place, "lacking", [""])
        finally:
            del os.environ["PKG_CONFIG_LIBDIR"]
        expect("found", found, False)
        expect("the package is told", "libsodium-dev" in why, True)


# ---- pkg-config, the licence -----------------------------------------------------------------------------------


def modules(place, table):
    found = next(where for where, _, files in os.walk(place.prefix) if "sallyport.pc" in files)
    for module, (header, body) in PROGRAMS.items():
        with table.row(f"pkg-config {module}: a program without CMake"):
            flags = ran("pkg-config", "--cflags", "--libs", module, env=dict(os.environ, PKG_CONFIG_PATH=found)).split()
            source = place.file(f"{module}.cpp", f"#include <{header}>\n#include <utility>\nint main() {{ {body} }}\n")
            ran(place.compiler, *place.flags, source, *flags, "-o", place.folder / module)
            ran(place.folder / module)


def licence(place, table):
    with table.row("the licence is installed"):
        installed = [file.read_bytes() for file in place.prefix.rglob("LICENSE")]
        expect("LICENSE", installed, [(SOURCE / "LICENSE").read_bytes()])


# ---- add_subdirectory ------------------------------------------------------------------------------------------


def folder_of_a_project(place, table):
    targets = " ".join(f"sallyport::{name}" for name in ("tls", *NEEDS))
    lists = f'add_subdirectory("{SOURCE}" sallyport)\nadd_executable(app EXCLUDE_FROM_ALL app.cpp)\ntarget_link_libraries(app PRIVATE {targets})\n'
    place.file("parent/app.cpp", "int main() {}\n")
    build = place.folder / "parent" / "build"
    with table.row("add_subdirectory: every adapter has its target, and is built if it is linked"):
        place.configure("parent", lists)
        steps = ran("ninja", "-C", build, "-t", "commands", "app")
        for name in NEEDS:
            expect(f"{name} is built for app", f"libsallyport_{name}.a" in steps, True)
        steps = ran("ninja", "-C", build, "-t", "commands", "all")
        for name in NEEDS:
            expect(f"{name} is built although nobody links it", f"libsallyport_{name}.a" in steps, False)
    with table.row("add_subdirectory: no tests, no tools, no installation, and the build type stays the project's"):
        known = ran("ninja", "-C", build, "-t", "targets", "all")
        expect("tests or tools", re.findall(r"^\S*(?:test_|sallyport_tool|libsallyport_factory)\S*", known, re.M), [])
        expect("CMAKE_BUILD_TYPE", re.findall(r"^CMAKE_BUILD_TYPE:\w+=(.*)$", (build / "CMakeCache.txt").read_text(), re.M), [""])
        empty = place.folder / "nothing"
        ran(place.cmake, "--install", build, "--prefix", empty)
        expect("installed", list(empty.rglob("*")) if empty.exists() else [], [])


# ---- compilers that are too old --------------------------------------------------------------------------------


def old_compilers():
    return [found for name in ["g++-10", "g++-11", *(f"clang++-{n}" for n in range(13, 19))] if (found := shutil.which(name))]


def compilers(place, table):
    # A compiler that knows C++20 and no more.
    limited = place.file("limited", f'#!/bin/sh\nexec {place.compiler} "$@" -std=c++20\n')
    limited.chmod(0o755)
    for compiler in (limited, *old_compilers()):
        with table.row(f"configured with a compiler that is too old ({pathlib.Path(compiler).name}): one error, which says so"):
            build = place.folder / f"build-{pathlib.Path(compiler).name}"
            text = ran(place.cmake, "-S", SOURCE, "-B", build, "-G", "Ninja", f"-DCMAKE_CXX_COMPILER={compiler}", status=1)
            expect("errors", text.count("CMake Error"), 1)
            expect("it says what is needed", TOO_OLD[0].lower() + TOO_OLD[1:] in " ".join(text.split()), True)
    headers = sorted(path.relative_to(place.prefix / "include") for path in place.prefix.rglob("*.h"))
    expect("public headers are there", len(headers) > 20, True)
    for compiler, standard in ((place.compiler, "-std=c++20"), (place.compiler, "-std=c++17"), *((c, "-std=c++2b") for c in old_compilers())):
        with table.row(f"each public header, {pathlib.Path(compiler).name} {standard}: one error, which says so"):
            for header in headers:
                source = place.file("one.cpp", f"#include <{header}>\n")
                text = ran(compiler, standard, "-fsyntax-only", f"-I{place.prefix / 'include'}", source, status=None)
                errors = [line for line in text.splitlines() if re.search(r"\berror: ", line)]
                expect(f"errors of {header}", (len(errors), TOO_OLD in errors[0]), (1, True))


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    for name in ("cmake", "build", "compiler", "flags"):
        parser.add_argument("--" + name, required=True)
    table = Table()
    with tempfile.TemporaryDirectory() as folder:
        place = Place(parser.parse_args(), folder)
        for part in (licence, components, modules, folder_of_a_project, compilers):
            part(place, table)
    sys.exit(table.finish())


if __name__ == "__main__":
    main()
