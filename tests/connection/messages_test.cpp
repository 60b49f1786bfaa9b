#include "connection/messages.h"

#include <doctest/doctest.h>

#include "connection/fake_handshake.h"
#include "support/environment.h"

using namespace tls;
using test::ByteList;
using test::message;
using test::operator+;

namespace {
constexpr std::size_t kMax = 1000;

/// Gives `bytes` in records of `sizes` and returns the messages that came out.
std::vector<ByteList> split(const ByteList& bytes, const std::function<std::size_t()>& size) {
  Messages messages;
  std::vector<ByteList> got;
  for (std::size_t at = 0; at < bytes.size();) {
    const std::size_t n = std::min(size(), bytes.size() - at);
    messages.add(Bytes(bytes).subspan(at, n));
    at += n;
    for (;;) {
      const Result<std::optional<Message>> next = messages.next(kMax);
      REQUIRE(next);
      if (!*next) break;
      got.emplace_back((*next)->bytes.begin(), (*next)->bytes.end());
    }
    messages.keep();
  }
  CHECK(messages.empty());
  CHECK(messages.capacity() == 0);
  return got;
}
}  // namespace

TEST_CASE("messages come out the same however records cut them") {
  test::SeededRandom random(11);
  const std::vector<ByteList> sent = {message(1, 0), message(2, 1),   message(3, 999), message(4, 3),
                                      message(5, 0), message(6, 500), message(7, 1000)};
  ByteList bytes;
  for (const ByteList& m : sent) bytes = std::move(bytes) + m;
  CHECK(split(bytes, [&] { return bytes.size(); }) == sent);
  for (std::size_t n = 1; n < 40; ++n) CHECK(split(bytes, [&] { return n; }) == sent);
  for (int round = 0; round < 200; ++round) CHECK(split(bytes, [&] { return 1 + random.below(700); }) == sent);
}

TEST_CASE("a whole message is given in place and nothing is allocated") {
  const ByteList bytes = message(1, 20) + message(2, 30);
  Messages messages;
  messages.add(bytes);
  Result<std::optional<Message>> first = messages.next(kMax);
  REQUIRE((first && *first));
  CHECK((*first)->bytes.data() == bytes.data());
  CHECK_FALSE((*first)->ends_record);
  Result<std::optional<Message>> second = messages.next(kMax);
  REQUIRE((second && *second));
  CHECK((*second)->bytes.data() == bytes.data() + 24);
  CHECK((*second)->ends_record);
  CHECK(messages.capacity() == 0);
}

TEST_CASE("a message ends its record only when nothing follows its last byte there") {
  const ByteList bytes = message(1, 20) + message(2, 3);
  for (std::size_t tail : {0u, 1u, 7u}) {
    Messages messages;
    messages.add(Bytes(bytes).first(10));
    CHECK_FALSE(messages.next(kMax).value());
    messages.keep();
    messages.add(Bytes(bytes).subspan(10, 14 + tail));
    const Result<std::optional<Message>> got = messages.next(kMax);
    REQUIRE((got && *got));
    CHECK((*got)->ends_record == (tail == 0));
  }
}

TEST_CASE("what is too long is refused by its header: at the limit, and one above") {
  for (std::size_t size : {kMax, kMax + 1}) {
    for (std::size_t cut : {4u, 5u, 2u}) {
      const ByteList bytes = message(9, size);
      Messages messages;
      messages.add(Bytes(bytes).first(cut));
      Result<std::optional<Message>> got = messages.next(kMax);
      if (cut < 4) {
        REQUIRE(got);
        messages.keep();
        messages.add(Bytes(bytes).subspan(cut, 4));
        got = messages.next(kMax);
      }
      CHECK(got.has_value() == (size == kMax));
      if (!got) CHECK(got.error().code() == Code::message_too_long);
    }
  }
}

TEST_CASE("the type is known by the first byte") {
  Messages messages;
  CHECK_FALSE(messages.type());
  const ByteList bytes = message(9, 5);
  messages.add(Bytes(bytes).first(1));
  CHECK(messages.type() == 9);
  messages.keep();
  CHECK(messages.type() == 9);
  CHECK_FALSE(messages.empty());
}
