// A client's handshake before its version is known, and the machine that runs afterwards. The only place on the
// client's side that knows both versions.
#include <algorithm>
#include <optional>

#include "base/exceptions.h"
#include "handshake/client12/client12.h"
#include "handshake/client13/client13.h"
#include "handshake/handshake.h"
#include "handshake/hello/offer.h"
#include "handshake/hello/session.h"
#include "session/client_state.h"
#include "wire/message.h"

namespace tls::handshake {
namespace {

class ClientHandshake final : public Handshake {
 public:
  ClientHandshake(std::shared_ptr<const ClientSettings> settings, std::string server_name, std::uint16_t port)
      : settings_(std::move(settings)), session_key_(hello::session_key(*settings_, server_name, port)) {
    info_.server_name = std::move(server_name);
  }

  Result<void> begin(Sink& sink) override {
    auto offer = hello::make_offer(*settings_, info_.server_name, hello::take_session(*settings_, session_key_));
    if (!offer) return std::unexpected(std::move(offer.error()));
    offer_ = std::move(*offer);
    session_offered_ = offer_->session.has_value();
    info_.early_data_refusal = offer_->early_data_refusal;
    hello::send_offer(*offer_, *settings_, transcript_, sink);
    if (offer_->early_data) open_early_data(sink);
    return {};
  }

  Result<std::size_t> max_message(std::uint8_t type) const override {
    if (running_) return running_->max_message(type);
    if (static_cast<On>(type) != On::server_hello)
      return fail(Code::unexpected_message, describe(type) + " before ServerHello");
    return limits::kMaxHandshakeMessage;
  }

  Result<void> receive(Bytes message, bool ends_record, Sink& sink) override {
    const On event = event_of_message(message);
    if (running_) return running_->receive(event, message, ends_record, sink);
    if (event != On::server_hello && event != On::hello_retry_request)
      return fail(Code::unexpected_message, describe(message[0]) + " before ServerHello");
    std::optional<wire::ServerHello> hello;  // parsed once, for us and for the machine
    if (auto ok = choose(event, wire::message_body(message), hello); !ok) return ok;
    return running_->receive(event, message, ends_record, sink);
  }

  Result<void> receive_change_cipher_spec(Sink& sink) override {
    if (!running_) return fail(Code::bad_change_cipher_spec);
    return running_->receive(On::change_cipher_spec, {}, true, sink);
  }
  Result<void> complete(OperationResult result, Sink& sink) override {
    if (!running_) return fail(Code::operation_failed, "nothing was asked for");
    return running_->answer(std::move(result), sink);
  }
  Permissions permissions() const noexcept override {
    if (running_) return running_->permissions();
    // RFC 9846 §5: from our ClientHello on a compatibility ChangeCipherSpec is dropped, where TLS 1.3 was offered.
    return {.write_early_data = offer_ && offer_->early_data,
            .ccs = offers13() ? Permissions::Ccs::drop : Permissions::Ccs::refuse};
  }
  const ConnectionInfo& info() const noexcept override { return running_ ? running_->info() : info_; }
  ConnectionInfo take_info() noexcept override { return running_ ? running_->take_info() : std::move(info_); }
  bool done() const noexcept override { return running_ && running_->done(); }
  Outcome take() override { return running_->take(); }
  Result<void> export_keying_material(std::string_view label, std::optional<Bytes> context,
                                      MutableBytes out) const override {
    if (!running_) return no_exporter_yet();
    return running_->export_keying_material(label, context, out);
  }
  Result<void> export_early_keying_material(std::string_view label, Bytes context, MutableBytes out) const override {
    if (!early_exporter_ || info().early_data == EarlyDataStatus::rejected) return no_early_exporter();
    return export_from(*early_exporter_->hash, early_exporter_->secret, label, context, out);
  }
  std::size_t max_early_data() const noexcept override { return max_early_data_; }
  void failed(const Error& error) noexcept override {
    // What the handshake stumbled over may be the session, whoever failed: the next one is a full one.
    if (session_offered_ && ended_by_alert(error))
      ignoring_exceptions([&] { settings_->sessions->remove(session_key_); });
  }

 private:
  static On event_of_message(Bytes message) {
    const bool retry =
        static_cast<On>(message[0]) == On::server_hello &&
        wire::server_hello_kind(wire::message_body(message)) == wire::ServerHelloKind::hello_retry_request;
    return retry ? On::hello_retry_request : static_cast<On>(message[0]);
  }

  /// RFC 9846 §4.3.10: from here on our data goes out under keys of the first PSK offered.
  void open_early_data(Sink& sink) {
    // RFC 9846 Appendix E.4: a client that offers early data sends its ChangeCipherSpec right after the ClientHello.
    if (settings_->compatibility_mode) sink.send_change_cipher_spec();
    const session::ClientState& session = offer_->session->state();
    const SuiteImpl suite = implement(*crypto::find_suite(session.suite), settings_->provider);
    Transcript hello = transcript_;
    hello.choose(*suite.hash);
    const crypto::Digest h = hello.hash();
    const EarlySecret early = EarlySecret::from_psk(*suite.hash, offer_->psks.front().key);
    const TrafficSecret secret = early.client_early(h.bytes());
    sink.log_secret("CLIENT_EARLY_TRAFFIC_SECRET", offer_->random, secret.expose());
    early_exporter_ = early_exporter(*suite.hash, early, h.bytes(), offer_->random, sink);
    sink.install(Direction::write, Epoch::early, suite, secret);
    max_early_data_ = std::min<std::size_t>(session.max_early_data, limits::kMaxEarlyData);
  }

