// Who decided: sessions are resumed only under the same deciders as those of the handshake that made them.
#pragma once

#include <string>

namespace tls {

/// A decider that can be told from others: a verifier, a source of credentials.
class Identified {
 public:
  virtual ~Identified() = default;
  /// Names what is decided by: any bytes. Two objects may share an identity only if they decide alike; sessions then
  /// pass from one to the other, and outlive the process if the identity does. There is no default: one that lasts (a
  /// name with a version, a hash of the roots) lets sessions be resumed after a restart, and unique_identity(), which
  /// the object draws when it is made and keeps, ends them with the object.
  [[nodiscard]] virtual std::string identity() const = 0;

 protected:
  Identified() = default;
  Identified(const Identified&) = delete;
  Identified& operator=(const Identified&) = delete;
};

/// 16 random bytes, different in each call and each process: for an object that decides like no other. Draw them when
/// the object is made, and keep them.
[[nodiscard]] std::string unique_identity();

}  // namespace tls
