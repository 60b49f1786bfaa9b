// A server's handshake before its version is known, and the machine that runs afterwards. The only place on the
// server's side that knows both versions.
#include "base/exceptions.h"
#include "handshake/handshake.h"
#include "handshake/hello/choices.h"
#include "handshake/hello/negotiate.h"
#include "handshake/hello/peek.h"
#include "handshake/server12/server12.h"
#include "handshake/server13/server13.h"
#include "wire/message.h"

namespace tls::handshake {
namespace {

class ServerHandshake final : public Handshake {
 public:
  explicit ServerHandshake(std::shared_ptr<const ServerSettings> settings) : settings_(std::move(settings)) {}
  ServerHandshake(std::shared_ptr<const ServerConfigSource> source, std::string peer_address)
      : source_(std::move(source)), peer_address_(std::move(peer_address)) {}

  Result<void> begin(Sink&) override { return {}; }

  Result<std::size_t> max_message(std::uint8_t type) const override {
    return running_ ? running_->max_message(type) : hello::max_first_message(type);
  }

  Result<void> receive(Bytes message, bool ends_record, Sink& sink) override {
    if (running_) return running_->receive(static_cast<On>(message[0]), message, ends_record, sink);
    auto hello = hello::read_first_message(message);
    if (!hello) return std::unexpected(std::move(hello.error()));
    return noting_refusal(*hello, [&] {
      return settings_ ? begin_with(*hello, message, ends_record, sink) : ask(*hello, message, ends_record, sink);
    });
  }

  Result<void> receive_change_cipher_spec(Sink& sink) override {
    if (!running_) return fail(Code::bad_change_cipher_spec);
    return running_->receive(On::change_cipher_spec, {}, true, sink);
  }
  Result<void> complete(OperationResult result, Sink& sink) override {
    if (running_) return running_->answer(std::move(result), sink);
    auto* config = std::get_if<Result<ServerConfig>>(&result);
    if (!waiting_ || config == nullptr) return fail(Code::operation_failed, "nothing was asked for");
    const std::unique_ptr<Waiting> waited = std::move(waiting_);
    auto hello = hello::read_first_message(waited->message);
    if (!hello) return std::unexpected(std::move(hello.error()));
    return noting_refusal(*hello,
                          [&] { return take(std::move(*config), *hello, waited->message, waited->ends_record, sink); });
  }
  Permissions permissions() const noexcept override { return running_ ? running_->permissions() : Permissions{}; }
  const ConnectionInfo& info() const noexcept override { return running_ ? running_->info() : info_; }
  ConnectionInfo take_info() noexcept override {
    ConnectionInfo info = running_ ? running_->take_info() : std::move(info_);
    info.refused_offer = std::move(refused_);
    return info;
  }
  bool done() const noexcept override { return running_ && running_->done(); }
  std::size_t max_early_data() const noexcept override { return running_ ? running_->max_early_data() : 0; }
  Outcome take() override { return running_->take(); }
  Result<void> export_keying_material(std::string_view label, std::optional<Bytes> context,
                                      MutableBytes out) const override {
    if (!running_) return no_exporter_yet();
    return running_->export_keying_material(label, context, out);
  }
  Result<void> export_early_keying_material(std::string_view label, Bytes context, MutableBytes out) const override {
    if (!running_) return no_early_exporter();
    return running_->export_early_keying_material(label, context, out);
  }
  void failed(const Error& error) noexcept override {
    if (running_ && ended_by_alert(error)) running_->failed();
  }

 private:
  /// A ClientHello whose configuration comes later.
  struct Waiting {
    std::vector<std::uint8_t> message;
    bool ends_record;
  };

  template <class Work>
  Result<void> noting_refusal(const wire::ClientHello& hello, Work&& work) {
    Result<void> done = work();
    if (!done)  // without memory for it nobody learns what was offered
      ignoring_exceptions([&] { refused_ = std::make_shared<const ClientOffer>(hello::offer_of(hello)); });
    return done;
  }

  Result<void> ask(const wire::ClientHello& hello, Bytes message, bool ends_record, Sink& sink) {
    const auto source = std::move(source_);
    ConfigRequest request{hello::facts_of(hello), std::move(peer_address_)};
    if (Answer<ServerConfig> now = source->choose(request))
      return take(*std::move(now), hello, message, ends_record, sink);
    waiting_ = std::make_unique<Waiting>(Waiting{{message.begin(), message.end()}, ends_record});
    sink.need(std::move(request));
    return {};
  }

  Result<void> take(Result<ServerConfig>&& config, const wire::ClientHello& hello, Bytes message, bool ends_record,
                    Sink& sink) {
    if (!config) return std::unexpected(std::move(config.error()));
    settings_ = config->share();
    sink.configure(settings_);
    return begin_with(hello, message, ends_record, sink);
  }

  Result<void> begin_with(const wire::ClientHello& hello, Bytes message, bool ends_record, Sink& sink) {
    if (auto ok = choose(hello); !ok) return ok;
    return running_->receive(On::client_hello, message, ends_record, sink);
  }

  Result<void> choose(const wire::ClientHello& hello) {
    auto version = hello::choose_version(hello, *settings_);
    if (!version) return std::unexpected(std::move(version.error()));
    if (*version == ProtocolVersion::tls13)
      running_ = server13::start(common<server13::Context>(hello));
    else
      running_ = server12::start(common<server12::Context>(hello));
    return {};
  }

  template <class C>
  C common(const wire::ClientHello& hello) const {
    C context;
    context.hello = &hello;
    context.settings = settings_;
    return context;
  }

  std::shared_ptr<const ServerSettings> settings_;    // null: not chosen yet
  std::shared_ptr<const ServerConfigSource> source_;  // who chooses them; null: nobody, or asked already
  std::string peer_address_;
  std::unique_ptr<Waiting> waiting_;  // null unless the source answers later
  ConnectionInfo info_;
  std::shared_ptr<const ClientOffer> refused_;  // the ClientHello that failed; null: none has
  std::unique_ptr<Running> running_;
};

}  // namespace

std::unique_ptr<Handshake> server_handshake(std::shared_ptr<const ServerSettings> settings) {
  return std::make_unique<ServerHandshake>(std::move(settings));
}
std::unique_ptr<Handshake> server_handshake(std::shared_ptr<const ServerConfigSource> source,
                                            std::string peer_address) {
  return std::make_unique<ServerHandshake>(std::move(source), std::move(peer_address));
}

}  // namespace tls::handshake
