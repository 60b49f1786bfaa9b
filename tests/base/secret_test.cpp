#include <doctest/doctest.h>

#include <type_traits>

#include "base/constant_time.h"
#include "support/hex.h"
#include "tls/secret.h"

using namespace tls;
namespace {
struct RoleA;
struct RoleB;
}  // namespace
static_assert(!std::is_copy_constructible_v<Secret<RoleA>> && std::is_nothrow_move_constructible_v<Secret<RoleA>>);
static_assert(!std::is_constructible_v<Secret<RoleA>, Secret<RoleB>>);

TEST_CASE("a secret that was moved from, or has ended, leaves zeros") {
  const auto bytes = test::unhex("0102030405");
  alignas(Secret<RoleA>) unsigned char memory[sizeof(Secret<RoleA>)];
  auto* a = new (memory) Secret<RoleA>(bytes);
  Secret<RoleA> b(std::move(*a));
  CHECK(a->empty());
  CHECK(memory[0] == 0);
  CHECK(test::hex(b.expose()) == "0102030405");
  *a = std::move(b);
  CHECK(memory[4] == 5);
  a->~Secret();
  for (std::size_t i = 0; i < Secret<RoleA>::kMax; ++i) CHECK(memory[i] == 0);
}

TEST_CASE("a secret that is filled anew with less leaves nothing of what was longer") {
  alignas(Secret<RoleA>) unsigned char memory[sizeof(Secret<RoleA>)];
  auto* a = new (memory) Secret<RoleA>(test::unhex("0102030405"));
  const MutableBytes two = a->fill(2);
  CHECK(test::hex(two) == "0102");
  for (std::size_t i = 2; i < Secret<RoleA>::kMax; ++i) CHECK(memory[i] == 0);
  CHECK(test::hex(a->fill(5)) == "0102000000");
  a->~Secret();
  for (std::size_t i = 0; i < Secret<RoleA>::kMax; ++i) CHECK(memory[i] == 0);
}

TEST_CASE("comparison in constant time says equal only for equal length and bytes") {
  CHECK(constant_time_equal(test::unhex("0102"), test::unhex("0102")));
  CHECK_FALSE(constant_time_equal(test::unhex("0102"), test::unhex("0103")));
  CHECK_FALSE(constant_time_equal(test::unhex("0102"), test::unhex("010200")));
  CHECK(constant_time_equal({}, {}));
}
