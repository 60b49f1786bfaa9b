#include "handshake/hello/peek.h"

#include <algorithm>

#include "base/limits.h"
#include "handshake/hello/choices.h"
#include "handshake/running.h"
#include "handshake/table.h"
#include "wire/message.h"

namespace tls::handshake::hello {
namespace {

template <class T, class List>
std::vector<T> owned(const std::optional<List>& list) {
  return list ? std::vector<T>(list->begin(), list->end()) : std::vector<T>();
}

/// RFC 9846 §4.3.1: supported_versions alone decides, where it is there.
std::vector<ProtocolVersion> versions_of(const wire::ClientHello& m) {
  if (!m.supported_versions) return {m.legacy_version};
  return owned<ProtocolVersion>(m.supported_versions);
}

class PeekingHandshake final : public Handshake {
 public:
  explicit PeekingHandshake(std::optional<ClientHelloFacts>* facts) : facts_(facts) {}

  Result<void> begin(Sink&) override { return {}; }
  Result<std::size_t> max_message(std::uint8_t type) const override {
    if (seen_) return nothing_more();
    return max_first_message(type);
  }
  Result<void> receive(Bytes message, bool, Sink&) override {
    auto hello = read_first_message(message);
    if (!hello) return std::unexpected(std::move(hello).error());
    seen_ = true;
    if (facts_ != nullptr) facts_->emplace(facts_of(*hello));
    return {};
  }
  Result<void> receive_change_cipher_spec(Sink&) override { return nothing_more(); }
  Result<void> complete(OperationResult, Sink&) override { return nothing_more(); }
  Permissions permissions() const noexcept override { return {}; }
  const ConnectionInfo& info() const noexcept override { return info_; }
  bool done() const noexcept override { return false; }
  ConnectionInfo take_info() noexcept override { return std::move(info_); }
  Outcome take() override { return {}; }

 private:
  static std::unexpected<Error> nothing_more() {
    return fail(Code::misuse, "a connection without a configuration goes no further than the ClientHello");
  }

  std::optional<ClientHelloFacts>* facts_;
  ConnectionInfo info_;
  bool seen_ = false;
};

}  // namespace

Result<std::size_t> max_first_message(std::uint8_t type) {
  if (static_cast<On>(type) != On::client_hello)
    return fail(Code::unexpected_message, describe(type) + " before ClientHello");
  return limits::kMaxHandshakeMessage;
}

Result<wire::ClientHello> read_first_message(Bytes message) {
  if (static_cast<On>(message[0]) != On::client_hello)
    return fail(Code::unexpected_message, describe(message[0]) + " before ClientHello");
  return wire::ClientHello::parse(wire::message_body(message));
}

ClientHelloFacts facts_of(const wire::ClientHello& m) {
  ClientHelloFacts facts;
  facts.server_name = server_name_of(m).value_or("");
  if (m.alpn) facts.alpn = ProtocolNames(m.alpn->bytes());
  facts.versions = versions_of(m);
  facts.suites.assign(m.cipher_suites.begin(), m.cipher_suites.end());
  facts.groups = owned<NamedGroup>(m.supported_groups);
  if (m.key_share)
    for (const wire::KeyShareEntry& share : *m.key_share) facts.key_shares.push_back(share.group);
  facts.signature_schemes = owned<SignatureScheme>(m.signature_algorithms);
  facts.certificate_schemes = owned<SignatureScheme>(m.signature_algorithms_cert);
  const bool offers13 = std::ranges::find(facts.versions, ProtocolVersion::tls13) != facts.versions.end();
  facts.resumes = m.pre_shared_key || (m.session_ticket && !m.session_ticket->empty()) ||
                  (!offers13 && !m.legacy_session_id.empty());
  facts.early_data = m.early_data;
  return facts;
}

std::unique_ptr<Handshake> peeking_handshake(std::optional<ClientHelloFacts>* facts) {
  return std::make_unique<PeekingHandshake>(facts);
}

}  // namespace tls::handshake::hello
