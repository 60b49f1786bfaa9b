#include <doctest/doctest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <concepts>
#include <csignal>
#include <ostream>
#include <type_traits>
#include <vector>

#include "base/constant_time.h"
#include "support/hex.h"
#include "tls/secret.h"
#include "tls/secret_bytes.h"

using namespace tls;
namespace {
struct RoleA;
struct RoleB;

/// Whether `what` ends the process with abort().
template <class What>
bool aborts(What what) {
  const pid_t child = ::fork();
  if (child == 0) {
    std::signal(SIGABRT, SIG_DFL);
    what();
    ::_exit(0);
  }
  int status = 0;
  REQUIRE(::waitpid(child, &status, 0) == child);
  return WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT;
}

template <class T>
concept Printable = requires(std::ostream& out, const T& value) { out << value; };
template <class T>
concept Exposing = requires(T&& value) { static_cast<T&&>(value).expose(); };
}  // namespace

TEST_CASE("secrets are not copied, compared, printed or turned into each other") {
  using A = Secret<RoleA>;
  CHECK_FALSE(std::is_copy_constructible_v<A>);
  CHECK_FALSE(std::is_copy_assignable_v<A>);
  CHECK_FALSE(std::equality_comparable<A>);
  CHECK_FALSE(Printable<A>);
  CHECK_FALSE(std::is_convertible_v<A, Bytes>);
  CHECK_FALSE(Exposing<A&&>);  // of a temporary nothing is left to look at
  CHECK_FALSE(std::is_constructible_v<A, Secret<RoleB>>);
  CHECK_FALSE(std::is_assignable_v<A&, Secret<RoleB>>);
  // What is allowed, so that the questions above are the right ones.
  CHECK(std::is_nothrow_move_constructible_v<A>);
  CHECK(std::equality_comparable<int>);
  CHECK(Printable<int>);
  CHECK(Exposing<A&>);
}

TEST_CASE("secrets of any length are not copied, and moved without a failure") {
  CHECK_FALSE(std::is_copy_constructible_v<SecretBytes>);
  CHECK(std::is_nothrow_move_constructible_v<SecretBytes>);
}

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

TEST_CASE("secret bytes that are shortened leave zeros, and give room again without moving") {
  SecretBytes bytes;
  bytes.reserve(32);
  bytes.append(test::unhex("0102030405"));
  const std::uint8_t* const memory = bytes.expose().data();
  bytes.shorten(2);
  CHECK(test::hex(bytes.expose()) == "0102");
  CHECK(test::hex({memory, 32}) == "0102" + std::string(60, '0'));
  bytes.shorten(7);
  CHECK(bytes.size() == 2);
  CHECK(test::hex(bytes.extend(3)) == "000000");
  CHECK(bytes.expose().data() == memory);
  CHECK(test::hex(bytes.expose()) == "0102000000");
}

TEST_CASE("secret bytes: growing and moving keep the content; what was moved from is empty") {
  SecretBytes bytes(test::unhex("0102"));
  for (int i = 0; i < 100; ++i) bytes.append(test::unhex("0304"));
  CHECK(bytes.size() == 202);
  CHECK(bytes.expose()[201] == 4);
  SecretBytes other(std::move(bytes));
  CHECK(bytes.empty());
  CHECK(other.size() == 202);
  bytes = std::move(other);
  CHECK(bytes.text().size() == 202);
  CHECK(bytes.clone().size() == 202);
  bytes.clear();
  CHECK(bytes.expose().empty());
}

TEST_CASE("comparison in constant time says equal only for equal length and bytes") {
  CHECK(constant_time_equal(test::unhex("0102"), test::unhex("0102")));
  CHECK_FALSE(constant_time_equal(test::unhex("0102"), test::unhex("0103")));
  CHECK_FALSE(constant_time_equal(test::unhex("0102"), test::unhex("010200")));
  CHECK(constant_time_equal({}, {}));
}

TEST_CASE("more than a secret has room for ends the process, in every build") {
  const std::vector<std::uint8_t> room(Secret<RoleA, 8>::kMax), more(Secret<RoleA, 8>::kMax + 1);
  CHECK(Secret<RoleA, 8>(room).size() == 8);
  CHECK(aborts([&] { const Secret<RoleA, 8> secret(more); }));
  CHECK_FALSE(aborts([] { static_cast<void>(Secret<RoleA, 8>().fill(8)); }));
  CHECK(aborts([] { static_cast<void>(Secret<RoleA, 8>().fill(9)); }));
}
