// Adapters whose configuration is chosen by ClientHello.
#include <doctest/doctest.h>
#include <sys/socket.h>
#include <sys/wait.h>

#include <atomic>
#include <cstdio>
#include <stdexcept>
#include <thread>

#include "adapters/localhost.h"
#include "support/stepped_clock.h"
#include "tls/adapters/poll_loop.h"
#include "tls/adapters/socket_stream.h"

using namespace tls;
using namespace std::chrono_literals;

namespace {

/// Two services of one address, by name; both speak "echo".
struct Services {
  test::Authority authority;
  ServerConfig a = server("a.example"), b = server("b.example");
  ClientConfig client = test::Localhost::make_client(*trust_pem(authority.root.pem()));
  std::atomic<int> asked = 0;
  std::vector<std::string> names, addresses;

  [[nodiscard]] ServerConfig server(const std::string& name) const {
    const sallyport::Issued leaf = authority.leaf(sallyport::server_leaf(name, {name}));
    auto credential = load_credential(leaf.pem() + authority.intermediate.pem(), leaf.key_pem());
    REQUIRE(credential);
    auto config = ServerConfig::builder().credentials(credential_list({*credential})).session_context(name).build();
    REQUIRE(config);
    return *std::move(config);
  }
  [[nodiscard]] std::shared_ptr<const ServerConfigSource> source() {
    return config_source([this](const ConfigRequest& request) -> Answer<ServerConfig> {
      ++asked;
      names.push_back(request.hello.server_name);
      addresses.push_back(request.peer_address);
      if (request.hello.server_name == "later.example") return {};
      if (request.hello.server_name == "throws.example") throw std::runtime_error("no answer");
      return by_name(request);
    });
  }
  [[nodiscard]] Result<ServerConfig> by_name(const ConfigRequest& request) const {
    if (request.hello.server_name == "a.example") return a;
    if (request.hello.server_name == "b.example" || request.hello.server_name == "later.example") return b;
    return fail(Code::unrecognized_name, "this is neither a nor b");
  }
};

/// Both ends of a connection.
struct Ends {
  Socket client, server;
  Ends() {
    const auto listener = Socket::listen("127.0.0.1", 0);
    REQUIRE(listener);
    auto connected = Socket::connect("127.0.0.1", std::to_string(*listener->local_port()));
    REQUIRE(connected);
    client = *std::move(connected);
    server = *listener->accept();
  }
};

struct Count {
  int ready = 0, ended = 0;
  std::vector<Code> errors;
  std::string leaf;  // of the service that a client has met
};

class Client : public LinkHandler {
 public:
  explicit Client(Count& count) : count_(count) {}
  void on_ready(Link& link) override {
    ++count_.ready;
    static_cast<void>(link.send(as_bytes("hello")));
  }
  void on_data(Link& link, MutableBytes) override { link.close(); }
  void on_end(Link&, const Error* error) override {
    ++count_.ended;
    if (error != nullptr) count_.errors.push_back(error->code());
  }

 protected:
  Count& count_;
};

class Echo final : public Client {
 public:
  using Client::Client;
  void on_ready(Link&) override { ++count_.ready; }
  void on_data(Link& link, MutableBytes data) override { static_cast<void>(link.send(data)); }
};

template <class Done>
void run_until(PollLoop& loop, Done done) {
  const auto limit = std::chrono::steady_clock::now() + 60s;
  while (!done() && std::chrono::steady_clock::now() < limit) REQUIRE(loop.run_once(10ms));
  CHECK(done());
}

/// What a program prints, and its status.
std::pair<std::string, int> run(const std::string& command) {
  std::FILE* const pipe = ::popen(command.c_str(), "r");
  REQUIRE(pipe != nullptr);
  std::string all;
  char piece[4096];
  for (std::size_t n = 0; (n = std::fread(piece, 1, sizeof piece, pipe)) > 0;) all.append(piece, n);
  const int status = ::pclose(pipe);
  return {all, WIFEXITED(status) ? WEXITSTATUS(status) : -1};
}

}  // namespace

