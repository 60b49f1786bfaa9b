// What counts as a disagreement, and what argues it.
#include "differential/disagreements.h"

#include <doctest/doctest.h>

#include <fstream>
#include <sstream>

using namespace tls::differential;
using Verdict = Opinion::Verdict;

namespace {

Opinions opinions(Verdict ours, Opinion openssl, Opinion go) {
  Opinions out;
  out.ours = {ours, {}};
  out.others = {{kOpenssl, std::move(openssl)}, {kGo, std::move(go)}};
  return out;
}

Opinions opinions(Verdict ours, Verdict openssl, Verdict go) { return opinions(ours, Opinion{openssl}, Opinion{go}); }

Chain labelled(const char* label) {
  Chain chain;
  chain.labels = {label};
  return chain;
}

}  // namespace

TEST_CASE("only against both is there a disagreement") {
  using enum Verdict;
  CHECK(disagreement(opinions(accepts, refuses, refuses)) == Kind::we_accept);
  CHECK(disagreement(opinions(refuses, accepts, accepts)) == Kind::we_refuse);
  for (const Opinions& fine :
       {opinions(accepts, accepts, refuses), opinions(accepts, refuses, accepts), opinions(accepts, accepts, accepts),
        opinions(refuses, refuses, accepts), opinions(refuses, refuses, refuses), opinions(accepts, none, refuses),
        opinions(refuses, accepts, none)})
    CHECK(disagreement(fine) == Kind::none);
  Opinions alone;
  alone.ours = {accepts, {}};
  CHECK(disagreement(alone) == Kind::none);  // nobody was asked
}

TEST_CASE("a refusal of ours is argued by a row of ours alone") {
  const Opinions refused = opinions(Verdict::refuses, Verdict::accepts, Verdict::accepts);
  CHECK(rows_for(Kind::we_refuse, labelled("long-path"), refused).size() == 1);
  CHECK(rows_for(Kind::we_refuse, labelled("no-such-label"), refused).empty());
  CHECK(rows_for(Kind::we_refuse, labelled("self-issued"), refused).empty());
}

TEST_CASE("an acceptance is argued when both refusals are, each by its own reason") {
  const Opinion dot{Verdict::refuses, "hostname mismatch at depth 0"};
  const Opinion count{Verdict::refuses, "x509: too many intermediates for path length constraint"};
  const Opinion other{Verdict::refuses, "x509: certificate has expired"};
  Chain chain = labelled("asked/trailing-dot");
  CHECK(rows_for(Kind::we_accept, chain, opinions(Verdict::accepts, dot, count)).empty());
  chain.labels.emplace_back("self-issued");
  CHECK(rows_for(Kind::we_accept, chain, opinions(Verdict::accepts, dot, count)).size() == 2);
  CHECK(rows_for(Kind::we_accept, chain, opinions(Verdict::accepts, dot, other)).empty());
}

TEST_CASE("docs/validation.md holds the table as it is") {
  std::ifstream file(SALLYPORT_SOURCE_DIR "/docs/validation.md");
  std::ostringstream text;
  text << file.rdbuf();
  CHECK_MESSAGE(text.str().find(markdown()) != std::string::npos,
                "print it: build/release/bin/differential --markdown");
}
