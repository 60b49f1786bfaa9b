// Sallyport through its public API.
#include <optional>
#include <stdexcept>
#include <vector>

#include "bench/tls_library.h"
#include "tls/tls.h"

namespace sallyport::race {
namespace {

template <class T>
T must(tls::Result<T> result) {
  if (!result) throw std::runtime_error(result.error().message());
  return std::move(*result);
}

/// Hands one side all that the other wrote. True when it reported HandshakeDone.
bool feed(tls::Connection& connection, tls::Output& from, std::vector<std::uint8_t>& in, tls::Output& out) {
  in.insert(in.end(), from.bytes().begin(), from.bytes().end());
  from.consume(from.size());
  bool done = false;
  std::size_t at = 0;
  while (true) {
    tls::Step step = connection.step(tls::MutableBytes(in).subspan(at), out);
    at += step.consumed;
    if (auto* failed = std::get_if<tls::Failed>(&step.event)) throw std::runtime_error(failed->error.message());
    if (std::holds_alternative<tls::NeedInput>(step.event)) break;
    done |= std::holds_alternative<tls::HandshakeDone>(step.event);
  }
  in.erase(in.begin(), in.begin() + static_cast<std::ptrdiff_t>(at));
  return done;
}

class OurPair final : public TlsPair {
 public:
  OurPair(const Chain& chain, tls::CipherSuite suite)
      : client_config_(must(
            tls::ClientConfig::builder()
                // The others verify every chain, and so do we.
                .trust(must(tls::with_memory(must(tls::trust_pem(chain.root_pem)), tls::VerificationMemory::off())))
                .cipher_suites({suite})
                .groups({tls::NamedGroup::x25519})
                .build())),
        server_config_(
            must(tls::ServerConfig::builder()
                     .credentials(tls::credential_list({must(tls::load_credential(chain.chain_pem, chain.key_pem))}))
                     .cipher_suites({suite})
                     .groups({tls::NamedGroup::x25519})
                     .build())) {}

  void connect(Effort& effort) override {
    tls::Output from_client, from_server;
    std::vector<std::uint8_t> to_client, to_server;
    {
      const OnClock clock(effort.client);
      client_.emplace(must(tls::ClientConnection::start(client_config_, "localhost", from_client)));
    }
    {
      const OnClock clock(effort.server);
      server_.emplace(tls::ServerConnection::start(server_config_));
    }
    for (bool client_done = false, server_done = false; !(client_done && server_done);) {
      if (from_client.empty()) throw std::runtime_error("the handshake does not end");
      {
        const OnClock clock(effort.server);
        server_done |= feed(*server_, from_client, to_server, from_server);
      }
      const OnClock clock(effort.client);
      client_done |= feed(*client_, from_server, to_client, from_client);
    }
  }
  void write(tls::Bytes chunk, std::size_t count) override {
    for (; count != 0; --count)
      if (auto sent = client_->send(chunk, sealed_); !sent) throw std::runtime_error(sent.error().message());
  }
  void deliver() override {
    wire_.assign(sealed_.bytes().begin(), sealed_.bytes().end());
    sealed_.consume(sealed_.size());
  }
  std::size_t read() override {
    tls::MutableBytes in(wire_);
    std::size_t total = 0;
    while (true) {
      tls::Step step = server_->step(in, answers_);
      in = in.subspan(step.consumed);
      if (const auto* data = std::get_if<tls::AppData>(&step.event)) {
        total += data->bytes.size();
      } else if (auto* failed = std::get_if<tls::Failed>(&step.event)) {
        throw std::runtime_error(failed->error.message());
      } else {
        return total;
      }
    }
  }

 private:
  tls::ClientConfig client_config_;
  tls::ServerConfig server_config_;
  std::optional<tls::ClientConnection> client_;
  std::optional<tls::ServerConnection> server_;
  tls::Output sealed_, answers_;
  std::vector<std::uint8_t> wire_;
};

constexpr const TlsLibrary* kLibraries[] = {&kOurTls,
#ifdef SALLYPORT_RACE_OPENSSL
                                            &kOpensslTls
#endif
};

}  // namespace

const TlsLibrary kOurTls = {"sallyport", [](const Chain& chain, tls::CipherSuite suite) -> std::unique_ptr<TlsPair> {
                              return std::make_unique<OurPair>(chain, suite);
                            }};
std::span<const TlsLibrary* const> tls_libraries() noexcept { return kLibraries; }

}  // namespace sallyport::race
