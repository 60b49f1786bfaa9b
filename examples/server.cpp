// A TLS server in 25 lines: echoes what each client sends. Usage: server PORT CHAIN.pem KEY.pem
#include <tls/adapters/socket_stream.h>
#include <fstream>
#include <iostream>
#include <iterator>

std::string read_file(const char* path) { return {std::istreambuf_iterator<char>(std::ifstream(path).rdbuf()), {}}; }
int failed(const tls::Error& error) { return std::cerr << error.message() << std::endl, 1; }

int main(int argc, char** argv) {
  if (argc != 4) return std::cerr << "usage: server PORT CHAIN.pem KEY.pem\n", 1;
  auto credential = tls::load_credential(read_file(argv[2]), read_file(argv[3]));
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
