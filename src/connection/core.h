// The inside of a Connection. It joins the record layer with the handshake, for both sides and both versions.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <type_traits>
#include <utility>

#include "base/exceptions.h"
#include "connection/messages.h"
#include "handshake/handshake.h"
#include "handshake/settings.h"
#include "record/opener.h"
#include "record/sealer.h"
#include "tls/connection.h"

namespace tls {

/// The engine behind Connection. The functions with the same names are documented there. For the handshake, it is the
/// Sink.
///
/// Each function of the API runs inside enter(). Exceptions end there, and so does a call from inside another call.
///
/// Three files: core.cpp (the loop and the life of the connection), incoming.cpp (received records), outgoing.cpp (sent
/// records). Memory that the handshake alone needs is freed when the handshake is done.
struct Connection::Core final : handshake::Sink {
  /// `settings` must be the settings of `handshake`, or unconfigured() if the handshake has no configuration yet. They
  /// are shared because a connection may outlive its config.
  Core(const std::shared_ptr<const CommonSettings>& settings, std::unique_ptr<handshake::Handshake> handshake);

  /// Returns the settings that apply until a handshake has chosen its configuration.
  [[nodiscard]] static const std::shared_ptr<const CommonSettings>& unconfigured();

  /// Makes the handshake write its first flight. Must be called first, and once.
  Result<void> begin(Output& out);
  Step step(MutableBytes in, Output& out);
  Step transport_closed();
  Result<void> complete(OperationId id, OperationResult result, Output& out);
  Result<void> send(Bytes plaintext, Output& out);
  Result<std::size_t> send_early(Bytes data, Output& out);
  Result<void> close(Output& out);
  void abort(Alert alert, Output& out);
  Result<void> update_keys(bool request_peer, Output& out);
  Result<void> export_keying_material(std::string_view label, std::optional<Bytes> context,
                                      MutableBytes out) const noexcept;
  Result<void> export_early_keying_material(std::string_view label, Bytes context, MutableBytes out) const noexcept;

  [[nodiscard]] bool may_send() const noexcept;
  [[nodiscard]] std::size_t early_data_left() const noexcept;
  [[nodiscard]] bool established() const noexcept { return post_ != nullptr; }
  [[nodiscard]] const ConnectionInfo& info() const noexcept { return handshake_ ? handshake_->info() : info_; }
  [[nodiscard]] const Operation* pending() const noexcept { return failure_ ? nullptr : pending_.get(); }
  [[nodiscard]] std::shared_ptr<const Operation> share_pending() const noexcept {
    return failure_ ? nullptr : pending_;
  }
  [[nodiscard]] std::uint64_t records_sent() const noexcept { return sealer_.sent(); }
  [[nodiscard]] std::uint64_t records_received() const noexcept { return opener_.received(); }
  /// Returns the bytes of buffers held, including early data that may be returned. 0 while the connection is
  /// established and idle.
  [[nodiscard]] std::size_t buffered() const noexcept {
    return messages_.capacity() + flight_.capacity() + (early_ ? sizeof(Early) + early_->kept.capacity() : 0);
  }

 private:
  friend struct CoreTest;  // tests install keys whose sequence numbers are exhausted
  /// Lasts for one call of the API. During it, the Sink has the caller's output.
  class Stay {
   public:
    Stay(Core& core, Output* out) noexcept : core_(core) {
      core_.out_ = out;
      core_.entered_ = true;
    }
    ~Stay() {
      core_.out_ = nullptr;
      core_.entered_ = false;
    }
    Stay(const Stay&) = delete;
    Stay& operator=(const Stay&) = delete;

   private:
    Core& core_;
  };
  /// Returns the value with which a failed call answers.
  template <class Answered>
  static Answered refusal(Error error) noexcept {
    if constexpr (std::is_same_v<Answered, Step>)
      return Step{Failed{std::move(error)}, 0};
    else if constexpr (!std::is_void_v<Answered>)
      return std::unexpected(std::move(error));
  }
  /// Makes one call of the API. An exception fails the connection. After the call, nothing here points into the
  /// caller's memory.
  template <class Body>
  auto enter(Output* out, Body&& body) noexcept -> decltype(body()) {
    if (entered_)
      return refusal<decltype(body())>(
          described(Code::misuse, {"a provider or callback used the connection that had called it"}));
    const Stay stay(*this, out);
    try {
      return body();
    } catch (...) {
      fail_with(caught(Code::provider_failed), out);
    }
    return refusal<decltype(body())>(*failure_);
  }

  /// Early data that a client sent. Kept until the server has decided about it.
  struct Early {
    std::size_t sent = 0;
    ByteVector kept;
    ~Early() { wipe(kept); }
  };

