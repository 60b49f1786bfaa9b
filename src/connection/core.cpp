#include "connection/core.h"

#include <utility>

namespace tls {
namespace {

constexpr handshake::Permissions kEstablished{.write_data = true, .read_data = true};
constexpr handshake::Permissions kNothing{};

/// A handshake that failed has proven nothing of the peer: what it has shown is kept for diagnosis alone.
void disown_peer(ConnectionInfo& info) noexcept {
  info.unproven_certificates = std::exchange(info.peer_certificates, {});
  info.peer_identity = PeerIdentity::none;
  info.peer_summary.reset();
  info.peer_certificate_sha256.clear();
  info.ocsp_response.clear();
  info.staple.reset();
  info.crl.reset();
  info.signed_certificate_timestamps.clear();
  info.external_psk.clear();
  info.session_data.clear();
}

static_assert(std::is_nothrow_move_constructible_v<ConnectionInfo> &&
              std::is_nothrow_move_assignable_v<ConnectionInfo>);

}  // namespace

Connection::Core::Core(const std::shared_ptr<const CommonSettings>& settings,
                       std::unique_ptr<handshake::Handshake> handshake)
    : handshake_(std::move(handshake)) {
  configure(settings);
}

const std::shared_ptr<const CommonSettings>& Connection::Core::unconfigured() {
  static const auto none = std::make_shared<const CommonSettings>();
  return none;
}

Result<void> Connection::Core::begin(Output& out) {
  return enter(&out, [&]() -> Result<void> {
    sealer_.handshake_version(
        record::kInitialRecordVersion);  // RFC 9846 §5.1: the initial ClientHello SHOULD have 0x0301
    if (Result<void> begun = handshake_->begin(*this); !begun) return refuse(std::move(begun).error(), out);
    if (Result<void> settled = settle(); !settled) return refuse(std::move(settled).error(), out);
    sealer_.handshake_version(record::kRecordVersion);
    return {};
  });
}

handshake::Permissions Connection::Core::permissions() const noexcept {
  if (handshake_) return handshake_->permissions();
  return post_ ? kEstablished : kNothing;
}

// What is so until somebody changes it, whatever input comes.
std::optional<Event> Connection::Core::standing() const {
  if (failure_) return Failed{*failure_};
  if (pending_) return Await{static_cast<OperationId>(operations_)};
  if (peer_closed_) return PeerClosed{};
  return std::nullopt;
}

Step Connection::Core::step(MutableBytes in, Output& out) {
  Step step = enter(&out, [&]() -> Step {
    std::size_t used = 0;
    for (;;) {
      if (std::optional<Event> event = finished()) return {*std::move(event), used};
      if (std::optional<Event> event = standing()) return {*std::move(event), used};
      Result<std::optional<Event>> event = advance(in.subspan(used), used);
      if (!event) {
        fail_with(std::move(event).error(), &out);
      } else if (*event) {
        return {**std::move(event), used};
      }
    }
  });
  // Nothing that follows a failure or close_notify is looked at (RFC 9846 §6.1): it is used up.
  if (failure_ || std::holds_alternative<PeerClosed>(step.event)) step.consumed = in.size();
  return step;
}

// Goes on by one record, or by what waits in the buffer. No event: there is something else to look at.
Result<std::optional<Event>> Connection::Core::advance(MutableBytes in, std::size_t& consumed) {
  if (!messages_.empty()) {  // messages that had to wait for an operation or for HandshakeDone
    if (Result<void> delivered = deliver(); !delivered) return std::unexpected(std::move(delivered).error());
    if (done_unreported_ || standing()) return std::nullopt;
  }
  Result<record::Frame> frame = opener_.frame(in);
  if (!frame) return std::unexpected(std::move(frame).error());
  if (frame->has_header) {
    if (Result<void> checked = check_header(frame->header); !checked)
      return std::unexpected(std::move(checked).error());
  }
  if (frame->missing != 0) return NeedInput{frame->missing};
  consumed += frame->bytes.size();
  return receive(*frame);
}

// The handshake's last events: what became of early data first.
std::optional<Event> Connection::Core::finished() {
  if (!done_unreported_) return std::nullopt;
  if (early_ && info_.early_data == EarlyDataStatus::rejected) {
    EarlyDataRejected rejected{{early_->kept.begin(), early_->kept.end()}};
    early_.reset();
    return rejected;
  }
  done_unreported_ = false;
  return HandshakeDone{};
}

// What the server has accepted need not be kept; how much it was still counts.
void Connection::Core::settle_early_data() {
  if (!early_ || !handshake_ || handshake_->info().early_data != EarlyDataStatus::accepted) return;
  wipe(early_->kept);
  ByteVector().swap(early_->kept);
}

// After every call into the handshake: reports what the Sink met, and moves on.
Result<void> Connection::Core::settle() {
  if (trouble_) return take_trouble();
  settle_early_data();
  if (handshake_ && !pending_ && handshake_->done()) finish();
  if (!pending_) flush();  // a flight that waits for a signature goes out in one piece
  if (trouble_) return take_trouble();
  return {};
}

void Connection::Core::finish() {
  flush();
  handshake::Handshake::Outcome outcome = handshake_->take();
  info_ = std::move(outcome.info);
  info_.bytes_before_done = data_sent_;
  post_ = std::move(outcome.post);
  if (info_.early_data == EarlyDataStatus::accepted) early_.reset();
  handshake_.reset();
  done_unreported_ = true;
}

// RFC 9846 §6.2: sends the alert, forgets all keys, stays failed. Needs no memory but for the alert.
void Connection::Core::fail_with(Error error, Output* out) noexcept {
  if (failure_) return;  // the first failure is the one that is told
  failure_.emplace(std::move(error));
  messages_ = Messages();      // it may point into the caller's buffer
  ByteVector().swap(flight_);  // what had no record yet is not sent any more
  if (handshake_) {
    handshake_->failed(*failure_);
    info_ = handshake_->take_info();
    info_.bytes_before_done = data_sent_;
    disown_peer(info_);
  }
  if (post_) post_->failed(*failure_);
  if (const std::optional<Alert> alert = failure_->alert(); alert && out != nullptr && !closed_)
    static_cast<void>(send_alert(*alert, *out));
  handshake_.reset();
  post_.reset();
  trouble_.reset();
  early_.reset();
  done_unreported_ = false;
  sealer_.forget();
  opener_.forget();
}

std::unexpected<Error> Connection::Core::refuse(Error error, Output& out) noexcept {
  fail_with(error, &out);
  return std::unexpected(std::move(error));
}

Step Connection::Core::transport_closed() {
  return enter(nullptr, [&]() -> Step {
    if (!peer_closed_) {
      // RFC 9846 §6.1: without close_notify the receiver cannot know that all the data that was sent has been received.
      fail_with(described(Code::truncated, {post_ ? "after the handshake" : "during the handshake"}), nullptr);
    }
    if (failure_) return {Failed{*failure_}, 0};
    return {PeerClosed{}, 0};
  });
}

Result<void> Connection::Core::complete(OperationId id, OperationResult result, Output& out) {
  return enter(&out, [&] { return deliver_answer(id, std::move(result), out); });
}

Result<void> Connection::Core::deliver_answer(OperationId id, OperationResult&& result, Output& out) {
  if (failure_) {
    pending_.reset();
    return std::unexpected(*failure_);
  }
  if (!pending_) return fail(Code::operation_failed, "no operation is pending");
  if (id != static_cast<OperationId>(operations_) || result.index() != pending_->index())
    return refuse(
        Error(Code::operation_failed, id == static_cast<OperationId>(operations_) ? "the result is of another kind"
                                                                                  : "another operation is pending"),
        out);
  pending_.reset();
  if (Result<void> done = handshake_->complete(std::move(result), *this); !done)
    return refuse(std::move(done).error(), out);
  if (Result<void> settled = settle(); !settled) return refuse(std::move(settled).error(), out);
  return {};
}

Result<void> Connection::Core::update_keys(bool request_peer, Output& out) {
  return enter(&out, [&]() -> Result<void> {
    if (failure_) return std::unexpected(*failure_);
    if (closed_) return fail(Code::closed);
    if (!post_) return fail(Code::misuse, "keys can be updated once the handshake is done");
    Result<void> updated = post_->update_keys(request_peer, *this);
    if (!updated && !updated.error().alert()) return updated;  // refused, nothing happened
    if (updated) updated = settle();
    if (!updated) return refuse(std::move(updated).error(), out);
    return {};
  });
}

Result<void> Connection::Core::export_keying_material(std::string_view label, std::optional<Bytes> context,
                                                      MutableBytes out) const noexcept {
  if (failure_) return std::unexpected(*failure_);
  try {
    return post_ ? post_->export_keying_material(label, context, out)
                 : handshake_->export_keying_material(label, context, out);
  } catch (...) {  // it changes nothing, so the connection goes on
    wipe(out);
    return std::unexpected(caught(Code::internal_error));
  }
}

Result<void> Connection::Core::export_early_keying_material(std::string_view label, Bytes context,
                                                            MutableBytes out) const noexcept {
  if (failure_) return std::unexpected(*failure_);
  try {
    if (!handshake_) return handshake::no_early_exporter();
    return handshake_->export_early_keying_material(label, context, out);
  } catch (...) {
    wipe(out);
    return std::unexpected(caught(Code::internal_error));
  }
}

}  // namespace tls
