// Identities of verifiers and credential sources. A session is resumed only under the same identities as in the
// handshake that made it.
#pragma once

#include <string>

#include "tls/language.h"

namespace tls {

/// An object whose decisions have an identity: a verifier or a source of credentials.
class Identified {
 public:
  virtual ~Identified() = default;
  /// Returns any bytes that identify how the object decides. Two objects may have the same identity only if they decide
  /// in the same way, because the sessions of one are then resumed under the other. There is no default. A lasting
  /// identity (a name with a version, a hash of the roots) lets sessions be resumed after a restart. With a
  /// unique_identity(), which the object draws when it is made and then keeps, sessions expire with the object.
  [[nodiscard]] virtual std::string identity() const = 0;

 protected:
  Identified() = default;
  Identified(const Identified&) = delete;
  Identified& operator=(const Identified&) = delete;
};

/// Returns 16 random bytes, different in each call and in each process. For an object whose decisions no other object
/// shares. Draw them when the object is made, and keep them.
[[nodiscard]] std::string unique_identity();

}  // namespace tls
