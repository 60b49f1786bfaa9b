#include "handshake/hello/resume.h"

#include <algorithm>

#include "handshake/hello/choices.h"

namespace tls::handshake::hello {
namespace {

const crypto::HashImpl& sha256(const ServerSettings& s) { return s.provider.hash(crypto::HashId::sha256); }

/// How old the client says that the ticket is. RFC 9846 §8.3: both parts are sealed, or covered by the binder that was
/// verified.
Clock::Milliseconds age_of(const session::State& session, std::uint32_t obfuscated_age) noexcept {
  return Clock::Milliseconds(static_cast<std::uint32_t>(obfuscated_age - session.age_add));
}

/// The guard's epoch to that of tickets, and back. Injective in the window: an odd multiplier, and windows of less than
/// 2^17 ms.
std::uint64_t with_window(std::uint64_t epoch, const ServerSettings& s) noexcept {
  return epoch ^ static_cast<std::uint64_t>(s.replay_window.count()) * 0x9E3779B97F4A7C15u;
}

ReplayToken token_of(Bytes binder, const ServerSettings& s) {
  crypto::Hash hash(sha256(s));
  hash.update(as_bytes("sallyport replay"));
  hash.update(binder);
  const crypto::Digest digest = hash.digest();
  ReplayToken token;
  std::copy_n(digest.bytes().begin(), token.bytes.size(), token.bytes.begin());
  return token;
}

}  // namespace

session::Fingerprint alpn_fingerprint(std::string_view alpn, const ServerSettings& s) {
  return alpn.empty() ? session::Fingerprint{} : session::fingerprint(sha256(s), {as_bytes(alpn)});
}

std::chrono::seconds session_lifetime(const ServerSettings& settings, Clock::Milliseconds authenticated,
                                      Clock::Milliseconds not_after, Clock::Milliseconds now) noexcept {
  const auto end = std::min<Clock::Milliseconds>(authenticated + limits::kMaxSessionLifetime, not_after);
  if (end <= now) return std::chrono::seconds(0);
  const auto left = std::chrono::floor<std::chrono::seconds>(end - now);
  return std::clamp(left, std::chrono::seconds(0), settings.ticket_lifetime);
}

const crypto::SuiteFacts* suite_with(crypto::HashId hash, const Decision13& d) {
  for (const crypto::SuiteFacts* suite : d.suites)
    if (suite->hash == hash) return suite;
  return nullptr;
}

const crypto::SuiteFacts* suite_to_resume(const session::State& session, const Decision13& d, const ServerSettings& s) {
  if (session.version != ProtocolVersion::tls13 || session.expired(s.clock->wall())) return nullptr;
  if (session.binding != session_binding(d.server_name, ProtocolVersion::tls13, s)) return nullptr;
  if (s.client_auth == ClientAuth::require && !session.has_certificate()) return nullptr;
  const crypto::SuiteFacts* own = crypto::find_suite(session.suite);
  if (own == nullptr || own->version != ProtocolVersion::tls13) return nullptr;
  if (session.secret.size() != s.provider.hash(own->hash).digest_size) return nullptr;
  if (std::ranges::find(d.suites, own) != d.suites.end()) return own;
  // RFC 9846 §4.7.1: only with a suite that has the same hash.
  return suite_with(own->hash, d);
}

std::uint8_t ticket_count(const Decision13& d, Beginning beginning, const ServerSettings& s) {
  if (!s.tickets || !d.takes_tickets) return 0;
  std::uint8_t count = s.new_tickets;
  if (beginning == Beginning::renewed) count = std::max<std::uint8_t>(count, 1);
  if (d.ticket_request)
    count = beginning == Beginning::full ? d.ticket_request->new_session_count : d.ticket_request->resumption_count;
  return std::min(count, static_cast<std::uint8_t>(limits::kMaxNewTickets));
}

std::optional<ReplayGuard::Stamp> guard_stamp(const ServerSettings& s) {
  if (!s.replay_guard || s.max_early_data == 0) return std::nullopt;
  std::optional<ReplayGuard::Stamp> stamp = s.replay_guard->stamp();
  if (stamp) stamp->epoch = with_window(stamp->epoch, s);
  return stamp;
}

Clock::Milliseconds ticket_age_skew(const session::State& session, std::uint32_t obfuscated_age,
                                    Clock::Milliseconds now) noexcept {
  return age_of(session, obfuscated_age) - session.age(now);
}

std::expected<ReplayClaim, EarlyDataRefusal> early_data_claim(const session::State& session, std::size_t identity,
                                                              std::uint32_t obfuscated_age, Bytes binder,
                                                              const Decision13& d, const ServerSettings& s) {
  using enum EarlyDataRefusal;
  if (d.retried) return std::unexpected(retried);
  // RFC 9846 §4.3.10: the first key offered; the same version, suite and protocol as in its connection.
  if (identity != 0) return std::unexpected(not_resumed);
  if (d.suite->id != session.suite) return std::unexpected(other_suite);
  if (session.alpn != alpn_fingerprint(d.alpn, s)) return std::unexpected(other_protocol);
  // A client may send what its ticket promised; where less is allowed today none is accepted.
  if (session.max_early_data == 0 || session.max_early_data > s.max_early_data) return std::unexpected(session_without);
  const std::optional<ReplayGuard::Stamp> now = guard_stamp(s);
  if (!now || now->epoch != session.stamp.epoch) return std::unexpected(unknown);
  // By the guard's clock alone, for the ticket as for the token: wall clocks, which are set and differ, have no part.
  const Clock::Milliseconds expected = session.stamp.time + age_of(session, obfuscated_age);
  const Clock::Milliseconds off = expected - now->time;
  if (off > s.replay_window || off < -s.replay_window) return std::unexpected(ticket_age);
  return ReplayClaim{token_of(binder, s), expected + s.replay_window, s.replay_guard, with_window(now->epoch, s)};
}

}  // namespace tls::handshake::hello
