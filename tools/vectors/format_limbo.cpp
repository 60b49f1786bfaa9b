// x509-limbo's JSON (C2SP/x509-limbo, limbo-schema.json, version 1): a testcase is a chain, what it is asked for and
// whether it is to be accepted.
#include <nlohmann/json.hpp>

#include <algorithm>
#include <array>
#include <chrono>

#include "vectors/registry.h"

namespace tls::vectors {
namespace {

using Json = nlohmann::json;

/// Features of testcases (optional behaviour, says the schema) that are not asked of Sallyport, and why.
struct Feature {
  std::string_view name, why;
};
constexpr auto kSkipped = std::to_array<Feature>({
    {"has-crl", "CRLs are not used"},
    {"max-chain-depth", "the length of a path is a fixed limit, not a setting"},
    {"pedantic-public-suffix-wildcard", "there is no list of public suffixes"},
    {"pedantic-webpki-subscriber-key", "a rule of the CA/Browser Forum for its authorities"},
    {"pedantic-webpki-eku", "a rule of the CA/Browser Forum for its authorities"},
    {"pedantic-serial-number", "serial numbers are not compared with anything, so any is read"},
    {"pedantic-rfc5280", "a rule for authorities that validators need not enforce"},
    {"rfc5280-incompatible-with-webpki", "here the rules of the web hold, which contradict"},
});

/// "2024-01-01T00:00:00+00:00", with a fraction of a second or without, as milliseconds since 1970, in decimal.
std::string milliseconds_of(const std::string& text) {
  const auto bad = [&] { return BadVector("validation_time is \"" + text + "\", and not an instant in UTC"); };
  const auto number = [&](std::size_t at, std::size_t digits) {
    if (text.size() < at + digits || text.substr(at, digits).find_first_not_of("0123456789") != std::string::npos)
      throw bad();
    return std::stoi(text.substr(at, digits));
  };
  const std::chrono::year_month_day day{std::chrono::year(number(0, 4)),
                                        std::chrono::month(static_cast<unsigned>(number(5, 2))),
                                        std::chrono::day(static_cast<unsigned>(number(8, 2)))};
  if (!day.ok()) throw bad();
  const std::int64_t days = std::chrono::sys_days(day).time_since_epoch().count();
  const std::int64_t seconds = ((days * 24 + number(11, 2)) * 60 + number(14, 2)) * 60 + number(17, 2);
  std::string rest = text.substr(19), fraction;
  if (rest.starts_with('.')) {
    const std::size_t end = std::min(rest.find_first_not_of("0123456789", 1), rest.size());
    fraction = rest.substr(1, end - 1);
    rest = rest.substr(end);
  }
  if (rest != "Z" && rest != "+00:00") throw bad();
  fraction.resize(3, '0');
  return std::to_string(seconds * 1000 + std::stoi(fraction));
}

/// The first sentence or so of a description in Markdown.
std::string head_of(const std::string& description) {
  return description.substr(0, std::min(description.find('\n'), std::size_t{100}));
}

std::string joined(const Json& certificates) {
  std::string out;
  for (const Json& pem : certificates) out += pem.get<std::string>() + '\n';
  return out;
}

/// Why nobody can answer this testcase here; empty: it can be asked.
std::string why_not(const Json& test, bool server) {
  for (const Json& feature : test.value("features", Json::array()))
    for (const Feature& row : kSkipped)
      if (feature.get<std::string>() == row.name) return std::string(row.name) + ": " + std::string(row.why);
  if (!test.value("crls", Json::array()).empty()) return "crls: CRLs are not used";
  if (!test.value("max_chain_depth", Json()).is_null()) return "max_chain_depth: not a setting";
  if (!test.at("signature_algorithms").empty()) return "signature_algorithms: not a setting of the verifier";
  for (const Json& purpose : test.at("extended_key_usage"))
    if (purpose.get<std::string>() != (server ? "serverAuth" : "clientAuth"))
      return "extended_key_usage: a peer of TLS is a server or a client";
  const Json name = test.value("expected_peer_name", Json());
  if (server && name.is_null()) return "expected_peer_name: a server has a name";
  if (server && name.at("kind") == "RFC822") return "expected_peer_name: a server's name is no mailbox";
  return {};
}

Case case_of(const Json& test) {
  Case c;
  c.id = test.at("id").get<std::string>();
  c.comment = head_of(test.at("description").get<std::string>());
  c.kind = "CHAIN";
  const bool server = test.at("validation_kind") == "SERVER";
  if (!server && test.at("validation_kind") != "CLIENT")
    throw BadVector(c.id + ": a validation_kind that nobody knows");
  c.algorithm = server ? "server" : "client";
  const std::string expected = test.at("expected_result").get<std::string>();
  if (expected != "SUCCESS" && expected != "FAILURE") throw BadVector(c.id + ": the result is \"" + expected + "\"");
  c.expect = expected == "SUCCESS" ? Expect::valid : Expect::invalid;
  c.skip = why_not(test, server);
  c.set("roots", joined(test.at("trusted_certs")));
  c.set("chain", test.at("peer_certificate").get<std::string>() + '\n' + joined(test.at("untrusted_intermediates")));
  const Json name = test.value("expected_peer_name", Json());
  if (server && !name.is_null()) c.set("name", name.at("value").get<std::string>());
  const Json time = test.value("validation_time", Json());
  if (!time.is_null()) c.set("time", milliseconds_of(time.get<std::string>()));
  return c;
}

bool accepts(const File& file) {
  return file.path.ends_with(".json") && file.text.find("\"testcases\"") != std::string::npos &&
         file.text.find("\"trusted_certs\"") != std::string::npos;
}

void read(const File& file, const Emit& emit) {
  try {
    const Json document = Json::parse(file.text);
    if (document.at("version") != 1) throw BadVector("x509-limbo of a version other than 1");
    for (const Json& test : document.at("testcases")) emit(case_of(test));
  } catch (const Json::exception& e) {
    throw BadVector(e.what());
  }
}

}  // namespace

constinit const Format kLimboFormat = {"x509-limbo", accepts, read};

}  // namespace tls::vectors
