// The choice of implementations, as a value that a config holds: no globals.
#pragma once

#include <array>
#include <string_view>

#include "crypto/aead.h"
#include "crypto/hash.h"
#include "tls/error.h"

namespace tls::crypto {

struct Provider {
  std::array<const AeadImpl*, kAeads> aeads{};
  std::array<const HashImpl*, kHashes> hashes{};
  Cpu cpu;

  [[nodiscard]] const AeadImpl& aead(AeadId id) const noexcept { return *aeads[static_cast<std::size_t>(id)]; }
  [[nodiscard]] const HashImpl& hash(HashId id) const noexcept { return *hashes[static_cast<std::size_t>(id)]; }
  /// The best implementations for this CPU.
  static Provider best(const Cpu& cpu = detect_cpu());
  /// Puts the implementation of that name in its algorithm's place; fails (Code::bad_config, with the list of what
  /// this CPU can run) when there is none or the CPU lacks what it requires.
  Result<void> force(std::string_view implementation);
};

}  // namespace tls::crypto
