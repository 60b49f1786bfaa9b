// GeneralName (RFC 5280 §4.2.1.6): the forms of names that a certificate can hold, as ranges over its DER.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "crypto/der.h"
#include "pki/checked_sequence.h"
#include "tls/bytes.h"

namespace tls::pki {

/// The alternatives of GeneralName, by their tag numbers.
enum class NameForm : std::uint8_t {
  other = 0,
  email = 1,
  dns = 2,
  x400 = 3,
  directory = 4,
  edi_party = 5,
  uri = 6,
  address = 7,
  registered_id = 8,
};
inline constexpr std::size_t kNameForms = 9;

/// One name: its form and its contents octets (of a directoryName, which is EXPLICIT, the whole Name).
struct GeneralName {
  NameForm form = NameForm::other;
  Bytes value;
};

/// The GeneralName in `element`; nullopt when its tag is none of the nine, or is primitive where the form is
/// constructed or the other way round.
[[nodiscard]] std::optional<GeneralName> general_name(const crypto::DerElement& element) noexcept;

/// "dNSName", "rfc822Name" and so on: the names of RFC 5280.
[[nodiscard]] std::string_view describe(NameForm form) noexcept;

struct SelectAnyName {
  using value_type = GeneralName;
  static bool wanted(const crypto::DerElement&) noexcept { return true; }
  static GeneralName value(const crypto::DerElement& element) noexcept {
    return general_name(element).value_or(GeneralName{});
  }
};
struct SelectDnsName {
  using value_type = std::string_view;
  static bool wanted(const crypto::DerElement& element) noexcept { return element.tag == crypto::der::context(2); }
  static std::string_view value(const crypto::DerElement& element) noexcept { return as_text(element.value); }
};
struct SelectAddress {
  using value_type = Bytes;
  static bool wanted(const crypto::DerElement& element) noexcept { return element.tag == crypto::der::context(7); }
  static Bytes value(const crypto::DerElement& element) noexcept { return element.value; }
};
struct SelectContents {
  using value_type = Bytes;
  static bool wanted(const crypto::DerElement&) noexcept { return true; }
  static Bytes value(const crypto::DerElement& element) noexcept { return element.value; }
};

using GeneralNames = CheckedSequence<SelectAnyName>;
using DnsNames = CheckedSequence<SelectDnsName>;      ///< dNSName as it stands
using Addresses = CheckedSequence<SelectAddress>;     ///< iPAddress, 4 or 16 bytes
using OidSequence = CheckedSequence<SelectContents>;  ///< contents octets of OBJECT IDENTIFIERs
using Elements = CheckedSequence<SelectContents>;     ///< contents octets of elements of any kind

}  // namespace tls::pki
