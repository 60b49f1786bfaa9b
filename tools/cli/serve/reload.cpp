#include "cli/serve/reload.h"

#include <algorithm>
#include <optional>

#include "cli/times.h"
#include "pki/certificate.h"

namespace sallyport::cli {
namespace {

/// "'a.pem' and 'b.pem'", without those whose bytes are the same as before.
std::string changes(const std::vector<FileRead>& before, const std::vector<FileRead>& now) {
  std::vector<std::string> changed;
  for (const FileRead& file : now)
    if (std::ranges::find(before, file) == before.end() && std::ranges::find(changed, file.path) == changed.end())
      changed.push_back(file.path);
  std::string words;
  for (std::size_t i = 0; i < changed.size(); ++i)
    words += (i == 0 ? "'" : i + 1 == changed.size() ? " and '" : ", '") + changed[i] + "'";
  return words;
}

/// What is to be said of those that were pipes, of which nobody knows whether they have changed.
std::string once(const std::vector<FileRead>& files) {
  std::string words;
  for (const FileRead& file : files)
    if (!file.regular) words += "; " + not_again(file.path);
  return words;
}

std::string in_days(std::chrono::seconds left) {
  const auto days = std::chrono::floor<std::chrono::days>(left).count();
  if (left.count() <= 0) return "has ended";
  if (days == 0) return "ends in " + std::to_string(std::chrono::floor<std::chrono::hours>(left).count()) + " hours";
  return "ends in " + std::to_string(days) + (days == 1 ? " day" : " days");
}

}  // namespace

std::string first_end_of(const std::vector<tls::CredentialPtr>& credentials, tls::Clock::Milliseconds now) {
  std::optional<std::int64_t> first;
  std::string of;
  for (const tls::CredentialPtr& credential : credentials) {
    const auto leaf = tls::pki::parse_certificate(credential->chain.front());
    if (!leaf || (first && *first <= leaf->not_after)) continue;
    first = leaf->not_after;
    of = credential->names.empty() ? tls::pki::display_name(leaf->subject)
                                   : tls::pki::printable(credential->names.front());
  }
  if (!first) return {};
  const std::chrono::seconds left(*first - std::chrono::floor<std::chrono::seconds>(now).count());
  return "the certificate of " + of + " " + in_days(left) + " (" + rfc3339(std::min(*first, kLastSecond)) + ")";
}

std::vector<std::string> ending_soon(const std::vector<tls::CredentialPtr>& credentials, tls::Clock::Milliseconds now) {
  std::vector<std::string> lines;
  for (const tls::CredentialPtr& credential : credentials) {
    const auto leaf = tls::pki::parse_certificate(credential->chain.front());
    if (!leaf) continue;
    const std::int64_t left = leaf->not_after - std::chrono::floor<std::chrono::seconds>(now).count();
    const std::int64_t soon =
        std::min((leaf->not_after - leaf->not_before) / 4, std::chrono::seconds(kEndsSoon).count());
    if (left <= soon) lines.push_back(first_end_of({credential}, now) + ": renew it");
  }
  return lines;
}

Reload::Report Reload::again() {
  if (std::ranges::all_of(files_, [](const FileRead& file) { return look_at(file.path) == file; })) {
    tried_.clear();
    return {Outcome::same, "nothing has changed in the files" + once(files_)};
  }
  const FilesRead reading(FilesRead::When::again);
  Report report;
  constexpr std::size_t kRoom = 64;  // bytes: of what is said when the configuration is replaced already
  std::vector<FileRead> files;
  try {
    // One change at a time: a staple that is renewed meanwhile waits, and is put into the new configuration.
    const auto generation = live_->update([&](const tls::ServerConfig& now) -> tls::Result<tls::ServerConfig> {
      Loaded loaded = load_(now);
      report.words = changes(files_, reading.files()) + " changed";
      if (const std::string end = first_end_of(loaded.credentials, tls::system_clock().wall()); !end.empty())
        report.words += "; " + end;
      report.words.reserve(report.words.size() + kRoom);
      files = reading.files();
      return std::move(loaded.config);
    });
    // Nothing takes memory from here on that may not be there: what is in force is what is told.
    files_.swap(files);
    tried_.clear();
    report.outcome = Outcome::replaced;
    report.words.append("; this is configuration ").append(std::to_string(*generation));
    return report;
  } catch (const std::exception& e) {
    report = {Outcome::refused,
              std::string(e.what()) + "; configuration " + std::to_string(live_->generation()) + " stays in force"};
  }
  tried_.clear();
  for (const FileRead& file : reading.files()) tried_.push_back(file.path);
  return report;
}

std::vector<std::string> Reload::paths() const {
  std::vector<std::string> paths = tried_;
  for (const FileRead& file : files_) paths.push_back(file.path);
  return paths;
}

}  // namespace sallyport::cli
