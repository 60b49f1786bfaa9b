#include <string>
#include <system_error>

#include "edge.h"
#include "pkcs11_pool.h"
#include "tls/adapters/socket.h"

namespace tls {
namespace {

using pkcs11::Pool;
using pkcs11::Token;
using std::chrono::milliseconds;

constexpr milliseconds kMostDeadline{60'000};
constexpr unsigned kMostSessions = 32;
constexpr std::size_t kMostUnderWay = 65536;

Result<void> check(const Pkcs11Options& o) {
  if (o.deadline < milliseconds(1) || o.deadline > kMostDeadline)
    return fail(Code::bad_config, "the deadline of a PKCS#11 key is 1 ms to 60 s");
  if (o.sessions == 0 || o.sessions > kMostSessions)
    return fail(Code::bad_config, "a PKCS#11 key has 1 to " + std::to_string(kMostSessions) + " sessions");
  if (o.under_way == 0 || o.under_way > kMostUnderWay)
    return fail(Code::bad_config, "1 to " + std::to_string(kMostUnderWay) + " signatures may be under way");
  return {};
}

class Pkcs11Key final : public RemoteKey {
 public:
  explicit Pkcs11Key(std::shared_ptr<Pool> pool) : pool_(std::move(pool)) {}
  ~Pkcs11Key() override { pool_->stop(); }
  Pkcs11Key(const Pkcs11Key&) = delete;
  Pkcs11Key& operator=(const Pkcs11Key&) = delete;

  [[nodiscard]] KeyKind kind() const noexcept override { return pool_->token().facts().kind; }
  [[nodiscard]] bool allows(SignatureScheme scheme) const noexcept override {
    const pkcs11::Facts& facts = pool_->token().facts();
    return pkcs11::way_of(scheme, facts.kind, facts.mechanisms).has_value();
  }
  void sign_later(const SignatureRequest& request, Done done) const noexcept override {
    SignatureAsk ask(std::move(done));
    const std::shared_ptr<Pool> kept = pool_;  // an answer may let the last key go
    come_what_may([&] { kept->ask(request, std::move(ask)); });
  }

 private:
  std::shared_ptr<Pool> pool_;
};

}  // namespace

Result<std::shared_ptr<const RemoteKey>> pkcs11_key(Pkcs11Options options) {
  using Made = Result<std::shared_ptr<const RemoteKey>>;
  return at_the_edge([&]() -> Made {
    if (auto good = check(options); !good) return std::unexpected(std::move(good).error());
    auto token = Token::open(options);
    if (!token) return std::unexpected(std::move(token).error());
    const auto pool = std::make_shared<Pool>(std::move(options), std::move(*token));
    auto key = std::make_shared<const Pkcs11Key>(pool);
    try {
      Pool::start(pool);
    } catch (const std::system_error& e) {
      return std::unexpected(transport_error("threads for the PKCS#11 key", e.code().value()));
    }
    return key;
  });
}

}  // namespace tls
