#include "record/sealer.h"

#include <algorithm>

namespace tls::record {

std::size_t Sealer::max_content() const noexcept {
  const Rules& rules = protection_.rules();
  // RFC 8449 §4: unprotected messages are not subject to the limit.
  const std::size_t most = protection_ && limit_ != 0 ? std::min(limit_, rules.limit.plaintext) : rules.limit.plaintext;
  return most - rules.type_bytes();
}

std::size_t Sealer::padding_for(std::size_t content) const noexcept {
  if (block_ <= 1 || protection_.rules().type == TypeRule::outer) return 0;
  const std::size_t blocks = std::max<std::size_t>(1, (content + block_ - 1) / block_);
  // RFC 9846 §5.4: padding must not make the record longer than its limit.
  return std::min(blocks * block_, max_content()) - content;
}

void Sealer::reserve(std::size_t content, Output& out) const {
  const std::size_t most = max_content(), whole = content / most, rest = content % most;
  std::size_t bytes = whole * (most + protection_.overhead());
  if (rest != 0 || content == 0) bytes += rest + padding_for(rest) + protection_.overhead();
  static_cast<void>(out.prepare(bytes));
}

Result<std::size_t> Sealer::seal(ContentType type, Bytes content, Output& out) {
  const Bytes taken = content.first(std::min(content.size(), max_content()));
  const std::size_t padding = padding_for(taken.size());
  const std::size_t size = taken.size() + padding + protection_.overhead();
  const bool plain_handshake = !protection_ && type == ContentType::handshake;
  const Result<void> sealed = protection_.seal(type, plain_handshake ? handshake_version_ : kRecordVersion, taken,
                                               padding, out.prepare(size).first(size));
  if (!sealed) return std::unexpected(sealed.error());
  out.commit(size);
  ++sent_;
  return taken.size();
}

Result<void> Sealer::seal_all(ContentType type, Bytes content, Output& out) {
  reserve(content.size(), out);
  do {
    const Result<std::size_t> taken = seal(type, content, out);
    if (!taken) return std::unexpected(taken.error());
    content = content.subspan(*taken);
  } while (!content.empty());
  return {};
}

void Sealer::send_plain(ContentType type, Bytes content, Output& out) {
  const HeaderBytes header = encode({type, kRecordVersion, static_cast<std::uint16_t>(content.size())});
  out.append(header);
  out.append(content);
  ++sent_;
}

}  // namespace tls::record
