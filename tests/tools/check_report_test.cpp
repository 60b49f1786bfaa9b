// Findings: what is shown of them, which are kept, and how a check ends.
#include "cli/check/report.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <set>
#include <sstream>

#include "support/places.h"
#include "tools/check.h"
#include "tools/place.h"

using namespace tls::test;
namespace cli = sallyport::cli;
using check::Severity;

namespace {

Findings of(const std::vector<Id>& ids) {
  Findings out;
  for (const Id id : ids) out.add(id, "file", "words", "advice");
  return out;
}

/// The first finding of a severity that ends the program so.
Id any(Severity severity, cli::Exit status) {
  for (std::size_t i = 0; i < check::all_kinds().size(); ++i)
    if (check::all_kinds()[i].severity == severity && check::all_kinds()[i].status == status) return static_cast<Id>(i);
  FAIL("there is none");
  return {};
}

}  // namespace

TEST_CASE("the exit status follows from the worst finding") {
  const Id ok = any(Severity::ok, cli::kDone), note = any(Severity::note, cli::kDone),
           warning = any(Severity::warning, cli::kRefused), error = any(Severity::error, cli::kRefused),
           io = any(Severity::error, cli::kIo), no_tls = any(Severity::error, cli::kTls);
  CHECK(check::status_of(of({}), false) == 0);
  CHECK(check::status_of(of({ok, note}), false) == 0);
  CHECK(check::status_of(of({ok, note}), true) == 0);
  CHECK(check::status_of(of({note, warning}), false) == 6);
  CHECK(check::status_of(of({note, warning}), true) == 4);
  CHECK(check::status_of(of({warning, error}), false) == 4);
  CHECK(check::status_of(of({io, warning}), false) == 2);
  CHECK(check::status_of(of({no_tls, io}), false) == 3);
  CHECK(check::status_of(of({no_tls, error, io}), false) == 4);
  CHECK(check::status_of(of({Id::incomplete}), true) == 2);
}

