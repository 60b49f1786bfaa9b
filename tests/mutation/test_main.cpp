// main() of a test program with mutants in it. SALLYPORT_MUTANTS: numbers of those that are on, with commas between
// them. SALLYPORT_TESTS: ordinal numbers of the test cases that run, all without it. SALLYPORT_REACHED: a file to which
// a line is appended for each test case: its ordinal number, its seconds, and the mutants that it reached.
#define DOCTEST_CONFIG_IMPLEMENT
#include <doctest/doctest.h>

#include <array>
#include <atomic>
#include <cstdlib>
#include <fstream>
#include <set>
#include <string>

#include "mutants.h"

namespace {

constexpr unsigned kMost = 1 << 15;
std::array<bool, kMost> active{};
std::array<std::atomic<bool>, kMost> reached{};

std::set<unsigned> numbers_in(const char* variable) {
  std::set<unsigned> numbers;
  const char* text = std::getenv(variable);
  for (char* end = nullptr; text != nullptr && *text != '\0'; text = *end == ',' ? end + 1 : end) {
    numbers.insert(static_cast<unsigned>(std::strtoul(text, &end, 10)));
    if (end == text) break;
  }
  return numbers;
}

// Before all static objects, whose constructors may reach mutants.
[[gnu::constructor(101)]] void choose() {
  for (const unsigned n : numbers_in("SALLYPORT_MUTANTS"))
    if (n < kMost) active[n] = true;
}

unsigned ordinal_of(const doctest::TestCaseData& wanted) {
  unsigned ordinal = 0;
  for (const auto& one : doctest::detail::getRegisteredTests()) {
    if (static_cast<const doctest::TestCaseData*>(&one) == &wanted) return ordinal;
    ++ordinal;
  }
  return ordinal;
}

struct Recorder final : doctest::IReporter {
  explicit Recorder(const doctest::ContextOptions&) {
    if (const char* name = std::getenv("SALLYPORT_REACHED")) out.open(name, std::ios::app);
  }
  void write(const std::string& head) {
    if (!out.is_open()) return;
    out << head;
    for (unsigned n = 0; n < kMost; ++n)
      if (reached[n].exchange(false)) out << ' ' << n;
    out << std::endl;
  }
  void test_run_start() override { write("static 0"); }
  void test_case_start(const doctest::TestCaseData& data) override { running = ordinal_of(data); }
  void test_case_end(const doctest::CurrentTestCaseStats& stats) override {
    write(std::to_string(running) + ' ' + std::to_string(stats.seconds));
  }
  void report_query(const doctest::QueryData&) override {}
  void test_run_end(const doctest::TestRunStats&) override {}
  void test_case_reenter(const doctest::TestCaseData&) override {}
  void test_case_exception(const doctest::TestCaseException&) override {}
  void subcase_start(const doctest::SubcaseSignature&) override {}
  void subcase_end() override {}
  void log_assert(const doctest::AssertData&) override {}
  void log_message(const doctest::MessageData&) override {}
  void test_case_skipped(const doctest::TestCaseData&) override {}

  std::ofstream out;
  unsigned running = 0;
};
DOCTEST_REGISTER_LISTENER("mutants", 1, Recorder);

}  // namespace

bool mutants::chosen(unsigned n) noexcept {
  if (!reached[n].load(std::memory_order_relaxed)) reached[n].store(true, std::memory_order_relaxed);
  return active[n];
}

int main(int argc, char** argv) {
  const std::set<unsigned> wanted = numbers_in("SALLYPORT_TESTS");
  unsigned ordinal = 0;
  for (const auto& one : doctest::detail::getRegisteredTests()) {
    // What is skipped is no part of the order of the set.
    if (!wanted.empty() && !wanted.contains(ordinal)) const_cast<doctest::detail::TestCase&>(one).m_skip = true;
    ++ordinal;
  }
  return doctest::Context(argc, argv).run();
}
