#include <doctest/doctest.h>

#include "fuzz/check_targets.h"
#include "support/corpus.h"

TEST_CASE("what is checked: seeds, regressions, cut and changed seeds") {
  for (const tls::fuzz::Target& target : tls::fuzz::kCheckTargets) tls::test::run_corpus(target);
}
