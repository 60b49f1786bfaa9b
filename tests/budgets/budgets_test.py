"""script/budgets: how the list is read, and what counts as too much."""
import importlib.machinery
import importlib.util
import pathlib
import unittest

SCRIPT = pathlib.Path(__file__).resolve().parents[2] / "script" / "budgets"
loader = importlib.machinery.SourceFileLoader("budgets", str(SCRIPT))
budgets = importlib.util.module_from_spec(importlib.util.spec_from_loader("budgets", loader))
loader.exec_module(budgets)


class Budgets(unittest.TestCase):
    def test_the_list_of_the_project_can_be_read(self):
        read = budgets.parse(budgets.LIST.read_text(encoding="utf-8"))
        self.assertIn("text", read)

    def test_a_line_is_a_name_a_number_and_a_reason(self):
        self.assertEqual(budgets.parse("# words\n\ntext 100 as it was\n"), {"text": (100, "as it was")})
        for bad in ("text 100", "text", "text many as it was", "text -5 as it was", "text 1 a\ntext 2 b"):
            with self.subTest(bad), self.assertRaises(budgets.Unmeasurable):
                budgets.parse(bad)

    def test_a_figure_at_its_budget_fits_and_one_above_does_not(self):
        self.assertTrue(budgets.judge({"text": 99}, {"text": (100, "")})[1])
        self.assertTrue(budgets.judge({"text": 100}, {"text": (100, "")})[1])
        lines, fits = budgets.judge({"text": 101, "lines-total": 1}, {"text": (100, ""), "lines-total": (1, "")})
        self.assertFalse(fits)
        self.assertIn("ABOVE ITS BUDGET by 1", lines[0])
        self.assertNotIn("ABOVE", lines[1])

    def test_a_figure_without_a_budget_does_not_fit(self):
        self.assertFalse(budgets.judge({"text": 1}, {})[1])

    def test_a_budget_far_above_its_figure_is_to_be_lowered(self):
        self.assertIn("lower its budget", budgets.judge({"text": 94}, {"text": (100, "")})[0][0])
        self.assertNotIn("lower", budgets.judge({"text": 96}, {"text": (100, "")})[0][0])


if __name__ == "__main__":
    unittest.main()
