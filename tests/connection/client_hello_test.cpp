// A ClientHello that is looked at before there is a configuration.
#include "tls/client_hello.h"

#include <doctest/doctest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "fuzz/peek_targets.h"
#include "handshake/settings.h"
#include "support/corpus.h"
#include "support/hex.h"
#include "tls/connection.h"
#include "wire/client_hello.h"
#include "wire/message.h"

using namespace tls;
using namespace tls::test;
using ByteList = std::vector<std::uint8_t>;
using Seen = Result<std::optional<ClientHelloFacts>>;

namespace {

/// A handshake message in records of at most `fragment` bytes.
ByteList records(Bytes message, std::size_t fragment = 1 << 14) {
  ByteList out;
  for (std::size_t at = 0; at < message.size(); at += fragment) {
    const Bytes part = message.subspan(at, std::min(fragment, message.size() - at));
    out.insert(out.end(),
               {22, 3, 1, static_cast<std::uint8_t>(part.size() >> 8), static_cast<std::uint8_t>(part.size())});
    out.insert(out.end(), part.begin(), part.end());
  }
  return out;
}

ByteList message_of(const wire::ClientHello& hello) {
  ByteList body;
  Writer w(body);
  hello.encode(w);
  ByteList message{1, static_cast<std::uint8_t>(body.size() >> 16), static_cast<std::uint8_t>(body.size() >> 8),
                   static_cast<std::uint8_t>(body.size())};
  message.insert(message.end(), body.begin(), body.end());
  return message;
}

/// One with a padding of so many bytes, and a server_name.
ByteList padded(std::uint16_t padding) {
  wire::ClientHello hello;
  ByteList suites;
  const CipherSuite one[] = {CipherSuite::TLS_AES_128_GCM_SHA256};
  hello.cipher_suites = wire::CipherSuiteList::write(suites, one);
  hello.server_name = "Example.COM.";
  hello.padding = padding;
  return message_of(hello);
}
/// With a body of `size` bytes: padding fills the extensions, and a longer list of suites what is above them.
ByteList of_size(std::size_t size) {
  wire::ClientHello hello;
  const ByteList few = padded(0);
  const std::size_t least = few.size() - 4;
  const std::size_t padding = std::min<std::size_t>((size - least) / 2 * 2, 60'000);
  std::size_t more = size - least - padding;
  ByteList suites;
  std::vector<CipherSuite> list(1 + more / 2, CipherSuite::TLS_AES_128_GCM_SHA256);
  hello.cipher_suites = wire::CipherSuiteList::write(suites, list);
  hello.server_name = more % 2 == 0 ? "Example.COM." : "Example.COM.x";
  hello.padding = static_cast<std::uint16_t>(padding);
  ByteList message = message_of(hello);
  REQUIRE(message.size() == 4 + size);
  return message;
}

std::string reason(const Seen& seen) { return seen ? "none" : std::string(facts(seen.error().code()).name); }

/// What a server says of the same bytes.
std::string of_server(Bytes received) {
  auto settings = std::make_shared<ServerSettings>();
  settings->provider = crypto::Provider::best();
  settings->random = &system_random();
  settings->clock = &system_clock();
  ServerConnection server =
      ServerConnection::start(ConfigAccess::make(std::shared_ptr<const ServerSettings>(settings)));
  ByteList in(received.begin(), received.end());
  Output out;
  const Step step = server.step(in, out);
  const auto* failed = std::get_if<Failed>(&step.event);
  return failed == nullptr ? "none" : std::string(facts(failed->error.code()).name);
}

}  // namespace

TEST_CASE("peek: what a client offers, as it offers it") {
  const auto config = ClientConfig::builder()
                          .trust(trust_anyone_insecurely())
                          .alpn({"h2", "http/1.1"})
                          .cipher_suites({CipherSuite::TLS_CHACHA20_POLY1305_SHA256,
                                          CipherSuite::TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256})
                          .groups({NamedGroup::x25519, NamedGroup::secp384r1})
                          .key_shares({NamedGroup::secp384r1})
                          .signature_schemes({SignatureScheme::ed25519, SignatureScheme::rsa_pss_rsae_sha256})
                          .build();
  REQUIRE(config);
  Output out;
  REQUIRE(ClientConnection::start(*config, "www.Example.COM", out));
  const Seen seen = peek_client_hello(out.bytes());
  REQUIRE(seen);
  REQUIRE(*seen);
  const ClientHelloFacts& facts = **seen;
  CHECK(facts.server_name == "www.example.com");
  CHECK(std::vector<std::string_view>(facts.alpn.begin(), facts.alpn.end()) ==
        std::vector<std::string_view>{"h2", "http/1.1"});
  CHECK(facts.alpn.contains("http/1.1"));
  CHECK_FALSE(facts.alpn.contains("http"));
  CHECK(facts.versions == std::vector{ProtocolVersion::tls13, ProtocolVersion::tls12});
  CHECK(std::ranges::count(facts.suites, CipherSuite::TLS_CHACHA20_POLY1305_SHA256) == 1);
  CHECK(std::ranges::count(facts.suites, CipherSuite::TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256) == 1);
  CHECK(facts.groups == std::vector{NamedGroup::x25519, NamedGroup::secp384r1});
  CHECK(facts.key_shares == std::vector{NamedGroup::secp384r1});
  CHECK(facts.signature_schemes == std::vector{SignatureScheme::ed25519, SignatureScheme::rsa_pss_rsae_sha256});
  CHECK(facts.certificate_schemes.empty());
  CHECK_FALSE(facts.resumes);
  CHECK_FALSE(facts.early_data);
}

TEST_CASE("peek: without extensions legacy_version is all; a session ID resumes where TLS 1.3 is not offered") {
  wire::ClientHello hello;
  ByteList suites;
  const CipherSuite one[] = {CipherSuite::TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256};
  hello.cipher_suites = wire::CipherSuiteList::write(suites, one);
  const ByteList id(32, 7), ticket(10, 8), versions = unhex("0304 0303");
  const auto look = [&] { return **peek_client_hello(records(message_of(hello))); };
  CHECK(look().server_name == "");
  CHECK(look().alpn.empty());
  CHECK(look().versions == std::vector{ProtocolVersion::tls12});
  CHECK(look().groups.empty());
  CHECK_FALSE(look().resumes);
  hello.legacy_session_id = Bytes(id);
  CHECK(look().resumes);
  hello.supported_versions = wire::ProtocolVersionList(versions);
  CHECK_FALSE(look().resumes);
  hello.session_ticket = wire::Opaque();
  CHECK_FALSE(look().resumes);
  hello.session_ticket = Bytes(ticket);
  CHECK(look().resumes);
  hello.session_ticket.reset();
  ByteList identities, binders;
  const wire::PskIdentity identity[] = {{Bytes(ticket), 0}};
  const wire::PskBinderEntry binder[] = {{Bytes(id)}};
  hello.pre_shared_key.emplace(wire::PskIdentityList::write(identities, identity),
                               wire::PskBinderList::write(binders, binder));
  hello.early_data = true;
  CHECK(look().resumes);
  CHECK(look().early_data);
}

TEST_CASE("peek: byte by byte nothing is said before the last byte, however the message is split") {
  const ByteList message = padded(50);
  for (const std::size_t fragment : {std::size_t{1}, std::size_t{7}, message.size()}) {
    CAPTURE(fragment);
    const ByteList all = records(message, fragment);
    ClientHelloPeek peek;
    for (std::size_t n = 0; n < all.size(); ++n) {
      const Seen seen = peek.look(Bytes(all).first(n));
      REQUIRE(seen);
      REQUIRE_FALSE(*seen);
      REQUIRE_FALSE(*peek_client_hello(Bytes(all).first(n)));
    }
    const Seen seen = peek.look(all);
    REQUIRE(seen);
    REQUIRE(*seen);
    CHECK((*seen)->server_name == "example.com");
    CHECK(reason(peek.look(all)) == "misuse");  // used up
  }
}

TEST_CASE("peek: what follows the ClientHello is not looked at") {
  ByteList all = records(padded(0));
  all.insert(all.end(), {99, 99, 99, 99, 99, 99});
  const Seen seen = peek_client_hello(all);
  REQUIRE(seen);
  CHECK(*seen);
}

TEST_CASE("peek: a body of 64 KiB is taken, one byte less too, one byte more is message_too_long, as a server has it") {
  constexpr std::size_t kMost = 1 << 16;
  for (const std::size_t size : {kMost - 1, kMost}) {
    CAPTURE(size);
    const Seen seen = peek_client_hello(records(of_size(size)));
    REQUIRE(seen);
    REQUIRE(*seen);
    CHECK((*seen)->server_name.starts_with("example.com"));
  }
  const ByteList above = records(of_size(kMost + 1));
  CHECK(reason(peek_client_hello(above)) == "message_too_long");
  CHECK(of_server(above) == "message_too_long");
  // By its header alone.
  CHECK(reason(peek_client_hello(Bytes(above).first(5 + (1 << 14)))) == "message_too_long");
}

TEST_CASE("peek: the records of a ClientHello are complete within kMaxClientHelloBytes, or it is refused") {
  // A message of the longest kind in records so short that their headers fill the rest, to the byte.
  const ByteList message = of_size(1 << 16);
  const std::size_t headers = (kMaxClientHelloBytes - message.size()) / 5;
  ByteList all;
  Bytes rest = message;
  for (std::size_t left = headers; left > 0; --left) {
    const Bytes part = rest.first(left == 1 ? rest.size() : rest.size() / left);
    rest = rest.subspan(part.size());
    const ByteList record = records(part);
    all.insert(all.end(), record.begin(), record.end());
  }
  REQUIRE(all.size() <= kMaxClientHelloBytes);
  REQUIRE(all.size() + 5 > kMaxClientHelloBytes);
  const Seen at = peek_client_hello(all);
  REQUIRE(at);
  CHECK(*at);
  CHECK_FALSE(*peek_client_hello(Bytes(all).first(all.size() - 1)));
  // One record more, of the bytes that one of them gives up.
  ByteList above(all.begin(), all.begin() + 5);
  above[3] = 0, above[4] = 1;
  above.push_back(all[5]);
  const std::size_t first = static_cast<std::size_t>(all[3] << 8 | all[4]);
  const ByteList second = records(Bytes(all).subspan(6, first - 1));
  above.insert(above.end(), second.begin(), second.end());
  above.insert(above.end(), all.begin() + static_cast<std::ptrdiff_t>(5 + first), all.end());
  const Seen too_many = peek_client_hello(above);
  CHECK(reason(too_many) == "message_too_long");
  CHECK(too_many.error().alert() == Alert::decode_error);
  CHECK(of_server(above) != "message_too_long");  // which keeps no records
}

TEST_CASE("peek: what is refused, and its alert, is what a server's connection refuses") {
  struct Row {
    std::string_view hex, code;
  };
  constexpr Row kRows[] = {
      {"474554202f", "not_tls"},
      {"16040100", "none"},  // no header yet
      {"1604010000", "wrong_record_version"},
      {"6303010000", "unexpected_record_type"},
      {"1703010001", "unexpected_record_type"},
      {"1403010001", "unexpected_record_type"},
      {"1603014001", "record_overflow"},
      {"1603010000", "empty_handshake_record"},
      {"160301000402000000", "unexpected_message"},
      {"16030100040100000416030100040303ffff", "decode_error"},
      {"15030100020228", "peer_alert"},
      {"15030100020100", "peer_alert"},
      {"1503010002015a", "none"},
      {"150301000101", "bad_alert"},
      {"16030100010115030100020228", "interleaved_record"},
  };
  for (const Row& row : kRows) {
    CAPTURE(row.hex);
    const ByteList in = unhex(row.hex);
    CHECK(reason(peek_client_hello(in)) == row.code);
    CHECK(of_server(in) == row.code);
  }
  // Warnings are counted, as a server counts them.
  ByteList warnings;
  for (int i = 0; i < 4; ++i) {
    const ByteList one = unhex("1503010002015a");
    warnings.insert(warnings.end(), one.begin(), one.end());
    CHECK(reason(peek_client_hello(warnings)) == "none");
  }
  const ByteList fifth = unhex("1503010002015a");
  warnings.insert(warnings.end(), fifth.begin(), fifth.end());
  CHECK(reason(peek_client_hello(warnings)) == "too_many_warning_alerts");
}

TEST_CASE("peek: a client that is refused is sent the alert of the Error, and nothing where it has none") {
  Output out;
  refuse_client_hello(Error(Code::unrecognized_name), out);
  CHECK(hex(out.bytes()) == "15030300020270");
  out.release();
  refuse_client_hello(Error(Code::bad_config).with_alert(Alert::access_denied), out);
  CHECK(hex(out.bytes()) == "15030300020231");
  out.release();
  refuse_client_hello(Error(Code::misuse), out);
  CHECK(out.empty());
  refuse_client_hello(Error::from_peer(Alert::unknown_ca), out);
  CHECK(out.empty());
}

TEST_CASE("a connection whose configuration is not chosen yet can be looked at and given up") {
  ServerConnection connection =
      ServerConnection::start(config_source([](const ConfigRequest&) { return Answer<ServerConfig>(); }));
  Output out;
  CHECK(connection.info().server_name.empty());
  CHECK_FALSE(connection.established());
  CHECK_FALSE(connection.may_send());
  CHECK(connection.send(as_bytes("x"), out).error().code() == Code::misuse);
  CHECK(out.empty());
  CHECK(connection.close(out));
  CHECK(hex(out.bytes()) ==
        "1503030002015a"
        "15030300020100");
}

TEST_CASE("peek: the fuzz target holds over its seeds, cut and changed; SALLYPORT_UPDATE_SEEDS=1 writes them anew") {
  const auto seeds = fuzz::peek_seeds();
  for (std::size_t i = 0; i < seeds.size(); ++i) {
    const auto folder = source_dir() / "fuzz" / "seeds" / "peek";
    const auto file = folder / ("hello-" + std::to_string(i));
    if (std::getenv("SALLYPORT_UPDATE_SEEDS") != nullptr) {
      std::filesystem::create_directories(folder);
      std::ofstream(file, std::ios::binary)
          .write(reinterpret_cast<const char*>(seeds[i].data()), static_cast<std::streamsize>(seeds[i].size()));
    }
    CHECK_NOTHROW(fuzz::peek(seeds[i]));
    CHECK_MESSAGE(std::filesystem::exists(file), file.string());
  }
  for (const fuzz::Target& target : fuzz::kPeekTargets) run_corpus(target);
}
