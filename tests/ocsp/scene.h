// A leaf that names a fake responder, a clock that is stepped, and a keeper that works when it is told to.
#pragma once

#include <atomic>
#include <mutex>
#include <string>
#include <vector>

#include "place.h"
#include "responder.h"
#include "support/environment.h"
#include "support/pki.h"
#include "tls/adapters/ocsp.h"
#include "tls/ocsp.h"

namespace tls::test {

using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;

/// Starts at kNow; may be stepped while other threads read it.
class SteppedClock final : public Clock {
 public:
  Milliseconds wall() const noexcept override { return Milliseconds(now_.load()); }
  Milliseconds monotonic() const noexcept override { return wall(); }
  void step(Milliseconds by) { now_ += by.count(); }
  [[nodiscard]] std::int64_t seconds() const { return now_ / 1000; }

 private:
  std::atomic<std::int64_t> now_{kNow * 1000};
};

/// What was told, in order.
class Told {
 public:
  [[nodiscard]] StapleListener listener() {
    return [this](const StapleEvent& event) {
      const std::scoped_lock lock(mutex_);
      events_.push_back(event);
    };
  }
  std::vector<StapleEvent> take() {
    const std::scoped_lock lock(mutex_);
    return std::exchange(events_, {});
  }

 private:
  std::mutex mutex_;
  std::vector<StapleEvent> events_;
};

/// "taken failed".
inline std::string kinds(const std::vector<StapleEvent>& events) {
  static constexpr const char* kNames[] = {"taken", "revoked", "failed", "ending", "expired", "missing", "cache"};
  std::string out;
  for (const StapleEvent& event : events)
    out += (out.empty() ? "" : " ") + std::string(kNames[static_cast<std::size_t>(event.kind)]);
  return out;
}

struct Scene : Authority {
  SteppedClock clock;
  SeededRandom random{1};
  FakeResponder responder;
  TemporaryFolder folder;
  Told told;
  sallyport::Issued subject = leaf_named("leaf");
  CredentialPtr credential = credential_for(subject);

  /// authorityInfoAccess that names these for OCSP.
  [[nodiscard]] static sallyport::Extension responders(const std::vector<std::string>& urls) {
    using namespace sallyport::der;
    Der list;
    for (const std::string& url : urls)
      list = concat({list, sequence({oid("1.3.6.1.5.5.7.48.1"), implicitly(6, as_bytes(std::string_view(url)))})});
    return {"1.3.6.1.5.5.7.1.1", false, sequence({list})};
  }
  [[nodiscard]] static sallyport::Extension must_staple() {
    return {"1.3.6.1.5.5.7.1.24", false, sallyport::der::sequence({sallyport::der::integer(5)})};
  }
  [[nodiscard]] sallyport::Issued leaf_with(std::vector<sallyport::Extension> extra,
                                            const std::string& name = "leaf") const {
    sallyport::CertificateSpec spec = sallyport::server_leaf(name, {name + ".example"});
    spec.extra = std::move(extra);
    return leaf(spec);
  }
  [[nodiscard]] sallyport::Issued leaf_named(const std::string& name) const {
    return leaf_with({responders({responder.url()})}, name);
  }
  [[nodiscard]] CredentialPtr credential_for(const sallyport::Issued& one) const {
    const auto made = load_credential(one.pem() + intermediate.pem(), one.key_pem());
    REQUIRE_MESSAGE(made, made.error().message());
    return *made;
  }

  /// A response about `subject`: of this moment, for four days, good. `change` makes it another.
  template <class Change>
  [[nodiscard]] std::vector<std::uint8_t> answer(Change change) const {
    sallyport::OcspSpec spec{.issuer = &intermediate,
                             .responder = &intermediate,
                             .entries = {{.subject = &subject,
                                          .this_update = clock.seconds(),
                                          .next_update = clock.seconds() + 96 * 3600,
                                          .revoked_at = clock.seconds(),
                                          .hash = "SHA-1"}},
                             .produced_at = clock.seconds()};
    change(spec);
    return ocsp_response(spec);
  }
  [[nodiscard]] std::vector<std::uint8_t> good() const {
    return answer([](sallyport::OcspSpec&) {});
  }
  [[nodiscard]] std::vector<std::uint8_t> revoked() const {
    return answer([](sallyport::OcspSpec& s) { s.entries[0].status = sallyport::OcspStatus::revoked; });
  }
  /// What the responder answers from now on.
  void answers(const std::vector<std::uint8_t>& der) { responder.handle(says(ok(der))); }

  [[nodiscard]] StapleOptions options() {
    StapleOptions o;
    o.timeout = scaled(std::chrono::milliseconds(5000));
    o.allow_private = true;
    o.own_thread = false;
    o.clock = &clock;
    o.random = &random;
    o.listener = told.listener();
    return o;
  }
  [[nodiscard]] static std::unique_ptr<StapleKeeper> start(StapleOptions o) {
    auto keeper = StapleKeeper::start(std::move(o));
    REQUIRE_MESSAGE(keeper, keeper.error().message());
    return std::move(*keeper);
  }
  [[nodiscard]] static std::shared_ptr<const CredentialSource> source(StapleKeeper& keeper,
                                                                      std::vector<CredentialPtr> credentials) {
    auto made = keeper.source(std::move(credentials));
    REQUIRE_MESSAGE(made, made.error().message());
    return *made;
  }
  /// The credential that a client of that name is given.
  [[nodiscard]] static CredentialPtr chosen(const CredentialSource& source, const std::string& name = "leaf.example") {
    CredentialRequest request;
    request.server_name = name;
    request.signature_schemes = {SignatureScheme::ecdsa_secp256r1_sha256};
    auto answer = source.choose(request);
    REQUIRE(answer);
    REQUIRE(*answer);
    return **answer;
  }
  [[nodiscard]] static std::vector<std::uint8_t> staple(const CredentialSource& source,
                                                        const std::string& name = "leaf.example") {
    return chosen(source, name)->ocsp_response;
  }
};

}  // namespace tls::test
