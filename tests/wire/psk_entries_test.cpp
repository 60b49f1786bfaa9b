// RFC 9846 §4.3.11: an identity has at least one byte, a binder at least 32, in lists that are long enough by others.
#include <doctest/doctest.h>

#include "wire/build.h"
#include "wire/client_hello.h"

namespace tls::wire::test {
namespace {

ByteVector identity(std::size_t size) {
  ByteVector bytes;
  Writer w(bytes);
  w.vector16(ByteVector(size, 'i')), w.u32(7);
  return bytes;
}
ByteVector binder(std::size_t size) {
  ByteVector bytes;
  Writer w(bytes);
  w.vector8(ByteVector(size, 'b'));
  return bytes;
}

/// Whether a ClientHello's offer of two PSKs is taken.
bool offered(std::size_t identity_size, std::size_t binder_size) {
  const ByteVector psks = joined(
      {block16(joined({identity(4), identity(identity_size)})), block16(joined({binder(32), binder(binder_size)}))});
  ByteVector body(2, 3);
  body.resize(34, 9);
  for (const int b : {0, 0, 2, 0x13, 1, 1, 0}) body.push_back(static_cast<std::uint8_t>(b));
  const ByteVector message = joined({body, block16(extension(ExtensionType::pre_shared_key, psks))});
  const auto hello = ClientHello::parse(message);
  REQUIRE(hello);
  REQUIRE(hello->pre_shared_key.has_value() != hello->bad_psks.has_value());
  return hello->pre_shared_key.has_value();
}

}  // namespace

TEST_CASE("identities and binders of a ClientHello: below, at and above their least size") {
  CHECK(offered(2, 33));
  CHECK(offered(1, 32));
  CHECK_FALSE(offered(0, 32));
  CHECK_FALSE(offered(1, 31));
}

}  // namespace tls::wire::test
