// Who decided: sessions are resumed only under the same deciders as those of the handshake that made them.
#pragma once

#include <string>

#include "tls/language.h"

namespace tls {

/// A decider that can be told from others: a verifier, a source of credentials.
class Identified {
 public:
  virtual ~Identified() = default;
  /// Names what is decided by: any bytes. Two objects may share an identity only if they decide alike; sessions then
  /// pass from one to the other, and outlive the process if the identity does. There is no default: one that lasts (a
  /// name with a version, a hash of the roots) lets sessions be resumed after a restart, and unique_identity(), drawn
  /// once and kept, ends them with the object.
  [[nodiscard]] virtual std::string identity() const = 0;

 protected:
  Identified() = default;
  Identified(const Identified&) = delete;
  Identified& operator=(const Identified&) = delete;
};

/// 16 random bytes, different in each call and each process: for an object that decides like no other. Draw them once
/// for each object and keep them.
[[nodiscard]] std::string unique_identity();

}  // namespace tls
