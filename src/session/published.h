// One value that many threads read and few threads replace. Readers take no lock. A replaced value does not stay in
// memory: it is destroyed as soon as its last reader has finished.
//
// std::atomic<std::shared_ptr> takes a lock inside libstdc++ 12. A plain atomic pointer cannot tell when the old value
// may be destroyed, which here is a ring of keys to be wiped. Therefore there are a few slots. A reader increments the
// counter of the current slot and then checks that the slot is still current. Only then does it use the value. A writer
// fills a slot whose counter is zero and makes it current. Sequential consistency gives both threads a common order: if
// a reader incremented the counter after the writer's check, the reader sees that the slot is not current, and
// decrements the counter again.
//
// The counters are striped by thread, so that readers do not contend for a cache line.
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <mutex>
#include <optional>
#include <thread>
#include <utility>

namespace tls::session {

/// `T` must be movable. Thread-safe, except construction and destruction.
template <class T>
class Published {
 public:
  explicit Published(T first) { slots_[0].value.emplace(std::move(first)); }

  /// A view of the value that was current when the view was made. The value lives as long as the view. Hold a view for
  /// one computation only: a view that stays keeps an old value alive.
  class View {
   public:
    explicit View(const Published& owner) noexcept : counter_(nullptr), value_(nullptr) {
      const std::size_t stripe = my_stripe();
      for (;;) {
        const std::size_t at = owner.current_.load(std::memory_order_seq_cst);
        const Slot& slot = owner.slots_[at];
        std::atomic<std::size_t>& counter = slot.readers[stripe].count;
        counter.fetch_add(1, std::memory_order_seq_cst);
        if (owner.current_.load(std::memory_order_seq_cst) == at) {
          counter_ = &counter;
          value_ = &*slot.value;
          return;
        }
        counter.fetch_sub(1, std::memory_order_release);  // the slot was replaced in between, so try again
      }
    }
    View(const View&) = delete;
    View& operator=(const View&) = delete;
    ~View() { counter_->fetch_sub(1, std::memory_order_release); }
    const T& operator*() const noexcept { return *value_; }
    const T* operator->() const noexcept { return value_; }

   private:
    std::atomic<std::size_t>* counter_;
    const T* value_;
  };
  [[nodiscard]] View view() const noexcept { return View(*this); }

  /// Returns the lock that a writer holds from reading the old value until replace().
  [[nodiscard]] std::unique_lock<std::mutex> writer() const { return std::unique_lock(writer_); }
  [[nodiscard]] std::unique_lock<std::mutex> try_writer() const { return std::unique_lock(writer_, std::try_to_lock); }

  /// Returns the current value for the writer, which needs no counter. Valid until the writer calls tidy() after
  /// replace().
  [[nodiscard]] const T& current(const std::unique_lock<std::mutex>& /*held*/) const noexcept {
    return *slots_[current_.load(std::memory_order_relaxed)].value;
  }
  /// Makes `value` the current one. Precondition: the caller holds the lock of writer(). Waits if readers still use
  /// several older values.
  void replace(T value, const std::unique_lock<std::mutex>& /*held*/) {
    const std::size_t old = current_.load(std::memory_order_relaxed);
    std::size_t at = old;
    do {
      at = (at + 1) % kSlots;
      if (at == old) std::this_thread::yield();
    } while (at == old || busy(slots_[at]));
    slots_[at].value.emplace(std::move(value));
    current_.store(at, std::memory_order_seq_cst);
    stale_.store(true, std::memory_order_relaxed);
  }
  /// Destroys replaced values that have no reader. Precondition: the caller holds the lock. Returns false if a replaced
  /// value still has a reader.
  bool tidy(const std::unique_lock<std::mutex>& /*held*/) {
    const std::size_t current = current_.load(std::memory_order_relaxed);
    bool left = false;
    for (std::size_t i = 0; i < kSlots; ++i) {
      if (i == current || !slots_[i].value) continue;
      if (busy(slots_[i]))
        left = true;
      else
        slots_[i].value.reset();
    }
    stale_.store(left, std::memory_order_relaxed);
    return !left;
  }
  /// Returns true if replaced values may still exist. A thread should then take the lock and call tidy().
  [[nodiscard]] bool stale() const noexcept { return stale_.load(std::memory_order_relaxed); }

 private:
  static constexpr std::size_t kSlots = 4, kStripes = 16, kLine = 64;

  struct alignas(kLine) Counter {
    std::atomic<std::size_t> count{0};
  };
  struct Slot {
    mutable std::array<Counter, kStripes> readers;
    std::optional<T> value;
  };

  /// Assigns stripes to threads in turn.
  static std::size_t my_stripe() noexcept {
    static std::atomic<std::size_t> next{0};
    thread_local const std::size_t mine = next.fetch_add(1, std::memory_order_relaxed) % kStripes;
    return mine;
  }
  static bool busy(const Slot& slot) noexcept {
    for (const Counter& c : slot.readers)
      if (c.count.load(std::memory_order_seq_cst) != 0) return true;
    return false;
  }

  std::array<Slot, kSlots> slots_;
  alignas(kLine) std::atomic<std::size_t> current_{0};
  std::atomic<bool> stale_{false};
  mutable std::mutex writer_;
};

}  // namespace tls::session
