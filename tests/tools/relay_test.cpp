// The relay of standard input and output: it ends well when the server does, whatever we had to say still.
#include <doctest/doctest.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tools/place.h"

using namespace tls::test;

TEST_CASE_FIXTURE(Place, "the server closes first, while standard input is open and silent") {
  const RunningServer server(serve({"--send", "1000"}));
  const std::string pipe = folder.path("pipe");
  REQUIRE(::mkfifo(pipe.c_str(), 0600) == 0);
  const int writer = ::open(pipe.c_str(), O_RDWR | O_CLOEXEC);  // as long as it is open the pipe does not end
  REQUIRE(writer >= 0);
  const Ran ran =
      run_tool_reading({"client", "localhost", "--connect", "127.0.0.1:" + server.port(), "--ca", root()}, pipe);
  ::close(writer);
  CHECK(ran.status == 0);
  CHECK(ran.out.size() == 1000);
}

TEST_CASE_FIXTURE(Place, "the server closes first, while we have more to send than it takes") {
  const RunningServer server(serve({"--send", "1000"}));
  const std::string much(16 << 20, 'm');
  for (int i = 0; i < 3; ++i) {
    const Ran ran = connect(server, {"--ca", root()}, much);
    CHECK_MESSAGE(ran.status == 0, ran.err);
    CHECK(ran.out.size() == 1000);
  }
}

TEST_CASE_FIXTURE(Place, "a server that refuses our certificate is heard, though it takes nothing any more") {
  const RunningServer server(serve({"--verify-client", "require", "--client-ca", root(), "--send", "10"}));
  const std::string much(16 << 20, 'm');
  const Ran ran = connect(server, {"--ca", root()}, much);
  CHECK(ran.status == 3);
  CHECK_MESSAGE(has(ran.err, "certificate_required, sent by the peer"), ran.err);
  CHECK(has(ran.err, "--cert FILE --key FILE"));
}
