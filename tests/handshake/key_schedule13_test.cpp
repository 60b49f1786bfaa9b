// The key schedule of TLS 1.3 (RFC 9846 §7.1), against RFC 8448 §3 and §4, and against values computed apart from this
// code (HMAC of Python's standard library) for what RFC 8448 does not show: SHA-384, exporters, later generations,
// other kinds of PSK.
#include "handshake/key_schedule13.h"

#include <doctest/doctest.h>

#include "crypto/provider.h"
#include "support/hex.h"

using namespace tls;
using namespace tls::handshake;
using tls::test::hex;
using tls::test::unhex;

namespace {

const crypto::Provider kProvider = crypto::Provider::best();
const crypto::HashImpl& kSha256 = kProvider.hash(crypto::HashId::sha256);

template <class Role, std::size_t N>
std::string shown(const Secret<Role, N>& secret) {
  return hex(secret.expose());
}
std::string shown(const crypto::Digest& digest) { return hex(digest.bytes()); }

}  // namespace

TEST_CASE("RFC 8448 §3: the secrets of a handshake without a PSK") {
  HandshakeSecret handshake = EarlySecret::without_psk(kSha256).to_handshake(
      crypto::SharedSecret(unhex("8bd4054fb55b9d63fdfbacf9f04b9f0d35e6d63f537563efd46272900f89492d")));
  const auto hello = unhex("860c06edc07858ee8e78f0e7428c58edd6b43f2ca3e6e95f02ed063cf0e1cad8");
  CHECK(shown(handshake.client_handshake(hello)) == "b3eddb126e067f35a780b3abf45e2d8f3b1a950738f52e9600746a0e27a55a21");
  CHECK(shown(handshake.server_handshake(hello)) == "b67b7d690cc16c4e75e54213cb2d37b4e9c912bcded9105d42befd59d391ad38");
  const MainSecret main = std::move(handshake).to_main();
  const auto finished = unhex("9608102a0f1ccc6db6250b7b7e417b1a000eaada3daae4777a7686c9ff83df13");
  CHECK(shown(main.client_application(finished)) == "9e40646ce79a7f9dc05af8889bce6552875afa0b06df0087f792ebb7c17504a5");
  CHECK(shown(main.server_application(finished)) == "a11af9f05531f856ad47116b45a950328204b4f44bfb6b3a4b4f1f3fcb631643");
  CHECK(shown(main.exporter(finished)) == "fe22f881176eda18eb8f44529e6792c50c9a3f89452f68d8ae311b4309d3cf50");
  const ResumptionSecret resumption =
      main.resumption(unhex("209145a96ee8e2a122ff810047cc952684658d6049e86429426db87c54ad143d"));
  CHECK(shown(resumption) == "7df235f2031d2a051287d02b0241b0bfdaf86cc856231f2d5aba46c434ec196c");
  CHECK(shown(ticket_psk(kSha256, resumption, unhex("0000"))) ==
        "4ecd0eb6ec3b4d87f5d6028f922ca4c5851a277fd41311c9e62d2c9492e1c4f3");
}

TEST_CASE("RFC 8448 §4: the binder and the early secrets of a resumption") {
  const Psk psk(unhex("4ecd0eb6ec3b4d87f5d6028f922ca4c5851a277fd41311c9e62d2c9492e1c4f3"));
  EarlySecret early = EarlySecret::from_psk(kSha256, psk);
  const auto truncated = unhex("63224b2e4573f2d3454ca84b9d009a04f6be9e05711a8396473aefa01e924a14");
  CHECK(shown(early.binder(EarlySecret::Binder::resumption, truncated)) ==
        "3add4fb2d8fdf822a0ca3cf7678ef5e88dae990141c5924d57bb6fa31b9e5f9d");
  const auto hello = unhex("08ad0fa05d7c7233b1775ba2ff9f4c5b8b59276b7f227f13a976245f5d960913");
  CHECK(shown(early.client_early(hello)) == "3fbbe6a60deb66c30a32795aba0eff7eaa10105586e7be5c09678d63b6caab62");
  CHECK(shown(early.early_exporter(hello)) == "b2026866610937d7423e5be90862ccf24c0e6091186d34f812089ff5be2ef7df");
  const HandshakeSecret handshake = std::move(early).to_handshake(
      crypto::SharedSecret(unhex("f44194756ff9ec9d25180635d66ea6824c6ab3bf179977be37f723570e7ccb2e")));
  CHECK(shown(handshake.client_handshake(unhex("f736cb34fe25e701551bee6fd24c1cc7102a7daf9405cb15d97aafe16f757d03"))) ==
        "2faac08f851d35fea3604fcb4de82dc62c9b164a70974d0462e27f1ab278700f");
}

