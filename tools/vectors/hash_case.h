// Cases that run once for each implementation of a hash.
#pragma once

#include "crypto/hash.h"
#include "vectors/registry.h"

namespace tls::vectors {

[[nodiscard]] inline ByteVector to_vector(const crypto::Digest& digest) {
  const Bytes bytes = digest.bytes();
  return {bytes.begin(), bytes.end()};
}

/// Runs `check` with every runnable implementation of the hash that `c.algorithm` names. It returns what is wrong, or
/// nothing.
template <class Check>
Outcome for_each_hash(const Case& c, Context& context, Check&& check) {
  const bool sha256 = same_name(c.algorithm, "SHA-256");
  if (!sha256 && !same_name(c.algorithm, "SHA-384")) return skipped(c.algorithm + " is not a hash of this library");
  for (const crypto::HashImpl* impl : crypto::all_hashes()) {
    if ((impl->id == crypto::HashId::sha256) != sha256 || !context.cpu.features.contains(impl->required)) continue;
    context.implementations.emplace(impl->name);
    if (const std::string wrong = check(*impl); !wrong.empty()) return failed(std::string(impl->name) + " " + wrong);
  }
  return passed();
}

}  // namespace tls::vectors
