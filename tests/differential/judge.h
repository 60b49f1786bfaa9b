// Everybody's opinion of a chain.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "differential/peer.h"
#include "factory/chains/chain.h"

namespace tls::differential {

using sallyport::chains::Chain;

/// Names of those who have opinions. `kStrict` is OpenSSL with X509_V_FLAG_X509_STRICT.
inline constexpr const char *kOpenssl = "OpenSSL", *kStrict = "OpenSSL strict", *kGo = "Go", *kBotan = "Botan";

struct Opinions {
  Opinion ours;
  std::chrono::microseconds our_time{};
  std::map<std::string, Opinion> others;

  [[nodiscard]] const Opinion& of(const std::string& peer) const;
};

/// What Sallyport says, through its public API.
[[nodiscard]] Opinion our_opinion(const Chain& chain);

class Judges {
 public:
  /// Starts the peers whose programs lie in this folder, and writes versions and what is missing into `said`.
  explicit Judges(const std::string& folder, std::string& said);
  [[nodiscard]] Opinions ask(const Chain& chain);
  /// Whether there is something to compare with: OpenSSL and Go.
  [[nodiscard]] bool can_compare() const;
  [[nodiscard]] const std::vector<std::unique_ptr<Peer>>& peers() const noexcept { return peers_; }

 private:
  std::vector<std::unique_ptr<Peer>> peers_;
};

/// The chain as a question of the line protocol.
[[nodiscard]] std::string question_of(const Chain& chain);

}  // namespace tls::differential
