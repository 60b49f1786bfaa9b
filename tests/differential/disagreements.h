// Where Sallyport's verdict is not that of OpenSSL and Go. A row argues one kind of refusal: ours, or that of one of
// them or of both. A chain that Sallyport refuses and both accept needs a row for our refusal; one that it accepts and
// both refuse needs a row for each of their refusals. What has no such rows is a failure.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "differential/judge.h"

namespace tls::differential {

enum class Kind : std::uint8_t { none, we_accept /* what both refuse */, we_refuse /* what both accept */ };

/// Sallyport against OpenSSL and Go, which agree with each other.
[[nodiscard]] Kind disagreement(const Opinions& opinions);

/// Whose refusal a row argues.
enum class Who : std::uint8_t { ours, openssl, go, both };

struct Row {
  Who who;
  std::string_view what;      ///< the chain, in words
  std::string_view others;    ///< what those do that the row does not name, Botan among them
  std::string_view argument;  ///< which sentence decides
  /// Whether this is why: the chain, and the reason that was given.
  bool (*covers)(const Chain&, std::string_view reason);
  /// For a row of ours: the mutation that makes such chains, as a test shows. Empty: only the certificate sets have
  /// them, or two changes together.
  std::string_view made_by = {};
};
[[nodiscard]] std::span<const Row> rows();
/// The rows that argue a disagreement; empty: nobody has argued it, or not all of it.
[[nodiscard]] std::vector<const Row*> rows_for(Kind kind, const Chain& chain, const Opinions& opinions);

/// The table as it stands in docs/validation.md.
[[nodiscard]] std::string markdown();

}  // namespace tls::differential
