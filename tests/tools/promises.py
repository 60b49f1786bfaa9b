"""script/promises over small trees: what counts as a promise, where a mark stands, and which names there are."""
import argparse
import pathlib
import subprocess
import sys
import tempfile
import unittest

SCRIPT = pathlib.Path(__file__).resolve().parents[2] / "script" / "promises"

CMAKE = """
sallyport_test(session SOURCES cache_test.cpp LINK something)
foreach(version 12 13)
  add_test(NAME interop${version} COMMAND x "${CMAKE_CURRENT_SOURCE_DIR}/matrix.py")
endforeach()
# add_test(NAME commented_out COMMAND x)
sallyport_memcheck(session)
"""
CASES = """
TEST_CASE("of many takers one gets the session") {}
TEST_CASE_FIXTURE(Shelf, "expired sessions are not given,"
                         " and not counted") {}
TEST_CASE("threads share a store") {}
TEST_CASE("threads share a cache") {}
"""


class Promises(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.addCleanup(self.folder.cleanup)
        self.root = pathlib.Path(self.folder.name)
        self.write("tests/session/CMakeLists.txt", CMAKE)
        self.write("tests/session/cache_test.cpp", CASES)
        self.write("tests/session/matrix.py", "def resumes():\n    pass\n")

    def write(self, name, text):
        path = self.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)

    def run_script(self, *options):
        return subprocess.run([sys.executable, "-B", str(SCRIPT), "--root", str(self.root), *options],
                              capture_output=True, text=True, timeout=60)

    def page(self, text):
        self.write("docs/page.md", text)
        return self.run_script()

    def header(self, text):
        self.write("include/tls/some.h", text)
        return self.run_script()

    def assert_holds(self, done):
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)

    def assert_fails(self, done, *words):
        self.assertEqual(done.returncode, 1, done.stdout + done.stderr)
        for word in words:
            self.assertIn(word, done.stdout)

    # ---- what a promise is ----

    def test_each_word_promises(self):
        for sentence in ("It never waits.", "Nothing is kept.", "Nobody reads it.", "No one reads it.", "It always asks.",
                         "It is given once.", "At most once.", "It cannot fail.", "It can't fail.", "That is impossible.",
                         "This is guaranteed.", "It does not compile.", "They do not throw.", "It is kept nowhere.",
                         "Every session must end."):
            with self.subTest(sentence):
                self.assert_fails(self.page(sentence), "docs/page.md:1: a promise that names no test: " + sentence)
                self.assert_fails(self.header(f"/// {sentence}\nvoid f();\n"), "include/tls/some.h:1:", sentence)
                self.write("include/tls/some.h", "")

    def test_what_is_no_promise(self):
        for sentence in ("It answers at once.", "Once it is done it ends.", "You must call it.", "The `never` policy.",
                         'RFC 1 says "MUST never".', "See Require::always.", "What cannot be read is left out.",
                         "Keys that nobody can guess."):
            with self.subTest(sentence):
                self.assert_holds(self.page(sentence))
                self.assert_holds(self.header(f"/// {sentence}\nvoid f();\n"))

    def test_examples_are_not_read(self):
        self.assert_holds(self.page("```cpp\n// never\n```\n\n    $ never\n"))
        self.assert_holds(self.header("int never_used;\nconst char* s = \"never\";\n"))

    def test_every_file_is_read(self):
        for name in ("README.md", "SECURITY.md", "CONTRIBUTING.md", "docs/a.md"):
            self.write(name, "It never waits.\n")
        for name in ("include/tls/a.h", "adapters/include/tls/adapters/b.h"):
            self.write(name, "/// It never waits.\nint a;\n")
        done = self.run_script()
        self.assert_fails(done, "README.md:1", "SECURITY.md:1", "CONTRIBUTING.md:1", "docs/a.md:1", "include/tls/a.h:1",
                          "adapters/include/tls/adapters/b.h:1", "6 to mend")

    # ---- marks on pages ----

    def test_a_mark_is_for_the_sentence_before_it(self):
        self.assert_holds(self.page("It never waits. <!-- test: threads share a store -->\n"))
        self.assert_holds(self.page("It never\nwaits. <!-- test: threads share a store -->\nThen it ends.\n"))
        self.assert_fails(self.page("It never waits. Then it ends. <!-- test: threads share a store -->\n"), "It never waits.")
        self.assert_fails(self.page("It never waits. <!-- test: threads share a store --> Nothing is kept.\n"),
                          "1 to mend", "Nothing is kept.")

    def test_a_mark_does_not_begin_a_line(self):  # it would end the paragraph: CommonMark §4.6, kind 2
        self.assert_fails(self.page("It never waits.\n<!-- test: threads share a store --> Then it ends.\n"),
                          "page.md:2: a mark at the beginning of a line")
        self.assert_fails(self.page("- It never waits.\n  <!-- test: threads share a store -->\n"), "page.md:2:")

    def test_a_cell_and_an_item_are_sentences(self):
        self.assert_holds(self.page("| it never waits <!-- test: threads share a store --> | it ends |\n"))
        self.assert_fails(self.page("| it never waits | it ends <!-- test: threads share a store --> |\n"), "it never waits")
        self.assert_fails(self.page("- it never waits\n- it ends <!-- test: threads share a store -->\n"), "page.md:1")

    def test_the_line_is_that_of_the_sentence(self):
        self.assert_fails(self.page("# Page\n\nOne. Two\nand three. It\nnever waits.\n"), "docs/page.md:4:")

    def test_a_mark_that_is_shown_is_none(self):
        self.assert_holds(self.page("A mark is `<!-- test: NAME -->`.\n"))
        self.assert_fails(self.page("It never waits. `<!-- test: session -->`\n"), "It never waits.")

    def test_a_mark_without_a_sentence_is_checked_too(self):
        self.assert_fails(self.page("# Page\n\n<!-- test: no such test -->\n"), "docs/page.md:3: no test has this name")

    # ---- marks in headers ----

    def test_a_mark_is_a_line_behind_the_comment(self):
        self.assert_holds(self.header("/// It never\n/// waits.\n// test: threads share a store\nvoid f();\n"))
        self.assert_holds(self.header("int a;  ///< never negative\n// test: threads share a store\n"))
        self.assert_fails(self.header("/// It never waits.\nvoid f();\n// test: threads share a store\n"), "It never waits.")

    def test_each_promise_of_a_comment_has_one(self):
        twice = "/// It never waits. Nothing is kept.\n// test: threads share a store\n"
        self.assert_fails(self.header(twice + "void f();\n"), "1 to mend", "Nothing is kept.")
        self.assert_holds(self.header(twice + "// test: threads share a cache\nvoid f();\n"))

    def test_a_comment_behind_code_goes_on_in_the_next_line(self):
        self.assert_fails(self.header("int a;  ///< it is\n        ///< never negative\n"), "some.h:1")
        self.assert_fails(self.header("int a;  ///< it is never\n/// Another.\n// test: threads share a store\nint b;\n"),
                          "1 to mend", "it is never")

    # ---- names ----

    def test_names_that_there_are(self):
        for name in ("session", "test_session", "session_memcheck", "interop12", "interop13", "session: of many takers",
                     'session: "of many takers one gets the session"', "of many takers", "not given, and not counted",
                     "interop12: resumes"):
            with self.subTest(name):
                self.assert_holds(self.page(f"It never waits. <!-- test: {name} -->\n"))
                self.assert_holds(self.header(f"/// It never waits.\n// test: {name}\nint a;\n"))

    def test_names_that_there_are_not(self):
        for name in ("sessions", "interop12_memcheck", "interop14", "commented_out", "session: of few takers", "a case that is gone",
                     "interop12: of many takers"):
            with self.subTest(name):
                self.assert_fails(self.page(f"It never waits. <!-- test: {name} -->\n"), "no test has this name", name)
                self.assert_fails(self.header(f"/// It never waits.\n// test: {name}\nint a;\n"), "no test has this name")
                self.write("include/tls/some.h", "")

    def test_a_part_that_two_cases_have_names_neither(self):
        self.assert_fails(self.page("It never waits. <!-- test: threads share -->\n"), "2 cases have this name")
        self.assert_fails(self.header("/// It never waits.\n// test: session: threads share\nint a;\n"), "2 cases")

    def test_one_wrong_name_beside_a_right_one_fails(self):
        self.assert_fails(self.page("It never waits. <!-- test: session --> <!-- test: gone -->\n"), "'gone'")

    # ---- the program ----

    def test_list_prints_promises_and_tests(self):
        self.write("docs/page.md", "It never waits. <!-- test: session -->\n")
        done = self.run_script("--list")
        self.assert_holds(done)
        self.assertIn("docs/page.md:1: It never waits.\n    session\n", done.stdout)
        self.assertIn("1 promises, and a test for each", done.stdout)

    def test_a_tree_without_tests_is_refused(self):
        with tempfile.TemporaryDirectory() as empty:
            done = subprocess.run([sys.executable, "-B", str(SCRIPT), "--root", empty], capture_output=True, text=True)
        self.assertEqual(done.returncode, 1)
        self.assertIn("is it a tree of Sallyport?", done.stderr)


if __name__ == "__main__":
    unittest.main()
