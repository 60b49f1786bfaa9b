// The generator: the same choices make the same chain, and what it calls sound is.
#include <doctest/doctest.h>

#include <algorithm>
#include <array>
#include <stdexcept>

#include "differential/judge.h"

using namespace tls::differential;
using namespace sallyport::chains;

TEST_CASE("a chain without mutations is accepted") {
  for (std::uint64_t i = 0; i < 40; ++i) {
    const Chain chain = make_sound_chain(Choices(3, i));
    CHECK(chain.labels.empty());
    CHECK(chain.right == Right::accept);
    const Opinion opinion = our_opinion(chain);
    CAPTURE(i);
    CAPTURE(opinion.reason);
    CHECK(opinion.accepts());
  }
}

TEST_CASE("the same seed and number make the same changes, others make others") {
  std::size_t different = 0;
  for (std::uint64_t i = 0; i < 50; ++i) {
    const Chain one = make_chain(Choices(5, i)), again = make_chain(Choices(5, i)), other = make_chain(Choices(6, i));
    CHECK(one.labels == again.labels);
    CHECK(one.name == again.name);
    CHECK(one.intermediates.size() == again.intermediates.size());
    if (one.labels != other.labels) ++different;
  }
  CHECK(different > 40);
}

TEST_CASE("every mutation says what it did, and makes certificates") {
  for (std::string_view name : mutation_names()) {
    CAPTURE(name);
    std::size_t labelled = 0;
    for (std::uint64_t i = 0; i < 10; ++i) {
      const Chain chain = make_chain_with(name, Choices(9, i));
      if (!chain.labels.empty()) ++labelled;
      CHECK_FALSE(chain.roots.empty());
    }
    CHECK(labelled > 0);
  }
  CHECK_THROWS_AS((void)make_chain_with("no-such-mutation", Choices(1, 1)), std::invalid_argument);
}

TEST_CASE("bytes are choices as well, however few") {
  CHECK(make_chain(Choices(tls::Bytes{})).labels.size() <= 3);
  std::array<std::uint8_t, 300> bytes{};
  for (std::size_t i = 0; i < bytes.size(); ++i) bytes[i] = static_cast<std::uint8_t>(i * 73 + 11);
  for (std::size_t n = 0; n < bytes.size(); n += 7)
    CHECK_FALSE(make_chain(Choices(tls::Bytes(bytes).first(n))).roots.empty());
}
