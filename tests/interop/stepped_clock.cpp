// A wall clock that is stepped: preloaded into programs (LD_PRELOAD), which then see the system's time and as many
// seconds more as the file says that SALLYPORT_STEPPED_CLOCK names: a whole number in the machine's byte order, 64
// bits. Programs of others, too: a certificate expires for a responder, a server and a client at once.
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

#include <cstdint>
#include <cstdlib>

namespace {

const volatile std::int64_t* seconds() noexcept {
  static const volatile std::int64_t* const mapped = []() -> const volatile std::int64_t* {
    const char* const path = ::getenv("SALLYPORT_STEPPED_CLOCK");
    const int fd = path == nullptr ? -1 : ::open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0) return nullptr;
    void* const at = ::mmap(nullptr, sizeof(std::int64_t), PROT_READ, MAP_SHARED, fd, 0);
    ::close(fd);
    return at == MAP_FAILED ? nullptr : static_cast<const volatile std::int64_t*>(at);
  }
  ();
  return mapped;
}

std::int64_t step() noexcept { return seconds() == nullptr ? 0 : *seconds(); }

}  // namespace

extern "C" {

__attribute__((visibility("default"))) int clock_gettime(clockid_t id, timespec* out) noexcept {
  const auto result = static_cast<int>(::syscall(SYS_clock_gettime, id, out));
  if (result == 0 && (id == CLOCK_REALTIME || id == CLOCK_REALTIME_COARSE)) out->tv_sec += step();
  return result;
}

__attribute__((visibility("default"))) int gettimeofday(timeval* out, void*) noexcept {
  timespec now{};
  if (clock_gettime(CLOCK_REALTIME, &now) != 0) return -1;
  *out = {now.tv_sec, now.tv_nsec / 1000};
  return 0;
}

__attribute__((visibility("default"))) time_t time(time_t* out) noexcept {
  timespec now{};
  clock_gettime(CLOCK_REALTIME, &now);
  if (out != nullptr) *out = now.tv_sec;
  return now.tv_sec;
}
}