TEST_CASE("a source gives the configuration: SocketStream, by server name") {
  Services services;
  for (const std::string name : {"a.example", "b.example"}) {
    CAPTURE(name);
    Ends ends;
    std::optional<Result<SocketStream>> served;
    std::thread server([&] { served.emplace(SocketStream::accept(services.source(), std::move(ends.server))); });
    auto stream = SocketStream::connect(services.client, std::move(ends.client), name);
    server.join();
    REQUIRE(stream);
    REQUIRE(*served);
    CHECK((*served)->info().server_name == name);
    CHECK(stream->write(as_bytes("hello")));
    CHECK(as_text(*(*served)->read()) == "hello");
  }
  CHECK(services.asked == 2);
}

TEST_CASE("a source's Error is what accept() says, and the client is sent its alert") {
  Services services;
  struct Row {
    const char* name;
    Code at_server;
    Alert at_client;
  };
  for (const Row& row : {Row{"c.example", Code::unrecognized_name, Alert::unrecognized_name},
                         Row{"throws.example", Code::provider_failed, Alert::internal_error}}) {
    CAPTURE(row.name);
    Ends ends;
    std::optional<Result<SocketStream>> served;
    std::thread server([&] { served.emplace(SocketStream::accept(services.source(), std::move(ends.server))); });
    const auto stream = SocketStream::connect(services.client, std::move(ends.client), row.name);
    server.join();
    REQUIRE_FALSE(*served);
    CHECK((served->error().code() == row.at_server));
    REQUIRE_FALSE(stream);
    CHECK((stream.error().peer_alert() == row.at_client));
  }
}

TEST_CASE("a source is not asked about what is no ClientHello: the error and the alert are those of a handshake") {
  Services services;
  Ends ends;
  REQUIRE(::send(ends.client.fd(), "\x16\x03\x01\x00\x04\x02\x00\x00\x00", 9, 0) == 9);
  const auto served = SocketStream::accept(services.source(), std::move(ends.server));
  REQUIRE_FALSE(served);
  CHECK((served.error().code() == Code::unexpected_message));
  char alert[7];
  REQUIRE(::recv(ends.client.fd(), alert, sizeof alert, MSG_WAITALL) == sizeof alert);
  CHECK(alert[6] == 10);
  CHECK(services.asked == 0);

  Ends others;
  others.client = Socket();
  const auto gone = SocketStream::accept(services.source(), std::move(others.server));
  REQUIRE_FALSE(gone);
  CHECK((gone.error().code() == Code::truncated));
}

TEST_CASE("waiting for the ClientHello is part of the handshake and of its limit: SocketStream and PollLoop") {
  Services services;
  Output hello;
  REQUIRE(ClientConnection::start(services.client, "a.example", hello));
  const Bytes part = hello.bytes().first(hello.size() - 1);
  Ends ends;
  REQUIRE(::send(ends.client.fd(), part.data(), part.size(), 0) == static_cast<ssize_t>(part.size()));
  test::HastyClock hasty(10ms);
  const auto served =
      SocketStream::accept(services.source(), std::move(ends.server), {.handshake_timeout = 100ms, .clock = hasty});
  REQUIRE_FALSE(served);
  CHECK((served.error().code() == Code::timed_out));

  test::SteppedClock clock;
  auto loop = PollLoop::create(clock);
  REQUIRE(loop);
  Count count;
  const auto port = loop->listen("127.0.0.1", 0, services.source(), [&] { return std::make_unique<Echo>(count); },
                                 {.handshake_timeout = 100ms});
  REQUIRE(port);
  const auto socket = Socket::connect("127.0.0.1", std::to_string(*port));
  REQUIRE(socket);
  REQUIRE(::send(socket->fd(), part.data(), part.size(), 0) == static_cast<ssize_t>(part.size()));
  run_until(*loop, [&] { return loop->links() == 1; });
  clock.step(99ms);
  for (int i = 0; i < 5; ++i) REQUIRE(loop->run_once(1ms));
  CHECK(count.ended == 0);
  clock.step(1ms);
  run_until(*loop, [&] { return count.ended == 1; });
  CHECK((count.errors == std::vector<Code>{Code::timed_out}));
  CHECK(services.asked == 0);
}

