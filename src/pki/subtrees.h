// The value of a nameConstraints extension, parsed into normal forms.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "pki/general_name.h"
#include "pki/name_parts.h"
#include "tls/bytes.h"
#include "tls/error.h"

namespace tls::pki {

/// One constraint: its normal form, and what a name within it has at least, as numbers.
struct Subtree {
  std::uint64_t hash = 0;             ///< of its parts; of a directoryName, DNS name, e-mail or URI constraint
  std::uint64_t other = 0;            ///< hash of a mailbox's local part, or of a DNS name without its first label
  std::uint8_t parts = 0;             ///< how many it has
  std::uint8_t fewest = 0;            ///< parts of a name within it
  std::uint8_t most = 0;              ///< likewise
  bool mailbox = false;               ///< `other` counts
  std::uint32_t start = 0, size = 0;  ///< of its normal form in Subtrees::text
  Bytes raw;                          ///< as it stands, for people

  /// A name with these parts and this local part may be within the constraint; if not, it is not.
  [[nodiscard]] bool may_cover(const NameParts& name, std::uint64_t local) const noexcept {
    return name.hash[parts] == hash && name.count >= fewest && name.count <= most && (!mailbox || other == local);
  }
  /// A wildcard with these parts may stand for a name within the constraint.
  [[nodiscard]] bool may_be_reached(const NameParts& name) const noexcept {
    return name.count == parts && parts != 0 && name.hash[parts - 1u] == other;
  }
};

/// GeneralSubtrees by form. Normal forms:
/// - dNSName and URI: as dns_within() takes them, "" for all;
/// - rfc822Name: a letter, then "" for 'a' (all), a host for 'h', ".domain" for 'd', "local@host" for 'm';
/// - directoryName: append_canonical();
/// - iPAddress: address, then mask, 8 or 32 octets;
/// - otherName: its type-id; the other forms: nothing.
struct Subtrees {
  std::array<std::vector<Subtree>, kNameForms> permitted, excluded;
  std::string text;
  std::size_t count = 0;  ///< of all

  [[nodiscard]] bool constrains(NameForm form) const noexcept {
    const auto i = static_cast<std::size_t>(form);
    return !permitted[i].empty() || !excluded[i].empty();
  }
  [[nodiscard]] std::string_view normal(const Subtree& subtree) const noexcept {
    return {text.data() + subtree.start, subtree.size};
  }
};

/// Parses the extension's value. Fails with bad_certificate and words about the constraint that cannot be used; the
/// words go after "the name constraints of '...' cannot be used: ".
[[nodiscard]] Result<Subtrees> parse_name_constraints(Bytes extension);

/// A name or a constraint of this form for people.
[[nodiscard]] std::string display_general_name(NameForm form, Bytes value);

}  // namespace tls::pki
