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

int run_vectors(std::span<const std::string> paths, bool json, bool list, std::ostream& programs, std::ostream& people,
                const Registry& registry) {
  const crypto::Cpu cpu = crypto::detect_cpu();
  std::vector<FileReport> reports;
  for (const std::string& path : paths) {
    try {
      if (!fs::exists(path)) throw BadVector("there is no such file or folder");
      for (const std::string& file : files_of(path)) reports.push_back(run_file(registry, file, cpu, !list));
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
  return std::ranges::all_of(reports, [](const FileReport& r) { return r.failures.empty(); }) ? 0 : 1;
}

}  // namespace tls::vectors
