#include "connection/messages.h"

#include <algorithm>

#include "handshake/running.h"
#include "wire/message.h"

namespace tls {
namespace {

constexpr std::size_t kMessageHeader = wire::kHandshakeHeaderSize;

/// The length of the body behind a whole header, unless it is above `max_body`.
Result<std::size_t> body_size(Bytes header, std::size_t max_body) {
  const std::size_t size = wire::HandshakeHeader::peek(header)->length;
  if (size > max_body)
    return fail(Code::message_too_long, handshake::describe(header[0]) + " with " + std::to_string(size) +
                                            " bytes, at most " + std::to_string(max_body) + " are accepted here");
  return size;
}

}  // namespace

std::optional<std::uint8_t> Messages::type() const noexcept {
  if (waiting() != 0) return buffer_[begin_ + given_];
  if (!fresh_.empty()) return fresh_[0];
  return std::nullopt;
}

void Messages::drop_given() noexcept {
  begin_ += given_;
  given_ = 0;
  if (begin_ == buffer_.size()) {
    ByteVector().swap(buffer_);
    begin_ = 0;
  }
}

// Moves bytes of the record to the buffer until it holds `n` of the next message.
bool Messages::pull(std::size_t n) {
  if (waiting() < n) {
    const Bytes taken = fresh_.first(std::min(n - waiting(), fresh_.size()));
    buffer_.insert(buffer_.end(), taken.begin(), taken.end());
    fresh_ = fresh_.subspan(taken.size());
  }
  return waiting() >= n;
}

Result<std::optional<Message>> Messages::next(std::size_t max_body) {
  drop_given();
  const bool in_place = buffer_.empty();
  if (in_place ? fresh_.size() < kMessageHeader : !pull(kMessageHeader)) return std::nullopt;
  const Result<std::size_t> body =
      body_size(in_place ? fresh_.first(kMessageHeader) : Bytes(buffer_).subspan(begin_, kMessageHeader), max_body);
  if (!body) return std::unexpected(body.error());
  const std::size_t size = kMessageHeader + *body;
  if (in_place) {
    if (fresh_.size() < size) return std::nullopt;
    const Bytes message = fresh_.first(size);
    fresh_ = fresh_.subspan(size);
    return Message{message, fresh_.empty()};
  }
  if (!pull(size)) return std::nullopt;
  given_ = size;
  return Message{Bytes(buffer_).subspan(begin_, size), empty()};
}

void Messages::keep() {
  drop_given();
  buffer_.insert(buffer_.end(), fresh_.begin(), fresh_.end());
  fresh_ = {};
}

}  // namespace tls
