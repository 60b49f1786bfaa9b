#include "connection.h"

#include <algorithm>
#include <utility>

#include "expectations.h"
#include "report.h"

namespace bogo {
namespace {

constexpr std::size_t kDefaultReadSize = 512;
constexpr std::size_t kRecord = 16384;
constexpr std::uint8_t kEchoMask = 0xFF;

}  // namespace

bool Session::run() {
  if (!handshake()) return false;
  if (done_ && options().handshake_never_done) return complain("the handshake was done");
  // A handshake that nobody called for is not looked at in the middle.
  const bool looked_at = done_ || !options().implicit_handshake;
  if (!idle() || (looked_at && !expectations_hold(*settings_, connection_)) || !export_secrets()) return false;
  if (options().send_alert) {
    connection_.abort(tls::Alert::decompression_failure, out_);
    return flush();
  }
  if (!write_first()) return false;
  if (!options().shim_shuts_down && !echo()) return false;
  return new_session_holds(*settings_, connection_) && shut_down();
}

// ---- events -------------------------------------------------------------------------------------------------------

Session::Happened Session::next() {
  for (;;) {
    tls::Step step = connection_.step(in_, out_);
    Happened happened = Happened::failed;
    bool waiting = false;
    if (const auto* data = std::get_if<tls::AppData>(&step.event)) {
      data_.insert(data_.end(), data->bytes.begin(), data->bytes.end());
      happened = Happened::data;
    } else if (const auto* early = std::get_if<tls::EarlyData>(&step.event)) {
      data_.insert(data_.end(), early->bytes.begin(), early->bytes.end());
      happened = Happened::early_data;
    } else if (std::holds_alternative<tls::EarlyDataRejected>(step.event)) {
      happened = Happened::refused;
    } else if (std::holds_alternative<tls::HandshakeDone>(step.event)) {
      happened = Happened::handshake_done;
      done_ = true;
    } else if (std::holds_alternative<tls::PeerClosed>(step.event)) {
      happened = Happened::peer_closed;
    } else if (const auto* failed = std::get_if<tls::Failed>(&step.event)) {
      static_cast<void>(fail(failed->error));
    } else {
      waiting = true;
    }
    in_.erase(in_.begin(), in_.begin() + static_cast<std::ptrdiff_t>(step.consumed));
    // Our own last words are sent even to a peer that is gone; what it said before says more.
    const bool sent = flush();
    if (!waiting) return happened;
    if (!done_ && !early_ && may_write_early()) {
      early_ = true;
      return Happened::may_write;
    }
    if (const auto* await = std::get_if<tls::Await>(&step.event)) {
      if (!answer(await->id)) return Happened::failed;
    } else if (!receive()) {
      if (!sent) static_cast<void>(fail(tls::Error(tls::Code::transport_failed, "the runner is gone")));
      return error_ ? Happened::failed : Happened::end_of_file;
    }
  }
}

// A client by False Start; a server that has accepted early data, and answers it before the client's Finished.
bool Session::may_write_early() const {
  if (!connection_.may_send()) return false;
  return options().server ? connection_.info().early_data == tls::EarlyDataStatus::accepted : options().false_start;
}

// That early data was is known before it is told.
bool Session::refused() const { return connection_.info().early_data == tls::EarlyDataStatus::rejected; }

bool Session::receive() { return transport_.read(in_); }

// What was awaited is answered here, one step after it was announced.
bool Session::answer(tls::OperationId id) {
  const tls::Operation& operation = *connection_.pending();
  tls::OperationResult result = tls::Result<tls::ChainAccepted>();
  if (const auto* chain = std::get_if<tls::ChainToVerify>(&operation))
    result = settings_->verdict->judge(*chain, refused() ? retry_.options : options());
  else if (const auto* signature = std::get_if<tls::SignatureRequest>(&operation))
    result = Credentials::sign(*signature);
  else if (const auto* request = std::get_if<tls::CredentialRequest>(&operation))
    result = settings_->credentials->pick(*request);
  else if (const auto* lookup = std::get_if<tls::SessionLookup>(&operation))
    result = tls::Result<std::optional<tls::SessionState>>(settings_->memory.cache->look_up(lookup->id, lookup->now));
  else if (const auto* ticket = std::get_if<tls::TicketToOpen>(&operation))
    result = static_cast<Tickets&>(*ticket->sealer).open_now(ticket->ticket, ticket->now);
  else
    result = tls::Result<tls::ReplayVerdict>(tls::ReplayVerdict::fresh);
  // A failure is what the next step reports.
  static_cast<void>(connection_.complete(id, std::move(result), out_));
  return true;
}

bool Session::flush() {
  if (hold_back_) return true;
  if (unfinished_ == 0) return transport_.write(out_);
  if (!std::exchange(begun_, true)) return transport_.write(out_, out_.size() - unfinished_);
  if (out_.size() == unfinished_) return true;
  unfinished_ = 0;
  return transport_.write(out_);
}

bool Session::fail(tls::Error error) {
  complain(error);
  error_ = std::move(error);
  return false;
}

// ---- the flow -----------------------------------------------------------------------------------------------------

bool Session::handshake() {
  Happened happened = next();
  if (happened == Happened::refused) {
    if (!options().expect_reject_early_data) return complain("early data was refused");
    settings_ = &retry_;
    early_written_ = 0;
    happened = next();
  }
  if (happened == Happened::end_of_file) {
    const tls::Step step = connection_.transport_closed();
    return fail(std::get<tls::Failed>(step.event).error);
  }
  if (happened == Happened::failed) return false;
  if (happened != Happened::handshake_done && happened != Happened::may_write && happened != Happened::early_data)
    return complain("data before the handshake was done");
  return true;
}

// Once it is done, the handshake is not begun again by another step.
bool Session::idle() {
  // The second call after False Start is the one that ends the handshake.
  if (options().handshake_twice && !done_) return next() == Happened::handshake_done;
  if (!options().handshake_twice && !options().no_op_extra_handshake) return true;
  return std::holds_alternative<tls::NeedInput>(connection_.step({}, out_).event) && out_.empty()
             ? true
             : complain("a step without input was not a no-op");
}

bool Session::write(tls::Bytes data) {
  // A partial write is one of as much as fits a record.
  if (options().partial_write && data.size() > kRecord) {
    return write(data.first(kRecord)) && write(data.subspan(kRecord));
  }
  if (auto sent = connection_.send(data, out_); !sent) return fail(std::move(sent.error()));
  return flush() || fail(tls::Error(tls::Code::transport_failed, "the runner does not read"));
}

bool Session::export_secrets() {
  if (options().export_keying_material) {
    ByteVector material(static_cast<std::size_t>(*options().export_keying_material));
    // In TLS 1.2 no context and an empty one differ.
    const std::string text = options().export_context.value_or("");
    std::optional<tls::Bytes> context;
    if (options().use_export_context) context = tls::as_bytes(text);
    if (auto made = connection_.export_keying_material(options().export_label.value_or(""), context, material); !made)
      return fail(std::move(made.error()));
    if (!write(material)) return false;
  }
  if (!options().export_traffic_secrets) return true;
  const TrafficSecrets& secrets = *settings_->secrets;
  const ByteVector& read = options().server ? secrets.client : secrets.server;
  const ByteVector& written = options().server ? secrets.server : secrets.client;
  ByteVector all{static_cast<std::uint8_t>(read.size()), static_cast<std::uint8_t>(read.size() >> 8)};
  all.insert(all.end(), read.begin(), read.end());
  all.insert(all.end(), written.begin(), written.end());
  return write(all);
}

bool Session::write_first() {
  if (!options().shim_writes_first && !options().read_with_unfinished_write) return true;
  const std::string text = initial_write(options());
  if (options().read_with_unfinished_write && early_written_ == 0) {
    hold_back_ = true;  // until something was read
    if (auto sent = connection_.send(tls::as_bytes(text), out_); !sent) return fail(std::move(sent.error()));
    return transport_.write(out_, 1);
  }
  for (long i = 0; i < options().repeat_shim_initial_write.value_or(1); ++i) {
    const std::size_t sent = std::min(early_written_, text.size());
    early_written_ -= sent;
    if (!write(tls::as_bytes(text).subspan(sent))) return false;
  }
  return true;
}

bool Session::echo() {
  const std::size_t read_size = static_cast<std::size_t>(options().read_size.value_or(kDefaultReadSize));
  for (;;) {
    if (options().key_update_before_read)
      if (auto updated = connection_.update_keys(false, out_); !updated) return fail(std::move(updated.error()));
    if (data_.empty()) {
      const Happened happened = next();
      if (happened == Happened::handshake_done) {  // after False Start or early data
        if (options().handshake_never_done) return complain("the handshake was done");
        continue;
      }
      if (happened == Happened::peer_closed || happened == Happened::end_of_file) return true;
      if (happened == Happened::may_write) continue;
      if (happened != Happened::data && happened != Happened::early_data) return false;
      if (!done_ && happened == Happened::data) return complain("data before the handshake was done");
    }
    hold_back_ = false;
    const auto first = [&] {
      return ByteVector(data_.begin(), data_.begin() + static_cast<std::ptrdiff_t>(std::min(read_size, data_.size())));
    };
    const ByteVector seen = options().peek_then_read ? first() : ByteVector();
    ByteVector piece = first();
    if (options().peek_then_read && piece != seen) return complain("what was read is not what was seen before");
    data_.erase(data_.begin(), data_.begin() + static_cast<std::ptrdiff_t>(piece.size()));
    for (std::uint8_t& b : piece) b ^= kEchoMask;
    if (options().key_update)
      if (auto updated = connection_.update_keys(false, out_); !updated) return fail(std::move(updated.error()));
    if (!write(piece)) return false;
  }
}

bool Session::shut_down() {
  // A peer that closed in the middle of what we wrote has taken the connection down already.
  if (auto closed = connection_.close(out_); !closed) return fail(std::move(closed.error()));
  const bool sent = flush();
  if (!options().check_close_notify) return true;
  if (!sent) return fail(tls::Error(tls::Code::transport_failed, "close_notify was not sent"));
  switch (next()) {
    case Happened::peer_closed:
      return true;
    case Happened::data:
      return complain(":APPLICATION_DATA_ON_SHUTDOWN:");
    case Happened::failed:
      return false;
    default:
      return complain("Unexpected SSL_shutdown result: -1 != 1");
  }
}

}  // namespace bogo
