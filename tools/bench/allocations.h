// Counts what operator new and delete do, on each thread, for the side that is at work.
#pragma once

#include <cstdint>

namespace sallyport::bench {

/// Of one side.
struct Allocations {
  std::uint64_t count = 0;
  std::int64_t live = 0;  ///< bytes that the allocator really gave
  std::int64_t peak = 0;  ///< the most of them at a time
  bool weigh = false;     ///< counts them; it takes time, which is not the library's
};

/// While this lives, what this thread allocates and frees is counted here. Scopes do not nest.
class Counting {
 public:
  explicit Counting(Allocations& side) noexcept;
  ~Counting();
  Counting(const Counting&) = delete;
  Counting& operator=(const Counting&) = delete;
};

}  // namespace sallyport::bench