TEST_CASE("kinds: ok and notes end nothing, and every id is one word of a script") {
  std::set<std::string_view> seen;
  for (const check::Kind& kind : check::all_kinds()) {
    CAPTURE(kind.id);
    CHECK(seen.insert(kind.id).second);
    CHECK(kind.id.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789_") == std::string_view::npos);
    CHECK_FALSE(kind.meaning.empty());
    CHECK((kind.status == cli::kDone) == (kind.severity < Severity::warning));
    CHECK(kind.id.size() < 27);  // the column that it is printed in
  }
}

TEST_CASE("every finding has a test with an input that makes it, and one that just does not") {
  // "MAKES findings , id" of each use of the two macros, as far as the next one.
  std::vector<std::string> uses;
  for (const char* name : {"chain", "clients", "files", "server"}) {
    const std::string text =
        slurp((source_dir() / "tests/tools" / ("check_" + std::string(name) + "_test.cpp")).string());
    REQUIRE_FALSE(text.empty());
    for (std::size_t at = text.find("S("); at != std::string::npos; at = text.find("S(", at + 1)) {
      const bool makes = at >= 4 && text.compare(at - 4, 4, "MAKE") == 0,
                 spares = text.compare(at - 5, 5, "SPARE") == 0;
      if (!makes && !spares) continue;
      const std::size_t end = std::min(text.find("MAKES(", at + 1), text.find("SPARES(", at + 1));
      uses.push_back((makes ? "+" : "-") + text.substr(at, end - at));
    }
  }
  for (const check::Kind& kind : check::all_kinds()) {
    CAPTURE(kind.id);
    const auto used = [&](char sign) {
      return std::ranges::any_of(uses, [&](const std::string& use) {
        if (use[0] != sign) return false;
        const std::size_t id = use.find(std::string(kind.id) + ");");
        const std::size_t comma = id == std::string::npos ? id : use.find_last_not_of(" \n", id - 1);
        return comma != std::string::npos && use[comma] == ',';
      });
    };
    CHECK(used('+'));
    CHECK(used('-'));
  }
}

TEST_CASE("docs/checking.md holds every finding, as --list prints them") {
  std::ostringstream list;
  check::print_kinds(list);
  CHECK(has(slurp((source_dir() / "docs/checking.md").string()), "```\n" + list.str() + "```\n"));
}

TEST_CASE("what is shown: no control characters, nothing that turns the line round, valid UTF-8 alone") {
  CHECK(check::shown("plain, Grüße, §") == "plain, Grüße, §");
  CHECK(check::shown("a\x1b[31mred\r\nb\x7f") == "a?[31mred??b?");
  CHECK(check::shown("\xc2\x9b"
                     "31m") == "?31m");                                           // C1: the control sequence introducer
  CHECK(check::shown("evil\xe2\x80\xaegnp.exe\xe2\x81\xa6") == "evil?gnp.exe?");  // U+202E, U+2066
  CHECK(check::shown("\xff\xc0\xaf\xed\xa0\x80\xf5") == std::string(7, '?'));
  CHECK(check::shown("\xe2\x82") == "??");
  CHECK(check::shown("\xf0\x9d\x84\x9e") == "\xf0\x9d\x84\x9e");
  CHECK(check::shown(std::string(check::kMaxWords, 'x')) == std::string(check::kMaxWords, 'x'));
  CHECK(check::shown(std::string(check::kMaxWords + 1, 'x')) == std::string(check::kMaxWords, 'x') + "...");
  CHECK(check::shown(std::string(check::kMaxWords - 1, 'x') + "ü") == std::string(check::kMaxWords - 1, 'x') + "...");
}

TEST_CASE("more findings than are kept: the worst of the others still counts") {
  Findings many;
  for (std::size_t i = 0; i < check::kMaxFindings; ++i) many.add(Id::names, "file", "words");
  CHECK(many.left_out() == Severity::ok);
  CHECK(check::status_of(many, false) == 0);
  many.add(Id::expires_soon, "file", "words");
  CHECK(many.list().size() == check::kMaxFindings);
  CHECK(many.left_out() == Severity::warning);
  CHECK(check::status_of(many, false) == 6);
  many.add(Id::expired, "file", "words");
  many.add(Id::names, "file", "words");
  CHECK(check::status_of(many, false) == 4);
  std::ostringstream lines;
  check::print_lines(many, true, lines);
  CHECK(lines.str() == "more than 1000 findings: the others are left out, the worst of them is error\n");
}

TEST_CASE("--only and --skip: what is left out does not count") {
  const auto fill = [](Findings some) {
    for (const Id id : {Id::expired, Id::names, Id::weak_key}) some.add(id, "file", "words");
    return some;
  };
  CHECK(fill(Findings({Id::expired, Id::names}, {})).list().size() == 2);
  const Findings last = fill(Findings({Id::expired, Id::names}, {Id::expired}));
  CHECK(last.list().size() == 1);
  CHECK(check::status_of(last, false) == 0);
  CHECK(last.has(Id::expired, "file"));  // it was found all the same
  CHECK_FALSE(last.has(Id::expired, "other"));
  // Nor does it take a place, or tell of what has none.
  Findings many({}, {Id::expires_soon});
  for (std::size_t i = 0; i < check::kMaxFindings + 1; ++i) many.add(Id::expires_soon, "file", "words");
  CHECK(many.left_out() == check::Severity::ok);
  for (std::size_t i = 0; i < check::kMaxFindings; ++i) many.add(Id::names, "file", "words");
  CHECK(many.list().size() == check::kMaxFindings);
  CHECK(many.left_out() == check::Severity::ok);
  CHECK(check::id_named("--only", "weak_key") == Id::weak_key);
  CHECK_THROWS_WITH(
      (void)check::id_named("--skip", "chain_gab"),
      "--skip: there is no finding 'chain_gab', did you mean chain_gap? `sallyport check --list` names all");
}

TEST_CASE("what was not looked at is told with --only as well, and left out by --skip alone") {
  for (const Id id : {Id::file_unreadable, Id::file_malformed, Id::file_unknown, Id::key_locked, Id::unreachable,
                      Id::handshake_failed, Id::incomplete}) {
    Findings only({Id::expired}, {}), skipped({Id::expired}, {id});
    for (Findings* some : {&only, &skipped}) some->add(id, "file", "words");
    CHECK(only.list().size() == 1);
    CHECK(check::status_of(only, false) != 0);
    CHECK(skipped.list().empty());
  }
  Findings other({Id::expired}, {});
  other.add(Id::version_broken, "file", "words");
  CHECK(other.list().empty());
}

TEST_CASE("lines: how bad, which finding, about what, the sentence, what to do; and a count") {
  Findings some;
  some.add(Id::days_left, "a.pem", "fine");
  some.add(Id::expired, "b.pem", "over", "renew it");
  std::ostringstream all, quiet, silent;
  check::print_lines(some, false, all);
  CHECK(all.str() ==
        "ok       days_left                  a.pem: fine\n"
        "error    expired                    b.pem: over; renew it\n"
        "1 error, 0 warnings, 0 notes, 1 fine\n");
  check::print_lines(some, true, quiet);
  CHECK(quiet.str() == "error    expired                    b.pem: over; renew it\n");
  check::print_lines(of({Id::names}), true, silent);
  CHECK(silent.str().empty());
}

TEST_CASE("JSON holds the same, and what the servers have") {
  Findings some;
  some.add(Id::expired, "b\x1b.pem", "over \xff", "renew it");
  check::ServerFacts server;
  server.host = "a.example:443";
  server.tls13.spoken = true;
  server.tls13.suites = {tls::CipherSuite::TLS_AES_128_GCM_SHA256};
  server.tls13.resumed = {tls::Resumption::psk};
  server.tls13.early_data = 0;
  server.tls12.failure = tls::Error(tls::Code::timed_out);
  const auto json = nlohmann::json::parse(check::json_of(some, {"b.pem", "a.example"}, {server}).dump());
  CHECK(json.at("checked") == nlohmann::json({"b.pem", "a.example"}));
  CHECK(json.at("worst") == "error");
  CHECK(json.at("counts") == nlohmann::json({{"error", 1}, {"warning", 0}, {"note", 0}, {"ok", 0}}));
  CHECK(json.at("left_out") == false);
  const auto& one = json.at("findings").at(0);
  CHECK(one.at("severity") == "error");
  CHECK(one.at("id") == "expired");
  CHECK(one.at("subject") == "b?.pem");
  CHECK(one.at("sentence") == "over ?");
  CHECK(one.at("advice") == "renew it");
  const auto& host = json.at("servers").at(0);
  CHECK(host.at("host") == "a.example:443");
  CHECK(host.at("complete") == true);
  CHECK(host.at("tls13").at("suites") == nlohmann::json({"TLS_AES_128_GCM_SHA256"}));
  CHECK(host.at("tls13").at("resumed") == nlohmann::json({"psk"}));
  CHECK(host.at("tls13").at("early_data_bytes") == 0);
  CHECK(host.at("tls12").at("error") == "timed_out");
  CHECK(host.at("tls12").at("early_data_bytes").is_null());
  CHECK(host.at("tls13").at("not_after").is_null());
  CHECK(host.at("forbidden_suites").empty());

  server.tls13.info.peer_certificates =
      tls::CertificateChain(std::vector<std::vector<std::uint8_t>>{Judging().leaf(good_leaf()).certificate});
  CHECK(check::json_of(some, {}, {server}).at("servers").at(0).at("tls13").at("not_after") == kNow + 80 * kDay);
}
