// What the stack knows and the tool shows: who came and when, why early data was refused, what went out early.
#include <doctest/doctest.h>

#include <nlohmann/json.hpp>
#include <regex>
#include <sstream>

#include "cli/server_lines.h"
#include "tools/place.h"

using namespace tls::test;
using nlohmann::json;

namespace {

json last_of(const std::string& lines) {
  std::istringstream in(lines);
  std::string line, last;
  while (std::getline(in, line)) last = line;
  return json::parse(last);
}

const std::regex kBegins("20[0-9]{2}-[01][0-9]-[0-3][0-9]T[0-2][0-9]:[0-5][0-9]:[0-6][0-9]Z 127\\.0\\.0\\.1:[0-9]+ .*");

}  // namespace

TEST_CASE_FIXTURE(Place, "a server's lines begin with the time and the peer's address, failures too") {
  RunningServer server(serve({"--accept", "2"}));
  CHECK(connect(server, {"--ca", root(), "--get", "/"}).status == 0);
  CHECK(connect(server, {"--ca", root(), "--get", "/", "--servername", "other.example"}).status == 4);
  std::istringstream lines(server.finish().err);
  std::string line;
  int good = 0, bad = 0;
  while (std::getline(lines, line)) {
    const std::string start = "sallyport server: ";
    const bool failure = line.starts_with(start), success = has(line, "TLS 1.3, TLS_");
    if (failure || success) CHECK(std::regex_match(failure ? line.substr(start.size()) : line, kBegins));
    good += success ? 1 : 0;
    bad += failure ? 1 : 0;
  }
  CHECK(good == 1);
  CHECK(bad == 1);
}

TEST_CASE_FIXTURE(Place, "JSON has the same, and the alert of a failure") {
  RunningServer server(serve({"--accept", "2", "--json", "--threads", "1"}));
  CHECK(connect(server, {"--ca", root(), "--get", "/"}).status == 0);
  CHECK(connect(server, {"--ca", root(), "--get", "/", "--servername", "other.example"}).status == 4);
  const Ran ran = server.finish();
  const json first = json::parse(ran.out.substr(0, ran.out.find('\n'))), second = last_of(ran.out);
  for (const json* one : {&first, &second}) {
    CHECK(one->at("peer").get<std::string>().starts_with("127.0.0.1:"));
    CHECK(one->at("time").get<std::string>().ends_with("Z"));
    CHECK_FALSE(one->contains("replay_guard"));  // there is none
  }
  CHECK(first.at("version") == "TLS 1.3");
  CHECK_FALSE(first.contains("error"));
  CHECK(second.at("error") == "peer_alert");
  CHECK(second.at("alert") == "bad_certificate");
}

TEST_CASE("the replay guard's counts in words and as JSON") {
  const tls::ReplayCounts counts{.fresh = 4, .seen = 3, .late = 2, .unavailable = 1};
  CHECK(sallyport::cli::line_of(counts) == "replay guard: 4 fresh, 3 replayed, 2 too late, 1 unknown");
  CHECK(sallyport::cli::json_of(counts).dump() == R"({"fresh":4,"replayed":3,"late":2,"unknown":1})");
}

TEST_CASE_FIXTURE(Place, "early data of --get: accepted, counted by the guard, and told of on both sides") {
  RunningServer server(serve({"--early-data", "16384", "--json", "--accept", "2", "--threads", "1"}));
  const Ran ran = connect(server, {"--ca", root(), "--get", "/json", "--get-early", "--reconnect", "1", "--json"});
  REQUIRE_MESSAGE(ran.status == 0, ran.err);
  const json ours = json::parse(ran.out);
  CHECK(ours[0].at("early_data") == "none");
  CHECK(ours[0].at("http_status") == 200);
  CHECK(ours[1].at("early_data") == "accepted");
  CHECK(ours[1].at("early_data_refusal") == "none");
  CHECK(ours[1].at("http_status") == 200);
  const Ran there = server.finish();
  const json theirs = last_of(there.out);
  CHECK(theirs.at("early_data") == "accepted");
  CHECK(theirs.at("ticket_age_skew_ms").is_number());
  CHECK(theirs.at("replay_guard").at("fresh") == 1);
  CHECK(theirs.at("replay_guard").at("replayed") == 0);
  CHECK(has(there.err, "replay guard: 1 fresh, 0 replayed, 0 too late, 0 unknown"));
}

TEST_CASE_FIXTURE(Place, "early data that is refused: why, and the request is answered all the same") {
  const std::string master = folder.file("master", std::string("0123456789abcdef0123456789abcdef")),
                    session = folder.path("session");
  const Words words = {"--ca", root(), "--get", "/json", "--get-early", "--session", session, "--json"};
  const auto client = [&](const RunningServer& server) {
    Words all = {"client", "localhost", "--connect", "127.0.0.1:" + server.port()};
    all.insert(all.end(), words.begin(), words.end());
    const Ran ran = run_tool(all);
    REQUIRE_MESSAGE(ran.status == 0, ran.err);
    return json::parse(ran.out);
  };
  {
    const RunningServer first(serve({"--early-data", "16384", "--ticket-master", master}));
    CHECK(client(first).at("early_data_refusal") == "none");  // no session: nothing was offered
  }
  // Another process: it opens the ticket, but its guard has not stamped it.
  RunningServer second(serve({"--early-data", "16384", "--ticket-master", master, "--json", "--accept", "1"}));
  const json ours = client(second);
  CHECK(ours.at("early_data") == "rejected");
  CHECK(ours.at("early_data_refusal") == "by-server");
  CHECK(ours.at("http_status") == 200);
  const json theirs = last_of(second.finish().out);
  CHECK(theirs.at("early_data") == "rejected");
  CHECK(theirs.at("early_data_refusal") == "unknown");
}

TEST_CASE_FIXTURE(Place, "False Start: how much went out before the handshake was done") {
  const RunningServer server(serve({"--max-version", "1.2"}));
  const auto before = [&](const Words& more) {
    Words all = {"--ca", root(), "--get", "/json", "--json"};
    all.insert(all.end(), more.begin(), more.end());
    return json::parse(connect(server, all).out).at("bytes_before_done").get<int>();
  };
  CHECK(before({}) == 0);
  CHECK(before({"--false-start", "on"}) > 50);  // the request
  CHECK(before({"--false-start", "with-alpn"}) == 0);
}
