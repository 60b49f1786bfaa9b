// The value of a nameConstraints extension, parsed into normal forms.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "pki/general_name.h"
#include "tls/bytes.h"
#include "tls/error.h"

namespace tls::pki {

/// One constraint.
struct Subtree {
  std::uint32_t start = 0, size = 0;  ///< of its normal form in Subtrees::text
  Bytes raw;                          ///< as it stands, for people
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

  [[nodiscard]] bool constrains(NameForm form) const noexcept {
    const auto i = static_cast<std::size_t>(form);
    return !permitted[i].empty() || !excluded[i].empty();
  }
  [[nodiscard]] std::string_view normal(const Subtree& subtree) const noexcept {
    return std::string_view(text).substr(subtree.start, subtree.size);
  }
};

/// Parses the extension's value. Fails with bad_certificate and words about the constraint that cannot be used; the
/// words go after "the name constraints of '...' cannot be used: ".
[[nodiscard]] Result<Subtrees> parse_name_constraints(Bytes extension);

/// A name or a constraint of this form for people.
[[nodiscard]] std::string display_general_name(NameForm form, Bytes value);

}  // namespace tls::pki
