// RESP: replies however they are cut, and the limits of one.
#include "redis_protocol.h"

#include <doctest/doctest.h>

#include "support/environment.h"

namespace tls::redis {
namespace {

using namespace std::string_literals;

using Status = ReplyReader::Status;

/// What a reader makes of all of `text`, given in pieces of `piece` bytes: the replies, and how it ended.
struct Read {
  explicit Read(std::string_view text, std::size_t piece = std::string_view::npos) {
    ReplyReader reader;
    for (std::size_t at = 0; at < text.size() && status != Status::broken; at += std::min(piece, text.size() - at)) {
      Bytes in = as_bytes(text.substr(at, piece));
      do {
        status = reader.read(in);
        if (status == Status::reply) replies.push_back(reader.take());
      } while (status != Status::broken && !in.empty());
    }
    trouble = reader.trouble();
  }
  std::vector<Reply> replies;
  Status status = Status::more;
  std::string trouble;
};

std::string shown(const Reply& r) {
  switch (r.kind) {
    case Reply::Kind::none:
      return "none";
    case Reply::Kind::nil:
      return "nil";
    case Reply::Kind::status:
      return "+" + r.text;
    case Reply::Kind::text:
      return "\"" + r.text + "\"";
    case Reply::Kind::number:
      return std::to_string(r.number);
    case Reply::Kind::error:
      return "-" + r.text;
    case Reply::Kind::list:
      break;
  }
  std::string all = "[";
  for (const Reply& part : r.list) all += (all.size() > 1 ? " " : "") + shown(part);
  return all + "]";
}

TEST_CASE("each kind of reply, in pieces of any size") {
  const std::string_view all =
      "+OK\r\n-ERR no\r\n:0\r\n:-9223372036854775808\r\n$0\r\n\r\n$5\r\na\r\nb\n\r\n$-1\r\n*-1\r\n*0\r\n"
      "*3\r\n*2\r\n:1\r\n*1\r\n+x\r\n$2\r\nhi\r\n*0\r\n+\r\n";
  for (std::size_t piece = 1; piece <= all.size(); ++piece) {
    const Read read(all, piece);
    CHECK(read.status == Status::reply);
    std::string text;
    for (const Reply& reply : read.replies) text += shown(reply) + " ";
    CHECK(text == "+OK -ERR no 0 -9223372036854775808 \"\" \"a\r\nb\n\" nil nil [] [[1 [+x]] \"hi\" []] + ");
  }
}

TEST_CASE("what is not RESP 2 is refused as soon as it is seen") {
  for (const std::string_view text : {"H",
                                      "\r",
                                      "\n",
                                      " ",
                                      "_",
                                      ",",
                                      "#",
                                      "(",
                                      "!",
                                      "=",
                                      "%",
                                      "~",
                                      "|",
                                      ">",
                                      "*?\r\n",
                                      "$?\r\n",
                                      "$\r\n",
                                      "*\r\n",
                                      ":\r\n",
                                      ":+1\r\n",
                                      ": 1\r\n",
                                      ":1 \r\n",
                                      ":0x1\r\n",
                                      ":1.0\r\n",
                                      ":9223372036854775808\r\n",
                                      "$-2\r\n",
                                      "*-2\r\n",
                                      "$--1\r\n",
                                      "$99999999999999999999\r\n",
                                      "+OK\n",
                                      "+\n",
                                      "$1\r\nab",
                                      "$1\r\na\n",
                                      "$1\r\na\rx",
                                      "*1\r\nx"}) {
    CAPTURE(text);
    const Read read(text);
    CHECK(read.status == Status::broken);
    CHECK_FALSE(read.trouble.empty());
    CHECK(read.replies.empty());
  }
  CHECK(Read(std::string_view("\0", 1)).status == Status::broken);
}

TEST_CASE("a reader that is broken stays so until it is reset") {
  ReplyReader reader;
  Bytes in = as_bytes("*2\r\n:1\r\n$-5\r\n");
  REQUIRE(reader.read(in) == Status::broken);
  in = as_bytes("+OK\r\n");
  CHECK(reader.read(in) == Status::broken);
  reader.reset();
  in = as_bytes("+OK\r\n");
  REQUIRE(reader.read(in) == Status::reply);
  CHECK(shown(reader.take()) == "+OK");
}

std::string text_of(std::size_t size) { return "$" + std::to_string(size) + "\r\n" + std::string(size, 'x') + "\r\n"; }
std::string repeated(const std::string& text, std::size_t times) {
  std::string all;
  for (std::size_t i = 0; i < times; ++i) all += text;
  return all;
}

TEST_CASE("the limits of one reply: below, at and above") {
  const auto status = [](const std::string& text) { return Read(text).status; };
  // Text, in one place and in all; what is too long is refused before it comes.
  CHECK(status(text_of(kMostText - 1)) == Status::reply);
  CHECK(status(text_of(kMostText)) == Status::reply);
  CHECK(status("$" + std::to_string(kMostText + 1) + "\r\n") == Status::broken);
  const std::string half = text_of(kMostText / 2);
  CHECK(status("*2\r\n" + half + half) == Status::reply);
  CHECK(status("*3\r\n" + half + half + "$1\r\n") == Status::broken);
  CHECK(status("*3\r\n" + half + half + "+x\r\n") == Status::broken);
  CHECK(status("*3\r\n" + half + half + "+\r\n") == Status::reply);
  CHECK(status(half + half + half) == Status::reply);  // three replies
  // Lines.
  CHECK(status("+" + std::string(kLongestLine - 2, 'x') + "\r\n") == Status::reply);
  CHECK(status("+" + std::string(kLongestLine - 1, 'x') + "\r\n") == Status::reply);
  CHECK(status("+" + std::string(kLongestLine, 'x')) == Status::more);
  CHECK(status("+" + std::string(kLongestLine + 1, 'x')) == Status::broken);
  // Elements, of one list and of all.
  const auto list = [](std::size_t n) { return "*" + std::to_string(n) + "\r\n"; };
  CHECK(status(list(kMostParts - 1) + repeated(":1\r\n", kMostParts - 1)) == Status::reply);
  CHECK(status(list(kMostParts) + repeated(":1\r\n", kMostParts)) == Status::reply);
  CHECK(status(list(kMostParts + 1)) == Status::broken);
  CHECK(status(list(2) + list(kMostParts - 2) + repeated(":1\r\n", kMostParts - 2) + "*0\r\n") == Status::reply);
  CHECK(status(list(2) + list(kMostParts - 1)) == Status::broken);
  CHECK(status(repeated(list(1) + ":1\r\n", 2 * kMostParts)) == Status::reply);
  // Lists in lists.
  CHECK(status(repeated(list(1), kMaxDepth - 1) + ":1\r\n") == Status::reply);
  CHECK(status(repeated(list(1), kMaxDepth) + ":1\r\n") == Status::reply);
  CHECK(status(repeated(list(1), kMaxDepth + 1)) == Status::broken);
  CHECK(status(repeated(list(1), kMaxDepth) + "*0\r\n") == Status::broken);
}

TEST_CASE("whatever comes, and however it is cut: the same replies, and the same end") {
  tls::test::SeededRandom random(12);
  constexpr std::string_view kWords[] = {"+",
                                         "-",
                                         ":",
                                         "$",
                                         "*",
                                         "\r\n",
                                         "\r\n",
                                         "\r\n",
                                         "\n",
                                         "\r",
                                         "0",
                                         "1",
                                         "2",
                                         "3",
                                         "-1",
                                         "12",
                                         "x",
                                         "ab",
                                         ":1\r\n",
                                         "+OK\r\n",
                                         "$2\r\nab\r\n",
                                         "*2\r\n",
                                         "*0\r\n",
                                         "$-1\r\n",
                                         "9223372036854775807",
                                         ">"};
  std::size_t broken = 0, whole = 0;
  for (int round = 0; round < 20'000; ++round) {
    std::string text;
    for (std::uint64_t words = 1 + random.below(20); words > 0; --words)
      text += kWords[random.below(std::size(kWords))];
    const Read at_once(text), in_pieces(text, 1 + random.below(3));
    std::string one, other;
    for (const Reply& reply : at_once.replies) one += shown(reply);
    for (const Reply& reply : in_pieces.replies) other += shown(reply);
    REQUIRE(one == other);
    REQUIRE(at_once.status == in_pieces.status);
    REQUIRE(at_once.trouble == in_pieces.trouble);
    broken += at_once.status == Status::broken ? 1 : 0;
    whole += at_once.replies.empty() ? 0 : 1;
  }
  CHECK(broken > 1000);
  CHECK(whole > 1000);
}

TEST_CASE("commands, as a server reads them, in memory that is taken once") {
  const std::vector<Command> commands = {{"MULTI"}, {"SET", "key", std::string("\r\n\0", 3)}, {"GET", ""}};
  const SecretBytes made_bytes = encoded(commands);
  const std::string bytes(made_bytes.text());
  CHECK(bytes == "*1\r\n$5\r\nMULTI\r\n*3\r\n$3\r\nSET\r\n$3\r\nkey\r\n$3\r\n\r\n\0\r\n*2\r\n$3\r\nGET\r\n$0\r\n\r\n"s);
  CHECK(encoded({}).empty());
  const std::string large(100'000, 'p');
  const SecretBytes made_secret = encoded({{"AUTH", large}});
  const std::string made(made_secret.text());
  CHECK(made.capacity() < large.size() + 200);  // reserved, and not grown: a copy would be left behind
}

}  // namespace
}  // namespace tls::redis
