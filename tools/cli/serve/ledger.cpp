#include "cli/serve/ledger.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <iostream>
#include <nlohmann/json.hpp>

#include "cli/explain.h"

namespace sallyport::cli {
namespace {

/// Alerts by which a client says that it does not want to go on with us: it has seen our certificate, or changed its
/// mind. Nothing here is broken.
bool declined(const tls::Error& error) {
  using tls::Alert;
  static constexpr Alert kAlerts[] = {Alert::close_notify,
                                      Alert::user_canceled,
                                      Alert::bad_certificate,
                                      Alert::unsupported_certificate,
                                      Alert::certificate_revoked,
                                      Alert::certificate_expired,
                                      Alert::certificate_unknown,
                                      Alert::unknown_ca,
                                      Alert::bad_certificate_status_response};
  return error.peer_alert() && std::ranges::find(kAlerts, *error.peer_alert()) != std::end(kAlerts);
}

/// What whoever runs this server does about it.
std::string_view advice_for(tls::Alert alert) noexcept {
  using tls::Alert;
  switch (alert) {
    case Alert::certificate_revoked:
      return "replace key and certificate";
    case Alert::certificate_expired:
      return "renew it; if it is in date, the client's clock is not";
    case Alert::bad_certificate_status_response:
      return "staple an OCSP response that is in date (--staple, --staple-fetch)";
    case Alert::unsupported_certificate:
      return "give it a certificate of another kind or for another purpose (--cert)";
    default:
      return "let it trust the root, and ask for a name that the certificate has";
  }
}

std::string words_for_decline(const tls::Error& error) {
  const tls::Alert alert = *error.peer_alert();
  const std::string name(tls::name(alert));
  if (alert == tls::Alert::close_notify || alert == tls::Alert::user_canceled)
    return "broke the handshake off (" + name + ")";
  return "does not accept our certificate (" + name + "): " + std::string(advice_for(alert));
}

}  // namespace

void Ledger::say(const std::string& words) {
  const std::lock_guard lock(printing_);
  std::cerr << "sallyport server: " + words + "\n" << std::flush;
}

void Ledger::say_no_entry(int error_number) {
  constexpr std::chrono::seconds kSayAgain{60};
  {
    const std::lock_guard lock(printing_);
    const auto now = std::chrono::steady_clock::now();
    if (no_entry_said_ && now - *no_entry_said_ < kSayAgain) return;
    no_entry_said_ = now;
  }
  say(std::string("new visitors wait: ") + std::strerror(error_number) +
      (error_number == EMFILE ? "; `ulimit -n` allows more" : ""));
}

// What a visitor decides for itself is one line and no failure of the server.
void Ledger::explain_end(const Visit& visit, const Visitor& visitor, const tls::Error& error) {
  const bool served = visit.traffic().ms != 0;
  if (declined(error)) {
    std::cerr << "sallyport server: " + prefix_of(visitor) + words_for_decline(error) + "\n" << std::flush;
    return;
  }
  // Who leaves without close_notify after it was served, or falls silent, is rude, and all is well on our side.
  if (served && (status_of(error) == kIo || error.code() == tls::Code::truncated)) return;
  if (accept_ != 0) status_ = status_of(error);
  std::cerr << failure_of(visitor, error, options_, visit.info()) << std::endl;
}

void Ledger::enter(const Visit& visit, const tls::Result<void>& result) {
  const std::lock_guard lock(printing_);
  const auto now = std::chrono::floor<std::chrono::seconds>(tls::system_clock().wall());
  const Visitor visitor{visit.peer(), now.count()};
  if (visit.traffic().bytes_in == 0) {
    const bool waited = !result && result.error().code() == tls::Code::timed_out;
    std::cerr << "sallyport server: " + prefix_of(visitor) + (waited ? "said nothing\n" : "left without a word\n")
              << std::flush;
    return;
  }
  const bool served = visit.traffic().ms != 0;
  if (!result) explain_end(visit, visitor, result.error());
  if (json_) {
    const tls::Error* failure = result ? nullptr : &result.error();
    std::cout << json_of(visitor, visit.info(), visit.traffic(), failure, claims()).dump() << std::endl;
  } else if (served) {
    std::cerr << line_of(visitor, visit.info(), visit.traffic()) << std::endl;
  }
}

}  // namespace sallyport::cli
