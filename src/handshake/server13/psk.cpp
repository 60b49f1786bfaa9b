// Pre-shared keys: from the identities of a ClientHello to the flight that goes without a certificate.
#include <algorithm>

#include "base/constant_time.h"
#include "handshake/hello/resume.h"
#include "handshake/server13/flight.h"
#include "handshake/session_notes.h"
#include "wire/message.h"

namespace tls::handshake::server13 {
namespace {

/// The configured external PSK of that identity. Where clients must show certificates nothing else will do.
std::optional<FoundPsk> find_external(Bytes identity, const hello::Decision13& d, const ServerSettings& s) {
  if (s.external_psks.empty() || s.client_auth == ClientAuth::require) return std::nullopt;
  auto psk = external_offer(s, identity);
  if (!psk) return std::nullopt;
  const crypto::SuiteFacts* suite = hello::suite_with(psk->hash, d);
  if (suite == nullptr) return std::nullopt;
  return FoundPsk{suite, psk->kind, std::move(psk->key)};
}

/// Of the external PSKs among the identities from `at` on, which is one, the one that goes first with us: of several
/// that both sides have the server chooses (RFC 9846 §4.3.11).
std::size_t preferred_external(const wire::ClientHello& m, std::size_t at, const hello::Decision13& d,
                               const ServerSettings& s) {
  if (!s.prefer_server_order) return at;
  std::size_t best = at, best_rank = s.external_psks.size();
  for (; at < m.pre_shared_key->considered(); ++at) {
    const auto known = known_external(s, m.pre_shared_key->identities[at].identity);
    if (known && known->rank < best_rank && hello::suite_with(known->hash, d) != nullptr)
      best = at, best_rank = known->rank;
  }
  return best;
}

/// No PSK will do: a certificate then.
Result<AfterSearch> without_psk(Search&& search, const wire::ClientHello& m, Context& c) {
  hello::Decision13& d = search.decision;
  if (d.certificate_bar) return std::unexpected(std::move(*d.certificate_bar));
  if (d.client_share.empty()) {
    if (d.retried) return fail(Code::missing_key_share);
    d.psk_mode = hello::PskMode::none;
    return AfterSearch{send_retry(d, m, search.hello, c)};
  }
  return AfterSearch{ask_credential(std::move(d), search.hello, c)};
}

Result<ApplicationKeys> send_flight(const hello::Decision13& d, SelectedPsk&& psk, bool early_data, Context& c) {
  std::optional<crypto::SharedSecret> shared;
  ByteVector share;
  if (d.psk_mode == hello::PskMode::with_exchange) {
    share.resize(d.group->server_share_size);
    auto agreed = d.group->respond(*c.settings->random, d.client_share, share);
    if (!agreed) return std::unexpected(std::move(agreed.error()));
    shared = std::move(*agreed);
  }
  const SuiteImpl suite = implement(*d.suite, c.settings->provider);
  c.hash_size = suite.hash->digest_size;
  TrafficSecret early;
  if (early_data) {
    const crypto::Digest h = c.transcript.hash();  // through the ClientHello
    early = psk.early.client_early(h.bytes());
    c.sink->log_secret("CLIENT_EARLY_TRAFFIC_SECRET", c.client_random, early.expose());
    c.early = early_exporter(*suite.hash, psk.early, h.bytes(), c.client_random, *c.sink);
  }
  c.send(encode_server_hello(d, share, psk.identity, *c.settings->random), Epoch::plaintext);
  send_compatibility_ccs(d, c);
  HandshakeKeys keys = enter_handshake(suite, std::move(psk.early), std::move(shared), c.client_random, c);
  c.sink->install(Direction::write, Epoch::handshake, suite, keys.server);
  if (early_data)
    c.sink->install(Direction::read, Epoch::early, suite, early);
  else
    c.sink->install(Direction::read, Epoch::handshake, suite, keys.client);
  limit_records(d, c);
  c.send(encode_encrypted_extensions(d, early_data, c), Epoch::handshake);
  return send_finished(std::move(keys), c);
}

/// The secret of the identity that was selected, and the binder by which the client has proven to hold it.
struct Proven {
  EarlySecret early;
  crypto::Digest binder;
};
/// Verifies the binder; `transcript` is that of the PSK's hash. Fails with bad_binder.
Result<Proven> verify_binder(const Search& search, const FoundPsk& found, const wire::ClientHello& m,
                             const Transcript& transcript, const ServerSettings& s) {
  EarlySecret early = EarlySecret::from_psk(s.provider.hash(found.suite->hash), found.key);
  // RFC 9846 §4.3.11.2: over the transcript up to and with the ClientHello, less its binders.
  const crypto::Digest h = transcript.hash_with(Bytes(search.hello).first(search.hello.size() - m.binders_size()));
  crypto::Digest expected = early.binder(found.kind, h.bytes());
  // RFC 9846 §4.3.11: a binder that does not validate MUST abort the handshake.
  if (!constant_time_equal(m.pre_shared_key->binders[search.identity].binder, expected.bytes()))
    return fail(Code::bad_binder, "of identity " + std::to_string(search.identity));
  return Proven{std::move(early), std::move(expected)};
}

/// Verifies the binder of the one identity that was selected; from here on the handshake stands and falls with it.
Result<AfterSearch> select(Search&& search, FoundPsk&& found, const wire::ClientHello& m, Context& c) {
  hello::Decision13& d = search.decision;
  d.suite = found.suite;
  c.transcript.choose(c.settings->provider.hash(d.suite->hash));
  auto proven = verify_binder(search, found, m, c.transcript, *c.settings);
  if (!proven) return std::unexpected(std::move(proven.error()));
  c.transcript.add(search.hello);
  note(d, found.renew ? hello::Beginning::renewed : hello::Beginning::resumed, c);
  c.info.resumed = Resumption::psk;
  SelectedPsk psk{static_cast<std::uint16_t>(search.identity), std::move(proven->early)};
  // An external key is its own resumption: a ticket would outlive it, and could not be told from an anonymous client's.
  if (!found.session) {
    c.tickets.count = 0;
    const Bytes identity = m.pre_shared_key->identities[search.identity].identity;
    c.info.external_psk.assign(identity.begin(), identity.end());
  }
  if (found.session) {
    const session::State& session = *found.session;
    c.tickets.authenticated = session.authenticated;
    recall_client(session.notes.get(), c.info);
    c.chain_ends = std::min(c.chain_ends, session.not_after());
    const std::uint32_t age = m.pre_shared_key->identities[search.identity].obfuscated_ticket_age;
    c.info.ticket_age_skew = hello::ticket_age_skew(session, age, c.settings->clock->wall());
    // RFC 9846 §4.3.10: early data is under the first key. Refused, it is skipped as far as its ticket has promised,
    // whatever is allowed today.
    if (d.early_data && search.identity == 0)
      c.max_early_data =
          std::clamp<std::size_t>(session.max_early_data, c.settings->max_early_data, limits::kMaxEarlyData);
    if (d.early_data && c.settings->replay_guard) {
      auto claim = hello::early_data_claim(session, search.identity, age, proven->binder.bytes(), d, *c.settings);
      if (claim) {
        c.max_early_data = session.max_early_data;  // RFC 9846 §4.7.1: no more is read
        c.ask(std::move(*claim));
        return AfterSearch{AwaitReplayVerdict{std::move(d), std::move(psk)}};
      }
      c.info.early_data_refusal = claim.error();
    }
  }
  auto keys = send_flight(d, std::move(psk), false, c);
  if (!keys) return std::unexpected(std::move(keys.error()));
  return AfterSearch{WaitFinished{std::move(*keys)}};
}

/// The hello that a search owns, parsed once more: its views look into memory that stays.
Result<wire::ClientHello> parsed(const Search& search) {
  return wire::ClientHello::parse(wire::message_body(search.hello));
}

}  // namespace

Result<AfterSearch> look_at_psks(Search&& search, Context& c) {
  auto m = parsed(search);
  if (!m) return std::unexpected(std::move(m.error()));
  for (; search.identity < m->pre_shared_key->considered(); ++search.identity) {
    const wire::PskIdentity offered = m->pre_shared_key->identities[search.identity];
    if (find_external(offered.identity, search.decision, *c.settings)) {
      search.identity = preferred_external(*m, search.identity, search.decision, *c.settings);
      const Bytes preferred = m->pre_shared_key->identities[search.identity].identity;
      auto found = find_external(preferred, search.decision, *c.settings);
      return select(std::move(search), std::move(*found), *m, c);
    }
    if (!c.settings->tickets) continue;
    c.ask_to_open(offered.identity, c.settings->tickets, c.settings->clock->wall());
    return AfterSearch{AwaitTicket{std::move(search)}};
  }
  return without_psk(std::move(search), *m, c);
}

namespace {

/// The session of a ticket that was opened, as the PSK that it is; nothing where it does not fit.
std::optional<FoundPsk> find_session(const OpenedTicket& opened, const hello::Decision13& d, const ServerSettings& s) {
  auto session = session::State::decode(opened.state);
  if (!session) return std::nullopt;
  const crypto::SuiteFacts* suite = hello::suite_to_resume(*session, d, s);
  if (suite == nullptr) return std::nullopt;
  Psk key(session->secret.expose());
  return FoundPsk{suite, EarlySecret::Binder::resumption, std::move(key), std::move(session), opened.renew};
}

/// Asks the verifier again, but only for a client that holds the session: its binder is verified first.
Result<AwaitResumedVerification> review(Search&& search, FoundPsk&& found, const wire::ClientHello& m, Context& c) {
  const ServerSettings& s = *c.settings;
  Transcript transcript = c.transcript;  // not chosen yet, where a full handshake of another hash may follow
  transcript.choose(s.provider.hash(found.suite->hash));
  if (auto proven = verify_binder(search, found, m, transcript, s); !proven)
    return std::unexpected(std::move(proven.error()));
  c.ask(chain_of_session(*found.session->notes, *s.clock), *s.verifier);
  return AwaitResumedVerification{std::move(search), std::move(found)};
}

/// The same successors as part of a wider choice.
template <class N>
Result<N> widen(Result<AfterSearch>&& next) {
  if (!next) return std::unexpected(std::move(next.error()));
  return std::visit([](auto&& state) { return N{std::move(state)}; }, std::move(*next));
}

}  // namespace

Result<Next<WaitRetriedClientHello, AwaitTicket, AwaitResumedVerification, AwaitReplayVerdict, AwaitCredential,
            WaitFinished>>
on(AwaitTicket&& s, const TicketOpened& m, Context& c) {
  using N = Next<WaitRetriedClientHello, AwaitTicket, AwaitResumedVerification, AwaitReplayVerdict, AwaitCredential,
                 WaitFinished>;
  auto found = m.value ? find_session(*m.value, s.search.decision, *c.settings) : std::nullopt;
  const Review due = found ? review_of(found->session->notes.get(), *c.settings) : Review::impossible;
  if (due == Review::impossible) {
    ++s.search.identity;
    return widen<N>(look_at_psks(std::move(s.search), c));
  }
  auto hello = parsed(s.search);
  if (!hello) return std::unexpected(std::move(hello.error()));
  if (due == Review::none) return widen<N>(select(std::move(s.search), std::move(*found), *hello, c));
  auto asked = review(std::move(s.search), std::move(*found), *hello, c);
  if (!asked) return std::unexpected(std::move(asked.error()));
  return N{std::move(*asked)};
}

Result<Next<WaitRetriedClientHello, AwaitTicket, AwaitReplayVerdict, AwaitCredential, WaitFinished>> on(
    AwaitResumedVerification&& s, const ChainReviewed& m, Context& c) {
  if (!m.value) {
    ++s.search.identity;
    return look_at_psks(std::move(s.search), c);
  }
  auto hello = parsed(s.search);
  if (!hello) return std::unexpected(std::move(hello.error()));
  c.chain_ends = m.value->not_after;
  return select(std::move(s.search), std::move(s.found), *hello, c);
}

Result<Next<WaitEndOfEarlyData, WaitFinished>> on(AwaitReplayVerdict&& s, const ReplayClaimed& m, Context& c) {
  using N = Next<WaitEndOfEarlyData, WaitFinished>;
  // RFC 9846 §8: anything but the first use costs a round trip, never the connection.
  const bool accepted = m.value == ReplayVerdict::fresh;
  if (accepted) {
    c.early_data_refused = false;
    c.info.early_data = EarlyDataStatus::accepted;
    c.info.early_data_refusal = EarlyDataRefusal::none;
  } else {
    c.info.early_data_refusal = m.value == ReplayVerdict::seen ? EarlyDataRefusal::replayed : EarlyDataRefusal::unknown;
    c.max_early_data = c.settings->max_early_data;
  }
  auto keys = send_flight(s.decision, std::move(s.psk), accepted, c);
  if (!keys) return std::unexpected(std::move(keys.error()));
  if (accepted) return N{WaitEndOfEarlyData{std::move(*keys)}};
  return N{WaitFinished{std::move(*keys)}};
}

}  // namespace tls::handshake::server13