namespace {
struct Row {
  crypto::HashId hash;
  std::string_view client_handshake, client_application, exporter, next, finished, exported, exported_without_context,
      ticket_psk, client_handshake_without_exchange, external_binder, imported_binder;
};
constexpr Row kRows[] = {
    {crypto::HashId::sha256, "2c4af39ea53dbce89ea6a53302c247653c4fb44f5907eebfa935513bab51f7fd",
     "b4a38b84b92e1eea25273fe121b288f29239f8411064ff3d85a4ee8c71889802",
     "24defb2057ffb4029c0cc5880c4b9a7e764d8c3313b54d524dc8c07840f29906",
     "5f76685e8a5e02b458fbdffc0e2519138ab5f4539db1ab3fd2b9b7442fda96f5",
     "2591164a7fb5a41333b51fb7ddb5f240740c84fa68db61e18d3495c885ac26d2", "81edd416861bf8b17adc4daa8ecea4e91b3b09e3",
     "4410a3a2e20d17104e8df117bd1021e8c6b480b6", "4b8d8bae6c30e329feee2d9176be4baff31d623d537df1c3fefa7b83a3cec9f3",
     "a72b887aed92abd448130989557393a1e04028a3b2f1fb1a32415cec0b0c7a5a",
     "2e9cad9fd40173b3ab994550a32da74d7a3db4516d5abae6a7114933c519ee12",
     "43b886abee46ef8a2ff257ea00b0d8423dcc568e30de5ef13bc024b5a2c999c7"},
    {crypto::HashId::sha384,
     "4518d23eae306361b2989754b18ed86ec8bcd5c9942ced399dd3d6daf9ec938638826bd43810073da96bfe64a7b8a888",
     "6fced3bf15f492444294d987e2ed62f26afcd0ee8d6344260ad46e18a1bcfcc0da0b7406e38aa0eb07d657be9b12ffd4",
     "f8038eb43b06bb5214f40842805da7d8312eab545c7f99f62803f7a4542af8ed2fa2e60085c6f359c65946e6bfc5cb8d",
     "c077071379e4207fb553281c647e2bb8dcb1c6bedcf1a74c87ebf7aaff657cacd3c15d876a196ec4793d62c50550d64f",
     "aa42820d54b45399aa1303b84b8958057c691606284a2f5acc77ae0a0f2f574497c24d25f132cdb5dfed9d3a2e8d6a41",
     "c1701a886620bf345c74f62d7bb4a3d1976b56ed", "356cc059621d666570cdd9c81a64ffd03809adb4",
     "ed256498ceeea55403f071c8e1e1ed1bd3802108d92fad9322a944f6f1ba8ada630f4ba185441621ceb05f83d6bb7d8c",
     "60b0c815ca1af43abf7447033954723f686f7420c5e83e671fb840bfc4f85146bea483e68690a81a5b02efd6d59675fa",
     "cd95138e043df76c54cbd6c4e5dbdb27b5257cfbfd6b6c162371cb5a91b4616935d9d6030f15d7a2bb954e9eb4a9a4e9",
     "90e3a45f5a1e5b0e78202de9acd970651fd989f359d36c1ee29cb77ab2c6303a937d2051de30a60953f6097b6c72a930"},
};
}  // namespace

TEST_CASE("both hashes: exporters, generations, PSKs without a key exchange, every kind of binder") {
  for (const Row& row : kRows) {
    const crypto::HashImpl& hash = kProvider.hash(row.hash);
    const crypto::Digest transcript = crypto::hash(hash, as_bytes("transcript"));
    std::vector<std::uint8_t> shared(32);
    for (std::size_t i = 0; i < shared.size(); ++i) shared[i] = static_cast<std::uint8_t>(i);
    HandshakeSecret handshake = EarlySecret::without_psk(hash).to_handshake(crypto::SharedSecret(shared));
    const TrafficSecret client = handshake.client_handshake(transcript.bytes());
    CHECK(shown(client) == row.client_handshake);
    CHECK(shown(finished_mac(hash, client, transcript.bytes())) == row.finished);
    const MainSecret main = std::move(handshake).to_main();
    const TrafficSecret application = main.client_application(transcript.bytes());
    CHECK(shown(application) == row.client_application);
    CHECK(shown(next_generation(hash, application)) == row.next);
    const ExporterSecret exporter = main.exporter(transcript.bytes());
    CHECK(shown(exporter) == row.exporter);
    std::uint8_t out[20];
    REQUIRE(export_from(hash, exporter, "EXPORTER-label", as_bytes("context"), out));
    CHECK(hex(out) == row.exported);
    REQUIRE(export_from(hash, exporter, "EXPORTER-label", {}, out));
    CHECK(hex(out) == row.exported_without_context);
    CHECK(export_from(hash, ExporterSecret(), "EXPORTER-label", {}, out).error().code() == Code::misuse);
    const Psk psk = ticket_psk(hash, main.resumption(transcript.bytes()), unhex("0001"));
    CHECK(shown(psk) == row.ticket_psk);
    EarlySecret early = EarlySecret::from_psk(hash, psk);
    CHECK(shown(early.binder(EarlySecret::Binder::external, transcript.bytes())) == row.external_binder);
    CHECK(shown(early.binder(EarlySecret::Binder::imported, transcript.bytes())) == row.imported_binder);
    const HandshakeSecret without = std::move(early).to_handshake_without_exchange();
    CHECK(shown(without.client_handshake(transcript.bytes())) == row.client_handshake_without_exchange);
  }
}
