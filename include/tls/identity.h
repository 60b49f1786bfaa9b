// Who decided: sessions are resumed only under the same deciders as those of the handshake that made them.
#pragma once

#include <string>

namespace tls {

/// A decider that can be told from others: a verifier, a source of credentials.
class Identified {
 public:
  virtual ~Identified() = default;
  /// Names what is decided by. Two objects may share an identity only if they decide alike; sessions then pass from one
  /// to the other, and outlive the process if the identity does. The default is of this object and this process alone.
  [[nodiscard]] virtual std::string identity() const { return instance_; }

 protected:
  Identified();
  Identified(const Identified&) = delete;
  Identified& operator=(const Identified&) = delete;

 private:
  std::string instance_;
};

}  // namespace tls
