// Memory that runs out, and two connections that are driven on whatever fails: every call of the API is made where
// nothing may be thrown, and a connection that failed is asked everything once more.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "interference/wire.h"
#include "support/faults.h"

namespace tls::test {

/// A client and a server of a shape, from start() to the end of an orderly exchange, or as far as they come.
class Trial {
 public:
  struct Half {
    Connection* connection = nullptr;
    Output out;
    ByteList unread, data;
    std::optional<Error> error;
    bool done = false, closed = false;
    [[nodiscard]] bool over() const { return connection == nullptr || error || closed; }
  };
  World world;
  Half client, server;
  std::string escaped;          ///< calls that an exception left
  std::optional<Code> refusal;  ///< of the call in which the planned fault came
  bool refused_softly = false;  ///< that call said so, and the connection goes on, as it may

  explicit Trial(const Shape& shape) : shape_(shape) { shape.prepare(world); }

  /// May be changed before run(): what the connections take from outside.
  std::shared_ptr<const ClientSettings> client_settings;
  std::shared_ptr<const ServerSettings> server_settings;
  /// Called when a source is asked for the server's configuration; may throw.
  std::function<void()> when_choosing;
  /// Settings as the shape has them.
  Trial& build() {
    client_settings = world.client_settings();
    server_settings = world.server_settings();
    return *this;
  }

  Trial& run() {
    const ClientConfig client_config = ConfigAccess::make(client_settings);
    const ServerConfig server_config = ConfigAccess::make(server_settings);
    call("start", [&] {
      auto started = ClientConnection::start(client_config, "example.com", client.out);
      if (started)
        client_.emplace(std::move(*started));
      else
        note(started.error().code());
    });
    std::shared_ptr<OneConfig> source;
    if (shape_.chosen != Chosen::before) {
      source = std::make_shared<OneConfig>(server_config, shape_.chosen == Chosen::by_source_later);
      source->asked = when_choosing;
      chosen_.emplace(server_config);
    }
    ServerStart start{.peer_address = "127.0.0.1:50000, an address of some length"};
    call("start", [&] {
      server_.emplace(source ? ServerConnection::start(source, std::move(start))
                             : ServerConnection::start(server_config));
    });
    if (client_) client.connection = &*client_;
    if (server_) server.connection = &*server_;
    if (client_ && !shape_.early.empty())
      command(client, "send_early", [&] { return as_void(client_->send_early(as_bytes(shape_.early), client.out)); });
    carry();
    if (client.done && server.done && !client.over() && !server.over()) exchange();
    for (Half* half : {&client, &server}) finish(*half);
    return *this;
  }
  /// Both sides did all that they wanted.
  [[nodiscard]] bool complete() const { return client.closed && server.closed && !client.error && !server.error; }

 private:
  static Result<void> as_void(Result<std::size_t> result) {
    if (!result) return std::unexpected(std::move(result).error());
    return {};
  }

  /// One call of the API: memory may run out in it, and nothing that is thrown may leave it.
  template <class F>
  void call(std::string_view what, F&& f) {
    try {
      const Faults::Call now;
      f();
    } catch (...) {
      escaped += std::string(what) + " ";
    }
  }
  void note(Code code) {
    if (!refusal) refusal = code;
  }
  /// A call that answers with a Result. Whether it failed the connection is what the next step says.
  template <class F>
  void command(Half& half, std::string_view what, F&& f) {
    std::optional<Error> error;
    call(what, [&] {
      Result<void> result = f();
      if (!result) error.emplace(std::move(result).error());
    });
    if (!error) return;
    note(error->code());
    if (half.over()) return;
    ByteList none;
    call("step", [&] {
      const Step step = half.connection->step(none, half.out);
      if (const auto* failed = std::get_if<Failed>(&step.event)) half.error = failed->error;
    });
    refused_softly = !half.error;
  }

