#include <doctest/doctest.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <cstdlib>
#include <fstream>
#include <sstream>
#include <string>

#include "base/locked_memory.h"
#include "support/freed_memory.h"
#include "support/wipes.h"

using namespace tls;
namespace {

/// The signal that ends a process which runs `what`; 0: none does.
template <class What>
int signal_of(What what) {
  const pid_t child = ::fork();
  if (child == 0) {
    for (const int s : {SIGSEGV, SIGABRT, SIGBUS}) std::signal(s, SIG_DFL);
    what();
    ::_exit(0);
  }
  int status = 0;
  REQUIRE(::waitpid(child, &status, 0) == child);
  return WIFSIGNALED(status) ? WTERMSIG(status) : 0;
}

bool is_fault(int signal) { return signal == SIGSEGV || signal == SIGBUS || signal == SIGABRT; }

/// What /proc/self/smaps says of the mapping that `at` is in: its lines.
std::string mapping_of(const void* at) {
  std::ifstream smaps("/proc/self/smaps");
  std::string line, found;
  const auto place = reinterpret_cast<std::uintptr_t>(at);
  bool inside = false;
  while (std::getline(smaps, line)) {
    std::uintptr_t from = 0, to = 0;
    char dash = 0;
    std::istringstream words(line);
    if (words >> std::hex >> from >> dash >> to && dash == '-') inside = from <= place && place < to;
    if (inside) found += line + "\n";
  }
  return found;
}

void touch(volatile std::uint8_t* at) { *at = 1; }

}  // namespace

TEST_CASE("locked memory is zeros, as long as was asked for, and can be written to its last byte") {
  for (const std::size_t size : {1U, 32U, 4095U, 4096U, 4097U, 100'000U}) {
    CAPTURE(size);
    auto memory = LockedMemory::make(size);
    REQUIRE(memory);
    const MutableBytes bytes = memory->bytes();
    REQUIRE(bytes.size() == size);
    CHECK(std::ranges::all_of(bytes, [](std::uint8_t b) { return b == 0; }));
    std::ranges::fill(bytes, 0xFF);
    CHECK(bytes.back() == 0xFF);
  }
}

TEST_CASE("locked memory: no bytes and more than there can be are refused") {
  CHECK_FALSE(LockedMemory::make(0));
  CHECK_FALSE(LockedMemory::make(SIZE_MAX));
  CHECK_FALSE(LockedMemory::make(SIZE_MAX / 2));
}

TEST_CASE("locked memory: the byte behind the last one, and the page in front, are faults") {
  auto memory = LockedMemory::make(100);
  REQUIRE(memory);
  std::uint8_t* const first = memory->bytes().data();
  const auto page = static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
  CHECK(signal_of([&] { touch(first + 99); }) == 0);
  CHECK(is_fault(signal_of([&] { touch(first + 100); })));
  CHECK(is_fault(signal_of([&] { touch(first + 100 - page - 1); })));
}

TEST_CASE("locked memory: what was written in front of the bytes ends the process when the memory goes") {
  CHECK(signal_of([] {
          auto memory = LockedMemory::make(100);
          touch(memory->bytes().data() - 1);
          memory.reset();
        }) == SIGABRT);
}

TEST_CASE("locked memory: a write is a fault as long as it is forbidden") {
  auto memory = LockedMemory::make(100);
  REQUIRE(memory);
  std::uint8_t* const first = memory->bytes().data();
  memory->forbid_writing();
  CHECK(is_fault(signal_of([&] { touch(first); })));
  CHECK(*first == 0);
  memory->allow_writing();
  CHECK(signal_of([&] { touch(first); }) == 0);
}

TEST_CASE("locked memory is left out of core dumps, and locked where that may be") {
  auto memory = LockedMemory::make(100);
  REQUIRE(memory);
  const std::string mapping = mapping_of(memory->bytes().data());
  const std::size_t flags = mapping.find("VmFlags:");
  REQUIRE(flags != std::string::npos);
  CHECK(mapping.find(" dd", flags) != std::string::npos);
#if defined(SALLYPORT_LOOKS_AT_FREED_MEMORY)  // sanitizers make nothing of mlock()
  rlimit most{};
  REQUIRE(::getrlimit(RLIMIT_MEMLOCK, &most) == 0);
  if (most.rlim_cur > 1'000'000) CHECK(mapping.find(" lo", flags) != std::string::npos);
#endif
}

TEST_CASE("locked memory that a fork wipes is zeros in the child and as it was in the parent; other memory is copied") {
  auto wiped = LockedMemory::make(100, LockedMemory::Fork::wipes), copied = LockedMemory::make(100);
  REQUIRE(wiped);
  REQUIRE(copied);
  wiped->bytes()[5] = copied->bytes()[5] = 0x77;
  CHECK(signal_of([&] {
          if (wiped->bytes()[5] != 0 || copied->bytes()[5] != 0x77) std::abort();
        }) == 0);
  CHECK(wiped->bytes()[5] == 0x77);
}

TEST_CASE("locked memory is wiped when it goes, also where writing was forbidden") {
  auto memory = LockedMemory::make(100);
  REQUIRE(memory);
  std::ranges::fill(memory->bytes(), 0x5A);
  memory->forbid_writing();
  CHECK(test::wiped_during([&] { memory.reset(); }) == test::Wiped{std::vector<std::uint8_t>(100, 0x5A)});
}

TEST_CASE("locked memory moves with its bytes, and what it was moved from has none") {
  auto memory = LockedMemory::make(10);
  REQUIRE(memory);
  memory->bytes()[0] = 7;
  LockedMemory other = std::move(*memory);
  CHECK(memory->bytes().empty());
  CHECK(other.bytes()[0] == 7);
  LockedMemory third;
  third = std::move(other);
  CHECK(third.bytes()[0] == 7);
  third.forbid_writing();
}
