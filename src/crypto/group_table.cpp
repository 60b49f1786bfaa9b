// The table of key exchange groups.
#include <algorithm>

#include "crypto/botan/nist_groups.h"
#include "crypto/dh_group.h"
#include "crypto/sodium/x25519.h"

namespace tls::crypto {
namespace {

constexpr GroupImpl kGroups[] = {sodium::kX25519, botan::kSecp256r1, botan::kSecp384r1, botan::kSecp521r1};

}  // namespace

std::span<const GroupImpl> all_groups() noexcept { return kGroups; }

const GroupImpl* find_group(NamedGroup id) noexcept {
  const auto row = std::ranges::find(kGroups, id, &GroupImpl::id);
  return row == std::ranges::end(kGroups) ? nullptr : row;
}

std::unexpected<Error> wrong_share_size(std::string_view group, std::size_t expected, std::size_t actual) {
  return fail(Code::bad_key_share,
              std::string(group) + " takes " + std::to_string(expected) + " bytes, not " + std::to_string(actual));
}

}  // namespace tls::crypto