  bool offers13() const noexcept { return settings_->max_version >= ProtocolVersion::tls13; }

  /// The server's version decides which machine goes on (RFC 9846 §4.2.3). A HelloRetryRequest is TLS 1.3.
  Result<void> choose(On event, Bytes body, std::optional<wire::ServerHello>& hello) {
    bool is13 = offers13();
    if (event == On::server_hello) {
      auto parsed = wire::ServerHello::parse(body, offer_->extensions);
      if (!parsed) return std::unexpected(std::move(parsed.error()));
      if (auto ok = check_version(*parsed); !ok) return ok;
      hello = *parsed;
      is13 = hello->supported_versions.has_value();
    } else if (!is13) {
      return fail(Code::unexpected_message, "a HelloRetryRequest, though TLS 1.3 was not offered");
    }
    // RFC 9846 Appendix E.3: a server that answers early data with an older version MUST be refused.
    if (!is13 && offer_->early_data)
      return fail(Code::version_not_offered, "the server chose TLS 1.2, though early data of TLS 1.3 was sent");
    if (!is13)
      if (auto ok = keep_session12(*hello); !ok) return ok;
    const wire::ServerHello* first = hello ? &*hello : nullptr;
    running_ = is13 ? start13(first) : start12(first);
    offer_.reset();
    return {};
  }

  /// A session goes on in its own version. What is handed over to TLS 1.2 is one of its own, or none.
  Result<void> keep_session12(const wire::ServerHello& hello) {
    if (!offer_->session || offer_->session->version() == ProtocolVersion::tls12) return {};
    // RFC 5246 §7.4.1.3: the session_id that was offered means a resumption.
    const Bytes offered = offer_->legacy_session_id.bytes();
    if (!offered.empty() && std::ranges::equal(hello.legacy_session_id_echo, offered))
      return fail(Code::session_changed_version, "it is one of TLS 1.3");
    offer_->session.reset();
    return {};
  }

  std::unique_ptr<Running> start13(const wire::ServerHello* hello) {
    client13::Context context = common<client13::Context>(hello);
    context.client_random = offer_->random;
    context.ccs_sent = offer_->early_data && settings_->compatibility_mode;
    context.early_data_open = offer_->early_data;
    return client13::start(std::move(context), std::move(*offer_));
  }
  std::unique_ptr<Running> start12(const wire::ServerHello* hello) {
    return client12::start(common<client12::Context>(hello), std::move(*offer_));
  }
  template <class C>
  C common(const wire::ServerHello* hello) {
    C context;
    context.hello = hello;
    context.settings = settings_;
    context.session_key = session_key_;
    context.peer_name = info_.server_name;
    context.offered = offer_->extensions;
    context.transcript = std::move(transcript_);
    context.info = std::move(info_);
    return context;
  }

  Result<void> check_version(const wire::ServerHello& hello) const {
    if (hello.supported_versions) {
      // RFC 9846 §4.3.1: a version that was not offered, or one below TLS 1.3 there, is illegal.
      if (*hello.supported_versions != ProtocolVersion::tls13 || !offers13())
        return fail(Code::version_not_offered,
                    "supported_versions holds " + registered_name(*hello.supported_versions));
      return {};
    }
    if (hello.legacy_version != ProtocolVersion::tls12 || settings_->min_version > ProtocolVersion::tls12)
      return refuse_version(hello.legacy_version);
    // RFC 9846 §4.2.3: a client that offered TLS 1.3 MUST check that the server does not have it too.
    if (offers13() && wire::is_downgrade_marked(hello.random)) return fail(Code::downgrade_detected);
    return {};
  }

  std::unexpected<Error> refuse_version(ProtocolVersion chosen) const {
    return fail(Code::unsupported_version, "the server chose " + registered_name(chosen) + ", offered was " +
                                               std::string(name(settings_->max_version)) + " at best and " +
                                               std::string(name(settings_->min_version)) + " at least");
  }

  std::shared_ptr<const ClientSettings> settings_;
  std::optional<hello::Offer> offer_;
  SessionKey session_key_;
  bool session_offered_ = false;
  std::size_t max_early_data_ = 0;  // bytes that may be sent
  std::optional<EarlyExporter> early_exporter_;
  Transcript transcript_;
  ConnectionInfo info_;
  std::unique_ptr<Running> running_;
};

}  // namespace

Result<std::unique_ptr<Handshake>> client_handshake(std::shared_ptr<const ClientSettings> settings,
                                                    std::string_view server_name, std::uint16_t port) {
  auto reference = hello::reference_name(server_name);
  if (!reference) return std::unexpected(std::move(reference.error()));
  return std::make_unique<ClientHandshake>(std::move(settings), std::move(*reference), port);
}

}  // namespace tls::handshake
