#include "support/corpus.h"

#include <doctest/doctest.h>

#include "fuzz/cost_targets.h"
#include "fuzz/pki_targets.h"

TEST_CASE("the fuzz targets hold over their seeds, cut and changed") {
  for (const tls::fuzz::Target& target : tls::fuzz::kPkiTargets) tls::test::run_corpus(target);
  for (const tls::fuzz::Target& target : tls::fuzz::kCostTargets) tls::test::run_corpus(target);
}
