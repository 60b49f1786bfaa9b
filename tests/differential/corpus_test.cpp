#include "support/corpus.h"

#include <doctest/doctest.h>

#include "fuzz/chains_targets.h"

TEST_CASE("the fuzz target of generated chains holds over its seeds, cut and changed") {
  for (const tls::fuzz::Target& target : tls::fuzz::kChainsTargets) tls::test::run_corpus(target);
}
