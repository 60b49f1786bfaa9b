// What a run of the differential test found: counts, and a file for each disagreement that nobody has argued.
#pragma once

#include <array>
#include <filesystem>
#include <ostream>

#include "differential/disagreements.h"

namespace tls::differential {

class Tally {
 public:
  /// Chains that are to be looked at are written into `folder`.
  Tally(std::filesystem::path folder, std::ostream& out) : folder_(std::move(folder)), out_(out) {}

  /// `id` names the chain: it makes it again, or is its file. With `all`, also says where OpenSSL and Go disagree.
  void add(const std::string& id, const Chain& chain, const Opinions& opinions, bool all);
  /// Numbers of the run. True: nothing failed.
  [[nodiscard]] bool finish() const;
  [[nodiscard]] std::size_t chains() const noexcept { return chains_; }

 private:
  void fail(const std::string& what, const std::string& id, const Chain& chain, const Opinions& opinions);
  void show(const std::string& what, const std::string& id, const Chain& chain, const Opinions& opinions) const;

  std::filesystem::path folder_;
  std::ostream& out_;
  std::size_t chains_ = 0, failures_ = 0, accepted_ = 0;
  std::map<std::string, std::size_t> verdicts_;  // "ours accepts, OpenSSL refuses, Go refuses" -> chains
  std::map<const Row*, std::size_t> argued_;
  std::map<std::string, std::size_t> botan_;       // what Botan says against ours -> chains
  std::map<std::string, std::size_t> no_verdict_;  // who -> chains
  std::string slowest_;
  std::chrono::microseconds slowest_time_{};
};

}  // namespace tls::differential
