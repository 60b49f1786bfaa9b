// The text of a name's attributes, folded for comparison (RFC 5280 §7.1, RFC 4518 §2).
#pragma once

#include <cstdint>
#include <string>

#include "tls/bytes.h"

namespace tls::pki {

/// A value of a string type, by its identifier octet: it is compared as text.
[[nodiscard]] bool is_text(std::uint8_t tag) noexcept;

/// Whether a name may have this as a value. Strings have characters of their types: UTF-8 in a UTF8String, whole
/// characters in a BMPString and a UniversalString, digits and spaces in a NumericString (X.680 §41). Of the other
/// string types all octets pass: authorities write more into a PrintableString than it may hold, and everybody reads
/// it. Beside strings there are a BIT STRING (x500UniqueIdentifier) and a SEQUENCE (postalAddress), whose contents are
/// not looked at.
[[nodiscard]] bool is_well_formed(std::uint8_t tag, Bytes value) noexcept;

/// Appends the folded text of a value with this tag as UTF-8: lower case, white space inside as single spaces, none at
/// the ends. Bytes that are no character of the string type are kept apart from all characters.
void append_folded(std::uint8_t tag, Bytes value, std::string& out);

/// Both values are ASCII of a type with one octet for a character; `equal` then says whether they are the same when
/// folded. False: they have to be folded to be compared.
[[nodiscard]] bool compare_ascii(std::uint8_t tag_a, Bytes a, std::uint8_t tag_b, Bytes b, bool& equal) noexcept;

}  // namespace tls::pki
