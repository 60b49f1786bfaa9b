#include "vectors/registry.h"

#include <algorithm>

namespace tls::vectors {

const Format* Registry::format_of(const File& file) const {
  const auto row = std::ranges::find_if(formats, [&](const Format& format) { return format.accepts(file); });
  return row == formats.end() ? nullptr : &*row;
}

const Kind* Registry::kind_named(std::string_view name) const {
  const auto row = std::ranges::find(kinds, name, &Kind::name);
  return row == kinds.end() ? nullptr : &*row;
}

Registry standard_registry() {
  return {.formats = {kPlainFormat, kWycheproofFormat, kEvpKdfFormat, kSignInputFormat, kNistFormat, kLimboFormat},
          .kinds = {kAeadKind, kHashKind, kHashMonteKind, kHmacKind, kHkdfKind, kExtractKind, kExpandKind,
                    kExpandLabelKind, kPrf12Kind, kGroupKind, kVerifyKind, kSignKind, kTrace13Kind, kChainKind}};
}

}  // namespace tls::vectors
