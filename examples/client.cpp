// A TLS client in 25 lines: prints what a server answers to GET /. Usage: client HOST PORT [ROOTS.pem]
#include <tls/adapters/socket_stream.h>

#include <fstream>
#include <iostream>
#include <iterator>

int main(int argc, char** argv) {
  if (argc < 3) return std::cerr << "usage: client HOST PORT [ROOTS.pem]\n", 1;
  auto failed = [](const tls::Error& error) { return std::cerr << error.message() << '\n', 1; };
  std::ifstream file(argc > 3 ? argv[3] : "/dev/null");
  const std::string roots{std::istreambuf_iterator<char>(file), {}};
  auto trust = argc > 3 ? tls::trust_pem(roots) : tls::trust_system();
  if (!trust) return failed(trust.error());
  auto config = tls::ClientConfig::builder().trust(*trust).alpn({"http/1.1"}).build();
  if (!config) return failed(config.error());
  auto stream = tls::SocketStream::connect(*config, argv[1], argv[2]);
  if (!stream) return failed(stream.error());
  const std::string request = "GET / HTTP/1.1\r\nHost: " + std::string(argv[1]) + "\r\nConnection: close\r\n\r\n";
  if (auto sent = stream->write(tls::as_bytes(request)); !sent) return failed(sent.error());
  for (auto data = stream->read(); !data || !data->empty(); data = stream->read()) {
    if (!data) return failed(data.error());  // truncation too: a cut-off answer is never taken for a whole one
    std::cout << tls::as_text(*data);
  }
}
