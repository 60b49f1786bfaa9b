#include "cli/check/report.h"

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>
#include <ostream>

#include "pki/certificate.h"

namespace sallyport::cli::check {
namespace {

using nlohmann::ordered_json;

std::string padded(std::string_view text, std::size_t width) {
  return std::string(text) + std::string(width > text.size() ? width - text.size() : 1, ' ');
}

std::array<std::size_t, 4> counts_of(const Findings& findings) {
  std::array<std::size_t, 4> out{};
  for (const Finding& one : findings.list()) ++out[static_cast<std::size_t>(kind_of(one.id).severity)];
  return out;
}

Severity worst_of(const Findings& findings) {
  Severity worst = findings.left_out();
  for (const Finding& one : findings.list()) worst = std::max(worst, kind_of(one.id).severity);
  return worst;
}

std::string_view way(tls::Resumption resumed) {
  if (resumed == tls::Resumption::session_id) return "session-id";
  return resumed == tls::Resumption::ticket ? "ticket" : "psk";
}

template <class Ids>
ordered_json names_of_ids(const Ids& ids) {
  ordered_json out = ordered_json::array();
  for (const auto id : ids) out.push_back(tls::name(id));
  return out;
}

/// Seconds since 1970, of the leaf that the version was shown; null: none, or none that can be parsed.
ordered_json not_after_of(const VersionFacts& version) {
  if (version.shown().empty()) return nullptr;
  const auto leaf = tls::pki::parse_certificate(version.shown().front());
  return leaf ? ordered_json(leaf->not_after) : ordered_json(nullptr);
}

ordered_json json_of(const VersionFacts& version) {
  ordered_json resumed = ordered_json::array();
  for (const tls::Resumption one : version.resumed) resumed.push_back(way(one));
  return {{"spoken", version.spoken},
          {"error", version.failure ? ordered_json(tls::facts(version.failure->code()).name) : ordered_json(nullptr)},
          {"suites", names_of_ids(version.suites)},
          {"groups", names_of_ids(version.groups)},
          {"signature_scheme", version.completed() && version.info.signature_scheme
                                   ? ordered_json(tls::name(*version.info.signature_scheme))
                                   : ordered_json(nullptr)},
          {"resumed", resumed},
          {"early_data_bytes", version.early_data ? ordered_json(*version.early_data) : ordered_json(nullptr)},
          {"not_after", not_after_of(version)},
          {"stapled", !version.info.ocsp_response.empty()},
          {"extended_main_secret", version.completed() && version.info.extended_main_secret}};
}

ordered_json json_of(const ServerFacts& server) {
  return {{"host", shown(server.host)},
          {"address", server.address.empty() ? ordered_json(nullptr) : ordered_json(server.address)},
          {"reached", !server.unreachable},
          {"complete", !server.unreachable && !server.unfinished},
          {"connections", server.connections},
          {"tls13", json_of(server.tls13)},
          {"tls12", json_of(server.tls12)},
          {"old_versions", server.old_versions},
          {"forbidden_suites", server.forbidden_suites},
          {"weak_suites", server.weak_suites}};
}

constexpr std::size_t kSeverityWidth = 9, kIdWidth = 27;

}  // namespace

Exit status_of(const Findings& findings, bool strict) {
  // Of the errors the one that tells most decides: what was refused, then that TLS failed, then what was not read.
  constexpr Exit kRanks[] = {kDone, kIo, kTls, kRefused};
  const auto rank = [&](Exit status) { return std::ranges::find(kRanks, status) - std::begin(kRanks); };
  Exit worst = kDone;
  bool warned = findings.left_out() >= Severity::warning;
  for (const Finding& one : findings.list()) {
    const Kind& kind = kind_of(one.id);
    const bool counts = kind.severity == Severity::error || (strict && kind.severity == Severity::warning);
    warned = warned || kind.severity == Severity::warning;
    if (counts && rank(kind.status) > rank(worst)) worst = kind.status;
  }
  if (worst != kDone) return worst;
  if (findings.left_out() == Severity::error || (strict && warned)) return kRefused;
  return warned ? kWarned : kDone;
}

void print_lines(const Findings& findings, bool quiet, std::ostream& out) {
  for (const Finding& one : findings.list()) {
    const Kind& kind = kind_of(one.id);
    if (quiet && kind.severity < Severity::warning) continue;
    out << padded(name_of(kind.severity), kSeverityWidth) << padded(kind.id, kIdWidth) << one.subject << ": "
        << one.words << (one.advice.empty() ? "" : "; ") << one.advice << "\n";
  }
  if (findings.left_out() != Severity::ok)
    out << "more than " << kMaxFindings << " findings: the others are left out, the worst of them is "
        << name_of(findings.left_out()) << "\n";
  if (quiet) return;
  const auto counts = counts_of(findings);
  const auto several = [](std::size_t n, const char* what) {
    return std::to_string(n) + " " + what + (n == 1 ? "" : "s");
  };
  out << several(counts[3], "error") << ", " << several(counts[2], "warning") << ", " << several(counts[1], "note")
      << ", " << counts[0] << " fine\n";
}

ordered_json json_of(const Findings& findings, const std::vector<std::string>& checked,
                     const std::vector<ServerFacts>& servers) {
  ordered_json list = ordered_json::array(), subjects = ordered_json::array(), hosts = ordered_json::array();
  for (const Finding& one : findings.list()) {
    const Kind& kind = kind_of(one.id);
    list.push_back({{"severity", name_of(kind.severity)},
                    {"id", kind.id},
                    {"subject", one.subject},
                    {"sentence", one.words},
                    {"advice", one.advice.empty() ? ordered_json(nullptr) : ordered_json(one.advice)}});
  }
  for (const std::string& one : checked) subjects.push_back(shown(one));
  for (const ServerFacts& one : servers) hosts.push_back(json_of(one));
  const auto counts = counts_of(findings);
  return {{"checked", subjects},
          {"worst", name_of(worst_of(findings))},
          {"counts", {{"error", counts[3]}, {"warning", counts[2]}, {"note", counts[1]}, {"ok", counts[0]}}},
          {"left_out", findings.left_out() != Severity::ok},
          {"findings", list},
          {"servers", hosts}};
}

void print_kinds(std::ostream& out) {
  for (const Kind& kind : all_kinds())
    out << padded(kind.id, kIdWidth) << padded(name_of(kind.severity), kSeverityWidth) << kind.meaning << "\n";
}

ordered_json json_of_kinds() {
  ordered_json out = ordered_json::array();
  for (const Kind& kind : all_kinds())
    out.push_back({{"id", kind.id}, {"severity", name_of(kind.severity)}, {"meaning", kind.meaning}});
  return out;
}

}  // namespace sallyport::cli::check
