#include "crypto/provider.h"

#include <string>

#include "crypto/sodium/start.h"

namespace tls::crypto {
namespace {

std::string runnable(const Cpu& cpu) {
  std::string list;
  const auto add = [&](const auto& impls) {
    for (const auto* impl : impls)
      if (cpu.features.contains(impl->required)) list += (list.empty() ? "" : ", ") + std::string(impl->name);
  };
  add(all_aeads());
  add(all_hashes());
  return list;
}

}  // namespace

Provider Provider::best(const Cpu& cpu) {
  sodium::start();
  Provider p;
  p.cpu = cpu;
  for (std::size_t i = 0; i < kAeads; ++i) p.aeads[i] = &select_aead(static_cast<AeadId>(i), cpu);
  for (std::size_t i = 0; i < kHashes; ++i) p.hashes[i] = &select_hash(static_cast<HashId>(i), cpu);
  return p;
}

Result<void> Provider::force(std::string_view implementation) {
  const AeadImpl* aead = aead_named(implementation);
  const HashImpl* hash = hash_named(implementation);
  if (aead == nullptr && hash == nullptr)
    return fail(Code::bad_config, "there is no implementation \"" + std::string(implementation) +
                                      "\"; this CPU can run: " + runnable(cpu));
  const Features required = aead != nullptr ? aead->required : hash->required;
  if (!cpu.features.contains(required))
    return fail(Code::bad_config, "\"" + std::string(implementation) + "\" needs " + to_string(required) +
                                      ", which this CPU lacks; it can run: " + runnable(cpu));
  if (aead != nullptr) aeads[static_cast<std::size_t>(aead->id)] = aead;
  if (hash != nullptr) hashes[static_cast<std::size_t>(hash->id)] = hash;
  return {};
}

}  // namespace tls::crypto
