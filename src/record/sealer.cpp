#include "record/sealer.h"

#include <algorithm>

namespace tls::record {

std::size_t Sealer::max_content() const noexcept {
  const Rules& rules = protection_.rules();
  // RFC 8449 §4: unprotected messages are not subject to the limit.
  const std::size_t most = protection_ && limit_ != 0 ? std::min(limit_, rules.limit.plaintext) : rules.limit.plaintext;
  return std::min(most - rules.type_bytes(), fragment_);
}

std::size_t Sealer::padding_for(std::size_t content) const noexcept {
  if (block_ <= 1 || protection_.rules().type == TypeRule::outer) return 0;
  const std::size_t blocks = std::max<std::size_t>(1, (content + block_ - 1) / block_);
  // RFC 9846 §5.4: padding must not make the record longer than its limit.
  return std::min(blocks * block_, max_content()) - content;
}

std::size_t Sealer::records_for(std::size_t content) const noexcept {
  const std::size_t most = max_content();
  return content <= most ? 1 : (content + most - 1) / most;
}

std::size_t Sealer::sealed_size(std::size_t content) const noexcept {
  const std::size_t most = max_content();
  if (content <= most) return content + padding_for(content) + protection_.overhead();  // spares a division
  const std::size_t whole = content / most, rest = content % most;
  const std::size_t bytes = whole * (most + protection_.overhead());
  return rest != 0 ? bytes + rest + padding_for(rest) + protection_.overhead() : bytes;
}

Result<std::size_t> Sealer::seal(ContentType type, Bytes content, Output& out, std::size_t records) {
  const std::size_t most = max_content();
  if (records < records_for(content.size())) content = content.first(records * most);
  const bool plain_handshake = !protection_ && type == ContentType::handshake;
  const std::uint16_t version = plain_handshake ? handshake_version_ : kRecordVersion;
  const MutableBytes room = out.prepare(sealed_size(content.size()));
  std::size_t taken = 0, written = 0;
  do {
    const Bytes one = content.subspan(taken, std::min(content.size() - taken, most));
    const std::size_t padding = padding_for(one.size());
    const std::size_t size = one.size() + padding + protection_.overhead();
    if (Result<void> sealed = protection_.seal(type, version, one, padding, room.subspan(written, size)); !sealed) {
      out.commit(written);
      return std::unexpected(std::move(sealed).error());
    }
    taken += one.size(), written += size;
    ++sent_;
  } while (taken != content.size());
  out.commit(written);
  return taken;
}

Result<void> Sealer::seal_all(ContentType type, Bytes content, Output& out) {
  if (Result<std::size_t> taken = seal(type, content, out, records_for(content.size())); !taken)
    return std::unexpected(std::move(taken).error());
  return {};
}

void Sealer::send_plain(ContentType type, Bytes content, Output& out) {
  const HeaderBytes header = encode({type, kRecordVersion, static_cast<std::uint16_t>(content.size())});
  static_cast<void>(out.prepare(header.size() + content.size()));  // all of it or nothing, if memory runs out
  out.append(header);
  out.append(content);
  ++sent_;
}

}  // namespace tls::record
