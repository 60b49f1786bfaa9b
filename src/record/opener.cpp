#include "record/opener.h"

namespace tls::record {

// Which types may come without protection though the peer's keys are in force and hide the type (TLS 1.3).
bool Opener::passes_unprotected(ContentType type) const noexcept {
  if (!protection_ || protection_.rules().type == TypeRule::outer) return false;
  // RFC 9846 §5: a compatibility change_cipher_spec appears where protected records are expected.
  if (type == ContentType::change_cipher_spec) return true;
  // A peer that cannot go on after our hello has no keys for its alert. Until it has proved that it has them such an
  // alert is taken, for it says why it failed; it can do no more than end a connection.
  return type == ContentType::alert && !peer_has_keys_;
}

Result<void> Opener::check(const Header& header) const {
  const Rules& rules = protection_.rules();
  if (rules.version != 0 && header.version != rules.version)
    return fail(Code::wrong_record_version, "RFC 5246 §6.2.1 demands the negotiated version");
  const bool unprotected = !protection_ || passes_unprotected(header.type);
  if (!unprotected && rules.type == TypeRule::inner && header.type != ContentType::application_data)
    return fail(Code::unprotected_record);
  // RFC 9846 §5.1, §5.2: 2^14 bytes of plaintext, 2^14 + 256 of ciphertext. What carries application_data is
  // ciphertext even where we have no key for it: refused early data.
  std::size_t most = unprotected ? kPlainRules.limit.ciphertext : rules.limit.ciphertext;
  if (!protection_ && header.type == ContentType::application_data) most = kTls13Rules.limit.ciphertext;
  if (header.length > most)
    return fail(Code::record_overflow,
                std::to_string(header.length) + " bytes, at most " + std::to_string(most) + " are allowed");
  return {};
}

Result<Frame> Opener::frame(MutableBytes in) const {
  Frame frame;
  if (in.size() < limits::kRecordHeader) {
    frame.missing = limits::kRecordHeader - in.size();
    return frame;
  }
  Result<Header> header = parse_header(in.first<limits::kRecordHeader>(), received_ == 0);
  if (!header) return std::unexpected(std::move(header).error());
  if (Result<void> checked = check(*header); !checked) return std::unexpected(std::move(checked).error());
  frame.header = *header;
  frame.has_header = true;
  const std::size_t whole = limits::kRecordHeader + header->length;
  if (in.size() < whole) {
    frame.missing = whole - in.size();
  } else {
    frame.bytes = in.first(whole);
  }
  return frame;
}

Result<Record> Opener::open(const Frame& frame) {
  if (passes_unprotected(frame.header.type)) {
    ++received_;
    return Record{frame.header.type, frame.bytes.subspan(limits::kRecordHeader), false};
  }
  Result<Opened> opened = protection_.open(frame.header, frame.bytes);
  if (!opened) return std::unexpected(std::move(opened).error());
  ++received_;
  peer_has_keys_ = peer_has_keys_ || protection_;
  // RFC 8449 §4: a record above the limit that we announced: record_overflow. Unprotected records are not subject to
  // it.
  if (limit_ != 0 && protection_ && opened->plaintext > limit_)
    return fail(Code::plaintext_overflow,
                std::to_string(opened->plaintext) + " bytes, our record_size_limit is " + std::to_string(limit_));
  return Record{opened->type, opened->content, static_cast<bool>(protection_)};
}

}  // namespace tls::record
