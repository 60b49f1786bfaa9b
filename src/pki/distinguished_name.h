// Distinguished names (RFC 5280 §4.1.2.4): what is well-formed, and when two are the same (§7.1).
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "crypto/der.h"
#include "tls/bytes.h"
#include "tls/error.h"

namespace tls::pki {

/// Checks that `name` is a Name: RDNs of at least one attribute, attributes of a type and a value, nothing left over.
/// Values are well-formed as is_well_formed() has it. `what` names it in an error: "the certificate's subject".
/// Fails with bad_certificate, or with certificate_too_complex beyond limits::kMaxNameAttributes.
[[nodiscard]] Result<void> check_name(Bytes name, std::string_view what);

/// Calls `visit(attribute type, value element)` for each attribute of a Name, in order. False: the Name is malformed.
template <class Visit>
bool for_each_attribute(Bytes name, Visit&& visit) {
  crypto::DerReader outer(name);
  crypto::DerReader rdns(outer.take(crypto::der::kSequence).value);
  while (rdns.ok() && !rdns.empty()) {
    crypto::DerReader rdn(rdns.take(crypto::der::kSet).value);
    while (rdn.ok() && !rdn.empty()) {
      crypto::DerReader attribute(rdn.take(crypto::der::kSequence).value);
      const Bytes type = attribute.take(crypto::der::kOid).value;
      const crypto::DerElement value = attribute.next();
      if (!attribute.done()) return false;
      visit(type, value);
    }
    if (!rdn.done()) return false;
  }
  return outer.done() && rdns.done();
}

/// Appends the form of `name` in which names that are the same have equal bytes, and in which a name whose first RDNs
/// are those of another starts with the other's form. False: malformed or above limits::kMaxNameAttributes; what was
/// appended is of no use.
///
/// RDNs in order, the attributes of one RDN as a set. Values of PrintableString, UTF8String, IA5String, NumericString,
/// VisibleString, TeletexString (as ISO 8859-1), BMPString and UniversalString are compared as text: letter case
/// (ASCII, Latin-1, Latin Extended-A, Greek, Cyrillic) and the amount of white space do not count, characters that are
/// not seen are dropped and full-width ASCII is ASCII, as RFC 4518 §2 has it; it is not normalised otherwise. Other
/// values are compared as DER.
[[nodiscard]] bool append_canonical(Bytes name, std::string& out);

/// RFC 5280 §7.1: the two Names are the same. Allocates nothing for names of ASCII text with one attribute in each RDN.
[[nodiscard]] bool same_name(Bytes a, Bytes b);

}  // namespace tls::pki
