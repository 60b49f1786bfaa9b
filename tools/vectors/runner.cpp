#include "vectors/runner.h"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>

namespace tls::vectors {
namespace {

namespace fs = std::filesystem;

File load(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  if (!in) throw BadVector("the file cannot be read");
  return {path, {std::istreambuf_iterator<char>(in), {}}};
}

Outcome check_case(const Registry& registry, const Case& c, Context& context) {
  if (!c.skip.empty()) return skipped(c.skip);
  const Kind* kind = registry.kind_named(c.kind);
  if (kind == nullptr) return skipped("nobody checks the kind \"" + c.kind + "\"");
  try {
    return kind->check(c, context);
  } catch (const std::exception& e) {
    return failed(std::string("the vector is malformed: ") + e.what());
  }
}

void count(FileReport& report, const Case& c, const Outcome& outcome) {
  switch (outcome.verdict) {
    case Outcome::Verdict::passed:
      ++report.passed;
      break;
    case Outcome::Verdict::skipped:
      ++report.skipped[outcome.words];
      break;
    case Outcome::Verdict::failed:
      report.failures.push_back({c.id + (c.comment.empty() ? "" : " (" + c.comment + ")"), outcome.words});
  }
}

}  // namespace

std::vector<std::string> files_of(const std::string& path) {
  if (!fs::is_directory(path)) return {path};
  std::vector<std::string> files;
  for (const auto& entry : fs::recursive_directory_iterator(path))
    if (entry.is_regular_file()) files.push_back(entry.path().string());
  std::ranges::sort(files);
  return files;
}

FileReport run_file(const Registry& registry, const std::string& path, const crypto::Cpu& cpu, bool check) {
  FileReport report;
  report.path = path;
  Context context{cpu};
  try {
    const File file = load(path);
    const Format* format = registry.format_of(file);
    if (format == nullptr) {
      ++report.skipped["no reader knows this format"];
      return report;
    }
    report.format = format->name;
    format->read(file, [&](const Case& c) {
      ++report.algorithms[c.kind + " " + c.algorithm];
      if (check) count(report, c, check_case(registry, c, context));
    });
    if (report.algorithms.empty()) report.failures.push_back({"the file", "it holds no case"});
  } catch (const std::exception& e) {
    report.failures.push_back({"the file", e.what()});
  }
  report.implementations = std::move(context.implementations);
  return report;
}

namespace {

/// Why nothing of a path was run or listed; empty when something was.
std::string nothing_in(std::span<const FileReport> reports) {
  if (reports.empty()) return "the folder holds no file";
  if (std::ranges::any_of(reports, [](const FileReport& r) { return !r.format.empty() || !r.failures.empty(); }))
    return {};
  return reports.size() == 1 ? "no reader knows this format" : "no reader knows the format of any of its files";
}

/// Whether all was skipped.
bool nothing_ran(std::span<const FileReport> reports) {
  return std::ranges::all_of(reports, [](const FileReport& r) { return r.passed == 0 && r.failures.empty(); });
}

}  // namespace

int run_vectors(std::span<const std::string> paths, bool json, bool list, std::ostream& programs, std::ostream& people,
                const Registry& registry) {
  const crypto::Cpu cpu = crypto::detect_cpu();
  std::vector<FileReport> reports;
  std::string unread;  // a line for each path that held nothing
  for (const std::string& path : paths) {
    try {
      if (!fs::exists(path)) throw BadVector("there is no such file or folder");
      const std::size_t before = reports.size();
      for (const std::string& file : files_of(path)) reports.push_back(run_file(registry, file, cpu, !list));
      if (const std::string why = nothing_in(std::span(reports).subspan(before)); !why.empty())
        unread += path + ": nothing to run: " + why + '\n';
    } catch (const std::exception& e) {
      people << path << ": " << e.what() << '\n';
      return 2;
    }
  }
  if (json)
    write_json(programs, reports);
  else if (list)
    write_list(people, reports);
  else
    write_table(people, reports);
  if (unread.empty() && !list && nothing_ran(reports)) unread = "no vector was run: all of them were skipped\n";
  people << unread;
  const bool failed = std::ranges::any_of(reports, [](const FileReport& r) { return !r.failures.empty(); });
  return failed || !unread.empty() ? 1 : 0;
}

}  // namespace tls::vectors
