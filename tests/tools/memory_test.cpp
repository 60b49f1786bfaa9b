// What an idle connection costs its owner: figures of `sallyport bench memory`, which are a promise.
#include <doctest/doctest.h>

#include <nlohmann/json.hpp>

#include "tools/run.h"

using namespace tls::test;

TEST_CASE("an idle established connection holds at most 6 KiB of heap on the client and 4 KiB on the server") {
  const Ran ran = run_tool({"bench", "memory", "--json"});
  REQUIRE(ran.status == 0);
  const auto json = nlohmann::json::parse(ran.out);
  std::size_t clients = 0, servers = 0;
  for (const auto& row : json.at("results")) {
    const std::string name = row.at("name");
    CAPTURE(name);
    CHECK(row.at("unit") == "bytes");
    const bool client = name.ends_with("client");
    CHECK((client || name.ends_with("server")));
    CHECK(row.at("median") > 0);
    CHECK(row.at("median") <= (client ? 6 * 1024 : 4 * 1024));
    ++(client ? clients : servers);
  }
  CHECK(clients > 0);
  CHECK(servers > 0);
}
