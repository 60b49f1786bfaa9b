// What each record that arrives does.
#include <algorithm>

#include "connection/core.h"
#include "wire/alert.h"

namespace tls {
namespace {

using handshake::Permissions;
using record::ContentType;

std::string name_of(ContentType type) {
  switch (type) {
    case ContentType::change_cipher_spec:
      return "change_cipher_spec";
    case ContentType::alert:
      return "alert";
    case ContentType::handshake:
      return "handshake";
    case ContentType::application_data:
      return "application_data";
  }
  return "unknown";
}

std::unexpected<Error> unexpected_type(ContentType type) {
  return fail(Code::unexpected_record_type, name_of(type) + " is not allowed at this point of the handshake");
}

/// No event.
Result<std::optional<Event>> quiet(Result<void> result) {
  if (!result) return std::unexpected(std::move(result).error());
  return std::nullopt;
}

}  // namespace

// What an unprotected header already tells: the body of a record that is refused anyway is not waited for.
Result<void> Connection::Core::check_header(const record::Header& header) const {
  const record::Protection& keys = opener_.protection();
  const bool hidden = keys && keys.rules().type == record::TypeRule::inner;
  const Permissions allowed = permissions();
  // RFC 9846 §5.1: application data is always protected.
  if (header.type == ContentType::application_data && !keys && !allowed.skip_early_data)
    return unexpected_type(header.type);
  if (header.type == ContentType::change_cipher_spec && (hidden || !keys) && allowed.ccs == Permissions::Ccs::refuse)
    return unexpected_type(header.type);
  return {};
}

Result<std::optional<Event>> Connection::Core::receive(const record::Frame& frame) {
  const bool skippable = may_be_refused_early_data(frame);
  if (skippable && !opener_.protection()) {
    // RFC 9846 §5.1: nor is the second ClientHello, once it has begun to arrive.
    if (!messages_.empty()) return fail(Code::interleaved_record, name_of(frame.header.type));
    return quiet(skip(frame));
  }
  Result<record::Record> record = opener_.open(frame);
  if (!record) {
    if (skippable && record.error().code() == Code::bad_record_mac) return quiet(skip(frame));
    return std::unexpected(std::move(record).error());
  }
  // RFC 9846 §5.1: a handshake message that is split is not interleaved with other records.
  if (record->type != ContentType::handshake && !messages_.empty())
    return fail(Code::interleaved_record, name_of(record->type));
  switch (record->type) {
    case ContentType::application_data:
      return receive_data(*record);
    case ContentType::alert:
      return quiet(receive_alert(record->content));
    case ContentType::change_cipher_spec:
      return quiet(receive_change_cipher_spec(record->content));
    case ContentType::handshake:
      break;
  }
  return quiet(receive_handshake(record->content));
}

// ---- early data that was refused ----------------------------------------------------------------------------------

// RFC 9846 §4.3.10: the server skips what does not decrypt, until the first record that does.
bool Connection::Core::may_be_refused_early_data(const record::Frame& frame) const {
  if (frame.header.type != ContentType::application_data) return false;
  const record::Protection& keys = opener_.protection();
  return permissions().skip_early_data && (!keys || keys.sequence() == 0);
}

Result<void> Connection::Core::skip(const record::Frame& frame) {
  skipped_ += limits::kRecordHeader + frame.header.length;  // an empty record is work, too
  // RFC 9846 §4.3.10: as much as a ticket may have promised; records have their overhead.
  const std::size_t most = limits::kMaxSkippedEarlyData + 2 * (handshake_ ? handshake_->max_early_data() : 0);
  if (skipped_ > most)
    return fail(Code::too_much_skipped_early_data,
                std::to_string(skipped_) + " bytes, at most " + std::to_string(most));
  opener_.skip();
  return {};
}

// ---- application data ---------------------------------------------------------------------------------------------

Result<std::optional<Event>> Connection::Core::receive_data(const record::Record& record) {
  const Permissions allowed = permissions();
  if (!record.was_protected || !(allowed.read_data || allowed.read_early_data))
    return unexpected_type(ContentType::application_data);
  if (record.content.empty()) {  // RFC 9846 §5.4: lawful as cover traffic, but not without end
    if (++empty_ > limits::kMaxEmptyRecords)
      return fail(Code::too_many_empty_records, "more than " + std::to_string(limits::kMaxEmptyRecords));
    return std::nullopt;
  }
  empty_ = warnings_ = 0;
  if (post_) post_->data_received();
  if (!allowed.read_early_data) return AppData{record.content};
  if (Result<void> counted = count_early_data(record.content.size()); !counted)
    return std::unexpected(std::move(counted).error());
  return EarlyData{record.content};
}

// RFC 9846 §4.7.1: a server that receives more than max_early_data_size SHOULD terminate the connection.
Result<void> Connection::Core::count_early_data(std::size_t bytes) {
  early_received_ += bytes;
  const std::size_t most = handshake_ ? handshake_->max_early_data() : 0;
  if (early_received_ <= most) return {};
  return fail(Code::too_much_early_data,
              std::to_string(early_received_) + " bytes, at most " + std::to_string(most) + " were promised");
}

// ---- alerts -------------------------------------------------------------------------------------------------------

Result<void> Connection::Core::receive_alert(Bytes content) {
  // RFC 9846 §5.4: a zero-length alert is unexpected_message. §5.1: a record holds exactly one alert.
  if (content.empty()) return fail(Code::empty_handshake_record, "alert");
  if (content.size() != 2) return fail(Code::bad_alert, std::to_string(content.size()) + " bytes instead of 2");
  // RFC 9846 §6: TLS 1.3 ignores the level, so the codec, which judges it, is not asked.
  const auto level = static_cast<wire::AlertLevel>(content[0]);
  const auto alert = static_cast<Alert>(content[1]);
  if (alert == Alert::close_notify) {
    // In a handshake it says that the peer gave up; no data can be missing, but there is no connection either.
    // RFC 5246 §7.2.1: it MUST be answered with close_notify, pending writes discarded; RFC 9846 §6.1: nobody closes
    // his write side without one.
    if (!post_) {
      if (!closed_) static_cast<void>(send_alert(Alert::close_notify, *out_));
      return std::unexpected(Error::from_peer(peer_canceled_ ? Alert::user_canceled : alert));
    }
    peer_closed_ = true;
    return {};
  }
  // RFC 9846 §6.1: after user_canceled, reading goes on until close_notify.
  if (alert == Alert::user_canceled && level != wire::AlertLevel::fatal) {
    peer_canceled_ = true;
    return receive_warning(alert);
  }
  // RFC 9846 §6: all others are errors whatever their level says. TLS 1.2 has warnings (RFC 5246 §7.2), and so has a
  // server that does not know the version yet.
  if (opener_.protection().rules().every_alert_is_fatal || level == wire::AlertLevel::fatal)
    return std::unexpected(Error::from_peer(alert));
  if (level != wire::AlertLevel::warning)
    return std::unexpected(
        Error(Code::bad_alert, "level " + std::to_string(content[0])).with_alert(Alert::illegal_parameter));
  return receive_warning(alert);
}

Result<void> Connection::Core::receive_warning(Alert alert) {
  if (++warnings_ <= limits::kMaxWarningAlerts) return {};
  return fail(Code::too_many_warning_alerts,
              "more than " + std::to_string(limits::kMaxWarningAlerts) + ", the last is " + std::string(name(alert)));
}

// ---- ChangeCipherSpec ---------------------------------------------------------------------------------------------

Result<void> Connection::Core::receive_change_cipher_spec(Bytes content) {
  const Permissions::Ccs rule = permissions().ccs;
  if (rule == Permissions::Ccs::refuse) return unexpected_type(ContentType::change_cipher_spec);
  // RFC 9846 §5: any other value than the single byte 0x01 is unexpected_message.
  if (content.size() != 1 || content[0] != 1) return fail(Code::bad_change_cipher_spec, "it is not the one byte 0x01");
  if (rule == Permissions::Ccs::drop) {
    if (++dropped_ccs_ > limits::kMaxCompatibilityCcs)
      return fail(Code::too_many_change_cipher_specs,
                  "more than " + std::to_string(limits::kMaxCompatibilityCcs) + " ChangeCipherSpec");
    return {};
  }
  if (Result<void> received = handshake_->receive_change_cipher_spec(*this); !received) return received;
  return settle();
}

// ---- handshake messages -------------------------------------------------------------------------------------------

Result<void> Connection::Core::receive_handshake(Bytes content) {
  // RFC 9846 §5.1: zero-length fragments of handshake types are not sent.
  if (content.empty()) return fail(Code::empty_handshake_record, "handshake");
  messages_.add(content);
  return deliver();
}

Result<std::size_t> Connection::Core::max_message(std::uint8_t type) const {
  return handshake_ ? handshake_->max_message(type) : post_->max_message(type);
}

// Gives the handshake what is whole, until it has to wait; the rest is kept.
Result<void> Connection::Core::deliver() {
  while (!pending_ && !done_unreported_) {
    const std::optional<std::uint8_t> type = messages_.type();
    if (!type) break;
    const Result<std::size_t> max = max_message(*type);
    if (!max) return std::unexpected(max.error());
    Result<std::optional<Message>> message = messages_.next(*max);
    if (!message) return std::unexpected(std::move(message).error());
    if (!*message) break;
    const auto [bytes, ends_record] = **message;
    empty_ = warnings_ = 0;
    Result<void> received =
        handshake_ ? handshake_->receive(bytes, ends_record, *this) : post_->receive(bytes, ends_record, *this);
    if (received) received = settle();
    if (!received) return received;
  }
  messages_.keep();
  return {};
}

}  // namespace tls
