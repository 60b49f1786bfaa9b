#include <doctest/doctest.h>

#include "fuzz/session_targets.h"
#include "states.h"
#include "support/corpus.h"
#include "tls/ticket_keys.h"

namespace tls::test {
namespace {

TEST_CASE("what is kept of sessions: seeds, regressions, cut and changed seeds") {
  for (const fuzz::Target& target : fuzz::kSessionTargets) run_corpus(target);
}

TEST_CASE("the seed of tickets is one that opens: the format has not changed") {
  const auto keys = *TicketKeys::make(fuzz::ticket_key());
  for (const auto& file : corpus("seeds", "ticket")) {
    std::ifstream in(file, std::ios::binary);
    const std::vector<std::uint8_t> seed{std::istreambuf_iterator<char>(in), {}};
    CHECK(opens(*keys, seed, milliseconds(0)));
  }
}

}  // namespace
}  // namespace tls::test
