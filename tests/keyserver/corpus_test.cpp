#include <doctest/doctest.h>

#include "fuzz/keys_targets.h"
#include "support/corpus.h"

TEST_CASE("what is read of a key server and its callers: seeds, regressions, cut and changed seeds") {
  for (const tls::fuzz::Target& target : tls::fuzz::kKeysTargets) tls::test::run_corpus(target);
}
