// The names that include/tls/info.h promises: IANA's first, OpenSSL's accepted.
#include <algorithm>

#include "crypto/signature.h"
#include "crypto/suite.h"
#include "tls/info.h"

namespace tls {
namespace {

constexpr std::string_view kUnknown = "unknown";

struct GroupName {
  NamedGroup id;
  std::string_view name;
  std::string_view others[2];
};
constexpr GroupName kGroups[] = {
    {NamedGroup::x25519, "x25519", {"X25519", "curve25519"}},
    {NamedGroup::secp256r1, "secp256r1", {"P-256", "prime256v1"}},
    {NamedGroup::secp384r1, "secp384r1", {"P-384", "secp384r1"}},
    {NamedGroup::secp521r1, "secp521r1", {"P-521", "secp521r1"}},
    {NamedGroup::X25519MLKEM768, "X25519MLKEM768", {"X25519MLKEM768", "X25519MLKEM768"}},
};

constexpr char lower(char c) noexcept { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

bool same(std::string_view a, std::string_view b) noexcept {
  return std::ranges::equal(a, b, [](char x, char y) { return lower(x) == lower(y); });
}

/// The id of the row of `table` that goes by that name, IANA's or OpenSSL's.
template <class Id, class Table>
std::optional<Id> id_named(const Table& table, std::string_view name) noexcept {
  for (const auto& row : table)
    if (same(row.name, name) || same(row.openssl_name, name)) return row.id;
  return std::nullopt;
}

}  // namespace

std::string_view name(ProtocolVersion version) noexcept {
  switch (version) {
    case ProtocolVersion::tls12:
      return "TLS 1.2";
    case ProtocolVersion::tls13:
      return "TLS 1.3";
  }
  return kUnknown;
}

std::string_view name(CipherSuite suite) noexcept {
  const crypto::SuiteFacts* row = crypto::find_suite(suite);
  return row == nullptr ? kUnknown : row->name;
}

std::string_view name(NamedGroup group) noexcept {
  for (const GroupName& row : kGroups)
    if (row.id == group) return row.name;
  return kUnknown;
}

std::string_view name(SignatureScheme scheme) noexcept {
  const crypto::SchemeFacts* row = crypto::find_scheme(scheme);
  return row == nullptr ? kUnknown : row->name;
}

std::optional<CipherSuite> cipher_suite_named(std::string_view name) noexcept {
  return id_named<CipherSuite>(crypto::all_suites(), name);
}

std::optional<NamedGroup> named_group_named(std::string_view name) noexcept {
  for (const GroupName& row : kGroups)
    if (same(row.name, name) || same(row.others[0], name) || same(row.others[1], name)) return row.id;
  return std::nullopt;
}

std::optional<SignatureScheme> signature_scheme_named(std::string_view name) noexcept {
  return id_named<SignatureScheme>(crypto::all_schemes(), name);
}

}  // namespace tls
