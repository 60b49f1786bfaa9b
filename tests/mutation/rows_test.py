"""How rows are read, found and built into the source; and that those of the project fit it."""
import pathlib
import unittest

import rows as lists

SRC = pathlib.Path(__file__).resolve().parents[2] / "src"
SOURCE = """int f(int n) {
  if (n > 3 ||
      n < 0) return fail(n);
  count(n);
  if (auto ok = g(n); !ok) return 1;
  if (auto ok = h(n); !ok) return 2;
  return n > 2 ? n : 0;
}
"""


def built(*texts):
    made = lists.parse_list("[f.cpp]\n" + "\n".join(texts), "room", "list")
    for number, row in enumerate(made, 1):
        row.number = number
        lists.locate(row, SOURCE)
    return lists.instrument(SOURCE, made)


class Rows(unittest.TestCase):
    def stale(self, *texts):
        with self.assertRaises(lists.Stale) as caught:
            built(*texts)
        return str(caught.exception)

    def test_an_expression_gets_a_switch(self):
        self.assertIn("return (::mutants::on(1) ? (n >= 2) : (n > 2)) ? n : 0;", built("n > 2 => n >= 2"))

    def test_a_condition_may_be_of_any_type(self):
        self.assertIn("g(n); (::mutants::on(1) ? false : static_cast<bool>(!ok))) return 1;",
                      built("!ok @@ g(n); ~) => false"))

    def test_a_statement_is_left_out_or_replaced(self):
        self.assertIn("{ if (!::mutants::on(1)) { count(n); } }", built("count(n); => drop"))
        self.assertIn("{ if (::mutants::on(1)) { count(0); } else { count(n); } }", built("count(n); => count(0);"))

    def test_white_space_is_as_it_may_be(self):
        self.assertIn("if ((::mutants::on(1) ? false : static_cast<bool>(n > 3 ||\n      n < 0))) return",
                      built("n > 3 || n < 0 => false"))

    def test_rows_at_one_place_and_inside_one_another(self):
        both = built("n > 2 => n >= 2", "n > 2 => true")
        self.assertIn("(::mutants::on(2) ? true : static_cast<bool>((::mutants::on(1) ? (n >= 2) : (n > 2))))", both)
        inner = built("n > 3 || n < 0 => false", "n > 3 => n >= 3")
        self.assertIn("static_cast<bool>((::mutants::on(2) ? (n >= 3) : (n > 3)) ||\n      n < 0)", inner)

    def test_rows_that_do_not_fit(self):
        self.assertIn("0 times", self.stale("n > 4 => n >= 4"))
        self.assertIn("2 times", self.stale("!ok => false"))
        self.assertIn("overlaps", self.stale("3 || n => 3", "n < 0) return => n)"))
        self.assertIn("'source => replacement'", self.stale("n > 2 -> n >= 2"))
        self.assertIn("one '~'", self.stale("!ok @@ g(n); => false"))
        self.assertIn("go together", self.stale("n > 2 => true", "  argued: it does not matter"))

    def test_why_and_arguments(self):
        made = lists.parse_list("[f.cpp]\n# RFC 1\n# §2\na => b\nc => d\n  argued: e\n  with: room/f.cpp: a => b\n# RFC 3\n"
                                "f => g\n", "room", "list")
        self.assertEqual([row.why for row in made], ["RFC 1 §2", "RFC 1 §2", "RFC 3"])
        self.assertEqual((made[1].argued, made[1].partner_text), ("e", "room/f.cpp: a => b"))
        self.assertEqual(made[0].text(), "room/f.cpp: a => b")

    def test_the_rows_of_the_project_fit_their_sources(self):
        rows = lists.load(SRC)
        self.assertGreaterEqual(len(rows), 400)
        for name in {row.file for row in rows}:
            lists.instrument((SRC / name).read_text(), [row for row in rows if row.file == name])


if __name__ == "__main__":
    unittest.main()
