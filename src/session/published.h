// One value that many threads read and few replace, without a lock for the readers, and without leaving old values in
// memory: what was replaced is destroyed as soon as its last reader has gone.
//
// std::atomic<std::shared_ptr> takes a lock inside in libstdc++ 12, and a plain atomic pointer cannot tell when the old
// value, here a ring of keys to be wiped, may go. So there are a few slots. A reader counts itself into the slot that
// is current and then looks whether it still is: only then it touches the value. A writer fills a slot that nobody is
// counted into and makes it current. Sequential consistency gives both a common order: a reader that counted itself in
// after the writer had looked sees that the slot is not the current one, and leaves again.
//
// Counters are striped by thread, so that readers do not contend for a cache line.
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <mutex>
#include <optional>
#include <thread>
#include <utility>

namespace tls::session {

/// `T` must be movable. Thread-safe, but for construction and destruction.
template <class T>
class Published {
 public:
  explicit Published(T first) { slots_[0].value.emplace(std::move(first)); }

  /// A view of the value that was current when it was made; the value lives as long as the view does. To be held for
  /// the one computation that needs it: a view that stays keeps old values from going.
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
        counter.fetch_sub(1, std::memory_order_release);  // it was replaced in between: again
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

  /// Held by whoever replaces the value, from reading the old one to replace().
  [[nodiscard]] std::unique_lock<std::mutex> writer() const { return std::unique_lock(writer_); }
  [[nodiscard]] std::unique_lock<std::mutex> try_writer() const { return std::unique_lock(writer_, std::try_to_lock); }

  /// The current value, for the writer, who need not count himself in: valid until he calls tidy() after replace().
  [[nodiscard]] const T& current(const std::unique_lock<std::mutex>& /*held*/) const noexcept {
    return *slots_[current_.load(std::memory_order_relaxed)].value;
  }
  /// Makes `value` the current one, with the lock of writer() held. Waits when readers of several older values linger.
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
  /// Destroys replaced values that nobody reads, with the lock held. False: somebody still does.
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
  /// Replaced values may still be there: somebody should take the lock and tidy().
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

  /// Threads take stripes in turn.
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