TEST_CASE("a ClientHello of the longest kind, in small pieces, is taken by both adapters") {
  Services services;
  // A session ticket or names of protocols could be as long as this: here it is authorities.
  const std::vector<std::vector<std::uint8_t>> names(120, std::vector<std::uint8_t>(250, 0x30));
  auto config = ClientConfig::builder()
                    .trust(*trust_pem(services.authority.root.pem()))
                    .certificate_authorities(names)
                    .max_fragment(64)
                    .build();
  REQUIRE(config);
  Ends ends;
  std::optional<Result<SocketStream>> served;
  std::thread server([&] { served.emplace(SocketStream::accept(services.source(), std::move(ends.server))); });
  auto stream = SocketStream::connect(*config, std::move(ends.client), "b.example");
  server.join();
  REQUIRE(stream);
  REQUIRE(*served);

  auto loop = PollLoop::create();
  REQUIRE(loop);
  Count at_server, at_client;
  const auto port = loop->listen("127.0.0.1", 0, services.source(), [&] { return std::make_unique<Echo>(at_server); });
  REQUIRE(port);
  std::thread client([&] {
    auto socket = Socket::connect("127.0.0.1", std::to_string(*port));
    REQUIRE(socket);
    auto over_loop = SocketStream::connect(*config, *std::move(socket), "b.example");
    REQUIRE(over_loop);
    CHECK(over_loop->write(as_bytes("hello")));
    CHECK(as_text(*over_loop->read()) == "hello");
    CHECK(over_loop->close());
  });
  run_until(*loop, [&] { return at_server.ended == 1; });
  client.join();
  CHECK(at_server.errors.empty());
}

TEST_CASE("a source gives each link its configuration: PollLoop, by server name; its Error ends the link") {
  Services services;
  auto loop = PollLoop::create();
  REQUIRE(loop);
  Count at_server;
  const auto port = loop->listen("127.0.0.1", 0, services.source(), [&] { return std::make_unique<Echo>(at_server); });
  REQUIRE(port);
  std::vector<std::string> met;
  std::vector<Alert> alerts;
  std::thread clients([&] {
    for (const char* name : {"a.example", "b.example", "c.example"}) {
      auto socket = Socket::connect("127.0.0.1", std::to_string(*port));
      REQUIRE(socket);
      auto stream = SocketStream::connect(services.client, *std::move(socket), name);
      if (!stream) {
        alerts.push_back(stream.error().peer_alert().value_or(Alert::close_notify));
        continue;
      }
      CHECK(stream->write(as_bytes(name)));
      met.emplace_back(as_text(*stream->read()));
      CHECK(stream->close());
    }
  });
  run_until(*loop, [&] { return at_server.ended == 3; });
  clients.join();
  CHECK(met == std::vector<std::string>{"a.example", "b.example"});
  CHECK((alerts == std::vector<Alert>{Alert::unrecognized_name}));
  CHECK((at_server.errors == std::vector<Code>{Code::unrecognized_name}));
  CHECK(at_server.ready == 2);
  CHECK(services.names == std::vector<std::string>{"a.example", "b.example", "c.example"});
}

TEST_CASE("a source that throws ends its link with provider_failed, and the client is told") {
  Services services;
  auto loop = PollLoop::create();
  REQUIRE(loop);
  Count at_server;
  const auto port = loop->listen("127.0.0.1", 0, services.source(), [&] { return std::make_unique<Echo>(at_server); });
  REQUIRE(port);
  std::optional<Alert> told;
  std::thread client([&] {
    auto socket = Socket::connect("127.0.0.1", std::to_string(*port));
    REQUIRE(socket);
    const auto stream = SocketStream::connect(services.client, *std::move(socket), "throws.example");
    REQUIRE_FALSE(stream);
    told = stream.error().peer_alert();
  });
  run_until(*loop, [&] { return at_server.ended == 1; });
  client.join();
  CHECK((at_server.errors == std::vector<Code>{Code::provider_failed}));
  CHECK((told == Alert::internal_error));
}

namespace {

/// Answers what a source has left open: at once, or when the loop gets to it.
class Answering final : public Client {
 public:
  Answering(Count& count, const Services& services, PollLoop& loop, bool at_once)
      : Client(count), services_(services), loop_(loop), at_once_(at_once) {}
  void on_ready(Link&) override { ++count_.ready; }
  void on_data(Link& link, MutableBytes data) override { static_cast<void>(link.send(data)); }
  void on_operation(Link& link, OperationId id, const Operation& operation) override {
    const auto& request = std::get<ConfigRequest>(operation);
    CHECK(request.peer_address == link.peer_address());
    if (at_once_) return static_cast<void>(link.complete(id, services_.by_name(request)));
    loop_.post([answer = link.answer_later(id), config = services_.by_name(request)] { answer(config); });
  }

