// NameParts: hashes of the parts of a name, so that most names and constraints can be told apart by one comparison of
// numbers. A peer chooses both, and can make text that differs in its last octet alone.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace tls::pki {

/// The labels of a DNS name from the right, or the RDNs of a canonical name from the left: hash[n] is that of the first
/// n. The hash is not secret and not collision-resistant: equal hashes say nothing, different ones that the parts
/// differ.
struct NameParts {
  static constexpr std::size_t kMost = 127;  // labels in 253 characters

  std::array<std::uint64_t, kMost + 1> hash{};
  std::size_t count = 0;

  /// The empty name has no labels.
  void take_labels(std::string_view normal) noexcept;
  /// From append_canonical().
  void take_rdns(std::string_view canonical) noexcept;

 private:
  void add(std::string_view part) noexcept;
};

[[nodiscard]] std::uint64_t hash_text(std::string_view text, std::uint64_t seed = 0) noexcept;

}  // namespace tls::pki
