// A TLS server in 25 lines: echoes what each client sends, one client after the other. Usage: server PORT CHAIN.pem KEY.pem
#include <tls/adapters/socket_stream.h>

#include <fstream>
#include <iostream>
#include <iterator>

static std::string read_file(const char* path) {
  std::ifstream file(path);
  return {std::istreambuf_iterator<char>(file), {}};
}

int main(int argc, char** argv) {
  if (argc != 4) return std::cerr << "usage: server PORT CHAIN.pem KEY.pem\n", 1;
  auto failed = [](const tls::Error& error) { return std::cerr << error.message() << '\n', 1; };
  auto credential = tls::load_credential(read_file(argv[2]), read_file(argv[3]));
  if (!credential) return failed(credential.error());
  auto config = tls::ServerConfig::builder().credentials(tls::credential_list({*credential})).build();
  if (!config) return failed(config.error());
  auto listener = tls::Socket::listen("127.0.0.1", static_cast<std::uint16_t>(std::stoi(argv[1])));
  if (!listener) return failed(listener.error());
  std::cerr << "listening on 127.0.0.1:" << *listener->local_port() << std::endl;
  while (auto socket = listener->accept()) {
    auto stream = tls::SocketStream::accept(*config, std::move(*socket));
    if (!stream) { failed(stream.error()); continue; }
    for (auto data = stream->read(); data && !data->empty(); data = stream->read())
      if (!stream->write(*data)) break;
    (void)stream->close();
  }
}
