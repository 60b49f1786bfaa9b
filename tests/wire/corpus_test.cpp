#include "support/corpus.h"

#include <doctest/doctest.h>

#include "fuzz/wire_targets.h"

TEST_CASE("the fuzz targets hold over their seeds, cut and changed") {
  for (const tls::fuzz::Target& target : tls::fuzz::kWireTargets) tls::test::run_corpus(target);
}
