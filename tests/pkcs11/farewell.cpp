// A key whose last reference goes on a thread of its own leaves that thread behind, which still has a session to close.
// The program ends when it has gone: the module's code is unloaded at the end.
#include <doctest/doctest.h>

#include <cstdlib>
#include <filesystem>
#include <iostream>
#include <iterator>

#include "support/time_scale.h"

namespace {

std::ptrdiff_t threads() {
  const std::filesystem::directory_iterator tasks("/proc/self/task");
  return std::distance(begin(tasks), end(tasks));
}

struct Farewell final : doctest::IReporter {
  explicit Farewell(const doctest::ContextOptions&) {}
  void test_run_start() override { before_ = threads(); }
  void test_run_end(const doctest::TestRunStats& run) override {
    if (tls::test::within(std::chrono::milliseconds(5'000), [&] { return threads() <= before_; })) return;
    // One that its module has not let go of, whose other half was killed: it must not see the module unloaded.
    std::cerr << "a thread is still in a module: the program ends without unloading it\n";
    std::_Exit(run.numTestCasesFailed == 0 ? EXIT_SUCCESS : EXIT_FAILURE);
  }
  void report_query(const doctest::QueryData&) override {}
  void test_case_start(const doctest::TestCaseData&) override {}
  void test_case_reenter(const doctest::TestCaseData&) override {}
  void test_case_end(const doctest::CurrentTestCaseStats&) override {}
  void test_case_exception(const doctest::TestCaseException&) override {}
  void subcase_start(const doctest::SubcaseSignature&) override {}
  void subcase_end() override {}
  void log_assert(const doctest::AssertData&) override {}
  void log_message(const doctest::MessageData&) override {}
  void test_case_skipped(const doctest::TestCaseData&) override {}

 private:
  std::ptrdiff_t before_ = 0;
};

}  // namespace

REGISTER_LISTENER("farewell", 1, Farewell);
