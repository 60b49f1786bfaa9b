// Trust anchors from the texts and files in which people keep them.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "pki/anchors.h"

namespace tls::pki {

/// What the certificates of a text are.
enum class AnchorSource : std::uint8_t {
  roots,    ///< all are roots: another one is an error
  mixture,  ///< roots are anchors, the others help to build paths
  any       ///< every one is an anchor, whatever its issuer says of it
};

/// The anchors of `text`, PEM or DER. Fails with bad_key_file, naming block and line, when a certificate cannot be read
/// or used, and when there is no anchor.
[[nodiscard]] Result<Anchors> read_anchors(std::string_view text, AnchorSource source);

/// The operating system's roots (trust_sources.h), and the intermediates that stand beside them. What cannot be read or
/// used is left out, and told in `warnings` (Warnings::told()) unless that is null. Fails with bad_key_file when no
/// root is left.
[[nodiscard]] Result<Anchors> read_system_anchors(std::vector<std::string>* warnings);

}  // namespace tls::pki
