// A record of a NIST CAVP file with all that holds for it: its section, and what was said before it.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "vectors/case.h"

namespace tls::vectors {

struct NistStanza {
  std::map<std::string, std::string> own;     ///< names in lower case
  std::map<std::string, std::string> sticky;  ///< from the section's head and from records that are no case
  std::string section;                        ///< "[P-256,SHA-256]" without brackets; several are joined by spaces
  std::string file;                           ///< the file's name without its folder
  std::size_t line = 0;

  [[nodiscard]] bool has(const std::string& name) const { return own.contains(name); }
  /// From the record, else from before it; BadVector when nobody said.
  [[nodiscard]] const std::string& value(const std::string& name) const;
  [[nodiscard]] std::string value_or(const std::string& name, std::string otherwise) const;
};

/// The case of a record that holds a signature or a key; none when it is something else.
[[nodiscard]] std::optional<Case> signature_case(const NistStanza& stanza);
/// Result = P or F.
[[nodiscard]] Expect nist_result(const NistStanza& stanza);
/// "secp256r1" for "P-256"; the name as it stands for curves that we do not have.
[[nodiscard]] std::string iana_curve(const std::string& section);
/// 04 | x | y, each as long as the curve's field.
[[nodiscard]] std::string uncompressed(const std::string& curve, const std::string& x, const std::string& y);

}  // namespace tls::vectors
