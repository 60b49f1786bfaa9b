#include "factory/fields.h"

#include <algorithm>

namespace sallyport {

using namespace der;

Der ExtensionField::encoded() const { return sequence({id, critical, octet_string(value), rest}); }

ExtensionField* CertificateFields::find(const std::string& oid) {
  const auto at = std::ranges::find(extensions, der::oid(oid), &ExtensionField::id);
  return at == extensions.end() ? nullptr : &*at;
}

void CertificateFields::erase(const std::string& oid) {
  std::erase_if(extensions, [id = der::oid(oid)](const ExtensionField& e) { return e.id == id; });
}

void CertificateFields::set(const std::string& oid, bool critical, Der value) {
  ExtensionField field{der::oid(oid), critical ? boolean(true) : Der{}, std::move(value)};
  if (ExtensionField* there = find(oid))
    *there = std::move(field);
  else
    extensions.push_back(std::move(field));
}

Der CertificateFields::tbs() const {
  Der all = extensions_element;
  if (all.empty() && !extensions.empty()) {
    Der list;
    for (const ExtensionField& e : extensions) {
      const Der one = e.encoded();
      list.insert(list.end(), one.begin(), one.end());
    }
    all = explicitly(3, element(0x30, list));
  }
  return sequence(
      {version, serial, algorithm, issuer, sequence({not_before, not_after}), subject, spki, unique_ids, all});
}

Der sealed(const Der& tbs, const Der& outer_algorithm, const Key& issuer_key, const std::string& hash, bool pss,
           std::optional<std::uint32_t> pss_salt) {
  return sequence({tbs, outer_algorithm, bit_string(issuer_key.sign(tbs, hash, pss, pss_salt))});
}

}  // namespace sallyport
