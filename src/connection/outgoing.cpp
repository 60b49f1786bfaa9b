// What we write: the Sink of the handshake, application data, alerts.
#include <algorithm>
#include <utility>

#include "connection/core.h"
#include "wire/alert.h"

namespace tls {
namespace {

using handshake::Direction;
using handshake::Epoch;
using record::ContentType;

/// Bytes that a flight is given room for: most of those without certificates fit.
constexpr std::size_t kUsualFlight = 512;

/// RFC 9846 §6.1: closure alerts are warnings, §6.2: all others are fatal.
bool is_closure(Alert alert) noexcept { return alert == Alert::close_notify || alert == Alert::user_canceled; }

/// RFC 5246 §7.2.2: no_renegotiation is always a warning, too.
bool is_warning(Alert alert) noexcept { return is_closure(alert) || alert == Alert::no_renegotiation; }

void append_hex(std::string& text, Bytes bytes) {
  constexpr char kDigits[] = "0123456789abcdef";
  for (std::uint8_t b : bytes) text += {kDigits[b >> 4], kDigits[b & 15]};
}

}  // namespace

// ---- the handshake's Sink -----------------------------------------------------------------------------------------

// The first trouble is the one that is reported.
void Connection::Core::trouble(Error error) noexcept {
  if (!trouble_) trouble_.emplace(std::move(error));
}

std::unexpected<Error> Connection::Core::take_trouble() noexcept {
  return std::unexpected(*std::exchange(trouble_, std::nullopt));
}

void Connection::Core::send(Bytes message, Epoch epoch) {
  if (closed_) return;  // RFC 9846 §6.1: nothing follows close_notify, tickets and KeyUpdates neither
  if (epoch == Epoch::plaintext && write_epoch_ == Epoch::early) {
    // RFC 9846 §4.3.10: HelloRetryRequest refused early data; the second ClientHello goes out in the clear again.
    install(Direction::write, Epoch::plaintext, record::Protection());
  }
  if (epoch != write_epoch_) return trouble(Error(Code::internal_error, "a message was sent under keys not in force"));
  if (flight_.capacity() == 0) flight_.reserve(kUsualFlight);
  flight_.insert(flight_.end(), message.begin(), message.end());
}

// Puts what waits into records under the present keys, several messages into one where they fit.
void Connection::Core::flush() {
  if (flight_.empty()) return;
  if (Result<void> sealed = sealer_.seal_all(ContentType::handshake, flight_, *out_); !sealed)
    trouble(std::move(sealed).error());
  ByteVector().swap(flight_);
}

void Connection::Core::install(Direction direction, Epoch epoch, record::Protection protection) {
  if (direction == Direction::write) {
    flush();  // RFC 9846 §5.1: messages do not span key changes
    sealer_.install(std::move(protection));
    write_epoch_ = epoch;
    return;
  }
  // RFC 9846 §5.1: what precedes a key change must end its record. The handshake's tables say so too, with words.
  if (!messages_.empty()) return trouble(Error(Code::excess_handshake_data));
  opener_.install(std::move(protection));
  read_epoch_ = epoch;
  limit_incoming();
}

void Connection::Core::install(Direction direction, Epoch epoch, const handshake::SuiteImpl& suite,
                               const handshake::TrafficSecret& secret) {
  install(direction, epoch, record::tls13_protection(*suite.hash, *suite.aead, secret.expose()));
}

void Connection::Core::install(Direction direction, const handshake::SuiteImpl& suite, Bytes key, Bytes fixed_iv) {
  install(direction, Epoch::application, record::tls12_protection(*suite.aead, key, fixed_iv));
}

void Connection::Core::send_change_cipher_spec() {
  if (closed_) return;
  flush();
  constexpr std::uint8_t kOne = 1;
  sealer_.send_plain(ContentType::change_cipher_spec, Bytes(&kOne, 1), *out_);
}

void Connection::Core::warn(Alert alert) {
  if (closed_) return;
  flush();
  static_cast<void>(send_alert(alert, *out_));
}

void Connection::Core::limit_records(std::size_t bytes) { sealer_.limit(bytes); }

void Connection::Core::limit_peer_records(std::size_t bytes) {
  peer_limit_ = bytes;
  limit_incoming();
}

// RFC 8449 §4: records are subject to the limits of the handshake that made their keys; early data has none of ours.
void Connection::Core::limit_incoming() { opener_.limit(read_epoch_ == Epoch::early ? 0 : peer_limit_); }

void Connection::Core::log_secret(std::string_view label, Bytes client_random, Bytes secret) {
  if (!settings_->key_log) return;
  std::string line(label);
  line.reserve(line.size() + 2 + 2 * (client_random.size() + secret.size()));
  line += ' ';
  append_hex(line, client_random);
  line += ' ';
  append_hex(line, secret);
  struct Wiper {
    std::string& line;
    ~Wiper() { wipe({reinterpret_cast<std::uint8_t*>(line.data()), line.size()}); }
  } const wiper{line};  // whatever the application throws
  settings_->key_log(line);
}

void Connection::Core::configure(const std::shared_ptr<const CommonSettings>& settings) {
  settings_ = settings;
  sealer_.padding(settings_->padding.block);
  sealer_.fragment(settings_->max_fragment);
}

void Connection::Core::need(Operation operation) {
  if (pending_) return trouble(Error(Code::internal_error, "two operations at a time"));
  pending_ = std::make_shared<const Operation>(std::move(operation));
  ++operations_;
}

// ---- the application ----------------------------------------------------------------------------------------------

bool Connection::Core::may_send() const noexcept {
  return !failure_ && !closed_ && permissions().write_data && sealer_.protection();
}

Result<void> Connection::Core::send(Bytes plaintext, Output& out) {
  return enter(&out, [&]() -> Result<void> {
    if (failure_) return std::unexpected(*failure_);
    if (closed_) return fail(Code::closed, "data cannot follow close()");
    if (!may_send()) return fail(Code::misuse, "data can be sent once the handshake allows it: see may_send()");
    flush();
    if (Result<void> sent = send_records(plaintext); !sent) return refuse(std::move(sent).error(), out);
    return {};
  });
}

Result<void> Connection::Core::send_records(Bytes plaintext) {
  while (!plaintext.empty()) {
    // RFC 9846 §5.5: the keys are updated before their limit is reached.
    if (post_ && post_->update_due(sealer_.protection().sequence())) {
      if (Result<void> updated = post_->update_keys(false, *this); !updated) return updated;
      flush();
    }
    if (trouble_) return take_trouble();
    // All records in one call, but one at a time where the limit lies among them.
    const std::size_t all = sealer_.records_for(plaintext.size());
    const bool within = !post_ || !post_->update_due(sealer_.protection().sequence() + all - 1);
    const Result<std::size_t> taken = sealer_.seal(ContentType::application_data, plaintext, *out_, within ? all : 1);
    if (!taken) return std::unexpected(taken.error());
    data_sent_ += *taken;
    plaintext = plaintext.subspan(*taken);
  }
  return {};
}

std::size_t Connection::Core::early_data_left() const noexcept {
  if (failure_ || closed_ || !handshake_ || write_epoch_ != Epoch::early || !permissions().write_early_data) return 0;
  const std::size_t most = handshake_->max_early_data(), sent = early_ ? early_->sent : 0;
  return most - std::min(most, sent);
}

Result<std::size_t> Connection::Core::send_early(Bytes data, Output& out) {
  return enter(&out, [&] { return send_early_records(data, out); });
}

Result<std::size_t> Connection::Core::send_early_records(Bytes data, Output& out) {
  if (failure_) return std::unexpected(*failure_);
  if (closed_) return fail(Code::closed, "data cannot follow close()");
  data = data.first(std::min(data.size(), early_data_left()));
  if (data.empty()) return 0;
  flush();
  if (Result<void> sent = sealer_.seal_all(ContentType::application_data, data, out); !sent)
    return refuse(std::move(sent).error(), out);
  if (!early_) {
    early_ = std::make_unique<Early>();
    // In one piece: a vector that grows leaves what it held behind.
    early_->kept.reserve(std::min(handshake_->max_early_data(), limits::kMaxEarlyData));
  }
  early_->sent += data.size();
  const bool decided = info().early_data == EarlyDataStatus::accepted;
  if (!decided) early_->kept.insert(early_->kept.end(), data.begin(), data.end());
  return data.size();
}

// A record that cannot be sealed any more, or for which there is no memory, is not sent: whoever asked is failing for
// that reason already, or finds out by the answer.
Result<void> Connection::Core::send_alert(Alert alert, Output& out) noexcept {
  const auto level = is_warning(alert) ? wire::AlertLevel::warning : wire::AlertLevel::fatal;
  const std::uint8_t body[] = {static_cast<std::uint8_t>(level), static_cast<std::uint8_t>(alert)};
  try {
    return sealer_.seal_all(ContentType::alert, body, out);
  } catch (...) {
    return std::unexpected(caught(Code::internal_error));
  }
}

Result<void> Connection::Core::close(Output& out) {
  return enter(&out, [&]() -> Result<void> {
    if (failure_) return std::unexpected(*failure_);
    if (closed_) return {};
    if (!post_ && !may_send()) return cancel(out);
    flush();
    // To have said goodbye and to have had no memory for it are two things: only the first is a success.
    if (Result<void> sent = send_alert(Alert::close_notify, out); !sent) return refuse(std::move(sent).error(), out);
    closed_ = true;
    return {};
  });
}

Result<void> Connection::Core::cancel(Output& out) {
  // RFC 9846 §6.1: whoever cancels a handshake says user_canceled, then close_notify. What waits for a record is not
  // sent: fail_with() forgets it.
  Result<void> sent = send_alert(Alert::user_canceled, out);
  if (sent) sent = send_alert(Alert::close_notify, out);
  fail_with(described(Code::closed, {"before the handshake was done"}), nullptr);
  return sent;
}

void Connection::Core::abort(Alert alert, Output& out) {
  enter(&out, [&] {
    if (failure_) return;
    Error error = described(Code::aborted, {"with the alert ", name(alert)});
    if (!closed_) {
      static_cast<void>(send_alert(alert, out));
      if (!is_closure(alert)) error = std::move(error).with_alert(alert);  // the session is told: it was a fatal one
    }
    fail_with(std::move(error), nullptr);
  });
}

}  // namespace tls
