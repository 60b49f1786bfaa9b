#include "pki/general_name.h"

#include <array>

namespace tls::pki {

std::optional<GeneralName> general_name(const crypto::DerElement& element) noexcept {
  const unsigned number = element.tag & 0x1Fu;
  if ((element.tag & 0xC0) != 0x80 || number >= kNameForms) return std::nullopt;
  const auto form = static_cast<NameForm>(number);
  // otherName, x400Address and ediPartyName are SEQUENCEs under an IMPLICIT tag, directoryName is EXPLICIT.
  const bool constructed =
      form == NameForm::other || form == NameForm::x400 || form == NameForm::directory || form == NameForm::edi_party;
  if (constructed != ((element.tag & 0x20) != 0)) return std::nullopt;
  return GeneralName{form, element.value};
}

std::string_view describe(NameForm form) noexcept {
  constexpr std::array<std::string_view, kNameForms> kNames = {"otherName",
                                                               "rfc822Name",
                                                               "dNSName",
                                                               "x400Address",
                                                               "directoryName",
                                                               "ediPartyName",
                                                               "uniformResourceIdentifier",
                                                               "iPAddress",
                                                               "registeredID"};
  return kNames[static_cast<std::size_t>(form)];
}

}  // namespace tls::pki
