// A chain: one block of memory, shared by its copies.
#include "tls/certificate_chain.h"

#include <doctest/doctest.h>

#include <algorithm>

using namespace tls;

namespace {

using Ders = std::vector<std::vector<std::uint8_t>>;

Ders list(const CertificateChain& chain) {
  Ders out;
  for (const Bytes der : chain) out.emplace_back(der.begin(), der.end());
  return out;
}

}  // namespace

TEST_CASE("a chain gives back what it was made of, empty certificates too") {
  for (const Ders& ders : {Ders{}, Ders{{1, 2, 3}}, Ders{{}, {7}, {}, {8, 9}}, Ders{{}}}) {
    const CertificateChain chain(ders);
    CHECK(chain.size() == ders.size());
    CHECK(chain.empty() == ders.empty());
    CHECK(list(chain) == ders);
    CHECK(chain == ders);
  }
  const Ders ders = {{4, 5}, {6}};
  const std::vector<Bytes> views(ders.begin(), ders.end());
  CHECK(CertificateChain(views) == ders);
  CHECK(std::ranges::equal(CertificateChain(views).front(), ders.front()));
}

TEST_CASE("chains are equal where the certificates and their order are") {
  const CertificateChain chain(Ders{{1}, {2, 3}});
  CHECK(chain == CertificateChain(Ders{{1}, {2, 3}}));
  CHECK_FALSE(chain == CertificateChain(Ders{{2, 3}, {1}}));
  CHECK_FALSE(chain == CertificateChain(Ders{{1, 2}, {3}}));
  CHECK_FALSE(chain == CertificateChain(Ders{{1}}));
  CHECK_FALSE(chain == CertificateChain());
}

TEST_CASE("copies share the memory, which lives as long as the last of them") {
  CertificateChain copy;
  Bytes leaf;
  {
    const CertificateChain chain(Ders{{1, 2}, {3}});
    copy = chain;
    CHECK(copy.shares_memory_with(chain));
    CHECK_FALSE(copy.shares_memory_with(CertificateChain(Ders{{1, 2}, {3}})));
    leaf = chain.front();
  }
  CHECK(leaf.data() == copy.front().data());
  CHECK(leaf[1] == 2);
  copy.clear();
  CHECK(copy.empty());
}
