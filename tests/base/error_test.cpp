#include <doctest/doctest.h>

#include <optional>
#include <set>

#include "tls/error.h"

using namespace tls;

TEST_CASE("every code has a name of its own and a sentence") {
  std::set<std::string_view> names;
  for (unsigned c = 0; c <= static_cast<unsigned>(Code::internal_error); ++c) {
    const ErrorFacts& row = facts(static_cast<Code>(c));
    CHECK(names.insert(row.name).second);
    CHECK(Error(static_cast<Code>(c)).message().starts_with(row.sentence));
  }
}

TEST_CASE("an error says the rule and the detail") {
  const Error error(Code::no_shared_group, "offered: x448; configured: x25519");
  CHECK(error.alert() == Alert::handshake_failure);
  CHECK(error.message() ==
        "the two sides have no key exchange group in common: offered: x448; configured: x25519 [RFC 9846 §4.2.1]");
}

TEST_CASE("the peer's alert is reported and never answered") {
  const Error error = Error::from_peer(Alert::unknown_ca);
  CHECK(error.code() == Code::peer_alert);
  CHECK(error.peer_alert() == Alert::unknown_ca);
  CHECK_FALSE(error.alert().has_value());
  CHECK(error.message().find("unknown_ca (48)") != std::string::npos);
  CHECK(name(static_cast<Alert>(30)) == "decompression_failure");  // RFC 5246 §7.2: TLS 1.2 has it still
}

TEST_CASE("a Result compares with values and failures as std::expected does, either way round") {
  const Result<std::size_t> three = 3, none = fail(Code::timed_out);
  CHECK(three == 3);
  CHECK(3 == three);
  CHECK(three != 4U);
  CHECK(none != 3);
  const Result<std::optional<int>> one = std::optional<int>(1);
  CHECK(one == 1);
  CHECK(one != std::nullopt);
}