  void take(World& w, Half& half) {
    for (int i = 0; !half.over(); ++i) {
      REQUIRE_MESSAGE(i < 5000, "a connection that never rests");
      // A buffer of its own for each step, freed behind it: who still points there is found out.
      ByteList in = half.unread;
      std::optional<Step> step;
      call("step", [&] { step.emplace(half.connection->step(in, half.out)); });
      if (!step) continue;  // that something escaped is noted; the connection must be fit for the next step
      REQUIRE(step->consumed <= in.size());
      if (auto* failed = std::get_if<Failed>(&step->event)) {
        half.error = failed->error;
        note(half.error->code());
      }
      if (const auto* data = std::get_if<AppData>(&step->event))
        half.data.insert(half.data.end(), data->bytes.begin(), data->bytes.end());
      half.done |= std::holds_alternative<HandshakeDone>(step->event);
      half.closed |= std::holds_alternative<PeerClosed>(step->event);
      half.unread.erase(half.unread.begin(), half.unread.begin() + static_cast<std::ptrdiff_t>(step->consumed));
      if (std::holds_alternative<NeedInput>(step->event)) return;
      if (const auto* await = std::get_if<Await>(&step->event)) {
        OperationResult result = std::holds_alternative<ConfigRequest>(*half.connection->pending())
                                     ? OperationResult(Result<ServerConfig>(*chosen_))
                                     : answer_to(*half.connection->pending(), w.random);
        command(half, "complete", [&] { return half.connection->complete(await->id, std::move(result), half.out); });
      }
    }
  }
  void carry() {
    for (int i = 0; i < 1000; ++i) {
      // A step without input: after a fault there may be something that points where nothing is any more.
      const bool any = !client.out.empty() || !server.out.empty();
      deliver(client, server);
      deliver(server, client);
      if (!any) return;
    }
    FAIL("two connections that never rest");
  }
  void deliver(Half& from, Half& to) {
    to.unread.insert(to.unread.end(), from.out.bytes().begin(), from.out.bytes().end());
    from.out.consume(from.out.size());
    take(world, to);
  }

  void exchange() {
    const ByteList up(20000, 0x55), down(300, 0xAA);
    const bool updates = client.connection->info().version == ProtocolVersion::tls13;
    for (Half* half : {&client, &server}) {
      if (half->over()) continue;
      const ByteList& data = half == &client ? up : down;
      command(*half, "send", [&] { return half->connection->send(data, half->out); });
      std::uint8_t key[32];
      if (!half->over())
        command(*half, "export", [&] { return half->connection->export_keying_material("EXPORTER-test", {}, key); });
      if (updates && !half->over())
        command(*half, "update_keys", [&] { return half->connection->update_keys(true, half->out); });
      if (!half->over()) command(*half, "send", [&] { return half->connection->send(down, half->out); });
    }
    carry();
    for (Half* half : {&client, &server})
      if (!half->error) command(*half, "close", [&] { return half->connection->close(half->out); });
    carry();
  }

  /// Whoever is not finished learns that the transport is gone; whoever failed stays so, whatever is asked of it.
  void finish(Half& half) {
    if (half.connection == nullptr) return;
    Connection& c = *half.connection;
    if (!half.error && !half.closed)
      call("transport_closed", [&] {
        const Step step = c.transport_closed();
        if (const auto* failed = std::get_if<Failed>(&step.event)) half.error = failed->error;
      });
    if (!half.error) return;
    Output out;
    ByteList none, more(100, 0x16);
    for (ByteList* in : {&none, &more}) {
      const Step step = c.step(*in, out);
      const auto* failed = std::get_if<Failed>(&step.event);
      REQUIRE(failed);
      CHECK(failed->error.code() == half.error->code());
    }
    CHECK_FALSE(c.established());
    CHECK_FALSE(c.may_send());
    CHECK(c.pending() == nullptr);
    CHECK_FALSE(c.send(as_bytes("x"), out));
    CHECK_FALSE(c.update_keys(false, out));
    std::uint8_t key[32];
    CHECK_FALSE(c.export_keying_material("EXPORTER-test", {}, key));
    CHECK_FALSE(c.complete(OperationId{1}, Result<ChainAccepted>(ChainAccepted{}), out));
    CHECK_FALSE(c.close(out));
    c.abort(Alert::internal_error, out);
    CHECK(std::holds_alternative<Failed>(c.transport_closed().event));
    CHECK(c.info().server_name.size() < 100);
    CHECK(out.empty());
  }

  const Shape& shape_;
  std::optional<ServerConfig> chosen_;  // that a source gives
  std::optional<ClientConnection> client_;
  std::optional<ServerConnection> server_;
};

}  // namespace tls::test
