// One test case, whatever file format it came from.
#pragma once

#include <cstdint>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace tls::vectors {

using ByteVector = std::vector<std::uint8_t>;

/// A vector file that does not say what it must. Thrown by readers and checks, reported as a failure by the runner.
struct BadVector : std::runtime_error {
  using std::runtime_error::runtime_error;
};

/// What the file says of the case.
enum class Expect : std::uint8_t { valid, invalid, acceptable /* either is right */ };

/// A kind ("AEAD"), an algorithm ("AES-128-GCM") and named values in hex or words. The names that each kind knows
/// stand in the head of its kind_*.cpp.
class Case {
 public:
  std::string id;       ///< where in the file: "tcId 12", "line 34"
  std::string comment;  ///< in the file's words; may be empty
  std::string kind, algorithm;
  Expect expect = Expect::valid;
  std::string skip;  ///< set by a reader that knows why nobody can check this one; empty: check it

  void set(std::string_view name, std::string_view value);
  [[nodiscard]] bool has(std::string_view name) const noexcept;
  /// The value as it stands; BadVector when there is none.
  [[nodiscard]] const std::string& text(std::string_view name) const;
  /// The value as bytes: hex with spaces, or characters between quotation marks.
  [[nodiscard]] ByteVector bytes(std::string_view name) const;
  /// The same, empty when there is none.
  [[nodiscard]] ByteVector bytes_or_empty(std::string_view name) const;
  /// The value as a decimal number.
  [[nodiscard]] std::size_t number(std::string_view name) const;

 private:
  std::vector<std::pair<std::string, std::string>> values_;
};

[[nodiscard]] ByteVector unhex(std::string_view text);
[[nodiscard]] std::string hex(const ByteVector& bytes);
/// Whether two names of an algorithm are one: letter case and punctuation do not count ("SHA-256", "sha256").
[[nodiscard]] bool same_name(std::string_view a, std::string_view b) noexcept;

}  // namespace tls::vectors
