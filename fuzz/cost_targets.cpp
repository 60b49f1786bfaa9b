#include "fuzz/cost_targets.h"

#include <algorithm>
#include <chrono>
#include <string>
#include <vector>

#include "base/reader.h"
#include "chain_cost/bound.h"
#include "factory/certificates.h"
#include "fuzz/cost.h"
#include "pki/anchors.h"
#include "pki/path_search.h"
#include "tls/verifier.h"

namespace tls::fuzz {
namespace {

using namespace sallyport;
using der::Der;

constexpr std::int64_t kNow = 1782864000;     // 2026-07-01
constexpr std::size_t kMessage = 128 << 10;   // bytes of a Certificate message
constexpr std::size_t kMaxCertificates = 64;  // of one recipe
// Sanitizers multiply the instructions that chain_cost of the tests allows, and a verification of P-256 is about four
// million by itself, of which a chain has up to 16.
constexpr std::uint64_t kBound = test::kMostInstructions, kSanitized = 12, kVerification = 8'000'000;

/// A chain that is being made from a recipe.
class Kitchen {
 public:
  explicit Kitchen(Bytes recipe) : recipe_(recipe) {}

  std::vector<std::vector<std::uint8_t>> chain() {
    std::vector<std::vector<std::uint8_t>> out;
    std::size_t bytes = 0;
    while (!recipe_.empty() && out.size() < kMaxCertificates) {
      Der one = certificate();
      bytes += one.size();
      if (bytes > kMessage) break;
      out.push_back(std::move(one));
    }
    return out;
  }
  static const Issued& root() {
    static const auto& made = *new Issued(self_signed(nameless(0), keys()[0]));
    return made;
  }

 private:
  static const std::vector<KeyPtr>& keys() {
    static const auto& made =
        *new std::vector<KeyPtr>{Key::generate(KeyType::ecdsa_p256), Key::generate(KeyType::ecdsa_p256)};
    return made;
  }
  static std::string name_of(std::uint8_t number) { return "N" + std::to_string(number % 8); }
  static CertificateSpec nameless(std::uint8_t number) {
    CertificateSpec spec = authority(name_of(number));
    spec.key_identifiers = false;
    return spec;
  }
  std::size_t number() { return std::min<std::size_t>(recipe_.u16(), kMessage / 8); }

  /// Who issued it, for whom, and its pieces.
  Der certificate() {
    CertificateSpec spec = nameless(recipe_.u8());
    Issued issuer;
    issuer.spec = nameless(recipe_.u8());
    issuer.key = keys()[recipe_.u8() % 2];
    spec.serial = serial_++;
    for (std::uint8_t pieces = recipe_.u8() % 6; pieces > 0 && recipe_.ok(); --pieces) add_piece(spec);
    return issue(issuer, spec, keys()[recipe_.u8() % 2]).certificate;
  }

  /// Up to `count` elements that `make` gives for a running number.
  template <class Make>
  static Der many(std::size_t count, Make&& make) {
    Der out;
    for (std::size_t i = 0; i < count && out.size() < kMessage; ++i) {
      const Der one = make(i);
      out.insert(out.end(), one.begin(), one.end());
    }
    return out;
  }

  static Der general_name(std::uint8_t form, std::size_t i) {
    const std::string n = std::to_string(i);
    using namespace der;
    switch (form % 6) {
      case 0:
        return implicitly(2, as_bytes("n" + n + ".example.com"));
      case 1:
        return implicitly(1, as_bytes("n" + n + "@example.com"));
      case 2:
        return implicitly(6, as_bytes("https://n" + n + ".example.com/"));
      case 3:
        return implicitly(7, Der{10, 0, static_cast<std::uint8_t>(i >> 8), static_cast<std::uint8_t>(i)});
      case 4:
        return explicitly(4, distinguished_name("n" + n));
      default:
        return element(0xA0, concat({oid("1.3.6.1.5.5.7.8.9"), explicitly(0, utf8("n" + n + "@example.com"))}));
    }
  }
  static Der subtree(std::uint8_t form, std::size_t i) {
    const std::string n = std::to_string(i);
    using namespace der;
    if (form % 6 == 3)
      return sequence({implicitly(7, concat({Der{11, 0, 0, static_cast<std::uint8_t>(i)}, Der(4, 0xFF)}))});
    if (form % 6 == 2) return sequence({implicitly(6, as_bytes("m" + n + ".example.com"))});
    return sequence({general_name(form, 1'000'000 + i)});
  }

  void add_piece(CertificateSpec& spec) {
    const std::uint8_t kind = recipe_.u8(), form = recipe_.u8();
    const std::size_t count = number();
    using namespace der;
    const auto put = [&](const char* id, bool critical, const Der& contents) {
      spec.extra.push_back({id, critical, element(0x30, contents)});
    };
    switch (kind % 9) {
      case 0:
        return put("2.5.29.17", false, many(count, [&](std::size_t i) { return general_name(form, i); }));
      case 1:
        return put("2.5.29.18", false, many(count, [&](std::size_t i) { return general_name(form, i); }));
      case 2:
        return put("2.5.29.30", true, explicitly(1, many(count, [&](std::size_t i) { return subtree(form, i); })));
      case 3:
        return put("2.5.29.30", true, explicitly(0, many(count, [&](std::size_t i) { return subtree(form, i); })));
      case 4:
        return put("2.5.29.31", false, many(count, [](std::size_t) { return sequence({}); }));
      case 5:
        return put("2.5.29.32", false,
                   many(count, [](std::size_t i) { return sequence({oid("1.2." + std::to_string(i))}); }));
      case 6:
        return put("2.5.29.37", false, many(count, [](std::size_t i) { return oid("1.2." + std::to_string(i)); }));
      case 7:
        for (std::size_t i = 0; i < std::min<std::size_t>(count, 80); ++i)
          spec.extra.push_back({"1.2.3." + std::to_string(i), false, Der(form)});
        return;
      default:
        spec.common_name = std::string(std::min<std::size_t>(count, 2000), static_cast<char>('a' + form % 26));
    }
  }

  Reader recipe_;
  std::uint32_t serial_ = 1;
};

}  // namespace

void chain_cost(Bytes input) {
  static const CostMeter meter;
  static const pki::Anchors& anchors = [&]() -> const pki::Anchors& {
    auto& made = *new pki::Anchors;
    require(made.add(Kitchen::root().certificate, pki::AnchorKind::roots).has_value(), "the root");
    return made;
  }();
  const auto ders = Kitchen(input).chain();
  if (ders.empty()) return;
  pki::SearchReport report;
  const auto judge = [&] {
    report = {};
    const auto chain = pki::PeerChain::parse(ders);
    if (chain) (void)pki::find_path(anchors, **chain, pki::Role::server, pki::Moment(kNow), &report);
  };
  std::uint64_t cost = meter.of(judge);
  const auto allowed = [&] { return kSanitized * (kBound + report.verifications * kVerification); };
  for (int again = 0; again < 3 && cost > allowed(); ++again) cost = std::min(cost, meter.of(judge));  // time is noisy
  reward(cost);
  require(cost <= allowed(),
          "a chain of " + std::to_string(ders.size()) + " certificates costs " + std::to_string(cost));
}

}  // namespace tls::fuzz
