// What stands for an object: an encoding that is not ambiguous, and numbers that nothing else has.
#include "pki/fingerprint.h"

#include <doctest/doctest.h>

#include <set>

#include "crypto/message_digest.h"
#include "support/hex.h"

using namespace tls;
using pki::Fingerprinter;
using pki::SnapshotNumber;

namespace {

template <class... Fields>
pki::Fingerprint of(std::string_view purpose, const Fields&... fields) {
  Fingerprinter f(purpose);
  (f.add(fields), ...);
  return f.finish();
}
Bytes text(std::string_view s) { return as_bytes(s); }

}  // namespace

TEST_CASE("a fingerprint is SHA-256 over all fields, each behind its length") {
  const auto digest =
      crypto::message_digest(crypto::SchemeHash::sha256, {test::unhex("00000000000000016100000000000000026263"
                                                                      "00000000000000080000000000000102")});
  const auto made = of("a", text("bc"), std::uint64_t{0x0102});
  CHECK(std::ranges::equal(made, digest.bytes()));
}

TEST_CASE("lists of fields that differ anywhere have other fingerprints") {
  const std::set<pki::Fingerprint> all = {
      of("p"),
      of("q"),
      of("p", text("")),
      of("p", text(""), text("")),
      of("p", text("abc")),
      of("p", text("ab"), text("c")),
      of("p", text("a"), text("bc")),
      of("p", text("abc"), text("")),
      of("p", text(""), text("abc")),
      of("p", std::uint64_t{0}),
      of("p", std::uint64_t{1}),
      of("p", std::uint64_t{1} << 56),
      of("p", std::uint64_t{0}, std::uint64_t{1}),
  };
  CHECK(all.size() == 13);
}

TEST_CASE("numbers of snapshots are not used again: by copies, by what was moved, and after a change") {
  std::set<std::uint64_t> seen;
  const auto is_new = [&](const SnapshotNumber& n) { return n.value() != 0 && seen.insert(n.value()).second; };
  SnapshotNumber first;
  CHECK(is_new(first));
  SnapshotNumber copy(first);
  CHECK(is_new(copy));
  copy = first;
  CHECK(is_new(copy));
  SnapshotNumber moved(std::move(first));
  CHECK(is_new(moved));
  CHECK(is_new(first));  // NOLINT: what is left has other contents now
  copy = std::move(moved);
  CHECK(is_new(copy));
  CHECK(is_new(moved));  // NOLINT
  copy.renew();
  CHECK(is_new(copy));
}
