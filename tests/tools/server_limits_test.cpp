// What a visitor of `sallyport server` may take: each limit below, at and above its value, with a clock of the test's.
#include <doctest/doctest.h>

#include "cli/serve/http.h"
#include "cli/serve/limits.h"
#include "cli/serve/service.h"
#include "tools/guest.h"

using namespace tls::test;
using namespace sallyport::cli;

namespace {

std::unique_ptr<Service> echo() { return std::make_unique<Echo>(); }
std::unique_ptr<Service> pages() { return std::make_unique<Http>(nullptr); }

/// A server and a client configuration, made once for all guests of a case.
struct Ends : Sides {
  tls::ServerConfig there = built(server());
  tls::ClientConfig here = built(client());

  [[nodiscard]] std::unique_ptr<Guest> guest(std::unique_ptr<Service> service) const {
    return std::make_unique<Guest>(there, here, std::move(service));
  }
  /// One whose handshake is done.
  [[nodiscard]] std::unique_ptr<Guest> met(std::unique_ptr<Service> service) const {
    auto out = guest(std::move(service));
    out->run();
    REQUIRE(out->done);
    REQUIRE(out->visit.handshake_done());
    return out;
  }
};

/// Whether the loop would end it, or a part of it, one millisecond after the other.
bool due(const Guest& guest, Guest::Visit::Time at) { return guest.visit.deadline() <= at; }

tls::Code code_of(const Guest& guest) {
  REQUIRE(guest.result());
  REQUIRE_FALSE(*guest.result());
  return guest.result()->error().code();
}

}  // namespace

TEST_CASE_FIXTURE(Ends, "server: a visitor that says nothing has ten seconds") {
  const auto guest = this->guest(echo());
  CHECK_FALSE(due(*guest, guest->began + kHandshakeLimit - 1ms));
  CHECK(due(*guest, guest->began + kHandshakeLimit));
  guest->visit.expire(guest->shop, guest->began + kHandshakeLimit);
  CHECK(guest->visit.over());
  CHECK(code_of(*guest) == tls::Code::timed_out);
  CHECK(guest->visit.traffic().bytes_in == 0);
}

TEST_CASE_FIXTURE(Ends, "server: the handshake has ten seconds in all, whatever trickles in") {
  const auto guest = this->guest(echo());
  const std::string hello(tls::as_text(guest->out.bytes()));
  for (std::size_t i = 0; i < 9; ++i) {
    guest->send_raw(hello.substr(i, 1));
    guest->now = guest->began + std::chrono::seconds(i + 1);
    guest->step_visit();
  }
  CHECK_FALSE(guest->visit.silent());
  CHECK_FALSE(due(*guest, guest->began + kHandshakeLimit - 1ms));
  CHECK(due(*guest, guest->began + kHandshakeLimit));
  guest->visit.expire(guest->shop, guest->began + kHandshakeLimit);
  CHECK(guest->visit.over());
  CHECK(code_of(*guest) == tls::Code::timed_out);
}

TEST_CASE_FIXTURE(Ends, "server: a visitor may be idle for a minute, and each answer begins it anew") {
  const auto guest = met(echo());
  CHECK_FALSE(due(*guest, guest->began + kIdleLimit - 1ms));
  CHECK(due(*guest, guest->began + kIdleLimit));
  guest->now = guest->began + 30s;
  guest->send("hello");
  guest->run();
  CHECK(guest->text == "hello");
  CHECK_FALSE(due(*guest, guest->now + kIdleLimit - 1ms));
  CHECK(due(*guest, guest->now + kIdleLimit));
  guest->visit.expire(guest->shop, guest->now + kIdleLimit);
  CHECK(guest->visit.over());
  CHECK(code_of(*guest) == tls::Code::timed_out);
}

TEST_CASE_FIXTURE(Ends, "server: between two requests the end of the minute is an end in order") {
  const auto guest = met(pages());
  guest->send("GET /json HTTP/1.1\r\n\r\n");
  guest->run();
  guest->now += kIdleLimit;
  guest->visit.expire(guest->shop, guest->now);
  guest->run();
  CHECK(guest->closed);
  REQUIRE(guest->result());
  CHECK(*guest->result());
  CHECK_FALSE(guest->visit.over());  // the visitor's end is waited for
  CHECK_FALSE(due(*guest, guest->now + kLingerLimit - 1ms));
  CHECK(due(*guest, guest->now + kLingerLimit));
}

TEST_CASE_FIXTURE(Ends, "server: a request that trickles in does not begin the minute anew") {
  const auto guest = met(pages());
  guest->now = guest->began + 59s;
  guest->send("GET / HT");
  guest->run();
  CHECK(due(*guest, guest->began + kIdleLimit));
  guest->visit.expire(guest->shop, guest->began + kIdleLimit);
  CHECK(guest->visit.over());
  CHECK(code_of(*guest) == tls::Code::timed_out);
}

