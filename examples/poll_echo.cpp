// An echo server for many clients on one thread. Usage: poll_echo PORT CHAIN.pem KEY.pem
#include <tls/adapters/poll_loop.h>
#include <tls/secret_bytes.h>

#include <fstream>
#include <iostream>

namespace {

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

struct Echo : tls::LinkHandler {
  void on_data(tls::Link& link, tls::MutableBytes data) override {
    // Back-pressure is the loop's: it stops reading while too much waits to be written.
    if (auto sent = link.send(data); !sent) link.abort(tls::Alert::internal_error);
  }
  void on_end(tls::Link&, const tls::Error* error) override {
    if (error != nullptr) std::cerr << error->message() << '\n';
  }
};

}  // namespace

int main(int argc, char** argv) {
  if (argc != 4) return std::cerr << "usage: poll_echo PORT CHAIN.pem KEY.pem\n", 1;
  auto failed = [](const tls::Error& error) { return std::cerr << error.message() << '\n', 1; };
  const tls::SecretBytes chain = read_file(argv[2]), key = read_file(argv[3]);
  auto credential = tls::load_credential(chain.text(), key.text());
  if (!credential) return failed(credential.error());
  auto config = tls::ServerConfig::builder().credentials(tls::credential_list({*credential})).build();
  if (!config) return failed(config.error());
  auto loop = tls::PollLoop::create();
  if (!loop) return failed(loop.error());
  auto port = loop->listen("127.0.0.1", static_cast<std::uint16_t>(std::stoi(argv[1])), *config,
                           [] { return std::make_unique<Echo>(); });
  if (!port) return failed(port.error());
  std::cerr << "listening on 127.0.0.1:" << *port << std::endl;
  if (auto done = loop->run(); !done) return failed(done.error());
}
