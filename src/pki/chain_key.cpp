#include "pki/chain_key.h"

#include "base/limits.h"

namespace tls::pki {
namespace {

std::size_t size_of(const PeerChain& chain, const Question& question) noexcept {
  std::size_t size = question.leaf_staple.size();
  for (const Bytes certificate : chain.der()) size += certificate.size();
  for (const Bytes staple : question.issuer_staples) size += staple.size();
  return size;
}

}  // namespace

std::optional<MemoryKey> chain_key(const Anchors& anchors, const PeerChain& chain, const Question& question) noexcept {
  if (size_of(chain, question) > limits::kMaxRememberedChain) return std::nullopt;
  Fingerprinter place("where a chain is remembered");
  place.add(anchors.snapshot());
  place.add(static_cast<std::uint64_t>(question.role));
  place.add(as_bytes(question.name));
  place.add(std::uint64_t{question.leaf_key_checked});
  place.add(static_cast<std::uint64_t>(question.staples));
  place.add(question.crls.crls != nullptr ? question.crls.crls->snapshot() : 0);
  place.add(static_cast<std::uint64_t>(question.crls.policy));
  place.add(chain.leaf().tbs);
  MemoryKey key{place.finish(), {}};

  Fingerprinter content("a chain that is accepted");
  content.add(key.place);
  content.add(std::uint64_t{chain.der().size()});
  for (const Bytes certificate : chain.der()) content.add(certificate);
  content.add(question.leaf_staple);
  content.add(std::uint64_t{question.issuer_staples.size()});
  for (const Bytes staple : question.issuer_staples) content.add(staple);
  key.content = content.finish();
  return key;
}

}  // namespace tls::pki
