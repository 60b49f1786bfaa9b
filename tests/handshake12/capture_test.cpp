// Real TLS 1.2 connections, captured with their secrets: our key block opens their records, our PRF gives their
// Finished messages, and what comes out is what tshark has seen. The captures are no part of the project.
#include <doctest/doctest.h>

#include <array>
#include <cstdlib>
#include <filesystem>
#include <map>
#include <sstream>

#include "handshake/key_schedule12.h"
#include "handshake/suite_impl.h"
#include "handshake/transcript.h"
#include "record/opener.h"
#include "support/hex.h"
#include "support/pcap.h"
#include "support/places.h"

using namespace tls;
using namespace tls::test;
using namespace tls::handshake;

namespace {

/// CLIENT_RANDOM lines (RFC 9850): main secrets by client random, both in hex.
std::map<std::string, std::string> read_keys(const std::string& path) {
  std::map<std::string, std::string> keys;
  std::ifstream in(path);
  for (std::string line, label, random, secret; std::getline(in, line);)
    if (std::istringstream(line) >> label >> random >> secret && label == "CLIENT_RANDOM") keys[random] = secret;
  return keys;
}

/// Application data of both directions by the port of the sender and the number of the stream, as tshark follows it.
std::map<std::size_t, std::array<ByteVector, 2>> read_expected(const std::string& path) {
  std::map<std::size_t, std::array<ByteVector, 2>> streams;
  std::ifstream in(path);
  std::size_t stream = 0;
  for (std::string line; std::getline(in, line);) {
    if (const auto at = line.find("tcp.stream eq "); at != std::string::npos) stream = std::stoul(line.substr(at + 14));
    const bool second = line.starts_with('\t');
    const std::string hex = line.substr(second ? 1 : 0);
    if (hex.empty() || hex.find_first_not_of("0123456789abcdef") != std::string::npos) continue;
    const ByteVector bytes = unhex(hex);
    auto& data = streams[stream][second];
    data.insert(data.end(), bytes.begin(), bytes.end());
  }
  return streams;
}

/// One connection, replayed from both sides.
class Replayed {
 public:
  Replayed(const TcpStream& stream, const std::map<std::string, std::string>& keys) : keys_(keys) {
    for (const TcpStream::Piece& piece : stream.pieces) {
      Side& side = sides_[piece.from_client];
      side.bytes.insert(side.bytes.end(), piece.bytes.begin(), piece.bytes.end());
      while (take_record(side, piece.from_client)) {
      }
    }
  }
  [[nodiscard]] const ByteVector& data(bool from_client) const { return sides_[from_client].data; }
  [[nodiscard]] unsigned finished() const { return finished_; }
  [[nodiscard]] bool ours() const { return suite_ != nullptr && main_.has_value(); }

 private:
  struct Side {
    ByteVector bytes, messages, data;
    record::Opener opener;
    bool lost = false;  // of a suite or with a secret that we do not have
  };

  bool take_record(Side& side, bool from_client) {
    if (side.bytes.size() < 5) return false;
    const std::size_t size = 5u + static_cast<std::size_t>(side.bytes[3] << 8 | side.bytes[4]);
    if (side.bytes.size() < size) return false;
    ByteVector record(side.bytes.begin(), side.bytes.begin() + static_cast<std::ptrdiff_t>(size));
    side.bytes.erase(side.bytes.begin(), side.bytes.begin() + static_cast<std::ptrdiff_t>(size));
    if (side.lost) return true;
    const auto frame = side.opener.frame(record);
    REQUIRE(frame);
    const auto opened = side.opener.open(*frame);
    REQUIRE_MESSAGE(opened, (opened ? "" : opened.error().message()));
    receive(side, opened->type, opened->content, from_client);
    return true;
  }

  void receive(Side& side, record::ContentType type, Bytes content, bool from_client) {
    if (type == record::ContentType::application_data)
      side.data.insert(side.data.end(), content.begin(), content.end());
    if (type == record::ContentType::change_cipher_spec) change_keys(side, from_client);
    if (type != record::ContentType::handshake) return;
    side.messages.insert(side.messages.end(), content.begin(), content.end());
    while (side.messages.size() >= 4) {
      const std::size_t size = 4u + detail::number(side.messages, 1, 3);
      if (side.messages.size() < size) return;
      const ByteVector message(side.messages.begin(), side.messages.begin() + static_cast<std::ptrdiff_t>(size));
      side.messages.erase(side.messages.begin(), side.messages.begin() + static_cast<std::ptrdiff_t>(size));
      take_message(message, from_client);
    }
  }

