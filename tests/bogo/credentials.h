// Our certificates and keys, as the case configures them.
#pragma once

#include <memory>
#include <vector>

#include "options.h"
#include "tls/credentials.h"
#include "tls/operation.h"
#include "tls/session.h"

namespace bogo {

class Credentials final : public tls::CredentialSource {
 public:
  /// Loads all of `options`, which must outlive it. None: one of them is of a kind that the stack does not have.
  static std::shared_ptr<const Credentials> load(const Options& options);

  /// With -async the answers come by pick() and sign(), one step later.
  tls::Answer<tls::CredentialPtr> choose(const tls::CredentialRequest& request) const override;
  tls::Result<tls::CredentialPtr> pick(const tls::CredentialRequest& request) const;
  static tls::Result<std::vector<std::uint8_t>> sign(const tls::SignatureRequest& request);

  /// All processes' and connections' credentials decide alike.
  [[nodiscard]] std::string identity() const override { return "bogo"; }
  /// The pre-shared keys, in their order.
  [[nodiscard]] const std::vector<std::shared_ptr<const tls::ExternalPsk>>& psks() const noexcept { return psks_; }
  /// Which one was chosen: 0 for the first behind -new-x509-credential; -1 for the one that needs no such flag, or
  /// none.
  [[nodiscard]] long selected() const noexcept { return selected_; }
  [[nodiscard]] bool empty() const noexcept { return list_.empty(); }
  /// An expectation about the peer's request does not hold.
  [[nodiscard]] bool disappointed() const noexcept { return disappointed_; }

 private:
  explicit Credentials(const Options& options) : options_(options) {}
  void check(const tls::CredentialRequest& request) const;

  const Options& options_;
  std::vector<tls::CredentialPtr> list_;  // the one of index -1, where there is one, is the last
  std::vector<long> indices_;             // of those of list_, among all credentials
  bool has_default_ = false;
  std::vector<std::shared_ptr<const tls::ExternalPsk>> psks_;
  std::shared_ptr<const tls::CredentialSource> choice_;
  mutable bool disappointed_ = false;
  mutable long selected_ = -1;
};

/// The text of a file; empty when it cannot be read.
[[nodiscard]] std::string read_file(const std::string& path);

}  // namespace bogo
