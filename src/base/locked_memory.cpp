#include "base/locked_memory.h"

#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <utility>

#include "tls/secret.h"

namespace tls {
namespace {

std::size_t page_size() noexcept {
  static const auto size = static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
  return size;
}

bool wipe_on_fork([[maybe_unused]] void* pages, [[maybe_unused]] std::size_t size) noexcept {
#ifdef MADV_WIPEONFORK
  return ::madvise(pages, size, MADV_WIPEONFORK) == 0;
#else
  return false;
#endif
}

}  // namespace

std::optional<LockedMemory> LockedMemory::make(std::size_t size, Fork fork) noexcept {
  const std::size_t page = page_size();
  if (size == 0 || size > SIZE_MAX / 2) return std::nullopt;
  const std::size_t in_use = (size + page - 1) / page * page;
  void* const pages = ::mmap(nullptr, in_use + 2 * page, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (pages == MAP_FAILED) return std::nullopt;
  LockedMemory memory;
  memory.pages_ = static_cast<std::uint8_t*>(pages);
  memory.in_use_ = in_use;
  memory.size_ = size;
  std::uint8_t* const first = memory.pages_ + page;
  if (::mprotect(first, in_use, PROT_READ | PROT_WRITE) != 0 || (fork == Fork::wipes && !wipe_on_fork(first, in_use))) {
    ::munmap(memory.pages_, in_use + 2 * page);
    memory.pages_ = nullptr;
    return std::nullopt;
  }
#ifdef MADV_DONTDUMP
  static_cast<void>(::madvise(first, in_use, MADV_DONTDUMP));
#endif
  static_cast<void>(::mlock(first, in_use));  // RLIMIT_MEMLOCK may forbid it
  return memory;
}

LockedMemory::LockedMemory(LockedMemory&& other) noexcept
    : pages_(std::exchange(other.pages_, nullptr)),
      in_use_(std::exchange(other.in_use_, 0)),
      size_(std::exchange(other.size_, 0)) {}

LockedMemory& LockedMemory::operator=(LockedMemory&& other) noexcept {
  std::swap(pages_, other.pages_);
  std::swap(in_use_, other.in_use_);
  std::swap(size_, other.size_);
  return *this;
}

LockedMemory::~LockedMemory() {
  if (pages_ == nullptr) return;
  allow_writing();
  const Bytes in_front{pages_ + page_size(), in_use_ - size_};
  if (std::ranges::any_of(in_front, [](std::uint8_t b) { return b != 0; })) std::abort();
  wipe(bytes());
  ::munmap(pages_, in_use_ + 2 * page_size());  // unlocks, too
}

MutableBytes LockedMemory::bytes() const noexcept {
  if (pages_ == nullptr) return {};
  return {pages_ + page_size() + (in_use_ - size_), size_};
}

void LockedMemory::forbid_writing() noexcept {
  if (pages_ != nullptr && ::mprotect(pages_ + page_size(), in_use_, PROT_READ) != 0) std::abort();
}

void LockedMemory::allow_writing() noexcept {
  if (pages_ != nullptr && ::mprotect(pages_ + page_size(), in_use_, PROT_READ | PROT_WRITE) != 0) std::abort();
}

}  // namespace tls