  void take_message(const ByteVector& message, bool from_client) {
    const Bytes random = Bytes(message).subspan(std::min<std::size_t>(6, message.size()));
    if (message[0] == 1) client_random_.assign(random.begin(), random.begin() + 32);
    if (message[0] == 2) {
      server_random_.assign(random.begin(), random.begin() + 32);
      choose(static_cast<CipherSuite>(detail::number(message, 38u + 1u + message[38], 2)));
    }
    if (message[0] == 20 && ours()) {
      const crypto::Digest h = transcript_.hash();
      const crypto::Digest expected =
          from_client ? main_->client_finished(h.bytes()) : main_->server_finished(h.bytes());
      CHECK(std::ranges::equal(Bytes(message).subspan(4), expected.bytes()));
      ++finished_;
    }
    transcript_.add(message);
  }

  void choose(CipherSuite id) {
    suite_ = crypto::find_suite(id);
    const auto secret = keys_.find(hex(client_random_));
    if (suite_ == nullptr || suite_->version != ProtocolVersion::tls12 || secret == keys_.end()) return;
    impl_ = implement(*suite_, provider_);
    transcript_.choose(*impl_.hash);
    main_ = MainSecret12::of_session(*impl_.hash, SessionSecret(unhex(secret->second)));
  }

  void change_keys(Side& side, bool from_client) {
    side.lost = !ours();
    if (side.lost) return;
    const KeyBlock block = main_->key_block(suite_->aead, client_random_, server_random_);
    side.opener.install(record::tls12_protection(*impl_.aead, from_client ? block.client_key() : block.server_key(),
                                                 from_client ? block.client_iv() : block.server_iv()));
  }

  const std::map<std::string, std::string>& keys_;
  const crypto::Provider provider_ = crypto::Provider::best();
  std::array<Side, 2> sides_;
  ByteVector client_random_, server_random_;
  Transcript transcript_;
  const crypto::SuiteFacts* suite_ = nullptr;
  SuiteImpl impl_;
  std::optional<MainSecret12> main_;
  unsigned finished_ = 0;
};

}  // namespace

TEST_CASE("captured connections open with our keys, their Finished are ours, their data is tshark's") {
  struct Row {
    std::string_view pcap, keys, expected;
    unsigned connections;  // of our suites
  };
  constexpr Row kRows[] = {
      {"zeek/tls12-decryption.pcap", "zeek/tls12-decryption.keys", "zeek-tls12-decryption.txt", 1},
      {"zeek/tls-1.2-stream-keylog.pcap", "zeek/tls-1.2-stream-keylog.keys", "zeek-tls-1.2-stream-keylog.txt", 1},
      {"wireshark/http2-data-reassembly.pcap", "wireshark/keys/http2-data-reassembly.keys",
       "wireshark-http2-data-reassembly.txt", 1},
      {"wireshark/tls12-chacha20poly1305.pcap", "wireshark/keys/tls12-chacha20poly1305.keys",
       "wireshark-tls12-chacha20poly1305.txt", 2},
      {"scapy/raw_data/tls_nss_example.pcap", "scapy/raw_data/tls_nss_example.keys.txt", "scapy-tls_nss_example.txt",
       1},
  };
  const std::string folder = (reference_dir() / "captures/").string();
  if (!std::filesystem::exists(folder)) {
    MESSAGE("no captures at " << folder);
    return;
  }
  for (const Row& row : kRows) {
    CAPTURE(row.pcap);
    const auto streams = read_pcap(folder + std::string(row.pcap));
    const auto keys = read_keys(folder + std::string(row.keys));
    const auto expected = read_expected(folder + "expected/" + std::string(row.expected));
    unsigned ours = 0;
    for (std::size_t i = 0; i < streams.size(); ++i) {
      Replayed connection(streams[i], keys);
      if (!connection.ours()) continue;
      ++ours;
      CHECK(connection.finished() == 2);
      REQUIRE(expected.contains(i));
      // tshark numbers the nodes by who is heard first.
      const bool first = expected.at(i)[0] == connection.data(true);
      CHECK(expected.at(i)[first ? 0 : 1] == connection.data(true));
      CHECK(expected.at(i)[first ? 1 : 0] == connection.data(false));
      CHECK_FALSE(connection.data(true).empty());
    }
    CHECK(ours == row.connections);
  }
}
