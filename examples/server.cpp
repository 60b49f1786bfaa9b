// A TLS server in 40 lines: echoes what each client sends. Usage: server PORT CHAIN.pem KEY.pem
#include <tls/adapters/socket_stream.h>
#include <tls/secret_bytes.h>
#include <fstream>
#include <iostream>

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
int failed(const tls::Error& error) { return std::cerr << error.message() << std::endl, 1; }

int main(int argc, char** argv) {
  if (argc != 4) return std::cerr << "usage: server PORT CHAIN.pem KEY.pem\n", 1;
  const tls::SecretBytes chain = read_file(argv[2]), key = read_file(argv[3]);
  auto credential = tls::load_credential(chain.text(), key.text());
  if (!credential) return failed(credential.error());
  auto config = tls::ServerConfig::builder().credentials(tls::credential_list({*credential})).build();
  if (!config) return failed(config.error());
  auto listener = tls::Socket::listen("127.0.0.1", static_cast<std::uint16_t>(std::stoi(argv[1])));
  if (!listener) return failed(listener.error());
  std::cerr << "listening on 127.0.0.1:" << *listener->local_port() << std::endl;
  for (auto socket = listener->accept(); socket; socket = listener->accept()) {
    auto stream = tls::SocketStream::accept(*config, std::move(*socket));
    while (stream) {  // one client after the other: the poll loop serves many at once
      auto data = stream->read();
      if (!data || data->empty() || !stream->write(*data)) break;
    }
    if (stream) (void)stream->close();
  }
}
