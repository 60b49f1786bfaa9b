#include "vectors/report.h"

#include <algorithm>
#include <iomanip>
#include <nlohmann/json.hpp>

namespace tls::vectors {
namespace {

struct Totals {
  std::size_t passed = 0, failed = 0, skipped = 0;
};

Totals totals(std::span<const FileReport> reports) {
  Totals sum;
  for (const FileReport& r : reports) {
    sum.passed += r.passed;
    sum.failed += r.failures.size();
    sum.skipped += r.skipped_cases();
  }
  return sum;
}

std::size_t widest_path(std::span<const FileReport> reports) {
  std::size_t width = 4;
  for (const FileReport& r : reports) width = std::max(width, r.path.size());
  return width;
}

}  // namespace

std::size_t FileReport::skipped_cases() const {
  std::size_t n = 0;
  for (const auto& [reason, count] : skipped) n += count;
  return n;
}

void write_json(std::ostream& out, std::span<const FileReport> reports) {
  nlohmann::json document;
  document["files"] = nlohmann::json::array();
  for (const FileReport& r : reports) {
    nlohmann::json file = {{"path", r.path},
                           {"format", r.format},
                           {"passed", r.passed},
                           {"failed", r.failures.size()},
                           {"skipped", r.skipped_cases()},
                           {"skip_reasons", r.skipped},
                           {"algorithms", r.algorithms},
                           {"implementations", r.implementations}};
    file["failures"] = nlohmann::json::array();
    for (const auto& failure : r.failures)
      file["failures"].push_back({{"case", failure.where}, {"words", failure.words}});
    document["files"].push_back(std::move(file));
  }
  const Totals sum = totals(reports);
  document["passed"] = sum.passed;
  document["failed"] = sum.failed;
  document["skipped"] = sum.skipped;
  out << document.dump(2, ' ', false, nlohmann::json::error_handler_t::replace) << '\n';
}

void write_table(std::ostream& out, std::span<const FileReport> reports) {
  const int width = static_cast<int>(widest_path(reports));
  const auto line = [&](std::string_view path, auto passed, auto failed, auto skipped) {
    out << std::left << std::setw(width) << path << std::right << std::setw(8) << passed << std::setw(8) << failed
        << std::setw(9) << skipped << '\n';
  };
  line("file", "passed", "failed", "skipped");
  for (const FileReport& r : reports) line(r.path, r.passed, r.failures.size(), r.skipped_cases());
  const Totals sum = totals(reports);
  line("all", sum.passed, sum.failed, sum.skipped);
  for (const FileReport& r : reports)
    for (const auto& failure : r.failures)
      out << "FAILED " << r.path << ", " << failure.where << ": " << failure.words << '\n';
  for (const FileReport& r : reports)
    for (const auto& [reason, count] : r.skipped)
      out << "skipped " << r.path << ": " << count << " x " << reason << '\n';
}

void write_list(std::ostream& out, std::span<const FileReport> reports) {
  for (const FileReport& r : reports) {
    out << r.path << " (" << (r.format.empty() ? "no known format" : r.format) << ")\n";
    for (const auto& [algorithm, count] : r.algorithms) out << std::setw(8) << count << "  " << algorithm << '\n';
  }
}

}  // namespace tls::vectors