 private:
  const Services& services_;
  PollLoop& loop_;
  bool at_once_;
};

}  // namespace

TEST_CASE("a source that answers later is answered by on_operation() or StreamOptions::answer, and knows the address") {
  Services services;
  for (const bool at_once : {true, false}) {
    CAPTURE(at_once);
    auto loop = PollLoop::create();
    REQUIRE(loop);
    Count at_server;
    const auto port = loop->listen("127.0.0.1", 0, services.source(),
                                   [&] { return std::make_unique<Answering>(at_server, services, *loop, at_once); });
    REQUIRE(port);
    std::string local;
    std::thread client([&] {
      auto socket = Socket::connect("127.0.0.1", std::to_string(*port));
      REQUIRE(socket);
      local = "127.0.0.1:" + std::to_string(*socket->local_port());
      auto stream = SocketStream::connect(services.client, *std::move(socket), "later.example");
      // The certificate is b's, which is not for this name; the server is done with its part.
      REQUIRE_FALSE(stream);
      CHECK((stream.error().code() == Code::name_mismatch));
    });
    run_until(*loop, [&] { return at_server.ended == 1; });
    client.join();
    CHECK(services.addresses.back() == local);
  }

  Ends ends;
  const std::string local = "127.0.0.1:" + std::to_string(*ends.client.local_port());
  std::thread client([&] {
    const auto stream = SocketStream::connect(services.client, std::move(ends.client), "later.example");
    REQUIRE_FALSE(stream);
    CHECK((stream.error().code() == Code::name_mismatch));
  });
  std::string asked_with;
  const auto served = SocketStream::accept(services.source(), std::move(ends.server),
                                           {.answer = [&](const Operation& operation) -> OperationResult {
                                             const auto& request = std::get<ConfigRequest>(operation);
                                             asked_with = request.peer_address;
                                             return services.by_name(request);
                                           }});
  client.join();
  CHECK(asked_with == local);
}

TEST_CASE("a link whose configuration is not chosen yet can be closed and aborted") {
  Services services;
  for (const bool abort : {false, true}) {
    auto loop = PollLoop::create();
    REQUIRE(loop);
    Count at_server;
    const auto port =
        loop->listen("127.0.0.1", 0, services.source(), [&] { return std::make_unique<Echo>(at_server); });
    REQUIRE(port);
    const auto socket = Socket::connect("127.0.0.1", std::to_string(*port));
    REQUIRE(socket);
    REQUIRE(::send(socket->fd(), "\x16", 1, 0) == 1);
    run_until(*loop, [&] { return loop->links() == 1; });
    if (abort) {
      loop.emplace(*PollLoop::create());  // ends the first one, and its link
      CHECK((at_server.errors == std::vector<Code>{Code::aborted}));
      continue;
    }
    REQUIRE(::shutdown(socket->fd(), SHUT_WR) == 0);
    run_until(*loop, [&] { return at_server.ended == 1; });
    CHECK((at_server.errors == std::vector<Code>{Code::truncated}));
  }
}

TEST_CASE("OpenSSL's client meets the service that it names, and is told when there is none") {
  if (run("openssl version").second != 0) {
    MESSAGE("no openssl here");
    return;
  }
  Services services;
  for (const std::string name : {"a.example", "b.example", "c.example"}) {
    CAPTURE(name);
    const auto listener = Socket::listen("127.0.0.1", 0);
    REQUIRE(listener);
    std::thread server([&] {
      auto stream = SocketStream::accept(services.source(), *listener->accept());
      if (!stream) return;
      static_cast<void>(stream->write(as_bytes("this is " + name + "\n")));
      static_cast<void>(stream->close());
    });
    const auto [said, status] =
        run("openssl s_client -quiet -connect 127.0.0.1:" + std::to_string(*listener->local_port()) + " -servername " +
            name + " </dev/null 2>&1");
    server.join();
    if (name != "c.example")
      CHECK(said.find("this is " + name) != std::string::npos);
    else
      CHECK_MESSAGE(said.find("unrecognized name") != std::string::npos, said);
  }
}
