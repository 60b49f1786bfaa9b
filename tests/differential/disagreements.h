// Where Sallyport's verdict is not that of OpenSSL and Go: each row argues one kind. What no row covers is a failure.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "differential/judge.h"

namespace tls::differential {

enum class Kind : std::uint8_t { none, we_accept /* what both refuse */, we_refuse /* what both accept */ };

/// Sallyport against OpenSSL and Go, which agree with each other.
[[nodiscard]] Kind disagreement(const Opinions& opinions);

struct Row {
  Kind kind;
  std::string_view what;      ///< the input, in words
  std::string_view others;    ///< what OpenSSL and Go do
  std::string_view botan;     ///< what Botan does
  std::string_view argument;  ///< which sentence decides
  bool (*covers)(const Chain&, const Opinions&);
};
[[nodiscard]] std::span<const Row> rows();
/// The first row that covers a disagreement; null: nobody has argued it.
[[nodiscard]] const Row* row_for(Kind kind, const Chain& chain, const Opinions& opinions);

/// The table as it stands in docs/validation.md.
[[nodiscard]] std::string markdown();

}  // namespace tls::differential
