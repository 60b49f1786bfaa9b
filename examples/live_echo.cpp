// An echo server whose certificate changes while it runs: SIGHUP makes it read its files again. Usage: live_echo PORT
// CHAIN.pem KEY.pem
#include <tls/adapters/poll_loop.h>
#include <tls/live_config.h>
#include <tls/secret_bytes.h>
#include <tls/ticket_keys.h>

#include <csignal>
#include <fstream>
#include <iostream>

namespace {

volatile std::sig_atomic_t hung_up = 0;

// Wiped when it goes: it may hold a key.
tls::SecretBytes read_file(const char* path) {
  tls::SecretBytes bytes;
  std::ifstream file;
  file.rdbuf()->pubsetbuf(nullptr, 0);  // no buffer of its own, which nobody would wipe
  for (file.open(path); file;) {
    const tls::MutableBytes room = bytes.extend(4096);
    file.read(reinterpret_cast<char*>(room.data()), 4096);
    bytes.shorten(bytes.size() - 4096 + static_cast<std::size_t>(file.gcount()));
  }
  return bytes;
}

// The configuration with the certificate and the key that the files have now; a pair that does not fit is an Error.
tls::Result<tls::ServerConfig> load(tls::ServerConfig::Builder builder, char** files) {
  const tls::SecretBytes chain = read_file(files[0]), key = read_file(files[1]);
  auto credential = tls::load_credential(chain.text(), key.text());
  if (!credential) return std::unexpected(credential.error());
  return builder.credentials(tls::credential_list({*credential})).build();
}

struct Echo : tls::LinkHandler {
  void on_data(tls::Link& link, tls::MutableBytes data) override {
    if (auto sent = link.send(data); !sent) link.abort(tls::Alert::internal_error);
  }
};

}  // namespace

int main(int argc, char** argv) {
  if (argc != 4) return std::cerr << "usage: live_echo PORT CHAIN.pem KEY.pem\n", 1;
  auto failed = [](const tls::Error& error) { return std::cerr << error.message() << '\n', 1; };
  auto keys = tls::RotatingTicketKeys::at_random();
  if (!keys) return failed(keys.error());
  auto config = load(tls::ServerConfig::builder().tickets(*keys), argv + 2);
  if (!config) return failed(config.error());
  auto live = std::make_shared<tls::LiveServerConfig>(*config);
  auto loop = tls::PollLoop::create();
  if (!loop) return failed(loop.error());
  auto port = loop->listen("127.0.0.1", static_cast<std::uint16_t>(std::stoi(argv[1])), live,
                           [] { return std::make_unique<Echo>(); });
  if (!port) return failed(port.error());
  std::signal(SIGHUP, [](int) { hung_up = 1; });
  std::cerr << "listening on 127.0.0.1:" << *port << std::endl;
  while (loop->run_once(std::chrono::milliseconds(200))) {
    if (hung_up == 0) continue;
    hung_up = 0;  // connections go on, and sessions: the new configuration has the same ticket keys
    auto now = live->update([&](const tls::ServerConfig& old) { return load(old.rebuild(), argv + 2); });
    std::cerr << (now ? "reloaded" : "not reloaded: " + now.error().message()) << std::endl;
  }
}
