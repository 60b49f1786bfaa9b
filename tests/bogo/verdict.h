// What the case says about the peer's chain: accepted, whatever it is, unless a flag refuses it.
#pragma once

#include <optional>

#include "options.h"
#include "tls/verifier.h"

namespace bogo {

class Verdict final : public tls::ChainVerifier {
 public:
  /// `options` must outlive it.
  explicit Verdict(const Options& options) : options_(options) {}

  /// With -async the answer comes by judge(), one step later, and with early data, which may change what is wanted.
  tls::Answer<tls::ChainAccepted> verify(const tls::ChainToVerify& chain) const override;
  /// `now` are the options that hold when the chain is judged.
  tls::Result<tls::ChainAccepted> judge(const tls::ChainToVerify& chain, const Options& now) const;

  /// All connections of a case judge alike.
  [[nodiscard]] std::string identity() const override { return "bogo"; }
  /// Whether a chain was judged at all.
  [[nodiscard]] bool judged() const noexcept { return judged_; }
  /// An expectation about what the callback sees does not hold.
  [[nodiscard]] bool disappointed() const noexcept { return disappointed_; }

 private:
  const Options& options_;
  mutable bool judged_ = false, disappointed_ = false;
};

}  // namespace bogo
