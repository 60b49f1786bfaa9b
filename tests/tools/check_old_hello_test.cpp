// What the hellos of old versions are like, and how their answers are read.
#include "cli/check/old_hello.h"

#include <doctest/doctest.h>

#include "tls/environment.h"

using namespace tls;
using namespace sallyport::cli;
using check::OldOffer;

namespace {

/// A ServerHello with this version, a session ID of so many bytes, and this suite.
std::vector<std::uint8_t> server_hello(std::uint8_t minor, std::uint8_t session, std::uint16_t suite) {
  std::vector<std::uint8_t> out{22, 3, minor, 0, 80, 2, 0, 0, 76, 3, minor};
  out.insert(out.end(), 32, 0xAA);
  out.push_back(session);
  out.insert(out.end(), session, 0xBB);
  out.push_back(static_cast<std::uint8_t>(suite >> 8));
  out.push_back(static_cast<std::uint8_t>(suite));
  return out;
}

}  // namespace

TEST_CASE("a hello of an old version is one that a server of that time reads") {
  for (const OldOffer offer : check::kOldOffers) {
    const auto hello = check::old_hello(offer, "localhost", system_random());
    REQUIRE(hello.size() > 43);
    CHECK(hello[0] == 22);
    CHECK((hello[3] << 8 | hello[4]) == static_cast<int>(hello.size()) - 5);
    CHECK((hello[6] << 16 | hello[7] << 8 | hello[8]) == static_cast<int>(hello.size()) - 9);
    CHECK(hello[9] == 3);
    CHECK(hello[10] == (offer == OldOffer::tls10 ? 1 : offer == OldOffer::tls11 ? 2 : 3));
  }
  CHECK(check::old_hello(OldOffer::tls10, "localhost", system_random()).size() ==
        check::old_hello(OldOffer::tls10, "", system_random()).size() + 18);
}

TEST_CASE("an answer to an old hello: whole or cut, what was offered and what was not") {
  const auto accepted = [](const std::vector<std::uint8_t>& answer, OldOffer offer) {
    return check::read_old_answer(answer, offer);
  };
  for (const std::uint8_t session : {std::uint8_t{0}, std::uint8_t{32}}) {
    const auto hello = server_hello(1, session, 0x002F);
    CHECK(hello.size() <= check::kMostOfAnswer);
    CHECK(accepted(hello, OldOffer::tls10).accepted);
    CHECK(accepted(hello, OldOffer::tls10).suite == 0x002F);
    for (std::size_t n = 1; n < hello.size(); ++n)
      CHECK_FALSE(check::read_old_answer(Bytes(hello).first(n), OldOffer::tls10).complete);
    CHECK(accepted(hello, OldOffer::tls11).complete);
    CHECK_FALSE(accepted(hello, OldOffer::tls11).accepted);  // it took a lower version than was asked for
  }
  CHECK_FALSE(accepted(server_hello(1, 33, 0x002F), OldOffer::tls10).accepted);
  CHECK_FALSE(accepted(server_hello(1, 0, 0x1301), OldOffer::tls10).accepted);
  // One of each kind, and one that the kind just does not have.
  struct Row {
    OldOffer offer;
    std::uint16_t in, out;
  };
  for (const Row& row : {Row{OldOffer::forbidden, 0xC018, 0x000A},
                         {OldOffer::forbidden, 0x0005, 0x002F},
                         {OldOffer::forbidden, 0x0015, 0x0016},
                         {OldOffer::forbidden, 0x0002, 0xC02F},
                         {OldOffer::broken_cipher, 0x000A, 0x0005},
                         {OldOffer::broken_cipher, 0xC012, 0xC02F},
                         {OldOffer::no_forward_secrecy, 0x009C, 0x009E},
                         {OldOffer::no_forward_secrecy, 0xC050, 0xC052},
                         {OldOffer::no_forward_secrecy, 0xC0A0, 0xC0AE},
                         {OldOffer::no_forward_secrecy, 0xC031, 0xC02F},
                         {OldOffer::finite_field, 0x009E, 0xC02F},
                         {OldOffer::finite_field, 0x0088, 0x0084},
                         {OldOffer::finite_field, 0xC09E, 0xC09C},
                         {OldOffer::cbc, 0xC027, 0xC02F},
                         {OldOffer::cbc, 0xC076, 0xC08A},
                         {OldOffer::cbc, 0xC04C, 0xC060},
                         {OldOffer::cbc, 0xC0AE, 0xC0AC}}) {
    CAPTURE(row.in);
    CAPTURE(row.out);
    CHECK(accepted(server_hello(3, 0, row.in), row.offer).accepted);
    CHECK_FALSE(accepted(server_hello(3, 0, row.out), row.offer).accepted);
  }
  // A warning before the ServerHello is no refusal (RFC 6066 §3: unrecognized_name); a fatal alert is one.
  for (const std::size_t warnings : {std::size_t{1}, check::kMostWarnings, check::kMostWarnings + 1}) {
    std::vector<std::uint8_t> answer;
    for (std::size_t i = 0; i < warnings; ++i) answer.insert(answer.end(), {21, 3, 1, 0, 2, 1, 112});
    CHECK_FALSE(accepted(answer, OldOffer::tls10).complete == (warnings <= check::kMostWarnings));
    const auto hello = server_hello(1, 32, 0x002F);
    answer.insert(answer.end(), hello.begin(), hello.end());
    CHECK(accepted(answer, OldOffer::tls10).accepted == (warnings <= check::kMostWarnings));
    if (warnings <= check::kMostWarnings) CHECK(answer.size() <= check::kMostOfAnswer);
    answer[5] = 2;
    CHECK(accepted(answer, OldOffer::tls10).complete);
    CHECK_FALSE(accepted(answer, OldOffer::tls10).accepted);
  }
  CHECK_FALSE(accepted({21, 3, 1, 0, 2, 1}, OldOffer::tls10).complete);
  for (const std::vector<std::uint8_t>& other :
       {std::vector<std::uint8_t>{21, 3, 1, 0, 2, 2, 70}, {'H', 'T', 'T', 'P'}, {22, 3, 1, 0, 4, 1}}) {
    CHECK(accepted(other, OldOffer::tls10).complete);
    CHECK_FALSE(accepted(other, OldOffer::tls10).accepted);
  }
  CHECK_FALSE(check::read_old_answer({}, OldOffer::tls10).complete);
}