TEST_CASE_FIXTURE(Ends, "server: who leaves in order is waited for, for two seconds and a megabyte") {
  for (const int excess : {-1, 0, 1}) {
    CAPTURE(excess);
    const auto guest = met(std::make_unique<Sender>(3));
    REQUIRE(guest->result());
    CHECK(*guest->result());
    CHECK(guest->text == "xxx");
    std::size_t left = static_cast<std::size_t>(static_cast<std::ptrdiff_t>(kMaxDrained) + excess);
    while (left != 0) {
      const std::size_t n = std::min<std::size_t>(left, 4096);
      guest->send_raw(std::string(n, 'y'));
      guest->step_visit();
      left -= n;
    }
    CHECK(guest->visit.over() == (excess >= 0));
  }
  const auto guest = met(std::make_unique<Sender>(3));
  CHECK_FALSE(due(*guest, guest->now + kLingerLimit - 1ms));
  CHECK(due(*guest, guest->now + kLingerLimit));
  guest->vanish();
  guest->step_visit();
  CHECK(guest->visit.over());
}

TEST_CASE_FIXTURE(Ends, "server: a request's head may have 16 KiB") {
  for (const int excess : {-1, 0, 1}) {
    CAPTURE(excess);
    const auto guest = met(pages());
    const std::string line = "GET /json HTTP/1.1\r\nX: ", end = "\r\n\r\n";
    const auto size = static_cast<std::size_t>(static_cast<std::ptrdiff_t>(kMaxHead) + excess);
    guest->send(line + std::string(size - line.size() - end.size(), 'x') + end);
    guest->run();
    CHECK(has(guest->text, excess <= 0 ? "HTTP/1.1 200 OK\r\n" : "HTTP/1.1 400 Bad Request\r\n"));
    CHECK(guest->closed == (excess > 0));
  }
  // Without an end it is refused once it cannot have one in time.
  const auto guest = met(pages());
  guest->send(std::string(kMaxHead, 'x'));
  guest->run();
  CHECK(guest->text.empty());
  guest->send("x");
  guest->run();
  CHECK(has(guest->text, "HTTP/1.1 400 Bad Request\r\n"));
}

TEST_CASE_FIXTURE(Ends, "server: a visitor that does not read costs a piece, one that reads gets all") {
  const auto slow = this->guest(std::make_unique<Sender>(100 << 20));
  while (!slow->done) slow->step_client(), slow->step_visit();
  for (int i = 0; i < 100; ++i) slow->step_visit();
  constexpr std::size_t kRecords = 1 << 10;  // what the records add to a piece
  CHECK(slow->visit.queued() > 0);
  CHECK(slow->visit.queued() <= kPiece + kRecords);
  CHECK((slow->visit.interest() & EPOLLOUT) != 0);
  CHECK((slow->visit.interest() & EPOLLIN) == 0);
  const auto quick = this->guest(std::make_unique<Sender>(3 << 20));
  quick->run();
  CHECK(quick->text.size() == 3 << 20);
}

TEST_CASE_FIXTURE(Ends, "server: who does not read its echo is not read") {
  const auto guest = met(echo());
  constexpr std::size_t kSent = 2 << 20;
  guest->send(std::string(kSent, 'e'));
  std::size_t most = 0;
  for (int i = 0; i < 100; ++i) {
    guest->write_client();
    guest->step_visit();
    most = std::max(most, guest->visit.queued());
  }
  CHECK(guest->out.size() > kSent / 2);  // it waits for us
  CHECK(most > 0);
  CHECK(most <= 3 * kPiece);  // the limit, and what one read holds
  CHECK((guest->visit.interest() & EPOLLIN) == 0);
  guest->run();
  CHECK(guest->text.size() == kSent);
}

TEST_CASE_FIXTURE(Ends, "server: a visitor that reads as fast as we write has a turn of so many bytes") {
  CHECK(Limits{}.turn == kTurn);
  // In a pair of sockets there is room for two pieces at least.
  for (const auto& [turn, pieces] :
       {std::pair{kPiece, 1U}, std::pair{kPiece + 1, 1U}, std::pair{2 * kPiece - 1, 2U}, std::pair{2 * kPiece, 2U}}) {
    CAPTURE(turn);
    Guest guest(there, here, std::make_unique<Sender>(100 << 20), {}, true, Limits{.turn = turn});
    while (!guest.visit.handshake_done()) guest.step_client(), guest.visit.serve(EPOLLIN, guest.shop, guest.now);
    std::uint64_t before = guest.visit.traffic().bytes_out;
    guest.step_client();  // makes room
    guest.step_client();
    before = guest.visit.traffic().bytes_out;
    guest.step_visit();
    const std::uint64_t written = guest.visit.traffic().bytes_out - before;
    CHECK(written / kPiece == pieces);
    CHECK((guest.visit.interest() & EPOLLOUT) != 0);
  }
}

TEST_CASE_FIXTURE(Ends, "server: a visitor that is not admitted is served nothing") {
  Guest guest(there, here, echo(), {}, false);
  guest.run();
  CHECK(guest.visit.over());
  CHECK_FALSE(guest.done);
  CHECK(guest.received() == 0);
}
