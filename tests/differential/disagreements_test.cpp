// What counts as a disagreement, and what argues it.
#include "differential/disagreements.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <fstream>
#include <sstream>

#include "crypto/signature.h"
#include "factory/der_builder.h"
#include "support/places.h"

using namespace tls::differential;
using sallyport::chains::Choices;
using sallyport::chains::make_chain_with;
using sallyport::chains::make_sound_chain;
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
  Opinions refused = opinions(Verdict::refuses, Verdict::accepts, Verdict::accepts);
  CHECK(rows_for(Kind::we_refuse, labelled("long-path"), refused).empty());  // for another reason
  refused.ours.reason = "path_too_long: no trusted root was found";
  CHECK(rows_for(Kind::we_refuse, labelled("long-path"), refused).size() == 1);
  CHECK(rows_for(Kind::we_refuse, labelled("no-such-label"), refused).empty());
  CHECK(rows_for(Kind::we_refuse, labelled("self-issued"), refused).empty());
}

TEST_CASE(
    "each row of ours argues a refusal that is ours: of a chain that its mutation makes, and no row before it does") {
  constexpr std::uint64_t kTries = 300;
  for (const Row& row : rows()) {
    if (row.who != Who::ours || row.made_by.empty()) continue;
    bool found = false;
    for (std::uint64_t i = 0; i < kTries && !found; ++i) {
      const Chain chain = make_chain_with(row.made_by, Choices(11, i));
      Opinions all = opinions(Verdict::refuses, Verdict::accepts, Verdict::accepts);
      all.ours = our_opinion(chain);
      found = all.ours.refuses() && rows_for(Kind::we_refuse, chain, all) == std::vector{&row};
    }
    CHECK_MESSAGE(found, row.what);
  }
}

TEST_CASE("so do the rows of ours that no mutation alone shows") {
  Opinions all = opinions(Verdict::refuses, Verdict::accepts, Verdict::accepts);
  const auto argued = [&](const Chain& chain) {
    const auto found = rows_for(Kind::we_refuse, chain, all);
    return found.size() == 1 && found[0]->made_by.empty() ? found[0]->what : std::string_view();
  };
  Chain chain = make_sound_chain(Choices(11, 0));
  chain.roots.emplace_back(64, 0x30);
  all.ours = our_opinion(chain);
  CHECK(all.ours.refuses());
  CHECK(argued(chain) == "a file of roots with one that cannot be used");
  // 1.3.101.110 is id-X25519 (RFC 8410 §3).
  using namespace sallyport::der;
  const auto key =
      tls::crypto::PublicKey::from_spki(sequence({sequence({oid("1.3.101.110")}), bit_string(Der(32, 9))}));
  REQUIRE_FALSE(key);
  all.ours.reason = key.error().detail();
  CHECK(argued(labelled("set/a-key")) == "a key of DSA, Ed448 or X25519");
  CHECK(std::ranges::count_if(rows(), [](const Row& r) { return r.who == Who::ours && r.made_by.empty(); }) == 2);
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
  std::ifstream file(tls::test::source_dir() / "docs/validation.md");
  std::ostringstream text;
  text << file.rdbuf();
  CHECK_MESSAGE(text.str().find(markdown()) != std::string::npos,
                "print it: build/release/bin/differential --markdown");
}