  // ---- Sink ---------------------------------------------------------------------------------------------------
  void send(Bytes message, handshake::Epoch epoch) override;
  void install(handshake::Direction direction, handshake::Epoch epoch, const handshake::SuiteImpl& suite,
               const handshake::TrafficSecret& secret) override;
  void install(handshake::Direction direction, const handshake::SuiteImpl& suite, Bytes key, Bytes fixed_iv) override;
  void send_change_cipher_spec() override;
  void warn(Alert alert) override;
  void limit_records(std::size_t bytes) override;
  void limit_peer_records(std::size_t bytes) override;
  std::uint64_t data_sent() const noexcept override { return data_sent_; }
  void log_secret(std::string_view label, Bytes client_random, Bytes secret) override;
  void configure(const std::shared_ptr<const CommonSettings>& settings) override;
  void need(Operation operation) override;

  // ---- the loop (core.cpp) ------------------------------------------------------------------------------------
  Result<void> deliver_answer(OperationId id, OperationResult&& result, Output& out);
  [[nodiscard]] std::optional<Event> standing() const;
  [[nodiscard]] Result<std::optional<Event>> advance(MutableBytes in, std::size_t& consumed);
  [[nodiscard]] handshake::Permissions permissions() const noexcept;
  Result<void> settle();
  void finish();
  void settle_early_data();
  [[nodiscard]] std::optional<Event> finished();
  void fail_with(Error error, Output* out) noexcept;
  [[nodiscard]] std::unexpected<Error> refuse(Error error, Output& out) noexcept;

  // ---- incoming.cpp -------------------------------------------------------------------------------------------
  Result<void> check_header(const record::Header& header) const;
  Result<std::optional<Event>> receive(const record::Frame& frame);
  [[nodiscard]] bool may_be_refused_early_data(const record::Frame& frame) const;
  Result<void> skip(const record::Frame& frame);
  Result<std::optional<Event>> receive_data(const record::Record& record);
  Result<void> count_early_data(std::size_t bytes);
  Result<void> receive_alert(Bytes content);
  Result<void> receive_warning(Alert alert);
  Result<void> receive_change_cipher_spec(Bytes content);
  Result<void> receive_handshake(Bytes content);
  Result<void> deliver();
  [[nodiscard]] Result<std::size_t> max_message(std::uint8_t type) const;

  // ---- outgoing.cpp -------------------------------------------------------------------------------------------
  void install(handshake::Direction direction, handshake::Epoch epoch, record::Protection protection);
  void flush();
  Result<void> send_records(Bytes plaintext);
  Result<std::size_t> send_early_records(Bytes data, Output& out);
  Result<void> cancel(Output& out);
  Result<void> send_alert(Alert alert, Output& out) noexcept;
  void limit_incoming();
  void trouble(Error error) noexcept;
  [[nodiscard]] std::unexpected<Error> take_trouble() noexcept;

  std::shared_ptr<const CommonSettings> settings_;
  std::unique_ptr<handshake::Handshake> handshake_;  // null when done or failed
  std::unique_ptr<handshake::PostHandshake> post_;   // null until the handshake is done
  record::Opener opener_;
  record::Sealer sealer_;
  Messages messages_;
  ByteVector flight_;      // messages that wait for a record, so that a flight uses as few records as possible
  Output* out_ = nullptr;  // the output of the present call
  bool entered_ = false;   // a call of the API is running
  std::shared_ptr<const Operation> pending_;  // kept after a failure for callers that still read it
  std::optional<Error> failure_;
  std::optional<Error> trouble_;  // an error inside a Sink function. The handshake's caller reports it
  ConnectionInfo info_;
  std::unique_ptr<Early> early_;       // null if none was sent or the server has accepted it
  std::uint64_t data_sent_ = 0;        // bytes of application data
  std::uint64_t operations_ = 0;       // number of operations so far, which is the id of the last one
  std::size_t skipped_ = 0;            // bytes of rejected early data
  std::size_t early_received_ = 0;     // bytes of accepted early data
  std::size_t peer_limit_ = 0;         // RFC 8449, bytes of plaintext. 0: none was negotiated
  unsigned empty_ = 0, warnings_ = 0;  // in a row
  unsigned dropped_ccs_ = 0;
  handshake::Epoch read_epoch_ = handshake::Epoch::plaintext, write_epoch_ = handshake::Epoch::plaintext;
  bool done_unreported_ = false;
  bool peer_canceled_ = false;  // user_canceled was received. close_notify must follow
  bool peer_closed_ = false, closed_ = false;
};

}  // namespace tls
