// CRLs of one scope, and what a store holds of them.
#pragma once

#include "crl_scene.h"
#include "pki/crl_store.h"
#include "tls/crl.h"

namespace tls::test {

/// CRLs of one scope: the issuer's own, and those that others have written in its name.
struct Groups : CrlScene {
  using Numbers = std::vector<std::uint32_t>;
  using Added = pki::CrlStore::Added;
  sallyport::Issued impostor =
      sallyport::self_signed(sallyport::authority("Test Intermediate"), key(sallyport::KeyType::ecdsa_p256, 9));

  [[nodiscard]] sallyport::CrlSpec numbered(std::uint32_t number) const {
    sallyport::CrlSpec s = spec();
    s.number = number;
    return s;
  }
  [[nodiscard]] pki::CrlPtr own(std::uint32_t number) const { return parsed(numbered(number)); }
  [[nodiscard]] pki::CrlPtr forged(std::uint32_t number) const {
    sallyport::CrlSpec s = numbered(number);
    s.signer = &impostor;
    return parsed(s);
  }
  static bool tried(const pki::CrlPtr& crl, const sallyport::Issued& by) {
    const Der spki = by.key->spki();
    return crl->verify(spki, *crypto::PublicKey::from_spki(spki)).has_value();
  }
  static Numbers held(const pki::CrlStore& store) {
    Numbers numbers;
    std::size_t bytes = 0;
    store.for_each([&](const pki::CrlGroup& group) {
      for (const auto& one : group) {
        numbers.push_back(one->number() ? one->number()->front() : 0);  // 0: without a number
        bytes += one->memory();
      }
    });
    CHECK(store.memory() == bytes);
    return numbers;
  }
  static Numbers held(const CrlSet& crls) { return held(crls.store()); }
};

}  // namespace tls::test
