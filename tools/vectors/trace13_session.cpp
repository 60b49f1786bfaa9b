#include "vectors/trace13_session.h"

#include <algorithm>
#include <memory>
#include <string>

#include "handshake/hello/choices.h"
#include "handshake/hello/resume.h"
#include "session/client_state.h"

namespace tls::vectors::trace13 {
namespace {

// What the NewSessionTicket of RFC 8448 §3 says.
constexpr std::chrono::seconds kTicketLifetime{30};
constexpr std::uint32_t kMaxEarlyData = 1024;

/// The least that there is: the ticket's age has to be the trace's.
constexpr Clock::Milliseconds kReplayWindow{1};

/// Stands still: nothing in a replay takes time.
struct StoppedClock final : Clock {
  Milliseconds wall() const noexcept override { return std::chrono::hours(24 * 365 * 50); }
  Milliseconds monotonic() const noexcept override { return std::chrono::hours(1); }
};
const StoppedClock kClock;

Clock::Milliseconds ticket_age(const Case& c) {
  return Clock::Milliseconds(static_cast<std::int64_t>(c.number("ticket_age")));
}
std::uint32_t ticket_age_add(const Case& c) {
  std::uint32_t value = 0;
  for (const std::uint8_t b : c.bytes("ticket_age_add")) value = value << 8 | b;
  return value;
}

/// Has one session, for one name.
class OneSession final : public ClientSessionStore {
 public:
  OneSession(std::string name, ClientSession session) : name_(std::move(name)), session_(std::move(session)) {}
  void put(const SessionKey&, ClientSession) override {}
  std::optional<ClientSession> take(const SessionKey& key, Clock::Milliseconds) override {
    if (key.server_name != name_) return std::nullopt;
    return std::exchange(session_, std::nullopt);
  }
  void remove(const SessionKey&) override { session_.reset(); }

 private:
  std::string name_;
  std::optional<ClientSession> session_;
};

/// Opens one ticket, which another stack has sealed.
class OneTicket final : public TicketSealer {
 public:
  OneTicket(ByteVector ticket, SessionState state) : ticket_(std::move(ticket)), state_(std::move(state)) {}
  std::vector<std::uint8_t> seal(const SessionState&, Random&, Clock::Milliseconds, Clock::Milliseconds) override {
    return {};
  }
  Answer<std::optional<OpenedTicket>> open(Bytes ticket, Clock::Milliseconds) override {
    if (!std::ranges::equal(ticket, ticket_)) return std::optional<OpenedTicket>();
    return std::optional(OpenedTicket{state_.clone(), false});
  }

 private:
  ByteVector ticket_;
  SessionState state_;
};

/// Lets one first flight through.
class Once final : public ReplayGuard {
 public:
  std::optional<Stamp> stamp() const override { return Stamp{1, kClock.monotonic()}; }
  Answer<ReplayVerdict> claim(const ReplayToken&, Clock::Milliseconds) override {
    return std::exchange(claimed_, true) ? ReplayVerdict::seen : ReplayVerdict::fresh;
  }

 private:
  bool claimed_ = false;
};

}  // namespace

bool is_resumed(const Case& c) { return c.has("psk"); }

void resume(const Case& c, CipherSuite suite, ClientSettings& settings) {
  auto session = std::make_shared<session::ClientState>();
  session->version = ProtocolVersion::tls13;
  session->suite = suite;
  session->extended_main_secret = true;
  session->secret = session::ResumptionKey(c.bytes("psk"));
  session->received = session->authenticated = kClock.wall() - ticket_age(c);
  session->lifetime = kTicketLifetime;
  session->ticket = c.bytes("ticket");
  session->age_add = ticket_age_add(c);
  session->max_early_data = kMaxEarlyData;
  settings.clock = &kClock;
  settings.early_data = true;
  settings.sessions =
      std::make_shared<OneSession>(std::string(as_text(c.bytes("server_name"))), ClientSession(std::move(session)));
}

void resume(const Case& c, CipherSuite suite, ServerSettings& settings) {
  settings.clock = &kClock;
  settings.new_tickets = 0;
  settings.replay_guard = std::make_shared<Once>();
  settings.replay_window = kReplayWindow;
  settings.max_early_data = kMaxEarlyData;
  session::State session;
  session.version = ProtocolVersion::tls13;
  session.suite = suite;
  session.extended_main_secret = true;
  session.secret = session::ResumptionKey(c.bytes("psk"));
  session.issued = session.authenticated = kClock.wall() - ticket_age(c);
  session.lifetime = kTicketLifetime;
  session.binding =
      handshake::hello::session_binding(std::string(as_text(c.bytes("server_name"))), ProtocolVersion::tls13, settings);
  session.age_add = ticket_age_add(c);
  session.max_early_data = kMaxEarlyData;
  session.stamp = handshake::hello::guard_stamp(settings).value();
  session.stamp.time -= ticket_age(c);
  settings.tickets = std::make_shared<OneTicket>(c.bytes("ticket"), session.encode());
}

}  // namespace tls::vectors::trace13
